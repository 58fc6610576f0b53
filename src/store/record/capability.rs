//! How capabilities, their versions and uploaded files are stored and found.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::capability::{Capability, Name, Version};
use crate::domain::file::InputFile;
use crate::domain::ids::{CapabilityId, TenantKey};

/// Unique: `tenant 0x00 name`
pub const BY_NAME: Index = Index("by_name");

#[must_use]
pub fn name_key(tenant: &TenantKey, name: &Name) -> Vec<u8> {
    scoped(tenant, &[name.as_str().as_bytes()])
}

impl Record for Capability {
    const TABLE: &'static str = "capability";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_NAME, name_key(&self.tenant, &self.name));
    }
}

/// `tenant 0x00 capability number`, so that the versions of a capability lie together in order.
#[must_use]
pub fn version_key(tenant: &TenantKey, capability: CapabilityId, number: u32) -> Vec<u8> {
    scoped(tenant, &[capability.bytes(), &number.to_be_bytes()])
}

#[must_use]
pub fn versions_prefix(tenant: &TenantKey, capability: CapabilityId) -> Vec<u8> {
    scoped(tenant, &[capability.bytes()])
}

impl Record for Version {
    const TABLE: &'static str = "version";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        version_key(&self.tenant, self.capability, self.number)
    }
}

impl Record for InputFile {
    const TABLE: &'static str = "input_file";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }
}
