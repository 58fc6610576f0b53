//! Serves the web console that is part of the binary: hashed assets with precompressed bodies, one page for every other address.
//!
//! It knows nothing of sessions or of the API: the console is a client like any other. Addresses under `/api` never reach it.

use std::borrow::Cow;
use std::io::Read;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, response::Builder};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::GzDecoder;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `build.rs` saw to: `index.html` and `assets/`, where a name contains a hash of its content.
#[derive(RustEmbed)]
#[cfg_attr(execgov_placeholder, folder = "assets/ui/placeholder")]
#[cfg_attr(not(execgov_placeholder), folder = "assets/ui/dist")]
struct Files;

/// The word in `index.html` that becomes the nonce.
const PLACE: &str = "__EXECGOV_NONCE__";
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Answers any address that is not part of the API.
#[must_use]
pub fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "the console answers GET and HEAD", Some((ALLOW, "GET, HEAD")));
    }
    let body = *method == Method::GET;
    if !is_plain(path) {
        return plain(StatusCode::NOT_FOUND, "nothing is here", None);
    }
    let name = path.trim_start_matches('/');
    if name.starts_with("assets/") {
        return asset(name, headers, body);
    }
    // A browser asks for these by itself; a page is no answer.
    if matches!(name, "favicon.ico" | "robots.txt") || name.starts_with(".well-known/") {
        return plain(StatusCode::NOT_FOUND, "nothing is here", None);
    }
    page(body)
}

/// Whether a path is spelled as the console's own links are. Other spellings (dot segments, empty segments, parameters after
/// `;`, encoded separators) are attempts to be taken for another address by something between us and the client.
fn is_plain(path: &str) -> bool {
    if path == "/" {
        return true;
    }
    let decoded = path.to_ascii_lowercase().replace("%2e", ".");
    let odd = |segment: &str| matches!(segment, "" | "." | "..") || segment.contains([';', '\\']);
    let segments = decoded.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    segments.is_some_and(|segments| !segments.split('/').any(odd)) && !["%00", "%2f", "%5c"].iter().any(|part| decoded.contains(part))
}

/// The one page. It is never cached: its nonce is valid for one answer.
fn page(body: bool) -> Response {
    let Some(file) = Files::get("index.html") else {
        return plain(StatusCode::NOT_FOUND, "this binary has no console; the API is described at /api/openapi.json", None);
    };
    let nonce = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let text = String::from_utf8_lossy(&file.data).replace(PLACE, &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let answer = careful(Response::builder())
        .header(CONTENT_TYPE, "text/html; charset=utf-8")
        .header(CACHE_CONTROL, "no-store")
        .header(CONTENT_LENGTH, text.len())
        .header(CONTENT_SECURITY_POLICY, policy);
    finish(answer, if body { Body::from(text) } else { Body::empty() })
}

fn asset(name: &str, headers: &HeaderMap, body: bool) -> Response {
    // The compressed twins are bodies, not addresses.
    let Some(stored) = [name.to_owned(), twin_of(name, "gz")].iter().find_map(|path| Files::get(path)).filter(|_| !is_twin(name)) else {
        return plain(StatusCode::NOT_FOUND, "no such file in this version of the console", None);
    };
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let tag = format!("\"{}\"", hex::encode(&stored.metadata.sha256_hash()[..16]));
    let answer = careful(Response::builder())
        .header(ETAG, &tag)
        .header(CACHE_CONTROL, FOREVER)
        .header(VARY, HeaderValue::from_static("accept-encoding"));
    if headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|given| matches_tag(given, &tag)) {
        return finish(answer.status(StatusCode::NOT_MODIFIED), Body::empty());
    }
    let charset = if kind.type_() == mime_guess::mime::TEXT { "; charset=utf-8" } else { "" };
    let answer = answer.header(CONTENT_TYPE, format!("{kind}{charset}"));
    let (answer, data) = match best_twin(name, headers) {
        Some((encoding, twin)) => (answer.header(CONTENT_ENCODING, encoding), twin.data),
        None => (answer, unpacked(name)),
    };
    let answer = answer.header(CONTENT_LENGTH, data.len());
    finish(answer, if body { Body::from(data) } else { Body::empty() })
}

fn twin_of(name: &str, ending: &str) -> String {
    format!("{name}.{ending}")
}

fn is_twin(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    matches!(ending, "br" | "gz")
}

/// The smallest body that the client takes.
fn best_twin(name: &str, headers: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(accepted, encoding))
        .find_map(|(encoding, ending)| Some((encoding, Files::get(&twin_of(name, ending))?)))
}

/// The plain bytes. Only what does not gain by compression is kept plain; for the rest, the rare client that takes neither encoding
/// costs us the unpacking. The bytes are our own, so their size needs no limit.
fn unpacked(name: &str) -> Cow<'static, [u8]> {
    if let Some(file) = Files::get(name) {
        return file.data;
    }
    let packed = Files::get(&twin_of(name, "gz")).map(|file| file.data).unwrap_or_default();
    let mut plain = Vec::new();
    // What was packed at build time unpacks; should it not, an empty file says less than a panic.
    let _ = GzDecoder::new(&*packed).read_to_end(&mut plain);
    Cow::Owned(plain)
}

