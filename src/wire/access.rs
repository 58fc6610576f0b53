//! Grants of roles, a tenant's own roles, and who may do what.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::audit::Actor;

/// A role to be given to one person, service account or group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGrantRequest {
    /// Id or name of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Id or name of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Name of a built-in role or of one of the tenant's own.
    pub role: String,
    /// A space (`team`) or a folder in one (`team/nightly`); the whole tenant unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// It counts until then, RFC 3339; until it is revoked unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why, for those who review grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which grants to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RoleGrantQuery {
    /// Id or name of an account.
    pub user: Option<String>,
    /// Id or name of a group.
    pub group: Option<String>,
    /// Those that count at this place.
    pub place: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleHolderView {
    /// `user` or `group`.
    pub kind: String,
    pub id: String,
    pub name: String,
}

/// One role in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleGrantView {
    pub id: String,
    pub holder: RoleHolderView,
    pub role: String,
    /// The role is one of the tenant's own.
    pub custom: bool,
    /// Where it holds; absent for the whole tenant.
    pub place: Option<String>,
    pub until: Option<String>,
    /// It counts now: its time is not over.
    pub holds: bool,
    pub reason: Option<String>,
    pub granted_at: String,
    pub granted_by: Actor,
}

/// A role of the tenant's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomRoleRequest {
    /// 1 to 40 lower-case ASCII letters, Han characters, digits, `-` and `_`; not the name of a built-in role.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Names of actions, of those that `GET /api/v1/roles` lists as `grantable`.
    pub actions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomRoleView {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub actions: Vec<String>,
    /// How often it was given.
    pub grants: u64,
    pub created_at: String,
    pub created_by: Actor,
}

/// Which part of the table to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MatrixQuery {
    /// By the roles that count at this place; in the whole tenant unless given.
    pub place: Option<String>,
    /// Only this action, and only those who may do it.
    pub action: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

/// One account and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MatrixRow {
    pub id: String,
    pub user: String,
    pub active: bool,
    /// The roles that count there, those of groups included.
    pub roles: Vec<String>,
    /// Actions allowed on things of anybody there.
    pub actions: Vec<String>,
    /// Actions allowed only on things of one's own.
    pub own_only: Vec<String>,
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessMatrix {
    pub place: Option<String>,
    /// Every action there is, in the order in which they are shown.
    pub actions: Vec<String>,
    pub rows: Vec<MatrixRow>,
    pub next: Option<String>,
}
