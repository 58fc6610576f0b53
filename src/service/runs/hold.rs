//! Runs that wait for a decision: how they come to wait, what must still hold when the decision is used, and how the wait
//! ends. A decision is bound to a digest; whatever changed since voids it.

use serde_json::{Value, json};

use super::secrets::Footing;
use super::start::{Replay, begin_attempt, request_details, subject_of, ticket_of};
use super::{RunError, Runs, Started, load};
use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Code, Fault};
use crate::domain::access::{Action, Caller};
use crate::domain::approval::{
    Approval, ApprovalState, Binding, Decision, Delegation, Effective, Matter, Need, Opening, RunMatter, Step, Terms, Verdict,
};
use crate::domain::capability::{Risk, VersionPhase};
use crate::domain::freeze::About;
use crate::domain::identity::{User, UserState};
use crate::domain::ids::{ApprovalId, TenantKey, UserId};
use crate::domain::run::{Admission, Consent, Hold, HoldEnd, Override, Phase, Run, Transition};
use crate::domain::vault::SecretUse;
use crate::service::approvals::{self, faults};
use crate::service::capabilities::Loaded;
use crate::service::{conditions, freezes, persons, resource, resources};
use crate::store::record::run::{BY_REQUESTER, requester_prefix};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};

/// Runs of one person that may wait for decisions at one time.
const WAITING_EACH: u64 = 500;

/// Why a decision cannot be used: a code and a sentence.
pub type Lapse = (Code, String);

/// A run that waits, with the request for approval if there is one.
pub(crate) struct Waiting {
    pub run: Stored<Run>,
    pub approval: Option<Stored<Approval>>,
}

impl Runs {
    /// Records a run that must wait for its requester or for approvers.
    pub(super) async fn record_wait(
        &self,
        caller: &Caller,
        mut run: Run,
        loaded: &Loaded,
        (effective, overrides): (Effective, Vec<Override>),
        secrets: &[SecretUse],
        replay: Option<Replay>,
    ) -> Result<Started, Fault> {
        let requester = {
            let snapshot = self.ledger.read().map_err(RunError::from)?;
            check_room(&snapshot, &run)?;
            persons::account_of(&snapshot, &run.tenant, &run.requester)?.ok_or_else(|| BUG.fault("the account of the requester is gone"))?
        };
        let isolation = self.outlook.isolation(loaded.version.manifest.kind);
        let binding = {
            let terms = Terms { rule: &effective.rule, overrides: &overrides, secrets };
            Binding::of(&run, &loaded.version, &run.inputs_digest, isolation, terms).digest()
        };
        let patience = jiff::SignedDuration::from_secs(effective.rule.patience_s().into());
        let mut hold = Hold {
            binding: binding.map_err(RunError::from)?,
            isolation,
            expires_at: run.created_at.checked_add(patience).unwrap_or(Timestamp::MAX),
            overrides,
            approval: None,
            standing: None,
            confirmed_at: None,
            consents: Vec::new(),
            ended: None,
            source: effective.source,
            rule: effective.rule,
        };
        let mut commit = Commit::new();
        let arrow = match hold.rule.need {
            Need::None | Need::Confirm => Transition::AskConfirmation,
            Need::Approve { .. } => {
                let id = ApprovalId::new(run.created_at);
                hold.approval = Some(id);
                commit.insert(&Approval::open(Opening {
                    id,
                    tenant: run.tenant.clone(),
                    matter: Matter::Run(matter_of(&run)),
                    risk: loaded.version.manifest.risk,
                    binding: hold.binding.clone(),
                    rule: &hold.rule,
                    requester: run.requester.clone(),
                    person: requester.record.person_key(),
                    barred: Vec::new(),
                    reason: run.reason.clone(),
                    now: run.created_at,
                }));
                Transition::AskApproval
            }
        };
        run.phase = run.phase.apply(arrow).map_err(RunError::from)?;
        let mut event = self.gate.event(caller, "run.request", subject_of(&run));
        event.details = request_details(&run);
        event.details.insert("phase".to_owned(), json!(run.phase));
        event.details.insert("binding".to_owned(), json!(hold.binding));
        event.details.insert("rule".to_owned(), json!(hold.rule));
        if !hold.overrides.is_empty() {
            event.details.insert("overrides".to_owned(), json!(hold.overrides));
        }
        if let Some(approval) = &hold.approval {
            event.details.insert("approval".to_owned(), json!(approval));
        }
        run.hold = Some(Box::new(hold));
        commit.event(event).insert(&run);
        if let Some(replay) = &replay {
            commit.insert(&replay.record(&run));
        }
        match self.ledger.commit(commit).await {
            Ok(_) => {
                self.tell(&run);
                self.waits.notify_one();
                Ok(Started::New(Box::new(run)))
            }
            Err(CommitError::Conflict { .. }) if replay.is_some() => match self.replayed(caller, replay.as_ref())? {
                Some(earlier) => Ok(Started::Replayed(Box::new(earlier))),
                None => Err(BUG.fault("a run could not be recorded")),
            },
            Err(error) => Err(RunError::from(error).into()),
        }
    }

