//! Announcements.

use serde_json::json;

use super::{Client, ClientError};
use crate::wire::announcement::{AnnouncementQuery, AnnouncementReceipts, AnnouncementRequest, AnnouncementView, AnnouncementViews};

const ROOT: [&str; 3] = ["api", "v1", "announcements"];

impl Client {
    /// Those shown to the caller now, or all that the caller keeps.
    pub async fn announcements(&self, query: &AnnouncementQuery) -> Result<AnnouncementViews, ClientError> {
        self.get(&ROOT, query).await
    }

    pub async fn draft_announcement(&self, request: &AnnouncementRequest) -> Result<AnnouncementView, ClientError> {
        self.post(&ROOT, request).await
    }

    /// `submit`, `return`, `publish`, `withdraw` or `acknowledge`.
    pub async fn announcement_step(&self, id: &str, step: &str) -> Result<AnnouncementView, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], id, step], &json!({})).await
    }

    pub async fn announcement_receipts(&self, id: &str) -> Result<AnnouncementReceipts, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], id, "receipts"], &()).await
    }
}
