//! Showing a run: the record turned into what the API answers, with what the caller may do about it.

use serde_json::Value;

use super::{RunError, Runs, load, not_found};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::ids::RunId;
use crate::domain::run::{Run, RunOutput};
use crate::service::resource;
use crate::store::record::run::StoredOutput;
use crate::store::record::scoped;
use crate::store::{Snapshot, Stored};
use crate::wire::run::{Progress, RunComparison, RunDetail, RunSummary};

/// What a caller may be able to do about a run.
const ACTIONS: [Action; 3] = [Action::RunView, Action::RunCancel, Action::ArtifactDownload];

impl Runs {
    /// # Errors
    /// Not found, also when the caller may not see it.
    pub async fn show(&self, caller: &Caller, id: &str) -> Result<RunDetail, Fault> {
        let run = self.seen(caller, id).await?;
        self.detail(caller, &run)
    }

    /// The record, when the caller may see it.
    pub(super) async fn seen(&self, caller: &Caller, id: &str) -> Result<Run, Fault> {
        let run_id: RunId = id.parse().map_err(|_| not_found(id))?;
        let stored = {
            let snapshot = self.ledger.read().map_err(RunError::from)?;
            load(&snapshot, &caller.tenant, run_id)?.ok_or_else(|| not_found(id))?
        };
        self.gate.allow(caller, Action::RunView, &resource::run(&stored.record)).await?;
        Ok(stored.record)
    }

    /// The answer for a record that the caller may see.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn detail(&self, caller: &Caller, run: &Run) -> Result<RunDetail, Fault> {
        let snapshot = self.ledger.read().map_err(RunError::from)?;
        let output = output_of(&snapshot, run)?;
        let resource = resource::run(run);
        let actions = ACTIONS.into_iter().filter(|action| self.gate.may(caller, *action, &resource)).map(|action| action.name().to_owned());
        Ok(RunDetail {
            summary: summary(run, self.dispatch.progress(run.id)),
            capability_id: run.capability.to_string(),
            version_digest: run.version_digest.clone(),
            source: run.source.clone(),
            inputs: run.inputs.clone(),
            inputs_digest: run.inputs_digest.clone(),
            reason: run.reason.clone(),
            priority: run.priority,
            allowed_by: run.allowed_by.clone(),
            rerun_of: run.rerun_of.map(|id| id.to_string()),
            queued_at: run.queued_at.map(|at| at.to_string()),
            cancel_asked_by: run.cancel_asked_by.clone(),
            attempts: run.attempts.clone(),
            result: output.result,
            artifacts: run.artifacts.clone(),
            log: run.log.clone(),
            detail: run.attempts.last().and_then(|attempt| attempt.detail.clone()),
            actions: actions.collect(),
        })
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
        "phase": run.summary.phase,
    })
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
        reason_code: last.and_then(|attempt| attempt.reason.clone()),
        labels: run.labels.clone(),
        progress,
    }
}
