//! Who runs next: the fair queue as a pure data structure.
//!
//! The ledger holds the truth about queued runs; this is the order in which they get places. Rules:
//! - principals take turns: the one with the fewest running runs goes first, then the one served longest ago;
//! - within one principal the higher priority goes first, then the earlier request (so raising a priority never
//!   pushes other people back);
//! - a capability's own limit and an equal concurrency key hold a run back without holding back those behind it;
//! - a run that waits for a moment (retry backoff) takes no part until then.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::base::clock::Timestamp;
use crate::domain::ids::{CapabilityId, RunId};

/// Bounds of the queue.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Runs at one time.
    pub running: usize,
    /// Runs waiting, of all principals.
    pub waiting: usize,
    /// Runs waiting, of one principal.
    pub waiting_each: usize,
    /// Runs at one time, of one principal.
    pub running_each: usize,
}

/// What a run takes while it runs. Each sort has a queue of its own, so that neither holds up the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Processes, memory and processor time.
    Process,
    /// A connection, and patience.
    Request,
}

/// A run as the queue sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub run: RunId,
    pub work: Work,
    pub principal: String,
    pub priority: u8,
    pub capability: CapabilityId,
    /// Runs of the capability at one time; 0 means unlimited.
    pub capability_limit: u32,
    /// The concurrency key's value, when the version has one.
    pub key: Option<String>,
    pub not_before: Option<Timestamp>,
}

/// What holds a run back although places are free.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Gatepost {
    Capability(CapabilityId),
    Key(CapabilityId, String),
}

type Order = (u8, u64);

/// Why a run is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    Everyone { limit: usize },
    Principal { limit: usize },
}

/// The answer to a run that wants in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A place is taken for it; it counts as running from now on.
    Place,
    /// It has to wait: call [`Queue::push`] once it is recorded.
    Wait,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: BTreeMap<Order, Ticket>,
    running: usize,
    /// Waiting in the lane, parked or timed.
    held: usize,
    served: u64,
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    limits: QueueLimits,
    lanes: HashMap<String, Lane>,
    parked: BTreeMap<Gatepost, BTreeMap<Order, Ticket>>,
    timed: BTreeMap<(Timestamp, u64), (Order, Ticket)>,
    /// Where each waiting run is, so that it can be withdrawn.
    places: HashMap<RunId, Spot>,
    running: HashMap<RunId, Ticket>,
    counts: HashMap<Gatepost, u32>,
    /// Room promised by [`Queue::admit`] to runs that are being recorded.
    promised: BTreeSet<RunId>,
    sequence: u64,
    turn: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Spot {
    Lane(String, Order),
    Parked(Gatepost, Order),
    Timed(Timestamp, u64),
}

