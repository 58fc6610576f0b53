//! Accounts of others: making them, changing them, giving roles, setting a first password.

use serde_json::json;

use super::revocations::Ended;
use super::{Identity, TRIES, faults, home, leavings, user_by_name, user_by_text};
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::domain::access::{Action, Caller, GrantRef, HeldRole, Resource, Role, RoleSet, Sight, UserRef};
use crate::domain::audit::Event;
use crate::domain::identity::user::{ChosenBy, check_display_name, check_roles};
use crate::domain::identity::{Password, Preferences, User, UserState, Username};
use crate::domain::ids::{TenantKey, UserId};
use crate::service::gate::Permit;
use crate::service::tenants;
use crate::store::record::identity::{PLATFORM_ADMINS, SERVICES_OF, USER_BY_ID, USER_BY_NAME, name_key};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};

/// Rows read at one time while a list is filtered.
const CHUNK: usize = 200;
const PASSWORD_POINTER: &str = "/password";

/// A person to be given an account.
#[derive(Debug)]
pub struct NewUser {
    pub username: String,
    pub display_name: Option<String>,
    pub password: Password,
    pub roles: RoleSet,
    /// The tenant that the person is of; the caller's own unless given.
    pub tenant: Option<String>,
}

/// Which accounts are listed.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Text that occurs in a name.
    pub q: Option<String>,
    /// Every account that is not deleted, unless given.
    pub state: Option<UserState>,
    /// The caller's own tenant unless given.
    pub tenant: Option<String>,
    /// The account after which the page begins.
    pub after: Option<UserId>,
    pub limit: Option<usize>,
}

/// What is changed about an account; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    pub display_name: Option<String>,
    pub state: Option<UserState>,
    pub roles: Option<RoleSet>,
    /// The version that the change was made for, when the client says so.
    pub seen: Option<u64>,
    /// Which person the account belongs to; empty for nobody but itself.
    pub person: Option<String>,
}

impl Identity {
    /// Makes an account. Its password must be replaced at the first login.
    ///
    /// # Errors
    /// When a value does not fit, the name is taken, or the caller may not give one of the roles.
    pub async fn create_user(&self, caller: &Caller, new: NewUser) -> Result<Stored<User>, Fault> {
        let tenant = self.named_tenant(caller, new.tenant.as_deref()).await?;
        let permit = self.0.gate.allow(caller, Action::UserCreate, &Resource::Tenant(tenant.clone())).await?;
        let user = self.draft(caller, &tenant, &new)?;
        for role in new.roles.iter() {
            let _granted = self.allow_grant(caller, &user.to_ref(), role).await?;
        }
        new.password.check(&user.name).map_err(|error| faults::bad_password(error, PASSWORD_POINTER))?;
        let user = User { password_hash: self.0.hasher.hash(&new.password).await?, ..user };
        let mut event = self.about(caller, &permit, "user.create", &user);
        event.details.insert("roles".to_owned(), json!(user.roles));
        let mut commit = Commit::new();
        commit.insert(&user).event(event);
        match self.0.ledger.commit(commit).await {
            Ok(_) => Ok(Stored { record: user, version: 1 }),
            Err(CommitError::Conflict { .. }) => Err(taken(&user.name)),
            Err(error) => Err(faults::unrecorded(error)),
        }
    }

    /// The tenant that somebody means: their own, or another one for those who look after all of them.
    async fn named_tenant(&self, caller: &Caller, name: Option<&str>) -> Result<TenantKey, Fault> {
        let own = home(caller);
        let Some(name) = name.filter(|name| *name != own.as_str()) else { return Ok(own) };
        if !self.0.gate.may(caller, Action::TenantView, &Resource::Appliance) {
            return Err(self.0.gate.missing(caller, Action::TenantView, "tenant", name).await);
        }
        let found = tenants::named(&self.read()?, name)?;
        match found {
            Some(tenant) => Ok(tenant.key),
            None => Err(self.0.gate.missing(caller, Action::TenantView, "tenant", name).await),
        }
    }

