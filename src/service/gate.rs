//! The gate: the one way to a [`Permit`], which every acting function asks for.
//!
//! A refusal is an audit event before it is an answer. Who may not see a thing is told that it does not exist, in the
//! words that are used for what really does not exist ([`absent`]).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Value, json};

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::{Class, Code, Fault};
use crate::domain::access::own::PolicyVersion;
use crate::domain::access::{
    Action, Caller, Decision, Explanation, HeldRole, Mode, Policy, PolicyError, Reach, Resource, Rights, Sight, Whence,
};
use crate::domain::audit::{Actor, ActorKind, Event, Outcome, Subject};
use crate::domain::identity::Governance;
use crate::domain::ids::TenantKey;
use crate::store::record::access::ACTIVE_POLICIES;
use crate::store::record::identity::GOVERNANCE_KEY;
use crate::store::{Commit, Ledger, Scan, Snapshot, StoreError, Stored};

/// The caller may not do this.
pub const DENIED: Code = Code::new("EG-AUTH-002", Class::Denied, "Not allowed");
/// There is no such thing, or the caller may not know of it.
pub const ABSENT: Code = Code::new("EG-AUTH-009", Class::NotFound, "Not found");

/// What stands in an audit event when no policy permits the act.
const NOTHING_PERMITS: &str = "nothing-permits";
/// Longest piece of foreign text that goes into a refusal's subject, in characters.
const SUBJECT_CHARS: usize = 200;

/// The answer for what does not exist and for what the caller may not see: the two cannot be told apart.
#[must_use]
pub fn absent(kind: &str) -> Fault {
    ABSENT
        .fault(format!("there is no such {kind}, or you may not see it"))
        .param("kind", kind)
        .hint("Check the id or name; if it should be there, ask an administrator for access.")
}

/// Proof that the policy allowed one act of one caller. Only the gate makes one.
#[derive(Debug, Clone)]
#[must_use = "an act that was allowed is recorded with the policies that allowed it"]
pub struct Permit {
    action: Action,
    decision: Decision,
}

impl Permit {
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// Ids of the policies that allowed it.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        &self.decision.policies
    }

    /// Whether the policy asks for a mark such as `self_approved` on the audit event.
    #[must_use]
    pub fn is_marked(&self, mark: &str) -> bool {
        self.decision.marks.iter().any(|each| each == mark)
    }

    /// Writes into an event what allowed it: `allowed_by`, and each mark as a detail that is true.
    #[must_use]
    pub fn note(&self, mut event: Event) -> Event {
        event.details.insert("allowed_by".to_owned(), json!(self.decision.policies));
        if event.action != self.action.name() {
            event.details.insert("right".to_owned(), json!(self.action));
        }
        for mark in &self.decision.marks {
            event.details.insert(mark.clone(), Value::Bool(true));
        }
        event
    }
}

/// The gate cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error("read how the appliance is governed")]
    Store(#[from] StoreError),
}

/// Asks the policy and records refusals. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    policy: Arc<Policy>,
    /// The policies of tenants that have some of their own.
    own: RwLock<HashMap<TenantKey, Arc<Policy>>>,
    solo: AtomicBool,
}

impl Gate {
    /// Parses and checks the policies, and reads how the appliance is governed; strictly until that is chosen.
    ///
    /// # Errors
    /// When the policies do not fit their schema or the ledger cannot be read.
    pub fn open(ledger: Ledger, clock: Arc<dyn Clock>) -> Result<Self, GateError> {
        let stored: Option<Stored<Governance>> = ledger.read()?.get(GOVERNANCE_KEY)?;
        let solo = stored.is_some_and(|stored| stored.record.mode == Mode::Solo);
        let own = RwLock::new(own_policies(&ledger.read()?)?);
        Ok(Self(Arc::new(Inner { ledger, clock, policy: Policy::built_in()?, own, solo: AtomicBool::new(solo) })))
    }

