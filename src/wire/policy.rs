//! Policies of a tenant's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::audit::Actor;

/// A new version, in the Cedar policy language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRequest {
    /// Each policy has an `@id("...")`; a `forbid` may have a `@hint("...")` for the one who is refused.
    pub text: String,
    /// One line that says what it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How far back a try looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryRequest {
    /// 1 to 30; 30 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// One numbered state of a tenant's own policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersionView {
    pub number: u32,
    pub note: Option<String>,
    /// It is in force.
    pub active: bool,
    pub tried_at: Option<String>,
    /// Requests that the last try decided anew.
    pub tried_requests: Option<u64>,
    /// Of those, how many it would have decided otherwise.
    pub tried_changed: Option<u64>,
    pub created_at: String,
    pub created_by: Actor,
    pub activated_at: Option<String>,
    pub activated_by: Option<Actor>,
}

/// Every version, and what all are laid over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersions {
    /// The number of the version in force; absent when the built-in policies stand alone.
    pub active: Option<u32>,
    /// The newest first.
    pub items: Vec<PolicyVersionView>,
    /// The text of the built-in policies.
    pub built_in: String,
    /// What policies may speak about, in the Cedar schema language.
    pub schema: String,
}

/// A version with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyDetail {
    #[serde(flatten)]
    pub version: PolicyVersionView,
    pub text: String,
}

/// Something that would have been decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialChange {
    pub user: String,
    pub action: String,
    pub kind: String,
    pub name: String,
    /// How often it was asked for.
    pub times: u64,
    pub last_at: String,
    /// The last time it was refused.
    pub then_refused: bool,
    /// By the policies in force.
    pub allowed_now: bool,
    /// By the policies that were tried.
    pub allowed_then: bool,
    /// Which policies would decide.
    pub policies: Vec<String>,
}

/// What would have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyTrial {
    pub days: u32,
    /// Requests that were decided anew.
    pub requests: u64,
    /// Of those, how many would be decided otherwise.
    pub changed: u64,
    /// The first of them, each kind of request once.
    pub changes: Vec<TrialChange>,
}
