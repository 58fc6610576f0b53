//! What a backup says about itself.

use serde::{Deserialize, Serialize};

use super::vault::VaultReport;

/// The first member of a backup.
pub const ABOUT: &str = "about.json";
/// The last member of a backup.
pub const MANIFEST: &str = "manifest.json";
/// The number of this form of backup.
pub const FORM: u32 = 1;

/// Where a backup comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    pub form: u32,
    /// RFC 3339.
    pub created_at: String,
    /// Version of the program that made it.
    pub program: String,
    /// Schema number of the ledger.
    pub schema: u32,
    /// The verifier key of the audit log.
    pub log_key: String,
    /// The signed head of the audit log.
    pub checkpoint: String,
}

/// One file in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Relative to the data directory.
    pub path: String,
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// Every file but the manifest itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub members: Vec<Member>,
}

/// What was made, checked or restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupReport {
    pub about: About,
    pub files: u64,
    /// Bytes of the files together.
    pub bytes: u64,
    /// Bytes of the backup file.
    pub backup_bytes: u64,
    /// Entries in the audit log.
    pub entries: u64,
    /// What it holds of the vault; not looked at while it is made.
    #[serde(default)]
    pub vault: VaultReport,
}
