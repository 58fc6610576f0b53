//! When a freeze holds: once, or again and again on days of the week or the month.
//!
//! A recurring window begins at a time of day in a zone and lasts so many minutes of real time, so that a change of the
//! clocks neither lengthens nor shortens it. A beginning that the clocks skip is taken at the moment they jump to.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::domain::calendar::{Calendar, Weekday};
use crate::domain::ids::CalendarId;

/// Longest recurring window, in minutes: a week.
pub const MINUTES_MOST: u32 = 7 * 24 * 60;
/// Days that are looked through for the next beginning.
const AHEAD_DAYS: i32 = 400;

/// When a freeze holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Window {
    /// From one moment until another.
    Once {
        #[schema(value_type = String, format = DateTime)]
        from: Timestamp,
        #[schema(value_type = String, format = DateTime)]
        until: Timestamp,
    },
    /// On days that fit both lists; an empty list fits every day.
    Recurring {
        #[serde(default)]
        weekdays: Vec<Weekday>,
        /// 1 to 31, or -1 for the last day of the month to -31.
        #[serde(default)]
        month_days: Vec<i8>,
        /// Time of day at which it begins, `HH:MM`.
        start: String,
        minutes: u32,
    },
    /// When a calendar is marked, or when it is not.
    Calendar {
        #[schema(value_type = String)]
        calendar: CalendarId,
        when: Side,
    },
}

/// Which side of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Inside,
    Outside,
}

/// A window that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    #[error("`until` must be later than `from`")]
    Empty,
    #[error("`until` has passed already")]
    Past,
    #[error("`month_days` are 1 to 31, or -1 to -31 counted from the end of the month")]
    MonthDay,
    #[error("`start` is a time of day such as 18:00")]
    Start,
    #[error("`minutes` goes from 1 to {MINUTES_MOST}")]
    Minutes,
}

impl WindowError {
    /// JSON Pointer to the field within the window.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Empty | Self::Past => "/until",
            Self::MonthDay => "/month_days",
            Self::Start => "/start",
            Self::Minutes => "/minutes",
        }
    }
}

impl Window {
    /// # Errors
    /// With the first field that makes no sense.
    pub fn check(&self, now: Timestamp) -> Result<(), WindowError> {
        match self {
            Self::Once { from, until } if until <= from => Err(WindowError::Empty),
            Self::Once { until, .. } if *until <= now => Err(WindowError::Past),
            Self::Recurring { month_days, .. } if month_days.iter().any(|day| *day == 0 || day.unsigned_abs() > 31) => {
                Err(WindowError::MonthDay)
            }
            Self::Recurring { start, .. } if time_of(start).is_none() => Err(WindowError::Start),
            Self::Recurring { minutes, .. } if !(1..=MINUTES_MOST).contains(minutes) => Err(WindowError::Minutes),
            Self::Once { .. } | Self::Recurring { .. } | Self::Calendar { .. } => Ok(()),
        }
    }

    /// The calendar that it goes by.
    #[must_use]
    pub const fn calendar(&self) -> Option<CalendarId> {
        match self {
            Self::Calendar { calendar, .. } => Some(*calendar),
            Self::Once { .. } | Self::Recurring { .. } => None,
        }
    }

    /// When the window that holds at a moment ends; `None` when none holds then. Windows that meet or overlap are one. What
    /// goes by a calendar needs it; a calendar that is gone marks nothing.
    #[must_use]
    pub fn holds_until(&self, at: Timestamp, zone: &TimeZone, by: Option<&Calendar>) -> Option<Timestamp> {
        match self {
            Self::Calendar { when, .. } => {
                let inside = by.is_some_and(|calendar| calendar.is_inside(at));
                let holds = inside == (*when == Side::Inside);
                holds.then(|| by.and_then(|calendar| calendar.next_change(at)).unwrap_or(Timestamp::MAX))
            }
            Self::Once { from, until } => (*from <= at && at < *until).then_some(*until),
            Self::Recurring { minutes, .. } => {
                let today = zone.to_datetime(at).date();
                let back = i32::try_from(minutes / (24 * 60)).unwrap_or(0) + 2;
                let mut end: Option<Timestamp> = None;
                // Long enough to find windows that follow one another; a freeze without any gap ends beyond that.
                for day in -back..=AHEAD_DAYS {
                    let Some((from, until)) = today.checked_add(jiff::Span::new().days(day)).ok().and_then(|date| self.on(date, zone))
                    else {
                        continue;
                    };
                    let meets = end.map_or(from <= at && at < until, |end| from <= end);
                    if meets && end.is_none_or(|end| until > end) {
                        end = Some(until);
                    } else if from > end.unwrap_or(at) {
                        break;
                    }
                }
                end
            }
        }
    }

    /// When it begins next after a moment; `None` when it does not within about a year.
    #[must_use]
    pub fn next_after(&self, at: Timestamp, zone: &TimeZone, by: Option<&Calendar>) -> Option<Timestamp> {
        match self {
            Self::Calendar { when, .. } => {
                let calendar = by?;
                let change = calendar.next_change(at)?;
                if calendar.is_inside(change) == (*when == Side::Inside) { Some(change) } else { calendar.next_change(change) }
            }
            Self::Once { from, .. } => (*from > at).then_some(*from),
            Self::Recurring { .. } => {
                let today = zone.to_datetime(at).date();
                let begins = |day: i32| today.checked_add(jiff::Span::new().days(day)).ok().and_then(|date| self.on(date, zone));
                (-1..=AHEAD_DAYS).filter_map(begins).map(|(from, _)| from).find(|from| *from > at)
            }
        }
    }

