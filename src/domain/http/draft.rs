//! A declared call and inputs become a request, as data: method, address, headers, body. No credential is in it yet.
//!
//! The address is put together from the resource's and the filled path, then read by the same parser that the connection
//! uses; it must read as what was meant.

use serde_json::{Map, Value};
use url::Url;

use super::call::{Body, HttpCall, Method, is_override};
use super::{pages, path, template};

/// Longest address, in bytes.
const URL_BYTES: usize = 16 * 1024;
/// Largest body made of templates, in bytes.
const BODY_BYTES: usize = 16 << 20;
/// Files of one multipart body, at most.
const FILES: usize = 50;

/// What is sent with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    None,
    Bytes { content_type: String, bytes: Vec<u8> },
    Multipart { fields: Vec<(String, String)>, files: Vec<(String, String)> },
}

/// A request as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub payload: Payload,
}

/// Why no request can be made of the inputs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("{0}")]
    Template(String),
    #[error("the header `{name}` would have a value that no header can have: a control character, or more than 8192 bytes")]
    Header { name: String },
    #[error("the address would not read as what was meant")]
    Address,
    #[error("the {what} would be larger than {limit} bytes")]
    TooLarge { what: &'static str, limit: usize },
    #[error("the query would ask for a change: {0}")]
    Smuggled(String),
}

impl From<String> for DraftError {
    fn from(why: String) -> Self {
        Self::Template(why)
    }
}

/// Makes the first request of a call. `files` tells which inputs are files.
///
/// # Errors
/// When the inputs make no request.
pub fn draft(call: &HttpCall, base: &Url, inputs: &Map<String, Value>) -> Result<Draft, DraftError> {
    let mut query = Vec::new();
    for (name, value) in &call.query {
        match template::value(value, inputs)? {
            None => {}
            Some(Value::Array(items)) => query.extend(items.iter().filter_map(|item| Some((name.clone(), template::plain(item)?)))),
            Some(value) => query.extend(template::plain(&value).map(|value| (name.clone(), value))),
        }
    }
    query.extend(call.pages.as_ref().and_then(pages::first));
    check_query(call.method, &query)?;
    let mut headers = Vec::new();
    for (name, value) in &call.headers {
        if let Some(value) = template::text(value, inputs)? {
            // A header is Latin-1 at best, and a line feed would begin another one.
            if value.len() > 8_192 || !value.chars().all(|c| c == '\t' || (' '..='~').contains(&c)) {
                return Err(DraftError::Header { name: name.clone() });
            }
            headers.push((name.clone(), value));
        }
    }
    let url = address(base, &path::fill(&call.path, inputs)?, &query)?;
    Ok(Draft { method: call.method, url, headers, payload: payload(call, inputs)? })
}

/// The address below a resource's.
fn address(base: &Url, path: &str, query: &[(String, String)]) -> Result<Url, DraftError> {
    let whole = format!("{}{path}", base.path().trim_end_matches('/'));
    let mut text = format!("{}{whole}", &base[..url::Position::BeforePath]);
    for (at, (name, value)) in query.iter().enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        text.push_str(&path::encode(name));
        text.push('=');
        text.push_str(&path::encode(value));
    }
    if text.len() > URL_BYTES {
        return Err(DraftError::TooLarge { what: "address", limit: URL_BYTES });
    }
    let url = Url::parse(&text).map_err(|_| DraftError::Address)?;
    let same = url.origin() == base.origin() && url.path() == whole && url.fragment().is_none() && url.username().is_empty();
    if same { Ok(url) } else { Err(DraftError::Address) }
}

/// Sets one parameter of an address, replacing what it was.
#[must_use]
pub fn with_param(url: &Url, name: &str, value: &str) -> Url {
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(known, _)| known != name).map(|(known, value)| (known.into_owned(), value.into_owned())).collect();
    let mut url = url.clone();
    let all = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain([(name, value)]);
    let text: Vec<String> = all.map(|(name, value)| format!("{}={}", path::encode(name), path::encode(value))).collect();
    url.set_query(Some(&text.join("&")));
    url
}

/// Ways to ask for a change with a method that reads: a parameter that overrides it, or a GraphQL mutation.
fn check_query(method: Method, query: &[(String, String)]) -> Result<(), DraftError> {
    if let Some((name, _)) = query.iter().find(|(name, _)| is_override(name)) {
        return Err(DraftError::Smuggled(format!("`{name}` overrides the method")));
    }
    let mutates =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| matches!(word, "mutation" | "subscription"));
    match query.iter().find(|(name, value)| name == "query" && value.contains('{') && mutates(value)) {
        Some(_) if method.is_safe() => {
            Err(DraftError::Smuggled("a GraphQL mutation is sent with POST, to a path on the write whitelist".to_owned()))
        }
        _ => Ok(()),
    }
}

