//! The community page as the API shows it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::audit::Actor;

/// A capability to be shown to colleagues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareRequest {
    /// Name of the capability.
    pub capability: String,
    /// What it is good for: 1 to 2,000 characters of plain text.
    pub description: String,
}

/// Why it is taken off the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HideRequest {
    /// 1 to 1,000 characters.
    pub reason: String,
}

/// What one thinks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateRequest {
    /// 1 to 5.
    pub stars: u8,
    #[serde(default)]
    pub comment: String,
}

/// A copy for oneself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyRequest {
    /// Name of the copy; made from the name and one's own when absent.
    #[serde(default)]
    pub name: Option<String>,
}

/// Why something is not on the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HiddenView {
    pub at: String,
    pub by: Actor,
    pub reason: String,
}

/// A capability that is shown to colleagues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SharedView {
    pub capability: String,
    pub capability_id: String,
    pub description: String,
    pub shared_at: String,
    pub shared_by: Actor,
    /// The published version, if there is one.
    pub current: Option<u32>,
    pub risk: Option<String>,
    pub ratings: u32,
    /// Mean of the ratings, in tenths of a star.
    pub mean_tenths: Option<u64>,
    pub copies: u32,
    /// Seen by those who moderate and by the one who shared it.
    pub hidden: Option<HiddenView>,
    /// What the caller thinks of it.
    pub own_stars: Option<u8>,
    /// What the caller may do with it, by action.
    pub actions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SharedViews {
    pub items: Vec<SharedView>,
}

/// What one person thinks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RatingView {
    pub stars: u8,
    pub comment: String,
    pub by: Actor,
    pub at: String,
}

/// A capability with what colleagues think of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SharedDetail {
    #[serde(flatten)]
    pub shared: SharedView,
    /// The newest 200.
    pub said: Vec<RatingView>,
}

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CopyDone {
    pub capability: String,
    pub capability_id: String,
    pub version: u32,
    pub space: String,
}