    /// The recurring window that begins on a date.
    fn on(&self, date: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let Self::Recurring { weekdays, month_days, start, minutes } = self else { return None };
        let last = date.days_in_month();
        let fits = (weekdays.is_empty() || weekdays.contains(&Weekday::of(date)))
            && (month_days.is_empty() || month_days.iter().any(|day| date.day() == if *day < 0 { last + 1 + day } else { *day }));
        if !fits {
            return None;
        }
        let from = zone.to_ambiguous_timestamp(date.to_datetime(time_of(start)?)).compatible().ok()?;
        let until = from.checked_add(jiff::SignedDuration::from_mins((*minutes).into())).ok()?;
        Some((from, until))
    }
}

fn time_of(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| text.parse::<i8>().ok().filter(|_| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()));
    Time::new(number(hours)?, number(minutes)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone")
    }

    fn recurring(weekdays: &[Weekday], month_days: &[i8], start: &str, minutes: u32) -> Window {
        Window::Recurring { weekdays: weekdays.to_vec(), month_days: month_days.to_vec(), start: start.to_owned(), minutes }
    }

    #[test]
    fn windows_hold_when_they_should() {
        let check = |window: &Window, zone_name: &str, moment: &str, until: Option<&str>| {
            assert_eq!(window.holds_until(at(moment), &zone(zone_name), None), until.map(at), "{window:?} {moment}");
        };
        let once = Window::Once { from: at("2026-12-24T12:00:00Z"), until: at("2027-01-02T00:00:00Z") };
        check(&once, "UTC", "2026-12-24T11:59:59Z", None);
        check(&once, "UTC", "2026-12-24T12:00:00Z", Some("2027-01-02T00:00:00Z"));
        check(&once, "UTC", "2027-01-02T00:00:00Z", None);
        // Friday evening to Monday morning, in Shanghai.
        let weekend = recurring(&[Weekday::Fri], &[], "18:00", 62 * 60);
        check(&weekend, "Asia/Shanghai", "2026-11-20T09:59:59Z", None);
        check(&weekend, "Asia/Shanghai", "2026-11-20T10:00:00Z", Some("2026-11-23T00:00:00Z"));
        check(&weekend, "Asia/Shanghai", "2026-11-22T23:59:59Z", Some("2026-11-23T00:00:00Z"));
        check(&weekend, "Asia/Shanghai", "2026-11-23T00:00:00Z", None);
        // The last two days of each month, whole days that meet.
        let month_end = recurring(&[], &[-1, -2], "00:00", 24 * 60);
        check(&month_end, "UTC", "2026-02-26T23:59:59Z", None);
        check(&month_end, "UTC", "2026-02-27T00:00:00Z", Some("2026-03-01T00:00:00Z"));
        check(&month_end, "UTC", "2026-03-31T10:00:00Z", Some("2026-04-01T00:00:00Z"));
        // 02:30 does not exist on that night in Berlin; it begins as the clocks jump, and is as long as ever.
        let night = recurring(&[], &[], "02:30", 60);
        check(&night, "Europe/Berlin", "2026-03-29T01:29:59Z", None);
        check(&night, "Europe/Berlin", "2026-03-29T01:30:00Z", Some("2026-03-29T02:30:00Z"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let now = at("2026-11-22T00:00:00Z");
        let check = |window: Window, expected: Option<&str>| {
            assert_eq!(window.check(now).err().map(WindowError::pointer), expected, "{window:?}");
        };
        check(Window::Once { from: now, until: now }, Some("/until"));
        check(Window::Once { from: at("2026-11-20T00:00:00Z"), until: now }, Some("/until"));
        check(recurring(&[], &[0], "18:00", 1), Some("/month_days"));
        check(recurring(&[], &[32], "18:00", 1), Some("/month_days"));
        for start in ["", "18", "24:00", "6:00", "18:60", "18:00:00", "+1:00"] {
            check(recurring(&[], &[], start, 1), Some("/start"));
        }
        check(recurring(&[], &[], "18:00", 0), Some("/minutes"));
        check(recurring(&[], &[], "18:00", MINUTES_MOST + 1), Some("/minutes"));
        check(recurring(&[Weekday::Sat], &[-31, 31], "18:00", MINUTES_MOST), None);
    }

    proptest! {
        /// A window that holds ends later, holds until its end, and not at its end; one that begins next holds then.
        #[test]
        fn ends_and_beginnings_agree(
            seconds in 1_700_000_000_i64..1_900_000_000,
            weekdays in proptest::sample::subsequence(Weekday::ALL.to_vec(), 0..=6),
            month_days in proptest::collection::vec(prop_oneof![1..=31_i8, -31..=-1_i8], 0..4),
            (hour, minute) in (0..24_u8, 0..60_u8),
            minutes in 1..3_000_u32,
            zone_name in proptest::sample::select(vec!["UTC", "Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]),
        ) {
            let window = Window::Recurring { weekdays, month_days, start: format!("{hour:02}:{minute:02}"), minutes };
            let (zone, moment) = (zone(zone_name), Timestamp::from_second(seconds).expect("in range"));
            if let Some(end) = window.holds_until(moment, &zone, None) {
                prop_assert!(end > moment);
                // Windows that follow one another without a gap are followed for about a year only.
                if (end.as_second() - moment.as_second()) / 86_400 < 390 {
                    let before = end.checked_sub(jiff::SignedDuration::from_millis(1)).expect("in range");
                    prop_assert_eq!(window.holds_until(before, &zone, None), Some(end));
                    prop_assert!(window.holds_until(end, &zone, None).is_none());
                }
            }
            if let Some(next) = window.next_after(moment, &zone, None) {
                prop_assert!(next > moment && window.holds_until(next, &zone, None).is_some());
            }
        }
    }
}
