//! The tables of the file: names, and how they are opened. Every table maps bytes to bytes.
//!
//! A record's table bears the noun's name, an index `<table>.<index>`. Names that begin with `_` are the ledger's own.

use std::collections::HashMap;

use redb::{ReadOnlyTable, ReadTransaction, Table, TableDefinition, TableError, WriteTransaction};

use super::error::StoreError;

/// Single values: schema number, head of the log, latest checkpoint.
pub const META: &str = "_meta";
/// Entries that do not fill a bundle yet.
pub const LOG_TAIL: &str = "_log_tail";
/// Full bundles of 256 entries with their leaf hashes, in pieces.
pub const LOG_BUNDLE: &str = "_log_bundle";
/// Hash tiles of level 1 and up.
pub const LOG_TILE: &str = "_log_tile";
/// Which entries of which bundle have a facet.
pub const LOG_TERM: &str = "_log_term";
/// Checkpoints of the past.
pub const LOG_CHECKPOINT: &str = "_log_checkpoint";

pub type Bytes = &'static [u8];

#[must_use]
pub const fn definition(name: &str) -> TableDefinition<'_, Bytes, Bytes> {
    TableDefinition::new(name)
}

/// The tables of one write transaction, each opened once.
pub struct Tables<'t> {
    transaction: &'t WriteTransaction,
    open: HashMap<(&'t str, &'t str), Table<'t, Bytes, Bytes>>,
}

impl<'t> Tables<'t> {
    pub fn new(transaction: &'t WriteTransaction) -> Self {
        Self { transaction, open: HashMap::new() }
    }

    pub fn table(&mut self, name: &'t str) -> Result<&mut Table<'t, Bytes, Bytes>, redb::Error> {
        self.index(name, "")
    }

    /// An index of a table; the table itself when `index` is empty.
    pub fn index(&mut self, table: &'t str, index: &'t str) -> Result<&mut Table<'t, Bytes, Bytes>, redb::Error> {
        use std::collections::hash_map::Entry;
        match self.open.entry((table, index)) {
            Entry::Occupied(found) => Ok(found.into_mut()),
            Entry::Vacant(place) => {
                let opened = if index.is_empty() {
                    self.transaction.open_table(definition(table))?
                } else {
                    self.transaction.open_table(definition(&index_name(table, index)))?
                };
                Ok(place.insert(opened))
            }
        }
    }
}

#[must_use]
pub fn index_name(table: &str, index: &str) -> String {
    format!("{table}.{index}")
}

/// A table of a read transaction, or `None` when nothing was ever put into it.
pub fn open(transaction: &ReadTransaction, name: &str) -> Result<Option<ReadOnlyTable<Bytes, Bytes>>, StoreError> {
    match transaction.open_table(definition(name)) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// One value of a table.
pub fn value(transaction: &ReadTransaction, name: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(table) = open(transaction, name)? else { return Ok(None) };
    Ok(table.get(key)?.map(|value| value.value().to_vec()))
}