    /// What no longer is as it was when the run was asked for: the requester's right, the version, what would execute.
    pub(crate) fn lapse(&self, snapshot: &Snapshot, run: &Run) -> Result<Option<Lapse>, Fault> {
        let Some(hold) = &run.hold else { return Ok(None) };
        let changed = |what: &str| Ok(Some((faults::CHANGED, what.to_owned())));
        let requester = persons::account_of(snapshot, &run.tenant, &run.requester)?.map(|stored| stored.record);
        let Some(requester) = requester.filter(|user| persons::is_active(snapshot, user).unwrap_or(false)) else {
            return Ok(Some((faults::NO_LONGER_ALLOWED, "the account of the requester is disabled".to_owned())));
        };
        let loaded = self.capabilities.loaded(&run.tenant, run.capability, run.version)?;
        let caller = persons::as_signed_in(snapshot, &requester, self.gate.now())?;
        if !self.gate.may(&caller, Action::CapabilityRun, &resource::version(&loaded.capability, &loaded.version)) {
            return Ok(Some((faults::NO_LONGER_ALLOWED, "the requester may no longer run this capability".to_owned())));
        }
        if !loaded.version.phase.runs() || loaded.version.phase == VersionPhase::Retired {
            return changed("the version can no longer be run");
        }
        if loaded.version.digest != run.version_digest {
            return changed("the version is another one");
        }
        if resources::of_run(snapshot, &loaded).ok().flatten() != run.resource.as_deref().cloned() {
            return changed("the resource that it reaches has changed since, or is no longer granted");
        }
        let Ok(inputs) = self.inputs_digest(&caller, &loaded, &run.inputs) else { return changed("a file among the inputs is gone") };
        let effective = conditions::in_force(snapshot, &run.tenant, run.capability, loaded.version.manifest.risk)?;
        let rule = if hold.overrides.is_empty() { effective.rule } else { effective.rule.over_freeze() };
        if rule != hold.rule {
            return changed("the rule for this capability has changed since");
        }
        let Ok(secrets) = self.secrets.resolve(&run.tenant, run.capability, &loaded.version.manifest.secrets) else {
            return changed("a secret that it needs can no longer be used");
        };
        let binding = {
            let terms = Terms { rule: &rule, overrides: &hold.overrides, secrets: &secrets };
            Binding::of(run, &loaded.version, &inputs, self.outlook.isolation(loaded.version.manifest.kind), terms).digest()
        };
        if binding.map_err(RunError::from)? != hold.binding || inputs != run.inputs_digest {
            return changed("what would run is not what was asked for");
        }
        Ok(None)
    }

    /// A freeze that began after the request, or was not to be overridden by it: a run that waits does not start under it.
    pub(crate) fn frozen(&self, snapshot: &Snapshot, run: &Run, risk: Risk) -> Result<Option<Fault>, Fault> {
        let overridden = |id| run.hold.iter().flat_map(|hold| &hold.overrides).any(|one| one.id == id);
        let loaded = self.capabilities.loaded(&run.tenant, run.capability, run.version)?;
        let about = About { capability: run.capability, space: &loaded.capability.space, risk };
        let mut freezes = freezes::in_force(snapshot, &run.tenant, &about, self.clock.now())?;
        freezes.retain(|freeze| !overridden(freeze.id));
        Ok((!freezes.is_empty()).then(|| freezes::frozen(&freezes)))
    }

    /// The accounts whose consent still counts now: active, holding the role, not the requester's. Where somebody stood in,
    /// the one who was away must still hold the role too, and must not have called it off.
    pub(crate) fn standing(&self, snapshot: &Snapshot, approval: &Approval) -> Result<Consenting, Fault> {
        let (plain, tenant) = (persons::approval(snapshot, approval)?, &approval.tenant);
        let mut found = Consenting::default();
        for decision in approval.decisions.iter().filter(|decision| decision.verdict == Verdict::Approve) {
            let Some(user) = persons::account_of(snapshot, tenant, &decision.by)?.filter(|user| user.record.state == UserState::Active)
            else {
                continue;
            };
            let mut thing = persons::for_member(snapshot, plain.clone(), approval, user.record.id, self.clock.now())?;
            if let Some(behalf) = &decision.on_behalf {
                let key = scoped(tenant, &[behalf.delegation.bytes()]);
                let delegation: Option<Stored<Delegation>> = snapshot.get(&key).map_err(RunError::from)?;
                let Some(delegation) = delegation.filter(|stored| stored.record.ended_at.is_none()) else { continue };
                if persons::behalf(&self.gate, snapshot, &delegation.record, approval, &plain)?.is_none() {
                    continue;
                }
                let away: Option<Stored<User>> =
                    snapshot.get(&crate::store::record::identity::user_key(tenant, behalf.user)).map_err(RunError::from)?;
                found.accounts.extend(away);
                thing = persons::with_decider(plain.clone(), user.record.id);
            }
            if self.gate.may(&persons::as_signed_in(snapshot, &user.record, self.gate.now())?, Action::ApprovalDecide, &thing) {
                found.users.push(user.record.id);
                found.accounts.push(user);
            }
        }
        // One account may stand for two decisions; a commit expects each once.
        let mut seen = std::collections::BTreeSet::new();
        found.accounts.retain(|user| seen.insert(user.record.id));
        Ok(found)
    }

