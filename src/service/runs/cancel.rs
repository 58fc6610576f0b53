//! Cancelling: a waiting run is withdrawn at once; a running one is told to stop and ends with all its processes.

use serde_json::json;

use super::dispatch::StopWish;
use super::{RunError, Runs, faults, load};
use crate::base::fault::Fault;
use crate::base::limit::COMMENT_CHARS;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::{Approval, Step};
use crate::domain::ids::RunId;
use crate::domain::run::{Phase, Run, Transition};
use crate::service::approvals::faults as approvals;
use crate::service::resource;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Stored};

/// How often a cancel re-reads a run that changes under its hands.
const TRIES: usize = 8;

impl Runs {
    /// Cancels a run. A run that is being cancelled already is answered as it is.
    ///
    /// # Errors
    /// [`faults::ALREADY_OVER`] when it has ended.
    pub async fn cancel(&self, caller: &Caller, id: &str, reason: Option<String>) -> Result<Run, Fault> {
        if reason.as_ref().is_some_and(|reason| reason.chars().count() > COMMENT_CHARS) {
            return Err(faults::BAD_REQUEST.fault(format!("`reason` has at most {COMMENT_CHARS} characters")));
        }
        for _ in 0..TRIES {
            let stored = match id.parse::<RunId>() {
                Ok(run) => load(&self.ledger.read().map_err(RunError::from)?, &caller.tenant, run)?,
                Err(_) => None,
            };
            let Some(stored) = stored else { return Err(self.gate.missing(caller, Action::RunCancel, "run", id).await) };
            let run_id = stored.record.id;
            let permit = self.gate.allow(caller, Action::RunCancel, &resource::run(&stored.record)).await?;
            let mut run = stored.record.clone();
            if run.phase.is_final() {
                return Err(faults::ALREADY_OVER
                    .fault(format!("run {run_id} is already over: it {}", run.phase.word().replace('_', " ")))
                    .param("phase", run.phase.word()));
            }
            if run.cancel_asked_by.is_some() {
                return Ok(run);
            }
            run.cancel_asked_by = Some(caller.actor());
            let request = self.open_request(&run)?;
            let waiting = run.phase.apply(Transition::Cancel);
            if let Ok(phase) = waiting {
                run.phase = phase;
                run.finished_at = Some(self.clock.now());
            }
            let mut event = self.gate.event(caller, "run.cancel", super::subject_of_id(&run));
            event.details.insert("phase".to_owned(), json!(run.phase));
            if let Some(reason) = &reason {
                event.details.insert("why".to_owned(), json!(reason));
            }
            let mut commit = Commit::new();
            if let Some(request) = &request
                && let Ok(mut withdrawn) = request.record.apply(Step::Withdraw, self.clock.now(), &|_| true)
            {
                withdrawn.closed_reason = Some(approvals::WITHDRAWN.text.to_owned());
                event.details.insert("approval".to_owned(), json!(request.record.id));
                commit.update(request, &withdrawn);
            }
            commit.update(&stored, &run).event(permit.note(event));
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    if waiting.is_ok() {
                        self.dispatch.withdraw(run_id);
                    } else {
                        self.dispatch.stop(run_id, StopWish::Cancelled(caller.actor()));
                    }
                    self.tell(&run);
                    return Ok(run);
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(RunError::from(error).into()),
            }
        }
        Err(faults::ALREADY_OVER.fault(format!("run {id} keeps changing; look at it again")))
    }

    /// The request for approval that a run waits for.
    fn open_request(&self, run: &Run) -> Result<Option<Stored<Approval>>, Fault> {
        let Some(id) = run.hold.as_ref().and_then(|hold| hold.approval).filter(|_| run.phase == Phase::AwaitingApproval) else {
            return Ok(None);
        };
        let snapshot = self.ledger.read().map_err(RunError::from)?;
        Ok(snapshot.get(&scoped(&run.tenant, &[id.bytes()])).map_err(RunError::from)?)
    }
}
