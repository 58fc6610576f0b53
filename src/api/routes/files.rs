//! Files: what people upload as inputs and what runs leave behind.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, ETAG};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use super::super::described::{Routes, routes};
use crate::api::caller::SignedIn;
use crate::api::disposition::download_headers;
use crate::api::upload::{BAD_FORM, Form, broken};
use crate::api::{AppState, Params, Problem};
use crate::base::limit::INPUT_FILE_BYTES;
use crate::wire::run::UploadedFile;

pub(super) fn router() -> Routes {
    let most = usize::try_from(INPUT_FILE_BYTES).unwrap_or(usize::MAX).saturating_add(64 * 1024);
    Routes::new().routes(routes!(upload).limited(most)).routes(routes!(artifact)).routes(routes!(receipt)).routes(routes!(evidence))
}

/// A file, as a form.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form to readers of the API")]
struct FileForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Upload a file to use it as an input.
#[utoipa::path(post, path = "/api/v1/files", operation_id = "upload_file", tag = "runs",
    request_body(content = inline(FileForm), content_type = "multipart/form-data"), responses((status = 201, body = UploadedFile)))]
async fn upload(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    mut form: Form,
) -> Result<(StatusCode, Json<UploadedFile>), Problem> {
    state.files.may_upload(&caller).await?;
    let Some(mut part) = form.next_field().await? else {
        return Err(BAD_FORM.fault("the form has no part `file`").hint("Send multipart/form-data with a part `file`.").into());
    };
    if part.name() != Some("file") {
        return Err(BAD_FORM.fault("the first part of the form must be `file`").into());
    }
    let name = part.file_name().unwrap_or("file").to_owned();
    let mut keeping = state.files.begin(INPUT_FILE_BYTES)?;
    while let Some(chunk) = part.chunk().await.map_err(|error| broken(&error))? {
        keeping.write(&chunk)?;
    }
    Ok((StatusCode::CREATED, Json(state.files.keep(&caller, &name, keeping).await?)))
}

/// Download a file that a run left behind.
#[utoipa::path(get, path = "/api/v1/runs/{id}/artifacts/{*name}", operation_id = "download_artifact", tag = "runs",
    params(("id" = String, Path), ("name" = String, Path)), responses((status = 200, body = String, content_type = "application/octet-stream")))]
async fn artifact(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((id, name)): Params<(String, String)>,
) -> Result<Response, Problem> {
    let found = state.runs.artifact(&caller, &id, &name).await?;
    let headers = download_headers(&found.artifact.name, &found.artifact.media_type);
    let more = [(CONTENT_LENGTH, found.artifact.bytes.to_string()), (ETAG, format!("\"{}\"", found.artifact.sha256))];
    let body = HttpBody::from_stream(ReaderStream::new(tokio::fs::File::from_std(found.file)));
    Ok((headers, more, body).into_response())
}

/// The signed receipt of a finished run: a DSSE envelope around an in-toto statement.
#[utoipa::path(get, path = "/api/v1/runs/{id}/receipt", operation_id = "get_receipt", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = serde_json::Value)))]
async fn receipt(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(state.runs.receipt(&caller, &id, state.audit.evidence()).await?))
}

/// The evidence of a finished run in one zip: receipt, record, result, log, files, audit entries with proofs, and the sums.
#[utoipa::path(get, path = "/api/v1/runs/{id}/evidence", operation_id = "get_evidence", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "application/zip")))]
async fn evidence(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Result<Response, Problem> {
    let file = state.runs.evidence(&caller, &id, &state.audit).await?;
    let headers = download_headers(&format!("{id}.evidence.zip"), "application/zip");
    Ok((headers, HttpBody::from_stream(ReaderStream::new(tokio::fs::File::from_std(file)))).into_response())
}
