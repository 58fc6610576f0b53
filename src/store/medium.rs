//! Where the ledger's bytes lie: a file, a file that is only looked at, or what a test puts in their place.
//!
//! The one adapter between the ledger and redb's idea of storage. It says what failed, but decides nothing about it.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;

use super::error::StoreError;
use crate::base::file::PRIVATE_FILE;

/// Something that can be opened for reading and writing at offsets, again after a failure.
pub trait Medium: Send + Sync + 'static {
    /// # Errors
    /// When it cannot be opened.
    fn open(&self) -> io::Result<Box<dyn Extent>>;

    /// Room that is left, in bytes; `None` when it is not known.
    fn free_bytes(&self) -> Option<u64>;

    /// How people know it.
    fn name(&self) -> String;
}

/// Bytes at offsets.
#[allow(clippy::len_without_is_empty, reason = "a length in bytes, not a collection")]
pub trait Extent: Send + Sync + std::fmt::Debug + 'static {
    /// # Errors
    /// When the length cannot be known.
    fn len(&self) -> io::Result<u64>;

    /// # Errors
    /// When not all of `out` can be filled.
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// # Errors
    /// When not all bytes were taken.
    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// New bytes are zero.
    ///
    /// # Errors
    /// When the length cannot be changed.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Everything written so far survives a power cut once this returns.
    ///
    /// # Errors
    /// When that is not certain.
    fn sync(&self) -> io::Result<()>;
}

/// A file, made with a private mode when it is missing.
#[derive(Debug, Clone)]
pub struct FileMedium {
    path: PathBuf,
}

