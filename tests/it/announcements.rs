//! Announcements on the real server: nobody publishes what they wrote, they reach whom they are for, and who has read
//! them is known.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Appliance, answer};
use crate::approvals::{Office, code};
use crate::person::{Person, id_of};

fn notice(more: Value) -> Value {
    let mut notice = json!({ "title": "Maintenance", "body": "No runs\non Saturday.", "severity": "warning" });
    let Value::Object(more) = more else { panic!("an object") };
    for (name, value) in more {
        notice[name] = value;
    }
    notice
}

async fn step(person: &Person, id: &str, step: &str) -> crate::appliance::Answer {
    person.post(&format!("/api/v1/announcements/{id}/{step}"), &json!({})).await
}

async fn shown(person: &Person) -> Vec<String> {
    let all = person.get("/api/v1/announcements").await.json();
    all["items"]
        .as_array()
        .unwrap_or_else(|| panic!("{all}"))
        .iter()
        .map(|item| item["title"].as_str().expect("a title").to_owned())
        .collect()
}

#[tokio::test]
async fn a_second_person_publishes_and_readers_are_counted() {
    let office = Office::new().await;
    let second = office.admin.another(&office.appliance, "second", &["platform-admin"]).await;
    let wish = notice(json!({ "roles": ["operator"], "acknowledge": true }));
    assert_eq!(office.operator.post("/api/v1/announcements", &wish).await.status, 403);
    let made = office.admin.post("/api/v1/announcements", &wish).await;
    assert_eq!((made.status, made.json()["state"].as_str()), (201, Some("draft")), "{}", made.text);
    let id = id_of(&made.json());
    assert_eq!(code(&step(&second, &id, "publish").await), (409, "EG-ANN-002".to_owned()), "a review comes first");
    assert_eq!(step(&office.admin, &id, "submit").await.status, 200);
    let refused = answer(office.admin.request(Method::PUT, &format!("/api/v1/announcements/{id}")).json(&wish)).await;
    assert_eq!(code(&refused), (409, "EG-ANN-002".to_owned()), "what is in review does not change");
    assert_eq!(step(&office.admin, &id, "publish").await.status, 403, "not by its author");
    assert!(shown(&office.operator).await.is_empty());
    assert_eq!(office.operator.get(&format!("/api/v1/announcements/{id}")).await.status, 404);
    // Given back, changed by the second person: now neither may publish it.
    assert_eq!(step(&second, &id, "return").await.status, 200);
    let edited = answer(second.request(Method::PUT, &format!("/api/v1/announcements/{id}")).json(&wish)).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    assert_eq!(step(&second, &id, "submit").await.status, 200);
    assert_eq!(step(&second, &id, "publish").await.status, 403);
    let third = office.admin.another(&office.appliance, "third", &["platform-admin"]).await;
    let published = step(&third, &id, "publish").await;
    assert_eq!((published.status, published.json()["shown"].as_bool()), (200, Some(true)), "{}", published.text);

    assert_eq!(shown(&office.operator).await, ["Maintenance"]);
    assert!(shown(&office.author).await.is_empty(), "it is for operators");
    assert_eq!(step(&office.author, &id, "acknowledge").await.status, 404);
    let receipts = office.admin.get(&format!("/api/v1/announcements/{id}/receipts")).await.json();
    assert_eq!((receipts["acknowledged"].as_u64(), &receipts["missing"]), (Some(0), &json!(["operator"])), "{receipts}");
    assert_eq!(office.operator.get(&format!("/api/v1/announcements/{id}/receipts")).await.status, 404);
    for _ in 0..2 {
        let read = step(&office.operator, &id, "acknowledge").await;
        assert!(read.status == 200 && read.json()["acknowledged_at"].is_string(), "{}", read.text);
    }
    let receipts = office.admin.get(&format!("/api/v1/announcements/{id}/receipts")).await.json();
    assert_eq!((receipts["acknowledged"].as_u64(), receipts["pending"].as_u64()), (Some(1), Some(0)), "twice is once: {receipts}");
    assert_eq!(receipts["readers"][0]["by"]["name"], "operator");
    assert_eq!(step(&office.admin, &id, "withdraw").await.status, 200);
    assert!(shown(&office.operator).await.is_empty());
    assert_eq!(code(&step(&third, &id, "publish").await), (409, "EG-ANN-002".to_owned()), "what is withdrawn stays so");
    let log = office.admin.get("/api/v1/audit/events?action=announcement.&limit=100").await;
    for verb in ["draft", "submit", "return", "edit", "publish", "acknowledge", "withdraw"] {
        assert!(log.text.contains(&format!("\"announcement.{verb}\"")), "{verb}");
    }
}

