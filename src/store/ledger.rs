//! The handle to the ledger: opens the file, starts the writer, hands out snapshots.

use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use redb::{Database, ReadableDatabase, TableDefinition};

use super::commit::Commit;
use super::error::{CommitError, StoreError};
use super::snapshot::Snapshot;
use super::writer::{Job, META, Writer};
use crate::base::clock::Clock;
use crate::crypto::merkle::Frontier;
use crate::crypto::note::LogSigner;

/// Commits that may wait for the writer.
const QUEUE: usize = 4_096;

/// How a ledger is opened.
pub struct LedgerOptions {
    pub clock: Arc<dyn Clock>,
    pub signer: LogSigner,
    /// Memory for pages, in bytes.
    pub cache_bytes: usize,
    /// Commits in one transaction, at most.
    pub group_max: usize,
}

/// Where a commit's events stand in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    pub first_event: u64,
    pub events: u64,
}

struct Inner {
    database: Arc<Database>,
    jobs: Mutex<Option<SyncSender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// The ledger. Cheap to clone.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

impl Ledger {
    /// Opens or creates `ledger.redb` in a directory.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(dir: &Path, options: LedgerOptions) -> Result<Self, StoreError> {
        let path = dir.join("ledger.redb");
        let database = Database::builder()
            .set_cache_size(options.cache_bytes)
            .create(&path)
            .map_err(|error| StoreError::Open { path: path.clone(), source: Arc::new(error.into()) })?;
        let database = Arc::new(database);
        let frontier = stored_frontier(&database)?;
        let (jobs, inbox) = sync_channel(QUEUE);
        let writer = Writer { database: Arc::clone(&database), signer: options.signer, frontier, group_max: options.group_max.max(1) };
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || writer.work(&inbox))
            .map_err(|error| StoreError::Read(Arc::new(redb::Error::Io(error))))?;
        Ok(Self(Arc::new(Inner { database, jobs: Mutex::new(Some(jobs)), writer: Mutex::new(Some(thread)) })))
    }

    /// Resolves when the commit is durable.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let (answer, verdict) = tokio::sync::oneshot::channel();
        self.send(Job { commit, answer: Box::new(move |result| drop(answer.send(result))) })?;
        verdict.await.unwrap_or(Err(CommitError::Closed))
    }

    /// For start-up, tests and the command line.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub fn commit_blocking(&self, commit: Commit) -> Result<Committed, CommitError> {
        let (answer, verdict) = std::sync::mpsc::channel();
        self.send(Job { commit, answer: Box::new(move |result| drop(answer.send(result))) })?;
        verdict.recv().unwrap_or(Err(CommitError::Closed))
    }

    fn send(&self, job: Job) -> Result<(), CommitError> {
        let jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(jobs) = jobs.as_ref() else { return Err(CommitError::Closed) };
        jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => CommitError::Busy,
            TrySendError::Disconnected(_) => CommitError::Closed,
        })
    }

    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        Snapshot::open(self.0.database.as_ref())
    }

    /// Finishes what is queued and stops the writer.
    pub fn close(self) {
        drop(self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn stored_frontier(database: &Database) -> Result<Frontier, StoreError> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(TableDefinition::<&[u8], &[u8]>::new(META)) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Frontier::default()),
        Err(error) => return Err(error.into()),
    };
    let Some(bytes) = table.get(b"frontier".as_slice())? else { return Ok(Frontier::default()) };
    Frontier::from_bytes(bytes.value())
        .ok_or_else(|| StoreError::Decode { table: META.to_owned(), why: "the right edge of the log is not readable".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::SystemClock;
    use crate::store::{Index, IndexRows, Record, Scan};

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Pet {
        name: String,
        kind: String,
    }

    const BY_KIND: Index = Index("by_kind");

    impl Record for Pet {
        const TABLE: &'static str = "pet";
        const SHAPE: u8 = 1;
        fn key(&self) -> Vec<u8> {
            self.name.as_bytes().to_vec()
        }
        fn index(&self, rows: &mut IndexRows) {
            rows.add(BY_KIND, format!("{}\0{}", self.kind, self.name).into_bytes());
        }
    }

    fn open(dir: &Path) -> Ledger {
        let signer = LogSigner::new("test".to_owned(), ed25519_dalek::SigningKey::from_bytes(&[7; 32]));
        let clock = Arc::new(SystemClock);
        Ledger::open(dir, LedgerOptions { clock, signer, cache_bytes: 1 << 20, group_max: 64 }).expect("opens")
    }

    #[test]
    fn records_change_once_and_indexes_follow() {
        let dir = tempfile::tempdir().expect("a directory");
        let ledger = open(dir.path());
        let rex = Pet { name: "rex".to_owned(), kind: "dog".to_owned() };
        let mut commit = Commit::new();
        commit.insert(&rex);
        assert!(ledger.commit_blocking(commit.clone()).is_ok());
        assert!(matches!(ledger.commit_blocking(commit), Err(CommitError::Conflict { .. })));
        let stored = ledger.read().expect("reads").get::<Pet>(b"rex").expect("decodes").expect("is there");
        let cat = Pet { kind: "cat".to_owned(), ..rex };
        let mut commit = Commit::new();
        commit.update(&stored, &cat);
        assert!(ledger.commit_blocking(commit.clone()).is_ok());
        assert!(ledger.commit_blocking(commit).is_err(), "the version has moved on");
        ledger.close();
        let ledger = open(dir.path());
        let snapshot = ledger.read().expect("reads");
        assert_eq!(snapshot.count::<Pet>(&Scan::index(BY_KIND, b"dog\0")).expect("counts"), 0);
        assert_eq!(snapshot.scan::<Pet>(&Scan::index(BY_KIND, b"cat\0")).expect("scans")[0].record, cat);
    }
}
