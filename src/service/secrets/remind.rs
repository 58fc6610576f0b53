//! Reminders: an event before a value expires, once for each expiry.

use serde_json::json;

use super::{Secrets, subject};
use crate::base::fault::Fault;
use crate::domain::access::Whence;
use crate::domain::audit::{Actor, ActorKind};
use crate::domain::vault::Secret;
use crate::service::{commit_fault, storage_fault};
use crate::store::record::vault::BY_EXPIRY;
use crate::store::{Commit, CommitError, Scan, Stored};

/// Reminders in one round, at most; the next round goes on.
const ROUND: usize = 500;

impl Secrets {
    /// Records an event for each value that expires soon and was not announced yet. Answers how many.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn remind(&self) -> Result<usize, Fault> {
        let now = self.0.clock.now();
        let until = self.0.vault.reminds_until(now);
        let due: Vec<Stored<Secret>> = {
            let snapshot = self.read()?;
            let all: Vec<Stored<Secret>> = snapshot.scan(&Scan::index(BY_EXPIRY, &[]).limit(20 * ROUND)).map_err(storage_fault)?;
            let due = |stored: &Stored<Secret>| {
                let at = stored.record.expires_at();
                at.is_some_and(|at| at <= until) && at != stored.record.reminded_of
            };
            all.into_iter().filter(due).take(ROUND).collect()
        };
        let mut told = 0;
        for stored in due {
            let secret = Secret { reminded_of: stored.record.expires_at(), ..stored.record.clone() };
            let actor = Actor { kind: ActorKind::System, id: None, name: None, token: None };
            let mut event = self.0.gate.event_by(actor, &secret.tenant, &Whence::default(), "secret.expires", subject(&secret));
            event.details.insert("expires_at".to_owned(), json!(secret.expires_at()));
            event.details.insert("expired".to_owned(), json!(secret.is_expired(now)));
            event.details.insert("owner".to_owned(), json!(secret.owner));
            let mut commit = Commit::new();
            commit.update(&stored, &secret).event(event);
            match self.0.ledger.commit(commit).await {
                Ok(_) => told += 1,
                // Somebody changes it: the next round looks again.
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Ok(told)
    }
}
