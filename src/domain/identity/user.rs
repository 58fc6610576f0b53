//! A person: name, roles, password, and whether the account may be used.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::preferences::Preferences;
use super::username::Username;
use crate::base::clock::Timestamp;
use crate::domain::access::{Role, RoleSet, UserRef};
use crate::domain::ids::{TenantKey, UserId};

/// Longest display name, in characters.
pub const DISPLAY_NAME_CHARS: usize = 120;

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    Active,
    Disabled,
    /// Gone for good. The record stays, so that the name means one person in the audit log for ever.
    Deleted,
}

/// Who chose the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenBy {
    Oneself,
    /// It must be replaced before anything else.
    SomebodyElse,
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub tenant: TenantKey,
    pub name: Username,
    pub display_name: String,
    pub roles: RoleSet,
    /// Which person it is, such as an employee number. Accounts with the same value belong to one person, who does not
    /// approve under one what they asked for under another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// It is a service account, for which this person answers: it has no password, and rests while they are disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_of: Option<UserId>,
    pub state: UserState,
    /// PHC string of the argon2id hash.
    pub password_hash: String,
    pub password_chosen_by: ChosenBy,
    pub password_changed_at: Timestamp,
    /// Sessions of an earlier era are over.
    pub session_era: u32,
    /// Tokens of an earlier era are over.
    pub token_era: u32,
    pub preferences: Preferences,
    pub created_at: Timestamp,
    /// Name of who made the account.
    pub created_by: String,
}

/// What cannot be done to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    #[error("the auditor changes nothing, so the role does not go together with `{0}`")]
    AuditorWith(Role),
    #[error("the person of an account has 1 to {DISPLAY_NAME_CHARS} characters and no control characters")]
    Person,
    #[error("a display name has 1 to {DISPLAY_NAME_CHARS} characters and no control characters")]
    DisplayName,
}

impl User {
    /// The person as policies see them.
    #[must_use]
    pub fn to_ref(&self) -> UserRef {
        UserRef { tenant: self.tenant.clone(), id: self.id, name: self.name.to_string(), roles: self.roles, service_of: self.service_of }
    }

    /// Who it is behind the account: the person it is bound to, else the account itself.
    #[must_use]
    pub fn person_key(&self) -> String {
        self.person.as_ref().map_or_else(|| self.id.to_string(), |person| format!("person:{}", person.to_lowercase()))
    }

    /// Binds the account to a person, or to nobody but itself.
    ///
    /// # Errors
    /// When it is empty, too long or has control or direction characters.
    pub fn bind(&mut self, person: Option<&str>) -> Result<(), UserError> {
        self.person = person.map(|text| check_display_name(text).map_err(|_| UserError::Person)).transpose()?;
        Ok(())
    }

    /// Whether this account keeps the appliance administrable.
    #[must_use]
    pub fn is_platform_admin(&self) -> bool {
        self.state == UserState::Active && self.roles.contains(Role::PlatformAdmin)
    }

    /// Takes a new password; every session and token of before is over.
    pub fn set_password(&mut self, hash: String, chosen_by: ChosenBy, now: Timestamp) {
        self.password_hash = hash;
        self.password_chosen_by = chosen_by;
        self.password_changed_at = now;
        self.end_everything();
    }

    /// Takes other roles; every session of before is over, so that the next one begins with a new id.
    ///
    /// # Errors
    /// When the roles do not go together.
    pub fn set_roles(&mut self, roles: RoleSet) -> Result<(), UserError> {
        check_roles(roles)?;
        self.roles = roles;
        self.session_era += 1;
        Ok(())
    }

    /// Disables or enables; a disabled account has no session and no token, also after it is enabled again.
    pub fn set_state(&mut self, state: UserState) {
        self.state = state;
        self.end_everything();
    }

    /// Deletes the account: no password, no role, no way back.
    pub fn delete(&mut self) {
        self.password_hash.clear();
        self.roles = RoleSet::NONE;
        self.preferences = Preferences::default();
        self.set_state(UserState::Deleted);
    }

    /// # Errors
    /// When it is empty, too long or has control or direction characters.
    pub fn set_display_name(&mut self, text: &str) -> Result<(), UserError> {
        self.display_name = check_display_name(text)?;
        Ok(())
    }

    fn end_everything(&mut self) {
        self.session_era += 1;
        self.token_era += 1;
    }
}

/// Whether roles go together: the auditor's role excludes every role that changes something.
///
/// # Errors
/// With the first role that does not go together with `auditor`.
pub fn check_roles(roles: RoleSet) -> Result<(), UserError> {
    let other = roles.iter().find(|role| !matches!(role, Role::Auditor | Role::Viewer));
    match other {
        Some(role) if roles.contains(Role::Auditor) => Err(UserError::AuditorWith(role)),
        Some(_) | None => Ok(()),
    }
}

/// A display name without blanks around it.
///
/// # Errors
/// When nothing is left, it is too long, or it has characters that change how text around it is shown.
pub fn check_display_name(text: &str) -> Result<String, UserError> {
    let text = text.trim();
    let is_hidden =
        |c: char| c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    let fits = !text.is_empty() && text.chars().count() <= DISPLAY_NAME_CHARS && !text.chars().any(is_hidden);
    if fits { Ok(text.to_owned()) } else { Err(UserError::DisplayName) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_auditor_stands_alone() {
        let check = |roles: &[Role], expected: Result<(), UserError>| {
            assert_eq!(check_roles(roles.iter().copied().collect()), expected, "{roles:?}");
        };
        check(&[], Ok(()));
        check(
            &[Role::PlatformAdmin, Role::TenantAdmin, Role::Author, Role::Reviewer, Role::Operator, Role::Approver, Role::Viewer],
            Ok(()),
        );
        check(&[Role::Auditor, Role::Viewer], Ok(()));
        check(&[Role::Auditor, Role::Operator], Err(UserError::AuditorWith(Role::Operator)));
        check(&[Role::Auditor, Role::PlatformAdmin], Err(UserError::AuditorWith(Role::PlatformAdmin)));
    }

    #[test]
    fn display_names_are_plain_text() {
        assert_eq!(check_display_name("  王 芳 <b>  ").as_deref(), Ok("王 芳 <b>"));
        for bad in ["", "  ", "a\nb", "a\u{1b}[31m", "a\u{202e}b", &"x".repeat(121)] {
            assert!(check_display_name(bad).is_err(), "{bad:?}");
        }
    }
}
