//! The errors that a person can meet when dealing with capabilities.

use crate::base::fault::{Class, Code};

pub const NO_VERSION: Code = Code::new("EG-CAP-002", Class::NotFound, "No such version");
pub const NOTHING_PUBLISHED: Code = Code::new("EG-CAP-003", Class::Conflict, "Nothing is published yet");
pub const BAD_STEP: Code = Code::new("EG-CAP-004", Class::Conflict, "The version is in the wrong state");
pub const NOTHING_BEFORE: Code = Code::new("EG-CAP-005", Class::Conflict, "There is nothing to roll back to");
pub const BUSY: Code = Code::new("EG-CAP-006", Class::Conflict, "Somebody else changed the capability meanwhile");
pub const NAME_TAKEN: Code = Code::new("EG-CAP-007", Class::User, "The name cannot be used");
pub const NO_FILE: Code = Code::new("EG-CAP-008", Class::NotFound, "No such file in the version");
pub const LIMITS_TOO_LARGE: Code = Code::new("EG-CAP-010", Class::User, "Limits are larger than allowed");
pub const BAD_REMARK: Code = Code::new("EG-CAP-012", Class::User, "The remark makes no sense");
pub const CHECK_FAILED: Code = Code::new("EG-CAP-013", Class::Conflict, "The tries of the version failed");
pub const BAD_CHANGELOG: Code = Code::new("EG-CAP-011", Class::User, "A changelog line is required");
pub const INCOMPLETE: Code = Code::new("EG-CAP-014", Class::Conflict, "The checklist is not complete");
pub const BAD_VALUE: Code = Code::new("EG-CAP-030", Class::User, "A value does not fit its input");
pub const COMMENT_TOO_LONG: Code = Code::new("EG-CAP-009", Class::User, "The comment is too long");