impl FileMedium {
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl Medium for FileMedium {
    fn open(&self) -> io::Result<Box<dyn Extent>> {
        let file = File::options().read(true).write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(&self.path)?;
        Ok(Box::new(FileExtent(file)))
    }

    fn free_bytes(&self) -> Option<u64> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let found = rustix::fs::statvfs(dir).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

#[derive(Debug)]
struct FileExtent(File);

impl Extent for FileExtent {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(out, offset)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// A medium that is only looked at: what recovery or a check writes stays in memory and is forgotten.
pub struct Aside<M>(pub M);

impl<M: Medium> Medium for Aside<M> {
    fn open(&self) -> io::Result<Box<dyn Extent>> {
        aside(self.0.open()?)
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

/// Keeps writes to an extent in memory.
pub(super) fn aside(below: Box<dyn Extent>) -> io::Result<Box<dyn Extent>> {
    let len = below.len()?;
    Ok(Box::new(AsideExtent { below, above: Mutex::new(Above { len, floor: len, pages: BTreeMap::new() }) }))
}

/// A file that must exist and is opened for reading only.
#[derive(Debug, Clone)]
pub struct ReadOnlyFile(pub PathBuf);

impl Medium for ReadOnlyFile {
    fn open(&self) -> io::Result<Box<dyn Extent>> {
        aside(Box::new(FileExtent(File::open(&self.0)?)))
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }

    fn name(&self) -> String {
        self.0.display().to_string()
    }
}

const PAGE: u64 = 4096;

#[derive(Debug)]
struct AsideExtent {
    below: Box<dyn Extent>,
    above: Mutex<Above>,
}

#[derive(Debug)]
struct Above {
    len: u64,
    /// Bytes of the extent below from here on are not seen any more: it was cut there once.
    floor: u64,
    pages: BTreeMap<u64, Box<[u8]>>,
}

impl AsideExtent {
    /// The bytes of one page as they would be now.
    fn load(&self, above: &Above, page: u64) -> io::Result<Box<[u8]>> {
        if let Some(bytes) = above.pages.get(&page) {
            return Ok(bytes.clone());
        }
        let mut bytes = vec![0; 4096].into_boxed_slice();
        let start = page * PAGE;
        let known = usize::try_from(above.floor.saturating_sub(start).min(PAGE)).unwrap_or(0);
        self.below.read(start, &mut bytes[..known])?;
        Ok(bytes)
    }

    fn each(offset: u64, len: usize, mut act: impl FnMut(u64, usize, std::ops::Range<usize>) -> io::Result<()>) -> io::Result<()> {
        let mut done = 0;
        while done < len {
            let at = offset + done as u64;
            let inside = usize::try_from(at % PAGE).unwrap_or(0);
            let count = (4096 - inside).min(len - done);
            act(at / PAGE, inside, done..done + count)?;
            done += count;
        }
        Ok(())
    }
}

impl Extent for AsideExtent {
    fn len(&self) -> io::Result<u64> {
        Ok(self.above.lock().unwrap_or_else(PoisonError::into_inner).len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let above = self.above.lock().unwrap_or_else(PoisonError::into_inner);
        let end = offset + out.len() as u64;
        if end > above.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if end <= above.floor && above.pages.range(offset / PAGE..=end / PAGE).next().is_none() {
            return self.below.read(offset, out);
        }
        Self::each(offset, out.len(), |page, inside, range| {
            let count = range.len();
            out[range].copy_from_slice(&self.load(&above, page)?[inside..inside + count]);
            Ok(())
        })
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut above = self.above.lock().unwrap_or_else(PoisonError::into_inner);
        Self::each(offset, bytes.len(), |page, inside, range| {
            let mut held = self.load(&above, page)?;
            held[inside..inside + range.len()].copy_from_slice(&bytes[range]);
            above.pages.insert(page, held);
            Ok(())
        })?;
        above.len = above.len.max(offset + bytes.len() as u64);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut above = self.above.lock().unwrap_or_else(PoisonError::into_inner);
        if len < above.len {
            above.floor = above.floor.min(len);
            above.pages.retain(|page, _| page * PAGE < len);
            let inside = usize::try_from(len % PAGE).unwrap_or(0);
            if let Some(last) = above.pages.get_mut(&(len / PAGE)) {
                last[inside..].fill(0);
            }
        }
        above.len = len;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// redb's view of an extent.
#[derive(Debug)]
pub(super) struct Backend(pub Box<dyn Extent>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

/// Opens a database on a medium.
///
/// # Errors
/// When the medium cannot be opened or holds something else.
pub(super) fn database(medium: &dyn Medium, cache_bytes: usize) -> Result<redb::Database, StoreError> {
    let extent = medium.open().map_err(|error| StoreError::Open { path: medium.name().into(), source: Arc::new(error.into()) })?;
    database_on(extent, &medium.name(), cache_bytes)
}

/// Opens a database on an extent.
///
/// # Errors
/// When it holds something else.
pub(super) fn database_on(extent: Box<dyn Extent>, name: &str, cache_bytes: usize) -> Result<redb::Database, StoreError> {
    redb::Database::builder()
        .set_cache_size(cache_bytes)
        .create_with_backend(Backend(extent))
        .map_err(|error| StoreError::Open { path: name.into(), source: Arc::new(error.into()) })
}

/// Holds a ledger file against other processes; for readers, only against writers.
///
/// # Errors
/// [`StoreError::Locked`] with the process that the data directory's `lock` file names.
pub(super) fn hold(path: &Path, exclusive: bool) -> Result<File, StoreError> {
    let failed = |error: io::Error| StoreError::Open { path: path.to_owned(), source: Arc::new(error.into()) };
    let file = if exclusive {
        File::options().read(true).write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(path)
    } else {
        File::open(path)
    };
    let file = file.map_err(failed)?;
    match if exclusive { file.try_lock() } else { file.try_lock_shared() } {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { pid: super::lock::holder(path.parent().unwrap_or(Path::new("."))) }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Act {
        Write(u64, Vec<u8>),
        SetLen(u64),
        Read(u64, usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (0_u64..20_000, prop::collection::vec(any::<u8>(), 0..6_000)).prop_map(|(at, bytes)| Act::Write(at, bytes)),
            (0_u64..30_000).prop_map(Act::SetLen),
            (0_u64..20_000, 0_usize..6_000).prop_map(|(at, len)| Act::Read(at, len)),
        ]
    }

    proptest! {
        /// What is kept aside behaves like the file would, and the file does not change.
        #[test]
        fn aside_is_a_file_that_does_not_change(start in prop::collection::vec(1_u8.., 0..15_000), acts in prop::collection::vec(act(), 1..12)) {
            let mut file = tempfile::tempfile().expect("file");
            std::io::Write::write_all(&mut file, &start).expect("written");
            let seen = aside(Box::new(FileExtent(file.try_clone().expect("cloned")))).expect("aside");
            let mut model = start.clone();
            for act in acts {
                match act {
                    Act::Write(at, bytes) => {
                        let end = usize::try_from(at).expect("small") + bytes.len();
                        if model.len() < end { model.resize(end, 0); }
                        model[end - bytes.len()..end].copy_from_slice(&bytes);
                        seen.write(at, &bytes).expect("written");
                    }
                    Act::SetLen(len) => {
                        model.resize(usize::try_from(len).expect("small"), 0);
                        seen.set_len(len).expect("set");
                    }
                    Act::Read(at, len) => {
                        let mut out = vec![9; len];
                        let at = usize::try_from(at).expect("small");
                        let read = seen.read(at as u64, &mut out);
                        match model.get(at..at + len) {
                            Some(expected) => prop_assert_eq!((read.is_ok(), out.as_slice()), (true, expected)),
                            None => prop_assert!(read.is_err()),
                        }
                    }
                }
                prop_assert_eq!(seen.len().expect("known"), model.len() as u64);
            }
            let mut kept = Vec::new();
            let len = file.metadata().expect("known").len();
            kept.resize(usize::try_from(len).expect("small"), 0);
            file.read_exact_at(&mut kept, 0).expect("read");
            prop_assert_eq!(kept, start);
        }
    }
}
