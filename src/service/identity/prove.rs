//! Proving once more who one is: for grave decisions, with the password in the request or a session proven a moment ago.

use serde_json::json;

use super::{Identity, faults, own_account, unauthenticated, user_by_text};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::identity::session::later;
use crate::domain::identity::{Password, Session, User, UserState};
use crate::domain::ids::TenantKey;
use crate::store::record::identity::session_key;
use crate::store::{Commit, Snapshot, Stored};

impl Identity {
    /// Lets a grave decision pass: with the right password, or without one when the session was proven a moment ago.
    ///
    /// # Errors
    /// When there is neither; a wrong password is audited and paced.
    pub async fn prove(&self, caller: &Caller, password: Option<&Password>) -> Result<(), Fault> {
        let proven = self.is_proven(&self.read()?, caller)?;
        if password.is_none() && proven {
            return Ok(());
        }
        self.reauthenticate(caller, password).await
    }

    /// Whether the session that asks was begun, or proven, with the password a moment ago. A token never is.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn is_proven(&self, snapshot: &Snapshot, caller: &Caller) -> Result<bool, Fault> {
        let Some(id) = caller.session_id() else { return Ok(false) };
        let session: Option<Stored<Session>> = snapshot.get(&session_key(&caller.tenant, id)).map_err(faults::storage)?;
        let at = session.map(|stored| stored.record.proven_at.unwrap_or(stored.record.created_at));
        Ok(at.is_some_and(|at| self.now() < later(at, self.0.terms.proven)))
    }

    /// Proves the session that asks with the password, for the decisions of the next minutes.
    ///
    /// # Errors
    /// When the password is wrong, or it is a token that asks.
    pub async fn prove_session(&self, caller: &Caller, password: &Password) -> Result<(), Fault> {
        let owner = own_account(&self.read()?, caller)?.record.to_ref();
        let thing = Resource::Session { owner, id: caller.session_id() };
        let permit = self.0.gate.allow(caller, Action::SessionProveOwn, &thing).await?;
        self.reauthenticate(caller, Some(password)).await?;
        let id = caller.session_id().ok_or_else(unauthenticated)?;
        let stored: Option<Stored<Session>> = self.read()?.get(&session_key(&caller.tenant, id)).map_err(faults::storage)?;
        let stored = stored.ok_or_else(unauthenticated)?;
        let proven = Session { proven_at: Some(self.now()), ..stored.record.clone() };
        let mut event = permit.note(self.0.gate.event(caller, "session.prove", thing.subject()));
        event.details.insert("for_s".to_owned(), json!(self.0.terms.proven.as_secs()));
        let mut commit = Commit::new();
        commit.update(&stored, &proven).event(event);
        self.0.ledger.commit(commit).await.map_err(faults::unrecorded)?;
        Ok(())
    }

    /// A person of a tenant by id or name; nobody whose account was deleted.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn account(&self, snapshot: &Snapshot, tenant: &TenantKey, text: &str) -> Result<Option<User>, Fault> {
        Ok(user_by_text(snapshot, tenant, text)?.map(|stored| stored.record).filter(|user| user.state != UserState::Deleted))
    }
}
