//! Capabilities as people and programs deal with them: inspect, register, publish, roll back, compare, plan.

pub mod faults;

mod agreed;
mod cache;
mod compare;
mod derive;
pub mod import;
mod lifecycle;
mod plan;
mod register;
mod relocate;
mod review;
mod show;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use cache::Loaded;
pub use derive::Derivation;
pub use plan::Outlook;
pub use register::{Upload, preview};
pub use relocate::PERSONAL;
pub use review::check_report;

use self::cache::{Cache, Stamps};
use crate::base::clock::Clock;
use crate::base::fault::{BUG, Fault};
use crate::base::limit::COMMENT_CHARS;
use crate::domain::access::{Action, Caller};
use crate::domain::capability::{Capability, Limits, Name, Retry, Version};
use crate::domain::ids::{CapabilityId, TenantKey};
use crate::service::gate::Gate;
use crate::service::{resource, storage_fault};
use crate::store::blob::BlobStore;
use crate::store::record::capability::{BY_NAME, name_key, version_key};
use crate::store::{Ledger, Snapshot, Stored};

/// The service of capabilities.
#[derive(Clone)]
pub struct Capabilities {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    blobs: BlobStore,
    cache: Arc<Cache>,
    /// The most a version may ask for.
    most: Limits,
}

impl Capabilities {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, clock: Arc<dyn Clock>, blobs: BlobStore, most: Limits) -> Self {
        Self { ledger, gate, clock, blobs, most, cache: Arc::default() }
    }

    /// The capability and the version that a caller means: the named version, or the current one. Drafts too.
    ///
    /// # Errors
    /// Not found, also when the caller may not see it; [`faults::NOTHING_PUBLISHED`] when no version is meant and none
    /// is current.
    pub async fn resolve(&self, caller: &Caller, name: &str, number: Option<u32>) -> Result<Arc<Loaded>, Fault> {
        let loaded = self.seen(caller, Action::CapabilityView, name, number).await?;
        if number.is_none() && loaded.capability.current.is_none() {
            let fault = faults::NOTHING_PUBLISHED
                .fault(format!(
                    "`{}` has no published version; the newest is {}, a draft",
                    loaded.capability.name, loaded.capability.latest
                ))
                .param("capability", &loaded.capability.name)
                .hint(format!("Publish it: execgov capability publish {}", loaded.capability.name));
            self.gate.refuse(caller, "run.request", subject(&loaded.capability), &fault).await;
            return Err(fault);
        }
        Ok(loaded)
    }

    /// The named version, the current one, or (when none is current) the latest, when the caller may do `action` to it.
    pub(super) async fn seen(&self, caller: &Caller, action: Action, name: &str, number: Option<u32>) -> Result<Arc<Loaded>, Fault> {
        match self.find(caller, name, number)? {
            Some(loaded) => {
                let _permit = self.gate.allow(caller, action, &resource::version(&loaded.capability, &loaded.version)).await?;
                Ok(loaded)
            }
            None => Err(self.gate.missing(caller, action, "capability", name).await),
        }
    }

    fn find(&self, caller: &Caller, name: &str, number: Option<u32>) -> Result<Option<Arc<Loaded>>, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let Some(stored) = stored(&snapshot, &caller.tenant, name)? else { return Ok(None) };
        let number = number.or(stored.record.current).unwrap_or(stored.record.latest);
        self.load(&snapshot, stored, number).map(Some)
    }

    fn load(&self, snapshot: &Snapshot, capability: Stored<Capability>, number: u32) -> Result<Arc<Loaded>, Fault> {
        let Stored { record: capability, version: stamp } = capability;
        let key = version_key(&capability.tenant, capability.id, number);
        let stamps = Stamps { capability: stamp, version: snapshot.version::<Version>(&key).map_err(storage_fault)? };
        if let Some(loaded) = self.cache.get(&capability.tenant, capability.id, number, stamps) {
            return Ok(loaded);
        }
        let version = version_of(snapshot, &capability, number)?.ok_or_else(|| no_version(&capability.name, number))?;
        let loaded = Arc::new(Loaded::new(capability, version)?);
        self.cache.put(stamps, &loaded);
        Ok(loaded)
    }

    /// # Errors
    /// When the ledger cannot be read.
    pub fn id_of(&self, snapshot: &Snapshot, tenant: &TenantKey, name: &str) -> Result<Option<CapabilityId>, Fault> {
        Ok(stored(snapshot, tenant, name)?.map(|stored| stored.record.id))
    }

    /// One version, for the engine.
    ///
    /// # Errors
    /// When it does not exist or the ledger cannot be read.
    pub fn loaded(&self, tenant: &TenantKey, id: CapabilityId, number: u32) -> Result<Arc<Loaded>, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let key = crate::store::record::scoped(tenant, &[id.bytes()]);
        let stored: Option<Stored<Capability>> = snapshot.get(&key).map_err(storage_fault)?;
        let stored = stored.ok_or_else(|| BUG.fault(format!("capability {id} has no record")))?;
        self.load(&snapshot, stored, number)
    }

    #[must_use]
    pub fn retry_policy(&self, tenant: &TenantKey, id: CapabilityId, number: u32) -> Option<Retry> {
        self.loaded(tenant, id, number).ok().map(|loaded| loaded.version.manifest.retry)
    }

    #[must_use]
    pub fn concurrency_limit(&self, tenant: &TenantKey, id: CapabilityId, number: u32) -> Option<u32> {
        self.loaded(tenant, id, number).ok().map(|loaded| loaded.version.manifest.concurrency.limit)
    }
}

fn version_of(snapshot: &Snapshot, capability: &Capability, number: u32) -> Result<Option<Version>, Fault> {
    let key = version_key(&capability.tenant, capability.id, number);
    Ok(snapshot.get::<Version>(&key).map_err(storage_fault)?.map(|stored| stored.record))
}

fn stored(snapshot: &Snapshot, tenant: &TenantKey, name: &str) -> Result<Option<Stored<Capability>>, Fault> {
    let Ok(name) = name.parse::<Name>() else { return Ok(None) };
    snapshot.find::<Capability>(BY_NAME, &name_key(tenant, &name)).map_err(storage_fault)
}

fn no_version(name: &Name, number: u32) -> Fault {
    faults::NO_VERSION
        .fault(format!("`{name}` has no version {number}"))
        .param("capability", name)
        .param("version", number)
        .hint(format!("See `execgov capability versions {name}`."))
}

fn check_comment(comment: Option<&String>) -> Result<(), Fault> {
    match comment {
        Some(comment) if comment.chars().count() > COMMENT_CHARS => {
            Err(faults::COMMENT_TOO_LONG.fault(format!("`comment` has at most {COMMENT_CHARS} characters")).param("limit", COMMENT_CHARS))
        }
        _ => Ok(()),
    }
}

pub(super) fn subject(capability: &Capability) -> crate::domain::audit::Subject {
    crate::domain::audit::Subject {
        kind: "capability".to_owned(),
        id: Some(capability.id.to_string()),
        name: Some(capability.name.to_string()),
    }
}

fn details(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    pairs.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}
