//! Who stands in for whom, standing approvals, how the appliance is governed, and proving a session once more.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::described::{Routes, routes};
use super::approvals::changed;
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::approval::{
    Asked, DelegationRequest, DelegationView, DelegationViews, GovernanceRequest, GovernanceView, StandingRequest, StandingView,
    StandingViews, WithdrawRequest,
};
use crate::wire::identity::ProveRequest;

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(delegations, delegate))
        .routes(routes!(end))
        .routes(routes!(standing, ask_standing))
        .routes(routes!(revoke))
        .routes(routes!(governance, set_governance))
        .routes(routes!(prove))
}

/// List absences of the caller, and those in which the caller stands in.
#[utoipa::path(get, path = "/api/v1/delegations", operation_id = "list_delegations", tag = "approvals",
    responses((status = 200, body = DelegationViews), Problem))]
async fn delegations(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<DelegationViews>> {
    Ok(Json(state.approvals.delegations(&caller).await?))
}

/// Let somebody stand in between two moments: they decide what the caller may decide.
#[utoipa::path(post, path = "/api/v1/delegations", operation_id = "delegate", tag = "approvals", request_body = DelegationRequest,
    responses((status = 201, body = DelegationView), Problem))]
async fn delegate(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<DelegationRequest>,
) -> Respond<(StatusCode, Json<DelegationView>)> {
    Ok((StatusCode::CREATED, Json(state.approvals.delegate(&caller, &request).await?)))
}

/// End one's own absence before its time.
#[utoipa::path(delete, path = "/api/v1/delegations/{id}", operation_id = "end_delegation", tag = "approvals", params(("id" = String, Path)),
    responses((status = 204), Problem))]
async fn end(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<StatusCode> {
    state.approvals.end_delegation(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List standing approvals: consents to every run of one version with inputs of one pattern, until a date.
#[utoipa::path(get, path = "/api/v1/standing-approvals", operation_id = "list_standing_approvals", tag = "approvals",
    responses((status = 200, body = StandingViews), Problem))]
async fn standing(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<StandingViews>> {
    Ok(Json(state.approvals.standing_approvals(&caller).await?))
}

/// Ask for a standing approval. It holds once enough people agreed.
#[utoipa::path(post, path = "/api/v1/standing-approvals", operation_id = "ask_standing_approval", tag = "approvals",
    request_body = StandingRequest, responses((status = 202, body = Asked), Problem))]
async fn ask_standing(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<StandingRequest>,
) -> Respond<(StatusCode, Json<Asked>)> {
    Ok((StatusCode::ACCEPTED, Json(state.approvals.ask_standing(&caller, &request).await?)))
}

/// Take a standing approval back. Runs that wait in line under it do not start.
#[utoipa::path(post, path = "/api/v1/standing-approvals/{id}/revoke", operation_id = "revoke_standing_approval", tag = "approvals",
    params(("id" = String, Path)), request_body = WithdrawRequest, responses((status = 200, body = StandingView), Problem))]
async fn revoke(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<WithdrawRequest>,
) -> Respond<Json<StandingView>> {
    Ok(Json(state.approvals.revoke_standing(&caller, &id, request.comment).await?))
}

/// Say how the appliance is governed.
#[utoipa::path(get, path = "/api/v1/governance", operation_id = "show_governance", tag = "system",
    responses((status = 200, body = GovernanceView), Problem))]
async fn governance(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<GovernanceView>> {
    Ok(Json(state.identity.governance(&caller).await?))
}

/// Choose how the appliance is governed. Giving up four eyes waits for consent.
#[utoipa::path(put, path = "/api/v1/governance", operation_id = "set_governance", tag = "system", request_body = GovernanceRequest,
    responses((status = 200, body = GovernanceView), (status = 202, body = Asked), Problem))]
async fn set_governance(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<GovernanceRequest>,
) -> Respond<Response> {
    Ok(changed(state.identity.set_governance(&caller, request.mode, request.reason).await?))
}

/// Give the password once more: grave decisions in this session need it not for the next minutes.
#[utoipa::path(post, path = "/api/v1/session/proof", operation_id = "prove_session", tag = "identity", request_body = ProveRequest,
    responses((status = 204), Problem))]
async fn prove(State(state): State<AppState>, SignedIn(caller): SignedIn, Body(request): Body<ProveRequest>) -> Respond<StatusCode> {
    state.identity.prove_session(&caller, &request.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
