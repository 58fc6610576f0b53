//! Secrets of runs: whether a run can begin with those it needs, what it was given, and the wait while the vault is sealed.

use serde_json::json;

use super::{RunError, Runs};
use crate::base::fault::Fault;
use crate::domain::capability::Manifest;
use crate::domain::run::{Run, WaitsFor};
use crate::domain::vault::SecretUse;
use crate::service::persons;
use crate::service::secrets::Supplied;
use crate::store::{Commit, Stored};

/// On what a run stands that is about to begin.
pub(super) enum Footing {
    /// It can begin with these.
    Firm(Vec<SecretUse>),
    /// It has to wait: until the vault is open, or whoever asked for it may act again.
    Waits(WaitsFor),
}

impl Runs {
    /// Whether a run can begin. What it may no longer use is not given to it: its attempt then says so.
    pub(super) fn footing(&self, run: &Run) -> Footing {
        if !self.is_requester_active(run) {
            return Footing::Waits(WaitsFor::Requester);
        }
        let Ok(loaded) = self.capabilities.loaded(&run.tenant, run.capability, run.version) else { return Footing::Firm(Vec::new()) };
        let needs = &loaded.version.manifest.secrets;
        if needs.is_empty() && !run.resource.as_ref().is_some_and(|resource| resource.signs_in) {
            return Footing::Firm(Vec::new());
        }
        if !self.secrets.vault().is_open() {
            return Footing::Waits(WaitsFor::Vault);
        }
        Footing::Firm(self.secrets.resolve(&run.tenant, run.capability, needs).unwrap_or_default())
    }

    /// Puts what an attempt is given on its record, and into the audit log.
    pub(super) fn give(&self, run: &mut Run, uses: Vec<SecretUse>, commit: &mut Commit) {
        for event in self.secrets.use_events(&run.tenant, run.id, run.attempts.len(), &run.requester, &uses) {
            commit.event(event);
        }
        if let Some(attempt) = run.attempts.last_mut() {
            attempt.secrets = uses;
        }
    }

    /// Whether the account that a run runs as may be used. What cannot be found out now is found out when it starts.
    pub(super) fn is_requester_active(&self, run: &Run) -> bool {
        let Ok(snapshot) = self.ledger.read() else { return true };
        match persons::account_of(&snapshot, &run.tenant, &run.requester) {
            Ok(Some(account)) => persons::is_active(&snapshot, &account.record).unwrap_or(true),
            Ok(None) | Err(_) => true,
        }
    }

    /// Records that a queued run waits, and for what; once is enough.
    pub(super) fn wait_for(&self, stored: &Stored<Run>, what: WaitsFor) -> Option<(Run, Commit)> {
        if stored.record.waits_for == Some(what) {
            return None;
        }
        let mut run = stored.record.clone();
        run.waits_for = Some(what);
        let mut commit = Commit::new();
        commit.update(stored, &run).event(self.system_event(&run, "run.wait", json!({ "for": what })));
        Some((run, commit))
    }

    /// The values that an attempt was given, in the order in which its version declares them.
    ///
    /// # Errors
    /// What it needs and was not given, or what cannot be opened or read.
    pub async fn supply(&self, run: &Run, manifest: &Manifest) -> Result<Vec<Supplied>, Fault> {
        if manifest.secrets.is_empty() {
            return Ok(Vec::new());
        }
        let given = run.attempts.last().map(|attempt| attempt.secrets.as_slice()).unwrap_or_default();
        if given.len() == manifest.secrets.len() {
            return self.secrets.open(run, given).await;
        }
        // It was given nothing because one of them could not be used: this says which, and why.
        self.secrets.resolve(&run.tenant, run.capability, &manifest.secrets)?;
        Err(Fault::from(RunError::Io(std::io::Error::other("the attempt was recorded without its secrets"))))
    }

    /// The service of secrets, for executors that use some of their own accord.
    #[must_use]
    pub fn secrets(&self) -> &crate::service::secrets::Secrets {
        &self.secrets
    }

    /// The vault is open, or an account may be used again: runs that waited line up.
    pub fn call_waiting(&self) {
        self.dispatch.call();
    }
}
