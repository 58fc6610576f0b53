//! The vault and its secrets.

use reqwest::Method;

use super::{Client, ClientError, Pages};
use crate::wire::page::CountedPage;
use crate::wire::secret::{DescribeSecret, GrantRequest, InDomain, SecretDetail, SecretQuery, SecretSummary, SetSecret};
use crate::wire::vault::{InitVault, ProveRecovery, RecoverVault, RecoveryProof, RotateVault, SetRecovery, UnsealVault, VaultStatus};

const VAULT: [&str; 3] = ["api", "v1", "vault"];
const SECRETS: [&str; 3] = ["api", "v1", "secrets"];

fn of(verb: &str) -> [&str; 4] {
    [VAULT[0], VAULT[1], VAULT[2], verb]
}

impl Client {
    pub async fn vault(&self) -> Result<VaultStatus, ClientError> {
        self.get(&VAULT, &()).await
    }

    pub async fn init_vault(&self, request: &InitVault) -> Result<VaultStatus, ClientError> {
        self.post(&of("init"), request).await
    }

    pub async fn seal_vault(&self) -> Result<VaultStatus, ClientError> {
        self.post(&of("seal"), &serde_json::json!({})).await
    }

    pub async fn unseal_vault(&self, request: &UnsealVault) -> Result<VaultStatus, ClientError> {
        self.post(&of("unseal"), request).await
    }

    pub async fn rotate_vault(&self, request: &RotateVault) -> Result<VaultStatus, ClientError> {
        self.post(&of("rotate"), request).await
    }

    pub async fn recover_vault(&self, request: &RecoverVault) -> Result<VaultStatus, ClientError> {
        self.post(&of("recover"), request).await
    }

    pub async fn set_recovery(&self, request: &SetRecovery) -> Result<VaultStatus, ClientError> {
        self.send(Method::PUT, &of("recovery"), request).await
    }

    pub async fn prove_recovery(&self, request: &ProveRecovery) -> Result<RecoveryProof, ClientError> {
        self.post(&of("prove"), request).await
    }

    #[must_use]
    pub fn secrets(&self, query: &SecretQuery) -> Pages<CountedPage<SecretSummary>> {
        Pages::new(self, &SECRETS, query)
    }

    pub async fn secret(&self, name: &str, domain: &InDomain) -> Result<SecretDetail, ClientError> {
        self.get(&[SECRETS[0], SECRETS[1], SECRETS[2], name], domain).await
    }

    pub async fn set_secret(&self, name: &str, domain: &InDomain, request: &SetSecret) -> Result<SecretDetail, ClientError> {
        self.send_in(Method::PUT, &[name], domain, request).await
    }

    pub async fn describe_secret(&self, name: &str, domain: &InDomain, request: &DescribeSecret) -> Result<SecretDetail, ClientError> {
        self.send_in(Method::PATCH, &[name], domain, request).await
    }

    pub async fn delete_secret(&self, name: &str, domain: &InDomain) -> Result<(), ClientError> {
        self.delete_with(&[SECRETS[0], SECRETS[1], SECRETS[2], name], domain).await
    }

    pub async fn destroy_secret_version(&self, name: &str, number: u32, domain: &InDomain) -> Result<SecretDetail, ClientError> {
        self.send_in(Method::POST, &[name, "versions", &number.to_string(), "destroy"], domain, &serde_json::json!({})).await
    }

    pub async fn grant_secret(&self, name: &str, domain: &InDomain, request: &GrantRequest) -> Result<SecretDetail, ClientError> {
        self.send_in(Method::POST, &[name, "grants"], domain, request).await
    }

    pub async fn revoke_secret(&self, name: &str, grant: &str, domain: &InDomain) -> Result<SecretDetail, ClientError> {
        self.send_in(Method::DELETE, &[name, "grants", grant], domain, &serde_json::json!({})).await
    }

    async fn send_in(
        &self,
        method: Method,
        path: &[&str],
        domain: &InDomain,
        body: &(impl serde::Serialize + Sync),
    ) -> Result<SecretDetail, ClientError> {
        let path: Vec<&str> = SECRETS.iter().copied().chain(path.iter().copied()).collect();
        self.send_with(method, &path, domain, body).await
    }
}
