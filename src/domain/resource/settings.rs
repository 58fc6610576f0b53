//! The settings of an HTTP resource: where it is, how one signs in, what may be written, and what is checked.
//!
//! A credential is named, never held: the value lives in the vault and is fetched for each use.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::base;
use crate::domain::http::call::{HOPS_MOST, is_free_header};
use crate::domain::http::{AddressRule, Method, path};
use crate::domain::ids::TenantKey;

/// Rules of one list, at most.
const RULES: usize = 200;
/// Longest name or text of a setting, in bytes.
const TEXT_BYTES: usize = 500;
/// What a token of HashiCorp Vault or OpenBao says of itself: reading it shows that the token is good.
pub const TOKEN_CHECK: &str = "/v1/auth/token/lookup-self";
/// Longest bundle of authorities, in bytes.
const AUTHORITY_BYTES: usize = 256 * 1024;

/// The name of a secret in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct SecretName(pub String);

impl std::fmt::Display for SecretName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Password, token, key or client secret.
    Credential,
    ClientCertificate,
    ClientKey,
}

/// Where an API key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    Header,
    Query,
}

/// A part of the text that a signature is made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignedPart)]
pub enum Part {
    Method,
    Host,
    /// As it is sent, encoded.
    Path,
    /// As it is sent, encoded; empty without one.
    Query,
    /// Seconds since 1970, as in the timestamp header.
    Timestamp,
    /// Lower-case hexadecimal SHA-256 of the body.
    BodySha256,
    KeyId,
}

/// Hash functions of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HmacHash {
    #[default]
    Sha256,
    Sha512,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureForm {
    #[default]
    Hex,
    Base64,
}

fn timestamp_header() -> String {
    "X-Timestamp".to_owned()
}

fn approle() -> String {
    "approle".to_owned()
}

fn signature_header() -> String {
    "X-Signature".to_owned()
}

fn parts() -> Vec<Part> {
    vec![Part::Method, Part::Path, Part::Query, Part::Timestamp, Part::BodySha256]
}

/// How one signs in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = ResourceAuth)]
pub enum Auth {
    #[default]
    None,
    /// RFC 7617
    Basic {
        username: String,
        password: SecretName,
    },
    /// RFC 6750
    Bearer {
        token: SecretName,
    },
    ApiKey {
        place: KeyPlace,
        name: String,
        key: SecretName,
    },
    /// OAuth 2 client credentials (RFC 6749, section 4.4).
    Oauth2 {
        token_url: String,
        client_id: String,
        client_secret: SecretName,
        #[serde(default)]
        scopes: Vec<String>,
        #[serde(default)]
        audience: Option<String>,
    },
    /// The AppRole method of HashiCorp Vault and OpenBao: the token that a login gives goes into `X-Vault-Token`.
    AppRole {
        /// Where the method is mounted.
        #[serde(default = "approle")]
        mount: String,
        role_id: String,
        secret_id: SecretName,
    },
    /// A signature over parts of the request, joined by line feeds.
    Hmac {
        key: SecretName,
        #[serde(default)]
        key_id: Option<String>,
        /// The header that carries the key's id.
        #[serde(default)]
        key_id_header: Option<String>,
        #[serde(default)]
        hash: HmacHash,
        #[serde(default)]
        form: SignatureForm,
        #[serde(default = "parts")]
        parts: Vec<Part>,
        #[serde(default = "timestamp_header")]
        timestamp_header: String,
        #[serde(default = "signature_header")]
        signature_header: String,
        /// Written before the signature, such as `HMAC-SHA256 `.
        #[serde(default)]
        prefix: String,
    },
}

impl Auth {
    /// The style in a word, for ledgers.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic { .. } => "basic",
            Self::Bearer { .. } => "bearer",
            Self::ApiKey { place: KeyPlace::Header, .. } => "API key in a header",
            Self::ApiKey { place: KeyPlace::Query, .. } => "API key in the query",
            Self::Oauth2 { .. } => "OAuth 2 client credentials",
            Self::AppRole { .. } => "AppRole",
            Self::Hmac { .. } => "HMAC signature",
        }
    }

    #[must_use]
    pub fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::None => None,
            Self::Basic { password: secret, .. }
            | Self::Bearer { token: secret }
            | Self::ApiKey { key: secret, .. }
            | Self::Oauth2 { client_secret: secret, .. }
            | Self::AppRole { secret_id: secret, .. }
            | Self::Hmac { key: secret, .. } => Some(secret),
        }
    }
}

