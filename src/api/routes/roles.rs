//! Roles, and the answer to "why".

use axum::Json;
use axum::extract::State;

use super::super::described::{Routes, routes};
use super::me::names;
use crate::api::extract::BAD_BODY;
use crate::api::{AppState, Body, Problem, Respond, SignedIn};
use crate::base::fault::FieldFault;
use crate::domain::access::{Action, Preset};
use crate::service::identity::{Question, Thing};
use crate::wire::identity::{ExplainRequest, ExplainResource, Explanation, RoleDetail, RoleList, ScopeDetail};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(explain))
}

/// The roles and what each carries, the scopes of tokens, and every action there is.
#[utoipa::path(get, path = "/api/v1/roles", operation_id = "list_roles", tag = "identity", responses((status = 200, body = RoleList), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<RoleList>> {
    let roles = state.identity.roles(&caller).await?;
    let items = roles.into_iter().map(|(role, reach)| RoleDetail {
        name: role,
        description: role.description().to_owned(),
        actions: names(reach.others),
        own_only: names(reach.own.without(reach.others)),
    });
    let scopes = Preset::ALL.into_iter().map(|preset| ScopeDetail { name: preset.name().to_owned(), actions: names(preset.actions()) });
    let actions = Action::ALL.iter().map(|action| action.name().to_owned());
    Ok(Json(RoleList { items: items.collect(), scopes: scopes.collect(), actions: actions.collect() }))
}

/// Why somebody may or may not do something.
#[utoipa::path(post, path = "/api/v1/access/explain", operation_id = "explain_access", tag = "identity",
    request_body = ExplainRequest, responses((status = 200, body = Explanation), Problem))]
async fn explain(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<ExplainRequest>,
) -> Respond<Json<Explanation>> {
    let action: Action = request.action.parse().map_err(|error: crate::domain::access::action::ActionError| {
        let message = error.to_string();
        let field = FieldFault { pointer: "/action".to_owned(), rule: "enum".to_owned(), message: message.clone(), params: Vec::new() };
        BAD_BODY.fault(message).field(field).hint("`GET /api/v1/roles` lists the actions.")
    })?;
    let question = Question { user: request.user, action, about: thing(request.resource) };
    let why = state.identity.explain(&caller, &question).await?;
    let decision = why.explanation.decision;
    Ok(Json(Explanation {
        allowed: decision.allowed,
        user: why.user,
        action: action.name().to_owned(),
        policies: decision.policies,
        any_of: why.explanation.any_of,
        hint: decision.hint,
    }))
}

fn thing(resource: ExplainResource) -> Thing {
    match resource {
        ExplainResource::Appliance {} => Thing::Appliance,
        ExplainResource::Tenant {} => Thing::Tenant,
        ExplainResource::Capability { name, version } => Thing::Capability { name, version },
        ExplainResource::Run { id } => Thing::Run { id },
        ExplainResource::User { id } => Thing::User(id),
        ExplainResource::Grant { id, role } => Thing::Grant { holder: id, role },
        ExplainResource::Audit {} => Thing::Audit,
        ExplainResource::Session { id } => Thing::Sessions { owner: id },
        ExplainResource::Token { id } => Thing::Tokens { owner: id },
    }
}
