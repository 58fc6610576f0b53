//! What a request holds up: read beside it, looked at anew before every decision, and let go when it cannot be decided any more.

use serde_json::json;

use super::{Approvals, ask, faults};
use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Code, Fault};
use crate::crypto::canonical;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::{Approval, ApprovalState, Change, Matter, MatterKind, Need, PublishMatter, Rule, Step};
use crate::domain::capability::{Capability, Version, VersionPhase, VersionStep};
use crate::domain::ids::ApprovalId;
use crate::domain::run::Run;
use crate::service::runs::hold::{Lapse, Waiting, waiting};
use crate::service::{commit_fault, conditions, persons, resource, storage_fault};
use crate::store::record::capability::version_key;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Snapshot, Stored};

/// What a request holds up.
pub(super) enum Held {
    Run(Box<Waiting>),
    Publish(Box<(Stored<Capability>, Stored<Version>)>),
    Setting(Box<Change>),
    /// The run has gone ahead.
    Review(Box<Stored<Run>>),
}

impl Held {
    pub(super) fn run(&self) -> Option<&Run> {
        match self {
            Self::Run(waiting) => Some(&waiting.run.record),
            Self::Review(run) => Some(&run.record),
            Self::Publish(_) | Self::Setting(_) => None,
        }
    }
}

/// The digest of what publishing would do.
pub(crate) fn publish_binding(id: ApprovalId, publish: &PublishMatter, version: &Version, rule: &Rule) -> String {
    canonical::sha256_of(&json!({
        "matter": "publish",
        "tenant": version.tenant,
        "request": id,
        "capability": version.capability,
        "version": version.number,
        "version_digest": version.digest,
        "changelog": version.changelog,
        "at": publish.at,
        "author": version.created_by.id,
        "rule": rule,
    }))
}

