//! The community page.

use serde_json::json;

use super::{Client, ClientError};
use crate::wire::community::{CopyDone, CopyRequest, HideRequest, RateRequest, ShareRequest, SharedDetail, SharedViews};

const ROOT: [&str; 3] = ["api", "v1", "community"];

impl Client {
    pub async fn community(&self) -> Result<SharedViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn share(&self, request: &ShareRequest) -> Result<SharedDetail, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn shared(&self, name: &str) -> Result<SharedDetail, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], name], &()).await
    }

    pub async fn rate_shared(&self, name: &str, request: &RateRequest) -> Result<SharedDetail, ClientError> {
        self.put(&[ROOT[0], ROOT[1], ROOT[2], name, "rating"], request).await
    }

    pub async fn copy_shared(&self, name: &str, request: &CopyRequest) -> Result<CopyDone, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], name, "copy"], request).await
    }

    pub async fn hide_shared(&self, name: &str, request: &HideRequest) -> Result<SharedDetail, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], name, "hide"], request).await
    }

    pub async fn unhide_shared(&self, name: &str) -> Result<SharedDetail, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], name, "unhide"], &json!({})).await
    }
}
