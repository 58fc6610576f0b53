//! Service accounts. They are listed, disabled and given roles like the accounts of people.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};

use super::tokens::summary;
use super::users::detail;
use crate::api::Problem;
use crate::api::{AppState, Body, Params, Respond, SignedIn};
use crate::domain::identity::TokenState;
use crate::service::identity::{NewService, TokenWish};
use crate::wire::identity::{CreateService, CreateToken, CreatedToken, UserDetail};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(create)).routes(routes!(create_token))
}

/// Make a service account: it has no password, and rests while the person who answers for it is disabled.
#[utoipa::path(post, path = "/api/v1/service-accounts", operation_id = "create_service_account", tag = "access",
    request_body = CreateService, responses((status = 201, body = UserDetail), Problem))]
async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<CreateService>,
) -> Respond<(StatusCode, Json<UserDetail>)> {
    let CreateService { name, display_name, owner, roles } = request;
    let stored =
        state.identity.create_service(&caller, NewService { name, display_name, owner, roles: roles.into_iter().collect() }).await?;
    Ok((StatusCode::CREATED, Json(detail(&state, &stored.record, stored.version))))
}

/// Make a token for a service account. The secret is shown this once.
#[utoipa::path(post, path = "/api/v1/service-accounts/{id}/tokens", operation_id = "create_service_token", tag = "access",
    params(("id" = String, Path, description = "`usr_...` or the name")),
    request_body = CreateToken, responses((status = 201, body = CreatedToken), Problem))]
async fn create_token(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<CreateToken>,
) -> Respond<(StatusCode, Json<CreatedToken>)> {
    let CreateToken { name, scopes, days } = request;
    let (token, user, secret) = state.identity.create_service_token(&caller, &id, TokenWish { name, scopes, days }).await?;
    let summary = summary(&token, TokenState::Live, user.name.as_str());
    Ok((StatusCode::CREATED, Json(CreatedToken { summary, token: secret.expose().to_owned() })))
}
