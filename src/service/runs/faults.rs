//! The errors that a person can meet when dealing with runs.

use crate::base::fault::{Class, Code};

pub const BAD_REQUEST: Code = Code::new("EG-RUN-002", Class::User, "The run request is wrong");
pub const BAD_INPUTS: Code = Code::new("EG-RUN-003", Class::Invalid, "The inputs do not fit");
pub const NOT_RUNNABLE: Code = Code::new("EG-RUN-004", Class::Conflict, "This version cannot run");
pub const ALREADY_OVER: Code = Code::new("EG-RUN-005", Class::Conflict, "The run is already over");
pub const BAD_IDEMPOTENCY_KEY: Code = Code::new("EG-RUN-006", Class::User, "The idempotency key is malformed");
pub const IDEMPOTENCY_MISMATCH: Code = Code::new("EG-RUN-007", Class::Conflict, "The idempotency key belongs to another request");
pub const NOT_FINISHED: Code = Code::new("EG-RUN-008", Class::Conflict, "The run is not finished yet");
pub const NO_ARTIFACT: Code = Code::new("EG-RUN-009", Class::NotFound, "No such artifact");
pub const BAD_QUERY: Code = Code::new("EG-RUN-010", Class::User, "The list query is wrong");

pub const QUEUE_FULL: Code = Code::new("EG-QUEUE-001", Class::Unavailable, "The queue is full");
pub const QUEUE_FULL_YOURS: Code = Code::new("EG-QUEUE-002", Class::Busy, "You have too many runs waiting");
pub const DRAINING: Code = Code::new("EG-QUEUE-003", Class::Unavailable, "The appliance is stopping");

/// Why an attempt did not succeed. These are recorded with the run, not answered to a request.
pub const EXITED: Code = Code::new("EG-RUN-020", Class::User, "The script ended with an error");
pub const SIGNALLED: Code = Code::new("EG-RUN-021", Class::User, "The script was ended by a signal");
pub const WALL_LIMIT: Code = Code::new("EG-RUN-022", Class::User, "The time limit was reached");
pub const CPU_LIMIT: Code = Code::new("EG-RUN-023", Class::User, "The processor time limit was reached");
pub const MEMORY_LIMIT: Code = Code::new("EG-RUN-024", Class::User, "The memory limit was reached");
pub const BAD_RESULT: Code = Code::new("EG-RUN-025", Class::User, "The result cannot be used");
pub const NOT_STARTED: Code = Code::new("EG-RUN-026", Class::Unavailable, "The script could not be started");
pub const CANCELLED: Code = Code::new("EG-RUN-027", Class::User, "The run was cancelled");
pub const INTERRUPTED: Code = Code::new("EG-RUN-028", Class::Unavailable, "The server went away during the run");
pub const DRAINED: Code = Code::new("EG-RUN-029", Class::Unavailable, "The appliance stopped before the run ended");
pub const EVIDENCE_LOST: Code = Code::new("EG-RUN-030", Class::Unavailable, "What the run left behind could not be kept");
