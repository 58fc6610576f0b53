//! Versions ready for use: the records with their schemas compiled, kept until one of the records changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::fault::Fault;
use crate::domain::capability::{Capability, Version};
use crate::domain::ids::{CapabilityId, TenantKey};
use crate::domain::schema::{InputSchema, OutputSchema};

/// Versions kept at one time.
const KEPT: usize = 256;

/// A version with everything needed to run it.
#[derive(Debug)]
pub struct Loaded {
    pub capability: Capability,
    pub version: Version,
    pub inputs: InputSchema,
    pub output: Option<OutputSchema>,
}

impl Loaded {
    /// # Errors
    /// When a stored schema does not compile, which registering had ruled out.
    pub fn new(capability: Capability, version: Version) -> Result<Self, Fault> {
        let inputs = InputSchema::compile(&version.manifest.inputs)?;
        let output = version.manifest.output.as_ref().map(OutputSchema::compile).transpose()?;
        Ok(Self { capability, version, inputs, output })
    }
}

type Key = (TenantKey, CapabilityId, u32);

/// How often the two records of a loaded version had been written when they were read: any change gives other stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamps {
    pub capability: u64,
    pub version: u64,
}

/// Loaded versions. When full it starts over: loading again costs little and is rare.
#[derive(Debug, Default)]
pub struct Cache {
    versions: Mutex<HashMap<Key, (Stamps, Arc<Loaded>)>>,
}

impl Cache {
    /// The version as it was kept, when neither of its records has been written since.
    pub fn get(&self, tenant: &TenantKey, id: CapabilityId, number: u32, stamps: Stamps) -> Option<Arc<Loaded>> {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let (kept, loaded) = versions.get(&(tenant.clone(), id, number))?;
        (*kept == stamps).then(|| Arc::clone(loaded))
    }

    pub fn put(&self, stamps: Stamps, loaded: &Arc<Loaded>) {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        if versions.len() >= KEPT {
            versions.clear();
        }
        let key = (loaded.capability.tenant.clone(), loaded.capability.id, loaded.version.number);
        versions.insert(key, (stamps, Arc::clone(loaded)));
    }
}
