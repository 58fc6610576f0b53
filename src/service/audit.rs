//! The audit log for those who may read it: lists, proofs, events of one run, and what receipts are signed with.
//!
//! Nothing here can change the log.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Class, Code, Fault};
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::crypto::dsse;
use crate::crypto::merkle;
use crate::crypto::note::LogSigner;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::{Event, Subject};
use crate::domain::receipt::LogAnchor;
use crate::service::gate::Gate;
use crate::service::page::{decode_cursor, encode_cursor};
use crate::service::{commit_fault, storage_fault};
use crate::store::audit::export_tar;
use crate::store::{Commit, Ledger, LoggedEvent, Snapshot};
use crate::wire::audit::{AuditEntry, AuditProof, AuditQuery};
use crate::wire::page::Page;

pub const BAD_QUERY: Code = Code::new("EG-AUD-001", Class::User, "The audit query is wrong");
pub const EXPORT_FAILED: Code = Code::new("EG-AUD-004", Class::Unavailable, "The export failed");
pub const NO_ENTRY: Code = Code::new("EG-AUD-002", Class::NotFound, "No such audit entry");

/// Entries read for one page, at most: a rare match costs more pages, never more time for one.
const WORK: u64 = 20_000;
/// Entries read at once.
const STRIDE: u64 = 1_024;

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    /// Only entries below this index.
    below: u64,
}

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
    pub fn new(gate: Gate, evidence: Evidence) -> Self {
        Self { gate, evidence }
    }

    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Entries, newest first. Those who may not read the whole log see what they did themselves.
    ///
    /// # Errors
    /// [`BAD_QUERY`] names the parameter that cannot be understood.
    pub async fn list(&self, caller: &Caller, query: &AuditQuery) -> Result<Page<AuditEntry>, Fault> {
        let everything = self.gate.may(caller, Action::AuditView, &whole(caller));
        if !everything {
            let own = Resource::Audit { tenant: caller.tenant.clone(), actor: caller.user_id() };
            let _permit = self.gate.allow(caller, Action::AuditView, &own).await?;
        }
        let filter = Filter::understand(caller, query, everything)?;
        let limit = query.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let cursor: Option<Cursor> = decode_cursor(query.cursor.as_deref())?;
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        let size = snapshot.log_size().map_err(storage_fault)?;
        let mut below = cursor.map_or(size, |cursor| cursor.below.min(size));
        if let Some(to) = filter.to {
            below = below.min(first_at(&snapshot, to, size)?);
        }
        let floor = filter.from.map_or(Ok(0), |from| first_at(&snapshot, from, size))?;
        let (mut items, mut read) = (Vec::new(), 0);
        while below > floor && read < WORK {
            let start = below.saturating_sub(STRIDE).max(floor);
            for logged in snapshot.events(start..below).map_err(storage_fault)?.into_iter().rev() {
                below = logged.index;
                read += 1;
                if filter.holds(&logged) {
                    items.push(AuditEntry { index: logged.index, event: logged.event });
                    if items.len() == limit {
                        return Ok(Page { items, next: (below > floor).then(|| encode_cursor(&Cursor { below })) });
                    }
                }
            }
        }
        Ok(Page { items, next: (below > floor).then(|| encode_cursor(&Cursor { below })) })
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
            return Err(no_entry(index, snapshot.log_size().map_err(storage_fault)?));
        };
        let actor = logged.event.actor.id.as_deref().and_then(|id| id.parse().ok());
        let _permit = self.gate.allow(caller, Action::AuditView, &Resource::Audit { tenant: caller.tenant.clone(), actor }).await?;
        Ok(AuditProof {
            raw: String::from_utf8_lossy(&logged.raw).into_owned(),
            leaf_hash: STANDARD.encode(merkle::leaf_hash(&logged.raw)),
            checkpoint: snapshot.checkpoint().map_err(storage_fault)?,
            inclusion: proof.hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
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

    pub(super) async fn record(&self, event: Event) -> Result<(), Fault> {
        let mut commit = Commit::new();
        commit.event(event);
        self.evidence.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(())
    }
}

pub(super) fn log_subject() -> Subject {
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
        let event = event.ok_or_else(|| BUG.fault(format!("the log does not say how {id} ended")))?;
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
        let mut at = first_at(&snapshot, from, size)?;
        let end = match to.and_then(|to| to.checked_add(jiff::SignedDuration::from_secs(2)).ok()) {
            Some(to) => first_at(&snapshot, to, size)?,
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

/// The index of the first entry at or after a moment. The log is in the order of time but for clock anomalies, which
/// shift the answer by no more than the anomaly itself; a margin of one stride covers what is common.
fn first_at(snapshot: &Snapshot, moment: Timestamp, size: u64) -> Result<u64, Fault> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let at = snapshot.events(middle..middle + 1).map_err(storage_fault)?.first().map(|logged| logged.event.at);
        if at.is_some_and(|at| at < moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

struct Filter {
    only_actor: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    kind: Option<String>,
    subject: Option<String>,
    outcome: Option<crate::domain::audit::Outcome>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    words: Vec<String>,
}

impl Filter {
    fn understand(caller: &Caller, query: &AuditQuery, everything: bool) -> Result<Self, Fault> {
        Ok(Self {
            only_actor: (!everything).then(|| caller.actor().id.unwrap_or_default()),
            actor: query.actor.clone(),
            action: query.action.clone(),
            kind: query.kind.clone(),
            subject: query.subject.clone(),
            outcome: query.outcome,
            from: moment("from", query.from.as_deref())?,
            to: moment("to", query.to.as_deref())?,
            words: query.q.iter().flat_map(|q| q.split_whitespace()).map(str::to_lowercase).collect(),
        })
    }

    fn holds(&self, logged: &LoggedEvent) -> bool {
        let event: &Event = &logged.event;
        let is = |wanted: &Option<String>, have: [&Option<String>; 2]| {
            wanted.as_ref().is_none_or(|wanted| have.iter().any(|have| have.as_ref() == Some(wanted)))
        };
        self.only_actor.as_ref().is_none_or(|id| event.actor.id.as_ref() == Some(id))
            && is(&self.actor, [&event.actor.id, &event.actor.name])
            && is(&self.subject, [&event.subject.id, &event.subject.name])
            && self
                .action
                .as_ref()
                .is_none_or(|action| event.action == *action || (action.ends_with('.') && event.action.starts_with(action)))
            && self.kind.as_ref().is_none_or(|kind| event.subject.kind == *kind)
            && self.outcome.is_none_or(|outcome| event.outcome == outcome)
            && (self.words.is_empty() || {
                let text = String::from_utf8_lossy(&logged.raw).to_lowercase();
                self.words.iter().all(|word| text.contains(word))
            })
    }
}

fn moment(name: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Fault> {
    text.filter(|text| !text.is_empty())
        .map(|text| {
            text.parse().map_err(|_| {
                BAD_QUERY.fault(format!("`{name}` must be an RFC 3339 moment such as 2026-01-31T12:00:00Z")).param("parameter", name)
            })
        })
        .transpose()
}

/// An entry that is not there.
#[must_use]
pub fn no_entry(index: u64, size: u64) -> Fault {
    NO_ENTRY.fault(format!("the log has entries 0 to {}, not {index}", size.saturating_sub(1))).param("index", index)
}
