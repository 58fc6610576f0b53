//! Kept views: one's own, and those that others share in the tenant.

use super::{Audit, TRIES, find::Search};
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, Caller, Resource, UserRef};
use crate::domain::audit::view::{FILTER_CHARS, NAME_CHARS, VIEWS_EACH};
use crate::domain::audit::{AuditFilter, AuditView, Subject};
use crate::domain::freeze::is_name;
use crate::domain::ids::{AuditViewId, UserId};
use crate::service::gate::absent;
use crate::service::{commit_fault, storage_fault};
use crate::store::record::audit::{SHARED_VIEWS, VIEWS_BY_USER, views_of};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};
use crate::wire::audit::{AuditViewItem, AuditViewItems, AuditViewRequest};

pub const BAD_VIEW: Code = Code::new("EG-AUD-006", Class::User, "The view makes no sense");
pub const TOO_MANY_VIEWS: Code = Code::new("EG-AUD-007", Class::Conflict, "Too many views");

/// Shared views that a list shows, at most.
const SHARED_MOST: usize = 500;

impl Audit {
    /// The caller's views and those that are shared.
    ///
    /// # Errors
    /// When the ledger cannot be read, or the token does not cover it.
    pub async fn views(&self, caller: &Caller) -> Result<AuditViewItems, Fault> {
        let _permit = self.gate.allow(caller, Action::AuditKeepView, &oneself(caller)).await?;
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        let mut found: Vec<Stored<AuditView>> = match caller.user_id() {
            Some(user) => snapshot.scan(&Scan::index(VIEWS_BY_USER, &views_of(&caller.tenant, user))).map_err(storage_fault)?,
            None => Vec::new(),
        };
        let shared = Scan::index(SHARED_VIEWS, &scoped(&caller.tenant, &[])).limit(SHARED_MOST);
        let shared: Vec<Stored<AuditView>> = snapshot.scan(&shared).map_err(storage_fault)?;
        found.extend(shared.into_iter().filter(|view| Some(view.record.user) != caller.user_id()));
        Ok(AuditViewItems { items: found.into_iter().map(|view| item(caller, view.record)).collect() })
    }

    /// Keeps a view under a name.
    ///
    /// # Errors
    /// [`BAD_VIEW`] names the field that makes no sense.
    pub async fn keep_view(&self, caller: &Caller, request: &AuditViewRequest) -> Result<AuditViewItem, Fault> {
        let permit = self.gate.allow(caller, Action::AuditKeepView, &oneself(caller)).await?;
        check(request)?;
        let Some(user) = caller.user_id() else { return Err(absent("view")) };
        let now = self.gate.now();
        let held = {
            let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
            let own = Scan::index(VIEWS_BY_USER, &views_of(&caller.tenant, user)).limit(VIEWS_EACH);
            snapshot.count::<AuditView>(&own).map_err(storage_fault)?
        };
        if held >= VIEWS_EACH as u64 {
            let fault = TOO_MANY_VIEWS.fault(format!("you have {VIEWS_EACH} views, the most that one person may keep"));
            return Err(fault.param("limit", VIEWS_EACH).hint("Remove those that you no longer use."));
        }
        let view = AuditView {
            id: AuditViewId::new(now),
            tenant: caller.tenant.clone(),
            user,
            owner: caller.actor(),
            name: request.name.trim().to_owned(),
            filter: request.filter.clone(),
            shared: request.shared,
            updated_at: now,
        };
        let mut event = permit.note(self.gate.event(caller, "view.keep", subject(&view)));
        event.details.insert("after".to_owned(), told(&view));
        let mut commit = Commit::new();
        commit.insert(&view).event(event);
        self.evidence.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(item(caller, view))
    }