impl Queue {
    #[must_use]
    pub fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            lanes: HashMap::new(),
            parked: BTreeMap::new(),
            timed: BTreeMap::new(),
            places: HashMap::new(),
            running: HashMap::new(),
            counts: HashMap::new(),
            promised: BTreeSet::new(),
            sequence: 0,
            turn: 0,
        }
    }

    /// Asks for a place or for room to wait, before the run is recorded.
    ///
    /// # Errors
    /// When the queue has no room; nothing changes then.
    pub fn admit(&mut self, ticket: &Ticket) -> Result<Admission, Full> {
        let nobody_waits = self.places.is_empty() && self.promised.is_empty();
        let has_room = self.running.len() < self.limits.running
            && self.lanes.get(&ticket.principal).is_none_or(|lane| lane.running < self.limits.running_each);
        if nobody_waits && has_room && self.blocker(ticket).is_none() {
            self.occupy(ticket.clone());
            return Ok(Admission::Place);
        }
        if self.waiting() >= self.limits.waiting {
            return Err(Full::Everyone { limit: self.limits.waiting });
        }
        let lane = self.lanes.entry(ticket.principal.clone()).or_default();
        if lane.held >= self.limits.waiting_each {
            return Err(Full::Principal { limit: self.limits.waiting_each });
        }
        lane.held += 1;
        self.promised.insert(ticket.run);
        Ok(Admission::Wait)
    }

    /// Takes back what [`Queue::admit`] gave to a run that could not be recorded.
    pub fn forget(&mut self, ticket: &Ticket) {
        if self.promised.remove(&ticket.run) {
            self.unhold(&ticket.principal);
        } else {
            self.finish(ticket.run);
        }
    }

    /// Lines up a recorded run. Runs found in the ledger at start come in this way too, whatever the bounds say.
    pub fn push(&mut self, ticket: Ticket) {
        if !self.promised.remove(&ticket.run) {
            self.lanes.entry(ticket.principal.clone()).or_default().held += 1;
        }
        self.sequence += 1;
        let order = (9_u8.saturating_sub(ticket.priority), self.sequence);
        if let Some(until) = ticket.not_before {
            self.places.insert(ticket.run, Spot::Timed(until, self.sequence));
            self.timed.insert((until, self.sequence), (order, ticket));
        } else {
            self.line_up(order, ticket);
        }
    }

    /// Takes the next run that may start now. It counts as running from now on.
    pub fn pop(&mut self, now: Timestamp) -> Option<Ticket> {
        self.wake(now);
        while self.running.len() < self.limits.running {
            let name = self
                .lanes
                .iter()
                .filter(|(_, lane)| !lane.waiting.is_empty() && lane.running < self.limits.running_each)
                .min_by_key(|(_, lane)| (lane.running, lane.served))
                .map(|(name, _)| name.clone())?;
            let (order, ticket) = self.lanes.get_mut(&name).and_then(|lane| lane.waiting.pop_first())?;
            if let Some(post) = self.blocker(&ticket) {
                self.places.insert(ticket.run, Spot::Parked(post.clone(), order));
                self.parked.entry(post).or_default().insert(order, ticket);
                continue;
            }
            self.places.remove(&ticket.run);
            self.unhold(&name);
            self.occupy(ticket.clone());
            return Some(ticket);
        }
        None
    }

    /// The moment at which a waiting run becomes eligible, if any waits for one.
    #[must_use]
    pub fn next_moment(&self) -> Option<Timestamp> {
        self.timed.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lines up the runs that wait for no moment but for a word: those with [`Timestamp::MAX`].
    pub fn call(&mut self) {
        for (_, (order, ticket)) in self.timed.split_off(&(Timestamp::MAX, 0)) {
            self.line_up(order, Ticket { not_before: None, ..ticket });
        }
    }

    /// Runs that wait for a word.
    #[must_use]
    pub fn uncalled(&self) -> usize {
        self.timed.range((Timestamp::MAX, 0)..).count()
    }

    /// Gives a place back.
    pub fn finish(&mut self, run: RunId) {
        let Some(ticket) = self.running.remove(&run) else { return };
        if let Some(lane) = self.lanes.get_mut(&ticket.principal) {
            lane.running = lane.running.saturating_sub(1);
        }
        for post in posts(&ticket) {
            if let Some(count) = self.counts.get_mut(&post) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.counts.remove(&post);
                }
            }
            self.unpark(&post);
        }
        self.sweep(&ticket.principal);
    }

    /// Takes a waiting run out. False when it does not wait here.
    pub fn withdraw(&mut self, run: RunId) -> bool {
        let ticket = match self.places.remove(&run) {
            None => None,
            Some(Spot::Lane(name, order)) => self.lanes.get_mut(&name).and_then(|lane| lane.waiting.remove(&order)),
            Some(Spot::Parked(post, order)) => {
                let ticket = self.parked.get_mut(&post).and_then(|parked| parked.remove(&order));
                if self.parked.get(&post).is_some_and(BTreeMap::is_empty) {
                    self.parked.remove(&post);
                }
                ticket
            }
            Some(Spot::Timed(at, sequence)) => self.timed.remove(&(at, sequence)).map(|(_, ticket)| ticket),
        };
        let Some(ticket) = ticket else { return false };
        self.unhold(&ticket.principal);
        // The withdrawn run may have been let out of its park for a place that another one can use.
        for post in posts(&ticket) {
            self.unpark(&post);
        }
        true
    }

    /// Runs waiting, parked or timed, and those being recorded.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.places.len() + self.promised.len()
    }

    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    fn line_up(&mut self, order: Order, ticket: Ticket) {
        self.places.insert(ticket.run, Spot::Lane(ticket.principal.clone(), order));
        self.lanes.entry(ticket.principal.clone()).or_default().waiting.insert(order, ticket);
    }

    fn wake(&mut self, now: Timestamp) {
        while let Some(entry) = self.timed.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let (order, ticket) = entry.remove();
            self.line_up(order, ticket);
        }
    }

    fn blocker(&self, ticket: &Ticket) -> Option<Gatepost> {
        let full = |post: &Gatepost, limit: u32| self.counts.get(post).is_some_and(|count| *count >= limit);
        let capability = Gatepost::Capability(ticket.capability);
        if ticket.capability_limit > 0 && full(&capability, ticket.capability_limit) {
            return Some(capability);
        }
        let key = Gatepost::Key(ticket.capability, ticket.key.clone()?);
        full(&key, 1).then_some(key)
    }

    fn occupy(&mut self, ticket: Ticket) {
        self.turn += 1;
        let lane = self.lanes.entry(ticket.principal.clone()).or_default();
        lane.running += 1;
        lane.served = self.turn;
        for post in posts(&ticket) {
            *self.counts.entry(post.clone()).or_default() += 1;
            // Room may be left behind the same post for another parked run.
            self.unpark(&post);
        }
        self.running.insert(ticket.run, ticket);
    }

    /// Lets the first parked run try again. It is parked anew when something else holds it.
    fn unpark(&mut self, post: &Gatepost) {
        let Some(parked) = self.parked.get_mut(post) else { return };
        let first = parked.pop_first();
        if parked.is_empty() {
            self.parked.remove(post);
        }
        if let Some((order, ticket)) = first {
            self.line_up(order, ticket);
        }
    }

    fn unhold(&mut self, principal: &str) {
        if let Some(lane) = self.lanes.get_mut(principal) {
            lane.held = lane.held.saturating_sub(1);
        }
        self.sweep(principal);
    }

    fn sweep(&mut self, principal: &str) {
        if self.lanes.get(principal).is_some_and(|lane| lane.held == 0 && lane.running == 0 && lane.waiting.is_empty()) {
            self.lanes.remove(principal);
        }
    }
}

