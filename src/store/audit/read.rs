//! Reading the log inside one snapshot: entries, hashes, proofs. At most 256 hashes per level are read for a proof.

use std::ops::Range;

use redb::{ReadTransaction, ReadableTable};

use super::append::{BUNDLE_FORM, CHECKPOINT, HASHES_FORM, HEAD, REMOVED, bundle_key, tile_key};
use super::terms::Places;
use crate::crypto::merkle::{self, Frontier, Hash};
use crate::crypto::proof::{self, Nodes};
use crate::crypto::tiles::{self, HEIGHT, WIDTH};
use crate::domain::audit::Event;
use crate::store::error::StoreError;
use crate::store::tables::{self, LOG_BUNDLE, LOG_CHECKPOINT, LOG_TAIL, LOG_TILE, META};

/// Largest bundle after decompression, in bytes: 256 entries of the greatest length.
const BUNDLE_MAX: usize = 256 * (tiles::ENTRY_MAX + 2);

/// An audit event with its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEvent {
    pub index: u64,
    pub event: Event,
    /// The exact bytes that are hashed.
    pub raw: Vec<u8>,
}

/// That the log holds an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    pub index: u64,
    /// Entries in the log that `checkpoint` signs.
    pub size: u64,
    pub leaf_hash: Hash,
    /// From the leaf to the root.
    pub hashes: Vec<Hash>,
    pub checkpoint: String,
}

/// That the log begins with what it was at an earlier size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    pub old: u64,
    pub size: u64,
    pub hashes: Vec<Hash>,
    pub checkpoint: String,
}

/// What retention removed: entries 0 to `entries` exclusive. Their hashes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub entries: u64,
    /// The entry that says so.
    pub tombstone: u64,
}

/// A sealed bundle: the entries in C2SP form and their hashes.
#[derive(Debug, Default)]
pub struct Bundle {
    pub entries: Vec<u8>,
    pub hashes: Vec<Hash>,
}

/// The log in one read transaction.
pub struct LogReader<'t> {
    transaction: &'t ReadTransaction,
    cached: Option<(u64, Bundle)>,
}

impl<'t> LogReader<'t> {
    pub fn new(transaction: &'t ReadTransaction) -> Self {
        Self { transaction, cached: None }
    }

    pub fn head(&self) -> Result<Frontier, StoreError> {
        let Some(bytes) = tables::value(self.transaction, META, HEAD)? else { return Ok(Frontier::default()) };
        Frontier::from_bytes(&bytes).ok_or_else(|| StoreError::decode(META, "the right edge of the log is not readable"))
    }

    pub fn checkpoint(&self) -> Result<String, StoreError> {
        let bytes = tables::value(self.transaction, META, CHECKPOINT)?.unwrap_or_default();
        String::from_utf8(bytes).map_err(|_| StoreError::decode(META, "the checkpoint is not text"))
    }

    /// Checkpoints of the past, oldest first.
    pub fn past_checkpoints(&self) -> Result<Vec<String>, StoreError> {
        let Some(table) = tables::open(self.transaction, LOG_CHECKPOINT)? else { return Ok(Vec::new()) };
        table.iter()?.map(|row| Ok(String::from_utf8_lossy(row?.1.value()).into_owned())).collect()
    }

    /// What was removed from the beginning of the log; `None` when everything is still there.
    pub fn removed(&self) -> Result<Option<Removed>, StoreError> {
        let Some(bytes) = tables::value(self.transaction, META, REMOVED)? else { return Ok(None) };
        let (entries, rest) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let tombstone = rest.first_chunk::<8>().ok_or_else(|| StoreError::decode(META, "what was removed is not readable"))?;
        Ok(Some(Removed { entries: u64::from_be_bytes(*entries), tombstone: u64::from_be_bytes(*tombstone) }))
    }

