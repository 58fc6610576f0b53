//! Templates: published for others, made into capabilities, kept up to date.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::wire::template::{
    InstanceView, InstanceViews, InstantiateRequest, PushDone, PushRequest, TemplateRequest, TemplateView, TemplateViews,
};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, publish))
        .routes(routes!(show))
        .routes(routes!(usage))
        .routes(routes!(instantiate))
        .routes(routes!(push))
}

/// List templates that the tenant may use.
#[utoipa::path(get, path = "/api/v1/templates", operation_id = "list_templates", tag = "templates",
    responses((status = 200, body = TemplateViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<TemplateViews>> {
    Ok(Json(state.templates.list(&caller).await?))
}

/// Publish a published version as a template, or as the next release of one.
#[utoipa::path(post, path = "/api/v1/templates", operation_id = "publish_template", tag = "templates", request_body = TemplateRequest,
    responses((status = 201, body = TemplateView), Problem))]
async fn publish(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<TemplateRequest>,
) -> Respond<(StatusCode, Json<TemplateView>)> {
    Ok((StatusCode::CREATED, Json(state.templates.publish(&caller, &request).await?)))
}

/// Show one template, by name or id.
#[utoipa::path(get, path = "/api/v1/templates/{name}", operation_id = "show_template", tag = "templates", params(("name" = String, Path)),
    responses((status = 200, body = TemplateView), Problem))]
async fn show(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Respond<Json<TemplateView>> {
    Ok(Json(state.templates.show(&caller, &name).await?))
}

/// Who uses which release of a template.
#[utoipa::path(get, path = "/api/v1/templates/{name}/usage", operation_id = "template_usage", tag = "templates",
    params(("name" = String, Path)), responses((status = 200, body = InstanceViews), Problem))]
async fn usage(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(name): Params<String>) -> Respond<Json<InstanceViews>> {
    Ok(Json(state.templates.usage(&caller, &name).await?))
}

/// Make a capability from a template: a draft.
#[utoipa::path(post, path = "/api/v1/templates/{name}/instantiate", operation_id = "instantiate_template", tag = "templates",
    params(("name" = String, Path)), request_body = InstantiateRequest, responses((status = 201, body = InstanceView), Problem))]
async fn instantiate(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<InstantiateRequest>,
) -> Respond<(StatusCode, Json<InstanceView>)> {
    Ok((StatusCode::CREATED, Json(state.templates.instantiate(&caller, &name, &request).await?)))
}

/// Propose the newest release to each instance: a new version in review.
#[utoipa::path(post, path = "/api/v1/templates/{name}/push", operation_id = "push_template", tag = "templates",
    params(("name" = String, Path)), request_body = PushRequest, responses((status = 200, body = PushDone), Problem))]
async fn push(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<PushRequest>,
) -> Respond<Json<PushDone>> {
    Ok(Json(state.templates.push(&caller, &name, &request).await?))
}
