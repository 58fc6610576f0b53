//! Signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::super::described::{Routes, routes};
use super::me;
use crate::api::caller::From;
use crate::api::cookie::{self, Presented};
use crate::api::csrf::Ours;
use crate::api::{AppState, Body, Problem, Respond, SignedIn};
use crate::service::identity::{LoginAttempt, SignedIn as Fresh};
use crate::wire::identity::{Delivery, LoggedIn, LoginRequest};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(login, logout))
}

/// Sign in with a password.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "login", tag = "identity", security(()),
    request_body = LoginRequest, responses((status = 201, body = LoggedIn), Problem))]
async fn login(
    State(state): State<AppState>,
    _: Ours,
    From(whence): From,
    headers: HeaderMap,
    Body(request): Body<LoginRequest>,
) -> Respond<Response> {
    let replaces = match cookie::read(&headers) {
        Presented::Session(secret) => Some(secret),
        Presented::Nothing | Presented::Nonsense => None,
    };
    let LoginRequest { username, password, deliver } = request;
    let fresh = state.identity.login(LoginAttempt { username, password, replaces, agent: agent(&headers), whence }).await?;
    hand_out(&state, &fresh, deliver, StatusCode::CREATED).await
}

/// Sign out: the session that asks is over.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "logout", tag = "identity",
    responses((status = 204, description = "It is over"), Problem))]
async fn logout(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Response> {
    state.identity.logout(&caller).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie::clear())]).into_response())
}

/// Hands out a fresh session, in the cookie or in the body.
pub(super) async fn hand_out(state: &AppState, fresh: &Fresh, deliver: Delivery, status: StatusCode) -> Respond<Response> {
    let me = me::describe(state, &fresh.caller).await?;
    Ok(match deliver {
        Delivery::Cookie => {
            let cookie = cookie::set(&fresh.secret, state.identity.terms().absolute.as_secs());
            (status, [(SET_COOKIE, cookie)], Json(LoggedIn { me, session_token: None })).into_response()
        }
        Delivery::Body => (status, Json(LoggedIn { me, session_token: Some(fresh.secret.expose().to_owned()) })).into_response(),
    })
}

/// What a client says it is.
pub(super) fn agent(headers: &HeaderMap) -> Option<String> {
    headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
}
