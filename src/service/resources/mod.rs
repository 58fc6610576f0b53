//! Resources: configured by platform administrators, granted to tenants, seen by tenants as a ledger, tested, and opened for
//! runs.

pub mod faults;

mod bind;
mod credentials;
mod show;
mod test;
mod verify;

use std::sync::Arc;

use serde_json::{Value, json};

pub(super) use bind::open;
pub use bind::{of_run, permits, preview};
pub use credentials::{CredentialUse, Credentials, Fetched, Fetching};

use crate::base::clock::Clock;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource as Target, SpacePath};
use crate::domain::audit::Subject;
use crate::domain::capability::{Name, diff};
use crate::domain::ids::{ResourceId, TenantKey};
use crate::domain::resource::{GRANTS_MOST, Grant, HttpSettings, Kind, PURPOSE_CHARS, RESOURCES_MOST, Resource};
use crate::exec::Executors;
use crate::service::capabilities::Capabilities;
use crate::service::gate::Gate;
use crate::service::secrets::without_grants_to;
use crate::service::{commit_fault, storage_fault, tenants};
use crate::store::record::resource::prefix;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::resource::{GrantRequest, ResourceRequest, ResourceUpdate, ResourceView};

/// How often a change is tried again when somebody else changed the resource in the same moment.
const TRIES: usize = 5;
/// Spaces that one grant names, at most.
const SPACES: usize = 100;

/// The service of resources.
#[derive(Clone)]
pub struct Resources {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    capabilities: Capabilities,
    executors: Arc<Executors>,
    credentials: Arc<dyn Credentials>,
}

