//! Standing in for somebody who is away: between two moments, one person decides what another one may decide.
//!
//! It carries the right of the one who is away and nothing else. It goes no further: who stands in cannot hand it on.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::ids::{DelegationId, TenantKey, UserId};

/// Longest absence, in days.
pub const DAYS_MOST: i64 = 90;
/// Absences of one person that are not over, at most.
pub const DELEGATIONS_MOST: usize = 20;

/// One absence and who stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    pub id: DelegationId,
    pub tenant: TenantKey,
    /// Who is away.
    pub from: UserId,
    pub from_name: String,
    /// Who stands in.
    pub to: UserId,
    pub to_name: String,
    pub starts: Timestamp,
    pub ends: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub created_by: Actor,
    /// Ended before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// Dates that make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DelegationError {
    #[error("`to` must be somebody else")]
    Oneself,
    #[error("`ends` must be later than `starts` and than now")]
    Empty,
    #[error("an absence lasts at most {DAYS_MOST} days")]
    Long,
}

impl DelegationError {
    /// JSON Pointer to the field.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Oneself => "/to",
            Self::Empty | Self::Long => "/ends",
        }
    }
}

impl Delegation {
    /// # Errors
    /// With the first field that makes no sense.
    pub fn check(&self, now: Timestamp) -> Result<(), DelegationError> {
        if self.from == self.to {
            return Err(DelegationError::Oneself);
        }
        if self.ends <= self.starts || self.ends <= now {
            return Err(DelegationError::Empty);
        }
        if self.ends.as_second() - self.starts.as_second() > DAYS_MOST * 86_400 {
            return Err(DelegationError::Long);
        }
        Ok(())
    }

    /// Whether the one may decide for the other at a moment.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.starts <= at && at < self.ends && self.ended_at.is_none_or(|ended| at < ended)
    }

    /// Whether it is over, by its time or before.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ended_at.is_some() || now >= self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::ActorKind;

    #[test]
    fn it_holds_between_its_dates_until_it_is_ended() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let one = Delegation {
            id: DelegationId::from_bytes([0; 16]),
            tenant: TenantKey::default_tenant(),
            from: UserId::from_bytes([1; 16]),
            from_name: "a".to_owned(),
            to: UserId::from_bytes([2; 16]),
            to_name: "b".to_owned(),
            starts: at(100),
            ends: at(200),
            reason: None,
            created_at: at(0),
            created_by: Actor { kind: ActorKind::User, id: None, name: None, token: None },
            ended_at: None,
        };
        for (second, holds) in [(99, false), (100, true), (199, true), (200, false)] {
            assert_eq!(one.holds(at(second)), holds, "{second}");
        }
        let ended = Delegation { ended_at: Some(at(150)), ..one.clone() };
        assert!(ended.holds(at(149)) && !ended.holds(at(150)));
        let check = |change: Delegation, expected| assert_eq!(change.check(at(0)), expected);
        check(one.clone(), Ok(()));
        check(Delegation { to: one.from, ..one.clone() }, Err(DelegationError::Oneself));
        check(Delegation { ends: at(100), ..one.clone() }, Err(DelegationError::Empty));
        check(Delegation { ends: at(100 + DAYS_MOST * 86_400 + 1), ..one.clone() }, Err(DelegationError::Long));
        assert_eq!(one.check(at(200)), Err(DelegationError::Empty));
    }
}