impl Approvals {
    /// A request with what it holds up, from one look at the ledger; not found in the same words as one that may not be seen.
    pub(super) async fn find(&self, caller: &Caller, action: Action, id: &str) -> Result<(Stored<Approval>, Held), Fault> {
        let found = {
            let snapshot = self.read()?;
            match id.parse::<ApprovalId>() {
                Ok(id) => snapshot.get::<Approval>(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?,
                Err(_) => None,
            }
            .map(|stored| Self::held(&snapshot, &stored.record).map(|held| (stored, held)))
            .transpose()?
        };
        match found {
            Some(found) => Ok(found),
            None => Err(self.gate.missing(caller, action, "approval", id).await),
        }
    }

    pub(super) fn held(snapshot: &Snapshot, approval: &Approval) -> Result<Held, Fault> {
        let tenant = &approval.tenant;
        let gone = || BUG.fault(format!("what request {} is about has no record", approval.id));
        Ok(match &approval.matter {
            Matter::Run(run) => Held::Run(Box::new(waiting(snapshot, tenant, run.run)?.ok_or_else(gone)?)),
            Matter::Review(run) => {
                let run: Option<Stored<Run>> = snapshot.get(&scoped(tenant, &[run.run.bytes()])).map_err(storage_fault)?;
                Held::Review(Box::new(run.ok_or_else(gone)?))
            }
            Matter::Publish(publish) => {
                let capability = snapshot.get(&scoped(tenant, &[publish.capability.bytes()])).map_err(storage_fault)?;
                let version = snapshot.get(&version_key(tenant, publish.capability, publish.version)).map_err(storage_fault)?;
                Held::Publish(Box::new((capability.ok_or_else(gone)?, version.ok_or_else(gone)?)))
            }
            Matter::Setting(change) => Held::Setting(Box::new(change.clone())),
        })
    }

    /// What no longer is as it was when it was asked for.
    pub(super) fn lapse(&self, snapshot: &Snapshot, approval: &Approval, held: &Held) -> Result<Option<Lapse>, Fault> {
        let changed = |what: &str| Ok(Some((faults::CHANGED, what.to_owned())));
        match held {
            Held::Run(waiting) => self.runs.lapse(snapshot, &waiting.run.record),
            Held::Review(_) => Ok(None),
            Held::Setting(change) => {
                let owner = self.settings.owner(change)?;
                let (action, thing) = owner.right(&approval.tenant);
                if let Some(lapse) = self.right_lost(snapshot, approval, action, &thing)? {
                    return Ok(Some(lapse));
                }
                if owner.current(snapshot, &approval.tenant, change)? != change.before {
                    return changed("the setting is another one than when the change was asked for");
                }
                let rule = self.rule_of(snapshot, approval)?;
                let binding = ask::binding(&approval.tenant, approval.id, change, &rule, approval.reason.as_deref());
                if binding == approval.binding { Ok(None) } else { changed("the rule for changes of settings has changed since") }
            }
            Held::Publish(both) => {
                let (capability, version) = (&both.0.record, &both.1.record);
                let Matter::Publish(publish) = &approval.matter else { return Ok(None) };
                if version.phase != VersionPhase::InReview || version.review != Some(approval.id) {
                    return changed("the version is not in this review any more");
                }
                let thing = resource::version(capability, version);
                if let Some(lapse) = self.right_lost(snapshot, approval, Action::CapabilitySubmit, &thing)? {
                    return Ok(Some(lapse));
                }
                let rule = self.rule_of(snapshot, approval)?;
                let binding = publish_binding(approval.id, publish, version, &rule);
                if binding == approval.binding { Ok(None) } else { changed("what would be published is not what was asked for") }
            }
        }
    }

    /// The rule that this kind of request is under now.
    pub(super) fn rule_of(&self, snapshot: &Snapshot, approval: &Approval) -> Result<Rule, Fault> {
        if let Matter::Setting(change) = &approval.matter
            && change.setting == super::standing::SETTING
        {
            return super::standing::rule_for(snapshot, &approval.tenant, change);
        }
        let kind = approval.matter.kind();
        let rule = conditions::of_matter(snapshot, &approval.tenant, kind, self.gate.mode())?;
        // Who governs alone by now decides alone, but what others were asked for stays a question to them.
        Ok(match (kind, rule.need) {
            (MatterKind::Publish | MatterKind::Setting, Need::None) => {
                conditions::of_matter(snapshot, &approval.tenant, kind, crate::domain::access::Mode::FourEyes)?
            }
            _ => rule,
        })
    }

    fn right_lost(
        &self,
        snapshot: &Snapshot,
        approval: &Approval,
        action: Action,
        thing: &crate::domain::access::Resource,
    ) -> Result<Option<Lapse>, Fault> {
        let requester = persons::account_of(snapshot, &approval.tenant, &approval.requester)?.map(|stored| stored.record);
        let Some(requester) = requester.filter(|user| persons::is_active(snapshot, user).unwrap_or(false)) else {
            return Ok(Some((faults::NO_LONGER_ALLOWED, "the account of the requester is disabled".to_owned())));
        };
        if self.gate.may(&persons::as_signed_in(snapshot, &requester, self.gate.now())?, action, thing) {
            return Ok(None);
        }
        Ok(Some((faults::NO_LONGER_ALLOWED, format!("the requester may no longer do `{action}`"))))
    }

    /// Closes a request that cannot be decided any more, with what it holds up. Others may have been faster: then nothing is
    /// done.
    pub(super) async fn let_go(
        &self,
        approval: &Stored<Approval>,
        held: &Held,
        step: Step,
        lapse: (Code, String),
        now: Timestamp,
    ) -> Result<(), Fault> {
        if let Held::Run(waiting) = held {
            return self.runs.let_go(waiting, step, lapse, now).await;
        }
        let open = &approval.record;
        if open.state != ApprovalState::Open {
            return Ok(());
        }
        let (code, detail) = lapse;
        let verb = if step == Step::Expire { "approval.expire" } else { "approval.void" };
        let next = open.apply(step, now, &|_| true).or_else(|_| open.apply(Step::Void, now, &|_| true));
        let mut next = next.map_err(|_| faults::closed(open.state))?;
        next.closed_reason = Some(code.text.to_owned());
        let mut event = self.gate.system_event(&open.tenant, verb, super::subject(open));
        event.reason = Some(code.text.to_owned());
        event.details.insert("detail".to_owned(), json!(detail));
        let mut commit = Commit::new();
        commit.update(approval, &next).event(event);
        give_back(held, open, &mut commit);
        match self.ledger.commit(commit).await {
            Ok(_) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(error) => Err(commit_fault(error)),
        }
    }
}

/// A version whose review ended without consent is a draft again.
pub(super) fn give_back(held: &Held, approval: &Approval, commit: &mut Commit) {
    let Held::Publish(both) = held else { return };
    let (_, version) = both.as_ref();
    let next = version.record.phase.apply(VersionStep::Return, crate::domain::access::Mode::FourEyes);
    if let Some(phase) = next.filter(|_| version.record.review == Some(approval.id)) {
        let draft = Version { phase, review: None, scheduled: None, submitted_at: None, submitted_by: None, ..version.record.clone() };
        commit.update(version, &draft);
    }
}