/// Whom to believe, and as whom to appear.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ResourceTls)]
pub struct Tls {
    /// Certificates of a private authority, in PEM; the host's authorities when absent.
    pub authority: Option<String>,
    /// The secret with the client's certificate chain, in PEM.
    pub client_certificate: Option<SecretName>,
    /// The secret with the client's private key, in PEM.
    pub client_key: Option<SecretName>,
    /// SHA-256 of the certificates that the server may show, in hexadecimal; any that the authority vouches for when empty.
    pub pins: Vec<String>,
}

/// A request that may write: a method, and the paths below the resource's address that it may go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteRule {
    #[schema(value_type = String)]
    pub method: Method,
    /// `*` is any one segment; `**` at the end is everything below.
    pub path: String,
}

/// A request that reads and tells whether the resource works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResourceHealth)]
pub struct Health {
    /// GET, HEAD or OPTIONS.
    #[serde(default = "get")]
    #[schema(value_type = String)]
    pub method: Method,
    pub path: String,
    /// Statuses that count as good.
    #[serde(default = "good")]
    pub success: Vec<String>,
}

impl Default for Health {
    fn default() -> Self {
        Self { method: get(), path: "/".to_owned(), success: good() }
    }
}

const fn get() -> Method {
    Method::Get
}

fn good() -> Vec<String> {
    vec!["2xx".to_owned()]
}

/// The KV secrets engine, version 2, of HashiCorp Vault or OpenBao, and which of its entries secrets may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretSource {
    /// Where the engine is mounted, such as `secret`.
    pub mount: String,
    /// Entries below the mount: `{tenant}` is the key of the tenant that the secret belongs to, `*` is any one segment, `**` at
    /// the end is everything below.
    pub paths: Vec<String>,
}

impl SecretSource {
    /// Whether a secret of a tenant may name an entry.
    #[must_use]
    pub fn permits(&self, tenant: &TenantKey, entry: &str) -> bool {
        let whole = format!("/{}", entry.split('/').map(path::encode).collect::<Vec<_>>().join("/"));
        self.paths.iter().any(|rule| path::fits(&rule.replace("{tenant}", tenant.as_str()), &whole))
    }

    fn check(&self) -> Result<(), SettingsError> {
        let segment = |text: &str| !text.is_empty() && text != "." && text != ".." && !text.contains(['?', '#', '%', '\\', ';']);
        let plain = |text: &str| text.len() <= TEXT_BYTES && !text.chars().any(char::is_control) && text.split('/').all(segment);
        if !plain(&self.mount) || self.mount.contains(['*', '{']) {
            return Err(bad("/source/mount", "must be the path of a mount, such as secret"));
        }
        if self.paths.is_empty() || self.paths.len() > RULES {
            return Err(bad("/source/paths", format!("has 1 to {RULES} patterns, such as {{tenant}}/**")));
        }
        let pattern = |rule: &str| {
            let fixed = rule.strip_suffix("/**").unwrap_or(rule).replace("{tenant}", "t");
            plain(&fixed) && !fixed.contains(['{', '}']) && (rule == "**" || !fixed.contains("**"))
        };
        match self.paths.iter().position(|rule| !pattern(rule)) {
            Some(at) => Err(bad(format!("/source/paths/{at}"), "must be a pattern such as {tenant}/**, shared/* or team-a/database")),
            None => Ok(()),
        }
    }
}

