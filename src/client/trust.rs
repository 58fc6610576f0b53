//! Which certificate an appliance may show: one of the host's authorities, a private authority from a file, or exactly one certificate.
//!
//! A pinned certificate is compared by the SHA-256 of its DER form; names and dates in it are then not looked at,
//! because the pin says more than they do. Signatures of the handshake are always checked.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use super::ClientError;

/// SHA-256 of a certificate in DER form; its text is `AB:CD:...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate.as_ref()).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        f.write_str(&pairs.join(":"))
    }
}

/// Text that is not a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits, colons allowed")]
pub struct FingerprintError;

impl std::str::FromStr for Fingerprint {
    type Err = FingerprintError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let text = text.get(..7).filter(|start| start.eq_ignore_ascii_case("sha256:")).map_or(text, |_| &text[7..]);
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let bytes = hex::decode(digits).map_err(|_| FingerprintError)?;
        bytes.try_into().map(Self).map_err(|_| FingerprintError)
    }
}

/// Whom to believe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// The authorities that this host trusts.
    #[default]
    Host,
    /// The authorities in a PEM file, and no others.
    Authority(PathBuf),
    /// Exactly this certificate.
    Pinned(Fingerprint),
}

/// Remembers the certificate that was shown, and refuses it.
#[derive(Debug, Clone, Default)]
pub(super) struct Witness(Arc<Mutex<Option<Fingerprint>>>);

impl Witness {
    pub(super) fn seen(&self) -> Option<Fingerprint> {
        self.0.lock().ok().and_then(|seen| *seen)
    }
}

#[derive(Debug)]
enum Rule {
    Equal(Fingerprint),
    Watch(Witness),
}

#[derive(Debug)]
struct Exact {
    rule: Rule,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Exact {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint::of(end_entity);
        match &self.rule {
            Rule::Equal(expected) if *expected == shown => Ok(ServerCertVerified::assertion()),
            Rule::Equal(expected) => Err(Error::General(format!("its fingerprint is {shown}, and {expected} was trusted before"))),
            Rule::Watch(witness) => {
                if let Ok(mut seen) = witness.0.lock() {
                    *seen = Some(shown);
                }
                Err(Error::General("the fingerprint was only looked at".to_owned()))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The TLS settings for a target; none when the host's authorities decide, which the HTTP library knows how to ask.
pub(super) fn tls_config(trust: &Trust) -> Result<Option<ClientConfig>, ClientError> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Host => {
            // Whoever installs a provider first is right: ours is the only one in the program.
            let _installed_before = ring::default_provider().install_default();
            return Ok(None);
        }
        Trust::Pinned(fingerprint) => Arc::new(Exact { rule: Rule::Equal(*fingerprint), provider: provider.clone() }),
        Trust::Authority(path) => {
            let fail = |source| ClientError::File { what: "read certificate authorities from", path: path.clone(), source };
            let invalid = |error: String| fail(std::io::Error::new(std::io::ErrorKind::InvalidData, error));
            let text = std::fs::read(path).map_err(fail)?;
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(&text) {
                let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
                roots.add(certificate).map_err(|error| invalid(error.to_string()))?;
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|error| invalid(error.to_string()))?
        }
    };
    config(verifier, provider).map(Some)
}

/// TLS settings that look at the certificate and go no further.
pub(super) fn watching(witness: &Witness) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(ring::default_provider());
    config(Arc::new(Exact { rule: Rule::Watch(witness.clone()), provider: provider.clone() }), provider)
}

fn config(verifier: Arc<dyn ServerCertVerifier>, provider: Arc<CryptoProvider>) -> Result<ClientConfig, ClientError> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Untrusted { url: String::new(), reason: error.to_string() })?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_read_what_they_write() {
        let fingerprint = Fingerprint([0xAB; 32]);
        let text = fingerprint.to_string();
        assert_eq!(text.len(), 95);
        for form in [text.clone(), text.to_lowercase(), text.replace(':', ""), format!("sha256:{text}"), format!(" {text}\n")] {
            assert_eq!(form.parse(), Ok(fingerprint), "{form}");
        }
        for bad in ["", "AB", "sha256:", &"Z".repeat(64), &"A".repeat(66), "äääää"] {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }
}
