//! One request and its redirects. What is checked here is what goes out: the method and the path of the request itself.

use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, LINK, LOCATION, RETRY_AFTER};
use reqwest::{Method as Verb, Request, StatusCode};
use url::Url;

use super::fault::Problem;
use super::talk::Talk;
use super::{body, sign};
use crate::domain::http::call::is_free_header;
use crate::domain::http::{Method, Payload};

/// What came back.
pub(super) struct Reply {
    pub status: u16,
    pub media_type: String,
    /// The header `Link`.
    pub link: Option<String>,
    /// Seconds that the server wants to be left alone.
    pub retry_after: Option<u64>,
    pub bytes: Vec<u8>,
    /// Where it came from in the end.
    pub url: Url,
}

/// What is sent, before it is signed.
#[derive(Clone)]
pub(super) struct Parcel {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub payload: Payload,
}

/// The words of an error of the HTTP library, without the address: it may hold a credential.
pub(super) fn plainly(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let words = error.to_string();
        if !text.contains(&words) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&words);
        }
        source = error.source();
    }
    if text.is_empty() { "the request could not be sent".to_owned() } else { text.chars().take(300).collect() }
}

/// What the guard said, when it was the guard that stopped a connection.
pub(super) fn problem(error: &reqwest::Error) -> Option<Problem> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(problem) = error.downcast_ref::<Problem>() {
            return Some(problem.clone());
        }
        source = error.source();
    }
    None
}

fn verb(method: Method) -> Verb {
    match method {
        Method::Get => Verb::GET,
        Method::Head => Verb::HEAD,
        Method::Options => Verb::OPTIONS,
        Method::Post => Verb::POST,
        Method::Put => Verb::PUT,
        Method::Patch => Verb::PATCH,
        Method::Delete => Verb::DELETE,
    }
}

