//! The one writer: takes what is queued, checks and applies each commit in one transaction, syncs once, answers each.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use redb::{Database, ReadableTable, Table, TableDefinition, WriteTransaction};

use super::codec;
use super::commit::{Commit, Expectation};
use super::error::CommitError;
use super::ledger::Committed;
use crate::crypto::merkle::{self, Frontier};
use crate::crypto::note::LogSigner;

pub const EVENTS: &str = "log.entry";
pub const META: &str = "meta";
/// Shape byte of a log entry.
const ENTRY: u8 = 1;

type Bytes = &'static [u8];
type Answer = Box<dyn FnOnce(Result<Committed, CommitError>) + Send>;

/// A commit with the one who waits for it.
pub struct Job {
    pub commit: Commit,
    pub answer: Answer,
}

/// What the writer owns.
pub struct Writer {
    pub database: Arc<Database>,
    pub signer: LogSigner,
    pub frontier: Frontier,
    pub group_max: usize,
}

impl Writer {
    /// Works until every sender is gone.
    pub fn work(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut group = vec![first];
            while group.len() < self.group_max
                && let Ok(next) = jobs.try_recv()
            {
                group.push(next);
            }
            self.commit_group(group);
        }
    }

    fn commit_group(&mut self, group: Vec<Job>) {
        match self.apply(&group) {
            Ok((frontier, verdicts)) => {
                self.frontier = frontier;
                for (job, verdict) in group.into_iter().zip(verdicts) {
                    (job.answer)(verdict);
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for job in group {
                    (job.answer)(Err(CommitError::Storage(Arc::clone(&error))));
                }
            }
        }
    }

    fn apply(&self, group: &[Job]) -> Result<(Frontier, Vec<Result<Committed, CommitError>>), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_two_phase_commit(true);
        let mut frontier = self.frontier.clone();
        let mut verdicts = Vec::with_capacity(group.len());
        {
            let mut tables = Tables { transaction: &transaction, open: HashMap::new() };
            for job in group {
                verdicts.push(apply_one(&mut tables, &mut frontier, &job.commit)?);
            }
            if frontier != self.frontier {
                let checkpoint = self.signer.checkpoint(frontier.size(), &frontier.root());
                let meta = tables.get(META)?;
                meta.insert(b"frontier".as_slice(), frontier.to_bytes().as_slice())?;
                meta.insert(b"checkpoint".as_slice(), checkpoint.as_bytes())?;
            }
        }
        transaction.commit()?;
        Ok((frontier, verdicts))
    }
}

struct Tables<'t> {
    transaction: &'t WriteTransaction,
    open: HashMap<String, Table<'t, Bytes, Bytes>>,
}

impl<'t> Tables<'t> {
    fn get(&mut self, name: &str) -> Result<&mut Table<'t, Bytes, Bytes>, redb::Error> {
        if !self.open.contains_key(name) {
            let table = self.transaction.open_table(TableDefinition::<Bytes, Bytes>::new(name))?;
            self.open.insert(name.to_owned(), table);
        }
        self.open.get_mut(name).ok_or_else(|| redb::Error::Corrupted("a table that was opened is gone".to_owned()))
    }
}

fn apply_one(tables: &mut Tables<'_>, frontier: &mut Frontier, commit: &Commit) -> Result<Result<Committed, CommitError>, redb::Error> {
    if let Some(why) = &commit.broken {
        return Ok(Err(CommitError::Storage(Arc::new(redb::Error::Corrupted(why.clone())))));
    }
    if let Some(conflict) = conflict(tables, commit)? {
        return Ok(Err(conflict));
    }
    for write in &commit.writes {
        for row in &write.gone {
            tables.get(&format!("{}.{}", write.table, row.index.0))?.remove(row.key.as_slice())?;
        }
        let table = tables.get(write.table)?;
        match &write.value {
            Some((shape, version, json)) => {
                table.insert(write.key.as_slice(), codec::encode(*shape, *version, json).as_slice())?;
            }
            None => {
                table.remove(write.key.as_slice())?;
            }
        }
        for row in &write.new {
            tables.get(&format!("{}.{}", write.table, row.index.0))?.insert(row.key.as_slice(), write.key.as_slice())?;
        }
    }
    let first_event = frontier.size();
    for event in &commit.events {
        let entry = serde_json::to_vec(event).unwrap_or_default();
        tables.get(EVENTS)?.insert(frontier.size().to_be_bytes().as_slice(), codec::encode(ENTRY, 1, &entry).as_slice())?;
        frontier.push(merkle::leaf_hash(&entry));
    }
    Ok(Ok(Committed { first_event, events: commit.events.len() as u64 }))
}

fn conflict(tables: &mut Tables<'_>, commit: &Commit) -> Result<Option<CommitError>, redb::Error> {
    for expect in &commit.expects {
        let found = tables.get(expect.table)?.get(expect.key.as_slice())?.and_then(|bytes| codec::version(bytes.value()));
        let holds = match expect.what {
            Expectation::Absent => found.is_none(),
            Expectation::Version(version) => found == Some(version),
        };
        if !holds {
            return Ok(Some(CommitError::Conflict { table: expect.table.to_owned(), key: expect.key.clone() }));
        }
    }
    for write in &commit.writes {
        for row in write.new.iter().filter(|row| row.unique) {
            let name = format!("{}.{}", write.table, row.index.0);
            let taken = tables.get(&name)?.get(row.key.as_slice())?.is_some_and(|holder| holder.value() != write.key.as_slice());
            if taken {
                return Ok(Some(CommitError::Conflict { table: name, key: row.key.clone() }));
            }
        }
    }
    Ok(None)
}
