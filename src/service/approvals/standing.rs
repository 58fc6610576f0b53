//! Standing approvals: asked for, agreed to like any other request, listed, taken back, and found by the starts they cover.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::settings::{Agreed, Effect, Enact};
use super::{Approvals, Wish, ask, faults, show};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::approval::standing::{DAYS_MOST, Holder, Pattern, Revoked};
use crate::domain::approval::{Approval, Change, Need, Rule, Standing};
use crate::domain::audit::Subject;
use crate::domain::capability::{Capability, Name, Risk, Version};
use crate::domain::ids::{CapabilityId, StandingId, TenantKey};
use crate::domain::run::Run;
use crate::service::runs::Runs;
use crate::service::runs::hold::Consenting;
use crate::service::{commit_fault, conditions, persons, resource, storage_fault};
use crate::store::record::approval::{BY_UNIT, unit_prefix};
use crate::store::record::capability::version_key;
use crate::store::record::scoped;
use crate::store::{Commit, Scan, Snapshot, Stored};
use crate::wire::approval::{Asked, StandingRequest, StandingView, StandingViews};

/// The name of the setting under which they are asked for.
pub(super) const SETTING: &str = "standing_approval";
/// Standing approvals of one capability that a start looks at, at most.
const LOOKED_AT: usize = 100;
/// Standing approvals that are shown, at most.
const SHOWN: usize = 500;

/// What is asked for, as the request carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Asking {
    capability: CapabilityId,
    capability_name: Name,
    version: u32,
    version_digest: String,
    risk: Risk,
    inputs: Pattern,
    holder: Holder,
    until: Timestamp,
    rule: Rule,
}

/// A standing approval that covers a run, with those whose consent it rests on.
pub(crate) struct Covering {
    pub standing: Stored<Standing>,
    pub consenting: Consenting,
}

/// The standing approval that covers a run under a rule now: not over, not taken back, and agreed to by enough people who
/// still may and of whom the requester is none.
pub(crate) fn covering(runs: &Runs, snapshot: &Snapshot, run: &Run, rule: &Rule) -> Result<Option<Covering>, Fault> {
    let Need::Approve { approvers, .. } = rule.need else { return Ok(None) };
    let now = runs.clock.now();
    let scan = Scan::index(BY_UNIT, &unit_prefix(&run.tenant, run.capability)).reverse().limit(LOOKED_AT);
    let all: Vec<Stored<Standing>> = snapshot.scan(&scan).map_err(storage_fault)?;
    let fits = |one: &Standing| one.holds(now) && one.covers(&run.version_digest, &run.requester, &run.inputs);
    for standing in all.into_iter().filter(|stored| fits(&stored.record)) {
        let Some((approval, consenting)) = agreed(runs, snapshot, &standing.record, &run.requester)? else { continue };
        // The rule may ask for more, or for others, than when it was agreed to.
        let same = Need::Approve { approvers: approval.approvers, role: approval.role } == rule.need && approval.group == rule.group;
        if same && approval.consents(&|decision| consenting.counts(decision)) >= usize::from(approvers) {
            return Ok(Some(Covering { standing, consenting }));
        }
    }
    Ok(None)
}

/// The request in which it was agreed to, and those whose consent still counts for a run of somebody.
fn agreed(
    runs: &Runs,
    snapshot: &Snapshot,
    standing: &Standing,
    requester: &crate::domain::audit::Actor,
) -> Result<Option<(Approval, Consenting)>, Fault> {
    let stored: Option<Stored<Approval>> = snapshot.get(&scoped(&standing.tenant, &[standing.approval.bytes()])).map_err(storage_fault)?;
    let Some(approval) = stored.map(|stored| stored.record) else { return Ok(None) };
    let mut as_asked = Approval { decisions: standing.decisions.clone(), ..approval };
    // Nobody's consent counts for a run of their own.
    if let Some(user) = persons::account_of(snapshot, &standing.tenant, requester)? {
        let person = user.record.person_key();
        as_asked.barred.push(crate::domain::approval::Barred { account: requester.clone(), person });
    }
    let consenting = runs.standing(snapshot, &as_asked)?;
    Ok(Some((as_asked, consenting)))
}

/// The rule that a request for a standing approval is under: that of the capability, as it is now.
pub(super) fn rule_for(snapshot: &Snapshot, tenant: &TenantKey, change: &Change) -> Result<Rule, Fault> {
    let asking: Asking = super::read_change(change)?;
    Ok(conditions::in_force(snapshot, tenant, asking.capability, asking.risk)?.rule)
}

/// Writes standing approvals that were agreed to.
pub struct StandingApprovals;

impl StandingApprovals {
    #[must_use]
    pub fn setting() -> Arc<dyn Enact> {
        Arc::new(Self)
    }
}

