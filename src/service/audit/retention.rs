//! Retention: entries older than the settings keep them are removed from the oldest on, in whole bundles.
//!
//! What stays is the hash of each, and a tombstone: an entry of the same commit that says which range went, when and under
//! which rule. Entries that are still to be sent somewhere are not removed.

use serde_json::json;

use super::{Audit, log_subject, whole};
use crate::base::clock::Timestamp;
use crate::base::fault::{Class, Code, Fault};
use crate::domain::access::{Action, Caller, Whence};
use crate::domain::audit::{Actor, ActorKind, TOMBSTONE};
use crate::domain::ids::TenantKey;
use crate::service::{commit_fault, storage_fault};
use crate::store::{Commit, CommitError, Snapshot};
use crate::wire::audit::RetentionDone;

pub const NO_RETENTION: Code = Code::new("EG-AUD-009", Class::Conflict, "Entries are kept forever");

/// Entries in a bundle of the log.
const BUNDLE: u64 = 256;
/// Bundles that one commit empties: with more, other writers would wait for it.
const TOGETHER: u64 = 64;

impl Audit {
    /// Applies retention now, for an administrator.
    ///
    /// # Errors
    /// [`NO_RETENTION`] when the settings keep entries forever.
    pub async fn apply_retention(&self, caller: &Caller) -> Result<RetentionDone, Fault> {
        let permit = self.gate.allow(caller, Action::AuditRetain, &whole(caller)).await?;
        if self.retention_days == 0 {
            let fault = NO_RETENTION.fault("`audit.retention_days` is 0: entries are kept forever");
            let fault = fault.hint("Set it in the settings and start the server again.");
            self.gate.refuse(caller, Action::AuditRetain.name(), log_subject(), &fault).await;
            return Err(fault);
        }
        let mut event = permit.note(self.gate.event(caller, Action::AuditRetain.name(), log_subject()));
        event.details.insert("days".to_owned(), json!(self.retention_days));
        self.record(event).await?;
        let entries = self.retain().await?;
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        Ok(RetentionDone { entries, removed: Self::removed(&snapshot)? })
    }

    /// Removes what is due; answers how many entries that were.
    ///
    /// # Errors
    /// When the ledger cannot be read or written. What was removed until then stays removed, each with its tombstone.
    pub async fn retain(&self) -> Result<u64, Fault> {
        let mut gone = 0;
        if self.retention_days == 0 {
            return Ok(gone);
        }
        let keep = jiff::SignedDuration::from_hours(24 * i64::from(self.retention_days));
        let cutoff = self.gate.now().checked_sub(keep).unwrap_or(Timestamp::MIN);
        loop {
            let due = {
                let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
                self.due(&snapshot, cutoff)?
            };
            if due.is_empty() {
                return Ok(gone);
            }
            let system = Actor { kind: ActorKind::System, id: None, name: None, token: None };
            let mut event = self.gate.event_by(system, &TenantKey::platform(), &Whence::default(), TOMBSTONE, log_subject());
            let rule = format!("audit.retention_days = {}", self.retention_days);
            for (name, value) in [
                ("from", json!(0)),
                ("first", json!(due.start * BUNDLE)),
                ("to", json!(due.end * BUNDLE)),
                ("rule", json!(rule)),
                ("older_than", json!(cutoff)),
            ] {
                event.details.insert(name.to_owned(), value);
            }
            let mut commit = Commit::new();
            commit.event(event).remove_entries(due.clone());
            match self.evidence.ledger.commit(commit).await {
                Ok(_) => gone += (due.end - due.start) * BUNDLE,
                // Somebody else applies it at the same time.
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
    }

    /// The oldest bundles whose last entry is older than the cut-off and was sent wherever entries are sent.
    fn due(&self, snapshot: &Snapshot, cutoff: Timestamp) -> Result<std::ops::Range<u64>, Fault> {
        let removed = snapshot.removed().map_err(storage_fault)?.map_or(0, |removed| removed.entries);
        let sent = self.forwards_seen(snapshot)?.iter().map(|target| target.delivered).min().unwrap_or(u64::MAX);
        let full = snapshot.log_size().map_err(storage_fault)?.min(sent) / BUNDLE;
        let first = removed / BUNDLE;
        let mut end = first;
        while end < full && end < first + TOGETHER {
            let last = (end + 1) * BUNDLE - 1;
            let at = snapshot.events(last..last + 1).map_err(storage_fault)?.first().map(|logged| logged.event.at);
            if at.is_none_or(|at| at >= cutoff) {
                break;
            }
            end += 1;
        }
        Ok(first..end)
    }
}
