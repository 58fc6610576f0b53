//! How far somebody's roles carry, without a particular thing in mind: what menus show and which rows a list holds.
//!
//! Answers are found by asking the policy about a thing of one's own and one of somebody else in the same tenant, and
//! are kept: there are few combinations of roles. A page that lists things still asks about each thing it acts on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::action::{About, Action, ActionSet};
use super::caller::{Caller, Principal, Standing, Via, Whence};
use super::policy::{Mode, Policy};
use super::resource::{AnnouncementRef, ApprovalRef, CapabilityRef, DEFAULT_SPACE, GroupRef, Resource, RunRef, UserRef};
use super::role::{Role, RoleSet};
use crate::base::clock::Timestamp;
use crate::domain::capability::{Name, Risk};
use crate::domain::handle::Handle;
use crate::domain::ids::{AnnouncementId, ApprovalId, CapabilityId, RunId, SessionId, TenantKey, UserId};

/// Actions that roles carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// On things of one's own.
    pub own: ActionSet,
    /// On things of others in the same tenant.
    pub others: ActionSet,
}

/// Which rows of a list somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sight {
    Nothing,
    /// Only rows of their own.
    Own,
    /// Every row of the tenant.
    Tenant,
}

/// Answers found so far.
#[derive(Debug, Default)]
pub struct ReachTable(Mutex<HashMap<(u8, Mode), Reach>>);

/// Stand-ins for the question: `me` asks, `other` owns what is not mine.
const ME: UserId = UserId::from_bytes([1; 16]);
const OTHER: UserId = UserId::from_bytes([2; 16]);

impl Policy {
    /// How far a caller's roles carry, within the scope of their token.
    #[must_use]
    pub fn reach(&self, caller: &Caller, mode: Mode) -> Reach {
        if caller.standing == Standing::PasswordExpired || caller.user_id().is_none() {
            return self.find_reach(caller, mode);
        }
        let key = (caller.roles.bits(), mode);
        let known = self.reach_table().0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        let reach = known.unwrap_or_else(|| {
            let found = self.find_reach(&stand_in(caller.roles), mode);
            self.reach_table().0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found);
            found
        });
        Reach { own: reach.own.and(caller.scope()), others: reach.others.and(caller.scope()) }
    }

    /// Which rows of a list a caller may see, given the action that seeing one row takes.
    #[must_use]
    pub fn sight(&self, caller: &Caller, action: Action, mode: Mode) -> Sight {
        let reach = self.reach(caller, mode);
        if reach.others.contains(action) {
            Sight::Tenant
        } else if reach.own.contains(action) {
            Sight::Own
        } else {
            Sight::Nothing
        }
    }

    fn find_reach(&self, caller: &Caller, mode: Mode) -> Reach {
        let me = caller.user_id().unwrap_or(ME);
        let allowed = |owner: UserId, roles: RoleSet| {
            let person = UserRef { tenant: caller.tenant.clone(), id: owner, name: String::new(), roles };
            let may = |action: &Action| self.decide(caller, *action, &sample(action.about(), &person), mode).allowed;
            Action::ALL.iter().copied().filter(may).collect()
        };
        Reach { own: allowed(me, caller.roles), others: allowed(OTHER, RoleSet::NONE) }
    }
}

fn stand_in(roles: RoleSet) -> Caller {
    Caller {
        principal: Principal::User(ME),
        tenant: TenantKey::default_tenant(),
        name: String::new(),
        roles,
        via: Via::Session { id: SessionId::from_bytes([0; 16]), expires_at: Timestamp::MAX },
        standing: Standing::Good,
        whence: Whence::default(),
    }
}

/// A thing that belongs to a person.
fn sample(about: About, owner: &UserRef) -> Resource {
    let tenant = owner.tenant.clone();
    match about {
        About::Appliance => Resource::Appliance,
        About::Tenant => Resource::Tenant(tenant),
        About::Run => Resource::Run(RunRef { tenant, id: RunId::from_bytes([0; 16]), requester: Some(owner.id) }),
        About::Approval => Resource::Approval(ApprovalRef {
            tenant,
            id: ApprovalId::from_bytes([0; 16]),
            requesters: vec![owner.id],
            roles: vec![Role::Approver],
            deciders: Vec::new(),
        }),
        About::User => Resource::User(owner.clone()),
        About::Grant => Resource::Grant { holder: owner.clone(), role: Role::Viewer },
        About::Group => Resource::Group(GroupRef { tenant, id: None, name: Handle::any(), member: Some(owner.id) }),
        About::Session => Resource::Session { owner: owner.clone(), id: None },
        About::Token => Resource::Token { owner: owner.clone(), id: None },
        About::Announcement => Resource::Announcement(AnnouncementRef {
            tenant,
            id: AnnouncementId::from_bytes([0; 16]),
            title: String::new(),
            authors: vec![owner.id],
        }),
        About::Audit => Resource::Audit { tenant, actor: Some(owner.id) },
        About::Capability => Resource::Capability(CapabilityRef {
            tenant,
            id: CapabilityId::from_bytes([0; 16]),
            name: Name::any(),
            space: DEFAULT_SPACE.to_owned(),
            owner: Some(owner.id),
            author: Some(owner.id),
            risk: Risk::Low,
        }),
    }
}
