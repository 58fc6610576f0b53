//! The first set-up: once in the life of an installation, by whoever can read the server's console or data directory.
//!
//! It is over when the ledger says so, or when the marker file does: a ledger that was emptied or restored from an empty
//! backup does not open it again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::people::is_taken;
use super::{Identity, check_time_zone, faults};
use crate::base::fault::Fault;
use crate::base::file::{PRIVATE_FILE, write_atomic};
use crate::domain::access::{Caller, Holdings, Mode, Principal, Standing, Via, Whence};
use crate::domain::audit::{Actor, ActorKind, Event, Outcome, Subject};
use crate::domain::identity::governance::founding_roles;
use crate::domain::identity::secret::SETUP_PREFIX;
use crate::domain::identity::user::{ChosenBy, check_display_name};
use crate::domain::identity::{Digest, Governance, Language, Password, Preferences, Secret, User, UserState, Username};
use crate::domain::ids::{SessionId, TenantKey, UserId};
use crate::service::gate::anonymous;
use crate::store::record::identity::GOVERNANCE_KEY;
use crate::store::{Commit, CommitError};

/// Holds the one-time token, readable by the appliance's own user only.
pub const SETUP_TOKEN_FILE: &str = "setup-token";
/// Says that the set-up is over, whatever becomes of the ledger.
pub const SETUP_DONE_FILE: &str = "setup-complete";

/// The name under which attempts at the set-up token are paced; no user can have it.
const PACED_AS: &str = "\u{0}setup";

/// What the first administrator chooses.
#[derive(Debug)]
pub struct SetupWish {
    pub token: Password,
    pub username: String,
    pub password: Password,
    pub mode: Mode,
    pub display_name: Option<String>,
    pub language: Language,
    pub time_zone: Option<String>,
}

/// The way in for the first administrator.
pub(super) struct Door {
    token_file: PathBuf,
    done_file: PathBuf,
    /// The digest of the token; `None` while the door is shut.
    key: Mutex<Option<Digest>>,
}