impl Enact for StandingApprovals {
    fn setting(&self) -> &'static str {
        SETTING
    }

    /// Nothing as long as the version is what it was.
    fn current(&self, snapshot: &Snapshot, tenant: &TenantKey, change: &Change) -> Result<Value, Fault> {
        let asking: Asking = super::read_change(change)?;
        let version: Option<Stored<Version>> =
            snapshot.get(&version_key(tenant, asking.capability, asking.version)).map_err(storage_fault)?;
        let same = version.is_some_and(|stored| stored.record.digest == asking.version_digest && stored.record.phase.runs());
        Ok(if same { Value::Null } else { json!("the version is another one, or cannot be run") })
    }

    fn right(&self, tenant: &TenantKey) -> (Action, Resource) {
        (Action::RuleView, Resource::Tenant(tenant.clone()))
    }

    fn enact(&self, _snapshot: &Snapshot, agreed: &Agreed<'_>, commit: &mut Commit) -> Result<Effect, Fault> {
        let asking: Asking = super::read_change(agreed.change)?;
        let standing = Standing {
            id: StandingId::new(agreed.now),
            tenant: agreed.tenant.clone(),
            capability: asking.capability,
            capability_name: asking.capability_name,
            version: asking.version,
            version_digest: asking.version_digest,
            risk: asking.risk,
            inputs: asking.inputs,
            holder: asking.holder,
            requester: agreed.approval.requester.clone(),
            reason: agreed.approval.reason.clone(),
            until: asking.until,
            approval: agreed.approval.id,
            decisions: agreed.approval.decisions.clone(),
            created_at: agreed.now,
            revoked: None,
        };
        commit.insert(&standing);
        Ok(Effect { verb: "approval.stand", subject: subject(&standing), details: Vec::new() })
    }
}

fn subject(standing: &Standing) -> Subject {
    Subject { kind: SETTING.to_owned(), id: Some(standing.id.to_string()), name: Some(standing.capability_name.to_string()) }
}

impl Approvals {
    /// Asks for consent to every run of one version with inputs of one pattern.
    ///
    /// # Errors
    /// [`faults::NOTHING_TO_APPROVE`] when such runs need no approval, [`faults::BAD_WISH`] with the field that makes no sense.
    pub async fn ask_standing(&self, caller: &Caller, request: &StandingRequest) -> Result<Asked, Fault> {
        let loaded = self.capabilities.resolve(caller, &request.capability, request.version).await?;
        let (capability, version) = (&loaded.capability, &loaded.version);
        let permit = self.gate.allow(caller, Action::CapabilityRun, &resource::version(capability, version)).await?;
        let refused = |fault: Fault| async {
            let about =
                Subject { kind: "capability".to_owned(), id: Some(capability.id.to_string()), name: Some(capability.name.to_string()) };
            self.gate.refuse(caller, "approval.request", about, &fault).await;
            Err(fault)
        };
        let asking = match self.asking(request, capability, version) {
            Ok(asking) => asking,
            Err(fault) => return refused(fault).await,
        };
        let mut after = json!(asking);
        if let Some(fields) = after.as_object_mut() {
            fields.remove("rule");
        }
        let change = Change {
            setting: SETTING.to_owned(),
            name: format!("{}@{}", capability.name, version.number),
            change: json!(asking),
            before: Value::Null,
            after,
        };
        let wish = Wish { change, risk: version.manifest.risk.max(Risk::High), reason: Some(request.reason.clone()) };
        self.requests.ask(caller, &permit, wish, &asking.rule).await
    }

    fn asking(&self, request: &StandingRequest, capability: &Capability, version: &Version) -> Result<Asking, Fault> {
        let now = self.clock.now();
        if request.reason.trim().is_empty() {
            return Err(faults::bad("/reason", "`reason` says why nobody shall be asked each time"));
        }
        ask::check_reason(Some(&request.reason))?;
        let until: Timestamp =
            request.until.parse().map_err(|_| faults::bad("/until", "`until` is a moment such as 2027-01-31T00:00:00Z"))?;
        if until <= now || until.as_second() - now.as_second() > DAYS_MOST * 86_400 {
            return Err(faults::bad("/until", format!("`until` lies within the next {DAYS_MOST} days")));
        }
        let known = version.manifest.inputs.get("properties").and_then(Value::as_object);
        let known = |name: &str| known.is_some_and(|known| known.contains_key(name));
        request.inputs.check(&known).map_err(|error| faults::bad(&format!("/inputs{}", error.pointer()), error.to_string()))?;
        if !version.phase.runs() {
            return Err(faults::NOTHING_TO_APPROVE
                .fault(format!("version {} of `{}` is {} and cannot run", version.number, capability.name, version.phase.word()))
                .hint("Publish the version first."));
        }
        let rule = conditions::in_force(&self.read()?, &capability.tenant, capability.id, version.manifest.risk)?.rule;
        if !matches!(rule.need, Need::Approve { .. }) {
            return Err(faults::NOTHING_TO_APPROVE
                .fault(format!("runs of `{}` need no approval", capability.name))
                .hint("See `execgov rule list`."));
        }
        Ok(Asking {
            capability: capability.id,
            capability_name: capability.name.clone(),
            version: version.number,
            version_digest: version.digest.clone(),
            risk: version.manifest.risk,
            inputs: request.inputs.clone(),
            holder: request.holder.unwrap_or(Holder::Requester),
            until,
            rule,
        })
    }

