//! Who sends a request: an extractor that every protected handler takes, so that no path is protected by its spelling.
//!
//! A proof is a session cookie or `Authorization: Bearer` with a session or a token, never both. The policy is not asked
//! here: being signed in allows nothing by itself.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use super::client::{Client, RequestId};
use super::cookie::{self, Presented};
use super::csrf;
use super::problem::Problem;
use super::state::AppState;
use crate::base::fault::{Class, Code, Fault};
use crate::domain::access::{Caller, Whence};
use crate::domain::identity::Secret;
use crate::domain::identity::secret::{SESSION_PREFIX, TOKEN_PREFIX};
use crate::service::identity::{Proof, unauthenticated};

/// A cookie and an `Authorization` header: which of the two should count cannot be known.
pub const TWO_PROOFS: Code = Code::new("EG-AUTH-006", Class::User, "Two proofs of identity");

/// The caller of a request that must have one. Answers 401 when there is none.
#[derive(Debug)]
pub struct SignedIn(pub Caller);

/// Where a request came from, for the few handlers that need no caller.
#[derive(Debug)]
pub struct From(pub Whence);

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let proof = match (bearer(&parts.headers)?, cookie::read(&parts.headers)) {
            (Some(_), Presented::Session(_) | Presented::Nonsense) => {
                let fault = TWO_PROOFS.fault("the request carries a session cookie and an `Authorization` header");
                return Err(fault.hint("Send one of them only.").into());
            }
            (Some(proof), Presented::Nothing) => proof,
            (None, Presented::Session(secret)) => {
                csrf::require_same_site(parts)?;
                Proof::Session(secret)
            }
            (None, Presented::Nothing | Presented::Nonsense) => return Err(unauthenticated().into()),
        };
        Ok(Self(state.identity.authenticate(&proof, whence(parts)).await?))
    }
}

impl FromRequestParts<AppState> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self(whence(parts)))
    }
}

fn whence(parts: &Parts) -> Whence {
    Whence {
        source: parts.extensions.get::<Client>().map(|client| client.source.to_string()),
        request: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
    }
}

/// The proof in `Authorization` (RFC 6750). A header that is there and says nothing of use is an error, not an absence.
fn bearer(headers: &HeaderMap) -> Result<Option<Proof>, Fault> {
    let values: Vec<&HeaderValue> = headers.get_all(AUTHORIZATION).iter().collect();
    let [value] = values.as_slice() else {
        return if values.is_empty() { Ok(None) } else { Err(unauthenticated()) };
    };
    let text = value.to_str().map_err(|_| unauthenticated())?;
    let (scheme, secret) = text.split_once(' ').ok_or_else(unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unauthenticated());
    }
    let secret = secret.trim();
    let token = Secret::read(TOKEN_PREFIX, secret).map(Proof::Token);
    token.or_else(|| Secret::read(SESSION_PREFIX, secret).map(Proof::Session)).map(Some).ok_or_else(unauthenticated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_opaque_secrets_of_ours_are_proofs() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().expect("header"));
            bearer(&headers)
        };
        let token = Secret::random(TOKEN_PREFIX);
        let session = Secret::random(SESSION_PREFIX);
        assert!(matches!(read(&format!("Bearer {}", token.expose())), Ok(Some(Proof::Token(_)))));
        assert!(matches!(read(&format!("bearer  {}", session.expose())), Ok(Some(Proof::Session(_)))));
        assert!(matches!(bearer(&HeaderMap::new()), Ok(None)));
        for bad in
            ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "Bearer egt_short", "Token x"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
