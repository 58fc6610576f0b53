//! One sandbox as the spawner keeps it, from birth to the report of its end.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::net::{RecvFlags, SendFlags};

use super::frame::{Ending, ExitCause};
use crate::domain::run::Usage;
use crate::exec::sandbox::birth::Newborn;
use crate::exec::sandbox::fault::{SetupError, Step};
use crate::exec::sandbox::memory::Group;
use crate::exec::sandbox::order::{NAMESPACES, Note, Order, Start, Verdict};
use crate::exec::sandbox::{socket, sys};

/// The run a sandbox was given to.
pub struct Occupant {
    pub run: u64,
    /// When the program began.
    pub since: Option<Instant>,
    /// How the zygote's child ended, when one is the main process.
    pub joined: Option<sys::Ended>,
}

pub struct Cell {
    pub pid: i32,
    pub pidfd: OwnedFd,
    pub control: OwnedFd,
    pub group: Option<Group>,
    pub occupant: Option<Occupant>,
    /// Present once the sandbox is prepared.
    pub inside: Option<Inside>,
    pub verdict: Option<Verdict>,
    pub failure: Option<SetupError>,
}

/// What the first process hands out of a prepared sandbox.
pub struct Inside {
    pub private: OwnedFd,
    pub spaces: Vec<OwnedFd>,
    pub landlock: Option<OwnedFd>,
}

impl Cell {
    pub fn new(born: Newborn, group: Option<Group>) -> Self {
        let mut cell = Self {
            pid: born.pid,
            pidfd: born.pidfd,
            control: born.control,
            group,
            occupant: None,
            inside: None,
            verdict: None,
            failure: None,
        };
        for (note, fds) in born.early {
            cell.take(note, fds);
        }
        cell
    }

    /// Gives the sandbox to a run.
    pub fn start(&mut self, run: u64, start: Start, fds: &[BorrowedFd<'_>]) -> Result<(), SetupError> {
        if let Some(group) = &self.group {
            group.bound(start.limits.memory_bytes).step("set the memory bound")?;
        }
        self.occupant = Some(Occupant { run, since: None, joined: None });
        socket::send(&self.control, &Order::Start(start), fds, SendFlags::empty()).step("order the start")
    }

    pub fn terminate(&self) {
        let _ = socket::send(&self.control, &Order::Terminate, &[], SendFlags::DONTWAIT);
    }

    pub fn kill(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, rustix::process::Signal::KILL);
    }

    /// Takes in what the first process has said; true when the program has just begun.
    pub fn hear(&mut self) -> io::Result<bool> {
        let mut begun = false;
        loop {
            match socket::receive::<Note>(&self.control, RecvFlags::DONTWAIT) {
                Ok(Some((note, fds))) => begun |= self.take(note, fds),
                Ok(None) => return Ok(begun),
                Err(refused) if refused.kind() == io::ErrorKind::WouldBlock => return Ok(begun),
                Err(refused) => return Err(refused),
            }
        }
    }

    fn take(&mut self, note: Note, fds: Vec<OwnedFd>) -> bool {
        match note {
            Note::Born(_) => {}
            Note::Ready { landlock } => self.inside = inside(landlock, fds),
            Note::Failed(failed) => self.failure = Some(failed),
            Note::Ended(verdict) => self.verdict = Some(verdict),
            Note::Started => {
                if let Some(occupant) = &mut self.occupant {
                    occupant.since = Some(Instant::now());
                }
                return true;
            }
        }
        false
    }

    /// How the run ended, now that everything in the sandbox is dead. `init` is what the first process and all it reaped used.
    pub fn ending(&self, init: sys::Ended) -> Ending {
        let joined = self.occupant.as_ref().and_then(|occupant| occupant.joined);
        let since = self.occupant.as_ref().and_then(|occupant| occupant.since);
        let (code, signal) = match (joined, self.verdict) {
            (_, Some(verdict)) => (verdict.code, verdict.signal),
            (Some(ended), None) => (ended.code, ended.signal),
            (None, None) => (None, Some(libc::SIGKILL)),
        };
        let cpu = self.verdict.is_some_and(|verdict| verdict.cpu_exhausted) || signal == Some(libc::SIGXCPU);
        let starved = code != Some(0) && self.group.as_ref().is_some_and(|group| group.kills() > 0);
        let cause = match () {
            () if self.failure.is_some() => ExitCause::Setup,
            () if starved => ExitCause::MemoryLimit,
            () if cpu => ExitCause::CpuLimit,
            () if self.verdict.is_none() && joined.is_none() => ExitCause::Killed,
            () => ExitCause::Normal,
        };
        let joined = joined.unwrap_or_default();
        let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let peak = self.group.as_ref().map_or(0, Group::peak).max(init.peak_bytes.max(joined.peak_bytes));
        let usage = Usage {
            wall_ms: since.map_or(0, |since| millis(since.elapsed())),
            cpu_user_ms: millis(init.user + joined.user),
            cpu_system_ms: millis(init.system + joined.system),
            memory_peak_bytes: peak,
        };
        Ending { code, signal, cause, usage }
    }
}

fn inside(landlock: bool, mut fds: Vec<OwnedFd>) -> Option<Inside> {
    if fds.len() != 1 + NAMESPACES.len() + usize::from(landlock) {
        return None;
    }
    let landlock = if landlock { fds.pop() } else { None };
    let spaces = fds.split_off(1);
    Some(Inside { private: fds.pop()?, spaces, landlock })
}

impl AsFd for Cell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }
}
