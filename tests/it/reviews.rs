//! Reviewed publishing on the real server: a review comes first, nobody publishes what they wrote, and the log says what changed.

use serde_json::{Value, json};

use crate::appliance::{Appliance, answer};
use crate::approvals::{Office, code};
use crate::person::{CHOSEN, Person, is_over};

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
    let shown = office.cli(&office.reviewer, &["capability", "publish", "report@2", "--password-stdin"], CHOSEN);
    assert!(shown.code == 0 && shown.out.contains("published report@2"), "{shown:?}");
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

const TRIED: &str = "# /// script\n# [tool.execgov]\n# risk = \"low\"\n# [[tool.execgov.examples]]\n# inputs = { n = 2 }\n# expect = 4\n# [[tool.execgov.examples]]\n# name = \"zero\"\n# inputs = { n = 0 }\n# expect = 0\n# ///\n\ndef main(n: int = 1) -> int:\n    return n + n\n";

#[tokio::test]
async fn examples_are_tried_before_a_review_and_remarks_go_to_lines() {
    let office = Office::new().await;
    assert!(office.author.register("report.py", TRIED).await.status < 300);
    let report = office.author.post(&version(1, "check"), &json!({})).await.json();
    let verdicts: Vec<&str> = report["cases"].as_array().expect("cases").iter().filter_map(|case| case["verdict"].as_str()).collect();
    assert_eq!((report["passed"].as_bool(), verdicts), (Some(true), vec!["passed", "passed", "passed"]), "{report}");
    let run = report["cases"][1]["run"].as_str().expect("a run").to_owned();
    let run = office.author.get(&format!("/api/v1/runs/{run}")).await.json();
    assert_eq!((run["trigger"].as_str(), run["result"].as_i64()), (Some("test"), Some(4)), "{run}");
    assert_eq!(office.operator.post(&version(1, "check"), &json!({})).await.status, 403);
    assert_eq!(office.author.post(&version(1, "submit"), &json!({ "changelog": "first" })).await.status, 200);
    let shown = office.reviewer.get("/api/v1/capabilities/report/versions/1").await.json();
    let review = shown["review"].as_str().expect("a review").to_owned();
    let remark = json!({ "path": "report.py", "line": 12, "text": "why twice?" });
    for (bad, pointer) in [
        (json!({ "path": "report.py", "line": 0, "text": "x" }), "/line"),
        (json!({ "path": "report.py", "line": 9_999, "text": "x" }), "/line"),
        (json!({ "path": "../etc/passwd", "line": 1, "text": "x" }), "/path"),
        (json!({ "path": "report.py", "line": 1, "text": " " }), "/text"),
    ] {
        let refused = office.reviewer.post(&version(1, "remarks"), &bad).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-CAP-012".to_owned()), Some(pointer)),
            "{bad}"
        );
    }
    let made = office.reviewer.post(&version(1, "remarks"), &remark).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let seen = office.reviewer.get(&format!("/api/v1/approvals/{review}")).await.json();
    assert_eq!((seen["publish"]["open_remarks"].as_u64(), seen["publish"]["check"]["passed"].as_bool()), (Some(1), Some(true)), "{seen}");
    let said =
        office.cli(&office.author, &["capability", "remarks", "report@1", "--settle", made.json()["id"].as_str().expect("an id")], "");
    assert!(said.code == 0 && said.out.contains("settled"), "{said:?}");
    let said = office.cli(&office.author, &["capability", "remark", "report@1", "report.py:1", "as asked for"], "");
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(office.operator.post(&version(1, "remarks"), &remark).await.status, 403);

    // A version whose example fails stays a draft, and says which.
    let wrong = TRIED.replace("n + n", "n * n * n");
    assert!(office.author.register("report.py", wrong).await.status < 300);
    let refused = office.author.post(&version(2, "submit"), &json!({ "changelog": "cubes" })).await;
    assert_eq!(code(&refused), (409, "EG-CAP-013".to_owned()), "{}", refused.text);
    assert!(refused.text.contains("example 1") && refused.text.contains('8'), "{}", refused.text);
    let said = office.cli(&office.author, &["capability", "check", "report@2"], "");
    assert!(said.code == 3 && said.out.contains("failed"), "{said:?}");
    assert_eq!(office.author.get("/api/v1/capabilities/report/versions/2").await.json()["state"], "draft");
}

