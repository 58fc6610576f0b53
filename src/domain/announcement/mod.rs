//! Announcements: what the platform or a tenant tells its people, from a draft over a review to everybody's screen.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::domain::access::{Mode, Role, RoleSet};
use crate::domain::audit::Actor;
use crate::domain::ids::{AnnouncementId, TenantKey, UserId};

/// Longest title and text, in characters.
pub const TITLE_CHARS: usize = 120;
pub const BODY_CHARS: usize = 4_000;
/// Tenants that one announcement names, at most.
pub const TENANTS_MOST: usize = 100;
/// Announcements that are kept, at most; the oldest ones that are over make room.
pub const KEPT_MOST: usize = 1_000;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

/// Whom it is for. Empty lists mean everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Audience {
    #[serde(default)]
    pub tenants: Vec<TenantKey>,
    #[serde(default)]
    pub roles: Vec<Role>,
}

impl Audience {
    #[must_use]
    pub fn includes(&self, tenant: &TenantKey, roles: RoleSet) -> bool {
        (self.tenants.is_empty() || self.tenants.contains(tenant))
            && (self.roles.is_empty() || self.roles.iter().any(|role| roles.contains(*role)))
    }

    /// Where it belongs: to a tenant when it is for that one alone, else to the platform.
    #[must_use]
    pub fn home(&self) -> TenantKey {
        match self.tenants.as_slice() {
            [one] => one.clone(),
            _ => TenantKey::platform(),
        }
    }
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnnouncementState)]
pub enum State {
    Draft,
    InReview,
    Published,
    Withdrawn,
}

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Edit,
    Submit,
    /// Back to its author.
    Return,
    Publish,
    Withdraw,
}

impl State {
    /// The law. Where four eyes are asked for, only what was submitted is published. `None`: there is no such arrow.
    #[must_use]
    pub fn apply(self, step: Step, mode: Mode) -> Option<Self> {
        match (self, step) {
            (Self::Draft, Step::Edit) => Some(Self::Draft),
            (Self::Draft, Step::Submit) => Some(Self::InReview),
            (Self::InReview, Step::Return) => Some(Self::Draft),
            (Self::Draft, Step::Publish) => (mode == Mode::Solo).then_some(Self::Published),
            (Self::InReview, Step::Publish) => Some(Self::Published),
            (Self::Draft | Self::InReview | Self::Published, Step::Withdraw) => Some(Self::Withdrawn),
            (Self::InReview | Self::Published | Self::Withdrawn, Step::Edit | Step::Submit)
            | (Self::Draft | Self::Published | Self::Withdrawn, Step::Return)
            | (Self::Published | Self::Withdrawn, Step::Publish)
            | (Self::Withdrawn, Step::Withdraw) => None,
        }
    }

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in review",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What is said to whom, from when until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub title: String,
    pub body: String,
    pub severity: Severity,
    pub audience: Audience,
    /// From its publishing on when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Without an end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Whether each reader is asked to say that they have read it.
    pub acknowledge: bool,
}

/// An announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    pub id: AnnouncementId,
    pub state: State,
    pub notice: Notice,
    /// Everybody who has written on it: none of them publishes it under four eyes.
    pub authors: Vec<UserId>,
    pub created_at: Timestamp,
    pub created_by: Actor,
    pub updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_by: Option<Actor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

impl Announcement {
    /// Whether it is on people's screens at a moment.
    #[must_use]
    pub fn is_shown(&self, now: Timestamp) -> bool {
        self.state == State::Published && self.notice.starts_at.is_none_or(|at| at <= now) && !self.is_over(now)
    }

    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.state == State::Withdrawn || self.notice.ends_at.is_some_and(|at| at <= now)
    }
}

/// That somebody has read an announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub announcement: AnnouncementId,
    pub user: UserId,
    pub tenant: TenantKey,
    pub by: Actor,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_was_reviewed_and_nothing_comes_back() {
        use State::{Draft, InReview, Published, Withdrawn};
        let states = [Draft, InReview, Published, Withdrawn];
        for mode in [Mode::Solo, Mode::FourEyes] {
            for state in states {
                for step in [Step::Edit, Step::Submit, Step::Return, Step::Publish, Step::Withdraw] {
                    let next = state.apply(step, mode);
                    if next == Some(Published) {
                        assert!(state == InReview || (state == Draft && mode == Mode::Solo), "{state:?}");
                    }
                    if state == Withdrawn {
                        assert_eq!(next, None);
                    }
                    if step == Step::Edit {
                        assert_eq!(next.is_some(), state == Draft, "what is reviewed does not change: {state:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_audience_is_tenants_and_roles() {
        let (mine, other) = (TenantKey::default_tenant(), TenantKey::try_from("other".to_owned()).expect("a key"));
        let roles = RoleSet::from_iter([Role::Operator]);
        let audience = |tenants: &[&TenantKey], roles: &[Role]| Audience {
            tenants: tenants.iter().map(|key| (*key).clone()).collect(),
            roles: roles.to_vec(),
        };
        assert!(audience(&[], &[]).includes(&mine, RoleSet::NONE));
        assert!(audience(&[&mine], &[Role::Operator, Role::Viewer]).includes(&mine, roles));
        assert!(!audience(&[&mine], &[Role::Viewer]).includes(&mine, roles));
        assert!(!audience(&[&other], &[]).includes(&mine, roles));
        assert_eq!(audience(&[&mine], &[]).home(), mine);
        assert_eq!(audience(&[], &[]).home(), TenantKey::platform());
        assert_eq!(audience(&[&mine, &other], &[]).home(), TenantKey::platform());
    }
}
