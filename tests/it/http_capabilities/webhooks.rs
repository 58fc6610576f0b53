//! Deliveries from outside: who can sign starts runs, once, within bounds; nobody else does anything.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, Appliance, answer};
use crate::approvals::{Office, code};
use crate::person::is_over;

const ORDER: &str = "def main(id: int, mode: str = 'x') -> str:\n    return f'{id} {mode}'\n";

fn now() -> i64 {
    use execgov::base::clock::Clock as _;
    execgov::base::clock::SystemClock.now().as_second()
}

fn sign(key: &str, at: i64, body: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
    hex::encode(ring::hmac::sign(&key, format!("{at}.{body}").as_bytes()))
}

async fn deliver(appliance: &Appliance, path: &str, at: i64, signature: &str, body: &str) -> Answer {
    let request = appliance.request(Method::POST, path).header("content-type", "application/json");
    answer(request.header("x-execgov-timestamp", at.to_string()).header("x-execgov-signature", signature).body(body.to_owned())).await
}

async fn made(office: &Office, more: Value) -> (String, String, String) {
    let mut wish = json!({ "name": "shop", "capability": "order" });
    wish.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    let made = office.operator.post("/api/v1/webhooks", &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&made["webhook"]["id"]), text(&made["webhook"]["path"]), text(&made["key"]))
}

#[tokio::test]
async fn a_signed_delivery_starts_one_run() {
    let office = Office::new().await;
    office.publish("order.py", ORDER).await;
    let (id, path, key) = made(&office, json!({ "inputs_at": "/order", "fixed": { "mode": "safe" }, "rate_per_minute": 6_000 })).await;
    let body = json!({ "order": { "id": 7 }, "noise": [1] }).to_string();
    let at = now();
    let taken = deliver(&office.appliance, &path, at, &sign(&key, at, &body), &body).await;
    assert_eq!(taken.status, 202, "{}", taken.text);
    let run = office.operator.wait_for(taken.json()["run"].as_str().expect("a run"), is_over).await;
    assert_eq!(
        (&run["result"], run["trigger"].as_str(), run["labels"]["webhook"].as_str()),
        (&json!("7 safe"), Some("webhook"), Some(id.as_str())),
        "{run}"
    );
    // The same delivery again starts nothing; in other letters it is the same.
    for signature in [sign(&key, at, &body), sign(&key, at, &body).to_uppercase()] {
        assert_eq!(code(&deliver(&office.appliance, &path, at, &signature, &body).await), (409, "EG-HOOK-004".to_owned()));
    }
    for (what, at, body, key) in [
        ("another body", at, body.replace('7', "8"), sign(&key, at, &body)),
        ("another moment", at + 1, body.clone(), sign(&key, at, &body)),
        ("too old", at - 400, body.clone(), sign(&key, at - 400, &body)),
        ("from the future", at + 400, body.clone(), sign(&key, at + 400, &body)),
        ("another key", at, body.clone(), sign("0", at, &body)),
        ("nothing", at, body.clone(), String::new()),
    ] {
        let refused = deliver(&office.appliance, &path, at, &key, &body).await;
        assert_eq!(code(&refused), (401, "EG-HOOK-003".to_owned()), "{what}");
    }
    for (body, expected) in [
        ("{", "EG-HOOK-006"),
        ("{}", "EG-HOOK-006"),
        (r#"{"order":{"id":1,"mode":"wild"}}"#, "EG-HOOK-006"),
        (r#"{"order":{"id":"x"}}"#, "EG-RUN-003"),
    ] {
        let refused = deliver(&office.appliance, &path, at, &sign(&key, at, body), body).await;
        assert_eq!(code(&refused).1, expected, "{body}");
    }
    let log = office.admin.get("/api/v1/audit/events?action=webhook.deliver&limit=50").await;
    assert!(log.text.contains("EG-HOOK-003") && log.text.contains("EG-HOOK-004") && !log.text.contains(&key), "{}", log.text);
    let gone = deliver(&office.appliance, "/api/v1/webhooks/hok_00000000000070008000000000000001/deliveries", at, "00", "{}").await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn keys_rotate_sources_are_checked_and_rates_hold() {
    let office = Office::new().await;
    office.publish("order.py", ORDER).await;
    let (id, path, old) = made(&office, json!({})).await;
    let (at, body) = (now(), r#"{"id":1}"#);
    let rotate = |grace: u32| {
        let (operator, path) = (&office.operator, format!("/api/v1/webhooks/{id}/rotate"));
        async move { operator.post(&path, &json!({ "grace_s": grace })).await.json()["key"].as_str().expect("a key").to_owned() }
    };
    let new = rotate(60).await;
    assert_ne!(old, new);
    for (key, moment) in [(&old, at), (&new, at - 1)] {
        assert_eq!(
            deliver(&office.appliance, &path, moment, &sign(key, moment, body), body).await.status,
            202,
            "both are good in the grace"
        );
    }
    let newest = rotate(0).await;
    assert_eq!(deliver(&office.appliance, &path, at - 2, &sign(&new, at - 2, body), body).await.status, 401);
    assert_eq!(deliver(&office.appliance, &path, at - 2, &sign(&newest, at - 2, body), body).await.status, 202);

    let (_, far, key) = made(&office, json!({ "sources": ["10.0.0.0/8"] })).await;
    assert_eq!(deliver(&office.appliance, &far, at, &sign(&key, at, body), body).await.status, 401);
    let (_, slow, key) = made(&office, json!({ "rate_per_minute": 10 })).await;
    let mut statuses = Vec::new();
    for step in 0..4 {
        statuses.push(deliver(&office.appliance, &slow, at - step, &sign(&key, at - step, body), body).await.status);
    }
    assert!(statuses[0] == 202 && statuses.contains(&429), "{statuses:?}");

    // The key is nowhere in the data directory.
    let found = std::process::Command::new("grep").args(["-rl", &newest]).arg(office.appliance.data()).output().expect("grep runs");
    assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
    let said = office.cli(&office.operator, &["webhook", "list"], "").fine();
    assert!(said.contains("shop") && said.contains("order"), "{said}");
    office.cli(&office.operator, &["webhook", "remove", &id, "--yes"], "").fine();
    assert_eq!(deliver(&office.appliance, &path, at - 3, &sign(&newest, at - 3, body), body).await.status, 404);
    assert_eq!(office.cli(&office.approver, &["webhook", "add", "x", "--capability", "order"], "").code, 5);
    let bad = office.operator.post("/api/v1/webhooks", &json!({ "name": "x", "capability": "order", "sources": ["everywhere"] })).await;
    assert_eq!((code(&bad), bad.json()["errors"][0]["pointer"].as_str()), ((400, "EG-HOOK-001".to_owned()), Some("/sources/0")));
}
