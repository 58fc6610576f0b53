//! What a version needs of the vault, and what a run was given.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::secret::SecretName;
use crate::domain::ids::SecretId;

/// How a value reaches a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SecretDelivery)]
pub enum Delivery {
    /// As a file below `/run/secrets`, in memory, gone with the run.
    #[default]
    File,
    /// As an environment variable, which every process of the run inherits.
    Env,
}

impl Delivery {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Env => "env",
        }
    }
}

/// A secret that a version declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretNeed {
    #[schema(value_type = String)]
    pub name: SecretName,
    /// The file below `/run/secrets`; the name of the secret unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The environment variable that holds it instead of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
}

impl SecretNeed {
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        if self.env.is_some() { Delivery::Env } else { Delivery::File }
    }

    /// The file's name, or that of the variable.
    #[must_use]
    pub fn place(&self) -> &str {
        self.env.as_deref().or(self.file.as_deref()).unwrap_or(self.name.as_str())
    }
}

/// A secret that a run was given: which and in which version, never what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretUse {
    #[schema(value_type = String)]
    pub id: SecretId,
    #[schema(value_type = String)]
    pub name: SecretName,
    pub version: u32,
    pub delivery: Delivery,
    /// The file's name, or that of the variable; for a resource, its name.
    pub place: String,
    /// Where the value was read that the vault does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceRead>,
}

/// What was read of an external source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceRead {
    /// The resource's name.
    pub resource: String,
    /// Path and field.
    pub entry: String,
    /// The entry's version there; unknown until it was read.
    pub version: Option<u64>,
}
