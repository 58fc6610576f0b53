//! Taking one's own request back.

use serde_json::json;

use super::decide::too_long;
use super::held::{Held, give_back};
use super::{Approvals, faults, subject};
use crate::base::fault::Fault;
use crate::base::limit::COMMENT_CHARS;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::{ApprovalState, Step};
use crate::domain::run::Transition;
use crate::service::runs::hold::end_wait;
use crate::service::{commit_fault, persons};
use crate::store::{Commit, CommitError};
use crate::wire::approval::ApprovalDetail;

/// How often it is tried when the request changed under its hands.
const TRIES: usize = 8;

impl Approvals {
    /// Takes one's own request back; its run is cancelled, its version is a draft again. Withdrawing twice answers as it is.
    ///
    /// # Errors
    /// When it is over already, or somebody else's, or a review, which only an answer ends.
    pub async fn withdraw(&self, caller: &Caller, id: &str, comment: Option<String>) -> Result<ApprovalDetail, Fault> {
        if comment.as_ref().is_some_and(|comment| comment.chars().count() > COMMENT_CHARS) {
            return Err(too_long());
        }
        for _ in 0..TRIES {
            let (approval, held) = self.find(caller, Action::ApprovalWithdraw, id).await?;
            let thing = persons::approval(&self.read()?, &approval.record)?;
            let permit = self.gate.allow(caller, Action::ApprovalWithdraw, &thing).await?;
            if approval.record.state == ApprovalState::Withdrawn {
                return self.show(caller, id).await;
            }
            let now = self.clock.now();
            let detail = comment.clone().unwrap_or_else(|| "the requester took the request back".to_owned());
            let mut run = held.run().cloned();
            let ended = match (&held, &mut run) {
                (Held::Run(_), Some(run)) => end_wait(run, Transition::Cancel, faults::WITHDRAWN, detail, now).is_ok(),
                (Held::Review(_), _) => false,
                _ => true,
            };
            let next = approval.record.apply(Step::Withdraw, now, &|_| true);
            let (true, Ok(mut next)) = (ended, next) else {
                let fault = match held {
                    Held::Review(_) if approval.record.state == ApprovalState::Open => {
                        faults::CLOSED.fault("a review is not taken back: somebody has to answer it").hint("Ask an approver to look at it.")
                    }
                    _ => faults::closed(approval.record.state),
                };
                self.gate.refuse(caller, "approval.withdraw", subject(&approval.record), &fault).await;
                return Err(fault);
            };
            next.closed_reason = Some(faults::WITHDRAWN.text.to_owned());
            let mut event = permit.note(self.gate.event(caller, "approval.withdraw", subject(&approval.record)));
            if let Some(comment) = &comment {
                event.details.insert("comment".to_owned(), json!(comment));
            }
            let mut commit = Commit::new();
            if let (Held::Run(waiting), Some(run)) = (&held, &mut run) {
                run.cancel_asked_by = Some(caller.actor());
                event.details.insert("run".to_owned(), json!(run.id));
                let mut ended = self.runs.system_event(run, "run.withdraw", json!({ "approval": approval.record.id }));
                ended.reason = Some(faults::WITHDRAWN.text.to_owned());
                commit.event(ended).update(&waiting.run, run);
            }
            give_back(&held, &approval.record, &mut commit);
            commit.event(event).update(&approval, &next);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    if let (Held::Run(_), Some(run)) = (&held, &run) {
                        self.runs.tell(run);
                    }
                    return self.show(caller, id).await;
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::CLOSED.fault(format!("request {id} keeps changing; look at it again")))
    }
}
