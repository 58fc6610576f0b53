//! The audit log: entries, proofs, files, kept views, verification, witnesses, retention, forwarding.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;

use super::super::described::{Routes, routes};
use crate::api::caller::SignedIn;
use crate::api::disposition::download_headers;
use crate::api::routes::live::guarded;
use crate::api::{AppState, Body, Params, Problem, Query, Respond};
use crate::base::fault::BUG;
use crate::wire::audit::{
    AuditEntry, AuditFileQuery, AuditProof, AuditQuery, AuditStatus, AuditVerdict, AuditViewItem, AuditViewItems, AuditViewRequest,
    ForwardViews, RetentionDone, WitnessRequest, WitnessView, WitnessViews,
};
use crate::wire::page::Page;

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(checkpoint))
        .routes(routes!(key))
        .routes(routes!(verify))
        .routes(routes!(export))
        .routes(routes!(file))
        .routes(routes!(status))
        .routes(routes!(witnesses, witness))
        .routes(routes!(retain))
        .routes(routes!(forwards))
        .routes(routes!(views, keep_view))
        .routes(routes!(change_view, remove_view))
}

/// List entries, newest first. Without the right to read the whole log: only what one did oneself.
#[utoipa::path(get, path = "/api/v1/audit/events", operation_id = "list_audit_events", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Page<AuditEntry>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    Ok(Json(state.audit.list(&caller, &query).await?))
}

/// Show one entry with the proof that the log holds it.
#[utoipa::path(get, path = "/api/v1/audit/events/{index}", operation_id = "show_audit_event", tag = "audit", params(("index" = u64, Path)),
    responses((status = 200, body = AuditProof)))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(index): Params<u64>) -> Result<Json<AuditProof>, Problem> {
    Ok(Json(state.audit.entry(&caller, index).await?))
}

/// The signed checkpoint of the log (C2SP signed note).
#[utoipa::path(get, path = "/api/v1/audit/checkpoint", operation_id = "get_checkpoint", tag = "audit",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn checkpoint(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Result<impl IntoResponse, Problem> {
    let text = state.audit.checkpoint(&caller).await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text))
}

/// The key that checkpoints and receipts are verified with (C2SP verifier key).
#[utoipa::path(get, path = "/api/v1/audit/key", operation_id = "get_audit_key", tag = "audit",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn key(State(state): State<AppState>, SignedIn(_caller): SignedIn) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{}\n", state.audit.verifier_key()))
}

/// Verify the whole log now, and answer with a signed statement. A client that accepts `text/event-stream` hears on the way how
/// far it is: `progress` events with an `AuditProgress`, then one `verdict` with an `AuditVerdict` or one `problem` with a `Problem`.
#[utoipa::path(post, path = "/api/v1/audit/verify", operation_id = "verify_audit", tag = "audit",
    responses((status = 200, content((AuditVerdict = "application/json"), (String = "text/event-stream")))))]
async fn verify(State(state): State<AppState>, SignedIn(caller): SignedIn, headers: HeaderMap) -> Result<Response, Problem> {
    let begun = state.audit.begin_verification(&caller).await?;
    if !headers.get(ACCEPT).is_some_and(|kinds| kinds.as_bytes().starts_with(b"text/event-stream")) {
        return Ok(Json(begun.finish().await?).into_response());
    }
    let progress = futures::stream::unfold(begun.progress(), |mut progress| async move {
        progress.changed().await.ok()?;
        let now = *progress.borrow_and_update();
        Some((Event::default().event("progress").json_data(now), progress))
    });
    // It goes on, and is recorded, also when nobody listens any more.
    let verdict = tokio::spawn(begun.finish());
    let last = futures::stream::once(async move {
        match verdict.await.unwrap_or_else(|error| Err(BUG.fault("the verification broke off").cause(error))) {
            Ok(verdict) => Event::default().event("verdict").json_data(verdict),
            Err(fault) => Event::default().event("problem").json_data(Problem(fault).wire()),
        }
    });
    let events = progress.chain(last).filter_map(|event| async { event.ok().map(Ok) });
    Ok(Sse::new(guarded(&state, &caller, events)?).keep_alive(KeepAlive::default()).into_response())
}

/// Download the log for verification elsewhere (C2SP tlog-tiles in a .tar).
#[utoipa::path(get, path = "/api/v1/audit/export", operation_id = "export_audit", tag = "audit",
    responses((status = 200, body = String, content_type = "application/x-tar")))]
