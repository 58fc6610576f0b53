//! Capabilities, versions and their inspection.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

pub use crate::domain::capability::diff::{ChangeKind, FieldChange};
use crate::domain::capability::{Kind, Manifest, Risk};
use crate::domain::identity::Password;
use crate::domain::inspect::{ChecklistItem, Note};
use crate::domain::run::{IsolationLevel, Phase, StartMode};

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    Draft,
    InReview,
    Published,
    Deprecated,
    Retired,
}

/// A capability in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CapabilitySummary {
    pub id: String,
    pub name: String,
    pub title: String,
    pub description: String,
    pub kind: Kind,
    pub risk: Risk,
    pub owner: Option<String>,
    pub tags: Vec<String>,
    /// The version that runs unless another is named; absent until something is published.
    pub current: Option<u32>,
    /// The newest version, published or not.
    pub latest: u32,
    /// The state of the current version, or of the latest when there is no current one.
    pub state: VersionState,
    pub created_at: String,
    pub updated_at: String,
    /// The most recent run, if any.
    pub last_run: Option<LastRun>,
    /// The space or folder it lives in.
    pub space: String,
    /// Whether the caller may start it.
    pub can_run: bool,
}

/// The most recent run of a capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LastRun {
    pub id: String,
    pub phase: Phase,
    pub at: String,
}

/// One capability with the manifest of its current version (or the latest, when none is current).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CapabilityDetail {
    #[serde(flatten)]
    pub summary: CapabilitySummary,
    /// The version that `manifest` belongs to.
    pub version: u32,
    pub manifest: Manifest,
    pub readme: Option<String>,
    /// The version a plain rollback would make current.
    pub rollback_to: Option<u32>,
    /// Actions of the caller on this capability, such as `capability.publish`.
    pub actions: Vec<String>,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VersionSummary {
    pub number: u32,
    pub state: VersionState,
    pub current: bool,
    /// Lower-case hexadecimal SHA-256 over manifest and files.
    pub digest: String,
    pub created_at: String,
    pub created_by: String,
    pub published_at: Option<String>,
    pub published_by: Option<String>,
    pub comment: Option<String>,
    /// One line that says what is new.
    #[serde(default)]
    pub changelog: Option<String>,
    /// Who asked for a review, and when.
    #[serde(default)]
    pub submitted_by: Option<String>,
    #[serde(default)]
    pub submitted_at: Option<String>,
    /// The request in which it is reviewed, while it is in review.
    #[serde(default)]
    pub review: Option<String>,
    /// It was agreed to and becomes the current version then.
    #[serde(default)]
    pub scheduled: Option<String>,
    pub files: u32,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VersionDetail {
    #[serde(flatten)]
    pub summary: VersionSummary,
    pub manifest: Manifest,
    /// Where each manifest field came from.
    #[schema(value_type = Object)]
    pub provenance: BTreeMap<String, Value>,
    pub checklist: Vec<ChecklistItem>,
    /// What its tries in the sandbox showed last.
    #[serde(default)]
    pub check: Option<super::review::CheckReport>,
    pub notes: Vec<Note>,
    /// The files of the version.
    pub package: Vec<PackageFile>,
}

/// A file of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PackageFile {
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
    /// Whether it is UTF-8 text that can be shown.
    pub text: bool,
}

/// What an upload would become: the answer of `POST /inspections`, which stores nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InspectionReport {
    pub manifest: Manifest,
    #[schema(value_type = Object)]
    pub provenance: BTreeMap<String, Value>,
    pub checklist: Vec<ChecklistItem>,
    pub notes: Vec<Note>,
    pub files: Vec<PackageFile>,
    pub digest: String,
    /// The capability of that name that exists already, with the version it is compared to.
    pub existing: Option<ExistingCapability>,
    /// Against the latest version, when there is one.
    pub diff: Option<VersionDiff>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExistingCapability {
    pub id: String,
    pub latest: u32,
    pub current: Option<u32>,
    /// The upload is equal to the latest version.
    pub unchanged: bool,
}

