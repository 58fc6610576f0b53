//! Waiting for a run to end, woken by the feed and never polling.

use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::feed::Change;
use super::{RunError, Runs, load};
use crate::base::fault::Fault;
use crate::domain::access::Caller;
use crate::domain::run::Run;

impl Runs {
    /// The run once it is over, or as it is when patience ends. `changes` must have been subscribed to before the run
    /// was started or read.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn settled(&self, run: Run, changes: &mut broadcast::Receiver<Change>, patience: Duration) -> Result<Run, Fault> {
        if run.phase.is_final() {
            return Ok(run);
        }
        let id = run.id;
        let ended = async {
            loop {
                match changes.recv().await {
                    Ok(change) if change.run == id && change.phase.is_final() => return,
                    // Some changes were missed: the end may be among them.
                    Err(RecvError::Lagged(_)) if self.reread(&run).is_ok_and(|run| run.is_none_or(|run| run.phase.is_final())) => return,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        };
        let _ = tokio::time::timeout(patience, ended).await;
        Ok(self.reread(&run)?.unwrap_or(run))
    }

    /// The record as it is now.
    pub(super) fn reread(&self, run: &Run) -> Result<Option<Run>, Fault> {
        let snapshot = self.ledger.read().map_err(RunError::from)?;
        Ok(load(&snapshot, &run.tenant, run.id)?.map(|stored| stored.record))
    }

    /// The record, for those who may see the run.
    ///
    /// # Errors
    /// Not found, also when the caller may not see it.
    pub async fn record(&self, caller: &Caller, id: &str) -> Result<Run, Fault> {
        self.seen(caller, id).await
    }
}
