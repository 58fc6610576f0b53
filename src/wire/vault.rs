//! The vault: how its keys are kept, and whether it is open. No value and no key is in any answer.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::domain::vault::Method;

/// A text that goes in and never comes out: not printed, wiped when dropped, never repeated in an error.
#[derive(Clone)]
pub struct Hidden(Zeroizing<String>);

impl Hidden {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

/// A client must send the text itself.
impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(HiddenVisitor)
    }
}

struct HiddenVisitor;

impl HiddenVisitor {
    /// The usual words would quote what was found.
    fn no_text<T, E: Error>() -> Result<T, E> {
        Err(E::custom("invalid type: expected a text"))
    }
}

impl<'de> Visitor<'de> for HiddenVisitor {
    type Value = Hidden;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Hidden, E> {
        Ok(Hidden::new(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Hidden, E> {
        Ok(Hidden::new(text))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Hidden, E> {
        Self::no_text()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Hidden, E> {
        Self::no_text()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Hidden, E> {
        Self::no_text()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Hidden, E> {
        Self::no_text()
    }

    fn visit_unit<E: Error>(self) -> Result<Hidden, E> {
        Self::no_text()
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<Hidden, A::Error> {
        Self::no_text()
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<Hidden, A::Error> {
        Self::no_text()
    }
}

/// Whether secrets can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VaultState {
    /// It was never set up: no secret can be stored.
    Absent,
    /// Nothing can be stored or used; runs that need a secret wait.
    Sealed,
    Open,
}

/// Somebody who can recover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecoveryView {
    /// An age recipient, `age1...`.
    pub recipient: String,
    pub added_at: String,
    /// When somebody last showed that they hold the key.
    pub proven_at: Option<String>,
}

/// Values that move to the newest data key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RotationView {
    pub from: Vec<u32>,
    pub to: u32,
    /// Values that are still to be moved.
    pub left: u64,
}

/// How the vault is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultStatus {
    pub state: VaultState,
    pub method: Option<Method>,
    /// The recipient of the master key.
    pub master: Option<String>,
    pub master_since: Option<String>,
    pub recovery: Vec<RecoveryView>,
    /// The data key that seals new values.
    pub data_key: Option<u32>,
    pub data_key_since: Option<String>,
    pub rotation: Option<RotationView>,
    /// Secrets of all tenants and of the platform.
    pub secrets: u64,
    /// Secrets whose value expires soon or has expired.
    pub expiring: u64,
    /// Runs that wait until it is unsealed.
    pub waiting: u64,
    /// What somebody should do something about.
    pub warnings: Vec<String>,
    /// The last restore drill.
    pub drill: Option<DrillView>,
    /// Actions of the caller, such as `vault.unseal`.
    pub actions: Vec<String>,
}

/// How a restore drill went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DrillView {
    pub at: String,
    pub ok: bool,
    /// One sentence.
    pub detail: String,
    pub took_ms: u64,
}

/// Sets the vault up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InitVault {
    pub method: Method,
    /// Under the method `passphrase`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    pub passphrase: Option<Hidden>,
    /// age recipients (`age1...`) that can recover, and for whom backups are encrypted.
    #[serde(default)]
    pub recovery: Vec<String>,
}

/// Opens the vault.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnsealVault {
    /// Under the method `passphrase`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    pub passphrase: Option<Hidden>,
}

/// What a rotation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VaultRotate)]
pub enum Rotate {
    /// A new data key; every value moves to it in the background.
    #[default]
    Data,
    /// A new master key, kept as `method` says.
    Master,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateVault {
    #[serde(default)]
    pub what: Rotate,
    /// How the new master key is kept; as before unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// The new passphrase, under the method `passphrase`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    pub passphrase: Option<Hidden>,
}

/// Opens the vault with a recovery key and gives it a new master key.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverVault {
    /// An age identity, `AGE-SECRET-KEY-1...`.
    #[schema(value_type = String, format = Password)]
    pub identity: Hidden,
    pub method: Method,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    pub passphrase: Option<Hidden>,
}

/// Who can recover from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRecovery {
    pub recovery: Vec<String>,
}

/// Asks to show that a recovery key is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProveRecovery {
    pub recipient: String,
    /// What the challenge holds; left out to get one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// What a holder of the key can open, or the word that they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecoveryProof {
    /// An armored age file for the recipient; absent once proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    pub proven_at: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_text_is_never_repeated() {
        let read = |text: &str| serde_json::from_str::<UnsealVault>(text);
        assert_eq!(read(r#"{"passphrase":"correct"}"#).expect("a text").passphrase.expect("given").expose(), "correct");
        for bad in ["93746251", "true", "1.25e9", "[\"93746251\"]", "{\"93746251\":1}", "-93746251", "null1"] {
            let error = read(&format!(r#"{{"passphrase":{bad}}}"#)).expect_err(bad).to_string();
            assert!(!error.contains("93746251") && !error.contains("1.25"), "{error}");
        }
        assert_eq!(format!("{:?}", Hidden::new("correct".to_owned())), "Hidden");
    }
}
