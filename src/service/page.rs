//! Cursors of lists: opaque to clients, JSON in URL-safe base64 to us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::fault::{Class, Code, Fault};

pub const BAD_CURSOR: Code = Code::new("EG-REQ-010", Class::User, "The cursor is not one of ours");

#[must_use]
pub fn encode_cursor<T: Serialize>(cursor: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// # Errors
/// [`BAD_CURSOR`] when the text did not come from [`encode_cursor`].
pub fn decode_cursor<T: DeserializeOwned>(text: Option<&str>) -> Result<Option<T>, Fault> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let bad = || {
        BAD_CURSOR.fault("`cursor` must be the `next` of an earlier page of the same list").hint("Leave it out to begin at the first page.")
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    serde_json::from_slice(&bytes).map(Some).map_err(|_| bad())
}
