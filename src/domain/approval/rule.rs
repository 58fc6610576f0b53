//! What must happen before a run may start: nothing, a confirmation by the requester, or consent of others.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::matter::MatterKind;
use crate::base::clock::Timestamp;
use crate::domain::access::{Mode, Role};
use crate::domain::audit::Actor;
use crate::domain::capability::Risk;
use crate::domain::ids::{CapabilityId, TenantKey};

/// Approvers that one rule can ask for, at most.
pub const APPROVERS_MOST: u8 = 5;
/// Longest pattern of a change ticket, in characters.
pub const PATTERN_CHARS: usize = 200;
/// Longest change ticket, in characters.
pub const TICKET_CHARS: usize = 100;
/// Longest life of a request, in seconds.
pub const EXPIRES_MOST_S: u32 = 30 * 24 * 3_600;
/// How long a confirmation is waited for, unless the rule says otherwise, in seconds.
const CONFIRMATION_S: u32 = 3_600;
/// How long consent is waited for, unless the rule says otherwise, in seconds.
const APPROVAL_S: u32 = 24 * 3_600;
/// Memory that a compiled pattern may take, in bytes.
const PATTERN_BYTES: usize = 64 << 10;

/// What must happen first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Need {
    /// The run starts at once.
    None,
    /// The requester looks at what will happen and confirms it.
    Confirm,
    /// So many different people who hold the role agree; the requester is none of them.
    Approve { approvers: u8, role: Role },
}

/// What a start needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub need: Need,
    /// A reason must be given.
    #[serde(default)]
    pub reason_required: bool,
    /// A change ticket that fits this regular expression as a whole must be given.
    #[serde(default)]
    pub ticket_pattern: Option<String>,
    /// How long a request waits before it expires, in seconds; an hour for a confirmation and a day for approvals unless given.
    #[serde(default)]
    pub expires_s: Option<u32>,
    /// Others who decide too when nobody has for long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// Members of this group agree instead of holders of the role: its name, or its id as rules are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// No point of the onboarding checklist may be missing: goes with publishing only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checklist_required: bool,
}

/// To whom a request goes that nobody decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// How long it waits for those who decide first, in seconds.
    pub after_s: u32,
    /// Holders of this role decide too from then on.
    pub role: Role,
}

/// A rule that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("`approvers` goes from 1 to {APPROVERS_MOST}")]
    Approvers,
    #[error("`{0}` cannot be the role of approvers: choose approver, reviewer or tenant-admin")]
    Role(Role),
    #[error("`ticket_pattern` has 1 to {PATTERN_CHARS} characters and must be a regular expression: {0}")]
    Pattern(String),
    #[error("`expires_s` goes from 1 to {EXPIRES_MOST_S}")]
    Expires,
    #[error("`group` goes with approvals only")]
    Group,
    #[error("`escalation` goes with approvals only, to approver, reviewer or tenant-admin, after less time than a request waits")]
    Escalation,
}

impl RuleError {
    /// JSON Pointer to the field within the rule.
    #[must_use]
    pub const fn pointer(&self) -> &'static str {
        match self {
            Self::Approvers => "/need/approvers",
            Self::Role(_) => "/need/role",
            Self::Pattern(_) => "/ticket_pattern",
            Self::Expires => "/expires_s",
            Self::Escalation => "/escalation",
            Self::Group => "/group",
        }
    }
}

/// What a request lacks under a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    Reason,
    /// No ticket, or one that does not fit the pattern.
    Ticket(String),
}

impl Rule {
    /// A rule with nothing but its need.
    #[must_use]
    pub const fn plain(need: Need) -> Self {
        Self {
            need,
            reason_required: false,
            ticket_pattern: None,
            expires_s: None,
            escalation: None,
            group: None,
            checklist_required: false,
        }
    }

