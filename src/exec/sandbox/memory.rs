//! Control groups that bound the memory of a run as a whole: version 2 where it is delegated, else version 1 where it
//! is writable, else none (resource limits of single processes then have to do, which is said on every run).
//!
//! Files in a run's private directory live in memory too and count.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};

/// Which mechanism bounds the memory of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounded {
    Cgroup2,
    Cgroup1,
    Rlimit,
}

impl Bounded {
    pub fn name(self) -> &'static str {
        match self {
            Self::Cgroup2 => "cgroup2",
            Self::Cgroup1 => "cgroup1",
            Self::Rlimit => "rlimit",
        }
    }
}

/// The directory below which each run gets its group.
pub struct Groups {
    pub bounded: Bounded,
    base: Option<(OwnedFd, PathBuf)>,
    made: u64,
    /// Groups that were still busy when their run had ended.
    doomed: Vec<String>,
}

/// The group of one run.
pub struct Group {
    bounded: Bounded,
    dir: OwnedFd,
    procs: OwnedFd,
    name: String,
}

const DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Groups {
    /// Looks for a mechanism that works here and prepares it.
    pub fn find() -> Self {
        let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        remove_orphans(&text);
        for (bounded, base) in [(Bounded::Cgroup2, version_2(&text)), (Bounded::Cgroup1, version_1(&text))] {
            if let Some(path) = base
                && let Ok(dir) = rustix::fs::open(&path, DIR, Mode::empty())
            {
                let mut groups = Self { bounded, base: Some((dir, path)), made: 0, doomed: Vec::new() };
                // The proof is a group that takes a bound.
                if let Ok(Some(trial)) = groups.make() {
                    let works = trial.bound(64 << 20).is_ok();
                    groups.remove(trial);
                    if works {
                        return groups;
                    }
                }
                groups.close();
            }
        }
        Self { bounded: Bounded::Rlimit, base: None, made: 0, doomed: Vec::new() }
    }

    /// Makes the group of one run; none where nothing bounds groups.
    pub fn make(&mut self) -> io::Result<Option<Group>> {
        let Some((base, _)) = &self.base else { return Ok(None) };
        self.made += 1;
        let name = format!("run-{}", self.made);
        rustix::fs::mkdirat(base, name.as_str(), Mode::from_raw_mode(0o755))?;
        let dir = rustix::fs::openat(base, name.as_str(), DIR, Mode::empty())?;
        // One thread that moves itself need not wait until no process forks or ends anywhere, which takes the kernel ten
        // milliseconds; version 2 has no such file for groups with a memory bound.
        let joined_by = if self.bounded == Bounded::Cgroup1 { c"tasks" } else { c"cgroup.procs" };
        let procs = rustix::fs::openat(&dir, joined_by, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Some(Group { bounded: self.bounded, dir, procs, name }))
    }

    /// Removes a group whose processes are dead; the kernel may need a moment, then it is tried again later.
    pub fn remove(&mut self, group: Group) {
        self.doomed.push(group.name);
        self.sweep();
    }

    fn sweep(&mut self) {
        if let Some((base, _)) = &self.base {
            self.doomed
                .retain(|name| matches!(rustix::fs::unlinkat(base, name.as_str(), AtFlags::REMOVEDIR), Err(rustix::io::Errno::BUSY)));
        }
    }

    /// Removes everything that was made.
    pub fn close(&mut self) {
        for _ in 0..50 {
            self.sweep();
            if self.doomed.is_empty() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        if let Some((_, path)) = self.base.take() {
            let _ = fs::remove_dir(path);
        }
    }
}

impl Group {
    /// The open file that takes members: writing `0` moves the writer, which has one thread, in.
    pub fn procs(&self) -> BorrowedFd<'_> {
        self.procs.as_fd()
    }

    /// Sets the bound, swap included.
    pub fn bound(&self, bytes: u64) -> io::Result<()> {
        let bytes = bytes.to_string();
        let (bound, swap, with_swap) = if self.bounded == Bounded::Cgroup2 {
            (c"memory.max", c"memory.swap.max", "0")
        } else {
            (c"memory.limit_in_bytes", c"memory.memsw.limit_in_bytes", bytes.as_str())
        };
        self.write(bound, &bytes)?;
        // Absent where the kernel does not account swap.
        let _ = self.write(swap, with_swap);
        Ok(())
    }

    /// How many processes the kernel killed because the bound was reached.
    pub fn kills(&self) -> u64 {
        let file = if self.bounded == Bounded::Cgroup2 { c"memory.events" } else { c"memory.oom_control" };
        let text = self.read(file);
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")).and_then(|count| count.trim().parse().ok()).unwrap_or(0)
    }

    /// The most memory that was in use at one time, in bytes; 0 where the kernel does not say.
    pub fn peak(&self) -> u64 {
        let file = if self.bounded == Bounded::Cgroup2 { c"memory.peak" } else { c"memory.max_usage_in_bytes" };
        self.read(file).trim().parse().unwrap_or(0)
    }

    fn write(&self, name: &std::ffi::CStr, value: &str) -> io::Result<()> {
        let file = rustix::fs::openat(&self.dir, name, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
        rustix::io::write(&file, value.as_bytes())?;
        Ok(())
    }

    fn read(&self, name: &std::ffi::CStr) -> String {
        let Ok(file) = rustix::fs::openat(&self.dir, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) else { return String::new() };
        let mut bytes = [0_u8; 1024];
        let length = rustix::io::read(&file, &mut bytes).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }
}

/// The name of this spawner's directory; its number tells later ones whether it is still alive.
fn base_name() -> String {
    format!("execgov-{}", std::process::id())
}

/// Where our own group of a hierarchy is mounted.
fn own_group(text: &str, matches: impl Fn(&str) -> bool, mount: &str) -> Option<PathBuf> {
    let path = text.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        matches(controllers).then(|| path.trim_start_matches('/').to_owned())
    })?;
    [Path::new(mount).join(path), PathBuf::from(mount)].into_iter().find(|dir| dir.is_dir())
}

