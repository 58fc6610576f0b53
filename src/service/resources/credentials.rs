//! Where credentials come from: whoever holds the values hands one out for one use, and records that it did.

use std::pin::Pin;

use secrecy::SecretString;

use super::faults;
use crate::base::fault::Fault;
use crate::domain::audit::Actor;
use crate::domain::ids::{ResourceId, RunId, TenantKey};
use crate::domain::resource::SecretName;
use crate::domain::vault::SecretUse;
use crate::service::secrets::{ResourceUse, Secrets};

/// One use of one secret.
#[derive(Debug, Clone)]
pub struct CredentialUse {
    pub secret: SecretName,
    /// The resource that it is for: the secret must be granted to it.
    pub resource: ResourceId,
    pub resource_name: String,
    pub by: Actor,
    /// The run that uses it; none when the resource is tested.
    pub run: Option<RunId>,
    /// The resource is a source of secrets itself, and its own credential is not read from another.
    pub for_source: bool,
}

/// A value, for one use.
#[derive(Debug)]
pub struct Fetched {
    pub value: SecretString,
    /// For the record: which secret in which version.
    pub used: SecretUse,
}

/// The future of a fetch.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fetched, Fault>> + Send + 'a>>;

/// Who holds the values.
pub trait Credentials: Send + Sync {
    /// # Errors
    /// When there is no such secret, it is not granted to the resource, or the values are sealed.
    fn fetch(&self, asked: CredentialUse) -> Fetching<'_>;
}

/// The secrets of the platform domain, where resources are configured.
impl Credentials for Secrets {
    fn fetch(&self, asked: CredentialUse) -> Fetching<'_> {
        Box::pin(async move {
            let tenant = TenantKey::platform();
            let name = asked.secret.to_string();
            let secret = self.id_of(&tenant, &name)?.ok_or_else(|| {
                faults::NO_CREDENTIAL
                    .fault(format!("the resource `{}` names the secret `{name}`, which does not exist", asked.resource_name))
                    .param("secret", &name)
                    .hint("A platform administrator sets it: execgov secret set --platform")
            })?;
            let wish = ResourceUse {
                tenant,
                secret,
                resource: asked.resource.to_string(),
                name: asked.resource_name,
                run: asked.run,
                for_source: asked.for_source,
                actor: asked.by,
            };
            let supplied = self.use_for_resource(&wish).await?;
            let text = std::str::from_utf8(&supplied.value).map_err(|_| {
                faults::NO_CREDENTIAL
                    .fault(format!("the secret `{name}` is no text, and cannot be a credential"))
                    .hint("Set it anew, as text.")
            })?;
            Ok(Fetched { value: SecretString::from(text), used: supplied.used })
        })
    }
}
