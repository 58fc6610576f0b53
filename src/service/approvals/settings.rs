//! Settings that change only with the consent of others: each says how it is now and how a change of it is written.
//!
//! Whoever owns a setting registers an [`Enact`]; asking, showing, deciding and recording are the same for all.

use std::sync::Arc;

use serde_json::Value;

use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Fault};
use crate::domain::access::{Action, Resource};
use crate::domain::approval::{Approval, Change};
use crate::domain::audit::Subject;
use crate::domain::ids::TenantKey;
use crate::store::{Commit, Snapshot};

/// A change that was agreed to.
#[derive(Debug)]
pub struct Agreed<'a> {
    pub tenant: &'a TenantKey,
    pub change: &'a Change,
    /// With every decision that counts.
    pub approval: &'a Approval,
    pub now: Timestamp,
}

/// What the audit log says about a change that was made.
#[derive(Debug)]
pub struct Effect {
    pub verb: &'static str,
    pub subject: Subject,
    /// What only this setting has to say.
    pub details: Vec<(&'static str, Value)>,
}

/// One setting.
pub trait Enact: Send + Sync {
    /// Its name, as [`Change::setting`].
    fn setting(&self) -> &'static str;

    /// How it is now, in the form of [`Change::before`]: another value than that voids the request.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn current(&self, snapshot: &Snapshot, tenant: &TenantKey, change: &Change) -> Result<Value, Fault>;

    /// What the one who asked must still be allowed to do when the change is agreed to.
    fn right(&self, tenant: &TenantKey) -> (Action, Resource);

    /// Adds the change to a commit.
    ///
    /// # Errors
    /// When the change cannot be read, or the ledger.
    fn enact(&self, snapshot: &Snapshot, agreed: &Agreed<'_>, commit: &mut Commit) -> Result<Effect, Fault>;

    /// It is durable: what is kept in memory follows.
    fn enacted(&self, _change: &Change) {}
}

/// Every setting that is changed with consent.
#[derive(Clone, Default)]
pub struct Settings(Vec<Arc<dyn Enact>>);

impl Settings {
    #[must_use]
    pub fn of(all: Vec<Arc<dyn Enact>>) -> Self {
        Self(all)
    }

    pub(super) fn owner(&self, change: &Change) -> Result<&dyn Enact, Fault> {
        let found = self.0.iter().find(|one| one.setting() == change.setting);
        found.map(AsRef::as_ref).ok_or_else(|| BUG.fault(format!("nobody knows the setting `{}`", change.setting)))
    }
}

/// Reads what a setting wrote about its own change.
pub(crate) fn read<T: serde::de::DeserializeOwned>(change: &Change) -> Result<T, Fault> {
    serde_json::from_value(change.change.clone()).map_err(|error| BUG.fault("a request names a change in an unknown way").cause(error))
}
