//! Who may use a secret for what.

use serde_json::{Value, json};

use super::faults::{ALREADY, NO_VALUE, TOO_MANY, bad};
use super::{Secrets, granted, subject, tenant_of};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::audit::Subject;
use crate::domain::ids::{GrantId, ResourceId, TenantKey};
use crate::domain::vault::{GRANTS_MOST, Grant, GrantTo, Secret};
use crate::service::storage_fault;
use crate::store::record::scoped;
use crate::store::{Scan, Snapshot, Stored};
use crate::wire::secret::{Domain, GrantRequest, SecretDetail};

/// Longest id of a resource, in bytes.
const RESOURCE_BYTES: usize = 80;

impl Secrets {
    /// Gives a permission. One that differs in delivery only replaces the one before.
    ///
    /// # Errors
    /// Not found; [`super::faults::BAD_SECRET`] when the target is unknown; [`ALREADY`] when it is granted so.
    pub async fn grant(&self, caller: &Caller, domain: Domain, name: &str, request: &GrantRequest) -> Result<SecretDetail, Fault> {
        let to = self.target(caller, domain, request);
        self.change(caller, (Action::SecretGrant, "secret.grant"), domain, name, |secret, now| {
            let to = match &to {
                Ok(to) => to.clone(),
                Err((pointer, message)) => return Err(bad(pointer, "target", message.clone())),
            };
            if secret.grants.iter().any(|grant| grant.to == to && grant.delivery == request.delivery) {
                return Err(ALREADY.fault("the secret is granted so already"));
            }
            secret.grants.retain(|grant| grant.to != to);
            if secret.grants.len() >= GRANTS_MOST {
                return Err(TOO_MANY
                    .fault(format!("the secret has {GRANTS_MOST} grants, the most it may have"))
                    .param("limit", GRANTS_MOST)
                    .hint("Revoke those that are not needed."));
            }
            let grant = Grant { id: GrantId::new(now), to, delivery: request.delivery, granted_at: now, granted_by: caller.actor() };
            let details = granted(&grant);
            secret.grants.push(grant);
            Ok(details)
        })
        .await
    }

    /// Takes a permission back. Runs that have the value keep it to their end.
    ///
    /// # Errors
    /// Not found.
    pub async fn revoke(&self, caller: &Caller, domain: Domain, name: &str, grant: &str) -> Result<SecretDetail, Fault> {
        self.change(caller, (Action::SecretGrant, "secret.revoke"), domain, name, |secret, _| {
            let at = secret.grants.iter().position(|one| one.id.to_string() == grant);
            let at = at.ok_or_else(|| NO_VALUE.fault("the secret has no such grant").hint("See them: execgov secret show"))?;
            let grant = secret.grants.remove(at);
            let mut details = granted(&grant);
            details["granted_at"] = json!(grant.granted_at);
            Ok(details)
        })
        .await
    }

    fn target(&self, caller: &Caller, domain: Domain, request: &GrantRequest) -> Result<GrantTo, (&'static str, String)> {
        match (&request.capability, &request.resource) {
            (Some(name), None) => {
                let found = self.read().and_then(|snapshot| self.0.capabilities.id_of(&snapshot, &tenant_of(caller, domain), name));
                let unknown = || ("/capability", format!("there is no capability `{}`", name.chars().take(64).collect::<String>()));
                found.ok().flatten().map(GrantTo::Capability).ok_or_else(unknown)
            }
            (None, Some(id)) => {
                let fits =
                    !id.is_empty() && id.len() <= RESOURCE_BYTES && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
                if fits { Ok(GrantTo::Resource(id.clone())) } else { Err(("/resource", "`resource` is the id of a resource".to_owned())) }
            }
            _ => Err(("/capability", "exactly one of `capability` and `resource` is named".to_owned())),
        }
    }
}

/// The secrets of the platform that a resource was granted, each without that grant and with what an event says of it: a
/// resource that moved elsewhere is another service, and whoever looks after the secret says anew whether it may have it.
///
/// # Errors
/// When the ledger cannot be read.
pub fn without_grants_to(snapshot: &Snapshot, resource: ResourceId, now: Timestamp) -> Result<Vec<Withdrawn>, Fault> {
    let to = GrantTo::Resource(resource.to_string());
    let all: Vec<Stored<Secret>> = snapshot.scan(&Scan::table(&scoped(&TenantKey::platform(), &[]))).map_err(storage_fault)?;
    let held = all.into_iter().filter_map(|stored| {
        let grant = stored.record.grants.iter().find(|grant| grant.to == to)?;
        let mut details = granted(grant);
        details["why"] = json!("the resource moved");
        let mut secret = stored.record.clone();
        secret.grants.retain(|grant| grant.to != to);
        secret.updated_at = now;
        Some(Withdrawn { subject: subject(&secret), stored, secret, details })
    });
    Ok(held.collect())
}

/// A grant that is void.
pub struct Withdrawn {
    pub subject: Subject,
    pub stored: Stored<Secret>,
    pub secret: Secret,
    /// For the event `secret.revoke`.
    pub details: Value,
}
