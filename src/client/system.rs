//! The appliance itself.

use super::{Client, ClientError, Pages};
use crate::wire::page::Page;
use crate::wire::system::{DoctorReport, RuntimeSummary, SystemInfo};

impl Client {
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
