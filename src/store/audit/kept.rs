//! A log as the ledger file keeps it, for the verifier and the exporter. Trusts nothing it reads.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{ReadTransaction, ReadableDatabase};

use super::append::bundle_key;
use super::read::{LogReader, Removed, only_hashes, split, unpacked_len};
use super::report::VerifyReport;
use super::verify::{Found, Source, verify};
use crate::crypto::merkle::Hash;
use crate::crypto::note::Verifier;
use crate::crypto::tiles::{self, WIDTH};
use crate::store::error::StoreError;
use crate::store::medium::{self, ReadOnlyFile};
use crate::store::snapshot::Snapshot;
use crate::store::tables::{self, LOG_BUNDLE, LOG_TAIL};

/// Memory for pages while a file is checked, in bytes.
const CACHE: usize = 16 << 20;

/// Verifies the log in the ledger file of a stopped appliance, or in a copy of one. The file is not changed, not even
/// by the recovery that a killed appliance leaves to do.
///
/// # Errors
/// [`StoreError::Locked`] when the appliance runs; else when the file cannot be opened or read as a ledger at all.
pub fn verify_ledger(file: &Path, key: &Verifier, older: Option<&str>) -> Result<VerifyReport, StoreError> {
    with_kept_log(file, |log| Ok(verify(log, key, older)))
}

/// Reads the log in the ledger file of a stopped appliance, as [`verify_ledger`] does.
pub fn with_kept_log<T>(file: &Path, work: impl FnOnce(&mut KeptLog<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let _held = medium::hold(file, false)?;
    guarded(|| {
        let database = medium::database(&ReadOnlyFile(file.to_owned()), CACHE)?;
        let transaction = database.begin_read()?;
        work(&mut KeptLog::new(&transaction))
    })
}

/// Verifies the log as one snapshot of a running ledger sees it; `tell` hears after each bundle how many entries were read.
pub fn verify_snapshot(snapshot: &Snapshot, key: &Verifier, older: Option<&str>, tell: &mut dyn FnMut(u64)) -> VerifyReport {
    verify(&mut Heard { log: KeptLog::new(snapshot.transaction()), tell }, key, older)
}

/// Verifies the log in one read transaction.
pub fn verify_transaction(log: &mut KeptLog<'_>, key: &Verifier) -> VerifyReport {
    verify(log, key, None)
}

/// redb may panic on a file that somebody changed behind its back; here that is a finding, not a defect.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let told = |panic: Box<dyn std::any::Any + Send>| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        StoreError::Damaged(text.unwrap_or("its pages contradict each other").chars().take(200).collect())
    };
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(told(panic)))
}

/// A log of which somebody hears how far it was read.
struct Heard<'t, 'f> {
    log: KeptLog<'t>,
    tell: &'f mut dyn FnMut(u64),
}

impl Source for Heard<'_, '_> {
    fn checkpoint(&mut self) -> Result<String, String> {
        self.log.checkpoint()
    }

    fn past_checkpoints(&mut self) -> Result<Vec<String>, String> {
        self.log.past_checkpoints()
    }

    fn entries(&mut self, bundle: u64, width: u64, into: &mut Vec<u8>) -> Found {
        (self.tell)(bundle * WIDTH);
        self.log.entries(bundle, width, into)
    }

    fn tile(&mut self, level: u32, tile: u64, width: u64, into: &mut Vec<Hash>) -> Found {
        self.log.tile(level, tile, width, into)
    }

    fn goes_beyond(&mut self, size: u64) -> bool {
        self.log.goes_beyond(size)
    }
}

/// The log in one read transaction.
pub struct KeptLog<'t> {
    transaction: &'t ReadTransaction,
    reader: LogReader<'t>,
    /// The hashes of the bundle whose entries were read last.
    hashes: (u64, Vec<Hash>),
}

impl<'t> KeptLog<'t> {
    pub fn new(transaction: &'t ReadTransaction) -> Self {
        Self { transaction, reader: LogReader::new(transaction), hashes: (u64::MAX, Vec::new()) }
    }

