//! Versions made from other versions: instances of templates, copies for oneself. The files are the same, byte for byte;
//! name and defaults of inputs are one's own. Nothing of the source's standing comes along: it is a draft, or in review.

use serde_json::{Map, Value, json};

use super::{Capabilities, check_comment, faults, version_of};
use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Fault, FieldFault};
use crate::crypto::canonical;
use crate::domain::access::{Action, Caller, CapabilityRef, Resource};
use crate::domain::approval::Approval;
use crate::domain::audit::Event;
use crate::domain::capability::{Capability, Manifest, Name, Version, VersionPhase};
use crate::domain::ids::{CapabilityId, TenantKey};
use crate::domain::schema::InputSchema;
use crate::service::{commit_fault, resource, storage_fault};
use crate::store::record::capability::{BY_NAME, name_key};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Stored};

const TRIES: usize = 5;

/// A version to be made from another.
#[derive(Debug, Clone)]
pub struct Derivation<'a> {
    pub source: &'a Version,
    pub tenant: TenantKey,
    pub name: Name,
    pub space: String,
    /// Inputs that get another default.
    pub values: &'a Map<String, Value>,
    pub comment: String,
    /// With a line that says what is new it is in review at once.
    pub changelog: Option<String>,
}

impl Capabilities {
    /// A new capability whose first version is made from another version.
    ///
    /// # Errors
    /// When the name is taken, the caller may not register there, or a value does not fit its input.
    pub async fn derive_new(
        &self,
        caller: &Caller,
        derivation: &Derivation<'_>,
        event: Event,
        and: impl Fn(&mut Commit, &Capability, &Version),
    ) -> Result<(Capability, Version), Fault> {
        check_comment(Some(&derivation.comment))?;
        let manifest = manifest(derivation)?;
        let _permit = self.gate.allow(caller, Action::CapabilityRegister, &Resource::Tenant(derivation.tenant.clone())).await?;
        let now = self.clock.now();
        let mut capability = Capability {
            id: CapabilityId::new(now),
            tenant: derivation.tenant.clone(),
            space: derivation.space.clone(),
            name: derivation.name.clone(),
            created_at: now,
            created_by: caller.actor(),
            updated_at: now,
            latest: 0,
            current: None,
            previous: Vec::new(),
        };
        let thing = Resource::Capability(CapabilityRef {
            tenant: capability.tenant.clone(),
            id: capability.id,
            name: capability.name.clone(),
            space: capability.space.clone(),
            owner: caller.user_id(),
            author: None,
            risk: manifest.risk,
        });
        let _permit = self.gate.allow(caller, Action::CapabilityRegister, &thing).await?;
        if self.is_taken(&derivation.tenant, &derivation.name)? {
            return Err(taken(&derivation.name));
        }
        let version = self.next(caller, &mut capability, derivation, &manifest, now)?;
        let mut commit = Commit::new();
        commit.insert(&capability).insert(&version).event(told(event, &capability, &version));
        and(&mut commit, &capability, &version);
        match self.ledger.commit(commit).await {
            Ok(_) => Ok((capability, version)),
            Err(CommitError::Conflict { .. }) => Err(taken(&derivation.name)),
            Err(error) => Err(commit_fault(error)),
        }
    }

    /// The next version of a capability, made from another version; `None` when the newest one is the same already. Whoever
    /// calls has asked the gate.
    ///
    /// # Errors
    /// When a value does not fit its input, or the ledger cannot be written.
    pub async fn derive_next(
        &self,
        caller: &Caller,
        id: CapabilityId,
        derivation: &Derivation<'_>,
        event: Event,
        and: impl Fn(&mut Commit, &Capability, &Version),
    ) -> Result<Option<(Capability, Version)>, Fault> {
        let manifest = manifest(derivation)?;
        for _ in 0..TRIES {
            let snapshot = self.ledger.read().map_err(storage_fault)?;
            let key = scoped(&derivation.tenant, &[id.bytes()]);
            let stored: Stored<Capability> =
                snapshot.get(&key).map_err(storage_fault)?.ok_or_else(|| BUG.fault(format!("capability {id} has no record")))?;
            let latest = version_of(&snapshot, &stored.record, stored.record.latest)?;
            drop(snapshot);
            let mut capability = stored.record.clone();
            let mut version = self.next(caller, &mut capability, derivation, &manifest, self.clock.now())?;
            if latest.is_some_and(|latest| latest.digest == version.digest) {
                return Ok(None);
            }
            let mut commit = Commit::new();
            if let Some(review) = self.review_of_derived(caller, &capability, &version)? {
                version.review = Some(review.id);
                commit.insert(&review);
            }
            commit.update(&stored, &capability).insert(&version).event(told(event.clone(), &capability, &version));
            and(&mut commit, &capability, &version);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(Some((capability, version))),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::BUSY.fault("somebody else changes the same capability; try again"))
    }

