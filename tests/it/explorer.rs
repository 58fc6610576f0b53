//! The audit explorer on the real server: filters by index say what a look at every entry says; files, views, witnesses.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Appliance, answer};
use crate::approvals::{Office, approve, code, request_of};
use crate::person::{Person, id_of};

/// Whether an entry is one that a filter should find.
type Fits<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

/// Every entry that a query finds, newest first.
async fn all(person: &Person, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = person.get(&format!("/api/v1/audit/events?limit=97&{query}&cursor={cursor}")).await.json();
        found.extend(page["items"].as_array().unwrap_or_else(|| panic!("{query}: {page}")).iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return found,
        }
    }
}

fn indexes(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["index"].as_u64().expect("an index")).collect()
}

#[tokio::test]
async fn filters_find_what_a_look_at_every_entry_finds() {
    let office = Office::new().await;
    let admin = &office.admin;
    let (run, request) = request_of(&office.operator.start("payout", json!({ "amount": 7 })).await);
    assert_eq!(approve(&office.approver, &request).await.status, 200);
    // More than two full bundles, so that the index is asked and the tail is not all there is.
    for n in 0..560 {
        assert_eq!(office.operator.get(&format!("/api/v1/users/nobody-{}", n % 40)).await.status, 404);
    }
    let changed = answer(admin.request(Method::PATCH, "/api/v1/users/operator").json(&json!({ "display_name": "Olga" }))).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let every = all(admin, "").await;
    let last = every.first().expect("entries")["index"].as_u64().expect("an index");
    assert_eq!(indexes(&every), (0..=last).rev().collect::<Vec<_>>(), "nothing is left out or shown twice");
    let middle = every[every.len() / 2]["at"].as_str().expect("a moment").to_owned();
    let words = |event: &Value, word: &str| event.to_string().to_lowercase().contains(word);
    let text = |event: &Value, path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let cases: Vec<(String, Fits<'_>)> = vec![
        ("actor=operator".to_owned(), Box::new(|event| text(event, "/actor/name") == "operator")),
        ("action=user.".to_owned(), Box::new(|event| text(event, "/action").starts_with("user."))),
        ("action=user.view&subject=nobody-7".to_owned(), Box::new(|event| text(event, "/subject/name") == "nobody-7")),
        ("outcome=refused&kind=user".to_owned(), Box::new(|event| event["outcome"] == "refused" && event["subject"]["kind"] == "user")),
        ("outcome=failed".to_owned(), Box::new(|event| event["outcome"] == "failed")),
        (format!("run={run}"), Box::new(|event| words(event, &run))),
        (format!("approval={request}"), Box::new(|event| words(event, &request))),
        (format!("run={run}&approval={request}"), Box::new(|event| words(event, &run) && words(event, &request))),
        (
            format!("actor=operator&to={middle}"),
            Box::new(|event| {
                text(event, "/actor/name") == "operator"
                    && event["at"]
                        .as_str()
                        .is_some_and(|at| at.parse::<jiff::Timestamp>().expect("a moment") < middle.parse().expect("a moment"))
            }),
        ),
        ("q=NOBODY-39".to_owned(), Box::new(|event| words(event, "nobody-39"))),
        (
            "q=nobody-3+refused&actor=operator".to_owned(),
            Box::new(|event| words(event, "nobody-3") && words(event, "refused") && text(event, "/actor/name") == "operator"),
        ),
    ];
    for (query, fits) in cases {
        let expected: Vec<u64> = indexes(&every.iter().filter(|event| fits(event)).cloned().collect::<Vec<_>>());
        let found = all(admin, &query).await;
        assert_eq!(indexes(&found), expected, "{query}");
        assert!(!expected.is_empty() || query == "outcome=failed", "{query} finds something");
    }
    let renamed = all(admin, "action=user.update").await;
    let shown = admin.get(&format!("/api/v1/audit/events/{}", renamed[0]["index"])).await.json();
    assert_eq!(shown["changes"], json!([{ "field": "display_name", "before": "operator", "after": "Olga" }]));
    let said = office.cli(admin, &["audit", "show", &renamed[0]["index"].to_string()], "").fine();
    assert!(said.contains("display_name\toperator\tOlga"), "{said}");
    let said = office.cli(admin, &["audit", "list", "--run", &run, "-o", "name"], "").fine();
    assert_eq!(said.lines().count(), all(admin, &format!("run={run}")).await.len());
    // Who may not read the log sees their own acts, whatever they ask for.
    let own = all(&office.operator, "actor=ada").await;
    assert!(own.is_empty(), "{own:?}");
    let own: BTreeSet<String> = all(&office.operator, "").await.iter().map(|event| text(event, "/actor/name")).collect();
    assert_eq!(own, BTreeSet::from(["operator".to_owned()]));
    for (query, expected) in [("from=yesterday", "EG-AUD-001"), ("view=avw_00000000000070008000000000000000", "EG-AUTH-009")] {
        assert_eq!(code(&admin.get(&format!("/api/v1/audit/events?{query}")).await).1, expected, "{query}");
    }
    let long = "x".repeat(300);
    assert_eq!(code(&admin.get(&format!("/api/v1/audit/events?q={long}")).await), (400, "EG-AUD-001".to_owned()));
}

