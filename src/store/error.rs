//! What can go wrong in the ledger.

use std::path::PathBuf;
use std::sync::Arc;

/// Reading or opening failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("open the ledger {path}: {source}")]
    Open { path: PathBuf, source: Arc<redb::Error> },
    #[error("another process (pid {pid}) uses the data directory; stop it first")]
    Locked { pid: String },
    #[error("read the ledger: {0}")]
    Read(Arc<redb::Error>),
    #[error("a record of table `{table}` cannot be decoded: {why}")]
    Decode { table: String, why: String },
    #[error("the ledger was written by a newer version of the program (schema {found}, this one knows {known}); start that version")]
    Newer { found: u32, known: u32 },
    /// The bytes of the file contradict each other.
    #[error("the ledger file is damaged: {0}")]
    Damaged(String),
    #[error("the ledger is closed")]
    Closed,
}

impl StoreError {
    pub(super) fn decode(table: &str, why: impl Into<String>) -> Self {
        Self::Decode { table: table.to_owned(), why: why.into() }
    }

    /// Whether the disk was full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Open { source, .. } | Self::Read(source) => is_full(source),
            _ => false,
        }
    }
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Read(Arc::new(error.into()))
    }
}

/// A commit was not applied, or it is not known to be durable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// What was read has changed, or what should be new exists: read again and decide again.
    #[error("`{table}` changed meanwhile")]
    Conflict { table: String, key: Vec<u8> },
    #[error("write the ledger: {0}")]
    Storage(Arc<redb::Error>),
    #[error("the ledger takes no writes since an earlier failure; restart the server")]
    Closed,
    #[error("too many writes are waiting")]
    Busy,
}

impl CommitError {
    /// Whether room on the disk is what is missing: freeing some helps, without a restart.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Storage(source) if is_full(source))
    }

    pub(super) fn full() -> Self {
        Self::Storage(Arc::new(redb::Error::Io(std::io::ErrorKind::StorageFull.into())))
    }
}

/// Whether an error means that there is no room.
pub(super) fn is_full(error: &redb::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error, redb::Error::Io(cause) if matches!(cause.kind(), StorageFull | QuotaExceeded | FileTooLarge))
}
