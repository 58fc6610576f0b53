//! Tenants.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::tenant::{TenantRequest, TenantUpdate, TenantView, TenantViews};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list, add)).routes(routes!(show, update))
}

/// List the tenants: every one for those who look after the appliance, one's own for everybody else.
#[utoipa::path(get, path = "/api/v1/tenants", operation_id = "list_tenants", tag = "access",
    responses((status = 200, body = TenantViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<TenantViews>> {
    Ok(Json(state.tenants.list(&caller)?))
}

/// Make a tenant. Nobody is in it until an account is made in it.
#[utoipa::path(post, path = "/api/v1/tenants", operation_id = "add_tenant", tag = "access",
    request_body = TenantRequest, responses((status = 201, body = TenantView), Problem))]
async fn add(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<TenantRequest>,
) -> Respond<(StatusCode, Json<TenantView>)> {
    Ok((StatusCode::CREATED, Json(state.tenants.add(&caller, &request).await?)))
}

/// One tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{key}", operation_id = "show_tenant", tag = "access",
    params(("key" = String, Path)), responses((status = 200, body = TenantView), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(key): Params<String>) -> Respond<Json<TenantView>> {
    Ok(Json(state.tenants.show(&caller, &key).await?))
}

/// Rename a tenant, suspend it or bring it back. Suspended, nobody of it is let in, and what is queued waits.
#[utoipa::path(patch, path = "/api/v1/tenants/{key}", operation_id = "update_tenant", tag = "access",
    params(("key" = String, Path)), request_body = TenantUpdate, responses((status = 200, body = TenantView), Problem))]
async fn update(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(key): Params<String>,
    Body(request): Body<TenantUpdate>,
) -> Respond<Json<TenantView>> {
    Ok(Json(state.tenants.update(&caller, &key, &request).await?))
}
