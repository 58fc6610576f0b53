//! Calendars: which days and hours are marked, such as holidays, month ends or maintenance.
//!
//! A calendar is a set of moments: days that rules name, days that are named one by one, and spans that were imported, less
//! the days that are excepted, such as a Saturday that is worked to make up for a holiday.

mod ics;
mod weekday;

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use ics::{Found, IcsError, read as read_ics};
pub use weekday::Weekday;

use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::ids::{CalendarId, TenantKey};

/// Longest name, in characters.
pub const NAME_CHARS: usize = 80;
/// Calendars of one tenant, at most.
pub const CALENDARS_MOST: usize = 100;
/// Rules of one calendar, at most.
pub const RULES_MOST: usize = 50;
/// Days named one by one in one list, at most.
pub const DAYS_MOST: usize = 2_000;
/// Spans of one calendar, at most.
pub const SPANS_MOST: usize = 5_000;
/// Days that are looked through for the next change.
const AHEAD_DAYS: i32 = 400;

/// Days that come again and again: those that fit every list that is not empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DayRule {
    #[serde(default)]
    pub weekdays: Vec<Weekday>,
    /// 1 to 31, or -1 for the last day of the month to -31.
    #[serde(default)]
    pub month_days: Vec<i8>,
    /// 1 to 12.
    #[serde(default)]
    pub months: Vec<i8>,
    /// Which of these weekdays in the month: 1 for the first, -1 for the last.
    #[serde(default)]
    pub nth: Vec<i8>,
}

/// From one moment until another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    #[serde(default)]
    pub name: String,
}

/// What is marked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    #[serde(default)]
    pub rules: Vec<DayRule>,
    /// Days named one by one.
    #[serde(default)]
    pub days: BTreeSet<Date>,
    /// Days that are not marked whatever rules, spans and imports say.
    #[serde(default)]
    pub except: BTreeSet<Date>,
    /// Sorted by their beginning, without overlap.
    #[serde(default)]
    pub spans: Vec<Span>,
}

/// Where spans and days were imported from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// Lower-case hexadecimal SHA-256 of the file.
    pub sha256: String,
    pub events: u32,
    /// Recurring events were followed until this day.
    #[schema(value_type = String, format = Date)]
    pub horizon: Date,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    pub id: CalendarId,
    pub tenant: TenantKey,
    pub name: String,
    /// IANA zone in which its days begin and end.
    pub zone: String,
    pub marks: Marks,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    pub updated_at: Timestamp,
    pub updated_by: Actor,
}

/// Marks that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarksError {
    #[error("a calendar has at most {RULES_MOST} rules")]
    Rules,
    #[error(
        "rule {0}: `month_days` are 1 to 31 or -1 to -31, `months` 1 to 12, `nth` 1 to 5 or -1 to -5 together with `weekdays`, and one list is not empty"
    )]
    Rule(usize),
    #[error("a list of days has at most {DAYS_MOST} entries")]
    Days,
    #[error("a calendar has at most {SPANS_MOST} spans, and each ends after it begins")]
    Spans,
}

impl MarksError {
    /// JSON Pointer to the field.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self {
            Self::Rules => "/rules".to_owned(),
            Self::Rule(place) => format!("/rules/{place}"),
            Self::Days => "/days".to_owned(),
            Self::Spans => "/spans".to_owned(),
        }
    }
}

impl DayRule {
    fn is_sound(&self) -> bool {
        let some = !(self.weekdays.is_empty() && self.month_days.is_empty() && self.months.is_empty());
        let within = |list: &[i8], most: u8| list.iter().all(|day| *day != 0 && day.unsigned_abs() <= most);
        let months = self.months.iter().all(|month| (1..=12).contains(month));
        some && within(&self.month_days, 31) && within(&self.nth, 5) && months && (self.nth.is_empty() || !self.weekdays.is_empty())
    }

