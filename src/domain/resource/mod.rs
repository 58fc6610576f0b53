//! Resources: what capabilities reach outside, configured in the platform domain and granted to tenants.

pub mod base;
pub mod settings;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use settings::{Auth, Health, HttpSettings, KeyPlace, Part, Role, SecretName, SecretSource, SettingsError, Tls, WriteRule};

use crate::base::clock::Timestamp;
use crate::crypto::canonical;
use crate::domain::access::place::covers;
use crate::domain::audit::Actor;
use crate::domain::capability::Name;
use crate::domain::ids::{ResourceId, TenantKey};

/// Longest purpose, in characters.
pub const PURPOSE_CHARS: usize = 500;
/// Resources of an appliance, at most: lists show them all.
pub const RESOURCES_MOST: usize = 1_000;
/// Tenants and spaces that one resource is granted to, at most.
pub const GRANTS_MOST: usize = 500;

/// What sort of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ResourceKind)]
pub enum Kind {
    /// What HTTP capabilities reach.
    Http,
    /// HashiCorp Vault or OpenBao: what secrets are read from. No capability reaches it.
    SecretSource,
}

/// Who may use it: a tenant, and within it some spaces or all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResourceGrant)]
pub struct Grant {
    #[schema(value_type = String)]
    pub tenant: TenantKey,
    /// Every space when empty.
    #[serde(default)]
    pub spaces: Vec<String>,
}

/// What became of the last test of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ResourceTest)]
pub struct Test {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub by: Actor,
    pub good: bool,
    /// One sentence: the status of the answer, or what stood in the way.
    pub detail: String,
    /// The settings that were tested.
    pub digest: String,
}

/// Something outside that capabilities reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    pub id: ResourceId,
    pub name: Name,
    pub kind: Kind,
    pub purpose: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub settings: HttpSettings,
    #[serde(default)]
    pub grants: Vec<Grant>,
    pub created_at: Timestamp,
    pub created_by: Actor,
    pub updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
}

impl Resource {
    /// Lower-case hexadecimal SHA-256 of what a run would reach and with which credential: what an approval is bound to.
    #[must_use]
    pub fn digest(&self) -> String {
        let settings = serde_json::to_value(&self.settings).unwrap_or_default();
        canonical::sha256_of(&serde_json::json!({ "id": self.id, "kind": self.kind, "settings": settings }))
    }

    /// # Errors
    /// The first setting that makes no sense for what it is.
    pub fn check_settings(kind: Kind, settings: &HttpSettings) -> Result<(), SettingsError> {
        settings.check()?;
        match (kind, &settings.source) {
            (Kind::SecretSource, Some(_)) | (Kind::Http, None) => Ok(()),
            (Kind::SecretSource, None) => Err(SettingsError::new("/source", "must name a mount and the paths below it")),
            (Kind::Http, Some(_)) => Err(SettingsError::new("/source", "belongs to resources of the kind `secret_source` only")),
        }
    }

    /// The request by which it is tested. A source of secrets has one of its own: what its token says of itself.
    #[must_use]
    pub fn health(&self) -> Option<Health> {
        let own = || Health { path: settings::TOKEN_CHECK.to_owned(), ..Health::default() };
        self.settings.health.clone().or_else(|| (self.kind == Kind::SecretSource).then(own))
    }

    /// Whether a capability of a tenant's space may use it.
    #[must_use]
    pub fn is_granted(&self, tenant: &TenantKey, space: &str) -> bool {
        self.grants
            .iter()
            .any(|grant| grant.tenant == *tenant && (grant.spaces.is_empty() || grant.spaces.iter().any(|one| covers(one, space))))
    }

    /// Whether anything of a tenant may use it.
    #[must_use]
    pub fn is_granted_to(&self, tenant: &TenantKey) -> bool {
        self.grants.iter().any(|grant| grant.tenant == *tenant)
    }
}
