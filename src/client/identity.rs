//! Set-up, sessions, people and tokens.

use reqwest::Method;
use serde_json::Value;

use super::{Client, ClientError, Pages};
use crate::wire::identity::{
    ChangePassword, CreateToken, CreateUser, CreatedToken, LoggedIn, LoginRequest, Me, ResetPassword, SetupRequest, SetupStatus,
    TokenQuery, TokenSummary, UpdateUser, UserDetail, UserQuery,
};
use crate::wire::page::Page;

impl Client {
    pub async fn setup_status(&self) -> Result<SetupStatus, ClientError> {
        self.get(&["api", "v1", "setup"], &()).await
    }

    /// Makes the first administrator.
    pub async fn setup(&self, request: &SetupRequest) -> Result<(), ClientError> {
        self.post::<Value>(&["api", "v1", "setup"], request).await.map(drop)
    }

    pub async fn sign_in(&self, request: &LoginRequest) -> Result<LoggedIn, ClientError> {
        self.post(&["api", "v1", "session"], request).await
    }

    pub async fn sign_out(&self) -> Result<(), ClientError> {
        self.delete(&["api", "v1", "session"]).await
    }

    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get(&["api", "v1", "me"], &()).await
    }

    /// Replaces one's own password.
    pub async fn change_password(&self, request: &ChangePassword) -> Result<(), ClientError> {
        self.post::<Value>(&["api", "v1", "me", "password"], request).await.map(drop)
    }

    #[must_use]
    pub fn users(&self, query: &UserQuery) -> Pages<Page<UserDetail>> {
        Pages::new(self, &["api", "v1", "users"], query)
    }

    /// One person, by id or name.
    pub async fn user(&self, id: &str) -> Result<UserDetail, ClientError> {
        self.get(&["api", "v1", "users", id], &()).await
    }

    pub async fn create_user(&self, request: &CreateUser) -> Result<UserDetail, ClientError> {
        self.post(&["api", "v1", "users"], request).await
    }

    /// Changes an account, unless it changed since it was read.
    pub async fn update_user(&self, seen: &UserDetail, request: &UpdateUser) -> Result<UserDetail, ClientError> {
        let call = self.request(Method::PATCH, &["api", "v1", "users", &seen.id], &()).header("if-match", format!("\"{}\"", seen.version));
        self.json(call.json(request)).await
    }

    pub async fn reset_password(&self, id: &str, request: &ResetPassword) -> Result<(), ClientError> {
        self.post::<Value>(&["api", "v1", "users", id, "password"], request).await.map(drop)
    }

    pub async fn delete_user(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&["api", "v1", "users", id]).await
    }

    #[must_use]
    pub fn tokens(&self, query: &TokenQuery) -> Pages<Page<TokenSummary>> {
        Pages::new(self, &["api", "v1", "tokens"], query)
    }

    pub async fn create_token(&self, request: &CreateToken) -> Result<CreatedToken, ClientError> {
        self.post(&["api", "v1", "tokens"], request).await
    }

    pub async fn revoke_token(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&["api", "v1", "tokens", id]).await
    }
}
