//! A request for consent and its lifecycle as pure functions.
//!
//! ```text
//! open -> approved | rejected | withdrawn | expired | voided
//! ```
//! An approved request was used in the same moment: there is no consent that lies about.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::matter::Matter;
use super::rule::{Escalation, Need, Rule};
use crate::base::clock::Timestamp;
use crate::domain::access::Role;
use crate::domain::audit::Actor;
use crate::domain::capability::Risk;
use crate::domain::ids::{ApprovalId, DelegationId, TenantKey, UserId};

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    Open,
    Approved,
    Rejected,
    Withdrawn,
    Expired,
    /// What was to run is no longer what was asked for.
    Voided,
}

impl ApprovalState {
    pub const ALL: [Self; 6] = [Self::Open, Self::Approved, Self::Rejected, Self::Withdrawn, Self::Expired, Self::Voided];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// The one byte by which indexes sort states.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8 + 1
    }
}

/// What somebody decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DecisionVerdict)]
pub enum Verdict {
    Approve,
    Reject,
}

/// One decision of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub by: Actor,
    pub user: UserId,
    /// Who it is behind the account: two accounts of one person count once.
    pub person: String,
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    pub at: Timestamp,
    /// The password was given again for this decision.
    pub reauthenticated: bool,
    /// The requester decided; only where the appliance is governed by one person.
    #[serde(default)]
    pub self_approved: bool,
    /// Whose right it was, when it was decided for somebody who is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<Behalf>,
}

/// Somebody who is away, for whom a decision was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behalf {
    /// The absence during which it happened.
    pub delegation: DelegationId,
    pub user: UserId,
    pub name: String,
    /// Who it is behind the account.
    pub person: String,
}

/// What an open request is waiting for besides a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// When it is told next that nobody has answered.
    pub next: Timestamp,
    /// How often it was told.
    pub told: u32,
}

/// A request for consent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    pub id: ApprovalId,
    pub tenant: TenantKey,
    pub state: ApprovalState,
    /// What it is about.
    pub matter: Matter,
    pub risk: Risk,
    /// The digest of everything that would happen.
    pub binding: String,
    /// Different people who must agree.
    pub approvers: u8,
    pub role: Role,
    /// Only members of this group decide; holders of the role when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Who decides too when nobody has decided for long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalated>,
    /// For a review, which does not expire: when it is told again that it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
    pub requester: Actor,
    /// Who the requester is behind the account.
    pub person: String,
    /// Others who do not decide although they did not ask: the author of a version that is to be published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub barred: Vec<Barred>,
    /// Why it is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who shall look at it first; others may decide as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Actor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The code that says why it closed without consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_reason: Option<String>,
}

/// Somebody who does not decide, with who it is behind the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    pub account: Actor,
    pub person: String,
}

/// How a request goes to others after a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// When it goes to them.
    pub at: Timestamp,
    /// Holders of this role decide too from then on.
    pub role: Role,
    /// When it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Timestamp>,
}

impl Escalated {
    /// From a rule, for a request that is made now.
    #[must_use]
    pub fn of(rule: Escalation, now: Timestamp) -> Self {
        let after = jiff::SignedDuration::from_secs(rule.after_s.into());
        Self { at: now.checked_add(after).unwrap_or(Timestamp::MAX), role: rule.role, done: None }
    }
}

/// What can happen to an open request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Somebody who may decide does so.
    Decide(Box<Decision>),
    /// So many people as are needed agree, and still may: it is used now.
    Complete,
    Withdraw,
    Expire,
    Void,
    /// Nobody has decided for long: others may as well from now on.
    Escalate,
    /// It is told once more that it waits.
    Remind {
        next: Timestamp,
    },
}

/// What cannot happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    #[error("the request is {}", .0.word())]
    Closed(ApprovalState),
    #[error("the request has expired")]
    Late,
    #[error("it has not expired yet")]
    Early,
    #[error("this person has decided already")]
    Decided(Verdict),
    #[error("fewer people agree than are needed")]
    TooFew,
    #[error("it does not go to others, or not yet, or did already")]
    NoEscalation,
    #[error("it is told once it waits for long, and again after a while")]
    NoReminder,
}

/// What a request is made of.
#[derive(Debug, Clone)]
pub struct Opening<'a> {
    pub id: ApprovalId,
    pub tenant: TenantKey,
    pub matter: Matter,
    pub risk: Risk,
    pub binding: String,
    /// Who decides, how many of them, and by when.
    pub rule: &'a Rule,
    pub requester: Actor,
    /// Who the requester is behind the account.
    pub person: String,
    pub barred: Vec<Barred>,
    pub reason: Option<String>,
    pub now: Timestamp,
}

