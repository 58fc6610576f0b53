//! Tenants: made, renamed, suspended, and brought back.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Mutex;

use super::limits::one_more;
use super::{commit_fault, storage_fault};
use crate::base::clock::Timestamp;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::{Event, Subject};
use crate::domain::identity::User;
use crate::domain::ids::TenantKey;
use crate::domain::tally::Counted;
use crate::domain::tenant::{TENANTS_MOST, Tenant, TenantState};
use crate::service::gate::{Gate, Permit};
use crate::service::identity::Identity;
use crate::store::record::scoped;
use crate::store::record::tenant::tenant_key;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::tenant::{TenantRequest, TenantUpdate, TenantView, TenantViews};

pub const BAD: Code = Code::new("EG-TEN-001", Class::User, "The tenant makes no sense");
pub const TAKEN: Code = Code::new("EG-TEN-002", Class::Conflict, "There is a tenant of that key");
pub const FULL: Code = Code::new("EG-TEN-003", Class::Conflict, "Too many tenants");
pub const FIRST: Code = Code::new("EG-TEN-004", Class::Conflict, "The first tenant stays active");

/// How often a change is decided again when something else changed under its hands.
const TRIES: usize = 8;

/// A tenant as it lies in the ledger, when it does, and as it is.
type AsStored = (Option<Stored<Tenant>>, Tenant);

/// A tenant by its key.
///
/// # Errors
/// When the ledger cannot be read.
pub fn find(snapshot: &Snapshot, key: &TenantKey) -> Result<Option<Tenant>, Fault> {
    Ok(stored(snapshot, key)?.map(|(_, tenant)| tenant))
}

/// A tenant as somebody names it.
///
/// # Errors
/// When the ledger cannot be read.
pub fn named(snapshot: &Snapshot, text: &str) -> Result<Option<Tenant>, Fault> {
    match TenantKey::try_from(text.to_owned()) {
        Ok(key) => find(snapshot, &key),
        Err(_) => Ok(None),
    }
}

/// Every tenant, by its key.
///
/// # Errors
/// When the ledger cannot be read.
pub fn all(snapshot: &Snapshot) -> Result<Vec<Tenant>, Fault> {
    let stored: Vec<Stored<Tenant>> = snapshot.scan(&Scan::table(&[])).map_err(storage_fault)?;
    let mut all: Vec<Tenant> = stored.into_iter().map(|stored| stored.record).collect();
    if !all.iter().any(|tenant| tenant.key == TenantKey::default_tenant()) {
        all.push(Tenant::first());
        all.sort_by(|one, other| one.key.cmp(&other.key));
    }
    Ok(all)
}

/// The keys of all tenants, for what happens by itself in each of them.
///
/// # Errors
/// When the ledger cannot be read.
pub fn keys(ledger: &Ledger) -> Result<Vec<TenantKey>, Fault> {
    Ok(all(&ledger.read().map_err(storage_fault)?)?.into_iter().map(|tenant| tenant.key).collect())
}

/// Whether somebody of a tenant may be let in.
///
/// # Errors
/// When the ledger cannot be read.
pub fn is_active(snapshot: &Snapshot, key: &TenantKey) -> Result<bool, Fault> {
    // The first one cannot be suspended, and most appliances have no other.
    Ok(*key == TenantKey::default_tenant() || find(snapshot, key)?.is_some_and(|tenant| tenant.state == TenantState::Active))
}

/// Ties a commit to a tenant that is to stay active. False, and nothing tied, when it is not.
///
/// # Errors
/// When the ledger cannot be read.
pub fn expect_active(snapshot: &Snapshot, key: &TenantKey, commit: &mut Commit) -> Result<bool, Fault> {
    let Some((stored, tenant)) = stored(snapshot, key)? else { return Ok(false) };
    let active = tenant.state == TenantState::Active;
    if let Some(stored) = stored.filter(|_| active) {
        commit.expect(&stored);
    }
    Ok(active)
}

