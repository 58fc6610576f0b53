//! What a consent is given to: everything that would execute, as one digest. Whatever is missing here could be changed
//! after the consent, so nothing that an attempt depends on is missing.

use serde::Serialize;

use super::rule::Rule;
use crate::crypto::canonical;
use crate::domain::capability::{Limits, Network, Version, WriteBoundary};
use crate::domain::run::{IsolationLevel, Override, Run, RunResource};
use crate::domain::vault::SecretUse;

/// Everything that would execute.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Binding<'a> {
    tenant: &'a str,
    run: String,
    capability: String,
    version: u32,
    /// Covers the files and the whole manifest.
    version_digest: &'a str,
    /// Covers the content of uploaded files too.
    inputs: &'a str,
    concurrency_key: Option<&'a str>,
    limits: Limits,
    network: Network,
    writes: &'a WriteBoundary,
    /// What it reaches, by the digest of its settings, and the hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a RunResource>,
    isolation: IsolationLevel,
    trigger: crate::domain::run::Trigger,
    requester: Option<&'a str>,
    reason: Option<&'a str>,
    ticket: Option<&'a str>,
    overrides: &'a [Override],
    rule: &'a Rule,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    secrets: &'a [SecretUse],
}

/// Under which terms a run may start.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub rule: &'a Rule,
    pub overrides: &'a [Override],
    /// What it would be given, in which versions.
    pub secrets: &'a [SecretUse],
}

impl<'a> Binding<'a> {
    /// What a run would be, under a rule, with the isolation that this host gives.
    #[must_use]
    pub fn of(run: &'a Run, version: &'a Version, inputs_digest: &'a str, isolation: IsolationLevel, terms: Terms<'a>) -> Self {
        Self {
            tenant: run.tenant.as_str(),
            run: run.id.to_string(),
            capability: run.capability.to_string(),
            version: version.number,
            version_digest: &version.digest,
            inputs: inputs_digest,
            concurrency_key: run.concurrency_key.as_deref(),
            limits: version.manifest.limits,
            network: version.manifest.network,
            writes: &version.manifest.write_boundary,
            resource: run.resource.as_deref(),
            isolation,
            trigger: run.trigger,
            requester: run.requester.id.as_deref(),
            reason: run.reason.as_deref(),
            ticket: run.ticket.as_deref(),
            overrides: terms.overrides,
            rule: terms.rule,
            secrets: terms.secrets,
        }
    }

    /// Lower-case hexadecimal SHA-256 of it as RFC 8785 canonical JSON.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which its types rule out.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        Ok(canonical::sha256_of(&serde_json::to_value(self)?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::approval::Need;
    use crate::domain::capability::Risk;

    fn run() -> Run {
        serde_json::from_value(json!({
            "id": "run_00000000000070008000000000000001", "tenant": "default", "phase": "awaiting_approval",
            "capability": "cap_00000000000070008000000000000001", "capability_name": "payout", "version": 1, "version_digest": "aa",
            "requester": { "kind": "user", "id": "usr_00000000000070008000000000000001" }, "trigger": "cli",
            "inputs": {}, "inputs_digest": "bb", "priority": 5, "created_at": "2026-01-01T00:00:00Z"
        }))
        .expect("a run")
    }

    fn version() -> Version {
        serde_json::from_value(json!({
            "capability": "cap_00000000000070008000000000000001", "tenant": "default", "number": 1, "phase": "published",
            "digest": "aa", "content": "cc", "provenance": {}, "checklist": null, "notes": null, "files": [],
            "created_at": "2026-01-01T00:00:00Z", "created_by": { "kind": "user" },
            "manifest": { "name": "payout", "title": "", "kind": "python", "entry": "payout.py", "binding": "function", "inputs": {}, "risk": "critical" }
        }))
        .expect("a version")
    }

    /// Whatever is changed, the digest is another one.
    #[test]
    fn every_change_changes_the_digest() {
        let rule = Rule::usual(Risk::Critical);
        let digest = |run: &Run, version: &Version, inputs: &str, isolation, rule: &Rule| {
            Binding::of(run, version, inputs, isolation, Terms { rule, overrides: &[], secrets: &[] }).digest().expect("a digest")
        };
        let (full, plain) = (IsolationLevel::Full, digest(&run(), &version(), "bb", IsolationLevel::Full, &rule));
        assert_eq!(plain, digest(&run(), &version(), "bb", full, &rule), "it is the same for the same");
        let mut seen = BTreeSet::from([plain]);
        let mut differs = |what: &str, digest: String| assert!(seen.insert(digest), "{what} does not count");
        let altered = |field: &str, value: Value| {
            let mut run = serde_json::to_value(run()).expect("JSON");
            run[field] = value;
            serde_json::from_value::<Run>(run).expect("a run")
        };
        for (field, value) in [
            ("id", json!("run_00000000000070008000000000000002")),
            ("tenant", json!("other")),
            ("capability", json!("cap_00000000000070008000000000000002")),
            ("requester", json!({ "kind": "user", "id": "usr_00000000000070008000000000000002" })),
            ("trigger", json!("api")),
            ("reason", json!("because")),
            ("ticket", json!("CHG-1")),
            ("concurrency_key", json!("a")),
            ("resource", json!({ "id": "res_00000000000070008000000000000001", "name": "erp", "digest": "aa", "hosts": ["a"] })),
            ("resource", json!({ "id": "res_00000000000070008000000000000001", "name": "erp", "digest": "ab", "hosts": ["a"] })),
            ("resource", json!({ "id": "res_00000000000070008000000000000001", "name": "erp", "digest": "ab", "hosts": ["b"] })),
        ] {
            differs(field, digest(&altered(field, value), &version(), "bb", full, &rule));
        }
        differs("inputs", digest(&run(), &version(), "bc", full, &rule));
        differs("isolation", digest(&run(), &version(), "bb", IsolationLevel::Partial, &rule));
        differs("rule", digest(&run(), &version(), "bb", full, &Rule::plain(Need::Confirm)));
        let freeze = Override { id: crate::domain::ids::FreezeId::from_bytes([1; 16]), name: "year end".to_owned() };
        let terms = Terms { rule: &rule, overrides: std::slice::from_ref(&freeze), secrets: &[] };
        differs("overrides", Binding::of(&run(), &version(), "bb", full, terms).digest().expect("a digest"));
        let secret = |version: u32| {
            let used = json!({ "id": "sec_00000000000070008000000000000001", "name": "db", "version": version, "delivery": "file", "place": "db" });
            serde_json::from_value::<SecretUse>(used).expect("a use")
        };
        let with = |secret: &SecretUse| {
            let terms = Terms { rule: &rule, overrides: &[], secrets: std::slice::from_ref(secret) };
            Binding::of(&run(), &version(), "bb", full, terms).digest().expect("a digest")
        };
        differs("secrets", with(&secret(1)));
        assert_ne!(with(&secret(1)), with(&secret(2)), "another value is another consent");
        let mut change = |what: &str, change: &dyn Fn(&mut Version)| {
            let mut version = version();
            change(&mut version);
            differs(what, digest(&run(), &version, "bb", full, &rule));
        };
        change("version", &|version| version.number = 2);
        change("code or manifest", &|version| version.digest = "ab".to_owned());
        change("limits", &|version| version.manifest.limits.wall_ms += 1);
        change("network", &|version| version.manifest.network = Network::Host);
        change("writes", &|version| version.manifest.write_boundary.writes.push("ledger".to_owned()));
    }
}
