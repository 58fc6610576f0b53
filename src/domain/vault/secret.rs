//! A secret as people manage it: its name, versions, expiry, and who may use it. Not its value.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::need::Delivery;
use super::origin::Origin;
use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::ids::{CapabilityId, GrantId, SecretId, TenantKey};

/// Longest value, in bytes.
pub const VALUE_BYTES_MOST: usize = 32 * 1024;
/// Shortest value that logs can be cleaned of, in bytes: anything shorter is part of ordinary text.
pub const MASKABLE_BYTES: usize = 4;
/// Versions whose values are kept; older ones are destroyed as new ones come.
pub const VERSIONS_MOST: usize = 20;
/// Grants of one secret, at most.
pub const GRANTS_MOST: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_CHARS: usize = 500;
/// Longest owner, in characters.
pub const OWNER_CHARS: usize = 100;

/// 1 to 64 characters of `a-z`, `0-9`, `-`, `_` and `.`, beginning with a letter or digit; never `.` at the end, never `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

/// Text that cannot name a secret. The text itself is not repeated: it may be a value in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a secret has 1 to 64 characters of a-z, 0-9, '-', '_' and '.', begins with a letter or digit, does not end with '.' and has no '..'"
)]
pub struct SecretNameError;

impl SecretName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SecretName {
    type Error = SecretNameError;
    fn try_from(text: String) -> Result<Self, SecretNameError> {
        // The same rule as for capabilities, so that a name fits into paths and file names.
        text.parse::<crate::domain::capability::Name>().map_err(|_| SecretNameError)?;
        Ok(Self(text))
    }
}

impl std::str::FromStr for SecretName {
    type Err = SecretNameError;
    fn from_str(text: &str) -> Result<Self, SecretNameError> {
        Self::try_from(text.to_owned())
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> Self {
        name.0
    }
}

impl std::fmt::Display for SecretName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One value that a secret had or has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretVersion {
    pub number: u32,
    pub created_at: Timestamp,
    pub created_by: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The value is gone since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed_at: Option<Timestamp>,
    /// Too short to be masked; stored because somebody insisted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmaskable: bool,
    /// The value is not in the vault: it is read there for each use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// What a secret may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum GrantTo {
    /// The runs of a capability.
    #[schema(value_type = String)]
    Capability(CapabilityId),
    /// A resource, by its id.
    Resource(String),
}

/// A permission to use a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub id: GrantId,
    pub to: GrantTo,
    pub delivery: Delivery,
    pub granted_at: Timestamp,
    pub granted_by: Actor,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    pub id: SecretId,
    pub tenant: TenantKey,
    pub name: SecretName,
    #[serde(default)]
    pub description: String,
    /// Who answers for it, in the words of those who manage it.
    #[serde(default)]
    pub owner: String,
    /// Ascending.
    pub versions: Vec<SecretVersion>,
    #[serde(default)]
    pub grants: Vec<Grant>,
    pub created_at: Timestamp,
    pub created_by: Actor,
    pub updated_at: Timestamp,
    /// The expiry of which people were reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_of: Option<Timestamp>,
}

impl Secret {
    /// The version that is used: the newest whose value is still there.
    #[must_use]
    pub fn current(&self) -> Option<&SecretVersion> {
        self.versions.iter().rev().find(|version| version.destroyed_at.is_none())
    }

    /// Where the value that is used is read, when the vault does not hold it.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.current().and_then(|version| version.origin.as_ref())
    }

    #[must_use]
    pub fn next_number(&self) -> u32 {
        self.versions.last().map_or(0, |version| version.number) + 1
    }

    /// When the value that is used expires.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.current().and_then(|version| version.expires_at)
    }

    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|at| at <= now)
    }

    /// The permission to use it so, if there is one. Environment variables take a grant that says so.
    #[must_use]
    pub fn grant_for(&self, to: &GrantTo, delivery: Delivery) -> Option<&Grant> {
        let fits = |grant: &&Grant| grant.to == *to && (delivery == Delivery::File || grant.delivery == Delivery::Env);
        self.grants.iter().find(fits)
    }
}
