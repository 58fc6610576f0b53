//! Records as policies see them.

use crate::domain::access::{CapabilityRef, Resource, RunRef};
use crate::domain::audit::Actor;
use crate::domain::capability::{Capability, Version};
use crate::domain::ids::UserId;
use crate::domain::run::Run;

fn user(actor: &Actor) -> Option<UserId> {
    actor.id.as_deref().and_then(|id| id.parse().ok())
}

/// A run.
#[must_use]
pub fn run(run: &Run) -> Resource {
    Resource::Run(RunRef { tenant: run.tenant.clone(), id: run.id, requester: user(&run.requester), space: run.space.clone() })
}

/// A capability, with the author of the version in question.
#[must_use]
pub fn version(capability: &Capability, version: &Version) -> Resource {
    Resource::Capability(CapabilityRef {
        tenant: capability.tenant.clone(),
        id: capability.id,
        name: capability.name.clone(),
        space: capability.space.clone(),
        owner: user(&capability.created_by),
        author: user(&version.created_by),
        risk: version.manifest.risk,
    })
}
