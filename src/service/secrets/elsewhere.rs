//! Values that are kept elsewhere: read from a source of secrets for each use, and recorded before they are given out.
//!
//! What may be read is bounded twice: by the grant of the source to the tenant, and by the paths that its settings list. Both are
//! looked at for each reading, not only when the secret was set.

use serde_json::json;
use zeroize::Zeroizing;

use super::Secrets;
use super::faults::{NO_VALUE, NOT_READ, bad};
use crate::base::fault::{Class, Fault};
use crate::domain::access::{Caller, Whence};
use crate::domain::audit::{Actor, Subject};
use crate::domain::ids::{RunId, TenantKey};
use crate::domain::resource::{Kind, Resource, SecretSource};
use crate::domain::vault::{MASKABLE_BYTES, Origin, SourceRead, VALUE_BYTES_MOST};
use crate::exec::http::Problem;
use crate::service::{commit_fault, resources, storage_fault};
use crate::store::record::resource::{BY_NAME, name_key, prefix};
use crate::store::{Commit, Stored};
use crate::wire::secret::SecretFromRequest;

/// For whom a value is read.
pub(super) struct Asked<'a> {
    pub tenant: &'a TenantKey,
    pub about: Subject,
    pub by: &'a Actor,
    pub run: Option<RunId>,
}

impl Secrets {
    /// Where a secret shall be read, after a reading that shows that there is a value. It is not kept.
    pub(super) async fn tried(
        &self,
        caller: &Caller,
        tenant: &TenantKey,
        about: Subject,
        request: &SecretFromRequest,
    ) -> Result<(Origin, bool), Fault> {
        let resource = self.source_named(tenant, &request.resource)?;
        let origin = Origin {
            resource: resource.id,
            name: resource.name.to_string(),
            path: request.path.clone(),
            field: request.field.clone(),
            version: request.version,
        };
        origin.check().map_err(|error| bad(error.pointer(), "format", error.to_string()))?;
        if !resource.settings.source.as_ref().is_some_and(|source| source.permits(tenant, &origin.path)) {
            return Err(bad("/from/path", "permitted", outside(&origin)));
        }
        let by = caller.actor();
        let (value, _) = self.read_elsewhere(&Asked { tenant, about, by: &by, run: None }, &origin).await?;
        Ok((origin, value.len() < MASKABLE_BYTES))
    }

    /// Reads a value. That it was read is an event before it is given out.
    pub(super) async fn read_elsewhere(&self, asked: &Asked<'_>, origin: &Origin) -> Result<(Zeroizing<Vec<u8>>, SourceRead), Fault> {
        let (resource, source) = self.source_of(asked.tenant, origin)?;
        let opened = resources::open(self, &resource, resource.digest(), asked.by, asked.run).await?;
        let reading = self.0.executors.http().read_entry(&opened, &source.mount, origin).await;
        let entry = reading.outcome.map_err(|problem| not_read(origin, &problem))?;
        if entry.value.is_empty() || entry.value.len() > VALUE_BYTES_MOST {
            return Err(NOT_READ
                .fault(format!("the value at `{}` of `{}` does not have 1 to {VALUE_BYTES_MOST} bytes", origin.entry(), origin.name))
                .param("resource", &origin.name));
        }
        let read = origin.read(Some(entry.version));
        let details = json!({ "source": read, "run": asked.run, "reached": reading.reached });
        let mut event = self.0.gate.event_by(asked.by.clone(), asked.tenant, &Whence::default(), "secret.read", asked.about.clone());
        if let serde_json::Value::Object(details) = details {
            event.details = details;
        }
        let mut commit = Commit::new();
        commit.event(event);
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok((entry.value, read))
    }

    fn source_named(&self, tenant: &TenantKey, name: &str) -> Result<Resource, Fault> {
        let snapshot = self.read()?;
        let found: Option<Stored<Resource>> = match name.parse() {
            Ok(name) => snapshot.find(BY_NAME, &name_key(&name)).map_err(storage_fault)?,
            Err(_) => None,
        };
        let found = found.map(|stored| stored.record).filter(|resource| is_for(resource, tenant));
        let shown: String = name.chars().take(80).collect();
        found.ok_or_else(|| {
            bad("/from/resource", "resource", format!("there is no source of secrets `{shown}` that this tenant may read"))
                .hint("A platform administrator adds it (`execgov resource add NAME --kind secret-source`) and grants it.")
        })
    }

    /// The resource of a reading, when it may be made.
    fn source_of(&self, tenant: &TenantKey, origin: &Origin) -> Result<(Resource, SecretSource), Fault> {
        let key = [prefix().as_slice(), origin.resource.bytes()].concat();
        let stored: Option<Stored<Resource>> = self.read()?.get(&key).map_err(storage_fault)?;
        let resource = stored.map(|stored| stored.record).filter(|resource| is_for(resource, tenant)).ok_or_else(|| {
            NOT_READ
                .fault(format!("the source of secrets `{}` is not there, or not granted to this tenant", origin.name))
                .param("resource", &origin.name)
                .hint("A platform administrator grants it: execgov resource grant")
        })?;
        let source = resource.settings.source.clone().filter(|source| source.permits(tenant, &origin.path));
        let source = source
            .ok_or_else(|| NOT_READ.fault(outside(origin)).param("resource", &origin.name).hint("See the paths: execgov resource show"))?;
        Ok((resource, source))
    }
}

fn outside(origin: &Origin) -> String {
    format!("`{}` is not among the paths that this tenant may read of `{}`", origin.path, origin.name)
}

fn is_for(resource: &Resource, tenant: &TenantKey) -> bool {
    resource.kind == Kind::SecretSource && (*tenant == TenantKey::platform() || resource.is_granted_to(tenant))
}

/// A reading that failed. A value that is not there is told from a source that does not answer: the second may pass.
fn not_read(origin: &Origin, problem: &Problem) -> Fault {
    let (place, name) = (origin.entry(), &origin.name);
    let fault = match problem {
        Problem::Status { status: 404, .. } => {
            NO_VALUE.fault(format!("there is no value at `{place}` of `{name}`, or its version was deleted")).hint("Look there.")
        }
        Problem::Status { status: 403, .. } => NOT_READ
            .fault(format!("`{name}` does not let its credential read `{place}`"))
            .hint("Let its policy read it, then: execgov resource test"),
        _ if problem.code().class == Class::Unavailable => NOT_READ
            .fault(format!("`{place}` could not be read from `{name}`: {problem}"))
            .hint("See whether it answers: execgov resource test"),
        _ => NOT_READ.fault(format!("`{place}` cannot be read from `{name}`: {problem}")).hint("See its settings: execgov resource show"),
    };
    fault.param("resource", name).param("reason", problem.code().text)
}