    fn draft(&self, caller: &Caller, tenant: &TenantKey, new: &NewUser) -> Result<User, Fault> {
        let name: Username = new.username.parse().map_err(|error| faults::bad_username(&error))?;
        let display_name = check_display_name(new.display_name.as_deref().unwrap_or(name.as_str())).map_err(faults::bad_user)?;
        check_roles(new.roles).map_err(faults::bad_user)?;
        if user_by_name(&self.read()?, &name)?.is_some() {
            return Err(taken(&name));
        }
        let now = self.now();
        Ok(User {
            id: UserId::new(now),
            tenant: tenant.clone(),
            name,
            display_name,
            roles: new.roles,
            state: UserState::Active,
            password_hash: String::new(),
            person: None,
            service_of: None,
            password_chosen_by: ChosenBy::SomebodyElse,
            password_changed_at: now,
            session_era: 0,
            token_era: 0,
            preferences: Preferences::default(),
            created_at: now,
            created_by: caller.name.clone(),
        })
    }

    /// One account, by id or name.
    ///
    /// # Errors
    /// The same whether there is none or the caller may not see it.
    pub async fn user(&self, caller: &Caller, who: &str) -> Result<Stored<User>, Fault> {
        let found = user_by_text(&self.read()?, &home(caller), who)?;
        self.shown(caller, found, who).await
    }

    /// One account of the caller's tenant that was not deleted, for what is to be given to it.
    ///
    /// # Errors
    /// The same whether there is none or the caller may not see it; also when it was deleted.
    pub async fn person(&self, caller: &Caller, who: &str) -> Result<User, Fault> {
        let user = self.user(caller, who).await?.record;
        still_there(&user)?;
        Ok(user)
    }

    /// One account of the caller's tenant, or of any tenant for those who look after all of them.
    ///
    /// # Errors
    /// The same whether there is none or the caller may not see it.
    pub async fn user_anywhere(&self, caller: &Caller, who: &str) -> Result<Stored<User>, Fault> {
        let found = self.find_anywhere(caller, who)?;
        self.shown(caller, found, who).await
    }

    async fn shown(&self, caller: &Caller, found: Option<Stored<User>>, who: &str) -> Result<Stored<User>, Fault> {
        let Some(stored) = found else {
            return Err(self.0.gate.missing(caller, Action::UserView, "user", who).await);
        };
        let _permit = self.0.gate.allow(caller, Action::UserView, &Resource::User(stored.record.to_ref())).await?;
        Ok(stored)
    }

    fn find_anywhere(&self, caller: &Caller, who: &str) -> Result<Option<Stored<User>>, Fault> {
        let snapshot = self.read()?;
        if !self.0.gate.may(caller, Action::TenantView, &Resource::Appliance) {
            return user_by_text(&snapshot, &home(caller), who);
        }
        match (who.parse::<UserId>(), who.parse::<Username>()) {
            (Ok(id), _) => snapshot.find(USER_BY_ID, id.bytes()).map_err(faults::storage),
            (Err(_), Ok(name)) => user_by_name(&snapshot, &name),
            (Err(_), Err(_)) => Ok(None),
        }
    }

    /// Accounts in the order of their ids, after the one named; and whether there are more.
    ///
    /// # Errors
    /// When the caller may not see accounts.
    pub async fn users(&self, caller: &Caller, filter: &UserFilter) -> Result<(Vec<Stored<User>>, bool), Fault> {
        let sight = self.0.gate.require_sight(caller, Action::UserView, "user").await?;
        if sight == Sight::Own {
            return Ok((Vec::new(), false));
        }
        let limit = filter.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let wanted = filter.q.as_deref().map(|q| q.trim().to_lowercase()).filter(|q| !q.is_empty());
        let named =
            |user: &User| wanted.as_ref().is_none_or(|q| user.name.folded().contains(q) || user.display_name.to_lowercase().contains(q));
        let holds = |user: &User| filter.state.map_or(user.state != UserState::Deleted, |state| user.state == state) && named(user);
        let tenant = self.named_tenant(caller, filter.tenant.as_deref()).await?;
        let snapshot = self.read()?;
        let mut rows = Vec::new();
        let mut cursor = filter.after.map(|id| scoped(&tenant, &[id.bytes()]));
        loop {
            let mut scan = Scan::table(&scoped(&tenant, &[])).limit(CHUNK);
            if let Some(key) = cursor.take() {
                scan = scan.after(&key);
            }
            let chunk: Vec<Stored<User>> = snapshot.scan(&scan).map_err(faults::storage)?;
            let last = chunk.last().filter(|_| chunk.len() == CHUNK).map(|stored| scoped(&tenant, &[stored.record.id.bytes()]));
            let seen = |stored: &Stored<User>| {
                sight != Sight::Some || self.0.gate.may(caller, Action::UserView, &Resource::User(stored.record.to_ref()))
            };
            rows.extend(chunk.into_iter().filter(|stored| holds(&stored.record)).filter(seen));
            if rows.len() > limit {
                rows.truncate(limit);
                return Ok((rows, true));
            }
            match last {
                Some(key) => cursor = Some(key),
                None => return Ok((rows, false)),
            }
        }
    }

