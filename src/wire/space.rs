//! Spaces and their folders.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::audit::Actor;

/// A space to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpaceRequest {
    /// 1 to 40 lower-case ASCII letters, Han characters, digits, `-` and `_`.
    pub name: String,
    /// One line for people who look for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A folder to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderRequest {
    /// The path within the space, such as `nightly` or `nightly/eu`.
    pub path: String,
}

/// Whose space it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpaceKind {
    Team,
    /// One person's own.
    Personal,
}

/// A space as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpaceView {
    pub name: String,
    pub kind: SpaceKind,
    pub description: Option<String>,
    /// Paths of the folders, the space included: `team/nightly`.
    pub folders: Vec<String>,
    /// What the caller may do in it.
    pub actions: Vec<String>,
    /// Absent for spaces that were always there.
    pub created_at: Option<String>,
    pub created_by: Option<Actor>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpaceViews {
    pub items: Vec<SpaceView>,
}

/// Where a capability shall live.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveRequest {
    /// A space or a folder in one, such as `team/nightly`; `personal` for one's own.
    pub space: String,
}
