//! A request for consent and its lifecycle as pure functions.
//!
//! ```text
//! open -> approved | rejected | withdrawn | expired | voided
//! ```
//! An approved request was used in the same moment: there is no consent that lies about.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::domain::access::Role;
use crate::domain::audit::Actor;
use crate::domain::capability::{Name, Risk};
use crate::domain::ids::{ApprovalId, CapabilityId, RunId, TenantKey, UserId};

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
}

/// A request for consent to one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    pub id: ApprovalId,
    pub tenant: TenantKey,
    pub state: ApprovalState,
    pub run: RunId,
    pub capability: CapabilityId,
    pub capability_name: Name,
    pub version: u32,
    pub risk: Risk,
    /// The digest of everything that would execute.
    pub binding: String,
    /// Different people who must agree.
    pub approvers: u8,
    pub role: Role,
    pub requester: Actor,
    /// Who the requester is behind the account.
    pub person: String,
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

/// What can happen to an open request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Somebody who may decide does so.
    Decide(Decision),
    /// So many people as are needed agree, and still may: it is used now.
    Complete,
    Withdraw,
    Expire,
    Void,
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
}

impl Approval {
    /// The law. `still` says whether an earlier decision would still be allowed now; those that would not do not count.
    ///
    /// # Errors
    /// When the lifecycle has no such step; nothing has changed then.
    pub fn apply(&self, step: Step, now: Timestamp, still: &dyn Fn(&Decision) -> bool) -> Result<Self, StepError> {
        if self.state != ApprovalState::Open {
            return Err(StepError::Closed(self.state));
        }
        let late = now >= self.expires_at;
        let mut next = self.clone();
        let close = |mut next: Self, state| {
            next.state = state;
            next.closed_at = Some(now);
            Ok(next)
        };
        match step {
            Step::Decide(_) | Step::Complete if late => Err(StepError::Late),
            Step::Decide(decision) => {
                if let Some(earlier) = self.decision_of(&decision.person) {
                    return Err(StepError::Decided(earlier.verdict));
                }
                let verdict = decision.verdict;
                next.decisions.push(decision);
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
        }
    }

    /// Different people who agreed and still may.
    #[must_use]
    pub fn consents(&self, still: &dyn Fn(&Decision) -> bool) -> usize {
        let agreeing = self.decisions.iter().filter(|decision| decision.verdict == Verdict::Approve && still(decision));
        agreeing.map(|decision| decision.person.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// What a person decided, under whichever account.
    #[must_use]
    pub fn decision_of(&self, person: &str) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.person == person)
    }

    /// High risk: who decides proves once more who they are.
    #[must_use]
    pub fn needs_password(&self) -> bool {
        self.risk >= Risk::High
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::audit::ActorKind;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn actor() -> Actor {
        Actor { kind: ActorKind::User, id: None, name: None, token: None }
    }

    fn open(approvers: u8) -> Approval {
        Approval {
            id: ApprovalId::from_bytes([0; 16]),
            tenant: TenantKey::default_tenant(),
            state: ApprovalState::Open,
            run: RunId::from_bytes([0; 16]),
            capability: CapabilityId::from_bytes([0; 16]),
            capability_name: Name::any(),
            version: 1,
            risk: Risk::Critical,
            binding: String::new(),
            approvers,
            role: Role::Approver,
            requester: actor(),
            person: "requester".to_owned(),
            decisions: Vec::new(),
            created_at: at(0),
            expires_at: at(100),
            closed_at: None,
            closed_reason: None,
        }
    }

    fn decision(person: u8, verdict: Verdict) -> Decision {
        Decision {
            by: actor(),
            user: UserId::from_bytes([person; 16]),
            person: person.to_string(),
            verdict,
            comment: None,
            at: at(1),
            reauthenticated: true,
            self_approved: false,
        }
    }

    #[derive(Debug, Clone)]
    enum Act {
        Decide(u8, Verdict),
        LoseRole(u8),
        Complete,
        Withdraw,
        Void,
        /// Tries to let it expire at the present moment.
        Expire,
        Wait(i64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let one = prop_oneof![
            6 => (0..5_u8, prop_oneof![5 => Just(Verdict::Approve), 1 => Just(Verdict::Reject)]).prop_map(|(who, what)| Act::Decide(who, what)),
            2 => (0..5_u8).prop_map(Act::LoseRole),
            4 => Just(Act::Complete),
            1 => Just(Act::Withdraw),
            1 => Just(Act::Void),
            1 => Just(Act::Expire),
            2 => (0..60_i64).prop_map(Act::Wait),
        ];
        proptest::collection::vec(one, 0..24)
    }

    proptest! {
        /// The model: who said what first, who lost the role, what time it is, and whether it is over.
        #[test]
        fn it_does_what_the_simple_model_does(approvers in 1..4_u8, acts in acts()) {
            let mut real = open(approvers);
            let (mut said, mut lost, mut now) = (BTreeMap::<u8, Verdict>::new(), BTreeSet::<u8>::new(), 0_i64);
            let mut over: Option<ApprovalState> = None;
            for act in acts {
                let step = match &act {
                    Act::LoseRole(who) => { lost.insert(*who); continue; }
                    Act::Wait(seconds) => { now += seconds; continue; }
                    Act::Decide(who, verdict) => Step::Decide(decision(*who, *verdict)),
                    Act::Complete => Step::Complete,
                    Act::Withdraw => Step::Withdraw,
                    Act::Void => Step::Void,
                    Act::Expire => Step::Expire,
                };
                let count = said.iter().filter(|(who, verdict)| **verdict == Verdict::Approve && !lost.contains(who)).count();
                let expected = match (&act, over) {
                    (Act::Decide(who, verdict), None) if now < 100 && !said.contains_key(who) => {
                        said.insert(*who, *verdict);
                        Some(if *verdict == Verdict::Reject { ApprovalState::Rejected } else { ApprovalState::Open })
                    }
                    (Act::Complete, None) if now < 100 && count >= usize::from(approvers) => Some(ApprovalState::Approved),
                    (Act::Withdraw, None) => Some(ApprovalState::Withdrawn),
                    (Act::Void, None) => Some(ApprovalState::Voided),
                    (Act::Expire, None) if now >= 100 => Some(ApprovalState::Expired),
                    _ => None,
                };
                let still = |decision: &Decision| !lost.contains(&decision.user.bytes()[0]);
                match (real.apply(step, at(now), &still), expected) {
                    (Ok(next), Some(state)) => {
                        prop_assert_eq!(next.state, state);
                        prop_assert_eq!(next.closed_at.is_some(), state != ApprovalState::Open);
                        if state != ApprovalState::Open { over = Some(state); }
                        real = next;
                    }
                    (Err(_), None) => {}
                    (found, expected) => prop_assert!(false, "{:?}: {:?}, expected {:?}", act, found.map(|next| next.state), expected),
                }
            }
            let people: BTreeSet<&str> = real.decisions.iter().map(|decision| decision.person.as_str()).collect();
            prop_assert_eq!(people.len(), real.decisions.len(), "one decision for each person");
        }
    }

    #[test]
    fn two_accounts_of_one_person_count_once() {
        let first = open(2).apply(Step::Decide(decision(1, Verdict::Approve)), at(1), &|_| true).expect("decided");
        let twin = Decision { user: UserId::from_bytes([9; 16]), ..decision(1, Verdict::Approve) };
        assert_eq!(first.apply(Step::Decide(twin), at(2), &|_| true), Err(StepError::Decided(Verdict::Approve)));
        assert_eq!(first.apply(Step::Complete, at(2), &|_| true), Err(StepError::TooFew));
    }

    #[test]
    fn words_and_bytes_are_distinct() {
        for state in ApprovalState::ALL {
            assert_eq!(ApprovalState::from_word(state.word()), Some(state));
            assert_eq!(ApprovalState::ALL.iter().filter(|other| other.byte() == state.byte()).count(), 1);
        }
    }
}
