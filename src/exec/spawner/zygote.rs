//! The preloaded interpreters the spawner keeps: one for each interpreter that runs asked for lately.
//!
//! A zygote is replaced when its interpreter's file changes or it has started many runs, and ended when nobody uses
//! it. When one fails, runs start cold; nothing else changes for them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, SendFlags};
use serde::{Deserialize, Serialize};

use super::frame::ZygoteSettings;
use super::nest::{Nest, RUNTIME_DIR};
use crate::exec::sandbox::fault::{SetupError, Step};
use crate::exec::sandbox::hatch::{self, Egg};
use crate::exec::sandbox::root::{self, Point};
use crate::exec::sandbox::{socket, sys};
use crate::exec::spawner::frame::Mount;

/// Failures in a row after which an interpreter is not preloaded any more.
const FAILURES: u32 = 3;

/// To a zygote. Descriptors: program, standard input, output and error, the namespaces, then the landlock ruleset and
/// the open `cgroup.procs` where there are any.
#[derive(Debug, Serialize)]
pub struct Join {
    pub id: u64,
    pub landlock: bool,
    pub group: bool,
    /// Resource limits: number, soft and hard bound.
    pub limits: Vec<(u32, u64, u64)>,
}

/// From a zygote or a child it has just forked.
#[derive(Debug, Deserialize)]
pub enum Word {
    /// Preloaded.
    Ready,
    /// The child is in the sandbox without any right left; capability code comes next.
    Begun(u64),
    /// The run starts cold instead; the step that failed is in the message for whoever traces it.
    Failed { id: u64 },
    Ended {
        id: u64,
        /// As wait(2) gives it.
        status: i32,
        user_us: u64,
        system_us: u64,
        peak_kib: u64,
    },
}

struct Zygote {
    key: u64,
    interpreter: String,
    pid: i32,
    control: OwnedFd,
    ready: bool,
    /// Takes no more orders; ends when its last child has.
    retired: bool,
    forks: u64,
    children: u64,
    used: Instant,
    stamp: Stamp,
}

/// What tells one file from another at the same path.
type Stamp = Option<(u64, u64, i64, i64)>;

fn stamp(path: &str) -> Stamp {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino(), found.mtime(), found.mtime_nsec()))
}

/// All zygotes.
pub struct Zygotes {
    settings: ZygoteSettings,
    list: Vec<Zygote>,
    failures: Vec<(String, u32)>,
}

impl Zygotes {
    pub fn new(settings: ZygoteSettings) -> Self {
        Self { settings, list: Vec::new(), failures: Vec::new() }
    }

