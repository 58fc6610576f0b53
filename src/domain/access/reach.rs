//! How far somebody's roles carry, without a particular thing in mind: what menus show and which rows a list holds.
//!
//! Answers are found by asking the policy about a thing of one's own and one of somebody else in the same tenant, and
//! are kept: there are few combinations of roles. A page that lists things still asks about each thing it acts on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::action::{About, Action, ActionSet};
use super::caller::{Caller, Principal, Standing, Via, Whence};
use super::held::{Held, HeldRole, Holdings, Rights};
use super::place::SpacePath;
use super::policy::{Mode, Policy};
use super::resource::{
    AnnouncementRef, ApprovalRef, CapabilityRef, DEFAULT_SPACE, GrantRef, GroupRef, PolicyRef, Resource, RunRef, SpaceRef, UserRef,
};
use super::role::{Role, RoleSet};
use crate::base::clock::Timestamp;
use crate::domain::capability::{Name, Risk};
use crate::domain::handle::Handle;
use crate::domain::ids::{AnnouncementId, ApprovalId, CapabilityId, CustomRoleId, RoleGrantId, RunId, SessionId, TenantKey, UserId};

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
    /// Some rows: each is asked about.
    Some,
    /// Every row of the tenant.
    Tenant,
}

/// Answers found so far.
#[derive(Debug, Default)]
pub struct ReachTable(Mutex<HashMap<(Rights, Mode), Reach>>);

impl Reach {
    /// What of it a scope covers.
    #[must_use]
    pub fn within(self, scope: ActionSet) -> Self {
        Self { own: self.own.and(scope), others: self.others.and(scope) }
    }
}

/// Combinations of rights whose reach is kept, at most.
const KEPT: usize = 500;

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
        self.reach_of(caller.holdings.anywhere(caller.roles), mode).within(caller.scope())
    }

    /// How far rights carry that are held in the whole tenant, or at the place where the things are.
    #[must_use]
    pub fn reach_of(&self, rights: Rights, mode: Mode) -> Reach {
        let key = (rights, mode);
        let known = self.reach_table().0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        known.unwrap_or_else(|| {
            let found = self.find_reach(&stand_in(rights), mode);
            let mut table = self.reach_table().0.lock().unwrap_or_else(PoisonError::into_inner);
            if table.len() >= KEPT {
                table.clear();
            }
            table.insert(key, found);
            found
        })
    }

    /// Which rows of a list a caller may see, given the action that seeing one row takes.
    #[must_use]
    pub fn sight(&self, caller: &Caller, action: Action, mode: Mode) -> Sight {
        let reach = self.reach(caller, mode);
        let partly = caller.standing == Standing::Good && caller.holdings.has_places();
        let whole = || self.reach_of(caller.holdings.at(caller.roles, None), mode).others.contains(action);
        if reach.others.contains(action) && partly && !whole() {
            Sight::Some
        } else if reach.others.contains(action) {
            Sight::Tenant
        } else if reach.own.contains(action) {
            Sight::Own
        } else {
            Sight::Nothing
        }
    }

    /// How far rights of one very person carry, asked about each action: for policies that may name them.
    #[must_use]
    pub fn exact_reach(&self, caller: &Caller, rights: Rights, mode: Mode) -> Reach {
        let stand_in = Caller { principal: caller.principal, tenant: caller.tenant.clone(), ..stand_in(rights) };
        self.find_reach(&stand_in, mode)
    }

    fn find_reach(&self, caller: &Caller, mode: Mode) -> Reach {
        let me = caller.user_id().unwrap_or(ME);
        let allowed = |owner: UserId, roles: RoleSet| {
            let person = UserRef { tenant: caller.tenant.clone(), id: owner, name: String::new(), roles, service_of: None };
            let may = |action: &Action| self.decide(caller, *action, &sample(action.about(), &person), mode).allowed;
            Action::ALL.iter().copied().filter(may).collect()
        };
        Reach { own: allowed(me, caller.holdings.anywhere(caller.roles).roles), others: allowed(OTHER, RoleSet::NONE) }
    }
}

fn stand_in(rights: Rights) -> Caller {
    let own = Held {
        grant: RoleGrantId::from_bytes([0; 16]),
        role: HeldRole::Custom { id: CustomRoleId::from_bytes([0; 16]), name: Handle::any(), actions: rights.granted },
        place: None,
        until: None,
        group: None,
    };
    Caller {
        principal: Principal::User(ME),
        tenant: TenantKey::default_tenant(),
        name: String::new(),
        roles: rights.roles,
        holdings: Holdings::new(if rights.granted == ActionSet::NONE { Vec::new() } else { vec![own] }),
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
        About::Run => {
            Resource::Run(RunRef { tenant, id: RunId::from_bytes([0; 16]), requester: Some(owner.id), space: DEFAULT_SPACE.to_owned() })
        }
        About::Approval => Resource::Approval(ApprovalRef {
            tenant,
            id: ApprovalId::from_bytes([0; 16]),
            requesters: vec![owner.id],
            roles: vec![Role::Approver],
            deciders: Vec::new(),
            space: Some(DEFAULT_SPACE.to_owned()),
        }),
        About::User => Resource::User(owner.clone()),
        About::Grant => Resource::Grant(GrantRef::of_account(owner.clone(), Role::Viewer)),
        About::Group => {
            Resource::Group(GroupRef { tenant, id: None, name: Handle::any(), member: Some(owner.id), gains: false, within: true })
        }
        About::Session => Resource::Session { owner: owner.clone(), id: None },
        About::Token => Resource::Token { owner: owner.clone(), id: None },
        About::Announcement => Resource::Announcement(AnnouncementRef {
            tenant,
            id: AnnouncementId::from_bytes([0; 16]),
            title: String::new(),
            authors: vec![owner.id],
        }),
        About::Policy => Resource::Policy(PolicyRef { tenant, number: 0, author: Some(owner.id) }),
        About::Space => Resource::Space(SpaceRef { tenant, path: SpacePath::of_default() }),
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