/// Everything that is configured of a resource that speaks HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HttpResourceSettings)]
pub struct HttpSettings {
    /// `https://erp.example.com/api`
    pub url: String,
    #[serde(default)]
    pub auth: Auth,
    #[serde(default)]
    pub tls: Tls,
    /// What may be written. Nothing else is sent but GET, HEAD and OPTIONS.
    #[serde(default)]
    pub writes: Vec<WriteRule>,
    /// Addresses that are not public and may be reached all the same: `10.1.2.0/24`, `127.0.0.1:8080`.
    #[serde(default)]
    pub private: Vec<String>,
    #[serde(default)]
    pub health: Option<Health>,
    /// Headers that every request carries.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Redirects that a version may follow.
    #[serde(default)]
    pub redirects: u8,
    /// Longest time of one request, in milliseconds.
    #[serde(default = "timeout")]
    pub timeout_ms: u64,
    /// Longest answer, in bytes, after decompression.
    #[serde(default = "answer")]
    pub max_bytes: u64,
    /// Requests in a minute; a request beyond waits.
    #[serde(default)]
    pub rate_per_minute: Option<u32>,
    /// A proxy for this resource, `http://proxy.example.com:3128`; the environment is never asked for one.
    #[serde(default)]
    pub proxy: Option<String>,
    /// For resources of the kind `secret_source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SecretSource>,
}

const fn timeout() -> u64 {
    30_000
}

const fn answer() -> u64 {
    16 << 20
}

/// Where the credentials of a resource go: origins (RFC 6454), a proxy on the way, and what certificates are checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    origin: String,
    token: Option<String>,
    proxy: Option<String>,
    authority: Option<String>,
    pins: Vec<String>,
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {why}", pointer.trim_start_matches('/').replace('/', "."))]
pub struct SettingsError {
    /// JSON Pointer below the settings.
    pub pointer: String,
    pub why: String,
}

impl SettingsError {
    pub(super) fn new(pointer: impl Into<String>, why: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), why: why.into() }
    }
}

fn bad(pointer: impl Into<String>, why: impl Into<String>) -> SettingsError {
    SettingsError::new(pointer, why)
}

impl HttpSettings {
    /// The secrets that it names, each with its role.
    pub fn secrets(&self) -> impl Iterator<Item = (Role, &SecretName)> {
        let own = self.auth.secret().map(|name| (Role::Credential, name));
        let certificate = self.tls.client_certificate.as_ref().map(|name| (Role::ClientCertificate, name));
        let key = self.tls.client_key.as_ref().map(|name| (Role::ClientKey, name));
        own.into_iter().chain(certificate).chain(key)
    }

    /// The address, read.
    ///
    /// # Errors
    /// What is wrong with it, which checking the settings rules out.
    pub fn base(&self) -> Result<Url, SettingsError> {
        base::parse(&self.url).map_err(|why| bad("/url", why))
    }

