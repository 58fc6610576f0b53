//! Process 1 of a sandbox: finishes the root, waits for its order, starts the program, reaps, watches processor time.
//!
//! It lives exactly as long as the run: when the main process ends it leaves, and with it the kernel ends everything
//! else in the sandbox. It leaves also when the spawner is gone. It never runs capability code itself.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd};
use std::time::Duration;

use base64::Engine as _;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags};
use rustix::net::{RecvFlags, SendFlags};
use rustix::process::{DumpableBehavior, Signal};

use super::fault::{SetupError, Step};
use super::order::{MountAt, NAMESPACES, Note, Order, Payload, Program, Start, Verdict, Why};
use super::{payload, root, scope, socket, sys};

/// Bytes the private directory holds beyond what the run's limit gives: inputs, secrets and directories.
const PRIVATE_SLACK_BYTES: u64 = 4 << 20;
/// Shortest pause between two looks at the processor time used.
const CPU_LOOK: Duration = Duration::from_millis(50);

/// How often and how long to wait for processes that only a zygote can reap.
const ALONE_LOOKS: u32 = 200;
const ALONE_PAUSE: Duration = Duration::from_micros(500);
/// Clock ticks of a second in `/proc` (`USER_HZ`, which is 100 everywhere).
const CLOCK_TICKS: u64 = 100;

/// The prepared inside of a sandbox.
struct Inside {
    private: OwnedFd,
    landlock: Option<OwnedFd>,
}

/// Lives the life of process 1.
pub fn run(control: &OwnedFd, tree: OwnedFd) -> ! {
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    let lived = live(control, tree);
    if let Err(failed) = lived {
        // The control socket is where `live` has put it.
        let _ = socket::send(sys::third(), &Note::Failed(failed), &[], SendFlags::empty());
    }
    sys::leave(0)
}

fn live(control: &OwnedFd, tree: OwnedFd) -> Result<(), SetupError> {
    // Everything else the spawner had open goes away.
    let [control, tree] = sys::keep_only([control.as_raw_fd(), tree.into_raw_fd()]).step("keep descriptors")?;
    sys::reset_signals();
    let children = sys::child_signal_fd().step("watch children")?;
    let spaces = namespaces().step("open namespaces")?;
    let inside = prepare(&tree)?;
    drop(tree);
    let mut fds = vec![inside.private.as_fd()];
    fds.extend(spaces.iter().map(AsFd::as_fd));
    fds.extend(inside.landlock.iter().map(AsFd::as_fd));
    socket::send(&control, &Note::Ready { landlock: inside.landlock.is_some() }, &fds, SendFlags::empty()).step("report")?;
    drop(spaces);
    loop {
        let Some((order, fds)) = socket::receive::<Order>(&control, RecvFlags::empty()).step("wait for the order")? else { return Ok(()) };
        if matches!(order, Order::End) {
            return Ok(());
        }
        if let Order::Start(start) = order {
            let cpu = Duration::from_millis(start.limits.cpu_ms);
            let main = begin(&inside, &start, fds)?;
            socket::send(&control, &Note::Started, &[], SendFlags::empty()).step("report the start")?;
            return watch(&control, &children, main, cpu);
        }
    }
}

fn namespaces() -> io::Result<Vec<OwnedFd>> {
    NAMESPACES.iter().map(|(name, _)| Ok(File::open(format!("/proc/self/ns/{name}"))?.into())).collect()
}

