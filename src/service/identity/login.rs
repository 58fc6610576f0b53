//! Signing in with a password, and signing out.
//!
//! Every attempt takes the same steps whether the name is known or not. Names that are not known are not written down:
//! people type passwords into the wrong field.

use std::sync::PoisonError;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::authenticate::caller;
use super::revocations::Ended;
use super::{Identity, TRIES, faults, unauthenticated, user_by_name};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource, Via, Whence};
use crate::domain::audit::{Event, Outcome, Subject};
use crate::domain::identity::secret::SESSION_PREFIX;
use crate::domain::identity::session::{AGENT_CHARS, SESSIONS_PER_USER, later};
use crate::domain::identity::{Pace, Password, Secret, Session, User, Username};
use crate::domain::ids::{SessionId, TenantKey};
use crate::service::gate::{absent, anonymous};
use crate::service::{holdings, persons};
use crate::store::record::identity::{BY_DIGEST, BY_OWNER, digest_key, owner_prefix, session_key};
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};

/// Somebody who wants to sign in.
#[derive(Debug)]
pub struct LoginAttempt {
    pub username: String,
    pub password: Password,
    /// A session that the client presents: it is over, whoever it belongs to.
    pub replaces: Option<Secret>,
    /// What the client says it is.
    pub agent: Option<String>,
    pub whence: Whence,
}

/// A fresh session.
#[derive(Debug)]
pub struct SignedIn {
    pub caller: Caller,
    pub secret: Secret,
}

impl Identity {
    /// Signs in.
    ///
    /// # Errors
    /// Too many attempts, or wrong credentials: never which part of them.
    pub async fn login(&self, attempt: LoginAttempt) -> Result<SignedIn, Fault> {
        let known = self.find(&attempt.username)?;
        let failed = self.failed_login(&attempt, known.as_ref());
        self.pace(&attempt.username, &attempt.whence, &failed).await?;
        let fits = self.0.hasher.verify(&attempt.password, known.as_ref().map(|user| user.record.password_hash.as_str())).await?;
        let active = known.as_ref().filter(|user| user.record.service_of.is_none() && self.is_usable(&user.record));
        let (true, Some(user)) = (fits, active) else {
            let cause = match &known {
                None => "unknown_user",
                Some(_) if fits => "disabled",
                Some(_) => "wrong_password",
            };
            let mut event = failed;
            event.details.insert("cause".to_owned(), json!(cause));
            self.0.gate.commit_refusal(event).await;
            return Err(faults::WRONG_CREDENTIALS
                .fault("the user name or the password is wrong, or the account is disabled")
                .hint("Check both; an administrator can set a new password."));
        };
        let signed_in = self.begin_session(user, attempt.replaces, attempt.agent, attempt.whence).await?;
        self.clear_pace(&attempt.username, &signed_in.caller.whence);
        Ok(signed_in)
    }

    /// Signs out: the caller's own session is over.
    ///
    /// # Errors
    /// When the caller came with a token, or the session is gone already.
    pub async fn logout(&self, caller: &Caller) -> Result<(), Fault> {
        let id = caller.session_id().ok_or_else(|| absent("session"))?;
        self.end_session(caller, id).await
    }

    /// Ends one of the caller's own sessions.
    ///
    /// # Errors
    /// When the caller has no such session.
    pub async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<(), Fault> {
        let found = {
            let snapshot = self.read()?;
            snapshot.get::<Session>(&session_key(&caller.tenant, id)).map_err(faults::storage)?
        };
        let Some(stored) = found.filter(|stored| Some(stored.record.user) == caller.user_id()) else {
            return Err(self.0.gate.missing(caller, Action::SessionEndOwn, "session", &id.to_string()).await);
        };
        let owner = {
            let snapshot = self.read()?;
            super::own_account(&snapshot, caller)?.record
        };
        let resource = Resource::Session { owner: owner.to_ref(), id: Some(id) };
        let permit = self.0.gate.allow(caller, Action::SessionEndOwn, &resource).await?;
        let mut commit = Commit::new();
        commit.delete(&stored).event(permit.note(self.0.gate.event(caller, "session.end", resource.subject())));
        match self.0.ledger.commit(commit).await {
            // The conflict is a request that noted its use, or another end: either way it is to be over.
            Err(CommitError::Conflict { .. }) => Box::pin(self.end_session(caller, id)).await,
            Err(error) => Err(faults::unrecorded(error)),
            Ok(_) => {
                self.0.revocations.tell(Ended::Session(id));
                Ok(())
            }
        }
    }

