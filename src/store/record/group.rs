//! How groups, who is in them, and the numbers of things with a limit are stored and found.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::group::{Group, Membership};
use crate::domain::handle::Handle;
use crate::domain::ids::{GroupId, TenantKey, UserId};
use crate::domain::tally::{Counted, Tally};

/// Unique: `tenant 0x00 name`
pub const GROUP_BY_NAME: Index = Index("by_name");
/// `tenant 0x00 user group`: the groups of a person.
pub const BY_MEMBER: Index = Index("by_member");

impl Record for Group {
    const TABLE: &'static str = "group";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        group_key(&self.tenant, self.id)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(GROUP_BY_NAME, group_name_key(&self.tenant, &self.name));
    }
}

#[must_use]
pub fn group_key(tenant: &TenantKey, id: GroupId) -> Vec<u8> {
    scoped(tenant, &[id.bytes()])
}

#[must_use]
pub fn group_name_key(tenant: &TenantKey, name: &Handle) -> Vec<u8> {
    scoped(tenant, &[name.as_str().as_bytes()])
}

impl Record for Membership {
    const TABLE: &'static str = "membership";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        membership_key(&self.tenant, self.group, self.user)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_MEMBER, scoped(&self.tenant, &[self.user.bytes(), self.group.bytes()]));
    }
}

/// `tenant 0x00 group user`, so that the members of a group lie together.
#[must_use]
pub fn membership_key(tenant: &TenantKey, group: GroupId, user: UserId) -> Vec<u8> {
    scoped(tenant, &[group.bytes(), user.bytes()])
}

impl Record for Tally {
    const TABLE: &'static str = "tally";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        tally_key(&self.tenant, self.of)
    }
}

#[must_use]
pub fn tally_key(tenant: &TenantKey, of: Counted) -> Vec<u8> {
    scoped(tenant, &[of.word().as_bytes()])
}
