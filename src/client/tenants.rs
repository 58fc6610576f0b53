//! Tenants.

use reqwest::Method;

use super::{Client, ClientError};
use crate::wire::tenant::{TenantRequest, TenantUpdate, TenantView, TenantViews};

const ROOT: [&str; 3] = ["api", "v1", "tenants"];

impl Client {
    pub async fn tenants(&self) -> Result<TenantViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn tenant(&self, key: &str) -> Result<TenantView, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], key], &()).await
    }

    pub async fn add_tenant(&self, request: &TenantRequest) -> Result<TenantView, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn update_tenant(&self, key: &str, request: &TenantUpdate) -> Result<TenantView, ClientError> {
        self.send(Method::PATCH, &[ROOT[0], ROOT[1], ROOT[2], key], request).await
    }
}
