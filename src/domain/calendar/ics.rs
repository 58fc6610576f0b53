//! Reading calendars in the iCalendar form (RFC 5545): events, their repetitions, and the days on which they do not take place.
//!
//! Repetitions are followed in local time up to a horizon, so that an event at 09:00 stays there when the clocks change. What
//! is read becomes spans and days; tasks, alarms and free time are no concern.

use std::collections::BTreeSet;

use icalendar::parser::{Component, Property, read_calendar, unfold};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::{SPANS_MOST, Span};
use crate::base::clock::Timestamp;

/// Largest file, in bytes.
pub const FILE_BYTES: usize = 2 << 20;
/// Events of one file, at most.
const EVENTS_MOST: usize = 5_000;
/// Longest name of an event that is kept, in characters.
const NAME_CHARS: usize = 120;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    pub events: u32,
    /// Whole days.
    pub days: BTreeSet<Date>,
    pub spans: Vec<Span>,
    /// Days of events whose name says that they are an exception.
    pub except: BTreeSet<Date>,
}

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IcsError {
    #[error("the file is larger than {FILE_BYTES} bytes")]
    Large,
    #[error("this is no calendar in the iCalendar form: {0}")]
    Form(String),
    #[error("the file has more than {EVENTS_MOST} events")]
    Events,
    #[error("event `{name}`: {why}")]
    Event { name: String, why: String },
    #[error("the events make more than {SPANS_MOST} spans and days until the horizon")]
    Spans,
}

/// When an event begins: on a day, or at a time in a zone.
#[derive(Debug, Clone)]
enum Start {
    Day(Date),
    Time(DateTime, TimeZone),
}

/// Reads a file. `zone` holds for times without a zone; events whose name contains `except` are exceptions.
///
/// # Errors
/// With the event that cannot be understood.
pub fn read(text: &str, zone: &TimeZone, horizon: Date, except: Option<&str>) -> Result<Found, IcsError> {
    if text.len() > FILE_BYTES {
        return Err(IcsError::Large);
    }
    let unfolded = unfold(text.trim_start_matches('\u{feff}'));
    let calendar = read_calendar(&unfolded).map_err(|why| IcsError::Form(why.chars().take(200).collect()))?;
    let mut found = Found::default();
    for event in calendar.components.iter().filter(|component| component.name.to_string().eq_ignore_ascii_case("VEVENT")) {
        found.events += 1;
        if usize::try_from(found.events).unwrap_or(usize::MAX) > EVENTS_MOST {
            return Err(IcsError::Events);
        }
        let name = value(event, "SUMMARY").map(|name| clean(&name)).unwrap_or_default();
        let failed = |why: String| IcsError::Event { name: name.clone(), why };
        let is_exception = except.is_some_and(|word| !word.is_empty() && name.contains(word));
        add(&mut found, event, (&name, is_exception), zone, horizon).map_err(failed)?;
        if found.days.len() + found.spans.len() + found.except.len() > SPANS_MOST {
            return Err(IcsError::Spans);
        }
    }
    Ok(found)
}

fn add(found: &mut Found, event: &Component<'_>, (name, is_exception): (&str, bool), zone: &TimeZone, horizon: Date) -> Result<(), String> {
    if value(event, "STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")) {
        return Ok(());
    }
    let start = property(event, "DTSTART").ok_or("it has no DTSTART")?;
    let start = moment(start, zone)?;
    let end = property(event, "DTEND").map(|end| moment(end, zone)).transpose()?;
    let length =
        value(event, "DURATION").map(|text| text.parse::<jiff::Span>().map_err(|error| format!("DURATION: {error}"))).transpose()?;
    for begins in repetitions(event, &start, zone, horizon)? {
        match (&start, &end) {
            (Start::Day(first), _) => {
                let days = match &end {
                    Some(Start::Day(last)) => (*last - *first).get_days().clamp(1, 366),
                    _ => length.map_or(1, |length| length.get_days().clamp(1, 366)),
                };
                let list = if is_exception { &mut found.except } else { &mut found.days };
                for ahead in 0..days {
                    list.extend(begins.date().checked_add(ahead.days()).ok());
                }
            }
            (Start::Time(from, zone), end) => {
                let until = match (end, length) {
                    (Some(Start::Time(until, _)), _) => begins.checked_add(*until - *from),
                    (_, Some(length)) => begins.checked_add(length),
                    _ => Ok(begins),
                };
                let until = until.map_err(|error| error.to_string())?;
                let at = |time: DateTime| zone.to_ambiguous_timestamp(time).compatible().map_err(|error| error.to_string());
                let (from, until) = (at(begins)?, at(until)?);
                if is_exception {
                    found.except.insert(begins.date());
                } else if until > from {
                    found.spans.push(Span { from, until, name: name.to_owned() });
                }
            }
        }
    }
    Ok(())
}

