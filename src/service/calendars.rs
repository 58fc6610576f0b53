//! Calendars: made, imported, changed, removed; and looked up by what goes by them.
//!
//! A calendar that a freeze goes by is changed and removed with the consent that the freeze's removal would take.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::{BUG, Class, Code, Fault, FieldFault};
use crate::crypto::digest::sha256_hex;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::approval::Change;
use crate::domain::audit::{Actor, Subject};
use crate::domain::calendar::{CALENDARS_MOST, Calendar, Imported, Marks, NAME_CHARS, read_ics};
use crate::domain::capability::Risk;
use crate::domain::freeze::{FREEZES_MOST, Freeze, is_name};
use crate::domain::ids::{CalendarId, TenantKey};
use crate::service::approvals::{Agreed, Effect, Enact, Outcome, Requests, Wish, read_change};
use crate::service::gate::Gate;
use crate::service::{commit_fault, storage_fault};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::calendar::{CalendarRequest, CalendarView, CalendarViews, ImportRequest, Period, PeriodQuery, Periods};

pub const BAD_CALENDAR: Code = Code::new("EG-CAL-001", Class::User, "The calendar makes no sense");
pub const TOO_MANY: Code = Code::new("EG-CAL-002", Class::Conflict, "Too many calendars");
pub const IN_USE: Code = Code::new("EG-CAL-003", Class::Conflict, "The calendar is in use");
pub const BAD_FILE: Code = Code::new("EG-CAL-004", Class::User, "The calendar file cannot be read");

/// How often a change re-reads a calendar that others change too.
const TRIES: usize = 5;
/// How long recurring events are followed unless told otherwise, in years.
const YEARS: i16 = 3;
/// The most that may be asked for, in years.
const YEARS_MOST: i16 = 10;
/// Longest stretch whose periods are shown, in days.
const STRETCH_DAYS: i64 = 400;
/// Periods that are shown, at most.
const SHOWN: usize = 1_000;
/// The name of calendars among the settings.
const SETTING: &str = "calendar";

/// The calendar of a tenant by id.
///
/// # Errors
/// When the ledger cannot be read.
pub fn stored(snapshot: &Snapshot, tenant: &TenantKey, id: CalendarId) -> Result<Option<Stored<Calendar>>, Fault> {
    snapshot.get(&scoped(tenant, &[id.bytes()])).map_err(storage_fault)
}

/// A stretch of time that somebody asks about.
///
/// # Errors
/// [`BAD_CALENDAR`] when it is none, or too long.
pub fn stretch(query: &PeriodQuery) -> Result<(Timestamp, Timestamp), Fault> {
    let moment = |pointer: &str, text: &str| {
        text.parse::<Timestamp>().map_err(|_| bad(pointer, format!("`{}` is a moment such as 2027-01-31T00:00:00Z", &pointer[1..])))
    };
    let (from, until) = (moment("/from", &query.from)?, moment("/until", &query.until)?);
    if until <= from || until.as_second() - from.as_second() > STRETCH_DAYS * 86_400 {
        return Err(bad("/until", format!("`until` lies after `from`, by at most {STRETCH_DAYS} days")));
    }
    Ok((from, until))
}

/// A change of a calendar that waits for consent; none removes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wished {
    id: CalendarId,
    name: String,
    zone: String,
    marks: Option<Marks>,
    imported: Option<Imported>,
}

/// Changes calendars whose change was agreed to.
pub struct CalendarSettings;

impl CalendarSettings {
    #[must_use]
    pub fn setting() -> Arc<dyn Enact> {
        Arc::new(Self)
    }
}

impl Enact for CalendarSettings {
    fn setting(&self) -> &'static str {
        SETTING
    }

    fn current(&self, snapshot: &Snapshot, tenant: &TenantKey, change: &Change) -> Result<Value, Fault> {
        let wished: Wished = read_change(change)?;
        Ok(shown(stored(snapshot, tenant, wished.id)?.as_ref().map(|stored| &stored.record)))
    }

    fn right(&self, tenant: &TenantKey) -> (Action, Resource) {
        (Action::FreezeUpdate, Resource::Tenant(tenant.clone()))
    }

    fn enact(&self, snapshot: &Snapshot, agreed: &Agreed<'_>, commit: &mut Commit) -> Result<Effect, Fault> {
        let wished: Wished = read_change(agreed.change)?;
        let stored = stored(snapshot, agreed.tenant, wished.id)?;
        let stored = stored.ok_or_else(|| BUG.fault("the calendar that was to be changed is gone"))?;
        let (verb, subject) = (if wished.marks.is_some() { "calendar.update" } else { "calendar.remove" }, subject(&stored.record));
        write(&stored, wished, (agreed.now, agreed.approval.requester.clone()), commit);
        Ok(Effect { verb, subject, details: Vec::new() })
    }
}