    /// Whether a day is one of them.
    #[must_use]
    pub fn fits(&self, day: Date) -> bool {
        let last = day.days_in_month();
        let from_start = (day.day() - 1) / 7 + 1;
        let from_end = -((last - day.day()) / 7 + 1);
        (self.weekdays.is_empty() || self.weekdays.contains(&Weekday::of(day)))
            && (self.month_days.is_empty() || self.month_days.iter().any(|one| day.day() == if *one < 0 { last + 1 + one } else { *one }))
            && (self.months.is_empty() || self.months.contains(&day.month()))
            && (self.nth.is_empty() || self.nth.contains(&from_start) || self.nth.contains(&from_end))
    }
}

impl Marks {
    /// Sorts and joins spans.
    #[must_use]
    pub fn tidy(mut self) -> Self {
        self.spans.sort();
        let mut joined: Vec<Span> = Vec::with_capacity(self.spans.len());
        for span in self.spans {
            match joined.last_mut() {
                Some(last) if span.from <= last.until && (last.name == span.name || span.from < last.until) => {
                    last.until = last.until.max(span.until);
                }
                _ => joined.push(span),
            }
        }
        self.spans = joined;
        self
    }

    /// # Errors
    /// With the first field that makes no sense.
    pub fn check(&self) -> Result<(), MarksError> {
        if self.rules.len() > RULES_MOST {
            return Err(MarksError::Rules);
        }
        if let Some(place) = self.rules.iter().position(|rule| !rule.is_sound()) {
            return Err(MarksError::Rule(place));
        }
        if self.days.len() > DAYS_MOST || self.except.len() > DAYS_MOST {
            return Err(MarksError::Days);
        }
        if self.spans.len() > SPANS_MOST || self.spans.iter().any(|span| span.until <= span.from) {
            return Err(MarksError::Spans);
        }
        Ok(())
    }

    fn marks_day(&self, day: Date) -> bool {
        self.days.contains(&day) || self.rules.iter().any(|rule| rule.fits(day))
    }

    /// The span that a moment lies in.
    fn span_at(&self, at: Timestamp) -> Option<&Span> {
        let after = self.spans.partition_point(|span| span.from <= at);
        self.spans.get(after.checked_sub(1)?).filter(|span| at < span.until)
    }
}

impl Calendar {
    fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// Whether a moment is marked.
    #[must_use]
    pub fn is_inside(&self, at: Timestamp) -> bool {
        self.is_inside_in(at, &self.time_zone())
    }

    fn is_inside_in(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let day = zone.to_datetime(at).date();
        !self.marks.except.contains(&day) && (self.marks.marks_day(day) || self.marks.span_at(at).is_some())
    }

    /// The next moment after this one at which it is the other way; `None` when there is none within about a year.
    #[must_use]
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        let zone = self.time_zone();
        let now = self.is_inside_in(at, &zone);
        let today = zone.to_datetime(at).date();
        let first_span = self.marks.spans.partition_point(|span| span.until <= at);
        let mut edges =
            self.marks.spans.iter().skip(first_span).flat_map(|span| [span.from, span.until]).filter(|edge| *edge > at).peekable();
        for ahead in 1..=AHEAD_DAYS {
            let midnight = today.checked_add(jiff::Span::new().days(ahead)).ok()?;
            let midnight = zone.to_ambiguous_timestamp(midnight.to_datetime(jiff::civil::Time::midnight())).compatible().ok()?;
            while let Some(edge) = edges.next_if(|edge| *edge < midnight) {
                if self.is_inside_in(edge, &zone) != now {
                    return Some(edge);
                }
            }
            if self.is_inside_in(midnight, &zone) != now {
                return Some(midnight);
            }
        }
        None
    }

    /// The periods that are marked between two moments, oldest first.
    #[must_use]
    pub fn periods(&self, from: Timestamp, until: Timestamp, most: usize) -> Vec<(Timestamp, Timestamp)> {
        let mut periods = Vec::new();
        let (mut at, mut inside) = (from, self.is_inside(from));
        while at < until && periods.len() < most {
            let next = self.next_change(at).unwrap_or(until).min(until);
            if inside {
                periods.push((at, next));
            }
            if next >= until {
                break;
            }
            (at, inside) = (next, !inside);
        }
        periods
    }
}

/// The earliest and the latest day that a calendar deals with.
pub const DAYS: (Date, Date) = (date(1970, 1, 1), date(2199, 12, 31));

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
