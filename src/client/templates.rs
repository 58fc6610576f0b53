//! Templates.

use super::{Client, ClientError};
use crate::wire::template::{
    InstanceView, InstanceViews, InstantiateRequest, PushDone, PushRequest, TemplateRequest, TemplateView, TemplateViews,
};

const ROOT: [&str; 3] = ["api", "v1", "templates"];

impl Client {
    pub async fn templates(&self) -> Result<TemplateViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn publish_template(&self, request: &TemplateRequest) -> Result<TemplateView, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn template(&self, name: &str) -> Result<TemplateView, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], name], &()).await
    }

    pub async fn template_usage(&self, name: &str) -> Result<InstanceViews, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], name, "usage"], &()).await
    }

    pub async fn instantiate_template(&self, name: &str, request: &InstantiateRequest) -> Result<InstanceView, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], name, "instantiate"], request).await
    }

    pub async fn push_template(&self, name: &str, request: &PushRequest) -> Result<PushDone, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], name, "push"], request).await
    }
}
