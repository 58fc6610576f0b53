//! Who holds which role where: roles given for the tenant or a place, a tenant's own roles, and the table of who may do what.

mod faults;
mod grants;
mod matrix;
mod roles;

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::base::fault::Fault;
use crate::domain::access::grant::{CustomRole, Holder};
use crate::domain::access::{Caller, HeldRole, Resource, Role, SpacePath};
use crate::domain::group::Group;
use crate::domain::handle::Handle;
use crate::domain::identity::User;
use crate::domain::ids::{CustomRoleId, TenantKey};
use crate::domain::tally::Counted;
use crate::service::gate::Gate;
use crate::service::identity::Identity;
use crate::service::limits::so_many_less;
use crate::service::{groups, holdings, storage_fault};
use crate::store::record::access::{ROLE_BY_NAME, custom_role_key};
use crate::store::record::scoped;
use crate::store::{Commit, Ledger, Snapshot, Stored};

/// How often a change is decided again when something else changed under its hands.
const TRIES: usize = 8;

/// The service of grants and roles.
#[derive(Clone)]
pub struct Access {
    ledger: Ledger,
    identity: Identity,
    /// One change at a time, so that many at once wait instead of starting again and again.
    turn: Arc<Mutex<()>>,
}

/// Who a role is given to, with what is stored of them.
enum Recipient {
    User(User),
    Group(Group),
}

impl Recipient {
    const fn holder(&self) -> Holder {
        match self {
            Self::User(user) => Holder::User(user.id),
            Self::Group(group) => Holder::Group(group.id),
        }
    }
}

impl Access {
    #[must_use]
    pub fn new(ledger: Ledger, identity: Identity) -> Self {
        Self { ledger, identity, turn: Arc::default() }
    }

    fn gate(&self) -> &Gate {
        self.identity.gate()
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    async fn refused(&self, caller: &Caller, verb: &str, resource: &Resource, fault: Fault) -> Fault {
        self.gate().refuse(caller, verb, resource.subject(), &fault).await;
        fault
    }
}

/// A tenant's own role by id or name.
fn custom_role(snapshot: &Snapshot, tenant: &TenantKey, text: &str) -> Result<Option<Stored<CustomRole>>, Fault> {
    if let Ok(id) = text.parse::<CustomRoleId>() {
        return snapshot.get(&custom_role_key(tenant, id)).map_err(storage_fault);
    }
    let Ok(name) = text.parse::<Handle>() else { return Ok(None) };
    snapshot.find(ROLE_BY_NAME, &scoped(tenant, &[name.as_str().as_bytes()])).map_err(storage_fault)
}

/// A role by name: one that is built in, or one of the tenant's own.
fn role_called(snapshot: &Snapshot, tenant: &TenantKey, text: &str) -> Result<Option<HeldRole>, Fault> {
    if let Ok(role) = text.parse::<Role>() {
        return Ok(Some(HeldRole::BuiltIn(role)));
    }
    Ok(custom_role(snapshot, tenant, text)?.map(|stored| holdings::custom(&stored.record)))
}

/// Whether a caller holds at a place everything that a role carries there. What one holds for a time,
/// one gives for good: whoever may give it answers for that.
fn is_within(gate: &Gate, caller: &Caller, role: &HeldRole, place: Option<&SpacePath>) -> bool {
    gate.holds_all_of(caller, role, place.map(SpacePath::as_str))
}

/// Whether a group carries nothing that a caller does not hold.
///
/// # Errors
/// When the ledger cannot be read.
pub fn group_is_within(gate: &Gate, snapshot: &Snapshot, caller: &Caller, group: &Group) -> Result<bool, Fault> {
    for grant in grants::of_holder(snapshot, &group.tenant, &Holder::Group(group.id))? {
        let Some(role) = holdings::role(snapshot, &grant.record)? else { continue };
        if !is_within(gate, caller, &role, grant.record.place.as_ref()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes along, in a commit, what was given to a group that is to go.
///
/// # Errors
/// When the ledger cannot be read.
pub fn forget_group(snapshot: &Snapshot, commit: &mut Commit, group: &Group) -> Result<(), Fault> {
    let given = grants::of_holder(snapshot, &group.tenant, &Holder::Group(group.id))?;
    for grant in &given {
        commit.delete(grant);
    }
    so_many_less(snapshot, commit, &group.tenant, Counted::Grants, given.len())
}

/// Whether a caller would gain by what is given to somebody although the account is another: it belongs to the same person,
/// is a service account of theirs, or is a group that they are in.
fn gains(snapshot: &Snapshot, caller: &Caller, to: &Recipient) -> Result<bool, Fault> {
    let Some(me) = caller.user_id() else { return Ok(false) };
    match to {
        Recipient::User(user) => is_also(snapshot, caller, user),
        Recipient::Group(group) => {
            // Being in it for a time that is over, or not yet, is being in it.
            let memberships = groups::of_person(snapshot, &group.tenant, me)?;
            Ok(memberships.iter().any(|stored| stored.record.group == group.id))
        }
    }
}

/// Whether another account acts for the caller too.
///
/// # Errors
/// When the ledger cannot be read.
pub fn is_also(snapshot: &Snapshot, caller: &Caller, user: &User) -> Result<bool, Fault> {
    let own = crate::service::persons::account_of(snapshot, &caller.tenant, &caller.actor())?;
    Ok(own.is_some_and(|own| {
        own.record.id != user.id && (own.record.person_key() == user.person_key() || user.service_of == Some(own.record.id))
    }))
}
