//! What can go wrong with backups.

use std::io;
use std::path::PathBuf;

use crate::store::error::StoreError;

/// A backup that could not be made, checked or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{path} exists already")]
    Exists { path: PathBuf },
    #[error("{path} is not empty; restore into a directory that does not exist yet")]
    NotEmpty { path: PathBuf },
    #[error("write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not a backup, or was changed: {why}")]
    Form { path: PathBuf, why: String },
    #[error("the backup's audit log does not verify: {0}")]
    Log(String),
    #[error("the vault in the backup is not sound: {0}")]
    Vault(String),
    #[error("the ledger in the backup is not sound: {0}")]
    Ledger(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}
