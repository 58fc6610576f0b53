//! Templates on the real server: released, made into capabilities of others, kept up to date by proposals that somebody
//! there decides on.

use serde_json::{Value, json};

use crate::approvals::{Office, code};
use crate::person::Person;

const BACKUP: &str = "def main(host: str = 'localhost', days: int = 7) -> str:\n    return f'{host} {days}'\n";
const NEWER: &str = "def main(host: str = 'localhost', days: int = 7, quiet: bool = False) -> str:\n    return f'{host} {days} {quiet}'\n";

async fn usage(person: &Person) -> Value {
    person.get("/api/v1/templates/nightly/usage").await.json()["items"].clone()
}

async fn publish(office: &Office, name: &str, number: u64) {
    let path = format!("/api/v1/capabilities/{name}/versions/{number}");
    let phase = office.reviewer.get(&path).await.json()["state"].clone();
    if phase == "draft" {
        assert_eq!(office.author.post(&format!("{path}/submit"), &json!({ "changelog": "x" })).await.status, 200);
    }
    let published = office.reviewer.post(&format!("{path}/publish"), &json!({})).await;
    assert_eq!(published.status, 200, "{}", published.text);
}

#[tokio::test]
async fn a_template_is_released_used_and_kept_up_to_date() {
    let office = Office::new().await;
    office.publish("backup.py", BACKUP).await;
    let wish = json!({ "capability": "backup", "name": "nightly", "description": "Backs up", "changelog": "first" });
    assert_eq!(office.operator.post("/api/v1/templates", &wish).await.status, 403);
    let made = office.reviewer.post("/api/v1/templates", &wish).await;
    assert_eq!((made.status, made.json()["releases"][0]["number"].as_u64()), (201, Some(1)), "{}", made.text);
    assert_eq!(made.json()["inputs"]["properties"]["days"]["default"], 7);
    assert_eq!(
        code(&office.reviewer.post("/api/v1/templates", &json!({ "capability": "backup", "name": "nightly", "changelog": "again" })).await),
        (409, "EG-TPL-002".to_owned())
    );
    let other = json!({ "capability": "payout", "name": "nightly", "changelog": "x" });
    assert_eq!(code(&office.reviewer.post("/api/v1/templates", &other).await), (400, "EG-TPL-001".to_owned()));

    // An author makes capabilities of it, with values of their own.
    let instance = json!({ "name": "sales-backup", "values": { "host": "db-one", "days": 30 } });
    assert_eq!(office.operator.post("/api/v1/templates/nightly/instantiate", &instance).await.status, 403);
    let got = office.author.post("/api/v1/templates/nightly/instantiate", &instance).await;
    assert_eq!((got.status, got.json()["standing"].as_str()), (201, Some("unpublished")), "{}", got.text);
    for (body, expected) in [
        (instance.clone(), (400, "EG-CAP-007")),
        (json!({ "name": "x", "values": { "none": 1 } }), (400, "EG-CAP-030")),
        (json!({ "name": "x", "values": { "days": "many" } }), (400, "EG-CAP-030")),
        (json!({ "name": "x", "release": 9 }), (400, "EG-TPL-001")),
        (json!({ "name": "No Name" }), (400, "EG-TPL-001")),
        (json!({ "name": "x", "space": "a b" }), (400, "EG-TPL-001")),
    ] {
        let refused = office.author.post("/api/v1/templates/nightly/instantiate", &body).await;
        assert_eq!(code(&refused), (expected.0, expected.1.to_owned()), "{body}: {}", refused.text);
    }
    assert_eq!(office.operator.start("sales-backup", json!({})).await.status, 409, "a draft runs for nobody");
    publish(&office, "sales-backup", 1).await;
    assert_eq!(office.operator.run("sales-backup", json!({})).await["result"], "db-one 30", "with the values as defaults");
    assert_eq!(office.operator.run("sales-backup", json!({ "days": 1 })).await["result"], "db-one 1");
    office.cli(&office.author, &["template", "instantiate", "nightly", "hr-backup", "--set", "host=db2"], "").fine();
    let used = usage(&office.reviewer).await;
    let standing = |used: &Value, name: &str| {
        let found =
            used.as_array().expect("a list").iter().find(|item| item["capability"] == name).unwrap_or_else(|| panic!("{used}")).clone();
        (found["standing"].as_str().expect("a word").to_owned(), found["release"].as_u64())
    };
    assert_eq!(standing(&used, "sales-backup"), ("current".to_owned(), Some(1)));
    assert_eq!(standing(&used, "hr-backup"), ("unpublished".to_owned(), None));

    // A new release is pushed: proposals wait for a review, nothing changes by itself.
    office.publish("backup.py", NEWER).await;
    let said =
        office.cli(&office.reviewer, &["template", "publish", "backup", "--name", "nightly", "--changelog", "can be quiet"], "").fine();
    assert!(said.contains("nightly\t2"), "{said}");
    assert_eq!(standing(&usage(&office.reviewer).await, "sales-backup"), ("behind".to_owned(), Some(1)));
    assert_eq!(office.author.post("/api/v1/templates/nightly/push", &json!({})).await.status, 403);
    let pushed = office.reviewer.post("/api/v1/templates/nightly/push", &json!({})).await;
    assert_eq!((pushed.status, pushed.json()["items"].as_array().map(Vec::len)), (200, Some(2)), "{}", pushed.text);
    assert!(pushed.json()["items"].as_array().expect("items").iter().all(|item| item["version"] == 2), "{}", pushed.text);
    let proposed = office.reviewer.get("/api/v1/capabilities/sales-backup/versions/2").await.json();
    assert_eq!(
        (proposed["state"].as_str(), proposed["changelog"].as_str()),
        (Some("in_review"), Some("nightly release 2: can be quiet")),
        "{proposed}"
    );
    assert_eq!(standing(&usage(&office.reviewer).await, "sales-backup"), ("proposed".to_owned(), Some(1)));
    assert_eq!(office.operator.run("sales-backup", json!({})).await["result"], "db-one 30", "what runs is as before");
    let again = office.reviewer.post("/api/v1/templates/nightly/push", &json!({})).await.json();
    assert!(again["items"].as_array().expect("items").iter().all(|item| item["version"].is_null()), "{again}");
    // Under four eyes the one who pushed does not publish it.
    let own = office.reviewer.post("/api/v1/capabilities/sales-backup/versions/2/publish", &json!({})).await;
    assert_eq!(own.status, 403, "{}", own.text);
    let second = office.admin.another(&office.appliance, "second", &["reviewer"]).await;
    assert_eq!(second.post("/api/v1/capabilities/sales-backup/versions/2/publish", &json!({})).await.status, 200);
    assert_eq!(standing(&usage(&office.reviewer).await, "sales-backup"), ("current".to_owned(), Some(2)));
    assert_eq!(office.operator.run("sales-backup", json!({})).await["result"], "db-one 30 False", "its values were kept");
    let log = office.admin.get("/api/v1/audit/events?action=template.&limit=100").await;
    for verb in ["publish", "instantiate", "propose", "push"] {
        assert!(log.text.contains(&format!("\"template.{verb}\"")), "{verb}");
    }
    assert!(!log.text.contains("db-one"), "values are no business of the log");
}