async fn export(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Result<Response, Problem> {
    let file = state.audit.export(&caller).await?;
    let body = HttpBody::from_stream(tokio_util::io::ReaderStream::new(tokio::fs::File::from_std(file)));
    Ok((download_headers("execgov-audit.tar", "application/x-tar"), body).into_response())
}

/// Download entries that fit filters, newest first, as JSON lines or as a table for spreadsheets.
#[utoipa::path(get, path = "/api/v1/audit/events/download", operation_id = "download_audit_events", tag = "audit", params(AuditFileQuery),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), Problem))]
async fn file(State(state): State<AppState>, SignedIn(caller): SignedIn, Query(query): Query<AuditFileQuery>) -> Respond<Response> {
    let found = state.audit.file(&caller, &query).await?;
    let body = HttpBody::from_stream(tokio_util::io::ReaderStream::new(tokio::fs::File::from_std(found.file)));
    Ok((download_headers(found.name, found.media_type), body).into_response())
}

/// How the log stands: verified, witnessed, removed, sent on.
#[utoipa::path(get, path = "/api/v1/audit/status", operation_id = "audit_status", tag = "audit",
    responses((status = 200, body = AuditStatus), Problem))]
async fn status(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<AuditStatus>> {
    Ok(Json(state.audit.status(&caller).await?))
}

/// List checkpoints that are kept elsewhere, the latest first.
#[utoipa::path(get, path = "/api/v1/audit/witnesses", operation_id = "list_witnesses", tag = "audit",
    responses((status = 200, body = WitnessViews), Problem))]
async fn witnesses(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<WitnessViews>> {
    Ok(Json(state.audit.witnesses(&caller).await?))
}

/// Record that a checkpoint is kept elsewhere.
#[utoipa::path(post, path = "/api/v1/audit/witnesses", operation_id = "add_witness", tag = "audit", request_body = WitnessRequest,
    responses((status = 201, body = WitnessView), Problem))]
async fn witness(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<WitnessRequest>,
) -> Respond<(StatusCode, Json<WitnessView>)> {
    Ok((StatusCode::CREATED, Json(state.audit.witness(&caller, &request).await?)))
}

/// Remove now what is older than the settings keep it.
#[utoipa::path(post, path = "/api/v1/audit/retention", operation_id = "apply_retention", tag = "audit",
    responses((status = 200, body = RetentionDone), Problem))]
async fn retain(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<RetentionDone>> {
    Ok(Json(state.audit.apply_retention(&caller).await?))
}

/// Where events are sent, and how far that has come.
#[utoipa::path(get, path = "/api/v1/audit/forward", operation_id = "forward_status", tag = "audit",
    responses((status = 200, body = ForwardViews), Problem))]
async fn forwards(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<ForwardViews>> {
    Ok(Json(state.audit.forward_status(&caller).await?))
}

/// List kept views: one's own, and those that are shared.
#[utoipa::path(get, path = "/api/v1/audit/views", operation_id = "list_audit_views", tag = "audit",
    responses((status = 200, body = AuditViewItems), Problem))]
async fn views(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<AuditViewItems>> {
    Ok(Json(state.audit.views(&caller).await?))
}

/// Keep filters under a name.
#[utoipa::path(post, path = "/api/v1/audit/views", operation_id = "keep_audit_view", tag = "audit", request_body = AuditViewRequest,
    responses((status = 201, body = AuditViewItem), Problem))]
async fn keep_view(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<AuditViewRequest>,
) -> Respond<(StatusCode, Json<AuditViewItem>)> {
    Ok((StatusCode::CREATED, Json(state.audit.keep_view(&caller, &request).await?)))
}

/// Change one of one's own views.
#[utoipa::path(put, path = "/api/v1/audit/views/{id}", operation_id = "change_audit_view", tag = "audit", params(("id" = String, Path)),
    request_body = AuditViewRequest, responses((status = 200, body = AuditViewItem), Problem))]
async fn change_view(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<AuditViewRequest>,
) -> Respond<Json<AuditViewItem>> {
    Ok(Json(state.audit.change_view(&caller, &id, &request).await?))
}

/// Remove one of one's own views.
#[utoipa::path(delete, path = "/api/v1/audit/views/{id}", operation_id = "remove_audit_view", tag = "audit", params(("id" = String, Path)),
    responses((status = 204), Problem))]
async fn remove_view(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<StatusCode> {
    state.audit.remove_view(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