impl Approval {
    /// A request that nobody has decided on.
    #[must_use]
    pub fn open(opening: Opening<'_>) -> Self {
        let Opening { id, tenant, matter, risk, binding, rule, requester, person, barred, reason, now } = opening;
        let (approvers, role) = match rule.need {
            Need::Approve { approvers, role } => (approvers, role),
            Need::None | Need::Confirm => (1, Role::Approver),
        };
        let patience = jiff::SignedDuration::from_secs(rule.patience_s().into());
        let expires_at = now.checked_add(patience).unwrap_or(Timestamp::MAX);
        let reminder = matches!(matter, Matter::Review(_)).then_some(Reminder { next: expires_at, told: 0 });
        Self {
            id,
            tenant,
            state: ApprovalState::Open,
            matter,
            risk,
            binding,
            approvers,
            role,
            group: rule.group.clone(),
            escalation: rule.escalation.map(|escalation| Escalated::of(escalation, now)),
            reminder,
            requester,
            person,
            barred,
            reason,
            assignee: None,
            decisions: Vec::new(),
            created_at: now,
            expires_at,
            closed_at: None,
            closed_reason: None,
        }
    }

    /// The law. `still` says whether an earlier decision would still be allowed now; those that would not do not count.
    ///
    /// # Errors
    /// When the lifecycle has no such step; nothing has changed then.
    pub fn apply(&self, step: Step, now: Timestamp, still: &dyn Fn(&Decision) -> bool) -> Result<Self, StepError> {
        if self.state != ApprovalState::Open {
            return Err(StepError::Closed(self.state));
        }
        let late = self.is_late(now);
        let mut next = self.clone();
        let close = |mut next: Self, state| {
            next.state = state;
            next.closed_at = Some(now);
            Ok(next)
        };
        match step {
            Step::Decide(_) | Step::Complete if late => Err(StepError::Late),
            Step::Decide(decision) => {
                let keys = [Some(decision.person.as_str()), decision.on_behalf.as_ref().map(|behalf| behalf.person.as_str())];
                if let Some(earlier) = keys.into_iter().flatten().find_map(|person| self.decision_of(person)) {
                    return Err(StepError::Decided(earlier.verdict));
                }
                let verdict = decision.verdict;
                next.decisions.push(*decision);
                match verdict {
                    Verdict::Approve => Ok(next),
                    Verdict::Reject => close(next, ApprovalState::Rejected),
                }
            }
            Step::Complete if self.consents(still) < usize::from(self.approvers) => Err(StepError::TooFew),
            Step::Complete => close(next, ApprovalState::Approved),
            Step::Withdraw => close(next, ApprovalState::Withdrawn),
            Step::Expire if !late => Err(StepError::Early),
            Step::Expire => close(next, ApprovalState::Expired),
            Step::Void => close(next, ApprovalState::Voided),
            Step::Escalate => match &mut next.escalation {
                Some(escalation) if escalation.done.is_none() && now >= escalation.at => {
                    escalation.done = Some(now);
                    Ok(next)
                }
                _ => Err(StepError::NoEscalation),
            },
            Step::Remind { next: at } => match &mut next.reminder {
                Some(reminder) if now >= reminder.next && at > now => {
                    *reminder = Reminder { next: at, told: reminder.told.saturating_add(1) };
                    Ok(next)
                }
                _ => Err(StepError::NoReminder),
            },
        }
    }

    /// Different people who agreed and still may.
    #[must_use]
    pub fn consents(&self, still: &dyn Fn(&Decision) -> bool) -> usize {
        let agreeing = self.decisions.iter().filter(|decision| decision.verdict == Verdict::Approve && still(decision));
        agreeing.map(|decision| decision.person.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// What a person decided, under whichever account, or had decided by somebody who stood in.
    #[must_use]
    pub fn decision_of(&self, person: &str) -> Option<&Decision> {
        let is =
            |decision: &&Decision| decision.person == person || decision.on_behalf.as_ref().is_some_and(|behalf| behalf.person == person);
        self.decisions.iter().find(is)
    }

    /// Whether the time in which it can be decided is over. A review waits for as long as it takes.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.reminder.is_none() && now >= self.expires_at
    }

    /// Whether it waits for longer than it should: only a review does.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == ApprovalState::Open && self.reminder.is_some() && now >= self.expires_at
    }

    /// The roles whose holders decide now.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let own = self.group.is_none().then_some(self.role);
        let more = self.escalation.filter(|escalation| escalation.done.is_some()).map(|escalation| escalation.role);
        let mut roles: Vec<Role> = own.into_iter().chain(more).collect();
        roles.dedup();
        roles
    }

    /// The next moment at which something happens to it by itself, besides the end of a run's wait.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        if self.state != ApprovalState::Open {
            return None;
        }
        let escalates = self.escalation.filter(|escalation| escalation.done.is_none()).map(|escalation| escalation.at);
        let reminds = self.reminder.map(|reminder| reminder.next);
        // The wait of a run is ended with the run.
        let expires = match self.matter {
            Matter::Publish(_) | Matter::Setting(_) => Some(self.expires_at),
            Matter::Run(_) | Matter::Review(_) => None,
        };
        [escalates, reminds, expires].into_iter().flatten().min()
    }

    /// High risk: who decides proves once more who they are.
    #[must_use]
    pub fn needs_password(&self) -> bool {
        self.risk >= Risk::High
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
