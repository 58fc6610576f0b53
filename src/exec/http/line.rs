//! The connections of one resource: TLS as its settings say, addresses as its guard allows, and the bound on requests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use reqwest::{Client, Proxy, redirect};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::Opened;
use super::fault::Problem;
use super::guard::{Guard, Lookup, Resolver};
use super::sign::Token;
use crate::domain::masking::Masker;
use crate::domain::resource::{Role, Tls};

/// Waiting for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Headers of one answer, at most.
const HEADERS: usize = 100;
/// Bytes of the headers of one answer, at most.
const HEADER_BYTES: u32 = 64 * 1024;
/// Idle connections kept to one host.
const IDLE: usize = 32;

/// The connections of one resource under one set of credentials.
pub(super) struct Line {
    pub resource: String,
    pub base: url::Url,
    pub proxy: Option<url::Url>,
    pub client: Client,
    pub guard: Arc<Guard>,
    /// Takes the credentials out of texts.
    credentials: Vec<(String, SecretString)>,
    mask: ArcSwap<Masker>,
    /// The token of OAuth 2, while it is good.
    pub token: tokio::sync::Mutex<Option<Token>>,
    /// When the next request may go out.
    next: Mutex<Option<Instant>>,
    pace: Option<Duration>,
}

impl Line {
    /// # Errors
    /// When the TLS settings or credentials cannot be used.
    pub fn open(opened: &Opened, lookup: Arc<dyn Lookup>) -> Result<Self, Problem> {
        let settings = &opened.settings;
        let base = settings.base().map_err(|error| Problem::Unreachable(error.to_string()))?;
        let guard = Arc::new(Guard::new(settings, lookup));
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_LIMIT)
            .http1_max_headers(HEADERS)
            .http2_max_header_list_size(HEADER_BYTES)
            .pool_max_idle_per_host(IDLE)
            .dns_resolver(Resolver(Arc::clone(&guard)))
            .tls_backend_preconfigured(tls(&settings.tls, opened)?);
        let unusable = || Problem::Unreachable("the proxy's address cannot be used".to_owned());
        let proxy = settings.proxy.as_deref().map(crate::domain::resource::base::parse).transpose().map_err(|_| unusable())?;
        if let Some(proxy) = &proxy {
            builder = builder.proxy(Proxy::all(proxy.as_str()).map_err(|_| unusable())?);
        }
        let client = builder.build().map_err(|error| Problem::Unreachable(super::send::plainly(&error)))?;
        let hidden = opened.credentials.iter().filter(|one| one.role != Role::ClientCertificate);
        let credentials: Vec<(String, SecretString)> = hidden.map(|one| (one.name.clone(), one.value.clone())).collect();
        let mask = ArcSwap::from_pointee(masker(&credentials)?);
        let pace = settings.rate_per_minute.map(|rate| Duration::from_mins(1) / rate.max(1));
        Ok(Self {
            resource: opened.name.clone(),
            base,
            proxy,
            client,
            guard,
            credentials,
            mask,
            token: tokio::sync::Mutex::default(),
            next: Mutex::default(),
            pace,
        })
    }

    /// What takes the credentials, and the token in use, out of texts.
    pub fn mask(&self) -> Arc<Masker> {
        self.mask.load_full()
    }

    /// Takes a token out of texts too, in place of the one before.
    ///
    /// # Errors
    /// When it cannot be looked for: what cannot be masked is not used.
    pub fn hide(&self, token: &SecretString) -> Result<(), Problem> {
        let mut hidden = self.credentials.clone();
        hidden.push(("token".to_owned(), token.clone()));
        self.mask.store(Arc::new(masker(&hidden)?));
        Ok(())
    }

    /// Waits until another request may go out.
    pub async fn turn(&self) {
        let Some(pace) = self.pace else { return };
        let wait = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let mine = next.filter(|at| *at > now).unwrap_or(now);
            *next = Some(mine + pace);
            mine - now
        };
        tokio::time::sleep(wait).await;
    }
}

fn masker(hidden: &[(String, SecretString)]) -> Result<Masker, Problem> {
    let made = Masker::new(hidden.iter().map(|(name, value)| (name.as_str(), value.expose_secret().as_bytes())));
    made.map_err(|error| Problem::SignIn(error.to_string()))
}

fn tls(tls: &Tls, opened: &Opened) -> Result<ClientConfig, Problem> {
    let wrong = |what: &str, error: &dyn std::fmt::Display| Problem::Unreachable(format!("{what} of the resource cannot be used: {error}"));
    let provider = Arc::new(ring::default_provider());
    let trusted: Arc<dyn ServerCertVerifier> = match &tls.authority {
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|error| wrong("the authority", &error))?;
                roots.add(certificate).map_err(|error| wrong("the authority", &error))?;
            }
            let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
            built.map_err(|error| wrong("the authority", &error))?
        }
        None => Arc::new(
            rustls_platform_verifier::Verifier::new(Arc::clone(&provider))
                .map_err(|error| wrong("the host's authorities, on behalf", &error))?,
        ),
    };
    let pins: Vec<[u8; 32]> = tls.pins.iter().filter_map(|pin| hex::decode(pin.replace(':', "")).ok()?.try_into().ok()).collect();
    let verifier = Arc::new(Pinned { trusted, pins, provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("TLS", &error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match (opened.credential(Role::ClientCertificate), opened.credential(Role::ClientKey)) {
        (Some(chain), Some(key)) => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.expose_secret().as_bytes()).collect();
            let chain = chain.map_err(|_| wrong("the client certificate", &"it is not PEM"))?;
            // What is wrong with a key is not said in the words of its content.
            let key =
                PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| wrong("the client key", &"it is not PEM"))?;
            config.with_client_auth_cert(chain, key).map_err(|_| wrong("the client key", &"it does not fit the certificate"))?
        }
        _ => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// An authority's verdict, and on top of it the list of certificates that may be shown.
#[derive(Debug)]
struct Pinned {
    trusted: Arc<dyn ServerCertVerifier>,
    pins: Vec<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.trusted.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        let shown: [u8; 32] = Sha256::digest(end_entity.as_ref()).into();
        if self.pins.is_empty() || self.pins.contains(&shown) {
            return Ok(verified);
        }
        Err(Error::General(format!("its certificate {} is not among those that the resource may show", hex::encode(shown))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
