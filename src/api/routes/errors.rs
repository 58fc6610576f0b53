//! The pages about error codes.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use axum::response::IntoResponse;

use super::super::described::{Routes, routes};
use crate::api::{Params, Problem, Respond};
use crate::base::fault::{Class, Code};
use crate::base::page::{Language, error_page};

/// No page has this name.
const NO_PAGE: Code = Code::new("EG-REQ-009", Class::NotFound, "No such error code");

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(explain))
}

/// What an error code means and what to do about it, as Markdown; in Chinese when `Accept-Language` begins with `zh`.
#[utoipa::path(
    get,
    path = "/api/v1/errors/{code}",
    tag = "system",
    security(()),
    params(("code" = String, Path, description = "Such as `EG-RUN-003`")),
    responses((status = 200, body = String, content_type = "text/markdown"), Problem)
)]
async fn explain(Params(code): Params<String>, headers: HeaderMap) -> Respond<impl IntoResponse> {
    let chinese = headers.get(ACCEPT_LANGUAGE).is_some_and(|value| value.as_bytes().starts_with(b"zh"));
    let language = if chinese { Language::Chinese } else { Language::English };
    let page = error_page(&code, language).ok_or_else(|| {
        NO_PAGE
            .fault(format!("`{}` is not an error code of this version", code.chars().take(40).collect::<String>()))
            .hint("codes look like EG-RUN-003")
    })?;
    Ok(([(CONTENT_TYPE, "text/markdown; charset=utf-8")], page))
}
