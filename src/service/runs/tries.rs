//! Tries of a version before others look at it: a dry run, and each example as a run in the sandbox.
//!
//! A try has no network and no secrets, whatever the version declares: what an example does stays in the sandbox.

use std::time::Duration;

use serde_json::{Value, json};

use super::start::{begin_attempt, new_try, request_details, subject_of, ticket_of};
use super::{RunError, Runs};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::capability::review::{CASES_MOST, Case, CaseVerdict, Check, Example};
use crate::domain::capability::{Kind, Network, Version, VersionPhase};
use crate::domain::inspect::{ChecklistItem, ChecklistState};
use crate::domain::run::{Admission, Phase, Run, Transition};
use crate::service::capabilities::{Loaded, check_report, faults};
use crate::service::{commit_fault, resource, storage_fault};
use crate::store::record::capability::version_key;
use crate::store::{Commit, CommitError, Stored};
use crate::wire::review::CheckReport;

/// Longest wait for all tries of a version together.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often the outcome is written again when the version changed meanwhile.
const TRIES: usize = 5;

impl Runs {
    /// Tries a version and keeps what the tries showed with it.
    ///
    /// # Errors
    /// Not found, or the caller may not try it.
    pub async fn check(&self, caller: &Caller, name: &str, number: u32) -> Result<CheckReport, Fault> {
        let loaded = self.capabilities.resolve(caller, name, Some(number)).await?;
        let thing = resource::version(&loaded.capability, &loaded.version);
        let permit = self.gate.allow(caller, Action::CapabilityRunDraft, &thing).await?;
        let check = self.tried(caller, &loaded).await?;
        for _ in 0..TRIES {
            let snapshot = self.ledger.read().map_err(storage_fault)?;
            let key = version_key(&loaded.version.tenant, loaded.version.capability, number);
            let stored: Option<Stored<Version>> = snapshot.get(&key).map_err(storage_fault)?;
            drop(snapshot);
            let Some(stored) = stored else { break };
            let mut event = permit.note(self.gate.event(caller, "capability.check", super::start::subject_of_capability(&loaded)));
            event.details.insert("version".to_owned(), json!(number));
            event.details.insert("digest".to_owned(), json!(check.digest));
            event.details.insert("passed".to_owned(), json!(check.passed()));
            event.details.insert("cases".to_owned(), json!(check.cases.len()));
            let mut commit = Commit::new();
            commit.update(&stored, &Version { check: Some(check.clone()), ..stored.record.clone() }).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(check_report(&check)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::BUSY.fault(format!("`{name}` keeps changing; look at it again")))
    }

    /// The tries that a review needs before it may be asked for: those that were kept, when they are of this very state, or
    /// new ones. Nothing is tried twice.
    ///
    /// # Errors
    /// [`faults::CHECK_FAILED`] with what failed.
    pub async fn ensure_checked(&self, caller: &Caller, name: &str, number: u32) -> Result<(), Fault> {
        let loaded = self.capabilities.resolve(caller, name, Some(number)).await?;
        let version = &loaded.version;
        if version.phase != VersionPhase::Draft {
            return Ok(());
        }
        if version.check.as_ref().is_some_and(|check| check.digest == version.digest && check.passed()) {
            return Ok(());
        }
        let thing = resource::version(&loaded.capability, version);
        let _permit = self.gate.allow(caller, Action::CapabilitySubmit, &thing).await?;
        let check = self.tried(caller, &loaded).await?;
        let failed: Vec<&Case> = check.cases.iter().filter(|case| case.verdict == CaseVerdict::Failed).collect();
        self.keep(&check, version).await?;
        let Some(first) = failed.first() else { return Ok(()) };
        let fault = faults::CHECK_FAILED
            .fault(format!("{} of {} tries failed: {}: {}", failed.len(), check.cases.len(), first.name, first.detail))
            .param("failed", failed.len())
            .hint(format!("See each: execgov capability check {name}@{number}"));
        self.gate.refuse(caller, Action::CapabilitySubmit.name(), super::start::subject_of_capability(&loaded), &fault).await;
        Err(fault)
    }

    /// Keeps what tries showed. They belong to the request for a review, whose event tells of them.
    async fn keep(&self, check: &Check, version: &Version) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let key = version_key(&version.tenant, version.capability, version.number);
            let stored: Option<Stored<Version>> = self.ledger.read().map_err(storage_fault)?.get(&key).map_err(storage_fault)?;
            let Some(stored) = stored else { return Ok(()) };
            let subject = crate::domain::audit::Subject {
                kind: "capability".to_owned(),
                id: Some(version.capability.to_string()),
                name: Some(version.manifest.name.to_string()),
            };
            let mut event = self.gate.system_event(&version.tenant, "capability.check", subject);
            event.details.insert("version".to_owned(), json!(version.number));
            event.details.insert("digest".to_owned(), json!(check.digest));
            event.details.insert("passed".to_owned(), json!(check.passed()));
            event.details.insert("cases".to_owned(), json!(check.cases.len()));
            let mut commit = Commit::new();
            commit.update(&stored, &Version { check: Some(check.clone()), ..stored.record.clone() }).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Ok(())
    }

