//! Whether a request was caused by our own console, as far as a browser says so.
//!
//! A cookie travels with whatever makes the browser send a request; these headers say who made it. No token is needed:
//! every browser that can run the console sends at least one of them with a request that changes something.

use axum::extract::FromRequestParts;
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use super::problem::Problem;
use crate::base::fault::{Class, Code, Fault};

/// A browser says that another site caused the request, or nothing says that ours did.
pub const CROSS_SITE: Code = Code::new("EG-AUTH-005", Class::Denied, "Request from another site");

/// Whether the headers speak for or against our own console, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Testimony {
    Ours,
    Foreign,
    Silent,
}

/// For requests that a cookie proves: something must speak for our console if the method is not a safe one.
///
/// # Errors
/// [`CROSS_SITE`].
pub fn require_same_site(parts: &Parts) -> Result<(), Fault> {
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    match testimony(parts) {
        Testimony::Ours => Ok(()),
        Testimony::Foreign | Testimony::Silent if safe => Ok(()),
        Testimony::Foreign => Err(foreign()),
        Testimony::Silent => Err(CROSS_SITE
            .fault("the request carries a session cookie, and neither `Sec-Fetch-Site` nor `Origin` says that the console sent it")
            .hint("Programs use an API token in the header `Authorization` instead.")),
    }
}

/// For requests without proof that change something (login, set-up): nothing speaks for another site.
#[derive(Debug)]
pub struct Ours;

impl<S: Sync> FromRequestParts<S> for Ours {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if testimony(parts) == Testimony::Foreign { Err(foreign().into()) } else { Ok(Self) }
    }
}

fn foreign() -> Fault {
    CROSS_SITE
        .fault("the browser says that another site caused the request")
        .hint("Use the console at its own address; a proxy in front must keep the header `Host`.")
}

fn testimony(parts: &Parts) -> Testimony {
    let text = |name: &str| parts.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect::<Vec<_>>();
    match text("sec-fetch-site").as_slice() {
        [] => {}
        ["same-origin" | "none"] => return Testimony::Ours,
        _ => return Testimony::Foreign,
    }
    match text(ORIGIN.as_str()).as_slice() {
        [] => Testimony::Silent,
        [origin]
            if authority_of(origin).is_some_and(|from| host(parts, &parts.headers).is_some_and(|host| host.eq_ignore_ascii_case(from))) =>
        {
            Testimony::Ours
        }
        _ => Testimony::Foreign,
    }
}

/// The host and port of an origin (RFC 6454): `https://host:port`, without a path.
fn authority_of(origin: &str) -> Option<&str> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
    (!rest.is_empty() && !rest.contains('/')).then_some(rest)
}

/// The host and port that the request was sent to.
fn host<'a>(parts: &'a Parts, headers: &'a HeaderMap) -> Option<&'a str> {
    let named = headers.get(HOST).and_then(|value| value.to_str().ok());
    named.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    #[test]
    fn who_caused_it_is_read_from_the_headers() {
        let check = |headers: &[(&str, &str)], expected: Testimony| {
            let mut request = Request::post("/api/v1/tokens").header("host", "gov.example:7443");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            assert_eq!(testimony(&request.body(()).expect("request").into_parts().0), expected, "{headers:?}");
        };
        check(&[], Testimony::Silent);
        check(&[("sec-fetch-site", "same-origin")], Testimony::Ours);
        check(&[("sec-fetch-site", "none")], Testimony::Ours);
        check(&[("sec-fetch-site", "same-site")], Testimony::Foreign);
        check(&[("sec-fetch-site", "cross-site")], Testimony::Foreign);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "https://gov.example:7443")], Testimony::Foreign);
        check(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], Testimony::Foreign);
        check(&[("origin", "https://gov.example:7443")], Testimony::Ours);
        check(&[("origin", "https://GOV.example:7443")], Testimony::Ours);
        for other in
            ["null", "https://gov.example", "https://evil.example", "https://gov.example:7443.evil", "gov.example:7443", "https://", ""]
        {
            check(&[("origin", other)], Testimony::Foreign);
        }
    }
}
