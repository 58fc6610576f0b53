//! Webhooks.

use super::{Client, ClientError};
use crate::wire::webhook::{RotateRequest, WebhookMade, WebhookRequest, WebhookViews};

const ROOT: [&str; 3] = ["api", "v1", "webhooks"];

impl Client {
    pub async fn webhooks(&self) -> Result<WebhookViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn add_webhook(&self, request: &WebhookRequest) -> Result<WebhookMade, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn rotate_webhook(&self, id: &str, request: &RotateRequest) -> Result<WebhookMade, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], id, "rotate"], request).await
    }

    pub async fn remove_webhook(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&[ROOT[0], ROOT[1], ROOT[2], id]).await
    }
}