    async fn tried(&self, caller: &Caller, loaded: &Loaded) -> Result<Check, Fault> {
        let manifest = &loaded.version.manifest;
        let mut cases = vec![match self.outlook.outline(manifest, &serde_json::Map::new()).interpreter {
            Ok(interpreter) => case("dry run", CaseVerdict::Passed, interpreter, None),
            Err(why) if manifest.kind == Kind::Http => case("dry run", CaseVerdict::Skipped, why, None),
            Err(why) => case("dry run", CaseVerdict::Failed, why, None),
        }];
        let runs = cases.iter().all(|case| case.verdict != CaseVerdict::Failed);
        let deadline = tokio::time::Instant::now() + PATIENCE;
        for example in Example::all(&manifest.examples).iter().take(CASES_MOST).filter(|_| runs) {
            cases.push(self.try_example(caller, loaded, example, deadline).await?);
        }
        let checklist: Vec<ChecklistItem> = serde_json::from_value(loaded.version.checklist.clone()).unwrap_or_default();
        let missing = checklist.into_iter().filter(|item| item.state == ChecklistState::Missing).map(|item| item.id).collect();
        Ok(Check { at: self.clock.now(), by: caller.actor(), digest: loaded.version.digest.clone(), cases, missing })
    }

    async fn try_example(
        &self,
        caller: &Caller,
        loaded: &Loaded,
        example: &Example<'_>,
        deadline: tokio::time::Instant,
    ) -> Result<Case, Fault> {
        let inputs = match loaded.inputs.complete(&example.inputs) {
            Ok(inputs) => inputs,
            Err(errors) => {
                let first = errors.first().map(|error| format!("{}: {}", error.pointer, error.message)).unwrap_or_default();
                return Ok(case(&example.name, CaseVerdict::Failed, format!("the inputs do not fit the schema: {first}"), None));
            }
        };
        if loaded.inputs.file_fields().any(|field| inputs.get(field).is_some_and(|value| !value.is_null())) {
            return Ok(case(&example.name, CaseVerdict::Skipped, "it takes a file, which a try does not have", None));
        }
        if !loaded.version.manifest.secrets.is_empty() {
            return Ok(case(&example.name, CaseVerdict::Skipped, "it uses secrets, which a try does not have", None));
        }
        if loaded.version.manifest.kind == Kind::Http {
            return Ok(case(&example.name, CaseVerdict::Skipped, "it asks another system, which a try does not reach", None));
        }
        if loaded.version.manifest.network == Network::Host && example.expect.is_none() {
            return Ok(case(
                &example.name,
                CaseVerdict::Skipped,
                "it needs the network, which a try does not have, and expects nothing",
                None,
            ));
        }
        let mut changes = self.feed.listen();
        let run = self.start_try(caller, loaded, inputs).await?;
        let patience = deadline.saturating_duration_since(tokio::time::Instant::now());
        let run = self.settled(run, &mut changes, patience).await?;
        if !run.phase.is_final() {
            return Ok(case(&example.name, CaseVerdict::Failed, "it did not end in time", Some(&run)));
        }
        if run.phase != Phase::Succeeded {
            let why = run.attempts.last().and_then(|attempt| attempt.detail.clone()).unwrap_or_default();
            return Ok(case(
                &example.name,
                CaseVerdict::Failed,
                format!("the run {}: {why}", run.phase.word().replace('_', " ")),
                Some(&run),
            ));
        }
        let output = super::show::output_of(&self.ledger.read().map_err(RunError::from)?, &run)?;
        let result = output.result.unwrap_or(Value::Null);
        Ok(if example.fits(&result) {
            case(&example.name, CaseVerdict::Passed, "the result is as expected", Some(&run))
        } else {
            let found: String = result.to_string().chars().take(200).collect();
            case(&example.name, CaseVerdict::Failed, format!("the result is {found}"), Some(&run))
        })
    }

    async fn start_try(&self, caller: &Caller, loaded: &Loaded, inputs: serde_json::Map<String, Value>) -> Result<Run, Fault> {
        let mut run = new_try(caller, loaded, self.clock.now());
        run.inputs_digest = self.inputs_digest(caller, loaded, &inputs)?;
        run.inputs = inputs;
        let ticket = ticket_of(&run, 0);
        let admission = self.dispatch.admit(&ticket).map_err(super::start::full)?;
        run.phase = run.phase.apply(Transition::Enqueue).map_err(RunError::from)?;
        run.queued_at = Some(run.created_at);
        let mut event = self.system_event(&run, "run.request", Value::Null);
        event.details = request_details(&run);
        event.details.insert("asked_by".to_owned(), json!(caller.actor()));
        event.subject = subject_of(&run);
        let mut commit = Commit::new();
        commit.event(event);
        if admission == Admission::Place {
            let now = run.created_at;
            begin_attempt(&mut run, now)?;
            commit.event(self.system_event(&run, "run.start", json!({ "attempt": 1 })));
        }
        commit.insert(&run);
        match self.ledger.commit(commit).await {
            Ok(_) => {
                match admission {
                    Admission::Place => self.dispatch.begin(run.tenant.clone(), run.id),
                    Admission::Wait => self.dispatch.line_up(run.tenant.clone(), ticket),
                }
                self.tell(&run);
                Ok(run)
            }
            Err(error) => {
                self.dispatch.forget(&ticket);
                Err(RunError::from(error).into())
            }
        }
    }
}

fn case(name: &str, verdict: CaseVerdict, detail: impl Into<String>, run: Option<&Run>) -> Case {
    Case { name: name.to_owned(), verdict, detail: detail.into(), run: run.map(|run| run.id) }
}
