//! Accounts of people.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, StatusCode};

use super::super::described::{Routes, routes};
use crate::api::extract::{BAD_HEADER, BAD_QUERY};
use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::base::fault::Fault;
use crate::domain::identity::User;
use crate::domain::identity::user::ChosenBy;
use crate::domain::ids::UserId;
use crate::service::identity::{NewUser, UserChange, UserFilter};
use crate::wire::identity::{CreateUser, ResetPassword, UpdateUser, UserDetail, UserQuery};
use crate::wire::page::Page;

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(show, update, delete)).routes(routes!(reset_password))
}

type Tagged = ([(HeaderName, String); 1], Json<UserDetail>);

/// The people of the tenant, in the order in which their accounts were made.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "list_users", tag = "identity",
    params(UserQuery), responses((status = 200, body = Page<UserDetail>), Problem))]
async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<UserQuery>,
) -> Respond<Json<Page<UserDetail>>> {
    let after = cursor::<UserId>(query.cursor.as_deref())?;
    let UserQuery { q, state: in_state, tenant, limit, .. } = query;
    let filter = UserFilter { q, state: in_state, tenant, after, limit };
    let (rows, more) = state.identity.users(&caller, &filter).await?;
    let next = rows.last().filter(|_| more).map(|stored| stored.record.id.to_string());
    Ok(Json(Page { items: rows.iter().map(|stored| detail(&state, &stored.record, stored.version)).collect(), next }))
}

/// Make an account. Its password must be replaced at the first login.
#[utoipa::path(post, path = "/api/v1/users", operation_id = "create_user", tag = "identity",
    request_body = CreateUser, responses((status = 201, body = UserDetail), Problem))]
async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<CreateUser>,
) -> Respond<(StatusCode, [(HeaderName, String); 1], Json<UserDetail>)> {
    let CreateUser { username, password, display_name, roles, tenant } = request;
    let new = NewUser { username, display_name, password, roles: roles.into_iter().collect(), tenant };
    let stored = state.identity.create_user(&caller, new).await?;
    let (tag, body) = tagged(&state, &stored.record, stored.version);
    Ok((StatusCode::CREATED, tag, body))
}

/// One account, by id or name.
#[utoipa::path(get, path = "/api/v1/users/{id}", operation_id = "get_user", tag = "identity",
    params(("id" = String, Path, description = "`usr_...` or a user name")),
    responses((status = 200, body = UserDetail), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<Tagged> {
    let stored = state.identity.user_anywhere(&caller, &id).await?;
    Ok(tagged(&state, &stored.record, stored.version))
}

/// Change an account: display name, state, roles.
#[utoipa::path(patch, path = "/api/v1/users/{id}", operation_id = "update_user", tag = "identity",
    params(("id" = String, Path, description = "`usr_...` or a user name"),
           ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was made for")),
    request_body = UpdateUser, responses((status = 200, body = UserDetail), Problem))]
async fn update(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    headers: HeaderMap,
    Body(request): Body<UpdateUser>,
) -> Respond<Tagged> {
    let UpdateUser { display_name, state: new_state, roles, person } = request;
    let roles = roles.map(|roles| roles.into_iter().collect());
    let change = UserChange { display_name, state: new_state, roles, person, seen: seen_version(&headers)? };
    let stored = state.identity.update_user(&caller, &id, &change).await?;
    Ok(tagged(&state, &stored.record, stored.version))
}

/// Delete an account for good, with the roles that were given to it. Its name is never used for somebody else.
#[utoipa::path(delete, path = "/api/v1/users/{id}", operation_id = "delete_user", tag = "identity",
    params(("id" = String, Path, description = "`usr_...` or a user name"),
           ("If-Match" = Option<String>, Header, description = "The `ETag` that the account had when it was looked at")),
    responses((status = 204), Problem))]
async fn delete(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    headers: HeaderMap,
) -> Respond<StatusCode> {
    state.identity.delete_user(&caller, &id, seen_version(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set somebody's password. They must replace it at the next login; all their sessions, tokens and streams are over.
#[utoipa::path(post, path = "/api/v1/users/{id}/password", operation_id = "reset_password", tag = "identity",
    params(("id" = String, Path, description = "`usr_...` or a user name")),
    request_body = ResetPassword, responses((status = 200, body = UserDetail), Problem))]
async fn reset_password(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<ResetPassword>,
) -> Respond<Tagged> {
    let stored = state.identity.reset_password(&caller, &id, &request.password).await?;
    Ok(tagged(&state, &stored.record, stored.version))
}

fn tagged(state: &AppState, user: &User, version: u64) -> Tagged {
    ([(ETAG, format!("\"{version}\""))], Json(detail(state, user, version)))
}

/// An account as the API shows it.
pub(super) fn detail(state: &AppState, user: &User, version: u64) -> UserDetail {
    UserDetail {
        id: user.id.to_string(),
        name: user.name.to_string(),
        display_name: user.display_name.clone(),
        tenant: user.tenant.to_string(),
        roles: user.roles.iter().collect(),
        person: user.person.clone(),
        service_of: user.service_of.map(|id| id.to_string()),
        rests: state.identity.rests(user),
        state: user.state,
        password_expired: user.password_chosen_by == ChosenBy::SomebodyElse,
        created_at: user.created_at.to_string(),
        created_by: user.created_by.clone(),
        version,
    }
}

/// The version that a change was made for, from `If-Match` (RFC 9110, section 13.1.1): one strong tag of ours, or `*`.
fn seen_version(headers: &HeaderMap) -> Result<Option<u64>, Fault> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|digits| digits.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| BAD_HEADER.fault("`If-Match` is not an `ETag` of ours").hint("Send the `ETag` of what you read, in quotes."))
}

/// The id at which the page before ended.
pub(super) fn cursor<Id: FromStr>(text: Option<&str>) -> Result<Option<Id>, Fault> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let bad = |_| BAD_QUERY.fault("`cursor` is not the `next` of an earlier page").hint("Leave it out to begin at the first page.");
    text.parse().map(Some).map_err(bad)
}
