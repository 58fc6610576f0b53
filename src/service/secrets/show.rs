//! Showing secrets: everything but the value.

use serde::{Deserialize, Serialize};

use super::{Secrets, tenant_of};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::capability::Capability;
use crate::domain::run::Run;
use crate::domain::vault::{Grant, GrantTo, Secret, SecretName};
use crate::service::page::{decode_cursor, encode_cursor};
use crate::service::storage_fault;
use crate::store::record::run::{BY_SECRET, secret_prefix};
use crate::store::record::scoped;
use crate::store::record::vault::{BY_NAME, name_key};
use crate::store::{Scan, Snapshot, Stored};
use crate::wire::page::CountedPage;
use crate::wire::secret::{Domain, GrantView, SecretDetail, SecretFacts, SecretQuery, SecretState, SecretSummary, SecretVersionView};

/// Rows counted for a total, at most.
const COUNTED: u64 = 10_000;

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    after: SecretName,
}

impl Secrets {
    /// Secrets by name. Who may see no more gets names alone.
    ///
    /// # Errors
    /// When the caller may not even see names.
    pub async fn list(&self, caller: &Caller, query: &SecretQuery) -> Result<CountedPage<SecretSummary>, Fault> {
        let tenant = tenant_of(caller, query.domain);
        let place = Resource::Tenant(tenant.clone());
        let _permit = self.0.gate.allow(caller, Action::SecretList, &place).await?;
        let sees_facts = self.0.gate.may(caller, Action::SecretView, &place);
        let limit = query.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let cursor: Option<Cursor> = decode_cursor(query.cursor.as_deref())?;
        let prefix = scoped(&tenant, &[query.prefix.as_deref().unwrap_or_default().as_bytes()]);
        let snapshot = self.read()?;
        let mut scan = Scan::index(BY_NAME, &prefix).limit(limit + 1);
        if let Some(cursor) = cursor {
            scan = scan.after(&name_key(&tenant, &cursor.after));
        }
        let mut rows: Vec<Stored<Secret>> = snapshot.scan(&scan).map_err(storage_fault)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| encode_cursor(&Cursor { after: last.record.name.clone() }));
        let now = self.0.clock.now();
        let summary = |stored: &Stored<Secret>| {
            let facts = if sees_facts { Some(self.facts(&snapshot, &stored.record, now)?) } else { None };
            Ok(SecretSummary { name: stored.record.name.to_string(), facts })
        };
        let items = rows.iter().map(summary).collect::<Result<_, Fault>>()?;
        let most = usize::try_from(COUNTED).unwrap_or(usize::MAX);
        let total = snapshot.count::<Secret>(&Scan::index(BY_NAME, &prefix).limit(most + 1)).map_err(storage_fault)?;
        Ok(CountedPage { items, next, total: total.min(COUNTED), total_is_lower_bound: total > COUNTED })
    }

    /// Everything known of one secret.
    ///
    /// # Errors
    /// Not found, also when the caller may not see it.
    pub async fn show(&self, caller: &Caller, domain: Domain, name: &str) -> Result<SecretDetail, Fault> {
        let (_permit, stored) = self.named(caller, Action::SecretView, domain, name).await?;
        self.detail(caller, &stored.record)
    }

    pub(super) fn detail(&self, caller: &Caller, secret: &Secret) -> Result<SecretDetail, Fault> {
        let snapshot = self.read()?;
        let current = secret.current().map(|version| version.number);
        let versions = secret.versions.iter().rev().map(|version| SecretVersionView {
            number: version.number,
            current: Some(version.number) == current,
            created_at: version.created_at.to_string(),
            created_by: version.created_by.clone(),
            expires_at: version.expires_at.map(|at| at.to_string()),
            destroyed_at: version.destroyed_at.map(|at| at.to_string()),
            source: version.origin.as_ref().map(|origin| origin.read(origin.version)),
        });
        let place = Resource::Tenant(secret.tenant.clone());
        Ok(SecretDetail {
            name: secret.name.to_string(),
            facts: self.facts(&snapshot, secret, self.0.clock.now())?,
            versions: versions.collect(),
            grants: secret.grants.iter().map(|grant| grant_view(&snapshot, secret, grant)).collect::<Result<_, _>>()?,
            actions: self.0.gate.actions_on(caller, &[Action::SecretView, Action::SecretUpdate, Action::SecretGrant], &place),
        })
    }

    fn facts(&self, snapshot: &Snapshot, secret: &Secret, now: Timestamp) -> Result<SecretFacts, Fault> {
        let last = snapshot.scan::<Run>(&Scan::index(BY_SECRET, &secret_prefix(&secret.tenant, secret.id)).reverse().limit(1));
        let last = last.map_err(storage_fault)?.pop().map(|stored| stored.record);
        let used =
            |run: &Run| run.attempts.iter().rev().find(|one| one.secrets.iter().any(|used| used.id == secret.id)).map(|one| one.started_at);
        let state = match (secret.current(), secret.expires_at()) {
            (None, _) => SecretState::Empty,
            (Some(_), Some(at)) if at <= now => SecretState::Expired,
            (Some(_), Some(at)) if at <= self.0.vault.reminds_until(now) => SecretState::Expiring,
            (Some(_), _) => SecretState::Good,
        };
        Ok(SecretFacts {
            id: secret.id.to_string(),
            state,
            description: secret.description.clone(),
            owner: secret.owner.clone(),
            version: secret.current().map(|version| version.number),
            expires_at: secret.expires_at().map(|at| at.to_string()),
            source: secret.origin().map(|origin| origin.read(origin.version)),
            unmaskable: secret.current().is_some_and(|version| version.unmaskable),
            grants: secret.grants.len() as u64,
            last_used_at: last.as_ref().and_then(used).map(|at| at.to_string()),
            last_used_by: last.map(|run| run.id.to_string()),
            created_at: secret.created_at.to_string(),
            updated_at: secret.updated_at.to_string(),
        })
    }
}

fn grant_view(snapshot: &Snapshot, secret: &Secret, grant: &Grant) -> Result<GrantView, Fault> {
    let (kind, to) = match &grant.to {
        GrantTo::Capability(id) => {
            let found: Option<Stored<Capability>> = snapshot.get(&scoped(&secret.tenant, &[id.bytes()])).map_err(storage_fault)?;
            ("capability", found.map_or_else(|| id.to_string(), |stored| stored.record.name.to_string()))
        }
        GrantTo::Resource(id) => ("resource", id.clone()),
    };
    Ok(GrantView {
        id: grant.id.to_string(),
        kind: kind.to_owned(),
        to,
        delivery: grant.delivery,
        granted_at: grant.granted_at.to_string(),
        granted_by: grant.granted_by.clone(),
    })
}
