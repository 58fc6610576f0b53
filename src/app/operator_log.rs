//! The operator's log on standard error, with a level that can change while the server runs.

use std::io::IsTerminal;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

use crate::conf::{Log, LogFormat};

/// Changes the level.
pub struct Level(reload::Handle<Targets, Registry>);

impl Level {
    /// Takes a checked level into force.
    pub fn set(&self, level: &str) {
        let Ok(targets) = level.parse::<Targets>() else { return };
        if self.0.reload(targets).is_err() {
            tracing::warn!("the log level cannot be changed any more");
        }
    }
}

/// Starts the log. A second call in one process changes nothing.
pub fn start(log: &Log) -> Level {
    let (filter, handle) = reload::Layer::new(log.level.parse::<Targets>().unwrap_or_default());
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let registry = tracing_subscriber::registry().with(filter);
    let _second = match log.format {
        LogFormat::Text => registry.with(lines.with_ansi(std::io::stderr().is_terminal())).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    std::panic::set_hook(Box::new(|panic| tracing::error!(place = panic.location().map(ToString::to_string), "panic: {panic}")));
    Level(handle)
}
