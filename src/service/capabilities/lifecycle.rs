//! Publishing, deprecating, retiring and rolling back: each moves `current` in one commit, so a change takes effect at once and
//! runs in flight keep the version they started with.

use serde_json::json;

use super::compare::permission_delta;
use super::{Capabilities, check_comment, details, faults, no_version, show, subject, version_of};
use crate::base::clock::Timestamp;
use crate::base::fault::{Fault, FieldFault};
use crate::domain::access::{Action, Caller, CapabilityRef, Resource};
use crate::domain::approval::{Approval, ApprovalState, Decision, MatterKind, Step, Verdict};
use crate::domain::capability::diff::FieldChange;
use crate::domain::capability::record::{CHANGELOG_CHARS, changelog_line};
use crate::domain::capability::review::PublicationKind;
use crate::domain::capability::{Capability, Version, VersionPhase, VersionStep};
use crate::domain::ids::ApprovalId;
use crate::domain::inspect::{ChecklistItem, ChecklistState};
use crate::service::{approvals, commit_fault, conditions, persons, resource, storage_fault};
use crate::store::record::capability::version_key;
use crate::store::{Commit, CommitError, Stored};
use crate::wire::capability::CapabilityDetail;

/// How often a change re-reads a capability that others change too.
const TRIES: usize = 5;
/// How far ahead a publishing can be agreed to, in days.
const AHEAD_DAYS: i64 = 90;

/// A change of `current`.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// With the moment at which it shall become the current one, when that is not at once.
    Submit(u32, Option<Timestamp>),
    Return(u32),
    Publish(u32),
    Deprecate(u32),
    Retire(u32),
    /// To the named version, or to the one that was current before.
    Rollback(Option<u32>),
}

/// What a change is about.
type Target = (Stored<Capability>, Stored<Version>);

impl Capabilities {
    /// Asks for a review of a draft, with the line that tells what is new.
    ///
    /// # Errors
    /// [`faults::BAD_CHANGELOG`] when there is no such line, [`faults::BAD_STEP`] when it is no draft.
    pub async fn submit(
        &self,
        caller: &Caller,
        name: &str,
        number: u32,
        (changelog, publish_at): (&str, Option<&str>),
    ) -> Result<CapabilityDetail, Fault> {
        let line = changelog_line(changelog).ok_or_else(|| {
            let message = format!("`changelog` is one line of 1 to {CHANGELOG_CHARS} characters");
            let field =
                FieldFault { pointer: "/changelog".to_owned(), rule: "required".to_owned(), message: message.clone(), params: Vec::new() };
            faults::BAD_CHANGELOG.fault(message).field(field).hint("Say what is new, for those who run it.")
        })?;
        let at = publish_at.map(|text| self.moment(text)).transpose()?;
        self.change(caller, name, Move::Submit(number, at), Some(line)).await
    }

    /// Gives a version that is in review back to its author; the author may take it back too.
    ///
    /// # Errors
    /// [`faults::BAD_STEP`] when it is not in review.
    pub async fn give_back(&self, caller: &Caller, name: &str, number: u32, comment: Option<String>) -> Result<CapabilityDetail, Fault> {
        self.change(caller, name, Move::Return(number), comment).await
    }

    /// Makes a version the current one.
    ///
    /// # Errors
    /// [`faults::BAD_STEP`] when its state does not allow it.
    pub async fn publish(&self, caller: &Caller, name: &str, number: u32, comment: Option<String>) -> Result<CapabilityDetail, Fault> {
        self.change(caller, name, Move::Publish(number), comment).await
    }

    /// Marks a version as deprecated. It stays runnable by number; when it was current, the previous one becomes current.
    ///
    /// # Errors
    /// [`faults::BAD_STEP`] when it is not published.
    pub async fn deprecate(&self, caller: &Caller, name: &str, number: u32, comment: Option<String>) -> Result<CapabilityDetail, Fault> {
        self.change(caller, name, Move::Deprecate(number), comment).await
    }

    /// Takes a version out of use for good: it can be read, and neither run nor published again.
    ///
    /// # Errors
    /// [`faults::BAD_STEP`] when it is published (deprecate it first) or retired already.
    pub async fn retire(&self, caller: &Caller, name: &str, number: u32, comment: Option<String>) -> Result<CapabilityDetail, Fault> {
        self.change(caller, name, Move::Retire(number), comment).await
    }

