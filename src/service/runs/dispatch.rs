//! The meeting point of requests and the engine: the fair queues, the runs that are under way, and the wish to stop them.
//!
//! Holds nothing that is not also in the ledger; after a restart it is filled from there.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc, watch};

use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::ids::{RunId, TenantKey};
use crate::domain::run::{Admission, Full, Queue, QueueLimits, Ticket, Work};

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
    processes: Mutex<Queue>,
    requests: Mutex<Queue>,
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
    /// `requests` is the bound on runs that only make requests. The channel is bounded by both: an order is sent only for a run
    /// that has a place.
    #[must_use]
    pub fn new(limits: QueueLimits, requests: usize) -> (Self, mpsc::UnboundedReceiver<Order>) {
        let (orders, inbox) = mpsc::unbounded_channel();
        let dispatch = Self {
            processes: Mutex::new(Queue::new(limits)),
            requests: Mutex::new(Queue::new(QueueLimits { running: requests, ..limits })),
            tenants: Mutex::default(),
            orders,
            poke: Notify::new(),
            under_way: Mutex::default(),
            draining: AtomicBool::new(false),
        };
        (dispatch, inbox)
    }

    fn queue(&self, work: Work) -> std::sync::MutexGuard<'_, Queue> {
        lock(match work {
            Work::Process => &self.processes,
            Work::Request => &self.requests,
        })
    }

    fn queues(&self) -> [&Mutex<Queue>; 2] {
        [&self.processes, &self.requests]
    }

    /// Asks for a place or for room to wait.
    ///
    /// # Errors
    /// When the queue is full.
    pub fn admit(&self, ticket: &Ticket) -> Result<Admission, Full> {
        self.queue(ticket.work).admit(ticket)
    }

    /// The run got a place and is recorded as running.
    pub fn begin(&self, tenant: TenantKey, run: RunId) {
        // The engine is gone only when the process is about to end; the next start finds the run in the ledger.
        let _ = self.orders.send(Order::Execute { tenant, run });
    }

    /// The run is recorded as queued.
    pub fn line_up(&self, tenant: TenantKey, ticket: Ticket) {
        lock(&self.tenants).insert(ticket.run, tenant);
        self.queue(ticket.work).push(ticket);
        self.poke.notify_one();
    }

    /// The run could not be recorded: give back what it was promised.
    pub fn forget(&self, ticket: &Ticket) {
        self.queue(ticket.work).forget(ticket);
        self.poke.notify_one();
    }

    /// Takes a queued run out of the line. False when it is not there.
    pub fn withdraw(&self, run: RunId) -> bool {
        lock(&self.tenants).remove(&run);
        self.queues().into_iter().any(|queue| lock(queue).withdraw(run))
    }

    /// The next run that may start, with the tenant it belongs to.
    pub fn next(&self, now: Timestamp) -> Option<(TenantKey, Ticket)> {
        if self.is_draining() {
            return None;
        }
        let ticket = self.queues().into_iter().find_map(|queue| lock(queue).pop(now))?;
        let tenant = lock(&self.tenants).remove(&ticket.run).unwrap_or_else(TenantKey::default_tenant);
        Some((tenant, ticket))
    }

    /// The word that some runs wait for: they line up.
    pub fn call(&self) {
        for queue in self.queues() {
            lock(queue).call();
        }
        self.poke.notify_one();
    }

    /// When a run that waits for a moment becomes eligible.
    pub fn next_moment(&self) -> Option<Timestamp> {
        self.queues().into_iter().filter_map(|queue| lock(queue).next_moment()).min()
    }

    /// The attempt is over and recorded: its place is free.
    pub fn release(&self, run: RunId) {
        lock(&self.under_way).remove(&run);
        for queue in self.queues() {
            lock(queue).finish(run);
        }
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
        let mut counts = Counts { running: 0, waiting: 0, uncalled: 0 };
        for queue in self.queues() {
            let queue = lock(queue);
            counts.running += queue.running();
            counts.waiting += queue.waiting();
            counts.uncalled += queue.uncalled();
        }
        counts
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
