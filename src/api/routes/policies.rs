//! Policies of a tenant's own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};

use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::policy::{PolicyDetail, PolicyRequest, PolicyTrial, PolicyVersionView, PolicyVersions, TryRequest};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, add))
        .routes(routes!(deactivate))
        .routes(routes!(show))
        .routes(routes!(attempt))
        .routes(routes!(activate))
}

/// List the versions of the tenant's own policies, with the built-in ones and the schema.
#[utoipa::path(get, path = "/api/v1/policies", operation_id = "list_policies", tag = "access",
    responses((status = 200, body = PolicyVersions), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<PolicyVersions>> {
    Ok(Json(state.policies.list(&caller).await?))
}

/// Keep a new version, once it fits the schema. It is not in force.
#[utoipa::path(post, path = "/api/v1/policies", operation_id = "add_policy", tag = "access",
    request_body = PolicyRequest, responses((status = 201, body = PolicyVersionView), Problem))]
async fn add(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<PolicyRequest>,
) -> Respond<(StatusCode, Json<PolicyVersionView>)> {
    Ok((StatusCode::CREATED, Json(state.policies.add(&caller, &request).await?)))
}

/// Leave the built-in policies alone in force.
#[utoipa::path(delete, path = "/api/v1/policies/active", operation_id = "deactivate_policy", tag = "access",
    responses((status = 204), Problem))]
async fn deactivate(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<StatusCode> {
    state.policies.deactivate(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show a version with its text.
#[utoipa::path(get, path = "/api/v1/policies/{number}", operation_id = "show_policy", tag = "access",
    params(("number" = u32, Path)), responses((status = 200, body = PolicyDetail), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(number): Params<u32>) -> Respond<Json<PolicyDetail>> {
    Ok(Json(state.policies.show(&caller, number).await?))
}

/// Say what a version would have changed in the last days.
#[utoipa::path(post, path = "/api/v1/policies/{number}/try", operation_id = "try_policy", tag = "access",
    params(("number" = u32, Path)), request_body = TryRequest, responses((status = 200, body = PolicyTrial), Problem))]
async fn attempt(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(number): Params<u32>,
    Body(request): Body<TryRequest>,
) -> Respond<Json<PolicyTrial>> {
    Ok(Json(state.policies.attempt(&caller, number, request.days).await?))
}

/// Put a version in force instead of the one that is.
#[utoipa::path(post, path = "/api/v1/policies/{number}/activate", operation_id = "activate_policy", tag = "access",
    params(("number" = u32, Path)), responses((status = 200, body = PolicyVersionView), Problem))]
async fn activate(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(number): Params<u32>,
) -> Respond<Json<PolicyVersionView>> {
    Ok(Json(state.policies.activate(&caller, number).await?))
}
