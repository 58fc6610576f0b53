//! Announcements: written, reviewed, published, read.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::domain::announcement::Step;
use crate::wire::announcement::{AnnouncementQuery, AnnouncementReceipts, AnnouncementRequest, AnnouncementView, AnnouncementViews};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, draft))
        .routes(routes!(show, edit))
        .routes(routes!(submit))
        .routes(routes!(give_back))
        .routes(routes!(publish))
        .routes(routes!(withdraw))
        .routes(routes!(acknowledge))
        .routes(routes!(receipts))
}

/// List announcements: those shown to the caller now, or all that the caller keeps.
#[utoipa::path(get, path = "/api/v1/announcements", operation_id = "list_announcements", tag = "announcements",
    params(AnnouncementQuery), responses((status = 200, body = AnnouncementViews), Problem))]
async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<AnnouncementQuery>,
) -> Respond<Json<AnnouncementViews>> {
    Ok(Json(state.announcements.list(&caller, query.view.as_deref()).await?))
}

/// Write a draft.
#[utoipa::path(post, path = "/api/v1/announcements", operation_id = "draft_announcement", tag = "announcements",
    request_body = AnnouncementRequest, responses((status = 201, body = AnnouncementView), Problem))]
async fn draft(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<AnnouncementRequest>,
) -> Respond<(StatusCode, Json<AnnouncementView>)> {
    Ok((StatusCode::CREATED, Json(state.announcements.draft(&caller, &request).await?)))
}

/// Show one announcement.
#[utoipa::path(get, path = "/api/v1/announcements/{id}", operation_id = "show_announcement", tag = "announcements",
    params(("id" = String, Path)), responses((status = 200, body = AnnouncementView), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<Json<AnnouncementView>> {
    Ok(Json(state.announcements.show(&caller, &id).await?))
}

/// Change a draft.
#[utoipa::path(put, path = "/api/v1/announcements/{id}", operation_id = "edit_announcement", tag = "announcements",
    params(("id" = String, Path)), request_body = AnnouncementRequest, responses((status = 200, body = AnnouncementView), Problem))]
async fn edit(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<AnnouncementRequest>,
) -> Respond<Json<AnnouncementView>> {
    Ok(Json(state.announcements.edit(&caller, &id, &request).await?))
}

/// Ask for a review of a draft.
#[utoipa::path(post, path = "/api/v1/announcements/{id}/submit", operation_id = "submit_announcement", tag = "announcements",
    params(("id" = String, Path)), responses((status = 200, body = AnnouncementView), Problem))]
async fn submit(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<Json<AnnouncementView>> {
    Ok(Json(state.announcements.step(&caller, &id, Step::Submit).await?))
}

/// Give an announcement in review back to its author.
#[utoipa::path(post, path = "/api/v1/announcements/{id}/return", operation_id = "return_announcement", tag = "announcements",
    params(("id" = String, Path)), responses((status = 200, body = AnnouncementView), Problem))]
async fn give_back(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
) -> Respond<Json<AnnouncementView>> {
    Ok(Json(state.announcements.step(&caller, &id, Step::Return).await?))
}

/// Publish an announcement that was reviewed.
#[utoipa::path(post, path = "/api/v1/announcements/{id}/publish", operation_id = "publish_announcement", tag = "announcements",
    params(("id" = String, Path)), responses((status = 200, body = AnnouncementView), Problem))]
async fn publish(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<Json<AnnouncementView>> {
    Ok(Json(state.announcements.step(&caller, &id, Step::Publish).await?))
}

/// Take an announcement off the screens, or drop a draft.
#[utoipa::path(post, path = "/api/v1/announcements/{id}/withdraw", operation_id = "withdraw_announcement", tag = "announcements",
    params(("id" = String, Path)), responses((status = 200, body = AnnouncementView), Problem))]
async fn withdraw(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
) -> Respond<Json<AnnouncementView>> {
    Ok(Json(state.announcements.step(&caller, &id, Step::Withdraw).await?))
}

/// Say that one has read an announcement.
#[utoipa::path(post, path = "/api/v1/announcements/{id}/acknowledge", operation_id = "acknowledge_announcement", tag = "announcements",
    params(("id" = String, Path)), responses((status = 200, body = AnnouncementView), Problem))]
async fn acknowledge(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
) -> Respond<Json<AnnouncementView>> {
    Ok(Json(state.announcements.acknowledge(&caller, &id).await?))
}

/// Who has read an announcement, and who has not.
#[utoipa::path(get, path = "/api/v1/announcements/{id}/receipts", operation_id = "announcement_receipts", tag = "announcements",
    params(("id" = String, Path)), responses((status = 200, body = AnnouncementReceipts), Problem))]
async fn receipts(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
) -> Respond<Json<AnnouncementReceipts>> {
    Ok(Json(state.announcements.receipts(&caller, &id).await?))
}
