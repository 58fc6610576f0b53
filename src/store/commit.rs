//! A write as data: what must still be so, what shall be, and what the audit log says about it.
//!
//! Encoding happens here, in the caller's thread, so that the one writer only checks and copies. A commit writes each
//! key at most once.

use super::audit::entry::Entry;
use super::codec;
use super::shape::{IndexRow, IndexRows, Record, Stored};
use crate::domain::audit::Event;

/// What must hold for a key when the commit is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    Absent,
    Version(u64),
}

#[derive(Debug, Clone)]
pub(super) struct Expect {
    pub table: &'static str,
    pub key: Vec<u8>,
    pub what: Expectation,
}

/// One record that changes, with the index rows that go and come.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub table: &'static str,
    pub key: Vec<u8>,
    /// The stored form; `None` deletes.
    pub value: Option<Vec<u8>>,
    pub gone: Vec<IndexRow>,
    pub new: Vec<IndexRow>,
}

/// Records and events that become durable together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    pub(super) expects: Vec<Expect>,
    pub(super) writes: Vec<Write>,
    pub(super) entries: Vec<Entry>,
    /// Full bundles of the log whose entries go.
    pub(super) removes: Option<std::ops::Range<u64>>,
    pub(super) broken: Option<String>,
}

impl Commit {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A record that must not exist yet.
    pub fn insert<R: Record>(&mut self, record: &R) -> &mut Self {
        let key = record.key();
        self.expects.push(Expect { table: R::TABLE, key: key.clone(), what: Expectation::Absent });
        self.write(key, Some((record, 1)), Vec::new(), rows(record))
    }

    /// A record that must still be as it was read. The key must be the same.
    pub fn update<R: Record>(&mut self, old: &Stored<R>, new: &R) -> &mut Self {
        let key = new.key();
        if key != old.record.key() {
            self.broken = Some(format!("{}: an update may not change the key", R::TABLE));
        }
        self.expects.push(Expect { table: R::TABLE, key: key.clone(), what: Expectation::Version(old.version) });
        let (before, after) = (rows(&old.record), rows(new));
        let gone = before.iter().filter(|row| !after.contains(row)).cloned().collect();
        let come = after.into_iter().filter(|row| !before.contains(row)).collect();
        self.write(key, Some((new, old.version + 1)), gone, come)
    }

    /// Removes a record that must still be as it was read.
    pub fn delete<R: Record>(&mut self, old: &Stored<R>) -> &mut Self {
        let key = old.record.key();
        self.expects.push(Expect { table: R::TABLE, key: key.clone(), what: Expectation::Version(old.version) });
        self.write::<R>(key, None, rows(&old.record), Vec::new())
    }

    /// A record that was read and must not have changed.
    pub fn expect<R: Record>(&mut self, seen: &Stored<R>) -> &mut Self {
        self.expects.push(Expect { table: R::TABLE, key: seen.record.key(), what: Expectation::Version(seen.version) });
        self
    }

    /// A key that must not exist.
    pub fn expect_absent<R: Record>(&mut self, key: &[u8]) -> &mut Self {
        self.expects.push(Expect { table: R::TABLE, key: key.to_vec(), what: Expectation::Absent });
        self
    }

    /// An entry of the audit log. Details that make it longer than an entry can be are replaced by their digest.
    pub fn event(&mut self, event: Event) -> &mut Self {
        match Entry::of(event) {
            Ok(entry) => self.entries.push(entry),
            Err(error) => self.broken = Some(format!("event: {error}")),
        }
        self
    }

    /// Removes the entries of the log in these full bundles and keeps their hashes. The first event of the same commit is
    /// the tombstone.
    pub fn remove_entries(&mut self, bundles: std::ops::Range<u64>) -> &mut Self {
        if self.entries.is_empty() {
            self.broken = Some("entries are not removed without a tombstone".to_owned());
        }
        self.removes = Some(bundles);
        self
    }

    /// Roughly what it takes to keep this in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let writes: usize = self.writes.iter().map(|write| write.key.len() + write.value.as_ref().map_or(0, Vec::len)).sum();
        writes + self.entries.iter().map(|entry| entry.bytes.len()).sum::<usize>()
    }

    fn write<R: Record>(&mut self, key: Vec<u8>, value: Option<(&R, u64)>, gone: Vec<IndexRow>, new: Vec<IndexRow>) -> &mut Self {
        let value = match value.map(|(record, version)| (serde_json::to_vec(record), version)) {
            None => None,
            Some((Ok(json), version)) => Some(codec::encode(R::SHAPE, version, &json)),
            Some((Err(error), _)) => {
                self.broken = Some(format!("{}: {error}", R::TABLE));
                None
            }
        };
        self.writes.push(Write { table: R::TABLE, key, value, gone, new });
        self
    }
}

pub(super) fn rows<R: Record>(record: &R) -> Vec<IndexRow> {
    let mut rows = IndexRows::default();
    record.index(&mut rows);
    rows.0
}
