//! Deciding: approve or reject. A decision names the digest of what was shown; the last consent that is needed uses all of
//! them in the commit that makes happen what was asked for, so that there is never a consent that lies about.

use serde_json::json;

use super::held::Held;
use super::{Approvals, faults, subject};
use crate::base::fault::{Fault, FieldFault};
use crate::base::limit::COMMENT_CHARS;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::approval::{Approval, ApprovalState, Behalf, Decision, Matter, MatterKind, Step, StepError, Verdict};
use crate::domain::audit::Event;
use crate::domain::identity::{Password, User};
use crate::service::gate::Permit;
use crate::service::identity::unauthenticated;
use crate::service::persons;
use crate::service::runs::RunError;
use crate::store::{Commit, CommitError, Stored};
use crate::wire::approval::ApprovalDetail;

/// How often a decision is taken again when the request changed under its hands.
const TRIES: usize = 8;

/// A decision as somebody asks for it.
#[derive(Debug)]
pub struct DecisionWish {
    pub verdict: Verdict,
    /// The digest that was shown.
    pub binding: String,
    pub comment: Option<String>,
    /// The password of the one who decides, for high and critical risk.
    pub password: Option<Password>,
}

/// Everything that one decision is taken on.
pub(super) struct Case<'a> {
    pub caller: &'a Caller,
    permit: Permit,
    me: Stored<User>,
    behalf: Option<Behalf>,
    pub approval: Stored<Approval>,
    pub held: Held,
    proven: bool,
}

