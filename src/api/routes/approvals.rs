//! Requests for approval, and the rules that call for them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::domain::approval::{MatterKind, Rule, Verdict};
use crate::domain::capability::Risk;
use crate::service::approvals::{DecisionWish, Outcome, RuleTarget};
use crate::wire::approval::{
    ApprovalCounts, ApprovalDetail, ApprovalQuery, ApprovalSummary, Asked, AssignRequest, ChangeQuery, DecideRequest, RuleViews,
    WithdrawRequest,
};
use crate::wire::page::Page;

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(counts))
        .routes(routes!(show))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(withdraw))
        .routes(routes!(rules))
        .routes(routes!(set_class_rule, reset_class_rule))
        .routes(routes!(set_capability_rule, reset_capability_rule))
        .routes(routes!(set_matter_rule, reset_matter_rule))
        .routes(routes!(assign))
}

/// List requests for approval, newest first.
#[utoipa::path(get, path = "/api/v1/approvals", operation_id = "list_approvals", tag = "approvals", params(ApprovalQuery),
    responses((status = 200, body = Page<ApprovalSummary>), Problem))]
async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<ApprovalQuery>,
) -> Respond<Json<Page<ApprovalSummary>>> {
    Ok(Json(state.approvals.list(&caller, &query)?))
}

/// How many wait for the caller.
#[utoipa::path(get, path = "/api/v1/approvals/counts", operation_id = "count_approvals", tag = "approvals",
    responses((status = 200, body = ApprovalCounts), Problem))]
async fn counts(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<ApprovalCounts>> {
    Ok(Json(state.approvals.counts(&caller)?))
}

/// Show a request: what would run, who asks, what changed, who decided.
#[utoipa::path(get, path = "/api/v1/approvals/{id}", operation_id = "show_approval", tag = "approvals", params(("id" = String, Path)),
    responses((status = 200, body = ApprovalDetail), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<Json<ApprovalDetail>> {
    Ok(Json(state.approvals.show(&caller, &id).await?))
}

/// Agree. The last consent that is needed queues the run.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/approve", operation_id = "approve", tag = "approvals", params(("id" = String, Path)),
    request_body = DecideRequest, responses((status = 200, body = ApprovalDetail), Problem))]
async fn approve(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<DecideRequest>,
) -> Respond<Json<ApprovalDetail>> {
    Ok(Json(state.approvals.decide(&caller, &id, &wish(Verdict::Approve, request)).await?))
}

/// Refuse. One refusal ends the request and its run.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/reject", operation_id = "reject", tag = "approvals", params(("id" = String, Path)),
    request_body = DecideRequest, responses((status = 200, body = ApprovalDetail), Problem))]
async fn reject(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<DecideRequest>,
) -> Respond<Json<ApprovalDetail>> {
    Ok(Json(state.approvals.decide(&caller, &id, &wish(Verdict::Reject, request)).await?))
}

/// Take one's own request back; its run is cancelled.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/withdraw", operation_id = "withdraw_approval", tag = "approvals",
    params(("id" = String, Path)), request_body = WithdrawRequest, responses((status = 200, body = ApprovalDetail), Problem))]
async fn withdraw(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<WithdrawRequest>,
) -> Respond<Json<ApprovalDetail>> {
    Ok(Json(state.approvals.withdraw(&caller, &id, request.comment).await?))
}

/// Say who shall look at a request first. It gives nobody a right and takes none away.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/assign", operation_id = "assign_approval", tag = "approvals",
    params(("id" = String, Path)), request_body = AssignRequest, responses((status = 200, body = ApprovalDetail), Problem))]
async fn assign(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<AssignRequest>,
) -> Respond<Json<ApprovalDetail>> {
    Ok(Json(state.approvals.assign(&caller, &id, request.user.as_deref()).await?))
}

fn wish(verdict: Verdict, request: DecideRequest) -> DecisionWish {
    let DecideRequest { binding, comment, password } = request;
    DecisionWish { verdict, binding, comment, password }
}

/// What starts need: the rule of each risk class, and of capabilities that have their own.
#[utoipa::path(get, path = "/api/v1/rules", operation_id = "list_rules", tag = "approvals",
    responses((status = 200, body = RuleViews), Problem))]
