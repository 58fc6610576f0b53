//! The audit log: entries, proofs, verification, export.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::SignedIn;
use crate::api::{AppState, Params, Problem, Query};
use crate::wire::audit::{AuditEntry, AuditProof, AuditQuery};
use crate::wire::page::Page;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(checkpoint)).routes(routes!(key))
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
