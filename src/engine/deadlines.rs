//! Ends waits for decisions when their time is over, and does what else happens to requests by themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::Fault;
use crate::domain::ids::TenantKey;
use crate::service::approvals::Approvals;
use crate::service::runs::Runs;

/// Longest sleep, so that a clock that jumps is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// Shortest sleep, so that a ledger in trouble is not asked all the time.
const SLEEP_MIN: Duration = Duration::from_millis(20);

/// Runs until stopped. A wait that is over is also refused by whoever looks at it first.
pub async fn watch(runs: Runs, approvals: Approvals, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        let now = clock.now();
        let nap = match due_anywhere(&runs, &approvals, now).await {
            Ok(Some(at)) => Duration::from_millis(u64::try_from(at.as_millisecond() - now.as_millisecond()).unwrap_or(0)),
            Ok(None) => SLEEP_MAX,
            Err(fault) => {
                tracing::error!(%fault, "waits that are over could not be ended; they are tried again");
                SLEEP_MAX
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(nap.clamp(SLEEP_MIN, SLEEP_MAX)) => {}
            () = runs.wait_began() => {}
        }
    }
}

/// The next moment at which something is due in any tenant, after what is due was done.
async fn due_anywhere(runs: &Runs, approvals: &Approvals, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let mut next = None;
    for tenant in runs.tenants()? {
        next = [next, due(runs, approvals, &tenant, now).await?].into_iter().flatten().min();
    }
    Ok(next)
}

async fn due(runs: &Runs, approvals: &Approvals, tenant: &TenantKey, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let (waits, requests) = (runs.expire_due(tenant, now).await?, approvals.tick(tenant, now).await?);
    Ok([waits, requests].into_iter().flatten().min())
}
