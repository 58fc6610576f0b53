//! Groups: people of a tenant under a name, to whom roles are given and whom rules can name as approvers.
//!
//! A group carries no right by itself, and nothing is inferred from what it is called.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::handle::Handle;
use crate::domain::ids::{GroupId, TenantKey, UserId};

/// Groups of one tenant, at most.
pub const GROUPS_MOST: u64 = 500;
/// People in one group, at most.
pub const MEMBERS_MOST: u64 = 1_000;
/// Groups that one person is in, at most: each request looks at all of them.
pub const GROUPS_EACH: usize = 50;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: GroupId,
    pub tenant: TenantKey,
    pub name: Handle,
    /// One line for people who look for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How many are in it, those whose time is over included.
    pub members: u64,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

/// One person in one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub tenant: TenantKey,
    pub group: GroupId,
    pub user: UserId,
    /// It counts no more from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    pub added_at: Timestamp,
    pub added_by: Actor,
}

impl Membership {
    /// Whether it counts at a moment.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
