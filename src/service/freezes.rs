//! Freezes: set, listed, removed; and the question that every start asks of them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::{BUG, Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::approval::Change;
use crate::domain::audit::Subject;
use crate::domain::capability::{Capability, Risk};
use crate::domain::freeze::{CAPABILITIES_MOST, FREEZES_MOST, Freeze, NAME_CHARS, is_name};
use crate::domain::ids::{CapabilityId, FreezeId, TenantKey};
use crate::service::approvals::{Agreed, Effect, Enact, Outcome, Requests, Wish, read_change};
use crate::service::capabilities::Capabilities;
use crate::service::gate::Gate;
use crate::service::{commit_fault, storage_fault};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::freeze::{FreezeRequest, FreezeView, FreezeViews};

pub const FROZEN: Code = Code::new("EG-FRZ-001", Class::Conflict, "A freeze is in force");
pub const BAD_FREEZE: Code = Code::new("EG-FRZ-002", Class::User, "The freeze makes no sense");
pub const TOO_MANY: Code = Code::new("EG-FRZ-003", Class::Conflict, "Too many freezes");

/// Holds the decision about freezes against a removal in the same moment.
const TRIES: usize = 5;

/// A freeze that holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    pub id: FreezeId,
    pub name: String,
    pub until: Timestamp,
}

/// The freezes that stand in the way of a start now.
///
/// # Errors
/// When the ledger cannot be read.
pub fn in_force(
    snapshot: &Snapshot,
    tenant: &TenantKey,
    capability: CapabilityId,
    risk: Risk,
    now: Timestamp,
) -> Result<Vec<InForce>, Fault> {
    let all: Vec<Stored<Freeze>> = snapshot.scan(&Scan::table(&scoped(tenant, &[])).limit(FREEZES_MOST)).map_err(storage_fault)?;
    let holds = |freeze: Freeze| {
        let until = freeze.window.holds_until(now, &zone(&freeze.zone))?;
        Some(InForce { id: freeze.id, name: freeze.name, until })
    };
    Ok(all.into_iter().map(|stored| stored.record).filter(|freeze| freeze.concerns(capability, risk)).filter_map(holds).collect())
}

/// The answer to a start that a freeze stops.
#[must_use]
pub fn frozen(freezes: &[InForce]) -> Fault {
    let names: Vec<&str> = freezes.iter().map(|freeze| freeze.name.as_str()).collect();
    let until = freezes.iter().map(|freeze| freeze.until).max().unwrap_or(Timestamp::MAX);
    let names = names.join(", ");
    FROZEN
        .fault(format!("nothing of this starts now: {names}, until {until}"))
        .param("freeze", &names)
        .param("until", until)
        .hint("Start it after that, or ask for approval to start in spite of it: --override-freeze with a reason.")
}

/// A zone that was checked when the freeze was made; should it have gone, UTC.
fn zone(name: &str) -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get(name).unwrap_or(jiff::tz::TimeZone::UTC)
}

/// The name of freezes among the settings.
const SETTING: &str = "freeze";

/// Removes freezes whose removal was agreed to.
pub struct FreezeSettings;

impl FreezeSettings {
    #[must_use]
    pub fn setting() -> Arc<dyn Enact> {
        Arc::new(Self)
    }
}

fn stored(snapshot: &Snapshot, tenant: &TenantKey, id: FreezeId) -> Result<Option<Stored<Freeze>>, Fault> {
    snapshot.get(&scoped(tenant, &[id.bytes()])).map_err(storage_fault)
}

impl Enact for FreezeSettings {
    fn setting(&self) -> &'static str {
        SETTING
    }

    fn current(&self, snapshot: &Snapshot, tenant: &TenantKey, change: &Change) -> Result<Value, Fault> {
        Ok(json!(stored(snapshot, tenant, read_change(change)?)?.map(|stored| stored.record)))
    }

    fn right(&self, tenant: &TenantKey) -> (Action, Resource) {
        (Action::FreezeUpdate, Resource::Tenant(tenant.clone()))
    }

    fn enact(&self, snapshot: &Snapshot, agreed: &Agreed<'_>, commit: &mut Commit) -> Result<Effect, Fault> {
        let stored = stored(snapshot, agreed.tenant, read_change(agreed.change)?)?;
        let stored = stored.ok_or_else(|| BUG.fault("the freeze that was to be removed is gone"))?;
        commit.delete(&stored);
        let held = stored.record.window.holds_until(agreed.now, &zone(&stored.record.zone));
        let details = vec![("was_in_force", json!(held.is_some()))];
        Ok(Effect { verb: "freeze.remove", subject: subject(&stored.record), details })
    }
}

/// The service of freezes.
#[derive(Clone)]
pub struct Freezes {
    ledger: Ledger,
    gate: Gate,
    requests: Requests,
    clock: Arc<dyn Clock>,
    capabilities: Capabilities,
}

