//! Publishing as the end of a request: opened when a review is asked for, carried out when enough people agree, at once or at
//! the moment that was agreed to.

use serde_json::json;

use super::{Capabilities, details, subject};
use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Code, Fault};
use crate::domain::access::{Caller, Mode};
use crate::domain::approval::{Approval, Barred, Matter, MatterKind, Need, Opening, PublishMatter, Verdict};
use crate::domain::audit::Actor;
use crate::domain::capability::review::{Publication, PublicationKind};
use crate::domain::capability::{Capability, Version, VersionStep};
use crate::domain::ids::{ApprovalId, TenantKey};
use crate::service::approvals::publish_binding;
use crate::service::identity::unauthenticated;
use crate::service::{conditions, persons, storage_fault};
use crate::store::record::capability::BY_PUBLISH_AT;
use crate::store::record::scoped;
use crate::store::{Commit, Scan, Stored};

/// Versions that are looked at in one go.
const CHUNK: usize = 50;

/// Versions whose moment has come, and the next moment after that.
pub(crate) struct Due {
    pub now: Vec<(Stored<Capability>, Stored<Version>)>,
    pub next: Option<Timestamp>,
}

impl Capabilities {
    /// The request that a review of a version is, when the rule asks for consent.
    pub(super) fn open_review(&self, caller: &Caller, version: &Version, at: Option<Timestamp>) -> Result<Option<Approval>, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let rule = conditions::of_matter(&snapshot, &version.tenant, MatterKind::Publish, self.gate.mode())?;
        if !matches!(rule.need, Need::Approve { .. }) {
            return Ok(None);
        }
        let requester = persons::account_of(&snapshot, &caller.tenant, &caller.actor())?.ok_or_else(unauthenticated)?;
        let author = persons::account_of(&snapshot, &version.tenant, &version.created_by)?;
        let author = author.map_or_else(|| version.created_by.id.clone().unwrap_or_default(), |user| user.record.person_key());
        let capability: Option<Stored<Capability>> =
            snapshot.get(&scoped(&version.tenant, &[version.capability.bytes()])).map_err(storage_fault)?;
        let capability = capability.ok_or_else(|| BUG.fault("a version has no capability"))?.record;
        let now = self.clock.now();
        let id = ApprovalId::new(now);
        let publish = PublishMatter { capability: capability.id, capability_name: capability.name, version: version.number, at };
        Ok(Some(Approval::open(Opening {
            id,
            tenant: version.tenant.clone(),
            binding: publish_binding(id, &publish, version, &rule),
            matter: Matter::Publish(publish),
            risk: version.manifest.risk,
            rule: &rule,
            requester: caller.actor(),
            person: requester.record.person_key(),
            barred: vec![Barred { account: version.created_by.clone(), person: author }],
            reason: None,
            now,
        })))
    }

    /// Makes a version the current one because enough people agreed.
    pub(crate) fn publish_agreed(
        &self,
        (stored, version): &(Stored<Capability>, Stored<Version>),
        used: &Approval,
        now: Timestamp,
        commit: &mut Commit,
    ) -> Result<(), Fault> {
        let agreeing = used.decisions.iter().filter(|decision| decision.verdict == Verdict::Approve);
        let by: Vec<Actor> = agreeing.clone().map(|decision| decision.by.clone()).collect();
        let self_approved = agreeing.clone().any(|decision| decision.self_approved);
        let comment = agreeing.clone().filter_map(|decision| decision.comment.clone()).next_back();
        let (mut capability, mut after) = (stored.record.clone(), version.record.clone());
        // Only what was in review is published here, whatever the mode is by now.
        after.phase = after.phase.apply(VersionStep::Publish, Mode::FourEyes).ok_or_else(|| BUG.fault("a version cannot be published"))?;
        after.published_at = Some(now);
        after.published_by = by.last().cloned();
        after.comment = comment.clone().or(after.comment);
        after.review = None;
        after.scheduled = None;
        capability.updated_at = now;
        capability.point_to(after.number);
        let mut event = self.gate.system_event(&capability.tenant, "capability.publish", subject(&capability));
        event.details.extend(details([
            ("version", json!(after.number)),
            ("digest", json!(after.digest)),
            ("current_before", json!(stored.record.current)),
            ("current_after", json!(capability.current)),
            ("comment", json!(comment)),
            ("changelog", json!(after.changelog)),
            ("approval", json!(used.id)),
            ("agreed_by", json!(by)),
            ("permission_delta", json!(self.permission_delta(&stored.record, &after)?)),
        ]));
        if self_approved {
            event.details.insert("self_approved".to_owned(), json!(true));
        }
        let publication = Publication {
            tenant: capability.tenant.clone(),
            capability: capability.id,
            at: now,
            kind: PublicationKind::Published,
            version: after.number,
            before: stored.record.current,
            after: capability.current,
            by,
            self_approved,
            approval: Some(used.id),
            changelog: after.changelog.clone(),
            comment,
        };
        commit.update(stored, &capability).update(version, &after).insert(&publication).event(event);
        Ok(())
    }

    /// Enough people agreed, and the moment is still to come.
    pub(crate) fn schedule_publish(
        &self,
        (stored, version): &(Stored<Capability>, Stored<Version>),
        used: &Approval,
        at: Timestamp,
        commit: &mut Commit,
    ) {
        let after = Version { scheduled: Some(at), ..version.record.clone() };
        let mut event = self.gate.system_event(&after.tenant, "capability.schedule_publish", subject(&stored.record));
        event.details.extend(details([("version", json!(after.number)), ("at", json!(at)), ("approval", json!(used.id))]));
        commit.update(version, &after).event(event);
    }

    /// Versions that were to be published by a moment.
    pub(crate) fn scheduled(&self, tenant: &TenantKey, now: Timestamp) -> Result<Due, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let all: Vec<Stored<Version>> =
            snapshot.scan(&Scan::index(BY_PUBLISH_AT, &scoped(tenant, &[])).limit(CHUNK)).map_err(storage_fault)?;
        let mut due = Due { now: Vec::new(), next: None };
        for version in all {
            match version.record.scheduled {
                Some(at) if at <= now => {
                    let key = scoped(tenant, &[version.record.capability.bytes()]);
                    due.now.extend(snapshot.get::<Capability>(&key).map_err(storage_fault)?.map(|capability| (capability, version)));
                }
                later => {
                    due.next = later;
                    break;
                }
            }
        }
        Ok(due)
    }

    /// What was agreed to does not hold any more as its moment comes: the version goes back to its author.
    pub(crate) fn unschedule(
        &self,
        (stored, version): &(Stored<Capability>, Stored<Version>),
        used: &Approval,
        code: Code,
        commit: &mut Commit,
    ) {
        let Some(phase) = version.record.phase.apply(VersionStep::Return, Mode::FourEyes) else { return };
        let after = Version { phase, review: None, scheduled: None, submitted_at: None, submitted_by: None, ..version.record.clone() };
        let mut event = self.gate.system_event(&after.tenant, "capability.return", subject(&stored.record));
        event.reason = Some(code.text.to_owned());
        event.details.extend(details([("version", json!(after.number)), ("approval", json!(used.id))]));
        commit.update(version, &after).event(event);
    }

    /// What is current before and after a change that somebody made, for the history.
    pub(super) fn publication(
        caller: &Caller,
        kind: PublicationKind,
        before: &Capability,
        after: &Capability,
        version: &Version,
    ) -> Publication {
        Publication {
            tenant: after.tenant.clone(),
            capability: after.id,
            at: after.updated_at,
            kind,
            version: version.number,
            before: before.current,
            after: after.current,
            by: vec![caller.actor()],
            self_approved: false,
            approval: None,
            changelog: version.changelog.clone(),
            comment: version.comment.clone(),
        }
    }

    /// Whether a version is what a request is about.
    pub(super) fn reviewed(&self, version: &Version) -> Result<Option<Stored<Approval>>, Fault> {
        let Some(id) = version.review else { return Ok(None) };
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        snapshot.get(&scoped(&version.tenant, &[id.bytes()])).map_err(storage_fault)
    }
}
