//! The index of the log: which entries of which full bundle have a facet.
//!
//! A row of `_log_term` is `term bundle -> positions`: the term is the first 8 bytes of a digest of facet and value, the
//! positions are a byte each, or 256 bits when there are 32 or more. Rows are written once, when a bundle fills, and taken
//! away when its entries are. Two values may share a term, so what is found is a candidate: the reader looks at the entry.

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata};

use super::append::bundle_key;
use super::kept::KeptLog;
use super::read::{split, unpacked_len};
use super::verify::{Found, Source};
use crate::crypto::digest::sha256;
use crate::crypto::tiles::{self, WIDTH};
use crate::domain::audit::{Event, Facet};
use crate::store::error::StoreError;
use crate::store::migrate::{Progress, Rows};
use crate::store::tables::{self, Bytes, LOG_BUNDLE, LOG_TERM};

/// The digest of a facet and its value.
pub type Term = [u8; 8];

/// Bundles that one transaction of the migration reads.
const STEP: u64 = 64;

#[must_use]
pub fn term(facet: Facet, value: &str) -> Term {
    let digest = sha256(&[&[facet.byte()], value.as_bytes()].concat());
    let mut term = [0; 8];
    term.copy_from_slice(&digest[..8]);
    term
}

/// Places of entries within a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Places([u64; 4]);

impl Places {
    pub const ALL: Self = Self([u64::MAX; 4]);

    pub fn add(&mut self, place: u8) {
        self.0[usize::from(place / 64)] |= 1 << (place % 64);
    }

    #[must_use]
    pub fn contains(&self, place: u8) -> bool {
        self.0[usize::from(place / 64)] & (1 << (place % 64)) != 0
    }

    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word &= other);
        self
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    fn to_bytes(self) -> Vec<u8> {
        let few: Vec<u8> = (0..=u8::MAX).filter(|place| self.contains(*place)).collect();
        if few.len() < 32 { few } else { self.0.iter().flat_map(|word| word.to_be_bytes()).collect() }
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut places = Self::default();
        if let Ok(whole) = <&[u8; 32]>::try_from(bytes) {
            for (word, bytes) in places.0.iter_mut().zip(whole.as_chunks::<8>().0) {
                *word = u64::from_be_bytes(*bytes);
            }
        } else {
            for place in bytes {
                places.add(*place);
            }
        }
        places
    }
}

/// The rows of one bundle, given its entries in order.
pub fn rows<'e>(bundle: u64, entries: impl Iterator<Item = &'e [u8]>) -> Vec<([u8; 16], Vec<u8>)> {
    let mut found: std::collections::BTreeMap<Term, Places> = std::collections::BTreeMap::new();
    for (place, entry) in (0..=u8::MAX).zip(entries) {
        if let Ok(event) = serde_json::from_slice::<Event>(entry) {
            event.facets(&mut |facet, value| found.entry(term(facet, value)).or_default().add(place));
        }
    }
    found.into_iter().map(|(term, places)| (key(term, bundle), places.to_bytes())).collect()
}

fn key(term: Term, bundle: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&term);
    key[8..].copy_from_slice(&bundle.to_be_bytes());
    key
}

/// Candidates for entries that have all of some facets, in bundles below a bound, newest first.
pub struct Candidates {
    table: Option<ReadOnlyTable<Bytes, Bytes>>,
    terms: Vec<Term>,
    /// Bundles from here on are out of the question.
    below: u64,
    floor: u64,
}

impl Candidates {
    pub fn new(transaction: &ReadTransaction, terms: Vec<Term>, floor: u64, below: u64) -> Result<Self, StoreError> {
        Ok(Self { table: tables::open(transaction, LOG_TERM)?, terms, below, floor })
    }

