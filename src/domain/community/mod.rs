//! The community page: published capabilities that people show to their colleagues, with what those think of them.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::ids::{CapabilityId, TenantKey, UserId};

/// Longest description, comment and reason, in characters.
pub const DESCRIPTION_CHARS: usize = 2_000;
pub const COMMENT_CHARS: usize = 1_000;
/// Best rating; the worst is 1.
pub const STARS_MOST: u8 = 5;
/// Capabilities shared in one tenant, at most.
pub const SHARED_MOST: usize = 2_000;

/// That somebody took it off the page, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    pub at: Timestamp,
    pub by: Actor,
    pub reason: String,
}

/// A capability that is shown to colleagues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    pub tenant: TenantKey,
    pub capability: CapabilityId,
    pub description: String,
    pub shared_at: Timestamp,
    pub shared_by: Actor,
    pub user: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Hidden>,
    /// How many have rated it, and the sum of their stars.
    #[serde(default)]
    pub ratings: u32,
    #[serde(default)]
    pub stars: u64,
    /// How often it was copied.
    #[serde(default)]
    pub copies: u32,
}

impl Shared {
    /// Replaces what one person thought of it, if anything, by what they think now.
    pub fn rate(&mut self, before: Option<u8>, stars: u8) {
        match before {
            Some(before) => self.stars = self.stars.saturating_sub(before.into()),
            None => self.ratings += 1,
        }
        self.stars += u64::from(stars);
    }

    /// The mean in tenths of a star; `None` before anybody has rated it.
    #[must_use]
    pub fn mean_tenths(&self) -> Option<u64> {
        let count = u64::from(self.ratings);
        (count > 0).then(|| (self.stars * 10 + count / 2) / count)
    }
}

/// What one person thinks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    pub tenant: TenantKey,
    pub capability: CapabilityId,
    pub user: UserId,
    pub by: Actor,
    pub stars: u8,
    pub comment: String,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::audit::ActorKind;

    proptest! {
        /// However often people change their minds, count and mean are those of their last words.
        #[test]
        fn the_mean_is_that_of_the_last_words(words in proptest::collection::vec((0..5_usize, 1..=STARS_MOST), 0..40)) {
            let mut shared = Shared {
                tenant: TenantKey::default_tenant(),
                capability: CapabilityId::from_bytes([0; 16]),
                description: String::new(),
                shared_at: Timestamp::UNIX_EPOCH,
                shared_by: Actor { kind: ActorKind::System, id: None, name: None, token: None },
                user: UserId::from_bytes([0; 16]),
                hidden: None,
                ratings: 0,
                stars: 0,
                copies: 0,
            };
            let mut last = [None; 5];
            for (who, stars) in words {
                shared.rate(last[who], stars);
                last[who] = Some(stars);
            }
            let said: Vec<u64> = last.into_iter().flatten().map(u64::from).collect();
            prop_assert_eq!(u64::from(shared.ratings), said.len() as u64);
            prop_assert_eq!(shared.stars, said.iter().sum::<u64>());
            prop_assert!(shared.mean_tenths().is_none_or(|mean| (10..=50).contains(&mean)));
        }
    }
}
