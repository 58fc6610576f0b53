//! Announcements as the API shows them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::access::Role;
use crate::domain::announcement::{Severity, State};
use crate::domain::audit::Actor;

/// What is said to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementRequest {
    /// 1 to 120 characters.
    pub title: String,
    /// 1 to 4,000 characters of plain text.
    pub body: String,
    pub severity: Severity,
    /// Keys of tenants; all of them when empty, which takes a platform administrator.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// Only people with one of these roles; everybody when empty.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Shown from this moment (RFC 3339); from its publishing on when absent.
    #[serde(default)]
    pub starts_at: Option<String>,
    /// Shown until this moment (RFC 3339).
    #[serde(default)]
    pub ends_at: Option<String>,
    /// Whether each reader is asked to say that they have read it.
    #[serde(default)]
    pub acknowledge: bool,
}

/// An announcement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnnouncementView {
    pub id: String,
    pub state: State,
    /// Whether it is on people's screens now.
    pub shown: bool,
    pub title: String,
    pub body: String,
    pub severity: Severity,
    pub tenants: Vec<String>,
    pub roles: Vec<Role>,
    pub starts_at: Option<String>,
    pub ends_at: Option<String>,
    pub acknowledge: bool,
    /// When the caller said that they have read it.
    pub acknowledged_at: Option<String>,
    /// How many have said so; only for those who keep announcements.
    pub acknowledged: Option<u64>,
    pub created_at: String,
    pub created_by: Actor,
    pub submitted_at: Option<String>,
    pub published_at: Option<String>,
    pub published_by: Option<Actor>,
    /// What the caller may do to it, by action.
    pub actions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnnouncementViews {
    pub items: Vec<AnnouncementView>,
}

/// Which announcements to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AnnouncementQuery {
    /// `mine` (shown to the caller now, the default) or `all` (drafts and old ones too, for those who keep them).
    pub view: Option<String>,
}

/// Who has read it, and who has not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnnouncementReceipts {
    pub acknowledged: u64,
    /// Active people it is for who have not said so.
    pub pending: u64,
    /// The first 1,000.
    pub readers: Vec<ReaderView>,
    /// Names of the first 200 who have not.
    pub missing: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReaderView {
    pub by: Actor,
    pub at: String,
}
