//! Groups of people.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::group::{GroupDetail, GroupRequest, GroupView, GroupViews, MemberRequest};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list, add)).routes(routes!(show, remove)).routes(routes!(add_member, remove_member))
}

/// List the groups of the tenant.
#[utoipa::path(get, path = "/api/v1/groups", operation_id = "list_groups", tag = "access",
    responses((status = 200, body = GroupViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<GroupViews>> {
    Ok(Json(state.groups.list(&caller).await?))
}

/// Make a group.
#[utoipa::path(post, path = "/api/v1/groups", operation_id = "add_group", tag = "access",
    request_body = GroupRequest, responses((status = 201, body = GroupView), Problem))]
async fn add(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<GroupRequest>,
) -> Respond<(StatusCode, Json<GroupView>)> {
    Ok((StatusCode::CREATED, Json(state.groups.add(&caller, &request).await?)))
}

/// Show a group and who is in it.
#[utoipa::path(get, path = "/api/v1/groups/{group}", operation_id = "show_group", tag = "access",
    params(("group" = String, Path, description = "Name or id")), responses((status = 200, body = GroupDetail), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(group): Params<String>) -> Respond<Json<GroupDetail>> {
    Ok(Json(state.groups.show(&caller, &group).await?))
}

/// Remove a group, and with it what was given to it.
#[utoipa::path(delete, path = "/api/v1/groups/{group}", operation_id = "remove_group", tag = "access",
    params(("group" = String, Path, description = "Name or id")), responses((status = 204), Problem))]
async fn remove(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(group): Params<String>) -> Respond<StatusCode> {
    state.groups.remove(&caller, &group).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a person into a group, or change until when they are in it.
#[utoipa::path(put, path = "/api/v1/groups/{group}/members/{user}", operation_id = "add_group_member", tag = "access",
    params(("group" = String, Path, description = "Name or id"), ("user" = String, Path, description = "Name or id")),
    request_body = MemberRequest, responses((status = 200, body = GroupDetail), Problem))]
async fn add_member(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((group, user)): Params<(String, String)>,
    Body(request): Body<MemberRequest>,
) -> Respond<Json<GroupDetail>> {
    Ok(Json(state.groups.add_member(&caller, &group, &user, &request).await?))
}

/// Take a person out of a group.
#[utoipa::path(delete, path = "/api/v1/groups/{group}/members/{user}", operation_id = "remove_group_member", tag = "access",
    params(("group" = String, Path, description = "Name or id"), ("user" = String, Path, description = "Name or id")),
    responses((status = 204), Problem))]
async fn remove_member(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((group, user)): Params<(String, String)>,
) -> Respond<StatusCode> {
    state.groups.remove_member(&caller, &group, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
