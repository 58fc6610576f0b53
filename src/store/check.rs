//! Looking a whole ledger file over: pages, records, indexes both ways, the audit log. Changes nothing.

use std::collections::HashMap;
use std::path::Path;

use redb::{ReadTransaction, ReadableDatabase, ReadableTable, TableHandle};
use serde::Serialize;

use super::audit::VerifyReport;
use super::audit::kept::{KeptLog, guarded};
use super::audit::{terms, verify_transaction};
use super::error::StoreError;
use super::medium::{self, ReadOnlyFile};
use super::shape::{self, IndexRow, Record};
use super::tables::{self, index_name};
use super::{commit, migrate, pointer};
use crate::crypto::note::Verifier;

/// Memory for pages, in bytes.
const CACHE: usize = 16 << 20;
/// Problems that are listed; more are only counted.
const LISTED: usize = 100;

/// The key and the index rows of a record.
type Places = (Vec<u8>, Vec<IndexRow>);

/// A kind of record, so that a table can be checked without knowing its type.
#[derive(Clone, Copy)]
pub struct Kind {
    pub table: &'static str,
    read: fn(&[u8]) -> Result<Places, StoreError>,
}

impl Kind {
    #[must_use]
    pub const fn of<R: Record>() -> Self {
        Self {
            table: R::TABLE,
            read: |bytes| {
                let record = shape::read::<R>(bytes)?.record;
                Ok((record.key(), commit::rows(&record)))
            },
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    pub ok: bool,
    /// Schema number of the file.
    pub schema: u32,
    pub tables: Vec<TableReport>,
    /// What is wrong, as sentences; the first 100.
    pub problems: Vec<String>,
    pub problem_count: u64,
    pub log: VerifyReport,
}

/// One table or index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    pub name: String,
    pub rows: u64,
    /// Keys and values together, in bytes.
    pub bytes: u64,
}

/// Checks a ledger file that no appliance has open.
///
/// # Errors
/// [`StoreError::Locked`] when one has, [`StoreError::Damaged`] when its pages contradict each other; else when it
/// cannot be opened.
pub fn check(file: &Path, key: &Verifier, kinds: &[Kind]) -> Result<CheckReport, StoreError> {
    let _held = medium::hold(file, false)?;
    guarded(|| {
        let mut database = medium::database(&ReadOnlyFile(file.to_owned()), CACHE)?;
        let sound = database.check_integrity().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let transaction = database.begin_read()?;
        let log = verify_transaction(&mut KeptLog::new(&transaction), key);
        let mut check = Check { transaction: &transaction, problems: Vec::new(), count: 0, tables: Vec::new() };
        if !sound {
            check.problem(|| "pages of the file do not have their checksums".to_owned());
        }
        check.run(kinds)?;
        match &log.sentence {
            Some(sentence) => check.problem(|| format!("audit log: {sentence}")),
            // An index can only be held against entries that are what they were.
            None => terms::compare(&mut KeptLog::new(&transaction), &transaction, &mut |sentence| check.problem(|| sentence))?,
        }
        let (problems, problem_count, tables) = (check.problems, check.count, check.tables);
        Ok(CheckReport { ok: problem_count == 0, schema: migrate::schema(&database)?, tables, problems, problem_count, log })
    })
}

struct Check<'t> {
    transaction: &'t ReadTransaction,
    problems: Vec<String>,
    count: u64,
    tables: Vec<TableReport>,
}

impl Check<'_> {
    fn problem(&mut self, sentence: impl FnOnce() -> String) {
        self.count += 1;
        if self.problems.len() < LISTED {
            self.problems.push(sentence());
        }
    }

    fn run(&mut self, kinds: &[Kind]) -> Result<(), StoreError> {
        let mut names: Vec<String> = self.transaction.list_tables()?.map(|table| table.name().to_owned()).collect();
        names.sort_unstable();
        let mut rows_by_index: HashMap<String, u64> = HashMap::new();
        for name in names.iter().filter(|name| !name.contains('.')) {
            if let Some(kind) = kinds.iter().find(|kind| kind.table == name) {
                self.check_table(kind, &mut rows_by_index)?;
                continue;
            }
            self.measure(name)?;
            if !name.starts_with('_') {
                self.problem(|| format!("table `{name}` is not known to this program"));
            }
        }
        for name in names.iter().filter(|name| name.contains('.')) {
            let rows = self.measure(name)?;
            let expected = rows_by_index.get(name).copied().unwrap_or(0);
            if rows != expected {
                self.problem(|| format!("index `{name}` has {rows} rows, the records ask for {expected}"));
            }
        }
        Ok(())
    }

    /// Counts a table; answers with its rows.
    fn measure(&mut self, name: &str) -> Result<u64, StoreError> {
        let mut report = TableReport { name: name.to_owned(), rows: 0, bytes: 0 };
        if let Some(table) = tables::open(self.transaction, name)? {
            for row in table.iter()? {
                let (key, value) = row?;
                report.rows += 1;
                report.bytes += (key.value().len() + value.value().len()) as u64;
            }
        }
        let rows = report.rows;
        self.tables.push(report);
        Ok(rows)
    }

    fn check_table(&mut self, kind: &Kind, rows_by_index: &mut HashMap<String, u64>) -> Result<(), StoreError> {
        self.measure(kind.table)?;
        let Some(table) = tables::open(self.transaction, kind.table)? else { return Ok(()) };
        for row in table.iter()? {
            let (key, value) = row?;
            let (found, rows) = match (kind.read)(value.value()) {
                Ok(read) => read,
                Err(error) => {
                    self.problem(|| format!("table `{}`, key {}: {error}", kind.table, hex::encode(key.value())));
                    continue;
                }
            };
            if found != key.value() {
                self.problem(|| {
                    format!(
                        "table `{}`: the record under key {} belongs under {}",
                        kind.table,
                        hex::encode(key.value()),
                        hex::encode(&found)
                    )
                });
            }
            for row in rows {
                let name = index_name(kind.table, row.index.0);
                let points = tables::value(self.transaction, &name, &row.key)?.and_then(|value| pointer::decode(&row.key, &value));
                if points.as_deref() == Some(key.value()) {
                    *rows_by_index.entry(name).or_default() += 1;
                } else {
                    self.problem(|| format!("index `{name}` does not lead to the record {}", hex::encode(key.value())));
                }
            }
        }
        Ok(())
    }
}
