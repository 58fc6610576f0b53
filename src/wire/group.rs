//! Groups of people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::audit::Actor;

/// A group to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRequest {
    /// 1 to 40 lower-case ASCII letters, Han characters, digits, `-` and `_`.
    pub name: String,
    /// One line for people who look for it.
    #[serde(default)]
    pub description: Option<String>,
}

/// A person put into a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRequest {
    /// They are in it until then, RFC 3339; until they are removed unless given.
    #[serde(default)]
    pub until: Option<String>,
}

/// A group in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupView {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    /// How many are in it, those whose time is over included.
    pub members: u64,
    pub created_at: String,
    pub created_by: Actor,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupViews {
    pub items: Vec<GroupView>,
}

/// One person in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberView {
    pub id: String,
    pub name: String,
    pub display_name: String,
    /// They count: the account is active and their time is not over.
    pub counts: bool,
    pub until: Option<String>,
    pub added_at: String,
    pub added_by: Actor,
}

/// A group with everybody in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupDetail {
    #[serde(flatten)]
    pub group: GroupView,
    pub people: Vec<MemberView>,
}
