//! The root directory that runs see: a small read-only tree with the system's programs and libraries, devices
//! that are harmless, and a few generated files in `/etc`.
//!
//! It is assembled once by the spawner in its own mount namespace; each sandbox gets a clone of the finished tree.
//! Nothing of a run is in it: packages, inputs and private directories are attached inside each sandbox.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags};

use super::fault::{SetupError, Step};
use super::sys;

/// Directories of the host that every run sees read-only. Symbolic links are kept as such.
const SYSTEM: &[&str] =
    &["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix/store", "etc/ssl/certs", "etc/pki", "etc/ca-certificates"];
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];
/// Files of `/etc` that are copied because they hold no secret and ordinary programs read them.
const ETC_FILES: &[&str] = &[
    "localtime",
    "ld.so.cache",
    "ld.so.conf",
    "os-release",
    "mime.types",
    "services",
    "protocols",
    "debian_version",
    "timezone",
    "locale.alias",
    "inputrc",
];
/// Directories that later mounts cover.
const POINTS: &[&str] = &["proc", "work", "tmp", "app", "run/execgov", "dev"];
/// Links into those mounts.
const LINKS: &[(&str, &str)] = &[
    ("run/secrets", "/run/execgov/secrets"),
    ("var/tmp", "/tmp"),
    ("var/run", "/run"),
    ("dev/shm", "/tmp"),
    ("dev/fd", "/proc/self/fd"),
    ("dev/stdin", "/proc/self/fd/0"),
    ("dev/stdout", "/proc/self/fd/1"),
    ("dev/stderr", "/proc/self/fd/2"),
    ("etc/mtab", "/proc/self/mounts"),
];
/// The user that runs see themselves as.
pub const RUN_UID: u32 = 1000;

const PASSWD: &str = "root:x:0:0:root:/nonexistent:/bin/false\nrunner:x:1000:1000:runner:/work:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";
const GROUP: &str = "root:x:0:\nrunner:x:1000:\nnogroup:x:65534:\n";
const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost\n";
const NSSWITCH: &str = "passwd: files\ngroup: files\nhosts: files dns\n";

/// What a mount point is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    Dir,
    File,
}

/// The assembled tree.
pub struct Template {
    /// The writable view that only the spawner has.
    top: OwnedFd,
}

impl Template {
    /// Assembles the tree over `/sys` of the caller's own mount namespace, which nobody else sees.
    pub fn build() -> Result<Self, SetupError> {
        let top =
            tmpfs(&[("mode", "0755"), ("size", "4m"), ("nr_inodes", "4096")], MountAttrFlags::MOUNT_ATTR_NOSUID).step("mount root")?;
        rustix::mount::move_mount(&top, c"", CWD, c"/sys", MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).step("attach root")?;
        let template = Self { top };
        for point in POINTS {
            template.point(Path::new(point), Point::Dir).step("make mount points")?;
        }
        for (link, to) in LINKS {
            template.link(Path::new(link), Path::new(to)).step("make links")?;
        }
        for name in SYSTEM {
            template.system(name).step(&format!("bind /{name}"))?;
        }
        for name in DEVICES {
            let inside = format!("dev/{name}");
            template.point(Path::new(&inside), Point::File).step("make devices")?;
            let device = open_tree(Path::new("/dev").join(name).as_path(), OpenTreeFlags::empty()).step("open devices")?;
            sys::mount_setattr(device.as_fd(), false, sys::ATTR_NOSUID | sys::ATTR_NOEXEC, sys::PRIVATE).step("restrict devices")?;
            template.attach(&device, Path::new(&inside)).step("attach devices")?;
        }
        template.etc().step("write /etc")?;
        Ok(template)
    }

    /// A read-only copy of the tree, not attached anywhere yet.
    pub fn clone_tree(&self) -> io::Result<OwnedFd> {
        let flags =
            OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH | OpenTreeFlags::AT_RECURSIVE;
        let copy = rustix::mount::open_tree(&self.top, c"", flags)?;
        sys::mount_setattr(copy.as_fd(), false, sys::ATTR_RDONLY, 0)?;
        Ok(copy)
    }

    /// Makes sure there is something to mount over at an absolute path. Present in all sandboxes from then on.
    pub fn point(&self, path: &Path, kind: Point) -> io::Result<()> {
        let dir = self.parents(path, kind == Point::Dir)?;
        if let (Point::File, Some(name)) = (kind, path.file_name()) {
            rustix::fs::openat(&dir, name, OFlags::CREATE | OFlags::CLOEXEC | OFlags::RDONLY, Mode::from_raw_mode(0o444))?;
        }
        Ok(())
    }

