//! What can go wrong with stored contents.

use std::io;
use std::path::PathBuf;

use super::BlobId;
use crate::base::fault::{Class, Code, Fault};

pub const TOO_LARGE: Code = Code::new("EG-STORE-101", Class::TooLarge, "Content too large");
pub const FULL: Code = Code::new("EG-STORE-102", Class::Unavailable, "No space left for content");
pub const MISSING: Code = Code::new("EG-STORE-103", Class::Integrity, "Content missing");
pub const DAMAGED: Code = Code::new("EG-STORE-104", Class::Integrity, "Content damaged");
pub const DISK: Code = Code::new("EG-STORE-105", Class::Unavailable, "Content storage not available");
pub const SOURCE: Code = Code::new("EG-STORE-106", Class::User, "Content could not be received");

/// Failures of the content store. Whatever fails, no temporary file stays behind.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("store content: it has more than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("store content: no space left in {path}")]
    Full { path: PathBuf, source: io::Error },
    #[error("find content {0}")]
    Missing(BlobId),
    #[error("read content {id}: its SHA-256 is {found}")]
    Damaged { id: BlobId, found: BlobId },
    #[error("{action} content file {path}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("read the content to be stored")]
    Source(#[source] io::Error),
    #[error("a background step on a content was cancelled")]
    Cancelled,
}

impl BlobError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path, source },
            _ => Self::Io { action, path, source },
        }
    }
}

impl From<BlobError> for Fault {
    fn from(error: BlobError) -> Self {
        let restore = "Restore the data directory from a backup; `audit verify` tells what else is affected.";
        match &error {
            BlobError::TooLarge { limit } => TOO_LARGE
                .fault(format!("the content has more than {limit} bytes"))
                .hint("Send less, or have the limit raised.")
                .param("limit", limit),
            BlobError::Full { .. } => FULL
                .fault("there is no space left for this content; nothing of it was kept")
                .hint("Free space on the file system that holds the data directory, then try again.")
                .cause(error),
            BlobError::Missing(id) => {
                MISSING.fault(format!("the content {id} is recorded but its file is not there")).hint(restore).param("sha256", id)
            }
            BlobError::Damaged { id, .. } => {
                DAMAGED.fault(format!("the stored content {id} is not what was stored")).hint(restore).param("sha256", id).cause(error)
            }
            BlobError::Source(_) => SOURCE
                .fault("the content ended or failed before all of it was received; nothing of it was kept")
                .hint("Send it again.")
                .cause(error),
            BlobError::Io { .. } | BlobError::Cancelled => DISK
                .fault("the content cannot be read or written now")
                .hint("Look at the health of the disk that holds the data directory, then try again.")
                .cause(error),
        }
    }
}
