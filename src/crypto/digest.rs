//! SHA-256 (FIPS 180-4) as bytes and as lower-case hexadecimal.

use sha2::{Digest, Sha256};

#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}
