//! Setting up, sealing, unsealing. Wrong passphrases are throttled, and each is an event.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::keys::{does_not_open, recipients, unwrap, wrap};
use super::places::Master;
use super::{Vault, described, faults, lock};
use crate::base::fault::{BUG, Fault};
use crate::crypto::datakey::DataKey;
use crate::crypto::envelope::{self, EnvelopeError, Identity, Key};
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::identity::throttle::Pace;
use crate::domain::vault::{Keyring, Method, VaultHeader};
use crate::service::commit_fault;
use crate::store::Commit;
use crate::wire::vault::{Hidden, InitVault, UnsealVault};

/// What the throttle calls the vault. It is one account, whoever asks.
const PACE: &str = "execgov vault";

impl Vault {
    /// Sets the vault up. It is open afterwards.
    ///
    /// # Errors
    /// When there is one already, or the master key cannot be kept as asked.
    pub async fn init(&self, caller: &Caller, request: InitVault) -> Result<(), Fault> {
        let permit = self.0.gate.allow(caller, Action::VaultUpdate, &Resource::Appliance).await?;
        let _turn = self.0.turn.lock().await;
        match self.set_up(&request).await {
            Ok((header, ring)) => {
                let mut commit = Commit::new();
                commit.insert(&header).event(self.event(caller, &permit, "vault.init", described(&header)));
                self.0.ledger.commit(commit).await.map_err(commit_fault)?;
                self.set_ring(Some(ring));
                Ok(())
            }
            Err(fault) => self.refused(caller, "vault.init", fault).await,
        }
    }

    async fn set_up(&self, request: &InitVault) -> Result<(VaultHeader, Arc<Keyring>), Fault> {
        if self.header()?.is_some() {
            return Err(faults::EXISTS.fault("the vault is set up already").hint("See how: execgov vault status"));
        }
        let now = self.0.clock.now();
        let recovery = recipients(&request.recovery, &[], now)?;
        let master = self.new_master(request.method, request.passphrase.clone()).await?;
        let (id, key) = (1, DataKey::random());
        let public = master.identity.recipient().to_string();
        let header = VaultHeader {
            method: master.method,
            keys: vec![wrap(id, &key, &public, &recovery, now)?],
            master: public,
            master_since: now,
            sealed_master: master.sealed,
            recovery,
            active: id,
            created_at: now,
        };
        Ok((header, Arc::new(Keyring::new(id, [(id, key)].into()))))
    }

    /// A new master key, laid down. Stretching a passphrase takes a while.
    pub(super) async fn new_master(&self, method: Method, passphrase: Option<Hidden>) -> Result<Master, Fault> {
        let places = self.0.places.clone();
        let made = tokio::task::spawn_blocking(move || places.lay_down(method, passphrase.as_ref())).await;
        made.map_err(|error| BUG.fault("the master key was not made").cause(error))?
    }

    /// Forgets the data keys. What runs keeps what it has; what needs a secret waits from now on.
    ///
    /// # Errors
    /// When there is no vault.
    pub async fn seal(&self, caller: &Caller) -> Result<(), Fault> {
        let permit = self.0.gate.allow(caller, Action::VaultUnseal, &Resource::Appliance).await?;
        let _turn = self.0.turn.lock().await;
        if let Err(fault) = self.existing() {
            return self.refused(caller, "vault.seal", fault).await;
        }
        let mut commit = Commit::new();
        commit.event(self.event(caller, &permit, "vault.seal", json!({ "was_open": self.is_open() })));
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        self.set_ring(None);
        Ok(())
    }

    /// Opens the vault. One that is open stays so, whatever is given.
    ///
    /// # Errors
    /// [`faults::WRONG_PASSPHRASE`], [`faults::THROTTLED`], or that the key is not where it should be.
    pub async fn unseal(&self, caller: &Caller, request: UnsealVault) -> Result<(), Fault> {
        let permit = self.0.gate.allow(caller, Action::VaultUnseal, &Resource::Appliance).await?;
        let _turn = self.0.turn.lock().await;
        let opened = match self.open_ring() {
            Some(ring) => Ok((ring, true)),
            None => self.opened_with(caller, request.passphrase).await.map(|ring| (ring, false)),
        };
        match opened {
            Ok((ring, already)) => {
                let mut commit = Commit::new();
                commit.event(self.event(caller, &permit, "vault.unseal", json!({ "was_open": already })));
                self.0.ledger.commit(commit).await.map_err(commit_fault)?;
                self.set_ring(Some(ring));
                Ok(())
            }
            Err(fault) => self.refused(caller, "vault.unseal", fault).await,
        }
    }

