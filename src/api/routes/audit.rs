//! The audit log: entries, proofs, verification, export.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::SignedIn;
use crate::api::disposition::download_headers;
use crate::api::routes::live::guarded;
use crate::api::{AppState, Params, Problem, Query};
use crate::base::fault::BUG;
use crate::wire::audit::{AuditEntry, AuditProof, AuditQuery, AuditVerdict};
use crate::wire::page::Page;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(checkpoint))
        .routes(routes!(key))
        .routes(routes!(verify))
        .routes(routes!(export))
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
