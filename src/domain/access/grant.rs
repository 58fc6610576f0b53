//! Roles that were given to somebody, and the roles that a tenant makes for itself.

use serde::{Deserialize, Serialize};

use super::action::{Action, ActionSet};
use super::place::SpacePath;
use super::role::Role;
use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::handle::Handle;
use crate::domain::ids::{CustomRoleId, GroupId, RoleGrantId, TenantKey, UserId};

/// Grants in one tenant, at most.
pub const GRANTS_MOST: u64 = 50_000;
/// Grants to one person or one group, at most: each request looks at all of them.
pub const GRANTS_EACH: usize = 100;
/// Roles of one tenant's own, at most.
pub const ROLES_MOST: u64 = 100;

/// Who holds a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A person or a service account.
    User(UserId),
    Group(GroupId),
}

impl Holder {
    /// The identity of the holder, for keys.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        match self {
            Self::User(id) => id.bytes(),
            Self::Group(id) => id.bytes(),
        }
    }
}

/// Which role it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenRole {
    BuiltIn(Role),
    Custom(CustomRoleId),
}

/// One role in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGrant {
    pub id: RoleGrantId,
    pub tenant: TenantKey,
    pub holder: Holder,
    pub role: GivenRole,
    /// Where it holds; in the whole tenant when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SpacePath>,
    /// It counts no more from then on. Nothing needs to happen for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub granted_at: Timestamp,
    pub granted_by: Actor,
}

impl RoleGrant {
    /// Whether it counts at a moment.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A role that a tenant made for itself: actions under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomRole {
    pub id: CustomRoleId,
    pub tenant: TenantKey,
    pub name: Handle,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub actions: Vec<Action>,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

/// What cannot be a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustomRoleError {
    #[error("`{0}` is the name of a built-in role")]
    BuiltIn(Handle),
    #[error("a role has at least one action")]
    Empty,
    #[error("`{0}` stays with the built-in roles")]
    Reserved(Action),
}

impl CustomRole {
    /// Sets name and actions.
    ///
    /// # Errors
    /// When the name is that of a built-in role, or an action stays with those.
    pub fn define(&mut self, name: Handle, actions: ActionSet) -> Result<(), CustomRoleError> {
        if name.as_str().parse::<Role>().is_ok() {
            return Err(CustomRoleError::BuiltIn(name));
        }
        if actions == ActionSet::NONE {
            return Err(CustomRoleError::Empty);
        }
        if let Some(action) = actions.iter().find(|action| !action.is_grantable()) {
            return Err(CustomRoleError::Reserved(action));
        }
        self.name = name;
        self.actions = actions.iter().collect();
        Ok(())
    }

    #[must_use]
    pub fn action_set(&self) -> ActionSet {
        self.actions.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_ones_own_carry_no_right_to_make_rights() {
        let mut role = CustomRole {
            id: CustomRoleId::from_bytes([0; 16]),
            tenant: TenantKey::default_tenant(),
            name: Handle::any(),
            description: None,
            actions: Vec::new(),
            created_at: Timestamp::MAX,
            created_by: Actor { kind: crate::domain::audit::ActorKind::System, id: None, name: None, token: None },
        };
        let mut define = |name: &str, actions: &[Action]| {
            role.define(name.parse().expect("a handle"), actions.iter().copied().collect()).map(|()| role.actions.len())
        };
        assert_eq!(define("runner", &[Action::CapabilityRun, Action::CapabilityView]), Ok(2));
        assert_eq!(define("runner", &[]), Err(CustomRoleError::Empty));
        assert!(matches!(define("auditor", &[Action::CapabilityRun]), Err(CustomRoleError::BuiltIn(_))));
        for reserved in [
            Action::RoleUpdate,
            Action::SettingsUpdate,
            Action::ApprovalDecide,
            Action::UserResetPassword,
            Action::TokenCreateOwn,
            Action::CapabilityBreakGlass,
            Action::VaultUnseal,
            Action::AuditRetain,
        ] {
            assert_eq!(define("runner", &[reserved]), Err(CustomRoleError::Reserved(reserved)));
        }
    }
}
