//! The process that runs capability code: everything it loses before the program begins.
//!
//! The zygote's children go through the same steps (assets/runtime/zygote.py) with the same filter and ruleset.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::pipe::PipeFlags;
use rustix::process::{Resource, Rlimit};
use rustix::thread::{CapabilitiesSecureBits, CapabilitySet, CapabilitySets};

use super::fault::{SetupError, Step};
use super::order::{Program, Start};
use super::{filter, socket, sys};
use crate::domain::capability::Limits;

/// Open files of one process, soft and hard.
const OPEN_FILES: (u64, u64) = (1024, 4096);

/// Forks the main process and waits until its program has begun.
pub fn spawn(start: &Start, program: &Program, stdio: &[OwnedFd], landlock: Option<BorrowedFd<'_>>) -> Result<i32, SetupError> {
    let (failure, report) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).step("make a pipe")?;
    match sys::fork().step("fork the program")? {
        sys::Fork::Child => {
            let Err(failed) = become_program(start, program, stdio, landlock);
            let _ = File::from(report).write_all(&serde_json::to_vec(&failed).unwrap_or_default());
            sys::leave(127)
        }
        sys::Fork::Parent(pid) => {
            drop(report);
            let mut text = Vec::new();
            File::from(failure).take(4_096).read_to_end(&mut text).step("hear of the program")?;
            if text.is_empty() {
                return Ok(pid);
            }
            sys::reap(pid, true);
            Err(serde_json::from_slice(&text).unwrap_or_else(|_| SetupError { step: "start the program".to_owned(), errno: libc::EIO }))
        }
    }
}

fn become_program(
    start: &Start,
    program: &Program,
    stdio: &[OwnedFd],
    landlock: Option<BorrowedFd<'_>>,
) -> Result<std::convert::Infallible, SetupError> {
    let text = |text: &String| CString::new(text.as_str()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL));
    let path = text(&program.path).step("read the program's path")?;
    let argv = program.argv.iter().map(text).collect::<io::Result<Vec<_>>>().step("read the arguments")?;
    let env = program
        .env
        .iter()
        .map(|(name, value)| text(&format!("{name}={value}")))
        .collect::<io::Result<Vec<_>>>()
        .step("read the environment")?;
    let spec = program.spec.as_ref().map(|spec| socket::memory_file(spec.as_bytes())).transpose().step("pass the inputs")?;
    rustix::process::setsid().step("start a session")?;
    rustix::process::chdir(c"/work").step("enter the work directory")?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    limit(&start.limits, start.memory_by_rlimit).step("set limits")?;
    let landlock = landlock.map(|rules| sys::dup_above(rules, 100)).transpose().step("keep the ruleset")?;
    let mut fixed = stdio.iter().map(|fd| sys::dup_above(fd.as_fd(), 100)).collect::<io::Result<Vec<_>>>().step("pass descriptors")?;
    if let Some(spec) = &spec {
        fixed.push(sys::dup_above(spec.as_fd(), 100).step("pass the inputs")?);
    }
    for (at, fd) in (0..).zip(&fixed) {
        sys::place(fd.as_raw_fd(), at).step("pass descriptors")?;
    }
    sys::reset_signals();
    confine(landlock.as_ref().map(AsFd::as_fd))?;
    sys::cloexec_from(i32::try_from(fixed.len()).unwrap_or(4));
    Err(sys::exec(&path, &argv, &env)).step(&format!("execute {}", program.path))
}

/// Gives up everything that could be used to get out, for good.
fn confine(landlock: Option<BorrowedFd<'_>>) -> Result<(), SetupError> {
    let bits = CapabilitiesSecureBits::NO_ROOT
        | CapabilitiesSecureBits::NO_ROOT_LOCKED
        | CapabilitiesSecureBits::NO_SETUID_FIXUP
        | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
        | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
    rustix::thread::set_capabilities_secure_bits(bits).step("lock capabilities")?;
    sys::drop_bounding(&[]).step("drop capabilities")?;
    rustix::thread::set_no_new_privs(true).step("forbid new privileges")?;
    if let Some(rules) = landlock {
        sys::landlock_restrict(rules).step("apply landlock")?;
    }
    let none = CapabilitySet::empty();
    rustix::thread::set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
        .step("drop capabilities")?;
    if let Some(program) = filter::program() {
        sys::seccomp(&program).step("apply the system call filter")?;
    }
    Ok(())
}

/// The resource limits of a run, for both ways of starting: resource number, soft and hard bound.
pub fn resource_limits(limits: &Limits, memory_by_rlimit: bool) -> Vec<(Resource, u64, u64)> {
    let cpu_s = limits.cpu_ms.div_ceil(1_000).max(1);
    let mut bounds = vec![
        (Resource::Core, 0, 0),
        (Resource::Cpu, cpu_s, cpu_s + 2),
        (Resource::Fsize, limits.file_bytes, limits.file_bytes),
        // The first process of the sandbox counts too.
        (Resource::Nproc, u64::from(limits.processes) + 1, u64::from(limits.processes) + 1),
        (Resource::Nofile, OPEN_FILES.0, OPEN_FILES.1),
        (Resource::Memlock, 64 << 10, 64 << 10),
        (Resource::Rtprio, 0, 0),
    ];
    if memory_by_rlimit {
        bounds.push((Resource::Data, limits.memory_bytes, limits.memory_bytes));
    }
    bounds
}

fn limit(limits: &Limits, memory_by_rlimit: bool) -> io::Result<()> {
    for (resource, soft, hard) in resource_limits(limits, memory_by_rlimit) {
        // A bound that is already lower stays: raising it needs a right that runs do not have.
        let ceiling = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        rustix::process::setrlimit(resource, Rlimit { current: Some(soft.min(ceiling)), maximum: Some(hard.min(ceiling)) })?;
    }
    Ok(())
}