/// What of a calendar a request shows, and rests on.
fn shown(calendar: Option<&Calendar>) -> Value {
    calendar.map_or(Value::Null, |calendar| json!({ "name": calendar.name, "zone": calendar.zone, "marks": calendar.marks }))
}

fn write(stored: &Stored<Calendar>, wished: Wished, (at, by): (Timestamp, Actor), commit: &mut Commit) {
    let Wished { name, zone, marks, imported, .. } = wished;
    match marks {
        None => commit.delete(stored),
        Some(marks) => {
            let next = Calendar { name, zone, marks, imported, updated_at: at, updated_by: by, ..stored.record.clone() };
            commit.update(stored, &next)
        }
    };
}

fn subject(calendar: &Calendar) -> Subject {
    Subject { kind: SETTING.to_owned(), id: Some(calendar.id.to_string()), name: Some(calendar.name.clone()) }
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_CALENDAR.fault(message).field(field).hint("Correct the field that is named.")
}

/// The service of calendars.
#[derive(Clone)]
pub struct Calendars {
    ledger: Ledger,
    gate: Gate,
    requests: Requests,
    clock: Arc<dyn Clock>,
}

impl Calendars {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, clock: Arc<dyn Clock>) -> Self {
        Self { requests: Requests::new(ledger.clone(), gate.clone()), ledger, gate, clock }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    fn all(snapshot: &Snapshot, tenant: &TenantKey) -> Result<Vec<Stored<Calendar>>, Fault> {
        snapshot.scan(&Scan::table(&scoped(tenant, &[])).limit(CALENDARS_MOST)).map_err(storage_fault)
    }

