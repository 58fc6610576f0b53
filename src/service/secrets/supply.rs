//! Handing out values: to runs, and to those who speak to resources. The only place that opens one.
//!
//! What a run gets is decided when its attempt begins and stands in that record; what it holds is opened afterwards, for as long
//! as the attempt takes. The right to run was decided before: here only grants count.

use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Secrets;
use super::elsewhere::Asked;
use super::faults::{EXPIRED, NO_VALUE, NOT_GRANTED};
use crate::base::fault::{BUG, Fault};
use crate::domain::access::{Caller, Whence};
use crate::domain::audit::{Actor, Event, Subject};
use crate::domain::ids::{CapabilityId, RunId, SecretId, TenantKey};
use crate::domain::masking::Masker;
use crate::domain::run::Run;
use crate::domain::vault::{Delivery, GrantTo, Origin, SealedValue, Secret, SecretNeed, SecretUse, SourceRead};
use crate::service::vault::faults::{damaged, sealed};
use crate::service::{commit_fault, storage_fault};
use crate::store::record::vault::{secret_key, value_key};
use crate::store::{Commit, Stored};

/// Maskers kept at hand.
const MASKERS: usize = 16;

/// Which value it was.
pub(super) type Version = (SecretId, u32);

/// A value that was handed out, wiped when dropped.
#[derive(Clone)]
pub struct Supplied {
    pub used: SecretUse,
    pub value: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Supplied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Supplied({} version {})", self.used.name, self.used.version)
    }
}

/// Who uses a secret to speak to a resource.
#[derive(Debug, Clone)]
pub struct ResourceUse {
    /// The tenant that the secret belongs to; the platform domain for what platform administrators configured.
    pub tenant: TenantKey,
    pub secret: SecretId,
    /// Id and name of the resource.
    pub resource: String,
    pub name: String,
    /// The run it is for; none for a test of the connection.
    pub run: Option<RunId>,
    /// The resource is a source of secrets: its own credential is kept here.
    pub for_source: bool,
    pub actor: Actor,
}

impl Secrets {
    /// What a version's declared secrets are now: granted to its capability, in force, with a value. Opens nothing, so it also
    /// answers while the vault is sealed.
    ///
    /// # Errors
    /// The first that cannot be used, and why.
    pub fn resolve(&self, tenant: &TenantKey, capability: CapabilityId, needs: &[SecretNeed]) -> Result<Vec<SecretUse>, Fault> {
        if needs.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.0.clock.now();
        let resolve = |need: &SecretNeed| {
            let unknown = || {
                NO_VALUE
                    .fault(format!("the version needs the secret `{}`, which does not exist or has no value", need.name))
                    .param("secret", &need.name)
                    .hint("A tenant administrator sets and grants it: execgov secret set, execgov secret grant")
            };
            let secret = self.find(tenant, need.name.as_str())?.ok_or_else(unknown)?.record;
            let delivery = need.delivery();
            if secret.grant_for(&GrantTo::Capability(capability), delivery).is_none() {
                let how = if delivery == Delivery::Env { " as an environment variable" } else { "" };
                return Err(NOT_GRANTED
                    .fault(format!("the secret `{}` is not granted to this capability{how}", need.name))
                    .param("secret", &need.name)
                    .hint("A tenant administrator grants it: execgov secret grant"));
            }
            let (version, source) = usable(&secret, now)?;
            Ok(SecretUse { id: secret.id, name: secret.name.clone(), version, delivery, place: need.place().to_owned(), source })
        };
        needs.iter().map(resolve).collect()
    }

    /// Opens what a run was given, and reads what is kept elsewhere.
    ///
    /// # Errors
    /// While the vault is sealed, when a value was destroyed or changed since, or a source does not give it.
    pub async fn open(&self, run: &Run, uses: &[SecretUse]) -> Result<Vec<Supplied>, Fault> {
        let mut supplied = Vec::with_capacity(uses.len());
        for used in uses {
            let asked = Asked { tenant: &run.tenant, about: about(used.id, used.name.as_str()), by: &run.requester, run: Some(run.id) };
            let (value, source) = self.value_of(&asked, used.id, used.version).await?;
            supplied.push(Supplied { used: SecretUse { source, ..used.clone() }, value });
        }
        Ok(supplied)
    }

