//! Grants of roles, a tenant's own roles, and who may do what.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};

use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::wire::access::{AccessMatrix, CustomRoleRequest, CustomRoleView, MatrixQuery, RoleGrantQuery, RoleGrantRequest, RoleGrantView};
use crate::wire::page::Page;

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(grants, give))
        .routes(routes!(take))
        .routes(routes!(add_role))
        .routes(routes!(change_role, remove_role))
        .routes(routes!(matrix))
}

/// List who was given which role where: one's own for everybody, all for those who may see grants.
#[utoipa::path(get, path = "/api/v1/grants", operation_id = "list_grants", tag = "access", params(RoleGrantQuery),
    responses((status = 200, body = Page<RoleGrantView>), Problem))]
async fn grants(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<RoleGrantQuery>,
) -> Respond<Json<Page<RoleGrantView>>> {
    Ok(Json(state.access.grants(&caller, &query).await?))
}

/// Give a role to a person, a service account or a group, in the tenant or at one place, for good or for a time.
#[utoipa::path(post, path = "/api/v1/grants", operation_id = "give_role", tag = "access",
    request_body = RoleGrantRequest, responses((status = 201, body = RoleGrantView), Problem))]
async fn give(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<RoleGrantRequest>,
) -> Respond<(StatusCode, Json<RoleGrantView>)> {
    Ok((StatusCode::CREATED, Json(state.access.give(&caller, &request).await?)))
}

/// Take a role away.
#[utoipa::path(delete, path = "/api/v1/grants/{id}", operation_id = "take_role", tag = "access",
    params(("id" = String, Path)), responses((status = 204), Problem))]
async fn take(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<StatusCode> {
    state.access.take(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a role of the tenant's own.
#[utoipa::path(post, path = "/api/v1/roles", operation_id = "add_role", tag = "access",
    request_body = CustomRoleRequest, responses((status = 201, body = CustomRoleView), Problem))]
async fn add_role(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<CustomRoleRequest>,
) -> Respond<(StatusCode, Json<CustomRoleView>)> {
    Ok((StatusCode::CREATED, Json(state.access.add_role(&caller, &request).await?)))
}

/// Change a role of the tenant's own, for everybody who holds it.
#[utoipa::path(put, path = "/api/v1/roles/{role}", operation_id = "change_role", tag = "access",
    params(("role" = String, Path, description = "Name or id")),
    request_body = CustomRoleRequest, responses((status = 200, body = CustomRoleView), Problem))]
async fn change_role(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(role): Params<String>,
    Body(request): Body<CustomRoleRequest>,
) -> Respond<Json<CustomRoleView>> {
    Ok(Json(state.access.change_role(&caller, &role, &request).await?))
}

/// Remove a role of the tenant's own that nobody holds.
#[utoipa::path(delete, path = "/api/v1/roles/{role}", operation_id = "remove_role", tag = "access",
    params(("role" = String, Path, description = "Name or id")), responses((status = 204), Problem))]
async fn remove_role(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(role): Params<String>) -> Respond<StatusCode> {
    state.access.remove_role(&caller, &role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who may do what, by the roles that count in the tenant or at one place.
#[utoipa::path(get, path = "/api/v1/access/matrix", operation_id = "access_matrix", tag = "access", params(MatrixQuery),
    responses((status = 200, body = AccessMatrix), Problem))]
async fn matrix(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<MatrixQuery>,
) -> Respond<Json<AccessMatrix>> {
    Ok(Json(state.access.matrix(&caller, &query).await?))
}
