//! Calendars: which days and hours are marked.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::audit::Actor;
use crate::domain::calendar::{DayRule, Imported, Span};

/// A calendar as somebody writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarRequest {
    pub name: String,
    /// IANA zone in which its days begin and end; `UTC` unless given.
    #[serde(default)]
    pub zone: Option<String>,
    #[serde(default)]
    pub rules: Vec<DayRule>,
    /// Days named one by one, such as `2027-01-01`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub days: Vec<jiff::civil::Date>,
    /// Days that are not marked whatever else says so, such as a Saturday that is worked to make up for a holiday.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub except: Vec<jiff::civil::Date>,
    #[serde(default)]
    pub spans: Vec<Span>,
}

/// A file in the iCalendar form, as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The whole `.ics` file.
    pub ics: String,
    /// Events whose name contains this are exceptions: days that are worked.
    #[serde(default)]
    pub except: Option<String>,
    /// How many years recurring events are followed, from 1 to 10; 3 unless given.
    #[serde(default)]
    pub years: Option<i16>,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CalendarView {
    pub id: String,
    pub name: String,
    pub zone: String,
    pub rules: Vec<DayRule>,
    pub days: Vec<String>,
    pub except: Vec<String>,
    pub spans: Vec<Span>,
    pub imported: Option<Imported>,
    /// It is marked now.
    pub inside: bool,
    /// When that changes next.
    pub changes_at: Option<String>,
    /// Freezes that go by it.
    pub used_by: Vec<String>,
    pub updated_at: String,
    pub updated_by: Actor,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CalendarViews {
    pub items: Vec<CalendarView>,
}

/// Between two moments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// RFC 3339.
    pub from: String,
    /// RFC 3339; at most 400 days later.
    pub until: String,
}

/// A period that is marked, or in which a freeze holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Period {
    pub from: String,
    pub until: String,
    /// The calendar or the freeze.
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Periods {
    pub items: Vec<Period>,
}