/// Finishes the root and steps into it.
fn prepare(tree: &OwnedFd) -> Result<Inside, SetupError> {
    let old = rustix::fs::openat(CWD, c"/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).step("open /")?;
    sys::mount_setattr(old.as_fd(), true, 0, sys::PRIVATE).step("detach mounts")?;
    let proc = proc().step("mount proc")?;
    rustix::mount::move_mount(tree, c"", CWD, c"/", MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).step("attach root")?;
    attach(&proc, tree, c"proc").step("attach proc")?;
    let private = root::tmpfs(&[("mode", "0755"), ("size", "1m"), ("nr_inodes", "64")], MountAttrFlags::MOUNT_ATTR_NOSUID)
        .step("mount private directory")?;
    attach(&private, tree, c"run/execgov").step("attach private directory")?;
    for (name, mode) in [(c"work", 0o755), (c"tmp", 0o1777), (c"secrets", 0o700), (c"work/inputs", 0o755), (c"work/outputs", 0o755)] {
        rustix::fs::mkdirat(&private, name, Mode::from_raw_mode(mode)).step("make private directories")?;
    }
    for (from, to) in [(c"work", c"work"), (c"tmp", c"tmp")] {
        let copy = rustix::mount::open_tree(&private, from, OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC)
            .step("clone private directory")?;
        attach(&copy, tree, to).step("attach private directories")?;
    }
    rustix::process::fchdir(tree).step("enter root")?;
    rustix::process::pivot_root(c".", c".").step("pivot root")?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH).step("leave old root")?;
    rustix::process::chdir(c"/").step("enter root")?;
    rustix::system::sethostname(b"execgov").step("name the host")?;
    let dir = |path| rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let writable =
        [dir(c"/run/execgov"), dir(c"/work"), dir(c"/tmp")].into_iter().collect::<Result<Vec<_>, _>>().step("open private directories")?;
    let landlock = scope::prepare(&writable, &dir(c"/dev").step("open /dev")?);
    let private = rustix::fs::openat(CWD, c"/run/execgov", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .step("open private directory")?;
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    Ok(Inside { private, landlock })
}

fn attach(mount: &OwnedFd, tree: &OwnedFd, at: &std::ffi::CStr) -> io::Result<()> {
    Ok(rustix::mount::move_mount(mount, c"", tree, at, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

/// The proc file system of the new pid namespace: read-only, other users' processes invisible.
fn proc() -> io::Result<OwnedFd> {
    let context = rustix::mount::fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    rustix::mount::fsconfig_set_string(context.as_fd(), "hidepid", "2")?;
    rustix::mount::fsconfig_create(context.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
        | MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    Ok(rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

/// Carries out the order to start; gives the main process when there is one to watch for.
fn begin(inside: &Inside, start: &Start, mut fds: Vec<OwnedFd>) -> Result<Option<i32>, SetupError> {
    if fds.len() != 4 + start.mounts.len() {
        return Err(io::Error::from_raw_os_error(libc::EBADMSG)).step("count descriptors");
    }
    let mounts = fds.split_off(4);
    resize(start).step("size the private directory")?;
    for (at, mount) in start.mounts.iter().zip(&mounts) {
        place_mount(&inside.private, at, mount).step("attach the package and inputs")?;
    }
    let program = socket::read_memory_file(fds.remove(0)).step("read the program")?;
    let program: Program = serde_json::from_slice(&program).map_err(io::Error::from).step("understand the program")?;
    secrets(&inside.private, &program.secrets).step("write secrets")?;
    let inputs = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
    let inputs = rustix::fs::openat(&inside.private, c"inputs.json", inputs, Mode::from_raw_mode(0o644)).step("write inputs")?;
    io::Write::write_all(&mut File::from(inputs), program.inputs.as_bytes()).step("write inputs")?;
    for name in &program.links {
        match rustix::fs::symlinkat(format!("/app/{name}").as_str(), &inside.private, format!("work/{name}").as_str()) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(refused) => return Err(refused).step("link the package's files"),
        }
    }
    match start.payload {
        Payload::Join => Ok(None),
        Payload::Exec => payload::spawn(start, &program, &fds, inside.landlock.as_ref().map(AsFd::as_fd)).map(Some),
    }
}

fn resize(start: &Start) -> io::Result<()> {
    let context = rustix::mount::fspick(CWD, c"/run/execgov", rustix::mount::FsPickFlags::FSPICK_CLOEXEC)?;
    let bytes = start.limits.disk_bytes.saturating_add(PRIVATE_SLACK_BYTES).saturating_add(start.limits.result_bytes);
    rustix::mount::fsconfig_set_string(context.as_fd(), "size", bytes.to_string().as_str())?;
    let entries = u64::from(start.limits.disk_entries).saturating_add(64 + start.mounts.len() as u64);
    rustix::mount::fsconfig_set_string(context.as_fd(), "nr_inodes", entries.to_string().as_str())?;
    Ok(rustix::mount::fsconfig_reconfigure(context.as_fd())?)
}

fn place_mount(private: &OwnedFd, at: &MountAt, mount: &OwnedFd) -> io::Result<()> {
    if at.target.starts_with('/') {
        return Ok(rustix::mount::move_mount(mount, c"", CWD, at.target.as_str(), MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?);
    }
    let inside_work = format!("/{}", at.target);
    if at.file {
        rustix::fs::openat(private, at.target.as_str(), OFlags::CREATE | OFlags::RDONLY | OFlags::CLOEXEC, Mode::from_raw_mode(0o444))?;
    } else {
        rustix::fs::mkdirat(private, at.target.as_str(), Mode::from_raw_mode(0o755))?;
    }
    Ok(rustix::mount::move_mount(mount, c"", CWD, inside_work.as_str(), MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

fn secrets(private: &OwnedFd, secrets: &[(String, String)]) -> io::Result<()> {
    for (name, encoded) in secrets {
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| io::Error::from_raw_os_error(libc::EBADMSG))?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(private, format!("secrets/{name}").as_str(), flags, Mode::from_raw_mode(0o400))?;
        io::Write::write_all(&mut File::from(file), &bytes)?;
    }
    Ok(())
}

/// Waits until the main process has ended, the processor time is used up or the spawner is gone.
fn watch(control: &OwnedFd, children: &OwnedFd, main: Option<i32>, cpu: Duration) -> Result<(), SetupError> {
    // Without looking at quotas, as the standard library would in a dozen files: this is an upper bound.
    let cores = rustix::thread::sched_getaffinity(None).map_or(1, |cores| cores.count()).max(1);
    let mut pause = (cpu / cores).max(CPU_LOOK);
    loop {
        let mut fds = [PollFd::new(control, PollFlags::IN), PollFd::new(children, PollFlags::IN)];
        let timeout = Timespec { tv_sec: i64::try_from(pause.as_secs()).unwrap_or(i64::MAX), tv_nsec: pause.subsec_nanos().into() };
        let woken = match rustix::event::poll(&mut fds, Some(&timeout)) {
            Ok(woken) => woken,
            Err(rustix::io::Errno::INTR) => continue,
            Err(refused) => return Err(refused).step("wait"),
        };
        let (ordered, ended) = (!fds[0].revents().is_empty(), !fds[1].revents().is_empty());
        if ended && let Some(verdict) = reap_all(children, main) {
            return report(control, verdict);
        }
        if ordered {
            match socket::receive::<Order>(control, RecvFlags::DONTWAIT) {
                Ok(Some((Order::Terminate, _))) => sys::kill(-1, libc::SIGTERM),
                Ok(Some((Order::End, _))) => return report(control, killed(Why::Asked)),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(refused) if refused.kind() == io::ErrorKind::WouldBlock => {}
                Err(refused) => return Err(refused).step("hear the spawner"),
            }
        }
        if woken == 0 {
            let used = time_used();
            if used >= cpu {
                return report(control, killed(Why::CpuExhausted));
            }
            // The whole tree cannot use up the rest faster than all cores together.
            pause = (cpu.saturating_sub(used) / cores).max(CPU_LOOK);
        }
    }
}

/// Reaps whatever has ended; the verdict when the main process was among it.
fn reap_all(children: &OwnedFd, main: Option<i32>) -> Option<Verdict> {
    let mut drained = [0_u8; 128 * 8];
    let _ = rustix::io::read(children, &mut drained);
    let mut verdict = None;
    while let Some((pid, ended)) = sys::reap(-1, false) {
        if Some(pid) == main {
            verdict = Some(Verdict { code: ended.code, signal: ended.signal, why: Why::Exited });
        }
    }
    verdict
}

fn killed(why: Why) -> Verdict {
    Verdict { code: None, signal: Some(libc::SIGKILL), why }
}

/// Ends the rest of the tree and says how the main process ended. Each process is waited for here, not left to the
/// kernel, so that what the spawner learns when it reaps this process holds the time that all of them used.
fn report(control: &OwnedFd, verdict: Verdict) -> Result<(), SetupError> {
    sys::kill(-1, libc::SIGKILL);
    while sys::reap(-1, true).is_some() {}
    // A zygote's child is not ours: once its zygote has waited for it, what it left behind is.
    for _ in 0..ALONE_LOOKS {
        if sys::is_alone() {
            break;
        }
        std::thread::sleep(ALONE_PAUSE);
        while sys::reap(-1, true).is_some() {}
    }
    socket::send(control, &Note::Ended(verdict), &[], SendFlags::empty()).step("report the end")
}

/// Processor time of all processes in the sandbox, ended ones included.
fn time_used() -> Duration {
    let mut ticks = 0_u64;
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().filter(|name| name.bytes().all(|b| b.is_ascii_digit()) && *name != "1") else { continue };
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        // Fields 14 to 17 (proc_pid_stat(5)); the name before them may hold spaces and parentheses.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        ticks += rest.split_ascii_whitespace().skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
    }
    sys::reaped_time() + Duration::from_millis(ticks.saturating_mul(1_000) / CLOCK_TICKS)
}
