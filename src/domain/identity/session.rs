//! A signed-in session: who, since when, and until when it lives.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::secret::Digest;
use super::user::{User, UserState};
use crate::base::clock::Timestamp;
use crate::domain::ids::{SessionId, TenantKey, UserId};

/// Sessions of one person at one time; a further one ends the oldest.
pub const SESSIONS_PER_USER: usize = 20;
/// How much of a `User-Agent` header is kept, in characters.
pub const AGENT_CHARS: usize = 200;

/// A signed-in session. The secret itself is only in the hands of the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub tenant: TenantKey,
    pub user: UserId,
    pub digest: Digest,
    pub era: u32,
    pub created_at: Timestamp,
    /// The last request, or one shortly before it: writes are spared.
    pub last_seen_at: Timestamp,
    /// It is over then, however much it is used.
    pub expires_at: Timestamp,
    /// The address it was begun from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When the password was given once more, for grave decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<Timestamp>,
    /// What the client said it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

impl Session {
    /// When it ends unless it is used again.
    #[must_use]
    pub fn ends_at(&self, idle: Duration) -> Timestamp {
        later(self.last_seen_at, idle).min(self.expires_at)
    }

    /// Whether it still proves who somebody is.
    #[must_use]
    pub fn is_live(&self, user: &User, idle: Duration, now: Timestamp) -> bool {
        user.id == self.user && user.state == UserState::Active && user.session_era == self.era && now < self.ends_at(idle)
    }

    /// Whether the last request is worth a write: a tenth of the idle time has gone by since the last one.
    #[must_use]
    pub fn is_due(&self, idle: Duration, now: Timestamp) -> bool {
        now >= later(self.last_seen_at, idle / 10)
    }
}

/// A moment so much later; the end of time when there is none.
#[must_use]
pub fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}
