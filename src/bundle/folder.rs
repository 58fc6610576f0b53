//! A folder on this host as a package. Every name is opened relative to its open parent without following links, so that
//! swapping an entry for a link while it is read leads nowhere.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, fstat, openat};

use super::collect::{Bounds, Collector};
use super::fault::BundleError;
use crate::domain::capability::Package;
use crate::domain::capability::package::{PATH_DEPTH, is_litter};

/// Reads a folder.
pub fn read(path: &Path, bounds: Bounds) -> Result<Package, BundleError> {
    let mut walk = Walk { root: path, collector: Collector::new(bounds) };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat(CWD, path, flags, Mode::empty()).map_err(|error| walk.local("", error))?;
    walk.folder(folder.as_fd(), "", 0)?;
    walk.collector.finish()
}

struct Walk<'a> {
    root: &'a Path,
    collector: Collector,
}

impl Walk<'_> {
    fn local(&self, name: &str, error: rustix::io::Errno) -> BundleError {
        let path: PathBuf = if name.is_empty() { self.root.to_owned() } else { self.root.join(name) };
        BundleError::Local { path, source: io::Error::from(error) }
    }

    fn folder(&mut self, folder: BorrowedFd<'_>, at: &str, depth: usize) -> Result<(), BundleError> {
        if depth > PATH_DEPTH {
            return Err(BundleError::entry(at.as_bytes(), format!("is nested deeper than {PATH_DEPTH} folders")));
        }
        let mut names: Vec<CString> = Vec::new();
        for entry in Dir::read_from(folder).map_err(|error| self.local(at, error))? {
            let name = entry.map_err(|error| self.local(at, error))?.file_name().to_owned();
            if !matches!(name.to_bytes(), b"." | b"..") {
                self.collector.count()?;
                names.push(name);
            }
        }
        names.sort();
        for name in names {
            self.entry(folder, at, &name, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, folder: BorrowedFd<'_>, at: &str, name: &CString, depth: usize) -> Result<(), BundleError> {
        let Ok(text) = name.to_str() else { return Err(BundleError::entry(name.to_bytes(), "is not valid UTF-8")) };
        if is_litter(text) {
            return Ok(());
        }
        let inner = if at.is_empty() { text.to_owned() } else { format!("{at}/{text}") };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened: OwnedFd = match openat(folder, name, flags, Mode::empty()) {
            Ok(opened) => opened,
            Err(rustix::io::Errno::LOOP) => {
                return Err(BundleError::entry(inner.as_bytes(), "is a symbolic link; links of any kind are refused"));
            }
            // A socket cannot be opened.
            Err(rustix::io::Errno::NXIO) => return Err(BundleError::entry(inner.as_bytes(), "is a socket or a named pipe")),
            Err(error) => return Err(self.local(&inner, error)),
        };
        let status = fstat(&opened).map_err(|error| self.local(&inner, error))?;
        match FileType::from_raw_mode(status.st_mode) {
            FileType::Directory => self.folder(opened.as_fd(), &inner, depth + 1),
            FileType::RegularFile => {
                let Some(path) = self.collector.path(inner.as_bytes())? else { return Ok(()) };
                let size = u64::try_from(status.st_size).unwrap_or(0);
                self.collector.add(path, size, &mut File::from(opened))
            }
            FileType::CharacterDevice | FileType::BlockDevice => Err(BundleError::entry(inner.as_bytes(), "is a device")),
            _ => Err(BundleError::entry(inner.as_bytes(), "is a named pipe or of a kind that is not accepted")),
        }
    }
}
