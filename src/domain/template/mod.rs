//! Templates: published versions that others make capabilities of their own from, and who has done so.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::clock::Timestamp;
use crate::domain::access::place::covers;
use crate::domain::audit::Actor;
use crate::domain::capability::Name;
use crate::domain::ids::{CapabilityId, TemplateId, TenantKey};

/// Longest description, in characters.
pub const DESCRIPTION_CHARS: usize = 1_000;
/// Releases of one template, at most.
pub const RELEASES_MOST: usize = 200;
/// Tenants and spaces that one template is distributed to, at most.
pub const AUDIENCE_MOST: usize = 100;
/// Templates of one tenant, at most.
pub const TEMPLATES_MOST: usize = 500;

/// One published version, as a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// From 1, without gaps.
    pub number: u32,
    /// The version of the capability that it is.
    pub version: u32,
    pub digest: String,
    pub changelog: String,
    pub at: Timestamp,
    pub by: Actor,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub id: TemplateId,
    /// The tenant that keeps it.
    pub tenant: TenantKey,
    pub name: Name,
    pub description: String,
    pub capability: CapabilityId,
    /// Other tenants that see it.
    #[serde(default)]
    pub tenants: Vec<TenantKey>,
    /// Spaces that instances may live in; any when empty.
    #[serde(default)]
    pub spaces: Vec<String>,
    pub releases: Vec<Release>,
    pub created_at: Timestamp,
    pub created_by: Actor,
    pub updated_at: Timestamp,
}

impl Template {
    /// The newest release.
    #[must_use]
    pub fn latest(&self) -> Option<&Release> {
        self.releases.last()
    }

    #[must_use]
    pub fn release(&self, number: u32) -> Option<&Release> {
        self.releases.iter().find(|release| release.number == number)
    }

    /// Whether a tenant may use it.
    #[must_use]
    pub fn is_for(&self, tenant: &TenantKey) -> bool {
        self.tenant == *tenant || self.tenants.contains(tenant)
    }

    #[must_use]
    pub fn allows_space(&self, space: &str) -> bool {
        self.spaces.is_empty() || self.spaces.iter().any(|allowed| covers(allowed, space))
    }
}

/// A version of an instance that came from a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Number of the version in the instance.
    pub version: u32,
    pub release: u32,
}

/// A capability that was made from a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub template: TemplateId,
    pub tenant: TenantKey,
    pub capability: CapabilityId,
    pub name: Name,
    pub space: String,
    /// Inputs that have a default of their own.
    pub values: Map<String, Value>,
    /// In the order in which they came.
    pub origins: Vec<Origin>,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

/// How an instance stands to its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What runs is the newest release.
    Current,
    /// The newest release waits for a decision.
    Proposed,
    /// What runs is an older release, and nothing waits.
    Behind,
    /// What runs was changed by its owner.
    Changed,
    /// Nothing is published yet.
    Unpublished,
}

impl Instance {
    /// The release that a version of the instance is.
    #[must_use]
    pub fn release_of(&self, version: u32) -> Option<u32> {
        self.origins.iter().rfind(|origin| origin.version == version).map(|origin| origin.release)
    }

    /// The newest release that it ever got.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.origins.iter().map(|origin| origin.release).max().unwrap_or(0)
    }

    /// How it stands, given the version that runs and the newest release.
    #[must_use]
    pub fn standing(&self, current: Option<u32>, latest: u32) -> Standing {
        match current.map(|current| self.release_of(current)) {
            Some(Some(release)) if release == latest => Standing::Current,
            None if self.newest() < latest => Standing::Behind,
            None => Standing::Unpublished,
            Some(_) if self.newest() == latest => Standing::Proposed,
            Some(None) => Standing::Changed,
            Some(Some(_)) => Standing::Behind,
        }
    }
}

impl Standing {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Proposed => "proposed",
            Self::Behind => "behind",
            Self::Changed => "changed",
            Self::Unpublished => "unpublished",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::ActorKind;

    #[test]
    fn an_instance_knows_how_it_stands() {
        let instance = |origins: &[(u32, u32)]| Instance {
            template: TemplateId::from_bytes([0; 16]),
            tenant: TenantKey::default_tenant(),
            capability: CapabilityId::from_bytes([0; 16]),
            name: Name::any(),
            space: "team".to_owned(),
            values: Map::new(),
            origins: origins.iter().map(|(version, release)| Origin { version: *version, release: *release }).collect(),
            created_at: Timestamp::UNIX_EPOCH,
            created_by: Actor { kind: ActorKind::System, id: None, name: None, token: None },
        };
        for (origins, current, latest, expected) in [
            (&[(1, 1)][..], None, 1, Standing::Unpublished),
            (&[(1, 1)], None, 2, Standing::Behind),
            (&[(1, 1)], Some(1), 1, Standing::Current),
            (&[(1, 1)], Some(1), 2, Standing::Behind),
            (&[(1, 1), (2, 2)], Some(1), 2, Standing::Proposed),
            (&[(1, 1), (2, 2)], Some(2), 2, Standing::Current),
            (&[(1, 1)], Some(2), 2, Standing::Changed),
            (&[(1, 1), (3, 2)], Some(2), 2, Standing::Proposed),
        ] {
            assert_eq!(instance(origins).standing(current, latest), expected, "{origins:?} {current:?} {latest}");
        }
    }
}
