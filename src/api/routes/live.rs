//! Live changes of runs, and the guard that ends every live stream when its caller's rights end.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use tokio::sync::broadcast::error::RecvError;

use super::super::described::{Routes, routes};
use crate::api::caller::SignedIn;
use crate::api::{AppState, Params, Problem};
use crate::domain::access::Caller;
use crate::wire::run::RunChanged;

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(all)).routes(routes!(one))
}

type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Ends a stream within a second of the end of the session or token it was opened with, and holds its place among those of
/// the principal.
///
/// # Errors
/// When the principal has too many streams open.
pub(super) fn guarded<S: Stream<Item = Result<Event, Infallible>>>(
    state: &AppState,
    caller: &Caller,
    events: S,
) -> Result<impl Stream<Item = S::Item> + use<S>, Problem> {
    let place = state.streams.take(caller.principal)?;
    let ended: Ended = Box::pin(state.identity.over(caller));
    Ok(events.take_until(ended).inspect(move |_| {
        let _held = &place;
    }))
}

/// Follow every run the caller may see: `run` events with a `RunChanged`.
#[utoipa::path(get, path = "/api/v1/runs/stream", operation_id = "stream_runs", tag = "runs",
    responses((status = 200, body = String, content_type = "text/event-stream")))]
async fn all(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let changes = state.runs.feed().listen();
    let runs = state.runs.clone();
    let seer = caller.clone();
    let events = futures::stream::unfold((changes, runs, seer), |(mut changes, runs, seer)| async move {
        loop {
            match changes.recv().await {
                Ok(change) => {
                    if let Some(run) = runs.glimpse(&seer, change.run) {
                        let event = Event::default().event("run").json_data(RunChanged { run }).ok()?;
                        return Some((Ok(event), (changes, runs, seer)));
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    let event = Event::default().event("missed").data(missed.to_string());
                    return Some((Ok(event), (changes, runs, seer)));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    });
    Ok(Sse::new(guarded(&state, &caller, events)?).keep_alive(KeepAlive::default()))
}

/// Follow one run to its end: `run` events with a `RunChanged`, the first at once.
#[utoipa::path(get, path = "/api/v1/runs/{id}/stream", operation_id = "stream_run", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
async fn one(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let changes = state.runs.feed().listen();
    let run = state.runs.record(&caller, &id).await?.id;
    let (runs, seer) = (state.runs.clone(), caller.clone());
    let events = futures::stream::unfold((changes, runs, seer, true, false), move |(mut changes, runs, seer, first, over)| async move {
        if over {
            return None;
        }
        if !first {
            loop {
                match changes.recv().await {
                    Ok(change) if change.run != run => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return None,
                }
            }
        }
        let shown = runs.glimpse(&seer, run)?;
        let over = shown.phase.is_final();
        let event = Event::default().event("run").json_data(RunChanged { run: shown }).ok()?;
        Some((Ok(event), (changes, runs, seer, false, over)))
    });
    Ok(Sse::new(guarded(&state, &caller, events)?).keep_alive(KeepAlive::default()))
}
