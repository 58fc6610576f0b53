//! One sandbox as the spawner keeps it, from birth to the report of its end.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::net::{RecvFlags, SendFlags};

use super::frame::{Ending, ExitCause, Launch};
use crate::domain::run::Usage;
use crate::exec::sandbox::birth::Newborn;
use crate::exec::sandbox::fault::{SetupError, Step};
use crate::exec::sandbox::memory::Group;
use crate::exec::sandbox::order::{NAMESPACES, Note, Order, Start, Verdict, Why};
use crate::exec::sandbox::{socket, sys};

/// The run a sandbox was given to.
pub struct Occupant {
    pub run: u64,
    /// Somebody wanted its end.
    pub asked: bool,
    /// When the program began.
    pub since: Option<Instant>,
    /// Present when the main process is a zygote's child.
    pub warm: Option<Warm>,
}

/// What there is to know of a run whose main process is a zygote's child.
pub struct Warm {
    pub zygote: u64,
    /// Kept until capability code is about to begin, so that the run can start cold if the zygote fails.
    pub order: Option<(Launch, Vec<OwnedFd>)>,
    /// How the child ended.
    pub ended: Option<sys::Ended>,
    /// The child ended by itself, not because its sandbox was ended.
    pub by_itself: bool,
    /// The zygote went away during the run.
    pub lost: bool,
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
        self.occupant = Some(Occupant { run, asked: false, since: None, warm: None });
        socket::send(&self.control, &Order::Start(start), fds, SendFlags::empty()).step("order the start")
    }

    pub fn terminate(&self) {
        let _ = socket::send(&self.control, &Order::Terminate, &[], SendFlags::DONTWAIT);
    }

    /// Ends every process in the sandbox and accounts for what they used.
    pub fn end(&mut self) {
        if let Some(occupant) = &mut self.occupant {
            occupant.asked = true;
        }
        if socket::send(&self.control, &Order::End, &[], SendFlags::DONTWAIT).is_err() {
            self.kill();
        }
    }

    /// Ends the sandbox by force; what its processes used is then not fully known.
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
                if let Some(occupant) = self.occupant.as_mut().filter(|occupant| occupant.warm.is_none()) {
                    occupant.since = Some(Instant::now());
                }
                return true;
            }
        }
        false
    }

    /// How the run ended, now that everything in the sandbox is dead. `init` is what the first process and all it reaped used.
    pub fn ending(&self, init: sys::Ended) -> Ending {
        let warm = self.occupant.as_ref().and_then(|occupant| occupant.warm.as_ref());
        let joined = warm.and_then(|warm| warm.ended);
        let since = self.occupant.as_ref().and_then(|occupant| occupant.since);
        let by_itself = warm.is_some_and(|warm| warm.by_itself);
        let (code, signal) = match (joined, self.verdict) {
            (Some(ended), _) if by_itself => (ended.code, ended.signal),
            (_, Some(verdict)) => (verdict.code, verdict.signal),
            (Some(ended), None) => (ended.code, ended.signal),
            (None, None) => (None, Some(libc::SIGKILL)),
        };
        let why = self.verdict.map(|verdict| verdict.why);
        let cpu = why == Some(Why::CpuExhausted) || signal == Some(libc::SIGXCPU);
        let starved = code != Some(0) && self.group.as_ref().is_some_and(|group| group.kills() > 0);
        let cause = match () {
            () if self.failure.is_some() => ExitCause::Setup,
            () if warm.is_some_and(|warm| warm.lost) => ExitCause::SpawnerLost,
            () if starved => ExitCause::MemoryLimit,
            () if cpu => ExitCause::CpuLimit,
            () if why != Some(Why::Exited) && !by_itself => ExitCause::Killed,
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

impl Occupant {
    /// A zygote's child was the main process and nobody has said yet how it ended.
    pub fn awaits_word(&self) -> bool {
        self.since.is_some() && self.warm.as_ref().is_some_and(|warm| warm.ended.is_none())
    }
}

impl Cell {
    /// Whether the first process is being ended: the kernel then ends everything else in the sandbox before it.
    pub fn is_ending(&self) -> bool {
        const PF_EXITING: u64 = 4;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let flags = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_ascii_whitespace().nth(6)?.parse::<u64>().ok());
        flags.is_none_or(|flags| flags & PF_EXITING != 0)
    }

    /// What a zygote's child needs to join: its descriptors in the order of `Join`.
    pub fn join_fds<'a>(&'a self, given: &'a [OwnedFd]) -> Option<Vec<BorrowedFd<'a>>> {
        let inside = self.inside.as_ref()?;
        let mut fds = vec![given.get(4)?.as_fd()];
        fds.extend(given.get(1..4)?.iter().map(AsFd::as_fd));
        fds.extend(inside.spaces.iter().map(AsFd::as_fd));
        fds.extend(inside.landlock.iter().map(AsFd::as_fd));
        fds.extend(self.group.as_ref().map(Group::procs));
        Some(fds)
    }
}

/// Removes the secrets a run has left in its private directory, which is kept until the server has collected.
pub fn wipe_secrets(private: &OwnedFd) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(dir) = rustix::fs::openat(private, c"secrets", flags, Mode::empty()) else { return };
    for entry in Dir::read_from(&dir).into_iter().flatten().flatten() {
        let _ = rustix::fs::unlinkat(&dir, entry.file_name(), AtFlags::empty());
    }
}

impl AsFd for Cell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }
}