#[tokio::test]
async fn a_template_is_for_the_spaces_and_tenants_that_it_names() {
    let office = Office::new().await;
    assert_eq!(office.admin.post("/api/v1/spaces", &json!({ "name": "finance" })).await.status, 201);
    let reach = |tenants: Value| json!({ "capability": "payout", "changelog": "x", "spaces": ["finance"], "tenants": tenants });
    assert_eq!(
        office.reviewer.post("/api/v1/templates", &reach(json!(["elsewhere"]))).await.status,
        403,
        "another tenant takes the platform"
    );
    assert_eq!(office.reviewer.post("/api/v1/templates", &reach(json!(["default"]))).await.status, 201);
    let refused = office.author.post("/api/v1/templates/payout/instantiate", &json!({ "name": "mine", "space": "team" })).await;
    assert_eq!(code(&refused), (409, "EG-TPL-003".to_owned()));
    let made = office.author.post("/api/v1/templates/payout/instantiate", &json!({ "name": "mine" })).await;
    assert_eq!((made.status, made.json()["space"].as_str()), (201, Some("finance")), "{}", made.text);
    let shown = office.cli(&office.operator, &["template", "show", "payout"], "").fine();
    assert!(shown.contains("spaces\tfinance") && shown.contains("amount\tinteger"), "{shown}");
    assert!(office.cli(&office.operator, &["template", "list"], "").fine().contains("payout"));
    for (words, exit) in [
        (&["template", "show", "none-such"][..], 6),
        (&["template", "usage", "tpl_00000000000070008000000000000000"], 6),
        (&["template", "instantiate", "payout", "x", "--set", "amount"], 2),
        (&["template", "publish", "payout@x", "--changelog", "x"], 2),
    ] {
        assert_eq!(office.cli(&office.reviewer, words, "").code, exit, "{words:?}");
    }
}
