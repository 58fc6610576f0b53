//! Groups of people.

use reqwest::Method;

use super::{Client, ClientError};
use crate::wire::group::{GroupDetail, GroupRequest, GroupView, GroupViews, MemberRequest};

const ROOT: [&str; 3] = ["api", "v1", "groups"];

impl Client {
    pub async fn groups(&self) -> Result<GroupViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn add_group(&self, request: &GroupRequest) -> Result<GroupView, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn group(&self, group: &str) -> Result<GroupDetail, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], group], &()).await
    }

    pub async fn remove_group(&self, group: &str) -> Result<(), ClientError> {
        self.delete(&[ROOT[0], ROOT[1], ROOT[2], group]).await
    }

    pub async fn add_member(&self, group: &str, user: &str, request: &MemberRequest) -> Result<GroupDetail, ClientError> {
        self.send(Method::PUT, &[ROOT[0], ROOT[1], ROOT[2], group, "members", user], request).await
    }

    pub async fn remove_member(&self, group: &str, user: &str) -> Result<(), ClientError> {
        self.delete(&[ROOT[0], ROOT[1], ROOT[2], group, "members", user]).await
    }
}
