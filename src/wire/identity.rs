//! People, sessions, tokens, roles and the answer to "why".

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::access::CustomRoleView;
use crate::domain::access::{Mode, Role};
use crate::domain::identity::{Density, Language, Password, Preferences, Theme, TokenState, UserState};

/// A client must send the password itself.
fn in_clear<S: serde::Serializer>(password: &Password, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(password.expose())
}

/// Whether the first set-up is still to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetupStatus {
    pub open: bool,
}

/// The first set-up: makes the first administrator and chooses how the appliance is governed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupRequest {
    /// The one-time token that the server printed at its start.
    #[serde(serialize_with = "in_clear")]
    #[schema(value_type = String, format = Password)]
    pub token: Password,
    pub username: String,
    #[serde(serialize_with = "in_clear")]
    #[schema(value_type = String, format = Password)]
    pub password: Password,
    pub mode: Mode,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub language: Language,
    /// IANA name; `UTC` unless given.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// How the secret of a new session is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// As an `HttpOnly` cookie, which scripts cannot read.
    #[default]
    Cookie,
    /// In the answer, for programs: to be sent as `Authorization: Bearer egs_...`.
    Body,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    pub username: String,
    #[serde(serialize_with = "in_clear")]
    #[schema(value_type = String, format = Password)]
    pub password: Password,
    #[serde(default)]
    pub deliver: Delivery,
}

/// The answer to a login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LoggedIn {
    #[serde(flatten)]
    pub me: Me,
    /// The secret of the session, under `"deliver": "body"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
}

/// Who is asking, and what they may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    pub id: String,
    pub name: String,
    pub display_name: String,
    pub tenant: String,
    pub roles: Vec<Role>,
    /// Actions that are allowed on at least something, within the scopes of the token used. For menus.
    pub actions: Vec<String>,
    /// Those of `actions` that are allowed only on things of one's own.
    pub own_only: Vec<String>,
    pub preferences: Preferences,
    /// The password was set by somebody else: nothing works until it is replaced.
    pub password_expired: bool,
    pub mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<MySession>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<MyToken>,
}

/// The session that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MySession {
    pub id: String,
    /// It is over then, however much it is used.
    pub expires_at: String,
    /// It is over after so long without a request, in seconds.
    pub idle_s: u64,
}

/// The token that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MyToken {
    pub id: String,
    pub scopes: Vec<String>,
    pub expires_at: String,
}

/// Changes to one's own account; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMe {
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub language: Option<Language>,
    #[serde(default)]
    pub theme: Option<Theme>,
    #[serde(default)]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub density: Option<Density>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    #[serde(serialize_with = "in_clear")]
    #[schema(value_type = String, format = Password)]
    pub current: Password,
    #[serde(serialize_with = "in_clear")]
    #[schema(value_type = String, format = Password)]
    pub new: Password,
}

/// Gives the password once more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProveRequest {
    #[serde(serialize_with = "in_clear")]
    #[schema(value_type = String, format = Password)]
    pub password: Password,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionSummary {
    pub id: String,
    /// The session that asks.
    pub current: bool,
    pub created_at: String,
    /// To within a tenth of the idle time.
    pub last_seen_at: String,
    pub expires_at: String,
    pub source: Option<String>,
    pub agent: Option<String>,
}

/// Asks for a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    pub name: String,
    /// `read`, `run`, `author`, `admin` or names of actions.
    pub scopes: Vec<String>,
    /// Life in days; 90 unless given.
    #[serde(default)]
    pub days: Option<u32>,
}

/// A token in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenSummary {
    pub id: String,
    pub name: String,
    pub scopes: Vec<String>,
    pub state: TokenState,
    /// Name of the owner.
    pub user: String,
    pub created_at: String,
    pub expires_at: String,
    /// To within five minutes.
    pub last_used_at: Option<String>,
}

/// A new token; its secret is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedToken {
    #[serde(flatten)]
    pub summary: TokenSummary,
    /// To be sent as `Authorization: Bearer egt_...`.
    pub token: String,
}

