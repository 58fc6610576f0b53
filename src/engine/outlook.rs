//! What the executors would do on this host, for plans.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::capability::{Kind, Manifest};
use crate::domain::run::IsolationLevel;
use crate::exec::Executors;
use crate::exec::registry::Outline;
use crate::service::capabilities::Outlook;
use crate::service::runs::dispatch::Dispatch;

/// The executors of this host.
pub struct HostOutlook {
    pub executors: Arc<Executors>,
    pub dispatch: Arc<Dispatch>,
}

impl Outlook for HostOutlook {
    fn isolation(&self, kind: Kind) -> IsolationLevel {
        self.executors.of(kind).isolation()
    }

    fn outline(&self, manifest: &Manifest, inputs: &Map<String, Value>) -> Outline {
        self.executors.of(manifest.kind).dry_run(manifest, inputs)
    }

    fn waiting(&self) -> u64 {
        self.dispatch.counts().waiting as u64
    }
}