#[tokio::test]
async fn a_publishing_is_agreed_to_now_and_happens_later_and_the_history_tells() {
    use execgov::base::clock::{Clock, SystemClock};
    let office = Office::new().await;
    assert!(office.author.register("report.py", ONE).await.status < 300);
    for bad in ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "tomorrow"] {
        let refused = office.author.post(&version(1, "submit"), &json!({ "changelog": "x", "publish_at": bad })).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-CAP-011".to_owned()), Some("/publish_at")),
            "{bad}"
        );
    }
    let soon = (SystemClock.now() + jiff::SignedDuration::from_secs(8)).to_string();
    assert_eq!(office.author.post(&version(1, "submit"), &json!({ "changelog": "first", "publish_at": soon })).await.status, 200);
    let agreed = office.reviewer.post(&version(1, "publish"), &json!({ "comment": "at four" })).await.json();
    assert_eq!(agreed["current"], Value::Null, "not yet: {agreed}");
    let shown = office.reviewer.get("/api/v1/capabilities/report/versions/1").await.json();
    assert!(shown["scheduled"].is_string() && shown["state"] == "in_review", "{shown}");
    let mut current = Value::Null;
    for _ in 0..600 {
        current = office.reviewer.get("/api/v1/capabilities/report").await.json()["current"].clone();
        if current == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(current, 1, "its moment has come");
    assert!(office.author.register("report.py", ONE.replace("return n", "return -n")).await.status < 300);
    // Who agreed and is no reviewer any more as the moment comes has agreed to nothing.
    let soon = (SystemClock.now() + jiff::SignedDuration::from_secs(8)).to_string();
    assert_eq!(office.author.post(&version(2, "submit"), &json!({ "changelog": "minus", "publish_at": soon })).await.status, 200);
    assert_eq!(office.reviewer.post(&version(2, "publish"), &json!({})).await.status, 200);
    office.change("reviewer", json!({ "roles": ["viewer"] })).await;
    let mut state = Value::Null;
    for _ in 0..600 {
        state = office.author.get("/api/v1/capabilities/report/versions/2").await.json()["state"].clone();
        if state == "draft" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(state, "draft", "it went back to its author");
    office.change("reviewer", json!({ "roles": ["reviewer"] })).await;
    assert_eq!(office.author.post(&version(2, "submit"), &json!({ "changelog": "minus" })).await.status, 200);
    assert_eq!(office.reviewer.post(&version(2, "publish"), &json!({})).await.status, 200);
    assert_eq!(office.reviewer.post("/api/v1/capabilities/report/rollback", &json!({})).await.status, 200);
    let said = office.cli(&office.operator, &["capability", "history", "report", "-o", "json"], "").json();
    let told: Vec<(&str, u64)> = said
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["kind"].as_str().unwrap_or_default(), one["version"].as_u64().unwrap_or_default()))
        .collect();
    assert_eq!(told, [("rolled_back", 1), ("published", 2), ("published", 1)], "{said}");
    assert_eq!(said[2]["by"][0]["name"], "reviewer", "{said}");
}

/// A tenant may ask that nothing of the checklist is missing from what is published.
#[tokio::test]
async fn the_checklist_can_be_required_for_publishing() {
    let office = Office::new().await;
    let need = json!({ "kind": "approve", "approvers": 1, "role": "reviewer" });
    let rule = json!({ "need": need, "checklist_required": true });
    let put = async |path: &str| answer(office.admin.request(reqwest::Method::PUT, path).json(&rule)).await;
    assert_eq!(code(&put("/api/v1/rules/risk/high").await), (400, "EG-APR-007".to_owned()), "it goes with publishing only");
    let set = put("/api/v1/rules/matter/publish").await;
    assert!(set.status == 200 && set.text.contains("\"checklist_required\":true"), "{}", set.text);

    assert!(office.author.register("report.py", ONE).await.status < 300);
    let refused = office.author.post(&version(1, "submit"), &json!({ "changelog": "first" })).await;
    assert_eq!(code(&refused), (409, "EG-CAP-014".to_owned()), "{}", refused.text);
    let missing = refused.json()["params"]["missing"].as_str().unwrap_or_default().to_owned();
    assert!(missing.contains("readme") && missing.contains("examples") && missing.contains("inputs_described"), "{missing}");
    let shown = office.author.get("/api/v1/capabilities/report/versions/1").await.json();
    assert_eq!(shown["state"], "draft", "{shown}");

    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("report.py", "def main(n: int = 1) -> int:\n    \"\"\"Counts.\"\"\"\n    return n\n");
    write("README.md", "# Report\n\nCounts what there is.\n");
    write(
        "capability.toml",
        "name = \"report\"\ndescription = \"Counts what there is\"\nrisk = \"low\"\nowner = \"finance\"\nwrites = []\ndependencies = []\ntimeout = \"1m\"\n\n[inputs.n]\ntype = \"integer\"\ndescription = \"How many\"\ndefault = 1\n\n[[examples]]\nname = \"one\"\ninputs = { n = 1 }\nexpect = 1\n",
    );
    office.cli(&office.author, &["register", folder.path().to_str().expect("a path")], "").fine();
    let submitted = office.author.post(&version(2, "submit"), &json!({ "changelog": "complete" })).await;
    assert_eq!(submitted.status, 200, "{}", submitted.text);
    let published = office.reviewer.post(&version(2, "publish"), &json!({})).await;
    assert_eq!(published.status, 200, "{}", published.text);
    let log = office.admin.get("/api/v1/audit/events?action=capability.submit&limit=5").await;
    assert!(log.text.contains("EG-CAP-014"), "{}", log.text);
}
