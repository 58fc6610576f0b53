//! Runs: start, list, show, cancel, compare.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::super::described::{Routes, routes};
use crate::api::caller::SignedIn;
use crate::api::{AppState, Body, Params, Problem, Query};
use crate::domain::access::{Caller, Via};
use crate::domain::run::{Run, Trigger};
use crate::service::runs::{StartRequest, Started};
use crate::wire::approval::ConfirmRequest;
use crate::wire::audit::AuditEntry;
use crate::wire::page::{CountedPage, Page};
use crate::wire::run::{CancelRequest, RunComparison, RunDetail, RunQuery, RunRequest, RunSummary};

/// The header that names the command line.
const CLIENT: &str = "x-execgov-client";
/// Longest that a start waits for the end, in seconds.
const WAIT_MAX_S: u64 = 60;

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(start, list))
        .routes(routes!(compare))
        .routes(routes!(show))
        .routes(routes!(cancel))
        .routes(routes!(confirm))
        .routes(routes!(decline))
        .routes(routes!(events))
}

/// How a start behaves.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StartQuery {
    /// Answer when the run is over, but after so many seconds at the latest (60 at most).
    wait: Option<u64>,
}

/// Start a run.
#[utoipa::path(post, path = "/api/v1/runs", operation_id = "start_run", tag = "runs",
    params(StartQuery, ("Idempotency-Key" = Option<String>, Header, description = "Repeating a request under the same key starts nothing new")),
    request_body = RunRequest,
    responses((status = 202, body = RunDetail), (status = 200, description = "It is over already, or the request is a repetition", body = RunDetail)))]
async fn start(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<StartQuery>,
    headers: HeaderMap,
    Body(request): Body<RunRequest>,
) -> Result<(StatusCode, Json<RunDetail>), Problem> {
    let idempotency_key = headers.get("idempotency-key").map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
    let asked = StartRequest { request, trigger: trigger(&caller, &headers), idempotency_key };
    let mut changes = query.wait.map(|_| state.runs.feed().listen());
    let (status, mut run) = match state.runs.start(&caller, asked).await? {
        Started::New(run) => (StatusCode::ACCEPTED, *run),
        Started::Replayed(run) => (StatusCode::OK, *run),
    };
    if let (Some(seconds), Some(changes)) = (query.wait, changes.as_mut()) {
        let patience = Duration::from_secs(seconds.min(WAIT_MAX_S));
        run = state.runs.settled(run, changes, patience).await?;
    }
    let status = if run.phase.is_final() { StatusCode::OK } else { status };
    Ok((status, Json(state.runs.detail(&caller, &run)?)))
}

/// The console signs in with a session; the command line names itself; everything else is the API.
fn trigger(caller: &Caller, headers: &HeaderMap) -> Trigger {
    match &caller.via {
        _ if headers.get(CLIENT).is_some_and(|client| client.as_bytes().starts_with(b"cli")) => Trigger::Cli,
        Via::Session { .. } => Trigger::Console,
        Via::Token { .. } | Via::Host => Trigger::Api,
    }
}

/// List runs, newest first.
#[utoipa::path(get, path = "/api/v1/runs", operation_id = "list_runs", tag = "runs", params(RunQuery),
    responses((status = 200, body = CountedPage<RunSummary>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<RunQuery>,
) -> Result<Json<CountedPage<RunSummary>>, Problem> {
    Ok(Json(state.runs.list(&caller, &query)?))
}

/// Show a run.
#[utoipa::path(get, path = "/api/v1/runs/{id}", operation_id = "show_run", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = RunDetail)))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Result<Json<RunDetail>, Problem> {
    Ok(Json(state.runs.show(&caller, &id).await?))
}

/// Cancel a run.
#[utoipa::path(post, path = "/api/v1/runs/{id}/cancel", operation_id = "cancel_run", tag = "runs", params(("id" = String, Path)),
    request_body = CancelRequest, responses((status = 202, body = RunDetail)))]
async fn cancel(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<CancelRequest>,
) -> Result<(StatusCode, Json<RunDetail>), Problem> {
    let run: Run = state.runs.cancel(&caller, &id, request.reason).await?;
    Ok((StatusCode::ACCEPTED, Json(state.runs.detail(&caller, &run)?)))
}

/// Confirm a run that waits for its requester.
#[utoipa::path(post, path = "/api/v1/runs/{id}/confirm", operation_id = "confirm_run", tag = "runs", params(("id" = String, Path)),
    request_body = ConfirmRequest, responses((status = 202, body = RunDetail)))]
async fn confirm(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<ConfirmRequest>,
) -> Result<(StatusCode, Json<RunDetail>), Problem> {
    let run: Run = state.runs.confirm(&caller, &id, &request.binding).await?;
    Ok((StatusCode::ACCEPTED, Json(state.runs.detail(&caller, &run)?)))
}

/// Decline a run that waits for its requester: it never runs.
#[utoipa::path(post, path = "/api/v1/runs/{id}/decline", operation_id = "decline_run", tag = "runs", params(("id" = String, Path)),
    request_body = CancelRequest, responses((status = 200, body = RunDetail)))]
async fn decline(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<CancelRequest>,
) -> Result<Json<RunDetail>, Problem> {
    let run: Run = state.runs.decline(&caller, &id, request.reason).await?;
    Ok(Json(state.runs.detail(&caller, &run)?))
}

/// What the audit log says about a run, oldest first.
#[utoipa::path(get, path = "/api/v1/runs/{id}/events", operation_id = "list_run_events", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = Page<AuditEntry>)))]
async fn events(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let run = state.runs.record(&caller, &id).await?;
    let items = state.audit.story_of(&run.id.to_string(), run.created_at, run.finished_at)?;
    Ok(Json(Page { items, next: None }))
}

/// Which runs to compare.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CompareQuery {
    left: String,
    right: String,
}

/// Compare two runs.
#[utoipa::path(get, path = "/api/v1/runs/compare", operation_id = "compare_runs", tag = "runs", params(CompareQuery),
    responses((status = 200, body = RunComparison)))]
async fn compare(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<CompareQuery>,
) -> Result<Json<RunComparison>, Problem> {
    Ok(Json(state.runs.compare(&caller, &query.left, &query.right).await?))
}