impl Resources {
    #[must_use]
    pub fn new(
        ledger: Ledger,
        gate: Gate,
        clock: Arc<dyn Clock>,
        capabilities: Capabilities,
        executors: Arc<Executors>,
        credentials: Arc<dyn Credentials>,
    ) -> Self {
        Self { ledger, gate, clock, capabilities, executors, credentials }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// Adds a resource.
    ///
    /// # Errors
    /// [`faults::BAD`] names the field that makes no sense; [`faults::TAKEN`].
    pub async fn add(&self, caller: &Caller, request: ResourceRequest) -> Result<ResourceView, Fault> {
        let permit = self.gate.allow(caller, Action::ResourceManage, &Target::Appliance).await?;
        let now = self.clock.now();
        let resource = match self.judge_new(request, caller, now) {
            Ok(resource) => resource,
            Err((name, fault)) => {
                self.gate
                    .refuse(
                        caller,
                        Action::ResourceManage.name(),
                        Subject { kind: "resource".to_owned(), id: None, name: Some(name) },
                        &fault,
                    )
                    .await;
                return Err(fault);
            }
        };
        let mut event = permit.note(self.gate.event(caller, "resource.add", subject(&resource)));
        event.tenant = TenantKey::platform();
        event.details.extend(facts(&resource));
        let mut commit = Commit::new();
        commit.insert(&resource).event(event);
        match self.ledger.commit(commit).await {
            Ok(_) => self.view(caller, &self.read()?, &resource),
            Err(CommitError::Conflict { .. }) => Err(taken(&resource.name)),
            Err(error) => Err(commit_fault(error)),
        }
    }

    fn judge_new(
        &self,
        request: ResourceRequest,
        caller: &Caller,
        now: crate::base::clock::Timestamp,
    ) -> Result<Resource, (String, Fault)> {
        let shown: String = request.name.chars().take(80).collect();
        let wrong = |fault| (shown.clone(), fault);
        let name = request.name.parse::<Name>();
        let name = name.map_err(|_| {
            wrong(faults::bad(
                "/name",
                "`name` has 1 to 64 characters of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit".to_owned(),
            ))
        })?;
        check_words(&request.purpose, request.owner.as_deref()).map_err(wrong)?;
        check_settings(request.kind, &request.settings).map_err(wrong)?;
        let snapshot = self.read().map_err(wrong)?;
        if bind::by_name(&snapshot, name.as_str()).map_err(wrong)?.is_some() {
            return Err(wrong(taken(&name)));
        }
        let held = snapshot.count::<Resource>(&Scan::table(&prefix()).limit(RESOURCES_MOST)).map_err(storage_fault).map_err(wrong)?;
        if held >= RESOURCES_MOST as u64 {
            return Err(wrong(
                faults::TOO_MANY.fault(format!("an appliance has at most {RESOURCES_MOST} resources")).param("limit", RESOURCES_MOST),
            ));
        }
        Ok(Resource {
            id: ResourceId::new(now),
            name,
            kind: request.kind,
            purpose: request.purpose.trim().to_owned(),
            owner: request.owner,
            settings: request.settings,
            grants: Vec::new(),
            created_at: now,
            created_by: caller.actor(),
            updated_at: now,
            test: None,
        })
    }

    /// Changes what is named. Runs that were approved for the former settings do not run under the new ones, and a resource
    /// that moves elsewhere loses its credentials until they are granted to it anew.
    ///
    /// # Errors
    /// As [`Self::add`]; not found.
    pub async fn update(&self, caller: &Caller, name: &str, update: ResourceUpdate) -> Result<ResourceView, Fault> {
        self.change(caller, name, "resource.update", Action::ResourceManage, |resource, details| {
            if let Some(purpose) = &update.purpose {
                purpose.trim().clone_into(&mut resource.purpose);
            }
            if let Some(owner) = &update.owner {
                resource.owner = Some(owner.clone()).filter(|owner| !owner.is_empty());
            }
            check_words(&resource.purpose, resource.owner.as_deref())?;
            if let Some(settings) = &update.settings {
                check_settings(resource.kind, settings)?;
                let value = |settings: &HttpSettings| serde_json::to_value(settings).unwrap_or_default();
                details.insert("changes".to_owned(), json!(diff::values(&value(&resource.settings), &value(settings))));
                resource.settings = settings.clone();
            }
            Ok(())
        })
        .await
    }

    /// Lets a tenant, or some of its spaces, use it.
    ///
    /// # Errors
    /// [`faults::BAD`] names the field; not found.
    pub async fn grant(&self, caller: &Caller, name: &str, request: GrantRequest) -> Result<ResourceView, Fault> {
        self.change(caller, name, "resource.grant", Action::ResourceManage, |resource, details| {
            let Some(tenant) = tenants::named(&self.read()?, &request.tenant)?.map(|tenant| tenant.key) else {
                let shown: String = request.tenant.chars().take(40).collect();
                return Err(faults::bad("/tenant", format!("there is no tenant `{shown}`")));
            };
            let good = |space: &String| space.parse::<SpacePath>().is_ok();
            if request.spaces.len() > SPACES || !request.spaces.iter().all(good) {
                return Err(faults::bad("/spaces", format!("`spaces` has at most {SPACES} spaces or folders, each by its path")));
            }
            details.insert("tenant".to_owned(), json!(tenant));
            details.insert("spaces".to_owned(), json!(request.spaces));
            resource.grants.retain(|grant| grant.tenant != tenant);
            if resource.grants.len() >= GRANTS_MOST {
                return Err(faults::TOO_MANY.fault(format!("a resource has at most {GRANTS_MOST} grants")).param("limit", GRANTS_MOST));
            }
            resource.grants.push(Grant { tenant, spaces: request.spaces.clone() });
            Ok(())
        })
        .await
    }

    /// Takes a tenant's grant away. Runs that have begun end as they would have.
    ///
    /// # Errors
    /// Not found.
    pub async fn revoke(&self, caller: &Caller, name: &str, tenant: &str) -> Result<ResourceView, Fault> {
        self.change(caller, name, "resource.revoke", Action::ResourceManage, |resource, details| {
            let before = resource.grants.len();
            resource.grants.retain(|grant| grant.tenant.as_str() != tenant);
            if resource.grants.len() == before {
                let shown: String = tenant.chars().take(40).collect();
                return Err(faults::bad("/tenant", format!("`{shown}` has no grant of this resource")));
            }
            details.insert("tenant".to_owned(), json!(tenant));
            Ok(())
        })
        .await
    }

    /// Removes a resource that nothing current uses.
    ///
    /// # Errors
    /// [`faults::IN_USE`] names who uses it; not found.
    pub async fn remove(&self, caller: &Caller, name: &str) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::ResourceManage, &Target::Appliance).await?;
            let snapshot = self.read()?;
            let Some(stored) = bind::by_name(&snapshot, name)? else {
                return Err(self.gate.missing(caller, Action::ResourceManage, "resource", name).await);
            };
            let used: Vec<String> =
                Self::users(&snapshot, &stored.record, None)?.into_iter().filter(|one| one.current).map(|one| one.capability).collect();
            let read: Vec<String> = Self::secrets_from(&snapshot, &stored.record, None)?
                .into_iter()
                .map(|one| format!("{}/{}", one.tenant, one.secret))
                .collect();
            if !(used.is_empty() && read.is_empty()) {
                let (list, secrets) = (used.join(", "), read.join(", "));
                let fault = if read.is_empty() {
                    faults::IN_USE
                        .fault(format!("`{}` is used by {list}", stored.record.name))
                        .hint("Publish versions that do not use it, or revoke its grants instead.")
                } else {
                    faults::IN_USE
                        .fault(format!("the secrets {secrets} are read from `{}`", stored.record.name))
                        .hint("Give them another value or delete them first, or revoke its grants instead.")
                };
                let fault = fault.param("capabilities", &list).param("secrets", &secrets);
                self.gate.refuse(caller, Action::ResourceManage.name(), subject(&stored.record), &fault).await;
                return Err(fault);
            }
            let mut event = permit.note(self.gate.event(caller, "resource.remove", subject(&stored.record)));
            event.tenant = TenantKey::platform();
            event.details.extend(facts(&stored.record));
            let mut commit = Commit::new();
            commit.delete(&stored).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// One change of one resource, with its event.
    async fn change(
        &self,
        caller: &Caller,
        name: &str,
        verb: &str,
        action: Action,
        alter: impl Fn(&mut Resource, &mut serde_json::Map<String, Value>) -> Result<(), Fault>,
    ) -> Result<ResourceView, Fault> {
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, action, &Target::Appliance).await?;
            let snapshot = self.read()?;
            let Some(stored) = bind::by_name(&snapshot, name)? else {
                return Err(self.gate.missing(caller, action, "resource", name).await);
            };
            let mut resource = stored.record.clone();
            let mut details = serde_json::Map::new();
            if let Err(fault) = alter(&mut resource, &mut details) {
                self.gate.refuse(caller, verb, subject(&stored.record), &fault).await;
                return Err(fault);
            }
            resource.updated_at = self.clock.now();
            let mut event = permit.note(self.gate.event(caller, verb, subject(&resource)));
            event.tenant = TenantKey::platform();
            event.details.extend(details);
            event.details.insert("digest".to_owned(), json!(resource.digest()));
            let mut commit = Commit::new();
            // Nobody brings a credential to an address of his own by changing where the resource is.
            if resource.settings.destination() != stored.record.settings.destination() {
                let withdrawn = without_grants_to(&snapshot, resource.id, resource.updated_at)?;
                event
                    .details
                    .insert("credentials_revoked".to_owned(), json!(withdrawn.iter().map(|one| &one.secret.name).collect::<Vec<_>>()));
                for one in &withdrawn {
                    let mut revoked = permit.note(self.gate.event(caller, "secret.revoke", one.subject.clone()));
                    revoked.tenant = TenantKey::platform();
                    if let Value::Object(details) = &one.details {
                        revoked.details.extend(details.clone());
                    }
                    commit.update(&one.stored, &one.secret).event(revoked);
                }
            }
            commit.update(&stored, &resource).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.view(caller, &self.read()?, &resource),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    fn stored(&self, name: &str) -> Result<Option<Stored<Resource>>, Fault> {
        bind::by_name(&self.read()?, name)
    }
}

