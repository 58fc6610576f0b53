//! The `[http]` table of a version: which request is made of which resource, and what is made of the answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{path, template};

/// Members of a query, a form or the headers, at most.
const FIELDS: usize = 100;
/// Longest text of a header, in bytes.
const HEADER_BYTES: usize = 4 * 1024;
/// Pages of one run, at most.
pub const PAGES_MOST: u32 = 1_000;
/// Tries of one request, at most.
const TRIES_MOST: u32 = 5;
/// Redirects followed, at most.
pub const HOPS_MOST: u8 = 5;
/// Largest answer that a version may ask for, in bytes.
pub const ANSWER_BYTES_MOST: u64 = 64 << 20;

/// Methods that a version can declare. TRACE and CONNECT are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Head,
    Options,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Safe methods change nothing at the server (RFC 9110, section 9.2.1).
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }

    /// Sent twice, these do what they do once (RFC 9110, section 9.2.2).
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        self.is_safe() || matches!(self, Self::Put | Self::Delete)
    }
}

impl std::str::FromStr for Method {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Get, Self::Head, Self::Options, Self::Post, Self::Put, Self::Patch, Self::Delete];
        let found = all.into_iter().find(|method| method.word() == text);
        found.ok_or_else(|| {
            format!("`{}` is none of GET, HEAD, OPTIONS, POST, PUT, PATCH and DELETE", text.chars().take(20).collect::<String>())
        })
    }
}

/// What is sent with a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// A JSON value with placeholders.
    Json(Value),
    /// `application/x-www-form-urlencoded`
    Form(BTreeMap<String, Value>),
    /// `multipart/form-data`; a placeholder of a file input becomes the file.
    Multipart(BTreeMap<String, String>),
    /// A text with placeholders.
    Raw { text: String, content_type: String },
}

/// A value that the answer must have to count as a success.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// JSON Pointer (RFC 6901) or `JSONPath` (RFC 9535) into the answer.
    pub at: String,
    pub equals: Value,
}

/// What becomes the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Extract {
    /// One place in the answer.
    One(String),
    /// An object of several.
    Named(BTreeMap<String, String>),
}

/// What is made of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// Statuses of a success: `2xx` or `200`.
    pub success: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub check: Vec<Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extract: Option<Extract>,
    /// JSON Schema 2020-12 of the answer as it comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Map<String, Value>>,
    /// Keep the body as an artifact of this name. Bodies that are not JSON are always kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
    /// Longest answer, in bytes, after decompression.
    pub max_bytes: u64,
}

impl Default for Response {
    fn default() -> Self {
        Self { success: vec!["2xx".to_owned()], check: Vec::new(), extract: None, schema: None, artifact: None, max_bytes: 4 << 20 }
    }
}

/// How one page leads to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pages {
    /// The answer names the next page, and the query carries that name.
    Cursor { next: String, param: String, items: String, max: u32 },
    /// Pages have numbers.
    Page {
        param: String,
        #[serde(default = "one")]
        start: u64,
        items: String,
        max: u32,
    },
    /// Pages begin at an offset.
    Offset { param: String, step: u64, items: String, max: u32 },
    /// The header `Link` has the address of the next page (RFC 8288); it must be of the same origin and path rules.
    Link { items: String, max: u32 },
}

const fn one() -> u64 {
    1
}

impl Pages {
    #[must_use]
    pub fn max(&self) -> u32 {
        match self {
            Self::Cursor { max, .. } | Self::Page { max, .. } | Self::Offset { max, .. } | Self::Link { max, .. } => *max,
        }
    }

    #[must_use]
    pub fn items(&self) -> &str {
        match self {
            Self::Cursor { items, .. } | Self::Page { items, .. } | Self::Offset { items, .. } | Self::Link { items, .. } => items,
        }
    }
}

/// When a request is sent again within one attempt: after a connection that failed, and after 429, 502, 503 and 504.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallRetry {
    /// Tries in all.
    pub tries: u32,
    /// Wait before the second, in milliseconds; doubled for each further one.
    pub wait_ms: u64,
}

impl Default for CallRetry {
    fn default() -> Self {
        Self { tries: 1, wait_ms: 200 }
    }
}

