//! From a proof to a caller: what every request with a session or a token goes through.

use super::{Identity, faults, unauthenticated, user_by_id};
use crate::base::fault::Fault;
use crate::domain::access::{Caller, Holdings, Principal, Standing, Via, Whence};
use crate::domain::identity::user::ChosenBy;
use crate::domain::identity::{Secret, Session, Token, TokenState, User};
use crate::service::{holdings, persons};
use crate::store::record::identity::{BY_DIGEST, digest_key};
use crate::store::{Commit, Record, Stored};

/// What a request presents.
#[derive(Debug, Clone)]
pub enum Proof {
    Session(Secret),
    Token(Secret),
}

impl Identity {
    /// Finds out who asks.
    ///
    /// # Errors
    /// The same fault whether the proof is unknown, over, or its owner disabled.
    pub async fn authenticate(&self, proof: &Proof, whence: Whence) -> Result<Caller, Fault> {
        match proof {
            Proof::Session(secret) => self.by_session(secret, whence).await,
            Proof::Token(secret) => self.by_token(secret, whence).await,
        }
    }

    async fn by_session(&self, secret: &Secret, whence: Whence) -> Result<Caller, Fault> {
        let now = self.now();
        let idle = self.0.terms.idle;
        let (stored, user, holdings, active) = {
            let snapshot = self.read()?;
            let stored: Stored<Session> =
                snapshot.find(BY_DIGEST, &digest_key(&secret.digest())).map_err(faults::storage)?.ok_or_else(unauthenticated)?;
            let user = user_by_id(&snapshot, &stored.record.tenant, stored.record.user)?.ok_or_else(unauthenticated)?;
            let holdings = holdings::of(&snapshot, &user.record, now)?;
            let active = persons::is_active(&snapshot, &user.record)?;
            (stored, user.record, holdings, active)
        };
        let session = &stored.record;
        if session.digest != secret.digest() || !session.is_live(&user, idle, now) || !active {
            return Err(unauthenticated());
        }
        let via = Via::Session { id: session.id, expires_at: session.expires_at };
        if session.is_due(idle, now) {
            self.note_use(&stored, &Session { last_seen_at: now, ..session.clone() }).await;
        }
        Ok(caller(&user, holdings, via, whence))
    }

    async fn by_token(&self, secret: &Secret, whence: Whence) -> Result<Caller, Fault> {
        let now = self.now();
        let (stored, user, holdings, active) = {
            let snapshot = self.read()?;
            let stored: Stored<Token> =
                snapshot.find(BY_DIGEST, &digest_key(&secret.digest())).map_err(faults::storage)?.ok_or_else(unauthenticated)?;
            let user = user_by_id(&snapshot, &stored.record.tenant, stored.record.user)?.ok_or_else(unauthenticated)?;
            let holdings = holdings::of(&snapshot, &user.record, now)?;
            let active = persons::is_active(&snapshot, &user.record)?;
            (stored, user.record, holdings, active)
        };
        let token = &stored.record;
        if token.digest != secret.digest() || token.state(&user, now) != TokenState::Live || !active {
            return Err(unauthenticated());
        }
        let via = Via::Token { id: token.id, scopes: token.scopes.clone(), expires_at: token.expires_at };
        if token.is_due(now) {
            self.note_use(&stored, &Token { last_used_at: Some(now), ..token.clone() }).await;
        }
        Ok(caller(&user, holdings, via, whence))
    }

    /// Keeps the time of the last use. It is not an act of anybody and has no event; when another request was faster, or
    /// the ledger is busy, the note is simply missing until the next one.
    async fn note_use<R: Record>(&self, stored: &Stored<R>, used: &R) {
        let mut commit = Commit::new();
        commit.update(stored, used);
        if let Err(error) = self.0.ledger.commit(commit).await {
            tracing::debug!(%error, "the time of a last use was not kept");
        }
    }
}

pub(super) fn caller(user: &User, holdings: Holdings, via: Via, whence: Whence) -> Caller {
    Caller {
        principal: Principal::User(user.id),
        tenant: user.tenant.clone(),
        name: user.name.to_string(),
        roles: user.roles,
        holdings,
        via,
        standing: match user.password_chosen_by {
            ChosenBy::Oneself => Standing::Good,
            ChosenBy::SomebodyElse => Standing::PasswordExpired,
        },
        whence,
    }
}