    /// The entries at some places of a full bundle whose bytes pass a test, newest first.
    pub fn pick(&mut self, bundle: u64, places: &Places, passes: &dyn Fn(&[u8]) -> bool) -> Result<Vec<LoggedEvent>, StoreError> {
        let held = self.bundle(bundle)?;
        let mut found = Vec::new();
        for (place, entry) in (0..=u8::MAX).zip(tiles::entries(&held.entries)) {
            let index = bundle * WIDTH + u64::from(place);
            let raw = entry.ok_or_else(|| StoreError::decode(LOG_BUNDLE, format!("entry {index} is cut short")))?;
            if places.contains(place) && passes(raw) {
                found.push(logged(index, raw.to_vec())?);
            }
        }
        found.reverse();
        Ok(found)
    }

    /// The pieces of a sealed bundle, joined; empty when there is none.
    pub fn bundle_bytes(&self, bundle: u64) -> Result<Vec<u8>, StoreError> {
        let mut joined = Vec::new();
        let Some(table) = tables::open(self.transaction, LOG_BUNDLE)? else { return Ok(joined) };
        let (first, last) = (bundle_key(bundle, 0), bundle_key(bundle, u16::MAX));
        for (expected, row) in (0_u16..).zip(table.range::<&[u8]>(first.as_slice()..=last.as_slice())?) {
            let (key, value) = row?;
            if key.value() != bundle_key(bundle, expected) {
                return Err(StoreError::decode(LOG_BUNDLE, format!("piece {expected} of bundle {bundle} is missing")));
            }
            joined.extend_from_slice(value.value());
        }
        Ok(joined)
    }

    fn bundle(&mut self, bundle: u64) -> Result<&Bundle, StoreError> {
        let held = match self.cached.take() {
            Some((number, held)) if number == bundle => held,
            _ => {
                let bytes = self.bundle_bytes(bundle)?;
                let broken = || StoreError::decode(LOG_BUNDLE, format!("bundle {bundle} is not readable"));
                if let Some(hashes) = only_hashes(&bytes) {
                    return Ok(&self.cached.insert((bundle, Bundle { entries: Vec::new(), hashes: hashes.to_vec() })).1);
                }
                let (packed, hashes) = split(&bytes).ok_or_else(broken)?;
                let entries = zstd::bulk::decompress(packed, unpacked_len(packed)).map_err(|_| broken())?;
                Bundle { entries, hashes: hashes.to_vec() }
            }
        };
        Ok(&self.cached.insert((bundle, held)).1)
    }

    /// The tail row of an entry: its hash and its bytes.
    pub fn tail(&self, index: u64) -> Result<Option<(Hash, Vec<u8>)>, StoreError> {
        let Some(row) = tables::value(self.transaction, LOG_TAIL, &index.to_be_bytes())? else { return Ok(None) };
        let (hash, entry) = row.split_first_chunk::<32>().ok_or_else(|| StoreError::decode(LOG_TAIL, "too short"))?;
        Ok(Some((*hash, entry.to_vec())))
    }

    /// The hashes of a tile of level 1 or more.
    pub fn tile(&self, level: u32, tile: u64) -> Result<Vec<Hash>, StoreError> {
        let bytes = tables::value(self.transaction, LOG_TILE, &tile_key(level, tile))?.unwrap_or_default();
        let hashes = tiles::hashes(&bytes).ok_or_else(|| StoreError::decode(LOG_TILE, "not a whole number of hashes"))?;
        Ok(hashes.to_vec())
    }

    /// Entries by their place. Stops where the log ends; leaves out those that were removed.
    pub fn events(&mut self, range: Range<u64>) -> Result<Vec<LoggedEvent>, StoreError> {
        let size = self.head()?.size();
        let sealed = size / WIDTH * WIDTH;
        let mut events = Vec::new();
        let mut index = range.start.max(self.removed()?.map_or(0, |removed| removed.entries));
        let end = range.end.min(size);
        while index < end.min(sealed) {
            let first = index / WIDTH * WIDTH;
            let skip = usize::try_from(index - first).unwrap_or(0);
            let take = usize::try_from(end.min(first + WIDTH) - index).unwrap_or(0);
            let bundle = self.bundle(index / WIDTH)?;
            for entry in tiles::entries(&bundle.entries).skip(skip).take(take) {
                let raw = entry.ok_or_else(|| StoreError::decode(LOG_BUNDLE, format!("entry {index} is cut short")))?;
                events.push(logged(index, raw.to_vec())?);
                index += 1;
            }
            if !index.is_multiple_of(WIDTH) && index < end {
                return Err(StoreError::decode(LOG_BUNDLE, format!("entry {index} is missing")));
            }
        }
        while index < end {
            let (_, raw) = self.tail(index)?.ok_or_else(|| StoreError::decode(LOG_TAIL, format!("entry {index} is missing")))?;
            events.push(logged(index, raw)?);
            index += 1;
        }
        Ok(events)
    }