    /// Changes one of the caller's views.
    ///
    /// # Errors
    /// As for [`Self::keep_view`]; not found when it is not the caller's.
    pub async fn change_view(&self, caller: &Caller, id: &str, request: &AuditViewRequest) -> Result<AuditViewItem, Fault> {
        check(request)?;
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::AuditKeepView, &oneself(caller)).await?;
            let Some(stored) = self.own_view(caller, id)? else { return Err(self.no_view(caller, id).await) };
            let view = AuditView {
                name: request.name.trim().to_owned(),
                filter: request.filter.clone(),
                shared: request.shared,
                updated_at: self.gate.now(),
                ..stored.record.clone()
            };
            let mut event = permit.note(self.gate.event(caller, "view.change", subject(&view)));
            event.details.insert("before".to_owned(), told(&stored.record));
            event.details.insert("after".to_owned(), told(&view));
            let mut commit = Commit::new();
            commit.update(&stored, &view).event(event);
            match self.evidence.ledger.commit(commit).await {
                Ok(_) => return Ok(item(caller, view)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Removes one of the caller's views.
    ///
    /// # Errors
    /// Not found when it is not the caller's.
    pub async fn remove_view(&self, caller: &Caller, id: &str) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::AuditKeepView, &oneself(caller)).await?;
            let Some(stored) = self.own_view(caller, id)? else { return Err(self.no_view(caller, id).await) };
            let mut event = permit.note(self.gate.event(caller, "view.remove", subject(&stored.record)));
            event.details.insert("before".to_owned(), told(&stored.record));
            let mut commit = Commit::new();
            commit.delete(&stored).event(event);
            match self.evidence.ledger.commit(commit).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    async fn no_view(&self, caller: &Caller, id: &str) -> Fault {
        self.gate.missing(caller, Action::AuditKeepView, "view", id).await
    }

    fn own_view(&self, caller: &Caller, id: &str) -> Result<Option<Stored<AuditView>>, Fault> {
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        Ok(stored(&snapshot, caller, id)?.filter(|view| Some(view.record.user) == caller.user_id()))
    }

    /// The filter of a view that the caller may use.
    pub(super) fn view_of(&self, caller: &Caller, id: &str) -> Result<AuditFilter, Fault> {
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        let view = stored(&snapshot, caller, id)?.map(|view| view.record);
        let view = view.filter(|view| view.shared || Some(view.user) == caller.user_id());
        view.map(|view| view.filter).ok_or_else(|| absent("view"))
    }
}

fn stored(snapshot: &Snapshot, caller: &Caller, id: &str) -> Result<Option<Stored<AuditView>>, Fault> {
    let Ok(id) = id.parse::<AuditViewId>() else { return Ok(None) };
    snapshot.get(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)
}

fn oneself(caller: &Caller) -> Resource {
    let id = caller.user_id().unwrap_or(UserId::from_bytes([0; 16]));
    Resource::User(UserRef { tenant: caller.tenant.clone(), id, name: caller.name.clone(), roles: caller.roles, service_of: None })
}

fn subject(view: &AuditView) -> Subject {
    Subject { kind: "audit_view".to_owned(), id: Some(view.id.to_string()), name: Some(view.name.clone()) }
}

fn told(view: &AuditView) -> serde_json::Value {
    serde_json::json!({ "name": view.name, "filter": view.filter, "shared": view.shared })
}

fn item(caller: &Caller, view: AuditView) -> AuditViewItem {
    AuditViewItem {
        id: view.id.to_string(),
        name: view.name,
        filter: view.filter,
        shared: view.shared,
        own: Some(view.user) == caller.user_id(),
        owner: view.owner,
        updated_at: view.updated_at.to_string(),
    }
}

fn check(request: &AuditViewRequest) -> Result<(), Fault> {
    let bad = |pointer: &str, message: String| {
        let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
        BAD_VIEW.fault(message).field(field).hint("Correct the field that is named.")
    };
    if !is_name(&request.name) {
        return Err(bad("/name", format!("`name` has 1 to {NAME_CHARS} characters and no control characters")));
    }
    let filter = &request.filter;
    let texts = [
        ("actor", &filter.actor),
        ("action", &filter.action),
        ("kind", &filter.kind),
        ("subject", &filter.subject),
        ("from", &filter.from),
        ("to", &filter.to),
        ("run", &filter.run),
        ("approval", &filter.approval),
        ("q", &filter.q),
    ];
    for (name, text) in texts {
        if text.as_ref().is_some_and(|text| text.chars().count() > FILTER_CHARS) {
            return Err(bad(&format!("/filter/{name}"), format!("`{name}` has at most {FILTER_CHARS} characters")));
        }
    }
    Search::understand(filter.clone()).map(|_| ()).map_err(|fault| bad("/filter", fault.detail().to_owned()))
}
