//! Spaces and their folders.

use reqwest::Method;

use super::{Client, ClientError};
use crate::wire::capability::CapabilityDetail;
use crate::wire::space::{FolderRequest, MoveRequest, SpaceRequest, SpaceView, SpaceViews};

const ROOT: [&str; 3] = ["api", "v1", "spaces"];

impl Client {
    pub async fn spaces(&self) -> Result<SpaceViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn add_space(&self, request: &SpaceRequest) -> Result<SpaceView, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn remove_space(&self, name: &str) -> Result<(), ClientError> {
        self.delete(&[ROOT[0], ROOT[1], ROOT[2], name]).await
    }

    pub async fn add_folder(&self, space: &str, request: &FolderRequest) -> Result<SpaceView, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], space, "folders"], request).await
    }

    pub async fn remove_folder(&self, space: &str, path: &str) -> Result<(), ClientError> {
        let parts: Vec<&str> = [ROOT[0], ROOT[1], ROOT[2], space, "folders"].into_iter().chain(path.split('/')).collect();
        self.delete(&parts).await
    }

    pub async fn move_capability(&self, name: &str, request: &MoveRequest) -> Result<CapabilityDetail, ClientError> {
        self.send(Method::PUT, &["api", "v1", "capabilities", name, "space"], request).await
    }
}
