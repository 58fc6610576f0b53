//! Calendars: which days and hours are marked.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::described::{Routes, routes};
use super::approvals::changed;
use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::wire::approval::{Asked, ChangeQuery};
use crate::wire::calendar::{CalendarRequest, CalendarView, CalendarViews, ImportRequest, PeriodQuery, Periods};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list, add)).routes(routes!(show, update, remove)).routes(routes!(import)).routes(routes!(periods))
}

/// List calendars, with whether each is marked now.
#[utoipa::path(get, path = "/api/v1/calendars", operation_id = "list_calendars", tag = "freezes",
    responses((status = 200, body = CalendarViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<CalendarViews>> {
    Ok(Json(state.calendars.list(&caller).await?))
}

/// Make a calendar.
#[utoipa::path(post, path = "/api/v1/calendars", operation_id = "add_calendar", tag = "freezes", request_body = CalendarRequest,
    responses((status = 201, body = CalendarView), Problem))]
async fn add(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<CalendarRequest>,
) -> Respond<(StatusCode, Json<CalendarView>)> {
    Ok((StatusCode::CREATED, Json(state.calendars.add(&caller, &request).await?)))
}

/// Show a calendar, by id or name.
#[utoipa::path(get, path = "/api/v1/calendars/{calendar}", operation_id = "show_calendar", tag = "freezes",
    params(("calendar" = String, Path)), responses((status = 200, body = CalendarView), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(calendar): Params<String>) -> Respond<Json<CalendarView>> {
    Ok(Json(state.calendars.show(&caller, &calendar).await?))
}

/// Write a calendar anew. Where a freeze goes by it and four eyes are asked for, that waits for consent.
#[utoipa::path(put, path = "/api/v1/calendars/{calendar}", operation_id = "update_calendar", tag = "freezes",
    params(("calendar" = String, Path), ChangeQuery), request_body = CalendarRequest,
    responses((status = 200, body = CalendarView), (status = 202, body = Asked), Problem))]
async fn update(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(calendar): Params<String>,
    Query(query): Query<ChangeQuery>,
    Body(request): Body<CalendarRequest>,
) -> Respond<Response> {
    Ok(changed(state.calendars.update(&caller, &calendar, &request, query.reason).await?))
}

/// Remove a calendar that no freeze goes by.
#[utoipa::path(delete, path = "/api/v1/calendars/{calendar}", operation_id = "remove_calendar", tag = "freezes",
    params(("calendar" = String, Path)), responses((status = 204), Problem))]
async fn remove(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(calendar): Params<String>) -> Respond<StatusCode> {
    state.calendars.remove(&caller, &calendar).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put what an `.ics` file holds into a calendar, in place of what was imported before.
#[utoipa::path(post, path = "/api/v1/calendars/{calendar}/import", operation_id = "import_calendar", tag = "freezes",
    params(("calendar" = String, Path), ChangeQuery), request_body = ImportRequest,
    responses((status = 200, body = CalendarView), (status = 202, body = Asked), Problem))]
async fn import(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(calendar): Params<String>,
    Query(query): Query<ChangeQuery>,
    Body(request): Body<ImportRequest>,
) -> Respond<Response> {
    Ok(changed(state.calendars.import(&caller, &calendar, &request, query.reason).await?))
}

/// List the periods in which a calendar is marked between two moments.
#[utoipa::path(get, path = "/api/v1/calendars/{calendar}/periods", operation_id = "list_calendar_periods", tag = "freezes",
    params(("calendar" = String, Path), PeriodQuery), responses((status = 200, body = Periods), Problem))]
async fn periods(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(calendar): Params<String>,
    Query(query): Query<PeriodQuery>,
) -> Respond<Json<Periods>> {
    Ok(Json(state.calendars.periods(&caller, &calendar, &query).await?))
}