    /// A zygote that can start a run of this interpreter now. Starts to preload one when there is none.
    pub fn find(&mut self, nest: &mut Nest, interpreter: &str, mounts: &[Mount], key: u64) -> Found<'_> {
        let (most, forks) = (self.settings.most, self.settings.forks);
        let now = stamp(interpreter);
        for zygote in self.list.iter_mut().filter(|zygote| zygote.interpreter == interpreter && !zygote.retired) {
            zygote.retired = zygote.stamp != now || zygote.forks >= forks;
        }
        self.end_idle();
        match self.list.iter().position(|zygote| zygote.interpreter == interpreter && !zygote.retired) {
            Some(at) if self.list[at].ready => Found::Ready(self.list[at].key),
            Some(_) => Found::None,
            None if self.list.iter().filter(|zygote| !zygote.retired).count() >= most || self.given_up(interpreter) => Found::None,
            None => {
                let Ok((pid, control)) = preload(nest, interpreter, mounts) else {
                    self.failed(interpreter);
                    return Found::None;
                };
                self.list.push(Zygote {
                    key,
                    interpreter: interpreter.to_owned(),
                    pid,
                    control,
                    ready: false,
                    retired: false,
                    forks: 0,
                    children: 0,
                    used: Instant::now(),
                    stamp: now,
                });
                self.list.last().map_or(Found::None, |zygote| Found::Hatched(zygote.control.as_fd()))
            }
        }
    }

    fn given_up(&self, interpreter: &str) -> bool {
        self.failures.iter().any(|(failed, times)| failed == interpreter && *times >= FAILURES)
    }

    fn failed(&mut self, interpreter: &str) {
        match self.failures.iter_mut().find(|(failed, _)| failed == interpreter) {
            Some((_, times)) => *times += 1,
            None => self.failures.push((interpreter.to_owned(), 1)),
        }
    }

    pub fn owns(&self, key: u64) -> bool {
        self.list.iter().any(|zygote| zygote.key == key)
    }

    /// Orders a child into a sandbox.
    pub fn join(&mut self, key: u64, order: &Join, fds: &[BorrowedFd<'_>]) -> Result<(), SetupError> {
        let zygote = self
            .list
            .iter_mut()
            .find(|zygote| zygote.key == key)
            .ok_or(io::Error::from_raw_os_error(libc::ESRCH))
            .step("find the zygote")?;
        zygote.forks += 1;
        zygote.children += 1;
        zygote.used = Instant::now();
        socket::send(&zygote.control, order, fds, SendFlags::empty()).step("order the zygote")
    }

    /// What a zygote has to say; `Err` when it is gone.
    pub fn hear(&mut self, key: u64) -> Result<Option<Word>, ()> {
        let Some(zygote) = self.list.iter_mut().find(|zygote| zygote.key == key) else { return Ok(None) };
        match socket::receive::<Word>(&zygote.control, RecvFlags::DONTWAIT) {
            Ok(Some((word, _))) => {
                match &word {
                    Word::Ready => zygote.ready = true,
                    Word::Ended { .. } => zygote.children = zygote.children.saturating_sub(1),
                    Word::Begun(_) | Word::Failed { .. } => {}
                }
                Ok(Some(word))
            }
            Err(refused) if refused.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Ok(None) | Err(_) => Err(()),
        }
    }

    /// Forgets a zygote that is gone. Its process is reaped with the others.
    pub fn lose(&mut self, key: u64) {
        if let Some(at) = self.list.iter().position(|zygote| zygote.key == key) {
            let zygote = self.list.swap_remove(at);
            sys::kill(zygote.pid, libc::SIGKILL);
            if !zygote.ready {
                self.failed(&zygote.interpreter);
            }
        }
    }

    /// Ends zygotes nobody uses; says how long until the next look makes sense.
    pub fn end_idle(&mut self) -> Option<Duration> {
        let idle = Duration::from_millis(self.settings.idle_ms);
        for zygote in &mut self.list {
            zygote.retired |= zygote.children == 0 && zygote.used.elapsed() >= idle;
        }
        // Hanging up is what ends a zygote.
        self.list.retain(|zygote| !(zygote.retired && zygote.children == 0));
        self.list.iter().map(|zygote| idle.saturating_sub(zygote.used.elapsed()) + Duration::from_millis(10)).min()
    }

    pub fn close(&mut self) {
        for zygote in self.list.drain(..) {
            sys::kill(zygote.pid, libc::SIGKILL);
        }
    }
}

/// What looking for a zygote gave.
pub enum Found<'a> {
    Ready(u64),
    /// One is being preloaded under the key that was offered; this is what to watch.
    Hatched(BorrowedFd<'a>),
    None,
}

fn preload(nest: &mut Nest, interpreter: &str, mounts: &[Mount]) -> Result<(i32, OwnedFd), SetupError> {
    let mut attached = Vec::new();
    for mount in mounts {
        let tree = root::read_only(std::path::Path::new(&mount.source)).step("open the interpreter")?;
        nest.template.point(std::path::Path::new(&mount.target), Point::Dir).step("make a mount point")?;
        attached.push((tree, mount.target.clone()));
    }
    let root = nest.template.clone_tree().step("clone root")?;
    let script = format!("{RUNTIME_DIR}/zygote.py");
    hatch::hatch(Egg { userns: nest.userns.as_ref().map(AsFd::as_fd), root, mounts: attached, interpreter, script: &script })
}
