//! Finding, listing, checking and deleting contents.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::Digest;
use tempfile::NamedTempFile;

use super::error::BlobError;
use super::id::BlobId;
use super::put::digest_of;
use crate::base::clock::{Clock, Timestamp};
use crate::base::file::{private_dir, sync_dir};

/// All contents of one data directory. Cheap to clone.
#[derive(Clone)]
pub struct BlobStore(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
}

/// A stored content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    pub id: BlobId,
    pub bytes: u64,
}

/// A stored content as found on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobEntry {
    pub id: BlobId,
    pub bytes: u64,
    /// When it was put last.
    pub put_at: Timestamp,
}

impl std::fmt::Debug for BlobStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlobStore({})", self.0.dir.display())
    }
}

impl BlobStore {
    /// Opens the directory, making it if needed, and removes what an earlier process was writing.
    ///
    /// # Errors
    /// When it cannot be made or entered.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, BlobError> {
        let store = Self(Arc::new(Inner { dir: dir.to_owned(), clock }));
        for path in [dir.to_owned(), store.temp_dir()] {
            private_dir(&path).map_err(BlobError::io("open", &path))?;
        }
        for stale in entries(&store.temp_dir())? {
            fs::remove_file(&stale).map_err(BlobError::io("remove", &stale))?;
        }
        Ok(store)
    }

    /// Opens a content for reading.
    ///
    /// # Errors
    /// `Missing` when it is not there.
    pub fn get(&self, id: BlobId) -> Result<File, BlobError> {
        let path = self.path(id);
        File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => BlobError::Missing(id),
            _ => BlobError::io("open", &path)(error),
        })
    }

    /// Digests a content anew.
    ///
    /// # Errors
    /// `Damaged` when it is not what was put, `Missing` when it is not there.
    pub fn verify(&self, id: BlobId) -> Result<Blob, BlobError> {
        let (digest, bytes) = digest_of(&mut self.get(id)?).map_err(BlobError::io("read", self.path(id)))?;
        let found = BlobId::from_bytes(digest.finalize().into());
        if found == id { Ok(Blob { id, bytes }) } else { Err(BlobError::Damaged { id, found }) }
    }

    /// All contents whose id begins with this byte, in order. Going through all 256 is bounded in memory and lets others work between.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn list(&self, first_byte: u8) -> Result<Vec<BlobEntry>, BlobError> {
        let dir = self.0.dir.join(format!("{first_byte:02x}"));
        if !dir.is_dir() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for path in entries(&dir)? {
            let Some(id) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) else { continue };
            match fs::metadata(&path).and_then(|meta| Ok((meta.len(), meta.modified()?))) {
                Ok((bytes, modified)) => {
                    let put_at = Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH);
                    found.push(BlobEntry { id, bytes, put_at });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(BlobError::io("read", &path)(error)),
            }
        }
        found.sort_unstable_by_key(|entry| entry.id);
        Ok(found)
    }

    /// Removes a content; one that is gone already is no error.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn delete(&self, id: BlobId) -> Result<(), BlobError> {
        let path = self.path(id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BlobError::io("remove", &path)(error)),
            _ => Ok(()),
        }
    }

    /// Gives a finished temporary file its name, unless the content is there already.
    pub(super) fn admit(&self, blob: &Blob, temp: NamedTempFile) -> Result<(), BlobError> {
        let path = self.path(blob.id);
        if self.renew(&path, blob.bytes) {
            return Ok(());
        }
        temp.as_file().sync_all().map_err(BlobError::io("sync", temp.path()))?;
        let dir = path.parent().unwrap_or(&self.0.dir);
        if !dir.is_dir() {
            private_dir(dir).map_err(BlobError::io("create", dir))?;
            sync_dir(&self.0.dir).map_err(BlobError::io("sync", &self.0.dir))?;
        }
        temp.persist(&path).map_err(|refused| BlobError::io("rename", &path)(refused.error))?;
        // The time of a file comes from the kernel; retention compares with the appliance's clock.
        self.renew(&path, blob.bytes);
        sync_dir(dir).map_err(BlobError::io("sync", dir))
    }

    /// Marks a content as put now, if it is there whole.
    fn renew(&self, path: &Path, bytes: u64) -> bool {
        let Ok(file) = fs::OpenOptions::new().write(true).open(path) else { return false };
        file.metadata().is_ok_and(|meta| meta.len() == bytes) && file.set_modified(self.0.clock.now().into()).is_ok()
    }

    pub(super) fn temp_dir(&self) -> PathBuf {
        self.0.dir.join("tmp")
    }

    pub(super) fn path(&self, id: BlobId) -> PathBuf {
        self.0.dir.join(format!("{:02x}", id.bytes()[0])).join(id.to_string())
    }
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, BlobError> {
    let failed = |error| BlobError::io("list", dir)(error);
    fs::read_dir(dir).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, SeekFrom, Write};
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;
    use crate::base::clock::ManualClock;

    struct Bench {
        dir: tempfile::TempDir,
        clock: Arc<ManualClock>,
        store: BlobStore,
    }

    fn bench() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_second(1_000_000).unwrap()));
        let store = BlobStore::open(dir.path(), clock.clone()).unwrap();
        Bench { dir, clock, store }
    }

    impl Bench {
        fn temp_files(&self) -> usize {
            entries(&self.dir.path().join("tmp")).unwrap().len()
        }
    }

    fn read(mut file: File) -> Vec<u8> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn contents_are_found_by_their_digest_with_tight_modes() {
        let bench = bench();
        let blob = bench.store.put(&mut b"hello".as_slice(), 5).unwrap();
        assert_eq!(blob.id.to_string(), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assert_eq!(read(bench.store.get(blob.id).unwrap()), b"hello");
        assert_eq!(bench.store.verify(blob.id).unwrap(), blob);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = bench.store.path(blob.id);
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(bench.temp_files(), 0);
    }

    #[test]
    fn the_same_content_is_kept_once_and_its_time_is_renewed() {
        let bench = bench();
        let blob = bench.store.put(&mut b"same".as_slice(), 99).unwrap();
        let listed = |store: &BlobStore| (0..=255).flat_map(|byte| store.list(byte).unwrap()).collect::<Vec<_>>();
        let first = listed(&bench.store);
        bench.clock.advance(Duration::from_mins(1));
        assert_eq!(bench.store.put(&mut b"same".as_slice(), 99).unwrap(), blob);
        let second = listed(&bench.store);
        assert_eq!(first, [BlobEntry { id: blob.id, bytes: 4, put_at: Timestamp::from_second(1_000_000).unwrap() }]);
        assert_eq!(second, [BlobEntry { put_at: Timestamp::from_second(1_000_060).unwrap(), ..first[0] }]);
        bench.store.delete(blob.id).unwrap();
        bench.store.delete(blob.id).unwrap();
        assert!(matches!(bench.store.get(blob.id), Err(BlobError::Missing(_))));
        assert_eq!(listed(&bench.store), []);
    }

    /// Gives some bytes, then fails.
    struct Failing(usize);

    impl Read for Failing {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let count = self.0.min(to.len());
            self.0 -= count;
            Ok(count)
        }
    }

    #[test]
    fn whatever_fails_leaves_nothing_behind() {
        let bench = bench();
        assert!(matches!(bench.store.put(&mut io::repeat(7), 300_000), Err(BlobError::TooLarge { limit: 300_000 })));
        assert!(matches!(bench.store.put(&mut Failing(200_000), u64::MAX), Err(BlobError::Source(_))));
        let writer = bench.store.writer(10).unwrap();
        let temp = writer.temp_path();
        assert!(temp.exists());
        drop(writer);
        assert_eq!((temp.exists(), bench.temp_files()), (false, 0));
        assert!((0..=255).all(|byte| bench.store.list(byte).unwrap().is_empty()));
    }

    #[test]
    fn a_full_disk_is_told_apart() {
        let full = File::options().write(true).open("/dev/full").unwrap().write_all(b"x").unwrap_err();
        assert!(matches!(BlobError::io("write", "x")(full), BlobError::Full { .. }));
        let other = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(BlobError::io("write", "x")(other), BlobError::Io { .. }));
    }

    #[test]
    fn files_are_copied_from_where_they_stand() {
        let bench = bench();
        for size in [0, 10, 3_000_000_usize] {
            let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            file.seek(SeekFrom::Start(5)).unwrap();
            let rest = bytes.get(5..).unwrap_or_default();
            let blob = bench.store.put_file(&mut file, 3_000_000).unwrap();
            assert_eq!(blob.bytes, rest.len() as u64);
            assert_eq!(read(bench.store.get(blob.id).unwrap()), rest);
            assert_eq!(bench.store.verify(blob.id).unwrap(), blob);
        }
        let mut sparse = tempfile::tempfile().unwrap();
        sparse.set_len(1 << 40).unwrap();
        assert!(matches!(bench.store.put_file(&mut sparse, 1 << 20), Err(BlobError::TooLarge { .. })));
        assert_eq!(bench.temp_files(), 0);
    }

    #[test]
    fn a_changed_file_is_noticed_and_a_cut_one_is_replaced() {
        let bench = bench();
        let blob = bench.store.put(&mut b"evidence".as_slice(), 99).unwrap();
        fs::write(bench.store.path(blob.id), b"Evidence").unwrap();
        assert!(matches!(bench.store.verify(blob.id), Err(BlobError::Damaged { .. })));
        fs::write(bench.store.path(blob.id), b"evid").unwrap();
        bench.store.put(&mut b"evidence".as_slice(), 99).unwrap();
        assert_eq!(bench.store.verify(blob.id).unwrap(), blob);
    }

    #[test]
    fn stale_temporary_files_go_at_start() {
        let bench = bench();
        fs::write(bench.dir.path().join("tmp/put-left"), b"half").unwrap();
        let store = BlobStore::open(bench.dir.path(), bench.clock.clone()).unwrap();
        assert_eq!(bench.temp_files(), 0);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let blob = runtime.block_on(store.put_stream(&mut b"streamed".as_slice(), 8)).unwrap();
        assert_eq!(read(store.get(blob.id).unwrap()), b"streamed");
        let refused = runtime.block_on(store.put_stream(&mut b"streamed".as_slice(), 7));
        assert!(matches!(refused, Err(BlobError::TooLarge { limit: 7 })));
        assert_eq!(bench.temp_files(), 0);
    }
}
