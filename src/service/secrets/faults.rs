//! What can go wrong with secrets, as people are told. A value is never repeated.

use crate::base::fault::{Class, Code, Fault, FieldFault};

pub const BAD_SECRET: Code = Code::new("EG-SEC-001", Class::User, "The secret cannot be set so");
pub const TOO_SHORT: Code = Code::new("EG-SEC-002", Class::User, "The value is too short to be masked");
pub const NOT_GRANTED: Code = Code::new("EG-SEC-003", Class::Conflict, "The secret is not granted");
pub const EXPIRED: Code = Code::new("EG-SEC-004", Class::Conflict, "The secret has expired");
pub const TOO_MANY: Code = Code::new("EG-SEC-005", Class::Conflict, "Too many grants");
pub const NO_VALUE: Code = Code::new("EG-SEC-006", Class::Conflict, "There is no such secret, or it has no value");
pub const ALREADY: Code = Code::new("EG-SEC-007", Class::Conflict, "It is so already");
pub const NOT_READ: Code = Code::new("EG-SEC-008", Class::Unavailable, "The value could not be read from its source");

pub fn bad(pointer: &str, rule: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: rule.to_owned(), message: message.clone(), params: Vec::new() };
    BAD_SECRET.fault(message).field(field).hint("Correct the field that is named.")
}
