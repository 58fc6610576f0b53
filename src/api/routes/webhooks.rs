//! Webhooks: addresses at which another system starts runs.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::super::described::{Routes, routes};
use crate::api::caller::From;
use crate::api::{AppState, Body, Params, Problem, Respond, SignedIn};
use crate::domain::webhook::BODY_BYTES;
use crate::service::webhooks::Delivery;
use crate::wire::webhook::{Delivered, RotateRequest, WebhookMade, WebhookRequest, WebhookViews};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list, add)).routes(routes!(remove)).routes(routes!(rotate)).routes(routes!(deliver).limited(BODY_BYTES))
}

/// List webhooks.
#[utoipa::path(get, path = "/api/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks",
    responses((status = 200, body = WebhookViews), Problem))]
async fn list(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<WebhookViews>> {
    Ok(Json(state.webhooks.list(&caller).await?))
}

/// Make a webhook; its key is shown this once.
#[utoipa::path(post, path = "/api/v1/webhooks", operation_id = "add_webhook", tag = "webhooks",
    request_body = WebhookRequest, responses((status = 201, body = WebhookMade), Problem))]
async fn add(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<WebhookRequest>,
) -> Respond<(StatusCode, Json<WebhookMade>)> {
    Ok((StatusCode::CREATED, Json(state.webhooks.add(&caller, &request).await?)))
}

/// Remove a webhook.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", operation_id = "remove_webhook", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 204), Problem))]
async fn remove(State(state): State<AppState>, SignedIn(caller): SignedIn, Params(id): Params<String>) -> Respond<StatusCode> {
    state.webhooks.remove(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a new key for a webhook; it is shown this once.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/rotate", operation_id = "rotate_webhook", tag = "webhooks", params(("id" = String, Path)),
    request_body = RotateRequest, responses((status = 200, body = WebhookMade), Problem))]
async fn rotate(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(id): Params<String>,
    Body(request): Body<RotateRequest>,
) -> Respond<Json<WebhookMade>> {
    Ok(Json(state.webhooks.rotate(&caller, &id, &request).await?))
}

/// Deliver to a webhook: starts a run. Nobody is signed in; the delivery is signed.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/deliveries", operation_id = "deliver_webhook", tag = "webhooks", security(()),
    params(("id" = String, Path),
        ("X-Execgov-Timestamp" = String, Header, description = "Seconds since 1970; at most five minutes off"),
        ("X-Execgov-Signature" = String, Header, description = "HMAC-SHA256 over TIMESTAMP.BODY, in hexadecimal")),
    request_body(content = Object, description = "The inputs of the run, as JSON"),
    responses((status = 202, body = Delivered), Problem))]
async fn deliver(
    State(state): State<AppState>,
    Params(id): Params<String>,
    From(whence): From,
    client: crate::api::client::Client,
    headers: HeaderMap,
    body: Bytes,
) -> Respond<(StatusCode, Json<Delivered>)> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let delivery = Delivery {
        timestamp: text("x-execgov-timestamp"),
        signature: text("x-execgov-signature"),
        body: &body,
        source: Some(client.source),
        whence,
    };
    Ok((StatusCode::ACCEPTED, Json(state.webhooks.deliver(&id, delivery).await?)))
}
