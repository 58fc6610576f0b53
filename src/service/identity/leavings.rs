//! What goes with an account that is deleted: the roles that were given to it, its places in groups, its absences.

use serde_json::{Value, json};

use super::faults;
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::grant::{Holder, RoleGrant};
use crate::domain::approval::Delegation;
use crate::domain::group::{Group, Membership};
use crate::domain::identity::User;
use crate::domain::tally::Counted;
use crate::service::limits::so_many_less;
use crate::store::record::access::{BY_HOLDER, holder_prefix};
use crate::store::record::group::{BY_MEMBER, group_key};
use crate::store::record::scoped;
use crate::store::{Commit, Scan, Snapshot, Stored};

/// Puts it into the commit that deletes the account, and says what it was.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) fn take_along(snapshot: &Snapshot, user: &User, now: Timestamp, commit: &mut Commit) -> Result<Value, Fault> {
    let tenant = &user.tenant;
    let grants: Vec<Stored<RoleGrant>> =
        snapshot.scan(&Scan::index(BY_HOLDER, &holder_prefix(tenant, &Holder::User(user.id)))).map_err(faults::storage)?;
    for grant in &grants {
        commit.delete(grant);
    }
    so_many_less(snapshot, commit, tenant, Counted::Grants, grants.len())?;
    let places: Vec<Stored<Membership>> =
        snapshot.scan(&Scan::index(BY_MEMBER, &scoped(tenant, &[user.id.bytes()]))).map_err(faults::storage)?;
    for place in &places {
        let group: Option<Stored<Group>> = snapshot.get(&group_key(tenant, place.record.group)).map_err(faults::storage)?;
        if let Some(group) = group {
            let smaller = Group { members: group.record.members.saturating_sub(1), ..group.record.clone() };
            commit.update(&group, &smaller);
        }
        commit.delete(place);
    }
    let absences: Vec<Stored<Delegation>> = snapshot.scan(&Scan::table(&scoped(tenant, &[]))).map_err(faults::storage)?;
    let ended = absences.iter().filter(|stored| {
        let one = &stored.record;
        (one.from == user.id || one.to == user.id) && !one.is_over(now)
    });
    let mut over = 0;
    for stored in ended {
        commit.update(stored, &Delegation { ended_at: Some(now), ..stored.record.clone() });
        over += 1;
    }
    Ok(json!({ "grants": grants.len(), "groups": places.len(), "absences": over }))
}
