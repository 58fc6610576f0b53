//! One's own account, password and sessions.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::super::described::{Routes, routes};
use super::session::{agent, hand_out};
use crate::api::cookie::{self, Presented};
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::domain::access::{ActionSet, Caller, Standing, Via};
use crate::domain::identity::Session;
use crate::domain::ids::SessionId;
use crate::service::identity::{AccountChange, MyAccount};
use crate::wire::identity::{ChangePassword, Delivery, LoggedIn, Me, MySession, MyToken, SessionSummary, UpdateMe};
use crate::wire::page::Page;

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(show, update)).routes(routes!(password)).routes(routes!(sessions)).routes(routes!(end_session))
}

/// Who is asking, and what they may do.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "me", tag = "identity", responses((status = 200, body = Me), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<Me>> {
    Ok(Json(describe(&state, &caller).await?))
}

/// Change one's display name and preferences.
#[utoipa::path(patch, path = "/api/v1/me", operation_id = "update_me", tag = "identity",
    request_body = UpdateMe, responses((status = 200, body = Me), Problem))]
async fn update(State(state): State<AppState>, SignedIn(caller): SignedIn, Body(request): Body<UpdateMe>) -> Respond<Json<Me>> {
    let UpdateMe { display_name, language, theme, time_zone, density } = request;
    let change = AccountChange { display_name, language, theme, time_zone, density };
    let account = state.identity.update_me(&caller, &change).await?;
    Ok(Json(me(&state, &caller, &account)))
}

/// Change one's own password. All sessions, tokens and live streams are over; the answer is a new session.
#[utoipa::path(post, path = "/api/v1/me/password", operation_id = "change_password", tag = "identity",
    request_body = ChangePassword, responses((status = 200, body = LoggedIn), Problem))]
async fn password(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    Body(request): Body<ChangePassword>,
) -> Respond<Response> {
    let fresh = state.identity.change_password(&caller, &request.current, &request.new, agent(&headers)).await?;
    // The new session goes the way the old one came.
    let deliver = match cookie::read(&headers) {
        Presented::Session(_) => Delivery::Cookie,
        Presented::Nothing | Presented::Nonsense => Delivery::Body,
    };
    hand_out(&state, &fresh, deliver, StatusCode::OK).await
}

/// One's own sessions, newest first.
#[utoipa::path(get, path = "/api/v1/me/sessions", operation_id = "list_my_sessions", tag = "identity",
    responses((status = 200, body = Page<SessionSummary>), Problem))]
async fn sessions(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<Page<SessionSummary>>> {
    let sessions = state.identity.sessions(&caller).await?;
    Ok(Json(Page { items: sessions.iter().map(|session| summary(session, &caller)).collect(), next: None }))
}

/// End one of one's own sessions.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", operation_id = "end_my_session", tag = "identity",
    params(("id" = String, Path, description = "`ses_...`")),
    responses((status = 204, description = "It is over"), Problem))]
async fn end_session(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<SessionId>) -> Respond<StatusCode> {
    state.identity.end_session(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller as the API shows them.
pub(super) async fn describe(state: &AppState, caller: &Caller) -> Respond<Me> {
    Ok(me(state, caller, &state.identity.me(caller).await?))
}

fn me(state: &AppState, caller: &Caller, account: &MyAccount) -> Me {
    let MyAccount { user, reach } = account;
    let (session, token) = match &caller.via {
        Via::Session { id, expires_at } => {
            let idle_s = state.identity.terms().idle.as_secs();
            (Some(MySession { id: id.to_string(), expires_at: expires_at.to_string(), idle_s }), None)
        }
        Via::Token { id, scopes, expires_at } => {
            (None, Some(MyToken { id: id.to_string(), scopes: scopes.names(), expires_at: expires_at.to_string() }))
        }
        Via::Host => (None, None),
    };
    Me {
        id: user.id.to_string(),
        name: user.name.to_string(),
        display_name: user.display_name.clone(),
        tenant: user.tenant.to_string(),
        roles: user.roles.iter().collect(),
        actions: names(reach.own.or(reach.others)),
        own_only: names(reach.own.without(reach.others)),
        preferences: user.preferences.clone(),
        password_expired: caller.standing == Standing::PasswordExpired,
        mode: state.identity.gate().mode(),
        session,
        token,
    }
}

pub(super) fn names(actions: ActionSet) -> Vec<String> {
    actions.iter().map(|action| action.name().to_owned()).collect()
}

fn summary(session: &Session, caller: &Caller) -> SessionSummary {
    SessionSummary {
        id: session.id.to_string(),
        current: caller.session_id() == Some(session.id),
        created_at: session.created_at.to_string(),
        last_seen_at: session.last_seen_at.to_string(),
        expires_at: session.expires_at.to_string(),
        source: session.source.clone(),
        agent: session.agent.clone(),
    }
}