#[tokio::test]
async fn a_tenant_administrator_speaks_to_their_own_tenant() {
    let office = Office::new().await;
    let tenant = office.admin.another(&office.appliance, "tenant-keeper", &["tenant-admin"]).await;
    assert_eq!(tenant.post("/api/v1/announcements", &notice(json!({}))).await.status, 403, "to everybody: the platform's");
    assert_eq!(tenant.post("/api/v1/announcements", &notice(json!({ "tenants": ["elsewhere"] }))).await.status, 403);
    let made = tenant.post("/api/v1/announcements", &notice(json!({ "tenants": ["default"], "title": "Ours" }))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = id_of(&made.json());
    assert_eq!(step(&tenant, &id, "submit").await.status, 200);
    assert_eq!(step(&tenant, &id, "publish").await.status, 403);
    let platform = office.admin.post("/api/v1/announcements", &notice(json!({ "title": "Theirs" }))).await;
    let listed = tenant.get("/api/v1/announcements?view=all").await.json();
    assert_eq!((listed["items"].as_array().map(Vec::len), listed["items"][0]["title"].as_str()), (Some(1), Some("Ours")), "{listed}");
    assert_eq!(step(&tenant, &id_of(&platform.json()), "withdraw").await.status, 404);
    assert_eq!(step(&office.admin, &id, "publish").await.status, 200);
    assert_eq!(shown(&office.operator).await, ["Ours"]);
}

#[tokio::test]
async fn the_command_line_drafts_lists_and_reads() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    let cli = |words: &[&str]| {
        let home = tempfile::tempdir().expect("home");
        let said = crate::appliance::program(home.path())
            .env("EXECGOV_URL", &appliance.url)
            .env("EXECGOV_TOKEN", ada.token())
            .args(words)
            .output()
            .expect("runs");
        crate::cli::Said::of(&said)
    };
    let made =
        cli(&["announcement", "draft", "Rules", "--text", "Read them.", "--severity", "critical", "--acknowledge", "-o", "name"]).fine();
    let id = made.trim();
    // Alone, with self-approval marked.
    cli(&["announcement", "publish", id]).fine();
    let log = ada.get("/api/v1/audit/events?action=announcement.publish&limit=1").await;
    assert!(log.text.contains("\"self_approved\":true"), "{}", log.text);
    let listed = cli(&["announcement", "list"]).fine();
    for part in ["critical", "Rules", "everybody", "please acknowledge"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    cli(&["announcement", "acknowledge", id]).fine();
    assert!(cli(&["announcement", "receipts", id]).fine().contains("read by\t1"));
    cli(&["announcement", "withdraw", id, "--yes"]).fine();
    for (words, exit) in [
        (&["announcement", "draft", "x", "--text", "y", "--severity", "loud"][..], 2),
        (&["announcement", "draft", "x", "--text", "y", "--role", "king"], 2),
        (&["announcement", "draft", "x"], 2),
        (&["announcement", "draft", "x", "--text", "y", "--until", "2020-01-01T00:00:00Z"], 1),
        (&["announcement", "publish", "ann_00000000000070008000000000000000"], 6),
    ] {
        let said = cli(words);
        assert_eq!(said.code, exit, "{words:?} {said:?}");
    }
    for (more, pointer) in [
        (json!({ "title": "" }), "/title"),
        (json!({ "title": "a\u{202e}b" }), "/title"),
        (json!({ "title": "x".repeat(121) }), "/title"),
        (json!({ "body": "a\u{1b}[2Jb" }), "/body"),
        (json!({ "tenants": ["No Such"] }), "/tenants"),
        (json!({ "starts_at": "2099-01-02T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z" }), "/ends_at"),
        (json!({ "starts_at": "soon" }), "/starts_at"),
    ] {
        let refused = ada.post("/api/v1/announcements", &notice(more.clone())).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-ANN-001".to_owned()), Some(pointer)),
            "{more}"
        );
    }
}
