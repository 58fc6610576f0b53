//! How kept views, witnessed checkpoints, the last verification and forwarding cursors are stored and found.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::audit::{AuditView, ForwardCursor, Verification, Witness};
use crate::domain::ids::{TenantKey, UserId};

/// `tenant 0x00 user id`
pub const VIEWS_BY_USER: Index = Index("by_user");
/// `tenant 0x00 id`, of shared views only.
pub const SHARED_VIEWS: Index = Index("shared");

#[must_use]
pub fn views_of(tenant: &TenantKey, user: UserId) -> Vec<u8> {
    scoped(tenant, &[user.bytes()])
}

impl Record for AuditView {
    const TABLE: &'static str = "audit_view";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.add(VIEWS_BY_USER, scoped(&self.tenant, &[self.user.bytes(), self.id.bytes()]));
        if self.shared {
            rows.add(SHARED_VIEWS, self.key());
        }
    }
}

impl Record for Witness {
    const TABLE: &'static str = "audit_witness";
    const SHAPE: u8 = 1;

    /// The moment, so that the last one stands last.
    fn key(&self) -> Vec<u8> {
        self.at.as_nanosecond().to_be_bytes().to_vec()
    }
}

/// There is one, so its key is a word.
pub const VERIFICATION_KEY: &[u8] = b"last";

impl Record for Verification {
    const TABLE: &'static str = "audit_verification";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        VERIFICATION_KEY.to_vec()
    }
}

impl Record for ForwardCursor {
    const TABLE: &'static str = "audit_forward";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        self.target.as_bytes().to_vec()
    }
}
