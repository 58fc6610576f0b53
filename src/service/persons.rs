//! People as decisions about somebody else see them: the account as it is now, and who is behind it.

use std::collections::BTreeSet;

use super::storage_fault;
use crate::base::fault::Fault;
use crate::domain::access::{ApprovalRef, Caller, Principal, Resource, Standing, Via, Whence};
use crate::domain::approval::Approval;
use crate::domain::audit::Actor;
use crate::domain::identity::User;
use crate::domain::identity::user::ChosenBy;
use crate::domain::ids::{SessionId, TenantKey, UserId};
use crate::store::record::identity::{USER_BY_PERSON, person_prefix, user_key};
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

/// A person as they would come with a session: for questions about somebody who is not here.
#[must_use]
pub fn as_signed_in(user: &User) -> Caller {
    Caller {
        principal: Principal::User(user.id),
        tenant: user.tenant.clone(),
        name: user.name.to_string(),
        roles: user.roles,
        via: Via::Session { id: SessionId::from_bytes([0; 16]), expires_at: user.created_at },
        standing: match user.password_chosen_by {
            ChosenBy::Oneself => Standing::Good,
            ChosenBy::SomebodyElse => Standing::PasswordExpired,
        },
        whence: Whence::default(),
    }
}

/// A request for approval as policies see it, with every account of the one who asks: those that were bound to the same
/// person when it was made and those that are now.
///
/// # Errors
/// When the ledger cannot be read.
pub fn approval(snapshot: &Snapshot, approval: &Approval) -> Result<Resource, Fault> {
    let mut requesters = BTreeSet::new();
    requesters.extend(approval.requester.id.as_deref().and_then(|id| id.parse::<UserId>().ok()));
    let now = account_of(snapshot, &approval.tenant, &approval.requester)?.map(|user| user.record.person_key());
    for person in [Some(approval.person.clone()), now].into_iter().flatten() {
        let scan = Scan::index(USER_BY_PERSON, &person_prefix(&approval.tenant, &person));
        let accounts: Vec<Stored<User>> = snapshot.scan(&scan).map_err(storage_fault)?;
        requesters.extend(accounts.iter().map(|user| user.record.id));
    }
    Ok(Resource::Approval(ApprovalRef {
        tenant: approval.tenant.clone(),
        id: approval.id,
        requesters: requesters.into_iter().collect(),
        role: approval.role,
    }))
}
