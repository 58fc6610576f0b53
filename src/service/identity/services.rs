//! Service accounts: made by administrators, used through tokens only, and resting while the person who answers for them is
//! disabled.

use serde_json::json;

use super::people::taken;
use super::tokens::TokenWish;
use super::{Identity, faults, home, own_account, user_by_name, user_by_text};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, GrantRef, HeldRole, Resource, RoleSet};
use crate::domain::identity::user::{ChosenBy, check_display_name, check_roles};
use crate::domain::identity::{Preferences, Secret, Token, User, UserState, Username};
use crate::domain::ids::UserId;
use crate::store::{Commit, CommitError, Stored};

/// A service account to be made.
#[derive(Debug)]
pub struct NewService {
    pub name: String,
    pub display_name: Option<String>,
    /// Who answers for it; the caller unless given.
    pub owner: Option<String>,
    pub roles: RoleSet,
}

impl Identity {
    /// Makes a service account. Nobody gives roles to one that they answer for.
    ///
    /// # Errors
    /// When a value does not fit, the name is taken, or the caller may not.
    pub async fn create_service(&self, caller: &Caller, new: NewService) -> Result<Stored<User>, Fault> {
        let tenant = home(caller);
        let permit = self.0.gate.allow(caller, Action::UserCreate, &Resource::Tenant(tenant.clone())).await?;
        let owner = self.owner(caller, new.owner.as_deref())?;
        let name: Username = new.name.parse().map_err(|error| faults::bad_username(&error))?;
        let display_name = check_display_name(new.display_name.as_deref().unwrap_or(name.as_str())).map_err(faults::bad_user)?;
        check_roles(new.roles).map_err(faults::bad_user)?;
        if user_by_name(&self.read()?, &name)?.is_some() {
            return Err(taken(&name));
        }
        let now = self.now();
        let user = User {
            id: UserId::new(now),
            tenant,
            name,
            display_name,
            roles: new.roles,
            person: None,
            service_of: Some(owner.id),
            state: UserState::Active,
            password_hash: String::new(),
            password_chosen_by: ChosenBy::Oneself,
            password_changed_at: now,
            session_era: 0,
            token_era: 0,
            preferences: Preferences::default(),
            created_at: now,
            created_by: caller.name.clone(),
        };
        for role in new.roles.iter() {
            let resource = Resource::Grant(GrantRef {
                gains: caller.user_id() == Some(owner.id),
                within: self.0.gate.holds_all_of(caller, &HeldRole::BuiltIn(role), None),
                ..GrantRef::of_account(user.to_ref(), role)
            });
            let _granted = self.0.gate.allow(caller, Action::UserGrantRole, &resource).await?;
        }
        let mut event = permit.note(self.0.gate.event(caller, "service.create", Resource::User(user.to_ref()).subject()));
        event.details.insert("roles".to_owned(), json!(user.roles));
        event.details.insert("owner".to_owned(), json!({ "id": owner.id, "name": owner.name }));
        let mut commit = Commit::new();
        commit.insert(&user).event(event);
        match self.0.ledger.commit(commit).await {
            Ok(_) => Ok(Stored { record: user, version: 1 }),
            Err(CommitError::Conflict { .. }) => Err(taken(&user.name)),
            Err(error) => Err(faults::unrecorded(error)),
        }
    }

    fn owner(&self, caller: &Caller, who: Option<&str>) -> Result<User, Fault> {
        let snapshot = self.read()?;
        let owner = match who {
            None => own_account(&snapshot, caller).ok(),
            Some(who) => user_by_text(&snapshot, &home(caller), who)?,
        };
        let fits = |user: &User| user.state == UserState::Active && user.service_of.is_none();
        let nobody = || faults::bad_value("/owner", "`owner` is an active account of a person".to_owned());
        owner.map(|stored| stored.record).filter(fits).ok_or_else(nobody)
    }

    /// Makes a token for a service account.
    ///
    /// # Errors
    /// The same whether there is no such account or the caller may not; also when the wish does not fit.
    pub async fn create_service_token(&self, caller: &Caller, who: &str, wish: TokenWish) -> Result<(Token, User, Secret), Fault> {
        let found = user_by_text(&self.read()?, &home(caller), who)?.filter(|stored| stored.record.service_of.is_some());
        match found {
            Some(stored) => self.mint(caller, stored, Action::TokenCreateFor, wish).await,
            None => Err(self.0.gate.missing(caller, Action::TokenCreateFor, "service account", who).await),
        }
    }

    /// Whether an account rests because the one who answers for it is disabled.
    #[must_use]
    pub fn rests(&self, user: &User) -> bool {
        user.service_of.is_some()
            && user.state == UserState::Active
            && self.read().is_ok_and(|snapshot| crate::service::persons::is_active(&snapshot, user).is_ok_and(|active| !active))
    }
}
