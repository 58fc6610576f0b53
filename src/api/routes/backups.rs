//! Backups: made on request, fetched by name.

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::super::described::{Routes, routes};
use crate::api::caller::SignedIn;
use crate::api::disposition::download_headers;
use crate::api::extract::parse;
use crate::api::{AppState, Params, Problem};
use crate::wire::system::{BackupInfo, CreateBackup};
use crate::wire::vault::DrillView;

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(create)).routes(routes!(drill)).routes(routes!(download))
}

/// Make a backup while the appliance works. The body may be left out.
#[utoipa::path(post, path = "/api/v1/backups", operation_id = "create_backup", tag = "system", request_body = CreateBackup,
    responses((status = 201, body = BackupInfo)))]
async fn create(State(state): State<AppState>, SignedIn(caller): SignedIn, body: Bytes) -> Result<(StatusCode, Json<BackupInfo>), Problem> {
    let request = if body.is_empty() { CreateBackup::default() } else { parse(&body)? };
    Ok((StatusCode::CREATED, Json(state.backups.create(&caller, request).await?)))
}

/// Prove that a backup made now can be restored: it is made, opened, restored into a scratch directory and checked.
#[utoipa::path(post, path = "/api/v1/backups/drill", operation_id = "drill_backup", tag = "system",
    responses((status = 200, body = DrillView)))]
async fn drill(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Result<Json<DrillView>, Problem> {
    Ok(Json(state.backups.drill_for(&caller).await?))
}

/// Download a backup.
#[utoipa::path(get, path = "/api/v1/backups/{name}", operation_id = "download_backup", tag = "system", params(("name" = String, Path)),
    responses((status = 200, body = String, content_type = "application/octet-stream")))]
async fn download(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Result<Response, Problem> {
    let file = state.backups.open(&caller, &name).await?;
    let body = HttpBody::from_stream(tokio_util::io::ReaderStream::new(tokio::fs::File::from_std(file)));
    Ok((download_headers(&name, "application/octet-stream"), body).into_response())
}