    /// What retention removed, as the file says it.
    pub fn removed(&self) -> Result<Option<Removed>, String> {
        self.reader.removed().map_err(|error| error.to_string())
    }

    fn sealed(&mut self, bundle: u64, into: &mut Vec<u8>) -> Found {
        let bytes = match self.reader.bundle_bytes(bundle) {
            Ok(bytes) if bytes.is_empty() => return Found::Absent,
            Ok(bytes) => bytes,
            Err(error) => return Found::Cut(error.to_string()),
        };
        if let Some(hashes) = only_hashes(&bytes) {
            self.hashes = (bundle, hashes.to_vec());
            return Found::Absent;
        }
        let Some((packed, hashes)) = split(&bytes) else { return Found::Cut(format!("bundle {bundle} is damaged")) };
        self.hashes = (bundle, hashes.to_vec());
        into.reserve(unpacked_len(packed));
        let most = WIDTH * (tiles::ENTRY_MAX as u64 + 2) + 1;
        match zstd::Decoder::with_buffer(packed).and_then(|decoder| decoder.take(most).read_to_end(into)) {
            Ok(_) => Found::Whole,
            Err(error) => Found::Cut(format!("bundle {bundle} cannot be unpacked: {error}")),
        }
    }

    fn tail(&mut self, bundle: u64, width: u64, into: &mut Vec<u8>) -> Found {
        let mut hashes = Vec::new();
        for index in bundle * WIDTH..bundle * WIDTH + width {
            match self.reader.tail(index) {
                Ok(Some((hash, entry))) if tiles::push_entry(into, &entry) => hashes.push(hash),
                Ok(Some(_)) => return Found::Cut(format!("entry {index} is too long")),
                Ok(None) => break,
                Err(error) => return Found::Cut(error.to_string()),
            }
        }
        // A row that is gone takes its hash with it; a hole keeps the verifier from taking the rest for the whole.
        if (hashes.len() as u64) < width {
            hashes.push([0; 32]);
        }
        self.hashes = (bundle, hashes);
        if into.is_empty() { Found::Absent } else { Found::Whole }
    }
}

impl Source for KeptLog<'_> {
    fn checkpoint(&mut self) -> Result<String, String> {
        self.reader.checkpoint().map_err(|error| error.to_string())
    }

    fn past_checkpoints(&mut self) -> Result<Vec<String>, String> {
        self.reader.past_checkpoints().map_err(|error| error.to_string())
    }

    fn entries(&mut self, bundle: u64, width: u64, into: &mut Vec<u8>) -> Found {
        if width == WIDTH { self.sealed(bundle, into) } else { self.tail(bundle, width, into) }
    }

    fn tile(&mut self, level: u32, tile: u64, width: u64, into: &mut Vec<Hash>) -> Found {
        if level == 0 {
            if self.hashes.0 != tile {
                self.entries(tile, width, &mut Vec::new());
            }
            if self.hashes.0 == tile {
                into.extend_from_slice(&self.hashes.1);
            }
            return if into.is_empty() { Found::Absent } else { Found::Whole };
        }
        match self.reader.tile(level, tile) {
            Ok(hashes) => into.extend_from_slice(&hashes),
            Err(error) => return Found::Cut(error.to_string()),
        }
        if into.is_empty() { Found::Absent } else { Found::Whole }
    }

    fn goes_beyond(&mut self, size: u64) -> bool {
        let from = |name: &str, key: &[u8]| -> Result<bool, StoreError> {
            let Some(table) = tables::open(self.transaction, name)? else { return Ok(false) };
            Ok(table.range::<&[u8]>(key..)?.next().is_some())
        };
        from(LOG_TAIL, &size.to_be_bytes()).unwrap_or(true) || from(LOG_BUNDLE, &bundle_key(size / WIDTH, 0)).unwrap_or(true)
    }
}
