//! Policies of a tenant's own.

use super::{Client, ClientError};
use crate::wire::policy::{PolicyDetail, PolicyRequest, PolicyTrial, PolicyVersionView, PolicyVersions, TryRequest};

const ROOT: [&str; 3] = ["api", "v1", "policies"];

impl Client {
    pub async fn policies(&self) -> Result<PolicyVersions, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn add_policy(&self, request: &PolicyRequest) -> Result<PolicyVersionView, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn policy(&self, number: u32) -> Result<PolicyDetail, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], &number.to_string()], &()).await
    }

    pub async fn try_policy(&self, number: u32, request: &TryRequest) -> Result<PolicyTrial, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], &number.to_string(), "try"], request).await
    }

    pub async fn activate_policy(&self, number: u32) -> Result<PolicyVersionView, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], &number.to_string(), "activate"], &serde_json::json!({})).await
    }

    pub async fn deactivate_policy(&self) -> Result<(), ClientError> {
        self.delete(&[ROOT[0], ROOT[1], ROOT[2], "active"]).await
    }
}
