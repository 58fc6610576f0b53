//! The appliance itself.

use super::{Client, ClientError, Pages};
use crate::wire::page::Page;
use crate::wire::system::{BackupInfo, CreateBackup, DoctorReport, RuntimeSummary, SystemInfo};
use crate::wire::vault::DrillView;

impl Client {
    /// Makes a backup in the data directory of the appliance.
    pub async fn create_backup(&self, request: &CreateBackup) -> Result<BackupInfo, ClientError> {
        self.post(&["api", "v1", "backups"], request).await
    }

    /// Restores a backup made now into a scratch directory of the appliance, and checks it.
    pub async fn drill_backup(&self) -> Result<DrillView, ClientError> {
        self.post(&["api", "v1", "backups", "drill"], &serde_json::json!({})).await
    }

    pub async fn system(&self) -> Result<SystemInfo, ClientError> {
        self.get(&["api", "v1", "system"], &()).await
    }

    pub async fn doctor(&self) -> Result<DoctorReport, ClientError> {
        self.get(&["api", "v1", "doctor"], &()).await
    }

    #[must_use]
    pub fn runtimes(&self) -> Pages<Page<RuntimeSummary>> {
        Pages::new(self, &["api", "v1", "runtimes"], &())
    }
}