    /// The review that a proposed version begins with. Whoever may not ask for one proposes it all the same: reviewers then find it
    /// with the capability, and publish it by their own right.
    fn review_of_derived(&self, caller: &Caller, capability: &Capability, version: &Version) -> Result<Option<Approval>, Fault> {
        let asks = self.gate.may(caller, Action::CapabilitySubmit, &resource::version(capability, version));
        if version.phase != VersionPhase::InReview || !asks { Ok(None) } else { self.open_review(caller, version, None) }
    }

    fn is_taken(&self, tenant: &TenantKey, name: &Name) -> Result<bool, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        Ok(snapshot.find::<Capability>(BY_NAME, &name_key(tenant, name)).map_err(storage_fault)?.is_some())
    }

    /// The next version, and the capability as it is with it.
    fn next(
        &self,
        caller: &Caller,
        capability: &mut Capability,
        derivation: &Derivation<'_>,
        manifest: &Manifest,
        now: Timestamp,
    ) -> Result<Version, Fault> {
        let mut manifest = manifest.clone();
        manifest.name.clone_from(&capability.name);
        let beyond = manifest.limits.fit(self.most);
        if let Some((name, asked, most)) = beyond.first() {
            let fault = faults::LIMITS_TOO_LARGE.fault(format!("limits.{name} is {asked}; this appliance allows {most}"));
            return Err(fault.hint("Ask an administrator to raise run.maximum in the settings."));
        }
        capability.latest += 1;
        capability.updated_at = now;
        let source = derivation.source;
        let value = serde_json::to_value(&manifest).map_err(|error| BUG.fault("encode the manifest").cause(error))?;
        let reviewed = derivation.changelog.is_some();
        let mut provenance = source.provenance.clone();
        provenance.insert("name".to_owned(), json!({ "source": "request" }));
        Ok(Version {
            capability: capability.id,
            tenant: capability.tenant.clone(),
            number: capability.latest,
            phase: if reviewed { VersionPhase::InReview } else { VersionPhase::Draft },
            changelog: derivation.changelog.clone(),
            submitted_at: reviewed.then_some(now),
            submitted_by: reviewed.then(|| caller.actor()),
            digest: canonical::sha256_of(&json!({ "content": source.content, "manifest": value })),
            content: source.content.clone(),
            manifest,
            provenance,
            checklist: source.checklist.clone(),
            notes: source.notes.clone(),
            files: source.files.clone(),
            created_at: now,
            created_by: caller.actor(),
            published_at: None,
            published_by: None,
            comment: Some(derivation.comment.clone()),
            review: None,
            scheduled: None,
            check: None,
        })
    }
}

fn told(mut event: Event, capability: &Capability, version: &Version) -> Event {
    for (name, value) in [
        ("capability", json!(capability.id)),
        ("capability_name", json!(capability.name)),
        ("version", json!(version.number)),
        ("digest", json!(version.digest)),
        ("space", json!(capability.space)),
        ("risk", json!(version.manifest.risk)),
    ] {
        event.details.insert(name.to_owned(), value);
    }
    event
}

fn taken(name: &Name) -> Fault {
    faults::NAME_TAKEN.fault(format!("there is a capability `{name}` already")).param("name", name).hint("Choose another name.")
}

/// The source's manifest with the values as defaults, each of which must fit its input.
fn manifest(derivation: &Derivation<'_>) -> Result<Manifest, Fault> {
    let mut manifest = derivation.source.manifest.clone();
    let bad = |faults: Vec<FieldFault>| {
        let first = faults.first().map(|fault| fault.message.clone()).unwrap_or_default();
        let fault = faults::BAD_VALUE.fault(format!("a value does not fit its input: {first}"));
        faults.into_iter().fold(fault.hint("The schema of the inputs says what fits."), Fault::field)
    };
    for (name, value) in derivation.values {
        let property = manifest.inputs.get_mut("properties").and_then(|all| all.get_mut(name)).and_then(Value::as_object_mut);
        let Some(property) = property else {
            let message = format!("there is no input `{}`", name.chars().take(80).collect::<String>());
            return Err(bad(vec![FieldFault {
                pointer: format!("/values/{name}"),
                rule: "unknown".to_owned(),
                message,
                params: Vec::new(),
            }]));
        };
        property.insert("default".to_owned(), value.clone());
    }
    let schema = InputSchema::compile(&manifest.inputs).map_err(|error| {
        bad(vec![FieldFault { pointer: "/values".to_owned(), rule: "schema".to_owned(), message: error.to_string(), params: Vec::new() }])
    })?;
    // Inputs without a value are asked for at each run, so that they are required says nothing here.
    let wrong: Vec<FieldFault> = schema.complete(derivation.values).err().unwrap_or_default();
    let concerns = |fault: &FieldFault| {
        let root = fault.pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
        derivation.values.contains_key(root) && fault.rule != "required"
    };
    let wrong: Vec<FieldFault> =
        wrong.into_iter().filter(concerns).map(|fault| FieldFault { pointer: format!("/values{}", fault.pointer), ..fault }).collect();
    if wrong.is_empty() { Ok(manifest) } else { Err(bad(wrong)) }
}