    /// The caller's sessions that are not over, newest first.
    ///
    /// # Errors
    /// When the caller may not see them.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>, Fault> {
        let user = {
            let snapshot = self.read()?;
            super::own_account(&snapshot, caller)?.record
        };
        let resource = Resource::Session { owner: user.to_ref(), id: None };
        let _permit = self.0.gate.allow(caller, Action::SessionViewOwn, &resource).await?;
        let snapshot = self.read()?;
        let (idle, now) = (self.0.terms.idle, self.now());
        let mut live: Vec<Session> = all_sessions(&snapshot, &user)?
            .into_iter()
            .map(|stored| stored.record)
            .filter(|session| session.is_live(&user, idle, now))
            .collect();
        live.reverse();
        Ok(live)
    }

    /// A new session of a person, with a new id; what they have beyond the limit, and what is over, goes.
    pub(super) async fn begin_session(
        &self,
        user: &Stored<User>,
        replaces: Option<Secret>,
        agent: Option<String>,
        whence: Whence,
    ) -> Result<SignedIn, Fault> {
        for _ in 0..TRIES {
            let mut commit = Commit::new();
            let (signed_in, session) = self.new_session(&user.record, agent.as_deref(), whence.clone());
            let gone = self.outlived(&user.record, replaces.as_ref())?;
            let subject =
                Subject { kind: "session".to_owned(), id: Some(session.id.to_string()), name: Some(user.record.name.to_string()) };
            let mut event = self.0.gate.event(&signed_in.caller, "session.start", subject);
            if !gone.is_empty() {
                event.details.insert("ended".to_owned(), json!(gone.iter().map(|old| old.record.id).collect::<Vec<_>>()));
            }
            commit.expect(user).insert(&session).event(event);
            for old in &gone {
                commit.delete(old);
            }
            match self.0.ledger.commit(commit).await {
                Ok(_) => {
                    for old in gone {
                        self.0.revocations.tell(Ended::Session(old.record.id));
                    }
                    return Ok(signed_in);
                }
                Err(CommitError::Conflict { table, .. }) if !table.starts_with("user") => {}
                // The account changed between the check of the password and now.
                Err(CommitError::Conflict { .. }) => return Err(unauthenticated()),
                Err(error) => return Err(faults::unrecorded(error)),
            }
        }
        Err(faults::changed_meanwhile())
    }

    pub(super) fn new_session(&self, user: &User, agent: Option<&str>, whence: Whence) -> (SignedIn, Session) {
        let now = self.now();
        let secret = Secret::random(SESSION_PREFIX);
        let session = Session {
            id: SessionId::new(now),
            tenant: user.tenant.clone(),
            user: user.id,
            digest: secret.digest(),
            era: user.session_era,
            created_at: now,
            last_seen_at: now,
            expires_at: later(now, self.0.terms.absolute),
            source: whence.source.clone(),
            proven_at: None,
            agent: agent.map(|agent| agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect()),
        };
        // Without what they hold besides, a session still begins; each request looks again.
        let holdings = self.read().and_then(|snapshot| holdings::of(&snapshot, user, now)).unwrap_or_default();
        let caller = caller(user, holdings, Via::Session { id: session.id, expires_at: session.expires_at }, whence);
        (SignedIn { caller, secret }, session)
    }

    /// Sessions that a new one puts an end to.
    fn outlived(&self, user: &User, replaces: Option<&Secret>) -> Result<Vec<Stored<Session>>, Fault> {
        let snapshot = self.read()?;
        let (idle, now) = (self.0.terms.idle, self.now());
        let mut all = all_sessions(&snapshot, user)?;
        let live = all.iter().filter(|stored| stored.record.is_live(user, idle, now)).count();
        let mut surplus = (live + 1).saturating_sub(SESSIONS_PER_USER);
        all.retain(|stored| {
            let live = stored.record.is_live(user, idle, now);
            let oldest = live && surplus > 0;
            surplus -= usize::from(oldest);
            !live || oldest
        });
        if let Some(secret) = replaces {
            let presented: Option<Stored<Session>> = snapshot.find(BY_DIGEST, &digest_key(&secret.digest())).map_err(faults::storage)?;
            all.extend(presented.filter(|presented| all.iter().all(|old| old.record.id != presented.record.id)));
        }
        Ok(all)
    }

    /// Holds back who guesses. `failed` is the event of the attempt, should it be refused.
    pub(super) async fn pace(&self, account: &str, whence: &Whence, failed: &Event) -> Result<(), Fault> {
        let source = whence.source.as_deref();
        let pace = self.0.throttle.lock().unwrap_or_else(PoisonError::into_inner).begin(account, source, self.now());
        let Pace::Wait { seconds, refused } = pace else { return Ok(()) };
        if pace.is_audited() {
            let mut event = failed.clone();
            event.reason = Some(faults::THROTTLED.text.to_owned());
            event.details.insert("cause".to_owned(), json!("throttled"));
            event.details.insert("refused_so_far".to_owned(), json!(refused));
            self.0.gate.commit_refusal(event).await;
        }
        Err(faults::THROTTLED
            .fault(format!("too many failed attempts: wait {seconds} s"))
            .param("seconds", seconds)
            .retry_after(seconds)
            .hint("The wait doubles with each failure; a correct password ends it."))
    }

    pub(super) fn clear_pace(&self, account: &str, whence: &Whence) {
        self.0.throttle.lock().unwrap_or_else(PoisonError::into_inner).succeeded(account, whence.source.as_deref());
    }

    fn is_usable(&self, user: &User) -> bool {
        self.read().and_then(|snapshot| persons::is_active(&snapshot, user)).unwrap_or(false)
    }

    fn find(&self, username: &str) -> Result<Option<Stored<User>>, Fault> {
        let Ok(name) = username.parse::<Username>() else { return Ok(None) };
        user_by_name(&self.read()?, &name)
    }

    fn failed_login(&self, attempt: &LoginAttempt, known: Option<&Stored<User>>) -> Event {
        let user = known.map(|stored| &stored.record);
        let subject =
            Subject { kind: "user".to_owned(), id: user.map(|user| user.id.to_string()), name: user.map(|user| user.name.to_string()) };
        let tenant = user.map_or_else(TenantKey::platform, |user| user.tenant.clone());
        let mut event = self.0.gate.event_by(anonymous(), &tenant, &attempt.whence, "session.start", subject);
        event.outcome = Outcome::Refused;
        event.reason = Some(faults::WRONG_CREDENTIALS.text.to_owned());
        if user.is_none() {
            event.details.insert("name_mark".to_owned(), json!(self.name_mark(&attempt.username)));
        }
        event
    }

    /// Tells attempts with one unknown name from those with another, and nothing more.
    fn name_mark(&self, name: &str) -> String {
        let digest = Sha256::new().chain_update(self.0.name_salt).chain_update(name.as_bytes()).finalize();
        hex::encode(&digest[..6])
    }
}

fn all_sessions(snapshot: &Snapshot, user: &User) -> Result<Vec<Stored<Session>>, Fault> {
    snapshot.scan(&Scan::index(BY_OWNER, &owner_prefix(&user.tenant, user.id))).map_err(faults::storage)
}