/// Which tokens to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// Id or name of the owner, for administrators; oneself unless given.
    pub user: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserDetail {
    pub id: String,
    pub name: String,
    pub display_name: String,
    pub tenant: String,
    pub roles: Vec<Role>,
    /// Which person the account belongs to.
    #[serde(default)]
    pub person: Option<String>,
    /// It is a service account; the id of the person who answers for it.
    #[serde(default)]
    pub service_of: Option<String>,
    /// It is a service account whose owner is disabled: nothing runs as it.
    #[serde(default)]
    pub rests: bool,
    pub state: UserState,
    /// The password was set by somebody else and not replaced yet.
    pub password_expired: bool,
    pub created_at: String,
    pub created_by: String,
    /// Grows with each change; the `ETag` is this number in quotes.
    pub version: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    pub username: String,
    /// The first password, which the person must replace.
    #[serde(serialize_with = "in_clear")]
    #[schema(value_type = String, format = Password)]
    pub password: Password,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The tenant that the person is of, for who looks after all of them; one's own unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

/// A service account to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateService {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Id or name of the person who answers for it; oneself unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(default)]
    pub roles: Vec<Role>,
}

/// Changes to an account; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateUser {
    #[serde(default)]
    pub display_name: Option<String>,
    /// Disabling ends the person's sessions, tokens and live streams.
    #[serde(default)]
    pub state: Option<UserState>,
    /// All roles the person shall hold; ends the person's sessions when it changes them.
    #[serde(default)]
    pub roles: Option<Vec<Role>>,
    /// Which person the account belongs to, such as an employee number; empty for nobody but itself. Nobody approves under
    /// one account what they asked for under another.
    #[serde(default)]
    pub person: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// The new password, which the person must replace.
    #[serde(serialize_with = "in_clear")]
    #[schema(value_type = String, format = Password)]
    pub password: Password,
}

/// Which people to list, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// Text that must occur in the user name or the display name.
    pub q: Option<String>,
    /// Every account that is not deleted, unless given.
    pub state: Option<UserState>,
    /// Those of another tenant, for who looks after all of them.
    pub tenant: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

/// A role and what it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleDetail {
    pub name: Role,
    pub description: String,
    /// Actions allowed on things of anybody in the tenant.
    pub actions: Vec<String>,
    /// Actions allowed only on things of one's own.
    pub own_only: Vec<String>,
}

/// Roles, and the named sets of actions that tokens can be limited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleList {
    pub items: Vec<RoleDetail>,
    pub scopes: Vec<ScopeDetail>,
    /// The tenant's own roles.
    #[serde(default)]
    pub custom: Vec<CustomRoleView>,
    /// Every action there is.
    pub actions: Vec<String>,
    /// Those that a role of the tenant's own can carry.
    #[serde(default)]
    pub grantable: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScopeDetail {
    pub name: String,
    pub actions: Vec<String>,
}

/// Asks why somebody may or may not do something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// Id or name; oneself unless given.
    #[serde(default)]
    pub user: Option<String>,
    pub action: String,
    pub resource: ExplainResource,
}

/// What the question is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ExplainResource {
    Appliance {},
    /// The tenant of the person, as the place where new things come to be.
    Tenant {},
    /// A capability by name, or any capability.
    Capability {
        #[serde(default)]
        name: Option<String>,
        /// The version in question, for its author.
        #[serde(default)]
        version: Option<u32>,
    },
    /// A run by id, or a run that somebody else asked for.
    Run {
        #[serde(default)]
        id: Option<String>,
    },
    /// A person by id or name.
    User {
        id: String,
    },
    /// A role to be given to a person.
    Grant {
        id: String,
        role: Role,
    },
    Audit {},
    /// Anything of somebody else in a space or folder.
    Space {
        path: String,
    },
    /// Somebody's sessions.
    Session {
        id: String,
    },
    /// Somebody's tokens.
    Token {
        id: String,
    },
}

/// A grant that allows something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecidingGrant {
    pub id: String,
    pub role: String,
    /// Where it holds; absent for the whole tenant.
    pub place: Option<String>,
    pub until: Option<String>,
    /// The group through which it is held.
    pub group: Option<String>,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    pub allowed: bool,
    pub user: String,
    pub action: String,
    /// The policies that decided; empty when nothing permits it.
    pub policies: Vec<String>,
    /// Roles of the account that each allow it alone.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// What was given to the person, or to a group of theirs, that allows it alone.
    #[serde(default)]
    pub grants: Vec<DecidingGrant>,
    /// Roles of which any one, held there in addition, would allow it.
    pub any_of: Vec<Role>,
    /// What a forbidding policy says.
    pub hint: Option<String>,
}
