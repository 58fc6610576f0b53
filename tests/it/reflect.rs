//! What a request says comes back, if at all, as data of a fixed type that no browser takes for a page (attacks L06, L09).

use reqwest::Method;
use serde_json::json;

use crate::appliance::{Appliance, answer};
use crate::person::Person;

const HOSTILE: &str = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";

#[tokio::test]
async fn nothing_is_reflected_as_a_page_and_nothing_is_kept_by_caches() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    for path in [
        format!("/api/v1/users/{HOSTILE}"),
        format!("/api/v1/none/{HOSTILE}?callback={HOSTILE}&format=html"),
        format!("/api/v1/audit/events?q={HOSTILE}&callback={HOSTILE}"),
        format!("/api/v1/audit/events?from={HOSTILE}"),
        format!("/api/v1/audit/events?cursor={HOSTILE}"),
        format!("/api/v1/audit/events/{HOSTILE}"),
        format!("/api/v1/audit/events/download?format={HOSTILE}"),
        format!("/api/v1/announcements?view={HOSTILE}"),
        format!("/api/v1/templates/{HOSTILE}"),
        format!("/api/v1/community/{HOSTILE}"),
    ] {
        let got = answer(ada.request(Method::GET, &path).header("accept", "text/html,*/*")).await;
        assert!((400..500).contains(&got.status), "{path}: {}", got.status);
        assert!(got.header("content-type").starts_with("application/problem+json"), "{path}: {:?}", got.headers);
        assert_eq!((got.header("x-content-type-options"), got.header("cache-control")), ("nosniff", "no-store"), "{path}");
    }
    for path in
        ["/api/v1/me", "/api/v1/audit/events", "/api/v1/audit/status", "/api/v1/announcements", "/api/v1/templates", "/api/v1/community"]
    {
        let got = ada.get(path).await;
        assert_eq!((got.status, got.header("cache-control")), (200, "no-store"), "{path}");
    }
    // What people wrote comes back as JSON text, whatever it holds.
    let wish = json!({ "title": "</script><script>alert(1)</script>", "body": "javascript:alert(1)", "severity": "info" });
    let made = ada.post("/api/v1/announcements", &wish).await;
    assert_eq!((made.status, made.json()["title"] == wish["title"]), (201, true), "{}", made.text);
    assert!(made.header("content-type").starts_with("application/json"), "{:?}", made.headers);
}
