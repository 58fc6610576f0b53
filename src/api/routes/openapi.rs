//! Operations of OpenAPI documents.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Problem, Respond, SignedIn};
use crate::wire::openapi::{ImportedOperations, OpenApiDocument, OpenApiOperations, OperationsRequest};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(operations)).routes(routes!(import))
}

/// List the operations of an OpenAPI document; stores nothing.
#[utoipa::path(post, path = "/api/v1/openapi/operations", operation_id = "list_openapi_operations", tag = "capabilities",
    request_body = OpenApiDocument, responses((status = 200, body = OpenApiOperations), Problem))]
async fn operations(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<OpenApiDocument>,
) -> Respond<Json<OpenApiOperations>> {
    Ok(Json(state.capabilities.openapi_operations(&caller, &request).await?))
}

/// Register operations of an OpenAPI document as capabilities on a resource.
#[utoipa::path(post, path = "/api/v1/openapi/imports", operation_id = "import_openapi", tag = "capabilities",
    request_body = OperationsRequest, responses((status = 201, body = ImportedOperations), Problem))]
async fn import(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<OperationsRequest>,
) -> Respond<(StatusCode, Json<ImportedOperations>)> {
    Ok((StatusCode::CREATED, Json(state.capabilities.import_openapi(&caller, request).await?)))
}
