//! Freezes.

use super::{Client, ClientError};
use crate::wire::freeze::{FreezeRequest, FreezeView, FreezeViews};

const ROOT: [&str; 3] = ["api", "v1", "freezes"];

impl Client {
    pub async fn freezes(&self) -> Result<FreezeViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn add_freeze(&self, request: &FreezeRequest) -> Result<FreezeView, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn remove_freeze(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&[ROOT[0], ROOT[1], ROOT[2], id]).await
    }
}
