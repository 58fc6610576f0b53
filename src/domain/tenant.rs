//! Tenants: organisations that share the appliance and see nothing of each other.
//!
//! The platform domain is not one of them, though its records have a key as well. A tenant is never removed: what was done
//! in it stays provable, and its key is not used for another one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::audit::{Actor, ActorKind};
use super::identity::UserError;
use super::identity::user::check_display_name;
use super::ids::{PLATFORM_DOMAIN, TenantKey};
use crate::base::clock::Timestamp;

/// Tenants of one appliance, at most.
pub const TENANTS_MOST: u64 = 200;

/// Whether a tenant may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    Active,
    /// Nobody of it is let in, and what waits to run goes on waiting. What runs ends normally.
    Suspended,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    pub key: TenantKey,
    pub title: String,
    pub state: TenantState,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

/// What cannot be done to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenantError {
    #[error("`{PLATFORM_DOMAIN}` is the platform domain, not a tenant")]
    Reserved,
    #[error("the first tenant holds the platform administrators and cannot be suspended")]
    First,
}

impl Tenant {
    /// The tenant that every appliance has, before anybody changed it.
    #[must_use]
    pub fn first() -> Self {
        let key = TenantKey::default_tenant();
        Self {
            title: key.to_string(),
            key,
            state: TenantState::Active,
            created_at: Timestamp::UNIX_EPOCH,
            created_by: Actor { kind: ActorKind::System, id: None, name: None, token: None },
        }
    }

    /// # Errors
    /// When the key is the platform domain's.
    pub fn check_key(key: &TenantKey) -> Result<(), TenantError> {
        if *key == TenantKey::platform() { Err(TenantError::Reserved) } else { Ok(()) }
    }

    /// # Errors
    /// When it is the first one, which would lock out who could bring it back.
    pub fn set_state(&mut self, state: TenantState) -> Result<(), TenantError> {
        if state == TenantState::Suspended && self.key == TenantKey::default_tenant() {
            return Err(TenantError::First);
        }
        self.state = state;
        Ok(())
    }

    /// # Errors
    /// When it is empty, too long or has control or direction characters.
    pub fn set_title(&mut self, text: &str) -> Result<(), UserError> {
        self.title = check_display_name(text)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_stays_and_the_platform_is_none() {
        let mut first = Tenant::first();
        assert_eq!(first.set_state(TenantState::Suspended), Err(TenantError::First));
        assert_eq!(first.set_state(TenantState::Active), Ok(()));
        assert_eq!(Tenant::check_key(&TenantKey::platform()), Err(TenantError::Reserved));
        let mut other = Tenant { key: TenantKey::try_from("acme".to_owned()).expect("a key"), ..first };
        assert_eq!(other.set_state(TenantState::Suspended), Ok(()));
        assert_eq!(other.state, TenantState::Suspended);
        assert!(other.set_title("a\u{202e}b").is_err() && other.set_title(" Acme ").is_ok());
        assert_eq!(other.title, "Acme");
    }
}
