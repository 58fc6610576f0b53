//! The growing end of the log, inside the writer's transaction.
//!
//! Entries go to the tail; 256 of them are sealed into one compressed bundle, whose root goes into the tiles above. A
//! failed transaction leaves nothing behind, because the writer works on a copy of the [`Appender`] until it is durable.

use std::sync::Arc;

use redb::ReadableTable;

use super::entry::Entry;
use super::read::{split, unpacked_len};
use super::terms;
use crate::base::clock::{Clock, Timestamp};
use crate::crypto::merkle::{self, Frontier, Hash};
use crate::crypto::note::LogSigner;
use crate::crypto::tiles::{self, WIDTH};
use crate::store::tables::{LOG_BUNDLE, LOG_CHECKPOINT, LOG_TAIL, LOG_TERM, LOG_TILE, META, Tables};

/// Keys in `_meta`.
pub const HEAD: &[u8] = b"log.head";
pub const LAST_AT: &[u8] = b"log.last_at";
pub const CHECKPOINT: &[u8] = b"log.checkpoint";
/// Entries that were removed from the beginning (8 bytes), and the entry that says so (8).
pub const REMOVED: &[u8] = b"log.removed";

/// First byte of a sealed bundle.
pub const BUNDLE_FORM: u8 = 1;
/// First byte of a bundle whose entries were removed: only their hashes follow.
pub const HASHES_FORM: u8 = 2;
/// Bytes of a bundle in one row: as many as fill a page of the file.
const PIECE: usize = 4_064;
/// How hard entries are compressed: they are written once and kept forever.
const ZSTD_LEVEL: i32 = 9;
/// Checkpoints that are all kept, and the distance of those kept before.
const KEPT_ALL: u64 = 64;
const KEPT_EVERY: u64 = 16;
/// How far the clock may run behind the last entry before that is worth an entry, in microseconds.
const CLOCK_SLACK: i64 = 1_000_000;
/// How far an entry may lie behind the last one although the clock is right: it may have waited for something.
const ENTRY_SLACK: i64 = 60_000_000;

/// Where the log ends.
#[derive(Clone)]
pub struct Appender {
    frontier: Frontier,
    last_at: Option<i64>,
    sealed: Option<u64>,
    signer: Arc<LogSigner>,
    clock: Arc<dyn Clock>,
}

impl Appender {
    pub fn new(frontier: Frontier, last_at: Option<i64>, signer: Arc<LogSigner>, clock: Arc<dyn Clock>) -> Self {
        Self { frontier, last_at, sealed: None, signer, clock }
    }

    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Writes `clock.anomaly` when time has gone backwards since the last entry: the clock shows less by more than a
    /// second, or the next entry is older by more than a minute.
    pub fn note_clock(&mut self, tables: &mut Tables<'_>, next: &Entry) -> Result<(), redb::Error> {
        let Some(last_at) = self.last_at else { return Ok(()) };
        let now = self.clock.now();
        let back = now.as_microsecond() < last_at - CLOCK_SLACK && next.at < last_at - CLOCK_SLACK;
        if !back && next.at >= last_at - ENTRY_SLACK {
            return Ok(());
        }
        let moment = |micros| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
        match Entry::clock_anomaly(now, moment(last_at), moment(next.at)) {
            Ok(entry) => self.append(tables, &entry),
            Err(_) => Ok(()),
        }
    }

    pub fn append(&mut self, tables: &mut Tables<'_>, entry: &Entry) -> Result<(), redb::Error> {
        let leaf = merkle::leaf_hash(&entry.bytes);
        let mut value = Vec::with_capacity(32 + entry.bytes.len());
        value.extend_from_slice(&leaf);
        value.extend_from_slice(&entry.bytes);
        tables.table(LOG_TAIL)?.insert(self.size().to_be_bytes().as_slice(), value.as_slice())?;
        self.frontier.push(leaf);
        self.last_at = Some(entry.at);
        if self.size().is_multiple_of(WIDTH) {
            self.seal(tables, self.size() / WIDTH - 1)?;
        }
        Ok(())
    }

