//! Telling live streams that whoever they belong to is no longer signed in.

use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{Identity, user_by_id};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Caller, Via};
use crate::domain::identity::{Session, Token, TokenState};
use crate::domain::ids::{SessionId, TokenId, UserId};
use crate::service::persons;
use crate::store::record::identity::{session_key, token_key};

/// News that a slow listener may miss; it then looks for itself.
const BACKLOG: usize = 64;
/// A listener looks for itself at least so often.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// Who is no longer signed in, or may no longer see what they saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All sessions and streams of a person; they may sign in again.
    User(UserId),
    Session(SessionId),
    Token(TokenId),
}

pub(super) struct Revocations(broadcast::Sender<Ended>);

impl Default for Revocations {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl Revocations {
    pub(super) fn tell(&self, ended: Ended) {
        // Nobody listens when no stream is open.
        let _ = self.0.send(ended);
    }
}

impl Ended {
    fn concerns(self, caller: &Caller) -> bool {
        match self {
            Self::User(id) => caller.user_id() == Some(id),
            Self::Session(id) => caller.session_id() == Some(id),
            Self::Token(id) => caller.token_id() == Some(id),
        }
    }
}

impl Identity {
    /// Resolves when the caller is no longer signed in: revoked, disabled, expired, roles changed. Live streams select on it.
    pub fn over(&self, caller: &Caller) -> impl Future<Output = ()> + Send + 'static {
        // Subscribed before the first look, so that nothing falls between.
        let mut news = self.0.revocations.0.subscribe();
        let identity = self.clone();
        let caller = caller.clone();
        async move {
            while let Some(until) = identity.signed_in_until(&caller) {
                let left = Duration::try_from(until.duration_since(identity.now())).unwrap_or_default();
                let look_again = tokio::time::sleep(left.min(LOOK_EVERY));
                tokio::pin!(look_again);
                loop {
                    tokio::select! {
                        () = &mut look_again => break,
                        heard = news.recv() => match heard {
                            Ok(ended) if ended.concerns(&caller) => return,
                            Ok(_) => {}
                            Err(RecvError::Lagged(_)) => break,
                            Err(RecvError::Closed) => return,
                        },
                    }
                }
            }
        }
    }

    /// Until when the caller's proof holds as things are; `None` when it holds no more.
    fn signed_in_until(&self, caller: &Caller) -> Option<Timestamp> {
        let now = self.now();
        let rights = caller.holdings.ends();
        // What was held for a time is over: the next request, or stream, comes with what is left.
        self.proof_end(caller).ok().flatten().map(|end| rights.map_or(end, |rights| rights.min(end))).filter(|end| now < *end)
    }

    fn proof_end(&self, caller: &Caller) -> Result<Option<Timestamp>, Fault> {
        let Some(user_id) = caller.user_id() else { return Ok(Some(Timestamp::MAX)) };
        let now = self.now();
        let snapshot = self.read()?;
        let Some(user) = user_by_id(&snapshot, &caller.tenant, user_id)? else { return Ok(None) };
        let active = persons::is_active(&snapshot, &user.record)?;
        match &caller.via {
            Via::Host => Ok(Some(Timestamp::MAX)),
            Via::Session { id, .. } => {
                let stored = snapshot.get::<Session>(&session_key(&caller.tenant, *id)).map_err(super::faults::storage)?;
                let idle = self.0.terms.idle;
                Ok(stored
                    .filter(|stored| active && stored.record.is_live(&user.record, idle, now))
                    .map(|stored| stored.record.ends_at(idle)))
            }
            Via::Token { id, .. } => {
                let stored = snapshot.get::<Token>(&token_key(&caller.tenant, *id)).map_err(super::faults::storage)?;
                let live = stored.filter(|stored| active && stored.record.state(&user.record, now) == TokenState::Live);
                Ok(live.map(|stored| stored.record.expires_at))
            }
        }
    }
}
