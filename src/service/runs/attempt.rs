//! What the engine records of attempts: that one begins and how it ended.
//!
//! Nothing here asks the gate: the right to run was decided when the run was requested.

use serde_json::{Value, json};

use super::secrets::Footing;
use super::{RunError, Runs, load, start};
use crate::base::clock::Timestamp;
use crate::base::fault::Code;
use crate::crypto::canonical;
use crate::domain::audit::Actor;
use crate::domain::capability::Retry;
use crate::domain::ids::{RunId, TenantKey};
use crate::domain::run::{
    Ending, Isolation, LogSeal, Phase, Run, RunArtifact, RunOutput, StartMode, Ticket, Transition, Usage, WaitsFor, retry,
};
use crate::domain::vault::SecretUse;
use crate::store::record::run::StoredOutput;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Stored};

/// How one attempt ended.
#[derive(Debug, Clone, Default)]
pub struct AttemptOutcome {
    pub ending: Option<Ending>,
    /// The code and sentence that say why it did not succeed.
    pub reason: Option<(Code, String)>,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub start: Option<StartMode>,
    pub isolation: Option<Isolation>,
    pub interpreter: Option<String>,
    /// Secrets that were used on its behalf while it ran.
    pub secrets: Vec<SecretUse>,
    /// Hosts and addresses that it was connected with.
    pub reached: Vec<String>,
    pub usage: Usage,
    pub log: Option<LogSeal>,
    /// The log itself, when it is small.
    pub inline_log: Option<String>,
    pub result: Option<Value>,
    pub artifacts: Vec<RunArtifact>,
    /// Things in `outputs/` that were not taken, and why.
    pub skipped: Vec<String>,
}

