//! Signed envelopes: DSSE version 1 (<https://github.com/secure-systems-lab/dsse>), signatures over the exact payload bytes.
//!
//! The payload is given out only after enough distinct keys have signed it, so nothing is parsed before it is verified.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::key::fingerprint;

/// Signatures in one envelope that are looked at, at most.
const SIGNATURES_MAX: usize = 100;

/// The JSON form of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// Base64 of the payload.
    pub payload: String,
    pub signatures: Vec<EnvelopeSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeSignature {
    /// A hint at the key, nothing more: the lower-case hexadecimal SHA-256 of the public key.
    #[serde(default)]
    pub keyid: String,
    /// Base64 of the signature.
    pub sig: String,
}

/// An envelope that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("the envelope's payload type is `{found}`, expected `{expected}`")]
    Type { found: String, expected: String },
    #[error("the envelope is malformed: {0}")]
    Form(&'static str),
    #[error("{valid} of the known keys signed this, {needed} are needed")]
    Signatures { valid: usize, needed: usize },
}

/// Pre-authentication encoding: what is really signed.
#[must_use]
pub fn encode(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// An envelope around a payload, signed by each of the keys.
#[must_use]
pub fn sign(payload_type: &str, payload: &[u8], keys: &[&SigningKey]) -> Envelope {
    let message = encode(payload_type, payload);
    let sign = |key: &&SigningKey| EnvelopeSignature {
        keyid: fingerprint(&key.verifying_key()),
        sig: STANDARD.encode(key.sign(&message).to_bytes()),
    };
    Envelope { payload_type: payload_type.to_owned(), payload: STANDARD.encode(payload), signatures: keys.iter().map(sign).collect() }
}

/// The payload, once at least `needed` different keys of `keys` have signed it. A key that signed twice, or that is
/// given twice, counts once.
///
/// # Errors
/// When the type is another, the envelope is malformed or too few signatures are valid.
pub fn open(envelope: &Envelope, payload_type: &str, keys: &[VerifyingKey], needed: usize) -> Result<Vec<u8>, EnvelopeError> {
    if envelope.payload_type != payload_type {
        let found = envelope.payload_type.chars().take(100).collect();
        return Err(EnvelopeError::Type { found, expected: payload_type.to_owned() });
    }
    if envelope.signatures.len() > SIGNATURES_MAX {
        return Err(EnvelopeError::Form("too many signatures"));
    }
    let payload = decode(&envelope.payload).ok_or(EnvelopeError::Form("the payload is not base64"))?;
    let message = encode(payload_type, &payload);
    let signatures: Vec<Signature> = envelope
        .signatures
        .iter()
        .filter_map(|signature| decode(&signature.sig).and_then(|bytes| Signature::from_slice(&bytes).ok()))
        .collect();
    let mut valid: Vec<&VerifyingKey> = Vec::new();
    for key in keys {
        if !valid.contains(&key) && signatures.iter().any(|signature| key.verify_strict(&message, signature).is_ok()) {
            valid.push(key);
        }
    }
    if valid.len() < needed.max(1) {
        return Err(EnvelopeError::Signatures { valid: valid.len(), needed: needed.max(1) });
    }
    Ok(payload)
}

/// Both alphabets are allowed by the specification.
fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::key::generate;

    /// The example of the DSSE protocol document, section "Test Vectors".
    #[test]
    fn the_encoding_of_the_specification() {
        assert_eq!(encode("http://example.com/HelloWorld", b"hello world"), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn exact_bytes_and_distinct_keys_count() {
        let (a, b, stranger) = (generate(), generate(), generate());
        let known = [a.verifying_key(), b.verifying_key()];
        let once = sign("t", b"{ }", &[&a]);
        assert_eq!(open(&once, "t", &known, 1), Ok(b"{ }".to_vec()));
        let twice = sign("t", b"{ }", &[&a, &a]);
        assert_eq!(open(&twice, "t", &known, 2), Err(EnvelopeError::Signatures { valid: 1, needed: 2 }));
        let doubled = [a.verifying_key(), a.verifying_key()];
        assert_eq!(open(&twice, "t", &doubled, 2), Err(EnvelopeError::Signatures { valid: 1, needed: 2 }));
        assert!(open(&sign("t", b"{ }", &[&a, &b]), "t", &known, 2).is_ok());
        assert!(open(&sign("t", b"{ }", &[&stranger]), "t", &known, 1).is_err());
        assert!(open(&once, "t", &known, 0).is_ok() && open(&sign("t", b"", &[]), "t", &known, 0).is_err(), "none is never enough");
        assert!(matches!(open(&once, "u", &known, 1), Err(EnvelopeError::Type { .. })));
        let other_bytes = Envelope { payload: STANDARD.encode(b"{}"), ..once.clone() };
        assert!(open(&other_bytes, "t", &known, 1).is_err());
        let renamed = Envelope { signatures: vec![EnvelopeSignature { keyid: "x".to_owned(), ..once.signatures[0].clone() }], ..once };
        assert!(open(&renamed, "t", &known, 1).is_ok(), "the key id is a hint");
    }
}
