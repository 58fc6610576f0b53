//! The spawner process: one thread, one loop, no keys, no network.
//!
//! It ends when the server does, and with it every sandbox. Deliberately ignorant of users, policy and the ledger: it
//! is told what to run in which bounds and says how that ended.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::event::epoll;
use rustix::net::{RecvFlags, SendFlags};
use rustix::process::DumpableBehavior;

use super::cell::{self, Cell, Occupant, Warm};
use super::frame::{Bytecode, Ground, Launch, Reply, Request, Settings, ZygoteWish};
use super::nest::Nest;
use super::zygote::{Found, Join, Word, Zygotes};
use crate::domain::run::{Isolation, IsolationLevel, StartMode};
use crate::exec::sandbox::birth::{Expected, Newborn};
use crate::exec::sandbox::fault::{SetupError, Step};
use crate::exec::sandbox::memory::{Bounded, Group};
use crate::exec::sandbox::order::{MountAt, Payload, Start};
use crate::exec::sandbox::root::{self, Point};
use crate::exec::sandbox::{payload, socket, sys};

/// Sandboxes that are made at one time for launches that wait for one, at most.
const MAKING: usize = 8;
/// Sandboxes kept ready while runs are under way, at most.
const READY: usize = 12;
/// How long sandboxes beyond the settings are kept when nothing happens.
const SURPLUS: Duration = Duration::from_secs(10);

/// Marks of the two descriptors that are not sandboxes; sandboxes count up from 2.
const SERVER: u64 = 0;
const CHILDREN: u64 = 1;

/// The body of `execgov __spawner`: lives until the server hangs up.
pub fn spawner_main() -> ExitCode {
    match live() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            // Only now: an operator's log costs memory that an idle spawner should not have.
            tracing_subscriber::fmt().with_writer(std::io::stderr).init();
            tracing::error!(%failed, "the spawner had to end");
            ExitCode::FAILURE
        }
    }
}

fn live() -> Result<(), SetupError> {
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // What is laid into sandboxes is read by other users than this one; nothing here is secret.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let server = sys::take_stdin().step("take over the channel")?;
    let children = sys::child_signal_fd().step("watch children")?;
    let Some((Request::Begin(settings), _)) = socket::receive(&server, RecvFlags::empty()).step("hear the server")? else { return Ok(()) };
    let (nest, refusal) = match Nest::make() {
        Ok(nest) => (Some(nest), None),
        Err(refused) => (None, Some(refused)),
    };
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).step("make epoll")?;
    let zygotes = Zygotes::new(settings.zygote);
    let (cells, pool, limbo) = (BTreeMap::new(), VecDeque::new(), Vec::new());
    let (expected, waiting) = (BTreeMap::new(), VecDeque::new());
    let mut host = Host { server, children, poll, settings, nest, cells, pool, expected, waiting, next: 2, zygotes, limbo };
    host.greet(refusal)?;
    // Where it cannot be done, making sandboxes costs more and nothing else.
    let _ = sys::share_relocated();
    sys::give_back_start();
    let lived = host.serve();
    host.close();
    lived
}

struct Host {
    server: OwnedFd,
    children: OwnedFd,
    poll: OwnedFd,
    settings: Settings,
    nest: Option<Nest>,
    cells: BTreeMap<u64, Cell>,
    /// Sandboxes without a run, oldest first.
    pool: VecDeque<u64>,
    /// Sandboxes for the pool whose first process is still being made.
    expected: BTreeMap<u64, Unborn>,
    /// Launches for which no sandbox was ready, oldest first.
    waiting: VecDeque<(Launch, Vec<OwnedFd>)>,
    next: u64,
    zygotes: Zygotes,
    /// Sandboxes that are dead while their zygote has not said yet how the main process ended.
    limbo: Vec<(Cell, sys::Ended)>,
}

/// A sandbox whose first process is still being made.
struct Unborn {
    process: Expected,
    group: Option<Group>,
    /// Children that have ended meanwhile: one of them may be that first process.
    ended: Vec<i32>,
}

