//! Secrets: values go in, none comes out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::wire::page::CountedPage;
use crate::wire::secret::{DescribeSecret, GrantRequest, InDomain, SecretDetail, SecretQuery, SecretSummary, SetSecret};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(show, set, describe, delete))
        .routes(routes!(destroy_version))
        .routes(routes!(grant))
        .routes(routes!(revoke))
}

/// List secrets by name.
#[utoipa::path(get, path = "/api/v1/secrets", operation_id = "list_secrets", tag = "secrets", params(SecretQuery),
    responses((status = 200, body = CountedPage<SecretSummary>), Problem))]
async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<SecretQuery>,
) -> Respond<Json<CountedPage<SecretSummary>>> {
    Ok(Json(state.secrets.list(&caller, &query).await?))
}

/// Show everything known of a secret but its value.
#[utoipa::path(get, path = "/api/v1/secrets/{name}", operation_id = "show_secret", tag = "secrets", params(("name" = String, Path), InDomain),
    responses((status = 200, body = SecretDetail), Problem))]
async fn show(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Query(query): Query<InDomain>,
) -> Respond<Json<SecretDetail>> {
    Ok(Json(state.secrets.show(&caller, query.domain, &name).await?))
}

/// Set a value: of a new secret, or a new version of one that exists.
#[utoipa::path(put, path = "/api/v1/secrets/{name}", operation_id = "set_secret", tag = "secrets", params(("name" = String, Path), InDomain),
    request_body = SetSecret, responses((status = 200, body = SecretDetail), Problem))]
async fn set(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Query(query): Query<InDomain>,
    Body(request): Body<SetSecret>,
) -> Respond<Json<SecretDetail>> {
    Ok(Json(state.secrets.set(&caller, query.domain, &name, &request).await?))
}

/// Change what is said of a secret, or when its value expires.
#[utoipa::path(patch, path = "/api/v1/secrets/{name}", operation_id = "describe_secret", tag = "secrets",
    params(("name" = String, Path), InDomain), request_body = DescribeSecret, responses((status = 200, body = SecretDetail), Problem))]
async fn describe(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Query(query): Query<InDomain>,
    Body(request): Body<DescribeSecret>,
) -> Respond<Json<SecretDetail>> {
    Ok(Json(state.secrets.describe(&caller, query.domain, &name, &request).await?))
}

/// Delete a secret with all its values and grants.
#[utoipa::path(delete, path = "/api/v1/secrets/{name}", operation_id = "delete_secret", tag = "secrets",
    params(("name" = String, Path), InDomain), responses((status = 204), Problem))]
async fn delete(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Query(query): Query<InDomain>,
) -> Respond<StatusCode> {
    state.secrets.delete(&caller, query.domain, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Destroy the value of one version for good.
#[utoipa::path(post, path = "/api/v1/secrets/{name}/versions/{number}/destroy", operation_id = "destroy_secret_version", tag = "secrets",
    params(("name" = String, Path), ("number" = u32, Path), InDomain), responses((status = 200, body = SecretDetail), Problem))]
async fn destroy_version(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
    Query(query): Query<InDomain>,
) -> Respond<Json<SecretDetail>> {
    Ok(Json(state.secrets.destroy_version(&caller, query.domain, &name, number).await?))
}

/// Grant a secret to a capability or a resource.
#[utoipa::path(post, path = "/api/v1/secrets/{name}/grants", operation_id = "grant_secret", tag = "secrets",
    params(("name" = String, Path), InDomain), request_body = GrantRequest, responses((status = 201, body = SecretDetail), Problem))]
async fn grant(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Query(query): Query<InDomain>,
    Body(request): Body<GrantRequest>,
) -> Respond<(StatusCode, Json<SecretDetail>)> {
    Ok((StatusCode::CREATED, Json(state.secrets.grant(&caller, query.domain, &name, &request).await?)))
}

/// Take a grant back.
#[utoipa::path(delete, path = "/api/v1/secrets/{name}/grants/{grant}", operation_id = "revoke_secret", tag = "secrets",
    params(("name" = String, Path), ("grant" = String, Path), InDomain), responses((status = 200, body = SecretDetail), Problem))]
async fn revoke(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, grant)): Params<(String, String)>,
    Query(query): Query<InDomain>,
) -> Respond<Json<SecretDetail>> {
    Ok(Json(state.secrets.revoke(&caller, query.domain, &name, &grant).await?))
}
