//! What a decision brings about, in the commit of the decision: a run is queued, a version becomes current, a setting changes.

use serde_json::json;

use super::decide::Case;
use super::held::{Held, give_back};
use super::settings::Agreed;
use super::{Approvals, faults};
use crate::base::clock::Timestamp;
use crate::domain::approval::{Approval, Change, Matter};
use crate::domain::audit::Event;
use crate::domain::run::Transition;
use crate::service::runs::RunError;
use crate::service::runs::hold::{consents, end_wait};
use crate::store::{Commit, CommitError};

impl Approvals {
    /// Somebody refused: what the request held up does not happen.
    pub(super) async fn reject(&self, case: &Case<'_>, next: &Approval, event: Event, now: Timestamp) -> Result<(), RunError> {
        let mut commit = Commit::new();
        commit.event(event).update(&case.approval, next);
        match &case.held {
            Held::Run(waiting) => {
                let mut run = waiting.run.record.clone();
                let comment = next.decisions.last().and_then(|decision| decision.comment.clone()).unwrap_or_default();
                end_wait(&mut run, Transition::Reject, faults::REJECTED, comment, now)?;
                let mut ended = self.runs.system_event(&run, "run.reject", json!({ "approval": next.id }));
                ended.reason = Some(faults::REJECTED.text.to_owned());
                commit.event(ended).update(&waiting.run, &run);
                self.ledger.commit(commit).await?;
                self.runs.tell(&run);
                return Ok(());
            }
            Held::Publish(_) => give_back(&case.held, next, &mut commit),
            Held::Setting(_) | Held::Review(_) => {}
        }
        self.ledger.commit(commit).await?;
        Ok(())
    }

    /// Enough people agreed: it happens. `used` carries the decisions that count.
    pub(super) async fn take_effect(&self, case: &Case<'_>, used: &Approval, mut commit: Commit, now: Timestamp) -> Result<(), RunError> {
        let undecided = |fault| RunError::Undecided(Box::new(fault));
        match &case.held {
            Held::Run(waiting) => {
                let mut run = waiting.run.record.clone();
                if let Some(hold) = &mut run.hold {
                    hold.consents = consents(used);
                }
                self.runs.release(&waiting.run, run, Transition::Approve, commit).await?;
            }
            Held::Publish(both) => {
                let at = if let Matter::Publish(publish) = &used.matter { publish.at.filter(|at| *at > now) } else { None };
                match at {
                    Some(at) => self.capabilities.schedule_publish(both, used, at, &mut commit),
                    None => self.capabilities.publish_agreed(both, used, now, &mut commit).map_err(undecided)?,
                }
                self.ledger.commit(commit).await?;
                if at.is_some() {
                    self.runs.wait_begins();
                }
            }
            Held::Setting(change) => self.change_setting(used, change, commit, now).await?,
            // The run is over or under way: the answer is all there is.
            Held::Review(_) => {
                self.ledger.commit(commit).await?;
            }
        }
        Ok(())
    }

    async fn change_setting(&self, used: &Approval, change: &Change, mut commit: Commit, now: Timestamp) -> Result<(), RunError> {
        let undecided = |fault| RunError::Undecided(Box::new(fault));
        let owner = self.settings.owner(change).map_err(undecided)?;
        {
            let snapshot = self.ledger.read()?;
            // What was asked for rests on how the setting was; another hand in the same moment begins anew.
            if owner.current(&snapshot, &used.tenant, change).map_err(undecided)? != change.before {
                return Err(RunError::Commit(CommitError::Conflict { table: change.setting.clone(), key: Vec::new() }));
            }
            let agreed = Agreed { tenant: &used.tenant, change, approval: used, now };
            let effect = owner.enact(&snapshot, &agreed, &mut commit).map_err(undecided)?;
            let mut event = self.gate.system_event(&used.tenant, effect.verb, effect.subject);
            event.details.insert("approval".to_owned(), json!(used.id));
            event.details.insert("requested_by".to_owned(), json!(used.requester));
            event.details.insert("agreed_by".to_owned(), json!(used.decisions.iter().map(|one| &one.by).collect::<Vec<_>>()));
            event.details.extend(effect.details.into_iter().map(|(name, value)| (name.to_owned(), value)));
            event.details.insert("before".to_owned(), change.before.clone());
            event.details.insert("after".to_owned(), change.after.clone());
            commit.event(event);
        }
        self.ledger.commit(commit).await?;
        owner.enacted(change);
        Ok(())
    }
}
