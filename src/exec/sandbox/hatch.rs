//! Making a zygote's process: an interpreter in a root of its own, with the few capabilities it needs to join
//! sandboxes, no network and no files but the system's.
//!
//! Its ids and capabilities mean something only in the user namespace that holds all runs.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{MoveMountFlags, UnmountFlags};
use rustix::process::Signal;

use super::fault::{SetupError, Step};
use super::order::NAMESPACES;
use super::{socket, sys};

/// Administration of namespaces, change of root and ids, the bounding set: `linux/capability.h`.
const NEEDED: &[u32] = &[6, 7, 8, 18, 21];

/// What a zygote is made from.
pub struct Egg<'a> {
    /// The user namespace that holds all sandboxes, unless the spawner is in it.
    pub userns: Option<BorrowedFd<'a>>,
    /// A clone of the root tree.
    pub root: OwnedFd,
    /// Further directories of the interpreter, and where they go.
    pub mounts: Vec<(OwnedFd, String)>,
    pub interpreter: &'a str,
    pub script: &'a str,
}

/// Starts the interpreter; gives its process and our end of its control socket.
pub fn hatch(egg: Egg<'_>) -> Result<(i32, OwnedFd), SetupError> {
    let (ours, theirs) = socket::pair().step("make control socket")?;
    match sys::fork().step("fork")? {
        sys::Fork::Child => {
            let _ = become_zygote(egg, &theirs);
            sys::leave(127)
        }
        sys::Fork::Parent(pid) => Ok((pid, ours)),
    }
}

fn become_zygote(egg: Egg<'_>, control: &OwnedFd) -> Result<std::convert::Infallible, SetupError> {
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    if let Some(userns) = egg.userns {
        sys::setns(userns, libc::CLONE_NEWUSER).step("enter the user namespace of all runs")?;
        sys::become_user(0, 0).step("become root of that namespace")?;
    }
    let spaces = NAMESPACES.iter().map(|(_, flag)| *flag).filter(|flag| ![libc::CLONE_NEWUSER, libc::CLONE_NEWPID].contains(flag));
    sys::unshare(spaces.fold(0, |all, flag| all | flag)).step("make namespaces")?;
    let old = rustix::fs::openat(CWD, c"/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).step("open /")?;
    sys::mount_setattr(old.as_fd(), true, 0, sys::PRIVATE).step("detach mounts")?;
    rustix::mount::move_mount(&egg.root, c"", CWD, c"/", MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).step("attach root")?;
    rustix::process::fchdir(&egg.root).step("enter root")?;
    rustix::process::pivot_root(c".", c".").step("pivot root")?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH).step("leave old root")?;
    rustix::process::chdir(c"/").step("enter root")?;
    for (mount, target) in &egg.mounts {
        rustix::mount::move_mount(mount, c"", CWD, target.as_str(), MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
            .step("attach the interpreter")?;
    }
    sys::drop_bounding(NEEDED).step("drop capabilities")?;
    rustix::thread::set_no_new_privs(true).step("forbid new privileges")?;
    let null = rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).step("open /dev/null")?;
    for at in 0..3 {
        sys::place(null.as_raw_fd(), at).step("close standard streams")?;
    }
    let text = |text: &str| CString::new(text).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL)).step("read the interpreter's path");
    let path = text(egg.interpreter)?;
    let argv = [path.clone(), text("-I")?, text("-S")?, text(egg.script)?];
    let env = [text("PATH=/usr/local/bin:/usr/bin:/bin")?, text("LANG=C.UTF-8")?];
    sys::reset_signals();
    let [control] = sys::keep_only([control.as_raw_fd()]).step("keep descriptors")?;
    std::mem::forget((egg, null, old));
    sys::place(control.into_raw_fd(), 3).step("keep the control socket")?;
    Err(sys::exec(&path, &argv, &env)).step("execute the interpreter")
}
