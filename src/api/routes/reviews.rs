//! Reviews of versions: tries, remarks on lines, and the history of what was current.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::review::{CheckReport, PublicationViews, RemarkRequest, RemarkView, RemarkViews};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(check)).routes(routes!(remarks, remark)).routes(routes!(settle)).routes(routes!(publications))
}

/// Try a version: a dry run, and each example as a run in the sandbox without network and secrets.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/versions/{number}/check", operation_id = "check_version", tag = "reviews",
    params(("name" = String, Path), ("number" = u32, Path)), responses((status = 200, body = CheckReport), Problem))]
async fn check(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
) -> Respond<Json<CheckReport>> {
    Ok(Json(state.runs.check(&caller, &name, number).await?))
}

/// List remarks on lines of a version.
#[utoipa::path(get, path = "/api/v1/capabilities/{name}/versions/{number}/remarks", operation_id = "list_remarks", tag = "reviews",
    params(("name" = String, Path), ("number" = u32, Path)), responses((status = 200, body = RemarkViews), Problem))]
async fn remarks(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
) -> Respond<Json<RemarkViews>> {
    Ok(Json(state.capabilities.remarks(&caller, &name, number).await?))
}

/// Remark on a line of a version.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/versions/{number}/remarks", operation_id = "add_remark", tag = "reviews",
    params(("name" = String, Path), ("number" = u32, Path)), request_body = RemarkRequest,
    responses((status = 201, body = RemarkView), Problem))]
async fn remark(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
    Body(request): Body<RemarkRequest>,
) -> Respond<(StatusCode, Json<RemarkView>)> {
    Ok((StatusCode::CREATED, Json(state.capabilities.remark(&caller, &name, number, &request).await?)))
}

/// Say that a remark was dealt with.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/versions/{number}/remarks/{id}/settle", operation_id = "settle_remark", tag = "reviews",
    params(("name" = String, Path), ("number" = u32, Path), ("id" = String, Path)), responses((status = 200, body = RemarkView), Problem))]
async fn settle(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number, id)): Params<(String, u32, String)>,
) -> Respond<Json<RemarkView>> {
    Ok(Json(state.capabilities.settle_remark(&caller, &name, number, &id).await?))
}

/// List what became the current version, or ceased to be, when, and by whom.
#[utoipa::path(get, path = "/api/v1/capabilities/{name}/publications", operation_id = "list_publications", tag = "reviews",
    params(("name" = String, Path)), responses((status = 200, body = PublicationViews), Problem))]
async fn publications(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
) -> Respond<Json<PublicationViews>> {
    Ok(Json(state.capabilities.publications(&caller, &name).await?))
}
