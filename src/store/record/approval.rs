//! How requests for approval and the rules that call for them are stored and found.
//!
//! Every index ends with the request's id, whose order is that of time.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::approval::{Approval, ApprovalState, RuleScope, RuleSetting};
use crate::domain::ids::{CapabilityId, TenantKey};

/// `tenant 0x00 state id`
pub const BY_STATE: Index = Index("by_state");
/// `tenant 0x00 requester 0x00 state id`
pub const BY_REQUESTER: Index = Index("by_requester");
/// `tenant 0x00 capability state id`
pub const BY_CAPABILITY: Index = Index("by_capability");

/// The prefix of [`BY_STATE`] for one state.
#[must_use]
pub fn state_prefix(tenant: &TenantKey, state: ApprovalState) -> Vec<u8> {
    scoped(tenant, &[&[state.byte()]])
}

/// The prefix of [`BY_REQUESTER`] for one state.
#[must_use]
pub fn requester_prefix(tenant: &TenantKey, requester: &str, state: ApprovalState) -> Vec<u8> {
    scoped(tenant, &[requester.as_bytes(), &[0, state.byte()]])
}

/// The prefix of [`BY_CAPABILITY`] for one state.
#[must_use]
pub fn capability_prefix(tenant: &TenantKey, capability: CapabilityId, state: ApprovalState) -> Vec<u8> {
    scoped(tenant, &[capability.bytes(), &[state.byte()]])
}

impl Record for Approval {
    const TABLE: &'static str = "approval";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        let with_id = |mut key: Vec<u8>| {
            key.extend_from_slice(self.id.bytes());
            key
        };
        let requester = self.requester.id.as_deref().unwrap_or_default();
        rows.add(BY_STATE, with_id(state_prefix(&self.tenant, self.state)));
        rows.add(BY_REQUESTER, with_id(requester_prefix(&self.tenant, requester, self.state)));
        rows.add(BY_CAPABILITY, with_id(capability_prefix(&self.tenant, self.capability, self.state)));
    }
}

#[must_use]
pub fn rule_key(tenant: &TenantKey, scope: RuleScope) -> Vec<u8> {
    scoped(tenant, &[scope.key().as_bytes()])
}

impl Record for RuleSetting {
    const TABLE: &'static str = "approval_rule";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        rule_key(&self.tenant, self.scope)
    }
}
