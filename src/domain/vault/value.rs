//! A sealed value: bound to its tenant, secret and version, so that it opens in its own row only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::crypto::datakey::{DataKey, SealError};
use crate::domain::ids::{SecretId, TenantKey};

/// One version of a secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedValue {
    pub tenant: TenantKey,
    pub secret: SecretId,
    pub version: u32,
    /// The data key that sealed it.
    pub key: u32,
    /// Base64 of nonce and ciphertext.
    pub sealed: String,
}

impl SealedValue {
    pub(super) fn seal(
        key: &DataKey,
        id: u32,
        (tenant, secret, version): (&TenantKey, SecretId, u32),
        value: &[u8],
    ) -> Result<Self, SealError> {
        let sealed = key.seal(&place(tenant, secret, version), value)?;
        Ok(Self { tenant: tenant.clone(), secret, version, key: id, sealed: STANDARD.encode(sealed) })
    }

    pub(super) fn open(&self, key: &DataKey) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let sealed = STANDARD.decode(&self.sealed).map_err(|_| SealError)?;
        key.open(&place(&self.tenant, self.secret, self.version), &sealed)
    }
}

/// What the value is bound to. The row says it; a row with another's bytes does not open.
fn place(tenant: &TenantKey, secret: SecretId, version: u32) -> Vec<u8> {
    [b"execgov/secret/v1\0", tenant.as_str().as_bytes(), &[0], secret.bytes().as_slice(), &version.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::vault::Keyring;

    #[test]
    fn a_value_of_another_row_never_opens() {
        let ring = Keyring::new(1, BTreeMap::from([(1, DataKey::random())]));
        let (tenant, one, two) = (TenantKey::default_tenant(), SecretId::from_bytes([1; 16]), SecretId::from_bytes([2; 16]));
        let first = ring.seal(&tenant, one, 1, b"older").expect("sealed");
        let second = ring.seal(&tenant, one, 2, b"newer").expect("sealed");
        let other = ring.seal(&tenant, two, 1, b"other").expect("sealed");
        assert_eq!(ring.open(&second).expect("opens").as_slice(), b"newer");
        for sealed in [&first.sealed, &other.sealed, &second.sealed[..second.sealed.len() - 4].to_owned(), &String::new()] {
            assert!(ring.open(&SealedValue { sealed: sealed.clone(), ..second.clone() }).is_err(), "{sealed}");
        }
        assert!(ring.open(&SealedValue { tenant: TenantKey::platform(), ..second.clone() }).is_err());
        let fresh = ring.with(2, DataKey::random());
        assert!(fresh.open(&SealedValue { key: 2, ..second.clone() }).is_err() && fresh.open(&second).is_ok());
        assert!(fresh.without(1).open(&second).is_err());
    }
}
