//! Who asks: the person or the host, how they proved it, and where the request came from.

use super::action::{Action, ActionSet};
use super::held::{Holdings, Rights};
use super::role::RoleSet;
use super::scope::Scopes;
use crate::base::clock::Timestamp;
use crate::domain::audit::{Actor, ActorKind};
use crate::domain::ids::{SessionId, TenantKey, TokenId, UserId};

/// Where a request came from, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whence {
    /// The address of the peer, or of its client when the peer is a trusted proxy.
    pub source: Option<String>,
    /// The id of the request.
    pub request: Option<String>,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    User(UserId),
    /// Someone with a shell on the host, working on the data directory.
    Host,
}

/// How the caller proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    Session {
        id: SessionId,
        /// The session ends then, however it is used.
        expires_at: Timestamp,
    },
    Token {
        id: TokenId,
        scopes: Scopes,
        expires_at: Timestamp,
    },
    Host,
}

/// Whether the account may be used for everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Good,
    /// A password set by somebody else must be replaced first.
    PasswordExpired,
}

/// Someone who has proved who they are, with everything that a decision about them needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub principal: Principal,
    pub tenant: TenantKey,
    /// The user name; `host` for the host.
    pub name: String,
    /// The roles of the account, which hold in the whole tenant.
    pub roles: RoleSet,
    /// What they hold besides.
    pub holdings: Holdings,
    pub via: Via,
    pub standing: Standing,
    pub whence: Whence,
}

impl Caller {
    /// Someone with a shell on the host.
    #[must_use]
    pub fn host() -> Self {
        Self {
            principal: Principal::Host,
            tenant: TenantKey::platform(),
            name: "host".to_owned(),
            roles: RoleSet::NONE,
            holdings: Holdings::default(),
            via: Via::Host,
            standing: Standing::Good,
            whence: Whence::default(),
        }
    }

    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        match self.principal {
            Principal::User(id) => Some(id),
            Principal::Host => None,
        }
    }

    /// What counts for an action at a place.
    #[must_use]
    pub fn rights(&self, action: Action, place: Option<&str>) -> Rights {
        self.holdings.rights(self.roles, action, place)
    }

    #[must_use]
    pub fn session_id(&self) -> Option<SessionId> {
        match self.via {
            Via::Session { id, .. } => Some(id),
            Via::Token { .. } | Via::Host => None,
        }
    }

    #[must_use]
    pub fn token_id(&self) -> Option<TokenId> {
        match self.via {
            Via::Token { id, .. } => Some(id),
            Via::Session { .. } | Via::Host => None,
        }
    }

    /// The actions that the means of proof covers, whatever the person may do.
    #[must_use]
    pub fn scope(&self) -> ActionSet {
        match &self.via {
            Via::Token { scopes, .. } => scopes.actions(),
            Via::Session { .. } | Via::Host => Action::ALL.iter().copied().collect(),
        }
    }

    /// The caller as the audit log names them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            kind: match self.principal {
                Principal::User(_) => ActorKind::User,
                Principal::Host => ActorKind::Host,
            },
            id: self.user_id().map(|id| id.to_string()),
            name: Some(self.name.clone()),
            token: self.token_id().map(|id| id.to_string()),
        }
    }
}