/// RFC 9110, 12.5.3: named (or by `*`) and not with a weight of zero.
fn accepts(accepted: &str, encoding: &str) -> bool {
    let weight = |wanted: &str| {
        accepted.split(',').map(str::trim).find_map(|one| {
            let mut parts = one.split(';').map(str::trim);
            let found = parts.next()?.eq_ignore_ascii_case(wanted);
            found.then(|| parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0))
        })
    };
    weight(encoding).or_else(|| weight("*")).is_some_and(|q| q > 0.0)
}

fn matches_tag(given: &str, tag: &str) -> bool {
    given.trim() == "*" || given.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

fn careful(answer: Builder) -> Builder {
    answer
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(REFERRER_POLICY, "same-origin")
        .header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
}

fn plain(status: StatusCode, text: &'static str, extra: Option<(HeaderName, &'static str)>) -> Response {
    let mut answer =
        careful(Response::builder()).status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8").header(CACHE_CONTROL, "no-store");
    if let Some((name, value)) = extra {
        answer = answer.header(name, value);
    }
    finish(answer, Body::from(text))
}

/// The headers are ours and valid; should one not be, an empty answer says less than a panic.
fn finish(answer: Builder, body: Body) -> Response {
    answer.body(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(path: &str, headers: &[(HeaderName, &'static str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        answer(&Method::GET, path, &headers)
    }

    #[test]
    fn every_page_has_a_fresh_nonce_and_is_not_kept() {
        let policy = |path| ask(path, &[]).headers()[CONTENT_SECURITY_POLICY].to_str().map(str::to_owned).unwrap_or_default();
        assert!(policy("/").contains("default-src 'none'"));
        assert_ne!(policy("/runs"), policy("/runs"));
        assert!(!policy("/").contains("unsafe"));
        assert_eq!(ask("/capabilities/a.b/versions", &[]).headers()[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn a_missing_file_is_not_the_page() {
        for path in ["/assets/", "/assets/none.js", "/assets/../index.html", "/favicon.ico", "/.well-known/security.txt"] {
            assert_eq!(ask(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(answer(&Method::POST, "/", &HeaderMap::new()).status(), StatusCode::METHOD_NOT_ALLOWED);
    }

    #[test]
    fn only_plain_spellings_are_the_page() {
        for path in ["/", "/runs", "/runs/", "/capabilities/a.b/versions", "/help/how-to%20x", "/runs/run_1"] {
            assert!(is_plain(path), "{path}");
        }
        for path in
            ["", "//", "//runs", "/runs//", "/runs/../api", "/healthz/%2E%2e/api", "/runs/.", "/a;b", "/a\\b", "/a%2Fb", "/a%5cb", "/a%00"]
        {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn files_come_compressed_and_once() {
        for name in Files::iter().filter(|name| name.starts_with("assets/") && !name.ends_with(".br")) {
            let path = format!("/{}", name.trim_end_matches(".gz"));
            let answer = ask(&path, &[(ACCEPT_ENCODING, "gzip, br;q=0.9")]);
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[CACHE_CONTROL], FOREVER);
            assert_eq!(answer.headers().contains_key(CONTENT_ENCODING), name.ends_with(".gz"), "{path}");
            let tag = answer.headers()[ETAG].clone();
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, tag)]);
            assert_eq!(super::answer(&Method::GET, &path, &headers).status(), StatusCode::NOT_MODIFIED, "{path}");
            assert_eq!(ask(&format!("{path}.gz"), &[]).status(), StatusCode::NOT_FOUND, "a twin is no address");
        }
    }

    #[tokio::test]
    async fn a_client_that_unpacks_nothing_gets_the_plain_file() {
        for name in Files::iter().filter(|name| name.ends_with(".js.gz") || name.ends_with(".css.gz")) {
            let path = format!("/{}", name.trim_end_matches(".gz"));
            let answer = ask(&path, &[(ACCEPT_ENCODING, "identity")]);
            assert!(!answer.headers().contains_key(CONTENT_ENCODING), "{path}");
            let length = answer.headers()[CONTENT_LENGTH].clone();
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            assert_eq!(length, body.len().to_string(), "{path}");
            assert!(body.len() > 500 && std::str::from_utf8(&body).is_ok(), "{path}");
        }
    }

    #[test]
    fn an_encoding_is_taken_by_name_unless_refused() {
        for (accepted, encoding, expected) in [
            ("gzip, deflate, br", "br", true),
            ("gzip;q=1.0, br;q=0", "br", false),
            ("*", "br", true),
            ("*;q=0", "gzip", false),
            ("identity", "gzip", false),
            ("gzip", "br", false),
            ("", "br", false),
        ] {
            assert_eq!(accepts(accepted, encoding), expected, "{accepted} {encoding}");
        }
    }
}
