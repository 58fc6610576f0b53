//! A tenant's own roles: sets of actions under a name.

use serde_json::json;

use super::{Access, TRIES, custom_role, faults};
use crate::base::fault::Fault;
use crate::domain::access::action::ActionError;
use crate::domain::access::grant::{CustomRole, CustomRoleError, ROLES_MOST, RoleGrant};
use crate::domain::access::{Action, ActionSet, Caller, Resource};
use crate::domain::audit::Subject;
use crate::domain::handle::Handle;
use crate::domain::identity::user::check_display_name;
use crate::domain::ids::{CustomRoleId, TenantKey};
use crate::domain::tally::Counted;
use crate::service::limits::{one_less, one_more};
use crate::service::{commit_fault, storage_fault};
use crate::store::record::access::{BY_ROLE, ROLE_BY_NAME};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};
use crate::wire::access::{CustomRoleRequest, CustomRoleView};

impl Access {
    /// The tenant's own roles in the order of their names. Like the built-in ones they are no secret within the tenant.
    ///
    /// # Errors
    /// When the caller may not see roles.
    pub async fn custom_roles(&self, caller: &Caller) -> Result<Vec<CustomRoleView>, Fault> {
        let _permit = self.gate().allow(caller, Action::RoleView, &Resource::Appliance).await?;
        let snapshot = self.read()?;
        let scan = Scan::index(ROLE_BY_NAME, &scoped(&caller.tenant, &[]));
        let all: Vec<Stored<CustomRole>> = snapshot.scan(&scan).map_err(storage_fault)?;
        all.iter().map(|stored| view(&snapshot, &stored.record)).collect()
    }

