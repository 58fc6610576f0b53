//! What the vault remembers of its keys: how the master key is kept, who can recover, and every data key, wrapped.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;

/// Where the master key is while the server does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VaultMethod)]
pub enum Method {
    /// In the ledger, sealed by a passphrase that a person types after each start.
    Passphrase,
    /// In a file outside the data directory.
    KeyFile,
    /// In a credential that systemd decrypts and hands to the service.
    Credential,
}

impl Method {
    /// The word used in the API, on the command line and in the audit log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passphrase => "passphrase",
            Self::KeyFile => "key_file",
            Self::Credential => "credential",
        }
    }

    /// Whether a start opens the vault without a person.
    #[must_use]
    pub const fn opens_by_itself(self) -> bool {
        !matches!(self, Self::Passphrase)
    }
}

/// Somebody who can open data keys and backups without the master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// An age recipient, `age1...`.
    pub recipient: String,
    pub added_at: Timestamp,
    /// When somebody last showed that they hold the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<Timestamp>,
}

/// A data key, sealed for the master key and for those who can recover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    pub id: u32,
    /// An armored age file.
    pub wrapped: String,
    pub created_at: Timestamp,
}

/// The one record about the vault as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultHeader {
    pub method: Method,
    /// The recipient of the master key.
    pub master: String,
    pub master_since: Timestamp,
    /// The master key in an armored age file under a passphrase, when that is the method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_master: Option<String>,
    #[serde(default)]
    pub recovery: Vec<Recovery>,
    /// Oldest first. More than one while values move to the newest.
    pub keys: Vec<WrappedKey>,
    /// The key that seals new values.
    pub active: u32,
    pub created_at: Timestamp,
}

impl VaultHeader {
    /// Whether values still move from an older data key to the active one.
    #[must_use]
    pub fn is_rotating(&self) -> bool {
        self.keys.len() > 1
    }

    /// The id that the next data key gets. Ids are not used again.
    #[must_use]
    pub fn next_key(&self) -> u32 {
        self.keys.iter().map(|key| key.id).max().unwrap_or(0) + 1
    }
}
