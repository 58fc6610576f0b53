//! Spaces and their folders.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};

use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::capability::CapabilityDetail;
use crate::wire::space::{FolderRequest, MoveRequest, SpaceRequest, SpaceView, SpaceViews};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, add))
        .routes(routes!(remove))
        .routes(routes!(add_folder))
        .routes(routes!(remove_folder))
        .routes(routes!(relocate))
}

/// List one's own space and the spaces and folders that one may see.
#[utoipa::path(get, path = "/api/v1/spaces", operation_id = "list_spaces", tag = "access",
    responses((status = 200, body = SpaceViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<SpaceViews>> {
    Ok(Json(state.spaces.list(&caller)?))
}

/// Make a space of a team.
#[utoipa::path(post, path = "/api/v1/spaces", operation_id = "add_space", tag = "access",
    request_body = SpaceRequest, responses((status = 201, body = SpaceView), Problem))]
async fn add(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<SpaceRequest>,
) -> Respond<(StatusCode, Json<SpaceView>)> {
    Ok((StatusCode::CREATED, Json(state.spaces.add(&caller, &request).await?)))
}

/// Remove a space that nothing lives in, with what was granted there. Its name is not used again.
#[utoipa::path(delete, path = "/api/v1/spaces/{space}", operation_id = "remove_space", tag = "access",
    params(("space" = String, Path)), responses((status = 204), Problem))]
async fn remove(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(space): Params<String>) -> Respond<StatusCode> {
    state.spaces.remove(&caller, &space).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a folder in a space.
#[utoipa::path(post, path = "/api/v1/spaces/{space}/folders", operation_id = "add_folder", tag = "access",
    params(("space" = String, Path)), request_body = FolderRequest, responses((status = 201, body = SpaceView), Problem))]
async fn add_folder(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(space): Params<String>,
    Body(request): Body<FolderRequest>,
) -> Respond<(StatusCode, Json<SpaceView>)> {
    Ok((StatusCode::CREATED, Json(state.spaces.add_folder(&caller, &space, &request).await?)))
}

/// Remove a folder that nothing lives in, with what was granted there.
#[utoipa::path(delete, path = "/api/v1/spaces/{space}/folders/{*path}", operation_id = "remove_folder", tag = "access",
    params(("space" = String, Path), ("path" = String, Path)), responses((status = 204), Problem))]
async fn remove_folder(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((space, path)): Params<(String, String)>,
) -> Respond<StatusCode> {
    state.spaces.remove_folder(&caller, &space, &path).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a capability to another space or folder.
#[utoipa::path(put, path = "/api/v1/capabilities/{name}/space", operation_id = "move_capability", tag = "access",
    params(("name" = String, Path)), request_body = MoveRequest, responses((status = 200, body = CapabilityDetail), Problem))]
async fn relocate(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<MoveRequest>,
) -> Respond<Json<CapabilityDetail>> {
    Ok(Json(state.capabilities.relocate(&caller, &name, &request.space).await?))
}