    /// Whether the appliance allows self-approval.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.0.solo.load(Ordering::Acquire) { Mode::Solo } else { Mode::FourEyes }
    }

    /// Follows the stored setting; the one who stores it calls this.
    pub(super) fn set_mode(&self, mode: Mode) {
        self.0.solo.store(mode == Mode::Solo, Ordering::Release);
    }

    /// Follows the stored policies of a tenant's own; the one who stores them calls this.
    pub(super) fn set_own(&self, tenant: &TenantKey, policy: Option<Arc<Policy>>) {
        let mut own = self.0.own.write().unwrap_or_else(PoisonError::into_inner);
        match policy {
            Some(policy) => own.insert(tenant.clone(), policy),
            None => own.remove(tenant),
        };
    }

    /// The policies of a caller's tenant, when it has some of its own.
    fn own(&self, caller: &Caller) -> Option<Arc<Policy>> {
        // Whoever stands at the host is not bound by what a tenant wrote, and can take it back.
        caller.user_id()?;
        self.0.own.read().unwrap_or_else(PoisonError::into_inner).get(&caller.tenant).cloned()
    }

    /// The policies that decide on a thing: a tenant's own speak of the tenant's things only.
    fn policy(&self, caller: &Caller, resource: &Resource) -> Arc<Policy> {
        let here = resource.tenant() == caller.tenant;
        self.own(caller).filter(|_| here).unwrap_or_else(|| Arc::clone(&self.0.policy))
    }

    /// Decides without recording.
    #[must_use]
    pub fn decide(&self, caller: &Caller, action: Action, resource: &Resource) -> Decision {
        self.policy(caller, resource).decide(caller, action, resource, self.mode())
    }

    /// The moment, by the same clock that events carry.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Asks for one act. A refusal is audited.
    ///
    /// # Errors
    /// [`ABSENT`] when the caller may not even see the thing, else [`DENIED`].
    pub async fn allow(&self, caller: &Caller, action: Action, resource: &Resource) -> Result<Permit, Fault> {
        let decision = self.decide(caller, action, resource);
        if decision.allowed {
            return Ok(Permit { action, decision });
        }
        let own = caller.user_id().is_some_and(|user| resource.is_of(user));
        let visible = match resource.view_action() {
            Some(view) => own || (view != action && self.may(caller, view, resource)),
            None => true,
        };
        let explanation = self.explain(caller, action, resource);
        let fault = if visible { denied(action, resource, &explanation) } else { absent(resource.kind()) };
        let mut event = self.event(caller, action.name(), resource.subject());
        event.tenant = resource.tenant();
        event.outcome = Outcome::Refused;
        event.reason = Some(decision.policies.first().map_or(NOTHING_PERMITS, String::as_str).to_owned());
        self.commit_refusal(event).await;
        Err(fault)
    }

    /// Asks without recording: for buttons, and for the rows of a list.
    #[must_use]
    pub fn may(&self, caller: &Caller, action: Action, resource: &Resource) -> bool {
        self.decide(caller, action, resource).allowed
    }

    /// Those of `actions` that the caller may do to a thing, by name: for the `actions` field of what the API shows.
    #[must_use]
    pub fn actions_on(&self, caller: &Caller, actions: &[Action], resource: &Resource) -> Vec<String> {
        actions.iter().filter(|action| self.may(caller, **action, resource)).map(|action| action.name().to_owned()).collect()
    }

    /// Which rows of a list the caller may see, given the action that seeing one row takes. Decides before anything is
    /// read, counted or sorted, so that hidden rows influence nothing.
    #[must_use]
    pub fn sight(&self, caller: &Caller, action: Action) -> Sight {
        let built_in = self.0.policy.sight(caller, action, self.mode());
        match self.own(caller) {
            // What such policies say may depend on the row.
            Some(own) if own.own().1.contains(action) && caller.scope().contains(action) => Sight::Some,
            Some(own) if own.own().0.contains(action) && built_in != Sight::Nothing => Sight::Some,
            Some(_) | None => built_in,
        }
    }

    /// Like [`Gate::sight`], for lists that only some may see at all. A refusal is audited.
    ///
    /// # Errors
    /// [`DENIED`] when the caller may see no row.
    pub async fn require_sight(&self, caller: &Caller, action: Action, kind: &'static str) -> Result<Sight, Fault> {
        let sight = self.sight(caller, action);
        if sight == Sight::Nothing {
            let fault = DENIED.fault(format!("you may not do `{action}`")).param("action", action).param("kind", kind);
            let fault = fault.hint("Ask an administrator for a role that allows it.");
            self.refuse(caller, action.name(), Subject { kind: kind.to_owned(), id: None, name: None }, &fault).await;
            return Err(fault);
        }
        Ok(sight)
    }

    /// What the caller's roles carry at all.
    #[must_use]
    pub fn reach(&self, caller: &Caller) -> Reach {
        let built_in = self.0.policy.reach(caller, self.mode());
        let Some(own) = self.own(caller) else { return built_in };
        // Menus show what such policies permit to somebody; the page says whether it is this one.
        let permitted = own.own().1.and(caller.scope());
        Reach { own: built_in.own.or(permitted), others: built_in.others.or(permitted) }
    }

    /// How far the caller's roles carry in the whole tenant, or at one place.
    #[must_use]
    pub fn reach_at(&self, caller: &Caller, place: Option<&str>) -> Reach {
        let rights = caller.holdings.at(caller.roles, place);
        let found = match self.own(caller) {
            Some(own) => own.exact_reach(caller, rights, self.mode()),
            None => self.0.policy.reach_of(rights, self.mode()),
        };
        found.within(caller.scope())
    }

    /// What a role carries where it holds.
    #[must_use]
    pub fn reach_of_role(&self, role: &HeldRole) -> Reach {
        self.0.policy.reach_of(Rights::default().with(role), self.mode())
    }

    /// Whether the caller holds, in the tenant or at a place, everything that a role carries there.
    #[must_use]
    pub fn holds_all_of(&self, caller: &Caller, role: &HeldRole, place: Option<&str>) -> bool {
        let (own, given) = (self.reach_at(caller, place), self.reach_of_role(role));
        // What everybody may do is nobody's to give, also when the caller's token leaves it out.
        let bare = self.0.policy.reach_of(Rights::default(), self.mode());
        given.own.is_within(own.own.or(bare.own)) && given.others.is_within(own.others.or(bare.others))
    }

    /// Why somebody may or may not do something.
    #[must_use]
    pub fn explain(&self, caller: &Caller, action: Action, resource: &Resource) -> Explanation {
        self.policy(caller, resource).explain(caller, action, resource, self.mode())
    }

    /// The beginning of an audit event: done by `caller`, now, in the caller's tenant.
    #[must_use]
    pub fn event(&self, caller: &Caller, verb: &str, subject: Subject) -> Event {
        self.event_by(caller.actor(), &caller.tenant, &caller.whence, verb, subject)
    }

    /// The beginning of an audit event of somebody who is not signed in, or of the appliance itself.
    #[must_use]
    pub fn event_by(&self, actor: Actor, tenant: &TenantKey, whence: &Whence, verb: &str, subject: Subject) -> Event {
        Event {
            at: self.now(),
            tenant: tenant.clone(),
            action: verb.to_owned(),
            outcome: Outcome::Done,
            actor,
            subject,
            reason: None,
            source: whence.source.clone(),
            request: whence.request.clone(),
            details: serde_json::Map::new(),
        }
    }

    /// The beginning of an audit event of what happens by itself, or follows from what somebody decided.
    #[must_use]
    pub fn system_event(&self, tenant: &TenantKey, verb: &str, subject: Subject) -> Event {
        let actor = Actor { kind: ActorKind::System, id: None, name: None, token: None };
        self.event_by(actor, tenant, &Whence::default(), verb, subject)
    }

    /// Records that something was refused for another reason than the policy: wrong state, wrong input, no room.
    pub async fn refuse(&self, caller: &Caller, verb: &str, subject: Subject, fault: &Fault) {
        let mut event = self.event(caller, verb, subject);
        event.outcome = Outcome::Refused;
        event.reason = Some(fault.code().text.to_owned());
        // Which freeze it was is what the auditor will ask.
        if let Some((_, freeze)) = fault.params().iter().find(|(name, _)| *name == "freeze") {
            event.details.insert("freeze".to_owned(), json!(freeze));
        }
        self.commit_refusal(event).await;
    }

    /// Records that somebody asked for a thing that does not exist, and answers as if they might not see it. Takes the
    /// same steps as a refusal, so that the time it takes does not tell the two apart.
    pub async fn missing(&self, caller: &Caller, action: Action, kind: &str, asked: &str) -> Fault {
        let fault = absent(kind);
        let name = Some(asked.chars().take(SUBJECT_CHARS).collect());
        self.refuse(caller, action.name(), Subject { kind: kind.to_owned(), id: None, name }, &fault).await;
        fault
    }

    /// A refusal stands whether or not it could be recorded; that it could not is the operator's business.
    pub(super) async fn commit_refusal(&self, event: Event) {
        let action = event.action.clone();
        let mut commit = Commit::new();
        commit.event(event);
        if let Err(error) = self.0.ledger.commit(commit).await {
            tracing::error!(action, %error, "a refusal could not be recorded in the audit log");
        }
    }
}

