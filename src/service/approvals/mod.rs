//! Requests for approval as people deal with them: the inbox, what an approver sees, the decision, and the rules that call
//! for approvals.

pub mod faults;

mod decide;
mod inbox;
mod rules;
mod show;

use std::sync::Arc;

pub use decide::DecisionWish;
pub use rules::RuleTarget;

use crate::base::clock::Clock;
use crate::base::fault::{BUG, Fault};
use crate::domain::access::{Action, Caller};
use crate::domain::approval::Approval;
use crate::domain::audit::Subject;
use crate::domain::ids::ApprovalId;
use crate::service::capabilities::Capabilities;
use crate::service::gate::Gate;
use crate::service::identity::Identity;
use crate::service::runs::Runs;
use crate::service::runs::hold::{Waiting, waiting};
use crate::service::storage_fault;
use crate::store::record::scoped;
use crate::store::{Ledger, Snapshot, Stored};

/// The service of approvals.
#[derive(Clone)]
pub struct Approvals {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    identity: Identity,
    capabilities: Capabilities,
    runs: Runs,
}

impl Approvals {
    #[must_use]
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>, identity: Identity, capabilities: Capabilities, runs: Runs) -> Self {
        Self { ledger, gate: identity.gate().clone(), clock, identity, capabilities, runs }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// A request with its run; not found in the same words as one that may not be seen.
    async fn find(&self, caller: &Caller, action: Action, id: &str) -> Result<(Stored<Approval>, Waiting), Fault> {
        let found = {
            let snapshot = self.read()?;
            match id.parse::<ApprovalId>() {
                Ok(id) => snapshot.get::<Approval>(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?,
                Err(_) => None,
            }
        };
        let Some(stored) = found else { return Err(self.gate.missing(caller, action, "approval", id).await) };
        let snapshot = self.read()?;
        let waiting = waiting(&snapshot, &caller.tenant, stored.record.run)?;
        let waiting = waiting.ok_or_else(|| BUG.fault(format!("request {id} has no run")))?;
        // Both are taken from one look at the ledger.
        let stored = waiting.approval.clone().unwrap_or(stored);
        Ok((stored, waiting))
    }
}

fn subject(approval: &Approval) -> Subject {
    Subject { kind: "approval".to_owned(), id: Some(approval.id.to_string()), name: Some(approval.capability_name.to_string()) }
}
