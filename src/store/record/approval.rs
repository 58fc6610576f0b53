//! How requests for approval and the rules that call for them are stored and found.
//!
//! Every index ends with the request's id, whose order is that of time.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::ShapeError;
use super::{Index, IndexRows, Record, scoped};
use crate::base::clock::Timestamp;
use crate::domain::access::Role;
use crate::domain::approval::{Approval, ApprovalState, Delegation, MatterKind, RuleScope, RuleSetting, Standing};
use crate::domain::ids::{CapabilityId, TenantKey, UserId};

/// `tenant 0x00 state id`
pub const BY_STATE: Index = Index("by_state");
/// `tenant 0x00 requester 0x00 state id`
pub const BY_REQUESTER: Index = Index("by_requester");
/// `tenant 0x00 capability state id`
pub const BY_CAPABILITY: Index = Index("by_capability");
/// `tenant 0x00 capability id`, of used consents to runs: what was approved last.
pub const BY_CONSENT: Index = Index("by_consent");
/// `tenant 0x00 desk 0x00 id`, of open requests: where each waits to be decided.
pub const BY_DESK: Index = Index("by_desk");
/// `tenant 0x00 user id`, of open requests on which an account decides no more: it has, or it may not.
pub const BY_DECIDER: Index = Index("by_decider");
/// `tenant 0x00 milliseconds id`, of open requests to which something happens by itself.
pub const BY_DUE: Index = Index("by_due");
/// `tenant 0x00 kind id`, of open requests.
pub const BY_MATTER: Index = Index("by_matter");
/// `tenant 0x00 user id`: absences of somebody.
pub const BY_ABSENT: Index = Index("by_absent");
/// `tenant 0x00 user id`: for whom somebody stands in.
pub const BY_STAND_IN: Index = Index("by_stand_in");
/// `tenant 0x00 capability id`: standing approvals that were not taken back.
pub const BY_UNIT: Index = Index("by_unit");

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

/// The desk at which holders of a role find what they decide.
#[must_use]
pub fn role_desk(role: Role) -> String {
    format!("role:{role}")
}

/// The desk at which members of a group find what they decide.
#[must_use]
pub fn group_desk(group: &str) -> String {
    format!("group:{group}")
}

/// The prefix of [`BY_DESK`] for one desk.
#[must_use]
pub fn desk_prefix(tenant: &TenantKey, desk: &str) -> Vec<u8> {
    scoped(tenant, &[desk.as_bytes(), &[0]])
}

/// The prefix of [`BY_DECIDER`], [`BY_ABSENT`] and [`BY_STAND_IN`] for one person.
#[must_use]
pub fn user_prefix(tenant: &TenantKey, user: UserId) -> Vec<u8> {
    scoped(tenant, &[user.bytes()])
}

/// The prefix of [`BY_CONSENT`] and [`BY_UNIT`] for one capability.
#[must_use]
pub fn unit_prefix(tenant: &TenantKey, capability: CapabilityId) -> Vec<u8> {
    scoped(tenant, &[capability.bytes()])
}

/// The prefix of [`BY_MATTER`] for one kind.
#[must_use]
pub fn matter_prefix(tenant: &TenantKey, kind: MatterKind) -> Vec<u8> {
    scoped(tenant, &[kind.word().as_bytes(), &[0]])
}

fn due_prefix(tenant: &TenantKey, at: Timestamp) -> Vec<u8> {
    scoped(tenant, &[&u64::try_from(at.as_millisecond()).unwrap_or(0).to_be_bytes()])
}

/// The desks of a request.
fn desks(approval: &Approval) -> Vec<String> {
    let roles = approval.roles().into_iter().map(role_desk);
    approval.group.iter().map(|group| group_desk(group)).chain(roles).collect()
}

impl Record for Approval {
    const TABLE: &'static str = "approval";
    const SHAPE: u8 = 2;

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
        if let Some((capability, _, _)) = self.matter.version() {
            rows.add(BY_CAPABILITY, with_id(capability_prefix(&self.tenant, capability, self.state)));
            if self.state == ApprovalState::Approved && self.matter.kind() == MatterKind::Run {
                rows.add(BY_CONSENT, with_id(unit_prefix(&self.tenant, capability)));
            }
        }
        if self.state == ApprovalState::Open {
            for desk in desks(self) {
                rows.add(BY_DESK, with_id(desk_prefix(&self.tenant, &desk)));
            }
            let barred = self.barred.iter().filter_map(|one| one.account.id.as_deref()?.parse::<UserId>().ok());
            let done: BTreeSet<UserId> = self.decisions.iter().map(|decision| decision.user).chain(barred).collect();
            for user in done {
                rows.add(BY_DECIDER, with_id(user_prefix(&self.tenant, user)));
            }
            rows.add(BY_MATTER, with_id(matter_prefix(&self.tenant, self.matter.kind())));
        }
        if let Some(at) = self.due_at() {
            rows.add(BY_DUE, with_id(due_prefix(&self.tenant, at)));
        }
    }

    /// Shape 1 knew of runs only.
    fn upgrade(shape: u8, mut value: Value) -> Result<Self, ShapeError> {
        if shape != 1 {
            return Err(ShapeError(shape));
        }
        let fields = value.as_object_mut().ok_or(ShapeError(shape))?;
        let mut matter = json!({ "kind": "run" });
        for name in ["run", "capability", "capability_name", "version"] {
            matter[name] = fields.remove(name).ok_or(ShapeError(shape))?;
        }
        fields.insert("matter".to_owned(), matter);
        serde_json::from_value(value).map_err(|_| ShapeError(shape))
    }
}

impl Record for Delegation {
    const TABLE: &'static str = "delegation";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        if self.ended_at.is_none() {
            rows.add(BY_ABSENT, [user_prefix(&self.tenant, self.from).as_slice(), self.id.bytes()].concat());
            rows.add(BY_STAND_IN, [user_prefix(&self.tenant, self.to).as_slice(), self.id.bytes()].concat());
        }
    }
}

impl Record for Standing {
    const TABLE: &'static str = "standing_approval";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        if self.revoked.is_none() {
            rows.add(BY_UNIT, [unit_prefix(&self.tenant, self.capability).as_slice(), self.id.bytes()].concat());
        }
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
