//! How the vault's keys, secrets and sealed values are stored and found.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::ids::{SecretId, TenantKey};
use crate::domain::vault::{Drill, SealedValue, Secret, SecretName, VaultHeader};

/// There is one vault, so its key is a word.
pub const VAULT_KEY: &[u8] = b"vault";
/// Unique: `tenant 0x00 name`
pub const BY_NAME: Index = Index("by_name");
/// `milliseconds tenant 0x00 secret`, of secrets whose current value expires.
pub const BY_EXPIRY: Index = Index("by_expiry");
/// `resource, tenant 0x00 secret`, of secrets whose current value is read from that resource.
pub const BY_ORIGIN: Index = Index("by_origin");
/// `data key, tenant 0x00 secret version`: which values a data key seals.
pub const BY_DATA_KEY: Index = Index("by_data_key");

impl Record for VaultHeader {
    const TABLE: &'static str = "vault";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        VAULT_KEY.to_vec()
    }
}

/// Only the last drill is kept; all of them are in the audit log.
pub const DRILL_KEY: &[u8] = b"drill";

impl Record for Drill {
    const TABLE: &'static str = "drill";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        DRILL_KEY.to_vec()
    }
}

#[must_use]
pub fn secret_key(tenant: &TenantKey, secret: SecretId) -> Vec<u8> {
    scoped(tenant, &[secret.bytes()])
}

#[must_use]
pub fn name_key(tenant: &TenantKey, name: &SecretName) -> Vec<u8> {
    scoped(tenant, &[name.as_str().as_bytes()])
}

impl Record for Secret {
    const TABLE: &'static str = "secret";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        secret_key(&self.tenant, self.id)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_NAME, name_key(&self.tenant, &self.name));
        if let Some(at) = self.expires_at() {
            let at = u64::try_from(at.as_millisecond()).unwrap_or(0).to_be_bytes();
            rows.add(BY_EXPIRY, [at.as_slice(), &self.key()].concat());
        }
        if let Some(origin) = self.origin() {
            rows.add(BY_ORIGIN, [origin.resource.bytes().as_slice(), &self.key()].concat());
        }
    }
}

#[must_use]
pub fn value_key(tenant: &TenantKey, secret: SecretId, version: u32) -> Vec<u8> {
    scoped(tenant, &[secret.bytes(), &version.to_be_bytes()])
}

impl Record for SealedValue {
    const TABLE: &'static str = "secret_value";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        value_key(&self.tenant, self.secret, self.version)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.add(BY_DATA_KEY, [self.key.to_be_bytes().as_slice(), &self.key()].concat());
    }
}