impl Freezes {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, clock: Arc<dyn Clock>, capabilities: Capabilities) -> Self {
        Self { requests: Requests::new(ledger.clone(), gate.clone()), ledger, gate, clock, capabilities }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// Every freeze of the tenant, with whether it holds and when it begins next.
    ///
    /// # Errors
    /// When the caller may not see them.
    pub async fn list(&self, caller: &Caller) -> Result<FreezeViews, Fault> {
        let _permit = self.gate.allow(caller, Action::FreezeView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let all: Vec<Stored<Freeze>> =
            snapshot.scan(&Scan::table(&scoped(&caller.tenant, &[])).limit(FREEZES_MOST)).map_err(storage_fault)?;
        let items = all.iter().map(|stored| self.view(&snapshot, &stored.record)).collect::<Result<_, _>>()?;
        Ok(FreezeViews { items })
    }

    /// Sets a freeze.
    ///
    /// # Errors
    /// [`BAD_FREEZE`] names the field that makes no sense.
    pub async fn add(&self, caller: &Caller, request: &FreezeRequest) -> Result<FreezeView, Fault> {
        let permit = self.gate.allow(caller, Action::FreezeUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
        let now = self.clock.now();
        let zone_name = request.zone.clone().unwrap_or_else(|| "UTC".to_owned());
        check(request, &zone_name, now)?;
        let mut capabilities = Vec::new();
        for name in &request.capabilities {
            let found = self.capabilities.id_of(&self.read()?, &caller.tenant, name)?;
            capabilities.push(
                found.ok_or_else(|| {
                    bad("/capabilities", format!("there is no capability `{}`", name.chars().take(80).collect::<String>()))
                })?,
            );
        }
        let held = self.read()?.count::<Freeze>(&Scan::table(&scoped(&caller.tenant, &[])).limit(FREEZES_MOST)).map_err(storage_fault)?;
        if held >= FREEZES_MOST as u64 {
            return Err(TOO_MANY
                .fault(format!("there are {FREEZES_MOST} freezes, the most that a tenant may have"))
                .param("limit", FREEZES_MOST)
                .hint("Remove those that are over."));
        }
        let freeze = Freeze {
            id: FreezeId::new(now),
            tenant: caller.tenant.clone(),
            name: request.name.trim().to_owned(),
            risks: request.risks.clone(),
            capabilities,
            window: request.window.clone(),
            zone: zone_name,
            created_at: now,
            created_by: caller.actor(),
        };
        let mut event = permit.note(self.gate.event(caller, "freeze.add", subject(&freeze)));
        event.details.insert("freeze".to_owned(), json!(freeze));
        let mut commit = Commit::new();
        commit.insert(&freeze).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        self.view(&self.read()?, &freeze)
    }

    /// Removes a freeze. Where four eyes are asked for that takes the consent of others, unless it is over. The event says
    /// whether it was in force.
    ///
    /// # Errors
    /// Not found.
    pub async fn remove(&self, caller: &Caller, id: &str, reason: Option<String>) -> Result<Outcome<()>, Fault> {
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::FreezeUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
            let stored = match id.parse::<FreezeId>() {
                Ok(id) => stored(&self.read()?, &caller.tenant, id)?,
                Err(_) => None,
            };
            let Some(stored) = stored else { return Err(self.gate.missing(caller, Action::FreezeUpdate, "freeze", id).await) };
            let freeze = &stored.record;
            let shown = self.view(&self.read()?, freeze)?;
            let over = shown.holds_until.is_none() && shown.next.is_none();
            if !over && let Some(rule) = self.requests.rule(&caller.tenant)? {
                let change = Change {
                    setting: SETTING.to_owned(),
                    name: freeze.name.clone(),
                    change: json!(freeze.id),
                    before: json!(freeze),
                    after: Value::Null,
                };
                let wish = Wish { change, risk: Risk::High, reason };
                return Ok(Outcome::Asked(self.requests.ask(caller, &permit, wish, &rule).await?));
            }
            let mut event = permit.note(self.gate.event(caller, "freeze.remove", subject(freeze)));
            event.details.insert("freeze".to_owned(), json!(freeze));
            event.details.insert("was_in_force".to_owned(), json!(shown.holds_until.is_some()));
            if !over {
                event.details.insert("self_approved".to_owned(), json!(true));
            }
            if let Some(reason) = &reason {
                event.details.insert("why".to_owned(), json!(reason));
            }
            let mut commit = Commit::new();
            commit.delete(&stored).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(Outcome::Done(())),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(self.gate.missing(caller, Action::FreezeUpdate, "freeze", id).await)
    }

    fn view(&self, snapshot: &Snapshot, freeze: &Freeze) -> Result<FreezeView, Fault> {
        let (now, zone) = (self.clock.now(), zone(&freeze.zone));
        let mut capabilities = Vec::new();
        for id in &freeze.capabilities {
            let capability: Option<Stored<Capability>> = snapshot.get(&scoped(&freeze.tenant, &[id.bytes()])).map_err(storage_fault)?;
            capabilities.push(capability.map_or_else(|| id.to_string(), |capability| capability.record.name.to_string()));
        }
        Ok(FreezeView {
            id: freeze.id.to_string(),
            name: freeze.name.clone(),
            risks: freeze.risks.clone(),
            capabilities,
            window: freeze.window.clone(),
            zone: freeze.zone.clone(),
            holds_until: freeze.window.holds_until(now, &zone).map(|at| at.to_string()),
            next: freeze.window.next_after(now, &zone).map(|at| at.to_string()),
            created_at: freeze.created_at.to_string(),
            created_by: freeze.created_by.clone(),
        })
    }
}

fn subject(freeze: &Freeze) -> Subject {
    Subject { kind: "freeze".to_owned(), id: Some(freeze.id.to_string()), name: Some(freeze.name.clone()) }
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_FREEZE.fault(message).field(field).hint("Correct the field that is named.")
}

fn check(request: &FreezeRequest, zone: &str, now: Timestamp) -> Result<(), Fault> {
    if !is_name(&request.name) {
        return Err(bad("/name", format!("`name` has 1 to {NAME_CHARS} characters and no control characters")));
    }
    if request.capabilities.len() > CAPABILITIES_MOST {
        return Err(bad("/capabilities", format!("a freeze names at most {CAPABILITIES_MOST} capabilities")));
    }
    if zone.len() > 64 || jiff::tz::TimeZone::get(zone).is_err() {
        return Err(bad("/zone", "`zone` must be an IANA name such as Asia/Shanghai or UTC".to_owned()));
    }
    request.window.check(now).map_err(|error| bad(&format!("/window{}", error.pointer()), error.to_string()))
}
