//! API tokens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use super::users::cursor;
use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::domain::identity::{Token, TokenState};
use crate::domain::ids::TokenId;
use crate::service::identity::TokenWish;
use crate::wire::identity::{CreateToken, CreatedToken, TokenQuery, TokenSummary};
use crate::wire::page::Page;

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// One's own tokens, or those of somebody else for administrators; oldest first.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = "identity",
    params(TokenQuery), responses((status = 200, body = Page<TokenSummary>), Problem))]
async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<TokenQuery>,
) -> Respond<Json<Page<TokenSummary>>> {
    let after = cursor::<TokenId>(query.cursor.as_deref())?;
    let (rows, user, more) = state.identity.tokens(&caller, query.user.as_deref(), after, query.limit).await?;
    let next = rows.last().filter(|_| more).map(|(token, _)| token.id.to_string());
    Ok(Json(Page { items: rows.iter().map(|(token, now)| summary(token, *now, user.name.as_str())).collect(), next }))
}

/// Make a token for oneself. The secret is shown this once.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "create_token", tag = "identity",
    request_body = CreateToken, responses((status = 201, body = CreatedToken), Problem))]
async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<CreateToken>,
) -> Respond<(StatusCode, Json<CreatedToken>)> {
    let CreateToken { name, scopes, days } = request;
    let (token, user, secret) = state.identity.create_token(&caller, TokenWish { name, scopes, days }).await?;
    let summary = summary(&token, TokenState::Live, user.name.as_str());
    Ok((StatusCode::CREATED, Json(CreatedToken { summary, token: secret.expose().to_owned() })))
}

/// Revoke a token; what uses it is cut off.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", operation_id = "revoke_token", tag = "identity",
    params(("id" = String, Path, description = "`tok_...`")),
    responses((status = 204, description = "It is revoked"), Problem))]
async fn revoke(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<TokenId>) -> Respond<StatusCode> {
    state.identity.revoke_token(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn summary(token: &Token, now: TokenState, user: &str) -> TokenSummary {
    TokenSummary {
        id: token.id.to_string(),
        name: token.name.clone(),
        scopes: token.scopes.names(),
        state: now,
        user: user.to_owned(),
        created_at: token.created_at.to_string(),
        expires_at: token.expires_at.to_string(),
        last_used_at: token.last_used_at.map(|at| at.to_string()),
    }
}
