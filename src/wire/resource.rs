//! Resources: what capabilities reach outside.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::resource::{Grant, HttpSettings, Kind, SecretSource, Test};

const fn http() -> Kind {
    Kind::Http
}

/// A resource to be added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceRequest {
    /// 1 to 64 characters of `a-z`, `0-9`, `-`, `_` and `.`.
    pub name: String,
    #[serde(default = "http")]
    pub kind: Kind,
    /// What it is for, in the words of those who use it.
    pub purpose: String,
    #[serde(default)]
    pub owner: Option<String>,
    pub settings: HttpSettings,
}

/// What is to be changed of a resource; what is absent stays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceUpdate {
    #[serde(default)]
    pub purpose: Option<String>,
    #[serde(default)]
    pub owner: Option<String>,
    /// The settings as a whole.
    #[serde(default)]
    pub settings: Option<HttpSettings>,
}

/// Who shall be able to use it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResourceGrantRequest)]
pub struct GrantRequest {
    pub tenant: String,
    /// Every space when empty.
    #[serde(default)]
    pub spaces: Vec<String>,
}

/// Whether it works, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResourceStatus {
    /// Its settings were never tested as they are now.
    Untested,
    Good,
    Failing,
}

/// A capability that names a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResourceUse {
    pub tenant: String,
    pub capability: String,
    pub versions: Vec<u32>,
    /// Whether its current version does.
    pub current: bool,
}

/// A secret whose value is read from a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretFrom {
    /// The tenant that it belongs to.
    pub tenant: String,
    pub secret: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceUses {
    pub items: Vec<ResourceUse>,
    /// Of a source of secrets: those that are read from it.
    #[serde(default)]
    pub secrets: Vec<SecretFrom>,
}

/// A resource as it is shown. Values of credentials are never part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceView {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    pub purpose: String,
    pub owner: Option<String>,
    /// How one signs in, in a word or two.
    pub auth: String,
    pub hosts: Vec<String>,
    /// What may be written, as `POST /orders/*`; read-only when empty.
    pub writes: Vec<String>,
    pub status: ResourceStatus,
    pub test: Option<Test>,
    pub grants: Vec<Grant>,
    pub used_by: Vec<ResourceUse>,
    /// Of a source of secrets: the mount, and what may be read below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SecretSource>,
    /// Of a source of secrets: those that are read from it.
    #[serde(default)]
    pub secrets: Vec<SecretFrom>,
    /// SHA-256 of the settings: what approvals are bound to.
    pub digest: String,
    /// For those who configure it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<HttpSettings>,
    pub created_at: String,
    pub updated_at: String,
    /// Actions of the caller, such as `resource.test`.
    pub actions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceViews {
    pub items: Vec<ResourceView>,
}

/// The request that a run would make first. Nothing was connected to find it out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct PlannedRequest {
    pub resource: String,
    /// SHA-256 of the resource's settings.
    pub digest: Option<String>,
    pub hosts: Vec<String>,
    pub method: String,
    /// As it would be sent; a credential in it is masked.
    pub url: Option<String>,
    /// Name and value; credentials are masked.
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// Whether the write whitelist lets it pass.
    pub permitted: bool,
    /// Why it would not be sent.
    pub problem: Option<String>,
}

/// Which version to verify.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The current one unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// What came of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CapabilityVerification {
    pub capability: String,
    pub version: u32,
    pub resource: String,
    /// Method and path.
    pub request: String,
    /// The answer was what the version expects.
    pub good: bool,
    /// What stood in the way; empty when it is good.
    pub detail: String,
    /// Its code.
    pub code: Option<String>,
    /// What was sent and came back, without credentials.
    pub lines: Vec<String>,
    /// Hosts with their addresses.
    pub reached: Vec<String>,
    pub duration_ms: u64,
}
