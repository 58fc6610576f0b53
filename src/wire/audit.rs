//! The audit log as the API shows it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::audit::{Event, Outcome};

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
    /// Words that must occur somewhere in the entry.
    pub q: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
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
