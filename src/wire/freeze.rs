//! Freezes: windows in which starts are refused.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::audit::Actor;
use crate::domain::capability::Risk;
use crate::domain::freeze::Window;

/// A freeze to be set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeRequest {
    /// What people are told when they are refused.
    pub name: String,
    /// Risk classes it is about; all of them when empty.
    #[serde(default)]
    pub risks: Vec<Risk>,
    /// Names of capabilities it is about; all of them when empty.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Names of spaces whose capabilities it is about; all of them when empty.
    #[serde(default)]
    pub spaces: Vec<String>,
    pub window: Window,
    /// IANA zone that a recurring window is meant in; `UTC` unless given.
    #[serde(default)]
    pub zone: Option<String>,
}

/// A freeze in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FreezeView {
    pub id: String,
    pub name: String,
    pub risks: Vec<Risk>,
    pub capabilities: Vec<String>,
    pub spaces: Vec<String>,
    pub window: Window,
    /// The name of the calendar that it goes by.
    pub calendar: Option<String>,
    pub zone: String,
    /// It holds now, and until then.
    pub holds_until: Option<String>,
    /// When it begins next; absent for one that is over.
    pub next: Option<String>,
    pub created_at: String,
    pub created_by: Actor,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FreezeViews {
    pub items: Vec<FreezeView>,
}

/// A freeze that stands in the way of a start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FreezeInForce {
    pub id: String,
    pub name: String,
    pub until: String,
}

/// A freeze that will stand in the way soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FreezeAhead {
    pub id: String,
    pub name: String,
    pub from: String,
    pub until: Option<String>,
}
