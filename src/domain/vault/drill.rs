//! How the last restore drill went.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;

/// The last restore drill, also of an earlier server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    pub at: Timestamp,
    pub ok: bool,
    /// One sentence.
    pub detail: String,
    pub took_ms: u64,
}
