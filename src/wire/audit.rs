//! The audit log as the API shows it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::audit::{Actor, AuditFilter, Difference, Event, Outcome};

/// One entry with its place in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    pub index: u64,
    #[serde(flatten)]
    pub event: Event,
}

/// One entry with what is needed to prove that the log holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditProof {
    pub entry: AuditEntry,
    /// The exact bytes that are hashed, as text.
    pub raw: String,
    /// Base64 of the RFC 6962 leaf hash.
    pub leaf_hash: String,
    /// The signed checkpoint (C2SP signed note) that the proof leads to.
    pub checkpoint: String,
    /// Base64 hashes of the RFC 6962 inclusion proof, leaf to root.
    pub inclusion: Vec<String>,
    /// What the act changed, field by field, where the event says so.
    #[serde(default)]
    pub changes: Vec<Difference>,
}

/// Which entries to list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Name or id of the actor.
    pub actor: Option<String>,
    /// An action such as `run.start`, or a prefix such as `run.`.
    pub action: Option<String>,
    /// Kind of subject, such as `run`.
    pub kind: Option<String>,
    /// Name or id of the subject.
    pub subject: Option<String>,
    pub outcome: Option<Outcome>,
    /// At or after this moment (RFC 3339).
    pub from: Option<String>,
    /// Before this moment (RFC 3339).
    pub to: Option<String>,
    /// Id of a run: its own events, and those that name it.
    pub run: Option<String>,
    /// Id of a request for approval: its own events, and those that name it.
    pub approval: Option<String>,
    /// Words that must occur somewhere in the entry. Looked for in the newest 20,000 entries that fit the other filters;
    /// `next` goes on from there.
    pub q: Option<String>,
    /// Id of a kept view: its filters hold where no other value is given.
    pub view: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

/// A view to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditViewRequest {
    /// 1 to 80 characters.
    pub name: String,
    pub filter: AuditFilter,
    /// Whether others in the tenant who read the audit log see it.
    #[serde(default)]
    pub shared: bool,
}

/// A kept view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditViewItem {
    pub id: String,
    pub name: String,
    pub filter: AuditFilter,
    pub shared: bool,
    /// Whether the caller may change it.
    pub own: bool,
    pub owner: Actor,
    pub updated_at: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditViewItems {
    pub items: Vec<AuditViewItem>,
}

/// What to write into a file: the filters of a list, and the form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditFileQuery {
    /// `jsonl` or `csv`.
    pub format: String,
    pub actor: Option<String>,
    pub action: Option<String>,
    pub kind: Option<String>,
    pub subject: Option<String>,
    pub outcome: Option<Outcome>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub run: Option<String>,
    pub approval: Option<String>,
    pub q: Option<String>,
    pub view: Option<String>,
}

/// That a checkpoint is kept somewhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessRequest {
    /// The signed checkpoint (C2SP signed note) that is kept; the newest one when absent.
    #[serde(default)]
    pub checkpoint: Option<String>,
    /// Where it is kept, or who took note of it: 1 to 200 characters.
    pub place: String,
}

/// A checkpoint that is kept somewhere else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WitnessView {
    pub at: String,
    pub by: Actor,
    pub place: String,
    /// Entries that it signs.
    pub entries: u64,
    pub root_hash: String,
    pub checkpoint: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WitnessViews {
    /// The latest first.
    pub items: Vec<WitnessView>,
}

/// The last verification of the whole log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerificationView {
    pub at: String,
    pub by: Actor,
    pub ok: bool,
    pub entries: u64,
    pub problem: Option<String>,
}

/// Entries that retention removed. Their hashes are kept, so that the log still verifies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedView {
    /// Entries 0 to this one exclusive.
    pub entries: u64,
    /// The entry that says so.
    pub tombstone: u64,
    pub at: String,
    /// The rule under which they were removed.
    pub rule: String,
}

/// How the log stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditStatus {
    pub entries: u64,
    /// The newest signed checkpoint.
    pub checkpoint: String,
    pub key: String,
    pub last_verified: Option<VerificationView>,
    pub last_witnessed: Option<WitnessView>,
    /// Entries that no witnessed checkpoint covers.
    pub unwitnessed: u64,
    pub removed: Option<RemovedView>,
    /// Days that entries are kept; 0: forever.
    pub retention_days: u32,
    pub forward: Vec<ForwardView>,
}

/// Where events are sent, and how far that has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForwardView {
    /// `syslog` or `file`.
    pub target: String,
    /// Where to: an address or a path.
    pub to: String,
    /// `waiting` (everything is delivered), `sending` or `failing`.
    pub state: String,
    /// Entries that are known to be delivered: all before this index.
    pub delivered: u64,
    /// Entries that are not yet known to be delivered.
    pub lag: u64,
    /// Age of the oldest of these, in seconds.
    pub lag_s: u64,
    pub last_delivered_at: Option<String>,
    pub problem: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForwardViews {
    pub items: Vec<ForwardView>,
}

/// What retention removed just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionDone {
    /// Entries removed by this call.
    pub entries: u64,
    pub removed: Option<RemovedView>,
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditProgress {
    /// Entries that were checked so far.
    pub checked: u64,
    /// Entries in the log.
    pub of: u64,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditVerdict {
    pub ok: bool,
    pub entries: u64,
    /// Entries that were removed under retention, with a tombstone.
    #[serde(default)]
    pub removed: u64,
    /// The first entry that is wrong, and how.
    pub first_bad: Option<u64>,
    pub problem: Option<String>,
    pub root_hash: String,
    pub checkpoint: String,
    /// Verifier key of the log (C2SP signed note).
    pub key: String,
    pub duration_ms: u64,
    /// A signed statement (DSSE envelope, JSON) of this verdict.
    pub statement: Option<serde_json::Value>,
}

impl AuditQuery {
    #[must_use]
    pub fn filter(&self) -> AuditFilter {
        AuditFilter {
            actor: self.actor.clone(),
            action: self.action.clone(),
            kind: self.kind.clone(),
            subject: self.subject.clone(),
            outcome: self.outcome,
            from: self.from.clone(),
            to: self.to.clone(),
            run: self.run.clone(),
            approval: self.approval.clone(),
            q: self.q.clone(),
        }
    }
}

impl AuditFileQuery {
    #[must_use]
    pub fn filter(&self) -> AuditFilter {
        AuditFilter {
            actor: self.actor.clone(),
            action: self.action.clone(),
            kind: self.kind.clone(),
            subject: self.subject.clone(),
            outcome: self.outcome,
            from: self.from.clone(),
            to: self.to.clone(),
            run: self.run.clone(),
            approval: self.approval.clone(),
            q: self.q.clone(),
        }
    }
}
