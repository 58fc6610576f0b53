//! Where credentials come from: whoever holds the values hands one out for one use, and records that it did.

use std::pin::Pin;

use secrecy::SecretString;

use super::faults;
use crate::base::fault::Fault;
use crate::domain::audit::Actor;
use crate::domain::ids::{ResourceId, RunId, TenantKey};
use crate::domain::resource::SecretName;

/// One use of one secret.
#[derive(Debug, Clone)]
pub struct CredentialUse {
    pub secret: SecretName,
    /// The resource that it is for: the secret must be granted to it.
    pub resource: ResourceId,
    pub resource_name: String,
    pub tenant: TenantKey,
    pub by: Actor,
    /// The run that uses it; none when the resource is tested.
    pub run: Option<RunId>,
}

/// A value, for one use.
#[derive(Debug)]
pub struct Fetched {
    pub value: SecretString,
    pub version: u64,
}

/// The future of a fetch.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fetched, Fault>> + Send + 'a>>;

/// Who holds the values.
pub trait Credentials: Send + Sync {
    /// # Errors
    /// When there is no such secret, it is not granted to the resource, or the values are sealed.
    fn fetch(&self, asked: CredentialUse) -> Fetching<'_>;
}

/// An appliance without a vault: resources that need no credential work, others say why they do not.
#[derive(Debug, Clone, Copy)]
pub struct NoVault;

impl Credentials for NoVault {
    fn fetch(&self, asked: CredentialUse) -> Fetching<'_> {
        let name = asked.secret.to_string();
        Box::pin(std::future::ready(Err(faults::NO_CREDENTIAL
            .fault(format!("the secret `{name}` cannot be had: this appliance has no vault"))
            .param("secret", name)
            .hint("Set up the vault, and store the secret in it."))))
    }
}
