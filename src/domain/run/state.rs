//! The lifecycle of a run as one pure transition function.
//!
//! ```text
//! requested -> [awaiting_confirmation] -> [awaiting_approval] -> queued -> running -> succeeded | failed | timed_out | cancelled | interrupted
//!                       |                        |                 |
//!               declined | expired       rejected | expired     cancelled | expired
//! ```
//! Everything that waits can be cancelled. A queued run expires when what allowed it no longer holds as its turn comes.
//! A running attempt that may be repeated goes back to `queued`. Nothing leaves an end state.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Requested,
    AwaitingConfirmation,
    AwaitingApproval,
    Queued,
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,
    Interrupted,
    Declined,
    Rejected,
    Expired,
}

/// How a running attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,
    /// The server or the host went away during the attempt.
    Interrupted,
}

/// What can happen to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transition {
    AskConfirmation,
    Confirm,
    Decline,
    AskApproval,
    Approve,
    Reject,
    Expire,
    /// All conditions hold: wait for a place.
    Enqueue,
    /// A place is free: the attempt begins.
    Start,
    /// The attempt is over and will not be repeated.
    End(Ending),
    /// The attempt is over and another one is due.
    Retry,
    /// Withdrawn before it began.
    Cancel,
}

/// A transition that the lifecycle does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a run that is {from:?} cannot do {what:?}")]
pub struct TransitionError {
    pub from: Phase,
    pub what: Transition,
}

impl Phase {
    /// Every phase, in the order of the lifecycle.
    pub const ALL: [Self; 13] = [
        Self::Requested,
        Self::AwaitingConfirmation,
        Self::AwaitingApproval,
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelled,
        Self::Interrupted,
        Self::Declined,
        Self::Rejected,
        Self::Expired,
    ];

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Requested | Self::AwaitingConfirmation | Self::AwaitingApproval | Self::Queued | Self::Running => false,
            Self::Succeeded
            | Self::Failed
            | Self::TimedOut
            | Self::Cancelled
            | Self::Interrupted
            | Self::Declined
            | Self::Rejected
            | Self::Expired => true,
        }
    }

    /// The word used in the API, the console and the audit log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::AwaitingConfirmation => "awaiting_confirmation",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Declined => "declined",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// The phase that bears this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.word() == word)
    }

    /// The one byte by which indexes sort phases.
    #[must_use]
    pub fn byte(self) -> u8 {
        Self::ALL.iter().position(|phase| *phase == self).map_or(0, |at| u8::try_from(at).unwrap_or(0)) + 1
    }

    /// The law.
    ///
    /// # Errors
    /// When the lifecycle has no such arrow.
    pub fn apply(self, what: Transition) -> Result<Self, TransitionError> {
        use Transition as T;
        let next = match (self, what) {
            (Self::Requested, T::AskConfirmation) => Self::AwaitingConfirmation,
            (Self::Requested | Self::AwaitingConfirmation, T::AskApproval) => Self::AwaitingApproval,
            (Self::Requested, T::Enqueue)
            | (Self::AwaitingConfirmation, T::Confirm)
            | (Self::AwaitingApproval, T::Approve)
            | (Self::Running, T::Retry) => Self::Queued,
            (Self::AwaitingConfirmation, T::Decline) => Self::Declined,
            (Self::AwaitingApproval, T::Reject) => Self::Rejected,
            (Self::AwaitingConfirmation | Self::AwaitingApproval | Self::Queued, T::Expire) => Self::Expired,
            (Self::Queued, T::Start) => Self::Running,
            (Self::AwaitingConfirmation | Self::AwaitingApproval | Self::Queued, T::Cancel) => Self::Cancelled,
            (Self::Running, T::End(ending)) => match ending {
                Ending::Succeeded => Self::Succeeded,
                Ending::Failed => Self::Failed,
                Ending::TimedOut => Self::TimedOut,
                Ending::Cancelled => Self::Cancelled,
                Ending::Interrupted => Self::Interrupted,
            },
            _ => return Err(TransitionError { from: self, what }),
        };
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: [Transition; 16] = [
        Transition::AskConfirmation,
        Transition::Confirm,
        Transition::Decline,
        Transition::AskApproval,
        Transition::Approve,
        Transition::Reject,
        Transition::Expire,
        Transition::Enqueue,
        Transition::Start,
        Transition::Retry,
        Transition::Cancel,
        Transition::End(Ending::Succeeded),
        Transition::End(Ending::Failed),
        Transition::End(Ending::TimedOut),
        Transition::End(Ending::Cancelled),
        Transition::End(Ending::Interrupted),
    ];

    #[test]
    fn nothing_leaves_an_end() {
        for phase in Phase::ALL.into_iter().filter(|phase| phase.is_final()) {
            for what in EVERYTHING {
                assert!(phase.apply(what).is_err(), "{phase:?} {what:?}");
            }
        }
    }

    #[test]
    fn every_phase_can_be_reached_and_only_queued_runs_start() {
        let mut reached = vec![Phase::Requested];
        let mut at = 0;
        while let Some(phase) = reached.get(at).copied() {
            for what in EVERYTHING {
                if let Ok(next) = phase.apply(what) {
                    assert!(next != Phase::Running || phase == Phase::Queued);
                    if !reached.contains(&next) {
                        reached.push(next);
                    }
                }
            }
            at += 1;
        }
        assert_eq!(reached.len(), Phase::ALL.len());
    }

    #[test]
    fn words_and_bytes_are_distinct() {
        for phase in Phase::ALL {
            assert_eq!(Phase::from_word(phase.word()), Some(phase));
            assert_eq!(Phase::ALL.iter().filter(|other| other.byte() == phase.byte()).count(), 1);
        }
    }
}