fn payload(call: &HttpCall, inputs: &Map<String, Value>) -> Result<Payload, DraftError> {
    let bytes = |content_type: &str, text: String| {
        if text.len() > BODY_BYTES {
            return Err(DraftError::TooLarge { what: "body", limit: BODY_BYTES });
        }
        Ok(Payload::Bytes { content_type: content_type.to_owned(), bytes: text.into_bytes() })
    };
    match &call.body {
        None => Ok(Payload::None),
        Some(Body::Json(value)) => {
            let value = template::value(value, inputs)?.unwrap_or(Value::Null);
            bytes("application/json", value.to_string())
        }
        Some(Body::Form(fields)) => {
            let mut pairs = Vec::new();
            for (name, value) in fields {
                match template::value(value, inputs)? {
                    None => {}
                    Some(Value::Array(items)) => {
                        pairs.extend(
                            items
                                .iter()
                                .filter_map(template::plain)
                                .map(|value| format!("{}={}", path::encode(name), path::encode(&value))),
                        );
                    }
                    Some(value) => {
                        pairs.extend(template::plain(&value).map(|value| format!("{}={}", path::encode(name), path::encode(&value))));
                    }
                }
            }
            bytes("application/x-www-form-urlencoded", pairs.join("&"))
        }
        Some(Body::Raw { text, content_type }) => bytes(content_type, template::text(text, inputs)?.unwrap_or_default()),
        Some(Body::Multipart(fields)) => {
            let (mut texts, mut files) = (Vec::new(), Vec::new());
            for (name, value) in fields {
                // A file input stands as the path that a program would see.
                let lone = match template::parse(value)?.as_slice() {
                    [template::Piece::Input(input)] => inputs.get(input).cloned(),
                    _ => None,
                };
                let paths: Vec<String> = match &lone {
                    Some(Value::String(path)) => vec![path.clone()],
                    Some(Value::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
                    _ => Vec::new(),
                };
                let names: Vec<&str> = paths.iter().filter_map(|path| path.strip_prefix("inputs/")).collect();
                if !names.is_empty() && names.len() == paths.len() {
                    files.extend(names.into_iter().map(|file| (name.clone(), file.to_owned())));
                } else if let Some(text) = template::text(value, inputs)? {
                    texts.push((name.clone(), text));
                }
            }
            if files.len() > FILES {
                return Err(DraftError::Template(format!("one request carries at most {FILES} files")));
            }
            Ok(Payload::Multipart { fields: texts, files })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(call: &Value, inputs: &Value) -> Result<Draft, DraftError> {
        let call: HttpCall = serde_json::from_value(call.clone()).expect("a call");
        call.check().expect("a good call");
        draft(&call, &Url::parse("https://erp.example.com/api/v2/").expect("a base"), inputs.as_object().expect("inputs"))
    }

    #[test]
    fn inputs_fill_the_request_and_change_nothing_else() {
        let call = json!({
            "resource": "erp", "method": "GET", "path": "/users/{id}",
            "query": { "q": "{text}", "tag": "{tags}", "fixed": "1", "gone": "{missing}" }, "headers": { "X-Who": "u {id}", "X-Gone": "{missing}" }
        });
        let found = made(&call, &json!({ "id": "a/b", "text": "x&admin=1#", "tags": ["m", "n"] })).expect("made");
        assert_eq!(found.url.as_str(), "https://erp.example.com/api/v2/users/a%2Fb?q=x%26admin%3D1%23&tag=m&tag=n&fixed=1");
        assert_eq!(found.headers, [("X-Who".to_owned(), "u a/b".to_owned())]);
        for value in ["a\r\nX-Admin: 1", "a\nb", "a\0b", "\u{e9}"] {
            let refused =
                made(&json!({ "resource": "erp", "method": "GET", "path": "/", "headers": { "X-A": "{v}" } }), &json!({ "v": value }));
            assert_eq!(refused.map(drop), Err(DraftError::Header { name: "X-A".to_owned() }), "{value:?}");
        }
        let post =
            json!({ "resource": "erp", "method": "POST", "path": "/orders", "body": { "json": { "n": "{n}", "note": "for {who}" } } });
        let found = made(&post, &json!({ "n": 3, "who": "\"}{\"x\":1" })).expect("made");
        let Payload::Bytes { bytes, .. } = found.payload else { panic!("bytes") };
        assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), json!({ "n": 3, "note": "for \"}{\"x\":1" }));
        let form = json!({ "resource": "erp", "method": "POST", "path": "/f", "body": { "form": { "a": "{a}" } } });
        let found = made(&form, &json!({ "a": "1&b=2" })).expect("made");
        assert_eq!(
            found.payload,
            Payload::Bytes { content_type: "application/x-www-form-urlencoded".to_owned(), bytes: b"a=1%26b%3D2".to_vec() }
        );
        let upload =
            json!({ "resource": "erp", "method": "POST", "path": "/f", "body": { "multipart": { "doc": "{doc}", "note": "{note}" } } });
        let found = made(&upload, &json!({ "doc": "inputs/a.pdf", "note": "x" })).expect("made");
        assert_eq!(
            found.payload,
            Payload::Multipart { fields: vec![("note".to_owned(), "x".to_owned())], files: vec![("doc".to_owned(), "a.pdf".to_owned())] }
        );
    }

    #[test]
    fn a_reading_request_cannot_ask_for_a_change() {
        let call = json!({ "resource": "erp", "method": "GET", "path": "/graphql", "query": { "query": "{q}" } });
        for (query, good) in [
            ("{ orders { id } }", true),
            ("query { orders }", true),
            ("mutation { drop }", false),
            ("fragment f on X { y } mutation M { drop }", false),
            ("#x\nmutation{drop}", false),
            ("mutations of plants", true),
        ] {
            assert_eq!(made(&call, &json!({ "q": query })).is_ok(), good, "{query}");
        }
        let url = Url::parse("https://a/b?x=1&y=2").expect("URL");
        assert_eq!(with_param(&url, "x", "a b&c").as_str(), "https://a/b?y=2&x=a%20b%26c");
    }
}