    /// Changes an account. A change of state ends sessions, tokens and streams; a change of roles ends sessions and streams.
    ///
    /// # Errors
    /// When a value does not fit, the caller may not give or take a role, nobody could administer the appliance any more,
    /// or the account changed meanwhile.
    pub async fn update_user(&self, caller: &Caller, who: &str, change: &UserChange) -> Result<Stored<User>, Fault> {
        for _ in 0..TRIES {
            let stored = self.user_anywhere(caller, who).await?;
            still_there(&stored.record)?;
            if change.seen.is_some_and(|seen| seen != stored.version) {
                return Err(faults::changed_meanwhile());
            }
            let mut user = stored.record.clone();
            let mut commit = Commit::new();
            self.change_roles(caller, &mut user, change.roles, &mut commit).await?;
            self.change_rest(caller, &mut user, change, &mut commit).await?;
            if user == stored.record {
                return Ok(stored);
            }
            if stored.record.is_platform_admin() && !user.is_platform_admin() {
                self.expect_another_admin(&user, &mut commit)?;
            }
            commit.update(&stored, &user);
            match self.0.ledger.commit(commit).await {
                Ok(_) => {
                    if user.session_era != stored.record.session_era {
                        self.0.revocations.tell(Ended::User(user.id));
                    }
                    if user.state != stored.record.state {
                        self.state_changed(&user)?;
                    }
                    return Ok(Stored { record: user, version: stored.version + 1 });
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(faults::unrecorded(error)),
            }
        }
        Err(faults::changed_meanwhile())
    }

    /// Sets a password that must be replaced at the next login; everything the person was signed in with is over.
    ///
    /// # Errors
    /// When the password does not fit or the caller may not.
    pub async fn reset_password(&self, caller: &Caller, who: &str, password: &Password) -> Result<Stored<User>, Fault> {
        let stored = self.user_anywhere(caller, who).await?;
        still_there(&stored.record)?;
        let resource = Resource::User(stored.record.to_ref());
        let permit = self.0.gate.allow(caller, Action::UserResetPassword, &resource).await?;
        if stored.record.service_of.is_some() {
            let fault =
                faults::NO_PASSWORD.fault("a service account has no password").hint("Make a token for it: execgov service token NAME");
            self.0.gate.refuse(caller, Action::UserResetPassword.name(), resource.subject(), &fault).await;
            return Err(fault);
        }
        password.check(&stored.record.name).map_err(|error| faults::bad_password(error, PASSWORD_POINTER))?;
        let mut user = stored.record.clone();
        user.set_password(self.0.hasher.hash(password).await?, ChosenBy::SomebodyElse, self.now());
        let mut commit = Commit::new();
        commit.update(&stored, &user).event(self.about(caller, &permit, "user.reset_password", &user));
        self.0.ledger.commit(commit).await.map_err(faults::unrecorded)?;
        self.0.revocations.tell(Ended::User(user.id));
        Ok(Stored { record: user, version: stored.version + 1 })
    }

    /// Deletes an account for good, with what was given to it: roles, memberships, absences. Sessions, tokens and streams are
    /// over within a second; what was to run as this person waits, visibly; the name is never used for somebody else.
    ///
    /// # Errors
    /// Not found, not allowed, nobody could administer the appliance any more, or the account changed meanwhile.
    pub async fn delete_user(&self, caller: &Caller, who: &str, seen: Option<u64>) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let stored = self.user_anywhere(caller, who).await?;
            still_there(&stored.record)?;
            if seen.is_some_and(|seen| seen != stored.version) {
                return Err(faults::changed_meanwhile());
            }
            let permit = self.0.gate.allow(caller, Action::UserDelete, &Resource::User(stored.record.to_ref())).await?;
            let mut user = stored.record.clone();
            user.delete();
            let mut commit = Commit::new();
            if stored.record.is_platform_admin() {
                self.expect_another_admin(&user, &mut commit)?;
            }
            let gone = leavings::take_along(&self.read()?, &user, self.now(), &mut commit)?;
            let mut event = self.about(caller, &permit, "user.delete", &user);
            event.details.insert("before".to_owned(), json!({ "state": stored.record.state, "roles": stored.record.roles }));
            event.details.insert("gone".to_owned(), json!(gone));
            commit.update(&stored, &user).event(event);
            match self.0.ledger.commit(commit).await {
                Ok(_) => {
                    self.0.revocations.tell(Ended::User(user.id));
                    return self.state_changed(&user);
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(faults::unrecorded(error)),
            }
        }
        Err(faults::changed_meanwhile())
    }

