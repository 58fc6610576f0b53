//! How what is shared with colleagues, and what they think of it, is stored: under tenant and capability.

use super::{Record, scoped};
use crate::domain::community::{Rating, Shared};
use crate::domain::ids::{CapabilityId, TenantKey, UserId};

#[must_use]
pub fn shared_key(tenant: &TenantKey, capability: CapabilityId) -> Vec<u8> {
    scoped(tenant, &[capability.bytes()])
}

impl Record for Shared {
    const TABLE: &'static str = "community";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        shared_key(&self.tenant, self.capability)
    }
}

#[must_use]
pub fn rating_key(tenant: &TenantKey, capability: CapabilityId, user: UserId) -> Vec<u8> {
    scoped(tenant, &[capability.bytes(), user.bytes()])
}

impl Record for Rating {
    const TABLE: &'static str = "community_rating";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        rating_key(&self.tenant, self.capability, self.user)
    }
}
