//! Asking for consent to a change of a setting: the request is all that is recorded, and the setting stays as it is.

use serde_json::json;

use super::subject;
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::base::limit::COMMENT_CHARS;
use crate::crypto::canonical;
use crate::domain::access::Caller;
use crate::domain::approval::{Approval, Change, Matter, MatterKind, Need, Opening, Rule};
use crate::domain::capability::Risk;
use crate::domain::ids::{ApprovalId, TenantKey};
use crate::service::approvals::faults;
use crate::service::gate::{Gate, Permit};
use crate::service::identity::unauthenticated;
use crate::service::{commit_fault, conditions, persons, storage_fault};
use crate::store::record::approval::{BY_REQUESTER, requester_prefix};
use crate::store::{Commit, Ledger, Scan};
use crate::wire::approval::Asked;

/// Requests of one person about settings that may wait at one time.
const WAITING_EACH: usize = 500;

/// A change was made, or others were asked to agree to it.
#[derive(Debug)]
pub enum Outcome<T> {
    Done(T),
    Asked(Asked),
}

/// A change that may need the consent of others.
#[derive(Debug)]
pub struct Wish {
    pub change: Change,
    pub risk: Risk,
    pub reason: Option<String>,
}

/// Makes requests about settings. Cheap to clone.
#[derive(Clone)]
pub struct Requests {
    ledger: Ledger,
    gate: Gate,
}

impl Requests {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate) -> Self {
        Self { ledger, gate }
    }

    /// The rule for sensitive changes of settings when it asks for consent; `None` when a change is made at once.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn rule(&self, tenant: &TenantKey) -> Result<Option<Rule>, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let rule = conditions::of_matter(&snapshot, tenant, MatterKind::Setting, self.gate.mode())?;
        Ok(matches!(rule.need, Need::Approve { .. }).then_some(rule))
    }

    /// Asks under a rule.
    ///
    /// # Errors
    /// When the reason is missing or too long, or the caller has too many requests that wait.
    pub async fn ask(&self, caller: &Caller, permit: &Permit, wish: Wish, rule: &Rule) -> Result<Asked, Fault> {
        let Wish { change, risk, reason } = wish;
        check_reason(reason.as_deref())?;
        conditions::check_request(rule, reason.as_deref(), None)?;
        let (requester, held) = {
            let snapshot = self.ledger.read().map_err(storage_fault)?;
            let requester = persons::account_of(&snapshot, &caller.tenant, &caller.actor())?.ok_or_else(unauthenticated)?;
            let own = requester_prefix(&caller.tenant, &requester.record.id.to_string(), crate::domain::approval::ApprovalState::Open);
            (requester, snapshot.count::<Approval>(&Scan::index(BY_REQUESTER, &own).limit(WAITING_EACH)).map_err(storage_fault)?)
        };
        if held >= WAITING_EACH as u64 {
            return Err(faults::TOO_MANY
                .fault(format!("you have {WAITING_EACH} requests waiting, the most that one account may have"))
                .param("limit", WAITING_EACH)
                .hint("Withdraw some, or wait until they are decided."));
        }
        let now = self.gate.now();
        let id = ApprovalId::new(now);
        let approval = Approval::open(Opening {
            id,
            tenant: caller.tenant.clone(),
            binding: binding(&caller.tenant, id, &change, rule, reason.as_deref()),
            matter: Matter::Setting(change),
            risk,
            rule,
            requester: caller.actor(),
            person: requester.record.person_key(),
            barred: Vec::new(),
            reason,
            now,
        });
        let mut event = permit.note(self.gate.event(caller, "approval.request", subject(&approval)));
        event.details.insert("matter".to_owned(), json!(approval.matter));
        event.details.insert("binding".to_owned(), json!(approval.binding));
        event.details.insert("expires_at".to_owned(), json!(approval.expires_at));
        if let Some(reason) = &approval.reason {
            event.details.insert("why".to_owned(), json!(reason));
        }
        let mut commit = Commit::new();
        commit.insert(&approval).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(Asked { approval: id.to_string(), detail: asked(&approval, now) })
    }
}

fn asked(approval: &Approval, now: Timestamp) -> String {
    let hours = (approval.expires_at.as_second() - now.as_second()) / 3_600;
    let people = if approval.approvers == 1 { "1 person".to_owned() } else { format!("{} people", approval.approvers) };
    format!("nothing has changed yet: {people} with the role {} must agree within {hours} h", approval.role)
}

/// The digest of everything that would change.
pub(super) fn binding(tenant: &TenantKey, id: ApprovalId, change: &Change, rule: &Rule, reason: Option<&str>) -> String {
    canonical::sha256_of(&json!({
        "matter": "setting",
        "tenant": tenant,
        "request": id,
        "setting": change.setting,
        "name": change.name,
        "change": change.change,
        "before": change.before,
        "after": change.after,
        "rule": rule,
        "reason": reason,
    }))
}

/// # Errors
/// When it is too long.
pub(crate) fn check_reason(reason: Option<&str>) -> Result<(), Fault> {
    if reason.is_some_and(|reason| reason.chars().count() > COMMENT_CHARS) {
        return Err(faults::BAD_WISH.fault(format!("`reason` has at most {COMMENT_CHARS} characters")).field(faults::field(
            "/reason",
            "maxLength",
            "too long",
        )));
    }
    Ok(())
}