#[tokio::test]
async fn hostile_names_and_reasons_are_one_record_and_harmless_in_files() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    let hostile = ["=HYPERLINK(\"http://evil\")", "+1+1", "@SUM(A1)", "-2+3", "</script><script>alert(1)</script>", "{\"action\":\"x\"}"];
    for (n, text) in hostile.into_iter().enumerate() {
        let made = ada
            .post(
                "/api/v1/users",
                &json!({ "username": format!("u{n}"), "password": "correct horse battery", "display_name": text, "roles": [] }),
            )
            .await;
        assert!(made.status == 201 || made.status == 400, "{}", made.text);
        assert_eq!(ada.get(&format!("/api/v1/users/{}", urlencode(text))).await.status, 404);
    }
    let noisy = "line\nbreak \u{1b}[2J\u{202e}txt.exe\ttab";
    assert_eq!(ada.get(&format!("/api/v1/users/{}", urlencode(noisy))).await.status, 404);
    let asked = ada.get("/api/v1/audit/events?limit=1").await.json();
    assert_eq!(asked["items"][0]["subject"]["name"], noisy, "stored as it came, in one record");

    let lines = ada.get("/api/v1/audit/events/download?format=jsonl").await;
    assert_eq!((lines.status, lines.header("content-type")), (200, "application/x-ndjson"));
    assert_eq!((lines.header("x-content-type-options"), lines.header("cache-control")), ("nosniff", "no-store"));
    let events: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON in each line")).collect();
    assert!(events.iter().any(|event| event["subject"]["name"] == noisy));
    assert_eq!(events.len() as u64, events[0]["index"].as_u64().expect("an index") + 1, "one line each");

    let table = ada.get("/api/v1/audit/events/download?format=csv&kind=user").await;
    assert!(table.header("content-disposition").contains("execgov-audit.csv"), "{:?}", table.headers);
    for text in hostile.into_iter().filter(|text| text.starts_with(['=', '+', '@', '-'])) {
        let quoted = text.replace('"', "\"\"");
        assert!(table.text.contains(&format!("'{quoted}")), "{text}: {}", table.text);
        assert!(!table.text.contains(&format!(",{quoted}")) && !table.text.contains(&format!("\"{quoted}")), "{text}: {}", table.text);
    }
    assert_eq!(code(&ada.get("/api/v1/audit/events/download?format=xlsx").await), (400, "EG-AUD-001".to_owned()));
    let recorded = ada.get("/api/v1/audit/events?action=audit.export&limit=1").await.json();
    assert_eq!(recorded["items"][0]["details"]["filter"]["kind"], "user", "{recorded}");
    // A terminal gets nothing that it would obey; a pipe gets one line for one record.
    let home = tempfile::tempdir().expect("home");
    let file = home.path().join("out.csv");
    let said = crate::appliance::program(home.path())
        .env("EXECGOV_URL", &appliance.url)
        .env("EXECGOV_TOKEN", ada.token())
        .args(["audit", "download", file.to_str().expect("UTF-8"), "--kind", "user"])
        .output()
        .expect("runs");
    assert!(said.status.success(), "{said:?}");
    assert!(std::fs::read_to_string(&file).expect("a file").starts_with("index,at,tenant,action,outcome,"));
}

