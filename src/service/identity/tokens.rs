//! API tokens: made by their owner, shown once, revoked by the owner or an administrator.

use std::time::Duration;

use serde_json::json;

use super::revocations::Ended;
use super::{Identity, TRIES, faults, home, own_account, user_by_id, user_by_text};
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::domain::access::{Action, Caller, Resource, Scopes};
use crate::domain::identity::secret::TOKEN_PREFIX;
use crate::domain::identity::session::later;
use crate::domain::identity::token::{TOKEN_DAYS_DEFAULT, TOKEN_DAYS_MOST, TOKEN_NAME_CHARS, TOKENS_PER_USER};
use crate::domain::identity::{Secret, Token, TokenState, User};
use crate::domain::ids::TokenId;
use crate::store::record::identity::{BY_OWNER, owned_key, owner_prefix, token_key};
use crate::store::{Commit, CommitError, Scan, Stored};

/// A token that somebody wants.
#[derive(Debug, Clone)]
pub struct TokenWish {
    pub name: String,
    pub scopes: Vec<String>,
    pub days: Option<u32>,
}

impl Identity {
    /// Makes a token for the caller.
    ///
    /// # Errors
    /// When the wish does not fit, there are too many, or the caller is a token itself.
    pub async fn create_token(&self, caller: &Caller, wish: TokenWish) -> Result<(Token, User, Secret), Fault> {
        let stored = own_account(&self.read()?, caller)?;
        self.mint(caller, stored, Action::TokenCreateOwn, wish).await
    }

    /// Makes a token of an account.
    pub(super) async fn mint(
        &self,
        caller: &Caller,
        stored: Stored<User>,
        action: Action,
        wish: TokenWish,
    ) -> Result<(Token, User, Secret), Fault> {
        let now = self.now();
        let name = check_name(&wish.name)?;
        let scopes = Scopes::try_from(wish.scopes).map_err(|error| faults::bad_token_wish("/scopes", error.to_string()))?;
        let most = self.0.terms.token_days.clamp(1, TOKEN_DAYS_MOST);
        let days = wish.days.unwrap_or(TOKEN_DAYS_DEFAULT.min(most));
        if days == 0 || days > most {
            return Err(faults::bad_token_wish("/days", format!("a token lives 1 to {most} days")).param("limit", most));
        }
        let known = {
            let snapshot = self.read()?;
            let prefix = owner_prefix(&stored.record.tenant, stored.record.id);
            let known: Vec<Stored<Token>> = snapshot.scan(&Scan::index(BY_OWNER, &prefix)).map_err(faults::storage)?;
            known
        };
        let user = stored.record.clone();
        let id = TokenId::new(now);
        let resource = Resource::Token { owner: user.to_ref(), id: Some(id) };
        let permit = self.0.gate.allow(caller, action, &resource).await?;
        let (live, over): (Vec<_>, Vec<_>) = known.into_iter().partition(|token| token.record.state(&user, now) == TokenState::Live);
        if live.len() >= TOKENS_PER_USER {
            return Err(faults::TOO_MANY_TOKENS
                .fault(format!("you have {TOKENS_PER_USER} tokens, which is the most"))
                .param("limit", TOKENS_PER_USER)
                .hint("Revoke tokens that are no longer used."));
        }
        let secret = Secret::random(TOKEN_PREFIX);
        let token = Token {
            id,
            tenant: user.tenant.clone(),
            user: user.id,
            name,
            digest: secret.digest(),
            scopes,
            era: user.token_era,
            created_at: now,
            expires_at: later(now, Duration::from_hours(24 * u64::from(days))),
            revoked_at: None,
            last_used_at: None,
        };
        let mut event = permit.note(self.0.gate.event(caller, "token.create", resource.subject()));
        event.details.insert("token_name".to_owned(), json!(token.name));
        event.details.insert("scopes".to_owned(), json!(token.scopes));
        event.details.insert("expires_at".to_owned(), json!(token.expires_at));
        let mut commit = Commit::new();
        commit.expect(&stored).insert(&token).event(event);
        // Tokens that are over are kept for a look back, within the same bound.
        for old in over.iter().take((over.len() + 1).saturating_sub(TOKENS_PER_USER)) {
            commit.delete(old);
        }
        self.0.ledger.commit(commit).await.map_err(faults::unrecorded)?;
        Ok((token, user, secret))
    }

