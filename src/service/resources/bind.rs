//! Resources as runs see them: what a version may reach, what it would send, and the credentials for one attempt.

use std::sync::Arc;

use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::credentials::{CredentialUse, Credentials};
use super::{Resources, faults};
use crate::base::fault::Fault;
use crate::crypto::digest::sha256_start;
use crate::domain::audit::Actor;
use crate::domain::capability::Name;
use crate::domain::http::{DraftError, HttpCall, Method, Payload, draft};
use crate::domain::ids::{RunId, TenantKey};
use crate::domain::resource::{Auth, KeyPlace, Kind, Resource};
use crate::domain::run::{Run, RunResource};
use crate::exec::http::{Credential, Opened};
use crate::service::capabilities::Loaded;
use crate::service::storage_fault;
use crate::store::record::resource::{BY_NAME, name_key};
use crate::store::{Snapshot, Stored};
use crate::wire::resource::PlannedRequest;

/// Longest body that a plan shows, in bytes.
const SHOWN_BYTES: usize = 16 * 1024;
/// What stands where a credential would be.
const MASK: &str = "***";

pub(super) fn by_name(snapshot: &Snapshot, name: &str) -> Result<Option<Stored<Resource>>, Fault> {
    let Ok(name) = name.parse::<Name>() else { return Ok(None) };
    snapshot.find::<Resource>(BY_NAME, &name_key(&name)).map_err(storage_fault)
}

pub(super) fn granted(snapshot: &Snapshot, loaded: &Loaded, name: &str) -> Result<Resource, Fault> {
    let found = by_name(snapshot, name)?.map(|stored| stored.record);
    let capability = &loaded.capability;
    let granted = found.filter(|resource| resource.is_granted(&capability.tenant, &capability.space));
    reachable(granted.ok_or_else(|| faults::not_granted(name))?)
}

/// A resource that capabilities reach. What secrets are read from is not: its answers are values.
fn reachable(resource: Resource) -> Result<Resource, Fault> {
    match resource.kind {
        Kind::Http => Ok(resource),
        Kind::SecretSource => Err(faults::NOT_GRANTED
            .fault(format!("the resource `{}` is a source of secrets, which no capability reaches", resource.name))
            .param("resource", &resource.name)
            .hint("Read a secret from it (`execgov secret set NAME --from RESOURCE`), and grant that secret.")),
    }
}

fn bound(resource: &Resource) -> RunResource {
    RunResource {
        id: resource.id,
        name: resource.name.to_string(),
        digest: resource.digest(),
        hosts: resource.settings.hosts(),
        signs_in: resource.settings.secrets().next().is_some(),
    }
}

/// What a run of a version would reach; `None` for kinds that reach nothing.
///
/// # Errors
/// [`faults::NOT_GRANTED`] when the version's resource is not there for its space.
pub fn of_run(snapshot: &Snapshot, loaded: &Loaded) -> Result<Option<RunResource>, Fault> {
    let Some(call) = &loaded.version.manifest.http else { return Ok(None) };
    granted(snapshot, loaded, &call.resource).map(|resource| Some(bound(&resource)))
}

/// Whether a tenant's resource lets a method pass to a path with placeholders.
///
/// # Errors
/// [`faults::NOT_GRANTED`] when the tenant has no such resource.
pub fn permits(snapshot: &Snapshot, tenant: &TenantKey, name: &str, method: Method, path: &str) -> Result<bool, Fault> {
    let found = by_name(snapshot, name)?.map(|stored| stored.record).filter(|resource| resource.is_granted_to(tenant));
    let settings = reachable(found.ok_or_else(|| faults::not_granted(name))?)?.settings;
    let Ok(base) = settings.base() else { return Ok(false) };
    let filled: Vec<&str> = path.split('/').map(|segment| if segment.contains('{') { "x" } else { segment }).collect();
    Ok(settings.permits(method, &format!("{}{}", base.path().trim_end_matches('/'), filled.join("/"))))
}

