//! Where the logs are: which are open, and under which names the others lie.
//!
//! ```text
//! logs/open/<run>-<attempt>.log    being written, or sealed and not yet settled; what is here at start was left by a crash
//! logs/<xx>/<run>-<attempt>.log    packed; xx is the last byte of the run id
//! logs/tmp/                        being packed; emptied at start
//! ```
//! The life of a log: `start`, then `finish`, then the outcome of the run is committed, then `discard` (inline) or `settle` (file).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::LogKey;
use super::error::LogError;
use super::live::Live;
use super::marks::Progress;
use super::pack::pack;
use super::reader::LogReader;
use super::recover::take_up;
use super::source::Source;
use super::writer::{LogBody, LogOptions, LogWriter, SealedLog};
use crate::base::clock::Clock;
use crate::base::file::{PRIVATE_FILE, create_new, private_dir, sync_dir};
use crate::domain::run::LogSeal;

/// All logs of one data directory. Cheap to clone.
#[derive(Clone)]
pub struct LogStore(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    open: Mutex<HashMap<LogKey, Arc<Live>>>,
    /// One log is packed at a time.
    packing: tokio::sync::Mutex<()>,
}

impl LogStore {
    /// Opens the directory, making it if needed.
    ///
    /// # Errors
    /// When it cannot be made or entered.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, LogError> {
        for path in [dir.to_owned(), dir.join("open"), dir.join("tmp")] {
            private_dir(&path).map_err(LogError::io("open", &path))?;
        }
        let temp = dir.join("tmp");
        for path in entries(&temp)? {
            fs::remove_file(&path).map_err(LogError::io("remove", &path))?;
        }
        let inner = Inner { dir: dir.to_owned(), clock, open: Mutex::default(), packing: tokio::sync::Mutex::default() };
        Ok(Self(Arc::new(inner)))
    }

    /// Begins a log. No file is made before there is output.
    pub fn start(&self, key: LogKey, options: LogOptions) -> LogWriter {
        LogWriter::new(key, self.register(key), self.open_path(key), Arc::clone(&self.0.clock), options)
    }

    /// Opens a log for reading, wherever it is; `inline` is what the record of the run has.
    ///
    /// Not for the runtime's threads: it may read a file.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn read(&self, key: LogKey, inline: Option<Vec<u8>>) -> Result<LogReader, LogError> {
        if let Some(bytes) = inline {
            return Source::inline(bytes).map(LogReader::new);
        }
        if let Some(live) = self.live(key) {
            return Ok(LogReader::new(Source::live(live)));
        }
        // A log that is being settled is first in one place, then in both, then in the other.
        for path in [self.packed_path(key), self.open_path(key), self.packed_path(key)] {
            match File::open(&path) {
                Ok(file) => return Source::file(file, &path).map(LogReader::new),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(LogError::io("open", &path)(error)),
            }
        }
        Err(LogError::Missing(key))
    }

    /// The progress that a run under way announced last. Reads no file.
    #[must_use]
    pub fn live_progress(&self, key: LogKey) -> Option<Progress> {
        self.live(key)?.state.borrow().progress.clone()
    }

    /// After the outcome with the inline log is committed: the file has no more use.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn discard(&self, key: LogKey) -> Result<(), LogError> {
        remove(&self.open_path(key))?;
        self.unregister(key);
        Ok(())
    }

    /// After the outcome with a log in a file is committed: packs the file, with the committed seal. Readers find the log at any moment.
    ///
    /// # Errors
    /// When a file cannot be written; the log then stays as it is, and calling again is safe.
    pub async fn settle(&self, key: LogKey, seal: LogSeal) -> Result<(), LogError> {
        let _one = self.0.packing.lock().await;
        let shelf = self.clone();
        tokio::task::spawn_blocking(move || shelf.settle_blocking(key, &seal)).await.map_err(|_| LogError::Cancelled)?
    }

    /// [`LogStore::settle`] for callers outside the runtime.
    ///
    /// # Errors
    /// The same.
    pub fn settle_blocking(&self, key: LogKey, seal: &LogSeal) -> Result<(), LogError> {
        let open = self.open_path(key);
        let file = match File::open(&open) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.packed_path(key).exists() => return Ok(()),
            Err(error) => return Err(LogError::io("open", &open)(error)),
        };
        let mut source = Source::file(file, &open)?;
        let temp = self.0.dir.join("tmp").join(key.file_name());
        remove(&temp)?;
        let packed = create_new(&temp, PRIVATE_FILE).map_err(LogError::io("create", &temp))?;
        if let Err(error) = pack(&mut source, seal, packed, &temp) {
            remove(&temp)?;
            return Err(error);
        }
        let to = self.packed_path(key);
        let dir = to.parent().unwrap_or(&self.0.dir);
        if !dir.is_dir() {
            private_dir(dir).map_err(LogError::io("create", dir))?;
            sync_dir(&self.0.dir).map_err(LogError::io("sync", &self.0.dir))?;
        }
        fs::rename(&temp, &to).map_err(LogError::io("rename", &temp))?;
        sync_dir(dir).map_err(LogError::io("sync", dir))?;
        self.unregister(key);
        remove(&open)
    }

    /// The logs that a crash left in `open/`: each is to be recovered, discarded or settled.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn leftovers(&self) -> Result<Vec<LogKey>, LogError> {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let found = entries(&self.0.dir.join("open"))?;
        let keys = found.iter().filter_map(|path| path.file_name()?.to_str().and_then(LogKey::from_file_name));
        Ok(keys.filter(|key| !open.contains_key(key)).collect())
    }

    /// Seals what a writer that went away has left, with a remark as the last line. Without any file it is a log of that remark.
    ///
    /// # Errors
    /// When the file cannot be read or cut.
    pub fn recover(&self, key: LogKey, remark: &str) -> Result<SealedLog, LogError> {
        let path = self.open_path(key);
        if let Ok(file) = File::open(&path)
            && let Some(seal) = Source::file(file, &path).ok().and_then(|source| source.seal().cloned())
        {
            return Ok(SealedLog { key, seal, body: LogBody::File, trouble: None });
        }
        let live = self.register(key);
        let found = take_up(live, &path)?;
        let mut writer = LogWriter::resume(key, found.disk, Arc::clone(&self.0.clock), found.kept);
        writer.mark(remark);
        Ok(writer.finish_blocking())
    }

    /// Removes a log for good.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn delete(&self, key: LogKey) -> Result<(), LogError> {
        remove(&self.packed_path(key))?;
        self.discard(key)
    }

    fn live(&self, key: LogKey) -> Option<Arc<Live>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    fn register(&self, key: LogKey) -> Arc<Live> {
        let live = Arc::new(Live::default());
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&live));
        live
    }

    fn unregister(&self, key: LogKey) {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    fn open_path(&self, key: LogKey) -> PathBuf {
        self.0.dir.join("open").join(key.file_name())
    }

    fn packed_path(&self, key: LogKey) -> PathBuf {
        let last = key.run.bytes()[15];
        self.0.dir.join(format!("{last:02x}")).join(key.file_name())
    }
}

/// Removes a file that may be gone already.
fn remove(path: &Path) -> Result<(), LogError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LogError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, LogError> {
    let failed = |error| LogError::io("list", dir)(error);
    fs::read_dir(dir).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}