    /// Queues a run whose wait is over, and begins it when a place is free. What was decided is never refused for want of
    /// room: it waits in line.
    pub(crate) async fn release(&self, stored: &Stored<Run>, mut run: Run, arrow: Transition, mut commit: Commit) -> Result<Run, RunError> {
        let limit = self.capabilities.concurrency_limit(&run.tenant, run.capability, run.version).unwrap_or(0);
        let now = self.clock.now();
        run.phase = run.phase.apply(arrow)?;
        run.queued_at = Some(now);
        let footing = self.footing(&run);
        if let Footing::Waits(what) = footing {
            run.waits_for = Some(what);
        }
        let ticket = ticket_of(&run, limit);
        commit.event(self.system_event(&run, "run.queue", consented(&run)));
        let mut admission = self.dispatch.admit(&ticket);
        match footing {
            Footing::Firm(uses) if admission == Ok(Admission::Place) => {
                begin_attempt(&mut run, now)?;
                commit.event(self.system_event(&run, "run.start", json!({ "attempt": 1 })));
                self.give(&mut run, uses, &mut commit);
            }
            Footing::Waits(_) if admission == Ok(Admission::Place) => {
                self.dispatch.forget(&ticket);
                admission = Ok(Admission::Wait);
            }
            Footing::Firm(_) | Footing::Waits(_) => {}
        }
        commit.update(stored, &run);
        match self.ledger.commit(commit).await {
            Ok(_) => {
                match admission {
                    Ok(Admission::Place) => self.dispatch.begin(run.tenant.clone(), run.id),
                    Ok(Admission::Wait) | Err(_) => self.line_up_as(&run, ticket),
                }
                self.tell(&run);
                Ok(run)
            }
            Err(error) => {
                if admission.is_ok() {
                    self.dispatch.forget(&ticket);
                }
                Err(error.into())
            }
        }
    }

    /// Ends the wait of a run that will never run, and closes its request. Others may have been faster: then nothing is done.
    pub(crate) async fn let_go(&self, waiting: &Waiting, step: Step, (code, detail): Lapse, now: Timestamp) -> Result<(), Fault> {
        let mut commit = Commit::new();
        let mut run = waiting.run.record.clone();
        end_wait(&mut run, Transition::Expire, code, detail, now).map_err(RunError::from)?;
        if let Some(approval) = waiting.approval.as_ref().filter(|approval| approval.record.state == ApprovalState::Open) {
            // A request that is late expires whatever else is wrong with it.
            let next = approval.record.apply(step, now, &|_| true);
            let mut next =
                next.or_else(|_| approval.record.apply(Step::Void, now, &|_| true)).map_err(|_| faults::closed(approval.record.state))?;
            next.closed_reason = Some(code.text.to_owned());
            commit.update(approval, &next);
        }
        let mut event = self.system_event(&run, "run.expire", consented(&run));
        event.reason = Some(code.text.to_owned());
        commit.event(event).update(&waiting.run, &run);
        match self.ledger.commit(commit).await {
            Ok(_) => {
                self.dispatch.withdraw(run.id);
                self.tell(&run);
                Ok(())
            }
            Err(CommitError::Conflict { .. }) => Ok(()),
            Err(error) => Err(RunError::from(error).into()),
        }
    }

    /// Gives a queued run that may no longer begin its end.
    pub(super) async fn lapse_queued(&self, tenant: &TenantKey, id: crate::domain::ids::RunId, lapse: Lapse) -> Result<(), RunError> {
        let waiting = waiting(&self.ledger.read()?, tenant, id);
        match waiting.map_err(|fault| RunError::Undecided(Box::new(fault)))? {
            Some(waiting) => {
                let done = self.let_go(&waiting, Step::Void, lapse, self.clock.now()).await;
                done.map_err(|fault| RunError::Undecided(Box::new(fault)))
            }
            None => Ok(()),
        }
    }

