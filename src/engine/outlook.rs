//! What the executors would do on this host, for plans.

use std::sync::Arc;

use crate::domain::capability::Manifest;
use crate::domain::run::{IsolationLevel, StartMode};
use crate::exec::Spawner;
use crate::service::capabilities::{Outlook, start_mode};
use crate::service::runs::dispatch::Dispatch;

/// The executors of this host.
pub struct HostOutlook {
    pub spawner: Spawner,
    pub dispatch: Arc<Dispatch>,
    pub isolation: IsolationLevel,
}

impl Outlook for HostOutlook {
    fn isolation(&self) -> IsolationLevel {
        self.isolation
    }

    fn interpreter(&self, manifest: &Manifest) -> Result<String, String> {
        self.spawner.interpreter_for(manifest)
    }

    fn start(&self, manifest: &Manifest) -> StartMode {
        start_mode(manifest.kind, manifest.risk)
    }

    fn waiting(&self) -> u64 {
        self.dispatch.counts().waiting as u64
    }
}
