//! What an approver sees: everything that the digest covers, what changed since the last approved version, and how it went
//! before.

use super::Approvals;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::{Approval, ApprovalState, Decision};
use crate::domain::run::{Phase, Run};
use crate::service::runs::summary;
use crate::service::{persons, resource, storage_fault};
use crate::store::record::approval::{BY_CAPABILITY, capability_prefix};
use crate::store::record::run;
use crate::store::{Scan, Snapshot, Stored};
use crate::wire::approval::{ApprovalDetail, DecisionView, LastApproved};
use crate::wire::run::RunSummary;

/// Earlier runs that are shown, for each way to end.
const EARLIER: usize = 5;

impl Approvals {
    /// # Errors
    /// Not found, also when the caller may not see it.
    pub async fn show(&self, caller: &Caller, id: &str) -> Result<ApprovalDetail, Fault> {
        let (stored, waiting) = self.find(caller, Action::ApprovalView, id).await?;
        let approval = stored.record;
        let thing = persons::approval(&self.read()?, &approval)?;
        let _permit = self.gate.allow(caller, Action::ApprovalView, &thing).await?;
        let run = waiting.run.record;
        let loaded = self.capabilities.loaded(&run.tenant, run.capability, run.version)?;
        let version = resource::version(&loaded.capability, &loaded.version);
        let last_approved = last_approved(&self.read()?, &approval)?;
        let diff = match &last_approved {
            Some(last) if last.version != run.version && self.gate.may(caller, Action::CapabilityViewSource, &version) => {
                Some(self.capabilities.diff(caller, loaded.capability.name.as_str(), last.version, run.version).await?)
            }
            _ => None,
        };
        let snapshot = self.read()?;
        let standing = self.runs.standing(&snapshot, &approval)?;
        let counts = |decision: &Decision| standing.iter().any(|user| user.record.id == decision.user);
        let lapse = match approval.state {
            ApprovalState::Open => self.runs.lapse(&snapshot, &run)?,
            _ => None,
        };
        let manifest = &loaded.version.manifest;
        let hold = run.hold.as_deref();
        Ok(ApprovalDetail {
            summary: self.summary(&snapshot, caller, &approval)?,
            binding: approval.binding.clone(),
            needs_password: approval.needs_password(),
            reason: run.reason.clone(),
            ticket: run.ticket.clone(),
            trigger: run.trigger,
            source: run.source.clone(),
            run_phase: run.phase,
            version_digest: run.version_digest.clone(),
            inputs: run.inputs.clone(),
            inputs_digest: run.inputs_digest.clone(),
            limits: manifest.limits,
            network: manifest.network,
            writes: manifest.write_boundary.writes.clone(),
            isolation: hold.map(|hold| hold.isolation),
            overrides: hold.map(|hold| hold.overrides.clone()).unwrap_or_default(),
            decisions: approval.decisions.iter().map(|decision| view(decision, counts(decision))).collect(),
            last_approved,
            diff,
            earlier: self.earlier(&snapshot, caller, &run)?,
            lapsed: lapse.map(|(code, detail)| format!("{}: {detail}", code.text)),
        })
    }

    /// The latest runs of the capability that ended, newest first, as far as the caller may see them.
    fn earlier(&self, snapshot: &Snapshot, caller: &Caller, run: &Run) -> Result<Vec<RunSummary>, Fault> {
        let mut ended = Vec::new();
        for phase in [Phase::Succeeded, Phase::Failed, Phase::TimedOut, Phase::Cancelled, Phase::Interrupted] {
            let prefix = run::capability_prefix(&run.tenant, run.capability, phase);
            let scan = Scan::index(run::BY_CAPABILITY, &prefix).reverse().limit(EARLIER);
            ended.extend(snapshot.scan::<Run>(&scan).map_err(storage_fault)?.into_iter().map(|stored| stored.record));
        }
        ended.sort_by_key(|run| std::cmp::Reverse(run.id));
        ended.retain(|run| self.gate.may(caller, Action::RunView, &resource::run(run)));
        Ok(ended.iter().take(EARLIER).map(|run| summary(run, None)).collect())
    }
}

/// The last consent that was used for this capability.
fn last_approved(snapshot: &Snapshot, approval: &Approval) -> Result<Option<LastApproved>, Fault> {
    let prefix = capability_prefix(&approval.tenant, approval.capability, ApprovalState::Approved);
    let some: Vec<Stored<Approval>> = snapshot.scan(&Scan::index(BY_CAPABILITY, &prefix).reverse().limit(2)).map_err(storage_fault)?;
    let last = some.into_iter().map(|stored| stored.record).find(|last| last.id != approval.id);
    Ok(last.map(|last| LastApproved {
        approval: last.id.to_string(),
        version: last.version,
        at: last.closed_at.unwrap_or(last.created_at).to_string(),
    }))
}

fn view(decision: &Decision, counts: bool) -> DecisionView {
    DecisionView {
        by: decision.by.clone(),
        verdict: decision.verdict,
        comment: decision.comment.clone(),
        at: decision.at.to_string(),
        reauthenticated: decision.reauthenticated,
        self_approved: decision.self_approved,
        counts,
    }
}
