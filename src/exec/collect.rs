//! What a run left behind, read so that nothing it prepared can mislead us.
//!
//! By the time this is called every process of the run is dead, so nothing changes under the reader. Each name is
//! opened as one segment below a directory that is already open, never followed, and only plain files are read.
//! What is not taken is reported with a reason, never silently dropped.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Dir, FileType, Mode, OFlags, ResolveFlags, Stat};

/// Deepest directory below `outputs/` that is looked into.
const DEPTH: usize = 16;
/// Entries looked at, at most.
const ENTRIES: usize = 20_000;
/// Reasons kept, at most; further ones are only counted.
const SKIPPED: usize = 200;
/// Longest name of an artifact, in bytes: its path below `outputs/`.
const NAME_BYTES: usize = 512;

/// One plain file, open for reading.
#[derive(Debug)]
pub struct Output {
    /// Path below `outputs/`.
    pub name: String,
    pub bytes: u64,
    pub file: File,
}

/// Something that was left and not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its path with everything unusual escaped.
    pub name: String,
    pub why: SkipReason,
}

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SkipReason {
    #[error("is a symbolic link")]
    Link,
    #[error("is a pipe, socket or device")]
    Special,
    #[error("has more than one name (hard link)")]
    HardLink,
    #[error("has a name that is not valid UTF-8, holds control characters or is too long")]
    Name,
    #[error("is larger than one file may be")]
    TooLarge,
    #[error("would exceed the number of artifacts")]
    TooMany,
    #[error("would exceed the size of all artifacts")]
    TooMuch,
    #[error("is nested too deep")]
    TooDeep,
    #[error("cannot be read")]
    Unreadable,
}

/// How much is taken.
#[derive(Debug, Clone, Copy)]
pub struct OutputBounds {
    pub files: usize,
    pub file_bytes: u64,
    pub total_bytes: u64,
}

/// What was found in `outputs/`, in the order of the names.
#[derive(Debug, Default)]
pub struct Collected {
    pub files: Vec<Output>,
    pub skipped: Vec<Skipped>,
    /// Things skipped beyond those in `skipped`.
    pub more_skipped: u64,
}

/// Why there is a result that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    #[error("the result {0}")]
    Odd(SkipReason),
    #[error("the result has {bytes} bytes; {most} are allowed")]
    TooLarge { bytes: u64, most: u64 },
    #[error("read the result: {0}")]
    Io(String),
}

/// The bytes of `$EXECGOV_RESULT`; none when the run wrote none.
///
/// # Errors
/// When what is there is not a plain file or is too large.
pub fn read_result(work: impl AsFd, most: u64) -> Result<Option<Vec<u8>>, ResultError> {
    let work = work.as_fd();
    let (fd, found) = match open_plain(work, "result.json") {
        Ok(opened) => opened,
        Err(Refused::Absent) => return Ok(None),
        Err(Refused::Odd(why)) => return Err(ResultError::Odd(why)),
    };
    let bytes = u64::try_from(found.st_size).unwrap_or(u64::MAX);
    if bytes > most {
        return Err(ResultError::TooLarge { bytes, most });
    }
    let mut content = Vec::new();
    File::from(fd).take(most).read_to_end(&mut content).map_err(|cause| ResultError::Io(cause.to_string()))?;
    Ok(Some(content))
}

/// The plain files below `outputs/`.
///
/// # Errors
/// When the private directory itself cannot be read.
pub fn outputs(work: impl AsFd, bounds: OutputBounds) -> io::Result<Collected> {
    let mut walk = Walk { bounds, found: Collected::default(), total: 0, seen: 0 };
    let work_dir = open_dir(work.as_fd(), "work")?;
    match open_dir(work_dir.as_fd(), "outputs") {
        Ok(dir) => walk.directory(&dir, "", 0),
        // The run may have removed it or put something else in its place.
        Err(rustix::io::Errno::NOENT) => {}
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => walk.skip("outputs", SkipReason::Link),
        Err(_) => walk.skip("outputs", SkipReason::Unreadable),
    }
    Ok(walk.found)
}

enum Refused {
    Absent,
    Odd(SkipReason),
}

const BENEATH: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS).union(ResolveFlags::NO_XDEV);

