//! Resources as they are shown: settings to those who configure them, to everybody else a ledger of what they may use.

use super::Resources;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource as Target};
use crate::domain::capability::{Capability, Version};
use crate::domain::ids::TenantKey;
use crate::domain::resource::{Grant, RESOURCES_MOST, Resource, WriteRule};
use crate::domain::vault::Secret;
use crate::service::{storage_fault, tenants};
use crate::store::record::capability::{BY_RESOURCE, resource_prefix};
use crate::store::record::resource::prefix;
use crate::store::record::scoped;
use crate::store::record::vault::BY_ORIGIN;
use crate::store::{Scan, Snapshot, Stored};
use crate::wire::resource::{ResourceStatus, ResourceUse, ResourceUses, ResourceView, ResourceViews, SecretFrom};

/// Versions of one tenant that are looked at for who uses a resource, at most.
const USES: usize = 1_000;
/// What a caller may be able to do about a resource.
const ACTIONS: [Action; 2] = [Action::ResourceManage, Action::ResourceTest];

/// A write rule in one line.
pub(super) fn write_rule(rule: &WriteRule) -> String {
    format!("{} {}", rule.method.word(), rule.path)
}

impl Resources {
    /// Those that the caller's tenant may use; every one for those who look after the whole appliance.
    ///
    /// # Errors
    /// When the caller may not see them.
    pub async fn list(&self, caller: &Caller) -> Result<ResourceViews, Fault> {
        let _permit = self.gate.allow(caller, Action::ResourceView, &Target::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let all: Vec<Stored<Resource>> = snapshot.scan(&Scan::table(&prefix()).limit(RESOURCES_MOST)).map_err(storage_fault)?;
        let mut seen: Vec<Resource> = all.into_iter().map(|stored| stored.record).filter(|resource| self.sees(caller, resource)).collect();
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(ResourceViews { items: seen.iter().map(|resource| self.view(caller, &snapshot, resource)).collect::<Result<_, _>>()? })
    }

    /// # Errors
    /// Not found, also when it is not granted to the caller's tenant.
    pub async fn show(&self, caller: &Caller, name: &str) -> Result<ResourceView, Fault> {
        let resource = self.seen(caller, name).await?;
        self.view(caller, &self.read()?, &resource)
    }

    /// The capabilities whose versions name it.
    ///
    /// # Errors
    /// Not found, also when it is not granted to the caller's tenant.
    pub async fn usage(&self, caller: &Caller, name: &str) -> Result<ResourceUses, Fault> {
        let resource = self.seen(caller, name).await?;
        let only = (!self.sees_all(caller)).then(|| caller.tenant.clone());
        let snapshot = self.read()?;
        Ok(ResourceUses {
            items: Self::users(&snapshot, &resource, only.as_ref())?,
            secrets: Self::secrets_from(&snapshot, &resource, only.as_ref())?,
        })
    }

    async fn seen(&self, caller: &Caller, name: &str) -> Result<Resource, Fault> {
        let _permit = self.gate.allow(caller, Action::ResourceView, &Target::Tenant(caller.tenant.clone())).await?;
        match self.stored(name)?.map(|stored| stored.record).filter(|resource| self.sees(caller, resource)) {
            Some(resource) => Ok(resource),
            None => Err(self.gate.missing(caller, Action::ResourceView, "resource", name).await),
        }
    }

    /// Whether the caller looks after the whole appliance, or audits it.
    fn sees_all(&self, caller: &Caller) -> bool {
        self.gate.may(caller, Action::SettingsView, &Target::Appliance)
    }

    fn sees(&self, caller: &Caller, resource: &Resource) -> bool {
        resource.is_granted_to(&caller.tenant) || self.sees_all(caller)
    }

    pub(super) fn view(&self, caller: &Caller, snapshot: &Snapshot, resource: &Resource) -> Result<ResourceView, Fault> {
        let manages = self.gate.may(caller, Action::ResourceManage, &Target::Appliance);
        let all = self.sees_all(caller);
        let grants: Vec<Grant> = resource.grants.iter().filter(|grant| all || grant.tenant == caller.tenant).cloned().collect();
        let only = (!all).then_some(&caller.tenant);
        let (digest, settings) = (resource.digest(), &resource.settings);
        let status = match &resource.test {
            None => ResourceStatus::Untested,
            Some(test) if test.digest != digest => ResourceStatus::Untested,
            Some(test) if test.good => ResourceStatus::Good,
            Some(_) => ResourceStatus::Failing,
        };
        Ok(ResourceView {
            id: resource.id.to_string(),
            name: resource.name.to_string(),
            kind: resource.kind,
            purpose: resource.purpose.clone(),
            owner: resource.owner.clone(),
            auth: settings.auth.word().to_owned(),
            hosts: settings.hosts(),
            writes: settings.writes.iter().map(write_rule).collect(),
            status,
            test: resource.test.clone(),
            grants,
            used_by: Self::users(snapshot, resource, only)?,
            source: settings.source.clone(),
            secrets: Self::secrets_from(snapshot, resource, only)?,
            digest,
            settings: manages.then(|| settings.clone()),
            created_at: resource.created_at.to_string(),
            updated_at: resource.updated_at.to_string(),
            actions: self.gate.actions_on(caller, &ACTIONS, &Target::Appliance),
        })
    }

    /// The secrets whose value that is used is read from it: of one tenant, or of every tenant.
    pub(super) fn secrets_from(snapshot: &Snapshot, resource: &Resource, only: Option<&TenantKey>) -> Result<Vec<SecretFrom>, Fault> {
        let mut scan = Scan::index(BY_ORIGIN, resource.id.bytes());
        if only.is_none() {
            scan = scan.limit(USES);
        }
        let all: Vec<Stored<Secret>> = snapshot.scan(&scan).map_err(storage_fault)?;
        let seen = all.into_iter().map(|stored| stored.record).filter(|secret| only.is_none_or(|tenant| secret.tenant == *tenant));
        Ok(seen.take(USES).map(|secret| SecretFrom { tenant: secret.tenant.to_string(), secret: secret.name.to_string() }).collect())
    }

    /// Who names it: of one tenant, or of every tenant, also where a grant was taken back.
    pub(super) fn users(snapshot: &Snapshot, resource: &Resource, only: Option<&TenantKey>) -> Result<Vec<ResourceUse>, Fault> {
        let tenants: Vec<TenantKey> = match only {
            Some(tenant) => vec![tenant.clone()],
            None => tenants::all(snapshot)?.into_iter().map(|tenant| tenant.key).collect(),
        };
        let mut uses: Vec<ResourceUse> = Vec::new();
        for tenant in &tenants {
            let scan = Scan::index(BY_RESOURCE, &resource_prefix(tenant, resource.name.as_str())).limit(USES);
            let versions: Vec<Stored<Version>> = snapshot.scan(&scan).map_err(storage_fault)?;
            for version in versions.into_iter().map(|stored| stored.record) {
                let capability: Option<Stored<Capability>> =
                    snapshot.get(&scoped(tenant, &[version.capability.bytes()])).map_err(storage_fault)?;
                let current = capability.is_some_and(|stored| stored.record.current == Some(version.number));
                let name = version.manifest.name.to_string();
                match uses.iter_mut().find(|one| one.tenant == tenant.as_str() && one.capability == name) {
                    Some(one) => {
                        one.versions.push(version.number);
                        one.current |= current;
                    }
                    None => {
                        uses.push(ResourceUse { tenant: tenant.to_string(), capability: name, versions: vec![version.number], current });
                    }
                }
            }
        }
        Ok(uses)
    }
}
