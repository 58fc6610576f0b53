//! Reading: one consistent view of the ledger, kept for a moment only.
//!
//! Pages that a snapshot can see are not reused while it lives, so it is never held over an `await`.

use std::ops::{Bound, Range};

use redb::{Database, ReadTransaction, ReadableDatabase};

use super::audit::read::LogReader;
use super::audit::{Candidates, Consistency, Inclusion, LoggedEvent, Places, Removed, Term};
use super::error::StoreError;
use super::shape::{self, Index, Record, Stored};
use super::tables::{self, Bytes, index_name};
use super::{codec, pointer};

type Bounds = (Bound<Vec<u8>>, Bound<Vec<u8>>);

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

    /// `None` when nothing can lie between: redb panics on ranges that are upside down, which a cursor from another
    /// list can make.
    fn bounds(&self) -> Option<Bounds> {
        let end = successor(&self.prefix);
        let mut low = Bound::Included(self.prefix.clone());
        let mut high = end.clone().map_or(Bound::Unbounded, Bound::Excluded);
        if let Some(after) = &self.after {
            let beyond = end.is_some_and(|end| *after >= end);
            match (self.reverse, *after < self.prefix, beyond) {
                (false, true, _) | (true, _, true) => {}
                (false, false, true) | (true, true, _) => return None,
                (false, ..) => low = Bound::Excluded(after.clone()),
                (true, ..) if *after == self.prefix => return None,
                (true, ..) => high = Bound::Excluded(after.clone()),
            }
        }
        Some((low, high))
    }
}

/// The smallest key that no key with this prefix reaches.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let keep = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut next = prefix[..=keep].to_vec();
    next[keep] += 1;
    Some(next)
}

/// One consistent view.
pub struct Snapshot {
    transaction: ReadTransaction,
}

type KeyIter = Box<dyn Iterator<Item = Result<Vec<u8>, StoreError>>>;

impl Snapshot {
    pub(super) fn open(database: &Database) -> Result<Self, StoreError> {
        Ok(Self { transaction: database.begin_read()? })
    }

    pub(super) fn transaction(&self) -> &ReadTransaction {
        &self.transaction
    }

    /// # Errors
    /// When the file cannot be read or the record not decoded.
    pub fn get<R: Record>(&self, key: &[u8]) -> Result<Option<Stored<R>>, StoreError> {
        tables::value(&self.transaction, R::TABLE, key)?.map(|bytes| shape::read(&bytes)).transpose()
    }

