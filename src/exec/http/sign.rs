//! How a credential goes onto a request. It goes only to the resource's own origin.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Request, StatusCode};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::Opened;
use super::fault::Problem;
use super::line::Line;
use super::send::plainly;
use crate::base::clock::Clock;
use crate::crypto::digest::sha256_hex;
use crate::domain::http::draft::with_param;
use crate::domain::http::path;
use crate::domain::resource::settings::{HmacHash, SignatureForm};
use crate::domain::resource::{Auth, KeyPlace, Part, Role, base};

/// Largest answer of a token endpoint, in bytes.
const TOKEN_BYTES: u64 = 64 * 1024;
/// A token is renewed so long before it ends.
const TOKEN_MARGIN: Duration = Duration::from_secs(30);
/// How long a token is used whose answer does not say.
const TOKEN_LIFE: Duration = Duration::from_mins(5);
/// The longest that a token is used.
const TOKEN_LIFE_MOST: Duration = Duration::from_hours(24);

/// Where HashiCorp Vault and OpenBao look for a token.
const VAULT_TOKEN: HeaderName = HeaderName::from_static("x-vault-token");

/// A token that was given for a credential.
pub(super) struct Token {
    value: SecretString,
    good_until: Instant,
}

/// Puts the credential onto a request.
///
/// # Errors
/// When the credential is not there, cannot be put into a header, or no token is given.
pub(super) async fn sign(clock: &dyn Clock, line: &Line, opened: &Opened, request: &mut Request) -> Result<(), Problem> {
    let secret = || opened.credential(Role::Credential).ok_or_else(|| Problem::SignIn("the credential is not there".to_owned()));
    match &opened.settings.auth {
        Auth::None => Ok(()),
        Auth::Basic { username, .. } => {
            let pair = STANDARD.encode(format!("{username}:{}", secret()?.expose_secret()));
            put(request, &AUTHORIZATION, &format!("Basic {pair}"))
        }
        Auth::Bearer { .. } => {
            let value = format!("Bearer {}", secret()?.expose_secret().trim_end());
            put(request, &AUTHORIZATION, &value)
        }
        Auth::ApiKey { place: KeyPlace::Header, name, .. } => {
            let name = header(name)?;
            put(request, &name, secret()?.expose_secret().trim_end())
        }
        Auth::ApiKey { place: KeyPlace::Query, name, .. } => {
            *request.url_mut() = with_param(request.url(), name, secret()?.expose_secret().trim_end());
            Ok(())
        }
        Auth::Oauth2 { .. } => {
            let token = token(line, opened).await?;
            put(request, &AUTHORIZATION, &format!("Bearer {}", token.expose_secret()))
        }
        Auth::AppRole { .. } => {
            let token = token(line, opened).await?;
            put(request, &VAULT_TOKEN, token.expose_secret())
        }
        Auth::Hmac { .. } => signature(clock, opened, secret()?, request),
    }
}

fn header(name: &str) -> Result<HeaderName, Problem> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| Problem::SignIn("the credential's header has no usable name".to_owned()))
}

fn put(request: &mut Request, name: &HeaderName, value: &str) -> Result<(), Problem> {
    let mut value =
        HeaderValue::from_str(value).map_err(|_| Problem::SignIn("the credential has characters that no header can have".to_owned()))?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}

