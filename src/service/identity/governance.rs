//! How the appliance is governed, after the first set-up: four eyes can be asked for at once, and given up only with the
//! consent of others.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Identity, TRIES, faults};
use crate::base::fault::{BUG, Fault};
use crate::domain::access::{Action, Caller, Mode, Resource};
use crate::domain::approval::{Approval, ApprovalState, Change, Matter, MatterKind};
use crate::domain::audit::Subject;
use crate::domain::capability::Risk;
use crate::domain::identity::Governance;
use crate::domain::ids::TenantKey;
use crate::service::approvals::{Agreed, Effect, Enact, Outcome, Requests, Wish, read_change};
use crate::service::gate::Gate;
use crate::store::record::approval::{BY_MATTER, matter_prefix};
use crate::store::record::identity::GOVERNANCE_KEY;
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};
use crate::wire::approval::GovernanceView;

/// The name of the choice among the settings.
const SETTING: &str = "governance";
/// Requests about settings looked through for one about this.
const LOOKED_AT: usize = 500;

/// Writes a choice that was agreed to.
pub struct GovernanceSetting(Gate);

impl GovernanceSetting {
    #[must_use]
    pub fn setting(gate: Gate) -> Arc<dyn Enact> {
        Arc::new(Self(gate))
    }
}

fn stored(snapshot: &Snapshot) -> Result<Option<Stored<Governance>>, Fault> {
    snapshot.get(GOVERNANCE_KEY).map_err(faults::storage)
}

fn subject() -> Subject {
    Subject { kind: "appliance".to_owned(), id: None, name: None }
}

impl Enact for GovernanceSetting {
    fn setting(&self) -> &'static str {
        SETTING
    }

    fn current(&self, snapshot: &Snapshot, _tenant: &TenantKey, _change: &Change) -> Result<Value, Fault> {
        Ok(json!(stored(snapshot)?.map(|stored| stored.record.mode)))
    }

    fn right(&self, _tenant: &TenantKey) -> (Action, Resource) {
        (Action::SettingsUpdate, Resource::Appliance)
    }

    fn enact(&self, snapshot: &Snapshot, agreed: &Agreed<'_>, commit: &mut Commit) -> Result<Effect, Fault> {
        let mode: Mode = read_change(agreed.change)?;
        let stored = stored(snapshot)?.ok_or_else(|| BUG.fault("nobody has chosen how the appliance is governed"))?;
        commit.update(&stored, &Governance { mode, ..stored.record.clone() });
        Ok(Effect { verb: "governance.update", subject: subject(), details: Vec::new() })
    }

    fn enacted(&self, change: &Change) {
        if let Ok(mode) = read_change(change) {
            self.0.set_mode(mode);
        }
    }
}

impl Identity {
    /// How the appliance is governed, and whether a change of that waits.
    ///
    /// # Errors
    /// When the caller may not know.
    pub async fn governance(&self, caller: &Caller) -> Result<GovernanceView, Fault> {
        let _permit = self.0.gate.allow(caller, Action::SystemView, &Resource::Appliance).await?;
        let snapshot = self.read()?;
        let scan = Scan::index(BY_MATTER, &matter_prefix(&super::home(caller), MatterKind::Setting)).reverse().limit(LOOKED_AT);
        let open: Vec<Stored<Approval>> = snapshot.scan(&scan).map_err(faults::storage)?;
        let about = |approval: &Approval| {
            approval.state == ApprovalState::Open && matches!(&approval.matter, Matter::Setting(change) if change.setting == SETTING)
        };
        let waiting = open.iter().find(|stored| about(&stored.record)).map(|stored| stored.record.id.to_string());
        Ok(GovernanceView { mode: self.0.gate.mode(), waiting })
    }

    /// Chooses anew. Giving up four eyes takes the consent of others.
    ///
    /// # Errors
    /// When the caller may not.
    pub async fn set_governance(&self, caller: &Caller, mode: Mode, reason: Option<String>) -> Result<Outcome<GovernanceView>, Fault> {
        let permit = self.0.gate.allow(caller, Action::SettingsUpdate, &Resource::Appliance).await?;
        let requests = Requests::new(self.0.ledger.clone(), self.0.gate.clone());
        for _ in 0..TRIES {
            let stored = stored(&self.read()?)?.ok_or_else(|| BUG.fault("nobody has chosen how the appliance is governed"))?;
            let before = stored.record.mode;
            if before == Mode::FourEyes
                && mode == Mode::Solo
                && let Some(rule) = requests.rule(&caller.tenant)?
            {
                let change = Change {
                    setting: SETTING.to_owned(),
                    name: "four eyes".to_owned(),
                    change: json!(mode),
                    before: json!(before),
                    after: json!(mode),
                };
                let wish = Wish { change, risk: Risk::Critical, reason };
                return Ok(Outcome::Asked(requests.ask(caller, &permit, wish, &rule).await?));
            }
            let mut event = permit.note(self.0.gate.event(caller, "governance.update", subject()));
            event.details.insert("before".to_owned(), json!(before));
            event.details.insert("after".to_owned(), json!(mode));
            if let Some(reason) = &reason {
                event.details.insert("why".to_owned(), json!(reason));
            }
            let mut commit = Commit::new();
            commit.update(&stored, &Governance { mode, ..stored.record.clone() }).event(event);
            match self.0.ledger.commit(commit).await {
                Ok(_) => {
                    self.0.gate.set_mode(mode);
                    return Ok(Outcome::Done(self.governance(caller).await?));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(faults::unrecorded(error)),
            }
        }
        Err(faults::changed_meanwhile())
    }
}