/// What is in force in each tenant besides the built-in policies. A text that an older release accepted and this one does not
/// stops the start: without it more might be allowed than somebody decided.
fn own_policies(snapshot: &Snapshot) -> Result<HashMap<TenantKey, Arc<Policy>>, GateError> {
    let active: Vec<Stored<PolicyVersion>> = snapshot.scan(&Scan::index(ACTIVE_POLICIES, &[]))?;
    active.into_iter().map(|stored| Ok((stored.record.tenant, Arc::new(Policy::with_own(&stored.record.text)?)))).collect()
}

/// Nobody in particular.
#[must_use]
pub fn anonymous() -> Actor {
    Actor { kind: ActorKind::Anonymous, id: None, name: None, token: None }
}

fn denied(action: Action, resource: &Resource, explanation: &Explanation) -> Fault {
    let kind = resource.kind();
    let fault = DENIED
        .fault(format!("you may not do `{action}` here ({kind})"))
        .param("action", action)
        .param("kind", kind)
        .param("policy", explanation.decision.policies.first().map_or(NOTHING_PERMITS, String::as_str));
    let roles: Vec<&str> = explanation.any_of.iter().map(|role| role.name()).collect();
    match (&explanation.decision.hint, roles.as_slice()) {
        (Some(hint), _) => fault.hint(hint.clone()),
        (None, []) => fault.hint("No role would allow it."),
        (None, [role]) => fault.param("roles", role).hint(format!("It takes the role {role}: ask an administrator.")),
        (None, roles) => {
            let list = roles.join(", ");
            fault.param("roles", &list).hint(format!("It takes one of the roles {list}: ask an administrator."))
        }
    }
}
