//! Safe faces for the few system calls that no crate of ours wraps, or wraps only for threaded programs.
//!
//! Everything here is for the spawner and its children, which have one thread each; nothing here may be called
//! from the server. Deliberately without policy: what is called when is decided in `birth`, `init` and `payload`.

use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Which side of a fork this is.
pub enum Fork {
    Child,
    Parent(i32),
}

fn check(returned: libc::c_long) -> io::Result<libc::c_long> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(returned) }
}

/// Forks; the parent of the child is the caller.
pub fn fork() -> io::Result<Fork> {
    // SAFETY: the caller has one thread (module rule), so the child inherits no lock held by another.
    let pid = unsafe { libc::fork() };
    match check(libc::c_long::from(pid))? {
        0 => Ok(Fork::Child),
        _ => Ok(Fork::Parent(pid)),
    }
}

/// Forks a child whose parent is the caller's parent, so that the caller may leave at once.
pub fn fork_sibling() -> io::Result<Fork> {
    let flags = libc::CLONE_PARENT | libc::SIGCHLD;
    // SAFETY: without CLONE_VM and with a null stack this is fork(2); the caller has one thread (module rule).
    let pid = check(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) })?;
    if pid == 0 { Ok(Fork::Child) } else { Ok(Fork::Parent(i32::try_from(pid).unwrap_or(i32::MAX))) }
}

/// Leaves without running destructors or exit handlers, as a forked child must.
pub fn leave(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

/// Moves the caller into new namespaces.
pub fn unshare(flags: libc::c_int) -> io::Result<()> {
    // SAFETY: plain integers; CLONE_FILES is never among the flags, so no descriptor table changes under Rust.
    check(libc::c_long::from(unsafe { libc::unshare(flags) })).map(drop)
}

/// Joins the namespaces behind a namespace file or pidfd.
pub fn setns(fd: BorrowedFd<'_>, flags: libc::c_int) -> io::Result<()> {
    // SAFETY: plain integers, and the descriptor is borrowed for the call.
    check(libc::c_long::from(unsafe { libc::setns(fd.as_raw_fd(), flags) })).map(drop)
}

/// Gives up all supplementary groups, then becomes one user and group for good.
pub fn become_user(uid: u32, gid: u32) -> io::Result<()> {
    // SAFETY: a null list of length zero is allowed; the others take plain integers.
    unsafe {
        check(libc::c_long::from(libc::setgroups(0, std::ptr::null())))?;
        check(libc::c_long::from(libc::setresgid(gid, gid, gid)))?;
        check(libc::c_long::from(libc::setresuid(uid, uid, uid)))?;
    }
    Ok(())
}

#[repr(C)]
struct MountAttr {
    attr_set: u64,
    attr_clr: u64,
    propagation: u64,
    userns_fd: u64,
}

/// Read-only (`MOUNT_ATTR_RDONLY`, `linux/mount.h`).
pub const ATTR_RDONLY: u64 = 0x1;
/// Ignore setuid and setgid bits and file capabilities.
pub const ATTR_NOSUID: u64 = 0x2;
/// Device files cannot be opened.
pub const ATTR_NODEV: u64 = 0x4;
/// Programs cannot be executed.
pub const ATTR_NOEXEC: u64 = 0x8;
/// Mounts and unmounts do not travel to or from other namespaces.
pub const PRIVATE: u64 = libc::MS_PRIVATE;
/// Mounts arrive from the host, none goes back.
pub const SLAVE: u64 = libc::MS_SLAVE;

/// Sets attributes and propagation of a mount (or a whole tree of mounts), attached or not. Linux 5.12.
pub fn mount_setattr(mount: BorrowedFd<'_>, recursive: bool, set: u64, propagation: u64) -> io::Result<()> {
    let attr = MountAttr { attr_set: set, attr_clr: 0, propagation, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a static C string, the attribute block lives through the call and its size is passed.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            std::ptr::from_ref(&attr),
            std::mem::size_of::<MountAttr>(),
        )
    };
    check(done).map(drop)
}

/// How a child ended and what it used, its own waited-for children included.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ended {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub user: Duration,
    pub system: Duration,
    /// Largest resident set of one process, in bytes.
    pub peak_bytes: u64,
}

impl Ended {
    /// From a status as wait(2) gives it.
    pub fn of_status(status: i32, user: Duration, system: Duration, peak_bytes: u64) -> Self {
        Self {
            code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
            signal: libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)),
            user,
            system,
            peak_bytes,
        }
    }
}

