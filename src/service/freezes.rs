//! Freezes: set, listed, removed; and the question that every start asks of them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::{BUG, Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, Caller, Resource, SpacePath};
use crate::domain::approval::Change;
use crate::domain::audit::Subject;
use crate::domain::calendar::Calendar;
use crate::domain::capability::{Capability, Risk};
use crate::domain::freeze::{About, CAPABILITIES_MOST, FREEZES_MOST, Freeze, NAME_CHARS, SPACES_MOST, is_name};
use crate::domain::ids::{FreezeId, TenantKey};
use crate::service::approvals::{Agreed, Effect, Enact, Outcome, Requests, Wish, read_change};
use crate::service::capabilities::Capabilities;
use crate::service::gate::Gate;
use crate::service::{calendars, commit_fault, storage_fault};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::calendar::{Period, PeriodQuery, Periods};
use crate::wire::freeze::{FreezeAhead, FreezeRequest, FreezeView, FreezeViews};

pub const FROZEN: Code = Code::new("EG-FRZ-001", Class::Conflict, "A freeze is in force");
pub const BAD_FREEZE: Code = Code::new("EG-FRZ-002", Class::User, "The freeze makes no sense");
pub const TOO_MANY: Code = Code::new("EG-FRZ-003", Class::Conflict, "Too many freezes");

/// Holds the decision about freezes against a removal in the same moment.
const TRIES: usize = 5;
/// How far ahead people are told of freezes, in days.
const AHEAD_DAYS: i64 = 14;
/// Periods that are shown, at most.
const PERIODS_SHOWN: usize = 2_000;

/// A freeze that holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    pub id: FreezeId,
    pub name: String,
    pub until: Timestamp,
}

/// A freeze with the calendar that it goes by.
struct Timed {
    freeze: Freeze,
    calendar: Option<Calendar>,
}

impl Timed {
    fn of(snapshot: &Snapshot, freeze: Freeze) -> Result<Self, Fault> {
        let calendar = match freeze.window.calendar() {
            Some(id) => calendars::stored(snapshot, &freeze.tenant, id)?.map(|stored| stored.record),
            None => None,
        };
        Ok(Self { freeze, calendar })
    }

    fn holds_until(&self, at: Timestamp) -> Option<Timestamp> {
        self.freeze.window.holds_until(at, &zone(&self.freeze.zone), self.calendar.as_ref())
    }

    fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.freeze.window.next_after(at, &zone(&self.freeze.zone), self.calendar.as_ref())
    }
}

/// The freezes that are about something, with their calendars.
fn concerning(snapshot: &Snapshot, tenant: &TenantKey, about: &About<'_>) -> Result<Vec<Timed>, Fault> {
    let all: Vec<Stored<Freeze>> = snapshot.scan(&Scan::table(&scoped(tenant, &[])).limit(FREEZES_MOST)).map_err(storage_fault)?;
    let about = all.into_iter().map(|stored| stored.record).filter(|freeze| freeze.concerns(about));
    about.map(|freeze| Timed::of(snapshot, freeze)).collect()
}

/// The freezes that stand in the way of a start now.
///
/// # Errors
/// When the ledger cannot be read.
pub fn in_force(snapshot: &Snapshot, tenant: &TenantKey, about: &About<'_>, now: Timestamp) -> Result<Vec<InForce>, Fault> {
    let holds = |timed: Timed| Some(InForce { until: timed.holds_until(now)?, id: timed.freeze.id, name: timed.freeze.name });
    Ok(concerning(snapshot, tenant, about)?.into_iter().filter_map(holds).collect())
}

/// The freezes that will stand in the way within the next days, so that people plan around them.
///
/// # Errors
/// When the ledger cannot be read.
pub fn ahead(snapshot: &Snapshot, tenant: &TenantKey, about: &About<'_>, now: Timestamp) -> Result<Vec<FreezeAhead>, Fault> {
    let soon = now.checked_add(jiff::SignedDuration::from_hours(24 * AHEAD_DAYS)).unwrap_or(Timestamp::MAX);
    let one = |timed: &Timed| {
        let from = timed.holds_until(now).is_none().then(|| timed.next_after(now)).flatten().filter(|from| *from <= soon)?;
        let until = timed.holds_until(from).map(|until| until.to_string());
        Some(FreezeAhead { id: timed.freeze.id.to_string(), name: timed.freeze.name.clone(), from: from.to_string(), until })
    };
    Ok(concerning(snapshot, tenant, about)?.iter().filter_map(one).collect())
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
        let held = Timed::of(snapshot, stored.record.clone())?.holds_until(agreed.now);
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
        if let Some(id) = request.window.calendar()
            && calendars::stored(&self.read()?, &caller.tenant, id)?.is_none()
        {
            return Err(bad("/window/calendar", format!("there is no calendar {id}")));
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
            spaces: request.spaces.clone(),
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

    /// The periods in which freezes hold between two moments, each in the order of its periods.
    ///
    /// # Errors
    /// When the caller may not see them, or it is no stretch of time.
    pub async fn periods(&self, caller: &Caller, query: &PeriodQuery) -> Result<Periods, Fault> {
        let _permit = self.gate.allow(caller, Action::FreezeView, &Resource::Tenant(caller.tenant.clone())).await?;
        let (from, until) = calendars::stretch(query)?;
        let snapshot = self.read()?;
        let all: Vec<Stored<Freeze>> =
            snapshot.scan(&Scan::table(&scoped(&caller.tenant, &[])).limit(FREEZES_MOST)).map_err(storage_fault)?;
        let mut items = Vec::new();
        for stored in all {
            let timed = Timed::of(&snapshot, stored.record)?;
            let mut at = from;
            while at < until && items.len() < PERIODS_SHOWN {
                let begins = if timed.holds_until(at).is_some() { Some(at) } else { timed.next_after(at) };
                let Some(begins) = begins.filter(|begins| *begins < until) else { break };
                let ends = timed.holds_until(begins).unwrap_or(until).min(until);
                let (id, name) = (timed.freeze.id.to_string(), timed.freeze.name.clone());
                items.push(Period { from: begins.to_string(), until: ends.to_string(), id, name });
                at = ends.max(begins.checked_add(jiff::SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX));
            }
        }
        Ok(Periods { items })
    }

    fn view(&self, snapshot: &Snapshot, freeze: &Freeze) -> Result<FreezeView, Fault> {
        let now = self.clock.now();
        let timed = Timed::of(snapshot, freeze.clone())?;
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
            spaces: freeze.spaces.clone(),
            window: freeze.window.clone(),
            calendar: timed.calendar.as_ref().map(|calendar| calendar.name.clone()),
            zone: freeze.zone.clone(),
            holds_until: timed.holds_until(now).map(|at| at.to_string()),
            next: timed.next_after(now).map(|at| at.to_string()),
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
    if request.spaces.len() > SPACES_MOST || !request.spaces.iter().all(|space| space.parse::<SpacePath>().is_ok()) {
        return Err(bad("/spaces", format!("a freeze names at most {SPACES_MOST} spaces, each by its name")));
    }
    if zone.len() > 64 || jiff::tz::TimeZone::get(zone).is_err() {
        return Err(bad("/zone", "`zone` must be an IANA name such as Asia/Shanghai or UTC".to_owned()));
    }
    request.window.check(now).map_err(|error| bad(&format!("/window{}", error.pointer()), error.to_string()))
}
