//! The errors that a person can meet around approvals. Those from 020 on are recorded with a run that never ran.

use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::approval::ApprovalState;

pub const CLOSED: Code = Code::new("EG-APR-001", Class::Conflict, "The request is no longer open");
pub const NOT_WHAT_YOU_SAW: Code = Code::new("EG-APR-002", Class::Conflict, "Not what you saw");
pub const ALREADY_DECIDED: Code = Code::new("EG-APR-005", Class::Conflict, "You have decided already");
pub const NO_COMMENT: Code = Code::new("EG-APR-006", Class::User, "A comment is required");
pub const BAD_RULE: Code = Code::new("EG-APR-007", Class::User, "The rule makes no sense");
pub const NOT_WAITING: Code = Code::new("EG-APR-008", Class::Conflict, "The run does not wait for you");
pub const TOO_MANY: Code = Code::new("EG-APR-009", Class::Busy, "Too many requests wait");
pub const BAD_QUERY: Code = Code::new("EG-APR-010", Class::User, "The list query is wrong");

pub const BAD_WISH: Code = Code::new("EG-APR-011", Class::User, "The request makes no sense");
pub const NOTHING_TO_APPROVE: Code = Code::new("EG-APR-012", Class::Conflict, "Nothing to approve");

pub const DECLINED: Code = Code::new("EG-APR-020", Class::User, "The requester declined");
pub const REJECTED: Code = Code::new("EG-APR-021", Class::User, "An approver rejected it");
pub const EXPIRED: Code = Code::new("EG-APR-022", Class::User, "Nobody decided in time");
pub const WITHDRAWN: Code = Code::new("EG-APR-023", Class::User, "The requester withdrew it");
pub const CHANGED: Code = Code::new("EG-APR-024", Class::Conflict, "It is not what was asked for any more");
pub const NO_LONGER_ALLOWED: Code = Code::new("EG-APR-025", Class::Conflict, "The requester may no longer run it");
pub const RETURNED: Code = Code::new("EG-APR-027", Class::User, "The version was given back");
pub const STANDING_OVER: Code = Code::new("EG-APR-028", Class::Conflict, "The standing approval is over");
pub const CONSENT_LOST: Code = Code::new("EG-APR-026", Class::Conflict, "Too few approvers still may approve");

pub fn field(pointer: &str, rule: &str, message: &str) -> FieldFault {
    FieldFault { pointer: pointer.to_owned(), rule: rule.to_owned(), message: message.to_owned(), params: Vec::new() }
}

/// One field of a request that makes no sense.
pub fn bad(pointer: &str, message: impl Into<String>) -> Fault {
    let message = message.into();
    BAD_WISH.fault(message.clone()).field(field(pointer, "format", &message)).hint("Correct the field that is named.")
}

pub fn closed(state: ApprovalState) -> Fault {
    CLOSED
        .fault(format!("the request is {} and cannot be decided any more", state.word()))
        .param("state", state.word())
        .hint("Ask anew: start the run, submit the version or change the setting again.")
}

pub fn not_what_you_saw() -> Fault {
    NOT_WHAT_YOU_SAW
        .fault("the digest is not that of what would run now")
        .hint("Look at it again and decide on what you see then: a decision is bound to the `binding` that was shown.")
}
