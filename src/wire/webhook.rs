//! Webhooks: addresses at which another system starts runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::audit::Actor;

/// A webhook to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    pub name: String,
    /// Name of the capability whose runs it starts.
    pub capability: String,
    /// Where in the body the inputs are: a JSON Pointer; the body itself when absent.
    #[serde(default)]
    pub inputs_at: Option<String>,
    /// Inputs that every run gets; a delivery cannot change them.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub fixed: Map<String, Value>,
    /// Addresses and ranges that may deliver; everybody who can sign when empty.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Deliveries in a minute, 60 unless given.
    #[serde(default)]
    pub rate_per_minute: Option<u32>,
}

/// A webhook in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WebhookView {
    pub id: String,
    pub name: String,
    pub capability: String,
    /// Where it is delivered to, below the appliance's address.
    pub path: String,
    pub inputs_at: String,
    #[schema(value_type = Object)]
    pub fixed: Map<String, Value>,
    pub sources: Vec<String>,
    pub rate_per_minute: u32,
    /// Counts up with each rotation.
    pub generation: u32,
    /// Until then the key before is good too.
    pub grace_until: Option<String>,
    pub created_at: String,
    pub created_by: Actor,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WebhookViews {
    pub items: Vec<WebhookView>,
}

/// A webhook with its key, which is shown this once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WebhookMade {
    pub webhook: WebhookView,
    /// The key of HMAC-SHA256 over `TIMESTAMP.BODY`, in hexadecimal; it is used as this text.
    pub key: String,
}

/// How a key is rotated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookRotation)]
pub struct RotateRequest {
    /// The key before stays good so long, in seconds, at most a week; 0 unless given.
    #[serde(default)]
    pub grace_s: Option<u32>,
}

/// What a delivery is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivered {
    /// The run that was started.
    pub run: String,
    pub phase: crate::domain::run::Phase,
}
