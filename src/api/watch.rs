//! What happens around every request: an id, the client, security headers, counts, a line in the log, and no panic gets out.
//! What a request may change is done to its end, also when whoever asked goes away in the middle.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Peer, RequestId};
use super::problem::{Problem, name_request};
use super::stream;
use crate::base::fault::BUG;
use crate::base::meter::{Meters, RequestLabels};
use crate::conf::Block;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What [`around`] needs.
#[derive(Clone)]
pub(super) struct Watch {
    pub meters: Meters,
    pub closing: CancellationToken,
    pub trusted: Arc<[Block]>,
}

pub(super) async fn around(State(watch): State<Watch>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid().simple().to_string();
    let peer = request.extensions().get::<Peer>().copied().unwrap_or_default();
    let client = Client::of(peer, request.headers(), &watch.trusted);
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |path| path.as_str().to_owned());
    let api = is_api(request.uri().path());

    let response = match answer(&method, next.run(request)).await {
        Ok(response) => response,
        Err(panic) => {
            watch.meters.panics.inc();
            Problem(BUG.fault(format!("{method} {route}: {}", said(panic.as_ref())))).into_response()
        }
    };
    let mut response = name_request(response, &id);
    guard(response.headers_mut(), api, client.secure);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    watch
        .meters
        .requests
        .get_or_create(&RequestLabels { method: known(&method), route: route.clone(), status: class(status.as_u16()) })
        .inc();
    watch.meters.request_seconds.observe(began.elapsed().as_secs_f64());
    tracing::debug!(%method, route, status = status.as_u16(), ms = began.elapsed().as_millis(), source = %client.source, request = id, "request answered");
    stream::end_with(response, &watch.closing)
}

/// The answer of a handler, or its panic. The future of a request is dropped when its client goes away, and between a commit
/// and what follows from it nothing may be dropped: what can change something is a task of its own.
async fn answer(method: &Method, handler: impl Future<Output = Response> + Send + 'static) -> Result<Response, Box<dyn Any + Send>> {
    let handler = AssertUnwindSafe(handler).catch_unwind();
    if method.is_safe() {
        return handler.await;
    }
    tokio::spawn(handler).await.unwrap_or_else(|gone| Err(Box::new(gone.to_string())))
}

/// Whether problems, not console pages, answer for unknown addresses: below `/api`, however that is spelt.
pub(super) fn is_api(path: &str) -> bool {
    let first = path.trim_start_matches('/').split(['/', ';', '.', '%']).next().unwrap_or_default();
    first.eq_ignore_ascii_case("api")
}

/// Headers that make a browser careful. What a handler set stays.
fn guard(headers: &mut HeaderMap, api: bool, secure: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    set(X_FRAME_OPTIONS, "DENY");
    set(OPENER_POLICY, "same-origin");
    set(RESOURCE_POLICY, "same-origin");
    if api {
        set(CACHE_CONTROL, "no-store");
        set(HeaderName::from_static("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; sandbox");
    }
    if secure {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream") {
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    }
}

/// Methods as labels: a client may invent one, a label may not.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

const fn class(status: u16) -> &'static str {
    match status {
        ..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::response::sse::{Event, Sse};
    use axum::routing::{get, post};
    use axum::{Router, middleware};
    use futures::StreamExt;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    fn app(watch: Watch) -> Router {
        let endless = || async { Sse::new(futures::stream::pending::<Result<Event, std::convert::Infallible>>()) };
        Router::new()
            .route("/api/fine", get(|| async { "fine" }))
            .route("/api/broken", get(|| async { [0_u8; 2][usize::from(std::hint::black_box(2_u8))].to_string() }))
            .route("/api/endless", get(endless))
            .layer(middleware::from_fn_with_state(watch, around))
    }

    fn watch() -> Watch {
        Watch { meters: Meters::default(), closing: CancellationToken::new(), trusted: Arc::from([]) }
    }

    async fn ask(app: &Router, path: &str) -> Response {
        app.clone().oneshot(Request::get(path).body(Body::empty()).expect("request")).await.expect("answered")
    }

    #[tokio::test]
    async fn a_panic_is_a_counted_problem_that_tells_nothing_and_others_are_served() {
        let watch = watch();
        let app = app(watch.clone());
        let response = ask(&app, "/api/broken").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = response.headers()[REQUEST_ID].to_str().expect("text").to_owned();
        let body = response.into_body().collect().await.expect("body").to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!((problem["code"].as_str(), problem["request_id"].as_str()), (Some("EG-SYS-001"), Some(id.as_str())));
        assert!(!String::from_utf8_lossy(&body).contains("index"), "{problem}");
        assert_eq!(watch.meters.panics.get(), 1);
        assert_eq!(ask(&app, "/api/fine").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_changes_something_is_done_to_its_end_without_a_listener() {
        let (begun, done) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let (begin, end) = (Arc::clone(&begun), Arc::clone(&done));
        let handler = move || {
            let (begin, end) = (Arc::clone(&begin), Arc::clone(&end));
            async move {
                begin.notify_one();
                tokio::task::yield_now().await;
                end.notify_one();
                "done"
            }
        };
        let app = Router::new().route("/api/change", post(handler)).layer(middleware::from_fn_with_state(watch(), around));
        let asked = app.oneshot(Request::post("/api/change").body(Body::empty()).expect("request"));
        tokio::select! {
            biased;
            () = begun.notified() => {}
            _ = asked => panic!("answered before it was left"),
        }
        tokio::time::timeout(std::time::Duration::from_secs(5), done.notified()).await.expect("done although nobody listens");
    }

    #[tokio::test]
    async fn a_live_stream_ends_when_the_appliance_closes() {
        let watch = watch();
        let response = ask(&app(watch.clone()), "/api/endless").await;
        let mut body = response.into_body().into_data_stream();
        assert!(futures::poll!(body.next()).is_pending());
        watch.closing.cancel();
        assert!(body.next().await.is_none());
    }
}