/// A tenant with its record; the first one need not have any.
fn stored(snapshot: &Snapshot, key: &TenantKey) -> Result<Option<AsStored>, Fault> {
    let stored: Option<Stored<Tenant>> = snapshot.get(&tenant_key(key)).map_err(storage_fault)?;
    Ok(match stored {
        Some(stored) => {
            let tenant = stored.record.clone();
            Some((Some(stored), tenant))
        }
        None if *key == TenantKey::default_tenant() => Some((None, Tenant::first())),
        None => None,
    })
}

/// The service of tenants.
#[derive(Clone)]
pub struct Tenants {
    ledger: Ledger,
    identity: Identity,
    /// One change at a time, so that many at once wait instead of starting again and again.
    turn: Arc<Mutex<()>>,
}

impl Tenants {
    #[must_use]
    pub fn new(ledger: Ledger, identity: Identity) -> Self {
        Self { ledger, identity, turn: Arc::default() }
    }

    fn gate(&self) -> &Gate {
        self.identity.gate()
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// All tenants for those who look after the appliance; for everybody else the one that they are of, and nothing about
    /// how many there are.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn list(&self, caller: &Caller) -> Result<TenantViews, Fault> {
        let snapshot = self.read()?;
        let items = if self.gate().may(caller, Action::TenantView, &Resource::Appliance) {
            all(&snapshot)?
        } else {
            find(&snapshot, &caller.tenant)?.into_iter().collect()
        };
        Ok(TenantViews { items: items.iter().map(view).collect() })
    }

    /// One tenant.
    ///
    /// # Errors
    /// The same whether there is none or the caller may not see it.
    pub async fn show(&self, caller: &Caller, key: &str) -> Result<TenantView, Fault> {
        let found = self.list(caller)?.items.into_iter().find(|tenant| tenant.key == key);
        match found {
            Some(found) => Ok(found),
            None => Err(self.gate().missing(caller, Action::TenantView, "tenant", key).await),
        }
    }

