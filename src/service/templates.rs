//! Templates: published for others, made into capabilities of their own, kept up to date by proposals.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::base::clock::Clock;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, Caller, DEFAULT_SPACE, Resource, SpacePath};
use crate::domain::audit::Subject;
use crate::domain::capability::record::CHANGELOG_CHARS;
use crate::domain::capability::{Capability, Name, Version, VersionPhase};
use crate::domain::ids::{CapabilityId, TemplateId, TenantKey};
use crate::domain::template::{AUDIENCE_MOST, DESCRIPTION_CHARS, Instance, Origin, RELEASES_MOST, Release, TEMPLATES_MOST, Template};
use crate::service::capabilities::{Capabilities, Derivation};
use crate::service::gate::Gate;
use crate::service::{commit_fault, resource, spaces, storage_fault, tenants};
use crate::store::record::capability::version_key;
use crate::store::record::scoped;
use crate::store::record::template::{TEMPLATE_BY_ID, TEMPLATE_BY_NAME, TEMPLATE_BY_TENANT, template_name_key};
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::template::{
    InstanceView, InstanceViews, InstantiateRequest, PushDone, PushItem, PushRequest, ReleaseView, TemplateRequest, TemplateView,
    TemplateViews,
};

pub const BAD_TEMPLATE: Code = Code::new("EG-TPL-001", Class::User, "The template makes no sense");
pub const NOTHING_NEW: Code = Code::new("EG-TPL-002", Class::Conflict, "There is nothing new to release");
pub const NOT_HERE: Code = Code::new("EG-TPL-003", Class::Conflict, "The template cannot be used like this");
pub const TOO_MANY: Code = Code::new("EG-TPL-004", Class::Conflict, "Too many templates or releases");

const TRIES: usize = 5;
/// Instances that one answer lists, and that one push looks at.
const INSTANCES: usize = 2_000;

/// The service of templates.
#[derive(Clone)]
pub struct Templates {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    capabilities: Capabilities,
}

