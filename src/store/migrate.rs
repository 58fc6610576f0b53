//! Bringing an older ledger up to date: an ordered list of numbered steps that is only ever added to.
//!
//! Each call of a step is one transaction, which also records how far it got; a crash between two calls resumes there.
//! A file with a higher number than this program knows is refused untouched.

use redb::{Database, ReadableDatabase, ReadableTable, TableHandle, WriteTransaction};

use super::error::StoreError;
use super::shape::Record;
use super::tables::{self, META, Tables};
use super::{commit, pointer, shape};

const SCHEMA: &[u8] = b"schema";
const CURSOR: &[u8] = b"schema.cursor";

/// The steps from an empty file to today's schema; the schema number is their count.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "begin", step: |_, _| Ok(Progress::Done) },
    Migration { name: "index the audit log", step: super::audit::terms::index_all },
    Migration { name: "desks of requests for approval", step: fill_indexes::<crate::domain::approval::Approval> },
];

/// Records that one call of [`fill_indexes`] looks at.
const CHUNK: usize = 500;

/// Writes the index rows of every record of a kind: for a kind that has got another index.
fn fill_indexes<R: Record>(rows: &mut Rows<'_>, cursor: &[u8]) -> Result<Progress, StoreError> {
    let some = rows.after(R::TABLE, cursor, CHUNK)?;
    for (key, value) in &some {
        for row in commit::rows(&shape::read::<R>(value)?.record) {
            rows.put(&tables::index_name(R::TABLE, row.index.0), &row.key, &pointer::encode(&row.key, key))?;
        }
    }
    Ok(match some.last() {
        Some((last, _)) if some.len() == CHUNK => Progress::More(last.clone()),
        _ => Progress::Done,
    })
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// How far a step has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Call again with this cursor, in a new transaction.
    More(Vec<u8>),
    Done,
}

/// One numbered change of what is stored.
#[derive(Clone, Copy)]
pub struct Migration {
    pub name: &'static str,
    /// Gets the ledger in one transaction and the cursor of the call before, empty at first.
    pub step: fn(&mut Rows<'_>, &[u8]) -> Result<Progress, StoreError>,
}

/// What a step may do: rows of any table, as bytes.
pub struct Rows<'t>(&'t WriteTransaction);

impl Rows<'_> {
    /// Up to `limit` rows behind a key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn after(&self, table: &str, key: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        use std::ops::Bound::{Excluded, Unbounded};
        // Opening a table makes it, and what was never written to shall not be there.
        if !self.0.list_tables()?.any(|known| known.name() == table) {
            return Ok(Vec::new());
        }
        let table = self.0.open_table(tables::definition(table))?;
        let range = table.range::<&[u8]>((Excluded(key), Unbounded))?;
        range
            .take(limit)
            .map(|row| row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).map_err(StoreError::from))
            .collect()
    }

    /// # Errors
    /// When the file cannot be read.
    pub fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let table = self.0.open_table(tables::definition(table))?;
        Ok(table.get(key)?.map(|value| value.value().to_vec()))
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn put(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.0.open_table(tables::definition(table))?.insert(key, value)?;
        Ok(())
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn remove(&mut self, table: &str, key: &[u8]) -> Result<(), StoreError> {
        self.0.open_table(tables::definition(table))?.remove(key)?;
        Ok(())
    }
}

/// The schema number of a file; 0 when it is new.
pub(super) fn schema(database: &impl ReadableDatabase) -> Result<u32, StoreError> {
    let found = tables::value(&database.begin_read()?, META, SCHEMA)?;
    found.map_or(Ok(0), |bytes| bytes.try_into().map(u32::from_be_bytes).map_err(|_| StoreError::decode(META, "schema number")))
}

/// Takes every step that the file has not seen.
pub(super) fn run(database: &Database, migrations: &[Migration]) -> Result<(), StoreError> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let found = schema(database)?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, migration) in (1..).zip(migrations).skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        if found > 0 {
            tracing::info!(number, name = migration.name, "bringing the ledger up to date");
        }
        while one_transaction(database, number, migration)? == Stage::Open {}
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Stage {
    Open,
    Finished,
}

fn one_transaction(database: &Database, number: u32, migration: &Migration) -> Result<Stage, StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    let cursor = transaction.open_table(tables::definition(META))?.get(CURSOR)?.map_or_else(Vec::new, |cursor| cursor.value().to_vec());
    let progress = (migration.step)(&mut Rows(&transaction), &cursor)?;
    {
        let mut tables = Tables::new(&transaction);
        let meta = tables.table(META)?;
        match &progress {
            Progress::More(cursor) => {
                meta.insert(CURSOR, cursor.as_slice())?;
            }
            Progress::Done => {
                meta.insert(SCHEMA, number.to_be_bytes().as_slice())?;
                meta.remove(CURSOR)?;
            }
        }
    }
    transaction.commit()?;
    Ok(if progress == Progress::Done { Stage::Finished } else { Stage::Open })
}