    /// Hosts that it may reach: its own, and that of the token endpoint.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let token = match &self.auth {
            Auth::Oauth2 { token_url, .. } => base::parse(token_url).ok(),
            _ => None,
        };
        let mut hosts: Vec<String> = self.base().ok().into_iter().chain(token).map(|url| base::host_of(&url)).collect();
        hosts.dedup();
        hosts
    }

    /// Where credentials go and who is believed to be there. Another one is another service, whatever its name.
    #[must_use]
    pub fn destination(&self) -> Destination {
        let origin = |text: &str| base::parse(text).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let token = match &self.auth {
            Auth::Oauth2 { token_url, .. } => Some(origin(token_url)),
            _ => None,
        };
        Destination {
            origin: origin(&self.url),
            token,
            proxy: self.proxy.clone(),
            authority: self.tls.authority.clone(),
            pins: self.tls.pins.clone(),
        }
    }

    /// What is listed of addresses that are not public.
    #[must_use]
    pub fn listed(&self) -> Vec<AddressRule> {
        self.private.iter().filter_map(|text| text.parse().ok()).collect()
    }

    /// Whether a request may be sent: methods that read may, others only to the paths listed for them. The path is the
    /// whole one of the request, as it goes out.
    #[must_use]
    pub fn permits(&self, method: Method, whole: &str) -> bool {
        if method.is_safe() {
            return true;
        }
        let Ok(base) = self.base() else { return false };
        let root = base.path().trim_end_matches('/');
        let Some(below) = whole.strip_prefix(root).filter(|below| below.starts_with('/')) else { return false };
        self.writes.iter().any(|rule| rule.method == method && path::fits(&rule.path, below))
    }

    /// # Errors
    /// The first setting that makes no sense.
    pub fn check(&self) -> Result<(), SettingsError> {
        let base = self.base()?;
        self.check_auth()?;
        self.check_tls(&base)?;
        if self.writes.len() > RULES || self.private.len() > RULES {
            return Err(bad("/writes", format!("has more than {RULES} rules")));
        }
        for (at, rule) in self.writes.iter().enumerate() {
            let pointer = format!("/writes/{at}");
            if rule.method.is_safe() {
                return Err(bad(format!("{pointer}/method"), "is a method that writes nothing, and needs no rule"));
            }
            let plain = rule.path.strip_suffix("/**").unwrap_or(&rule.path);
            let shape =
                plain.is_empty() || (plain.starts_with('/') && !plain.contains(['?', '#', '%', '\\', ';', '{']) && !plain.contains("**"));
            if !shape || plain.split('/').any(|part| part == ".." || part == ".") || rule.path.len() > TEXT_BYTES {
                return Err(bad(format!("{pointer}/path"), "must be a path such as /orders, /orders/* or /orders/**, decoded"));
            }
        }
        for (at, text) in self.private.iter().enumerate() {
            text.parse::<AddressRule>().map_err(|error| bad(format!("/private/{at}"), error.to_string()))?;
        }
        if let Some(health) = &self.health {
            if !health.method.is_safe() {
                return Err(bad("/health/method", "must be GET, HEAD or OPTIONS: a check changes nothing"));
            }
            path::check(&health.path).map_err(|why| bad("/health/path", why))?;
            if health.path.contains('{') {
                return Err(bad("/health/path", "has no inputs to be filled with"));
            }
        }
        for (name, value) in &self.headers {
            if !is_free_header(name) || value.len() > TEXT_BYTES || !value.chars().all(|c| (' '..='~').contains(&c)) {
                return Err(bad(format!("/headers/{name}"), "is not a header that can be set here"));
            }
        }
        if self.redirects > HOPS_MOST {
            return Err(bad("/redirects", format!("must be at most {HOPS_MOST}")));
        }
        if !(100..=600_000).contains(&self.timeout_ms) {
            return Err(bad("/timeout_ms", "must be from 100 to 600000"));
        }
        if !(1..=256 << 20).contains(&self.max_bytes) {
            return Err(bad("/max_bytes", "must be from 1 to 268435456"));
        }
        if self.rate_per_minute == Some(0) {
            return Err(bad("/rate_per_minute", "must be at least 1"));
        }
        if let Some(source) = &self.source {
            source.check()?;
        }
        if let Some(proxy) = &self.proxy {
            base::parse(proxy).map_err(|why| bad("/proxy", why))?;
        }
        Ok(())
    }

    fn check_auth(&self) -> Result<(), SettingsError> {
        for (role, name) in self.secrets() {
            let pointer = match role {
                Role::Credential => "/auth",
                Role::ClientCertificate => "/tls/client_certificate",
                Role::ClientKey => "/tls/client_key",
            };
            if name.0.is_empty() || name.0.len() > 100 || name.0.chars().any(|c| c.is_control() || c.is_whitespace()) {
                return Err(bad(pointer, "must be the name of a secret in the vault"));
            }
        }
        let texts = |values: &[&str]| values.iter().all(|text| text.len() <= TEXT_BYTES && !text.chars().any(char::is_control));
        match &self.auth {
            Auth::None | Auth::Bearer { .. } => Ok(()),
            Auth::Basic { username, .. } if username.contains(':') || !texts(&[username]) => {
                Err(bad("/auth/username", "must not have a colon or a control character"))
            }
            Auth::Basic { .. } => Ok(()),
            Auth::ApiKey { name, .. } => {
                if is_free_header(name) {
                    Ok(())
                } else {
                    Err(bad("/auth/name", "is not a name that can be used here"))
                }
            }
            Auth::Oauth2 { token_url, client_id, scopes, audience, .. } => {
                let url = base::parse(token_url).map_err(|why| bad("/auth/token_url", why))?;
                let own = self.base()?;
                if own.scheme() == "https" && url.scheme() != "https" {
                    return Err(bad("/auth/token_url", "must be https, as the resource is"));
                }
                let audience = audience.as_deref().unwrap_or_default();
                if !texts(&[client_id, audience]) || scopes.len() > 50 || !scopes.iter().all(|scope| texts(&[scope])) {
                    return Err(bad("/auth", "has a text that is too long or has control characters"));
                }
                Ok(())
            }
            Auth::AppRole { mount, role_id, .. } => {
                let segment = |text: &str| {
                    !text.is_empty() && text != "." && text != ".." && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
                };
                if mount.len() > TEXT_BYTES || !mount.split('/').all(segment) {
                    return Err(bad("/auth/mount", "must be the path of a mount, such as approle"));
                }
                if role_id.is_empty() || !texts(&[role_id]) {
                    return Err(bad("/auth/role_id", "must be the id of a role"));
                }
                Ok(())
            }
            Auth::Hmac { parts, timestamp_header, signature_header, key_id_header, prefix, key_id, .. } => {
                let headers = [Some(timestamp_header), Some(signature_header), key_id_header.as_ref()];
                // The signature may go where a credential usually goes.
                let free = |name: &&String| is_free_header(name) || name.eq_ignore_ascii_case("authorization");
                if !headers.into_iter().flatten().all(|name| free(&name)) {
                    return Err(bad("/auth", "names a header that cannot be used here"));
                }
                if parts.is_empty() || !parts.contains(&Part::Timestamp) || !texts(&[prefix, key_id.as_deref().unwrap_or_default()]) {
                    return Err(bad("/auth/parts", "must have the timestamp among them, so that a signature ages"));
                }
                Ok(())
            }
        }
    }

    fn check_tls(&self, base: &Url) -> Result<(), SettingsError> {
        let tls = &self.tls;
        if *tls != Tls::default() && base.scheme() != "https" {
            return Err(bad("/tls", "is of no use: the address begins with http://"));
        }
        if tls.client_certificate.is_some() != tls.client_key.is_some() {
            return Err(bad("/tls", "needs both client_certificate and client_key"));
        }
        if tls
            .authority
            .as_ref()
            .is_some_and(|pem| pem.len() > AUTHORITY_BYTES || !pem.contains("-----BEGIN CERTIFICATE-----") || pem.contains("PRIVATE KEY"))
        {
            return Err(bad("/tls/authority", "must be certificates in PEM, and no key"));
        }
        let is_pin = |pin: &String| hex::decode(pin.replace(':', "")).is_ok_and(|bytes| bytes.len() == 32);
        match tls.pins.iter().position(|pin| !is_pin(pin)) {
            Some(at) => Err(bad(format!("/tls/pins/{at}"), "must be a SHA-256 in hexadecimal")),
            None if tls.pins.len() > 20 => Err(bad("/tls/pins", "has more than 20 entries")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings(with: &Value) -> HttpSettings {
        let mut whole = json!({ "url": "https://erp.example.com/api" });
        whole.as_object_mut().expect("object").extend(with.as_object().expect("object").clone());
        serde_json::from_value(whole).expect("settings")
    }

    #[test]
    fn settings_are_checked_where_they_stand() {
        for (with, pointer) in [
            (json!({ "url": "ftp://x" }), "/url"),
            (json!({ "url": "https://u:p@x" }), "/url"),
            (json!({ "writes": [{ "method": "GET", "path": "/a" }] }), "/writes/0/method"),
            (json!({ "writes": [{ "method": "POST", "path": "a" }] }), "/writes/0/path"),
            (json!({ "writes": [{ "method": "POST", "path": "/a/../b" }] }), "/writes/0/path"),
            (json!({ "writes": [{ "method": "POST", "path": "/**/b" }] }), "/writes/0/path"),
            (json!({ "private": ["localhost"] }), "/private/0"),
            (json!({ "health": { "method": "POST", "path": "/x" } }), "/health/method"),
            (json!({ "headers": { "Host": "x" } }), "/headers/Host"),
            (json!({ "auth": { "kind": "basic", "username": "a:b", "password": "s" } }), "/auth/username"),
            (json!({ "auth": { "kind": "bearer", "token": "" } }), "/auth"),
            (json!({ "auth": { "kind": "api_key", "place": "header", "name": "Host", "key": "s" } }), "/auth/name"),
            (json!({ "auth": { "kind": "oauth2", "token_url": "http://x/t", "client_id": "a", "client_secret": "s" } }), "/auth/token_url"),
            (json!({ "auth": { "kind": "hmac", "key": "s", "parts": ["path"] } }), "/auth/parts"),
            (json!({ "tls": { "client_key": "s" } }), "/tls"),
            (json!({ "url": "http://x", "tls": { "pins": ["00"] } }), "/tls"),
            (json!({ "tls": { "pins": ["00"] } }), "/tls/pins/0"),
            (json!({ "tls": { "authority": "-----BEGIN PRIVATE KEY-----" } }), "/tls/authority"),
            (json!({ "proxy": "socks5://x" }), "/proxy"),
            (json!({ "source": { "mount": "", "paths": ["a"] } }), "/source/mount"),
            (json!({ "source": { "mount": "../sys", "paths": ["a"] } }), "/source/mount"),
            (json!({ "source": { "mount": "secret", "paths": [] } }), "/source/paths"),
            (json!({ "source": { "mount": "secret", "paths": ["a", "/a"] } }), "/source/paths/1"),
            (json!({ "source": { "mount": "secret", "paths": ["{user}/a"] } }), "/source/paths/0"),
            (json!({ "source": { "mount": "secret", "paths": ["**/a"] } }), "/source/paths/0"),
            (json!({ "auth": { "kind": "app_role", "role_id": "", "secret_id": "s" } }), "/auth/role_id"),
            (json!({ "auth": { "kind": "app_role", "mount": "a/../b", "role_id": "r", "secret_id": "s" } }), "/auth/mount"),
            (json!({ "timeout_ms": 1 }), "/timeout_ms"),
        ] {
            assert_eq!(settings(&with).check().map_err(|error| error.pointer), Err(pointer.to_owned()), "{with}");
        }
        assert_eq!(settings(&json!({ "private": ["127.0.0.1:80", "10.0.0.0/8"] })).check(), Ok(()));
    }

    #[test]
    fn another_destination_is_another_service() {
        let of = |with: Value| settings(&with).destination();
        let oauth = |url: &str| json!({ "auth": { "kind": "oauth2", "token_url": url, "client_id": "a", "client_secret": "s" } });
        for same in [
            json!({}),
            json!({ "url": "https://erp.example.com:443/v2" }),
            json!({ "timeout_ms": 100, "writes": [{ "method": "POST", "path": "/a" }] }),
        ] {
            assert_eq!(of(same.clone()), of(json!({})), "{same}");
        }
        for other in [
            json!({ "url": "https://evil.example.com/api" }),
            json!({ "url": "http://erp.example.com/api" }),
            json!({ "url": "https://erp.example.com:8443/api" }),
            json!({ "proxy": "http://proxy.example.com:3128" }),
            json!({ "tls": { "authority": "-----BEGIN CERTIFICATE-----" } }),
            json!({ "tls": { "pins": ["00"] } }),
            oauth("https://erp.example.com/token"),
        ] {
            assert_ne!(of(other.clone()), of(json!({})), "{other}");
        }
        assert_ne!(of(oauth("https://erp.example.com/token")), of(oauth("https://evil.example.com/token")));
    }

    #[test]
    fn a_source_gives_a_tenant_what_is_its_own() {
        let source = SecretSource { mount: "secret".to_owned(), paths: vec!["{tenant}/**".to_owned(), "shared/*".to_owned()] };
        let tenant = TenantKey::try_from("finance".to_owned()).expect("key");
        let cases = [
            ("finance/db", true),
            ("finance/erp/db", true),
            ("finance", true),
            ("finances", false),
            ("sales/db", false),
            ("shared/smtp", true),
            ("shared/a/b", false),
            ("finance/../sales/db", false),
            ("*/db", false),
            ("{tenant}/db", false),
        ];
        for (entry, expected) in cases {
            assert_eq!(source.permits(&tenant, entry), expected, "{entry}");
        }
    }

    #[test]
    fn writes_go_only_where_they_are_listed() {
        let settings =
            settings(&json!({ "writes": [{ "method": "POST", "path": "/orders" }, { "method": "DELETE", "path": "/drafts/*" }] }));
        let check = |method, path: &str, expected: bool| assert_eq!(settings.permits(method, path), expected, "{path}");
        check(Method::Get, "/anything", true);
        check(Method::Post, "/api/orders", true);
        check(Method::Post, "/orders", false);
        check(Method::Post, "/apiorders", false);
        check(Method::Put, "/api/orders", false);
        check(Method::Delete, "/api/drafts/7", true);
        check(Method::Delete, "/api/drafts/..%2Forders", false);
        check(Method::Delete, "/api/drafts", false);
    }
}
