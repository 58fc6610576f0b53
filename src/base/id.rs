//! Identifiers: `UUIDv7` (RFC 9562) behind a newtype, with a type prefix in text form (`run_0198...`).
//!
//! The 16 bytes sort by creation time, which is what the ledger's keys rely on.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::clock::Timestamp;

/// Text that is not an id of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id: expected `{prefix}_` and 32 hexadecimal digits")]
pub struct IdError {
    pub prefix: &'static str,
    pub text: String,
}

/// Makes `UUIDv7` bytes for a moment.
#[must_use]
pub fn uuid_at(now: Timestamp) -> Uuid {
    let random: [u8; 10] = rand::random();
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// Reads `<prefix>_<32 hex digits>`.
///
/// # Errors
/// When the prefix differs or the rest is not exactly 32 lower-case hexadecimal digits.
pub fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let bad = || IdError { prefix, text: text.chars().take(64).collect() };
    let rest = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or_else(bad)?;
    let plain = rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !plain {
        return Err(bad());
    }
    Uuid::try_parse(rest).map_err(|_| bad())
}

pub fn write(prefix: &str, id: Uuid, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{prefix}_{}", id.simple())
}

/// The serde form of an id: its text.
pub fn serialize<S: Serializer>(prefix: &str, id: Uuid, to: S) -> Result<S::Ok, S::Error> {
    format!("{prefix}_{}", id.simple()).serialize(to)
}

pub fn deserialize<'de, D: Deserializer<'de>>(prefix: &'static str, from: D) -> Result<Uuid, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(from)?;
    parse(prefix, &text).map_err(serde::de::Error::custom)
}

/// Declares an id newtype with its text prefix.
#[macro_export]
macro_rules! define_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(uuid::Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id whose order is that of its moment of birth.
            #[must_use]
            pub fn new(now: $crate::base::clock::Timestamp) -> Self {
                Self($crate::base::id::uuid_at(now))
            }

            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Uuid::from_bytes(bytes))
            }

            /// The 16 bytes in big-endian order.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::base::id::write($prefix, self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::base::id::IdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::base::id::parse($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $crate::base::id::serialize($prefix, self.0, to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::base::id::deserialize($prefix, from).map(Self)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(dead_code, reason = "not every part of an id is tried here")]
    mod made {
        crate::define_id!(
            /// An id for these tests.
            TestId, "test"
        );
    }
    use made::TestId;

    #[test]
    fn text_round_trips_and_strangers_are_refused() {
        let id = TestId::new(Timestamp::UNIX_EPOCH);
        assert_eq!(id.to_string().parse::<TestId>().as_ref(), Ok(&id));
        for bad in [
            "",
            "test_",
            "run_00000000000070008000000000000000",
            "test_0000000000007000800000000000000G",
            "test_00000000-0000-7000-8000-000000000000",
        ] {
            assert!(bad.parse::<TestId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let early = TestId::new(Timestamp::from_millisecond(1_000).expect("in range"));
        let late = TestId::new(Timestamp::from_millisecond(2_000).expect("in range"));
        assert!(early < late);
    }
}