    /// What an account's state means for others: service accounts that somebody answers for end with them, and what waited
    /// for somebody goes on.
    fn state_changed(&self, user: &User) -> Result<(), Fault> {
        let scan = Scan::index(SERVICES_OF, &scoped(&user.tenant, &[user.id.bytes()]));
        let services: Vec<Stored<User>> = self.read()?.scan(&scan).map_err(faults::storage)?;
        for service in services {
            self.0.revocations.tell(Ended::User(service.record.id));
        }
        if user.state == UserState::Active {
            self.somebody_returned();
        }
        Ok(())
    }

    /// Somebody may act again who could not: what waited for them goes on.
    pub(in crate::service) fn somebody_returned(&self) {
        if let Some(returned) = self.0.returned.get() {
            returned();
        }
    }

    async fn allow_grant(&self, caller: &Caller, holder: &UserRef, role: Role) -> Result<Permit, Fault> {
        self.0
            .gate
            .allow(
                caller,
                Action::UserGrantRole,
                &Resource::Grant(GrantRef {
                    within: self.0.gate.holds_all_of(caller, &HeldRole::BuiltIn(role), None),
                    ..GrantRef::of_account(holder.clone(), role)
                }),
            )
            .await
    }

    async fn change_roles(&self, caller: &Caller, user: &mut User, roles: Option<RoleSet>, commit: &mut Commit) -> Result<(), Fault> {
        let Some(roles) = roles.filter(|roles| *roles != user.roles) else { return Ok(()) };
        let before = user.roles;
        let mut permits = Vec::new();
        for role in before.difference_both_ways(roles) {
            permits.push((role, self.allow_grant(caller, &user.to_ref(), role).await?));
        }
        user.set_roles(roles).map_err(faults::bad_user)?;
        for (role, permit) in permits {
            let verb = if roles.contains(role) { "user.grant_role" } else { "user.withdraw_role" };
            let mut event = self.about(caller, &permit, verb, user);
            event.details.insert("role".to_owned(), json!(role));
            event.details.insert("before".to_owned(), json!({ "roles": before }));
            event.details.insert("after".to_owned(), json!({ "roles": user.roles }));
            commit.event(event);
        }
        Ok(())
    }

