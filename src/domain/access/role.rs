//! The built-in roles, and sets of them. What a role may do is not here but in `assets/policy/default.cedar`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A bundle of rights that is given to people by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the installation: people, settings, backups. Has no part in what tenants execute.
    PlatformAdmin,
    /// Runs one tenant: its people and their roles, and stops its runs.
    TenantAdmin,
    /// Makes versions of capabilities, and tries them.
    Author,
    /// Judges versions and publishes them; not their own where four eyes are asked for.
    Reviewer,
    /// Runs what is published.
    Operator,
    /// Decides on requests for approval.
    Approver,
    /// Reads everything and changes nothing.
    Auditor,
    /// Sees capabilities and runs of the tenant.
    Viewer,
}

impl Role {
    /// Every role, in the order in which they are shown.
    pub const ALL: [Self; 8] =
        [Self::PlatformAdmin, Self::TenantAdmin, Self::Author, Self::Reviewer, Self::Operator, Self::Approver, Self::Auditor, Self::Viewer];

    /// The name in policies, in the API and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlatformAdmin => "platform-admin",
            Self::TenantAdmin => "tenant-admin",
            Self::Author => "author",
            Self::Reviewer => "reviewer",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Viewer => "viewer",
        }
    }

    /// One sentence for people who hand out roles.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::PlatformAdmin => "Runs the installation: people, settings and backups. Has no part in what tenants execute.",
            Self::TenantAdmin => "Manages the people of the tenant and their roles, and stops runs.",
            Self::Author => "Registers capabilities, makes new versions and tries them.",
            Self::Reviewer => "Judges versions and publishes them; not their own where four eyes are asked for.",
            Self::Operator => "Runs published capabilities.",
            Self::Approver => "Decides on requests for approval.",
            Self::Auditor => "Reads everything, verifies and exports the audit log, and changes nothing.",
            Self::Viewer => "Sees the capabilities and runs of the tenant.",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Text that is not a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role: expected one of platform-admin, tenant-admin, author, reviewer, operator, approver, auditor, viewer")]
pub struct RoleError(pub String);

impl std::str::FromStr for Role {
    type Err = RoleError;
    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| RoleError(text.chars().take(64).collect()))
    }
}

/// Roles held together. Written as a list of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct RoleSet(u8);

impl RoleSet {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | role.bit())
    }

    #[must_use]
    pub const fn without(self, role: Role) -> Self {
        Self(self.0 & !role.bit())
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }

    /// Roles that are in exactly one of the two sets.
    pub fn difference_both_ways(self, other: Self) -> impl Iterator<Item = Role> {
        Self(self.0 ^ other.0).iter()
    }

    /// A small number that stands for this set, for use as a key in tables.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Vec<Role>> for RoleSet {
    fn from(roles: Vec<Role>) -> Self {
        roles.into_iter().collect()
    }
}

impl From<RoleSet> for Vec<Role> {
    fn from(set: RoleSet) -> Self {
        set.iter().collect()
    }
}

impl std::fmt::Display for RoleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, role) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            f.write_str(role.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_agree_with_json() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).ok(), Some(role.name().into()));
        }
        for bad in ["", "*", "admin", "Auditor", "platform-admin ", "аuditor"] {
            assert!(bad.parse::<Role>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sets_behave_as_sets() {
        let set: RoleSet = [Role::Viewer, Role::Author, Role::Viewer].into_iter().collect();
        assert_eq!(set.to_string(), "author, viewer");
        assert_eq!(serde_json::to_string(&set).ok().as_deref(), Some(r#"["author","viewer"]"#));
        assert_eq!(set.without(Role::Author).iter().collect::<Vec<_>>(), [Role::Viewer]);
        assert_eq!(set.difference_both_ways(RoleSet::NONE.with(Role::Viewer)).collect::<Vec<_>>(), [Role::Author]);
    }
}
