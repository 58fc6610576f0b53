//! A kept view of the audit log: filters under a name, for one person or for all in the tenant who may read the log.

use serde::{Deserialize, Serialize};

use super::{Actor, AuditFilter};
use crate::base::clock::Timestamp;
use crate::domain::ids::{AuditViewId, TenantKey, UserId};

/// Longest name, in characters.
pub const NAME_CHARS: usize = 80;
/// Views of one person, at most.
pub const VIEWS_EACH: usize = 100;
/// Longest text of one filter, in characters.
pub const FILTER_CHARS: usize = 200;

/// A kept view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    pub id: AuditViewId,
    pub tenant: TenantKey,
    pub user: UserId,
    pub owner: Actor,
    pub name: String,
    pub filter: AuditFilter,
    pub shared: bool,
    pub updated_at: Timestamp,
}
