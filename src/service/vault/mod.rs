//! The vault as a whole: set up, sealed and unsealed, its keys changed, recovered. Secrets themselves are in `service::secrets`.
//!
//! While it is open, the data keys are in memory; the master key never stays there. Changes of keys go one after the other.

pub mod faults;

mod keys;
mod open;
mod places;
mod recovery;
mod rotate;
mod status;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::{Value, json};

pub use places::{KeyPlaces, checked};
pub use status::{Condition, Waiting, drill_view};

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::Fault;
use crate::domain::access::{Caller, Whence};
use crate::domain::audit::{Actor, ActorKind, Event, Subject};
use crate::domain::identity::throttle::Throttle;
use crate::domain::ids::TenantKey;
use crate::domain::vault::{Keyring, VaultHeader};
use crate::service::gate::{Gate, Permit};
use crate::service::storage_fault;
use crate::store::record::vault::VAULT_KEY;
use crate::store::{Ledger, Stored};

/// The service of the vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    places: KeyPlaces,
    /// Expiries are announced so many days before.
    remind_days: u32,
    /// The data keys, while the vault is open.
    ring: RwLock<Option<Arc<Keyring>>>,
    /// Why a start could not open it by itself.
    trouble: Mutex<Option<String>>,
    pace: Mutex<Throttle>,
    /// Held while keys change.
    turn: tokio::sync::Mutex<()>,
    /// Something is to be done in the background.
    work: tokio::sync::Notify,
    opened: tokio::sync::Notify,
    challenges: Mutex<Vec<recovery::Challenge>>,
}

/// What the service is made of.
pub struct VaultParts {
    pub ledger: Ledger,
    pub gate: Gate,
    pub clock: Arc<dyn Clock>,
    pub places: KeyPlaces,
    pub remind_days: u32,
}

/// Locks that outlive a panic: the data behind them is consistent after every call.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vault {
    #[must_use]
    pub fn new(parts: VaultParts) -> Self {
        let VaultParts { ledger, gate, clock, places, remind_days } = parts;
        Self(Arc::new(Inner {
            ledger,
            gate,
            clock,
            places,
            remind_days,
            ring: RwLock::default(),
            trouble: Mutex::default(),
            pace: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            work: tokio::sync::Notify::new(),
            opened: tokio::sync::Notify::new(),
            challenges: Mutex::default(),
        }))
    }

    /// The data keys.
    ///
    /// # Errors
    /// [`faults::NO_VAULT`] when there is no vault, [`faults::SEALED`] while it is sealed.
    pub fn ring(&self) -> Result<Arc<Keyring>, Fault> {
        if let Some(ring) = self.open_ring() {
            return Ok(ring);
        }
        Err(if self.header()?.is_some() { faults::sealed() } else { faults::no_vault() })
    }

    /// The data keys, while it is open.
    #[must_use]
    pub fn open_ring(&self) -> Option<Arc<Keyring>> {
        self.0.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open_ring().is_some()
    }

    /// Expiries are announced before this moment.
    #[must_use]
    pub fn reminds_until(&self, now: Timestamp) -> Timestamp {
        now.checked_add(jiff::SignedDuration::from_hours(24 * i64::from(self.0.remind_days))).unwrap_or(Timestamp::MAX)
    }

    /// Resolves when there is something to do in the background: the vault was opened, or a rotation began.
    pub async fn work(&self) {
        self.0.work.notified().await;
    }

    /// Resolves when the vault may have been opened.
    pub async fn opened(&self) {
        self.0.opened.notified().await;
    }

    fn set_ring(&self, ring: Option<Arc<Keyring>>) {
        let opened = ring.is_some();
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        if opened {
            *lock(&self.0.trouble) = None;
            self.0.work.notify_one();
            self.0.opened.notify_one();
        }
    }

    /// Without waking the background work, which is who calls this.
    fn set_ring_quietly(&self, ring: Arc<Keyring>) {
        let mut place = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        if place.is_some() {
            *place = Some(ring);
        }
    }

    fn header(&self) -> Result<Option<Stored<VaultHeader>>, Fault> {
        self.0.ledger.read().map_err(storage_fault)?.get(VAULT_KEY).map_err(storage_fault)
    }

    fn existing(&self) -> Result<Stored<VaultHeader>, Fault> {
        self.header()?.ok_or_else(faults::no_vault)
    }

    fn event(&self, caller: &Caller, permit: &Permit, verb: &str, details: Value) -> Event {
        let mut event = permit.note(self.0.gate.event(caller, verb, subject()));
        event.tenant = TenantKey::platform();
        if let Value::Object(details) = details {
            event.details.extend(details);
        }
        event
    }

    fn system_event(&self, verb: &str, details: Value) -> Event {
        let actor = Actor { kind: ActorKind::System, id: None, name: None, token: None };
        let mut event = self.0.gate.event_by(actor, &TenantKey::platform(), &Whence::default(), verb, subject());
        if let Value::Object(details) = details {
            event.details.extend(details);
        }
        event
    }

    /// Records why something about the vault was refused.
    async fn refused<T>(&self, caller: &Caller, verb: &str, fault: Fault) -> Result<T, Fault> {
        self.0.gate.refuse(caller, verb, subject(), &fault).await;
        Err(fault)
    }
}

fn subject() -> Subject {
    Subject { kind: "vault".to_owned(), id: None, name: None }
}

/// What an event says of the keys: who can open, never with what.
fn described(header: &VaultHeader) -> Value {
    let recovery: Vec<&str> = header.recovery.iter().map(|one| one.recipient.as_str()).collect();
    json!({ "method": header.method, "master": header.master, "recovery": recovery, "data_key": header.active })
}