    /// Standing approvals of the tenant, newest first, with whether each covers anything now.
    ///
    /// # Errors
    /// When the caller may not see rules.
    pub async fn standing_approvals(&self, caller: &Caller) -> Result<StandingViews, Fault> {
        let _permit = self.gate.allow(caller, Action::RuleView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let scan = Scan::table(&scoped(&caller.tenant, &[])).reverse().limit(SHOWN);
        let all: Vec<Stored<Standing>> = snapshot.scan(&scan).map_err(storage_fault)?;
        let items = all.iter().map(|stored| self.standing_view(&snapshot, caller, &stored.record)).collect::<Result<_, _>>()?;
        Ok(StandingViews { items })
    }

    /// Takes a standing approval back. Runs that wait in line under it do not start. Taking back twice answers as it is.
    ///
    /// # Errors
    /// Not found, or the caller may not.
    pub async fn revoke_standing(&self, caller: &Caller, id: &str, comment: Option<String>) -> Result<StandingView, Fault> {
        ask::check_reason(comment.as_deref())?;
        let found = {
            let snapshot = self.read()?;
            let stored: Option<Stored<Standing>> = match id.parse::<StandingId>() {
                Ok(id) => snapshot.get(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?,
                Err(_) => None,
            };
            stored.map(|stored| Self::standing_thing(&snapshot, &stored.record).map(|thing| (stored, thing))).transpose()?
        };
        let Some((stored, thing)) = found else {
            return Err(self.gate.missing(caller, Action::ApprovalRevokeStanding, SETTING, id).await);
        };
        let permit = self.gate.allow(caller, Action::ApprovalRevokeStanding, &thing).await?;
        if stored.record.revoked.is_some() {
            return self.standing_view(&self.read()?, caller, &stored.record);
        }
        let revoked = Revoked { by: caller.actor(), at: self.clock.now(), comment };
        let mut event = permit.note(self.gate.event(caller, "approval.revoke_standing", subject(&stored.record)));
        event.details.insert("comment".to_owned(), json!(revoked.comment));
        let next = Standing { revoked: Some(revoked), ..stored.record.clone() };
        let mut commit = Commit::new();
        commit.update(&stored, &next).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        self.standing_view(&self.read()?, caller, &next)
    }

    fn standing_thing(snapshot: &Snapshot, standing: &Standing) -> Result<Resource, Fault> {
        let approval: Option<Stored<Approval>> =
            snapshot.get(&scoped(&standing.tenant, &[standing.approval.bytes()])).map_err(storage_fault)?;
        match approval {
            Some(approval) => persons::approval(snapshot, &approval.record),
            None => Err(crate::base::fault::BUG.fault(format!("standing approval {} has no request", standing.id))),
        }
    }

    fn standing_view(&self, snapshot: &Snapshot, caller: &Caller, standing: &Standing) -> Result<StandingView, Fault> {
        let thing = Self::standing_thing(snapshot, standing)?;
        let agreed = agreed(&self.runs, snapshot, standing, &standing.requester)?;
        let enough = agreed.as_ref().is_some_and(|(approval, consenting)| {
            approval.consents(&|decision| consenting.counts(decision)) >= usize::from(approval.approvers)
        });
        let counts = |decision| agreed.as_ref().is_some_and(|(_, consenting)| consenting.counts(decision));
        Ok(StandingView {
            id: standing.id.to_string(),
            capability: standing.capability_name.to_string(),
            version: standing.version,
            version_digest: standing.version_digest.clone(),
            risk: standing.risk,
            inputs: standing.inputs.clone(),
            holder: standing.holder,
            requester: standing.requester.clone(),
            reason: standing.reason.clone(),
            until: standing.until.to_string(),
            approval: standing.approval.to_string(),
            decisions: standing.decisions.iter().map(|decision| show::decision(decision, counts(decision))).collect(),
            created_at: standing.created_at.to_string(),
            active: enough && standing.holds(self.clock.now()),
            revoked: standing.revoked.clone(),
            actions: match standing.revoked {
                None => self.gate.actions_on(caller, &[Action::ApprovalRevokeStanding], &thing),
                Some(_) => Vec::new(),
            },
        })
    }
}