    /// The next bundle with its places; with no terms, each bundle whole. Looks at no more than `seeks` rows, which it
    /// counts down; at zero the answer is `None` although there may be more below [`Candidates::below`].
    pub fn next(&mut self, seeks: &mut u32) -> Result<Option<(u64, Places)>, StoreError> {
        'bundle: while self.below > self.floor {
            let mut bundle = self.below - 1;
            let mut places = Places::ALL;
            for (nth, each) in self.terms.iter().enumerate() {
                if *seeks == 0 {
                    return Ok(None);
                }
                *seeks -= 1;
                let (first, last) = (key(*each, self.floor), key(*each, bundle));
                let found = match &self.table {
                    Some(table) => table.range::<&[u8]>(first.as_slice()..=last.as_slice())?.next_back(),
                    None => None,
                };
                let Some(row) = found else {
                    self.below = self.floor;
                    return Ok(None);
                };
                let (found, value) = row?;
                let at = found.value().last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
                if at < bundle && nth > 0 {
                    // An earlier term has no row there: begin again below it.
                    self.below = at + 1;
                    continue 'bundle;
                }
                bundle = at;
                places = places.and(&Places::from_bytes(value.value()));
            }
            self.below = bundle;
            if !places.is_empty() {
                return Ok(Some((bundle, places)));
            }
        }
        Ok(None)
    }

    /// Every bundle from here on was considered.
    #[must_use]
    pub fn below(&self) -> u64 {
        self.below
    }
}

/// Indexes what was written before there was an index.
pub fn index_all(rows_of: &mut Rows<'_>, cursor: &[u8]) -> Result<Progress, StoreError> {
    let first = <[u8; 8]>::try_from(cursor).map_or(0, u64::from_be_bytes);
    for bundle in first..first + STEP {
        let mut bytes = Vec::new();
        for piece in 0..=u16::MAX {
            match rows_of.get(LOG_BUNDLE, &bundle_key(bundle, piece))? {
                Some(part) => bytes.extend_from_slice(&part),
                None => break,
            }
        }
        if bytes.is_empty() {
            return Ok(Progress::Done);
        }
        let Some((packed, _)) = split(&bytes) else { continue };
        let Ok(entries) = zstd::bulk::decompress(packed, unpacked_len(packed)) else { continue };
        for (key, value) in rows(bundle, tiles::entries(&entries).map_while(|entry| entry)) {
            rows_of.put(LOG_TERM, &key, &value)?;
        }
    }
    Ok(Progress::More((first + STEP).to_be_bytes().to_vec()))
}

/// Holds the index against the entries it was made from, bundle by bundle, and tells what does not agree.
///
/// # Errors
/// When the file cannot be read.
pub fn compare(log: &mut KeptLog<'_>, transaction: &ReadTransaction, tell: &mut dyn FnMut(String)) -> Result<(), StoreError> {
    let (mut asked_for, mut entries) = (0_u64, Vec::new());
    for bundle in full_bundles(transaction)? {
        entries.clear();
        // What was removed is not indexed; what cannot be read is for the verifier of the log to tell.
        if !matches!(log.entries(bundle, WIDTH, &mut entries), Found::Whole) {
            continue;
        }
        for (key, value) in rows(bundle, tiles::entries(&entries).map_while(|entry| entry)) {
            if tables::value(transaction, LOG_TERM, &key)?.as_deref() == Some(value.as_slice()) {
                asked_for += 1;
            } else {
                tell(format!("index `{LOG_TERM}` does not lead to the entries of bundle {bundle} under {}", hex::encode(&key[..8])));
            }
        }
    }
    let stored = tables::open(transaction, LOG_TERM)?.map_or(Ok(0), |table| table.len())?;
    if stored != asked_for {
        tell(format!("index `{LOG_TERM}` has {stored} rows, the entries ask for {asked_for}"));
    }
    Ok(())
}

/// The numbers of all full bundles.
fn full_bundles(transaction: &ReadTransaction) -> Result<Vec<u64>, StoreError> {
    let Some(table) = tables::open(transaction, LOG_BUNDLE)? else { return Ok(Vec::new()) };
    let mut numbers: Vec<u64> = Vec::new();
    for row in table.iter()? {
        let number = row?.0.value().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        if numbers.last() != Some(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

const _: () = assert!(WIDTH == 256, "a place in a bundle is one byte");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_survive_their_bytes(chosen in proptest::collection::btree_set(any::<u8>(), 0..256)) {
            let mut places = Places::default();
            for place in &chosen {
                places.add(*place);
            }
            let back = Places::from_bytes(&places.to_bytes());
            prop_assert_eq!(back, places);
            prop_assert_eq!((0..=u8::MAX).filter(|place| back.contains(*place)).collect::<Vec<_>>(), chosen.into_iter().collect::<Vec<_>>());
        }
    }
}
