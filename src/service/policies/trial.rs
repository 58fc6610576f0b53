//! What would have changed: decides anew what was asked in the last days, from the audit log, once as things are and once
//! with other policies. Things are seen as they are now; what is gone is left out.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Policy, Resource, SpacePath, SpaceRef};
use crate::domain::audit::{ActorKind, Event, Outcome};
use crate::domain::capability::{Capability, Version};
use crate::domain::identity::User;
use crate::domain::ids::{CapabilityId, RunId, TenantKey, UserId};
use crate::domain::run::Run;
use crate::service::gate::Gate;
use crate::service::{persons, resource, storage_fault};
use crate::store::record::capability::version_key;
use crate::store::record::identity::user_key;
use crate::store::record::scoped;
use crate::store::{Ledger, Snapshot, Stored};
use crate::wire::policy::{PolicyTrial, TrialChange};

/// Days that a try looks back, unless asked for otherwise and at most.
const DAYS: u32 = 30;
/// Entries of the log that a try reads, at most.
const ENTRIES: u64 = 50_000;
/// Entries read at one time.
const CHUNK: u64 = 256;
/// Different requests that a try decides, at most.
const REQUESTS: usize = 5_000;
/// Changes that are shown one by one.
const SHOWN: usize = 200;

/// One request, however often it was made.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    user: UserId,
    action: Action,
    kind: String,
    thing: String,
    version: Option<u32>,
}

struct Seen {
    times: u64,
    last: Timestamp,
    name: String,
    refused: bool,
}

/// Decides what was asked.
///
/// # Errors
/// When the ledger cannot be read.
pub fn run(ledger: &Ledger, gate: &Gate, tenant: &TenantKey, candidate: &Policy, days: Option<u32>) -> Result<PolicyTrial, Fault> {
    let days = days.unwrap_or(DAYS).clamp(1, DAYS);
    let snapshot = ledger.read().map_err(storage_fault)?;
    let now = gate.now();
    let from = now.checked_sub(Duration::from_hours(24 * u64::from(days))).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut callers: BTreeMap<UserId, Option<Caller>> = BTreeMap::new();
    let mut trial = PolicyTrial { days, requests: 0, changed: 0, changes: Vec::new() };
    for (asked, seen) in recorded(&snapshot, tenant, from)? {
        let caller = match callers.entry(asked.user) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let user: Option<Stored<User>> = snapshot.get(&user_key(tenant, asked.user)).map_err(storage_fault)?;
                place.insert(user.map(|user| persons::as_signed_in(&snapshot, &user.record, now)).transpose()?)
            }
        };
        let Some(caller) = caller else { continue };
        let Some(thing) = thing(&snapshot, tenant, &asked)? else { continue };
        trial.requests += seen.times;
        let was = gate.decide(caller, asked.action, &thing);
        let would = candidate.decide(caller, asked.action, &thing, gate.mode());
        if was.allowed != would.allowed {
            trial.changed += seen.times;
            if trial.changes.len() < SHOWN {
                trial.changes.push(TrialChange {
                    user: caller.name.clone(),
                    action: asked.action.name().to_owned(),
                    kind: asked.kind,
                    name: seen.name,
                    times: seen.times,
                    last_at: seen.last.to_string(),
                    then_refused: seen.refused,
                    allowed_now: was.allowed,
                    allowed_then: would.allowed,
                    policies: would.policies,
                });
            }
        }
    }
    Ok(trial)
}

/// The different requests of people of a tenant since a moment, the newest first as far as the bounds reach.
fn recorded(snapshot: &Snapshot, tenant: &TenantKey, from: Timestamp) -> Result<BTreeMap<Asked, Seen>, Fault> {
    let mut found: BTreeMap<Asked, Seen> = BTreeMap::new();
    let size = snapshot.log_size().map_err(storage_fault)?;
    let floor = snapshot.removed().map_err(storage_fault)?.map_or(0, |removed| removed.entries).max(size.saturating_sub(ENTRIES));
    let mut below = size;
    while below > floor {
        let start = below.saturating_sub(CHUNK).max(floor);
        for logged in snapshot.events(start..below).map_err(storage_fault)?.into_iter().rev() {
            let event = logged.event;
            if event.at < from || found.len() >= REQUESTS {
                return Ok(found);
            }
            if event.tenant != *tenant {
                continue;
            }
            let Some(asked) = asked(&event) else { continue };
            let name = event.subject.name.clone().or(event.subject.id.clone()).unwrap_or_default();
            let seen = found.entry(asked).or_insert(Seen { times: 0, last: event.at, name, refused: event.outcome == Outcome::Refused });
            seen.times += 1;
        }
        below = start;
    }
    Ok(found)
}

/// What somebody asked for, as far as an entry tells.
fn asked(event: &Event) -> Option<Asked> {
    if event.actor.kind != ActorKind::User {
        return None;
    }
    // An entry bears the name of what was done; the right that it took stands beside it when that is called otherwise.
    let right = event.details.get("right").and_then(|right| right.as_str()).unwrap_or(&event.action);
    let action = match right {
        "run.request" => Action::CapabilityRun,
        name => name.parse().ok()?,
    };
    let by_capability = event.details.get("capability").and_then(|id| id.as_str()).filter(|_| action == Action::CapabilityRun);
    let (kind, thing) = match by_capability {
        Some(capability) => ("capability".to_owned(), capability.to_owned()),
        None => (event.subject.kind.clone(), event.subject.id.clone().or_else(|| event.subject.name.clone())?),
    };
    let version = event.details.get("version").and_then(serde_json::Value::as_u64).and_then(|number| u32::try_from(number).ok());
    Some(Asked { user: event.actor.id.as_deref()?.parse().ok()?, action, kind, thing, version })
}

/// The thing as it is now; `None` when it is gone, or of a sort that such policies do not speak of.
fn thing(snapshot: &Snapshot, tenant: &TenantKey, asked: &Asked) -> Result<Option<Resource>, Fault> {
    Ok(match asked.kind.as_str() {
        "tenant" => Some(Resource::Tenant(tenant.clone())),
        "space" => asked.thing.parse::<SpacePath>().ok().map(|path| Resource::Space(SpaceRef { tenant: tenant.clone(), path })),
        "capability" => {
            let Ok(id) = asked.thing.parse::<CapabilityId>() else { return Ok(None) };
            let stored: Option<Stored<Capability>> = snapshot.get(&scoped(tenant, &[id.bytes()])).map_err(storage_fault)?;
            let Some(capability) = stored.map(|stored| stored.record) else { return Ok(None) };
            let number = asked.version.or(capability.current).unwrap_or(capability.latest);
            let version: Option<Stored<Version>> = snapshot.get(&version_key(tenant, id, number)).map_err(storage_fault)?;
            version.map(|version| resource::version(&capability, &version.record))
        }
        "run" => {
            let Ok(id) = asked.thing.parse::<RunId>() else { return Ok(None) };
            let stored: Option<Stored<Run>> = snapshot.get(&scoped(tenant, &[id.bytes()])).map_err(storage_fault)?;
            stored.map(|stored| resource::run(&stored.record))
        }
        "user" if asked.action != Action::UserGrantRole => {
            let Ok(id) = asked.thing.parse::<UserId>() else { return Ok(None) };
            let stored: Option<Stored<User>> = snapshot.get(&user_key(tenant, id)).map_err(storage_fault)?;
            stored.map(|stored| Resource::User(stored.record.to_ref()))
        }
        _ => None,
    })
}
