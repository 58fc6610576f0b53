//! The audit log for those who may read it: lists, proofs, files, verification, and what receipts are signed with.
//!
//! Nothing here can change an entry. `retention` can take away the oldest, and leaves a tombstone.

mod file;
mod find;
mod forward;
mod retention;
mod status;
mod verification;
mod views;

use std::sync::Arc;

use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Class, Code, Fault};
use crate::crypto::dsse;
use crate::crypto::merkle;
use crate::crypto::note::LogSigner;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::{Event, Subject, Verification};
use crate::domain::receipt::LogAnchor;
use crate::service::gate::Gate;
use crate::service::{commit_fault, storage_fault};
use crate::store::audit::export_tar;
use crate::store::record::audit::VERIFICATION_KEY;
use crate::store::{Commit, CommitError, Ledger, LoggedEvent, Stored};
use crate::wire::audit::{AuditEntry, AuditProof, AuditVerdict};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use file::AuditFile;
pub use forward::{Forwards, Progress, Target};

use self::find::first_at;

pub const BAD_QUERY: Code = Code::new("EG-AUD-001", Class::User, "The audit query is wrong");
pub const EXPORT_FAILED: Code = Code::new("EG-AUD-004", Class::Unavailable, "The export failed");
/// Entries that retention removed.
pub const REMOVED: Code = Code::new("EG-AUD-005", Class::NotFound, "The entry was removed under retention");
pub const NO_ENTRY: Code = Code::new("EG-AUD-002", Class::NotFound, "No such audit entry");

/// How often a record that others write too is tried.
const TRIES: usize = 5;
/// Entries read at once.
const STRIDE: u64 = 1_024;

/// What receipts and statements are made from: the log and its key.
#[derive(Clone)]
pub struct Evidence {
    pub(super) ledger: Ledger,
    pub(super) install: Arc<str>,
    pub(super) signer: Arc<LogSigner>,
}

/// The audit log as a service.
#[derive(Clone)]
pub struct Audit {
    pub(super) gate: Gate,
    pub(super) evidence: Evidence,
    forwards: Forwards,
    /// Days that entries are kept; 0: forever.
    retention_days: u32,
}

impl Evidence {
    #[must_use]
    pub fn new(ledger: Ledger, install: &str, signer: Arc<LogSigner>) -> Self {
        Self { ledger, install: install.into(), signer }
    }

    #[must_use]
    pub fn install_id(&self) -> &str {
        &self.install
    }

    /// Signs a statement with the key of the log.
    #[must_use]
    pub fn sign(&self, payload_type: &str, payload: &[u8]) -> serde_json::Value {
        let envelope = dsse::sign(payload_type, payload, &[self.signer.key()]);
        serde_json::to_value(envelope).unwrap_or_default()
    }
}

impl Audit {
    #[must_use]
    pub fn new(gate: Gate, evidence: Evidence, targets: Vec<Target>, retention_days: u32) -> Self {
        Self { gate, evidence, forwards: Forwards::new(targets), retention_days }
    }

    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The signed checkpoint of the log.
    ///
    /// # Errors
    /// When the caller may not read the log.
    pub async fn checkpoint(&self, caller: &Caller) -> Result<String, Fault> {
        let _permit = self.gate.allow(caller, Action::AuditView, &whole(caller)).await?;
        self.evidence.ledger.read().and_then(|snapshot| snapshot.checkpoint()).map_err(storage_fault)
    }

    /// What checkpoints and receipts are verified with.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        self.evidence.signer.verifier_key()
    }

    /// The events of one thing in the order in which they happened, between two moments.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn story_of(&self, id: &str, from: Timestamp, to: Option<Timestamp>) -> Result<Vec<AuditEntry>, Fault> {
        let events = self.evidence.events_of(id, from, to)?;
        Ok(events.into_iter().map(|logged| AuditEntry { index: logged.index, event: logged.event }).collect())
    }
}

impl Audit {
    /// One entry with the proof that the log holds it.
    ///
    /// # Errors
    /// [`NO_ENTRY`] when the log has no entry there.
    pub async fn entry(&self, caller: &Caller, index: u64) -> Result<AuditProof, Fault> {
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        let found = snapshot.events(index..index.saturating_add(1)).map_err(storage_fault)?.into_iter().next();
        let proof = snapshot.inclusion_proof(index).map_err(storage_fault)?;
        let (Some(logged), Some(proof)) = (found, proof) else {
            let _permit = self.gate.allow(caller, Action::AuditView, &whole(caller)).await?;
            return match snapshot.removed().map_err(storage_fault)? {
                Some(removed) if index < removed.entries => Err(no_longer(index, removed)),
                _ => Err(no_entry(index, snapshot.log_size().map_err(storage_fault)?)),
            };
        };
        let actor = logged.event.actor.id.as_deref().and_then(|id| id.parse().ok());
        // Whose it is says the entry, not the one who asks.
        let thing = Resource::Audit { tenant: logged.event.tenant.clone(), actor };
        let _permit = self.gate.allow(caller, Action::AuditView, &thing).await?;
        Ok(AuditProof {
            raw: String::from_utf8_lossy(&logged.raw).into_owned(),
            leaf_hash: STANDARD.encode(merkle::leaf_hash(&logged.raw)),
            checkpoint: snapshot.checkpoint().map_err(storage_fault)?,
            inclusion: proof.hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
            changes: logged.event.differences(),
            entry: AuditEntry { index: logged.index, event: logged.event },
        })
    }
}

