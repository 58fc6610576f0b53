//! Saying who shall look at a request first. It gives nobody a right and takes none away.

use serde_json::json;

use super::{Approvals, faults, subject};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::{Approval, ApprovalState};
use crate::domain::audit::{Actor, ActorKind};
use crate::domain::identity::UserState;
use crate::service::{commit_fault, persons};
use crate::store::Commit;
use crate::wire::approval::ApprovalDetail;

impl Approvals {
    /// Assigns an open request to somebody who may decide on it, or to nobody.
    ///
    /// # Errors
    /// [`faults::BAD_WISH`] when that person could not decide on it.
    pub async fn assign(&self, caller: &Caller, id: &str, user: Option<&str>) -> Result<ApprovalDetail, Fault> {
        let (approval, _) = self.find(caller, Action::ApprovalAssign, id).await?;
        let thing = persons::approval(&self.read()?, &approval.record)?;
        let permit = self.gate.allow(caller, Action::ApprovalAssign, &thing).await?;
        let assignee = match user {
            None => Ok(None),
            Some(name) => self.able(caller, &approval.record, name).map(Some),
        };
        let assignee = match assignee {
            _ if approval.record.state != ApprovalState::Open => Err(faults::closed(approval.record.state)),
            other => other,
        };
        let assignee = match assignee {
            Ok(assignee) => assignee,
            Err(fault) => {
                self.gate.refuse(caller, "approval.assign", subject(&approval.record), &fault).await;
                return Err(fault);
            }
        };
        let mut event = permit.note(self.gate.event(caller, "approval.assign", subject(&approval.record)));
        event.details.insert("assignee".to_owned(), json!(assignee));
        let next = Approval { assignee, ..approval.record.clone() };
        let mut commit = Commit::new();
        commit.update(&approval, &next).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        self.show(caller, id).await
    }

    fn able(&self, caller: &Caller, approval: &Approval, name: &str) -> Result<Actor, Fault> {
        let snapshot = self.read()?;
        let user = self.identity.account(&snapshot, &caller.tenant, name)?.filter(|user| user.state == UserState::Active);
        let nobody = || faults::bad("/user", format!("there is no active account `{}`", name.chars().take(80).collect::<String>()));
        let user = user.ok_or_else(nobody)?;
        let asked = persons::as_signed_in(&snapshot, &user, self.gate.now())?;
        let (thing, _) = self.seen_by(&snapshot, &asked, approval)?;
        if !self.gate.may(&asked, Action::ApprovalDecide, &thing) {
            return Err(faults::bad("/user", format!("`{}` could not decide on this request", user.name)));
        }
        Ok(Actor { kind: ActorKind::User, id: Some(user.id.to_string()), name: Some(user.name.to_string()), token: None })
    }
}
