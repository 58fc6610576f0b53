//! Reviewed publishing on the real server: a review comes first, nobody publishes what they wrote, and the log says what changed.

use serde_json::{Value, json};

use crate::appliance::{Appliance, answer};
use crate::approvals::{Office, code};
use crate::person::{Person, is_over};

const ONE: &str = "def main(n: int = 1) -> int:\n    return n\n";
const RISKY: &str = "# /// script\n# [tool.execgov]\n# risk = \"critical\"\n# ///\n\ndef main(n: int = 2) -> int:\n    return n\n";

fn version(number: u32, verb: &str) -> String {
    format!("/api/v1/capabilities/report/versions/{number}/{verb}")
}

#[tokio::test]
async fn a_review_comes_first_and_nobody_publishes_what_they_wrote() {
    let office = Office::new().await;
    // The author reviews too, and has a second account that reviews.
    let both = office.admin.another(&office.appliance, "both", &["author", "reviewer"]).await;
    let twin = office.admin.another(&office.appliance, "twin", &["reviewer"]).await;
    for user in ["both", "twin"] {
        let bind = office.admin.request(reqwest::Method::PATCH, &format!("/api/v1/users/{user}"));
        assert_eq!(answer(bind.json(&json!({ "person": "E-7" }))).await.status, 200);
    }
    assert!(both.register("report.py", ONE).await.status < 300);
    let early = office.reviewer.post(&version(1, "publish"), &json!({})).await;
    assert_eq!(code(&early), (409, "EG-CAP-004".to_owned()), "a draft is not published: {}", early.text);
    for bad in [json!({ "changelog": "" }), json!({ "changelog": "two\nlines" }), json!({ "changelog": "x".repeat(301) })] {
        assert_eq!(code(&both.post(&version(1, "submit"), &bad).await), (400, "EG-CAP-011".to_owned()), "{bad}");
    }
    assert_eq!(code(&both.post(&version(1, "submit"), &json!({})).await), (400, "EG-REQ-003".to_owned()));
    assert_eq!(office.operator.post(&version(1, "submit"), &json!({ "changelog": "x" })).await.status, 403);
    let submitted = both.post(&version(1, "submit"), &json!({ "changelog": "first" })).await;
    assert_eq!(submitted.status, 200, "{}", submitted.text);
    assert_eq!(office.operator.start("report", json!({})).await.status, 409, "what is in review does not run");
    for (who, what) in [(&both, "the author"), (&twin, "the author under a second account")] {
        let refused = who.post(&version(1, "publish"), &json!({})).await;
        assert_eq!((refused.status, refused.json()["params"]["policy"].as_str()), (403, Some("four-eyes")), "{what}: {}", refused.text);
    }
    // Returned, it is a draft again; submitted anew, somebody else publishes it.
    assert_eq!(office.reviewer.post(&version(1, "return"), &json!({ "comment": "needs a test" })).await.status, 200);
    assert_eq!(code(&office.reviewer.post(&version(1, "publish"), &json!({})).await), (409, "EG-CAP-004".to_owned()));
    assert_eq!(both.post(&version(1, "submit"), &json!({ "changelog": "with a test" })).await.status, 200);
    assert_eq!(office.reviewer.post(&version(1, "publish"), &json!({})).await.status, 200);
    assert_eq!(office.operator.run("report", json!({})).await["result"], 1);
    let shown = office.reviewer.get("/api/v1/capabilities/report/versions/1").await.json();
    assert_eq!((shown["changelog"].as_str(), shown["published_by"].as_str()), (Some("with a test"), Some("reviewer")), "{shown}");

    // The next version may do more: the log says so.
    let said = office.cli(&both, &["capability", "versions", "report"], "").fine();
    assert!(said.contains("with a test"), "{said}");
    assert!(both.register("report.py", RISKY).await.status < 300);
    office.cli(&both, &["capability", "submit", "report@2", "--changelog", "pays for real"], "").fine();
    office.cli(&office.reviewer, &["capability", "publish", "report@2"], "").fine();
    let log = office.admin.get("/api/v1/audit/events?action=capability.publish&subject=report&limit=5").await.json();
    let delta = &log["items"][0]["details"]["permission_delta"];
    let told = delta.as_array().is_some_and(|all| all.iter().any(|one| one["field"] == "/risk" && one["to"] == "critical"));
    assert!(told, "{log}");
    let gone = office.cli(&office.reviewer, &["capability", "rollback", "report", "--comment", "too soon"], "");
    assert_eq!(gone.code, 0, "a rollback needs no new review: {gone:?}");
}

#[tokio::test]
async fn who_governs_alone_publishes_a_draft_and_it_is_marked() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    ada.publish("report.py", ONE).await;
    let log = ada.get("/api/v1/audit/events?action=capability.publish&limit=1").await.json();
    assert_eq!(log["items"][0]["details"]["self_approved"], true, "{log}");
    let run: Value = ada.run("report", json!({})).await;
    assert!(run["phase"].as_str().is_some_and(is_over));
}
