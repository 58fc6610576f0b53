//! What happens to requests by themselves: they go to others after a while, they end unanswered, reviews are told again, and
//! what was agreed to for later happens. Asked for by the engine; each piece of work is one commit and can be repeated.

use serde_json::json;

use super::{Approvals, faults, subject};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::approval::{Approval, Matter, Step};
use crate::domain::ids::TenantKey;
use crate::service::{commit_fault, storage_fault};
use crate::store::record::approval::BY_DUE;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Stored};

/// Requests that are looked at in one go.
const CHUNK: usize = 100;
/// How often that is done before the engine looks at other things.
const ROUNDS: usize = 100;

impl Approvals {
    /// Does what is due at a moment; answers with the next moment at which something will be.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn tick(&self, tenant: &TenantKey, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let requests = self.due_requests(tenant, now).await?;
        let versions = self.publish_due(tenant, now).await?;
        Ok([requests, versions].into_iter().flatten().min())
    }

    async fn due_requests(&self, tenant: &TenantKey, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let mut next = None;
        for _ in 0..ROUNDS {
            let scan = Scan::index(BY_DUE, &scoped(tenant, &[])).limit(CHUNK);
            let first: Vec<Stored<Approval>> = self.read()?.scan(&scan).map_err(storage_fault)?;
            next = first.iter().filter_map(|stored| stored.record.due_at()).find(|at| *at > now);
            let due: Vec<&Stored<Approval>> = first.iter().filter(|stored| stored.record.due_at().is_some_and(|at| at <= now)).collect();
            if due.is_empty() {
                return Ok(next);
            }
            for stored in due {
                self.do_due(stored, now).await?;
            }
        }
        Ok(next)
    }

    async fn do_due(&self, stored: &Stored<Approval>, now: Timestamp) -> Result<(), Fault> {
        let approval = &stored.record;
        if approval.is_late(now) {
            let held = Self::held(&self.read()?, approval)?;
            let late = (faults::EXPIRED, "nobody decided before the deadline".to_owned());
            return self.let_go(stored, &held, Step::Expire, late, now).await;
        }
        let (next, event) = if let Ok(next) = approval.apply(Step::Escalate, now, &|_| true) {
            let mut event = self.gate.system_event(&approval.tenant, "approval.escalate", subject(approval));
            event.details.insert("to".to_owned(), json!(next.escalation.map(|escalation| escalation.role)));
            (next, event)
        } else {
            // Each reminder comes as long after the last one as the first came after the request.
            let pause = jiff::SignedDuration::from_secs((approval.expires_at.as_second() - approval.created_at.as_second()).max(1));
            let again = now.checked_add(pause).unwrap_or(Timestamp::MAX);
            let Ok(next) = approval.apply(Step::Remind { next: again }, now, &|_| true) else { return Ok(()) };
            let mut event = self.gate.system_event(&approval.tenant, "approval.remind", subject(approval));
            event.details.insert("told".to_owned(), json!(next.reminder.map(|reminder| reminder.told)));
            event.details.insert("waiting_s".to_owned(), json!(now.as_second() - approval.created_at.as_second()));
            event.details.insert("assignee".to_owned(), json!(approval.assignee));
            (next, event)
        };
        let mut commit = Commit::new();
        commit.update(stored, &next).event(event);
        match self.ledger.commit(commit).await {
            Ok(_) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(error) => Err(commit_fault(error)),
        }
    }

    /// Publishes versions that were agreed to for a moment that has come. What was agreed to is looked at once more: a version
    /// whose approvers lost the role meanwhile goes back to its author.
    async fn publish_due(&self, tenant: &TenantKey, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let due = self.capabilities.scheduled(tenant, now)?;
        for (capability, version) in due.now {
            let found = match version.record.review {
                Some(id) => self.read()?.get::<Approval>(&scoped(tenant, &[id.bytes()])).map_err(storage_fault)?,
                None => None,
            };
            let Some(approval) = found.map(|stored| stored.record) else { continue };
            let consenting = self.runs.standing(&self.read()?, &approval)?;
            let enough = approval.consents(&|decision| consenting.counts(decision)) >= usize::from(approval.approvers);
            let mut commit = Commit::new();
            let both = (capability, version);
            if enough && matches!(approval.matter, Matter::Publish(_)) {
                for account in &consenting.accounts {
                    commit.expect(account);
                }
                let used = Approval {
                    decisions: approval.decisions.iter().filter(|decision| consenting.counts(decision)).cloned().collect(),
                    ..approval
                };
                self.capabilities.publish_agreed(&both, &used, now, &mut commit)?;
            } else {
                self.capabilities.unschedule(&both, &approval, faults::CONSENT_LOST, &mut commit);
            }
            match self.ledger.commit(commit).await {
                Ok(_) | Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Ok(due.next)
    }
}