    /// What holds where nobody has set a rule.
    #[must_use]
    pub const fn usual(risk: Risk) -> Self {
        Self::plain(match risk {
            Risk::Low | Risk::Medium => Need::None,
            Risk::High => Need::Confirm,
            Risk::Critical => Need::Approve { approvers: 1, role: Role::Approver },
        })
    }

    /// What holds for other matters than runs where nobody has set a rule: who governs alone decides alone.
    #[must_use]
    pub const fn usual_for(matter: MatterKind, mode: Mode) -> Self {
        Self::plain(match (matter, mode) {
            (MatterKind::Publish, Mode::FourEyes) => Need::Approve { approvers: 1, role: Role::Reviewer },
            (MatterKind::Setting, Mode::FourEyes) => Need::Approve { approvers: 1, role: Role::Approver },
            (MatterKind::Review, Mode::FourEyes | Mode::Solo) => Need::Approve { approvers: 1, role: Role::Approver },
            (MatterKind::Publish | MatterKind::Setting, Mode::Solo) | (MatterKind::Run, Mode::FourEyes | Mode::Solo) => Need::None,
        })
    }

    /// # Errors
    /// With the first field that makes no sense.
    pub fn check(&self) -> Result<(), RuleError> {
        if let Need::Approve { approvers, role } = self.need {
            if !(1..=APPROVERS_MOST).contains(&approvers) {
                return Err(RuleError::Approvers);
            }
            if !matches!(role, Role::Approver | Role::Reviewer | Role::TenantAdmin) {
                return Err(RuleError::Role(role));
            }
        }
        if let Some(pattern) = &self.ticket_pattern {
            if pattern.is_empty() || pattern.chars().count() > PATTERN_CHARS {
                return Err(RuleError::Pattern("too short or too long".to_owned()));
            }
            compiled(pattern).map_err(|error| RuleError::Pattern(error.to_string()))?;
        }
        if self.expires_s.is_some_and(|seconds| !(1..=EXPIRES_MOST_S).contains(&seconds)) {
            return Err(RuleError::Expires);
        }
        let goes_on = |escalation: Escalation| {
            let known = matches!(escalation.role, Role::Approver | Role::Reviewer | Role::TenantAdmin);
            known && matches!(self.need, Need::Approve { .. }) && (1..self.patience_s()).contains(&escalation.after_s)
        };
        if self.group.is_some() && !self.is_for_others() {
            return Err(RuleError::Group);
        }
        if !self.escalation.is_none_or(goes_on) {
            return Err(RuleError::Escalation);
        }
        Ok(())
    }

    /// What a request with this reason and this ticket lacks.
    #[must_use]
    pub fn lack(&self, reason: Option<&str>, ticket: Option<&str>) -> Option<Lack> {
        if self.reason_required && reason.is_none_or(|reason| reason.trim().is_empty()) {
            return Some(Lack::Reason);
        }
        let pattern = self.ticket_pattern.as_ref()?;
        // A stored pattern compiles; if it ever did not, nothing would fit it.
        let fits = ticket.is_some_and(|ticket| compiled(pattern).is_ok_and(|pattern| pattern.is_match(ticket)));
        (!fits).then(|| Lack::Ticket(pattern.clone()))
    }

    /// What it takes to start in spite of a freeze: approval and a reason, and whatever else the rule asks for.
    #[must_use]
    pub fn over_freeze(&self) -> Self {
        let need = match self.need {
            Need::Approve { .. } => self.need,
            Need::None | Need::Confirm => Need::Approve { approvers: 1, role: Role::Approver },
        };
        Self { need, reason_required: true, ..self.clone() }
    }

    /// How long a request waits, in seconds.
    #[must_use]
    pub fn patience_s(&self) -> u32 {
        self.expires_s.unwrap_or(match self.need {
            Need::None | Need::Confirm => CONFIRMATION_S,
            Need::Approve { .. } => APPROVAL_S,
        })
    }

