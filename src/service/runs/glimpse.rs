//! A run as live pages show it, for callers whose right to see it is checked anew each time. Refusals are not audited:
//! nobody asked for this run by name.

use super::{Runs, load, show::summary};
use crate::domain::access::{Action, Caller};
use crate::domain::ids::RunId;
use crate::service::resource;
use crate::wire::run::RunSummary;

impl Runs {
    /// `None` when it does not exist or the caller may not see it.
    #[must_use]
    pub fn glimpse(&self, caller: &Caller, id: RunId) -> Option<RunSummary> {
        let stored = load(&self.ledger.read().ok()?, &caller.tenant, id).ok()??;
        self.gate
            .may(caller, Action::RunView, &resource::run(&stored.record))
            .then(|| summary(&stored.record, self.progress(&stored.record)))
    }
}
