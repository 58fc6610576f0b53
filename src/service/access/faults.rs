//! What can go wrong with grants and roles.

use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::grant::{GRANTS_EACH, GRANTS_MOST, ROLES_MOST};

pub const BAD_GRANT: Code = Code::new("EG-ROLE-001", Class::User, "The grant makes no sense");
pub const ALREADY: Code = Code::new("EG-ROLE-002", Class::Conflict, "They hold that role there already");
pub const TOO_MANY: Code = Code::new("EG-ROLE-003", Class::Conflict, "Too many roles or grants");
pub const ACCOUNT_ONLY: Code = Code::new("EG-ROLE-004", Class::User, "That role is given to accounts only");
pub const BAD_ROLE: Code = Code::new("EG-ROLE-005", Class::User, "The role makes no sense");
pub const ROLE_TAKEN: Code = Code::new("EG-ROLE-006", Class::Conflict, "A role has that name");
pub const ROLE_IN_USE: Code = Code::new("EG-ROLE-007", Class::Conflict, "The role is held by somebody");

pub fn bad_grant(pointer: &str, message: String) -> Fault {
    bad(BAD_GRANT, pointer, message)
}

pub fn bad_role(pointer: &str, message: String) -> Fault {
    bad(BAD_ROLE, pointer, message)
}

fn bad(code: Code, pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    code.fault(message).field(field).hint("Correct the field that is named.")
}

pub fn full_of_grants() -> Fault {
    TOO_MANY
        .fault(format!("a tenant has at most {GRANTS_MOST} grants, and one holder at most {GRANTS_EACH}"))
        .param("limit", GRANTS_EACH)
        .hint("Revoke what is no longer needed, or give the role to a group.")
}

pub fn full_of_roles() -> Fault {
    TOO_MANY
        .fault(format!("a tenant has at most {ROLES_MOST} roles of its own"))
        .param("limit", ROLES_MOST)
        .hint("Remove what is no longer needed.")
}
