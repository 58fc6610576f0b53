//! What can go wrong with a log, as the service sees it.

use std::io;
use std::path::PathBuf;

use super::LogKey;
use crate::base::fault::{Class, Code, Fault};

pub const NO_LOG: Code = Code::new("EG-LOG-001", Class::NotFound, "Log not there");
pub const DAMAGED: Code = Code::new("EG-LOG-002", Class::Integrity, "Log damaged");
pub const BAD_PATTERN: Code = Code::new("EG-LOG-003", Class::User, "Search pattern not usable");
pub const DISK: Code = Code::new("EG-LOG-004", Class::Unavailable, "Log storage not available");

/// How stored bytes differ from what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("a frame header is not one")]
    Header,
    #[error("the file ends inside a frame")]
    Torn,
    #[error("a block does not decompress to its size")]
    Block,
    #[error("the beginning or the end is not that of a log")]
    Form,
}

/// Failures of the log store.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("{action} log file {path}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("find the log of {0}")]
    Missing(LogKey),
    #[error("read log at byte {at}: {damage}")]
    Damaged { at: u64, damage: Damage },
    #[error("use search pattern: {0}")]
    Pattern(String),
    #[error("a background step on a log was cancelled")]
    Cancelled,
}

impl LogError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

impl From<LogError> for Fault {
    fn from(error: LogError) -> Self {
        match &error {
            LogError::Missing(key) => NO_LOG
                .fault(format!("the log of {} attempt {} is not there", key.run, key.attempt))
                .hint("It may have been removed by retention; the run's record still has its digest.")
                .param("run", key.run)
                .cause(error),
            LogError::Damaged { .. } => DAMAGED
                .fault("the stored log is damaged")
                .hint("Restore the data directory from a backup; `audit verify` tells what else is affected.")
                .cause(error),
            LogError::Pattern(why) => {
                BAD_PATTERN.fault(format!("search pattern `q`: {why}")).hint("Correct the pattern, or search for plain text.")
            }
            LogError::Io { .. } | LogError::Cancelled => DISK
                .fault("the log cannot be read or written now")
                .hint("Look at the free space and the health of the disk that holds the data directory, then try again.")
                .cause(error),
        }
    }
}
