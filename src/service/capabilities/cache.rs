//! Versions ready for use: the record with its schemas compiled. Versions never change, so the expensive part is kept.

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
    pub inputs: Arc<InputSchema>,
    pub output: Option<Arc<OutputSchema>>,
}

/// The compiled part.
#[derive(Debug, Clone)]
pub struct Compiled {
    inputs: Arc<InputSchema>,
    output: Option<Arc<OutputSchema>>,
}

impl Compiled {
    pub fn with(self, capability: Capability, version: Version) -> Loaded {
        Loaded { capability, version, inputs: self.inputs, output: self.output }
    }
}

impl Loaded {
    /// # Errors
    /// When a stored schema does not compile, which registering had ruled out.
    pub fn new(capability: Capability, version: Version) -> Result<Self, Fault> {
        let inputs = Arc::new(InputSchema::compile(&version.manifest.inputs)?);
        let output = version.manifest.output.as_ref().map(OutputSchema::compile).transpose()?.map(Arc::new);
        Ok(Self { capability, version, inputs, output })
    }
}

type Key = (TenantKey, CapabilityId, u32);

/// Compiled versions. When full it starts over: compiling again costs little and is rare.
#[derive(Debug, Default)]
pub struct Cache {
    versions: Mutex<HashMap<Key, Compiled>>,
}

impl Cache {
    pub fn get(&self, tenant: &TenantKey, id: CapabilityId, number: u32) -> Option<Compiled> {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.get(&(tenant.clone(), id, number)).cloned()
    }

    pub fn put(&self, loaded: &Loaded) {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        if versions.len() >= KEPT {
            versions.clear();
        }
        let key = (loaded.capability.tenant.clone(), loaded.capability.id, loaded.version.number);
        versions.insert(key, Compiled { inputs: Arc::clone(&loaded.inputs), output: loaded.output.clone() });
    }
}