fn duration(of: libc::timeval) -> Duration {
    Duration::new(u64::try_from(of.tv_sec).unwrap_or(0), u32::try_from(of.tv_usec).unwrap_or(0) * 1_000)
}

/// Reaps a child (`pid`, or any with -1). `None` when none has ended and `block` is false, or there is no child.
pub fn reap(pid: i32, block: bool) -> Option<(i32, Ended)> {
    let flags = libc::__WALL | if block { 0 } else { libc::WNOHANG };
    loop {
        let mut status = 0;
        let mut used = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: both out-pointers are valid for the call; rusage is plain data for which zeroes are a value.
        let (found, used) = unsafe { (libc::wait4(pid, &raw mut status, flags, used.as_mut_ptr()), used.assume_init()) };
        if found < 0 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
            continue;
        }
        if found <= 0 {
            return None;
        }
        let peak_bytes = u64::try_from(used.ru_maxrss).unwrap_or(0) * 1024;
        let ended = Ended::of_status(status, duration(used.ru_utime), duration(used.ru_stime), peak_bytes);
        return Some((found, ended));
    }
}

/// Processor time of all children that were waited for.
pub fn reaped_time() -> Duration {
    let mut used = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the out-pointer is valid for the call; rusage is plain data for which zeroes are a value.
    let used = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, used.as_mut_ptr());
        used.assume_init()
    };
    duration(used.ru_utime) + duration(used.ru_stime)
}

/// Signals a process, a group (negative) or everything in the pid namespace (-1).
pub fn kill(pid: i32, signal: i32) {
    // SAFETY: plain integers.
    unsafe { libc::kill(pid, signal) };
}

/// Whether the caller can see no other process: in process 1, whether the pid namespace is empty but for it.
pub fn is_alone() -> bool {
    // SAFETY: plain integers; signal 0 only asks.
    unsafe { libc::kill(-1, 0) == -1 }
}

/// Closes every descriptor from `first` on.
pub fn close_from(first: RawFd) {
    let first = libc::c_uint::try_from(first).unwrap_or(0);
    // SAFETY: the callers own nothing at or above `first` afterwards: they exec, or have kept what they need below it.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
    if done < 0 {
        for fd in first..4096 {
            // SAFETY: as above; closing a number that is not open is harmless.
            unsafe { libc::close(fd.cast_signed()) };
        }
    }
}

/// Puts a descriptor at a fixed number, open across exec.
pub fn place(fd: RawFd, at: RawFd) -> io::Result<()> {
    let done = if fd == at {
        // SAFETY: plain integers: clears close-on-exec.
        unsafe { libc::fcntl(fd, libc::F_SETFD, 0) }
    } else {
        // SAFETY: the number `at` is the caller's to replace (0 to 3 in a child about to exec).
        unsafe { libc::dup2(fd, at) }
    };
    check(libc::c_long::from(done)).map(drop)
}

/// Duplicates a descriptor to a number of at least `least`, closed on exec.
pub fn dup_above(fd: BorrowedFd<'_>, least: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: plain integers; the new descriptor is owned by the result alone.
    unsafe {
        let new = check(libc::c_long::from(libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, least)))?;
        Ok(OwnedFd::from_raw_fd(RawFd::try_from(new).unwrap_or(-1)))
    }
}

/// Takes over standard input as the channel to the server.
pub fn take_stdin() -> io::Result<OwnedFd> {
    // SAFETY: descriptor 0 is open for the whole life of the process and only borrowed here.
    dup_above(unsafe { BorrowedFd::borrow_raw(0) }, 10)
}

/// Sets every signal back to its default and unblocks all.
pub fn reset_signals() {
    // SAFETY: a zeroed sigaction is SIG_DFL with an empty mask; setting it for numbers that do not exist fails harmlessly.
    unsafe {
        let default: libc::sigaction = std::mem::zeroed();
        for signal in 1..=64 {
            libc::sigaction(signal, &raw const default, std::ptr::null_mut());
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// A descriptor that becomes readable when a child ends; SIGCHLD is blocked from then on.
pub fn child_signal_fd() -> io::Result<OwnedFd> {
    // SAFETY: the signal set is initialised before use; the new descriptor is owned by the result alone.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        check(libc::c_long::from(libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut())))?;
        let fd = check(libc::c_long::from(libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)))?;
        Ok(OwnedFd::from_raw_fd(RawFd::try_from(fd).unwrap_or(-1)))
    }
}

/// The version of Landlock this kernel has; 0 when it has none or it is switched off.
pub fn landlock_version() -> u32 {
    // SAFETY: with a null attribute block and the VERSION flag (1) the call only answers a number.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0, 1) };
    u32::try_from(version).unwrap_or(0)
}

/// Confines the caller by a landlock ruleset. Needs `no_new_privs`.
pub fn landlock_restrict(ruleset: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: plain integers, and the descriptor is borrowed for the call.
    check(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) }).map(drop)
}

