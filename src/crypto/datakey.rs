//! A key that seals small values: `XChaCha20-Poly1305` with a random nonce of 24 bytes before the ciphertext.
//!
//! What a value belongs to goes in as associated data, so that it opens in no other place.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Length of a key in bytes.
pub const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Sealed bytes that do not open: changed, cut, of another place or under another key. Which of these cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed bytes do not open here: they were changed, or belong to another place or key")]
pub struct SealError;

/// A key in the clear. Never printed, wiped when dropped.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; KEY_BYTES]>);

impl DataKey {
    /// A fresh key from the operating system's generator.
    #[must_use]
    pub fn random() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// # Errors
    /// When it has another length than a key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        Ok(Self(Zeroizing::new(bytes.try_into().map_err(|_| SealError)?)))
    }

    /// The key itself, to be wrapped.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Seals a value into the place that `place` names.
    ///
    /// # Errors
    /// When the value is longer than any memory.
    pub fn seal(&self, place: &[u8], value: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let cipher = XChaCha20Poly1305::new(self.0.as_slice().into());
        let sealed = cipher.encrypt(XNonce::from_slice(&nonce), Payload { msg: value, aad: place }).map_err(|_| SealError)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed into the same place.
    ///
    /// # Errors
    /// [`SealError`] for everything else.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(SealError)?;
        let cipher = XChaCha20Poly1305::new(self.0.as_slice().into());
        cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: place }).map(Zeroizing::new).map_err(|_| SealError)
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_value_opens_in_its_place_only(value in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>()) {
            let key = DataKey::random();
            let sealed = key.seal(b"here", &value).expect("sealed");
            let opened = key.open(b"here", &sealed).expect("opens");
            prop_assert_eq!(opened.as_slice(), value.as_slice());
            prop_assert!(key.open(b"there", &sealed).is_err() && DataKey::random().open(b"here", &sealed).is_err());
            let mut changed = sealed.clone();
            let at = at.index(changed.len());
            changed[at] ^= 1;
            prop_assert!(key.open(b"here", &changed).is_err());
            prop_assert!(key.open(b"here", &sealed[..at]).is_err());
            prop_assert!(key.open(b"here", &[sealed.as_slice(), b"x"].concat()).is_err());
        }
    }

    #[test]
    fn two_sealings_differ_and_keys_have_their_length() {
        let key = DataKey::random();
        assert_ne!(key.seal(b"", b"same").expect("sealed"), key.seal(b"", b"same").expect("sealed"));
        assert!(DataKey::from_bytes(&[0; 31]).is_err() && DataKey::from_bytes(key.expose()).is_ok());
        assert_eq!(format!("{key:?}"), "DataKey(hidden)");
    }
}
