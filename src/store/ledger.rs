//! The handle to the ledger: opens the file, starts the writer, hands out snapshots.

use std::fs::{self, File};
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::commit::Commit;
use super::error::{CommitError, StoreError};
use super::medium::{self, FileMedium, Medium};
use super::migrate::{self, Migration};
use super::shared::{Health, Shared};
use super::snapshot::Snapshot;
use super::writer::{self, Job, Writer};
use crate::base::clock::Clock;
use crate::base::file::sync_dir;
use crate::crypto::note::{LogSigner, Verifier};

/// The file in the data directory.
pub const FILE: &str = "ledger.redb";
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
    shared: Arc<Shared>,
    verifier: Verifier,
    jobs: Mutex<Option<SyncSender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Keeps other processes away.
    held: Mutex<Option<File>>,
}

/// The ledger. Cheap to clone; closed when the last clone is dropped.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

impl Ledger {
    /// Opens or creates `ledger.redb` in a directory, brings it up to date and starts its writer.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it open, [`StoreError::Newer`] when a newer program wrote it,
    /// [`StoreError::Damaged`] when its log was not signed with this key; else when the file cannot be used.
    pub fn open(dir: &Path, options: LedgerOptions) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let held = if path.try_exists().unwrap_or(true) { medium::hold(&path, true)? } else { Self::create(dir, &path, &options)? };
        Self::start(Box::new(FileMedium::new(path)), Some(held), options, migrate::MIGRATIONS)
    }

    /// Makes a whole new ledger under another name first: a file that was only begun cannot be opened again. Answers
    /// with the lock on it.
    fn create(dir: &Path, path: &Path, options: &LedgerOptions) -> Result<File, StoreError> {
        let begun = dir.join(format!("{FILE}.new"));
        let failed = |error: std::io::Error| StoreError::Open { path: path.to_owned(), source: Arc::new(error.into()) };
        let held = medium::hold(&begun, true)?;
        held.set_len(0).map_err(failed)?;
        let options = LedgerOptions { clock: Arc::clone(&options.clock), signer: options.signer.clone(), ..*options };
        Self::start(Box::new(FileMedium::new(begun.clone())), None, options, migrate::MIGRATIONS)?.close();
        fs::hard_link(&begun, path).and_then(|()| fs::remove_file(&begun)).and_then(|()| sync_dir(dir)).map_err(failed)?;
        Ok(held)
    }

    /// Opens a ledger that lies somewhere else than in a file of its own. Nothing holds it against others.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn open_on(medium: Box<dyn Medium>, options: LedgerOptions, migrations: &[Migration]) -> Result<Self, StoreError> {
        Self::start(medium, None, options, migrations)
    }

    fn start(medium: Box<dyn Medium>, held: Option<File>, options: LedgerOptions, migrations: &[Migration]) -> Result<Self, StoreError> {
        let database = medium::database(medium.as_ref(), options.cache_bytes)?;
        migrate::run(&database, migrations)?;
        let signer = Arc::new(options.signer);
        let verifier = signer.verifier();
        let log = writer::open_log(&database, &signer, &options.clock)?;
        let shared = Arc::new(Shared::new(database, log.size()));
        let (jobs, inbox) = sync_channel(QUEUE);
        let writer = Writer::new(Arc::clone(&shared), medium, log, signer, options.clock, options.cache_bytes, options.group_max.max(1));
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || writer.work(&inbox))
            .map_err(|error| StoreError::Read(Arc::new(redb::Error::Io(error))))?;
        Ok(Self(Arc::new(Inner {
            shared,
            verifier,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(thread)),
            held: Mutex::new(held),
        })))
    }

    /// Resolves when the commit is durable. Dropping the future does not take the commit back.
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
    /// When the file cannot be read or the ledger is closed.
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        Snapshot::open(&*self.0.shared.database()?)
    }

    /// Who signs the audit log.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// The schema number of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn schema(&self) -> Result<u32, StoreError> {
        migrate::schema(&*self.0.shared.database()?)
    }

    /// The size of the audit log, which grows with every commit that has events. A hint that there may be news: several
    /// commits may show as one change, and what changed is found by reading.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.shared.size.subscribe()
    }

    /// Whether commits are accepted.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.shared.health()
    }

    /// Finishes what is queued, stops the writer and closes the file, also for other clones of this handle.
    pub fn close(self) {
        self.0.stop();
    }
}

impl Inner {
    fn stop(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
        self.shared.close();
        drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}