    /// Makes a role.
    ///
    /// # Errors
    /// When it makes no sense, the name is taken, or there are as many as there may be.
    pub async fn add_role(&self, caller: &Caller, request: &CustomRoleRequest) -> Result<CustomRoleView, Fault> {
        let tenant = Resource::Tenant(caller.tenant.clone());
        let permit = self.gate().allow(caller, Action::RoleUpdate, &tenant).await?;
        let now = self.gate().now();
        let mut role = CustomRole {
            id: CustomRoleId::new(now),
            tenant: caller.tenant.clone(),
            name: Handle::any(),
            description: None,
            actions: Vec::new(),
            created_at: now,
            created_by: caller.actor(),
        };
        define(&mut role, request)?;
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let mut commit = Commit::new();
            let refusal = {
                let snapshot = self.read()?;
                if custom_role(&snapshot, &role.tenant, role.name.as_str())?.is_some() {
                    Some(taken(&role.name))
                } else {
                    let fits = one_more(&snapshot, &mut commit, &role.tenant, Counted::Roles, ROLES_MOST)?;
                    (!fits).then(faults::full_of_roles)
                }
            };
            if let Some(fault) = refusal {
                return Err(self.refused(caller, "role.create", &tenant, fault).await);
            }
            let mut event = permit.note(self.gate().event(caller, "role.create", subject(&role)));
            event.details.insert("role".to_owned(), json!(role));
            commit.insert(&role).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return view(&self.read()?, &role),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Changes a role for everybody who holds it. Nobody changes a role that they hold themselves.
    ///
    /// # Errors
    /// Not found, or it makes no sense.
    pub async fn change_role(&self, caller: &Caller, name: &str, request: &CustomRoleRequest) -> Result<CustomRoleView, Fault> {
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let (stored, permit) = self.own_role(caller, name).await?;
            let mut role = stored.record.clone();
            define(&mut role, request)?;
            let grows = !role.action_set().is_within(stored.record.action_set());
            if grows
                && caller
                    .holdings
                    .iter()
                    .any(|held| matches!(&held.role, crate::domain::access::HeldRole::Custom { id, .. } if *id == role.id))
            {
                let fault = faults::bad_role("/actions", "nobody adds actions to a role that they hold themselves".to_owned());
                return Err(self.refused(caller, "role.update", &Resource::Tenant(role.tenant), fault).await);
            }
            if role.name != stored.record.name && custom_role(&self.read()?, &role.tenant, role.name.as_str())?.is_some() {
                return Err(self.refused(caller, "role.update", &Resource::Tenant(role.tenant.clone()), taken(&role.name)).await);
            }
            let mut event = permit.note(self.gate().event(caller, "role.update", subject(&role)));
            event.details.insert("before".to_owned(), json!({ "name": stored.record.name, "actions": stored.record.actions }));
            event.details.insert("after".to_owned(), json!({ "name": role.name, "actions": role.actions }));
            let mut commit = Commit::new();
            commit.update(&stored, &role).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return view(&self.read()?, &role),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Removes a role that nobody holds.
    ///
    /// # Errors
    /// Not found, or somebody holds it.
    pub async fn remove_role(&self, caller: &Caller, name: &str) -> Result<(), Fault> {
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let (stored, permit) = self.own_role(caller, name).await?;
            let role = &stored.record;
            let holders = holders(&self.read()?, &role.tenant, role.id)?;
            if holders > 0 {
                let fault = faults::ROLE_IN_USE.fault(format!("`{}` was given {holders} times", role.name)).param("grants", holders);
                let fault = fault.hint("Revoke those grants first: `execgov access grants --role NAME` lists them.");
                return Err(self.refused(caller, "role.remove", &Resource::Tenant(role.tenant.clone()), fault).await);
            }
            let mut commit = Commit::new();
            one_less(&self.read()?, &mut commit, &role.tenant, Counted::Roles)?;
            let mut event = permit.note(self.gate().event(caller, "role.remove", subject(role)));
            event.details.insert("role".to_owned(), json!(role));
            commit.delete(&stored).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    async fn own_role(&self, caller: &Caller, name: &str) -> Result<(Stored<CustomRole>, crate::service::gate::Permit), Fault> {
        let permit = self.gate().allow(caller, Action::RoleUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
        let found = custom_role(&self.read()?, &caller.tenant, name)?;
        match found {
            Some(stored) => Ok((stored, permit)),
            None => Err(self.gate().missing(caller, Action::RoleUpdate, "role", name).await),
        }
    }
}

fn define(role: &mut CustomRole, request: &CustomRoleRequest) -> Result<(), Fault> {
    let name: Handle = request.name.parse().map_err(|error| faults::bad_role("/name", format!("`name`: {error}")))?;
    let description = request.description.as_deref().map(check_display_name).transpose();
    role.description =
        description.map_err(|_| faults::bad_role("/description", "`description` has 1 to 120 characters of plain text".to_owned()))?;
    let actions: Result<ActionSet, ActionError> = request.actions.iter().map(|name| name.parse::<Action>()).collect();
    let actions = actions.map_err(|error| faults::bad_role("/actions", error.to_string()))?;
    role.define(name, actions).map_err(|error| match error {
        CustomRoleError::BuiltIn(_) => faults::bad_role("/name", error.to_string()),
        CustomRoleError::Empty | CustomRoleError::Reserved(_) => faults::bad_role("/actions", error.to_string()),
    })
}

fn holders(snapshot: &Snapshot, tenant: &TenantKey, role: CustomRoleId) -> Result<u64, Fault> {
    snapshot.count::<RoleGrant>(&Scan::index(BY_ROLE, &scoped(tenant, &[role.bytes()]))).map_err(storage_fault)
}

fn subject(role: &CustomRole) -> Subject {
    Subject { kind: "role".to_owned(), id: Some(role.id.to_string()), name: Some(role.name.to_string()) }
}

fn taken(name: &Handle) -> Fault {
    faults::ROLE_TAKEN.fault(format!("there is a role `{name}` already")).param("name", name).hint("Choose another name.")
}

fn view(snapshot: &Snapshot, role: &CustomRole) -> Result<CustomRoleView, Fault> {
    Ok(CustomRoleView {
        id: role.id.to_string(),
        name: role.name.to_string(),
        description: role.description.clone(),
        actions: role.actions.iter().map(ToString::to_string).collect(),
        grants: holders(snapshot, &role.tenant, role.id)?,
        created_at: role.created_at.to_string(),
        created_by: role.created_by.clone(),
    })
}
