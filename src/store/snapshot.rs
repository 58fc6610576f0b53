//! Reading: one consistent view of the ledger, kept for a moment only.

use std::ops::{Bound, Range};

use redb::{ReadOnlyTable, ReadTransaction, ReadableDatabase, TableDefinition, TableError};

use super::shape::{self, Index, Record, Stored};
use super::writer::{EVENTS, META};
use super::{StoreError, codec};
use crate::domain::audit::Event;

type Bytes = &'static [u8];

/// A range of a table or of one of its indexes.
#[derive(Debug, Clone)]
pub struct Scan {
    index: Option<Index>,
    prefix: Vec<u8>,
    after: Option<Vec<u8>>,
    reverse: bool,
    limit: usize,
}

impl Scan {
    /// Records whose key begins so.
    #[must_use]
    pub fn table(prefix: &[u8]) -> Self {
        Self { index: None, prefix: prefix.to_vec(), after: None, reverse: false, limit: usize::MAX }
    }

    /// Records with an index key that begins so.
    #[must_use]
    pub fn index(index: Index, prefix: &[u8]) -> Self {
        Self { index: Some(index), ..Self::table(prefix) }
    }

    /// Only what comes after this key (in the direction of the scan), the key itself excluded.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Self {
        self.after = Some(key.to_vec());
        self
    }

    /// Only what comes after the key made of the prefix and this end.
    #[must_use]
    pub fn after_suffix(mut self, end: &[u8]) -> Self {
        self.after = Some([self.prefix.as_slice(), end].concat());
        self
    }

    #[must_use]
    pub fn reverse(mut self) -> Self {
        self.reverse = true;
        self
    }

    #[must_use]
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = rows;
        self
    }

    fn bounds(&self) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
        let mut low = Bound::Included(self.prefix.clone());
        let mut high = successor(&self.prefix).map_or(Bound::Unbounded, Bound::Excluded);
        if let Some(after) = &self.after {
            if self.reverse {
                high = Bound::Excluded(after.clone());
            } else {
                low = Bound::Excluded(after.clone());
            }
        }
        (low, high)
    }
}

/// The smallest key that no key with this prefix reaches.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let keep = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut next = prefix[..=keep].to_vec();
    next[keep] += 1;
    Some(next)
}

/// An audit event with its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEvent {
    pub index: u64,
    pub event: Event,
    /// The exact bytes that are hashed.
    pub raw: Vec<u8>,
}

/// One consistent view.
pub struct Snapshot {
    transaction: ReadTransaction,
}

type KeyIter<'a> = Box<dyn Iterator<Item = Result<Vec<u8>, StoreError>> + 'a>;

impl Snapshot {
    pub(super) fn open(database: &impl ReadableDatabase) -> Result<Self, StoreError> {
        Ok(Self { transaction: database.begin_read()? })
    }

    fn open_table(&self, name: &str) -> Result<Option<ReadOnlyTable<Bytes, Bytes>>, StoreError> {
        match self.transaction.open_table(TableDefinition::<Bytes, Bytes>::new(name)) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn raw(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = self.open_table(table)? else { return Ok(None) };
        Ok(table.get(key)?.map(|value| value.value().to_vec()))
    }

    /// # Errors
    /// When the file cannot be read or the record not decoded.
    pub fn get<R: Record>(&self, key: &[u8]) -> Result<Option<Stored<R>>, StoreError> {
        self.raw(R::TABLE, key)?.map(|bytes| shape::read(&bytes)).transpose()
    }

    /// The record behind one index key.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub fn find<R: Record>(&self, index: Index, key: &[u8]) -> Result<Option<Stored<R>>, StoreError> {
        match self.raw(&format!("{}.{}", R::TABLE, index.0), key)? {
            Some(primary) => self.get(&primary),
            None => Ok(None),
        }
    }

    /// # Errors
    /// As for [`Self::get`].
    pub fn scan<R: Record>(&self, scan: &Scan) -> Result<Vec<Stored<R>>, StoreError> {
        let mut found = Vec::new();
        for key in self.keys_iter::<R>(scan)? {
            if let Some(stored) = self.get(&key?)? {
                found.push(stored);
            }
        }
        Ok(found)
    }

    /// Primary keys only.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn keys<R: Record>(&self, scan: &Scan) -> Result<Vec<Vec<u8>>, StoreError> {
        self.keys_iter::<R>(scan)?.collect()
    }

    /// Primary keys, one at a time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn keys_iter<R: Record>(&self, scan: &Scan) -> Result<KeyIter<'static>, StoreError> {
        let name = scan.index.map_or_else(|| R::TABLE.to_owned(), |index| format!("{}.{}", R::TABLE, index.0));
        let Some(table) = self.open_table(&name)? else { return Ok(Box::new(std::iter::empty())) };
        let (low, high) = scan.bounds();
        if is_empty(&low, &high) {
            return Ok(Box::new(std::iter::empty()));
        }
        let range = table.range::<&[u8]>((low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice)))?;
        let indexed = scan.index.is_some();
        let key_of = move |row: Result<(redb::AccessGuard<'static, Bytes>, redb::AccessGuard<'static, Bytes>), redb::StorageError>| {
            let (key, value) = row?;
            Ok(if indexed { value.value().to_vec() } else { key.value().to_vec() })
        };
        Ok(if scan.reverse { Box::new(range.rev().map(key_of).take(scan.limit)) } else { Box::new(range.map(key_of).take(scan.limit)) })
    }

    /// Rows in a range.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn count<R: Record>(&self, scan: &Scan) -> Result<u64, StoreError> {
        self.keys_iter::<R>(scan)?.try_fold(0, |count, key| key.map(|_| count + 1))
    }

    /// Audit events by their place in the log.
    ///
    /// # Errors
    /// When the file cannot be read or an event not decoded.
    pub fn events(&self, range: Range<u64>) -> Result<Vec<LoggedEvent>, StoreError> {
        let Some(table) = self.open_table(EVENTS)? else { return Ok(Vec::new()) };
        let (low, high) = (range.start.to_be_bytes(), range.end.to_be_bytes());
        let mut events = Vec::new();
        for row in table.range::<&[u8]>(low.as_slice()..high.as_slice())? {
            let (key, value) = row?;
            let index = key.value().try_into().map(u64::from_be_bytes).map_err(|_| decode("a key is not 8 bytes"))?;
            let raw = codec::decode(EVENTS, value.value())?.json;
            let event = serde_json::from_slice(&raw).map_err(|error| decode(&error.to_string()))?;
            events.push(LoggedEvent { index, event, raw });
        }
        Ok(events)
    }

    /// Events in the log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn log_size(&self) -> Result<u64, StoreError> {
        Ok(self
            .raw(META, b"frontier")?
            .and_then(|bytes| crate::crypto::merkle::Frontier::from_bytes(&bytes))
            .map_or(0, |frontier| frontier.size()))
    }

    /// The signed checkpoint of the log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn checkpoint(&self) -> Result<String, StoreError> {
        Ok(self.raw(META, b"checkpoint")?.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
    }
}

fn decode(why: &str) -> StoreError {
    StoreError::Decode { table: EVENTS.to_owned(), why: why.to_owned() }
}

/// redb panics on ranges that are upside down, which a cursor from another list can make.
fn is_empty(low: &Bound<Vec<u8>>, high: &Bound<Vec<u8>>) -> bool {
    match (low, high) {
        (Bound::Included(low), Bound::Excluded(high)) => low >= high,
        (Bound::Excluded(low), Bound::Excluded(high)) => low >= high,
        _ => false,
    }
}