    async fn change_rest(&self, caller: &Caller, user: &mut User, change: &UserChange, commit: &mut Commit) -> Result<(), Fault> {
        let state = change.state.filter(|state| *state != user.state);
        let display_name = change.display_name.as_ref().filter(|name| **name != user.display_name);
        let person = change.person.as_ref().map(|text| Some(text.trim()).filter(|text| !text.is_empty()));
        let person = person.filter(|person| *person != user.person.as_deref());
        if state.is_none() && display_name.is_none() && person.is_none() {
            return Ok(());
        }
        let permit = self.0.gate.allow(caller, Action::UserUpdate, &Resource::User(user.to_ref())).await?;
        if let Some(state) = state {
            let was = user.state;
            let verb = match state {
                UserState::Active => "user.enable",
                UserState::Disabled => "user.disable",
                UserState::Deleted => {
                    return Err(faults::bad_value(
                        "/state",
                        "`state` is `active` or `disabled`; an account is deleted by DELETE".to_owned(),
                    ));
                }
            };
            user.set_state(state);
            let mut event = self.about(caller, &permit, verb, user);
            event.details.insert("before".to_owned(), json!({ "state": was }));
            event.details.insert("after".to_owned(), json!({ "state": user.state }));
            commit.event(event);
        }
        if let Some(person) = person {
            if caller.user_id() == Some(user.id) {
                let fault =
                    faults::OWN_PERSON.fault("nobody changes which person their own account belongs to").hint("Ask another administrator.");
                self.0.gate.refuse(caller, "user.bind", Resource::User(user.to_ref()).subject(), &fault).await;
                return Err(fault);
            }
            let before = user.person.clone();
            user.bind(person).map_err(faults::bad_user)?;
            let mut event = self.about(caller, &permit, "user.bind", user);
            event.details.insert("person".to_owned(), json!({ "from": before, "to": user.person }));
            commit.event(event);
        }
        if let Some(name) = display_name {
            let before = user.display_name.clone();
            user.set_display_name(name).map_err(faults::bad_user)?;
            let mut event = self.about(caller, &permit, "user.update", user);
            event.details.insert("display_name".to_owned(), json!({ "from": before, "to": user.display_name }));
            commit.event(event);
        }
        Ok(())
    }

    /// Ties the commit to one other platform administrator who can sign in, so that two cannot put each other out at once.
    fn expect_another_admin(&self, user: &User, commit: &mut Commit) -> Result<(), Fault> {
        let last = format!("`{}` is the last platform administrator who can sign in", user.name);
        self.expect_admin(commit, last, |admin| admin.id != user.id)
    }

    /// Ties the commit to one platform administrator outside of a tenant who can sign in: those in it are about to be unable.
    ///
    /// # Errors
    /// [`faults::LAST_ADMIN`] when there is none.
    pub(in crate::service) fn expect_admin_outside(&self, tenant: &TenantKey, commit: &mut Commit) -> Result<(), Fault> {
        self.expect_admin(commit, format!("every platform administrator who can sign in is of `{tenant}`"), |admin| admin.tenant != *tenant)
    }

    fn expect_admin(&self, commit: &mut Commit, otherwise: String, counts: impl Fn(&User) -> bool) -> Result<(), Fault> {
        let snapshot = self.read()?;
        let admins: Vec<Stored<User>> = snapshot.scan(&Scan::index(PLATFORM_ADMINS, &[])).map_err(faults::storage)?;
        for admin in admins.iter().filter(|admin| counts(&admin.record)) {
            if tenants::expect_active(&snapshot, &admin.record.tenant, commit)? {
                commit.expect(admin);
                return Ok(());
            }
        }
        Err(faults::LAST_ADMIN.fault(otherwise).hint("Give the role platform-admin to somebody else first."))
    }

    fn about(&self, caller: &Caller, permit: &Permit, verb: &str, user: &User) -> Event {
        let mut event = permit.note(self.0.gate.event(caller, verb, Resource::User(user.to_ref()).subject()));
        event.tenant.clone_from(&user.tenant);
        event
    }
}

/// # Errors
/// When the account was deleted.
fn still_there(user: &User) -> Result<(), Fault> {
    if user.state == UserState::Deleted {
        let fault = faults::DELETED.fault(format!("the account `{}` was deleted", user.name)).param("name", &user.name);
        return Err(fault.hint("Make a new account under another name."));
    }
    Ok(())
}

pub(super) fn taken(name: &Username) -> Fault {
    faults::NAME_TAKEN.fault(format!("the user name `{name}` is taken")).param("name", name).hint("Choose another name.")
}

/// Whether a name is in use, for whoever makes the first account.
pub(super) fn is_taken(snapshot: &Snapshot, name: &Username) -> Result<bool, Fault> {
    Ok(snapshot.find::<User>(USER_BY_NAME, &name_key(name)).map_err(faults::storage)?.is_some())
}