    /// Goes back to an earlier version.
    ///
    /// # Errors
    /// [`faults::NOTHING_BEFORE`] when there is none.
    pub async fn rollback(&self, caller: &Caller, name: &str, to: Option<u32>, comment: Option<String>) -> Result<CapabilityDetail, Fault> {
        self.change(caller, name, Move::Rollback(to), comment).await
    }

    async fn change(&self, caller: &Caller, name: &str, what: Move, comment: Option<String>) -> Result<CapabilityDetail, Fault> {
        check_comment(comment.as_ref())?;
        for _ in 0..TRIES {
            // Who may take a version out of use may do so for good: one right, two events.
            let (action, told) = match what {
                Move::Submit(..) => (Action::CapabilitySubmit, Action::CapabilitySubmit.name()),
                Move::Return(_) => (Action::CapabilityReturn, Action::CapabilityReturn.name()),
                Move::Publish(_) => (Action::CapabilityPublish, Action::CapabilityPublish.name()),
                Move::Deprecate(_) => (Action::CapabilityDeprecate, Action::CapabilityDeprecate.name()),
                Move::Retire(_) => (Action::CapabilityDeprecate, "capability.retire"),
                Move::Rollback(_) => (Action::CapabilityRollback, Action::CapabilityRollback.name()),
            };
            let Some((stored, version)) = self.target(caller, name, what)? else {
                return Err(self.gate.missing(caller, action, "capability", name).await);
            };
            let thing = self.as_seen_by(caller, &stored.record, &version.record)?;
            let permit = self.gate.allow(caller, action, &thing).await?;
            let applied = self.apply(caller, what, &stored.record, &version.record, comment.clone());
            let (capability, mut version_after) = match applied {
                Ok(applied) => applied,
                Err(fault) => {
                    self.gate.refuse(caller, told, subject(&stored.record), &fault).await;
                    return Err(fault);
                }
            };
            let mut event = self.gate.event(caller, told, subject(&stored.record));
            event.details.extend(details([
                ("version", json!(version_after.number)),
                ("digest", json!(version_after.digest)),
                ("before", json!({ "phase": version.record.phase, "current": stored.record.current })),
                ("after", json!({ "phase": version_after.phase, "current": capability.current })),
                ("current_before", json!(stored.record.current)),
                ("current_after", json!(capability.current)),
                ("comment", json!(comment)),
                ("changelog", json!(version_after.changelog)),
            ]));
            if let Move::Publish(_) | Move::Rollback(_) = what {
                event.details.insert("permission_delta".to_owned(), json!(self.permission_delta(&stored.record, &version_after)?));
            }
            let mut commit = Commit::new();
            if let Move::Submit(_, at) = what {
                let review = self.open_review(caller, &version_after, at)?;
                if let Some(review) = review {
                    event.details.extend(details([
                        ("approval", json!(review.id)),
                        ("binding", json!(review.binding)),
                        ("publish_at", json!(at)),
                    ]));
                    version_after.review = Some(review.id);
                    commit.insert(&review);
                }
            }
            if let Some(review) = self.reviewed(&version.record)?
                && let Some(closed) = self.end_review(caller, &review.record, comment.clone())?
            {
                event.details.insert("approval".to_owned(), json!(closed.id));
                commit.update(&review, &closed);
            }
            if let Some(kind) = history(what) {
                commit.insert(&Self::publication(caller, kind, &stored.record, &capability, &version_after));
            }
            commit.update(&stored, &capability).update(&version, &version_after).event(permit.note(event));
            match self.ledger.commit(commit).await {
                Ok(_) => return self.show(caller, name).await,
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::BUSY.fault(format!("`{name}` keeps changing; look at it again")))
    }

    /// What ends the request of a review whose version leaves the review in another way than by its decision.
    fn end_review(&self, caller: &Caller, review: &Approval, comment: Option<String>) -> Result<Option<Approval>, Fault> {
        if review.state != ApprovalState::Open {
            return Ok(None);
        }
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let me = persons::account_of(&snapshot, &caller.tenant, &caller.actor())?.map(|user| user.record);
        let own =
            me.as_ref().is_none_or(|me| me.person_key() == review.person || review.barred.iter().any(|one| one.person == me.person_key()));
        let step = match me {
            Some(me) if !own && review.decision_of(&me.person_key()).is_none() => Step::Decide(Box::new(Decision {
                by: caller.actor(),
                user: me.id,
                person: me.person_key(),
                verdict: Verdict::Reject,
                comment,
                at: self.clock.now(),
                reauthenticated: false,
                self_approved: false,
                on_behalf: None,
            })),
            _ => Step::Withdraw,
        };
        let now = self.clock.now();
        let closed = review.apply(step, now, &|_| true).or_else(|_| review.apply(Step::Void, now, &|_| true));
        let mut closed = closed.map_err(|_| approvals::faults::closed(review.state))?;
        closed.closed_reason = Some(approvals::faults::RETURNED.text.to_owned());
        Ok(Some(closed))
    }

    /// The open review of a version and what it is bound to, for those who may do something to it.
    ///
    /// # Errors
    /// Not found, or not allowed.
    pub(crate) async fn review_of(
        &self,
        caller: &Caller,
        name: &str,
        number: u32,
        action: Action,
    ) -> Result<Option<(ApprovalId, String)>, Fault> {
        let Some((stored, version)) = self.target(caller, name, Move::Publish(number))? else {
            return Err(self.gate.missing(caller, action, "capability", name).await);
        };
        let Some(review) = self.reviewed(&version.record)? else { return Ok(None) };
        let thing = self.as_seen_by(caller, &stored.record, &version.record)?;
        let _permit = self.gate.allow(caller, action, &thing).await?;
        Ok(Some((review.record.id, review.record.binding)))
    }

    fn moment(&self, text: &str) -> Result<Timestamp, Fault> {
        let bad = |message: String| {
            let field =
                FieldFault { pointer: "/publish_at".to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
            faults::BAD_CHANGELOG.fault(message).field(field).hint("Correct the field that is named.")
        };
        let at: Timestamp = text.parse().map_err(|_| bad("`publish_at` is a moment such as 2027-01-31T06:00:00Z".to_owned()))?;
        let now = self.clock.now();
        if at <= now || at.as_second() - now.as_second() > AHEAD_DAYS * 86_400 {
            return Err(bad(format!("`publish_at` lies within the next {AHEAD_DAYS} days")));
        }
        Ok(at)
    }

    /// The version as the policy shall see it: who is the author under another account is the author.
    pub(crate) fn as_seen_by(&self, caller: &Caller, capability: &Capability, version: &Version) -> Result<Resource, Fault> {
        let thing = resource::version(capability, version);
        let Resource::Capability(seen) = thing else { return Ok(thing) };
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let author = persons::account_of(&snapshot, &capability.tenant, &version.created_by)?;
        let me = persons::account_of(&snapshot, &caller.tenant, &caller.actor())?;
        let same = matches!((&author, &me), (Some(author), Some(me)) if author.record.person_key() == me.record.person_key());
        Ok(Resource::Capability(if same { CapabilityRef { author: caller.user_id(), ..seen } } else { seen }))
    }

    /// What a version may do more or less than the one that is current.
    pub(super) fn permission_delta(&self, capability: &Capability, version: &Version) -> Result<Vec<FieldChange>, Fault> {
        let Some(current) = capability.current.filter(|current| *current != version.number) else { return Ok(Vec::new()) };
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let current = version_of(&snapshot, capability, current)?;
        Ok(current.map(|current| permission_delta(&current.manifest, &version.manifest)).unwrap_or_default())
    }

    fn target(&self, caller: &Caller, name: &str, what: Move) -> Result<Option<Target>, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let Some(stored) = super::stored(&snapshot, &caller.tenant, name)? else { return Ok(None) };
        let capability = &stored.record;
        let number = match what {
            Move::Submit(number, _)
            | Move::Return(number)
            | Move::Publish(number)
            | Move::Deprecate(number)
            | Move::Retire(number)
            | Move::Rollback(Some(number)) => number,
            Move::Rollback(None) => *capability.previous.last().ok_or_else(|| {
                faults::NOTHING_BEFORE
                    .fault(format!("`{name}` has had no other current version"))
                    .hint("Name the version: execgov capability rollback NAME --to N")
            })?,
        };
        let key = version_key(&capability.tenant, capability.id, number);
        let version = snapshot.get::<Version>(&key).map_err(storage_fault)?.ok_or_else(|| no_version(&capability.name, number))?;
        if let Move::Rollback(_) = what
            && matches!(version.record.phase, VersionPhase::Draft | VersionPhase::InReview)
        {
            return Err(faults::BAD_STEP
                .fault(format!("version {number} of `{name}` was never published, so it is nothing to go back to"))
                .hint("Publish it instead."));
        }
        Ok(Some((stored, version)))
    }

    /// What a tenant may ask of everything that is published: that no point of the checklist is missing.
    fn check_complete(&self, name: &str, version: &Version) -> Result<(), Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let rule = conditions::of_matter(&snapshot, &version.tenant, MatterKind::Publish, self.gate.mode())?;
        if !rule.checklist_required {
            return Ok(());
        }
        let mut missing = show::checklist(&version.checklist);
        missing.retain(|item| item.state == ChecklistState::Missing);
        if missing.is_empty() {
            return Ok(());
        }
        let points = missing.iter().map(|item| item.id.as_str()).collect::<Vec<_>>().join(", ");
        let fault = faults::INCOMPLETE
            .fault(format!("version {} of `{name}` lacks: {points}", version.number))
            .param("missing", points)
            .hint("Add what is missing and register the capability anew; its page shows the checklist.");
        let field = |item: ChecklistItem| FieldFault {
            pointer: format!("/checklist/{}", item.id),
            rule: "required".to_owned(),
            message: item.detail,
            params: Vec::new(),
        };
        Err(missing.into_iter().map(field).fold(fault, Fault::field))
    }

