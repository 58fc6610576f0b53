//! The data keys in the clear, while the vault is open.

use std::collections::BTreeMap;

use super::value::SealedValue;
use crate::crypto::datakey::{DataKey, SealError};
use crate::domain::ids::{SecretId, TenantKey};
use zeroize::Zeroizing;

/// Every data key by its number, and the one that seals new values.
#[derive(Debug, Clone)]
pub struct Keyring {
    active: u32,
    keys: BTreeMap<u32, DataKey>,
}

impl Keyring {
    #[must_use]
    pub fn new(active: u32, keys: BTreeMap<u32, DataKey>) -> Self {
        Self { active, keys }
    }

    #[must_use]
    pub fn active(&self) -> u32 {
        self.active
    }

    pub fn keys(&self) -> impl Iterator<Item = (u32, &DataKey)> {
        self.keys.iter().map(|(id, key)| (*id, key))
    }

    /// This ring with another key that seals from now on.
    #[must_use]
    pub fn with(&self, id: u32, key: DataKey) -> Self {
        let mut ring = self.clone();
        ring.keys.insert(id, key);
        ring.active = id;
        ring
    }

    /// This ring without a key that nothing is sealed by any more.
    #[must_use]
    pub fn without(&self, id: u32) -> Self {
        let mut ring = self.clone();
        ring.keys.remove(&id);
        ring
    }

    /// # Errors
    /// When the active key is not here, which a ring that was opened rules out.
    pub fn seal(&self, tenant: &TenantKey, secret: SecretId, version: u32, value: &[u8]) -> Result<SealedValue, SealError> {
        let key = self.keys.get(&self.active).ok_or(SealError)?;
        SealedValue::seal(key, self.active, (tenant, secret, version), value)
    }

    /// # Errors
    /// When the value was changed, or its key is not here.
    pub fn open(&self, value: &SealedValue) -> Result<Zeroizing<Vec<u8>>, SealError> {
        value.open(self.keys.get(&value.key).ok_or(SealError)?)
    }
}
