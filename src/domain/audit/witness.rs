//! What is known of the log beyond the log: checkpoints that are kept elsewhere, and the last verification.

use serde::{Deserialize, Serialize};

use super::Actor;
use crate::base::clock::Timestamp;

/// Longest description of where a checkpoint is kept, in characters.
pub const PLACE_CHARS: usize = 200;

/// A checkpoint of the log that is kept somewhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    pub at: Timestamp,
    pub by: Actor,
    /// Where it is kept, in the words of the one who says so.
    pub place: String,
    pub entries: u64,
    /// Base64.
    pub root_hash: String,
    /// The signed note.
    pub checkpoint: String,
}

/// The last verification of the whole log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    pub at: Timestamp,
    pub by: Actor,
    pub ok: bool,
    pub entries: u64,
    pub problem: Option<String>,
}

/// How far events have been sent to one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardCursor {
    /// `syslog` or `file`.
    pub target: String,
    /// Every entry before this one was delivered.
    pub delivered: u64,
    pub at: Timestamp,
}