fn urlencode(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[tokio::test]
async fn views_are_kept_shared_and_used() {
    let office = Office::new().await;
    let auditor = office.admin.another(&office.appliance, "auditor", &["auditor"]).await;
    let said =
        office.cli(&auditor, &["audit", "view", "save", "Refused starts", "--action", "run.", "--outcome", "refused", "--shared"], "");
    assert_eq!(said.code, 0, "an auditor keeps views: {said:?}");
    let own = auditor.post("/api/v1/audit/views", &json!({ "name": "mine", "filter": { "actor": "ada" } })).await;
    assert_eq!(own.status, 201, "{}", own.text);
    let seen = office.admin.get("/api/v1/audit/views").await.json();
    let names: Vec<&str> = seen["items"].as_array().expect("items").iter().map(|view| view["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["Refused starts"], "what is not shared is not seen");
    assert_eq!(seen["items"][0]["own"], false);
    let (shared, private) = (id_of(&seen["items"][0]), id_of(&own.json()));
    // A refused start: nothing of it is published.
    assert!(office.author.register("draft.py", "def main() -> int:\n    return 1\n").await.status < 300);
    assert_eq!(office.operator.start("draft", json!({})).await.status, 409);
    let found = office.cli(&office.admin, &["audit", "list", "--view", "Refused starts", "-o", "jsonl"], "").fine();
    assert!(found.lines().count() > 0 && found.lines().all(|line| line.contains("\"refused\"") && line.contains("\"run.")), "{found}");
    assert_eq!(code(&office.admin.get(&format!("/api/v1/audit/events?view={private}")).await).0, 404);
    let change = json!({ "name": "x", "filter": {} });
    let other = answer(office.admin.request(Method::PUT, &format!("/api/v1/audit/views/{shared}")).json(&change)).await;
    assert_eq!(other.status, 404, "only the owner changes it: {}", other.text);
    let changed = answer(auditor.request(Method::PUT, &format!("/api/v1/audit/views/{private}")).json(&change)).await;
    assert_eq!((changed.status, changed.json()["name"].as_str()), (200, Some("x")));
    for (body, pointer) in [
        (json!({ "name": "", "filter": {} }), "/name"),
        (json!({ "name": "a\u{202e}b", "filter": {} }), "/name"),
        (json!({ "name": "x", "filter": { "actor": "y".repeat(300) } }), "/filter/actor"),
        (json!({ "name": "x", "filter": { "from": "soon" } }), "/filter"),
    ] {
        let refused = auditor.post("/api/v1/audit/views", &body).await;
        assert_eq!((code(&refused), refused.json()["errors"][0]["pointer"].as_str()), ((400, "EG-AUD-006".to_owned()), Some(pointer)));
    }
    office.cli(&auditor, &["audit", "view", "remove", "Refused starts", "--yes"], "").fine();
    assert_eq!(office.cli(&auditor, &["audit", "view", "remove", "Refused starts", "--yes"], "").code, 2);
}

#[tokio::test]
async fn a_witnessed_checkpoint_is_one_of_this_log() {
    let (appliance, other) = (Appliance::start(), Appliance::start());
    let (ada, eve) = (Person::first(&appliance).await, Person::first(&other).await);
    let before = ada.get("/api/v1/audit/status").await.json();
    assert!(before["last_witnessed"].is_null() && before["last_verified"].is_null(), "{before}");
    let note = ada.get("/api/v1/audit/checkpoint").await.text;
    assert_eq!(ada.get("/api/v1/users/nobody").await.status, 404);
    let made = ada.post("/api/v1/audit/witnesses", &json!({ "checkpoint": note, "place": "safe of the auditors" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let foreign = eve.get("/api/v1/audit/checkpoint").await.text;
    for (body, pointer) in [
        (json!({ "checkpoint": foreign, "place": "x" }), "/checkpoint"),
        (json!({ "checkpoint": note.replace('\n', " \n"), "place": "x" }), "/checkpoint"),
        (json!({ "checkpoint": "", "place": "x" }), "/checkpoint"),
        (json!({ "place": " " }), "/place"),
    ] {
        let refused = ada.post("/api/v1/audit/witnesses", &body).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-AUD-008".to_owned()), Some(pointer)),
            "{body}"
        );
    }
    assert_eq!(ada.post("/api/v1/audit/verify", &json!({})).await.json()["ok"], true);
    let after = ada.get("/api/v1/audit/status").await.json();
    assert_eq!(
        (after["last_verified"]["ok"].as_bool(), after["last_witnessed"]["place"].as_str()),
        (Some(true), Some("safe of the auditors"))
    );
    assert_eq!(after["unwitnessed"].as_u64(), Some(after["entries"].as_u64().expect("n") - made.json()["entries"].as_u64().expect("n")));
    assert_eq!(code(&ada.post("/api/v1/audit/retention", &json!({})).await), (409, "EG-AUD-009".to_owned()));
}