/// The answer of `POST /capabilities`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Registered {
    pub capability: CapabilitySummary,
    pub version: VersionSummary,
    /// False when the upload was equal to the latest version and nothing was stored.
    pub created: bool,
    pub report: InspectionReport,
}

/// What changed between two versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VersionDiff {
    pub from: u32,
    /// Absent when the newer side is an upload that is not stored.
    pub to: Option<u32>,
    pub files: Vec<FileDiff>,
    pub manifest: Vec<FieldChange>,
    pub inputs: Vec<FieldChange>,
    /// Changes that widen or narrow what a run may do.
    pub permissions: Vec<FieldChange>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FileDiff {
    pub path: String,
    pub change: ChangeKind,
    /// Unified diff with three lines of context; absent for binary files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unified: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishRequest {
    /// Why, for the people who read the history.
    #[serde(default)]
    pub comment: Option<String>,
}

/// Makes a version the current one, which is agreeing to its review where there is one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreeRequest {
    /// Why, for the people who read the history.
    #[serde(default)]
    pub comment: Option<String>,
    /// The password of the one who agrees, for high and critical risk; a session that was proven a moment ago does as well.
    #[serde(default, serialize_with = "super::approval::in_clear")]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<Password>,
}

/// Asks for a review.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest {
    /// One line that says what is new, for those who run it.
    pub changelog: String,
    /// Once it is agreed to, it becomes the current version at this moment; at once when absent.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub publish_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// The version to go back to; the one that was current before, unless named.
    #[serde(default)]
    pub to: Option<u32>,
    #[serde(default)]
    pub comment: Option<String>,
}

/// Which capabilities to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CapabilityQuery {
    /// Words that must all occur in name, title, description or tags.
    pub q: Option<String>,
    pub tag: Option<String>,
    pub kind: Option<Kind>,
    pub state: Option<VersionState>,
    /// What lives in this space or folder.
    pub space: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

/// Inputs to plan with; nothing is started.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    #[serde(default)]
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    #[serde(default)]
    pub version: Option<u32>,
}

/// What would happen if the run were started now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    pub capability: String,
    pub version: u32,
    pub version_digest: String,
    pub verdict: Verdict,
    /// The policies that decided.
    pub policies: Vec<String>,
    /// Why not, in English, when refused.
    pub reason: Option<String>,
    /// What must happen before it starts, when it is not refused.
    pub needs: super::approval::StartRule,
    /// Freezes that stand in the way now.
    #[serde(default)]
    pub freezes: Vec<super::freeze::FreezeInForce>,
    /// Freezes that will stand in the way within the next two weeks.
    #[serde(default)]
    pub freezes_ahead: Vec<super::freeze::FreezeAhead>,
    /// Inputs with defaults filled in.
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    pub inputs_digest: String,
    /// What is wrong with the inputs; empty when they fit.
    pub errors: Vec<PlanError>,
    pub risk: Risk,
    pub writes: Vec<String>,
    pub network: crate::domain::capability::Network,
    pub limits: crate::domain::capability::Limits,
    pub isolation: IsolationLevel,
    pub start: StartMode,
    /// The interpreter that would run it.
    pub interpreter: Option<String>,
    /// The command line the script would see, under the `argv` binding.
    pub argv: Option<Vec<String>>,
    /// The request that would be made, under the kind `http`.
    #[serde(default)]
    pub request: Option<super::resource::PlannedRequest>,
    /// Runs ahead in the queue, when no place is free.
    pub queued_ahead: u64,
    /// Median wall time of recent successful runs, in milliseconds.
    pub expected_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Allowed,
    /// The requester must confirm it first.
    NeedsConfirmation,
    /// Others must agree first.
    NeedsApproval,
    /// A freeze stands in the way; it starts after it, or in spite of it with approval and a reason.
    Frozen,
    Refused,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanError {
    pub pointer: String,
    pub rule: String,
    pub message: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub params: BTreeMap<String, String>,
}
