//! What the service manager is told: ready, reloading, stopping, still alive. Nothing when there is none.

use std::time::Duration;

use sd_notify::NotifyState;

/// Tells the service manager.
pub fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager cannot be told");
    }
}

/// Half the time within which the service manager wants to hear something, if it does.
#[must_use]
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}
