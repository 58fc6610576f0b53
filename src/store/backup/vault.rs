//! The vault inside a backup: whether every value has its key and its place, and, with a key at hand, whether every value opens.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::BackupError;
use crate::crypto::datakey::DataKey;
use crate::crypto::envelope::{self, Key};
use crate::domain::vault::{Keyring, SealedValue, Secret, VaultHeader};
use crate::store::ledger::FILE;
use crate::store::medium::{self, ReadOnlyFile};
use crate::store::record::vault::VAULT_KEY;
use crate::store::{Scan, Snapshot};

/// Memory for pages, in bytes.
const CACHE: usize = 16 << 20;

/// What a backup holds of the vault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultReport {
    /// Data keys; 0 when there is no vault.
    pub keys: u64,
    pub values: u64,
    /// Values that were opened; absent when no key was at hand that opens them.
    pub opened: Option<u64>,
}

/// What values are tried with.
#[derive(Debug, Clone, Copy)]
pub enum Opener<'a> {
    Nothing,
    /// A key that may open the data keys.
    Key(&'a Key),
    /// The data keys.
    Ring(&'a Keyring),
}

/// Looks at the vault in the ledger of an unpacked backup.
///
/// # Errors
/// What does not fit together, or does not open.
pub fn inspect(dir: &Path, opener: Opener<'_>) -> Result<VaultReport, BackupError> {
    let file = dir.join(FILE);
    let wrong = |why: String| BackupError::Vault(why);
    let database = medium::database(&ReadOnlyFile(file), CACHE).map_err(BackupError::Store)?;
    let snapshot = Snapshot::open(&database)?;
    let header = snapshot.get::<VaultHeader>(VAULT_KEY)?.map(|stored| stored.record);
    let values: Vec<SealedValue> = snapshot.scan(&Scan::table(&[]))?.into_iter().map(|stored| stored.record).collect();
    let Some(header) = header else {
        return if values.is_empty() { Ok(VaultReport::default()) } else { Err(wrong("there are values, and no keys".to_owned())) };
    };
    let held: HashSet<(&[u8; 16], u32)> = values.iter().map(|value| (value.secret.bytes(), value.version)).collect();
    for secret in snapshot.scan::<Secret>(&Scan::table(&[]))? {
        let secret = secret.record;
        let kept = secret.current().filter(|current| current.origin.is_none());
        if let Some(current) = kept.filter(|current| !held.contains(&(secret.id.bytes(), current.number))) {
            return Err(wrong(format!("version {} of the secret `{}` has no value", current.number, secret.name)));
        }
    }
    if let Some(stray) = values.iter().find(|value| header.keys.iter().all(|key| key.id != value.key)) {
        return Err(wrong(format!("data key {} is missing", stray.key)));
    }
    let unwrapped;
    let ring = match opener {
        Opener::Nothing => None,
        Opener::Ring(ring) => Some(ring),
        Opener::Key(key) => {
            unwrapped = unwrap(&header, key);
            unwrapped.as_ref()
        }
    };
    let opened = match ring {
        None => None,
        Some(ring) => {
            for value in &values {
                ring.open(value).map_err(|_| wrong(format!("version {} of the secret {} does not open", value.version, value.secret)))?;
            }
            Some(values.len() as u64)
        }
    };
    Ok(VaultReport { keys: header.keys.len() as u64, values: values.len() as u64, opened })
}

/// The data keys, when this key opens all of them: a backup may be for others than the vault.
fn unwrap(header: &VaultHeader, key: &Key) -> Option<Keyring> {
    let mut keys = BTreeMap::new();
    for wrapped in &header.keys {
        let bytes = envelope::open(key, &wrapped.wrapped).ok()?;
        keys.insert(wrapped.id, DataKey::from_bytes(&bytes).ok()?);
    }
    Some(Keyring::new(header.active, keys))
}