    /// Whether this rule asks for less than another, or for something that cannot be compared with it: another pattern,
    /// other people.
    #[must_use]
    pub fn is_weaker_than(&self, other: &Self) -> bool {
        let rank = |need: Need| match need {
            Need::None => 0,
            Need::Confirm => 1,
            Need::Approve { approvers, .. } => 1 + u32::from(approvers),
        };
        rank(self.need) < rank(other.need)
            || (!self.reason_required && other.reason_required)
            || (!self.checklist_required && other.checklist_required)
            || (other.ticket_pattern.is_some() && self.ticket_pattern != other.ticket_pattern)
            || (other.is_for_others() && self.is_for_others() && self.deciders() != other.deciders())
            || (self.escalation.is_some() && self.escalation != other.escalation)
    }

    const fn is_for_others(&self) -> bool {
        matches!(self.need, Need::Approve { .. })
    }

    /// Who agrees: a group, or else holders of a role.
    fn deciders(&self) -> Option<(Option<&str>, Option<Role>)> {
        match (self.need, &self.group) {
            (Need::None | Need::Confirm, _) => None,
            (Need::Approve { .. }, Some(group)) => Some((Some(group), None)),
            (Need::Approve { role, .. }, None) => Some((None, Some(role))),
        }
    }
}

fn compiled(pattern: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES).build()
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleScope {
    /// Everything of one risk class.
    Risk(Risk),
    /// One capability, whatever its risk.
    Capability(CapabilityId),
    /// Everything of a kind that is no run.
    Matter(MatterKind),
}

impl RuleScope {
    /// `risk:high`, `capability:cap_...` or `matter:publish`: its key and its name in the audit log.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Risk(risk) => format!("risk:{}", risk.word()),
            Self::Capability(id) => format!("capability:{id}"),
            Self::Matter(kind) => format!("matter:{}", kind.word()),
        }
    }
}

/// Text that is not the scope of a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a rule is about `risk:low`, `risk:medium`, `risk:high`, `risk:critical`, `capability:cap_...`, `matter:publish`, `matter:setting` or `matter:review`"
)]
pub struct ScopeError;

impl TryFrom<String> for RuleScope {
    type Error = ScopeError;
    fn try_from(text: String) -> Result<Self, ScopeError> {
        let (kind, rest) = text.split_once(':').ok_or(ScopeError)?;
        match kind {
            "risk" => Risk::ALL.into_iter().find(|risk| risk.word() == rest).map(Self::Risk).ok_or(ScopeError),
            "capability" => rest.parse().map(Self::Capability).map_err(|_| ScopeError),
            "matter" => MatterKind::from_word(rest).filter(|kind| *kind != MatterKind::Run).map(Self::Matter).ok_or(ScopeError),
            _ => Err(ScopeError),
        }
    }
}

impl From<RuleScope> for String {
    fn from(scope: RuleScope) -> Self {
        scope.key()
    }
}

impl Serialize for RuleScope {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.key())
    }
}

impl<'de> Deserialize<'de> for RuleScope {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// A rule that somebody set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleSetting {
    pub tenant: TenantKey,
    pub scope: RuleScope,
    pub rule: Rule,
    pub set_at: Timestamp,
    pub set_by: Actor,
}

/// Where the rule in force comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleSource {
    /// Nobody set one.
    Default,
    Risk,
    Capability,
    /// Of every matter of this kind that is no run.
    Matter,
    /// A freeze is overridden, which takes approval whatever else the rule says.
    Freeze,
}

/// The rule in force for one start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    pub rule: Rule,
    pub source: RuleSource,
}

impl Effective {
    /// The most particular rule counts.
    #[must_use]
    pub fn of(capability: Option<Rule>, class: Option<Rule>, risk: Risk) -> Self {
        match (capability, class) {
            (Some(rule), _) => Self { rule, source: RuleSource::Capability },
            (None, Some(rule)) => Self { rule, source: RuleSource::Risk },
            (None, None) => Self { rule: Rule::usual(risk), source: RuleSource::Default },
        }
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
