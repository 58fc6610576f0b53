//! Puts the routes together and describes them.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Description;

use super::described::Routes;
use super::problem::{NO_METHOD, NO_ROUTE, Problem};
use super::state::AppState;
use super::watch::{Watch, around, is_api};
use super::{console, health, metrics, routes};
use crate::conf::Block;

#[derive(OpenApi)]
#[openapi(
    info(title = "ExecGov", description = "Governed execution of scripts and automations.", license(name = "Apache-2.0")),
    components(schemas(crate::wire::system::Problem, crate::wire::approval::ApprovalView))
)]
struct Api;

fn described() -> Routes {
    Routes::new().merge(health::router()).merge(metrics::router()).merge(routes::router())
}

/// The description of the API (OpenAPI 3.1).
#[must_use]
pub fn openapi() -> Description {
    described().describe(Api::openapi())
}

/// Everything the appliance serves.
pub fn router(state: AppState) -> Router {
    let limits = &state.settings.config.limits;
    let proxies = state.settings.config.listen.trusted_proxies.iter().filter_map(|text| Block::parse(text));
    let watch = Watch { meters: state.meters.clone(), closing: state.stop.closing.clone(), trusted: proxies.collect() };
    described()
        .into_router()
        .route("/api/openapi.json", get(description))
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(limits.json_body_bytes))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(1_024).and(is_text)))
        .layer(middleware::from_fn_with_state(watch, around))
        .with_state(state)
}

async fn description() -> Response {
    static TEXT: LazyLock<bytes::Bytes> = LazyLock::new(|| serde_json::to_vec(&openapi()).unwrap_or_default().into());
    ([(CONTENT_TYPE, "application/json")], TEXT.clone()).into_response()
}

/// Only what compresses well and is not a stream.
fn is_text(_: StatusCode, _: axum::http::Version, headers: &axum::http::HeaderMap, _: &axum::http::Extensions) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    matches!(kind, "application/json" | "application/problem+json" | "text/plain" | "text/markdown" | "application/openmetrics-text")
}

async fn wrong_method(request: Request) -> Problem {
    let (method, path) = (request.method(), request.uri().path());
    Problem(NO_METHOD.fault(format!("{path} does not answer {method}")).hint("the API description at /api/openapi.json has the methods"))
}

/// Under `/api` a problem; elsewhere the console.
async fn unknown(request: Request) -> Response {
    let path = request.uri().path();
    if is_api(path) {
        let path: String = path.chars().take(200).collect();
        let fault = NO_ROUTE.fault(format!("nothing is at {path}")).hint("the API description at /api/openapi.json has all addresses");
        return Problem(fault).into_response();
    }
    console::answer(request.method(), path, request.headers())
}
