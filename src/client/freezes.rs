//! Freezes.

use reqwest::{Method, StatusCode};

use super::{Changed, Client, ClientError};
use crate::wire::approval::ChangeQuery;
use crate::wire::freeze::{FreezeRequest, FreezeView, FreezeViews};

const ROOT: [&str; 3] = ["api", "v1", "freezes"];

impl Client {
    pub async fn freezes(&self) -> Result<FreezeViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn add_freeze(&self, request: &FreezeRequest) -> Result<FreezeView, ClientError> {
        self.post(&ROOT, request).await
    }

    /// Removes a freeze, or asks others to agree to that.
    pub async fn remove_freeze(&self, id: &str, query: &ChangeQuery) -> Result<Changed<()>, ClientError> {
        let answer = self.answer(self.request(Method::DELETE, &[ROOT[0], ROOT[1], ROOT[2], id], query)).await?;
        if answer.status() != StatusCode::ACCEPTED {
            return Ok(Changed::Done(()));
        }
        let body = self.body(answer).await?;
        serde_json::from_slice(&body).map(Changed::Asked).map_err(|error| self.garbled(&error.to_string()))
    }
}
