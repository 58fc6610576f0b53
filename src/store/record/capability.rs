//! How capabilities, their versions and uploaded files are stored and found.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::capability::review::{Publication, Remark};
use crate::domain::capability::{Capability, Name, Version};
use crate::domain::file::InputFile;
use crate::domain::ids::{CapabilityId, RemarkId, TenantKey};

/// `tenant 0x00 milliseconds capability number`, of versions that become current at a moment.
pub const BY_PUBLISH_AT: Index = Index("by_publish_at");
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

/// `tenant 0x00 resource 0x00 capability number`, of versions that reach a resource.
pub const BY_RESOURCE: Index = Index("by_resource");

#[must_use]
pub fn resource_prefix(tenant: &TenantKey, resource: &str) -> Vec<u8> {
    scoped(tenant, &[resource.as_bytes(), &[0]])
}

impl Record for Version {
    const TABLE: &'static str = "version";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        version_key(&self.tenant, self.capability, self.number)
    }

    fn index(&self, rows: &mut IndexRows) {
        if let Some(at) = self.scheduled {
            let at = u64::try_from(at.as_millisecond()).unwrap_or(0).to_be_bytes();
            rows.add(BY_PUBLISH_AT, scoped(&self.tenant, &[&at, self.capability.bytes(), &self.number.to_be_bytes()]));
        }
        if let Some(call) = &self.manifest.http {
            let mut key = resource_prefix(&self.tenant, &call.resource);
            key.extend_from_slice(self.capability.bytes());
            key.extend_from_slice(&self.number.to_be_bytes());
            rows.add(BY_RESOURCE, key);
        }
    }
}

/// `tenant 0x00 capability number id`
#[must_use]
pub fn remark_key(version: &Version, id: RemarkId) -> Vec<u8> {
    [remarks_prefix(version).as_slice(), id.bytes()].concat()
}

#[must_use]
pub fn remarks_prefix(version: &Version) -> Vec<u8> {
    version_key(&version.tenant, version.capability, version.number)
}

impl Record for Remark {
    const TABLE: &'static str = "remark";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        [version_key(&self.tenant, self.capability, self.version).as_slice(), self.id.bytes()].concat()
    }
}

#[must_use]
pub fn publications_prefix(tenant: &TenantKey, capability: CapabilityId) -> Vec<u8> {
    scoped(tenant, &[capability.bytes()])
}

/// `tenant 0x00 capability milliseconds number`
impl Record for Publication {
    const TABLE: &'static str = "publication";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        let at = u64::try_from(self.at.as_millisecond()).unwrap_or(0).to_be_bytes();
        scoped(&self.tenant, &[self.capability.bytes(), &at, &self.version.to_be_bytes()])
    }
}

impl Record for InputFile {
    const TABLE: &'static str = "input_file";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }
}