fn posts(ticket: &Ticket) -> impl Iterator<Item = Gatepost> + use<> {
    let key = ticket.key.clone().map(|key| Gatepost::Key(ticket.capability, key));
    std::iter::once(Gatepost::Capability(ticket.capability)).chain(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: QueueLimits = QueueLimits { running: 3, waiting: 1_000, waiting_each: 500, running_each: 2 };

    fn id<T>(make: impl Fn([u8; 16]) -> T, n: u64) -> T {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&n.to_be_bytes());
        make(bytes)
    }

    fn ticket(n: u64, principal: &str) -> Ticket {
        Ticket {
            run: id(RunId::from_bytes, n),
            work: Work::Process,
            principal: principal.to_owned(),
            priority: 5,
            capability: id(CapabilityId::from_bytes, 1),
            capability_limit: 0,
            key: None,
            not_before: None,
        }
    }

    fn order(queue: &mut Queue) -> Vec<u64> {
        let mut seen = Vec::new();
        while let Some(next) = queue.pop(Timestamp::UNIX_EPOCH) {
            seen.push(u64::from_be_bytes(next.run.bytes()[8..].try_into().expect("eight bytes")));
            queue.finish(next.run);
        }
        seen
    }

    #[test]
    fn principals_take_turns_and_priority_counts_within_one() {
        let mut queue = Queue::new(QueueLimits { running: 1, ..LIMITS });
        for n in 1..=4 {
            queue.push(ticket(n, "greedy"));
        }
        queue.push(Ticket { priority: 9, ..ticket(5, "greedy") });
        queue.push(ticket(6, "modest"));
        let seen = order(&mut queue);
        assert_eq!(seen.iter().position(|n| *n == 6).map(|at| at <= 1), Some(true), "{seen:?}");
        let greedy: Vec<_> = seen.into_iter().filter(|n| *n != 6).collect();
        assert_eq!(greedy, [5, 1, 2, 3, 4]);
    }

    #[test]
    fn a_full_capability_holds_back_only_its_own() {
        let mut queue = Queue::new(LIMITS);
        for n in 1..=3 {
            queue.push(Ticket { capability_limit: 1, ..ticket(n, "a") });
        }
        queue.push(Ticket { capability: id(CapabilityId::from_bytes, 2), ..ticket(4, "a") });
        let first: Vec<_> = std::iter::from_fn(|| queue.pop(Timestamp::UNIX_EPOCH)).map(|t| t.run).collect();
        assert_eq!(first, [id(RunId::from_bytes, 1), id(RunId::from_bytes, 4)]);
        queue.finish(first[0]);
        assert_eq!(queue.pop(Timestamp::UNIX_EPOCH).map(|t| t.run), Some(id(RunId::from_bytes, 2)));
    }

    #[test]
    fn rooms_are_bounded_and_given_back() {
        let mut queue = Queue::new(QueueLimits { running: 1, waiting: 2, waiting_each: 1, running_each: 1 });
        assert_eq!(queue.admit(&ticket(1, "a")), Ok(Admission::Place));
        assert_eq!(queue.admit(&ticket(2, "a")), Ok(Admission::Wait));
        assert_eq!(queue.admit(&ticket(3, "a")), Err(Full::Principal { limit: 1 }));
        assert_eq!(queue.admit(&ticket(4, "b")), Ok(Admission::Wait));
        assert_eq!(queue.admit(&ticket(5, "c")), Err(Full::Everyone { limit: 2 }));
        queue.forget(&ticket(2, "a"));
        assert_eq!(queue.admit(&ticket(6, "c")), Ok(Admission::Wait));
    }

    #[test]
    fn a_retry_waits_for_its_moment() {
        let mut queue = Queue::new(LIMITS);
        let later = Timestamp::from_second(60).expect("in range");
        queue.push(Ticket { not_before: Some(later), ..ticket(1, "a") });
        assert_eq!(queue.pop(Timestamp::UNIX_EPOCH), None);
        assert_eq!(queue.next_moment(), Some(later));
        assert!(queue.pop(later).is_some());
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push { principal: u8, priority: u8, capability: u8, limit: u32, key: Option<u8> },
        Pop,
        Finish(usize),
        Withdraw(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let push = (0..3_u8, 0..10_u8, 0..3_u8, 0..3_u32, proptest::option::of(0..2_u8))
            .prop_map(|(principal, priority, capability, limit, key)| Step::Push { principal, priority, capability, limit, key });
        proptest::collection::vec(
            prop_oneof![4 => push, 4 => Just(Step::Pop), 3 => (0..50_usize).prop_map(Step::Finish), 1 => (0..50_usize).prop_map(Step::Withdraw)],
            1..200,
        )
    }

    proptest! {
        /// Whatever happens, limits hold, nothing is lost, and the queue empties once places are given back.
        #[test]
        fn nothing_is_lost_and_limits_hold(steps in steps()) {
            let mut queue = Queue::new(LIMITS);
            let (mut waiting, mut running): (Vec<Ticket>, Vec<Ticket>) = (Vec::new(), Vec::new());
            let mut next = 0;
            for step in steps {
                match step {
                    Step::Push { principal, priority, capability, limit, key } => {
                        next += 1;
                        // A capability's limit is a property of the capability.
                        let limit = if capability == 0 { 0 } else { limit.min(u32::from(capability)) };
                        let ticket = Ticket {
                            priority,
                            capability: id(CapabilityId::from_bytes, u64::from(capability)),
                            capability_limit: limit,
                            key: key.map(|key| key.to_string()),
                            ..ticket(next, &principal.to_string())
                        };
                        queue.push(ticket.clone());
                        waiting.push(ticket);
                    }
                    Step::Pop => {
                        if let Some(ticket) = queue.pop(Timestamp::UNIX_EPOCH) {
                            let same = |other: &&Ticket| other.capability == ticket.capability;
                            let of_capability = running.iter().filter(same).count();
                            prop_assert!(ticket.capability_limit == 0 || of_capability < ticket.capability_limit as usize);
                            prop_assert!(ticket.key.is_none() || !running.iter().filter(same).any(|other| other.key == ticket.key));
                            let at = waiting.iter().position(|other| other.run == ticket.run).expect("it was waiting");
                            waiting.remove(at);
                            running.push(ticket);
                            prop_assert!(running.len() <= LIMITS.running);
                        }
                    }
                    Step::Finish(at) if !running.is_empty() => {
                        let ticket = running.remove(at % running.len());
                        queue.finish(ticket.run);
                    }
                    Step::Withdraw(at) if !waiting.is_empty() => {
                        let ticket = waiting.remove(at % waiting.len());
                        prop_assert!(queue.withdraw(ticket.run));
                    }
                    Step::Finish(_) | Step::Withdraw(_) => {}
                }
                prop_assert_eq!(queue.waiting(), waiting.len());
                prop_assert_eq!(queue.running(), running.len());
            }
            for ticket in running.drain(..) {
                queue.finish(ticket.run);
            }
            let mut left = waiting.len();
            while let Some(ticket) = queue.pop(Timestamp::UNIX_EPOCH) {
                queue.finish(ticket.run);
                left -= 1;
            }
            prop_assert_eq!(left, 0);
            prop_assert!(queue.lanes.is_empty() && queue.parked.is_empty() && queue.counts.is_empty());
        }
    }
}
