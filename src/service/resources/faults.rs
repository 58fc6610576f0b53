//! The errors that a person can meet when dealing with resources.

use crate::base::fault::{Class, Code, Fault, FieldFault};

pub const BAD: Code = Code::new("EG-RES-001", Class::User, "The resource makes no sense");
pub const TAKEN: Code = Code::new("EG-RES-002", Class::Conflict, "The name is taken");
pub const NOT_GRANTED: Code = Code::new("EG-RES-003", Class::Conflict, "The resource cannot be used here");
pub const IN_USE: Code = Code::new("EG-RES-004", Class::Conflict, "The resource is in use");
pub const CHANGED: Code = Code::new("EG-RES-005", Class::Conflict, "The resource has changed since");
pub const NO_CREDENTIAL: Code = Code::new("EG-RES-006", Class::Unavailable, "The credential cannot be had");
pub const NO_TEST: Code = Code::new("EG-RES-007", Class::Conflict, "The resource declares no check");
pub const NO_VERIFICATION: Code = Code::new("EG-RES-009", Class::Conflict, "The version declares no verification");
pub const TOO_MANY: Code = Code::new("EG-RES-008", Class::Conflict, "Too many resources or grants");

/// A field that makes no sense.
#[must_use]
pub fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD.fault(message).field(field).hint("Correct the field that is named.")
}

/// The answer to a version that names a resource which is not there for it; whether it exists is not told.
#[must_use]
pub fn not_granted(name: &str) -> Fault {
    let shown: String = name.chars().take(80).collect();
    NOT_GRANTED
        .fault(format!("the resource `{shown}` does not exist or is not granted to this space"))
        .param("resource", shown)
        .hint("A platform administrator adds it (`execgov resource add`) and grants it (`execgov resource grant`).")
}
