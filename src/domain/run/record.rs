//! What is recorded of one execution: enough to say who ran what, when, with which inputs, allowed by what, with what result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Phase;
use crate::base::clock::Timestamp;
use crate::domain::access::DEFAULT_SPACE;
use crate::domain::approval::{Rule, RuleSource};
use crate::domain::audit::Actor;
use crate::domain::capability::Name;
use crate::domain::ids::{ApprovalId, CapabilityId, FreezeId, ResourceId, RunId, StandingId, TenantKey};
use crate::domain::vault::SecretUse;

/// What caused a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    Console,
    Cli,
    Api,
    /// An example of a version, tried before others look at it.
    Test,
    /// Something was delivered to a webhook.
    Webhook,
}

/// How an attempt is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartMode {
    /// Forked from a preloaded interpreter.
    Warm,
    /// A new interpreter process.
    Cold,
    /// By the appliance itself: there is no program to start.
    Direct,
}

/// How strongly an attempt is separated from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IsolationLevel {
    /// Own process group and limits only.
    Process,
    /// Some namespaces or filters are missing; `missing` says which.
    Partial,
    /// User, mount, pid, network, ipc and uts namespaces, own root, seccomp, no new privileges, no capabilities.
    Full,
    /// Nothing of the capability is executed: the appliance makes the request that it declares.
    NoCode,
}

/// The isolation an attempt really had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Isolation {
    pub level: IsolationLevel,
    /// What enforces the memory bound: `cgroup2`, `cgroup1`, `rlimit`, or `caps` where no program runs.
    pub memory: String,
    /// Features that were wanted and not to be had on this host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// What an attempt consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    pub wall_ms: u64,
    pub cpu_user_ms: u64,
    pub cpu_system_ms: u64,
    /// Peak resident memory, in bytes.
    pub memory_peak_bytes: u64,
}

/// One try at executing a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// The interpreter that ran it, by path and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The error code that says why it did not succeed, such as `EG-RUN-020`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// One sentence with the particulars of `reason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The log of this attempt, when another one followed; the last attempt's is that of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogSeal>,
    /// Hosts and addresses that it was connected with, as `host (address)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<String>,
    #[serde(default)]
    pub usage: Usage,
    /// Secrets it was given, never their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretUse>,
}

/// The resource that a run reaches, as it was when the run was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunResource {
    #[schema(value_type = String)]
    pub id: ResourceId,
    pub name: String,
    /// Lower-case hexadecimal SHA-256 of its settings: addresses, credentials by name, write boundary.
    pub digest: String,
    /// Hosts that it may reach.
    pub hosts: Vec<String>,
    /// Whether it takes credentials from the vault.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signs_in: bool,
}

/// A file that a run left in `outputs/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunArtifact {
    /// Path relative to `outputs/`.
    pub name: String,
    pub bytes: u64,
    /// Lower-case hexadecimal SHA-256 of the content.
    pub sha256: String,
    pub media_type: String,
}

/// The finished log: nothing is added after it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogSeal {
    pub lines: u64,
    /// Bytes of output kept.
    pub bytes: u64,
    /// Bytes of output beyond the cap that were dropped.
    pub dropped_bytes: u64,
    /// Lower-case hexadecimal SHA-256 of the log in its canonical form.
    pub sha256: String,
}

/// What a run waits or waited for before it may be queued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    pub rule: Rule,
    pub source: RuleSource,
    /// The digest of everything that would execute: what is confirmed or approved.
    pub binding: String,
    /// The isolation that was promised to those who decide.
    pub isolation: IsolationLevel,
    pub expires_at: Timestamp,
    /// Freezes in spite of which it shall start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// The request for approval, under a rule that asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// The consent to many runs that covered this one, so that nobody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<StandingId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// The consents that were used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// Why it never ran: an error code and a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<HoldEnd>,
}

/// A freeze in spite of which a run shall start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Override {
    #[schema(value_type = String)]
    pub id: FreezeId,
    pub name: String,
}

/// One consent that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    pub by: Actor,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The requester decided; only where the appliance is governed by one person.
    #[serde(default)]
    pub self_approved: bool,
}

/// Why a run that waited never ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldEnd {
    /// An error code such as `EG-APR-021`.
    pub code: String,
    pub detail: String,
}

/// What keeps a run in the queue although places are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// It needs a secret, and the vault is sealed.
    Vault,
    /// The account that asked for it is disabled.
    Requester,
}

/// One execution of one version with one set of inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub tenant: TenantKey,
    pub phase: Phase,
    pub capability: CapabilityId,
    pub capability_name: Name,
    /// Where the capability lived when the run was asked for.
    #[serde(default = "default_space")]
    pub space: String,
    pub version: u32,
    /// Lower-case hexadecimal SHA-256 of the version's canonical form.
    pub version_digest: String,
    pub requester: Actor,
    pub trigger: Trigger,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub inputs: Map<String, Value>,
    /// Lower-case hexadecimal SHA-256 of the inputs as RFC 8785 canonical JSON.
    pub inputs_digest: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The change ticket that the run belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// 0 (last) to 9 (first).
    pub priority: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_key: Option<String>,
    /// What it reaches outside, when its kind reaches anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Box<RunResource>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The policies that allowed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_by: Vec<String>,
    /// What stood between the request and the queue; absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Box<Hold>>,
    /// It went ahead without asking; this is the review that was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ApprovalId>,
    /// The run this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<RunId>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<Timestamp>,
    /// A queued run waits for this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// A queued run waits at least until then (retry backoff).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_asked_by: Option<Actor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// Lower-case hexadecimal SHA-256 of the result as RFC 8785 canonical JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<RunArtifact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogSeal>,
}

/// What a run left behind beside its record: kept apart so that lists stay small.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunOutput {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// A small log, in the log store's inline form (base64).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The small logs of attempts that another one followed, with the number of the attempt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<(u32, String)>,
}

impl RunOutput {
    /// The small log of an attempt, if it has one.
    #[must_use]
    pub fn log_of(&self, run: &Run, attempt: u32) -> Option<&String> {
        let earlier = self.earlier.iter().find(|(number, _)| *number == attempt).map(|(_, log)| log);
        earlier.or(if attempt == run.attempt_number() { self.log.as_ref() } else { None })
    }
}

/// Where everything lived before there were spaces.
fn default_space() -> String {
    DEFAULT_SPACE.to_owned()
}

impl Run {
    /// The number of the attempt that began last; 0 before the first.
    #[must_use]
    pub fn attempt_number(&self) -> u32 {
        u32::try_from(self.attempts.len()).unwrap_or(u32::MAX)
    }

    /// The seal of the log of an attempt, once it is over.
    #[must_use]
    pub fn seal_of(&self, attempt: u32) -> Option<&LogSeal> {
        let kept = (attempt as usize).checked_sub(1).and_then(|at| self.attempts.get(at)).and_then(|attempt| attempt.log.as_ref());
        kept.or(if attempt == self.attempt_number() { self.log.as_ref() } else { None })
    }
}

/// A request that may be sent twice and is carried out once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Idempotency {
    pub tenant: TenantKey,
    /// Id of the principal whose key it is.
    pub principal: String,
    /// SHA-256 of the `Idempotency-Key` header.
    pub key_digest: String,
    /// SHA-256 of the request, so that another request under the same key is noticed.
    pub request_digest: String,
    pub run: RunId,
    pub created_at: Timestamp,
}
