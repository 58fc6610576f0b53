//! Confirming and declining one's own run before it starts, and the end of waits that nobody answers.

use serde_json::json;

use super::hold::{Waiting, end_wait, waiting};
use super::{RunError, Runs};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::base::limit::COMMENT_CHARS;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::Step;
use crate::domain::ids::{RunId, TenantKey};
use crate::domain::run::{Phase, Run, Transition};
use crate::service::approvals::faults;
use crate::service::{resource, runs};
use crate::store::record::run::BY_DEADLINE;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Stored};

/// How often a decision is taken again when the run changed under its hands.
const TRIES: usize = 8;
/// Waits that are ended in one go.
const CHUNK: usize = 100;

impl Runs {
    /// Confirms that what was shown shall run. Confirming twice answers with the run as it is.
    ///
    /// # Errors
    /// [`faults::NOT_WHAT_YOU_SAW`] when the digest is not that of what would run, [`faults::NOT_WAITING`] when it does not wait.
    pub async fn confirm(&self, caller: &Caller, id: &str, digest: &str) -> Result<Run, Fault> {
        for _ in 0..TRIES {
            let (waiting, permit) = self.own_waiting(caller, id).await?;
            let now = self.clock.now();
            let mut run = waiting.run.record.clone();
            let confirmed = run.hold.as_ref().is_some_and(|hold| hold.confirmed_at.is_some() && hold.binding == digest);
            if run.phase != Phase::AwaitingConfirmation {
                return if confirmed { Ok(run) } else { Err(self.refused(caller, &run, not_waiting(&run)).await) };
            }
            let Some(hold) = run.hold.as_deref_mut() else { return Err(not_waiting(&waiting.run.record)) };
            if now >= hold.expires_at {
                self.let_go(&waiting, Step::Expire, (faults::EXPIRED, "it was not confirmed in time".to_owned()), now).await?;
                continue;
            }
            if hold.binding != digest {
                return Err(self.refused(caller, &waiting.run.record, faults::not_what_you_saw()).await);
            }
            hold.confirmed_at = Some(now);
            let risk = self.capabilities.loaded(&run.tenant, run.capability, run.version)?.version.manifest.risk;
            let frozen = self.frozen(&self.ledger.read().map_err(RunError::from)?, &run, risk)?;
            if let Some(fault) = frozen {
                return Err(self.refused(caller, &run, fault).await);
            }
            let lapse = self.lapse(&self.ledger.read().map_err(RunError::from)?, &waiting.run.record)?;
            if let Some((code, detail)) = lapse {
                self.let_go(&waiting, Step::Void, (code, detail.clone()), now).await?;
                return Err(self.refused(caller, &waiting.run.record, code.fault(detail).hint("Start the run again.")).await);
            }
            let mut event = permit.note(self.gate.event(caller, "run.confirm", super::subject_of_id(&run)));
            event.details.insert("binding".to_owned(), json!(digest));
            let mut commit = Commit::new();
            commit.event(event);
            match self.release(&waiting.run, run, Transition::Confirm, commit).await {
                Ok(run) => return Ok(run),
                Err(RunError::Commit(CommitError::Conflict { .. })) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(keeps_changing(id))
    }

    /// Says that what was shown shall not run.
    ///
    /// # Errors
    /// [`faults::NOT_WAITING`] when the run does not wait for its requester.
    pub async fn decline(&self, caller: &Caller, id: &str, reason: Option<String>) -> Result<Run, Fault> {
        if reason.as_ref().is_some_and(|reason| reason.chars().count() > COMMENT_CHARS) {
            return Err(runs::faults::BAD_REQUEST.fault(format!("`reason` has at most {COMMENT_CHARS} characters")));
        }
        for _ in 0..TRIES {
            let (waiting, permit) = self.own_waiting(caller, id).await?;
            let mut run = waiting.run.record.clone();
            if run.phase == Phase::Declined {
                return Ok(run);
            }
            let detail = reason.clone().unwrap_or_else(|| "the requester looked at it and said no".to_owned());
            if end_wait(&mut run, Transition::Decline, faults::DECLINED, detail, self.clock.now()).is_err() {
                return Err(self.refused(caller, &waiting.run.record, not_waiting(&waiting.run.record)).await);
            }
            let mut event = permit.note(self.gate.event(caller, "run.decline", super::subject_of_id(&run)));
            if let Some(reason) = &reason {
                event.details.insert("why".to_owned(), json!(reason));
            }
            let mut commit = Commit::new();
            commit.event(event).update(&waiting.run, &run);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.tell(&run);
                    return Ok(run);
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(RunError::from(error).into()),
            }
        }
        Err(keeps_changing(id))
    }

    async fn own_waiting(&self, caller: &Caller, id: &str) -> Result<(Waiting, crate::service::gate::Permit), Fault> {
        let found = match id.parse::<RunId>() {
            Ok(run) => waiting(&self.ledger.read().map_err(RunError::from)?, &caller.tenant, run)?,
            Err(_) => None,
        };
        let Some(waiting) = found else { return Err(self.gate.missing(caller, Action::RunConfirm, "run", id).await) };
        let permit = self.gate.allow(caller, Action::RunConfirm, &resource::run(&waiting.run.record)).await?;
        Ok((waiting, permit))
    }

    async fn refused(&self, caller: &Caller, run: &Run, fault: Fault) -> Fault {
        self.gate.refuse(caller, "run.confirm", super::subject_of_id(run), &fault).await;
        fault
    }

    /// Ends the waits that are over at a moment; answers with the next moment at which one will be.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn expire_due(&self, tenant: &TenantKey, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        loop {
            let due: Vec<Waiting> = {
                let snapshot = self.ledger.read().map_err(RunError::from)?;
                let scan = Scan::index(BY_DEADLINE, &scoped(tenant, &[])).limit(CHUNK);
                let first: Vec<Stored<Run>> = snapshot.scan(&scan).map_err(RunError::from)?;
                let mut due = Vec::new();
                for run in first {
                    match run.record.hold.as_ref().map(|hold| hold.expires_at) {
                        Some(at) if at <= now => due.extend(waiting(&snapshot, tenant, run.record.id)?),
                        later if due.is_empty() => return Ok(later),
                        _ => break,
                    }
                }
                due
            };
            if due.is_empty() {
                return Ok(None);
            }
            for waiting in &due {
                self.let_go(waiting, Step::Expire, (faults::EXPIRED, "nobody decided before the deadline".to_owned()), now).await?;
            }
        }
    }

    /// Resolves when a run begins to wait.
    pub async fn wait_began(&self) {
        self.waits.notified().await;
    }
}

fn not_waiting(run: &Run) -> Fault {
    faults::NOT_WAITING
        .fault(format!("run {} is {} and does not wait for a confirmation", run.id, run.phase.word().replace('_', " ")))
        .param("phase", run.phase.word())
}

fn keeps_changing(id: &str) -> Fault {
    faults::NOT_WAITING.fault(format!("run {id} keeps changing; look at it again"))
}
