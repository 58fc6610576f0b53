//! Stored shapes: under which key a noun lies, by which indexes it is found, how older shapes are read.

use super::check::Kind;
use super::{Index, IndexRows, Record};
use crate::domain::ids::TenantKey;

pub mod access;
pub mod announcement;
pub mod approval;
pub mod audit;
pub mod calendar;
pub mod capability;
pub mod community;
pub mod freeze;
pub mod group;
pub mod identity;
pub mod resource;
pub mod run;
pub mod template;
pub mod tenant;
pub mod vault;
pub mod webhook;

/// Every kind of record, for the check of a whole ledger.
pub const KINDS: &[Kind] = &[
    Kind::of::<crate::domain::capability::Capability>(),
    Kind::of::<crate::domain::capability::Version>(),
    Kind::of::<crate::domain::capability::review::Remark>(),
    Kind::of::<crate::domain::capability::review::Publication>(),
    Kind::of::<crate::domain::file::InputFile>(),
    Kind::of::<crate::domain::run::Run>(),
    Kind::of::<run::StoredOutput>(),
    Kind::of::<crate::domain::run::Idempotency>(),
    Kind::of::<crate::domain::approval::Approval>(),
    Kind::of::<crate::domain::approval::RuleSetting>(),
    Kind::of::<crate::domain::approval::Delegation>(),
    Kind::of::<crate::domain::approval::Standing>(),
    Kind::of::<crate::domain::freeze::Freeze>(),
    Kind::of::<crate::domain::audit::AuditView>(),
    Kind::of::<crate::domain::audit::Witness>(),
    Kind::of::<crate::domain::audit::Verification>(),
    Kind::of::<crate::domain::audit::ForwardCursor>(),
    Kind::of::<crate::domain::announcement::Announcement>(),
    Kind::of::<crate::domain::announcement::Acknowledgement>(),
    Kind::of::<crate::domain::template::Template>(),
    Kind::of::<crate::domain::template::Instance>(),
    Kind::of::<crate::domain::community::Shared>(),
    Kind::of::<crate::domain::community::Rating>(),
    Kind::of::<crate::domain::calendar::Calendar>(),
    Kind::of::<crate::domain::resource::Resource>(),
    Kind::of::<crate::domain::webhook::Webhook>(),
    Kind::of::<crate::domain::vault::VaultHeader>(),
    Kind::of::<crate::domain::vault::Secret>(),
    Kind::of::<crate::domain::vault::SealedValue>(),
    Kind::of::<crate::domain::vault::Drill>(),
    Kind::of::<crate::domain::identity::User>(),
    Kind::of::<crate::domain::identity::Session>(),
    Kind::of::<crate::domain::identity::Token>(),
    Kind::of::<crate::domain::identity::Governance>(),
    Kind::of::<crate::domain::access::grant::RoleGrant>(),
    Kind::of::<crate::domain::access::grant::CustomRole>(),
    Kind::of::<crate::domain::space::Space>(),
    Kind::of::<crate::domain::access::own::PolicyVersion>(),
    Kind::of::<crate::domain::group::Group>(),
    Kind::of::<crate::domain::group::Membership>(),
    Kind::of::<crate::domain::tally::Tally>(),
    Kind::of::<crate::domain::tenant::Tenant>(),
];

/// A key of a tenant's record: `tenant 0x00` and the parts.
#[must_use]
pub fn scoped(tenant: &TenantKey, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(tenant.as_str().len() + 1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.extend_from_slice(tenant.as_str().as_bytes());
    key.push(0);
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}
