//! How tenants are stored.

use super::Record;
use crate::domain::ids::TenantKey;
use crate::domain::tenant::Tenant;

impl Record for Tenant {
    const TABLE: &'static str = "tenant";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        tenant_key(&self.key)
    }
}

#[must_use]
pub fn tenant_key(key: &TenantKey) -> Vec<u8> {
    key.as_str().as_bytes().to_vec()
}
