//! One request and its answer: address, token, limits of time and size, and errors as [`ClientError`].

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::trust::{self, Witness};
use super::{ClientError, Fingerprint, Trust};

/// Waiting for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Waiting for a whole answer, unless the call says otherwise.
const ANSWER_LIMIT: Duration = Duration::from_mins(1);
/// By which the appliance knows that a run was asked for here.
const NAMES_ITSELF: (&str, &str) = ("x-execgov-client", concat!("cli/", env!("CARGO_PKG_VERSION")));
/// Largest JSON answer that is read, in bytes.
const ANSWER_BYTES: usize = 64 << 20;

/// Where an appliance is and how to be known there.
#[derive(Debug, Clone)]
pub struct Target {
    /// Scheme, host and port, such as `https://ops.example:7443`.
    pub url: String,
    pub token: Option<SecretString>,
    pub trust: Trust,
    /// A proxy to go through; none is taken from the environment.
    pub proxy: Option<String>,
    /// Asked for in answers that are text: `en` or `zh`.
    pub language: &'static str,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    base: Url,
    shown: String,
    authorization: Option<HeaderValue>,
    language: &'static str,
}

/// A cheap handle; clones share connections.
#[derive(Debug, Clone)]
pub struct Client(Arc<Inner>);

impl Client {
    /// Prepares calls; nothing is sent yet.
    ///
    /// # Errors
    /// When the address or the trust settings cannot be used.
    pub fn new(target: &Target) -> Result<Self, ClientError> {
        let base = address(&target.url)?;
        let shown = shown(&base);
        let mut builder = plain_builder(target)?;
        if let Some(tls) = trust::tls_config(&target.trust)? {
            builder = builder.tls_backend_preconfigured(tls);
        }
        let http = builder.build().map_err(|error| ClientError::of_transport(&shown, &error, CONNECT_LIMIT))?;
        let authorization = target.token.as_ref().map(|token| bearer(&shown, token)).transpose()?;
        Ok(Self(Arc::new(Inner { http, base, shown, authorization, language: target.language })))
    }

    /// Connects, looks at the certificate and goes away again; nothing is sent to whoever it is.
    ///
    /// # Errors
    /// When no certificate was shown: no connection, or not TLS.
    pub async fn look(target: &Target) -> Result<Fingerprint, ClientError> {
        let base = address(&target.url)?;
        let shown = shown(&base);
        let witness = Witness::default();
        let builder = plain_builder(target)?.tls_backend_preconfigured(trust::watching(&witness)?);
        let http = builder.build().map_err(|error| ClientError::of_transport(&shown, &error, CONNECT_LIMIT))?;
        let answer = http.get(base).send().await;
        if let Some(seen) = witness.seen() {
            return Ok(seen);
        }
        match answer {
            Err(error) => Err(ClientError::of_transport(&shown, &error, CONNECT_LIMIT)),
            Ok(_) => Err(ClientError::Garbled { url: shown, reason: "no certificate was shown".to_owned() }),
        }
    }

