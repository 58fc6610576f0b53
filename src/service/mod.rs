//! Use cases: authorize, decide, record, act. The only place where policy, ledger and executors meet.

pub mod access;
pub mod announcements;
pub mod approvals;
pub mod audit;
pub mod backup;
pub mod calendars;
pub mod capabilities;
pub mod community;
pub mod conditions;
pub mod files;
pub mod freezes;
pub mod gate;
pub mod groups;
mod holdings;
pub mod identity;
mod limits;
pub mod page;
mod persons;
pub mod policies;
mod resource;
pub mod resources;
pub mod runs;
pub mod secrets;
pub mod spaces;
pub mod system;
pub mod templates;
pub mod tenants;
pub mod vault;
pub mod webhooks;

use crate::base::fault::{Class, Code, Fault};
use crate::store::blob::{BlobError, BlobId};
use crate::store::{CommitError, StoreError};

/// Another process works on this data directory.
pub const HELD: Code = Code::new("EG-SYS-003", Class::Conflict, "Data directory is in use");
/// The ledger cannot be read.
pub const UNREADABLE: Code = Code::new("EG-STORE-001", Class::Unavailable, "The ledger cannot be read");
/// The ledger takes no writes; nothing was changed.
pub const UNWRITABLE: Code = Code::new("EG-STORE-002", Class::Unavailable, "The ledger takes no writes");
/// Too many writes wait.
pub const BUSY: Code = Code::new("EG-STORE-003", Class::Unavailable, "The ledger is busy");
/// What was to be changed has changed meanwhile.
pub const CHANGED: Code = Code::new("EG-STORE-004", Class::Conflict, "Changed meanwhile");
/// A file in the data directory cannot be read or written.
pub const FILE: Code = Code::new("EG-STORE-005", Class::Unavailable, "A stored file cannot be read or written");

fn storage_fault(error: StoreError) -> Fault {
    UNREADABLE.fault("the ledger cannot be read").hint("Look at the operator's log and run `execgov store check`.").cause(error)
}

fn commit_fault(error: CommitError) -> Fault {
    match error {
        CommitError::Conflict { .. } => {
            CHANGED.fault("somebody else changed this meanwhile; nothing was written").hint("Read it again and repeat.")
        }
        CommitError::Busy => {
            BUSY.fault("too many changes are waiting to be written; nothing was written").hint("Try again.").retry_after(1)
        }
        CommitError::Storage(_) | CommitError::Closed => UNWRITABLE
            .fault("the change could not be written; nothing was changed")
            .hint("Look for a full or failing disk; the operator's log has the cause.")
            .cause(error)
            .retry_after(10),
    }
}

fn blob_fault(error: BlobError) -> Fault {
    FILE.fault("a file in the data directory could not be read or written")
        .hint("Look for a full or failing disk; the operator's log has the cause.")
        .cause(error)
}

/// The blob that a record names.
fn blob_id(text: &str) -> Result<BlobId, Fault> {
    text.parse().map_err(|error: crate::store::blob::BlobIdError| {
        crate::base::fault::BUG.fault("a record names a file in an unknown way").cause(error)
    })
}