/// A request that only reads, by which it is verified that the resource is there and answers as expected. It takes no inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    #[serde(default = "get")]
    pub method: Method,
    /// Below the resource's address, without placeholders.
    pub path: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub query: Map<String, Value>,
    /// Statuses of a success: `2xx` or `200`.
    #[serde(default = "any_success")]
    pub success: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check: Vec<Check>,
    /// JSON Schema 2020-12 of the answer as it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Map<String, Value>>,
}

const fn get() -> Method {
    Method::Get
}

fn any_success() -> Vec<String> {
    Response::default().success
}

/// A declared request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCall {
    /// Name of the resource.
    pub resource: String,
    pub method: Method,
    /// Below the resource's address; each placeholder becomes a part of one segment.
    pub path: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub query: Map<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    #[serde(default)]
    pub response: Response,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
    #[serde(default)]
    pub retry: CallRetry,
    /// The header that carries a key by which the server knows a repetition. With it, every method may be sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_header: Option<String>,
    /// Redirects followed; no more than the resource allows.
    #[serde(default)]
    pub redirects: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
}

/// Headers that belong to the connection, to the resource's credential, or that would change the method behind the back of
/// the write whitelist.
const RESERVED: [&str; 24] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "authorization",
    "proxy-authorization",
    "proxy-authenticate",
    "proxy-connection",
    "cookie",
    "content-encoding",
    "accept-encoding",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
    "x-forwarded-host",
    "forwarded",
];

/// Whether a version may set a header.
#[must_use]
pub fn is_free_header(name: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let lower = name.to_ascii_lowercase();
    // Gateways read `_` as `-`.
    !name.is_empty() && name.len() <= 100 && name.bytes().all(token) && !RESERVED.contains(&lower.replace('_', "-").as_str())
}

impl HttpCall {
    /// The inputs that it uses, in the order in which they occur.
    ///
    /// # Errors
    /// When a template does not parse.
    pub fn inputs(&self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let mut text = |text: &str| template::names(&Value::String(text.to_owned()), &mut found);
        text(&self.path)?;
        self.headers.values().try_for_each(|value| text(value))?;
        match &self.body {
            None => {}
            Some(Body::Json(value)) => template::names(value, &mut found)?,
            Some(Body::Form(fields)) => fields.values().try_for_each(|value| template::names(value, &mut found))?,
            Some(Body::Multipart(fields)) => fields.values().try_for_each(|value| text(value))?,
            Some(Body::Raw { text: body, .. }) => text(body)?,
        }
        self.query.values().try_for_each(|value| template::names(value, &mut found))?;
        let mut seen = Vec::new();
        found.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        Ok(found)
    }

