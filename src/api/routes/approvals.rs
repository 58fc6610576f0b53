//! Requests for approval, and the rules that call for them.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{AppState, Body, Params, Problem, Query, Respond, SignedIn};
use crate::domain::approval::{Rule, Verdict};
use crate::domain::capability::Risk;
use crate::service::approvals::{DecisionWish, RuleTarget};
use crate::wire::approval::{ApprovalCounts, ApprovalDetail, ApprovalQuery, ApprovalSummary, DecideRequest, RuleViews, WithdrawRequest};
use crate::wire::page::Page;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(counts))
        .routes(routes!(show))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(withdraw))
        .routes(routes!(rules))
        .routes(routes!(set_class_rule, reset_class_rule))
        .routes(routes!(set_capability_rule, reset_capability_rule))
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

/// Set the rule of a risk class. Requests that wait under another rule are void from then on.
#[utoipa::path(put, path = "/api/v1/rules/risk/{risk}", operation_id = "set_risk_rule", tag = "approvals", params(("risk" = Risk, Path)),
    request_body = Rule, responses((status = 200, body = RuleViews), Problem))]
async fn set_class_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(risk): Params<Risk>,
    Body(rule): Body<Rule>,
) -> Respond<Json<RuleViews>> {
    Ok(Json(state.approvals.set_rule(&caller, &RuleTarget::Risk(risk), Some(rule)).await?))
}

/// Restore the usual rule of a risk class.
#[utoipa::path(delete, path = "/api/v1/rules/risk/{risk}", operation_id = "reset_risk_rule", tag = "approvals",
    params(("risk" = Risk, Path)), responses((status = 200, body = RuleViews), Problem))]
async fn reset_class_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(risk): Params<Risk>,
) -> Respond<Json<RuleViews>> {
    Ok(Json(state.approvals.set_rule(&caller, &RuleTarget::Risk(risk), None).await?))
}

/// Set the rule of one capability, which counts before that of its risk class.
#[utoipa::path(put, path = "/api/v1/rules/capability/{name}", operation_id = "set_capability_rule", tag = "approvals",
    params(("name" = String, Path)), request_body = Rule, responses((status = 200, body = RuleViews), Problem))]
async fn set_capability_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(rule): Body<Rule>,
) -> Respond<Json<RuleViews>> {
    Ok(Json(state.approvals.set_rule(&caller, &RuleTarget::Capability(name), Some(rule)).await?))
}

/// Let the rule of the risk class count for a capability again.
#[utoipa::path(delete, path = "/api/v1/rules/capability/{name}", operation_id = "reset_capability_rule", tag = "approvals",
    params(("name" = String, Path)), responses((status = 200, body = RuleViews), Problem))]
async fn reset_capability_rule(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
) -> Respond<Json<RuleViews>> {
    Ok(Json(state.approvals.set_rule(&caller, &RuleTarget::Capability(name), None).await?))
}
