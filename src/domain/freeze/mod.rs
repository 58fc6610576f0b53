//! Freezes: windows of time in which nothing of some risk, or some capabilities, may start.

pub mod window;

use serde::{Deserialize, Serialize};

pub use window::{Side, Window, WindowError};

use crate::base::clock::Timestamp;
use crate::domain::access::place::covers;
use crate::domain::audit::Actor;
use crate::domain::capability::Risk;
use crate::domain::ids::{CapabilityId, FreezeId, TenantKey};

/// Longest name of a freeze, in characters.
pub const NAME_CHARS: usize = 80;
/// Freezes of one tenant, at most: every start looks at each.
pub const FREEZES_MOST: usize = 200;
/// Capabilities that one freeze names, at most.
pub const CAPABILITIES_MOST: usize = 100;
/// Spaces that one freeze names, at most.
pub const SPACES_MOST: usize = 50;

/// A window in which starts are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    pub id: FreezeId,
    pub tenant: TenantKey,
    /// What people are told when they are refused.
    pub name: String,
    /// Risk classes it is about; all of them when empty.
    #[serde(default)]
    pub risks: Vec<Risk>,
    /// Capabilities it is about; all of them when empty.
    #[serde(default)]
    pub capabilities: Vec<CapabilityId>,
    /// Spaces whose capabilities it is about; all of them when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spaces: Vec<String>,
    pub window: Window,
    /// IANA zone that a recurring window is meant in.
    pub zone: String,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

/// What is to start, as freezes look at it.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub capability: CapabilityId,
    pub space: &'a str,
    pub risk: Risk,
}

impl Freeze {
    /// Whether it is about a capability of a space at a risk, whenever that is.
    #[must_use]
    pub fn concerns(&self, about: &About<'_>) -> bool {
        (self.risks.is_empty() || self.risks.contains(&about.risk))
            && (self.capabilities.is_empty() || self.capabilities.contains(&about.capability))
            && (self.spaces.is_empty() || self.spaces.iter().any(|space| covers(space, about.space)))
    }
}

/// Whether a text can be the name of a freeze.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let hidden =
        |c: char| c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    !text.trim().is_empty() && text.chars().count() <= NAME_CHARS && !text.chars().any(hidden)
}
