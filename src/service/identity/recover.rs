//! Break-glass at the host: whoever owns the data directory of a stopped appliance makes an administrator, for the day on
//! which none can sign in. It is recorded like everything else.

use serde_json::json;

use super::people::taken;
use super::{Identity, faults, home, user_by_name};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, GrantRef, Resource, Role, RoleSet};
use crate::domain::identity::user::ChosenBy;
use crate::domain::identity::{Password, Preferences, User, UserState, Username};
use crate::domain::ids::UserId;
use crate::store::Commit;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    pub name: String,
    /// There was no such account before.
    pub created: bool,
    /// It was disabled before.
    pub enabled: bool,
}

impl Identity {
    /// Lets somebody in as a platform administrator, with a password that they must replace: an account of that name, or a
    /// new one. Everything it was signed in with is over.
    ///
    /// # Errors
    /// When the name or the password does not fit, the name is that of a service account, or the caller is not the host.
    pub async fn recover(&self, caller: &Caller, username: &str, password: &Password) -> Result<Recovered, Fault> {
        let name: Username = username.parse().map_err(|error| faults::bad_username(&error))?;
        password.check(&name).map_err(|error| faults::bad_password(error, "/password"))?;
        let known = user_by_name(&self.read()?, &name)?;
        if known.as_ref().is_some_and(|stored| stored.record.service_of.is_some() || stored.record.tenant != home(caller)) {
            return Err(taken(&name));
        }
        let now = self.now();
        let fresh = || User {
            id: UserId::new(now),
            tenant: home(caller),
            name: name.clone(),
            display_name: name.to_string(),
            roles: RoleSet::NONE,
            person: None,
            service_of: None,
            state: UserState::Active,
            password_hash: String::new(),
            password_chosen_by: ChosenBy::SomebodyElse,
            password_changed_at: now,
            session_era: 0,
            token_era: 0,
            preferences: Preferences::default(),
            created_at: now,
            created_by: caller.name.clone(),
        };
        let before = known.as_ref().map(|stored| stored.record.clone());
        let mut user = before.clone().unwrap_or_else(fresh);
        let resource = Resource::User(user.to_ref());
        let grant = Resource::Grant(GrantRef::of_account(user.to_ref(), Role::PlatformAdmin));
        let permit = self.0.gate.allow(caller, Action::UserResetPassword, &resource).await?;
        let _granted = self.0.gate.allow(caller, Action::UserGrantRole, &grant).await?;
        // An auditor changes nothing, so the one role takes the place of the other.
        user.set_roles(user.roles.without(Role::Auditor).with(Role::PlatformAdmin)).map_err(faults::bad_user)?;
        user.set_state(UserState::Active);
        user.set_password(self.0.hasher.hash(password).await?, ChosenBy::SomebodyElse, now);
        let mut event = permit.note(self.0.gate.event(caller, "user.recover", resource.subject()));
        event.tenant.clone_from(&user.tenant);
        let shown = |user: &User| json!({ "state": user.state, "roles": user.roles });
        event.details.insert("before".to_owned(), before.as_ref().map_or(serde_json::Value::Null, shown));
        event.details.insert("after".to_owned(), shown(&user));
        let mut commit = Commit::new();
        match &known {
            Some(stored) => commit.update(stored, &user),
            None => commit.insert(&user),
        };
        commit.event(event);
        self.0.ledger.commit(commit).await.map_err(faults::unrecorded)?;
        let enabled = before.as_ref().is_some_and(|before| before.state == UserState::Disabled);
        Ok(Recovered { name: user.name.to_string(), created: before.is_none(), enabled })
    }
}
