//! How people, sessions, tokens and the choice of governance are stored and found.

use super::super::{Index, IndexRows, Record};
use super::scoped;
use crate::domain::identity::{Digest, Governance, Session, Token, User, Username};
use crate::domain::ids::{SessionId, TenantKey, TokenId, UserId};

/// Unique over the appliance: the name in lower case.
pub const USER_BY_NAME: Index = Index("by_name");
/// `id`: for what knows a person but not their tenant.
pub const USER_BY_ID: Index = Index("by_id");
/// `tenant 0x00 person 0x00 id`, of accounts that are bound to a person.
pub const USER_BY_PERSON: Index = Index("by_person");
/// `id`, of active platform administrators only.
pub const PLATFORM_ADMINS: Index = Index("platform_admin");
/// `tenant 0x00 owner id`: the service accounts that somebody answers for.
pub const SERVICES_OF: Index = Index("service_of");
/// Unique: the digest of the secret.
pub const BY_DIGEST: Index = Index("by_digest");
/// `tenant 0x00 user`: what a person has, oldest first.
pub const BY_OWNER: Index = Index("by_owner");

impl Record for User {
    const TABLE: &'static str = "user";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        user_key(&self.tenant, self.id)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(USER_BY_NAME, name_key(&self.name));
        rows.unique(USER_BY_ID, self.id.bytes().to_vec());
        if self.person.is_some() {
            rows.unique(USER_BY_PERSON, [person_prefix(&self.tenant, &self.person_key()).as_slice(), self.id.bytes()].concat());
        }
        if let Some(owner) = self.service_of {
            rows.unique(SERVICES_OF, scoped(&self.tenant, &[owner.bytes(), self.id.bytes()]));
        }
        if self.is_platform_admin() {
            rows.unique(PLATFORM_ADMINS, self.id.bytes().to_vec());
        }
    }
}

#[must_use]
pub fn user_key(tenant: &TenantKey, id: UserId) -> Vec<u8> {
    scoped(tenant, &[id.bytes()])
}

#[must_use]
pub fn name_key(name: &Username) -> Vec<u8> {
    name.folded().into_bytes()
}

/// The prefix of [`USER_BY_PERSON`] for one person.
#[must_use]
pub fn person_prefix(tenant: &TenantKey, person: &str) -> Vec<u8> {
    scoped(tenant, &[person.as_bytes(), &[0]])
}

impl Record for Session {
    const TABLE: &'static str = "session";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        session_key(&self.tenant, self.id)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_DIGEST, digest_key(&self.digest));
        rows.unique(BY_OWNER, owned_key(&self.tenant, self.user, self.id.bytes()));
    }
}

#[must_use]
pub fn session_key(tenant: &TenantKey, id: SessionId) -> Vec<u8> {
    scoped(tenant, &[id.bytes()])
}

impl Record for Token {
    const TABLE: &'static str = "token";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        token_key(&self.tenant, self.id)
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_DIGEST, digest_key(&self.digest));
        rows.unique(BY_OWNER, owned_key(&self.tenant, self.user, self.id.bytes()));
    }
}

#[must_use]
pub fn token_key(tenant: &TenantKey, id: TokenId) -> Vec<u8> {
    scoped(tenant, &[id.bytes()])
}

#[must_use]
pub fn digest_key(digest: &Digest) -> Vec<u8> {
    digest.bytes().to_vec()
}

/// The prefix of [`BY_OWNER`] for one person.
#[must_use]
pub fn owner_prefix(tenant: &TenantKey, user: UserId) -> Vec<u8> {
    scoped(tenant, &[user.bytes()])
}

/// The key in [`BY_OWNER`] of one thing; ids sort by time.
#[must_use]
pub fn owned_key(tenant: &TenantKey, user: UserId, id: &[u8; 16]) -> Vec<u8> {
    scoped(tenant, &[user.bytes(), id])
}

/// There is one, so its key is a word.
pub const GOVERNANCE_KEY: &[u8] = b"governance";

impl Record for Governance {
    const TABLE: &'static str = "governance";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        GOVERNANCE_KEY.to_vec()
    }
}
