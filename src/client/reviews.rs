//! Reviews of versions: tries, remarks, and the history of what was current.

use super::{Client, ClientError};
use crate::wire::review::{CheckReport, PublicationViews, RemarkRequest, RemarkView, RemarkViews};

impl Client {
    pub async fn check_version(&self, name: &str, number: u32) -> Result<CheckReport, ClientError> {
        self.post(&["api", "v1", "capabilities", name, "versions", &number.to_string(), "check"], &serde_json::json!({})).await
    }

    pub async fn remarks(&self, name: &str, number: u32) -> Result<RemarkViews, ClientError> {
        self.get(&["api", "v1", "capabilities", name, "versions", &number.to_string(), "remarks"], &()).await
    }

    pub async fn remark(&self, name: &str, number: u32, request: &RemarkRequest) -> Result<RemarkView, ClientError> {
        self.post(&["api", "v1", "capabilities", name, "versions", &number.to_string(), "remarks"], request).await
    }

    pub async fn settle_remark(&self, name: &str, number: u32, id: &str) -> Result<RemarkView, ClientError> {
        let path = ["api", "v1", "capabilities", name, "versions", &number.to_string(), "remarks", id, "settle"];
        self.post(&path, &serde_json::json!({})).await
    }

    pub async fn publications(&self, name: &str) -> Result<PublicationViews, ClientError> {
        self.get(&["api", "v1", "capabilities", name, "publications"], &()).await
    }
}
