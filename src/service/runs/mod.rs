//! Runs as people and programs deal with them: start, watch, list, cancel, and read what they left behind.

pub mod dispatch;
pub mod faults;
pub mod feed;

mod artifact;
mod attempt;
mod cancel;
mod confirm;
mod evidence;
mod glimpse;
pub(crate) mod hold;
mod list;
mod log;
mod receipt;
mod recover;
mod secrets;
mod show;
mod start;
mod tries;
mod wait;

use std::sync::Arc;

use serde_json::{Map, Value, json};

pub use artifact::ArtifactFile;
pub use attempt::AttemptOutcome;
pub use evidence::PACK_FAILED;
pub use log::{LogFollow, LogForm, LogRead, TailEvent};
pub use recover::Recovered;
pub use show::summary;
pub use start::{StartRequest, Started};

use self::dispatch::Dispatch;
use self::feed::{Change, Feed};
use crate::base::clock::Clock;
use crate::base::fault::{BUG, Fault, FieldFault};
use crate::crypto::canonical;
use crate::domain::access::Caller;
use crate::domain::audit::{Actor, ActorKind, Event, Outcome, Subject};
use crate::domain::ids::{RunId, TenantKey};
use crate::domain::run::{Run, TransitionError};
use crate::service::capabilities::{Capabilities, Loaded, Outlook};
use crate::service::files::Files;
use crate::service::gate::Gate;
use crate::service::secrets::Secrets;
use crate::service::storage_fault;
use crate::store::blob::BlobStore;
use crate::store::log::LogStore;
use crate::store::record::scoped;
use crate::store::{CommitError, Ledger, Snapshot, StoreError, Stored};

/// What went wrong inside, before a person hears of it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("read the ledger")]
    Store(#[from] StoreError),
    #[error("write the ledger")]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Transition(#[from] TransitionError),
    #[error("find out whether what was decided still holds")]
    Undecided(#[source] Box<Fault>),
    #[error("encode a record")]
    Json(#[from] serde_json::Error),
    #[error("read or write run files")]
    Io(#[from] std::io::Error),
}

impl From<RunError> for Fault {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(error) => storage_fault(error),
            RunError::Commit(error) => crate::service::commit_fault(error),
            RunError::Undecided(fault) => *fault,
            other => BUG.fault("the run's record is not as expected").cause(other),
        }
    }
}

/// The service of runs.
#[derive(Clone)]
pub struct Runs {
    pub(super) ledger: Ledger,
    pub(super) gate: Gate,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) capabilities: Capabilities,
    pub(super) files: Files,
    pub(super) dispatch: Arc<Dispatch>,
    pub(super) feed: Feed,
    pub(super) logs: LogStore,
    pub(super) blobs: BlobStore,
    pub(super) secrets: Secrets,
    /// What the executors say about this host.
    pub(super) outlook: Arc<dyn Outlook>,
    /// Told when a run begins to wait for a decision.
    waits: Arc<tokio::sync::Notify>,
}

/// What the service of runs is made of.
pub struct RunParts {
    pub ledger: Ledger,
    pub gate: Gate,
    pub clock: Arc<dyn Clock>,
    pub capabilities: Capabilities,
    pub files: Files,
    pub dispatch: Arc<Dispatch>,
    pub logs: LogStore,
    pub blobs: BlobStore,
    pub secrets: Secrets,
    pub outlook: Arc<dyn Outlook>,
}

impl Runs {
    #[must_use]
    pub fn new(parts: RunParts) -> Self {
        let RunParts { ledger, gate, clock, capabilities, files, dispatch, logs, blobs, secrets, outlook } = parts;
        Self {
            ledger,
            gate,
            clock,
            capabilities,
            files,
            dispatch,
            feed: Feed::default(),
            logs,
            blobs,
            secrets,
            outlook,
            waits: Arc::default(),
        }
    }

    #[must_use]
    pub fn dispatch(&self) -> &Arc<Dispatch> {
        &self.dispatch
    }

    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    pub(crate) fn tell(&self, run: &Run) {
        self.feed.tell(Change { tenant: run.tenant.clone(), run: run.id, phase: run.phase });
    }

    /// The log of a run can be opened from now on: those who wait for it look again.
    pub fn log_began(&self, run: &Run) {
        self.tell(run);
    }

    /// Something waits for a moment that has just been set.
    pub(crate) fn wait_begins(&self) {
        self.waits.notify_one();
    }

    /// An event of what happened to a run without anyone asking.
    pub(crate) fn system_event(&self, run: &Run, action: &str, details: Value) -> Event {
        let details = match details {
            Value::Object(details) => details,
            _ => Map::new(),
        };
        Event {
            at: self.clock.now(),
            tenant: run.tenant.clone(),
            action: action.to_owned(),
            outcome: Outcome::Done,
            actor: Actor { kind: ActorKind::System, id: None, name: None, token: None },
            subject: start::subject_of(run),
            reason: None,
            source: None,
            request: None,
            details,
        }
    }

    /// What the inputs are bound to: canonical JSON in which every file stands with its content's digest.
    fn inputs_digest(&self, caller: &Caller, loaded: &Loaded, inputs: &Map<String, Value>) -> Result<String, Fault> {
        let mut bound = inputs.clone();
        for name in loaded.inputs.file_fields() {
            if let Some(value) = bound.get_mut(name) {
                for id in file_ids(value) {
                    let file = self.files.of_caller(caller, &id, &format!("/inputs/{name}"))?;
                    replace_id(value, &id, &json!({ "name": file.name, "sha256": file.sha256 }));
                }
            }
        }
        Ok(canonical::sha256_of(&Value::Object(bound)))
    }
}

/// The ids that a file field holds: one, or a list of them.
#[must_use]
pub fn file_ids(value: &Value) -> Vec<String> {
    match value {
        Value::String(id) => vec![id.clone()],
        Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn replace_id(value: &mut Value, id: &str, with: &Value) {
    match value {
        Value::String(text) if text == id => *value = with.clone(),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_id(item, id, with)),
        _ => {}
    }
}

/// One fault for everything that is wrong with a set of inputs.
pub(crate) fn inputs_fault(errors: Vec<FieldFault>) -> Fault {
    let first = errors.first().map(|error| error.message.clone()).unwrap_or_default();
    let more = errors.len().saturating_sub(1);
    let detail = if more == 0 { first } else { format!("{first} (and {more} more)") };
    errors.into_iter().fold(faults::BAD_INPUTS.fault(detail), |fault, mut error| {
        error.pointer = format!("/inputs{}", error.pointer);
        fault.field(error)
    })
}

fn load(snapshot: &Snapshot, tenant: &TenantKey, run: RunId) -> Result<Option<Stored<Run>>, RunError> {
    Ok(snapshot.get(&scoped(tenant, &[run.bytes()]))?)
}

fn subject_of_id(run: &Run) -> Subject {
    start::subject_of(run)
}
