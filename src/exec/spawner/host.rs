//! The spawner process: one thread, one loop, no keys, no network.
//!
//! It ends when the server does, and with it every sandbox. Deliberately ignorant of users, policy and the ledger: it
//! is told what to run in which bounds and says how that ended.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;

use rustix::event::epoll;
use rustix::net::{RecvFlags, SendFlags};
use rustix::process::DumpableBehavior;

use super::cell::Cell;
use super::frame::{Ground, Launch, Reply, Request, Settings};
use super::nest::Nest;
use crate::domain::run::{Isolation, IsolationLevel, StartMode};
use crate::exec::sandbox::fault::{SetupError, Step};
use crate::exec::sandbox::memory::Bounded;
use crate::exec::sandbox::order::{MountAt, Payload, Start};
use crate::exec::sandbox::root::{self, Point};
use crate::exec::sandbox::{socket, sys};

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
    let mut host = Host { server, children, poll, settings, nest, cells: BTreeMap::new(), pool: VecDeque::new(), next: 2 };
    host.greet(refusal)?;
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
    next: u64,
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
            let wants_more = self.nest.is_some() && self.pool.len() < self.settings.pool;
            let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
            events.clear();
            match epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut events), wants_more.then_some(&now)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(refused) => return Err(refused).step("wait"),
            }
            if events.is_empty() && wants_more {
                // Nothing else to do: the right time to prepare a sandbox.
                match self.grow(false) {
                    Ok(key) => self.pool.push_back(key),
                    // A launch will try again and say why.
                    Err(_) => self.settings.pool = 0,
                }
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

    /// Makes a sandbox that nobody has yet.
    fn grow(&mut self, host_network: bool) -> Result<u64, SetupError> {
        let nest = self.nest.as_mut().ok_or(io::Error::from_raw_os_error(libc::EPERM)).step("make a sandbox")?;
        let (born, group) = nest.sandbox(host_network)?;
        let key = self.next;
        self.next += 1;
        let cell = Cell::new(born, group);
        self.watch(cell.as_fd(), key)?;
        self.cells.insert(key, cell);
        Ok(key)
    }

    fn obey(&mut self, request: Request, fds: Vec<OwnedFd>) -> io::Result<()> {
        match request {
            Request::Begin(_) => {}
            Request::Launch(launch) => {
                let id = launch.id;
                if let Err(why) = self.launch(&launch, &fds) {
                    self.tell(&Reply::Refused { id, why }, &[])?;
                }
            }
            Request::Terminate(run) => self.of_run(run).map_or((), Cell::terminate),
            Request::Kill(run) => self.of_run(run).map_or((), Cell::kill),
        }
        Ok(())
    }

    fn of_run(&self, run: u64) -> Option<&Cell> {
        self.cells.values().find(|cell| cell.occupant.as_ref().is_some_and(|occupant| occupant.run == run))
    }

    fn launch(&mut self, launch: &Launch, fds: &[OwnedFd]) -> Result<(), SetupError> {
        let mut mounts = Vec::with_capacity(launch.mounts.len());
        let mut targets = Vec::with_capacity(launch.mounts.len());
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
        let key = match self.pool.pop_front() {
            Some(key) if !launch.host_network => key,
            unused => {
                if let Some(unused) = unused {
                    self.pool.push_front(unused);
                }
                self.grow(launch.host_network)?
            }
        };
        let memory_by_rlimit = self.nest.as_ref().is_none_or(|nest| nest.groups.bounded == Bounded::Rlimit);
        let start = Start { limits: launch.limits, memory_by_rlimit, payload: Payload::Exec, mounts: targets };
        let all: Vec<_> = fds.iter().chain(&mounts).map(AsFd::as_fd).collect();
        let Some(cell) = self.cells.get_mut(&key) else { return Err(io::Error::from_raw_os_error(libc::ESRCH)).step("find a sandbox") };
        let started = cell.start(launch.id, start, &all);
        if started.is_err() {
            cell.occupant = None;
            cell.kill();
        }
        started
    }

    /// A sandbox has said something.
    fn listen(&mut self, key: u64) -> io::Result<()> {
        let Some(cell) = self.cells.get_mut(&key) else { return Ok(()) };
        let begun = cell.hear()?;
        if begun { self.announce(key) } else { Ok(()) }
    }

    fn announce(&self, key: u64) -> io::Result<()> {
        let (Some(cell), Some(nest)) = (self.cells.get(&key), &self.nest) else { return Ok(()) };
        let Some(occupant) = &cell.occupant else { return Ok(()) };
        self.tell(&Reply::Started { id: occupant.run, start: StartMode::Cold, isolation: nest.isolation() }, &[cell.pidfd.as_fd()])
    }

    /// Some children have ended.
    fn bury(&mut self) -> io::Result<()> {
        let mut drained = [0_u8; 128 * 16];
        let _ = rustix::io::read(&self.children, &mut drained);
        while let Some((pid, ended)) = sys::reap(-1, false) {
            let Some(key) = self.cells.iter().find(|(_, cell)| cell.pid == pid).map(|(key, _)| *key) else { continue };
            let Some(mut cell) = self.cells.remove(&key) else { continue };
            self.pool.retain(|pooled| *pooled != key);
            let begun = cell.hear().unwrap_or(false);
            let _ = epoll::delete(&self.poll, &cell.control);
            self.cells.insert(key, cell);
            if begun {
                self.announce(key)?;
            }
            if let Some(cell) = self.cells.remove(&key) {
                self.report(cell, ended)?;
            }
        }
        Ok(())
    }

    fn report(&mut self, mut cell: Cell, ended: sys::Ended) -> io::Result<()> {
        if let Some(occupant) = &cell.occupant {
            let id = occupant.run;
            if occupant.since.is_some() {
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
