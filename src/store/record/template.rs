//! How templates and their instances are stored and found.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::capability::Name;
use crate::domain::ids::{CapabilityId, TemplateId, TenantKey};
use crate::domain::template::{Instance, Template};

/// Unique: `tenant 0x00 name`
pub const TEMPLATE_BY_NAME: Index = Index("by_name");
/// `tenant 0x00 id`, for each tenant that may use it.
pub const TEMPLATE_BY_TENANT: Index = Index("by_tenant");
/// Unique: `id`, for what knows a template but not its tenant.
pub const TEMPLATE_BY_ID: Index = Index("by_id");
/// Unique: `tenant 0x00 capability`
pub const INSTANCE_BY_CAPABILITY: Index = Index("by_capability");

#[must_use]
pub fn template_name_key(tenant: &TenantKey, name: &Name) -> Vec<u8> {
    scoped(tenant, &[name.as_str().as_bytes()])
}

impl Record for Template {
    const TABLE: &'static str = "template";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(TEMPLATE_BY_NAME, template_name_key(&self.tenant, &self.name));
        rows.unique(TEMPLATE_BY_ID, self.id.bytes().to_vec());
        rows.add(TEMPLATE_BY_TENANT, scoped(&self.tenant, &[self.id.bytes()]));
        for tenant in self.tenants.iter().filter(|tenant| **tenant != self.tenant) {
            rows.add(TEMPLATE_BY_TENANT, scoped(tenant, &[self.id.bytes()]));
        }
    }
}

/// `template tenant 0x00 capability`, so that the instances of a template lie together.
#[must_use]
pub fn instance_key(template: TemplateId, tenant: &TenantKey, capability: CapabilityId) -> Vec<u8> {
    [template.bytes().as_slice(), &scoped(tenant, &[capability.bytes()])].concat()
}

impl Record for Instance {
    const TABLE: &'static str = "template_instance";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        instance_key(self.template, &self.tenant, self.capability)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(INSTANCE_BY_CAPABILITY, scoped(&self.tenant, &[self.capability.bytes()]));
    }
}
