//! Secrets that prove who somebody is without a password: 256 random bits behind a prefix that says what they are.
//!
//! Only their digest is stored. A digest of 256 random bits cannot be turned back, so it needs no salt and no slow hash.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Begins an API token.
pub const TOKEN_PREFIX: &str = "egt_";
/// Begins the secret of a session.
pub const SESSION_PREFIX: &str = "egs_";
/// Begins the one-time token of the first set-up.
pub const SETUP_PREFIX: &str = "egi_";

/// Length of the part behind the prefix: 32 bytes in URL-safe base64 without padding.
const BODY_CHARS: usize = 43;

/// A secret in the clear. Never printed, wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    #[must_use]
    pub fn random(prefix: &'static str) -> Self {
        let bytes = Zeroizing::new(rand::random::<[u8; 32]>());
        Self(Zeroizing::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes.as_slice()))))
    }

    /// Takes text that somebody presents. `None` when it cannot be such a secret.
    #[must_use]
    pub fn read(prefix: &'static str, text: &str) -> Option<Self> {
        let body = text.strip_prefix(prefix)?;
        let fits = body.len() == BODY_CHARS && body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, for the one time that it is shown or sent.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// What is stored of a secret: its SHA-256. Compared in constant time. Lower-case hexadecimal in text.
#[derive(Debug, Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        hex::encode(self.0).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.as_bytes(), &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_back_by_their_own_kind_only() {
        let secret = Secret::random(TOKEN_PREFIX);
        let text = secret.expose();
        assert_eq!(text.len(), TOKEN_PREFIX.len() + BODY_CHARS);
        assert_eq!(Secret::read(TOKEN_PREFIX, text).map(|read| read.digest()), Some(secret.digest()));
        assert!(Secret::read(SESSION_PREFIX, text).is_none());
        for bad in ["", "egt_", &text[..20], &format!("{text}A"), &text.replace("egt_", "EGT_"), &format!("egt_{}", "=".repeat(43))] {
            assert!(Secret::read(TOKEN_PREFIX, bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_digest_has_no_secret_in_it() {
        let secret = Secret::random(SESSION_PREFIX);
        let stored = serde_json::to_string(&secret.digest()).expect("JSON");
        assert!(!stored.contains(secret.expose()) && !format!("{secret:?}").contains(&secret.expose()[4..]));
        assert_eq!(serde_json::from_str::<Digest>(&stored).ok(), Some(secret.digest()));
        assert_ne!(secret.digest(), Secret::random(SESSION_PREFIX).digest());
    }
}
