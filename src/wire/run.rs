//! Runs, their logs, artifacts and receipts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::domain::audit::Actor;
use crate::domain::run::{Attempt, LogSeal, Phase, RunArtifact, RunResource, Trigger, WaitsFor};

/// Asks for a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// Name of the capability.
    pub capability: String,
    /// The current version unless named.
    #[serde(default)]
    pub version: Option<u32>,
    /// Values for the input schema. A file input is the id of an uploaded file (`fil_...`).
    #[serde(default)]
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Why this run is started.
    #[serde(default)]
    pub reason: Option<String>,
    /// The change ticket that the run belongs to.
    #[serde(default)]
    pub ticket: Option<String>,
    /// Start in spite of a freeze: takes approval and a reason.
    #[serde(default)]
    pub override_freeze: bool,
    /// Start at once, whatever rules and freezes say: takes the right to do so and a reason, and opens a review.
    #[serde(default)]
    pub break_glass: bool,
    /// 0 (last) to 9 (first); 5 unless given.
    #[serde(default)]
    pub priority: Option<u8>,
    /// The run this one repeats.
    #[serde(default)]
    pub rerun_of: Option<String>,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunSummary {
    pub id: String,
    pub phase: Phase,
    pub capability: String,
    pub version: u32,
    pub requester: Actor,
    pub trigger: Trigger,
    pub created_at: String,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    /// From start to end of the last attempt, in milliseconds.
    pub wall_ms: Option<u64>,
    pub exit_code: Option<i32>,
    /// The error code that says why it did not succeed.
    pub reason_code: Option<String>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What keeps it in the queue although places are free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// Percent done, as the script reported, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// How far a script says it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    pub percent: f64,
    #[serde(default)]
    pub text: String,
}

/// Everything recorded of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunDetail {
    #[serde(flatten)]
    pub summary: RunSummary,
    pub capability_id: String,
    pub version_digest: String,
    pub source: Option<String>,
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    pub inputs_digest: String,
    pub reason: Option<String>,
    #[serde(default)]
    pub ticket: Option<String>,
    pub priority: u8,
    pub allowed_by: Vec<String>,
    /// What it reaches outside, when its kind reaches anything.
    #[serde(default)]
    pub resource: Option<RunResource>,
    /// What stood between the request and the queue; absent when nothing did.
    #[serde(default)]
    pub hold: Option<super::approval::RunHold>,
    /// It went ahead without asking; this is the review that was opened.
    #[serde(default)]
    pub review: Option<String>,
    pub rerun_of: Option<String>,
    pub queued_at: Option<String>,
    pub cancel_asked_by: Option<Actor>,
    pub attempts: Vec<Attempt>,
    pub result: Option<Value>,
    pub artifacts: Vec<RunArtifact>,
    pub log: Option<LogSeal>,
    /// One sentence that says why it did not succeed.
    pub detail: Option<String>,
    /// Actions of the caller on this run, such as `run.cancel`.
    pub actions: Vec<String>,
}

/// Which runs to list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    /// Name of a capability.
    pub capability: Option<String>,
    /// One or more phases, separated by commas.
    pub phase: Option<String>,
    /// Name or id of the requester.
    pub requester: Option<String>,
    pub trigger: Option<Trigger>,
    /// `key=value` or `key`.
    pub label: Option<String>,
    /// Created at or after this moment (RFC 3339).
    pub from: Option<String>,
    /// Created before this moment (RFC 3339).
    pub to: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    #[serde(default)]
    pub reason: Option<String>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// From 1.
    pub n: u64,
    pub at: String,
    pub stream: LogStream,
    pub text: String,
    /// The text was cut at the limit of one line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    Stdout,
    Stderr,
    /// Said by the appliance, such as the mark at the output limit.
    System,
}

/// A piece of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogPage {
    pub lines: Vec<LogLine>,
    /// Lines known so far.
    pub total: u64,
    /// Whether nothing can be added any more.
    pub sealed: bool,
}

/// Which lines to read: `from` with `count`, or `tail`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// First line, from 1.
    pub from: Option<u64>,
    /// Number of lines, at most 10,000; 1,000 unless given.
    pub count: Option<usize>,
    /// The last so many lines instead.
    pub tail: Option<usize>,
    /// The log of this attempt, from 1; of the last one unless given.
    pub attempt: Option<u32>,
}

/// What to find in a log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogSearchQuery {
    pub q: String,
    #[serde(default)]
    pub regex: bool,
    #[serde(default)]
    pub case: bool,
    /// Search from this line on.
    pub from: Option<u64>,
    pub limit: Option<usize>,
    /// The log of this attempt, from 1; of the last one unless given.
    pub attempt: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogHit {
    pub line: u64,
    /// Column of the first character, from 0, in characters.
    pub column: u64,
    pub length: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogSearchPage {
    pub hits: Vec<LogHit>,
    /// Continue from this line; absent when the whole log was searched.
    pub next: Option<u64>,
    pub total: u64,
}

/// The answer of `POST /files`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UploadedFile {
    pub id: String,
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

/// What `GET /runs/stream` and `GET /runs/{id}/stream` send as `event: run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunChanged {
    pub run: RunSummary,
}

/// Two runs side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunComparison {
    pub left: RunDetail,
    pub right: RunDetail,
    pub inputs: Vec<super::capability::FieldChange>,
    pub result: Vec<super::capability::FieldChange>,
    pub environment: Vec<super::capability::FieldChange>,
}
