//! Setting, describing, destroying, deleting. No event holds a value, its length or a digest of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use zeroize::Zeroizing;

use super::faults::{ALREADY, NO_VALUE, TOO_SHORT, bad};
use super::{Secrets, TRIES, subject, tenant_of};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::Subject;
use crate::domain::ids::{SecretId, TenantKey};
use crate::domain::vault::{
    DESCRIPTION_CHARS, MASKABLE_BYTES, OWNER_CHARS, Origin, SealedValue, Secret, SecretName, SecretVersion, VALUE_BYTES_MOST,
    VERSIONS_MOST, VaultHeader,
};
use crate::service::vault::faults::{damaged, no_vault};
use crate::service::{CHANGED, commit_fault, storage_fault};
use crate::store::record::vault::{VAULT_KEY, value_key};
use crate::store::{Commit, CommitError, Snapshot, Stored};
use crate::wire::secret::{DescribeSecret, Domain, SecretDetail, SetSecret};

/// A sealed value, and the keys that sealed it.
type SealedBy = (SealedValue, Stored<VaultHeader>);

/// The value itself, or where it is kept.
enum Wished {
    Here(Zeroizing<Vec<u8>>),
    Elsewhere(Origin),
}

/// A request to set a value that was found in order.
struct Wish {
    name: SecretName,
    value: Wished,
    /// It has less than [`MASKABLE_BYTES`].
    short: bool,
    expires_at: Option<Timestamp>,
}

