//! What an approver sees: everything that the digest covers, what changed since the last approved version, and how it went
//! before.

use super::Approvals;
use super::held::Held;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::{Approval, ApprovalState, Decision, Matter};
use crate::domain::capability::{Capability, Version};
use crate::domain::ids::CapabilityId;
use crate::domain::run::{Phase, Run};
use crate::service::runs::summary;
use crate::service::{resource, storage_fault};
use crate::store::record::approval::{BY_CONSENT, unit_prefix};
use crate::store::record::run;
use crate::store::{Scan, Snapshot, Stored};
use crate::wire::approval::{ApprovalDetail, DecisionView, LastApproved, PublishWish, SettingChange};
use crate::wire::run::RunSummary;

/// Earlier runs that are shown, for each way to end.
const EARLIER: usize = 5;

impl Approvals {
    /// # Errors
    /// Not found, also when the caller may not see it.
    pub async fn show(&self, caller: &Caller, id: &str) -> Result<ApprovalDetail, Fault> {
        let (stored, held) = self.find(caller, Action::ApprovalView, id).await?;
        let approval = stored.record;
        let (thing, behalf) = self.seen_by(&self.read()?, caller, &approval)?;
        let _permit = self.gate.allow(caller, Action::ApprovalView, &thing).await?;
        let mut detail = {
            let snapshot = self.read()?;
            let standing = self.runs.standing(&snapshot, &approval)?;
            let lapse = match approval.state {
                ApprovalState::Open => self.lapse(&snapshot, &approval, &held)?,
                _ => None,
            };
            ApprovalDetail {
                summary: self.summary(&snapshot, caller, &approval)?,
                binding: approval.binding.clone(),
                needs_password: approval.needs_password(),
                proven: self.identity.is_proven(&snapshot, caller)?,
                on_behalf_of: behalf.map(|behalf| behalf.name),
                reason: approval.reason.clone(),
                ticket: None,
                trigger: None,
                source: None,
                run_phase: None,
                version_digest: None,
                inputs: serde_json::Map::new(),
                inputs_digest: None,
                limits: None,
                network: None,
                writes: Vec::new(),
                isolation: None,
                overrides: Vec::new(),
                decisions: approval.decisions.iter().map(|one| decision(one, standing.counts(one))).collect(),
                last_approved: None,
                diff: None,
                earlier: Vec::new(),
                change: None,
                publish: None,
                lapsed: lapse.map(|(code, detail)| format!("{}: {detail}", code.text)),
            }
        };
        match &held {
            Held::Run(waiting) => self.about_run(caller, &approval, &waiting.run.record, &mut detail).await?,
            Held::Review(run) => self.about_run(caller, &approval, &run.record, &mut detail).await?,
            Held::Publish(both) => self.about_version(caller, &approval, &both.0.record, &both.1.record, &mut detail).await?,
            Held::Setting(change) => {
                detail.change = Some(SettingChange {
                    setting: change.setting.clone(),
                    name: change.name.clone(),
                    before: change.before.clone(),
                    after: change.after.clone(),
                });
            }
        }
        Ok(detail)
    }

    async fn about_run(&self, caller: &Caller, approval: &Approval, run: &Run, detail: &mut ApprovalDetail) -> Result<(), Fault> {
        let loaded = self.capabilities.loaded(&run.tenant, run.capability, run.version)?;
        let version = resource::version(&loaded.capability, &loaded.version);
        let manifest = &loaded.version.manifest;
        let hold = run.hold.as_deref();
        detail.reason.clone_from(&run.reason);
        detail.ticket.clone_from(&run.ticket);
        detail.trigger = Some(run.trigger);
        detail.source.clone_from(&run.source);
        detail.run_phase = Some(run.phase);
        detail.version_digest = Some(run.version_digest.clone());
        detail.inputs.clone_from(&run.inputs);
        detail.inputs_digest = Some(run.inputs_digest.clone());
        detail.limits = Some(manifest.limits);
        detail.network = Some(manifest.network);
        detail.writes.clone_from(&manifest.write_boundary.writes);
        detail.isolation = hold.map(|hold| hold.isolation);
        detail.overrides = hold.map(|hold| hold.overrides.clone()).unwrap_or_default();
        detail.last_approved = last_approved(&self.read()?, approval, run.capability)?;
        if let Some(last) = detail.last_approved.as_ref().filter(|last| last.version != run.version)
            && self.gate.may(caller, Action::CapabilityViewSource, &version)
        {
            let name = loaded.capability.name.as_str();
            detail.diff = Some(self.capabilities.diff(caller, name, last.version, run.version).await?);
        }
        detail.earlier = self.earlier(&self.read()?, caller, run.capability)?;
        Ok(())
    }

