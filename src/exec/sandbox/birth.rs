//! Making the first process of a sandbox: a child of the spawner that is process 1 of new namespaces.
//!
//! A short-lived helper enters the namespaces and forks the first process as its sibling, so that the spawner is
//! the parent and no process lingers. What happens inside afterwards is `init`'s.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{RecvFlags, SendFlags};
use rustix::process::{DumpableBehavior, Pid, PidfdFlags};

use super::fault::{SetupError, Step};
use super::order::Note;
use super::root::RUN_UID;
use super::{init, socket, sys};

/// Which network a sandbox has.
#[derive(Clone, Copy)]
pub enum Net<'a> {
    /// An empty network namespace that all runs share: they cannot reach each other in it.
    Shared(BorrowedFd<'a>),
    /// An empty network namespace of its own.
    Own,
    /// The host's network.
    Host,
}

/// What a sandbox is made from.
pub struct Cradle<'a> {
    /// The user namespace that holds all sandboxes, unless the spawner is in it.
    pub userns: Option<BorrowedFd<'a>>,
    /// The user and group the run has in that namespace.
    pub uid: u32,
    /// A clone of the root tree.
    pub root: OwnedFd,
    pub net: Net<'a>,
    /// The open `cgroup.procs` of the run's control group, if there is one.
    pub group: Option<BorrowedFd<'a>>,
}

/// A first process that was just made; it prepares itself and then sends `Note::Ready`.
pub struct Newborn {
    pub pid: i32,
    pub pidfd: OwnedFd,
    pub control: OwnedFd,
    /// What it said before the helper announced it.
    pub early: Vec<(Note, Vec<OwnedFd>)>,
}

/// A first process that a helper is about to make.
pub struct Expected {
    control: OwnedFd,
    early: Vec<(Note, Vec<OwnedFd>)>,
}

/// Begins to make a first process. Joining a control group alone can take ten milliseconds (the kernel waits for an RCU
/// grace period), so nobody who has other things to do should wait for it.
pub fn conceive(cradle: Cradle<'_>) -> Result<Expected, SetupError> {
    let (ours, theirs) = socket::pair().step("make control socket")?;
    if matches!(sys::fork().step("fork")?, sys::Fork::Child) {
        drop(ours);
        if let Err(failed) = enter(cradle, &theirs) {
            let _ = socket::send(&theirs, &Note::Failed(failed), &[], SendFlags::empty());
        }
        sys::leave(0);
    }
    Ok(Expected { control: ours, early: Vec::new() })
}

impl Expected {
    /// The first process, once it is there.
    pub fn hear(&mut self) -> Result<Option<Newborn>, SetupError> {
        self.receive(RecvFlags::DONTWAIT)
    }

    /// Waits for the first process.
    pub fn wait(&mut self) -> Result<Newborn, SetupError> {
        loop {
            if let Some(born) = self.receive(RecvFlags::empty())? {
                return Ok(born);
            }
        }
    }

    fn receive(&mut self, flags: RecvFlags) -> Result<Option<Newborn>, SetupError> {
        loop {
            match socket::receive(&self.control, flags) {
                Ok(Some((Note::Born(pid), mut fds))) if !fds.is_empty() => {
                    let control = self.control.try_clone().step("keep the control socket")?;
                    return Ok(Some(Newborn { pid, pidfd: fds.remove(0), control, early: std::mem::take(&mut self.early) }));
                }
                Ok(Some((Note::Failed(failed), _))) => return Err(failed),
                Ok(Some(other)) => self.early.push(other),
                Ok(None) => return Err(io::Error::from_raw_os_error(libc::ECHILD)).step("make the first process"),
                Err(none) if none.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(refused) => return Err(refused).step("hear of the first process"),
            }
        }
    }
}

impl AsFd for Expected {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }
}

