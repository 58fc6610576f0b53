//! Resources.

use reqwest::Method;

use super::{Client, ClientError};
use crate::wire::openapi::{ImportedOperations, OpenApiDocument, OpenApiOperations, OperationsRequest};
use crate::wire::resource::{GrantRequest, ResourceRequest, ResourceUpdate, ResourceUses, ResourceView, ResourceViews};

const ROOT: [&str; 3] = ["api", "v1", "resources"];

impl Client {
    pub async fn resources(&self) -> Result<ResourceViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn resource(&self, name: &str) -> Result<ResourceView, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], name], &()).await
    }

    pub async fn add_resource(&self, request: &ResourceRequest) -> Result<ResourceView, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn update_resource(&self, name: &str, update: &ResourceUpdate) -> Result<ResourceView, ClientError> {
        self.send(Method::PATCH, &[ROOT[0], ROOT[1], ROOT[2], name], update).await
    }

    pub async fn remove_resource(&self, name: &str) -> Result<(), ClientError> {
        self.delete(&[ROOT[0], ROOT[1], ROOT[2], name]).await
    }

    pub async fn resource_uses(&self, name: &str) -> Result<ResourceUses, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], name, "usage"], &()).await
    }

    pub async fn grant_resource(&self, name: &str, request: &GrantRequest) -> Result<ResourceView, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], name, "grants"], request).await
    }

    pub async fn revoke_resource(&self, name: &str, tenant: &str) -> Result<ResourceView, ClientError> {
        self.send(Method::DELETE, &[ROOT[0], ROOT[1], ROOT[2], name, "grants", tenant], &serde_json::json!({})).await
    }

    pub async fn openapi_operations(&self, document: &OpenApiDocument) -> Result<OpenApiOperations, ClientError> {
        self.post(&["api", "v1", "openapi", "operations"], document).await
    }

    pub async fn import_openapi(&self, request: &OperationsRequest) -> Result<ImportedOperations, ClientError> {
        self.post(&["api", "v1", "openapi", "imports"], request).await
    }

    pub async fn test_resource(&self, name: &str) -> Result<ResourceView, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], name, "test"], &serde_json::json!({})).await
    }
}
