//! Freezes: windows in which starts are refused.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::super::described::{Routes, routes};
use super::approvals::changed;
use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::service::approvals::Outcome;
use crate::wire::approval::{Asked, ChangeQuery};
use crate::wire::calendar::{PeriodQuery, Periods};
use crate::wire::freeze::{FreezeRequest, FreezeView, FreezeViews};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list, add)).routes(routes!(periods)).routes(routes!(remove))
}

/// List freezes, with whether each holds now and when it begins next.
#[utoipa::path(get, path = "/api/v1/freezes", operation_id = "list_freezes", tag = "freezes",
    responses((status = 200, body = FreezeViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<FreezeViews>> {
    Ok(Json(state.freezes.list(&caller).await?))
}

/// Set a freeze.
#[utoipa::path(post, path = "/api/v1/freezes", operation_id = "add_freeze", tag = "freezes",
    request_body = FreezeRequest, responses((status = 201, body = FreezeView), Problem))]
async fn add(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<FreezeRequest>,
) -> Respond<(StatusCode, Json<FreezeView>)> {
    Ok((StatusCode::CREATED, Json(state.freezes.add(&caller, &request).await?)))
}

/// List the periods in which freezes hold between two moments.
#[utoipa::path(get, path = "/api/v1/freezes/periods", operation_id = "list_freeze_periods", tag = "freezes", params(PeriodQuery),
    responses((status = 200, body = Periods), Problem))]
async fn periods(State(state): State<AppState>, SignedIn(caller): SignedIn, Query(query): Query<PeriodQuery>) -> Respond<Json<Periods>> {
    Ok(Json(state.freezes.periods(&caller, &query).await?))
}

/// Remove a freeze. Where four eyes are asked for that waits for consent, unless the freeze is over.
#[utoipa::path(delete, path = "/api/v1/freezes/{id}", operation_id = "remove_freeze", tag = "freezes",
    params(("id" = String, Path), ChangeQuery), responses((status = 204), (status = 202, body = Asked), Problem))]
async fn remove(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Query(query): Query<ChangeQuery>,
) -> Respond<Response> {
    Ok(match state.freezes.remove(&caller, &id, query.reason).await? {
        Outcome::Done(()) => StatusCode::NO_CONTENT.into_response(),
        asked @ Outcome::Asked(_) => changed(asked),
    })
}
