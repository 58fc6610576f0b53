//! The one writer: takes what is queued, checks and applies each commit in one transaction, syncs once, answers each.
//!
//! It never waits for more work: a lone commit costs one transaction. Nobody is told of success before the sync. When
//! the disk is full it refuses until there is room and then opens the file anew; after any other failure it refuses
//! until the process is restarted, because after a failed sync nothing certain is known about the disk. Reads go on in
//! both cases, from a view of the file in which recovery happens in memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use redb::{Database, ReadableDatabase};

use super::apply::apply;
use super::audit::append::{Appender, LAST_AT};
use super::audit::read::LogReader;
use super::commit::Commit;
use super::error::{CommitError, StoreError, is_full};
use super::ledger::Committed;
use super::medium::{self, Medium};
use super::shared::{Health, Shared};
use super::tables::{self, META, Tables};
use crate::base::clock::Clock;
use crate::crypto::checkpoint::Checkpoint;
use crate::crypto::note::LogSigner;

/// Room on the disk below which nothing is written, in bytes: what redb needs to end cleanly.
const RESERVE: u64 = 8 << 20;
/// What the commits of one group may take together, in bytes.
const GROUP_BYTES: usize = 8 << 20;

type Answer = Box<dyn FnOnce(Result<Committed, CommitError>) + Send>;

/// A commit with the one who waits for it.
pub struct Job {
    pub commit: Commit,
    pub answer: Answer,
}

/// What the writer owns.
pub struct Writer {
    shared: Arc<Shared>,
    medium: Box<dyn Medium>,
    log: Appender,
    signer: Arc<LogSigner>,
    clock: Arc<dyn Clock>,
    cache_bytes: usize,
    group_max: usize,
    /// The database in `shared` only looks at the file.
    aside: bool,
}

impl Writer {
    pub fn new(
        shared: Arc<Shared>,
        medium: Box<dyn Medium>,
        log: Appender,
        signer: Arc<LogSigner>,
        clock: Arc<dyn Clock>,
        cache_bytes: usize,
        group_max: usize,
    ) -> Self {
        Self { shared, medium, log, signer, clock, cache_bytes, group_max, aside: false }
    }

    /// Works until every sender is gone.
    pub fn work(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut bytes = first.commit.bytes();
            let mut group = vec![first];
            while group.len() < self.group_max
                && bytes < GROUP_BYTES
                && let Ok(next) = jobs.try_recv()
            {
                bytes += next.commit.bytes();
                group.push(next);
            }
            self.commit_group(group);
        }
    }

    fn commit_group(&mut self, group: Vec<Job>) {
        let refuse = |group: Vec<Job>, error: CommitError| group.into_iter().for_each(|job| (job.answer)(Err(error.clone())));
        if let Err(error) = self.ready() {
            return refuse(group, error);
        }
        let applied = catch_unwind(AssertUnwindSafe(|| self.apply(&group)));
        let applied = applied.unwrap_or_else(|_| Err(redb::Error::Corrupted("the writer panicked".to_owned())));
        match applied {
            Ok((log, verdicts)) => {
                let grown = log.size() != self.log.size();
                self.log = log;
                if grown {
                    self.shared.size.send_replace(self.log.size());
                }
                group.into_iter().zip(verdicts).for_each(|(job, verdict)| (job.answer)(verdict));
            }
            Err(error) => {
                self.fail(&error);
                refuse(group, CommitError::Storage(Arc::new(error)));
            }
        }
    }

    /// Whether writing makes sense now.
    fn ready(&mut self) -> Result<(), CommitError> {
        if matches!(self.shared.health(), Health::Stopped(_)) {
            return Err(CommitError::Closed);
        }
        if self.medium.free_bytes().is_some_and(|free| free < RESERVE) {
            self.shared.set_health(Health::Full);
            return Err(CommitError::full());
        }
        if self.aside {
            self.reopen().map_err(|error| {
                tracing::warn!(%error, "the ledger cannot be opened again yet");
                CommitError::full()
            })?;
        }
        if self.shared.health() == Health::Full {
            tracing::info!("there is room on the disk again: the ledger takes writes");
            self.shared.set_health(Health::Writable);
        }
        Ok(())
    }

    /// Opens the file again after a full disk, and goes on from what it holds.
    fn reopen(&mut self) -> Result<(), StoreError> {
        let database = medium::database(self.medium.as_ref(), self.cache_bytes)?;
        self.log = open_log(&database, &self.signer, &self.clock)?;
        self.shared.size.send_replace(self.log.size());
        self.shared.replace(database);
        self.aside = false;
        Ok(())
    }

    /// Decides what a failure means, and lets reads go on without touching the file.
    fn fail(&mut self, error: &redb::Error) {
        tracing::error!(ledger = self.medium.name(), %error, "writing the ledger failed; it takes no writes now");
        let health = if is_full(error) { Health::Full } else { Health::Stopped(error.to_string()) };
        self.shared.set_health(health);
        let looked_at = self.medium.open().and_then(medium::aside);
        match looked_at.map_err(StoreError::from).and_then(|extent| medium::database_on(extent, &self.medium.name(), self.cache_bytes)) {
            Ok(database) => {
                self.shared.replace(database);
                self.aside = true;
            }
            Err(error) => tracing::error!(%error, "the ledger cannot be read either"),
        }
        self.aside = true;
    }

    fn apply(&self, group: &[Job]) -> Result<(Appender, Vec<Result<Committed, CommitError>>), redb::Error> {
        let database = self.shared.database().map_err(|_| redb::Error::DatabaseClosed)?;
        let mut transaction = database.begin_write()?;
        transaction.set_two_phase_commit(true);
        let mut log = self.log.clone();
        let mut verdicts = Vec::with_capacity(group.len());
        {
            let mut tables = Tables::new(&transaction);
            for job in group {
                verdicts.push(apply(&mut tables, &mut log, &job.commit)?);
            }
            if log.size() != self.log.size() {
                log.finish(&mut tables)?;
            }
        }
        if verdicts.iter().any(Result::is_ok) {
            transaction.commit()?;
        } else {
            transaction.abort()?;
        }
        Ok((log, verdicts))
    }
}

/// The end of the log as the file has it. A log without entries gets its first checkpoint.
pub fn open_log(database: &Database, signer: &Arc<LogSigner>, clock: &Arc<dyn Clock>) -> Result<Appender, StoreError> {
    let read = database.begin_read()?;
    let reader = LogReader::new(&read);
    let (head, note) = (reader.head()?, reader.checkpoint()?);
    let last_at = tables::value(&read, META, LAST_AT)?.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
    let mut log = Appender::new(head.clone(), last_at, Arc::clone(signer), Arc::clone(clock));
    if note.is_empty() && head.size() == 0 {
        let mut transaction = database.begin_write()?;
        transaction.set_two_phase_commit(true);
        log.finish(&mut Tables::new(&transaction))?;
        transaction.commit()?;
        return Ok(log);
    }
    let signed = Checkpoint::open(&note, &signer.verifier())
        .map_err(|error| StoreError::Damaged(format!("the audit log was not signed with this installation's key: {error}")))?;
    if signed.size != head.size() || signed.root != head.root() {
        return Err(StoreError::Damaged("the end of the audit log is not what its checkpoint says".to_owned()));
    }
    Ok(log)
}