async fn rules(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<RuleViews>> {
    Ok(Json(state.approvals.rules(&caller).await?))
}

/// Set the rule of a risk class. Requests that wait under another rule are void from then on. A weaker rule waits for consent.
#[utoipa::path(put, path = "/api/v1/rules/risk/{risk}", operation_id = "set_risk_rule", tag = "approvals",
    params(("risk" = Risk, Path), ChangeQuery), request_body = Rule,
    responses((status = 200, body = RuleViews), (status = 202, body = Asked), Problem))]
async fn set_class_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(risk): Params<Risk>,
    Query(query): Query<ChangeQuery>,
    Body(rule): Body<Rule>,
) -> Respond<Response> {
    Ok(changed(state.approvals.set_rule(&caller, &RuleTarget::Risk(risk), Some(rule), query.reason).await?))
}

/// Restore the usual rule of a risk class.
#[utoipa::path(delete, path = "/api/v1/rules/risk/{risk}", operation_id = "reset_risk_rule", tag = "approvals",
    params(("risk" = Risk, Path), ChangeQuery), responses((status = 200, body = RuleViews), (status = 202, body = Asked), Problem))]
async fn reset_class_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(risk): Params<Risk>,
    Query(query): Query<ChangeQuery>,
) -> Respond<Response> {
    Ok(changed(state.approvals.set_rule(&caller, &RuleTarget::Risk(risk), None, query.reason).await?))
}

/// Set the rule of one capability, which counts before that of its risk class. A weaker rule waits for consent.
#[utoipa::path(put, path = "/api/v1/rules/capability/{name}", operation_id = "set_capability_rule", tag = "approvals",
    params(("name" = String, Path), ChangeQuery), request_body = Rule,
    responses((status = 200, body = RuleViews), (status = 202, body = Asked), Problem))]
async fn set_capability_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Query(query): Query<ChangeQuery>,
    Body(rule): Body<Rule>,
) -> Respond<Response> {
    Ok(changed(state.approvals.set_rule(&caller, &RuleTarget::Capability(name), Some(rule), query.reason).await?))
}

/// Let the rule of the risk class count for a capability again.
#[utoipa::path(delete, path = "/api/v1/rules/capability/{name}", operation_id = "reset_capability_rule", tag = "approvals",
    params(("name" = String, Path), ChangeQuery), responses((status = 200, body = RuleViews), (status = 202, body = Asked), Problem))]
async fn reset_capability_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Query(query): Query<ChangeQuery>,
) -> Respond<Response> {
    Ok(changed(state.approvals.set_rule(&caller, &RuleTarget::Capability(name), None, query.reason).await?))
}

/// Set the rule of requests that are no runs: publishing, sensitive settings, reviews of runs that went ahead.
#[utoipa::path(put, path = "/api/v1/rules/matter/{matter}", operation_id = "set_matter_rule", tag = "approvals",
    params(("matter" = MatterKind, Path), ChangeQuery), request_body = Rule,
    responses((status = 200, body = RuleViews), (status = 202, body = Asked), Problem))]
async fn set_matter_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(matter): Params<MatterKind>,
    Query(query): Query<ChangeQuery>,
    Body(rule): Body<Rule>,
) -> Respond<Response> {
    Ok(changed(state.approvals.set_rule(&caller, &RuleTarget::Matter(matter), Some(rule), query.reason).await?))
}

/// Restore the usual rule of such requests.
#[utoipa::path(delete, path = "/api/v1/rules/matter/{matter}", operation_id = "reset_matter_rule", tag = "approvals",
    params(("matter" = MatterKind, Path), ChangeQuery), responses((status = 200, body = RuleViews), (status = 202, body = Asked), Problem))]
async fn reset_matter_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(matter): Params<MatterKind>,
    Query(query): Query<ChangeQuery>,
) -> Respond<Response> {
    Ok(changed(state.approvals.set_rule(&caller, &RuleTarget::Matter(matter), None, query.reason).await?))
}

/// 200 when it was done, 202 when others were asked.
pub(super) fn changed<T: serde::Serialize>(outcome: Outcome<T>) -> Response {
    match outcome {
        Outcome::Done(done) => Json(done).into_response(),
        Outcome::Asked(asked) => (StatusCode::ACCEPTED, Json(asked)).into_response(),
    }
}