impl Talk<'_> {
    /// Sends a request, follows the redirects it may follow, and reads the answer.
    pub(super) async fn send(&mut self, parcel: Parcel) -> Result<Reply, Problem> {
        let limit_ms = self.opened.settings.timeout_ms;
        let sending = self.hops(parcel);
        tokio::time::timeout(Duration::from_millis(limit_ms), sending).await.unwrap_or(Err(Problem::Slow { limit_ms }))
    }

    async fn hops(&mut self, mut parcel: Parcel) -> Result<Reply, Problem> {
        let most = self.errand.call.redirects.min(self.opened.settings.redirects);
        let home = self.base.origin();
        let mut hops = 0;
        loop {
            let own = parcel.url.origin() == home;
            let answer = self.once(&parcel, own).await?;
            let status = answer.status();
            if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
                return self.whole(answer).await;
            }
            let target = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| parcel.url.join(to).ok());
            let Some(target) = target else { return self.whole(answer).await };
            if hops == most {
                let shown = self.line.mask().text(&format!("{}{}", target.origin().ascii_serialization(), target.path()));
                let why = if most == 0 { "redirects are not followed here" } else { "that is one redirect too many" };
                return Err(Problem::Redirect(format!("the answer with status {} leads to {shown}; {why}", status.as_u16())));
            }
            hops += 1;
            parcel = follow(parcel, status, target)?;
            self.say(format!("redirect {} to {}", status.as_u16(), self.shown(&parcel.url))).await;
        }
    }

    /// One request on the wire.
    async fn once(&mut self, parcel: &Parcel, own: bool) -> Result<reqwest::Response, Problem> {
        self.line.guard.admit(&parcel.url)?;
        if let Some(proxy) = &self.line.proxy {
            // The proxy is an address like any other, and it is not asked for what it would be asked to reach.
            self.line.guard.admit(proxy)?;
            if let Some(url::Host::Domain(name)) = parcel.url.host() {
                self.line.guard.addresses(name).await?;
            }
        }
        let mut again = true;
        loop {
            let mut request = self.request(parcel, own).await?;
            if own {
                sign::sign(self.clock, &self.line, self.opened, &mut request).await?;
            }
            self.permit(&request, own)?;
            self.line.turn().await;
            self.say(format!("> {} {}", request.method(), self.shown(request.url()))).await;
            let answer = self.line.client.execute(request).await;
            let answer =
                answer.map_err(|error| problem(&error).unwrap_or_else(|| Problem::Unreachable(self.line.mask().text(&plainly(&error)))))?;
            self.note_reached(&answer);
            // A token that was good until now may have been withdrawn: one is fetched anew, once.
            if own && again && sign::is_refused(&self.opened.settings.auth, answer.status()) && sign::forget_token(&self.line).await {
                again = false;
                continue;
            }
            return Ok(answer);
        }
    }

    /// The write whitelist, on what is about to go out.
    fn permit(&self, request: &Request, own: bool) -> Result<(), Problem> {
        let (method, path) = (request.method().as_str(), request.url().path());
        let known: Result<Method, _> = method.parse();
        let good = known.is_ok_and(|method| method.is_safe() || (own && self.opened.settings.permits(method, path)));
        if good { Ok(()) } else { Err(Problem::NotListed { method: method.to_owned(), path: self.line.mask().text(path) }) }
    }

    async fn request(&self, parcel: &Parcel, own: bool) -> Result<Request, Problem> {
        let mut headers = HeaderMap::new();
        let fixed = self.opened.settings.headers.iter().filter(|_| own);
        let declared = parcel.headers.iter().map(|(name, value)| (name, value));
        for (name, value) in fixed.chain(declared).filter(|(name, _)| is_free_header(name)) {
            let bad = || Problem::BadRequest(format!("the header `{name}` cannot be sent"));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| bad())?);
        }
        headers.entry("accept").or_insert(HeaderValue::from_static("application/json, */*;q=0.5"));
        headers.entry("user-agent").or_insert(HeaderValue::from_static(concat!("execgov/", env!("CARGO_PKG_VERSION"))));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        if let Some(name) = self.errand.call.idempotency_header.as_ref().filter(|_| own && !self.errand.key.is_empty()) {
            let bad = |_| Problem::BadRequest("the idempotency header cannot be sent".to_owned());
            let key = HeaderValue::from_str(&self.errand.key).map_err(|_| Problem::BadRequest("the run has no usable key".to_owned()))?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(bad)?, key);
        }
        let builder = self.line.client.request(verb(parcel.method), parcel.url.clone()).headers(headers);
        let builder = match &parcel.payload {
            Payload::None => builder,
            Payload::Bytes { content_type, bytes } => builder.header("content-type", content_type).body(bytes.clone()),
            Payload::Multipart { fields, files } => builder.multipart(self.form(fields, files).await?),
        };
        builder.build().map_err(|error| Problem::BadRequest(plainly(&error)))
    }

    async fn form(&self, fields: &[(String, String)], files: &[(String, String)]) -> Result<reqwest::multipart::Form, Problem> {
        let mut form = reqwest::multipart::Form::new();
        for (name, value) in fields {
            form = form.text(name.clone(), value.clone());
        }
        for (name, file) in files {
            let known = self.errand.files.iter().find(|(known, _)| known == file);
            let (_, place) = known.ok_or_else(|| Problem::BadRequest(format!("`{name}` names a file that is not among the inputs")))?;
            let unreadable = |error: std::io::Error| Problem::BadRequest(format!("the file of `{name}` cannot be read: {error}"));
            let content = tokio::fs::File::open(place).await.map_err(unreadable)?;
            let length = content.metadata().await.map_err(unreadable)?.len();
            let stream = reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::new(content));
            let part = reqwest::multipart::Part::stream_with_length(stream, length).file_name(file.clone());
            form = form.part(name.clone(), part.mime_str("application/octet-stream").map_err(|_| Problem::Lost)?);
        }
        Ok(form)
    }

    async fn whole(&self, answer: reqwest::Response) -> Result<Reply, Problem> {
        let text = |name: &HeaderName| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, link, url) = (answer.status().as_u16(), text(&LINK), answer.url().clone());
        let media_type = text(&reqwest::header::CONTENT_TYPE).unwrap_or_default();
        let retry_after = text(&RETRY_AFTER).and_then(|value| value.trim().parse().ok());
        let limit = self.errand.call.response.max_bytes.min(self.opened.settings.max_bytes);
        Ok(Reply { status, media_type, link, retry_after, bytes: body::read(answer, limit).await?, url })
    }
}

/// The request that a redirect leads to (RFC 9110, section 15.4).
fn follow(parcel: Parcel, status: StatusCode, target: Url) -> Result<Parcel, Problem> {
    if parcel.url.scheme() == "https" && target.scheme() != "https" {
        return Err(Problem::Redirect("the answer leads from https to http".to_owned()));
    }
    if !target.username().is_empty() || target.password().is_some() {
        return Err(Problem::Redirect("the answer leads to an address with a user in it".to_owned()));
    }
    let rewritten = match status {
        StatusCode::SEE_OTHER => parcel.method != Method::Head,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => parcel.method == Method::Post,
        _ => false,
    };
    // What the version sends is meant for the resource; another origin gets nothing but the question.
    let foreign = target.origin() != parcel.url.origin();
    let (method, payload) = if rewritten { (Method::Get, Payload::None) } else { (parcel.method, parcel.payload) };
    let headers = if foreign { Vec::new() } else { parcel.headers };
    Ok(Parcel { method, url: target, headers, payload })
}
