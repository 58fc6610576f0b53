//! How this installation is governed, as chosen at its first set-up. Its existence says that the set-up is over.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::domain::access::{Mode, Role, RoleSet};
use crate::domain::ids::UserId;

/// Chosen once, by the first administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Governance {
    pub mode: Mode,
    pub set_up_at: Timestamp,
    pub set_up_by: UserId,
}

/// The roles of the first administrator. Where one person may do everything, they are given what that takes, by name.
#[must_use]
pub fn founding_roles(mode: Mode) -> RoleSet {
    let administration = [Role::PlatformAdmin, Role::TenantAdmin].into_iter().collect::<RoleSet>();
    match mode {
        Mode::Solo => administration.with(Role::Author).with(Role::Reviewer).with(Role::Operator).with(Role::Approver),
        Mode::FourEyes => administration,
    }
}
