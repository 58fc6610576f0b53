//! What would happen if a run were started now: the dry run that starts nothing.

use serde_json::Value;

use super::Capabilities;
use crate::base::fault::{Fault, FieldFault};
use crate::crypto::canonical;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::Need;
use crate::domain::capability::{Kind, Manifest};
use crate::domain::freeze::About;
use crate::domain::run::{IsolationLevel, Phase, Run};
use crate::exec::registry::Outline;
use crate::service::{conditions, freezes, resource, resources};
use crate::store::Scan;
use crate::store::record::run::{BY_CAPABILITY, capability_prefix};
use crate::wire::approval::StartRule;
use crate::wire::capability::{Plan, PlanError, PlanRequest, Verdict};
use crate::wire::freeze::FreezeInForce;

/// Successful runs looked at for the expected duration.
const SAMPLE: usize = 15;

/// What the executors say about this host.
pub trait Outlook: Send + Sync {
    /// The isolation that a run of a kind would get.
    fn isolation(&self, kind: Kind) -> IsolationLevel;
    /// What a run would be.
    fn outline(&self, manifest: &Manifest, inputs: &serde_json::Map<String, Value>) -> Outline;
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
        let outline = outlook.outline(manifest, &inputs);
        let (effective, frozen, ahead, request) = {
            let snapshot = self.ledger.read().map_err(crate::service::storage_fault)?;
            let (tenant, id, now) = (&loaded.capability.tenant, loaded.capability.id, self.clock.now());
            let about = About { capability: id, space: &loaded.capability.space, risk: manifest.risk };
            let frozen = freezes::in_force(&snapshot, tenant, &about, now)?;
            let ahead = freezes::ahead(&snapshot, tenant, &about, now)?;
            let request = match &manifest.http {
                Some(call) => Some(resources::preview(&snapshot, &loaded, call, &inputs)?),
                None => None,
            };
            (conditions::in_force(&snapshot, tenant, id, manifest.risk)?, frozen, ahead, request)
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
            risk: manifest.risk,
            writes: manifest.write_boundary.writes.clone(),
            network: manifest.network,
            limits: manifest.limits,
            isolation: outline.isolation,
            start: outline.start,
            interpreter: outline.interpreter.ok(),
            argv: if errors.is_empty() { outline.argv } else { None },
            request,
            errors: errors.into_iter().map(plan_error).collect(),
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

pub(super) fn plan_error(fault: FieldFault) -> PlanError {
    PlanError { pointer: fault.pointer, rule: fault.rule, message: fault.message, params: fault.params.into_iter().collect() }
}