/// The helper: enters the namespaces, then forks the first process beside itself.
fn enter(cradle: Cradle<'_>, control: &OwnedFd) -> Result<(), SetupError> {
    let _ = fs::write("/proc/self/oom_score_adj", "300");
    if let Some(group) = cradle.group {
        rustix::io::write(group, b"0").step("join the control group")?;
    }
    if let Some(userns) = cradle.userns {
        sys::setns(userns, libc::CLONE_NEWUSER).step("enter the user namespace of all runs")?;
    }
    if let Net::Shared(net) = cradle.net {
        sys::setns(net, libc::CLONE_NEWNET).step("enter the empty network namespace")?;
    }
    if cradle.userns.is_some() {
        sys::become_user(cradle.uid, cradle.uid).step("become the run's user")?;
    }
    let net = if matches!(cradle.net, Net::Own) { libc::CLONE_NEWNET } else { 0 };
    let spaces =
        libc::CLONE_NEWUSER | libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS | libc::CLONE_NEWCGROUP;
    sys::unshare(spaces | net).step("make namespaces")?;
    map_self(cradle.uid, cradle.uid, RUN_UID).step("map the run's user")?;
    match sys::fork_sibling().step("fork the first process")? {
        sys::Fork::Child => init::run(control, cradle.root),
        sys::Fork::Parent(pid) => {
            // From here, where nobody can have reaped it: the number cannot mean another process yet.
            let raw = Pid::from_raw(pid).ok_or(io::Error::from_raw_os_error(libc::ESRCH)).step("find the first process")?;
            let pidfd = rustix::process::pidfd_open(raw, PidfdFlags::empty()).step("watch the first process")?;
            socket::send(control, &Note::Born(pid), &[pidfd.as_fd()], SendFlags::empty()).step("announce the first process")
        }
    }
}

/// In a user namespace just made: maps one user and group to those the caller had.
pub fn map_self(uid: u32, gid: u32, inside: u32) -> io::Result<()> {
    // The map files belong to root while a process is not dumpable.
    rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{inside} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{inside} {gid} 1"))?;
    Ok(rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Runs `inside` in a child that entered a user namespace first, and hands back the namespace file it opened.
pub fn namespace_file(userns: Option<BorrowedFd<'_>>, flags: i32, name: &str) -> Result<OwnedFd, SetupError> {
    let (ours, theirs) = socket::pair().step("make a socket")?;
    match sys::fork().step("fork")? {
        sys::Fork::Child => {
            let made = userns
                .map_or(Ok(()), |userns| sys::setns(userns, libc::CLONE_NEWUSER))
                .and_then(|()| sys::unshare(flags))
                .and_then(|()| fs::File::open(format!("/proc/self/ns/{name}")))
                .step("make a namespace");
            let _ = match &made {
                Ok(file) => socket::send(&theirs, &Note::Started, &[file.as_fd()], SendFlags::empty()),
                Err(failed) => socket::send(&theirs, &Note::Failed(failed.clone()), &[], SendFlags::empty()),
            };
            sys::leave(0);
        }
        sys::Fork::Parent(child) => {
            drop(theirs);
            let heard = socket::receive(&ours, RecvFlags::empty()).step("hear of the namespace");
            sys::reap(child, true);
            match heard? {
                Some((Note::Failed(failed), _)) => Err(failed),
                Some((_, mut fds)) if !fds.is_empty() => Ok(fds.remove(0)),
                _ => Err(io::Error::from_raw_os_error(libc::ECHILD)).step("make a namespace"),
            }
        }
    }
}

/// Makes the user namespace that holds all sandboxes of a privileged spawner: its ids 0 to 65535 are a range of
/// host ids that belongs to nobody, so nothing in it is ever root of the host.
pub fn range_namespace(first_host_id: u32) -> Result<OwnedFd, SetupError> {
    let (ours, theirs) = socket::pair().step("make a socket")?;
    match sys::fork().step("fork")? {
        sys::Fork::Child => {
            drop(ours);
            if sys::unshare(libc::CLONE_NEWUSER).is_ok() {
                let _ = socket::send(&theirs, &Note::Started, &[], SendFlags::empty());
                let _ = socket::receive::<Note>(&theirs, RecvFlags::empty());
            }
            sys::leave(0);
        }
        sys::Fork::Parent(child) => {
            drop(theirs);
            let ready = socket::receive::<Note>(&ours, RecvFlags::empty());
            let made = match ready {
                Ok(Some(_)) => map_range(child, first_host_id).step("map the users of runs"),
                _ => Err(io::Error::from_raw_os_error(libc::EPERM)).step("make a user namespace"),
            };
            drop(ours);
            sys::reap(child, true);
            made
        }
    }
}

fn map_range(child: i32, first: u32) -> io::Result<OwnedFd> {
    fs::write(format!("/proc/{child}/uid_map"), format!("0 {first} 65536"))?;
    fs::write(format!("/proc/{child}/gid_map"), format!("0 {first} 65536"))?;
    Ok(fs::File::open(format!("/proc/{child}/ns/user"))?.into())
}