    /// The record behind one index key.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub fn find<R: Record>(&self, index: Index, key: &[u8]) -> Result<Option<Stored<R>>, StoreError> {
        let name = index_name(R::TABLE, index.0);
        let Some(row) = tables::value(&self.transaction, &name, key)? else { return Ok(None) };
        let primary = pointer::decode(key, &row).ok_or_else(|| StoreError::decode(&name, "a row points nowhere"))?;
        self.get(&primary)
    }

    /// # Errors
    /// As for [`Self::get`].
    pub fn scan<R: Record>(&self, scan: &Scan) -> Result<Vec<Stored<R>>, StoreError> {
        if scan.index.is_some() {
            return self.keys_iter::<R>(scan)?.filter_map(|key| key.and_then(|key| self.get(&key)).transpose()).collect();
        }
        let (Some(table), Some((low, high))) = (tables::open(&self.transaction, R::TABLE)?, scan.bounds()) else { return Ok(Vec::new()) };
        let range = table.range::<&[u8]>((low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice)))?;
        let record =
            |row: Result<(redb::AccessGuard<'_, Bytes>, redb::AccessGuard<'_, Bytes>), redb::StorageError>| shape::read(row?.1.value());
        if scan.reverse { range.rev().take(scan.limit).map(record).collect() } else { range.take(scan.limit).map(record).collect() }
    }

    /// Primary keys only.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn keys<R: Record>(&self, scan: &Scan) -> Result<Vec<Vec<u8>>, StoreError> {
        self.keys_iter::<R>(scan)?.collect()
    }

    /// Primary keys, one at a time, so that lists can merge several ranges and stop early.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn keys_iter<R: Record>(&self, scan: &Scan) -> Result<KeyIter, StoreError> {
        let name = scan.index.map_or_else(|| R::TABLE.to_owned(), |index| index_name(R::TABLE, index.0));
        let (Some(table), Some((low, high))) = (tables::open(&self.transaction, &name)?, scan.bounds()) else {
            return Ok(Box::new(std::iter::empty()));
        };
        let range = table.range::<&[u8]>((low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice)))?;
        let indexed = scan.index.is_some();
        let key_of = move |row: Result<(redb::AccessGuard<'static, Bytes>, redb::AccessGuard<'static, Bytes>), redb::StorageError>| {
            let (key, value) = row?;
            if !indexed {
                return Ok(key.value().to_vec());
            }
            pointer::decode(key.value(), value.value()).ok_or_else(|| StoreError::decode(&name, "a row points nowhere"))
        };
        Ok(if scan.reverse { Box::new(range.rev().take(scan.limit).map(key_of)) } else { Box::new(range.take(scan.limit).map(key_of)) })
    }

    /// The keys of an index themselves, for what stands in them besides the record.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn index_keys<R: Record>(&self, scan: &Scan) -> Result<Vec<Vec<u8>>, StoreError> {
        let name = scan.index.map_or_else(|| R::TABLE.to_owned(), |index| index_name(R::TABLE, index.0));
        let (Some(table), Some((low, high))) = (tables::open(&self.transaction, &name)?, scan.bounds()) else { return Ok(Vec::new()) };
        let range = table.range::<&[u8]>((low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice)))?;
        let key = |row: Result<(redb::AccessGuard<'_, Bytes>, redb::AccessGuard<'_, Bytes>), redb::StorageError>| {
            Ok::<_, StoreError>(row?.0.value().to_vec())
        };
        if scan.reverse { range.rev().take(scan.limit).map(key).collect() } else { range.take(scan.limit).map(key).collect() }
    }

    /// Rows in a range; counting stops at the scan's limit.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn count<R: Record>(&self, scan: &Scan) -> Result<u64, StoreError> {
        let name = scan.index.map_or_else(|| R::TABLE.to_owned(), |index| index_name(R::TABLE, index.0));
        let (Some(table), Some((low, high))) = (tables::open(&self.transaction, &name)?, scan.bounds()) else { return Ok(0) };
        let range = table.range::<&[u8]>((low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice)))?;
        range.take(scan.limit).try_fold(0, |count, row| row.map(|_| count + 1).map_err(StoreError::from))
    }

    /// Every record version of a key, 0 when there is none: cheaper than [`Self::get`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn version<R: Record>(&self, key: &[u8]) -> Result<u64, StoreError> {
        Ok(tables::value(&self.transaction, R::TABLE, key)?.and_then(|bytes| codec::version(&bytes)).unwrap_or(0))
    }

    /// Audit events by their place in the log; less when the log ends before the range does.
    ///
    /// # Errors
    /// When the file cannot be read or an event not decoded.
    pub fn events(&self, range: Range<u64>) -> Result<Vec<LoggedEvent>, StoreError> {
        LogReader::new(&self.transaction).events(range)
    }

    /// What retention removed from the beginning of the log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn removed(&self) -> Result<Option<Removed>, StoreError> {
        LogReader::new(&self.transaction).removed()
    }

    /// Bundles that may hold entries with all of some facets, newest first, between two bundles.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn candidates(&self, terms: Vec<Term>, bundles: Range<u64>) -> Result<Candidates, StoreError> {
        Candidates::new(&self.transaction, terms, bundles.start, bundles.end)
    }

    /// The entries at some places of a full bundle whose bytes pass a test, newest first.
    ///
    /// # Errors
    /// When the file cannot be read or an event not decoded.
    pub fn pick(&self, bundle: u64, places: &Places, passes: &dyn Fn(&[u8]) -> bool) -> Result<Vec<LoggedEvent>, StoreError> {
        LogReader::new(&self.transaction).pick(bundle, places, passes)
    }

    /// Events in the log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn log_size(&self) -> Result<u64, StoreError> {
        Ok(LogReader::new(&self.transaction).head()?.size())
    }

    /// The signed checkpoint of the log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn checkpoint(&self) -> Result<String, StoreError> {
        LogReader::new(&self.transaction).checkpoint()
    }

    /// What shows that the log holds an entry; `None` when it has no such entry.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn inclusion_proof(&self, index: u64) -> Result<Option<Inclusion>, StoreError> {
        LogReader::new(&self.transaction).inclusion(index)
    }

    /// What shows that the log still begins with its first `old` entries; `None` when it was never that long.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn consistency_proof(&self, old: u64) -> Result<Option<Consistency>, StoreError> {
        LogReader::new(&self.transaction).consistency(old)
    }
}
