//! The dispatcher: one task that gives places to runs and starts one task for each attempt.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::attempt::{self, Attempter};
use super::package::Packages;
use crate::base::clock::Clock;
use crate::base::meter::Meters;
use crate::conf::Forward;
use crate::domain::ids::{RunId, TenantKey};
use crate::exec::{Executors, StartWish};
use crate::service::approvals::Approvals;
use crate::service::audit::Audit;
use crate::service::backup::Backups;
use crate::service::capabilities::Capabilities;
use crate::service::files::Files;
use crate::service::resources::Resources;
use crate::service::runs::Runs;
use crate::service::runs::dispatch::{Order, StopWish};
use crate::store::blob::BlobStore;
use crate::store::log::LogStore;

/// Longest sleep while nothing is due, so that a clock that jumps is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// Runs being executed are given this long to end after they were told to stop by a drain.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Each task that keeps the audit log is given this long to end.
const KEEPER_GRACE: Duration = Duration::from_secs(4);

/// What the engine is made of.
pub struct EngineParts {
    pub runs: Runs,
    pub approvals: Approvals,
    pub capabilities: Capabilities,
    pub files: Files,
    pub resources: Resources,
    pub executors: Arc<Executors>,
    pub backups: Backups,
    pub logs: LogStore,
    pub blobs: BlobStore,
    pub clock: Arc<dyn Clock>,
    pub orders: mpsc::UnboundedReceiver<Order>,
    /// How runs are started unless their version forbids it.
    pub start: StartWish,
    pub meters: Meters,
    pub audit: Audit,
    pub forward: Forward,
}

/// The running engine.
pub struct Engine {
    runs: Runs,
    stop: CancellationToken,
    hurry: CancellationToken,
    attempts: TaskTracker,
    dispatcher: Option<tokio::task::JoinHandle<()>>,
    deadlines: Option<tokio::task::JoinHandle<()>>,
    /// Ends what keeps the audit log, after the last run has left its event.
    over: CancellationToken,
    keepers: Vec<tokio::task::JoinHandle<()>>,
}

impl Engine {
    /// Starts the dispatcher.
    #[must_use]
    pub fn start(parts: EngineParts, packages: &Path) -> Self {
        let EngineParts {
            runs,
            approvals,
            capabilities,
            files,
            resources,
            executors,
            backups,
            logs,
            blobs,
            clock,
            orders,
            start,
            meters,
            audit,
            forward,
        } = parts;
        let attempter = Arc::new(Attempter {
            runs: runs.clone(),
            capabilities,
            files,
            resources,
            executors,
            logs,
            packages: Packages::new(packages, blobs.clone()),
            blobs,
            start,
            meters,
        });
        let (stop, attempts) = (CancellationToken::new(), TaskTracker::new());
        let over = CancellationToken::new();
        let mut keepers = super::forward::start(&audit, &forward, audit.evidence().install_id(), &over);
        keepers.push(tokio::spawn(super::retention::watch(audit, over.clone())));
        keepers.push(tokio::spawn(super::vault::keep(runs.clone(), backups, over.clone())));
        let watch = tokio::spawn(super::deadlines::watch(runs.clone(), approvals, Arc::clone(&clock), stop.clone()));
        let dispatcher = tokio::spawn(dispatch(runs.clone(), attempter, clock, orders, stop.clone(), attempts.clone()));
        let hurry = CancellationToken::new();
        Self { runs, stop, hurry, attempts, dispatcher: Some(dispatcher), deadlines: Some(watch), over, keepers }
    }

    /// Cancelled, it ends a drain's patience.
    #[must_use]
    pub fn hurry_handle(&self) -> CancellationToken {
        self.hurry.clone()
    }

    /// Stops: nothing new begins; what runs may finish until the deadline, and is then stopped and recorded.
    pub async fn drain(&mut self, deadline: Duration) {
        self.drain_runs(deadline).await;
        self.over.cancel();
        for keeper in self.keepers.drain(..) {
            if tokio::time::timeout(KEEPER_GRACE, keeper).await.is_err() {
                tracing::warn!("sending audit events on did not end in time; the next start goes on from the cursor");
            }
        }
    }

    async fn drain_runs(&mut self, deadline: Duration) {
        self.runs.dispatch().drain();
        self.stop.cancel();
        if let Some(dispatcher) = self.dispatcher.take() {
            let _ = dispatcher.await;
        }
        if let Some(deadlines) = self.deadlines.take() {
            let _ = deadlines.await;
        }
        self.attempts.close();
        let patience = async {
            tokio::select! {
                () = tokio::time::sleep(deadline) => {}
                () = self.hurry.cancelled() => {}
            }
        };
        tokio::select! {
            () = self.attempts.wait() => return,
            () = patience => {}
        }
        self.runs.dispatch().stop_all(&StopWish::Drained);
        if tokio::time::timeout(STOP_GRACE, self.attempts.wait()).await.is_err() {
            tracing::error!("runs did not end in time; the next start records them as interrupted");
        }
    }
}

async fn dispatch(
    runs: Runs,
    attempter: Arc<Attempter>,
    clock: Arc<dyn Clock>,
    mut orders: mpsc::UnboundedReceiver<Order>,
    stop: CancellationToken,
    attempts: TaskTracker,
) {
    let dispatch = Arc::clone(runs.dispatch());
    let launch = |tenant: TenantKey, run: RunId, queued: bool| {
        let attempter = Arc::clone(&attempter);
        attempts.spawn(async move { attempt::execute(&attempter, &tenant, run, queued).await });
    };
    loop {
        while let Some((tenant, ticket)) = dispatch.next(clock.now()) {
            launch(tenant, ticket.run, true);
        }
        let nap = dispatch.next_moment().map_or(SLEEP_MAX, |at| until(clock.now(), at).min(SLEEP_MAX));
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            order = orders.recv() => match order {
                Some(Order::Execute { tenant, run }) => launch(tenant, run, false),
                None => break,
            },
            () = dispatch.poked() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
    // Runs that were recorded as running before the stop are owed their execution or a truthful end.
    while let Ok(Order::Execute { tenant, run }) = orders.try_recv() {
        launch(tenant, run, false);
    }
}

fn until(now: crate::base::clock::Timestamp, at: crate::base::clock::Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(at.as_millisecond() - now.as_millisecond()).unwrap_or(0).max(1))
}
