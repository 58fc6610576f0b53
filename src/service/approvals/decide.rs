//! Deciding: approve, reject, withdraw. A decision names the digest of what was shown; the last consent that is needed
//! uses all of them in the commit that queues the run, so that there is never a consent that lies about.

use serde_json::json;

use super::{Approvals, faults, subject};
use crate::base::fault::{Fault, FieldFault};
use crate::base::limit::COMMENT_CHARS;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::{Approval, ApprovalState, Decision, Step, StepError, Verdict};
use crate::domain::audit::Event;
use crate::domain::identity::{Password, User};
use crate::domain::run::Transition;
use crate::service::gate::Permit;
use crate::service::identity::unauthenticated;
use crate::service::runs::RunError;
use crate::service::runs::hold::{Waiting, consents, end_wait};
use crate::service::{commit_fault, persons};
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
struct Case<'a> {
    caller: &'a Caller,
    permit: Permit,
    me: Stored<User>,
    approval: Stored<Approval>,
    waiting: Waiting,
    proven: bool,
}

impl Approvals {
    /// Approves or rejects. The same decision twice by the same person counts once and answers as it is.
    ///
    /// # Errors
    /// When the caller may not decide, the request is over, what would run has changed, or the password is missing.
    pub async fn decide(&self, caller: &Caller, id: &str, wish: &DecisionWish) -> Result<ApprovalDetail, Fault> {
        check_comment(wish)?;
        let mut proven = false;
        for _ in 0..TRIES {
            let (approval, waiting) = self.find(caller, Action::ApprovalDecide, id).await?;
            let thing = persons::approval(&self.read()?, &approval.record)?;
            let permit = self.gate.allow(caller, Action::ApprovalDecide, &thing).await?;
            let me = persons::account_of(&self.read()?, &caller.tenant, &caller.actor())?.ok_or_else(unauthenticated)?;
            if is_repeated(&me.record, &approval.record, wish) {
                return self.show(caller, id).await;
            }
            let case = Case { caller, permit, me, approval, waiting, proven };
            if let Err(fault) = self.ready(&case, wish).await {
                return Err(self.refused(&case, wish, fault).await);
            }
            if case.approval.record.needs_password() && !proven {
                self.identity.reauthenticate(caller, wish.password.as_ref()).await?;
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

    /// Whether the decision can be taken now. What would run is looked at anew; when it has changed, the request is void.
    async fn ready(&self, case: &Case<'_>, wish: &DecisionWish) -> Result<(), Fault> {
        let approval = &case.approval.record;
        let now = self.clock.now();
        if approval.state != ApprovalState::Open {
            return Err(faults::closed(approval.state));
        }
        if now >= approval.expires_at {
            let late = (faults::EXPIRED, "nobody decided before the deadline".to_owned());
            self.runs.let_go(&case.waiting, Step::Expire, late, now).await?;
            return Err(faults::closed(ApprovalState::Expired));
        }
        if approval.binding != wish.binding {
            return Err(faults::not_what_you_saw());
        }
        if let Some(mine) = approval.decision_of(&case.me.record.person_key()) {
            let fault = faults::ALREADY_DECIDED.fault("you have decided on this request already, under this or another account");
            return Err(fault.param("verdict", json!(mine.verdict)).hint("A decision is final; other approvers go on."));
        }
        let lapse = self.runs.lapse(&self.read()?, &case.waiting.run.record)?;
        if let Some((code, detail)) = lapse {
            self.runs.let_go(&case.waiting, Step::Void, (code, detail.clone()), now).await?;
            return Err(code.fault(format!("{detail}: the request is void")).hint("Start the run again to ask anew."));
        }
        let frozen = self.runs.frozen(&self.read()?, &case.waiting.run.record, approval.risk)?;
        match frozen {
            Some(fault) if wish.verdict == Verdict::Approve => Err(fault),
            _ => Ok(()),
        }
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
        };
        let conflict = |_: StepError| RunError::Commit(CommitError::Conflict { table: "approval".into(), key: Vec::new() });
        let mut next = approval.apply(Step::Decide(decision), now, &|_| true).map_err(conflict)?;
        let mut run = case.waiting.run.record.clone();
        let mut commit = Commit::new();
        if wish.verdict == Verdict::Reject {
            let detail = wish.comment.clone().unwrap_or_default();
            next.closed_reason = Some(faults::REJECTED.text.to_owned());
            end_wait(&mut run, Transition::Reject, faults::REJECTED, detail, now)?;
            let mut ended = self.runs.system_event(&run, "run.reject", json!({ "approval": approval.id }));
            ended.reason = Some(faults::REJECTED.text.to_owned());
            commit.event(self.event(case, wish, false)).event(ended);
            commit.expect(&case.me).update(&case.approval, &next).update(&case.waiting.run, &run);
            self.ledger.commit(commit).await?;
            self.runs.tell(&run);
            return Ok(());
        }
        // Who agreed earlier and may no longer do so does not count; the accounts that count must stay as they are.
        let standing = {
            let snapshot = self.ledger.read()?;
            self.runs.standing(&snapshot, &next).map_err(|fault| RunError::Undecided(Box::new(fault)))?
        };
        let counts = |decision: &Decision| standing.iter().any(|user| user.record.id == decision.user);
        for account in &standing {
            commit.expect(account);
        }
        if let Ok(complete) = next.apply(Step::Complete, now, &counts) {
            let used = Approval {
                decisions: complete.decisions.iter().filter(|decision| counts(decision)).cloned().collect(),
                ..complete.clone()
            };
            if let Some(hold) = &mut run.hold {
                hold.consents = consents(&used);
            }
            commit.event(self.event(case, wish, true)).update(&case.approval, &complete);
            self.runs.release(&case.waiting.run, run, Transition::Approve, commit).await?;
            return Ok(());
        }
        // Somebody else's decision on the run itself, such as a cancel, must not have come in between.
        commit.event(self.event(case, wish, false)).update(&case.approval, &next).expect(&case.waiting.run);
        self.ledger.commit(commit).await?;
        self.runs.tell(&run);
        Ok(())
    }

    fn event(&self, case: &Case<'_>, wish: &DecisionWish, complete: bool) -> Event {
        let approval = &case.approval.record;
        let mut event = case.permit.note(self.gate.event(case.caller, verb(wish.verdict), subject(approval)));
        let mut tell = |name: &str, value| event.details.insert(name.to_owned(), value);
        tell("run", json!(approval.run));
        tell("version", json!(approval.version));
        tell("binding", json!(approval.binding));
        tell("reauthenticated", json!(case.proven));
        tell("complete", json!(complete));
        if let Some(comment) = &wish.comment {
            tell("comment", json!(comment));
        }
        event
    }

    async fn refused(&self, case: &Case<'_>, wish: &DecisionWish, fault: Fault) -> Fault {
        self.gate.refuse(case.caller, verb(wish.verdict), subject(&case.approval.record), &fault).await;
        fault
    }

    /// Takes one's own request back; its run is cancelled. Withdrawing twice answers as it is.
    ///
    /// # Errors
    /// When it is over already, or somebody else's.
    pub async fn withdraw(&self, caller: &Caller, id: &str, comment: Option<String>) -> Result<ApprovalDetail, Fault> {
        if comment.as_ref().is_some_and(|comment| comment.chars().count() > COMMENT_CHARS) {
            return Err(too_long());
        }
        for _ in 0..TRIES {
            let (approval, waiting) = self.find(caller, Action::ApprovalWithdraw, id).await?;
            let thing = persons::approval(&self.read()?, &approval.record)?;
            let permit = self.gate.allow(caller, Action::ApprovalWithdraw, &thing).await?;
            if approval.record.state == ApprovalState::Withdrawn {
                return self.show(caller, id).await;
            }
            let now = self.clock.now();
            let mut run = waiting.run.record.clone();
            let detail = comment.clone().unwrap_or_else(|| "the requester took the request back".to_owned());
            let (Ok(mut next), Ok(())) = (
                approval.record.apply(Step::Withdraw, now, &|_| true),
                end_wait(&mut run, Transition::Cancel, faults::WITHDRAWN, detail, now),
            ) else {
                let fault = faults::closed(approval.record.state);
                self.gate.refuse(caller, "approval.withdraw", subject(&approval.record), &fault).await;
                return Err(fault);
            };
            next.closed_reason = Some(faults::WITHDRAWN.text.to_owned());
            run.cancel_asked_by = Some(caller.actor());
            let mut event = permit.note(self.gate.event(caller, "approval.withdraw", subject(&approval.record)));
            event.details.insert("run".to_owned(), json!(run.id));
            if let Some(comment) = &comment {
                event.details.insert("comment".to_owned(), json!(comment));
            }
            let mut ended = self.runs.system_event(&run, "run.withdraw", json!({ "approval": approval.record.id }));
            ended.reason = Some(faults::WITHDRAWN.text.to_owned());
            let mut commit = Commit::new();
            commit.event(event).event(ended).update(&approval, &next).update(&waiting.run, &run);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.runs.tell(&run);
                    return self.show(caller, id).await;
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::CLOSED.fault(format!("request {id} keeps changing; look at it again")))
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

fn too_long() -> Fault {
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
