//! Forwarding, as far as it is a matter of records: where events go, how far each target has come, what is next.
//!
//! The log itself is the buffer, so nothing can overflow and no run ever waits: a target that cannot be reached falls
//! behind. A cursor in the ledger says up to where a target has everything; after a break, sending begins there again, so
//! that an event may arrive twice and never not at all.

use std::sync::{Arc, Mutex, PoisonError};

use super::Audit;
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::audit::ForwardCursor;
use crate::service::{commit_fault, storage_fault};
use crate::store::{Commit, CommitError, LoggedEvent, Snapshot, Stored};
use crate::wire::audit::ForwardView;

/// A place that events are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `syslog` or `file`; the name of its cursor.
    pub name: &'static str,
    /// Address or path, as people know it.
    pub to: String,
}

/// What is going on with one target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Progress {
    #[default]
    Sending,
    Failing(String),
}

/// The targets, and what is going on with each.
#[derive(Debug, Clone)]
pub struct Forwards(Arc<Vec<(Target, Mutex<Progress>)>>);

impl Forwards {
    pub(super) fn new(targets: Vec<Target>) -> Self {
        Self(Arc::new(targets.into_iter().map(|target| (target, Mutex::default())).collect()))
    }

    /// Says what is going on with a target; answers whether that is news.
    pub fn tell(&self, name: &str, progress: Progress) -> bool {
        let Some((_, known)) = self.0.iter().find(|(target, _)| target.name == name) else { return false };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *known != progress;
        *known = progress;
        news
    }
}

impl Audit {
    #[must_use]
    pub fn forwards(&self) -> &Forwards {
        &self.forwards
    }

    /// The entry that a target gets next.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn forward_cursor(&self, target: &str) -> Result<u64, Fault> {
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        Ok(cursor(&snapshot, target)?.map_or(0, |cursor| cursor.record.delivered))
    }

    /// Events from a place in the log on, and where the log ends. Entries that retention removed are left out: they were
    /// sent before, or came before there was anywhere to send them to.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn events_from(&self, index: u64, most: u64) -> Result<(Vec<LoggedEvent>, u64), Fault> {
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        let size = snapshot.log_size().map_err(storage_fault)?;
        let first = index.max(snapshot.removed().map_err(storage_fault)?.map_or(0, |removed| removed.entries));
        Ok((snapshot.events(first..first.saturating_add(most)).map_err(storage_fault)?, size))
    }

    /// Changes when the log grows.
    #[must_use]
    pub fn growth(&self) -> tokio::sync::watch::Receiver<u64> {
        self.evidence.ledger.subscribe()
    }

    /// Records that a target has every entry before this one. It is bookkeeping and no act, so it leaves no event.
    ///
    /// # Errors
    /// When the ledger takes no writes; the entries are sent again then.
    pub async fn delivered(&self, target: &str, delivered: u64) -> Result<(), Fault> {
        let known = {
            let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
            cursor(&snapshot, target)?
        };
        let next = ForwardCursor { target: target.to_owned(), delivered, at: self.gate.now() };
        let mut commit = Commit::new();
        match &known {
            Some(known) if known.record.delivered == delivered => return Ok(()),
            Some(known) => commit.update(known, &next),
            None => commit.insert(&next),
        };
        match self.evidence.ledger.commit(commit).await {
            Ok(_) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(error) => Err(commit_fault(error)),
        }
    }

    /// Every target as people see it.
    pub(super) fn forwards_seen(&self, snapshot: &Snapshot) -> Result<Vec<ForwardView>, Fault> {
        let size = snapshot.log_size().map_err(storage_fault)?;
        let mut seen = Vec::new();
        for (target, progress) in self.forwards.0.iter() {
            let progress = progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let cursor = cursor(snapshot, target.name)?.map(|cursor| cursor.record);
            let delivered = cursor.as_ref().map_or(0, |cursor| cursor.delivered);
            let lag = size.saturating_sub(delivered);
            let oldest = snapshot.events(delivered..delivered + u64::from(lag > 0)).map_err(storage_fault)?;
            let age = oldest.first().map_or(0, |logged| seconds_since(logged.event.at, self.gate.now()));
            let (state, problem) = match progress {
                Progress::Failing(problem) => ("failing", Some(problem)),
                Progress::Sending if lag == 0 => ("waiting", None),
                Progress::Sending => ("sending", None),
            };
            seen.push(ForwardView {
                target: target.name.to_owned(),
                to: target.to.clone(),
                state: state.to_owned(),
                delivered,
                lag,
                lag_s: age,
                last_delivered_at: cursor.map(|cursor| cursor.at.to_string()),
                problem,
            });
        }
        Ok(seen)
    }

    /// Every target, for meters and the doctor.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn forward_state(&self) -> Result<Vec<ForwardView>, Fault> {
        self.forwards_seen(&self.evidence.ledger.read().map_err(storage_fault)?)
    }
}

fn cursor(snapshot: &Snapshot, target: &str) -> Result<Option<Stored<ForwardCursor>>, Fault> {
    snapshot.get(target.as_bytes()).map_err(storage_fault)
}

fn seconds_since(at: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.as_second() - at.as_second()).unwrap_or(0)
}