    /// Moves the tail, which is full, into a bundle.
    fn seal(&mut self, tables: &mut Tables<'_>, bundle: u64) -> Result<(), redb::Error> {
        let mut entries = Vec::new();
        let mut hashes: Vec<Hash> = Vec::new();
        let tail = tables.table(LOG_TAIL)?;
        for index in bundle * WIDTH..(bundle + 1) * WIDTH {
            let key = index.to_be_bytes();
            let row = tail.remove(key.as_slice())?;
            let row = row.as_ref().and_then(|row| row.value().split_first_chunk::<32>());
            let (hash, entry) = row.ok_or_else(|| redb::Error::Corrupted(format!("log entry {index} is missing")))?;
            hashes.push(*hash);
            tiles::push_entry(&mut entries, entry);
        }
        let packed = zstd::bulk::compress(&entries, ZSTD_LEVEL)?;
        let mut bytes = vec![BUNDLE_FORM];
        bytes.extend_from_slice(&u32::try_from(packed.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(&packed);
        bytes.extend_from_slice(hashes.as_flattened());
        put_bundle(tables, bundle, &bytes)?;
        let index = tables.table(LOG_TERM)?;
        for (key, value) in terms::rows(bundle, tiles::entries(&entries).map_while(|entry| entry)) {
            index.insert(key.as_slice(), value.as_slice())?;
        }
        add_to_tiles(tables, bundle, merkle::perfect_root(&mut hashes))?;
        self.sealed = Some(bundle);
        Ok(())
    }

    /// Whether these bundles are full and are the oldest that have entries.
    pub fn can_remove(&self, tables: &mut Tables<'_>, bundles: &std::ops::Range<u64>) -> Result<bool, redb::Error> {
        let found = tables.table(META)?.get(REMOVED)?.and_then(|bytes| bytes.value().first_chunk::<8>().copied());
        let removed = found.map_or(0, u64::from_be_bytes);
        Ok(bundles.start * WIDTH == removed && bundles.end > bundles.start && bundles.end * WIDTH <= self.size())
    }

    /// Removes the entries of full bundles up to one, and keeps their hashes. The entry that says so is `tombstone`.
    pub fn remove_entries(tables: &mut Tables<'_>, bundles: std::ops::Range<u64>, tombstone: u64) -> Result<(), redb::Error> {
        for bundle in bundles.clone() {
            let bytes = take_bundle(tables, bundle)?;
            let broken = || redb::Error::Corrupted(format!("bundle {bundle} of the log is not readable"));
            let (packed, hashes) = split(&bytes).ok_or_else(broken)?;
            let entries = zstd::bulk::decompress(packed, unpacked_len(packed))?;
            let index = tables.table(LOG_TERM)?;
            for (key, _) in terms::rows(bundle, tiles::entries(&entries).map_while(|entry| entry)) {
                index.remove(key.as_slice())?;
            }
            let mut bytes = vec![HASHES_FORM];
            bytes.extend_from_slice(hashes.as_flattened());
            put_bundle(tables, bundle, &bytes)?;
        }
        let removed = [(bundles.end * WIDTH).to_be_bytes(), tombstone.to_be_bytes()].concat();
        tables.table(META)?.insert(REMOVED, removed.as_slice())?;
        Ok(())
    }

    /// Signs and writes the head, once per transaction.
    pub fn finish(&mut self, tables: &mut Tables<'_>) -> Result<(), redb::Error> {
        let checkpoint = self.signer.checkpoint(self.size(), &self.frontier.root());
        let meta = tables.table(META)?;
        meta.insert(HEAD, self.frontier.to_bytes().as_slice())?;
        meta.insert(CHECKPOINT, checkpoint.as_bytes())?;
        if let Some(at) = self.last_at {
            meta.insert(LAST_AT, at.to_be_bytes().as_slice())?;
        }
        if let Some(bundle) = self.sealed.take() {
            let past = tables.table(LOG_CHECKPOINT)?;
            past.insert(bundle.to_be_bytes().as_slice(), checkpoint.as_bytes())?;
            if let Some(old) = bundle.checked_sub(KEPT_ALL).filter(|old| !old.is_multiple_of(KEPT_EVERY)) {
                past.remove(old.to_be_bytes().as_slice())?;
            }
        }
        Ok(())
    }
}

fn put_bundle(tables: &mut Tables<'_>, bundle: u64, bytes: &[u8]) -> Result<(), redb::Error> {
    let bundles = tables.table(LOG_BUNDLE)?;
    for (piece, bytes) in (0_u16..).zip(bytes.chunks(PIECE)) {
        bundles.insert(bundle_key(bundle, piece).as_slice(), bytes)?;
    }
    Ok(())
}

/// Takes the pieces of a bundle out of their table.
fn take_bundle(tables: &mut Tables<'_>, bundle: u64) -> Result<Vec<u8>, redb::Error> {
    let bundles = tables.table(LOG_BUNDLE)?;
    let mut joined = Vec::new();
    for piece in 0..=u16::MAX {
        match bundles.remove(bundle_key(bundle, piece).as_slice())? {
            Some(bytes) => joined.extend_from_slice(bytes.value()),
            None => break,
        }
    }
    Ok(joined)
}

/// Bundle number and piece.
pub fn bundle_key(bundle: u64, piece: u16) -> [u8; 10] {
    let mut key = [0; 10];
    key[..8].copy_from_slice(&bundle.to_be_bytes());
    key[8..].copy_from_slice(&piece.to_be_bytes());
    key
}

/// Level and tile number.
pub fn tile_key(level: u32, tile: u64) -> [u8; 9] {
    let mut key = [0; 9];
    key[0] = u8::try_from(level).unwrap_or(u8::MAX);
    key[1..].copy_from_slice(&tile.to_be_bytes());
    key
}

/// Adds the root of a full tile to the level above, and so on while tiles become full.
fn add_to_tiles(tables: &mut Tables<'_>, bundle: u64, root: Hash) -> Result<(), redb::Error> {
    let table = tables.table(LOG_TILE)?;
    let (mut index, mut root) = (bundle, root);
    for level in 1.. {
        let key = tile_key(level, index / WIDTH);
        let mut hashes = table.get(key.as_slice())?.map_or_else(Vec::new, |tile| tile.value().to_vec());
        if hashes.len() as u64 != index % WIDTH * 32 {
            return Err(redb::Error::Corrupted(format!("hash tile {} of level {level} has {} bytes", index / WIDTH, hashes.len())));
        }
        hashes.extend_from_slice(&root);
        table.insert(key.as_slice(), hashes.as_slice())?;
        index += 1;
        if !index.is_multiple_of(WIDTH) {
            break;
        }
        index = index / WIDTH - 1;
        root = merkle::perfect_root(&mut hashes.as_chunks::<32>().0.to_vec());
    }
    Ok(())
}
