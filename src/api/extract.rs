//! Extractors that refuse with a problem: JSON bodies, query parameters, path parameters.
//!
//! Unknown fields are refused where the type says `deny_unknown_fields`, which every request type does.

use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Query as AxumQuery, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use super::state::AppState;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::base::limit;

/// The body is not the JSON that this address wants.
pub const BAD_BODY: Code = Code::new("EG-REQ-003", Class::User, "Request body is not valid");
/// The body is larger than its limit.
pub const BODY_TOO_LARGE: Code = Code::new("EG-REQ-004", Class::TooLarge, "Request body is too large");
/// The body says it is something else than JSON.
pub const NOT_JSON: Code = Code::new("EG-REQ-005", Class::Unsupported, "Request body is not JSON");
/// The body stopped arriving.
pub const BODY_CUT: Code = Code::new("EG-REQ-006", Class::User, "Request body did not arrive");
/// A query parameter is unknown or has a value that does not fit.
pub const BAD_QUERY: Code = Code::new("EG-REQ-007", Class::User, "Query parameter is not valid");
/// A header has a value that does not fit.
pub const BAD_HEADER: Code = Code::new("EG-REQ-020", Class::User, "Request header is not valid");
/// A part of the path is not what belongs there.
pub const BAD_PATH: Code = Code::new("EG-REQ-008", Class::NotFound, "No such address");

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !is_json(kind) {
            let fault = NOT_JSON.fault(format!("the body is `{}`", if kind.is_empty() { "of no stated type" } else { kind }));
            return Err(fault.hint("send JSON with `Content-Type: application/json`").into());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection, state))?;
        Ok(Self(parse(&bytes)?))
    }
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn unread(rejection: &BytesRejection, state: &AppState) -> Fault {
    if let BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) = rejection {
        let most = state.settings.config.limits.json_body_bytes;
        let fault = BODY_TOO_LARGE.fault(format!("the body is larger than {most} bytes")).param("limit", most);
        return fault.hint("send less at once; the limit is the setting limits.json_body_bytes");
    }
    BODY_CUT.fault("the connection ended or stalled before the whole body had arrived").hint("send the request again")
}

/// Reads JSON, with bounds on its depth.
///
/// # Errors
/// With the line and column, and the field when the parser names one.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    if depth(bytes) > limit::JSON_DEPTH {
        let fault = BAD_BODY.fault(format!("the JSON is nested deeper than {} levels", limit::JSON_DEPTH));
        return Err(fault.param("limit", limit::JSON_DEPTH).hint("send a flatter structure"));
    }
    super::json::check(bytes).map_err(|complaint| {
        let fault = BAD_BODY.fault(format!("the JSON cannot be read: {}", complaint.text));
        let fault = match complaint.rule {
            "values" => fault.param("limit", limit::JSON_VALUES).hint("send less at once; large data goes into a file input"),
            _ => fault.hint("correct the JSON at that place"),
        };
        fault.field(FieldFault { pointer: complaint.pointer, rule: complaint.rule.to_owned(), message: complaint.text, params: Vec::new() })
    })?;
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        let fault =
            BAD_BODY.fault(format!("the JSON does not fit: {text}")).hint("the API description at /api/openapi.json has the fields");
        match field_in(&text) {
            Some((rule, name)) => fault.field(FieldFault {
                pointer: format!("/{}", name.replace('~', "~0").replace('/', "~1")),
                rule: rule.to_owned(),
                message: text.clone(),
                params: Vec::new(),
            }),
            None => fault,
        }
    })
}

/// The rule and the field that serde names in a sentence such as ``unknown field `x`, expected ..``.
fn field_in(text: &str) -> Option<(&'static str, &str)> {
    let (rule, rest) = [("unknown", "unknown field `"), ("required", "missing field `"), ("duplicate", "duplicate field `")]
        .into_iter()
        .find_map(|(rule, start)| text.strip_prefix(start).map(|rest| (rule, rest)))?;
    rest.split_once('`').map(|(name, _)| (rule, name))
}

/// How deep brackets are nested, strings left aside.
fn depth(bytes: &[u8]) -> usize {
    let (mut now, mut most, mut inside, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'[' | b'{' if !inside => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !inside => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Query parameters.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match AxumQuery::from_request_parts(parts, state).await {
            Ok(AxumQuery(value)) => Ok(Self(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                Err(BAD_QUERY.fault(text.to_owned()).hint("the API description at /api/openapi.json has the parameters").into())
            }
        }
    }
}

/// Path parameters.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Invalid URL: ").unwrap_or(&text);
                Err(BAD_PATH.fault(text.to_owned()).hint("check the id or the name in the address").into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by the parser")]
    struct Two {
        a: u32,
        b: Option<serde_json::Value>,
    }

    #[test]
    fn bad_json_names_field_or_place() {
        for (text, pointer, says) in [
            (r#"{"a":1,"c":2}"#, Some("/c"), "unknown field `c`"),
            (r"{}", Some("/a"), "missing field `a`"),
            (r#"{"a":1,"a":2}"#, Some("/a"), "twice in one object"),
            (r#"{"a":"x"}"#, None, "line 1 column 8"),
            (r#"{"a":1"#, Some("/a"), "line 1 column 6"),
            ("", Some(""), "EOF"),
        ] {
            let fault = parse::<Two>(text.as_bytes()).expect_err(text);
            assert_eq!(fault.fields().first().map(|field| field.pointer.as_str()), pointer, "{text}");
            assert!(fault.detail().contains(says), "{text}: {}", fault.detail());
        }
    }

    #[test]
    fn depth_is_bounded_and_brackets_in_strings_do_not_count() {
        let deep = |levels: usize| format!(r#"{{"a":1,"b":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(parse::<Two>(deep(limit::JSON_DEPTH - 1).as_bytes()).is_ok());
        assert!(parse::<Two>(deep(limit::JSON_DEPTH).as_bytes()).is_err());
        assert_eq!(depth(br#"{"a":"[[[\"[["}"#), 1);
    }
}
