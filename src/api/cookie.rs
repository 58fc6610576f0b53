//! The session cookie: `__Host-execgov`, `Secure`, `HttpOnly`, `SameSite=Strict`, for the whole of this host and no other.
//!
//! There is one name for encrypted and plain connections. Plain ones exist on loopback only, and browsers treat loopback
//! addresses as trustworthy: Chromium 156 stores and sends `__Host-` and `Secure` cookies on `http://127.0.0.1` and
//! `http://localhost` (tried out). Programs use `Authorization` instead.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use crate::domain::identity::Secret;
use crate::domain::identity::secret::SESSION_PREFIX;

/// The name binds the cookie to this host (RFC 6265bis, section 4.1.3.2).
pub const NAME: &str = "__Host-execgov";

/// What a request carries under our name.
#[derive(Debug)]
pub enum Presented {
    Nothing,
    Session(Secret),
    /// Something that no session ever had, or more than one value.
    Nonsense,
}

/// Reads the session cookie of a request.
#[must_use]
pub fn read(headers: &HeaderMap) -> Presented {
    let texts = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut values = texts.flat_map(|text| text.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == NAME).then_some(value)
    });
    match (values.next(), values.next()) {
        (None, _) => Presented::Nothing,
        (Some(value), None) => Secret::read(SESSION_PREFIX, value).map_or(Presented::Nonsense, Presented::Session),
        (Some(_), Some(_)) => Presented::Nonsense,
    }
}

/// The header that hands a session to a browser.
#[must_use]
pub fn set(secret: &Secret, max_age_s: u64) -> HeaderValue {
    header(secret.expose(), max_age_s)
}

/// The header that takes it back.
#[must_use]
pub fn clear() -> HeaderValue {
    header("", 0)
}

fn header(value: &str, max_age_s: u64) -> HeaderValue {
    let text = format!("{NAME}={value}; Path=/; Max-Age={max_age_s}; Secure; HttpOnly; SameSite=Strict");
    let mut header = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    header.set_sensitive(true);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented(cookies: &[&str]) -> Presented {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, cookie.parse().expect("header"));
        }
        read(&headers)
    }

    #[test]
    fn our_cookie_is_found_among_others() {
        let secret = Secret::random(SESSION_PREFIX);
        let ours = format!("{NAME}={}", secret.expose());
        let is_ours = |presented| matches!(presented, Presented::Session(found) if found.digest() == secret.digest());
        assert!(is_ours(presented(&[&ours])));
        assert!(is_ours(presented(&["a=1", &format!("b=2; {ours}; c=3")])));
        assert!(matches!(presented(&[]), Presented::Nothing));
        assert!(matches!(presented(&["a=1; execgov=x"]), Presented::Nothing));
        assert!(matches!(presented(&[&format!("{NAME}=x")]), Presented::Nonsense));
        assert!(matches!(presented(&[&format!("{NAME}=x; {ours}")]), Presented::Nonsense));
        assert!(matches!(presented(&[&ours, &ours]), Presented::Nonsense));
    }

    #[test]
    fn the_header_keeps_the_session_to_this_host() {
        let header = set(&Secret::random(SESSION_PREFIX), 60);
        let text = header.to_str().expect("text");
        for part in ["__Host-execgov=egs_", "; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite=Strict", "; Max-Age=60;"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Domain") && header.is_sensitive());
    }
}