fn own_memory_group_1(text: &str) -> Option<PathBuf> {
    own_group(text, |controllers| controllers.split(',').any(|one| one == "memory"), "/sys/fs/cgroup/memory")
}

fn own_group_2(text: &str) -> Option<PathBuf> {
    own_group(text, str::is_empty, "/sys/fs/cgroup").filter(|dir| dir.join("cgroup.controllers").is_file())
}

fn version_1(text: &str) -> Option<PathBuf> {
    let base = own_memory_group_1(text)?.join(base_name());
    fs::create_dir(&base).ok()?;
    let _ = fs::write(base.join("memory.use_hierarchy"), "1");
    Some(base)
}

/// In version 2 a group with processes cannot hand controllers down, so the server and this process move into a leaf.
fn version_2(text: &str) -> Option<PathBuf> {
    let own = own_group_2(text)?;
    let has_memory = |file: &str| fs::read_to_string(own.join(file)).is_ok_and(|list| list.split_whitespace().any(|one| one == "memory"));
    if !has_memory("cgroup.controllers") {
        return None;
    }
    if !has_memory("cgroup.subtree_control") {
        let leaf = own.join("server");
        if !leaf.is_dir() {
            fs::create_dir(&leaf).ok()?;
        }
        for pid in fs::read_to_string(own.join("cgroup.procs")).ok()?.split_whitespace() {
            fs::write(leaf.join("cgroup.procs"), pid).ok()?;
        }
        fs::write(own.join("cgroup.subtree_control"), "+memory").ok()?;
    }
    let base = own.join(base_name());
    fs::create_dir(&base).ok()?;
    fs::write(base.join("cgroup.subtree_control"), "+memory").ok()?;
    Some(base)
}

/// Removes what a spawner that was killed has left: directories of process ids that live no more.
fn remove_orphans(text: &str) {
    for own in [own_group_2(text), own_memory_group_1(text)].into_iter().flatten() {
        for entry in fs::read_dir(own).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.strip_prefix("execgov-")) else { continue };
            if !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()) && !Path::new("/proc").join(pid).exists() {
                for run in fs::read_dir(entry.path()).into_iter().flatten().flatten().filter(|run| run.path().is_dir()) {
                    let _ = fs::remove_dir(run.path());
                }
                let _ = fs::remove_dir(entry.path());
            }
        }
    }
}