fn taken(name: &Name) -> Fault {
    faults::TAKEN
        .fault(format!("there is a resource `{name}` already"))
        .param("name", name)
        .hint("Choose another name, or change that one: execgov resource update.")
}

fn check_words(purpose: &str, owner: Option<&str>) -> Result<(), Fault> {
    let plain = |text: &str| !text.chars().any(char::is_control);
    if purpose.trim().is_empty() || purpose.chars().count() > PURPOSE_CHARS || !plain(purpose) {
        return Err(faults::bad("/purpose", format!("`purpose` has 1 to {PURPOSE_CHARS} characters and no control characters")));
    }
    if owner.is_some_and(|owner| owner.chars().count() > 200 || !plain(owner)) {
        return Err(faults::bad("/owner", "`owner` has at most 200 characters and no control characters".to_owned()));
    }
    Ok(())
}

fn check_settings(kind: Kind, settings: &HttpSettings) -> Result<(), Fault> {
    Resource::check_settings(kind, settings).map_err(|error| faults::bad(&format!("/settings{}", error.pointer), error.to_string()))
}

fn subject(resource: &Resource) -> Subject {
    Subject { kind: "resource".to_owned(), id: Some(resource.id.to_string()), name: Some(resource.name.to_string()) }
}

/// What the audit log says of a resource: no credential is part of it, only the names of secrets.
fn facts(resource: &Resource) -> serde_json::Map<String, Value> {
    let secrets: Vec<String> = resource.settings.secrets().map(|(_, name)| name.to_string()).collect();
    let writes: Vec<String> = resource.settings.writes.iter().map(show::write_rule).collect();
    let facts = json!({
        "kind": resource.kind,
        "digest": resource.digest(),
        "url": resource.settings.url,
        "hosts": resource.settings.hosts(),
        "auth": resource.settings.auth.word(),
        "secrets": secrets,
        "writes": writes,
        "private": resource.settings.private,
        "grants": resource.grants,
    });
    match facts {
        Value::Object(facts) => facts,
        _ => serde_json::Map::new(),
    }
}
