//! How runs are stored and found.
//!
//! Keys: `tenant 0x00 run`. Every index ends with the run's id, whose order is that of time, so that lists can merge
//! index ranges and still come out newest first.

use super::{Index, IndexRows, Record, scoped};
use crate::base::clock::Timestamp;
use crate::domain::ids::{CapabilityId, SecretId, TenantKey};
use crate::domain::run::{Idempotency, Phase, Run, RunOutput};

/// `tenant 0x00 phase run`
pub const BY_PHASE: Index = Index("by_phase");
/// `tenant 0x00 capability phase run`
pub const BY_CAPABILITY: Index = Index("by_capability");
/// `tenant 0x00 requester 0x00 phase run`
pub const BY_REQUESTER: Index = Index("by_requester");

/// `tenant 0x00 secret run`: which runs were given a secret.
pub const BY_SECRET: Index = Index("by_secret");

/// The prefix of [`BY_SECRET`] for one secret.
#[must_use]
pub fn secret_prefix(tenant: &TenantKey, secret: SecretId) -> Vec<u8> {
    scoped(tenant, &[secret.bytes()])
}

/// `tenant 0x00 milliseconds run`, of runs that wait for a decision: when the wait is over.
pub const BY_DEADLINE: Index = Index("by_deadline");

/// The key of [`BY_DEADLINE`] up to the run: big-endian, so that it sorts by time.
#[must_use]
pub fn deadline_prefix(tenant: &TenantKey, at: Timestamp) -> Vec<u8> {
    scoped(tenant, &[&u64::try_from(at.as_millisecond()).unwrap_or(0).to_be_bytes()])
}

/// The prefix of [`BY_PHASE`] for one phase.
#[must_use]
pub fn phase_prefix(tenant: &TenantKey, phase: Phase) -> Vec<u8> {
    scoped(tenant, &[&[phase.byte()]])
}

/// The prefix of [`BY_CAPABILITY`] for one phase.
#[must_use]
pub fn capability_prefix(tenant: &TenantKey, capability: CapabilityId, phase: Phase) -> Vec<u8> {
    scoped(tenant, &[capability.bytes(), &[phase.byte()]])
}

/// The prefix of [`BY_REQUESTER`] for one phase.
#[must_use]
pub fn requester_prefix(tenant: &TenantKey, requester: &str, phase: Phase) -> Vec<u8> {
    scoped(tenant, &[requester.as_bytes(), &[0, phase.byte()]])
}

impl Record for Run {
    const TABLE: &'static str = "run";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        let id: &[u8] = self.id.bytes();
        let with_id = |mut key: Vec<u8>| {
            key.extend_from_slice(id);
            key
        };
        rows.add(BY_PHASE, with_id(phase_prefix(&self.tenant, self.phase)));
        rows.add(BY_CAPABILITY, with_id(capability_prefix(&self.tenant, self.capability, self.phase)));
        let requester = self.requester.id.as_deref().unwrap_or_default();
        if matches!(self.phase, Phase::AwaitingConfirmation | Phase::AwaitingApproval)
            && let Some(hold) = &self.hold
        {
            rows.add(BY_DEADLINE, with_id(deadline_prefix(&self.tenant, hold.expires_at)));
        }
        rows.add(BY_REQUESTER, with_id(requester_prefix(&self.tenant, requester, self.phase)));
        let mut secrets: Vec<SecretId> = self.attempts.iter().flat_map(|attempt| &attempt.secrets).map(|used| used.id).collect();
        secrets.sort_unstable();
        secrets.dedup();
        for secret in secrets {
            rows.add(BY_SECRET, with_id(secret_prefix(&self.tenant, secret)));
        }
    }
}

/// What a run left behind, stored under the run's key. The key travels beside the value.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct StoredOutput {
    pub tenant: TenantKey,
    pub run: crate::domain::ids::RunId,
    #[serde(flatten)]
    pub output: RunOutput,
}

impl Record for StoredOutput {
    const TABLE: &'static str = "run_output";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.run.bytes()])
    }
}

impl Record for Idempotency {
    const TABLE: &'static str = "idempotency";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        idempotency_key(&self.tenant, &self.principal, &self.key_digest)
    }
}

#[must_use]
pub fn idempotency_key(tenant: &TenantKey, principal: &str, key_digest: &str) -> Vec<u8> {
    scoped(tenant, &[principal.as_bytes(), &[0], key_digest.as_bytes()])
}
