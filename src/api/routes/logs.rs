//! Logs of runs: pages, search, download, live tail.

use std::convert::Infallible;

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;

use super::super::described::{Routes, routes};
use crate::api::caller::SignedIn;
use crate::api::disposition::download_headers;
use crate::api::{AppState, Params, Problem, Query};
use crate::service::runs::{LogFollow, LogForm, TailEvent};
use crate::wire::run::{LogPage, LogQuery, LogSearchPage, LogSearchQuery};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(page)).routes(routes!(search)).routes(routes!(raw)).routes(routes!(stream))
}

/// Read lines of a log.
#[utoipa::path(get, path = "/api/v1/runs/{id}/log", operation_id = "read_log", tag = "logs", params(("id" = String, Path), LogQuery),
    responses((status = 200, body = LogPage)))]
async fn page(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    Ok(Json(state.runs.log(&caller, &id, query.attempt).await?.page(&query).await?))
}

/// Find a text or pattern in a log.
#[utoipa::path(get, path = "/api/v1/runs/{id}/log/search", operation_id = "search_log", tag = "logs",
    params(("id" = String, Path), LogSearchQuery), responses((status = 200, body = LogSearchPage)))]
async fn search(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Query(query): Query<LogSearchQuery>,
) -> Result<Json<LogSearchPage>, Problem> {
    Ok(Json(state.runs.log(&caller, &id, query.attempt).await?.search(&query).await?))
}

/// How a log is downloaded.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RawQuery {
    /// `text` (unless given) or `jsonl`.
    format: Option<String>,
    /// Begin each line of text with its time and stream.
    #[serde(default)]
    timestamps: bool,
    /// The log of this attempt, from 1; of the last one unless given.
    attempt: Option<u32>,
}

/// Download a log.
#[utoipa::path(get, path = "/api/v1/runs/{id}/log/raw", operation_id = "download_log", tag = "logs", params(("id" = String, Path), RawQuery),
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn raw(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Query(query): Query<RawQuery>,
) -> Result<Response, Problem> {
    let form = LogForm::parse(query.format.as_deref(), query.timestamps)?;
    let chunks = state.runs.log(&caller, &id, query.attempt).await?.download(form)?;
    let headers = download_headers(&format!("{id}.{}", form.ending()), form.media_type());
    Ok((headers, HttpBody::from_stream(chunks)).into_response())
}

/// Where a live tail begins.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// The first line wanted, from 1. `Last-Event-ID` (the last line that was received) goes before it.
    from: Option<u64>,
}

/// Follow a log live: `lines` events with a `LogPage`, then one `sealed` event with the seal.
#[utoipa::path(get, path = "/api/v1/runs/{id}/log/stream", operation_id = "stream_log", tag = "logs",
    params(("id" = String, Path), StreamQuery), responses((status = 200, body = String, content_type = "text/event-stream")))]
async fn stream(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<u64>().ok());
    let from = resumed.map_or(query.from.unwrap_or(1), |last| last.saturating_add(1));
    let follow = state.runs.follow_log(&caller, &id, from).await?;
    Ok(Sse::new(super::live::guarded(&state, &caller, events(follow))?).keep_alive(KeepAlive::default()))
}

fn events(follow: LogFollow) -> impl Stream<Item = Result<Event, Infallible>> {
    futures::stream::unfold(Some(follow), |follow| async move {
        let mut follow = follow?;
        match follow.next().await {
            Ok(Some(TailEvent::Lines(page, progress))) => {
                let event = Event::default().event("lines").id(page.total.to_string());
                let event = event.json_data(
                    serde_json::json!({ "lines": page.lines, "total": page.total, "sealed": page.sealed, "progress": progress }),
                );
                Some((event.ok(), Some(follow)))
            }
            Ok(Some(TailEvent::Sealed(seal))) => Some((Event::default().event("sealed").json_data(seal).ok(), None)),
            Ok(Some(TailEvent::Lost) | None) | Err(_) => None,
        }
    })
    .filter_map_ok()
}

/// Leaves out events that could not be encoded, which plain data never causes.
trait FilterMapOk: Stream<Item = Option<Event>> + Sized {
    fn filter_map_ok(self) -> impl Stream<Item = Result<Event, Infallible>> {
        futures::StreamExt::filter_map(self, |event| std::future::ready(event.map(Ok)))
    }
}

impl<S: Stream<Item = Option<Event>>> FilterMapOk for S {}
