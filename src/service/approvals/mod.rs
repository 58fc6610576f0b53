//! Requests for approval as people deal with them: the inbox, what an approver sees, the decision, who stands in for whom, and
//! the rules that call for approvals.
//!
//! One mechanism for runs, publishing, settings and reviews: a request is bound to a digest of what would happen ([`held`]),
//! decided by people who may ([`decide`]), and used in the commit of the last decision ([`effect`]).

pub mod faults;

mod ask;
mod assign;
mod decide;
mod delegations;
mod effect;
mod held;
mod inbox;
mod publish;
mod rules;
mod settings;
mod show;
mod standing;
mod tick;
mod withdraw;

use std::sync::Arc;

pub use ask::{Outcome, Requests, Wish};
pub use decide::DecisionWish;
pub(crate) use held::publish_binding;
pub use rules::{RuleSettings, RuleTarget};
pub(crate) use settings::read as read_change;
pub use settings::{Agreed, Effect, Enact, Settings};
pub use standing::StandingApprovals;
pub(crate) use standing::covering;

use crate::base::clock::Clock;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::approval::{Approval, Behalf, Delegation};
use crate::domain::audit::Subject;
use crate::service::capabilities::Capabilities;
use crate::service::gate::Gate;
use crate::service::identity::Identity;
use crate::service::runs::Runs;
use crate::service::{persons, storage_fault};
use crate::store::record::approval::{BY_STAND_IN, user_prefix};
use crate::store::{Ledger, Scan, Snapshot, Stored};

/// Absences in which one person stands in, looked at for one question at most.
const STAND_INS: usize = 50;

/// What the service is made of.
pub struct ApprovalParts {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub identity: Identity,
    pub capabilities: Capabilities,
    pub runs: Runs,
    /// Every setting that is changed with consent.
    pub settings: Settings,
}

/// The service of approvals.
#[derive(Clone)]
pub struct Approvals {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    identity: Identity,
    capabilities: Capabilities,
    runs: Runs,
    settings: Settings,
    requests: Requests,
}

impl Approvals {
    #[must_use]
    pub fn new(parts: ApprovalParts) -> Self {
        let ApprovalParts { ledger, clock, identity, capabilities, runs, settings } = parts;
        let gate = identity.gate().clone();
        let requests = Requests::new(ledger.clone(), gate.clone());
        Self { ledger, gate, clock, identity, capabilities, runs, settings, requests }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// A request as the policy shall see it when a caller deals with it, and for whom they would stand in.
    fn seen_by(&self, snapshot: &Snapshot, caller: &Caller, approval: &Approval) -> Result<(Resource, Option<Behalf>), Fault> {
        let plain = persons::approval(snapshot, approval)?;
        let Some(me) = caller.user_id() else { return Ok((plain, None)) };
        let thing = persons::for_member(snapshot, plain.clone(), approval, me, self.clock.now())?;
        if self.gate.may(caller, Action::ApprovalDecide, &thing) {
            return Ok((thing, None));
        }
        for delegation in stand_ins(snapshot, caller, self.clock.now())? {
            if let Some(behalf) = persons::behalf(&self.gate, snapshot, &delegation, approval, &plain)?
                && approval.decision_of(&behalf.person).is_none_or(|decision| decision.user == me)
            {
                return Ok((persons::with_decider(thing, me), Some(behalf)));
            }
        }
        Ok((thing, None))
    }
}

/// The absences in which a caller stands in now.
fn stand_ins(snapshot: &Snapshot, caller: &Caller, now: crate::base::clock::Timestamp) -> Result<Vec<Delegation>, Fault> {
    let Some(me) = caller.user_id() else { return Ok(Vec::new()) };
    let scan = Scan::index(BY_STAND_IN, &user_prefix(&caller.tenant, me)).reverse().limit(STAND_INS);
    let all: Vec<Stored<Delegation>> = snapshot.scan(&scan).map_err(storage_fault)?;
    Ok(all.into_iter().map(|stored| stored.record).filter(|delegation| delegation.holds(now)).collect())
}

fn subject(approval: &Approval) -> Subject {
    Subject { kind: "approval".to_owned(), id: Some(approval.id.to_string()), name: Some(approval.matter.name()) }
}