    /// Scheme, host and port of the appliance.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.shown
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &(impl Serialize + Sync)) -> Result<T, ClientError> {
        let request = self.request(Method::GET, path, query);
        self.json(request).await
    }

    pub async fn send<T: DeserializeOwned>(&self, method: Method, path: &[&str], body: &(impl Serialize + Sync)) -> Result<T, ClientError> {
        let request = self.request(method, path, &()).json(body);
        self.json(request).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &(impl Serialize + Sync)) -> Result<T, ClientError> {
        self.send(Method::POST, path, body).await
    }

    pub async fn put<T: DeserializeOwned>(&self, path: &[&str], body: &(impl Serialize + Sync)) -> Result<T, ClientError> {
        self.send(Method::PUT, path, body).await
    }

    /// A call with a query and a body.
    pub async fn send_with<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &(impl Serialize + Sync),
        body: &(impl Serialize + Sync),
    ) -> Result<T, ClientError> {
        let request = self.request(method, path, query).json(body);
        self.json(request).await
    }

    /// A call with a query whose answer has no content.
    pub async fn delete_with(&self, path: &[&str], query: &(impl Serialize + Sync)) -> Result<(), ClientError> {
        self.answer(self.request(Method::DELETE, path, query)).await.map(drop)
    }

    /// A call whose answer has no content.
    pub async fn delete(&self, path: &[&str]) -> Result<(), ClientError> {
        self.answer(self.request(Method::DELETE, path, &())).await.map(drop)
    }

    /// A call that answers with text.
    pub async fn text(&self, path: &[&str], query: &(impl Serialize + Sync)) -> Result<String, ClientError> {
        let answer = self.answer(self.request(Method::GET, path, query)).await?;
        let bytes = self.body(answer).await?;
        String::from_utf8(bytes).map_err(|_| self.garbled("text that is not UTF-8"))
    }

    /// A call as the user wrote it: any method, any path with its query, the body as given.
    ///
    /// # Errors
    /// Also when the path leads away from the appliance.
    pub async fn raw(&self, method: Method, path: &str, body: Option<Value>) -> Result<(u16, HeaderMap, Vec<u8>), ClientError> {
        let wrong = |reason: &str| ClientError::Address { url: path.to_owned(), reason: reason.to_owned() };
        let url = self.0.base.join(path).map_err(|error| wrong(&error.to_string()))?;
        if url.origin() != self.0.base.origin() {
            return Err(wrong("it leads away from the appliance"));
        }
        let request = self.prepare(self.0.http.request(method, url));
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let answer = self.answer(request).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok((status, headers, self.body(answer).await?))
    }

    pub(super) fn request(&self, method: Method, path: &[&str], query: &impl Serialize) -> RequestBuilder {
        let mut url = self.0.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        append_query(&mut url, query);
        self.prepare(self.0.http.request(method, url))
    }

    fn prepare(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request
            .timeout(ANSWER_LIMIT)
            .header(ACCEPT, "application/json, application/problem+json, */*;q=0.5")
            .header(NAMES_ITSELF.0, NAMES_ITSELF.1)
            .header(ACCEPT_LANGUAGE, self.0.language);
        match &self.0.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        }
    }

    /// Sends; every status but 2xx is an error.
    pub(super) async fn answer(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let answer = request.send().await.map_err(|error| self.transport(&error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        if status.is_redirection() {
            let to = headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or("elsewhere");
            return Err(self.garbled(&format!("it redirects to {to}; name the final address")));
        }
        let body = self.body(answer).await?;
        Err(ClientError::of_answer(&self.0.shown, status.as_u16(), &headers, &body))
    }

    pub(super) async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        self.json_with_status(request).await.map(|(_, value)| value)
    }

    pub(super) async fn json_with_status<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<(StatusCode, T), ClientError> {
        let answer = self.answer(request).await?;
        let status = answer.status();
        let bytes = self.body(answer).await?;
        let bytes = if bytes.is_empty() { b"null".to_vec() } else { bytes };
        serde_json::from_slice(&bytes).map(|value| (status, value)).map_err(|error| self.garbled(&error.to_string()))
    }

    pub(super) async fn body(&self, mut answer: Response) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.transport(&error))? {
            if bytes.len() + chunk.len() > ANSWER_BYTES {
                return Err(self.garbled(&format!("it is larger than {ANSWER_BYTES} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    pub(super) fn transport(&self, error: &reqwest::Error) -> ClientError {
        ClientError::of_transport(&self.0.shown, error, ANSWER_LIMIT)
    }

    pub(super) fn garbled(&self, reason: &str) -> ClientError {
        ClientError::Garbled { url: self.0.shown.clone(), reason: reason.to_owned() }
    }
}

fn plain_builder(target: &Target) -> Result<reqwest::ClientBuilder, ClientError> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("execgov/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_LIMIT)
        .no_proxy();
    let Some(proxy) = &target.proxy else { return Ok(builder) };
    let proxy = reqwest::Proxy::all(proxy).map_err(|error| ClientError::Address { url: proxy.clone(), reason: error.to_string() })?;
    Ok(builder.proxy(proxy))
}

/// Reads an address that a person wrote; `http` or `https` must be said, everything after the port is dropped.
fn address(text: &str) -> Result<Url, ClientError> {
    let wrong = |reason: &str| ClientError::Address { url: text.chars().take(200).collect(), reason: reason.to_owned() };
    let mut url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it must begin with https:// or http://"));
    }
    if url.host_str().is_none() || url.username() != "" || url.password().is_some() {
        return Err(wrong("it must name a host, and no user or password"));
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn shown(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}

fn bearer(url: &str, token: &SecretString) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret().trim()))
        .map_err(|_| ClientError::Address { url: url.to_owned(), reason: "the token has characters that no token has".to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Appends the fields of a flat struct; absent ones are left out.
fn append_query(url: &mut Url, query: &impl Serialize) {
    let Ok(Value::Object(fields)) = serde_json::to_value(query) else { return };
    for (name, value) in fields {
        match value {
            Value::Null | Value::Object(_) | Value::Array(_) => {}
            Value::String(text) => drop(url.query_pairs_mut().append_pair(&name, &text)),
            other => drop(url.query_pairs_mut().append_pair(&name, &other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::run::RunQuery;

    fn target(url: &str) -> Target {
        Target { url: url.to_owned(), token: None, trust: Trust::Host, proxy: None, language: "en" }
    }

    #[test]
    fn addresses_are_read_strictly() {
        for (text, expected) in [
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            (" https://ops.example/console?x=1#y ", Some("https://ops.example")),
            ("https://[::1]:7443/", Some("https://[::1]:7443")),
            ("ops.example", None),
            ("ftp://ops.example", None),
            ("https://user:secret@ops.example", None),
            ("", None),
        ] {
            let read = address(text).ok().map(|url| shown(&url));
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn names_stay_one_path_segment() {
        let client = Client::new(&target("http://127.0.0.1:1")).expect("client");
        let query = RunQuery { capability: Some("a&b=c".to_owned()), limit: Some(3), ..RunQuery::default() };
        let request = client.request(Method::GET, &["api", "v1", "x/../../y", "ä?#"], &query).build().expect("request");
        assert_eq!(request.url().as_str(), "http://127.0.0.1:1/api/v1/x%2F..%2F..%2Fy/%C3%A4%3F%23?capability=a%26b%3Dc&limit=3");
    }

    #[test]
    fn tokens_do_not_show() {
        let token = SecretString::from("egt_secret".to_owned());
        let target = Target { token: Some(token), ..target("http://127.0.0.1:1") };
        let client = Client::new(&target).expect("client");
        assert!(!format!("{client:?} {target:?}").contains("egt_secret"));
        let wrong = Target { token: Some(SecretString::from("a\nb".to_owned())), ..target };
        assert!(Client::new(&wrong).is_err());
    }
}