    async fn about_version(
        &self,
        caller: &Caller,
        approval: &Approval,
        capability: &Capability,
        version: &Version,
        detail: &mut ApprovalDetail,
    ) -> Result<(), Fault> {
        let manifest = &version.manifest;
        detail.version_digest = Some(version.digest.clone());
        detail.limits = Some(manifest.limits);
        detail.network = Some(manifest.network);
        detail.writes.clone_from(&manifest.write_boundary.writes);
        if let Some(current) = capability.current.filter(|current| *current != version.number)
            && self.gate.may(caller, Action::CapabilityViewSource, &resource::version(capability, version))
        {
            detail.diff = Some(self.capabilities.diff(caller, capability.name.as_str(), current, version.number).await?);
        }
        let snapshot = self.read()?;
        detail.earlier = self.earlier(&snapshot, caller, capability.id)?;
        detail.publish = Some(PublishWish {
            changelog: version.changelog.clone(),
            at: if let Matter::Publish(publish) = &approval.matter { publish.at.map(|at| at.to_string()) } else { None },
            author: version.created_by.clone(),
            check: version.check.as_ref().map(crate::service::capabilities::check_report),
            open_remarks: crate::service::capabilities::Capabilities::open_remarks(&snapshot, version)?,
        });
        Ok(())
    }

    /// The latest runs of the capability that ended, newest first, as far as the caller may see them.
    fn earlier(&self, snapshot: &Snapshot, caller: &Caller, capability: CapabilityId) -> Result<Vec<RunSummary>, Fault> {
        let mut ended = Vec::new();
        for phase in [Phase::Succeeded, Phase::Failed, Phase::TimedOut, Phase::Cancelled, Phase::Interrupted] {
            let prefix = run::capability_prefix(&caller.tenant, capability, phase);
            let scan = Scan::index(run::BY_CAPABILITY, &prefix).reverse().limit(EARLIER);
            ended.extend(snapshot.scan::<Run>(&scan).map_err(storage_fault)?.into_iter().map(|stored| stored.record));
        }
        ended.sort_by_key(|run| std::cmp::Reverse(run.id));
        ended.retain(|run| self.gate.may(caller, Action::RunView, &resource::run(run)));
        Ok(ended.iter().take(EARLIER).map(|run| summary(run, None)).collect())
    }
}

/// The last consent to a run that was used for this capability.
fn last_approved(snapshot: &Snapshot, approval: &Approval, capability: CapabilityId) -> Result<Option<LastApproved>, Fault> {
    let prefix = unit_prefix(&approval.tenant, capability);
    let some: Vec<Stored<Approval>> = snapshot.scan(&Scan::index(BY_CONSENT, &prefix).reverse().limit(2)).map_err(storage_fault)?;
    let last = some.into_iter().map(|stored| stored.record).find(|last| last.id != approval.id);
    Ok(last.and_then(|last| {
        let (_, _, version) = last.matter.version()?;
        Some(LastApproved { approval: last.id.to_string(), version, at: last.closed_at.unwrap_or(last.created_at).to_string() })
    }))
}

pub(super) fn decision(decision: &Decision, counts: bool) -> DecisionView {
    DecisionView {
        by: decision.by.clone(),
        verdict: decision.verdict,
        comment: decision.comment.clone(),
        at: decision.at.to_string(),
        reauthenticated: decision.reauthenticated,
        self_approved: decision.self_approved,
        on_behalf_of: decision.on_behalf.as_ref().map(|behalf| behalf.name.clone()),
        counts,
    }
}
