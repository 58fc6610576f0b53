//! What somebody holds at a moment: what was given to them and to the groups they are in.

use super::{groups, storage_fault};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::grant::{CustomRole, GRANTS_EACH, GivenRole, Holder, RoleGrant};
use crate::domain::access::{Held, HeldRole, Holdings};
use crate::domain::group::Group;
use crate::domain::handle::Handle;
use crate::domain::identity::User;
use crate::store::record::access::{BY_HOLDER, custom_role_key, holder_prefix};
use crate::store::record::group::group_key;
use crate::store::{Scan, Snapshot, Stored};

/// What a person or service account holds besides the roles of the account.
///
/// # Errors
/// When the ledger cannot be read.
pub fn of(snapshot: &Snapshot, user: &User, now: Timestamp) -> Result<Holdings, Fault> {
    let mut held = Vec::new();
    add(snapshot, user, &Holder::User(user.id), None, now, &mut held)?;
    for membership in groups::of_person(snapshot, &user.tenant, user.id)? {
        let membership = membership.record;
        if !membership.holds(now) {
            continue;
        }
        let group: Option<Stored<Group>> = snapshot.get(&group_key(&user.tenant, membership.group)).map_err(storage_fault)?;
        if let Some(group) = group {
            let before = held.len();
            add(snapshot, user, &Holder::Group(membership.group), Some(&group.record.name), now, &mut held)?;
            for one in &mut held[before..] {
                one.until = one.until.into_iter().chain(membership.until).min();
            }
        }
    }
    Ok(Holdings::new(held))
}

fn add(
    snapshot: &Snapshot,
    user: &User,
    holder: &Holder,
    group: Option<&Handle>,
    now: Timestamp,
    held: &mut Vec<Held>,
) -> Result<(), Fault> {
    let scan = Scan::index(BY_HOLDER, &holder_prefix(&user.tenant, holder)).limit(GRANTS_EACH);
    let grants: Vec<Stored<RoleGrant>> = snapshot.scan(&scan).map_err(storage_fault)?;
    for grant in grants.into_iter().map(|stored| stored.record).filter(|grant| grant.holds(now)) {
        if let Some(role) = role(snapshot, &grant)? {
            held.push(Held { grant: grant.id, role, place: grant.place, until: grant.until, group: group.cloned() });
        }
    }
    Ok(())
}

/// What a grant gives; `None` when the role is no more.
///
/// # Errors
/// When the ledger cannot be read.
pub fn role(snapshot: &Snapshot, grant: &RoleGrant) -> Result<Option<HeldRole>, Fault> {
    Ok(match &grant.role {
        GivenRole::BuiltIn(role) => Some(HeldRole::BuiltIn(*role)),
        GivenRole::Custom(id) => {
            let stored: Option<Stored<CustomRole>> = snapshot.get(&custom_role_key(&grant.tenant, *id)).map_err(storage_fault)?;
            stored.map(|stored| custom(&stored.record))
        }
    })
}

/// A tenant's own role as somebody holds it.
#[must_use]
pub fn custom(role: &CustomRole) -> HeldRole {
    HeldRole::Custom { id: role.id, name: role.name.clone(), actions: role.action_set() }
}
