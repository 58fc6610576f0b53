//! Secrets as people and runs deal with them: set, described, granted, used, destroyed. Values go in and reach runs; none comes out.

pub mod faults;

mod change;
mod elsewhere;
mod grants;
mod remind;
mod show;
mod supply;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub use grants::without_grants_to;
pub use supply::{ResourceUse, Supplied};

use crate::base::clock::Clock;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::{Event, Subject};
use crate::domain::ids::TenantKey;
use crate::domain::masking::Masker;
use crate::domain::vault::{Secret, SecretName};
use crate::exec::Executors;
use crate::service::capabilities::Capabilities;
use crate::service::gate::{Gate, Permit};
use crate::service::storage_fault;
use crate::service::vault::Vault;
use crate::store::record::vault::{BY_NAME, name_key};
use crate::store::{Ledger, Snapshot, Stored};
use crate::wire::secret::Domain;

/// How often a change is decided anew when another came first.
const TRIES: usize = 5;

/// The service of secrets. Cheap to clone.
#[derive(Clone)]
pub struct Secrets(Arc<Inner>);

struct Inner {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    vault: Vault,
    capabilities: Capabilities,
    executors: Arc<Executors>,
    /// Maskers of late, by the versions they look for.
    maskers: Mutex<Vec<(Vec<supply::Version>, Arc<Masker>)>>,
}

impl Secrets {
    #[must_use]
    pub fn new(
        ledger: Ledger,
        gate: Gate,
        clock: Arc<dyn Clock>,
        vault: Vault,
        capabilities: Capabilities,
        executors: Arc<Executors>,
    ) -> Self {
        Self(Arc::new(Inner { ledger, gate, clock, vault, capabilities, executors, maskers: Mutex::default() }))
    }

    /// The vault whose keys seal the values.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.0.ledger.read().map_err(storage_fault)
    }

    /// A secret by its name, when the caller may do `action` to those of its domain.
    async fn named(&self, caller: &Caller, action: Action, domain: Domain, name: &str) -> Result<(Permit, Stored<Secret>), Fault> {
        let tenant = tenant_of(caller, domain);
        let permit = self.0.gate.allow(caller, action, &Resource::Tenant(tenant.clone())).await?;
        if let Some(stored) = self.find(&tenant, name)? {
            Ok((permit, stored))
        } else {
            // What does not even look like a name may be a value in the wrong place: it is not repeated.
            let asked = if name.parse::<SecretName>().is_ok() { name } else { "(not a name)" };
            Err(self.0.gate.missing(caller, action, "secret", asked).await)
        }
    }

    /// The id of a secret by its name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn id_of(&self, tenant: &TenantKey, name: &str) -> Result<Option<crate::domain::ids::SecretId>, Fault> {
        Ok(self.find(tenant, name)?.map(|stored| stored.record.id))
    }

    fn find(&self, tenant: &TenantKey, name: &str) -> Result<Option<Stored<Secret>>, Fault> {
        let Ok(name) = name.parse::<SecretName>() else { return Ok(None) };
        self.read()?.find::<Secret>(BY_NAME, &name_key(tenant, &name)).map_err(storage_fault)
    }

    fn event(&self, caller: &Caller, permit: &Permit, verb: &str, secret: &Secret, details: Value) -> Event {
        let mut event = permit.note(self.0.gate.event(caller, verb, subject(secret)));
        event.tenant = secret.tenant.clone();
        if let Value::Object(details) = details {
            event.details.extend(details);
        }
        event
    }

    async fn refused<T>(&self, caller: &Caller, verb: &str, name: Option<&SecretName>, fault: Fault) -> Result<T, Fault> {
        let subject = Subject { kind: "secret".to_owned(), id: None, name: name.map(ToString::to_string) };
        self.0.gate.refuse(caller, verb, subject, &fault).await;
        Err(fault)
    }
}

fn tenant_of(caller: &Caller, domain: Domain) -> TenantKey {
    match domain {
        Domain::Tenant => caller.tenant.clone(),
        Domain::Platform => TenantKey::platform(),
    }
}

fn subject(secret: &Secret) -> Subject {
    Subject { kind: "secret".to_owned(), id: Some(secret.id.to_string()), name: Some(secret.name.to_string()) }
}

/// What an event says of a grant.
fn granted(grant: &crate::domain::vault::Grant) -> Value {
    json!({ "grant": grant.id, "to": grant.to, "delivery": grant.delivery })
}