impl Secrets {
    /// Sets a value: of a new secret, or as a new version of one that exists. From now on it is the one that is used.
    ///
    /// # Errors
    /// While the vault is sealed; [`TOO_SHORT`]; [`super::faults::BAD_SECRET`] names the field that makes no sense.
    pub async fn set(&self, caller: &Caller, domain: Domain, name: &str, request: &SetSecret) -> Result<SecretDetail, Fault> {
        let tenant = tenant_of(caller, domain);
        let permit = self.0.gate.allow(caller, Action::SecretUpdate, &Resource::Tenant(tenant.clone())).await?;
        let wish = match self.wish(caller, &tenant, name, request).await {
            Ok(wish) => wish,
            Err(fault) => return self.refused(caller, "secret.set", name.parse().ok().as_ref(), fault).await,
        };
        for _ in 0..TRIES {
            let earlier = self.find(&tenant, name)?;
            let fresh = match self.with_value(caller, &tenant, earlier.as_ref().map(|stored| &stored.record), &wish, request) {
                Ok(fresh) => fresh,
                Err(fault) => return self.refused(caller, "secret.set", Some(&wish.name), fault).await,
            };
            let (secret, sealed) = fresh;
            let version = secret.versions.last();
            let details = json!({
                "version": version.map(|version| version.number),
                "new": earlier.is_none(),
                "expires_at": version.and_then(|version| version.expires_at),
                "unmaskable": version.is_some_and(|version| version.unmaskable),
                "source": version.and_then(|version| version.origin.as_ref()).map(|origin| origin.read(origin.version)),
            });
            let mut commit = Commit::new();
            if let Some((value, header)) = &sealed {
                // A rotation that ends meanwhile drops the key that seals this value.
                commit.expect(header).insert(value);
            }
            commit.event(self.event(caller, &permit, "secret.set", &secret, details));
            {
                let snapshot = self.read()?;
                match &earlier {
                    Some(earlier) => {
                        drop_values(&snapshot, &mut commit, &earlier.record, &secret)?;
                        commit.update(earlier, &secret);
                    }
                    None => drop(commit.insert(&secret)),
                }
            }
            match self.0.ledger.commit(commit).await {
                Ok(_) => return self.detail(caller, &secret),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        let fault = CHANGED.fault("somebody else changes this secret at the same time").hint("Read it again and repeat.");
        self.refused(caller, "secret.set", Some(&wish.name), fault).await
    }

    async fn wish(&self, caller: &Caller, tenant: &TenantKey, name: &str, request: &SetSecret) -> Result<Wish, Fault> {
        let name: SecretName = name.parse().map_err(|error| bad("/name", "name", format!("{error}")))?;
        let expires_at = moment(request.expires_at.as_deref(), self.0.clock.now())?;
        texts(request.description.as_deref(), request.owner.as_deref())?;
        let (value, short) = match (&request.value, &request.value_base64, &request.from) {
            (Some(text), None, None) => here(text.expose().as_bytes().to_vec())?,
            (None, Some(text), None) => {
                let decoded = STANDARD.decode(text.expose().trim());
                here(decoded.map_err(|_| bad("/value_base64", "base64", "`value_base64` is not base64".to_owned()))?)?
            }
            (None, None, Some(from)) => {
                let earlier = self.find(tenant, name.as_str())?.map(|stored| subject(&stored.record));
                let about = earlier.unwrap_or_else(|| Subject { kind: "secret".to_owned(), id: None, name: Some(name.to_string()) });
                let (origin, short) = self.tried(caller, tenant, about, from).await?;
                (Wished::Elsewhere(origin), short)
            }
            _ => return Err(bad("/value", "required", "exactly one of `value`, `value_base64` and `from` is given".to_owned())),
        };
        if short && !request.force_short {
            return Err(TOO_SHORT
                .fault(format!(
                    "the value has less than {MASKABLE_BYTES} bytes: it cannot be told from ordinary text, so logs would show it"
                ))
                .hint("Choose a longer value, or insist with --force-short; it is then marked as not maskable."));
        }
        Ok(Wish { name, value, short, expires_at })
    }

    /// The secret with the new version; its sealed value and the keys that sealed it, when it is kept here.
    fn with_value(
        &self,
        caller: &Caller,
        tenant: &TenantKey,
        earlier: Option<&Secret>,
        wish: &Wish,
        request: &SetSecret,
    ) -> Result<(Secret, Option<SealedBy>), Fault> {
        let now = self.0.clock.now();
        let mut secret = match earlier {
            Some(earlier) => earlier.clone(),
            None if request.must_exist => {
                return Err(NO_VALUE.fault(format!("there is no secret `{}` to rotate", wish.name)).hint("Set it: execgov secret set"));
            }
            None => Secret {
                id: SecretId::new(now),
                tenant: tenant.clone(),
                name: wish.name.clone(),
                description: String::new(),
                owner: String::new(),
                versions: Vec::new(),
                grants: Vec::new(),
                created_at: now,
                created_by: caller.actor(),
                updated_at: now,
                reminded_of: None,
            },
        };
        if let Some(description) = &request.description {
            description.trim().clone_into(&mut secret.description);
        }
        if let Some(owner) = &request.owner {
            owner.trim().clone_into(&mut secret.owner);
        }
        secret.updated_at = now;
        let number = secret.next_number();
        secret.versions.push(SecretVersion {
            number,
            created_at: now,
            created_by: caller.actor(),
            expires_at: wish.expires_at,
            destroyed_at: None,
            unmaskable: wish.short,
            origin: match &wish.value {
                Wished::Here(_) => None,
                Wished::Elsewhere(origin) => Some(origin.clone()),
            },
        });
        let beyond = secret.versions.iter().filter(|version| version.destroyed_at.is_none()).count().saturating_sub(VERSIONS_MOST);
        for version in secret.versions.iter_mut().filter(|version| version.destroyed_at.is_none()).take(beyond) {
            version.destroyed_at = Some(now);
        }
        // Of versions without a value only the latest are remembered: each is also in the audit log.
        let forgotten = secret.versions.len().saturating_sub(10 * VERSIONS_MOST);
        secret.versions.drain(..forgotten);
        let sealed = match &wish.value {
            Wished::Here(value) => Some(self.sealed(&secret, number, value)?),
            Wished::Elsewhere(_) => None,
        };
        Ok((secret, sealed))
    }

    fn sealed(&self, secret: &Secret, number: u32, value: &[u8]) -> Result<SealedBy, Fault> {
        let ring = self.0.vault.ring()?;
        let header: Stored<VaultHeader> = self.read()?.get(VAULT_KEY).map_err(storage_fault)?.ok_or_else(no_vault)?;
        if header.record.active != ring.active() {
            return Err(CHANGED.fault("the data key changes at this moment").hint("Repeat."));
        }
        let value = ring.seal(&secret.tenant, secret.id, number, value).map_err(|error| damaged().cause(error))?;
        Ok((value, header))
    }

    /// Changes what is said of a secret, or when its value expires.
    ///
    /// # Errors
    /// Not found; [`super::faults::BAD_SECRET`] names the field that makes no sense.
    pub async fn describe(&self, caller: &Caller, domain: Domain, name: &str, request: &DescribeSecret) -> Result<SecretDetail, Fault> {
        self.change(caller, (Action::SecretUpdate, "secret.describe"), domain, name, |secret, now| {
            texts(request.description.as_deref(), request.owner.as_deref())?;
            let mut changed = serde_json::Map::new();
            if let Some(description) = &request.description {
                description.trim().clone_into(&mut secret.description);
                changed.insert("description".to_owned(), json!(secret.description));
            }
            if let Some(owner) = &request.owner {
                owner.trim().clone_into(&mut secret.owner);
                changed.insert("owner".to_owned(), json!(secret.owner));
            }
            if let Some(text) = &request.expires_at {
                let expires_at = if text.is_empty() { None } else { moment(Some(text), now)? };
                let version = secret.versions.iter_mut().rev().find(|version| version.destroyed_at.is_none());
                version.ok_or_else(|| NO_VALUE.fault("every value was destroyed: nothing expires"))?.expires_at = expires_at;
                changed.insert("expires_at".to_owned(), json!(expires_at));
            }
            Ok(serde_json::Value::Object(changed))
        })
        .await
    }

    /// Destroys the value of one version for good.
    ///
    /// # Errors
    /// Not found, or destroyed already.
    pub async fn destroy_version(&self, caller: &Caller, domain: Domain, name: &str, number: u32) -> Result<SecretDetail, Fault> {
        self.change(caller, (Action::SecretUpdate, "secret.destroy_version"), domain, name, |secret, now| {
            let version = secret.versions.iter_mut().find(|version| version.number == number);
            let version =
                version.ok_or_else(|| NO_VALUE.fault(format!("there is no version {number}")).hint("See: execgov secret history"))?;
            if version.destroyed_at.is_some() {
                return Err(ALREADY.fault(format!("the value of version {number} is destroyed already")));
            }
            version.destroyed_at = Some(now);
            Ok(json!({ "version": number }))
        })
        .await
    }

    /// Deletes a secret with all its values and grants.
    ///
    /// # Errors
    /// Not found.
    pub async fn delete(&self, caller: &Caller, domain: Domain, name: &str) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let (permit, stored) = self.named(caller, Action::SecretUpdate, domain, name).await?;
            let gone = Secret { versions: Vec::new(), ..stored.record.clone() };
            let details = json!({ "versions": stored.record.versions.len(), "grants": stored.record.grants.len() });
            let mut commit = Commit::new();
            drop_values(&self.read()?, &mut commit, &stored.record, &gone)?;
            commit.delete(&stored).event(self.event(caller, &permit, "secret.delete", &stored.record, details));
            match self.0.ledger.commit(commit).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        let fault = CHANGED.fault("somebody else changes this secret at the same time").hint("Repeat.");
        self.refused(caller, "secret.delete", name.parse().ok().as_ref(), fault).await
    }

    /// One change of a secret that exists, with what the event says of it. Values of versions that are destroyed go with it.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        (action, verb): (Action, &'static str),
        domain: Domain,
        name: &str,
        change: impl Fn(&mut Secret, Timestamp) -> Result<serde_json::Value, Fault> + Sync,
    ) -> Result<SecretDetail, Fault> {
        for _ in 0..TRIES {
            let (permit, stored) = self.named(caller, action, domain, name).await?;
            let mut secret = stored.record.clone();
            let now = self.0.clock.now();
            secret.updated_at = now;
            let details = match change(&mut secret, now) {
                Ok(details) => details,
                Err(fault) => return self.refused(caller, verb, Some(&stored.record.name), fault).await,
            };
            let mut commit = Commit::new();
            drop_values(&self.read()?, &mut commit, &stored.record, &secret)?;
            commit.update(&stored, &secret).event(self.event(caller, &permit, verb, &secret, details));
            match self.0.ledger.commit(commit).await {
                Ok(_) => return self.detail(caller, &secret),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        let fault = CHANGED.fault("somebody else changes this secret at the same time").hint("Read it again and repeat.");
        self.refused(caller, verb, name.parse().ok().as_ref(), fault).await
    }
}

fn here(value: Vec<u8>) -> Result<(Wished, bool), Fault> {
    let value = Zeroizing::new(value);
    if value.is_empty() || value.len() > VALUE_BYTES_MOST {
        return Err(bad("/value", "length", format!("a value has 1 to {VALUE_BYTES_MOST} bytes")));
    }
    let short = value.len() < MASKABLE_BYTES;
    Ok((Wished::Here(value), short))
}

/// Deletes the sealed values of versions that `before` had and `after` has not.
fn drop_values(snapshot: &Snapshot, commit: &mut Commit, before: &Secret, after: &Secret) -> Result<(), Fault> {
    let kept = |number: u32| after.versions.iter().any(|version| version.number == number && version.destroyed_at.is_none());
    for version in before.versions.iter().filter(|version| version.destroyed_at.is_none() && !kept(version.number)) {
        let value = snapshot.get::<SealedValue>(&value_key(&before.tenant, before.id, version.number)).map_err(storage_fault)?;
        if let Some(value) = value {
            commit.delete(&value);
        }
    }
    Ok(())
}

fn moment(text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let at: Timestamp =
        text.parse().map_err(|_| bad("/expires_at", "date-time", "`expires_at` is written 2027-01-31T00:00:00Z".to_owned()))?;
    if at <= now {
        return Err(bad("/expires_at", "future", "`expires_at` is over already".to_owned()));
    }
    Ok(Some(at))
}

fn texts(description: Option<&str>, owner: Option<&str>) -> Result<(), Fault> {
    for (pointer, text, most) in [("/description", description, DESCRIPTION_CHARS), ("/owner", owner, OWNER_CHARS)] {
        if text.is_some_and(|text| text.chars().count() > most || text.chars().any(|c| c.is_control() && c != '\n')) {
            return Err(bad(pointer, "length", format!("`{}` has at most {most} characters and no control characters", &pointer[1..])));
        }
    }
    Ok(())
}
