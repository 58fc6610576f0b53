//! Policies of a tenant's own, laid over the built-in ones: how they are numbered, and what is recorded of a try.
//!
//! They speak of the tenant's own things only, a `forbid` of any policy wins, and what makes rights out of rights is not
//! opened by them.

use serde::{Deserialize, Serialize};

use super::action::Action;
use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::ids::{TenantKey, UserId};

/// Longest text of one version, in bytes.
pub const TEXT_BYTES: usize = 64 * 1024;
/// Policies in one version, at most.
pub const POLICIES_MOST: usize = 200;
/// Versions that are kept.
pub const VERSIONS_MOST: usize = 1_000;
/// What stands before the name of a tenant's own policy wherever it is named.
pub const PREFIX: &str = "own/";

/// What a try showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub at: Timestamp,
    pub by: Actor,
    /// Requests that were decided anew.
    pub requests: u64,
    /// Of those, how many it would have decided otherwise.
    pub changed: u64,
}

/// One numbered state of a tenant's own policies. Its text never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    pub tenant: TenantKey,
    /// From 1, without gaps.
    pub number: u32,
    pub text: String,
    /// One line that says what it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// It is in force.
    pub active: bool,
    /// The last try before it was activated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    pub created_at: Timestamp,
    pub created_by: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_by: Option<Actor>,
}

impl PolicyVersion {
    #[must_use]
    pub fn author(&self) -> Option<UserId> {
        self.created_by.id.as_deref().and_then(|id| id.parse().ok())
    }
}

impl Action {
    /// Whether policies of a tenant's own are asked about it at all. What concerns oneself, and the policies themselves, they
    /// are not: nobody can be locked out of taking one back.
    #[must_use]
    pub const fn takes_own_policies(self) -> bool {
        !matches!(self, Self::PolicyView | Self::PolicyUpdate | Self::PolicyActivate)
            && !matches!(self.effect(), super::action::Effect::Own)
    }
}
