//! What the executors would do on this host, for plans.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::capability::{Kind, Manifest};
use crate::domain::run::{IsolationLevel, StartMode};
use crate::exec::{self, Spawner};
use crate::service::capabilities::{Outlook, start_mode};
use crate::service::runs::dispatch::Dispatch;

/// The executors of this host.
pub struct HostOutlook {
    pub spawner: Spawner,
    pub dispatch: Arc<Dispatch>,
}

impl Outlook for HostOutlook {
    fn isolation(&self) -> IsolationLevel {
        self.spawner.survey().isolation.level
    }

    fn interpreter(&self, manifest: &Manifest) -> Result<String, String> {
        match manifest.kind {
            Kind::Python => self.spawner.python(manifest.runtime.requires_python.as_deref()).map_err(|error| error.to_string()),
            // Which shell runs a script is in its first line.
            Kind::Shell => Err("chosen by the first line of the script".to_owned()),
        }
    }

    fn start(&self, manifest: &Manifest) -> StartMode {
        start_mode(manifest.kind, manifest.risk)
    }

    fn argv(&self, manifest: &Manifest, inputs: &Map<String, Value>) -> Option<Vec<String>> {
        exec::argv::render(&manifest.argv, inputs).ok()
    }

    fn waiting(&self) -> u64 {
        self.dispatch.counts().waiting as u64
    }
}