    /// Whether a queued run may begin its first attempt: what was decided must still hold as its turn comes. The accounts
    /// that this rests on are to be unchanged in the commit that begins it.
    pub(super) fn still_good(&self, snapshot: &Snapshot, run: &Run) -> Result<Result<Vec<Stored<User>>, Lapse>, Fault> {
        let Some(hold) = run.hold.as_deref().filter(|_| run.attempts.is_empty()) else { return Ok(Ok(Vec::new())) };
        if let Some(lapse) = self.lapse(snapshot, run)? {
            return Ok(Err(lapse));
        }
        if let Some(id) = hold.standing {
            let covered = approvals::covering(self, snapshot, run, &hold.rule)?.filter(|found| found.standing.record.id == id);
            let over = || (faults::STANDING_OVER, "the standing approval was taken back, or is over, before the run began".to_owned());
            return Ok(covered.map(|found| found.consenting.accounts).ok_or_else(over));
        }
        let waiting = waiting(snapshot, &run.tenant, run.id)?;
        let Some(approval) = waiting.and_then(|waiting| waiting.approval).map(|stored| stored.record) else { return Ok(Ok(Vec::new())) };
        let standing = self.standing(snapshot, &approval)?;
        if approval.consents(&|decision| standing.counts(decision)) < usize::from(approval.approvers) {
            return Ok(Err((faults::CONSENT_LOST, "an approver lost the role, or the account, before the run began".to_owned())));
        }
        Ok(Ok(standing.accounts))
    }
}

/// Accounts whose consent counts.
#[derive(Debug, Default)]
pub(crate) struct Consenting {
    /// What must not change until it is used: those who decided, and those for whom somebody stood in.
    pub accounts: Vec<Stored<User>>,
    users: Vec<UserId>,
}

impl Consenting {
    pub(crate) fn counts(&self, decision: &Decision) -> bool {
        self.users.contains(&decision.user)
    }
}

/// A run as a request names it.
pub(crate) fn matter_of(run: &Run) -> RunMatter {
    RunMatter { run: run.id, capability: run.capability, capability_name: run.capability_name.clone(), version: run.version }
}

/// The consents of a request, for the record of the run that uses them.
#[must_use]
pub(crate) fn consents(approval: &Approval) -> Vec<Consent> {
    let agreeing = approval.decisions.iter().filter(|decision| decision.verdict == Verdict::Approve);
    agreeing.map(consent).collect()
}

pub(super) fn consent(decision: &Decision) -> Consent {
    Consent { by: decision.by.clone(), at: decision.at, comment: decision.comment.clone(), self_approved: decision.self_approved }
}

/// Moves a waiting run to an end, with the reason.
pub(crate) fn end_wait(
    run: &mut Run,
    arrow: Transition,
    code: Code,
    detail: String,
    now: Timestamp,
) -> Result<(), crate::domain::run::TransitionError> {
    run.phase = run.phase.apply(arrow)?;
    run.finished_at = Some(now);
    if let Some(hold) = &mut run.hold {
        hold.ended = Some(HoldEnd { code: code.text.to_owned(), detail });
    }
    Ok(())
}

fn check_room(snapshot: &Snapshot, run: &Run) -> Result<(), Fault> {
    let requester = run.requester.id.as_deref().unwrap_or_default();
    let mut waiting = 0;
    for phase in [Phase::AwaitingConfirmation, Phase::AwaitingApproval] {
        let scan = Scan::index(BY_REQUESTER, &requester_prefix(&run.tenant, requester, phase)).limit(500);
        waiting += snapshot.count::<Run>(&scan).map_err(RunError::from)?;
    }
    if waiting < WAITING_EACH {
        return Ok(());
    }
    Err(faults::TOO_MANY
        .fault(format!("you have {WAITING_EACH} runs waiting for decisions, the most that one account may have"))
        .param("limit", WAITING_EACH)
        .hint("Withdraw some, or wait until they are decided.")
        .retry_after(60))
}

/// A run by id with its request for approval.
pub(crate) fn waiting(snapshot: &Snapshot, tenant: &TenantKey, run: crate::domain::ids::RunId) -> Result<Option<Waiting>, Fault> {
    let Some(run) = load(snapshot, tenant, run)? else { return Ok(None) };
    let id = run.record.hold.as_ref().and_then(|hold| hold.approval);
    let approval = match id {
        Some(id) => snapshot.get::<Approval>(&scoped(tenant, &[id.bytes()])).map_err(RunError::from)?,
        None => None,
    };
    Ok(Some(Waiting { run, approval }))
}

fn consented(run: &Run) -> Value {
    let hold = run.hold.as_deref();
    json!({
        "binding": hold.map(|hold| &hold.binding),
        "approval": hold.and_then(|hold| hold.approval),
        "confirmed_at": hold.and_then(|hold| hold.confirmed_at),
        "consents": hold.map(|hold| &hold.consents),
    })
}
