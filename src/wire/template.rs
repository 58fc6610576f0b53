//! Templates as the API shows them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::audit::Actor;

/// A version to be published as a template, or as the next release of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRequest {
    /// Name of the capability.
    pub capability: String,
    /// A published version; the current one when absent.
    #[serde(default)]
    pub version: Option<u32>,
    /// Name of the template; that of the capability when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is good for; stays as it is when absent and the template exists.
    #[serde(default)]
    pub description: Option<String>,
    /// Keys of other tenants that may use it, which takes a platform administrator; stay as they are when absent.
    #[serde(default)]
    pub tenants: Option<Vec<String>>,
    /// Spaces that instances may live in, any when empty; stay as they are when absent.
    #[serde(default)]
    pub spaces: Option<Vec<String>>,
    /// One line that says what is new.
    pub changelog: String,
}

/// One release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseView {
    pub number: u32,
    /// The version of the capability that it is.
    pub version: u32,
    pub digest: String,
    pub changelog: String,
    pub at: String,
    pub by: Actor,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TemplateView {
    pub id: String,
    pub name: String,
    pub description: String,
    /// The tenant that keeps it.
    pub tenant: String,
    /// The capability that it is made from; only within its tenant.
    pub capability: Option<String>,
    pub tenants: Vec<String>,
    pub spaces: Vec<String>,
    /// The newest last.
    pub releases: Vec<ReleaseView>,
    /// JSON Schema of the inputs of the newest release: what `values` may set.
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    pub risk: String,
    pub updated_at: String,
    /// What the caller may do with it, by action.
    pub actions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TemplateViews {
    pub items: Vec<TemplateView>,
}

/// A capability to be made from a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstantiateRequest {
    /// Name of the new capability.
    pub name: String,
    /// Defaults for inputs.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub values: Map<String, Value>,
    /// The space it lives in; `team` when absent.
    #[serde(default)]
    pub space: Option<String>,
    /// The newest release when absent.
    #[serde(default)]
    pub release: Option<u32>,
}

/// A capability that was made from a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InstanceView {
    pub tenant: String,
    pub capability: String,
    pub capability_id: String,
    pub space: String,
    /// The version that runs.
    pub current: Option<u32>,
    /// The release that it is; absent when its owner changed it.
    pub release: Option<u32>,
    /// The newest release that it ever got.
    pub newest: u32,
    /// `current`, `proposed`, `behind`, `changed` or `unpublished`.
    pub standing: String,
    pub created_at: String,
    pub created_by: Actor,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InstanceViews {
    pub items: Vec<InstanceView>,
}

/// The newest release to be proposed to each instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushRequest {
    /// Only to this capability.
    #[serde(default)]
    pub capability: Option<String>,
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PushDone {
    pub release: u32,
    pub items: Vec<PushItem>,
}

/// What a push did for one instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PushItem {
    pub tenant: String,
    pub capability: String,
    /// The version that now waits for a review.
    pub version: Option<u32>,
    /// Why nothing was proposed.
    pub why: Option<String>,
}
