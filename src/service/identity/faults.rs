//! What can go wrong with people and their proofs, as they are told.

use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::identity::{PasswordError, UserError, UsernameError};
use crate::store::{CommitError, StoreError};

/// No session and no token, or one that is over.
pub const UNAUTHENTICATED: Code = Code::new("EG-AUTH-001", Class::Unauthenticated, "Not signed in");
/// Name, password or state of the account: which of them is not said.
pub const WRONG_CREDENTIALS: Code = Code::new("EG-AUTH-003", Class::Unauthenticated, "Wrong user name or password");
pub const THROTTLED: Code = Code::new("EG-AUTH-004", Class::Busy, "Too many attempts");
pub const SETUP_CLOSED: Code = Code::new("EG-AUTH-007", Class::Conflict, "Set-up is over");
pub const WRONG_SETUP_TOKEN: Code = Code::new("EG-AUTH-008", Class::Denied, "Wrong set-up token");
pub const HASHING_BUSY: Code = Code::new("EG-AUTH-010", Class::Unavailable, "Too many sign-ins at once");
pub const STORAGE: Code = Code::new("EG-AUTH-011", Class::Unavailable, "The appliance cannot tell who you are");
pub const PASSWORD_NEEDED: Code = Code::new("EG-AUTH-012", Class::Denied, "Your password is needed");
pub const BAD_USERNAME: Code = Code::new("EG-USER-001", Class::User, "User name is not valid");
pub const NAME_TAKEN: Code = Code::new("EG-USER-002", Class::Conflict, "User name is taken");
pub const BAD_PASSWORD: Code = Code::new("EG-USER-003", Class::User, "Password cannot be used");
pub const LAST_ADMIN: Code = Code::new("EG-USER-004", Class::Conflict, "Last platform administrator");
pub const ROLES_CLASH: Code = Code::new("EG-USER-005", Class::User, "Roles do not go together");
pub const CHANGED_MEANWHILE: Code = Code::new("EG-USER-006", Class::Conflict, "Changed meanwhile");
pub const BAD_VALUE: Code = Code::new("EG-USER-007", Class::User, "Value is not valid");
pub const BAD_TOKEN_WISH: Code = Code::new("EG-USER-008", Class::User, "Token cannot be made so");
pub const TOO_MANY_TOKENS: Code = Code::new("EG-USER-009", Class::Conflict, "Too many tokens");
pub const WRONG_CURRENT: Code = Code::new("EG-USER-010", Class::Denied, "Current password is wrong");

pub const DELETED: Code = Code::new("EG-USER-013", Class::Conflict, "The account was deleted");
pub const NO_PASSWORD: Code = Code::new("EG-USER-012", Class::Conflict, "A service account has no password");
pub const OWN_PERSON: Code = Code::new("EG-USER-011", Class::Denied, "Not on your own account");

pub fn unauthenticated() -> Fault {
    UNAUTHENTICATED
        .fault("the request carries no valid session or token")
        .hint("Sign in, or send `Authorization: Bearer` with a token that is not expired or revoked.")
}

pub fn storage(error: StoreError) -> Fault {
    STORAGE.fault("accounts cannot be read at the moment").hint("Try again; if it stays, look at the server's log.").cause(error)
}

/// For commits whose conflicts have been dealt with.
pub fn unrecorded(error: CommitError) -> Fault {
    match error {
        CommitError::Conflict { .. } => changed_meanwhile(),
        other => STORAGE
            .fault("the change could not be recorded, so it was not made")
            .hint("Try again; if it stays, look at the server's log.")
            .cause(other),
    }
}

pub fn changed_meanwhile() -> Fault {
    CHANGED_MEANWHILE.fault("somebody else changed it after you read it").hint("Read it again and repeat the change.")
}

pub fn bad_username(error: &UsernameError) -> Fault {
    at(
        BAD_USERNAME.fault(error.to_string()).hint("Use ASCII letters, Chinese characters, digits, '.', '-', '_' and '@'."),
        "/username",
        error,
    )
}

pub fn bad_password(error: PasswordError, pointer: &str) -> Fault {
    at(BAD_PASSWORD.fault(error.to_string()).hint("Several words in a row make a good password."), pointer, &error)
}

pub fn bad_user(error: UserError) -> Fault {
    match error {
        UserError::AuditorWith(role) => {
            at(ROLES_CLASH.fault(error.to_string()).param("role", role).hint("Give the roles to two people."), "/roles", &error)
        }
        UserError::Person => bad_value("/person", error.to_string()),
        UserError::DisplayName => bad_value("/display_name", error.to_string()),
    }
}

pub fn bad_value(pointer: &str, message: String) -> Fault {
    let shown = message.clone();
    at(BAD_VALUE.fault(message).hint("Correct the field that is named."), pointer, &shown)
}

pub fn bad_token_wish(pointer: &str, message: String) -> Fault {
    let shown = message.clone();
    at(BAD_TOKEN_WISH.fault(message).hint("Scopes are read, run, author, admin or names of actions."), pointer, &shown)
}

fn at(fault: Fault, pointer: &str, message: &impl std::fmt::Display) -> Fault {
    fault.field(FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.to_string(), params: Vec::new() })
}