impl Runs {
    /// Records that a queued run begins its next attempt. `None` when it is no longer queued: somebody cancelled it. It stays
    /// queued while it needs a secret and the vault is sealed.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn begin_queued(&self, tenant: &TenantKey, id: RunId) -> Result<Option<Run>, RunError> {
        loop {
            let Some(stored) = self.stored(tenant, id)? else { return Ok(None) };
            if stored.record.phase != Phase::Queued {
                return Ok(None);
            }
            let mut run = stored.record.clone();
            let footing = self.footing(&run);
            let good = match footing {
                // What was decided is looked at again when whoever asked may act again.
                Footing::Waits(WaitsFor::Requester) => Ok(Ok(Vec::new())),
                _ if run.hold.is_some() => self.still_good(&self.ledger.read()?, &run),
                _ => Ok(Ok(Vec::new())),
            };
            let mut commit = Commit::new();
            match good {
                Ok(Ok(accounts)) => {
                    for account in &accounts {
                        commit.expect(account);
                    }
                }
                Ok(Err(lapse)) => {
                    self.lapse_queued(tenant, id, lapse).await?;
                    return Ok(None);
                }
                Err(fault) => return Err(RunError::Undecided(Box::new(fault))),
            }
            let uses = match footing {
                Footing::Firm(uses) => uses,
                Footing::Waits(what) => {
                    let Some((waiting, commit)) = self.wait_for(&stored, what) else { return Ok(Some(run)) };
                    match self.ledger.commit(commit).await {
                        Ok(_) => {
                            self.tell(&waiting);
                            return Ok(Some(waiting));
                        }
                        Err(CommitError::Conflict { .. }) => continue,
                        Err(error) => return Err(error.into()),
                    }
                }
            };
            start::begin_attempt(&mut run, self.clock.now())?;
            commit.event(self.system_event(&run, "run.start", json!({ "attempt": run.attempts.len() })));
            self.give(&mut run, uses, &mut commit);
            commit.update(&stored, &run);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.tell(&run);
                    return Ok(Some(run));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Records how an attempt ended: the end of the run, or its return to the queue.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn record_outcome(
        &self,
        tenant: &TenantKey,
        id: RunId,
        policy: &Retry,
        outcome: &AttemptOutcome,
    ) -> Result<Option<Run>, RunError> {
        loop {
            let Some(stored) = self.stored(tenant, id)? else { return Ok(None) };
            if stored.record.phase != Phase::Running {
                return Ok(Some(stored.record));
            }
            let earlier = if stored.record.attempts.len() > 1 { self.stored_output(&stored.record)? } else { None };
            let (run, commit) = self.outcome_commit(&stored, earlier.as_ref(), policy, outcome, self.clock.now())?;
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.tell(&run);
                    return Ok(Some(run));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn outcome_commit(
        &self,
        stored: &Stored<Run>,
        earlier: Option<&Stored<StoredOutput>>,
        policy: &Retry,
        outcome: &AttemptOutcome,
        now: Timestamp,
    ) -> Result<(Run, Commit), RunError> {
        let mut run = stored.record.clone();
        let ending = settle(&run, outcome.ending.unwrap_or(Ending::Failed));
        let result_digest = outcome.result.as_ref().map(canonical::sha256_of);
        let wait = retry::wait_before_next(policy, run.attempts.len(), ending);
        if let Some(attempt) = run.attempts.last_mut() {
            attempt.finished_at = Some(now);
            attempt.start = outcome.start;
            attempt.isolation.clone_from(&outcome.isolation);
            attempt.interpreter.clone_from(&outcome.interpreter);
            attempt.exit_code = outcome.exit_code;
            attempt.signal = outcome.signal;
            attempt.reason = outcome.reason.as_ref().map(|(code, _)| code.text.to_owned());
            attempt.detail = outcome.reason.as_ref().map(|(_, detail)| detail.clone());
            attempt.reached.clone_from(&outcome.reached);
            record_uses(&mut attempt.secrets, &outcome.secrets);
            attempt.usage = outcome.usage;
            if wait.is_some() {
                attempt.log.clone_from(&outcome.log);
            }
        }
        let mut commit = Commit::new();
        let mut output = earlier.map(|stored| stored.record.output.clone()).unwrap_or_default();
        let mut details = json!({
            "attempt": run.attempts.len(),
            "ending": ending,
            "exit_code": outcome.exit_code,
            "reason": outcome.reason.as_ref().map(|(code, _)| code.text),
            "isolation": outcome.isolation.as_ref().map(|isolation| isolation.level),
            "log": outcome.log.as_ref().map(|log| &log.sha256),
        });
        if !outcome.reached.is_empty() {
            details["reached"] = json!(outcome.reached);
        }
        if let Some(wait) = wait {
            run.phase = run.phase.apply(Transition::Retry)?;
            let pause = jiff::SignedDuration::try_from(wait).unwrap_or(jiff::SignedDuration::ZERO);
            run.not_before = now.checked_add(pause).ok();
            run.queued_at = Some(now);
            output.earlier.extend(outcome.inline_log.clone().map(|log| (run.attempt_number(), log)));
            details["not_before"] = json!(run.not_before);
            commit.event(self.system_event(&run, "run.retry", details));
        } else {
            run.phase = run.phase.apply(Transition::End(ending))?;
            run.finished_at = Some(now);
            run.log.clone_from(&outcome.log);
            run.artifacts.clone_from(&outcome.artifacts);
            run.result_digest = result_digest;
            details["phase"] = json!(run.phase);
            if let Some(digest) = &run.result_digest {
                details["result"] = json!(digest);
            }
            if !run.artifacts.is_empty() {
                details["artifacts"] =
                    run.artifacts.iter().map(|artifact| json!({ "name": artifact.name, "sha256": artifact.sha256 })).collect();
            }
            if !outcome.skipped.is_empty() {
                details["not_collected"] = json!(outcome.skipped.iter().take(20).collect::<Vec<_>>());
            }
            commit.event(self.system_event(&run, "run.finish", details));
            output.result.clone_from(&outcome.result);
            output.log.clone_from(&outcome.inline_log);
        }
        let output = StoredOutput { tenant: run.tenant.clone(), run: run.id, output };
        match earlier {
            Some(earlier) => drop(commit.update(earlier, &output)),
            None if output.output == RunOutput::default() => {}
            None => drop(commit.insert(&output)),
        }
        commit.update(stored, &run);
        Ok((run, commit))
    }

    pub(super) fn stored(&self, tenant: &TenantKey, id: RunId) -> Result<Option<Stored<Run>>, RunError> {
        load(&self.ledger.read()?, tenant, id)
    }

    fn stored_output(&self, run: &Run) -> Result<Option<Stored<StoredOutput>>, RunError> {
        Ok(self.ledger.read()?.get(&scoped(&run.tenant, &[run.id.bytes()]))?)
    }

    /// The record of a run that is recorded as running.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn running(&self, tenant: &TenantKey, id: RunId) -> Result<Option<Run>, RunError> {
        Ok(self.stored(tenant, id)?.map(|stored| stored.record).filter(|run| run.phase == Phase::Running))
    }

    /// Lines up a run that goes back to the queue.
    pub fn line_up(&self, run: &Run) {
        let limit = self.capabilities.concurrency_limit(&run.tenant, run.capability, run.version).unwrap_or(0);
        self.line_up_as(run, start::ticket_of(run, limit));
    }

    /// Lines up a run, or lets it wait for the word that what it waits for is there.
    pub(super) fn line_up_as(&self, run: &Run, ticket: Ticket) {
        self.dispatch.line_up(run.tenant.clone(), ticket);
        // It may have been opened between the look and now.
        let over = match run.waits_for {
            None => false,
            Some(WaitsFor::Vault) => self.secrets.vault().is_open(),
            Some(WaitsFor::Requester) => self.is_requester_active(run),
        };
        if over {
            self.dispatch.call();
        }
    }

    /// Who asked for a cancel that the engine has not seen yet, if anyone.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn cancel_wish(&self, tenant: &TenantKey, id: RunId) -> Result<Option<Actor>, RunError> {
        Ok(self.stored(tenant, id)?.and_then(|stored| stored.record.cancel_asked_by))
    }
}

/// A cancel that was asked for wins over a retry: the run ends as cancelled unless it had succeeded already.
/// What was used: a use that the record has already is said anew, with what is known of it since.
fn record_uses(recorded: &mut Vec<SecretUse>, used: &[SecretUse]) {
    for one in used {
        let same = |known: &&mut SecretUse| known.id == one.id && known.delivery == one.delivery && known.place == one.place;
        match recorded.iter_mut().find(same) {
            Some(known) => known.clone_from(one),
            None => recorded.push(one.clone()),
        }
    }
}

fn settle(run: &Run, ending: Ending) -> Ending {
    if run.cancel_asked_by.is_some() && ending != Ending::Succeeded { Ending::Cancelled } else { ending }
}
