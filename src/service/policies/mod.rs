//! Policies of a tenant's own: written, checked, tried against what was really asked, activated by a second person, and
//! taken back.

mod trial;

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Mutex;

use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::own::{POLICIES_MOST, PolicyVersion, TEXT_BYTES, Trial, VERSIONS_MOST};
use crate::domain::access::{Action, Caller, Policy, PolicyError, PolicyRef, Resource, SCHEMA};
use crate::domain::identity::user::check_display_name;
use crate::domain::ids::TenantKey;
use crate::service::gate::{Gate, Permit};
use crate::service::{commit_fault, storage_fault};
use crate::store::record::access::policy_key;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::policy::{PolicyDetail, PolicyRequest, PolicyTrial, PolicyVersionView, PolicyVersions};

pub const BAD: Code = Code::new("EG-POL-001", Class::User, "The policies do not fit");
pub const UNTRIED: Code = Code::new("EG-POL-002", Class::Conflict, "The policies were not tried");
pub const FULL: Code = Code::new("EG-POL-003", Class::Conflict, "Too many versions");
pub const NOT_ACTIVE: Code = Code::new("EG-POL-004", Class::Conflict, "No policies of your own are in force");

/// How often a change is decided again when something else changed under its hands.
const TRIES: usize = 8;

/// The service of policies.
#[derive(Clone)]
pub struct Policies {
    ledger: Ledger,
    gate: Gate,
    /// One change at a time, so that many at once wait instead of starting again and again.
    turn: Arc<Mutex<()>>,
}

fn thing(version: &PolicyVersion) -> Resource {
    Resource::Policy(PolicyRef { tenant: version.tenant.clone(), number: version.number, author: version.author() })
}

impl Policies {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate) -> Self {
        Self { ledger, gate, turn: Arc::default() }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// Every version, the newest first, with the built-in policies and the schema that all must fit.
    ///
    /// # Errors
    /// When the caller may not see policies.
    pub async fn list(&self, caller: &Caller) -> Result<PolicyVersions, Fault> {
        let _permit = self.gate.allow(caller, Action::PolicyView, &Resource::Tenant(caller.tenant.clone())).await?;
        let all = versions(&self.read()?, &caller.tenant)?;
        Ok(PolicyVersions {
            active: all.iter().find(|stored| stored.record.active).map(|stored| stored.record.number),
            items: all.iter().rev().map(|stored| view(&stored.record)).collect(),
            built_in: Policy::built_in_text().to_owned(),
            schema: SCHEMA.to_owned(),
        })
    }

    /// One version with its text.
    ///
    /// # Errors
    /// Not found, or the caller may not see policies.
    pub async fn show(&self, caller: &Caller, number: u32) -> Result<PolicyDetail, Fault> {
        let _permit = self.gate.allow(caller, Action::PolicyView, &Resource::Tenant(caller.tenant.clone())).await?;
        let stored = self.found(caller, Action::PolicyView, number).await?;
        Ok(PolicyDetail { version: view(&stored.record), text: stored.record.text })
    }