impl Host {
    /// Tries a whole sandbox once and tells the server what it got.
    fn greet(&mut self, mut refusal: Option<SetupError>) -> Result<(), SetupError> {
        if refusal.is_none() {
            refusal = self.trial().err();
        }
        if refusal.is_some() {
            self.nest = None;
        }
        let none =
            Isolation { level: IsolationLevel::Process, memory: Bounded::Rlimit.name().to_owned(), missing: vec!["namespaces".to_owned()] };
        let ground = Ground {
            isolation: self.nest.as_ref().map_or(none, Nest::isolation),
            refusal,
            own_users: self.nest.as_ref().is_some_and(|nest| nest.userns.is_some()),
            landlock: sys::landlock_version(),
        };
        self.watch(self.server.as_fd(), SERVER)?;
        self.watch(self.children.as_fd(), CHILDREN)?;
        self.tell(&Reply::Hello(ground), &[]).step("greet the server")
    }

    fn trial(&mut self) -> Result<(), SetupError> {
        let key = self.grow(false)?;
        let Some(cell) = self.cells.get_mut(&key) else { return Ok(()) };
        while cell.inside.is_none() && cell.failure.is_none() {
            let mut fds = [rustix::event::PollFd::new(&cell.control, rustix::event::PollFlags::IN)];
            rustix::event::poll(&mut fds, None).step("wait for the first sandbox")?;
            let hung_up = fds[0].revents().contains(rustix::event::PollFlags::HUP);
            cell.hear().step("hear the first sandbox")?;
            if hung_up && cell.inside.is_none() && cell.failure.is_none() {
                return Err(io::Error::from_raw_os_error(libc::ECHILD)).step("prepare the first sandbox");
            }
        }
        if let Some(failed) = cell.failure.take() {
            return Err(failed);
        }
        self.pool.push_back(key);
        Ok(())
    }

    fn watch(&self, fd: BorrowedFd<'_>, mark: u64) -> Result<(), SetupError> {
        epoll::add(&self.poll, fd, epoll::EventData::new_u64(mark), epoll::EventFlags::IN).step("watch a descriptor")
    }

    fn tell(&self, reply: &Reply, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        socket::send(&self.server, reply, fds, SendFlags::empty())
    }

