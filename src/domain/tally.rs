//! How many there are of something that has a limit. It is written in the commit that makes or removes one, so that two
//! that are made at once cannot both be the last that fits.

use serde::{Deserialize, Serialize};

use super::ids::TenantKey;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    Groups,
    Grants,
    Roles,
    Spaces,
    Tenants,
}

impl Counted {
    /// The name in keys; stored, so it does not change.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Grants => "grants",
            Self::Roles => "roles",
            Self::Spaces => "spaces",
            Self::Tenants => "tenants",
        }
    }
}

/// The number of things of one sort in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub tenant: TenantKey,
    pub of: Counted,
    pub count: u64,
}
