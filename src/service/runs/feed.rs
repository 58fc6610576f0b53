//! Who wants to know about changes of runs: waiting requests and live pages.
//!
//! The feed carries hints, not truth: a listener that falls behind re-reads the ledger.

use tokio::sync::broadcast;

use crate::domain::ids::{RunId, TenantKey};
use crate::domain::run::Phase;

/// Changes that a slow listener may be behind before it has to re-read.
const BACKLOG: usize = 1_024;

/// A run changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub tenant: TenantKey,
    pub run: RunId,
    pub phase: Phase,
}

/// The feed of changes.
#[derive(Debug, Clone)]
pub struct Feed {
    changes: broadcast::Sender<Change>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { changes: broadcast::channel(BACKLOG).0 }
    }
}

impl Feed {
    /// Tells everyone who listens; nobody listening is fine.
    pub fn tell(&self, change: Change) {
        let _ = self.changes.send(change);
    }

    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }
}
