//! One commit in the writer's transaction: checked as a whole against what earlier commits of the group left, then applied.
//!
//! Everything is checked before anything is written, because one commit cannot be rolled back without the others.

use std::collections::HashSet;

use redb::ReadableTable;

use super::audit::append::Appender;
use super::codec;
use super::commit::{Commit, Expectation};
use super::error::CommitError;
use super::ledger::Committed;
use super::pointer;
use super::tables::{LOG_BUNDLE, Tables, index_name};

/// The outer error stops the group, the inner one only this commit.
pub fn apply(tables: &mut Tables<'_>, log: &mut Appender, commit: &Commit) -> Result<Result<Committed, CommitError>, redb::Error> {
    if let Some(why) = &commit.broken {
        tracing::error!(why, "a commit that cannot be stored was refused");
        let cause = std::io::Error::new(std::io::ErrorKind::InvalidData, why.clone());
        return Ok(Err(CommitError::Storage(std::sync::Arc::new(redb::Error::Io(cause)))));
    }
    if let Some(conflict) = conflict(tables, log, commit)? {
        return Ok(Err(conflict));
    }
    for write in &commit.writes {
        for row in &write.gone {
            tables.index(write.table, row.index.0)?.remove(row.key.as_slice())?;
        }
    }
    for write in &commit.writes {
        let table = tables.table(write.table)?;
        match &write.value {
            Some(value) => table.insert(write.key.as_slice(), value.as_slice())?,
            None => table.remove(write.key.as_slice())?,
        };
        for row in &write.new {
            let value = pointer::encode(&row.key, &write.key);
            tables.index(write.table, row.index.0)?.insert(row.key.as_slice(), value.as_slice())?;
        }
    }
    if let Some(first) = commit.entries.first() {
        log.note_clock(tables, first)?;
    }
    let first_event = log.size();
    for entry in &commit.entries {
        log.append(tables, entry)?;
    }
    if let Some(bundles) = &commit.removes {
        Appender::remove_entries(tables, bundles.clone(), first_event)?;
    }
    Ok(Ok(Committed { first_event, events: commit.entries.len() as u64 }))
}

fn conflict(tables: &mut Tables<'_>, log: &Appender, commit: &Commit) -> Result<Option<CommitError>, redb::Error> {
    for expect in &commit.expects {
        let found = tables.table(expect.table)?.get(expect.key.as_slice())?.map(|bytes| codec::version(bytes.value()));
        let holds = match expect.what {
            Expectation::Absent => found.is_none(),
            Expectation::Version(version) => found == Some(Some(version)),
        };
        if !holds {
            return Ok(Some(CommitError::Conflict { table: expect.table.to_owned(), key: expect.key.clone() }));
        }
    }
    if let Some(bundles) = &commit.removes
        && !log.can_remove(tables, bundles)?
    {
        return Ok(Some(CommitError::Conflict { table: LOG_BUNDLE.to_owned(), key: bundles.end.to_be_bytes().to_vec() }));
    }
    let mut written = HashSet::new();
    if let Some(twice) = commit.writes.iter().find(|write| !written.insert((write.table, &write.key))) {
        return Ok(Some(CommitError::Conflict { table: twice.table.to_owned(), key: twice.key.clone() }));
    }
    let mut freed = HashSet::new();
    for write in &commit.writes {
        freed.extend(write.gone.iter().map(|row| (write.table, row.index.0, &row.key)));
    }
    let mut claimed = HashSet::new();
    for write in &commit.writes {
        for row in &write.new {
            let place = (write.table, row.index.0, &row.key);
            let taken = !claimed.insert(place)
                || (!freed.contains(&place) && tables.index(write.table, row.index.0)?.get(row.key.as_slice())?.is_some());
            if taken {
                return Ok(Some(CommitError::Conflict { table: index_name(write.table, row.index.0), key: row.key.clone() }));
            }
        }
    }
    Ok(None)
}
