//! The community page on the real server: shared, rated once a person, copied into one's own space, moderated.

use reqwest::Method;
use serde_json::json;

use crate::appliance::{Answer, answer};
use crate::approvals::{Office, code};
use crate::person::Person;

async fn rate(person: &Person, stars: u64) -> Answer {
    answer(person.request(Method::PUT, "/api/v1/community/payout/rating").json(&json!({ "stars": stars, "comment": "well" }))).await
}

#[tokio::test]
async fn colleagues_share_rate_and_copy() {
    let office = Office::new().await;
    let wish = json!({ "capability": "payout", "description": "Pays\nout." });
    assert_eq!(office.operator.post("/api/v1/community", &wish).await.status, 403);
    let shared = office.author.post("/api/v1/community", &wish).await;
    assert_eq!((shared.status, shared.json()["description"].as_str()), (201, Some("Pays\nout.")), "{}", shared.text);
    assert_eq!(code(&rate(&office.author, 5).await), (409, "EG-COM-003".to_owned()), "nobody rates their own");
    assert_eq!(code(&rate(&office.operator, 6).await), (400, "EG-COM-001".to_owned()));
    assert_eq!(rate(&office.operator, 2).await.status, 200);
    assert_eq!(rate(&office.reviewer, 5).await.status, 200);
    let rated = rate(&office.operator, 4).await.json();
    assert_eq!(
        (rated["ratings"].as_u64(), rated["mean_tenths"].as_u64(), rated["own_stars"].as_u64()),
        (Some(2), Some(45), Some(4)),
        "{rated}"
    );
    let listed = office.cli(&office.operator, &["community", "list"], "").fine();
    assert!(listed.contains("payout\t4.5 (2)\t0\tcritical\tauthor"), "{listed}");

    // The copy is a draft in a space of one's own, and knows where it came from.
    let second = office.admin.another(&office.appliance, "mia", &["author"]).await;
    assert_eq!(office.operator.post("/api/v1/community/payout/copy", &json!({})).await.status, 403);
    let copied = second.post("/api/v1/community/payout/copy", &json!({})).await;
    assert_eq!(
        (copied.status, copied.json()["capability"].as_str(), copied.json()["space"].as_str()),
        (201, Some("payout-mia"), Some("personal")),
        "{}",
        copied.text
    );
    assert_eq!(code(&second.post("/api/v1/community/payout/copy", &json!({})).await), (400, "EG-CAP-007".to_owned()));
    let version = second.get("/api/v1/capabilities/payout-mia/versions/1").await.json();
    assert_eq!(
        (version["state"].as_str(), version["comment"].as_str()),
        (Some("draft"), Some("copied from payout, version 1")),
        "{version}"
    );
    assert_eq!(office.operator.get("/api/v1/community/payout").await.json()["copies"], 1);
    for (body, expected) in [
        (json!({ "capability": "payout", "description": "" }), (400, "EG-COM-001")),
        (json!({ "capability": "payout", "description": "a\u{202e}b" }), (400, "EG-COM-001")),
        // It lives in somebody's own space, which only its owner sees.
        (json!({ "capability": "payout-mia", "description": "x" }), (404, "EG-AUTH-009")),
        (json!({ "capability": "none-such", "description": "x" }), (404, "EG-AUTH-009")),
    ] {
        assert_eq!(code(&office.author.post("/api/v1/community", &body).await), (expected.0, expected.1.to_owned()), "{body}");
    }
    let unpublished = second.post("/api/v1/community", &json!({ "capability": "payout-mia", "description": "x" })).await;
    assert_eq!(code(&unpublished), (409, "EG-CAP-003".to_owned()));
    assert_eq!(code(&office.operator.get("/api/v1/community/payout-mia").await), (404, "EG-COM-002".to_owned()));
}

#[tokio::test]
async fn the_tenants_administrator_moderates() {
    let office = Office::new().await;
    let keeper = office.admin.another(&office.appliance, "keeper", &["tenant-admin"]).await;
    let wish = json!({ "capability": "payout", "description": "Pays out." });
    assert_eq!(office.author.post("/api/v1/community", &wish).await.status, 201);
    let hide = json!({ "reason": "prints a password" });
    assert_eq!(office.author.post("/api/v1/community/payout/hide", &hide).await.status, 403);
    assert_eq!(keeper.post("/api/v1/community/payout/hide", &json!({ "reason": " " })).await.status, 400);
    assert_eq!(keeper.post("/api/v1/community/payout/hide", &hide).await.status, 200);
    assert_eq!(office.operator.get("/api/v1/community").await.json()["items"], json!([]));
    assert_eq!(code(&office.operator.get("/api/v1/community/payout").await), (404, "EG-COM-002".to_owned()));
    assert_eq!(code(&rate(&office.operator, 1).await), (404, "EG-COM-002".to_owned()));
    let owner = office.author.get("/api/v1/community/payout").await.json();
    assert_eq!(owner["hidden"]["reason"], "prints a password", "{owner}");
    assert_eq!(
        code(&office.author.post("/api/v1/community", &wish).await),
        (409, "EG-COM-003".to_owned()),
        "sharing again is no way around"
    );
    office.cli(&keeper, &["community", "hide", "payout", "--undo"], "").fine();
    assert_eq!(rate(&office.operator, 3).await.status, 200);
    let log = office.admin.get("/api/v1/audit/events?action=community.&limit=100").await;
    for verb in ["share", "hide", "unhide", "rate"] {
        assert!(log.text.contains(&format!("\"community.{verb}\"")), "{verb}");
    }
}
