//! One's own account: looking at it, its preferences, its password.

use serde_json::json;

use super::login::SignedIn;
use super::revocations::Ended;
use super::{Identity, TRIES, check_time_zone, faults, own_account};
use crate::base::fault::{Fault, FieldFault};
use crate::domain::access::{Action, Caller, Reach, Resource};
use crate::domain::audit::Outcome;
use crate::domain::identity::user::ChosenBy;
use crate::domain::identity::{Density, Language, Password, Theme, User};
use crate::store::{Commit, CommitError};

/// The caller's account and what they may do.
#[derive(Debug, Clone)]
pub struct MyAccount {
    pub user: User,
    pub reach: Reach,
}

/// What somebody changes about their own account; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    pub display_name: Option<String>,
    pub language: Option<Language>,
    pub theme: Option<Theme>,
    pub time_zone: Option<String>,
    pub density: Option<Density>,
}

impl AccountChange {
    fn apply(&self, user: &mut User) -> Result<Vec<&'static str>, Fault> {
        let mut fields = Vec::new();
        if let Some(name) = &self.display_name {
            user.set_display_name(name).map_err(faults::bad_user)?;
            fields.push("display_name");
        }
        if let Some(zone) = &self.time_zone {
            check_time_zone(zone)?;
            user.preferences.time_zone.clone_from(zone);
            fields.push("time_zone");
        }
        if let Some(language) = self.language {
            user.preferences.language = language;
            fields.push("language");
        }
        if let Some(theme) = self.theme {
            user.preferences.theme = theme;
            fields.push("theme");
        }
        if let Some(density) = self.density {
            user.preferences.density = density;
            fields.push("density");
        }
        Ok(fields)
    }
}

/// What people change about themselves, for the audit log.
fn shown(user: &User) -> serde_json::Value {
    let chosen = &user.preferences;
    json!({
        "display_name": user.display_name, "time_zone": chosen.time_zone, "language": chosen.language,
        "theme": chosen.theme, "density": chosen.density,
    })
}

impl Identity {
    /// The caller's account.
    ///
    /// # Errors
    /// When it is gone, or the token does not cover looking at it.
    pub async fn me(&self, caller: &Caller) -> Result<MyAccount, Fault> {
        let user = own_account(&self.read()?, caller)?.record;
        let _permit = self.0.gate.allow(caller, Action::MeView, &Resource::User(user.to_ref())).await?;
        Ok(MyAccount { user, reach: self.0.gate.reach(caller) })
    }

    /// Changes display name and preferences.
    ///
    /// # Errors
    /// When a value does not fit; nothing is changed then.
    pub async fn update_me(&self, caller: &Caller, change: &AccountChange) -> Result<MyAccount, Fault> {
        for _ in 0..TRIES {
            let stored = own_account(&self.read()?, caller)?;
            let resource = Resource::User(stored.record.to_ref());
            let permit = self.0.gate.allow(caller, Action::MeUpdate, &resource).await?;
            let mut user = stored.record.clone();
            let fields = change.apply(&mut user)?;
            if user == stored.record {
                return Ok(MyAccount { user, reach: self.0.gate.reach(caller) });
            }
            let mut event = permit.note(self.0.gate.event(caller, "me.update", resource.subject()));
            event.details.insert("fields".to_owned(), json!(fields));
            event.details.insert("before".to_owned(), shown(&stored.record));
            event.details.insert("after".to_owned(), shown(&user));
            let mut commit = Commit::new();
            commit.update(&stored, &user).event(event);
            match self.0.ledger.commit(commit).await {
                Ok(_) => return Ok(MyAccount { user, reach: self.0.gate.reach(caller) }),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(faults::unrecorded(error)),
            }
        }
        Err(faults::changed_meanwhile())
    }

    /// Proves once more that it is this person, before something grave.
    ///
    /// # Errors
    /// When the password is missing or wrong, which is audited and paced.
    pub async fn reauthenticate(&self, caller: &Caller, password: Option<&Password>) -> Result<(), Fault> {
        let missing = || {
            let field = FieldFault {
                pointer: "/password".to_owned(),
                rule: "required".to_owned(),
                message: "give your password".to_owned(),
                params: Vec::new(),
            };
            faults::PASSWORD_NEEDED.fault("this needs your password once more").field(field).hint("Send `password` with the decision.")
        };
        let password = password.ok_or_else(missing)?;
        let user = own_account(&self.read()?, caller)?.record;
        let mut failed = self.0.gate.event(caller, "me.reauthenticate", Resource::User(user.to_ref()).subject());
        failed.outcome = Outcome::Refused;
        failed.reason = Some(faults::WRONG_CURRENT.text.to_owned());
        self.pace(user.name.as_str(), &caller.whence, &failed).await?;
        if !self.0.hasher.verify(password, Some(&user.password_hash)).await? {
            self.0.gate.commit_refusal(failed).await;
            return Err(faults::WRONG_CURRENT.fault("the password is wrong").hint("Type the password you signed in with."));
        }
        self.clear_pace(user.name.as_str(), &caller.whence);
        Ok(())
    }

    /// Changes one's own password. Every session, token and stream of before is over; the answer is a new session.
    ///
    /// # Errors
    /// When the current password is wrong or the new one does not fit.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: &Password,
        new: &Password,
        agent: Option<String>,
    ) -> Result<SignedIn, Fault> {
        let stored = own_account(&self.read()?, caller)?;
        let resource = Resource::User(stored.record.to_ref());
        let permit = self.0.gate.allow(caller, Action::MeChangePassword, &resource).await?;
        let event = permit.note(self.0.gate.event(caller, "me.change_password", resource.subject()));
        let mut failed = event.clone();
        failed.outcome = Outcome::Refused;
        failed.reason = Some(faults::WRONG_CURRENT.text.to_owned());
        // A stolen session must not be a way to guess the password.
        self.pace(stored.record.name.as_str(), &caller.whence, &failed).await?;
        if !self.0.hasher.verify(current, Some(&stored.record.password_hash)).await? {
            self.0.gate.commit_refusal(failed).await;
            return Err(faults::WRONG_CURRENT.fault("the current password is wrong").hint("Type the password you signed in with."));
        }
        self.clear_pace(stored.record.name.as_str(), &caller.whence);
        new.check(&stored.record.name).map_err(|error| faults::bad_password(error, "/new"))?;
        let mut user = stored.record.clone();
        user.set_password(self.0.hasher.hash(new).await?, ChosenBy::Oneself, self.now());
        let (signed_in, session) = self.new_session(&user, agent.as_deref(), caller.whence.clone());
        let mut commit = Commit::new();
        commit.update(&stored, &user).insert(&session).event(event);
        self.0.ledger.commit(commit).await.map_err(faults::unrecorded)?;
        self.0.revocations.tell(Ended::User(user.id));
        Ok(signed_in)
    }
}
