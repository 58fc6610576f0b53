//! People as decisions about somebody else see them: the account as it is now, and who is behind it.

use std::collections::BTreeSet;

use super::gate::Gate;
use super::{groups, holdings, storage_fault, tenants};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Action, ApprovalRef, Caller, Principal, Resource, Standing, Via, Whence};
use crate::domain::approval::{Approval, Behalf, Delegation};
use crate::domain::audit::Actor;
use crate::domain::capability::Capability;
use crate::domain::identity::user::ChosenBy;
use crate::domain::identity::{User, UserState};
use crate::domain::ids::{GroupId, SessionId, TenantKey, UserId};
use crate::store::record::identity::{USER_BY_PERSON, person_prefix, user_key};
use crate::store::record::scoped;
use crate::store::{Scan, Snapshot, Stored};

/// The account behind an actor, as it is now.
///
/// # Errors
/// When the ledger cannot be read.
pub fn account_of(snapshot: &Snapshot, tenant: &TenantKey, actor: &Actor) -> Result<Option<Stored<User>>, Fault> {
    let id = actor.id.as_deref().and_then(|id| id.parse::<UserId>().ok());
    let Some(id) = id else { return Ok(None) };
    snapshot.get(&user_key(tenant, id)).map_err(storage_fault)
}

/// Whether an account may be used: it is active, and so is the one who answers for it when it is a service account, and their
/// tenant is not suspended.
///
/// # Errors
/// When the ledger cannot be read.
pub fn is_active(snapshot: &Snapshot, user: &User) -> Result<bool, Fault> {
    if user.state != UserState::Active || !tenants::is_active(snapshot, &user.tenant)? {
        return Ok(false);
    }
    let Some(owner) = user.service_of else { return Ok(true) };
    let owner: Option<Stored<User>> = snapshot.get(&user_key(&user.tenant, owner)).map_err(storage_fault)?;
    Ok(owner.is_some_and(|owner| owner.record.state == UserState::Active))
}

/// A person as they would come with a session: for questions about somebody who is not here.
///
/// # Errors
/// When the ledger cannot be read.
pub fn as_signed_in(snapshot: &Snapshot, user: &User, now: Timestamp) -> Result<Caller, Fault> {
    Ok(Caller {
        principal: Principal::User(user.id),
        tenant: user.tenant.clone(),
        name: user.name.to_string(),
        roles: user.roles,
        holdings: holdings::of(snapshot, user, now)?,
        via: Via::Session { id: SessionId::from_bytes([0; 16]), expires_at: user.created_at },
        standing: match user.password_chosen_by {
            ChosenBy::Oneself => Standing::Good,
            ChosenBy::SomebodyElse => Standing::PasswordExpired,
        },
        whence: Whence::default(),
    })
}

/// A request for approval as policies see it, with every account of those who do not decide on it: those that were bound to
/// the same person when it was made and those that are now.
///
/// # Errors
/// When the ledger cannot be read.
pub fn approval(snapshot: &Snapshot, approval: &Approval) -> Result<Resource, Fault> {
    let mut requesters = BTreeSet::new();
    requesters.extend(approval.requester.id.as_deref().and_then(|id| id.parse::<UserId>().ok()));
    requesters.extend(approval.barred.iter().filter_map(|one| one.account.id.as_deref()?.parse::<UserId>().ok()));
    let mut people: BTreeSet<String> = approval.barred.iter().map(|one| one.person.clone()).collect();
    people.insert(approval.person.clone());
    for account in std::iter::once(&approval.requester).chain(approval.barred.iter().map(|one| &one.account)) {
        people.extend(account_of(snapshot, &approval.tenant, account)?.map(|user| user.record.person_key()));
    }
    for person in people {
        let scan = Scan::index(USER_BY_PERSON, &person_prefix(&approval.tenant, &person));
        let accounts: Vec<Stored<User>> = snapshot.scan(&scan).map_err(storage_fault)?;
        requesters.extend(accounts.iter().map(|user| user.record.id));
    }
    let space = match approval.matter.version() {
        None => None,
        Some((id, _, _)) => {
            let capability: Option<Stored<Capability>> = snapshot.get(&scoped(&approval.tenant, &[id.bytes()])).map_err(storage_fault)?;
            capability.map(|stored| stored.record.space)
        }
    };
    Ok(Resource::Approval(ApprovalRef {
        tenant: approval.tenant.clone(),
        id: approval.id,
        requesters: requesters.into_iter().collect(),
        roles: approval.roles(),
        deciders: Vec::new(),
        space,
    }))
}

/// The same request, with somebody who decides on it without a role of their own.
#[must_use]
pub fn with_decider(thing: Resource, user: UserId) -> Resource {
    match thing {
        Resource::Approval(approval) => Resource::Approval(ApprovalRef { deciders: vec![user], ..approval }),
        other => other,
    }
}

/// The same request as it is for somebody who is in the group whose members decide on it.
///
/// # Errors
/// When the ledger cannot be read.
pub fn for_member(snapshot: &Snapshot, thing: Resource, approval: &Approval, user: UserId, now: Timestamp) -> Result<Resource, Fault> {
    let group = approval.group.as_deref().and_then(|group| group.parse::<GroupId>().ok());
    let Some(group) = group else { return Ok(thing) };
    let is_member = groups::is_member(snapshot, &approval.tenant, group, user, now)?;
    Ok(if is_member { with_decider(thing, user) } else { thing })
}

/// For whom somebody stands in on a request: the one who is away, when they might decide on it themselves.
///
/// # Errors
/// When the ledger cannot be read.
pub fn behalf(
    gate: &Gate,
    snapshot: &Snapshot,
    delegation: &Delegation,
    approval: &Approval,
    thing: &Resource,
) -> Result<Option<Behalf>, Fault> {
    let thing = &for_member(snapshot, thing.clone(), approval, delegation.from, gate.now())?;
    let away: Option<Stored<User>> = snapshot.get(&user_key(&delegation.tenant, delegation.from)).map_err(storage_fault)?;
    let away = away.map(|stored| stored.record).filter(|user| user.state == UserState::Active);
    let Some(user) = away else { return Ok(None) };
    let decides = gate.may(&as_signed_in(snapshot, &user, gate.now())?, Action::ApprovalDecide, thing) && !thing.is_of(user.id);
    let away = Some(user).filter(|_| decides);
    Ok(away.map(|user| Behalf { delegation: delegation.id, user: user.id, name: user.name.to_string(), person: user.person_key() }))
}