    /// Adds a read-only file with this content.
    pub fn file(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (dir, name) = (self.parents(path, false)?, path.file_name().unwrap_or_default());
        let file =
            rustix::fs::openat(&dir, name, OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC | OFlags::WRONLY, Mode::from_raw_mode(0o644))?;
        io::Write::write_all(&mut fs::File::from(file), bytes)
    }

    fn link(&self, path: &Path, to: &Path) -> io::Result<()> {
        let (dir, name) = (self.parents(path, false)?, path.file_name().unwrap_or_default());
        Ok(rustix::fs::symlinkat(to, &dir, name)?)
    }

    /// Opens (making them) the directories of a path, the last one only when asked.
    fn parents(&self, path: &Path, last: bool) -> io::Result<OwnedFd> {
        let directory = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        let mut at = rustix::fs::openat(&self.top, c".", directory, Mode::empty())?;
        let names: Vec<_> = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
        for name in &names[..names.len() - usize::from(!last && !names.is_empty())] {
            match rustix::fs::mkdirat(&at, name.as_os_str(), Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                Err(refused) => return Err(refused.into()),
            }
            at = rustix::fs::openat(&at, name.as_os_str(), directory, Mode::empty())?;
        }
        Ok(at)
    }

    fn attach(&self, mount: &OwnedFd, inside: &Path) -> io::Result<()> {
        Ok(rustix::mount::move_mount(mount, c"", &self.top, inside, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
    }

    /// One directory of the host: a link stays a link, a directory is bound, an absent one is left out.
    fn system(&self, name: &str) -> io::Result<()> {
        let host = Path::new("/").join(name);
        let Ok(found) = fs::symlink_metadata(&host) else { return Ok(()) };
        if found.is_symlink() {
            return self.link(Path::new(name), &fs::read_link(&host)?);
        }
        if !found.is_dir() {
            return Ok(());
        }
        self.point(Path::new(name), Point::Dir)?;
        self.attach(&read_only(&host)?, Path::new(name))
    }

    fn etc(&self) -> io::Result<()> {
        for (name, text) in [
            ("passwd", PASSWD),
            ("group", GROUP),
            ("hosts", HOSTS),
            ("nsswitch.conf", NSSWITCH),
            ("resolv.conf", ""),
            ("hostname", "execgov\n"),
        ] {
            self.file(&Path::new("etc").join(name), text.as_bytes())?;
        }
        for name in ETC_FILES {
            if let Ok(bytes) = fs::read(Path::new("/etc").join(name)) {
                self.file(&Path::new("etc").join(name), &bytes)?;
            }
        }
        for entry in fs::read_dir("/etc/alternatives").into_iter().flatten().flatten().take(1_000) {
            if let Ok(to) = fs::read_link(entry.path()) {
                self.link(&Path::new("etc/alternatives").join(entry.file_name()), &to)?;
            }
        }
        Ok(())
    }
}

/// A new tmpfs, not attached anywhere yet.
pub fn tmpfs(options: &[(&str, &str)], attributes: MountAttrFlags) -> io::Result<OwnedFd> {
    let context = rustix::mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in options {
        rustix::mount::fsconfig_set_string(context.as_fd(), *key, *value)?;
    }
    rustix::mount::fsconfig_create(context.as_fd())?;
    Ok(rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes | MountAttrFlags::MOUNT_ATTR_NODEV)?)
}

fn open_tree(path: &Path, more: OpenTreeFlags) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | more;
    Ok(rustix::mount::open_tree(CWD, path.as_os_str().as_bytes(), flags)?)
}

/// A file or directory of the host with everything mounted below it, read-only, not attached anywhere yet.
pub fn read_only(path: &Path) -> io::Result<OwnedFd> {
    let tree = open_tree(path, OpenTreeFlags::AT_RECURSIVE)?;
    sys::mount_setattr(tree.as_fd(), true, sys::ATTR_RDONLY | sys::ATTR_NOSUID | sys::ATTR_NODEV, sys::PRIVATE)?;
    Ok(tree)
}

/// Moves the caller into a mount namespace of its own that still learns of mounts the host makes later.
pub fn own_mounts() -> Result<(), SetupError> {
    sys::unshare(libc::CLONE_NEWNS).step("unshare mounts")?;
    let root = rustix::fs::openat(CWD, c"/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).step("open /")?;
    sys::mount_setattr(root.as_fd(), true, 0, sys::SLAVE).step("detach mounts from the host")
}

/// Whether a path is a directory or a file, without following a link at its end.
pub fn point_kind(tree: &OwnedFd) -> io::Result<Point> {
    let found = rustix::fs::statat(tree, c"", AtFlags::EMPTY_PATH)?;
    Ok(if rustix::fs::FileType::from_raw_mode(found.st_mode) == rustix::fs::FileType::Directory { Point::Dir } else { Point::File })
}
