//! The first set-up. Public: it is proved by the one-time token.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use super::users::detail;
use crate::api::caller::From;
use crate::api::csrf::Ours;
use crate::api::{AppState, Body, Problem, Respond};
use crate::service::identity::SetupWish;
use crate::wire::identity::{SetupRequest, SetupStatus, UserDetail};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(status, complete))
}

/// Whether the first set-up is still to be done.
#[utoipa::path(get, path = "/api/v1/setup", operation_id = "setup_status", tag = "identity", security(()),
    responses((status = 200, body = SetupStatus), Problem))]
async fn status(State(state): State<AppState>) -> Json<SetupStatus> {
    Json(SetupStatus { open: state.identity.setup_open() })
}

/// Make the first administrator and choose how the appliance is governed. Works once in the life of an installation.
#[utoipa::path(post, path = "/api/v1/setup", operation_id = "setup", tag = "identity", security(()),
    request_body = SetupRequest, responses((status = 201, body = UserDetail), Problem))]
async fn complete(
    State(state): State<AppState>,
    _: Ours,
    From(whence): From,
    Body(request): Body<SetupRequest>,
) -> Respond<(StatusCode, Json<UserDetail>)> {
    let SetupRequest { token, username, password, mode, display_name, language, time_zone } = request;
    let wish = SetupWish { token, username, password, mode, display_name, language, time_zone };
    let user = state.identity.setup(wish, &whence).await?;
    Ok((StatusCode::CREATED, Json(detail(&user, 1))))
}