    fn serve(&mut self) -> Result<(), SetupError> {
        let mut events = Vec::with_capacity(64);
        loop {
            let wants_more = self.wants_more();
            let pause = if wants_more { Some(Duration::ZERO) } else { self.nap() };
            let pause = pause.map(|pause| rustix::event::Timespec {
                tv_sec: i64::try_from(pause.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: pause.subsec_nanos().into(),
            });
            events.clear();
            match epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut events), pause.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(refused) => return Err(refused).step("wait"),
            }
            match events.is_empty() {
                // Nothing else to do: the right time to prepare a sandbox. If it fails, a launch will say why.
                true if wants_more => {
                    if self.expect(false).is_err() {
                        self.settings.pool = 0;
                    }
                }
                true => self.shrink(),
                false => {}
            }
            for event in &events {
                match event.data.u64() {
                    SERVER => match socket::receive(&self.server, RecvFlags::DONTWAIT) {
                        Ok(None) => return Ok(()),
                        Ok(Some((request, fds))) => self.obey(request, fds).step("answer the server")?,
                        Err(refused) if refused.kind() == io::ErrorKind::WouldBlock => {}
                        Err(refused) => return Err(refused).step("hear the server"),
                    },
                    CHILDREN => self.bury().step("report an end")?,
                    key => self.listen(key).step("report a start")?,
                }
            }
        }
    }

    /// As many sandboxes as the settings say, or as runs are under way: each may be followed by another at once.
    fn wanted(&self) -> usize {
        let busy = self.cells.values().filter(|cell| cell.occupant.is_some()).count();
        if self.settings.pool == 0 { 0 } else { self.settings.pool.max(busy.min(READY)) }
    }

    /// How long to wait when nothing happens.
    fn nap(&mut self) -> Option<Duration> {
        let surplus = (self.pool.len() > self.wanted()).then_some(SURPLUS);
        [self.zygotes.end_idle(), surplus].into_iter().flatten().min()
    }

    /// Nothing has happened for a while: one sandbox that a busier time left behind goes.
    fn shrink(&mut self) {
        if self.pool.len() > self.wanted()
            && let Some(cell) = self.pool.pop_back().and_then(|key| self.cells.get(&key))
        {
            cell.kill();
        }
    }

    /// The pool is short, and no run that is being started would have to share the processors with a new sandbox.
    fn wants_more(&self) -> bool {
        let short = self.nest.is_some() && self.pool.len() + self.expected.len() < self.wanted();
        let starting = |cell: &Cell| cell.occupant.as_ref().is_some_and(|occupant| occupant.since.is_none());
        short && (self.pool.is_empty() || !self.cells.values().any(starting))
    }

    /// Begins to make a sandbox that nobody has yet.
    fn expect(&mut self, host_network: bool) -> Result<u64, SetupError> {
        let nest = self.nest.as_mut().ok_or(io::Error::from_raw_os_error(libc::EPERM)).step("make a sandbox")?;
        let (process, group) = nest.sandbox(host_network)?;
        let key = self.next;
        self.next += 1;
        self.watch(process.as_fd(), key)?;
        self.expected.insert(key, Unborn { process, group, ended: Vec::new() });
        Ok(key)
    }

    /// Makes a sandbox now and waits for it.
    fn grow(&mut self, host_network: bool) -> Result<u64, SetupError> {
        let key = self.expect(host_network)?;
        let born = self.expected.get_mut(&key).map(|unborn| unborn.process.wait().map(Some));
        self.deliver(key, born)
    }

    /// A helper has something to say of the first process it makes.
    fn listen_to_helper(&mut self, key: u64) -> io::Result<()> {
        let heard = self.expected.get_mut(&key).map(|unborn| unborn.process.hear());
        if matches!(heard, Some(Ok(None)) | None) {
            return Ok(());
        }
        match self.deliver(key, heard) {
            Ok(key) => {
                self.pool.push_back(key);
                if let Some((launch, fds)) = self.waiting.pop_front() {
                    self.launch_or_refuse(launch, fds)?;
                }
                self.supply()
            }
            Err(why) => {
                self.settings.pool = 0;
                self.give_up(&why)
            }
        }
    }

    /// Makes sure that there will be a sandbox for each launch that waits.
    fn supply(&mut self) -> io::Result<()> {
        while self.expected.len() < self.waiting.len().min(MAKING) {
            if let Err(why) = self.expect(false) {
                return self.give_up(&why);
            }
        }
        Ok(())
    }

    /// A sandbox could not be made: who waits is told, unless another one is on its way.
    fn give_up(&mut self, why: &SetupError) -> io::Result<()> {
        if !self.expected.is_empty() {
            return Ok(());
        }
        for (launch, _) in std::mem::take(&mut self.waiting) {
            self.tell(&Reply::Refused { id: launch.id, why: why.clone() }, &[])?;
        }
        Ok(())
    }

    fn deliver(&mut self, key: u64, heard: Option<Result<Option<Newborn>, SetupError>>) -> Result<u64, SetupError> {
        let gone = || SetupError { step: "make the first process".to_owned(), errno: libc::ECHILD };
        let Some(Unborn { process, group, ended }) = self.expected.remove(&key) else { return Err(gone()) };
        let _ = epoll::delete(&self.poll, &process);
        let born = match heard {
            Some(Ok(Some(born))) if !ended.contains(&born.pid) => Ok(born),
            Some(Err(failed)) => Err(failed),
            _ => Err(gone()),
        };
        match born {
            Ok(born) => {
                let cell = Cell::new(born, group);
                self.watch(cell.as_fd(), key)?;
                self.cells.insert(key, cell);
                Ok(key)
            }
            Err(failed) => {
                if let (Some(group), Some(nest)) = (group, &mut self.nest) {
                    nest.groups.remove(group);
                }
                Err(failed)
            }
        }
    }

    fn obey(&mut self, request: Request, fds: Vec<OwnedFd>) -> io::Result<()> {
        match request {
            Request::Begin(_) => Ok(()),
            Request::Launch(launch) => self.launch_or_refuse(launch, fds),
            Request::Bytecode => {
                // Without it cold starts only take a little longer.
                if let (Some(nest), Some(fd)) = (&self.nest, fds.into_iter().next())
                    && let Ok(bytes) = socket::read_memory_file(fd)
                    && let Ok(code) = serde_json::from_slice::<Bytecode>(&bytes)
                    && code.tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                {
                    let _ = nest.add_bytecode(&code.tag, &code.modules);
                }
                Ok(())
            }
            Request::Terminate(run) => {
                if let Some(cell) = self.of_run(run) {
                    cell.terminate();
                }
                Ok(())
            }
            Request::Kill(run) => {
                if let Some(cell) = self.key_of(run).and_then(|key| self.cells.get_mut(&key)) {
                    cell.end();
                }
                Ok(())
            }
        }
    }

    fn key_of(&self, run: u64) -> Option<u64> {
        self.cells.iter().find(|(_, cell)| cell.occupant.as_ref().is_some_and(|occupant| occupant.run == run)).map(|(key, _)| *key)
    }

    fn of_run(&self, run: u64) -> Option<&Cell> {
        self.key_of(run).and_then(|key| self.cells.get(&key))
    }

    fn launch_or_refuse(&mut self, launch: Launch, fds: Vec<OwnedFd>) -> io::Result<()> {
        if self.nest.is_some() && self.pool.is_empty() && !launch.host_network {
            self.waiting.push_back((launch, fds));
            return self.supply();
        }
        let id = launch.id;
        match self.launch(launch, fds) {
            Ok(()) => Ok(()),
            Err(why) => self.tell(&Reply::Refused { id, why }, &[]),
        }
    }

    fn launch(&mut self, launch: Launch, fds: Vec<OwnedFd>) -> Result<(), SetupError> {
        let mut mounts = Vec::with_capacity(launch.mounts.len());
        let mut targets = Vec::with_capacity(launch.mounts.len());
        let zygote = if fds.len() == 5 { self.zygote(launch.zygote.as_ref()) } else { None };
        let nest = self.nest.as_ref().ok_or(io::Error::from_raw_os_error(libc::EPERM)).step("make a sandbox")?;
        for mount in &launch.mounts {
            let tree = root::read_only(Path::new(&mount.source)).step(&format!("open {}", mount.source))?;
            let kind = root::point_kind(&tree).step("look at a mount")?;
            if mount.target.starts_with('/') {
                nest.template.point(Path::new(&mount.target), kind).step("make a mount point")?;
            }
            targets.push(MountAt { target: mount.target.clone(), file: kind == Point::File });
            mounts.push(tree);
        }
        let memory_by_rlimit = nest.groups.bounded == Bounded::Rlimit;
        let key = match self.pool.pop_front() {
            Some(key) if !launch.host_network => key,
            unused => {
                if let Some(unused) = unused {
                    self.pool.push_front(unused);
                }
                self.grow(launch.host_network)?
            }
        };
        let payload = if zygote.is_some() { Payload::Join } else { Payload::Exec };
        let start = Start { limits: launch.limits, memory_by_rlimit, payload, mounts: targets };
        let Some(cell) = self.cells.get_mut(&key) else { return Err(io::Error::from_raw_os_error(libc::ESRCH)).step("find a sandbox") };
        // The first process takes the descriptors of a cold start in any case; a fifth one is the zygote's.
        let id = launch.id;
        let all: Vec<_> = fds.iter().take(4).chain(&mounts).map(AsFd::as_fd).collect();
        let started = cell.start(id, start, &all);
        drop(all);
        if let (Some(zygote), Some(occupant)) = (zygote, &mut cell.occupant) {
            occupant.warm = Some(Warm { zygote, order: Some((launch, fds)), ended: None, by_itself: false, lost: false });
        }
        if started.is_err() {
            cell.occupant = None;
            cell.kill();
        }
        started
    }

    /// A zygote that can fork for this wish now.
    fn zygote(&mut self, wish: Option<&ZygoteWish>) -> Option<u64> {
        let (wish, nest) = (wish?, self.nest.as_mut()?);
        match self.zygotes.find(nest, &wish.interpreter, &wish.mounts, self.next) {
            Found::Ready(key) => Some(key),
            Found::Hatched(control) => {
                let _ = epoll::add(&self.poll, control, epoll::EventData::new_u64(self.next), epoll::EventFlags::IN);
                self.next += 1;
                None
            }
            Found::None => None,
        }
    }

    /// A sandbox or a zygote has said something.
    fn listen(&mut self, key: u64) -> io::Result<()> {
        if self.zygotes.owns(key) {
            return self.listen_to_zygote(key);
        }
        if self.expected.contains_key(&key) {
            return self.listen_to_helper(key);
        }
        let Some(cell) = self.cells.get_mut(&key) else { return Ok(()) };
        if !cell.hear()? {
            return Ok(());
        }
        match cell.occupant.as_ref().and_then(|occupant| occupant.warm.as_ref()) {
            None => self.announce(key, StartMode::Cold),
            Some(warm) => {
                let zygote = warm.zygote;
                if self.join(key, zygote).is_some() { Ok(()) } else { self.start_cold(key) }
            }
        }
    }

    fn listen_to_zygote(&mut self, key: u64) -> io::Result<()> {
        loop {
            match self.zygotes.hear(key) {
                Ok(None) => return Ok(()),
                Ok(Some(Word::Ready)) => {}
                Ok(Some(Word::Begun(run))) => self.begin_warm(run)?,
                Ok(Some(Word::Failed { id, .. })) => {
                    if let Some(cell) = self.key_of(id) {
                        self.start_cold(cell)?;
                    }
                }
                Ok(Some(Word::Ended { id, status, user_us, system_us, peak_kib })) => {
                    let (user, system) = (Duration::from_micros(user_us), Duration::from_micros(system_us));
                    self.end_warm(id, sys::Ended::of_status(status, user, system, peak_kib * 1024))?;
                }
                Err(()) => return self.lose_zygote(key),
            }
        }
    }

    /// Sends the zygote's child into a prepared sandbox.
    fn join(&mut self, key: u64, zygote: u64) -> Option<()> {
        let cell = self.cells.get(&key)?;
        let occupant = cell.occupant.as_ref()?;
        let (launch, given) = occupant.warm.as_ref()?.order.as_ref()?;
        let by_rlimit = self.nest.as_ref()?.groups.bounded == Bounded::Rlimit;
        let limits = payload::resource_limits(&launch.limits, by_rlimit)
            .into_iter()
            .map(|(resource, soft, hard)| (resource as u32, soft, hard))
            .collect();
        let order = Join { id: occupant.run, landlock: cell.inside.as_ref()?.landlock.is_some(), group: cell.group.is_some(), limits };
        self.zygotes.join(zygote, &order, &cell.join_fds(given)?).ok()
    }

    fn begin_warm(&mut self, run: u64) -> io::Result<()> {
        let Some(key) = self.key_of(run) else { return Ok(()) };
        if let Some(occupant) = self.cells.get_mut(&key).and_then(|cell| cell.occupant.as_mut())
            && let Some(warm) = &mut occupant.warm
        {
            occupant.since = Some(Instant::now());
            warm.order = None;
            return self.announce(key, StartMode::Warm);
        }
        Ok(())
    }

    /// The zygote could not do it: the same run in another sandbox, by a new interpreter.
    fn start_cold(&mut self, key: u64) -> io::Result<()> {
        let Some(cell) = self.cells.get_mut(&key) else { return Ok(()) };
        let order = cell.occupant.as_mut().and_then(|occupant| occupant.warm.as_mut()?.order.take());
        let Some((mut launch, mut fds)) = order else { return Ok(()) };
        cell.occupant = None;
        cell.kill();
        launch.zygote = None;
        fds.truncate(4);
        self.launch_or_refuse(launch, fds)
    }

    /// A zygote's child has ended.
    fn end_warm(&mut self, run: u64, ended: sys::Ended) -> io::Result<()> {
        if let Some(at) = self.limbo.iter().position(|(cell, _)| cell.occupant.as_ref().is_some_and(|occupant| occupant.run == run)) {
            let (mut cell, init) = self.limbo.swap_remove(at);
            if let Some(warm) = cell.occupant.as_mut().and_then(|occupant| occupant.warm.as_mut()) {
                warm.ended = Some(ended);
            }
            return self.report(cell, init);
        }
        let Some(cell) = self.key_of(run).and_then(|key| self.cells.get_mut(&key)) else { return Ok(()) };
        let ending = cell.is_ending();
        if let Some(occupant) = cell.occupant.as_mut().filter(|occupant| occupant.since.is_some())
            && let Some(warm) = &mut occupant.warm
        {
            (warm.ended, warm.by_itself) = (Some(ended), !ending && !occupant.asked);
            cell.end();
        }
        Ok(())
    }

    fn lose_zygote(&mut self, key: u64) -> io::Result<()> {
        self.zygotes.lose(key);
        let of_it = |cell: &Cell| {
            cell.occupant
                .as_ref()
                .and_then(|occupant| occupant.warm.as_ref())
                .is_some_and(|warm| warm.zygote == key && warm.ended.is_none())
        };
        let lost: Vec<u64> = self.cells.iter().filter(|(_, cell)| of_it(cell)).map(|(key, _)| *key).collect();
        for key in lost {
            let Some(cell) = self.cells.get_mut(&key) else { continue };
            let Some(warm) = cell.occupant.as_mut().and_then(|occupant| occupant.warm.as_mut()) else { continue };
            if warm.order.is_some() {
                self.start_cold(key)?;
            } else {
                (warm.ended, warm.lost) = (Some(sys::Ended { signal: Some(libc::SIGKILL), ..sys::Ended::default() }), true);
                cell.kill();
            }
        }
        let mut at = 0;
        while let Some((cell, _)) = self.limbo.get(at) {
            if of_it(cell) {
                let (mut cell, init) = self.limbo.swap_remove(at);
                if let Some(warm) = cell.occupant.as_mut().and_then(|occupant| occupant.warm.as_mut()) {
                    (warm.ended, warm.lost) = (Some(sys::Ended { signal: Some(libc::SIGKILL), ..sys::Ended::default() }), true);
                }
                self.report(cell, init)?;
            } else {
                at += 1;
            }
        }
        Ok(())
    }

    fn announce(&self, key: u64, start: StartMode) -> io::Result<()> {
        let (Some(cell), Some(nest)) = (self.cells.get(&key), &self.nest) else { return Ok(()) };
        let Some(occupant) = &cell.occupant else { return Ok(()) };
        self.tell(&Reply::Started { id: occupant.run, start, isolation: nest.isolation() }, &[cell.pidfd.as_fd()])
    }

    /// Some children have ended.
    fn bury(&mut self) -> io::Result<()> {
        let mut drained = [0_u8; 128 * 16];
        let _ = rustix::io::read(&self.children, &mut drained);
        while let Some((pid, ended)) = sys::reap(-1, false) {
            let Some(key) = self.cells.iter().find(|(_, cell)| cell.pid == pid).map(|(key, _)| *key) else {
                self.expected.values_mut().for_each(|unborn| unborn.ended.push(pid));
                continue;
            };
            let Some(mut cell) = self.cells.remove(&key) else { continue };
            self.pool.retain(|pooled| *pooled != key);
            let begun = cell.hear().unwrap_or(false);
            let _ = epoll::delete(&self.poll, &cell.control);
            self.cells.insert(key, cell);
            let is_cold = self.cells.get(&key).is_some_and(|cell| cell.occupant.as_ref().is_some_and(|occupant| occupant.warm.is_none()));
            if begun && is_cold {
                self.announce(key, StartMode::Cold)?;
            }
            match self.cells.remove(&key) {
                Some(cell) if cell.occupant.as_ref().is_some_and(Occupant::awaits_word) => self.limbo.push((cell, ended)),
                Some(cell) => self.report(cell, ended)?,
                None => {}
            }
        }
        Ok(())
    }

    fn report(&mut self, mut cell: Cell, ended: sys::Ended) -> io::Result<()> {
        if let Some(occupant) = &cell.occupant {
            let id = occupant.run;
            if occupant.since.is_some() {
                if let Some(inside) = &cell.inside {
                    cell::wipe_secrets(&inside.private);
                }
                let private: Vec<_> = cell.inside.iter().map(|inside| inside.private.as_fd()).collect();
                self.tell(&Reply::Exited { id, ending: cell.ending(ended) }, &private)?;
            } else {
                let why = cell.failure.clone().unwrap_or(SetupError { step: "start the program".to_owned(), errno: libc::ECHILD });
                self.tell(&Reply::Refused { id, why }, &[])?;
            }
        }
        if let (Some(group), Some(nest)) = (cell.group.take(), &mut self.nest) {
            nest.groups.remove(group);
        }
        Ok(())
    }

    /// Ends every sandbox and waits until all their processes are dead.
    fn close(&mut self) {
        self.zygotes.close();
        while let Some((&key, _)) = self.expected.first_key_value() {
            let born = self.expected.get_mut(&key).map(|unborn| unborn.process.wait().map(Some));
            let _ = self.deliver(key, born);
        }
        self.cells.values().for_each(Cell::kill);
        while !self.cells.is_empty() {
            let Some((pid, _)) = sys::reap(-1, true) else { break };
            let key = self.cells.iter().find(|(_, cell)| cell.pid == pid).map(|(key, _)| *key);
            if let Some(mut cell) = key.and_then(|key| self.cells.remove(&key))
                && let (Some(group), Some(nest)) = (cell.group.take(), &mut self.nest)
            {
                nest.groups.remove(group);
            }
        }
        if let Some(nest) = &mut self.nest {
            nest.groups.close();
        }
    }
}
