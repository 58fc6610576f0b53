//! The audit log.

use super::{Client, ClientError, Pages};
use crate::wire::audit::{AuditEntry, AuditProof, AuditQuery, AuditVerdict};
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
}
