//! The appliance itself.

use super::{Client, ClientError, Pages};
use crate::wire::page::Page;
use crate::wire::system::{BackupInfo, DoctorReport, RuntimeSummary, SystemInfo};

impl Client {
    /// Makes a backup in the data directory of the appliance.
    pub async fn create_backup(&self) -> Result<BackupInfo, ClientError> {
        self.post(&["api", "v1", "backups"], &serde_json::json!({})).await
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
