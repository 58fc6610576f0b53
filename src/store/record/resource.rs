//! How resources are stored: in the platform domain, found by name.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::capability::Name;
use crate::domain::ids::TenantKey;
use crate::domain::resource::Resource;

/// Unique: `public 0x00 name`
pub const BY_NAME: Index = Index("by_name");

/// The key of [`BY_NAME`].
#[must_use]
pub fn name_key(name: &Name) -> Vec<u8> {
    scoped(&TenantKey::platform(), &[name.as_str().as_bytes()])
}

/// The beginning of every resource's key.
#[must_use]
pub fn prefix() -> Vec<u8> {
    scoped(&TenantKey::platform(), &[])
}

impl Record for Resource {
    const TABLE: &'static str = "resource";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&TenantKey::platform(), &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_NAME, name_key(&self.name));
    }
}