    /// The tokens of the caller or, for administrators, of somebody else: newest last, after the one named.
    ///
    /// # Errors
    /// The same whether there is no such person or the caller may not see their tokens.
    pub async fn tokens(
        &self,
        caller: &Caller,
        who: Option<&str>,
        after: Option<TokenId>,
        limit: Option<usize>,
    ) -> Result<(Vec<(Token, TokenState)>, User, bool), Fault> {
        let user = match who {
            None => own_account(&self.read()?, caller)?.record,
            Some(who) => match user_by_text(&self.read()?, &home(caller), who)? {
                Some(stored) => stored.record,
                None => return Err(self.0.gate.missing(caller, Action::TokenViewAny, "token", who).await),
            },
        };
        let action = if Some(user.id) == caller.user_id() { Action::TokenViewOwn } else { Action::TokenViewAny };
        let _permit = self.0.gate.allow(caller, action, &Resource::Token { owner: user.to_ref(), id: None }).await?;
        let limit = limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let mut scan = Scan::index(BY_OWNER, &owner_prefix(&user.tenant, user.id)).limit(limit + 1);
        if let Some(after) = after {
            scan = scan.after(&owned_key(&user.tenant, user.id, after.bytes()));
        }
        let now = self.now();
        let found: Vec<Stored<Token>> = self.read()?.scan(&scan).map_err(faults::storage)?;
        let more = found.len() > limit;
        let rows = found
            .into_iter()
            .take(limit)
            .map(|stored| (stored.record.state(&user, now), stored.record))
            .map(|(state, token)| (token, state));
        Ok((rows.collect(), user, more))
    }

    /// Revokes a token; what uses it is cut off.
    ///
    /// # Errors
    /// The same whether there is no such token or the caller may not revoke it.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let found = {
                let snapshot = self.read()?;
                let token: Option<Stored<Token>> = snapshot.get(&token_key(&home(caller), id)).map_err(faults::storage)?;
                match token {
                    Some(token) => user_by_id(&snapshot, &token.record.tenant, token.record.user)?.map(|owner| (token, owner.record)),
                    None => None,
                }
            };
            let Some((stored, owner)) = found else {
                return Err(self.0.gate.missing(caller, Action::TokenRevokeAny, "token", &id.to_string()).await);
            };
            let action = if Some(owner.id) == caller.user_id() { Action::TokenRevokeOwn } else { Action::TokenRevokeAny };
            let resource = Resource::Token { owner: owner.to_ref(), id: Some(id) };
            let permit = self.0.gate.allow(caller, action, &resource).await?;
            if stored.record.revoked_at.is_some() {
                return Ok(());
            }
            let revoked = Token { revoked_at: Some(self.now()), ..stored.record.clone() };
            let mut event = permit.note(self.0.gate.event(caller, "token.revoke", resource.subject()));
            event.details.insert("token_name".to_owned(), json!(revoked.name));
            let mut commit = Commit::new();
            commit.update(&stored, &revoked).event(event);
            match self.0.ledger.commit(commit).await {
                Ok(_) => {
                    self.0.revocations.tell(Ended::Token(id));
                    return Ok(());
                }
                // A use was noted meanwhile.
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(faults::unrecorded(error)),
            }
        }
        Err(faults::changed_meanwhile())
    }
}

fn check_name(text: &str) -> Result<String, Fault> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= TOKEN_NAME_CHARS && !name.chars().any(char::is_control);
    if fits {
        Ok(name.to_owned())
    } else {
        Err(faults::bad_token_wish("/name", format!("a token is named with 1 to {TOKEN_NAME_CHARS} characters")))
    }
}
