//! The audit log.

use super::{Client, ClientError, Pages};
use crate::wire::audit::{
    AuditEntry, AuditProof, AuditQuery, AuditStatus, AuditVerdict, AuditViewItem, AuditViewItems, AuditViewRequest, ForwardViews,
    RetentionDone, WitnessRequest, WitnessView, WitnessViews,
};
use crate::wire::page::Page;

impl Client {
    #[must_use]
    pub fn audit_events(&self, query: &AuditQuery) -> Pages<Page<AuditEntry>> {
        Pages::new(self, &["api", "v1", "audit", "events"], query)
    }

    pub async fn audit_proof(&self, index: u64) -> Result<AuditProof, ClientError> {
        self.get(&["api", "v1", "audit", "events", &index.to_string()], &()).await
    }

    /// The newest signed checkpoint (C2SP signed note).
    pub async fn audit_checkpoint(&self) -> Result<String, ClientError> {
        self.text(&["api", "v1", "audit", "checkpoint"], &()).await
    }

    /// The verifier key of the log.
    pub async fn audit_key(&self) -> Result<String, ClientError> {
        self.text(&["api", "v1", "audit", "key"], &()).await
    }

    /// Lets the appliance verify its own log.
    pub async fn audit_verify(&self) -> Result<AuditVerdict, ClientError> {
        self.post(&["api", "v1", "audit", "verify"], &serde_json::json!({})).await
    }

    pub async fn audit_status(&self) -> Result<AuditStatus, ClientError> {
        self.get(&["api", "v1", "audit", "status"], &()).await
    }

    pub async fn audit_forwards(&self) -> Result<ForwardViews, ClientError> {
        self.get(&["api", "v1", "audit", "forward"], &()).await
    }

    pub async fn audit_witnesses(&self) -> Result<WitnessViews, ClientError> {
        self.get(&["api", "v1", "audit", "witnesses"], &()).await
    }

    pub async fn audit_witness(&self, request: &WitnessRequest) -> Result<WitnessView, ClientError> {
        self.post(&["api", "v1", "audit", "witnesses"], request).await
    }

    pub async fn audit_retention(&self) -> Result<RetentionDone, ClientError> {
        self.post(&["api", "v1", "audit", "retention"], &serde_json::json!({})).await
    }

    pub async fn audit_views(&self) -> Result<AuditViewItems, ClientError> {
        self.get(&["api", "v1", "audit", "views"], &()).await
    }

    pub async fn keep_audit_view(&self, request: &AuditViewRequest) -> Result<AuditViewItem, ClientError> {
        self.post(&["api", "v1", "audit", "views"], request).await
    }

    pub async fn remove_audit_view(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&["api", "v1", "audit", "views", id]).await
    }
}