impl Templates {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, clock: Arc<dyn Clock>, capabilities: Capabilities) -> Self {
        Self { ledger, gate, clock, capabilities }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// The templates that the caller's tenant may use.
    ///
    /// # Errors
    /// When the caller may not see them.
    pub async fn list(&self, caller: &Caller) -> Result<TemplateViews, Fault> {
        let _permit = self.gate.allow(caller, Action::TemplateView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let scan = Scan::index(TEMPLATE_BY_TENANT, &scoped(&caller.tenant, &[])).limit(TEMPLATES_MOST);
        let found: Vec<Stored<Template>> = snapshot.scan(&scan).map_err(storage_fault)?;
        let items = found.iter().map(|stored| self.view(&snapshot, caller, &stored.record)).collect::<Result<_, _>>()?;
        Ok(TemplateViews { items })
    }

    /// One template, by its name within the tenant or by its id.
    ///
    /// # Errors
    /// Not found, also when it is not for the caller's tenant.
    pub async fn show(&self, caller: &Caller, name: &str) -> Result<TemplateView, Fault> {
        let stored = self.seen(caller, Action::TemplateView, name).await?;
        self.view(&self.read()?, caller, &stored.record)
    }

    async fn seen(&self, caller: &Caller, action: Action, name: &str) -> Result<Stored<Template>, Fault> {
        let _permit = self.gate.allow(caller, action, &Resource::Tenant(caller.tenant.clone())).await?;
        let found = find(&self.read()?, caller, name)?;
        match found {
            Some(stored) => Ok(stored),
            None => Err(self.gate.missing(caller, action, "template", name).await),
        }
    }

    /// Publishes a published version as a template, or as the next release of one.
    ///
    /// # Errors
    /// [`BAD_TEMPLATE`] names the field that makes no sense, [`NOTHING_NEW`] when the newest release is this version.
    pub async fn publish(&self, caller: &Caller, request: &TemplateRequest) -> Result<TemplateView, Fault> {
        let wish = Wish::understand(request)?;
        let loaded = self.capabilities.resolve(caller, &request.capability, request.version).await?;
        let thing = resource::version(&loaded.capability, &loaded.version);
        let permit = self.gate.allow(caller, Action::TemplatePublish, &thing).await?;
        // Other tenants are reached by those only who may do so there.
        for tenant in wish.tenants.iter().flatten().filter(|tenant| **tenant != caller.tenant) {
            let _permit = self.gate.allow(caller, Action::TemplatePublish, &Resource::Tenant(tenant.clone())).await?;
            if tenants::find(&self.read()?, tenant)?.is_none() {
                return Err(bad("/tenants", format!("there is no tenant `{tenant}`")));
            }
        }
        if loaded.version.phase != VersionPhase::Published {
            let fault = NOT_HERE.fault(format!(
                "version {} is {}, and templates are made from published ones",
                loaded.version.number,
                loaded.version.phase.word()
            ));
            self.gate.refuse(caller, Action::TemplatePublish.name(), subject_of(&loaded.capability), &fault).await;
            return Err(fault.hint("Publish it first."));
        }
        let name = wish.name.clone().unwrap_or_else(|| loaded.capability.name.clone());
        for _ in 0..TRIES {
            let snapshot = self.read()?;
            let key = template_name_key(&caller.tenant, &name);
            let known: Option<Stored<Template>> = snapshot.find(TEMPLATE_BY_NAME, &key).map_err(storage_fault)?;
            if known.is_none() {
                let scan = Scan::table(&scoped(&caller.tenant, &[])).limit(TEMPLATES_MOST);
                if snapshot.count::<Template>(&scan).map_err(storage_fault)? >= TEMPLATES_MOST as u64 {
                    return Err(TOO_MANY
                        .fault(format!("a tenant keeps at most {TEMPLATES_MOST} templates"))
                        .param("limit", TEMPLATES_MOST));
                }
            }
            drop(snapshot);
            let next = self.released(caller, known.as_ref(), &name, &wish, &loaded.capability, &loaded.version)?;
            let mut event = permit.note(self.gate.event(caller, Action::TemplatePublish.name(), subject(&next)));
            let audience = |of: &Template| json!({ "description": of.description, "tenants": of.tenants, "spaces": of.spaces, "release": of.latest().map(|release| release.number) });
            if let Some(known) = &known {
                event.details.insert("before".to_owned(), audience(&known.record));
            }
            event.details.insert("after".to_owned(), audience(&next));
            event.details.insert("capability".to_owned(), json!(loaded.capability.id));
            event.details.insert("version".to_owned(), json!(loaded.version.number));
            event.details.insert("digest".to_owned(), json!(loaded.version.digest));
            let mut commit = Commit::new();
            match &known {
                Some(known) => commit.update(known, &next),
                None => commit.insert(&next),
            };
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.view(&self.read()?, caller, &next),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// The template with its new release.
    fn released(
        &self,
        caller: &Caller,
        known: Option<&Stored<Template>>,
        name: &Name,
        wish: &Wish,
        capability: &Capability,
        version: &Version,
    ) -> Result<Template, Fault> {
        let now = self.clock.now();
        let mut next = known.map_or_else(
            || Template {
                id: TemplateId::new(now),
                tenant: caller.tenant.clone(),
                name: name.clone(),
                description: version.manifest.description.clone(),
                capability: capability.id,
                tenants: Vec::new(),
                spaces: Vec::new(),
                releases: Vec::new(),
                created_at: now,
                created_by: caller.actor(),
                updated_at: now,
            },
            |known| known.record.clone(),
        );
        if next.capability != capability.id {
            return Err(bad("/name", format!("the template `{name}` is made from another capability")));
        }
        if next.releases.len() >= RELEASES_MOST {
            return Err(TOO_MANY.fault(format!("a template has at most {RELEASES_MOST} releases")).hint("Publish it under another name."));
        }
        let (tenants, spaces) = (wish.tenants.clone(), wish.spaces.clone());
        let same_audience =
            tenants.as_ref().is_none_or(|tenants| *tenants == next.tenants) && spaces.as_ref().is_none_or(|spaces| *spaces == next.spaces);
        let newest = next.latest().map(|release| release.digest.clone());
        if newest.as_deref() == Some(version.digest.as_str()) && same_audience && wish.description.is_none() {
            let fault = NOTHING_NEW.fault(format!("the newest release of `{name}` is version {} already", version.number));
            return Err(fault.hint("Publish a newer version of the capability first."));
        }
        if newest.as_deref() != Some(version.digest.as_str()) {
            next.releases.push(Release {
                number: next.latest().map_or(1, |release| release.number + 1),
                version: version.number,
                digest: version.digest.clone(),
                changelog: wish.changelog.clone(),
                at: now,
                by: caller.actor(),
            });
        }
        next.description = wish.description.clone().unwrap_or(next.description);
        next.tenants = tenants.unwrap_or(next.tenants);
        next.spaces = spaces.unwrap_or(next.spaces);
        next.updated_at = now;
        Ok(next)
    }

    /// Makes a capability from a template: a draft, which goes the way of every draft.
    ///
    /// # Errors
    /// When the name is taken, a value does not fit, or the template is not for that space.
    pub async fn instantiate(&self, caller: &Caller, name: &str, request: &InstantiateRequest) -> Result<InstanceView, Fault> {
        let wanted: Name =
            request.name.parse().map_err(|error: crate::domain::capability::name::NameError| bad("/name", error.to_string()))?;
        let permit = self.gate.allow(caller, Action::TemplateInstantiate, &Resource::Tenant(caller.tenant.clone())).await?;
        let found = find(&self.read()?, caller, name)?;
        let Some(stored) = found else {
            return Err(self.gate.missing(caller, Action::TemplateInstantiate, "template", name).await);
        };
        let template = stored.record;
        let space = request.space.clone().unwrap_or_else(|| template.spaces.first().cloned().unwrap_or_else(|| DEFAULT_SPACE.to_owned()));
        check_space("/space", &space)?;
        let space = spaces::named(&self.read()?, &caller.tenant, "/space", &space)?.to_string();
        let release = match request.release {
            Some(number) => {
                template.release(number).ok_or_else(|| bad("/release", format!("`{}` has no release {number}", template.name)))?
            }
            None => template.latest().ok_or_else(|| bad("/release", format!("`{}` has no release", template.name)))?,
        };
        if !template.allows_space(&space) {
            let fault = NOT_HERE.fault(format!("`{}` is for the spaces {}", template.name, template.spaces.join(", ")));
            let fault = fault.param("space", &space).hint("Name one of these spaces.");
            self.gate.refuse(caller, Action::TemplateInstantiate.name(), subject(&template), &fault).await;
            return Err(fault);
        }
        let source = source(&self.read()?, &template, release)?;
        let derivation = Derivation {
            source: &source,
            tenant: caller.tenant.clone(),
            name: wanted,
            space,
            values: &request.values,
            comment: format!("from the template {}, release {}", template.name, release.number),
            changelog: None,
        };
        let mut event = permit.note(self.gate.event(caller, Action::TemplateInstantiate.name(), subject(&template)));
        event.details.insert("release".to_owned(), json!(release.number));
        event.details.insert("inputs".to_owned(), json!(request.values.keys().collect::<Vec<_>>()));
        let made = |capability: &Capability, version: &Version| Instance {
            template: template.id,
            tenant: capability.tenant.clone(),
            capability: capability.id,
            name: capability.name.clone(),
            space: capability.space.clone(),
            values: request.values.clone(),
            origins: vec![Origin { version: version.number, release: release.number }],
            created_at: capability.created_at,
            created_by: caller.actor(),
        };
        let done = self.capabilities.derive_new(caller, &derivation, event, |commit, capability, version| {
            commit.insert(&made(capability, version));
        });
        let (capability, version) = done.await?;
        Ok(instance_view(&made(&capability, &version), None, template.latest().map_or(0, |release| release.number)))
    }

    /// Who uses which release.
    ///
    /// # Errors
    /// Not found, or not a template of the caller's tenant.
    pub async fn usage(&self, caller: &Caller, name: &str) -> Result<InstanceViews, Fault> {
        let stored = self.kept(caller, Action::TemplateView, name).await?;
        let template = stored.record;
        let snapshot = self.read()?;
        let latest = template.latest().map_or(0, |release| release.number);
        let mut items = Vec::new();
        for instance in instances(&snapshot, &template)? {
            let instance = instance.record;
            let current = capability_of(&snapshot, &instance.tenant, instance.capability)?.and_then(|capability| capability.current);
            items.push(instance_view(&instance, current, latest));
        }
        Ok(InstanceViews { items })
    }

    /// A template that the caller's own tenant keeps.
    async fn kept(&self, caller: &Caller, action: Action, name: &str) -> Result<Stored<Template>, Fault> {
        let stored = self.seen(caller, action, name).await?;
        if stored.record.tenant == caller.tenant {
            return Ok(stored);
        }
        Err(self.gate.missing(caller, action, "template", name).await)
    }

    /// Proposes the newest release to each instance that does not have it: a new version in review, which somebody there
    /// publishes or gives back.
    ///
    /// # Errors
    /// Not found, or the caller may not push. What stands in the way of one instance is said with it.
    pub async fn push(&self, caller: &Caller, name: &str, request: &PushRequest) -> Result<PushDone, Fault> {
        let permit = self.gate.allow(caller, Action::TemplatePush, &Resource::Tenant(caller.tenant.clone())).await?;
        let stored = self.kept(caller, Action::TemplatePush, name).await?;
        let template = stored.record;
        let release = template.latest().cloned().ok_or_else(|| bad("/release", format!("`{}` has no release", template.name)))?;
        let source = source(&self.read()?, &template, &release)?;
        let wanted = |instance: &Instance| request.capability.as_deref().is_none_or(|name| name == instance.name.as_str());
        let all: Vec<Stored<Instance>> = instances(&self.read()?, &template)?.into_iter().filter(|stored| wanted(&stored.record)).collect();
        let mut items = Vec::new();
        for stored in &all {
            items.push(self.propose(caller, &template, &release, &source, stored).await?);
        }
        let mut event = permit.note(self.gate.event(caller, Action::TemplatePush.name(), subject(&template)));
        event.details.insert("release".to_owned(), json!(release.number));
        event.details.insert("proposed".to_owned(), json!(items.iter().filter(|item| item.version.is_some()).count()));
        event.details.insert("passed_over".to_owned(), json!(items.iter().filter(|item| item.version.is_none()).count()));
        let mut commit = Commit::new();
        commit.event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(PushDone { release: release.number, items })
    }

    async fn propose(
        &self,
        caller: &Caller,
        template: &Template,
        release: &Release,
        source: &Version,
        stored: &Stored<Instance>,
    ) -> Result<PushItem, Fault> {
        let instance = &stored.record;
        let item = |version: Option<u32>, why: Option<String>| PushItem {
            tenant: instance.tenant.to_string(),
            capability: instance.name.to_string(),
            version,
            why,
        };
        if instance.newest() >= release.number {
            return Ok(item(None, Some(format!("it has release {} already", instance.newest()))));
        }
        // Values for inputs that the new release no longer has would be an error; they are left out.
        let known = source.manifest.inputs.get("properties").and_then(Value::as_object);
        let values: Map<String, Value> = instance
            .values
            .iter()
            .filter(|(name, _)| known.is_some_and(|known| known.contains_key(*name)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let changelog: String =
            format!("{} release {}: {}", template.name, release.number, release.changelog).chars().take(CHANGELOG_CHARS).collect();
        let derivation = Derivation {
            source,
            tenant: instance.tenant.clone(),
            name: instance.name.clone(),
            space: instance.space.clone(),
            values: &values,
            comment: format!("proposed by the template {}", template.name),
            changelog: Some(changelog),
        };
        // The decision is the push's; what it leads to in each place is told there, as done by the appliance.
        let system = crate::domain::audit::Actor { kind: crate::domain::audit::ActorKind::System, id: None, name: None, token: None };
        let subject =
            Subject { kind: "capability".to_owned(), id: Some(instance.capability.to_string()), name: Some(instance.name.to_string()) };
        let mut event = self.gate.event_by(system, &instance.tenant, &caller.whence, "template.propose", subject);
        event.details.insert("template".to_owned(), json!(template.id));
        event.details.insert("release".to_owned(), json!(release.number));
        event.details.insert("on_behalf_of".to_owned(), json!(caller.actor()));
        let done = self.capabilities.derive_next(caller, instance.capability, &derivation, event, |commit, _, version| {
            let mut next = instance.clone();
            next.origins.push(Origin { version: version.number, release: release.number });
            commit.update(stored, &next);
        });
        Ok(match done.await {
            Ok(Some((_, version))) => item(Some(version.number), None),
            Ok(None) => item(None, Some("its newest version is the same".to_owned())),
            Err(fault) if fault.class() == Class::User || fault.class() == Class::Conflict => item(None, Some(fault.detail().to_owned())),
            Err(fault) => return Err(fault),
        })
    }

    fn view(&self, snapshot: &Snapshot, caller: &Caller, template: &Template) -> Result<TemplateView, Fault> {
        let own = template.tenant == caller.tenant;
        let newest = match template.latest() {
            Some(release) => Some(source(snapshot, template, release)?),
            None => None,
        };
        let capability = if own { capability_of(snapshot, &template.tenant, template.capability)? } else { None };
        let here = Resource::Tenant(caller.tenant.clone());
        let mut actions = self.gate.actions_on(caller, &[Action::TemplateInstantiate], &here);
        if own {
            actions.extend(self.gate.actions_on(caller, &[Action::TemplatePush], &here));
        }
        Ok(TemplateView {
            id: template.id.to_string(),
            name: template.name.to_string(),
            description: template.description.clone(),
            tenant: template.tenant.to_string(),
            capability: capability.map(|capability| capability.name.to_string()),
            tenants: if own { template.tenants.iter().map(ToString::to_string).collect() } else { Vec::new() },
            spaces: template.spaces.clone(),
            releases: template.releases.iter().map(release_view).collect(),
            inputs: newest.as_ref().map(|version| version.manifest.inputs.clone()).unwrap_or_default(),
            risk: newest.map(|version| version.manifest.risk.word().to_owned()).unwrap_or_default(),
            updated_at: template.updated_at.to_string(),
            actions,
        })
    }
}

/// A request to publish, understood.
struct Wish {
    name: Option<Name>,
    description: Option<String>,
    tenants: Option<Vec<TenantKey>>,
    spaces: Option<Vec<String>>,
    changelog: String,
}

impl Wish {
    fn understand(request: &TemplateRequest) -> Result<Self, Fault> {
        let name = request.name.as_deref().map(str::parse::<Name>).transpose().map_err(|error| bad("/name", error.to_string()))?;
        if request.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS) {
            return Err(bad("/description", format!("`description` has at most {DESCRIPTION_CHARS} characters")));
        }
        let changelog = request.changelog.trim().to_owned();
        if changelog.is_empty() || changelog.chars().count() > CHANGELOG_CHARS || changelog.chars().any(char::is_control) {
            return Err(bad("/changelog", format!("`changelog` is one line of 1 to {CHANGELOG_CHARS} characters")));
        }
        for (pointer, count) in [("/tenants", request.tenants.as_ref().map(Vec::len)), ("/spaces", request.spaces.as_ref().map(Vec::len))] {
            if count.is_some_and(|count| count > AUDIENCE_MOST) {
                return Err(bad(pointer, format!("`{}` names at most {AUDIENCE_MOST}", &pointer[1..])));
            }
        }
        let key = |text: &String| TenantKey::try_from(text.clone()).map_err(|error| bad("/tenants", error.to_string()));
        let tenants = request.tenants.as_ref().map(|all| all.iter().map(key).collect::<Result<Vec<_>, _>>()).transpose()?;
        for space in request.spaces.iter().flatten() {
            check_space("/spaces", space)?;
        }
        Ok(Self { name, description: request.description.clone(), tenants, spaces: request.spaces.clone(), changelog })
    }
}

fn check_space(pointer: &str, space: &str) -> Result<(), Fault> {
    space.parse::<SpacePath>().map(drop).map_err(|error| bad(pointer, format!("`{}`: {error}", space.chars().take(80).collect::<String>())))
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_TEMPLATE.fault(message).field(field).hint("Correct the field that is named.")
}

/// A template by its name in the caller's tenant, or by its id where the tenant may use it.
fn find(snapshot: &Snapshot, caller: &Caller, name: &str) -> Result<Option<Stored<Template>>, Fault> {
    if let Ok(id) = name.parse::<TemplateId>() {
        let found: Option<Stored<Template>> = snapshot.find(TEMPLATE_BY_ID, id.bytes()).map_err(storage_fault)?;
        return Ok(found.filter(|stored| stored.record.is_for(&caller.tenant)));
    }
    let Ok(name) = name.parse::<Name>() else { return Ok(None) };
    snapshot.find(TEMPLATE_BY_NAME, &template_name_key(&caller.tenant, &name)).map_err(storage_fault)
}

fn instances(snapshot: &Snapshot, template: &Template) -> Result<Vec<Stored<Instance>>, Fault> {
    snapshot.scan(&Scan::table(template.id.bytes()).limit(INSTANCES)).map_err(storage_fault)
}

fn capability_of(snapshot: &Snapshot, tenant: &TenantKey, id: CapabilityId) -> Result<Option<Capability>, Fault> {
    let stored: Option<Stored<Capability>> = snapshot.get(&scoped(tenant, &[id.bytes()])).map_err(storage_fault)?;
    Ok(stored.map(|stored| stored.record))
}

/// The version that a release is.
fn source(snapshot: &Snapshot, template: &Template, release: &Release) -> Result<Version, Fault> {
    let key = version_key(&template.tenant, template.capability, release.version);
    let stored: Option<Stored<Version>> = snapshot.get(&key).map_err(storage_fault)?;
    let gone = || NOT_HERE.fault(format!("the version behind release {} of `{}` is gone", release.number, template.name));
    stored.map(|stored| stored.record).ok_or_else(gone)
}

fn subject(template: &Template) -> Subject {
    Subject { kind: "template".to_owned(), id: Some(template.id.to_string()), name: Some(template.name.to_string()) }
}

fn subject_of(capability: &Capability) -> Subject {
    Subject { kind: "capability".to_owned(), id: Some(capability.id.to_string()), name: Some(capability.name.to_string()) }
}

fn release_view(release: &Release) -> ReleaseView {
    ReleaseView {
        number: release.number,
        version: release.version,
        digest: release.digest.clone(),
        changelog: release.changelog.clone(),
        at: release.at.to_string(),
        by: release.by.clone(),
    }
}

fn instance_view(instance: &Instance, current: Option<u32>, latest: u32) -> InstanceView {
    InstanceView {
        tenant: instance.tenant.to_string(),
        capability: instance.name.to_string(),
        capability_id: instance.capability.to_string(),
        space: instance.space.clone(),
        current,
        release: current.and_then(|current| instance.release_of(current)),
        newest: instance.newest(),
        standing: instance.standing(current, latest).word().to_owned(),
        created_at: instance.created_at.to_string(),
        created_by: instance.created_by.clone(),
    }
}
