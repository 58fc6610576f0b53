//! How grants of roles, a tenant's own roles and spaces are stored and found.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::access::grant::{CustomRole, GivenRole, Holder, RoleGrant};
use crate::domain::access::own::PolicyVersion;
use crate::domain::ids::{CustomRoleId, RoleGrantId, TenantKey};
use crate::domain::space::Space;

/// `tenant 0x00 holder grant`: what somebody was given, oldest first.
pub const BY_HOLDER: Index = Index("by_holder");
/// `tenant 0x00 role grant`, of a tenant's own roles.
pub const BY_ROLE: Index = Index("by_role");
/// `tenant 0x00 place 0x00 grant`, of grants that hold at one place only.
pub const BY_PLACE: Index = Index("by_place");
/// Unique: `tenant 0x00 name`
pub const ROLE_BY_NAME: Index = Index("by_name");

impl Record for RoleGrant {
    const TABLE: &'static str = "role_grant";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        role_grant_key(&self.tenant, self.id)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_HOLDER, scoped(&self.tenant, &[self.holder.bytes(), self.id.bytes()]));
        if let GivenRole::Custom(role) = &self.role {
            rows.unique(BY_ROLE, scoped(&self.tenant, &[role.bytes(), self.id.bytes()]));
        }
        if let Some(place) = &self.place {
            rows.unique(BY_PLACE, scoped(&self.tenant, &[place.as_str().as_bytes(), &[0], self.id.bytes()]));
        }
    }
}

#[must_use]
pub fn role_grant_key(tenant: &TenantKey, id: RoleGrantId) -> Vec<u8> {
    scoped(tenant, &[id.bytes()])
}

#[must_use]
pub fn holder_prefix(tenant: &TenantKey, holder: &Holder) -> Vec<u8> {
    scoped(tenant, &[holder.bytes()])
}

impl Record for CustomRole {
    const TABLE: &'static str = "custom_role";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        custom_role_key(&self.tenant, self.id)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(ROLE_BY_NAME, scoped(&self.tenant, &[self.name.as_str().as_bytes()]));
    }
}

#[must_use]
pub fn custom_role_key(tenant: &TenantKey, id: CustomRoleId) -> Vec<u8> {
    scoped(tenant, &[id.bytes()])
}

impl Record for Space {
    const TABLE: &'static str = "space";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        space_key(&self.tenant, self.name.as_str())
    }
}

/// `tenant`, of the one version that is in force.
pub const ACTIVE_POLICIES: Index = Index("active");

impl Record for PolicyVersion {
    const TABLE: &'static str = "policy";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        policy_key(&self.tenant, self.number)
    }

    fn index(&self, rows: &mut IndexRows) {
        if self.active {
            rows.unique(ACTIVE_POLICIES, scoped(&self.tenant, &[]));
        }
    }
}

#[must_use]
pub fn policy_key(tenant: &TenantKey, number: u32) -> Vec<u8> {
    scoped(tenant, &[&number.to_be_bytes()])
}

#[must_use]
pub fn space_key(tenant: &TenantKey, name: &str) -> Vec<u8> {
    scoped(tenant, &[name.as_bytes()])
}