impl Approvals {
    /// Approves or rejects. The same decision twice by the same person counts once and answers as it is.
    ///
    /// # Errors
    /// When the caller may not decide, the request is over, what would happen has changed, or the password is missing.
    pub async fn decide(&self, caller: &Caller, id: &str, wish: &DecisionWish) -> Result<ApprovalDetail, Fault> {
        check_comment(wish)?;
        let mut proven = false;
        for _ in 0..TRIES {
            let (approval, held) = self.find(caller, Action::ApprovalDecide, id).await?;
            let (thing, behalf) = self.seen_by(&self.read()?, caller, &approval.record)?;
            let permit = self.permit(caller, &approval.record, &held, &thing, wish.verdict).await?;
            let me = persons::account_of(&self.read()?, &caller.tenant, &caller.actor())?.ok_or_else(unauthenticated)?;
            if is_repeated(&me.record, &approval.record, wish) {
                return self.show(caller, id).await;
            }
            let case = Case { caller, permit, me, behalf, approval, held, proven };
            if let Err(fault) = self.ready(&case, wish).await {
                return Err(self.refused(&case, wish, fault).await);
            }
            if case.approval.record.needs_password() && !proven {
                self.identity.prove(caller, wish.password.as_ref()).await?;
                proven = true;
                // The look at the password took its time: look at everything else again.
                continue;
            }
            match self.record(&case, wish).await {
                Ok(()) => return self.show(caller, id).await,
                Err(RunError::Commit(CommitError::Conflict { .. })) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(faults::CLOSED.fault(format!("request {id} keeps changing; look at it again")))
    }

    /// The right to decide; for a version also the right to publish it, with which agreeing is the same.
    async fn permit(&self, caller: &Caller, approval: &Approval, held: &Held, thing: &Resource, verdict: Verdict) -> Result<Permit, Fault> {
        let permit = self.gate.allow(caller, Action::ApprovalDecide, thing).await?;
        if let (Held::Publish(both), Verdict::Approve) = (held, verdict) {
            let seen = self.capabilities.as_seen_by(caller, &both.0.record, &both.1.record)?;
            // Who decides by a rule of their tenant need not be a reviewer, but is never the author.
            if approval.role == crate::domain::access::Role::Reviewer {
                let _publishes = self.gate.allow(caller, Action::CapabilityPublish, &seen).await?;
            }
        }
        Ok(permit)
    }

    /// Whether the decision can be taken now. What would happen is looked at anew; when it has changed, the request is void.
    async fn ready(&self, case: &Case<'_>, wish: &DecisionWish) -> Result<(), Fault> {
        let approval = &case.approval.record;
        let now = self.clock.now();
        if approval.state != ApprovalState::Open {
            return Err(faults::closed(approval.state));
        }
        if approval.is_late(now) {
            let late = (faults::EXPIRED, "nobody decided before the deadline".to_owned());
            self.let_go(&case.approval, &case.held, Step::Expire, late, now).await?;
            return Err(faults::closed(ApprovalState::Expired));
        }
        if approval.binding != wish.binding {
            return Err(faults::not_what_you_saw());
        }
        if approval.matter.kind() == MatterKind::Review && wish.comment.as_deref().is_none_or(|comment| comment.trim().is_empty()) {
            return Err(comment_fault("required", "the answer to a review needs a comment".to_owned()));
        }
        if let Some(mine) = approval.decision_of(&case.me.record.person_key()) {
            let fault = faults::ALREADY_DECIDED.fault("you have decided on this request already, under this or another account");
            return Err(fault.param("verdict", json!(mine.verdict)).hint("A decision is final; other approvers go on."));
        }
        let lapse = self.lapse(&self.read()?, approval, &case.held)?;
        if let Some((code, detail)) = lapse {
            self.let_go(&case.approval, &case.held, Step::Void, (code, detail.clone()), now).await?;
            return Err(code.fault(format!("{detail}: the request is void")).hint("Ask anew."));
        }
        if let (Held::Run(waiting), Verdict::Approve) = (&case.held, wish.verdict)
            && let Some(fault) = self.runs.frozen(&self.read()?, &waiting.run.record, approval.risk)?
        {
            return Err(fault);
        }
        Ok(())
    }

    async fn record(&self, case: &Case<'_>, wish: &DecisionWish) -> Result<(), RunError> {
        let now = self.clock.now();
        let approval = &case.approval.record;
        let decision = Decision {
            by: case.caller.actor(),
            user: case.me.record.id,
            person: case.me.record.person_key(),
            verdict: wish.verdict,
            comment: wish.comment.clone(),
            at: now,
            reauthenticated: case.proven,
            self_approved: case.permit.is_marked("self_approved"),
            on_behalf: case.behalf.clone(),
        };
        let conflict = |_: StepError| RunError::Commit(CommitError::Conflict { table: "approval".into(), key: Vec::new() });
        let mut next = approval.apply(Step::Decide(Box::new(decision)), now, &|_| true).map_err(conflict)?;
        if wish.verdict == Verdict::Reject {
            next.closed_reason = Some(faults::REJECTED.text.to_owned());
            return self.reject(case, &next, self.event(case, wish, false), now).await;
        }
        // Who agreed earlier and may no longer do so does not count; the accounts that count must stay as they are.
        let standing = {
            let snapshot = self.ledger.read()?;
            self.runs.standing(&snapshot, &next).map_err(|fault| RunError::Undecided(Box::new(fault)))?
        };
        let mut commit = Commit::new();
        for account in &standing.accounts {
            commit.expect(account);
        }
        if let Ok(complete) = next.apply(Step::Complete, now, &|decision| standing.counts(decision)) {
            let used = Approval {
                decisions: complete.decisions.iter().filter(|decision| standing.counts(decision)).cloned().collect(),
                ..complete.clone()
            };
            commit.event(self.event(case, wish, true)).update(&case.approval, &complete);
            return self.take_effect(case, &used, commit, now).await;
        }
        commit.event(self.event(case, wish, false)).update(&case.approval, &next);
        // Somebody else's decision on what it holds up, such as a cancel, must not have come in between.
        match &case.held {
            Held::Run(waiting) => commit.expect(&waiting.run),
            Held::Publish(both) => commit.expect(&both.1),
            Held::Setting(_) | Held::Review(_) => &mut commit,
        };
        self.ledger.commit(commit).await?;
        if let Held::Run(waiting) = &case.held {
            self.runs.tell(&waiting.run.record);
        }
        Ok(())
    }

    fn event(&self, case: &Case<'_>, wish: &DecisionWish, complete: bool) -> Event {
        let approval = &case.approval.record;
        let mut event = case.permit.note(self.gate.event(case.caller, verb(wish.verdict), subject(approval)));
        let mut tell = |name: &str, value| event.details.insert(name.to_owned(), value);
        tell("matter", json!(approval.matter.kind()));
        if let Some(run) = approval.matter.run() {
            tell("run", json!(run));
        }
        if let Some((_, _, version)) = approval.matter.version() {
            tell("version", json!(version));
        }
        if let Matter::Setting(change) = &approval.matter {
            tell("setting", json!(change.setting));
        }
        tell("binding", json!(approval.binding));
        tell("reauthenticated", json!(case.proven));
        tell("complete", json!(complete));
        if let Some(behalf) = &case.behalf {
            tell("on_behalf_of", json!(behalf.name));
            tell("delegation", json!(behalf.delegation));
        }
        if let Some(comment) = &wish.comment {
            tell("comment", json!(comment));
        }
        event
    }

    async fn refused(&self, case: &Case<'_>, wish: &DecisionWish, fault: Fault) -> Fault {
        self.gate.refuse(case.caller, verb(wish.verdict), subject(&case.approval.record), &fault).await;
        fault
    }
}

/// Whether the same person decided the same on the same before.
fn is_repeated(me: &User, approval: &Approval, wish: &DecisionWish) -> bool {
    let mine = approval.decision_of(&me.person_key());
    approval.binding == wish.binding && mine.is_some_and(|mine| mine.user == me.id && mine.verdict == wish.verdict)
}

const fn verb(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approval.approve",
        Verdict::Reject => "approval.reject",
    }
}

pub(super) fn too_long() -> Fault {
    comment_fault("maxLength", format!("`comment` has at most {COMMENT_CHARS} characters"))
}

fn comment_fault(rule: &str, message: String) -> Fault {
    let field = FieldFault { pointer: "/comment".to_owned(), rule: rule.to_owned(), message: message.clone(), params: Vec::new() };
    faults::NO_COMMENT.fault(message).field(field).hint("Say why in a sentence, for the one who asked.")
}

fn check_comment(wish: &DecisionWish) -> Result<(), Fault> {
    let comment = wish.comment.as_deref().unwrap_or_default();
    if comment.chars().count() > COMMENT_CHARS {
        return Err(too_long());
    }
    if wish.verdict == Verdict::Reject && comment.trim().is_empty() {
        return Err(comment_fault("required", "a rejection needs a comment".to_owned()));
    }
    Ok(())
}
