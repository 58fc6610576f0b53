//! Showing a run: the record turned into what the API answers, with what the caller may do about it.

use serde_json::Value;

use super::{RunError, Runs, load};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::ids::RunId;
use crate::domain::run::{Hold, HoldEnd, Phase, Run, RunOutput};
use crate::service::resource;
use crate::store::log::LogKey;
use crate::store::record::run::StoredOutput;
use crate::store::record::scoped;
use crate::store::{Snapshot, Stored};
use crate::wire::approval::RunHold;
use crate::wire::run::{Progress, RunComparison, RunDetail, RunSummary};

/// What a caller may be able to do about a run.
const ACTIONS: [Action; 4] = [Action::RunView, Action::RunCancel, Action::RunConfirm, Action::ArtifactDownload];

impl Runs {
    /// # Errors
    /// Not found, also when the caller may not see it.
    pub async fn show(&self, caller: &Caller, id: &str) -> Result<RunDetail, Fault> {
        let run = self.seen(caller, id).await?;
        self.detail(caller, &run)
    }

    /// The record, when the caller may see it.
    pub(super) async fn seen(&self, caller: &Caller, id: &str) -> Result<Run, Fault> {
        let stored = match id.parse::<RunId>() {
            Ok(run) => load(&self.ledger.read().map_err(RunError::from)?, &caller.tenant, run)?,
            Err(_) => None,
        };
        let Some(stored) = stored else { return Err(self.gate.missing(caller, Action::RunView, "run", id).await) };
        let _permit = self.gate.allow(caller, Action::RunView, &resource::run(&stored.record)).await?;
        Ok(stored.record)
    }

    /// The answer for a record that the caller may see.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn detail(&self, caller: &Caller, run: &Run) -> Result<RunDetail, Fault> {
        let snapshot = self.ledger.read().map_err(RunError::from)?;
        let output = output_of(&snapshot, run)?;
        Ok(RunDetail {
            summary: summary(run, self.progress(run)),
            capability_id: run.capability.to_string(),
            version_digest: run.version_digest.clone(),
            source: run.source.clone(),
            inputs: run.inputs.clone(),
            inputs_digest: run.inputs_digest.clone(),
            reason: run.reason.clone(),
            ticket: run.ticket.clone(),
            resource: run.resource.as_deref().cloned(),
            hold: run.hold.as_deref().map(hold),
            review: run.review.map(|id| id.to_string()),
            priority: run.priority,
            allowed_by: run.allowed_by.clone(),
            rerun_of: run.rerun_of.map(|id| id.to_string()),
            queued_at: run.queued_at.map(|at| at.to_string()),
            cancel_asked_by: run.cancel_asked_by.clone(),
            attempts: run.attempts.clone(),
            result: output.result,
            artifacts: run.artifacts.clone(),
            log: run.log.clone(),
            detail: run.attempts.last().and_then(|attempt| attempt.detail.clone()).or_else(|| ended(run).map(|end| end.detail.clone())),
            actions: self.gate.actions_on(caller, &ACTIONS, &resource::run(run)),
        })
    }

    /// How far a run says it is, while it runs.
    pub(super) fn progress(&self, run: &Run) -> Option<Progress> {
        if run.phase != Phase::Running {
            return None;
        }
        let key = LogKey { run: run.id, attempt: u32::try_from(run.attempts.len()).ok()? };
        self.logs.live_progress(key).map(progress)
    }

    /// Two runs side by side.
    ///
    /// # Errors
    /// Not found, for either.
    pub async fn compare(&self, caller: &Caller, left: &str, right: &str) -> Result<RunComparison, Fault> {
        let (left, right) = (self.show(caller, left).await?, self.show(caller, right).await?);
        let object = |map: &serde_json::Map<String, Value>| Value::Object(map.clone());
        Ok(RunComparison {
            inputs: crate::domain::capability::diff::values(&object(&left.inputs), &object(&right.inputs)),
            result: crate::domain::capability::diff::values(
                left.result.as_ref().unwrap_or(&Value::Null),
                right.result.as_ref().unwrap_or(&Value::Null),
            ),
            environment: crate::domain::capability::diff::values(&environment(&left), &environment(&right)),
            left,
            right,
        })
    }
}

fn environment(run: &RunDetail) -> Value {
    let last = run.attempts.last();
    serde_json::json!({
        "capability": run.summary.capability,
        "version": run.summary.version,
        "version_digest": run.version_digest,
        "interpreter": last.and_then(|attempt| attempt.interpreter.clone()),
        "isolation": last.and_then(|attempt| attempt.isolation.as_ref().map(|isolation| isolation.level)),
        "start": last.and_then(|attempt| attempt.start),
        "exit_code": last.and_then(|attempt| attempt.exit_code),
        "resource": run.resource.as_ref().map(|resource| resource.digest.clone()),
        "phase": run.summary.phase,
    })
}

/// How far a running run says it is.
pub(super) fn progress(progress: crate::store::log::marks::Progress) -> Progress {
    Progress { percent: f64::from(progress.percent), text: progress.text }
}

fn ended(run: &Run) -> Option<&HoldEnd> {
    run.hold.as_ref().and_then(|hold| hold.ended.as_ref())
}

fn hold(hold: &Hold) -> RunHold {
    RunHold {
        need: hold.rule.need,
        source: hold.source,
        binding: hold.binding.clone(),
        expires_at: hold.expires_at.to_string(),
        overrides: hold.overrides.clone(),
        approval: hold.approval.map(|id| id.to_string()),
        standing: hold.standing.map(|id| id.to_string()),
        confirmed_at: hold.confirmed_at.map(|at| at.to_string()),
        consents: hold.consents.clone(),
    }
}

/// What the run left behind beside its record.
pub(super) fn output_of(snapshot: &Snapshot, run: &Run) -> Result<RunOutput, RunError> {
    let stored: Option<Stored<StoredOutput>> = snapshot.get(&scoped(&run.tenant, &[run.id.bytes()]))?;
    Ok(stored.map(|stored| stored.record.output).unwrap_or_default())
}

/// A run as lists show it.
#[must_use]
pub fn summary(run: &Run, progress: Option<Progress>) -> RunSummary {
    let last = run.attempts.last();
    let wall = |from: Timestamp, to: Timestamp| u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0);
    RunSummary {
        id: run.id.to_string(),
        phase: run.phase,
        capability: run.capability_name.to_string(),
        version: run.version,
        requester: run.requester.clone(),
        trigger: run.trigger,
        created_at: run.created_at.to_string(),
        started_at: last.map(|attempt| attempt.started_at.to_string()),
        finished_at: run.finished_at.map(|at| at.to_string()),
        wall_ms: last.and_then(|attempt| attempt.finished_at.map(|end| wall(attempt.started_at, end))),
        exit_code: last.and_then(|attempt| attempt.exit_code),
        reason_code: last.and_then(|attempt| attempt.reason.clone()).or_else(|| ended(run).map(|end| end.code.clone())),
        labels: run.labels.clone(),
        waits_for: run.waits_for,
        progress,
    }
}
