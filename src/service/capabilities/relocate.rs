//! Taking a capability to another space or folder. It changes who may see and run it, so it takes the right in both places.

use serde_json::json;

use super::{Capabilities, faults, stored, subject, version_of};
use crate::base::fault::{BUG, Fault};
use crate::domain::access::{Action, Caller, CapabilityRef, Resource, SpacePath};
use crate::domain::capability::Capability;
use crate::service::{commit_fault, resource, spaces, storage_fault};
use crate::store::{Commit, CommitError};
use crate::wire::capability::CapabilityDetail;

/// What one calls one's own space.
pub const PERSONAL: &str = "personal";
/// How often a move is decided again when something else changed under its hands.
const TRIES: usize = 5;

impl Capabilities {
    /// # Errors
    /// Not found, there is no such place, or the caller may not in one of the two.
    pub async fn relocate(&self, caller: &Caller, name: &str, to: &str) -> Result<CapabilityDetail, Fault> {
        for _ in 0..TRIES {
            let (found, place) = {
                let snapshot = self.ledger.read().map_err(storage_fault)?;
                let place = match (to, caller.user_id()) {
                    (PERSONAL, Some(user)) => Ok(SpacePath::personal(user)),
                    _ => spaces::named(&snapshot, &caller.tenant, "/space", to),
                };
                let capability = stored(&snapshot, &caller.tenant, name)?;
                let version = match &capability {
                    Some(stored) => version_of(&snapshot, &stored.record, stored.record.current.unwrap_or(stored.record.latest))?,
                    None => None,
                };
                (capability.zip(version), place)
            };
            let Some((stored, version)) = found else {
                return Err(self.gate.missing(caller, Action::CapabilityMove, "capability", name).await);
            };
            let Resource::Capability(here) = resource::version(&stored.record, &version) else {
                return Err(BUG.fault("a capability is a capability"));
            };
            let permit = self.gate.allow(caller, Action::CapabilityMove, &Resource::Capability(here.clone())).await?;
            let place = match place {
                Ok(place) => place,
                Err(fault) => {
                    self.gate.refuse(caller, Action::CapabilityMove.name(), subject(&stored.record), &fault).await;
                    return Err(fault);
                }
            };
            let there = Resource::Capability(CapabilityRef { space: place.to_string(), ..here });
            let _permit = self.gate.allow(caller, Action::CapabilityMove, &there).await?;
            let moved = Capability { space: place.to_string(), updated_at: self.clock.now(), ..stored.record.clone() };
            let mut event = permit.note(self.gate.event(caller, Action::CapabilityMove.name(), subject(&moved)));
            event.details.insert("before".to_owned(), json!({ "space": stored.record.space }));
            event.details.insert("after".to_owned(), json!({ "space": moved.space }));
            let mut commit = Commit::new();
            commit.update(&stored, &moved).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.show(caller, name).await,
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::BUSY.fault("somebody else changes the same capability; try again"))
    }
}