    /// Makes a tenant. Nobody is in it yet.
    ///
    /// # Errors
    /// When the key does not fit or is taken, or there are as many as there may be.
    pub async fn add(&self, caller: &Caller, request: &TenantRequest) -> Result<TenantView, Fault> {
        let permit = self.gate().allow(caller, Action::TenantUpdate, &Resource::Appliance).await?;
        let key = TenantKey::try_from(request.key.clone()).map_err(|error| bad("/key", error.to_string()))?;
        Tenant::check_key(&key).map_err(|error| bad("/key", error.to_string()))?;
        let mut tenant =
            Tenant { title: key.to_string(), key, state: TenantState::Active, created_at: self.gate().now(), created_by: caller.actor() };
        if let Some(title) = &request.title {
            tenant.set_title(title).map_err(|_| bad_title())?;
        }
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let mut commit = Commit::new();
            let refusal = {
                let snapshot = self.read()?;
                if find(&snapshot, &tenant.key)?.is_some() {
                    Some(TAKEN.fault(format!("there is a tenant `{}`", tenant.key)).param("key", &tenant.key).hint("Choose another key."))
                } else {
                    let fits = one_more(&snapshot, &mut commit, &TenantKey::platform(), Counted::Tenants, TENANTS_MOST - 1)?;
                    let full = || FULL.fault(format!("an appliance has at most {TENANTS_MOST} tenants")).param("limit", TENANTS_MOST);
                    (!fits).then(|| full().hint("Use spaces within a tenant."))
                }
            };
            if let Some(fault) = refusal {
                self.gate().refuse(caller, "tenant.create", subject(&tenant.key), &fault).await;
                return Err(fault);
            }
            let mut event = self.event(caller, &permit, "tenant.create", &tenant);
            event.details.insert("title".to_owned(), json!(tenant.title));
            commit.insert(&tenant).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(view(&tenant)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Renames, suspends or brings back. When it is suspended, sessions, tokens and streams of everybody in it are over
    /// within a second; what is queued waits, visibly.
    ///
    /// # Errors
    /// Not found, or it is the first one and would be suspended.
    pub async fn update(&self, caller: &Caller, key: &str, change: &TenantUpdate) -> Result<TenantView, Fault> {
        let permit = self.gate().allow(caller, Action::TenantUpdate, &Resource::Appliance).await?;
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let found = match TenantKey::try_from(key.to_owned()) {
                Ok(key) => stored(&self.read()?, &key)?,
                Err(_) => None,
            };
            let Some((stored, before)) = found else {
                return Err(self.gate().missing(caller, Action::TenantView, "tenant", key).await);
            };
            let mut commit = Commit::new();
            let mut tenant = before.clone();
            if let Some(title) = &change.title {
                tenant.set_title(title).map_err(|_| bad_title())?;
            }
            if let Some(state) = change.state
                && let Err(fault) = self.set_state(&mut tenant, state, &mut commit)
            {
                self.gate().refuse(caller, "tenant.suspend", subject(&tenant.key), &fault).await;
                return Err(fault);
            }
            let verb = match (before.state, tenant.state) {
                (TenantState::Active, TenantState::Suspended) => "tenant.suspend",
                (TenantState::Suspended, TenantState::Active) => "tenant.resume",
                _ => "tenant.update",
            };
            let mut event = self.event(caller, &permit, verb, &tenant);
            event.details.insert("before".to_owned(), json!({ "title": before.title, "state": before.state }));
            event.details.insert("after".to_owned(), json!({ "title": tenant.title, "state": tenant.state }));
            match &stored {
                Some(stored) => commit.update(stored, &tenant),
                None => commit.insert(&tenant),
            };
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    if before.state != tenant.state {
                        self.state_changed(&tenant)?;
                    }
                    return Ok(view(&tenant));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Changes the state, when somebody is left who could change it back.
    fn set_state(&self, tenant: &mut Tenant, state: TenantState, commit: &mut Commit) -> Result<(), Fault> {
        let was = tenant.state;
        tenant.set_state(state).map_err(|error| FIRST.fault(error.to_string()).hint("Disable the accounts of people instead."))?;
        match (was, state) {
            (TenantState::Active, TenantState::Suspended) => self.identity.expect_admin_outside(&tenant.key, commit),
            _ => Ok(()),
        }
    }

    fn state_changed(&self, tenant: &Tenant) -> Result<(), Fault> {
        match tenant.state {
            TenantState::Active => self.identity.somebody_returned(),
            TenantState::Suspended => {
                let people: Vec<Stored<User>> = self.read()?.scan(&Scan::table(&scoped(&tenant.key, &[]))).map_err(storage_fault)?;
                self.identity.rights_changed(people.iter().map(|stored| stored.record.id));
            }
        }
        Ok(())
    }

    fn event(&self, caller: &Caller, permit: &Permit, verb: &str, tenant: &Tenant) -> Event {
        let mut event = permit.note(self.gate().event(caller, verb, subject(&tenant.key)));
        event.tenant = TenantKey::platform();
        event
    }
}

fn subject(key: &TenantKey) -> Subject {
    Subject { kind: "tenant".to_owned(), id: Some(key.to_string()), name: Some(key.to_string()) }
}

fn view(tenant: &Tenant) -> TenantView {
    let made = tenant.created_at != Timestamp::UNIX_EPOCH;
    TenantView {
        key: tenant.key.to_string(),
        title: tenant.title.clone(),
        state: tenant.state,
        created_at: made.then(|| tenant.created_at.to_string()),
        created_by: made.then(|| tenant.created_by.clone()),
    }
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD.fault(message).field(field).hint("Correct the field that is named.")
}

fn bad_title() -> Fault {
    bad("/title", "`title` has 1 to 120 characters of plain text".to_owned())
}
