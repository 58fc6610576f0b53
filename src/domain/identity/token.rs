//! An API token: a person's rights, narrowed by scopes, for a program and for a limited time.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::secret::Digest;
use super::session::later;
use super::user::{User, UserState};
use crate::base::clock::Timestamp;
use crate::domain::access::Scopes;
use crate::domain::ids::{TenantKey, TokenId, UserId};

/// Tokens of one person, those that are over left aside.
pub const TOKENS_PER_USER: usize = 100;
/// Longest name, in characters.
pub const TOKEN_NAME_CHARS: usize = 80;
/// Life of a token unless asked otherwise, in days.
pub const TOKEN_DAYS_DEFAULT: u32 = 90;
/// Longest life of a token whatever the settings say, in days.
pub const TOKEN_DAYS_MOST: u32 = 366;
/// How long a further use is not worth a write.
const USE_PRECISION: Duration = Duration::from_mins(5);

/// An API token. The secret itself was shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: TokenId,
    pub tenant: TenantKey,
    pub user: UserId,
    pub name: String,
    pub digest: Digest,
    pub scopes: Scopes,
    pub era: u32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// The last use, to within five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// Whether a token can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    Live,
    Expired,
    Revoked,
}

impl Token {
    #[must_use]
    pub fn state(&self, user: &User, now: Timestamp) -> TokenState {
        let ended = self.revoked_at.is_some() || user.id != self.user || user.state != UserState::Active || user.token_era != self.era;
        if ended {
            TokenState::Revoked
        } else if now >= self.expires_at {
            TokenState::Expired
        } else {
            TokenState::Live
        }
    }

    /// Whether this use is worth a write.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| now >= later(last, USE_PRECISION))
    }
}
