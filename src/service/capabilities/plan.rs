//! What would happen if a run were started now: the dry run that starts nothing.

use serde_json::Value;

use super::Capabilities;
use crate::base::fault::{Fault, FieldFault};
use crate::crypto::canonical;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::Need;
use crate::domain::capability::{Binding, Kind, Risk};
use crate::domain::freeze::About;
use crate::domain::run::{IsolationLevel, Phase, Run, StartMode};
use crate::service::{conditions, freezes, resource};
use crate::store::Scan;
use crate::store::record::run::{BY_CAPABILITY, capability_prefix};
use crate::wire::approval::StartRule;
use crate::wire::capability::{Plan, PlanError, PlanRequest, Verdict};
use crate::wire::freeze::FreezeInForce;

/// Successful runs looked at for the expected duration.
const SAMPLE: usize = 15;

/// What the executors say about this host.
pub trait Outlook: Send + Sync {
    /// The isolation a run would get.
    fn isolation(&self) -> IsolationLevel;
    /// The interpreter that would run it, or why none would.
    fn interpreter(&self, manifest: &crate::domain::capability::Manifest) -> Result<String, String>;
    /// How a run would be started.
    fn start(&self, manifest: &crate::domain::capability::Manifest) -> StartMode;
    /// The command line a script would see after its own name.
    fn argv(&self, manifest: &crate::domain::capability::Manifest, inputs: &serde_json::Map<String, Value>) -> Option<Vec<String>>;
    /// Runs waiting in the queue.
    fn waiting(&self) -> u64;
}

impl Capabilities {
    /// # Errors
    /// Not found, also when the caller may not see it.
    pub async fn plan(&self, caller: &Caller, name: &str, request: &PlanRequest, outlook: &dyn Outlook) -> Result<Plan, Fault> {
        let loaded = self.seen(caller, Action::CapabilityView, name, request.version).await?;
        let version = &loaded.version;
        let resource = resource::version(&loaded.capability, version);
        let explanation = self.gate.explain(caller, Action::CapabilityRun, &resource);
        let (inputs, errors) = match loaded.inputs.complete(&request.inputs) {
            Ok(inputs) => (inputs, Vec::new()),
            Err(errors) => (request.inputs.clone(), errors),
        };
        let manifest = &version.manifest;
        let argv = match manifest.binding {
            Binding::Argv if errors.is_empty() => outlook.argv(manifest, &inputs),
            _ => None,
        };
        let (effective, frozen, ahead) = {
            let snapshot = self.ledger.read().map_err(crate::service::storage_fault)?;
            let (tenant, id, now) = (&loaded.capability.tenant, loaded.capability.id, self.clock.now());
            let about = About { capability: id, space: &loaded.capability.space, risk: manifest.risk };
            let frozen = freezes::in_force(&snapshot, tenant, &about, now)?;
            (conditions::in_force(&snapshot, tenant, id, manifest.risk)?, frozen, freezes::ahead(&snapshot, tenant, &about, now)?)
        };
        let refusal = refusal(explanation.decision.allowed, &explanation, version);
        Ok(Plan {
            capability: loaded.capability.name.to_string(),
            version: version.number,
            version_digest: version.digest.clone(),
            verdict: match effective.rule.need {
                _ if refusal.is_some() => Verdict::Refused,
                _ if !frozen.is_empty() => Verdict::Frozen,
                Need::None => Verdict::Allowed,
                Need::Confirm => Verdict::NeedsConfirmation,
                Need::Approve { .. } => Verdict::NeedsApproval,
            },
            freezes: frozen.into_iter().map(in_the_way).collect(),
            freezes_ahead: ahead,
            needs: StartRule { rule: effective.rule, source: effective.source },
            policies: explanation.decision.policies.clone(),
            reason: refusal,
            inputs_digest: canonical::sha256_of(&Value::Object(inputs.clone())),
            inputs,
            errors: errors.into_iter().map(plan_error).collect(),
            risk: manifest.risk,
            writes: manifest.write_boundary.writes.clone(),
            network: manifest.network,
            limits: manifest.limits,
            isolation: outlook.isolation(),
            start: outlook.start(manifest),
            interpreter: outlook.interpreter(manifest).ok(),
            argv,
            queued_ahead: outlook.waiting(),
            expected_ms: self.expected_ms(&loaded.capability)?,
        })
    }

    /// The median duration of recent successful runs.
    fn expected_ms(&self, capability: &crate::domain::capability::Capability) -> Result<Option<u64>, Fault> {
        let snapshot = self.ledger.read().map_err(crate::service::storage_fault)?;
        let prefix = capability_prefix(&capability.tenant, capability.id, Phase::Succeeded);
        let runs =
            snapshot.scan::<Run>(&Scan::index(BY_CAPABILITY, &prefix).reverse().limit(SAMPLE)).map_err(crate::service::storage_fault)?;
        let mut durations: Vec<u64> =
            runs.iter().filter_map(|run| run.record.attempts.last().map(|attempt| attempt.usage.wall_ms)).collect();
        durations.sort_unstable();
        Ok(durations.get(durations.len() / 2).copied())
    }
}

fn in_the_way(freeze: freezes::InForce) -> FreezeInForce {
    FreezeInForce { id: freeze.id.to_string(), name: freeze.name, until: freeze.until.to_string() }
}

fn refusal(
    allowed: bool,
    explanation: &crate::domain::access::Explanation,
    version: &crate::domain::capability::Version,
) -> Option<String> {
    if !allowed {
        return Some(explanation.decision.hint.clone().unwrap_or_else(|| "no policy permits you to run it".to_owned()));
    }
    (!version.phase.runs()).then(|| format!("version {} is {}; publish it first", version.number, version.phase.word()))
}

/// Whether a version is always started in a new interpreter.
#[must_use]
pub fn start_mode(kind: Kind, risk: Risk) -> StartMode {
    match (kind, risk) {
        (Kind::Python, Risk::Low | Risk::Medium | Risk::High) => StartMode::Warm,
        (Kind::Python, Risk::Critical) | (Kind::Shell, _) => StartMode::Cold,
    }
}

pub(super) fn plan_error(fault: FieldFault) -> PlanError {
    PlanError { pointer: fault.pointer, rule: fault.rule, message: fault.message, params: fault.params.into_iter().collect() }
}