impl Door {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { token_file: data_dir.join(SETUP_TOKEN_FILE), done_file: data_dir.join(SETUP_DONE_FILE), key: Mutex::default() }
    }

    fn key(&self) -> Option<Digest> {
        *self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_key(&self, key: Option<Digest>) {
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Leaves no way back, also after a restart.
    fn shut(&self) -> std::io::Result<()> {
        self.set_key(None);
        if !self.done_file.exists() {
            write_atomic(&self.done_file, b"The first set-up is over. Do not remove this file.\n", PRIVATE_FILE)?;
        }
        match std::fs::remove_file(&self.token_file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Identity {
    /// Whether the first set-up can be done now.
    #[must_use]
    pub fn setup_open(&self) -> bool {
        self.0.door.key().is_some()
    }

    /// At start: opens the set-up if it was never done, with a fresh token that is written to a file and returned for the
    /// console. Shuts it for good otherwise.
    ///
    /// # Errors
    /// When the ledger or the files cannot be used.
    pub async fn open_setup(&self) -> Result<Option<Secret>, Fault> {
        let done = self.read()?.get::<Governance>(GOVERNANCE_KEY).map_err(faults::storage)?.is_some();
        let unusable = |error: std::io::Error| faults::STORAGE.fault(format!("the file of the set-up token cannot be written: {error}"));
        if done || self.0.door.done_file.exists() {
            self.0.door.shut().map_err(unusable)?;
            return Ok(None);
        }
        let secret = Secret::random(SETUP_PREFIX);
        write_atomic(&self.0.door.token_file, format!("{}\n", secret.expose()).as_bytes(), PRIVATE_FILE).map_err(unusable)?;
        let mut commit = Commit::new();
        commit.event(self.0.gate.event_by(system(), &TenantKey::platform(), &Whence::default(), "setup.open", appliance()));
        self.0.ledger.commit(commit).await.map_err(faults::unrecorded)?;
        self.0.door.set_key(Some(secret.digest()));
        Ok(Some(secret))
    }

    /// Makes the first administrator and chooses how the appliance is governed.
    ///
    /// # Errors
    /// When it is over, the token is wrong, or a value does not fit (the token remains good then).
    pub async fn setup(&self, wish: SetupWish, whence: &Whence) -> Result<User, Fault> {
        let mut refused = self.0.gate.event_by(anonymous(), &TenantKey::platform(), whence, "setup.complete", appliance());
        refused.outcome = Outcome::Refused;
        let Some(key) = self.0.door.key() else { return Err(self.over_already(refused).await) };
        refused.reason = Some(faults::WRONG_SETUP_TOKEN.text.to_owned());
        self.pace(PACED_AS, whence, &refused).await?;
        let fits = Secret::read(SETUP_PREFIX, wish.token.expose().trim()).is_some_and(|secret| secret.digest() == key);
        if !fits {
            self.0.gate.commit_refusal(refused).await;
            return Err(faults::WRONG_SETUP_TOKEN
                .fault("this is not the set-up token")
                .hint("The server printed it at its start; it is also in the file `setup-token` in the data directory."));
        }
        self.clear_pace(PACED_AS, whence);
        let user = self.founder(&wish).await?;
        let governance = Governance { mode: wish.mode, set_up_at: user.created_at, set_up_by: user.id };
        let mut commit = Commit::new();
        commit.insert(&governance).insert(&user).event(self.completed(&user, wish.mode, whence));
        match self.0.ledger.commit(commit).await {
            Ok(_) => {}
            Err(CommitError::Conflict { .. }) => return Err(self.over_already(refused).await),
            Err(error) => return Err(faults::unrecorded(error)),
        }
        self.0.gate.set_mode(wish.mode);
        if let Err(error) = self.0.door.shut() {
            tracing::error!(%error, "the marker of the finished set-up could not be written; the next start tries again");
        }
        Ok(user)
    }

    async fn over_already(&self, mut refused: Event) -> Fault {
        refused.reason = Some(faults::SETUP_CLOSED.text.to_owned());
        self.0.gate.commit_refusal(refused).await;
        faults::SETUP_CLOSED.fault("the first set-up is over and does not open again").hint("Sign in.")
    }

    async fn founder(&self, wish: &SetupWish) -> Result<User, Fault> {
        let name: Username = wish.username.parse().map_err(|error| faults::bad_username(&error))?;
        let display_name = check_display_name(wish.display_name.as_deref().unwrap_or(name.as_str())).map_err(faults::bad_user)?;
        let time_zone = wish.time_zone.clone().unwrap_or_else(|| "UTC".to_owned());
        check_time_zone(&time_zone)?;
        wish.password.check(&name).map_err(|error| faults::bad_password(error, "/password"))?;
        if is_taken(&self.read()?, &name)? {
            return Err(faults::NAME_TAKEN.fault(format!("the user name `{name}` is taken")).hint("Choose another name."));
        }
        let now = self.now();
        Ok(User {
            id: UserId::new(now),
            tenant: TenantKey::default_tenant(),
            created_by: name.to_string(),
            name,
            display_name,
            roles: founding_roles(wish.mode),
            person: None,
            service_of: None,
            state: UserState::Active,
            password_hash: self.0.hasher.hash(&wish.password).await?,
            password_chosen_by: ChosenBy::Oneself,
            password_changed_at: now,
            session_era: 0,
            token_era: 0,
            preferences: Preferences { language: wish.language, time_zone, ..Preferences::default() },
            created_at: now,
        })
    }

    /// The event names the founder as the actor, and every role that comes with the choice.
    fn completed(&self, user: &User, mode: Mode, whence: &Whence) -> Event {
        let via = Via::Session { id: SessionId::from_bytes([0; 16]), expires_at: user.created_at };
        let founder = Caller {
            principal: Principal::User(user.id),
            tenant: user.tenant.clone(),
            name: user.name.to_string(),
            roles: user.roles,
            holdings: Holdings::default(),
            via,
            standing: Standing::Good,
            whence: whence.clone(),
        };
        let mut event = self.0.gate.event(&founder, "setup.complete", appliance());
        event.tenant = TenantKey::platform();
        event.details.insert("mode".to_owned(), json!(mode));
        event.details.insert("roles".to_owned(), json!(user.roles));
        event
    }
}

fn system() -> Actor {
    Actor { kind: ActorKind::System, id: None, name: None, token: None }
}

fn appliance() -> Subject {
    Subject { kind: "appliance".to_owned(), id: None, name: None }
}