/// Opens one segment below a directory. Kernels before 5.6 lack `openat2`; for a single segment `O_NOFOLLOW` says nearly the same.
fn open_segment(dir: BorrowedFd<'_>, name: &str, flags: OFlags) -> Result<OwnedFd, rustix::io::Errno> {
    let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat2(dir, name, flags, Mode::empty(), BENEATH) {
        Err(rustix::io::Errno::NOSYS) => rustix::fs::openat(dir, name, flags, Mode::empty()),
        other => other,
    }
}

fn open_dir(dir: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, rustix::io::Errno> {
    open_segment(dir, name, OFlags::DIRECTORY)
}

fn open_plain(dir: BorrowedFd<'_>, name: &str) -> Result<(OwnedFd, Stat), Refused> {
    use rustix::io::Errno;
    // A look first: opening a device can have effects.
    let seen = rustix::fs::statat(dir, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW);
    match seen.map(|seen| FileType::from_raw_mode(seen.st_mode)) {
        Ok(FileType::RegularFile) => {}
        Ok(FileType::Symlink) => return Err(Refused::Odd(SkipReason::Link)),
        Ok(_) => return Err(Refused::Odd(SkipReason::Special)),
        Err(Errno::NOENT) => return Err(Refused::Absent),
        Err(_) => return Err(Refused::Odd(SkipReason::Unreadable)),
    }
    let fd = open_segment(dir, name, OFlags::empty()).map_err(|_| Refused::Odd(SkipReason::Unreadable))?;
    let found = rustix::fs::fstat(&fd).map_err(|_| Refused::Odd(SkipReason::Unreadable))?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(Refused::Odd(SkipReason::Special));
    }
    if found.st_nlink != 1 {
        return Err(Refused::Odd(SkipReason::HardLink));
    }
    Ok((fd, found))
}

/// What a file takes or pretends to take, whichever is more: holes count as if they were filled.
fn size(found: &Stat) -> u64 {
    let stated = u64::try_from(found.st_size).unwrap_or(u64::MAX);
    stated.max(u64::try_from(found.st_blocks).unwrap_or(u64::MAX).saturating_mul(512).min(stated.saturating_add(1 << 20)))
}

struct Walk {
    bounds: OutputBounds,
    found: Collected,
    total: u64,
    seen: usize,
}

impl Walk {
    fn skip(&mut self, name: &str, why: SkipReason) {
        if self.found.skipped.len() < SKIPPED {
            self.found.skipped.push(Skipped { name: name.escape_debug().to_string(), why });
        } else {
            self.found.more_skipped += 1;
        }
    }

    fn directory(&mut self, dir: &OwnedFd, path: &str, depth: usize) {
        let Ok(entries) = Dir::read_from(dir) else { return self.skip(path, SkipReason::Unreadable) };
        let mut names: Vec<Vec<u8>> =
            entries.flatten().map(|entry| entry.file_name().to_bytes().to_vec()).filter(|name| name != b"." && name != b"..").collect();
        names.sort();
        for raw in names {
            self.seen += 1;
            if self.seen > ENTRIES {
                return self.skip(path, SkipReason::TooMany);
            }
            let lossy = String::from_utf8_lossy(&raw).into_owned();
            let inside = if path.is_empty() { lossy.clone() } else { format!("{path}/{lossy}") };
            let plain = std::str::from_utf8(&raw).is_ok_and(|name| !name.chars().any(is_control)) && inside.len() <= NAME_BYTES;
            if plain { self.entry(dir, &lossy, &inside, depth) } else { self.skip(&inside, SkipReason::Name) }
        }
    }

    fn entry(&mut self, dir: &OwnedFd, name: &str, path: &str, depth: usize) {
        let is_dir = rustix::fs::statat(dir, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|seen| FileType::from_raw_mode(seen.st_mode) == FileType::Directory);
        if is_dir {
            return match open_dir(dir.as_fd(), name) {
                Ok(_) if depth >= DEPTH => self.skip(path, SkipReason::TooDeep),
                Ok(inner) => self.directory(&inner, path, depth + 1),
                Err(_) => self.skip(path, SkipReason::Unreadable),
            };
        }
        match open_plain(dir.as_fd(), name) {
            Ok((fd, found)) => self.file(path, fd, &found),
            Err(Refused::Odd(why)) => self.skip(path, why),
            Err(Refused::Absent) => {}
        }
    }