/// Installs a seccomp program for the caller. Needs `no_new_privs`.
pub fn seccomp(program: &[libc::sock_filter]) -> io::Result<()> {
    let len = libc::c_ushort::try_from(program.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let block = libc::sock_fprog { len, filter: program.as_ptr().cast_mut() };
    // SAFETY: the program outlives the call, which copies it; the kernel only reads through the pointer.
    check(unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const block) }).map(drop)
}

/// Replaces the process by a program. Returns only on failure.
pub fn exec(path: &CStr, argv: &[CString], envp: &[CString]) -> io::Error {
    let terminated = |list: &[CString]| list.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect::<Vec<_>>();
    let (argv, envp) = (terminated(argv), terminated(envp));
    // SAFETY: both arrays end with a null pointer and their strings live until the call returns.
    unsafe { libc::execve(path.as_ptr(), argv.as_ptr(), envp.as_ptr()) };
    io::Error::last_os_error()
}

/// Marks every descriptor from `first` on to be closed by exec.
pub fn cloexec_from(first: RawFd) {
    const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
    let first = libc::c_uint::try_from(first).unwrap_or(0);
    // SAFETY: plain integers; only the close-on-exec flag changes.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, CLOSE_RANGE_CLOEXEC) };
    if done < 0 {
        for fd in first..4096 {
            // SAFETY: as above; a number that is not open is refused harmlessly.
            unsafe { libc::fcntl(fd.cast_signed(), libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

/// Keeps these descriptors, as 3, 4 and so on, and closes everything else but 0, 1 and 2. Whatever the caller owned
/// before is gone: it must forget it rather than drop it.
pub fn keep_only<const N: usize>(keep: [RawFd; N]) -> io::Result<[OwnedFd; N]> {
    let count = RawFd::try_from(N).unwrap_or(RawFd::MAX);
    let mut high = [-1; N];
    for (to, from) in high.iter_mut().zip(keep) {
        // SAFETY: plain integers; the copy lies above the numbers that are about to be replaced.
        *to = RawFd::try_from(check(libc::c_long::from(unsafe { libc::fcntl(from, libc::F_DUPFD_CLOEXEC, 3 + count) }))?).unwrap_or(-1);
    }
    for (at, from) in (3..).zip(high) {
        // SAFETY: plain integers; nobody uses the old owner of the number again (see above).
        check(libc::c_long::from(unsafe { libc::dup3(from, at, libc::O_CLOEXEC) }))?;
    }
    close_from(3 + count);
    let mut at = 2;
    Ok([(); N].map(|()| {
        at += 1;
        // SAFETY: placed just now; the result is its only owner.
        unsafe { OwnedFd::from_raw_fd(at) }
    }))
}

/// Descriptor 3, for the last words of a process that has kept its control socket there.
pub fn third() -> BorrowedFd<'static> {
    // SAFETY: borrowed for one send; if it is not open any more the send fails harmlessly.
    unsafe { BorrowedFd::borrow_raw(3) }
}

/// Drops every capability but these from the bounding set.
pub fn drop_bounding(keep: &[u32]) -> io::Result<()> {
    for capability in (0..64).filter(|capability| !keep.contains(capability)) {
        // SAFETY: plain integers.
        let done = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        if done < 0 {
            let refused = io::Error::last_os_error();
            return if refused.raw_os_error() == Some(libc::EINVAL) { Ok(()) } else { Err(refused) };
        }
    }
    Ok(())
}

/// Hands back what only starting needed: memory that the allocator holds free, and the pages of the program's code,
/// which the kernel maps again from the page cache as they are used.
pub fn give_back_start() {
    // SAFETY: it only gives memory back that is free.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
    for (from, to) in code_ranges(&fs::read_to_string("/proc/self/maps").unwrap_or_default()) {
        // SAFETY: the range is a private file mapping that is not writable, so nothing in it differs from the file; a
        // program file cannot be written to while it runs.
        unsafe { libc::madvise(from as *mut libc::c_void, to - from, libc::MADV_DONTNEED) };
    }
}

/// Where code of files is mapped, as `proc_pid_maps(5)` says it.
fn code_ranges(maps: &str) -> Vec<(usize, usize)> {
    maps.lines().filter_map(mapping).filter(|found| found.rights == "r-xp" && found.is_file).map(|found| found.range).collect()
}

/// One line of `proc_pid_maps(5)`.
struct Mapping<'a> {
    range: (usize, usize),
    rights: &'a str,
    is_file: bool,
}

fn mapping(line: &str) -> Option<Mapping<'_>> {
    let mut fields = line.split_ascii_whitespace();
    let (range, rights) = (fields.next()?, fields.next()?);
    let is_file = fields.nth(3).is_some_and(|name| name.starts_with('/'));
    let (from, to) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    Some(Mapping { range: (address(from)?, address(to)?), rights, is_file })
}

/// Fewer bytes are not worth a mapping of their own.
const WORTH_SHARING: usize = 256 << 10;

/// Moves what the loader has relocated (constants with addresses in them) into shared memory that cannot be written to.
/// A fork copies the page tables of private memory that was ever written, and the child's end undoes it; shared memory
/// costs nothing until it is used. This halves what it takes to make the first process of a sandbox.
pub fn share_relocated() -> io::Result<()> {
    for (from, to) in relocated_ranges(&fs::read_to_string("/proc/self/smaps")?) {
        let file = rustix::fs::memfd_create(c"relocated", rustix::fs::MemfdFlags::CLOEXEC)?;
        // SAFETY: the range is mapped and readable, and nobody writes to it: the loader has withdrawn that right.
        let bytes = unsafe { std::slice::from_raw_parts(from as *const u8, to - from) };
        io::Write::write_all(&mut fs::File::from(file.try_clone()?), bytes)?;
        // Through a descriptor that cannot write, so that the mapping never can.
        let fixed = fs::File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
        let flags = libc::MAP_SHARED | libc::MAP_FIXED;
        // SAFETY: replaces a range with the same bytes in one step, which no reader of it can notice.
        let placed = unsafe { libc::mmap(from as *mut libc::c_void, to - from, libc::PROT_READ, flags, fixed.as_raw_fd(), 0) };
        if placed == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Read-only private mappings of files with much in them that differs from the file, as `proc_pid_smaps(5)` says it.
fn relocated_ranges(smaps: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut last = None;
    for line in smaps.lines() {
        match line.strip_prefix("Anonymous:") {
            None => last = mapping(line).or(last),
            Some(size) => {
                let kib = size.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or(0);
                found.extend(last.take().filter(|at| at.rights == "r--p" && at.is_file && kib << 10 >= WORTH_SHARING).map(|at| at.range));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_files_is_given_back() {
        let maps = "5560-5570 r--p 00000000 fe:00 17 /usr/bin/execgov\n5570-5590 r-xp 00010000 fe:00 17 /usr/bin/execgov\n\
                    5590-55a0 r--p 00030000 fe:00 17 /usr/bin/execgov\n55a0-55b0 rw-p 00040000 fe:00 17 /usr/bin/execgov\n\
                    6000-7000 rw-p 00000000 00:00 0 [heap]\n7f00-7f10 r-xp 00000000 00:00 0\n7ff0-7ff1 r-xp 00000000 00:00 0 [vdso]\n";
        assert_eq!(code_ranges(maps), [(0x5570, 0x5590)]);
        give_back_start();
        assert!(!code_ranges(&fs::read_to_string("/proc/self/maps").expect("readable")).is_empty(), "and the code still runs");
    }

    #[test]
    fn only_what_the_loader_has_written_is_shared() {
        let smaps = "1000-2000 r--p 00000000 fe:00 17 /usr/bin/execgov\nSize: 4 kB\nAnonymous:             0 kB\n\
                     3000-403000 r--p 00010000 fe:00 17 /usr/bin/execgov\nAnonymous:          4096 kB\nVmFlags: rd mr\n\
                     500000-900000 rw-p 00010000 fe:00 17 /usr/bin/execgov\nAnonymous:          4096 kB\n\
                     a00000-e00000 r--p 00000000 00:00 0\nAnonymous:          4096 kB\n\
                     f00000-f10000 r--p 00000000 fe:00 17 /usr/lib/libc.so.6\nAnonymous:            16 kB\n";
        assert_eq!(relocated_ranges(smaps), [(0x3000, 0x40_3000)]);
        let before = relocated_ranges(&fs::read_to_string("/proc/self/smaps").expect("readable"));
        share_relocated().expect("shared");
        let after = fs::read_to_string("/proc/self/maps").expect("readable");
        for (from, to) in before {
            assert!(after.contains(&format!("{from:x}-{to:x} r--s")), "{after}");
        }
        let said: &dyn std::fmt::Display = &io::Error::from_raw_os_error(libc::EPERM);
        assert!(said.to_string().contains("not permitted"), "calls by table still work");
    }
}