    /// What holds for every declared request.
    ///
    /// # Errors
    /// The key, and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        path::check(&self.path).map_err(|why| ("path", why))?;
        self.inputs().map_err(|why| ("inputs", why))?;
        if self.query.len() > FIELDS || self.headers.len() > FIELDS {
            return Err(("query", format!("a request has at most {FIELDS} parameters and {FIELDS} headers")));
        }
        if let Some(name) = self.query.keys().find(|name| is_override(name)) {
            return Err(("query", format!("`{name}` would change the method behind the back of the write whitelist")));
        }
        let headers = self.headers.iter().map(|(name, value)| (name, value.as_str()));
        for (name, value) in headers.chain(self.idempotency_header.iter().map(|name| (name, ""))) {
            if !is_free_header(name) {
                return Err((
                    "headers",
                    format!("`{name}` is not a header that a version can set: the appliance or the resource's credential sets it"),
                ));
            }
            if value.len() > HEADER_BYTES || value.chars().any(char::is_control) {
                return Err(("headers", format!("the value of `{name}` has a control character or more than {HEADER_BYTES} bytes")));
            }
        }
        self.check_body()?;
        self.check_answer()?;
        self.check_verification()
    }

    /// A request with nothing but its address.
    #[must_use]
    pub fn plain(resource: String, method: Method, path: String) -> Self {
        Self {
            resource,
            method,
            path,
            query: Map::new(),
            headers: BTreeMap::new(),
            body: None,
            response: Response::default(),
            pages: None,
            retry: CallRetry::default(),
            idempotency_header: None,
            redirects: 0,
            verify: None,
        }
    }

    /// The request by which it is verified, with the headers of the version that take no inputs.
    #[must_use]
    pub fn verification(&self) -> Option<Self> {
        let verify = self.verify.as_ref()?;
        let fixed = |value: &String| {
            let mut names = Vec::new();
            template::names(&Value::String(value.clone()), &mut names).is_ok() && names.is_empty()
        };
        Some(Self {
            query: verify.query.clone(),
            headers: self.headers.iter().filter(|(_, value)| fixed(value)).map(|(name, value)| (name.clone(), value.clone())).collect(),
            response: Response {
                success: verify.success.clone(),
                check: verify.check.clone(),
                schema: verify.schema.clone(),
                max_bytes: self.response.max_bytes,
                ..Response::default()
            },
            redirects: self.redirects,
            ..Self::plain(self.resource.clone(), verify.method, verify.path.clone())
        })
    }

    fn check_verification(&self) -> Result<(), (&'static str, String)> {
        let Some(call) = self.verification() else { return Ok(()) };
        if !call.method.is_safe() {
            return Err(("verify", format!("a verification only reads: GET, HEAD or OPTIONS, not {}", call.method.word())));
        }
        if let Some(name) = call.inputs().map_err(|why| ("verify", why))?.first() {
            return Err(("verify", format!("a verification takes no inputs, and `{name}` is one")));
        }
        call.check().map_err(|(key, why)| ("verify", format!("`{key}`: {why}")))
    }

    fn check_body(&self) -> Result<(), (&'static str, String)> {
        let Some(body) = &self.body else { return Ok(()) };
        if matches!(self.method, Method::Get | Method::Head) {
            return Err(("body", format!("a {} has no body", self.method.word())));
        }
        match body {
            Body::Json(_) => Ok(()),
            Body::Form(fields) if fields.keys().any(|name| is_override(name)) => {
                Err(("body", "`_method` would change the method behind the back of the write whitelist".to_owned()))
            }
            Body::Form(fields) if fields.len() > FIELDS => Err(("body", format!("a form has at most {FIELDS} fields"))),
            Body::Multipart(fields) if fields.keys().any(|name| is_override(name)) || fields.len() > FIELDS => {
                Err(("body", format!("a form has at most {FIELDS} fields, and none is `_method`")))
            }
            Body::Raw { content_type, .. } if content_type.chars().any(char::is_control) || content_type.is_empty() => {
                Err(("body", "`content_type` must be a media type".to_owned()))
            }
            Body::Form(_) | Body::Multipart(_) | Body::Raw { .. } => Ok(()),
        }
    }

    fn check_answer(&self) -> Result<(), (&'static str, String)> {
        let answer = &self.response;
        if answer.max_bytes == 0 || answer.max_bytes > ANSWER_BYTES_MOST {
            return Err(("response", format!("`max_bytes` must be from 1 to {ANSWER_BYTES_MOST}")));
        }
        if answer.success.is_empty() || !answer.success.iter().all(|text| is_status(text)) {
            return Err(("response", "`success` must list statuses such as \"2xx\" or \"204\"".to_owned()));
        }
        let places = answer.check.iter().map(|check| check.at.as_str());
        let places = places.chain(match &answer.extract {
            None => Vec::new(),
            Some(Extract::One(place)) => vec![place.as_str()],
            Some(Extract::Named(places)) => places.values().map(String::as_str).collect(),
        });
        for place in places {
            super::answer::check_place(place).map_err(|why| ("response", why))?;
        }
        let fits = |name: &String| {
            !name.is_empty()
                && name.len() <= 120
                && !name.starts_with('.')
                && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'))
        };
        if answer.artifact.as_ref().is_some_and(|name| !fits(name)) {
            return Err(("response", "`artifact` must be a plain file name".to_owned()));
        }
        if let Some(pages) = &self.pages {
            if !self.method.is_safe() {
                return Err(("pages", "only what reads is read page by page".to_owned()));
            }
            if pages.max() == 0 || pages.max() > PAGES_MOST {
                return Err(("pages", format!("`max` must be from 1 to {PAGES_MOST}")));
            }
            super::answer::check_place(pages.items()).map_err(|why| ("pages", why))?;
        }
        if self.retry.tries == 0 || self.retry.tries > TRIES_MOST || self.retry.wait_ms > 60_000 {
            return Err(("retry", format!("`tries` must be from 1 to {TRIES_MOST}, and `wait_ms` at most 60000")));
        }
        if self.retry.tries > 1 && !self.may_repeat() {
            return Err((
                "retry",
                format!(
                    "a {} may be carried out twice when it is sent again: add `idempotency_header`, or leave `retry` out",
                    self.method.word()
                ),
            ));
        }
        if self.redirects > HOPS_MOST {
            return Err(("redirects", format!("`redirects` must be at most {HOPS_MOST}")));
        }
        Ok(())
    }

    /// Whether sending it again does no more than sending it once.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.method.is_idempotent() || self.idempotency_header.is_some()
    }
}