    fn file(&mut self, path: &str, fd: OwnedFd, found: &Stat) {
        let bytes = size(found);
        if bytes > self.bounds.file_bytes.saturating_add(1 << 20) {
            self.skip(path, SkipReason::TooLarge);
        } else if self.found.files.len() >= self.bounds.files {
            self.skip(path, SkipReason::TooMany);
        } else if self.total.saturating_add(bytes) > self.bounds.total_bytes {
            self.skip(path, SkipReason::TooMuch);
        } else {
            self.total += bytes;
            self.found.files.push(Output { name: path.to_owned(), bytes: u64::try_from(found.st_size).unwrap_or(0), file: File::from(fd) });
        }
    }
}

/// Control characters and those that change the direction or hide in text.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    const BOUNDS: OutputBounds = OutputBounds { files: 3, file_bytes: 1 << 20, total_bytes: 4 << 20 };

    fn work() -> (tempfile::TempDir, OwnedFd) {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(dir.path().join("work/outputs/sub")).expect("made");
        let fd = fs::File::open(dir.path()).expect("opened").into();
        (dir, fd)
    }

    fn reasons(found: &Collected) -> Vec<(&str, SkipReason)> {
        found.skipped.iter().map(|skipped| (skipped.name.as_str(), skipped.why)).collect()
    }

    #[test]
    fn plain_files_are_taken_and_everything_else_is_named() {
        let (dir, fd) = work();
        let outputs_dir = dir.path().join("work/outputs");
        fs::write(outputs_dir.join("a.txt"), "a").expect("written");
        fs::write(outputs_dir.join("sub/b.txt"), "b").expect("written");
        symlink("/etc/passwd", outputs_dir.join("link")).expect("linked");
        symlink("/etc", outputs_dir.join("linkdir")).expect("linked");
        fs::write(outputs_dir.join("hard"), "x").expect("written");
        fs::hard_link(outputs_dir.join("hard"), dir.path().join("other")).expect("linked");
        rustix::fs::mknodat(rustix::fs::CWD, outputs_dir.join("pipe"), FileType::Fifo, Mode::from_raw_mode(0o644), 0).expect("made");
        fs::write(outputs_dir.join("new\nline"), "x").expect("written");
        fs::File::create(outputs_dir.join("sparse")).and_then(|file| file.set_len(10 << 40)).expect("made");
        let found = outputs(&fd, BOUNDS).expect("read");
        assert_eq!(found.files.iter().map(|file| (file.name.as_str(), file.bytes)).collect::<Vec<_>>(), [("a.txt", 1), ("sub/b.txt", 1)]);
        assert_eq!(
            reasons(&found),
            [
                ("hard", SkipReason::HardLink),
                ("link", SkipReason::Link),
                ("linkdir", SkipReason::Link),
                ("new\\nline", SkipReason::Name),
                ("pipe", SkipReason::Special),
                ("sparse", SkipReason::TooLarge),
            ]
        );
    }

    #[test]
    fn counts_and_sizes_are_bounded() {
        let (dir, fd) = work();
        for number in 0..5 {
            fs::write(dir.path().join(format!("work/outputs/{number}")), "x").expect("written");
        }
        let found = outputs(&fd, BOUNDS).expect("read");
        assert_eq!(found.files.len(), 3);
        assert_eq!(reasons(&found), [("3", SkipReason::TooMany), ("4", SkipReason::TooMany)]);
        let tight = OutputBounds { total_bytes: 8192, ..BOUNDS };
        assert_eq!(outputs(&fd, tight).expect("read").files.len(), 2);
    }

    #[test]
    fn a_replaced_directory_is_not_followed() {
        let (dir, fd) = work();
        fs::remove_dir_all(dir.path().join("work/outputs")).expect("removed");
        symlink("/etc", dir.path().join("work/outputs")).expect("linked");
        let found = outputs(&fd, BOUNDS).expect("read");
        assert!(found.files.is_empty());
        assert_eq!(reasons(&found), [("outputs", SkipReason::Link)]);
    }

    #[test]
    fn results_are_plain_and_bounded() {
        let (dir, fd) = work();
        let path = dir.path().join("result.json");
        assert_eq!(read_result(&fd, 10), Ok(None));
        fs::write(&path, "{}").expect("written");
        assert_eq!(read_result(&fd, 10), Ok(Some(b"{}".to_vec())));
        fs::write(&path, vec![b'x'; 11]).expect("written");
        assert!(matches!(read_result(&fd, 10), Err(ResultError::TooLarge { most: 10, .. })));
        fs::remove_file(&path).expect("removed");
        symlink("/etc/passwd", &path).expect("linked");
        assert_eq!(read_result(&fd, 10_000), Err(ResultError::Odd(SkipReason::Link)));
    }
}