/// The text that is signed: the parts, joined by line feeds.
#[must_use]
fn signed_text(parts: &[Part], request: &Request, timestamp: &str, key_id: &str) -> String {
    let url = request.url();
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let part = |part: &Part| match part {
        Part::Method => request.method().as_str().to_owned(),
        Part::Host => base::host_of(url),
        Part::Path => url.path().to_owned(),
        Part::Query => url.query().unwrap_or_default().to_owned(),
        Part::Timestamp => timestamp.to_owned(),
        Part::BodySha256 => sha256_hex(body),
        Part::KeyId => key_id.to_owned(),
    };
    parts.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn signature(clock: &dyn Clock, opened: &Opened, key: &SecretString, request: &mut Request) -> Result<(), Problem> {
    let Auth::Hmac { key_id, key_id_header, hash, form, parts, timestamp_header, signature_header, prefix, .. } = &opened.settings.auth
    else {
        return Ok(());
    };
    if request.body().is_some_and(|body| body.as_bytes().is_none()) {
        return Err(Problem::SignIn("a body that is streamed cannot be signed: send the file another way".to_owned()));
    }
    let timestamp = clock.now().as_second().to_string();
    let key_id = key_id.as_deref().unwrap_or_default();
    let text = signed_text(parts, request, &timestamp, key_id);
    let algorithm = match hash {
        HmacHash::Sha256 => hmac::HMAC_SHA256,
        HmacHash::Sha512 => hmac::HMAC_SHA512,
    };
    let tag = hmac::sign(&hmac::Key::new(algorithm, key.expose_secret().trim_end().as_bytes()), text.as_bytes());
    let written = match form {
        SignatureForm::Hex => hex::encode(tag),
        SignatureForm::Base64 => STANDARD.encode(tag),
    };
    put(request, &header(timestamp_header)?, &timestamp)?;
    if let Some(name) = key_id_header {
        put(request, &header(name)?, key_id)?;
    }
    put(request, &header(signature_header)?, &format!("{prefix}{written}"))
}

/// The token, from before or anew. One at a time: attempts that need it wait for the one who fetches it.
async fn token(line: &Line, opened: &Opened) -> Result<SecretString, Problem> {
    let mut kept = line.token.lock().await;
    if let Some(token) = kept.as_ref().filter(|token| token.good_until > Instant::now()) {
        return Ok(token.value.clone());
    }
    let token = fetch(line, opened).await?;
    let value = token.value.clone();
    line.hide(&value)?;
    *kept = Some(token);
    Ok(value)
}

/// Whether an answer says that the token is not good any more. `X-Vault-Token` that has ended is answered with 403.
pub(super) fn is_refused(auth: &Auth, status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED || (status == StatusCode::FORBIDDEN && matches!(auth, Auth::AppRole { .. }))
}

/// Forgets a token that the resource does not accept any more. Whether there was one.
pub(super) async fn forget_token(line: &Line) -> bool {
    line.token.lock().await.take().is_some()
}

/// What a token is asked for with, and where its parts are in the answer.
struct Asking {
    url: Url,
    content_type: &'static str,
    authorization: Option<String>,
    body: String,
    token: &'static str,
    /// Seconds that it lives.
    life: &'static str,
    /// What the answer calls an error.
    error: &'static str,
}

impl Asking {
    /// RFC 6749, section 4.4.
    fn of_oauth2(
        token_url: &str,
        client_id: &str,
        secret: &SecretString,
        scopes: &[String],
        audience: Option<&str>,
    ) -> Result<Self, Problem> {
        let url = base::parse(token_url).map_err(|why| Problem::SignIn(format!("the token endpoint {why}")))?;
        let mut body = "grant_type=client_credentials".to_owned();
        for (name, value) in [("scope", scopes.join(" ").as_str()), ("audience", audience.unwrap_or_default())] {
            if !value.is_empty() {
                body.extend(["&", name, "=", &path::encode(value)]);
            }
        }
        // RFC 6749, section 2.3.1: both parts are form-encoded before they are joined.
        let pair = STANDARD.encode(format!("{}:{}", path::encode(client_id), path::encode(secret.expose_secret().trim_end())));
        Ok(Self {
            url,
            content_type: "application/x-www-form-urlencoded",
            authorization: Some(format!("Basic {pair}")),
            body,
            token: "/access_token",
            life: "/expires_in",
            // RFC 6749, section 5.2 names the error; nothing else of the answer is repeated.
            error: "/error",
        })
    }

    /// `POST /v1/auth/approle/login` (OpenBao API documentation, "AppRole auth method").
    fn of_app_role(line: &Line, mount: &str, role_id: &str, secret: &SecretString) -> Self {
        let place = format!("{}/v1/auth/{mount}/login", line.base.path().trim_end_matches('/'));
        let mut url = line.base.clone();
        url.set_path(&place);
        Self {
            url,
            content_type: "application/json",
            authorization: None,
            body: json!({ "role_id": role_id, "secret_id": secret.expose_secret().trim_end() }).to_string(),
            token: "/auth/client_token",
            life: "/auth/lease_duration",
            error: "/errors/0",
        }
    }
}

async fn fetch(line: &Line, opened: &Opened) -> Result<Token, Problem> {
    let secret = opened.credential(Role::Credential).ok_or_else(|| Problem::SignIn("the client secret is not there".to_owned()))?;
    let asking = match &opened.settings.auth {
        Auth::Oauth2 { token_url, client_id, scopes, audience, .. } => {
            Asking::of_oauth2(token_url, client_id, secret, scopes, audience.as_deref())?
        }
        Auth::AppRole { mount, role_id, .. } => Asking::of_app_role(line, mount, role_id, secret),
        _ => return Err(Problem::SignIn("the resource has no token endpoint".to_owned())),
    };
    line.guard.admit(&asking.url)?;
    let Asking { url, content_type, authorization, body, token, life, error } = asking;
    let (limit, asked) = (Duration::from_millis(opened.settings.timeout_ms), Instant::now());
    let answered = async {
        let mut request = line.client.post(url).header("accept", "application/json").header("content-type", content_type);
        // An enterprise namespace, say, is for the login too.
        if matches!(opened.settings.auth, Auth::AppRole { .. }) {
            for (name, value) in &opened.settings.headers {
                request = request.header(name, value);
            }
        }
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        let answer = request.body(body).send().await.map_err(|error| {
            super::send::problem(&error).unwrap_or_else(|| Problem::SignIn(format!("the token endpoint: {}", plainly(&error))))
        })?;
        let status = answer.status().as_u16();
        let bytes = super::body::read(answer, TOKEN_BYTES).await?;
        Ok::<_, Problem>((status, bytes))
    };
    let (status, bytes) =
        tokio::time::timeout(limit, answered).await.map_err(|_| Problem::Slow { limit_ms: opened.settings.timeout_ms })??;
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    let Some(value) = text(token).filter(|value| status == 200 && !value.is_empty()) else {
        let code: String = text(error).unwrap_or("no token in it").chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(60).collect();
        return Err(Problem::SignIn(format!("the token endpoint answered with status {status}: {}", line.mask().text(&code))));
    };
    let named = answer.pointer(life).and_then(Value::as_u64).filter(|life| *life > 0);
    let life = named.map_or(TOKEN_LIFE, Duration::from_secs).min(TOKEN_LIFE_MOST);
    Ok(Token { value: SecretString::from(value), good_until: asked + life.saturating_sub(TOKEN_MARGIN) })
}