    pub fn inclusion(&mut self, index: u64) -> Result<Option<Inclusion>, StoreError> {
        let size = self.head()?.size();
        if index >= size {
            return Ok(None);
        }
        let leaf_hash = self.node(0, index)?;
        let hashes = proof::inclusion(self, index, size)?;
        Ok(Some(Inclusion { index, size, leaf_hash, hashes, checkpoint: self.checkpoint()? }))
    }

    pub fn consistency(&mut self, old: u64) -> Result<Option<Consistency>, StoreError> {
        let size = self.head()?.size();
        if old > size {
            return Ok(None);
        }
        let hashes = proof::consistency(self, old, size)?;
        Ok(Some(Consistency { old, size, hashes, checkpoint: self.checkpoint()? }))
    }

    /// The leaf hashes of a sealed bundle or of the part of the tail that a node needs.
    fn leaves(&mut self, first: u64, count: u64) -> Result<Vec<Hash>, StoreError> {
        let at = usize::try_from(first % WIDTH).unwrap_or(0);
        let count = usize::try_from(count).unwrap_or(0);
        if self.tail(first)?.is_none() {
            let bundle = self.bundle(first / WIDTH)?;
            let hashes = bundle.hashes.get(at..at + count);
            return hashes.map(<[Hash]>::to_vec).ok_or_else(|| StoreError::decode(LOG_BUNDLE, "hashes are missing"));
        }
        (first..)
            .take(count)
            .map(|index| match self.tail(index)? {
                Some((hash, _)) => Ok(hash),
                None => Err(StoreError::decode(LOG_TAIL, format!("entry {index} is missing"))),
            })
            .collect()
    }
}

impl Nodes for LogReader<'_> {
    type Error = StoreError;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, StoreError> {
        if height < HEIGHT {
            let mut leaves = self.leaves(index << height, 1 << height)?;
            return Ok(merkle::perfect_root(&mut leaves));
        }
        let (level, above) = (height / HEIGHT, height % HEIGHT);
        let first = index << above;
        let at = usize::try_from(first % WIDTH).unwrap_or(0);
        let mut hashes = self.tile(level, first / WIDTH)?;
        let hashes = hashes.get_mut(at..at + (1 << above));
        hashes.map(merkle::perfect_root).ok_or_else(|| StoreError::decode(LOG_TILE, "hashes are missing"))
    }
}

/// The hashes of a bundle whose entries were removed; `None` for any other.
pub fn only_hashes(bytes: &[u8]) -> Option<&[Hash]> {
    let (&form, rest) = bytes.split_first()?;
    let hashes = tiles::hashes(rest)?;
    (form == HASHES_FORM && hashes.len() as u64 == WIDTH).then_some(hashes)
}

/// Compressed entries and hashes of a bundle's bytes.
pub fn split(bytes: &[u8]) -> Option<(&[u8], &[Hash])> {
    let (&form, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (packed, hashes) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let hashes = tiles::hashes(hashes)?;
    (form == BUNDLE_FORM && hashes.len() as u64 == WIDTH).then_some((packed, hashes))
}

/// What the frame itself says, within bounds.
pub fn unpacked_len(packed: &[u8]) -> usize {
    let said = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().and_then(|len| usize::try_from(len).ok());
    said.unwrap_or(BUNDLE_MAX).min(BUNDLE_MAX)
}

fn logged(index: u64, raw: Vec<u8>) -> Result<LoggedEvent, StoreError> {
    let event = serde_json::from_slice(&raw).map_err(|error| StoreError::decode(LOG_TAIL, format!("entry {index}: {error}")))?;
    Ok(LoggedEvent { index, event, raw })
}
