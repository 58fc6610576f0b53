//! Resources: what capabilities reach outside.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::resource::{
    CapabilityVerification, GrantRequest, ResourceRequest, ResourceUpdate, ResourceUses, ResourceView, ResourceViews, VerifyRequest,
};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, add))
        .routes(routes!(show, update, remove))
        .routes(routes!(usage))
        .routes(routes!(grant))
        .routes(routes!(revoke))
        .routes(routes!(test))
        .routes(routes!(verify))
}

/// List the resources that may be used: every one for those who look after the appliance.
#[utoipa::path(get, path = "/api/v1/resources", operation_id = "list_resources", tag = "resources",
    responses((status = 200, body = ResourceViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<ResourceViews>> {
    Ok(Json(state.resources.list(&caller).await?))
}

/// Add a resource.
#[utoipa::path(post, path = "/api/v1/resources", operation_id = "add_resource", tag = "resources",
    request_body = ResourceRequest, responses((status = 201, body = ResourceView), Problem))]
async fn add(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<ResourceRequest>,
) -> Respond<(StatusCode, Json<ResourceView>)> {
    Ok((StatusCode::CREATED, Json(state.resources.add(&caller, request).await?)))
}

/// Show a resource: purpose, authentication style, write boundary, hosts, status, who uses it.
#[utoipa::path(get, path = "/api/v1/resources/{name}", operation_id = "show_resource", tag = "resources", params(("name" = String, Path)),
    responses((status = 200, body = ResourceView), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Respond<Json<ResourceView>> {
    Ok(Json(state.resources.show(&caller, &name).await?))
}

/// Change a resource. Approvals that were given for its former settings are void.
#[utoipa::path(patch, path = "/api/v1/resources/{name}", operation_id = "update_resource", tag = "resources", params(("name" = String, Path)),
    request_body = ResourceUpdate, responses((status = 200, body = ResourceView), Problem))]
async fn update(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<ResourceUpdate>,
) -> Respond<Json<ResourceView>> {
    Ok(Json(state.resources.update(&caller, &name, request).await?))
}

/// Remove a resource that nothing current uses.
#[utoipa::path(delete, path = "/api/v1/resources/{name}", operation_id = "remove_resource", tag = "resources", params(("name" = String, Path)),
    responses((status = 204), Problem))]
async fn remove(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Respond<StatusCode> {
    state.resources.remove(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the capabilities that use a resource.
#[utoipa::path(get, path = "/api/v1/resources/{name}/usage", operation_id = "list_resource_uses", tag = "resources",
    params(("name" = String, Path)), responses((status = 200, body = ResourceUses), Problem))]
async fn usage(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Respond<Json<ResourceUses>> {
    Ok(Json(state.resources.usage(&caller, &name).await?))
}

/// Let a tenant, or some of its spaces, use a resource.
#[utoipa::path(post, path = "/api/v1/resources/{name}/grants", operation_id = "grant_resource", tag = "resources",
    params(("name" = String, Path)), request_body = GrantRequest, responses((status = 200, body = ResourceView), Problem))]
async fn grant(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<GrantRequest>,
) -> Respond<Json<ResourceView>> {
    Ok(Json(state.resources.grant(&caller, &name, request).await?))
}

/// Take a tenant's grant of a resource away.
#[utoipa::path(delete, path = "/api/v1/resources/{name}/grants/{tenant}", operation_id = "revoke_resource", tag = "resources",
    params(("name" = String, Path), ("tenant" = String, Path)), responses((status = 200, body = ResourceView), Problem))]
async fn revoke(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, tenant)): Params<(String, String)>,
) -> Respond<Json<ResourceView>> {
    Ok(Json(state.resources.revoke(&caller, &name, &tenant).await?))
}

/// Test a resource: its own check, at its stored address, with its stored credential.
#[utoipa::path(post, path = "/api/v1/resources/{name}/test", operation_id = "test_resource", tag = "resources",
    params(("name" = String, Path)), responses((status = 200, body = ResourceView), Problem))]
async fn test(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Respond<Json<ResourceView>> {
    Ok(Json(state.resources.test(&caller, &name).await?))
}

/// Verify a version that makes requests: its declared reading request goes out, by the same rules as a run.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/verify", operation_id = "verify_capability", tag = "capabilities",
    params(("name" = String, Path)), request_body = VerifyRequest, responses((status = 200, body = CapabilityVerification), Problem))]
async fn verify(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<VerifyRequest>,
) -> Respond<Json<CapabilityVerification>> {
    Ok(Json(state.resources.verify(&caller, &name, request.version).await?))
}
