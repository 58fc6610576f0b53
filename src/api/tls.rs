//! The certificate that connections show: one's own or a self-signed one, replaced without a restart.
//!
//! A new pair is read and checked whole before it takes the place of the old; a bad one leaves the old in force.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

use crate::base::fault::{Class, Code, Fault};
use crate::base::file;

/// The certificate or its key cannot be used.
pub const BAD_PAIR: Code = Code::new("EG-SYS-002", Class::User, "Certificate cannot be used");

/// A certificate file and its key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What the two files looked like when they were read: device, inode, size and change time of each.
type Look = [Option<(u64, u64, u64, i64, i64)>; 2];

/// The certificate in force.
#[derive(Debug)]
pub struct Certificate {
    pair: Pair,
    current: ArcSwap<(CertifiedKey, Look)>,
}

/// Whether a look at the files found something new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reload {
    Unchanged,
    /// In force from here on, with this fingerprint.
    Replaced(String),
}

impl Certificate {
    /// Reads a pair.
    ///
    /// # Errors
    /// When a file cannot be read, is not PEM, or the key does not belong to the certificate.
    pub fn open(pair: Pair) -> Result<Arc<Self>, Fault> {
        let look = look(&pair);
        let key = read(&pair)?;
        Ok(Arc::new(Self { pair, current: ArcSwap::from_pointee((key, look)) }))
    }

    /// Reads the files again if they look different.
    ///
    /// # Errors
    /// When the new pair cannot be used; the old stays in force.
    pub fn reload(&self) -> Result<Reload, Fault> {
        let now = look(&self.pair);
        if now == self.current.load().1 {
            return Ok(Reload::Unchanged);
        }
        let key = read(&self.pair)?;
        self.current.store(Arc::new((key, now)));
        Ok(Reload::Replaced(self.fingerprint()))
    }

    /// SHA-256 of the certificate, as browsers show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let current = self.current.load();
        let digest = Sha256::digest(current.0.cert.first().map_or(&[][..], |first| first.as_ref()));
        let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }

    /// The server's side of TLS with this certificate: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    /// Never with the compiled-in provider.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, Fault> {
        let resolver: Arc<Self> = Arc::clone(self);
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| BAD_PAIR.fault(format!("TLS cannot be set up: {error}")))?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.max_early_data_size = 0;
        Ok(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::new(self.current.load().0.clone()))
    }
}

/// The pair in a directory, made there first if there is none: self-signed, ECDSA P-256, ten years.
///
/// # Errors
/// When the directory cannot be written or a name is not one.
pub fn self_signed(dir: &Path, names: &[String]) -> Result<Pair, Fault> {
    let pair = Pair { certificate: dir.join("certificate.pem"), key: dir.join("key.pem") };
    if pair.certificate.exists() && pair.key.exists() {
        return Ok(pair);
    }
    let bad = |what: String| BAD_PAIR.fault(what).hint("check tls.names, or name a certificate of your own");
    let (certificate, key) = make(names).map_err(|error| bad(format!("a self-signed certificate cannot be made: {error}")))?;
    let written = file::private_dir(dir)
        .and_then(|()| file::write_atomic(&pair.key, key.as_bytes(), file::PRIVATE_FILE))
        .and_then(|()| file::write_atomic(&pair.certificate, certificate.as_bytes(), file::PRIVATE_FILE));
    written.map_err(|error| bad(format!("{} cannot be written: {error}", dir.display())))?;
    Ok(pair)
}

fn make(names: &[String]) -> Result<(String, String), rcgen::Error> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut all = vec![host.clone(), "localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    all.extend(names.iter().cloned());
    let mut params = CertificateParams::default();
    for name in &all {
        let entry = match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(name.as_str().try_into()?),
        };
        if !params.subject_alt_names.contains(&entry) {
            params.subject_alt_names.push(entry);
        }
    }
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, host);
    params.distinguished_name.push(DnType::OrganizationName, "ExecGov appliance");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn look(pair: &Pair) -> Look {
    [&pair.certificate, &pair.key]
        .map(|path| fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec())))
}

fn read(pair: &Pair) -> Result<CertifiedKey, Fault> {
    let bad = |path: &Path, why: String| {
        BAD_PAIR.fault(format!("{}: {why}", path.display())).hint("tls.certificate takes a PEM chain, tls.key its unencrypted PEM key")
    };
    let chain = CertificateDer::pem_file_iter(&pair.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(&pair.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(bad(&pair.certificate, "has no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&pair.key).map_err(|error| bad(&pair.key, error.to_string()))?;
    let key = ring::sign::any_supported_type(&key).map_err(|error| bad(&pair.key, error.to_string()))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|error| bad(&pair.key, format!("does not belong to the certificate: {error}")))?;
    Ok(certified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_made_once_and_a_bad_successor_leaves_it_in_force() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let place = dir.path().join("tls");
        let pair = self_signed(&place, &["exec.example".to_owned(), "192.0.2.1".to_owned()]).expect("made");
        assert_eq!(self_signed(&place, &[]).expect("kept"), pair);
        let certificate = Certificate::open(pair.clone()).expect("readable");
        let before = certificate.fingerprint();
        assert_eq!(certificate.reload().expect("same"), Reload::Unchanged);

        let other = self_signed(&dir.path().join("other"), &[]).expect("made");
        fs::copy(&other.certificate, &pair.certificate).expect("copied");
        let refused = certificate.reload().expect_err("key of another certificate");
        assert!(refused.detail().contains("does not belong"), "{refused}");
        fs::write(&pair.key, "no key").expect("written");
        assert!(certificate.reload().is_err());
        assert_eq!(certificate.fingerprint(), before);

        fs::copy(&other.key, &pair.key).expect("copied");
        let Reload::Replaced(after) = certificate.reload().expect("a pair again") else { panic!("not replaced") };
        assert_ne!(after, before);
        assert_eq!(after, certificate.fingerprint());
    }
}