    /// The value of one version, from here or from where it is kept, and what was read there.
    async fn value_of(&self, asked: &Asked<'_>, secret: SecretId, version: u32) -> Result<(Zeroizing<Vec<u8>>, Option<SourceRead>), Fault> {
        match self.origin_of(asked.tenant, secret, version)? {
            None => Ok((self.value(asked.tenant, secret, version)?, None)),
            Some(origin) => self.read_elsewhere(asked, &origin).await.map(|(value, read)| (value, Some(read))),
        }
    }

    fn origin_of(&self, tenant: &TenantKey, secret: SecretId, version: u32) -> Result<Option<Origin>, Fault> {
        let stored: Option<Stored<Secret>> = self.read()?.get(&secret_key(tenant, secret)).map_err(storage_fault)?;
        let versions = stored.map(|stored| stored.record.versions).unwrap_or_default();
        let known = versions.into_iter().find(|known| known.number == version && known.destroyed_at.is_none());
        known.map(|known| known.origin).ok_or_else(destroyed)
    }

    /// What takes these values out of everything that is said.
    ///
    /// # Errors
    /// When they cannot be looked for, in which case nothing may run with them.
    pub fn masker(&self, supplied: &[Supplied]) -> Result<Arc<Masker>, Fault> {
        // A version that is counted elsewhere may come again with another value.
        let lasting = supplied.iter().all(|one| one.used.source.is_none());
        let mut versions: Vec<Version> = supplied.iter().map(|one| (one.used.id, one.used.version)).collect();
        versions.sort_unstable();
        let mut kept = self.0.maskers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|(of, _)| *of == versions).filter(|_| lasting) {
            let found = kept.remove(at);
            let masker = Arc::clone(&found.1);
            kept.push(found);
            return Ok(masker);
        }
        drop(kept);
        let made = Masker::new(supplied.iter().map(|one| (one.used.name.as_str(), one.value.as_slice())));
        let masker = Arc::new(made.map_err(|error| BUG.fault("output with these secrets cannot be masked").cause(error))?);
        if !lasting {
            return Ok(masker);
        }
        let mut kept = self.0.maskers.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MASKERS {
            kept.remove(0);
        }
        kept.push((versions, Arc::clone(&masker)));
        Ok(masker)
    }

    /// Seals the vault, and forgets the maskers, which hold values.
    ///
    /// # Errors
    /// As the vault says.
    pub async fn seal(&self, caller: &Caller) -> Result<(), Fault> {
        self.0.vault.seal(caller).await?;
        self.forget();
        Ok(())
    }

    fn forget(&self) {
        self.0.maskers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The events that say that a run was given secrets.
    #[must_use]
    pub fn use_events(&self, tenant: &TenantKey, run: RunId, attempt: usize, by: &Actor, uses: &[SecretUse]) -> Vec<Event> {
        let event = |used: &SecretUse| {
            let mut details = json!({ "run": run, "attempt": attempt, "version": used.version, "delivery": used.delivery });
            if let Some(source) = &used.source {
                details["source"] = json!(source);
            }
            self.use_event(tenant, (used.id, used.name.as_str()), by.clone(), details)
        };
        uses.iter().map(event).collect()
    }

    /// Opens the value that is used now, for somebody who speaks to a resource with it. The use is an event before the value is
    /// given out; for a run, put what is answered also on its record.
    ///
    /// # Errors
    /// When the secret is not granted to that resource, has expired or has no value; while the vault is sealed.
    pub async fn use_for_resource(&self, wish: &ResourceUse) -> Result<Supplied, Fault> {
        let stored: Option<Stored<Secret>> = self.read()?.get(&secret_key(&wish.tenant, wish.secret)).map_err(storage_fault)?;
        let Some(secret) = stored.map(|stored| stored.record) else {
            return Err(NO_VALUE.fault("the secret of this resource does not exist any more").hint("Name another: execgov resource show"));
        };
        if secret.grant_for(&GrantTo::Resource(wish.resource.clone()), Delivery::File).is_none() {
            return Err(NOT_GRANTED
                .fault(format!("the secret `{}` is not granted to the resource `{}`", secret.name, wish.name))
                .param("secret", &secret.name)
                .hint("Grant it: execgov secret grant --platform"));
        }
        let (version, source) = usable(&secret, self.0.clock.now())?;
        if source.is_some() && wish.for_source {
            return Err(NO_VALUE
                .fault(format!("the secret `{}` of the source `{}` is itself kept elsewhere", secret.name, wish.name))
                .param("secret", &secret.name)
                .hint("Keep the credential of a source in the vault: execgov secret rotate --platform"));
        }
        let details = json!({ "resource": wish.resource, "resource_name": wish.name, "run": wish.run, "version": version });
        let mut commit = Commit::new();
        commit.event(self.use_event(&wish.tenant, (secret.id, secret.name.as_str()), wish.actor.clone(), details));
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        let asked = Asked { tenant: &wish.tenant, about: about(secret.id, secret.name.as_str()), by: &wish.actor, run: wish.run };
        let (value, source) = self.value_of(&asked, secret.id, version).await?;
        let used = SecretUse { id: secret.id, name: secret.name, version, delivery: Delivery::File, place: wish.name.clone(), source };
        Ok(Supplied { used, value })
    }

    fn use_event(&self, tenant: &TenantKey, (id, name): (SecretId, &str), actor: Actor, details: Value) -> Event {
        let mut event = self.0.gate.event_by(actor, tenant, &Whence::default(), "secret.use", about(id, name));
        if let Value::Object(details) = details {
            event.details = details;
        }
        event
    }

    fn value(&self, tenant: &TenantKey, secret: SecretId, version: u32) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let ring = self.0.vault.open_ring().ok_or_else(sealed)?;
        let stored: Option<Stored<SealedValue>> = self.read()?.get(&value_key(tenant, secret, version)).map_err(storage_fault)?;
        let stored = stored.ok_or_else(destroyed)?;
        let belongs = stored.record.tenant == *tenant && stored.record.secret == secret && stored.record.version == version;
        if !belongs {
            return Err(damaged());
        }
        match ring.open(&stored.record) {
            Ok(value) => Ok(value),
            Err(error) => {
                tracing::error!(secret = %secret, version, "a sealed value does not open: the data directory was changed, or a key is missing");
                Err(damaged().cause(error))
            }
        }
    }
}

fn destroyed() -> Fault {
    NO_VALUE.fault("the value was destroyed meanwhile").hint("Set the secret anew.")
}

fn about(id: SecretId, name: &str) -> Subject {
    Subject { kind: "secret".to_owned(), id: Some(id.to_string()), name: Some(name.to_owned()) }
}

/// The number of the version that is used, when it can be, and where it is read when it is kept elsewhere.
fn usable(secret: &Secret, now: crate::base::clock::Timestamp) -> Result<(u32, Option<SourceRead>), Fault> {
    let Some(current) = secret.current() else {
        return Err(NO_VALUE
            .fault(format!("every value of the secret `{}` was destroyed", secret.name))
            .param("secret", &secret.name)
            .hint("Set a new one: execgov secret rotate"));
    };
    match current.expires_at {
        Some(at) if at <= now => Err(EXPIRED
            .fault(format!("the secret `{}` expired on {at}", secret.name))
            .param("secret", &secret.name)
            .hint("Set a new value: execgov secret rotate")),
        _ => Ok((current.number, current.origin.as_ref().map(|origin| origin.read(None)))),
    }
}
