//! Who stands in for whom during an absence: made by the one who is away, seen by both, ended before its time by the former.

use serde_json::json;

use super::{Approvals, faults};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::base::limit::COMMENT_CHARS;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::approval::Delegation;
use crate::domain::approval::delegation::DELEGATIONS_MOST;
use crate::domain::audit::Subject;
use crate::domain::identity::UserState;
use crate::domain::ids::DelegationId;
use crate::service::identity::unauthenticated;
use crate::service::{commit_fault, persons, storage_fault};
use crate::store::record::approval::{BY_ABSENT, BY_STAND_IN, user_prefix};
use crate::store::record::scoped;
use crate::store::{Commit, Scan, Snapshot, Stored};
use crate::wire::approval::{DelegationRequest, DelegationView, DelegationViews};

/// Absences that are shown, at most, in each direction.
const SHOWN: usize = 100;

impl Approvals {
    /// Absences of the caller and those in which the caller stands in, that were not ended before their time.
    ///
    /// # Errors
    /// When the caller has no account.
    pub async fn delegations(&self, caller: &Caller) -> Result<DelegationViews, Fault> {
        let me = caller.user_id().ok_or_else(unauthenticated)?;
        let _permit = self.gate.allow(caller, Action::RuleView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let mut all: Vec<Delegation> = Vec::new();
        for index in [BY_ABSENT, BY_STAND_IN] {
            let scan = Scan::index(index, &user_prefix(&caller.tenant, me)).reverse().limit(SHOWN);
            all.extend(snapshot.scan::<Delegation>(&scan).map_err(storage_fault)?.into_iter().map(|stored| stored.record));
        }
        let now = self.clock.now();
        all.sort_by_key(|one| std::cmp::Reverse(one.id));
        Ok(DelegationViews { items: all.iter().map(|one| view(one, caller, now)).collect() })
    }

    /// Lets somebody stand in for the caller between two moments.
    ///
    /// # Errors
    /// [`faults::BAD_WISH`] with the field that makes no sense.
    pub async fn delegate(&self, caller: &Caller, request: &DelegationRequest) -> Result<DelegationView, Fault> {
        let permit = self.gate.allow(caller, Action::ApprovalDelegate, &Resource::Tenant(caller.tenant.clone())).await?;
        let made = self.delegation(caller, request);
        let made = match made {
            Ok(made) => made,
            Err(fault) => {
                let about = Subject { kind: "delegation".to_owned(), id: None, name: None };
                self.gate.refuse(caller, "approval.delegate", about, &fault).await;
                return Err(fault);
            }
        };
        let mut event = permit.note(self.gate.event(caller, "approval.delegate", subject(&made)));
        event.details.insert("delegation".to_owned(), json!(made));
        let mut commit = Commit::new();
        commit.insert(&made).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(view(&made, caller, self.clock.now()))
    }

    fn delegation(&self, caller: &Caller, request: &DelegationRequest) -> Result<Delegation, Fault> {
        let now = self.clock.now();
        let snapshot = self.read()?;
        let me = persons::account_of(&snapshot, &caller.tenant, &caller.actor())?.ok_or_else(unauthenticated)?.record;
        let moment = |pointer: &str, text: &str| {
            text.parse::<Timestamp>()
                .map_err(|_| faults::bad(pointer, format!("`{}` is a moment such as 2027-01-31T00:00:00Z", &pointer[1..])))
        };
        let starts = request.starts.as_deref().map_or(Ok(now), |text| moment("/starts", text))?;
        let ends = moment("/ends", &request.ends)?;
        if request.reason.as_ref().is_some_and(|reason| reason.chars().count() > COMMENT_CHARS) {
            return Err(faults::bad("/reason", format!("`reason` has at most {COMMENT_CHARS} characters")));
        }
        let to = self.identity.account(&snapshot, &caller.tenant, &request.to)?;
        let nobody = || faults::bad("/to", format!("there is no active account `{}`", request.to.chars().take(80).collect::<String>()));
        let to = to.filter(|user| user.state == UserState::Active).ok_or_else(nobody)?;
        if to.person_key() == me.person_key() {
            return Err(faults::bad("/to", "`to` must be somebody else, not another account of the same person"));
        }
        let made = Delegation {
            id: DelegationId::new(now),
            tenant: caller.tenant.clone(),
            from: me.id,
            from_name: me.name.to_string(),
            to: to.id,
            to_name: to.name.to_string(),
            starts,
            ends,
            reason: request.reason.clone(),
            created_at: now,
            created_by: caller.actor(),
            ended_at: None,
        };
        made.check(now).map_err(|error| faults::bad(error.pointer(), error.to_string()))?;
        if Self::absences(&snapshot, &made, now)? >= DELEGATIONS_MOST {
            return Err(faults::bad("", format!("you have {DELEGATIONS_MOST} absences that are not over, the most that one may have")));
        }
        Ok(made)
    }

    fn absences(snapshot: &Snapshot, made: &Delegation, now: Timestamp) -> Result<usize, Fault> {
        let scan = Scan::index(BY_ABSENT, &user_prefix(&made.tenant, made.from)).reverse().limit(SHOWN);
        let all: Vec<Stored<Delegation>> = snapshot.scan(&scan).map_err(storage_fault)?;
        Ok(all.iter().filter(|stored| !stored.record.is_over(now)).count())
    }

    /// Ends an absence before its time. What was decided meanwhile and not used yet does not count any more.
    ///
    /// # Errors
    /// Not found, also when it is somebody else's.
    pub async fn end_delegation(&self, caller: &Caller, id: &str) -> Result<(), Fault> {
        let permit = self.gate.allow(caller, Action::ApprovalDelegate, &Resource::Tenant(caller.tenant.clone())).await?;
        let stored: Option<Stored<Delegation>> = match id.parse::<DelegationId>() {
            Ok(id) => self.read()?.get(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?,
            Err(_) => None,
        };
        let stored = stored.filter(|stored| Some(stored.record.from) == caller.user_id());
        let Some(stored) = stored else { return Err(self.gate.missing(caller, Action::ApprovalDelegate, "delegation", id).await) };
        if stored.record.ended_at.is_some() {
            return Ok(());
        }
        let next = Delegation { ended_at: Some(self.clock.now()), ..stored.record.clone() };
        let mut commit = Commit::new();
        commit.update(&stored, &next).event(permit.note(self.gate.event(caller, "approval.end_delegation", subject(&next))));
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(())
    }
}

fn subject(delegation: &Delegation) -> Subject {
    let name = format!("{} for {}", delegation.to_name, delegation.from_name);
    Subject { kind: "delegation".to_owned(), id: Some(delegation.id.to_string()), name: Some(name) }
}

fn view(delegation: &Delegation, caller: &Caller, now: Timestamp) -> DelegationView {
    DelegationView {
        id: delegation.id.to_string(),
        from: delegation.from_name.clone(),
        to: delegation.to_name.clone(),
        starts: delegation.starts.to_string(),
        ends: delegation.ends.to_string(),
        reason: delegation.reason.clone(),
        active: delegation.holds(now),
        mine: Some(delegation.from) == caller.user_id(),
    }
}