/// The exact request that would go out first, with its credential masked. Nothing is connected.
///
/// # Errors
/// When the ledger cannot be read.
pub fn preview(snapshot: &Snapshot, loaded: &Loaded, call: &HttpCall, inputs: &Map<String, Value>) -> Result<PlannedRequest, Fault> {
    let mut planned =
        PlannedRequest { resource: call.resource.clone(), method: call.method.word().to_owned(), ..PlannedRequest::default() };
    let resource = match granted(snapshot, loaded, &call.resource) {
        Ok(resource) => resource,
        Err(fault) if fault.code() == faults::NOT_GRANTED => {
            planned.problem = Some(fault.detail().to_owned());
            return Ok(planned);
        }
        Err(fault) => return Err(fault),
    };
    planned.hosts = resource.settings.hosts();
    planned.digest = Some(resource.digest());
    let base = resource.settings.base().map_err(|error| faults::bad("/settings/url", error.to_string()))?;
    let made = match draft(call, &base, inputs) {
        Ok(made) => made,
        Err(
            error @ (DraftError::Template(_)
            | DraftError::Header { .. }
            | DraftError::Address
            | DraftError::TooLarge { .. }
            | DraftError::Smuggled(_)),
        ) => {
            planned.problem = Some(error.to_string());
            return Ok(planned);
        }
    };
    let mut headers: Vec<(String, String)> = resource.settings.headers.clone().into_iter().collect();
    headers.extend(made.headers);
    let mut url = made.url;
    match &resource.settings.auth {
        Auth::None => {}
        Auth::Basic { .. } => headers.push(("Authorization".to_owned(), format!("Basic {MASK}"))),
        Auth::AppRole { .. } => headers.push(("X-Vault-Token".to_owned(), MASK.to_owned())),
        Auth::Bearer { .. } | Auth::Oauth2 { .. } => headers.push(("Authorization".to_owned(), format!("Bearer {MASK}"))),
        Auth::ApiKey { place: KeyPlace::Header, name, .. } => headers.push((name.clone(), MASK.to_owned())),
        Auth::ApiKey { place: KeyPlace::Query, name, .. } => url = crate::domain::http::draft::with_param(&url, name, MASK),
        Auth::Hmac { signature_header, timestamp_header, .. } => {
            headers.push((timestamp_header.clone(), "(when it is sent)".to_owned()));
            headers.push((signature_header.clone(), MASK.to_owned()));
        }
    }
    if let Some(name) = &call.idempotency_header {
        headers.push((name.clone(), "(the id of the run)".to_owned()));
    }
    planned.body = match made.payload {
        Payload::None => None,
        Payload::Bytes { content_type, bytes } => {
            headers.push(("Content-Type".to_owned(), content_type));
            Some(String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES)]).into_owned())
        }
        Payload::Multipart { fields, files } => {
            headers.push(("Content-Type".to_owned(), "multipart/form-data".to_owned()));
            let fields = fields.into_iter().map(|(name, value)| format!("{name}: {value}"));
            let files = files.into_iter().map(|(name, file)| format!("{name}: file {file}"));
            Some(fields.chain(files).collect::<Vec<_>>().join("\n"))
        }
    };
    planned.permitted = resource.settings.permits(call.method, url.path());
    if !planned.permitted {
        planned.problem = Some(format!("{} {} is not on the write whitelist of `{}`", planned.method, url.path(), resource.name));
    }
    planned.url = Some(url.to_string());
    planned.headers = headers;
    Ok(planned)
}

impl Resources {
    /// The resource of a run with its credentials, for one attempt. It must still be what the run was asked, and perhaps
    /// approved, for.
    ///
    /// # Errors
    /// [`faults::CHANGED`] when it is another one by now, [`faults::NOT_GRANTED`], and what the vault says.
    pub async fn open_for(&self, run: &Run) -> Result<Arc<Opened>, Fault> {
        let Some(wanted) = &run.resource else { return Err(faults::not_granted("")) };
        let resource = {
            let snapshot = self.ledger.read().map_err(storage_fault)?;
            let loaded = self.capabilities.loaded(&run.tenant, run.capability, run.version)?;
            granted(&snapshot, &loaded, &wanted.name)?
        };
        if bound(&resource) != **wanted {
            return Err(faults::CHANGED
                .fault(format!("the settings of `{}` are not those that the run was asked for", wanted.name))
                .param("resource", &wanted.name)
                .hint("Start the run again, so that what is in force now is decided on."));
        }
        open(&*self.credentials, &resource, wanted.digest.clone(), &run.requester, Some(run.id)).await
    }
}

/// A resource with its credentials, for one use by somebody.
pub(in crate::service) async fn open(
    credentials: &dyn Credentials,
    resource: &Resource,
    digest: String,
    by: &Actor,
    run: Option<RunId>,
) -> Result<Arc<Opened>, Fault> {
    let (mut found, mut uses) = (Vec::new(), Vec::new());
    for (role, name) in resource.settings.secrets() {
        let asked = CredentialUse {
            secret: name.clone(),
            resource: resource.id,
            resource_name: resource.name.to_string(),
            by: by.clone(),
            run,
            for_source: resource.kind == Kind::SecretSource,
        };
        let fetched = credentials.fetch(asked).await?;
        let version = match &fetched.used.source {
            None => u64::from(fetched.used.version),
            // Versions that are counted elsewhere may begin anew with another value.
            Some(_) => sha256_start(fetched.value.expose_secret().as_bytes()),
        };
        found.push(Credential { role, name: name.to_string(), version, value: fetched.value });
        uses.push(fetched.used);
    }
    Ok(Arc::new(Opened { name: resource.name.to_string(), digest, settings: resource.settings.clone(), credentials: found, uses }))
}
