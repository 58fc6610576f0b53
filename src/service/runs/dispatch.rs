//! The meeting point of requests and the engine: the fair queue, the runs that are under way, and the wish to stop them.
//!
//! Holds nothing that is not also in the ledger; after a restart it is filled from there.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc, watch};

use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::ids::{RunId, TenantKey};
use crate::domain::run::{Admission, Full, Queue, QueueLimits, Ticket};

/// Why a running attempt shall end early.
#[derive(Debug, Clone, PartialEq)]
pub enum StopWish {
    /// A person asked.
    Cancelled(Actor),
    /// The server is going down and the deadline has passed.
    Drained,
}

/// A run that the engine is executing.
#[derive(Debug, Clone)]
pub struct UnderWay {
    stop: watch::Sender<Option<StopWish>>,
}

/// An order to the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// The run is recorded as running and has a place: execute it.
    Execute { tenant: TenantKey, run: RunId },
}

/// The handle that requests and the engine share.
#[derive(Debug)]
pub struct Dispatch {
    queue: Mutex<Queue>,
    tenants: Mutex<HashMap<RunId, TenantKey>>,
    orders: mpsc::UnboundedSender<Order>,
    poke: Notify,
    under_way: Mutex<HashMap<RunId, UnderWay>>,
    draining: AtomicBool,
}

/// Locks that outlive a panic: the data behind them is consistent after every call.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Dispatch {
    /// The channel is bounded by the queue's limit on running runs: an order is sent only for a run that has a place.
    #[must_use]
    pub fn new(limits: QueueLimits) -> (Self, mpsc::UnboundedReceiver<Order>) {
        let (orders, inbox) = mpsc::unbounded_channel();
        let dispatch = Self {
            queue: Mutex::new(Queue::new(limits)),
            tenants: Mutex::default(),
            orders,
            poke: Notify::new(),
            under_way: Mutex::default(),
            draining: AtomicBool::new(false),
        };
        (dispatch, inbox)
    }

    /// Asks for a place or for room to wait.
    ///
    /// # Errors
    /// When the queue is full.
    pub fn admit(&self, ticket: &Ticket) -> Result<Admission, Full> {
        lock(&self.queue).admit(ticket)
    }

    /// The run got a place and is recorded as running.
    pub fn begin(&self, tenant: TenantKey, run: RunId) {
        // The engine is gone only when the process is about to end; the next start finds the run in the ledger.
        let _ = self.orders.send(Order::Execute { tenant, run });
    }

    /// The run is recorded as queued.
    pub fn line_up(&self, tenant: TenantKey, ticket: Ticket) {
        lock(&self.tenants).insert(ticket.run, tenant);
        lock(&self.queue).push(ticket);
        self.poke.notify_one();
    }

    /// The run could not be recorded: give back what it was promised.
    pub fn forget(&self, ticket: &Ticket) {
        lock(&self.queue).forget(ticket);
        self.poke.notify_one();
    }

    /// Takes a queued run out of the line. False when it is not there.
    pub fn withdraw(&self, run: RunId) -> bool {
        lock(&self.tenants).remove(&run);
        lock(&self.queue).withdraw(run)
    }

    /// The next run that may start, with the tenant it belongs to.
    pub fn next(&self, now: Timestamp) -> Option<(TenantKey, Ticket)> {
        if self.is_draining() {
            return None;
        }
        let ticket = lock(&self.queue).pop(now)?;
        let tenant = lock(&self.tenants).remove(&ticket.run).unwrap_or_else(TenantKey::default_tenant);
        Some((tenant, ticket))
    }

    /// The word that some runs wait for: they line up.
    pub fn call(&self) {
        lock(&self.queue).call();
        self.poke.notify_one();
    }

    /// When a run that waits for a moment becomes eligible.
    pub fn next_moment(&self) -> Option<Timestamp> {
        lock(&self.queue).next_moment()
    }

    /// The attempt is over and recorded: its place is free.
    pub fn release(&self, run: RunId) {
        lock(&self.under_way).remove(&run);
        lock(&self.queue).finish(run);
        self.poke.notify_one();
    }

    /// Resolves when something may have become eligible.
    pub async fn poked(&self) {
        self.poke.notified().await;
    }

    /// Registers an attempt; the receiver tells when it shall stop.
    pub fn enter(&self, run: RunId) -> watch::Receiver<Option<StopWish>> {
        let (stop, wish) = watch::channel(None);
        lock(&self.under_way).insert(run, UnderWay { stop });
        wish
    }

    /// Asks a running attempt to stop. False when it is not under way here.
    pub fn stop(&self, run: RunId, wish: StopWish) -> bool {
        lock(&self.under_way).get(&run).is_some_and(|under_way| {
            under_way.stop.send_if_modified(|current| {
                let first = current.is_none();
                if first {
                    *current = Some(wish);
                }
                first
            });
            true
        })
    }

    /// Asks everything that runs to stop.
    pub fn stop_all(&self, wish: &StopWish) {
        let runs: Vec<RunId> = lock(&self.under_way).keys().copied().collect();
        for run in runs {
            self.stop(run, wish.clone());
        }
    }

    /// From now on nothing new begins.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        let queue = lock(&self.queue);
        Counts { running: queue.running(), waiting: queue.waiting(), uncalled: queue.uncalled() }
    }
}

/// How busy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub running: usize,
    pub waiting: usize,
    /// Of those that wait, the ones that wait for the vault.
    pub uncalled: usize,
}