/// A parameter by which some frameworks change the method.
#[must_use]
pub fn is_override(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "_method" | "x-http-method-override" | "x-http-method" | "x-method-override")
}

/// `2xx` or `204`.
fn is_status(text: &str) -> bool {
    text.len() == 3 && matches!(text.as_bytes(), [b'1'..=b'5', rest @ ..] if rest == b"xx" || rest.iter().all(u8::is_ascii_digit))
}

/// Whether a status is one of a list.
#[must_use]
pub fn succeeds(listed: &[String], status: u16) -> bool {
    let text = status.to_string();
    listed.iter().any(|wanted| *wanted == text || (wanted.ends_with("xx") && wanted.get(..1) == text.get(..1)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(with: &Value) -> Result<(), (&'static str, String)> {
        let mut whole = json!({ "resource": "erp", "method": "GET", "path": "/a/{id}" });
        whole.as_object_mut().expect("object").extend(with.as_object().expect("object").clone());
        serde_json::from_value::<HttpCall>(whole).map_err(|error| ("shape", error.to_string()))?.check()
    }

    #[test]
    fn what_is_declared_is_checked_where_it_stands() {
        for (with, key) in [
            (json!({ "path": "a" }), "path"),
            (json!({ "path": "/a/{" }), "path"),
            (json!({ "method": "get" }), "shape"),
            (json!({ "method": "TRACE" }), "shape"),
            (json!({ "surprise": 1 }), "shape"),
            (json!({ "query": { "_method": "DELETE" } }), "query"),
            (json!({ "headers": { "Host": "x" } }), "headers"),
            (json!({ "headers": { "X-HTTP-Method-Override": "DELETE" } }), "headers"),
            (json!({ "headers": { "x_http_method_override": "DELETE" } }), "headers"),
            (json!({ "headers": { "Authorization": "x" } }), "headers"),
            (json!({ "headers": { "Transfer-Encoding": "chunked" } }), "headers"),
            (json!({ "headers": { "a b": "x" } }), "headers"),
            (json!({ "headers": { "a": "x\r\nb: c" } }), "headers"),
            (json!({ "body": { "json": {} } }), "body"),
            (json!({ "method": "POST", "body": { "form": { "_method": "DELETE" } } }), "body"),
            (json!({ "response": { "success": ["7xx"] } }), "response"),
            (json!({ "response": { "max_bytes": 0 } }), "response"),
            (json!({ "response": { "artifact": "../x" } }), "response"),
            (json!({ "response": { "extract": "items" } }), "response"),
            (json!({ "method": "POST", "retry": { "tries": 2 } }), "retry"),
            (json!({ "pages": { "kind": "link", "items": "", "max": 0 } }), "pages"),
            (json!({ "redirects": 9 }), "redirects"),
        ] {
            assert_eq!(call(&with).map_err(|(key, _)| key), Err(key), "{with}");
        }
        for with in [
            json!({}),
            json!({ "method": "POST", "retry": { "tries": 2 }, "idempotency_header": "Idempotency-Key" }),
            json!({ "response": { "extract": { "a": "/x", "b": "$.y[*].z" }, "success": ["200", "2xx"] } }),
            json!({ "method": "PUT", "body": { "raw": { "text": "{id}", "content_type": "text/plain" } }, "retry": { "tries": 3 } }),
        ] {
            assert_eq!(call(&with), Ok(()), "{with}");
        }
        assert!(succeeds(&["2xx".to_owned()], 204) && !succeeds(&["200".to_owned()], 204));
    }
}
