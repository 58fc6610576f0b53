//! Applies the retention of the audit log: at start, and then every hour.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::service::audit::Audit;

const EVERY: Duration = Duration::from_hours(1);

/// Runs until stopped.
pub(super) async fn watch(audit: Audit, stop: CancellationToken) {
    loop {
        match audit.retain().await {
            Ok(0) => {}
            Ok(entries) => tracing::info!(entries, "old entries of the audit log were removed; their hashes are kept"),
            Err(fault) => tracing::error!(%fault, "old entries of the audit log could not be removed; it is tried again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
