//! Faults as HTTP answers: problem details (RFC 9457) with a stable code, and the one map from class to status.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr};

use crate::base::fault::{BUG, Class, Code, Fault};
use crate::wire::capability::PlanError;
use crate::wire::system::Problem as Wire;

/// No such address.
pub const NO_ROUTE: Code = Code::new("EG-REQ-001", Class::NotFound, "No such address");
/// The address exists, with other methods.
pub const NO_METHOD: Code = Code::new("EG-REQ-002", Class::User, "Method not allowed");

/// What a handler answers.
pub type Respond<T> = Result<T, Problem>;

/// A fault on its way to the requester. `?` makes one from a [`Fault`].
#[derive(Debug)]
pub struct Problem(pub Fault);

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl Problem {
    /// What a problem says within a stream, where the status is already spoken for.
    pub(super) fn wire(&self) -> Wire {
        wire(&self.0, status_of(self.0.code()))
    }
}

/// The HTTP status of a class.
#[must_use]
pub const fn status(class: Class) -> StatusCode {
    match class {
        Class::User => StatusCode::BAD_REQUEST,
        Class::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Denied => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::Conflict => StatusCode::CONFLICT,
        Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Class::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Class::Busy => StatusCode::TOO_MANY_REQUESTS,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Class::Integrity | Class::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The status of one code: its class decides, but for the one code that HTTP has a status of its own for.
fn status_of(code: Code) -> StatusCode {
    if code == NO_METHOD { StatusCode::METHOD_NOT_ALLOWED } else { status(code.class) }
}

/// The body, kept with the answer until the request's id is known.
#[derive(Clone)]
pub(super) struct Pending(Wire);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let fault = self.0;
        let code = fault.code();
        if matches!(code.class, Class::Bug | Class::Integrity) {
            let cause = std::error::Error::source(&fault).map(ToString::to_string);
            tracing::error!(code = code.text, cause, "{}", fault.detail());
        }
        let status = status_of(code);
        let body = wire(&fault, status);
        let mut response = render(&body, status);
        if let Some(seconds) = fault.retry_after_s() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Pending(body));
        response
    }
}

/// Writes the request's id into a problem; leaves every other answer alone.
pub(super) fn name_request(response: Response, request_id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Some(Pending(mut problem)) = parts.extensions.remove::<Pending>() else { return Response::from_parts(parts, body) };
    problem.request_id = Some(request_id.to_owned());
    Response::from_parts(parts, Body::from(serde_json::to_vec(&problem).unwrap_or_default()))
}

fn wire(fault: &Fault, status: StatusCode) -> Wire {
    let code = fault.code();
    let errors = fault.fields().iter().map(|field| PlanError {
        pointer: field.pointer.clone(),
        rule: field.rule.clone(),
        message: field.message.clone(),
        params: field.params.iter().cloned().collect(),
    });
    // What went wrong inside is for the operator's log, not for the requester.
    let detail = if code == BUG { "The appliance met a defect of its own; its log has the particulars." } else { fault.detail() };
    Wire {
        kind: format!("/help/errors/{}", code.text),
        title: code.title.to_owned(),
        status: status.as_u16(),
        detail: detail.to_owned(),
        code: code.text.to_owned(),
        hint: fault.hint_text().map(str::to_owned),
        params: fault.params().iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        errors: errors.collect(),
        request_id: None,
    }
}

fn render(body: &Wire, status: StatusCode) -> Response {
    let text = serde_json::to_vec(body).unwrap_or_default();
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))], text).into_response()
}

/// In `#[utoipa::path(responses(.., Problem))]`: every answer that is not listed is a problem.
impl utoipa::IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::response::Response>> {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description("What went wrong and what to do").content("application/problem+json", content);
        BTreeMap::from([("default".to_owned(), RefOr::T(response.build()))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_everything_but_the_inside_of_a_bug() {
        let busy = Code::new("EG-QUEUE-999", Class::Busy, "Queue is full");
        let response = Problem(busy.fault("10 of 10 runs wait").hint("try later").param("limit", 10).retry_after(3)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "3");
        let body = wire(&BUG.fault("index 3 out of 2"), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body.detail.contains("index"), "{}", body.detail);
    }
}