    /// Keeps a new version, once it fits the schema. It is not in force.
    ///
    /// # Errors
    /// [`BAD`] says what does not fit.
    pub async fn add(&self, caller: &Caller, request: &PolicyRequest) -> Result<PolicyVersionView, Fault> {
        let tenant = Resource::Tenant(caller.tenant.clone());
        let permit = self.gate.allow(caller, Action::PolicyUpdate, &tenant).await?;
        let note = request.note.as_deref().map(check_display_name).transpose();
        let checked = note.map_err(|_| bad("/note", "`note` has 1 to 120 characters of plain text"));
        let checked = checked.and_then(|note| checked_text(&request.text).map(|()| note));
        let note = match checked {
            Ok(note) => note,
            Err(fault) => {
                self.gate.refuse(caller, "policy.create", tenant.subject(), &fault).await;
                return Err(fault);
            }
        };
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let known = versions(&self.read()?, &caller.tenant)?;
            if known.len() >= VERSIONS_MOST {
                let fault = FULL.fault(format!("a tenant keeps at most {VERSIONS_MOST} versions")).param("limit", VERSIONS_MOST);
                self.gate.refuse(caller, "policy.create", tenant.subject(), &fault).await;
                return Err(fault);
            }
            let version = PolicyVersion {
                tenant: caller.tenant.clone(),
                number: known.last().map_or(1, |stored| stored.record.number + 1),
                text: request.text.clone(),
                note: note.clone(),
                active: false,
                trial: None,
                created_at: self.gate.now(),
                created_by: caller.actor(),
                activated_at: None,
                activated_by: None,
            };
            let mut event = permit.note(self.gate.event(caller, "policy.create", thing(&version).subject()));
            event.details.insert("text".to_owned(), json!(version.text));
            let mut commit = Commit::new();
            commit.insert(&version).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(view(&version)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Decides anew what was asked in the last days, as if a version were in force, and notes what that showed.
    ///
    /// # Errors
    /// Not found, or the caller may not change policies.
    pub async fn attempt(&self, caller: &Caller, number: u32, days: Option<u32>) -> Result<PolicyTrial, Fault> {
        let _permit = self.gate.allow(caller, Action::PolicyUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
        let stored = self.found(caller, Action::PolicyUpdate, number).await?;
        let candidate = compiled(&stored.record.text)?;
        let found = trial::run(&self.ledger, &self.gate, &caller.tenant, &candidate, days)?;
        let noted = Trial { at: self.gate.now(), by: caller.actor(), requests: found.requests, changed: found.changed };
        let mut event = self.gate.event(caller, "policy.try", thing(&stored.record).subject());
        event.details.insert("requests".to_owned(), json!(found.requests));
        event.details.insert("changed".to_owned(), json!(found.changed));
        let mut commit = Commit::new();
        commit.update(&stored, &PolicyVersion { trial: Some(noted), ..stored.record.clone() }).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(found)
    }

    /// Puts a version in force instead of the one that is: also how one goes back. Who wrote it does not activate it where
    /// four eyes are asked for.
    ///
    /// # Errors
    /// Not found, [`UNTRIED`], or the caller may not.
    pub async fn activate(&self, caller: &Caller, number: u32) -> Result<PolicyVersionView, Fault> {
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let (stored, permit) = self.allowed(caller, number).await?;
            if stored.record.trial.is_none() {
                let fault = UNTRIED.fault(format!("version {number} was not tried against what was asked before"));
                let fault = fault.hint(format!("See what it would change: execgov policy try {number}"));
                self.gate.refuse(caller, Action::PolicyActivate.name(), thing(&stored.record).subject(), &fault).await;
                return Err(fault);
            }
            let policy = compiled(&stored.record.text)?;
            let next = PolicyVersion {
                active: true,
                activated_at: Some(self.gate.now()),
                activated_by: Some(caller.actor()),
                ..stored.record.clone()
            };
            let mut commit = Commit::new();
            let before = self.retire(caller, &mut commit, number)?;
            let mut event = permit.note(self.gate.event(caller, "policy.activate", thing(&next).subject()));
            event.details.insert("before".to_owned(), json!({ "version": before }));
            event.details.insert("after".to_owned(), json!({ "version": number }));
            commit.update(&stored, &next).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.gate.set_own(&caller.tenant, Some(Arc::new(policy)));
                    return Ok(view(&next));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Leaves the built-in policies alone in force.
    ///
    /// # Errors
    /// [`NOT_ACTIVE`], or the caller may not.
    pub async fn deactivate(&self, caller: &Caller) -> Result<(), Fault> {
        let _turn = self.turn.lock().await;
        let tenant = Resource::Tenant(caller.tenant.clone());
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::PolicyUpdate, &tenant).await?;
            let mut commit = Commit::new();
            let Some(before) = self.retire(caller, &mut commit, 0)? else {
                let fault = NOT_ACTIVE.fault("only the built-in policies are in force").hint("Nothing needs to be done.");
                self.gate.refuse(caller, "policy.deactivate", tenant.subject(), &fault).await;
                return Err(fault);
            };
            let mut event = permit.note(self.gate.event(caller, "policy.deactivate", tenant.subject()));
            event.details.insert("before".to_owned(), json!({ "version": before }));
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.gate.set_own(&caller.tenant, None);
                    return Ok(());
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Takes the version that is in force out of it, in a commit; tells its number.
    fn retire(&self, caller: &Caller, commit: &mut Commit, but: u32) -> Result<Option<u32>, Fault> {
        let all = versions(&self.read()?, &caller.tenant)?;
        let active = all.into_iter().find(|stored| stored.record.active);
        if let Some(stored) = active.as_ref().filter(|stored| stored.record.number != but) {
            commit.update(stored, &PolicyVersion { active: false, ..stored.record.clone() });
        }
        Ok(active.map(|stored| stored.record.number))
    }

    async fn found(&self, caller: &Caller, action: Action, number: u32) -> Result<Stored<PolicyVersion>, Fault> {
        let stored = self.read()?.get(&policy_key(&caller.tenant, number)).map_err(storage_fault)?;
        match stored {
            Some(stored) => Ok(stored),
            None => Err(self.gate.missing(caller, action, "policy", &number.to_string()).await),
        }
    }

    async fn allowed(&self, caller: &Caller, number: u32) -> Result<(Stored<PolicyVersion>, Permit), Fault> {
        let stored = self.found(caller, Action::PolicyActivate, number).await?;
        let permit = self.gate.allow(caller, Action::PolicyActivate, &thing(&stored.record)).await?;
        Ok((stored, permit))
    }
}

fn versions(snapshot: &Snapshot, tenant: &TenantKey) -> Result<Vec<Stored<PolicyVersion>>, Fault> {
    snapshot.scan(&Scan::table(&scoped(tenant, &[]))).map_err(storage_fault)
}

/// A text as policies that are laid over the built-in ones.
fn compiled(text: &str) -> Result<Policy, Fault> {
    Policy::with_own(text).map_err(|error| bad("/text", &error.to_string()))
}

fn checked_text(text: &str) -> Result<(), Fault> {
    if text.len() > TEXT_BYTES {
        return Err(bad("/text", &format!("`text` has at most {TEXT_BYTES} bytes")));
    }
    Policy::check_own(text).map_err(|error: PolicyError| bad("/text", &error.to_string()))?;
    Ok(())
}

fn view(version: &PolicyVersion) -> PolicyVersionView {
    PolicyVersionView {
        number: version.number,
        note: version.note.clone(),
        active: version.active,
        tried_at: version.trial.as_ref().map(|trial| trial.at.to_string()),
        tried_requests: version.trial.as_ref().map(|trial| trial.requests),
        tried_changed: version.trial.as_ref().map(|trial| trial.changed),
        created_at: version.created_at.to_string(),
        created_by: version.created_by.clone(),
        activated_at: version.activated_at.map(|at| at.to_string()),
        activated_by: version.activated_by.clone(),
    }
}

fn bad(pointer: &str, message: &str) -> Fault {
    let message: String = message.chars().take(2_000).collect();
    let field = FieldFault { pointer: pointer.to_owned(), rule: "policy".to_owned(), message: message.clone(), params: Vec::new() };
    BAD.fault(message)
        .field(field)
        .param("limit", POLICIES_MOST)
        .hint("Each policy has an @id and speaks of what the schema names: execgov policy schema")
}
