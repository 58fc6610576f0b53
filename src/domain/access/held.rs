//! What somebody holds besides the roles of the account: roles given to them or to a group of theirs, for the tenant or for
//! one place, for good or for a time.

use std::sync::Arc;

use super::action::{Action, ActionSet};
use super::place::{SpacePath, covers};
use super::role::{Role, RoleSet};
use crate::base::clock::Timestamp;
use crate::domain::handle::Handle;
use crate::domain::ids::{CustomRoleId, RoleGrantId};

/// A role that is held: one that is built in, or a tenant's own set of actions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HeldRole {
    BuiltIn(Role),
    Custom { id: CustomRoleId, name: Handle, actions: ActionSet },
}

impl HeldRole {
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::BuiltIn(role) => role.name(),
            Self::Custom { name, .. } => name.as_str(),
        }
    }
}

/// One role in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub grant: RoleGrantId,
    pub role: HeldRole,
    /// Where it holds; everywhere in the tenant when there is none.
    pub place: Option<SpacePath>,
    /// It counts no more from then on.
    pub until: Option<Timestamp>,
    /// The group through which it is held.
    pub group: Option<Handle>,
}

impl Held {
    /// Whether it holds at a place; `None` is the tenant as a whole.
    #[must_use]
    pub fn holds_at(&self, place: Option<&str>) -> bool {
        match (&self.place, place) {
            (None, _) => true,
            (Some(own), Some(place)) => covers(own.as_str(), place),
            (Some(_), None) => false,
        }
    }
}

/// Roles that count together: the built-in ones, and the actions of a tenant's own ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Rights {
    pub roles: RoleSet,
    pub granted: ActionSet,
}

impl Rights {
    #[must_use]
    pub fn of(roles: RoleSet) -> Self {
        Self { roles, granted: ActionSet::NONE }
    }

    #[must_use]
    pub fn with(mut self, role: &HeldRole) -> Self {
        match role {
            HeldRole::BuiltIn(role) => self.roles = self.roles.with(*role),
            HeldRole::Custom { actions, .. } => self.granted = self.granted.or(*actions),
        }
        self
    }
}

/// Everything that somebody holds besides the roles of the account. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings(Option<Arc<[Held]>>);

impl Holdings {
    #[must_use]
    pub fn new(held: Vec<Held>) -> Self {
        Self((!held.is_empty()).then(|| held.into()))
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Held> {
        self.0.as_deref().unwrap_or_default().iter()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether something is held at a place only.
    #[must_use]
    pub fn has_places(&self) -> bool {
        self.iter().any(|held| held.place.is_some())
    }

    /// The first moment at which something is held no more.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        self.iter().filter_map(|held| held.until).min()
    }

    /// What counts for an action at a place, on top of the roles of the account.
    #[must_use]
    pub fn rights(&self, roles: RoleSet, action: Action, place: Option<&str>) -> Rights {
        let anywhere = action.counts_anywhere();
        self.iter().filter(|held| anywhere || held.holds_at(place)).fold(Rights::of(roles), |sum, held| sum.with(&held.role))
    }

    /// What is held anywhere.
    #[must_use]
    pub fn anywhere(&self, roles: RoleSet) -> Rights {
        self.iter().fold(Rights::of(roles), |sum, held| sum.with(&held.role))
    }

    /// What is held in the tenant as a whole, or at a place.
    #[must_use]
    pub fn at(&self, roles: RoleSet, place: Option<&str>) -> Rights {
        self.iter().filter(|held| held.holds_at(place)).fold(Rights::of(roles), |sum, held| sum.with(&held.role))
    }
}

impl<'h> IntoIterator for &'h Holdings {
    type Item = &'h Held;
    type IntoIter = std::slice::Iter<'h, Held>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
