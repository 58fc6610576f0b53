//! What is recorded of a capability and of each of its versions, and the law of a version's lifecycle.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::review::Check;
use super::{Manifest, Name};
use crate::base::clock::Timestamp;
use crate::domain::access::Mode;
use crate::domain::audit::Actor;
use crate::domain::ids::{ApprovalId, CapabilityId, TenantKey};

/// A governed unit: its name, and which of its versions runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capability {
    pub id: CapabilityId,
    pub tenant: TenantKey,
    /// The space it lives in.
    pub space: String,
    pub name: Name,
    pub created_at: Timestamp,
    pub created_by: Actor,
    pub updated_at: Timestamp,
    /// The newest version.
    pub latest: u32,
    /// The version that runs unless another is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<u32>,
    /// Versions that were current before, the most recent last; bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<u32>,
}

/// How many former current versions are remembered for a rollback.
pub const PREVIOUS_KEPT: usize = 20;

impl Capability {
    /// Moves `current` and remembers the old one.
    pub fn point_to(&mut self, version: u32) {
        if let Some(old) = self.current.filter(|old| *old != version) {
            self.previous.push(old);
            let surplus = self.previous.len().saturating_sub(PREVIOUS_KEPT);
            self.previous.drain(..surplus);
        }
        self.current = Some(version);
    }
}

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionPhase {
    Draft,
    /// Its author wants it published; a reviewer decides.
    InReview,
    Published,
    Deprecated,
    Retired,
}

/// What can happen to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionStep {
    /// Ask for a review.
    Submit,
    /// Back to its author.
    Return,
    Publish,
    Deprecate,
    Retire,
}

impl VersionPhase {
    /// The law: a draft is submitted, and published or returned; what was published can be deprecated and published
    /// again; what is deprecated can be retired. Where four eyes are asked for, only what was submitted is published for
    /// the first time. `None` when the lifecycle has no such arrow.
    #[must_use]
    pub fn apply(self, step: VersionStep, mode: Mode) -> Option<Self> {
        match (self, step) {
            (Self::Draft, VersionStep::Submit) => Some(Self::InReview),
            (Self::InReview, VersionStep::Return) => Some(Self::Draft),
            (Self::Draft, VersionStep::Publish) if mode == Mode::FourEyes => None,
            (Self::Draft | Self::InReview | Self::Published | Self::Deprecated, VersionStep::Publish) => Some(Self::Published),
            (Self::Published, VersionStep::Deprecate) => Some(Self::Deprecated),
            (Self::Deprecated | Self::Draft | Self::InReview, VersionStep::Retire) => Some(Self::Retired),
            (Self::InReview | Self::Published | Self::Deprecated | Self::Retired, VersionStep::Submit)
            | (Self::Draft | Self::Published | Self::Deprecated | Self::Retired, VersionStep::Return)
            | (Self::Draft | Self::InReview | Self::Deprecated | Self::Retired, VersionStep::Deprecate)
            | (Self::Retired, VersionStep::Publish)
            | (Self::Published | Self::Retired, VersionStep::Retire) => None,
        }
    }

    /// Whether runs may be started from it.
    #[must_use]
    pub fn runs(self) -> bool {
        match self {
            Self::Published | Self::Deprecated => true,
            Self::Draft | Self::InReview | Self::Retired => false,
        }
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in review",
            Self::Published => "published",
            Self::Deprecated => "deprecated",
            Self::Retired => "retired",
        }
    }
}

/// A file of a version, by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFile {
    pub path: String,
    pub bytes: u64,
    /// Lower-case hexadecimal SHA-256.
    pub sha256: String,
    pub text: bool,
}

/// An immutable, numbered, content-addressed state of a capability. Only its lifecycle fields ever change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub capability: CapabilityId,
    pub tenant: TenantKey,
    /// From 1, without gaps.
    pub number: u32,
    pub phase: VersionPhase,
    /// SHA-256 over the canonical JSON of manifest and content digest: what a run is bound to.
    pub digest: String,
    /// SHA-256 of the files as one canonical archive, which is also its address in the blob store.
    pub content: String,
    pub manifest: Manifest,
    /// Where each manifest field came from.
    pub provenance: Map<String, Value>,
    pub checklist: Value,
    pub notes: Value,
    pub files: Vec<VersionFile>,
    pub created_at: Timestamp,
    pub created_by: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_by: Option<Actor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// One line that says what is new, for those who run it; given when a review is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Actor>,
    /// The request in which it is reviewed, while it is in review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ApprovalId>,
    /// It was agreed to and becomes the current one later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Timestamp>,
    /// What its tries in the sandbox showed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
}

/// Longest changelog line, in characters.
pub const CHANGELOG_CHARS: usize = 300;

/// One line of plain text, without blanks around it; `None` when it is none.
#[must_use]
pub fn changelog_line(text: &str) -> Option<String> {
    let text = text.trim();
    let hidden =
        |c: char| c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    (!text.is_empty() && text.chars().count() <= CHANGELOG_CHARS && !text.chars().any(hidden)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_published_runs_and_retired_is_final() {
        const PHASES: [VersionPhase; 5] =
            [VersionPhase::Draft, VersionPhase::InReview, VersionPhase::Published, VersionPhase::Deprecated, VersionPhase::Retired];
        for phase in PHASES {
            for step in [VersionStep::Submit, VersionStep::Return, VersionStep::Publish, VersionStep::Deprecate, VersionStep::Retire] {
                for mode in [Mode::Solo, Mode::FourEyes] {
                    let next = phase.apply(step, mode);
                    assert!(phase != VersionPhase::Retired || next.is_none());
                    assert!(next != Some(VersionPhase::Draft) || phase == VersionPhase::InReview, "only a review gives back a draft");
                    assert!(mode == Mode::Solo || phase != VersionPhase::Draft || next != Some(VersionPhase::Published), "four eyes");
                }
            }
            assert_eq!(phase.runs(), matches!(phase, VersionPhase::Published | VersionPhase::Deprecated));
        }
    }

    #[test]
    fn a_changelog_is_one_line() {
        assert_eq!(changelog_line("  totals by month "), Some("totals by month".to_owned()));
        for bad in ["", "  ", "a\nb", "a\u{202e}b", &"x".repeat(301)] {
            assert_eq!(changelog_line(bad), None, "{bad:?}");
        }
    }
}
