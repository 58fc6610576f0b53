//! Wrapping and unwrapping of data keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::faults::{BAD_RECIPIENT, KEY_UNUSABLE};
use super::places::Master;
use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Fault, FieldFault};
use crate::crypto::datakey::DataKey;
use crate::crypto::envelope::{self, EnvelopeError, Identity, Key, Lock, Recipient};
use crate::domain::vault::{Keyring, Recovery, VaultHeader, WrappedKey};

/// Recovery recipients, at most.
const RECOVERY_MOST: usize = 16;

/// Reads the texts of recipients, each once.
pub(super) fn recipients(texts: &[String], known: &[Recovery], now: Timestamp) -> Result<Vec<Recovery>, Fault> {
    let bad = |at: usize, message: String| {
        let pointer = format!("/recovery/{at}");
        let field = FieldFault { pointer, rule: "recipient".to_owned(), message: message.clone(), params: Vec::new() };
        BAD_RECIPIENT.fault(message).field(field).hint("Make a key with `age-keygen`, and give the line that begins with age1.")
    };
    if texts.len() > RECOVERY_MOST {
        return Err(bad(RECOVERY_MOST, format!("there are at most {RECOVERY_MOST} recovery recipients")));
    }
    let mut found: Vec<Recovery> = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        // What looks like the secret half is not repeated.
        let recipient: Recipient =
            text.parse().map_err(|_| bad(at, "an age recipient begins with `age1` and has 62 characters".to_owned()))?;
        let recipient = recipient.to_string();
        if found.iter().all(|one| one.recipient != recipient) {
            let known = known.iter().find(|one| one.recipient == recipient).cloned();
            found.push(known.unwrap_or(Recovery { recipient, added_at: now, proven_at: None }));
        }
    }
    Ok(found)
}

/// Wraps a data key for the master key and for everybody who can recover.
pub(super) fn wrap(id: u32, key: &DataKey, master: &str, recovery: &[Recovery], created_at: Timestamp) -> Result<WrappedKey, Fault> {
    let broken = |error: EnvelopeError| BUG.fault("a data key could not be wrapped").cause(error);
    let texts = std::iter::once(master).chain(recovery.iter().map(|one| one.recipient.as_str()));
    let lock = Lock::Recipients(texts.map(str::parse).collect::<Result<_, _>>().map_err(broken)?);
    Ok(WrappedKey { id, wrapped: envelope::seal(&lock, key.expose()).map_err(broken)?, created_at })
}

/// The header with every data key wrapped anew.
pub(super) fn rewrap(header: &VaultHeader, ring: &Keyring) -> Result<VaultHeader, Fault> {
    let mut fresh = header.clone();
    for wrapped in &mut fresh.keys {
        let key = ring.keys().find(|(id, _)| *id == wrapped.id).ok_or_else(|| BUG.fault("a data key is not in memory"))?;
        *wrapped = wrap(wrapped.id, key.1, &header.master, &header.recovery, wrapped.created_at)?;
    }
    Ok(fresh)
}

/// The header under another master key.
pub(super) fn under(header: &VaultHeader, master: &Master, ring: &Keyring, now: Timestamp) -> Result<VaultHeader, Fault> {
    let fresh = VaultHeader {
        method: master.method,
        master: master.identity.recipient().to_string(),
        master_since: now,
        sealed_master: master.sealed.clone(),
        ..header.clone()
    };
    rewrap(&fresh, ring)
}

/// Opens every data key.
pub(super) fn unwrap(header: &VaultHeader, keys: &[Identity]) -> Result<Arc<Keyring>, EnvelopeError> {
    let opener = Key::Identities(keys.to_vec());
    let mut ring = BTreeMap::new();
    for wrapped in &header.keys {
        let key = envelope::open(&opener, &wrapped.wrapped)?;
        ring.insert(wrapped.id, DataKey::from_bytes(&key).map_err(|_| EnvelopeError::Damaged)?);
    }
    Ok(Arc::new(Keyring::new(header.active, ring)))
}

/// What is told when a key that should open does not.
pub(super) fn does_not_open(error: EnvelopeError) -> Fault {
    let fault = match error {
        EnvelopeError::NoKey => KEY_UNUSABLE.fault("the key that was found is not the vault's"),
        _ => KEY_UNUSABLE.fault("the key was found, but the vault's data keys do not open with it"),
    };
    fault.cause(error).hint("Put the right key back, or use a recovery key: execgov vault recover")
}