    /// Every calendar of the tenant, with whether it is marked now.
    ///
    /// # Errors
    /// When the caller may not see them.
    pub async fn list(&self, caller: &Caller) -> Result<CalendarViews, Fault> {
        let _permit = self.gate.allow(caller, Action::FreezeView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let all = Self::all(&snapshot, &caller.tenant)?;
        let items = all.iter().map(|stored| self.view(&snapshot, &stored.record)).collect::<Result<_, _>>()?;
        Ok(CalendarViews { items })
    }

    /// One calendar by id or name.
    ///
    /// # Errors
    /// Not found.
    pub async fn show(&self, caller: &Caller, text: &str) -> Result<CalendarView, Fault> {
        let _permit = self.gate.allow(caller, Action::FreezeView, &Resource::Tenant(caller.tenant.clone())).await?;
        let found = self.find(caller, text)?;
        match found {
            Some(stored) => self.view(&self.read()?, &stored.record),
            None => Err(self.gate.missing(caller, Action::FreezeView, SETTING, text).await),
        }
    }

    fn find(&self, caller: &Caller, text: &str) -> Result<Option<Stored<Calendar>>, Fault> {
        let snapshot = self.read()?;
        match text.parse::<CalendarId>() {
            Ok(id) => stored(&snapshot, &caller.tenant, id),
            Err(_) => Ok(Self::all(&snapshot, &caller.tenant)?.into_iter().find(|stored| stored.record.name == text)),
        }
    }

    /// The periods in which a calendar is marked between two moments.
    ///
    /// # Errors
    /// Not found, or no stretch of time.
    pub async fn periods(&self, caller: &Caller, text: &str, query: &PeriodQuery) -> Result<Periods, Fault> {
        let _permit = self.gate.allow(caller, Action::FreezeView, &Resource::Tenant(caller.tenant.clone())).await?;
        let (from, until) = stretch(query)?;
        let Some(stored) = self.find(caller, text)? else {
            return Err(self.gate.missing(caller, Action::FreezeView, SETTING, text).await);
        };
        let calendar = stored.record;
        let one = |(from, until): (Timestamp, Timestamp)| Period {
            from: from.to_string(),
            until: until.to_string(),
            id: calendar.id.to_string(),
            name: calendar
                .marks
                .spans
                .iter()
                .find(|span| span.from == from)
                .map_or_else(|| calendar.name.clone(), |span| span.name.clone()),
        };
        Ok(Periods { items: calendar.periods(from, until, SHOWN).into_iter().map(one).collect() })
    }

    /// Makes a calendar.
    ///
    /// # Errors
    /// [`BAD_CALENDAR`] names the field that makes no sense.
    pub async fn add(&self, caller: &Caller, request: &CalendarRequest) -> Result<CalendarView, Fault> {
        let permit = self.gate.allow(caller, Action::FreezeUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
        let made = self.made(caller, request);
        let calendar = match made {
            Ok(made) => made,
            Err(fault) => {
                let about = Subject { kind: SETTING.to_owned(), id: None, name: None };
                self.gate.refuse(caller, "calendar.add", about, &fault).await;
                return Err(fault);
            }
        };
        let mut event = permit.note(self.gate.event(caller, "calendar.add", subject(&calendar)));
        event.details.insert("calendar".to_owned(), shown(Some(&calendar)));
        let mut commit = Commit::new();
        commit.insert(&calendar).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        self.view(&self.read()?, &calendar)
    }

    fn made(&self, caller: &Caller, request: &CalendarRequest) -> Result<Calendar, Fault> {
        let (zone, marks) = checked(request)?;
        let all = Self::all(&self.read()?, &caller.tenant)?;
        if all.len() >= CALENDARS_MOST {
            return Err(TOO_MANY
                .fault(format!("there are {CALENDARS_MOST} calendars, the most that a tenant may have"))
                .param("limit", CALENDARS_MOST)
                .hint("Remove those that nothing goes by."));
        }
        let name = request.name.trim().to_owned();
        if all.iter().any(|stored| stored.record.name == name) {
            return Err(bad("/name", format!("there is a calendar `{name}` already")));
        }
        let now = self.clock.now();
        let id = CalendarId::new(now);
        let tenant = caller.tenant.clone();
        Ok(Calendar { id, tenant, name, zone, marks, imported: None, updated_at: now, updated_by: caller.actor() })
    }

    /// Writes a calendar anew. What was imported stays unless the request has spans and days of its own.
    ///
    /// # Errors
    /// Not found, or [`BAD_CALENDAR`].
    pub async fn update(
        &self,
        caller: &Caller,
        text: &str,
        request: &CalendarRequest,
        reason: Option<String>,
    ) -> Result<Outcome<CalendarView>, Fault> {
        let wish = |calendar: &Calendar| {
            let (zone, marks) = checked(request)?;
            let imported = calendar.imported.clone().filter(|_| marks.spans == calendar.marks.spans);
            Ok(Wished { id: calendar.id, name: request.name.trim().to_owned(), zone, marks: Some(marks), imported })
        };
        self.change(caller, text, ("calendar.update", reason), &wish).await
    }

    /// Puts what a file in the iCalendar form holds into a calendar, in place of what was imported before.
    ///
    /// # Errors
    /// Not found, or [`BAD_FILE`] with the event that cannot be understood.
    pub async fn import(
        &self,
        caller: &Caller,
        text: &str,
        request: &ImportRequest,
        reason: Option<String>,
    ) -> Result<Outcome<CalendarView>, Fault> {
        let now = self.clock.now();
        let wish = |calendar: &Calendar| {
            let years = request.years.unwrap_or(YEARS);
            if !(1..=YEARS_MOST).contains(&years) {
                return Err(bad("/years", format!("`years` goes from 1 to {YEARS_MOST}")));
            }
            let zone = jiff::tz::TimeZone::get(&calendar.zone).unwrap_or(jiff::tz::TimeZone::UTC);
            let today = zone.to_datetime(now).date();
            let horizon = today.checked_add(jiff::Span::new().years(years)).unwrap_or(jiff::civil::Date::MAX);
            let found = read_ics(&request.ics, &zone, horizon, request.except.as_deref());
            let found = found.map_err(|error| BAD_FILE.fault(error.to_string()).hint("Correct the file, or leave the event out."))?;
            let marks = Marks { rules: calendar.marks.rules.clone(), days: found.days, except: found.except, spans: found.spans }.tidy();
            marks.check().map_err(|error| BAD_FILE.fault(error.to_string()).hint("Choose fewer `years`."))?;
            let imported = Imported { sha256: sha256_hex(request.ics.as_bytes()), events: found.events, horizon, at: now };
            Ok(Wished {
                id: calendar.id,
                name: calendar.name.clone(),
                zone: calendar.zone.clone(),
                marks: Some(marks),
                imported: Some(imported),
            })
        };
        self.change(caller, text, ("calendar.import", reason), &wish).await
    }

    /// Removes a calendar that nothing goes by.
    ///
    /// # Errors
    /// Not found, or [`IN_USE`].
    pub async fn remove(&self, caller: &Caller, text: &str) -> Result<(), Fault> {
        let wish = |calendar: &Calendar| {
            let used = used_by(&self.read()?, calendar)?;
            if !used.is_empty() {
                return Err(IN_USE
                    .fault(format!("these freezes go by `{}`: {}", calendar.name, used.join(", ")))
                    .hint("Remove them first, or let them go by another calendar."));
            }
            Ok(Wished { id: calendar.id, name: calendar.name.clone(), zone: calendar.zone.clone(), marks: None, imported: None })
        };
        self.change(caller, text, ("calendar.remove", None), &wish).await.map(drop)
    }

    async fn change(
        &self,
        caller: &Caller,
        text: &str,
        (verb, reason): (&'static str, Option<String>),
        wish: &(dyn Fn(&Calendar) -> Result<Wished, Fault> + Sync),
    ) -> Result<Outcome<CalendarView>, Fault> {
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::FreezeUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
            let Some(stored) = self.find(caller, text)? else {
                return Err(self.gate.missing(caller, Action::FreezeUpdate, SETTING, text).await);
            };
            let calendar = &stored.record;
            let wished = match wish(calendar) {
                Ok(wished) => wished,
                Err(fault) => {
                    self.gate.refuse(caller, verb, subject(calendar), &fault).await;
                    return Err(fault);
                }
            };
            let now = self.clock.now();
            let after = wished.marks.clone().map(|marks| Calendar {
                name: wished.name.clone(),
                zone: wished.zone.clone(),
                marks,
                imported: wished.imported.clone(),
                updated_at: now,
                updated_by: caller.actor(),
                ..calendar.clone()
            });
            let used = !used_by(&self.read()?, calendar)?.is_empty();
            if used && let Some(rule) = self.requests.rule(&caller.tenant)? {
                let change = Change {
                    setting: SETTING.to_owned(),
                    name: calendar.name.clone(),
                    change: json!(wished),
                    before: shown(Some(calendar)),
                    after: shown(after.as_ref()),
                };
                let wish = Wish { change, risk: Risk::High, reason };
                return Ok(Outcome::Asked(self.requests.ask(caller, &permit, wish, &rule).await?));
            }
            let mut event = permit.note(self.gate.event(caller, verb, subject(calendar)));
            event.details.insert("before".to_owned(), shown(Some(calendar)));
            event.details.insert("after".to_owned(), shown(after.as_ref()));
            let mut commit = Commit::new();
            write(&stored, wished, (now, caller.actor()), &mut commit);
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(Outcome::Done(self.view(&self.read()?, after.as_ref().unwrap_or(calendar))?)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(BAD_CALENDAR.fault("the calendar keeps changing; look at it again"))
    }

    fn view(&self, snapshot: &Snapshot, calendar: &Calendar) -> Result<CalendarView, Fault> {
        let now = self.clock.now();
        Ok(CalendarView {
            id: calendar.id.to_string(),
            name: calendar.name.clone(),
            zone: calendar.zone.clone(),
            rules: calendar.marks.rules.clone(),
            days: calendar.marks.days.iter().map(ToString::to_string).collect(),
            except: calendar.marks.except.iter().map(ToString::to_string).collect(),
            spans: calendar.marks.spans.clone(),
            imported: calendar.imported.clone(),
            inside: calendar.is_inside(now),
            changes_at: calendar.next_change(now).map(|at| at.to_string()),
            used_by: used_by(snapshot, calendar)?,
            updated_at: calendar.updated_at.to_string(),
            updated_by: calendar.updated_by.clone(),
        })
    }
}

/// Names of the freezes that go by a calendar.
fn used_by(snapshot: &Snapshot, calendar: &Calendar) -> Result<Vec<String>, Fault> {
    let scan = Scan::table(&scoped(&calendar.tenant, &[])).limit(FREEZES_MOST);
    let all: Vec<Stored<Freeze>> = snapshot.scan(&scan).map_err(storage_fault)?;
    let uses = |freeze: &Freeze| freeze.window.calendar() == Some(calendar.id);
    Ok(all.into_iter().map(|stored| stored.record).filter(uses).map(|freeze| freeze.name).collect())
}

fn checked(request: &CalendarRequest) -> Result<(String, Marks), Fault> {
    if !is_name(&request.name) || request.name.parse::<CalendarId>().is_ok() {
        return Err(bad("/name", format!("`name` has 1 to {NAME_CHARS} characters and no control characters, and is no id")));
    }
    let zone = request.zone.clone().unwrap_or_else(|| "UTC".to_owned());
    if zone.len() > 64 || jiff::tz::TimeZone::get(&zone).is_err() {
        return Err(bad("/zone", "`zone` must be an IANA name such as Asia/Shanghai or UTC".to_owned()));
    }
    let marks = Marks {
        rules: request.rules.clone(),
        days: request.days.iter().copied().collect(),
        except: request.except.iter().copied().collect(),
        spans: request.spans.clone(),
    };
    marks.check().map_err(|error| bad(&error.pointer(), error.to_string()))?;
    Ok((zone, marks.tidy()))
}
