//! People and their proofs: the first set-up, signing in and out, sessions, tokens, accounts, and why somebody may.
//!
//! Everything goes through the gate and leaves an event; no secret, token or password enters one.

mod account;
mod authenticate;
mod explain;
mod faults;
mod governance;
mod hasher;
mod leavings;
mod login;
mod people;
mod prove;
mod recover;
mod revocations;
mod services;
mod setup;
mod tokens;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

pub use account::{AccountChange, MyAccount};
pub use authenticate::Proof;
pub use explain::{Question, Thing, Why};
pub use faults::{UNAUTHENTICATED, WRONG_CREDENTIALS, unauthenticated};
pub use governance::GovernanceSetting;
pub use login::{LoginAttempt, SignedIn};
pub use people::{NewUser, UserChange, UserFilter};
pub use recover::Recovered;
pub use revocations::Ended;
pub use services::NewService;
pub use setup::{SETUP_DONE_FILE, SETUP_TOKEN_FILE, SetupWish};
pub use tokens::TokenWish;

use self::hasher::Hasher;
use self::revocations::Revocations;
use self::setup::Door;
use super::gate::Gate;
use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::Fault;
use crate::domain::access::{Caller, Principal};
use crate::domain::identity::{Throttle, User, Username};
use crate::domain::ids::{TenantKey, UserId};
use crate::store::record::identity::{USER_BY_NAME, name_key, user_key};
use crate::store::{Ledger, Snapshot, Stored};

/// How often a change is decided again when something else changed under its hands.
const TRIES: usize = 4;

/// How long sessions and tokens live.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// A session ends after so long without a request.
    pub idle: Duration,
    /// A session ends after so long in any case.
    pub absolute: Duration,
    /// Grave decisions do not ask for the password again for so long after it was given.
    pub proven: Duration,
    /// Longest life of a token, in days.
    pub token_days: u32,
}

/// What the service is made of.
pub struct IdentityParts {
    pub ledger: Ledger,
    pub gate: Gate,
    pub clock: Arc<dyn Clock>,
    /// Where the set-up token is left for the administrator.
    pub data_dir: PathBuf,
    pub terms: Terms,
    /// Passwords hashed at one time.
    pub hash_places: usize,
}

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    terms: Terms,
    hasher: Hasher,
    throttle: Mutex<Throttle>,
    revocations: Revocations,
    door: Door,
    /// What is done when an account may be used again.
    returned: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Makes unknown user names comparable within one run of the server without writing them down.
    name_salt: [u8; 16],
}

impl Identity {
    #[must_use]
    pub fn new(parts: IdentityParts) -> Self {
        let IdentityParts { ledger, gate, clock, data_dir, terms, hash_places } = parts;
        Self(Arc::new(Inner {
            ledger,
            gate,
            clock,
            terms,
            hasher: Hasher::new(hash_places),
            throttle: Mutex::default(),
            revocations: Revocations::default(),
            door: Door::new(&data_dir),
            returned: OnceLock::new(),
            name_salt: rand::random(),
        }))
    }

    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }

    #[must_use]
    pub fn terms(&self) -> Terms {
        self.0.terms
    }

    /// Says what is to be done when an account may be used again; the one who assembles the services calls this once.
    pub fn on_return(&self, what: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.returned.set(Box::new(what));
    }

    /// Tells live streams of these people to look again at what they may see.
    pub(super) fn rights_changed(&self, people: impl IntoIterator<Item = UserId>) {
        for person in people {
            self.0.revocations.tell(Ended::User(person));
        }
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.0.ledger.read().map_err(faults::storage)
    }
}

/// The tenant in which a caller deals with people.
fn home(caller: &Caller) -> TenantKey {
    match caller.principal {
        Principal::User(_) => caller.tenant.clone(),
        Principal::Host => TenantKey::default_tenant(),
    }
}

fn user_by_id(snapshot: &Snapshot, tenant: &TenantKey, id: UserId) -> Result<Option<Stored<User>>, Fault> {
    snapshot.get(&user_key(tenant, id)).map_err(faults::storage)
}

fn user_by_name(snapshot: &Snapshot, name: &Username) -> Result<Option<Stored<User>>, Fault> {
    snapshot.find(USER_BY_NAME, &name_key(name)).map_err(faults::storage)
}

/// A person of a tenant by id or name.
fn user_by_text(snapshot: &Snapshot, tenant: &TenantKey, text: &str) -> Result<Option<Stored<User>>, Fault> {
    if let Ok(id) = text.parse::<UserId>() {
        return user_by_id(snapshot, tenant, id);
    }
    let Ok(name) = text.parse::<Username>() else { return Ok(None) };
    Ok(user_by_name(snapshot, &name)?.filter(|stored| stored.record.tenant == *tenant))
}

/// The account of the caller.
fn own_account(snapshot: &Snapshot, caller: &Caller) -> Result<Stored<User>, Fault> {
    let id = caller.user_id().ok_or_else(unauthenticated)?;
    user_by_id(snapshot, &caller.tenant, id)?.ok_or_else(unauthenticated)
}

/// Whether a text names a time zone.
fn check_time_zone(name: &str) -> Result<(), Fault> {
    let known = name.len() <= 64 && jiff::tz::TimeZone::get(name).is_ok();
    if known {
        Ok(())
    } else {
        Err(faults::bad_value("/time_zone", "`time_zone` must be an IANA name such as Asia/Shanghai or UTC".to_owned()))
    }
}