    async fn opened_with(&self, caller: &Caller, passphrase: Option<Hidden>) -> Result<Arc<Keyring>, Fault> {
        let header = self.existing()?.record;
        if header.method.opens_by_itself() {
            return self.found_ring(&header);
        }
        let Some(passphrase) = passphrase else {
            return Err(faults::WRONG_PASSPHRASE.fault("the vault is opened by its passphrase, and none was given").hint("Give it."));
        };
        self.begin_attempt(caller)?;
        let opened = tokio::task::spawn_blocking(move || {
            let sealed = header.sealed_master.as_deref().unwrap_or_default();
            let text = envelope::open(&Key::Passphrase(SecretString::from(passphrase.expose().to_owned())), sealed)?;
            let master: Identity = std::str::from_utf8(&text).map_err(|_| EnvelopeError::Identity)?.parse()?;
            unwrap(&header, &[master])
        })
        .await
        .map_err(|error| BUG.fault("the vault was not opened").cause(error))?;
        match opened {
            Ok(ring) => {
                self.attempt_succeeded(caller);
                Ok(ring)
            }
            Err(EnvelopeError::Passphrase) => Err(faults::WRONG_PASSPHRASE
                .fault("the passphrase does not open the vault")
                .hint("Try again; when it is lost, use a recovery key: execgov vault recover")),
            Err(error) => Err(does_not_open(error)),
        }
    }

    /// Counts an attempt as failed until it has succeeded.
    pub(super) fn begin_attempt(&self, caller: &Caller) -> Result<(), Fault> {
        match lock(&self.0.pace).begin(PACE, caller.whence.source.as_deref(), self.0.clock.now()) {
            Pace::Go => Ok(()),
            Pace::Wait { seconds, .. } => Err(faults::THROTTLED
                .fault(format!("there were too many wrong attempts: wait {seconds} s"))
                .param("seconds", seconds)
                .hint("Wait, and try again once.")
                .retry_after(seconds)),
        }
    }

    pub(super) fn attempt_succeeded(&self, caller: &Caller) {
        lock(&self.0.pace).succeeded(PACE, caller.whence.source.as_deref());
    }

    /// Opens with a key that needs no person.
    pub(super) fn found_ring(&self, header: &VaultHeader) -> Result<Arc<Keyring>, Fault> {
        let keys = self.0.places.found(header.method)?;
        let fits: Vec<Identity> = keys.into_iter().filter(|key| key.recipient().to_string() == header.master).collect();
        if fits.is_empty() {
            return Err(does_not_open(EnvelopeError::NoKey));
        }
        unwrap(header, &fits).map_err(does_not_open)
    }

    /// At start: opens when the method needs no person. A key that is missing leaves the vault sealed, and everything else works.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn open_by_itself(&self) -> Result<(), Fault> {
        let Some(header) = self.header()?.map(|stored| stored.record) else { return Ok(()) };
        if !header.method.opens_by_itself() {
            tracing::info!("the vault is sealed until somebody unseals it; runs that need a secret wait");
            return Ok(());
        }
        match self.found_ring(&header) {
            Ok(ring) => {
                let mut commit = Commit::new();
                commit.event(self.system_event("vault.unseal", json!({ "method": header.method })));
                self.0.ledger.commit(commit).await.map_err(commit_fault)?;
                self.set_ring(Some(ring));
            }
            Err(fault) => {
                tracing::error!(code = fault.code().text, "the vault stays sealed: {}", fault.detail());
                *lock(&self.0.trouble) = Some(fault.detail().to_owned());
            }
        }
        Ok(())
    }
}