/// The local times at which an event begins, up to the horizon.
fn repetitions(event: &Component<'_>, start: &Start, zone: &TimeZone, horizon: Date) -> Result<Vec<DateTime>, String> {
    let first = match start {
        Start::Day(day) => day.to_datetime(jiff::civil::Time::midnight()),
        Start::Time(time, _) => *time,
    };
    let own = match start {
        Start::Day(_) => zone.clone(),
        Start::Time(_, zone) => zone.clone(),
    };
    let local = |text: &str| -> Result<DateTime, String> { civil(text, &own) };
    let mut begins: BTreeSet<DateTime> = BTreeSet::new();
    match value(event, "RRULE") {
        None => {
            begins.insert(first);
        }
        Some(rule) => begins.extend(follow(&rule, first, &own, horizon)?),
    }
    for list in all(event, "RDATE") {
        for text in list.split(',') {
            // A period names its own end; only its beginning is taken.
            begins.insert(local(text.split('/').next().unwrap_or_default())?);
        }
    }
    for list in all(event, "EXDATE") {
        for text in list.split(',') {
            let gone = local(text)?;
            // A date takes away whatever begins on that day.
            begins.retain(|time| if text.contains('T') { *time != gone } else { time.date() != gone.date() });
        }
    }
    let last = horizon.to_datetime(jiff::civil::Time::midnight());
    Ok(begins.into_iter().filter(|time| *time < last || *time == first).collect())
}

/// Follows a rule as if local time were UTC: the clock of a wall knows no zone.
fn follow(rule: &str, first: DateTime, zone: &TimeZone, horizon: Date) -> Result<Vec<DateTime>, String> {
    let mut parts: Vec<String> = Vec::new();
    for part in rule.trim().split(';').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some((name, until)) if name.eq_ignore_ascii_case("UNTIL") => {
                let until = if until.contains('T') { civil(until, zone)? } else { civil(until, zone)?.date().at(23, 59, 59, 0) };
                parts.push(format!("UNTIL={}Z", until.strftime("%Y%m%dT%H%M%S")));
            }
            _ => parts.push(part.to_owned()),
        }
    }
    let text = format!("DTSTART:{}Z\nRRULE:{}", first.strftime("%Y%m%dT%H%M%S"), parts.join(";"));
    let set: rrule::RRuleSet = text.parse().map_err(|error| format!("RRULE: {error}"))?;
    let result = set.all(u16::try_from(SPANS_MOST).unwrap_or(u16::MAX));
    let last = horizon.to_datetime(jiff::civil::Time::midnight());
    let times = result.dates.iter().filter_map(|date| Timestamp::from_second(date.timestamp()).ok());
    Ok(times.map(|at| TimeZone::UTC.to_datetime(at)).take_while(|time| *time < last).collect())
}

/// A date or a time as text, in local time of a zone.
fn civil(text: &str, zone: &TimeZone) -> Result<DateTime, String> {
    let text = text.trim();
    let bad = |error: jiff::Error| format!("`{}`: {error}", text.chars().take(40).collect::<String>());
    if let Some(utc) = text.strip_suffix('Z') {
        let time = DateTime::strptime("%Y%m%dT%H%M%S", utc).map_err(bad)?;
        let at = TimeZone::UTC.to_timestamp(time).map_err(bad)?;
        return Ok(zone.to_datetime(at));
    }
    if text.contains('T') {
        return DateTime::strptime("%Y%m%dT%H%M%S", text).map_err(bad);
    }
    Ok(Date::strptime("%Y%m%d", text).map_err(bad)?.to_datetime(jiff::civil::Time::midnight()))
}

fn moment(property: &Property<'_>, zone: &TimeZone) -> Result<Start, String> {
    let text = property.val.to_string();
    let parameter = |name: &str| {
        let found = property.params.iter().find(|parameter| parameter.key.to_string().eq_ignore_ascii_case(name));
        found.and_then(|parameter| parameter.val.as_ref().map(ToString::to_string))
    };
    if !text.contains('T') || parameter("VALUE").is_some_and(|value| value.eq_ignore_ascii_case("DATE")) {
        return Ok(Start::Day(civil(&text, zone)?.date()));
    }
    let own = match parameter("TZID") {
        Some(name) => TimeZone::get(name.trim_matches('"')).map_err(|_| format!("the zone `{name}` is not known"))?,
        None => zone.clone(),
    };
    Ok(Start::Time(civil(&text, &own)?, own))
}

fn property<'a, 'b>(event: &'a Component<'b>, name: &str) -> Option<&'a Property<'b>> {
    event.properties.iter().find(|property| property.name.to_string().eq_ignore_ascii_case(name))
}

fn value(event: &Component<'_>, name: &str) -> Option<String> {
    property(event, name).map(|property| property.val.to_string())
}

fn all(event: &Component<'_>, name: &str) -> Vec<String> {
    let named = event.properties.iter().filter(|property| property.name.to_string().eq_ignore_ascii_case(name));
    named.map(|property| property.val.to_string()).collect()
}

/// A name without what should not be shown.
fn clean(text: &str) -> String {
    let text = text.replace("\\,", ",").replace("\\;", ";").replace("\\n", " ").replace("\\\\", "\\");
    text.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect()
}