impl Audit {
    /// The whole log as a tar in the C2SP tlog-tiles layout, in a file without a name.
    ///
    /// # Errors
    /// When the caller may not, or the file cannot be written.
    pub async fn export(&self, caller: &Caller) -> Result<std::fs::File, Fault> {
        let permit = self.gate.allow(caller, Action::AuditExport, &whole(caller)).await?;
        let event = permit.note(self.gate.event(caller, Action::AuditExport.name(), log_subject()));
        self.record(event).await?;
        let evidence = self.evidence.clone();
        let exported = tokio::task::spawn_blocking(move || {
            let snapshot = evidence.ledger.read().map_err(|error| error.to_string())?;
            let mut file = tempfile::tempfile().map_err(|error| error.to_string())?;
            let out = std::io::BufWriter::new(&file);
            export_tar(&snapshot, &evidence.signer.verifier(), out).map_err(|error| error.to_string())?;
            std::io::Seek::rewind(&mut file).map_err(|error| error.to_string())?;
            Ok::<_, String>(file)
        });
        let done = exported.await.unwrap_or_else(|error| Err(error.to_string()));
        done.map_err(|detail| EXPORT_FAILED.fault(format!("the log could not be exported: {detail}")).hint("Look for a full disk."))
    }

    /// Keeps what was found, for the status, with the event of the verification.
    pub(super) async fn remember(&self, verdict: &AuditVerdict, event: Event) -> Result<(), Fault> {
        let found = Verification {
            at: event.at,
            by: event.actor.clone(),
            ok: verdict.ok,
            entries: verdict.entries,
            problem: verdict.problem.clone(),
        };
        for _ in 0..TRIES {
            let known: Option<Stored<Verification>> =
                self.evidence.ledger.read().and_then(|snapshot| snapshot.get(VERIFICATION_KEY)).map_err(storage_fault)?;
            let mut commit = Commit::new();
            match &known {
                Some(known) => commit.update(known, &found),
                None => commit.insert(&found),
            };
            commit.event(event.clone());
            match self.evidence.ledger.commit(commit).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        // Others verify all the time: theirs is the last one, but this one happened too.
        self.record(event).await
    }

    pub(super) async fn record(&self, event: Event) -> Result<(), Fault> {
        let mut commit = Commit::new();
        commit.event(event);
        self.evidence.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(())
    }
}

fn log_subject() -> Subject {
    Subject { kind: "audit".to_owned(), id: None, name: Some("log".to_owned()) }
}

impl Evidence {
    /// Where the log says how something ended: its last event at or after a moment, with the proof.
    ///
    /// # Errors
    /// When the log does not speak of it, which the ledger rules out.
    pub fn anchor(&self, id: &str, ended_at: Timestamp) -> Result<LogAnchor, Fault> {
        let event = self.events_of(id, ended_at, Some(ended_at))?.pop();
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let event = match (event, snapshot.removed().map_err(storage_fault)?) {
            (Some(event), _) => event,
            (None, Some(removed)) => {
                let fault = REMOVED
                    .fault(format!("the log no longer holds how {id} ended: retention removed entries 0 to {}", removed.entries - 1));
                return Err(fault.hint("An earlier receipt of it stays valid."));
            }
            (None, None) => return Err(BUG.fault(format!("the log does not say how {id} ended"))),
        };
        let proof = snapshot.inclusion_proof(event.index).map_err(storage_fault)?;
        Ok(LogAnchor {
            index: event.index,
            checkpoint: snapshot.checkpoint().map_err(storage_fault)?,
            inclusion: proof.map(|proof| proof.hashes.iter().map(|hash| STANDARD.encode(hash)).collect()).unwrap_or_default(),
            entry: STANDARD.encode(&event.raw),
        })
    }

    /// Events whose subject is `id`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn events_of(&self, id: &str, from: Timestamp, to: Option<Timestamp>) -> Result<Vec<LoggedEvent>, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let size = snapshot.log_size().map_err(storage_fault)?;
        let floor = snapshot.removed().map_err(storage_fault)?.map_or(0, |removed| removed.entries);
        let mut at = first_at(&snapshot, from, floor..size)?;
        let end = match to.and_then(|to| to.checked_add(jiff::SignedDuration::from_secs(2)).ok()) {
            Some(to) => first_at(&snapshot, to, floor..size)?,
            None => size,
        };
        let mut found = Vec::new();
        while at < end {
            let stop = (at + STRIDE).min(end);
            let events = snapshot.events(at..stop).map_err(storage_fault)?;
            found.extend(events.into_iter().filter(|logged| logged.event.subject.id.as_deref() == Some(id)));
            at = stop;
        }
        Ok(found)
    }
}

pub(super) fn whole(caller: &Caller) -> Resource {
    Resource::Audit { tenant: caller.tenant.clone(), actor: None }
}

/// An entry that is not there.
#[must_use]
pub fn no_entry(index: u64, size: u64) -> Fault {
    NO_ENTRY.fault(format!("the log has entries 0 to {}, not {index}", size.saturating_sub(1))).param("index", index)
}

/// An entry that retention took away.
fn no_longer(index: u64, removed: crate::store::Removed) -> Fault {
    REMOVED
        .fault(format!("entry {index} was removed under retention; its hash is kept, and entry {} says so", removed.tombstone))
        .param("index", index)
        .param("tombstone", removed.tombstone)
        .hint("An export or a backup from before still has it.")
}
