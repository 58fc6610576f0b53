//! The community page: shared, rated, copied, moderated.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::community::{CopyDone, CopyRequest, HideRequest, RateRequest, ShareRequest, SharedDetail, SharedViews};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, share))
        .routes(routes!(show))
        .routes(routes!(rate))
        .routes(routes!(copy))
        .routes(routes!(hide))
        .routes(routes!(unhide))
}

/// List what is shared in the tenant, the best liked first.
#[utoipa::path(get, path = "/api/v1/community", operation_id = "list_community", tag = "community",
    responses((status = 200, body = SharedViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<SharedViews>> {
    Ok(Json(state.community.list(&caller).await?))
}

/// Show a published capability to colleagues, or describe it anew.
#[utoipa::path(post, path = "/api/v1/community", operation_id = "share_capability", tag = "community", request_body = ShareRequest,
    responses((status = 201, body = SharedDetail), Problem))]
async fn share(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<ShareRequest>,
) -> Respond<(StatusCode, Json<SharedDetail>)> {
    Ok((StatusCode::CREATED, Json(state.community.share(&caller, &request).await?)))
}

/// Show one capability with what colleagues think of it.
#[utoipa::path(get, path = "/api/v1/community/{name}", operation_id = "show_shared", tag = "community", params(("name" = String, Path)),
    responses((status = 200, body = SharedDetail), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Respond<Json<SharedDetail>> {
    Ok(Json(state.community.show(&caller, &name).await?))
}

/// Say what one thinks of it; saying it again replaces it.
#[utoipa::path(put, path = "/api/v1/community/{name}/rating", operation_id = "rate_shared", tag = "community",
    params(("name" = String, Path)), request_body = RateRequest, responses((status = 200, body = SharedDetail), Problem))]
async fn rate(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<RateRequest>,
) -> Respond<Json<SharedDetail>> {
    Ok(Json(state.community.rate(&caller, &name, &request).await?))
}

/// Copy the published version into one's own space, as a draft.
#[utoipa::path(post, path = "/api/v1/community/{name}/copy", operation_id = "copy_shared", tag = "community",
    params(("name" = String, Path)), request_body = CopyRequest, responses((status = 201, body = CopyDone), Problem))]
async fn copy(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<CopyRequest>,
) -> Respond<(StatusCode, Json<CopyDone>)> {
    Ok((StatusCode::CREATED, Json(state.community.copy(&caller, &name, &request).await?)))
}

/// Take it off the page, with a reason.
#[utoipa::path(post, path = "/api/v1/community/{name}/hide", operation_id = "hide_shared", tag = "community",
    params(("name" = String, Path)), request_body = HideRequest, responses((status = 200, body = SharedDetail), Problem))]
async fn hide(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<HideRequest>,
) -> Respond<Json<SharedDetail>> {
    Ok(Json(state.community.hide(&caller, &name, &request).await?))
}

/// Put it on the page again.
#[utoipa::path(post, path = "/api/v1/community/{name}/unhide", operation_id = "unhide_shared", tag = "community",
    params(("name" = String, Path)), responses((status = 200, body = SharedDetail), Problem))]
async fn unhide(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Respond<Json<SharedDetail>> {
    Ok(Json(state.community.unhide(&caller, &name).await?))
}
