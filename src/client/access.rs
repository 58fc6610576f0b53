//! Grants of roles, a tenant's own roles, who may do what, and why.

use reqwest::Method;

use super::{Client, ClientError, Pages};
use crate::wire::access::{AccessMatrix, CustomRoleRequest, CustomRoleView, MatrixQuery, RoleGrantQuery, RoleGrantRequest, RoleGrantView};
use crate::wire::identity::{CreateService, CreateToken, CreatedToken, ExplainRequest, Explanation, RoleList, UserDetail};
use crate::wire::page::Page;

const ROLES: [&str; 3] = ["api", "v1", "roles"];

impl Client {
    #[must_use]
    pub fn grants(&self, query: &RoleGrantQuery) -> Pages<Page<RoleGrantView>> {
        Pages::new(self, &["api", "v1", "grants"], query)
    }

    pub async fn give_role(&self, request: &RoleGrantRequest) -> Result<RoleGrantView, ClientError> {
        self.post(&["api", "v1", "grants"], request).await
    }

    pub async fn take_role(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&["api", "v1", "grants", id]).await
    }

    pub async fn create_service(&self, request: &CreateService) -> Result<UserDetail, ClientError> {
        self.post(&["api", "v1", "service-accounts"], request).await
    }

    pub async fn create_service_token(&self, id: &str, request: &CreateToken) -> Result<CreatedToken, ClientError> {
        self.post(&["api", "v1", "service-accounts", id, "tokens"], request).await
    }

    pub async fn roles(&self) -> Result<RoleList, ClientError> {
        self.get(&ROLES, &()).await
    }

    pub async fn add_role(&self, request: &CustomRoleRequest) -> Result<CustomRoleView, ClientError> {
        self.post(&ROLES, request).await
    }

    pub async fn change_role(&self, name: &str, request: &CustomRoleRequest) -> Result<CustomRoleView, ClientError> {
        self.send(Method::PUT, &[ROLES[0], ROLES[1], ROLES[2], name], request).await
    }

    pub async fn remove_role(&self, name: &str) -> Result<(), ClientError> {
        self.delete(&[ROLES[0], ROLES[1], ROLES[2], name]).await
    }

    pub async fn explain_access(&self, request: &ExplainRequest) -> Result<Explanation, ClientError> {
        self.post(&["api", "v1", "access", "explain"], request).await
    }

    pub async fn access_matrix(&self, query: &MatrixQuery) -> Result<AccessMatrix, ClientError> {
        self.get(&["api", "v1", "access", "matrix"], query).await
    }
}
