//! Secrets as people manage them. Values go in; none comes out.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::vault::Hidden;
use crate::domain::audit::Actor;
use crate::domain::vault::{Delivery, SourceRead};

/// Whose secrets are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SecretDomain)]
pub enum Domain {
    /// Those of the tenant, for its capabilities.
    #[default]
    Tenant,
    /// Those of the platform, for its resources.
    Platform,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InDomain {
    #[serde(default)]
    #[param(inline)]
    pub domain: Domain,
}

/// Which secrets to list, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SecretQuery {
    #[serde(default)]
    #[param(inline)]
    pub domain: Domain,
    /// Names that begin so.
    pub prefix: Option<String>,
    /// Rows, 1 to 200; 50 unless given.
    pub limit: Option<usize>,
    /// The `next` of an earlier page.
    pub cursor: Option<String>,
}

/// How a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretState {
    Good,
    /// Its value expires soon.
    Expiring,
    /// Its value has expired: no run gets it.
    Expired,
    /// Every value was destroyed.
    Empty,
}

/// A secret in a list. Who may see no more than names gets the name alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretSummary {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<SecretFacts>,
}

/// What is known of a secret besides its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretFacts {
    pub id: String,
    pub state: SecretState,
    pub description: String,
    pub owner: String,
    /// The version that is used.
    pub version: Option<u32>,
    pub expires_at: Option<String>,
    /// Where the value that is used is read, when it is not kept here. Its version is the one that is asked for, if any.
    pub source: Option<SourceRead>,
    /// Its value is too short to be taken out of logs.
    pub unmaskable: bool,
    pub grants: u64,
    pub last_used_at: Option<String>,
    /// The run that used it last.
    pub last_used_by: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

/// One value that a secret had or has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretVersionView {
    pub number: u32,
    pub current: bool,
    pub created_at: String,
    pub created_by: Actor,
    pub expires_at: Option<String>,
    pub destroyed_at: Option<String>,
    /// Where it is read, when it is not kept here.
    pub source: Option<SourceRead>,
}

/// A permission to use a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GrantView {
    pub id: String,
    /// `capability` or `resource`.
    pub kind: String,
    /// Its name, or its id when it is gone.
    pub to: String,
    pub delivery: Delivery,
    pub granted_at: String,
    pub granted_by: Actor,
}

/// Everything known of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretDetail {
    pub name: String,
    pub facts: SecretFacts,
    /// Newest first.
    pub versions: Vec<SecretVersionView>,
    pub grants: Vec<GrantView>,
    /// Actions of the caller, such as `secret.update`.
    pub actions: Vec<String>,
}

/// A field of an entry in a source of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretFromRequest {
    /// Name of a resource of the kind `secret_source` that is granted to the tenant.
    pub resource: String,
    /// Below the source's mount, such as `finance/database`.
    pub path: String,
    pub field: String,
    /// The entry's version; the newest unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A new value, of a new secret or of one that exists.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSecret {
    /// The value as text. Exactly one of `value` and `value_base64` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    pub value: Option<Hidden>,
    /// The value as base64, for bytes that are no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    pub value_base64: Option<Hidden>,
    /// Where the value is read for each use, in place of a value: it is tried once, and not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SecretFromRequest>,
    /// As before unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// As before unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When the value expires (RFC 3339); never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Store it although it has less than four bytes and so cannot be masked.
    #[serde(default)]
    pub force_short: bool,
    /// Refuse when there is no such secret yet.
    #[serde(default)]
    pub must_exist: bool,
}

/// What is said of a secret. What is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DescribeSecret {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When the value that is used expires (RFC 3339); an empty text for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// A permission to be given. Exactly one of `capability` and `resource` is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// Name of a capability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// Id of a resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// `env` allows versions that declare it to take it as an environment variable.
    #[serde(default)]
    pub delivery: Delivery,
}
