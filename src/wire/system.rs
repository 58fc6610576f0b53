//! The appliance itself: version, doctor, interpreters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::run::IsolationLevel;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemInfo {
    pub version: String,
    pub install_id: String,
    /// `solo` or `four_eyes`.
    pub mode: String,
    pub started_at: String,
    pub isolation: IsolationLevel,
    pub runs_running: u64,
    pub runs_queued: u64,
    pub log_key: String,
    pub time: String,
}

/// One finding of the doctor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DoctorCheck {
    /// Stable name, such as `isolation.user_namespaces`.
    pub id: String,
    pub state: DoctorState,
    pub title: String,
    pub detail: String,
    /// What to do; empty when all is well.
    #[serde(default)]
    pub remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoctorState {
    Ok,
    Warning,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DoctorReport {
    pub checks: Vec<DoctorCheck>,
    pub worst: DoctorState,
}

/// An interpreter on this host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuntimeSummary {
    /// `python`, `bash` or `sh`.
    pub language: String,
    pub path: String,
    pub version: String,
    pub usable: bool,
    /// Why it cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Used when a version asks for nothing else.
    pub default: bool,
}

/// A problem as RFC 9457 writes it, with our extensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub params: std::collections::BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<super::capability::PlanError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupInfo {
    /// Its file below `backups` in the data directory.
    pub name: String,
    pub bytes: u64,
    /// Files of the data directory in it.
    pub files: u64,
    /// Audit entries in it.
    pub entries: u64,
    pub created_at: String,
    /// For whom it is encrypted: age recipients, or `passphrase`. Nobody: whoever gets hold of it can read it.
    #[serde(default)]
    pub encrypted_for: Vec<String>,
    /// What would stand in the way of using it: a missing or unproven key, no encryption.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// How a backup is made.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBackup {
    /// Encrypt with this passphrase instead of for the recovery recipients of the vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    pub passphrase: Option<super::vault::Hidden>,
}
