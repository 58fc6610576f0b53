//! stub
use super::{AppState, Problem};
use crate::domain::access::Caller;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
pub struct SignedIn(pub Caller);
impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(_p: &mut Parts, _s: &AppState) -> Result<Self, Problem> {
        Ok(Self(Caller::host()))
    }
}
