//! What is watched from outside: counts of runs, and whether ledger and spawner can work.

use tokio::sync::broadcast::error::RecvError;

use crate::base::meter::{Meters, PhaseLabels, TargetLabels};
use crate::domain::run::Phase;
use crate::exec::Spawner;
use crate::service::audit::Audit;
use crate::service::runs::dispatch::Dispatch;
use crate::service::runs::feed::Feed;
use crate::store::{Health, Ledger};

/// Counts the phases that runs enter, for as long as there is a feed.
pub fn count_phases(feed: &Feed, meters: Meters) {
    let mut changes = feed.listen();
    tokio::spawn(async move {
        loop {
            match changes.recv().await {
                Ok(change) => drop(meters.runs.get_or_create(&PhaseLabels { phase: name(change.phase) }).inc()),
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "changes of runs went uncounted"),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

const fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Requested => "requested",
        Phase::AwaitingConfirmation => "awaiting_confirmation",
        Phase::AwaitingApproval => "awaiting_approval",
        Phase::Queued => "queued",
        Phase::Running => "running",
        Phase::Succeeded => "succeeded",
        Phase::Failed => "failed",
        Phase::TimedOut => "timed_out",
        Phase::Cancelled => "cancelled",
        Phase::Interrupted => "interrupted",
        Phase::Declined => "declined",
        Phase::Rejected => "rejected",
        Phase::Expired => "expired",
    }
}

/// Brings the gauges of the queue up to date.
pub fn gauge(dispatch: &Dispatch, meters: &Meters) {
    let counts = dispatch.counts();
    meters.queued.set(i64::try_from(counts.waiting).unwrap_or(i64::MAX));
    meters.running.set(i64::try_from(counts.running).unwrap_or(i64::MAX));
}

/// Why the ledger cannot be written.
pub fn ledger_trouble(ledger: &Ledger) -> Option<String> {
    match ledger.health() {
        Health::Writable => None,
        Health::Full => Some("the disk is full; nothing is recorded and no run is started until there is room".to_owned()),
        Health::Stopped(why) => Some(format!("the ledger takes no writes until a restart: {why}")),
    }
}

/// Why the spawner cannot start runs.
pub fn spawner_trouble(spawner: &Spawner) -> Option<String> {
    let pid = i32::try_from(spawner.pid()).ok().and_then(rustix::process::Pid::from_raw)?;
    let gone = rustix::process::test_kill_process(pid).is_err();
    gone.then(|| "the process that starts runs is gone; the next run starts it again".to_owned())
}

/// Brings the gauges of forwarding up to date; they stay as they are while the ledger cannot be read.
pub fn gauge_forwards(audit: &Audit, meters: &Meters) {
    for target in audit.forward_state().unwrap_or_default() {
        let labels = TargetLabels { target: target.target };
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        meters.forward_lag.get_or_create(&labels).set(number(target.lag));
        meters.forward_lag_seconds.get_or_create(&labels).set(number(target.lag_s));
        meters.forward_failing.get_or_create(&labels).set(i64::from(target.problem.is_some()));
    }
}