    fn apply(
        &self,
        caller: &Caller,
        what: Move,
        capability: &Capability,
        version: &Version,
        comment: Option<String>,
    ) -> Result<(Capability, Version), Fault> {
        let now = self.clock.now();
        let (mut capability, mut version) = (capability.clone(), version.clone());
        let step = match what {
            Move::Submit(..) => VersionStep::Submit,
            Move::Return(_) => VersionStep::Return,
            Move::Publish(_) | Move::Rollback(_) => VersionStep::Publish,
            Move::Deprecate(_) => VersionStep::Deprecate,
            Move::Retire(_) => VersionStep::Retire,
        };
        let from = version.phase;
        version.phase = from.apply(step, self.gate.mode()).ok_or_else(|| {
            let fault = faults::BAD_STEP
                .fault(format!("version {} of `{}` is {}, so it cannot be {}", version.number, capability.name, from.word(), past(step)))
                .param("state", from.word());
            match (from, step) {
                (VersionPhase::Draft, VersionStep::Publish) => fault.hint(format!(
                    "Under four eyes a review comes first: execgov capability submit {}@{} --changelog TEXT",
                    capability.name, version.number
                )),
                _ => fault,
            }
        })?;
        if matches!(what, Move::Submit(..) | Move::Publish(_)) {
            self.check_complete(capability.name.as_str(), &version)?;
        }
        capability.updated_at = now;
        match step {
            VersionStep::Submit => {
                version.submitted_at = Some(now);
                version.submitted_by = Some(caller.actor());
                version.changelog = comment;
                return Ok((capability, version));
            }
            VersionStep::Return => {
                version.submitted_at = None;
                version.submitted_by = None;
                version.review = None;
                version.scheduled = None;
            }
            VersionStep::Publish => {
                version.published_at = Some(now);
                version.published_by = Some(caller.actor());
                capability.point_to(version.number);
            }
            VersionStep::Deprecate | VersionStep::Retire => {
                version.review = None;
                version.scheduled = None;
                capability.previous.retain(|number| *number != version.number);
                if capability.current == Some(version.number) {
                    capability.current = capability.previous.pop();
                }
            }
        }
        if comment.is_some() {
            version.comment = comment;
        }
        Ok((capability, version))
    }

    /// The version that would be current after a plain rollback.
    pub(super) fn before(&self, capability: &Capability) -> Option<u32> {
        let snapshot = self.ledger.read().ok()?;
        let number = *capability.previous.last()?;
        version_of(&snapshot, capability, number).ok()?.map(|version| version.number)
    }
}

/// What a change is in the history of what was current.
fn history(what: Move) -> Option<PublicationKind> {
    match what {
        Move::Submit(..) | Move::Return(_) => None,
        Move::Publish(_) => Some(PublicationKind::Published),
        Move::Deprecate(_) => Some(PublicationKind::Deprecated),
        Move::Retire(_) => Some(PublicationKind::Retired),
        Move::Rollback(_) => Some(PublicationKind::RolledBack),
    }
}

fn past(step: VersionStep) -> &'static str {
    match step {
        VersionStep::Submit => "submitted for review",
        VersionStep::Return => "given back",
        VersionStep::Publish => "published",
        VersionStep::Deprecate => "deprecated",
        VersionStep::Retire => "retired",
    }
}
