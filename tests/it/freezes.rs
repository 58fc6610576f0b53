//! Freezes on the real server: they stop starts of every kind, and an override is an approval with a reason.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::answer;
use crate::approvals::{Office, approve, code, decide, request_of};
use crate::person::{CHOSEN, id_of, is_over};

const PLAIN: &str = "def main(n: int = 1) -> int:\n    return n\n";
const REBOOT: &str = "# /// script\n# [tool.execgov]\n# risk = \"high\"\n# ///\n\ndef main(n: int = 2) -> int:\n    return n\n";

fn year() -> Value {
    json!({ "kind": "once", "from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z" })
}

#[tokio::test]
async fn a_freeze_stops_every_kind_of_start_and_names_itself() {
    let office = Office::new().await;
    office.publish("plain.py", PLAIN).await;
    office.publish("reboot.py", REBOOT).await;
    // A run that was asked for before the freeze waits for its confirmation.
    let waiting = office.operator.start("reboot", json!({})).await.json();
    let (waits, asked) = request_of(&office.operator.start("payout", json!({})).await);
    let wish = json!({ "name": "Year end", "risks": ["high", "critical"], "window": year() });
    assert_eq!(office.operator.post("/api/v1/freezes", &wish).await.status, 403);
    let made = office.admin.post("/api/v1/freezes", &wish).await;
    assert_eq!((made.status, made.json()["holds_until"].as_str()), (201, Some("2099-01-01T00:00:00Z")), "{}", made.text);

    let before = office.operator.get("/api/v1/runs").await.json()["total"].clone();
    let refused = office.operator.start("reboot", json!({})).await;
    assert_eq!(code(&refused), (409, "EG-FRZ-001".to_owned()));
    assert!(refused.json()["detail"].as_str().is_some_and(|text| text.contains("Year end")), "{}", refused.text);
    let said = office.cli(&office.operator, &["run", "reboot", "--yes", "--wait"], "");
    assert!(said.code == 7 && said.err.contains("Year end"), "{said:?}");
    let path = format!("/api/v1/runs/{}/confirm", id_of(&waiting));
    let confirmed = office.operator.post(&path, &json!({ "binding": waiting["hold"]["binding"] })).await;
    assert_eq!(code(&confirmed), (409, "EG-FRZ-001".to_owned()), "nor does one that waited");
    assert_eq!(code(&approve(&office.approver, &asked).await), (409, "EG-FRZ-001".to_owned()));
    assert_eq!(office.run(&waits).await["phase"], "awaiting_approval", "it goes on waiting");
    assert_eq!(office.operator.get("/api/v1/runs").await.json()["total"], before, "a refusal is no run");
    assert_eq!(office.operator.run("plain", json!({})).await["result"], 1, "other risks go on");
    let plan = office.operator.post("/api/v1/capabilities/reboot/plan", &json!({})).await.json();
    assert_eq!((plan["verdict"].as_str(), plan["freezes"][0]["name"].as_str()), (Some("frozen"), Some("Year end")), "{plan}");
    let said = office.cli(&office.operator, &["run", "reboot", "--dry-run"], "");
    assert!(said.code == 7 && said.out.contains("Year end"), "{said:?}");
    let log = office.admin.get("/api/v1/audit/events?action=run.request&outcome=refused&limit=50").await;
    assert!(log.text.contains("EG-FRZ-001") && log.text.contains("\"freeze\":\"Year end\""), "{}", log.text);

    office.thaw(&made.json()).await;
    assert_eq!(office.operator.post(&path, &json!({ "binding": waiting["hold"]["binding"] })).await.status, 202);
    assert_eq!(approve(&office.approver, &asked).await.status, 200, "what waited is as it was");
    let log = office.admin.get("/api/v1/audit/events?action=freeze.remove&limit=5").await;
    assert!(log.text.contains("\"was_in_force\":true"), "{}", log.text);
}

#[tokio::test]
async fn an_override_is_an_approval_with_a_reason() {
    let office = Office::new().await;
    office.publish("plain.py", PLAIN).await;
    let wish = json!({ "name": "Audit week", "capabilities": ["plain"], "window": year() });
    let made = office.admin.post("/api/v1/freezes", &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let start = |reason: Value| {
        let body = json!({ "capability": "plain", "override_freeze": true, "reason": reason });
        let request = office.operator.request(Method::POST, "/api/v1/runs").json(&body);
        async { answer(request).await }
    };
    assert_eq!(code(&start(Value::Null).await), (422, "EG-APR-003".to_owned()), "an override needs a reason");
    let (run, request) = request_of(&start(json!("the press calls")).await);
    let seen = office.approver.get(&format!("/api/v1/approvals/{request}")).await.json();
    assert_eq!((seen["overrides"][0]["name"].as_str(), seen["reason"].as_str()), (Some("Audit week"), Some("the press calls")), "{seen}");
    // Another freeze that begins meanwhile is not covered by the request.
    let second = office.admin.post("/api/v1/freezes", &json!({ "name": "Fire drill", "window": year() })).await.json();
    let body = json!({ "binding": seen["binding"], "password": CHOSEN });
    let refused = decide(&office.approver, "approve", &request, body.clone()).await;
    assert!(refused.status == 409 && refused.text.contains("Fire drill") && !refused.text.contains("Audit week"), "{}", refused.text);
    office.thaw(&second).await;
    assert_eq!(decide(&office.approver, "approve", &request, body).await.status, 200);
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!((over["phase"].as_str(), over["hold"]["overrides"][0]["name"].as_str()), (Some("succeeded"), Some("Audit week")), "{over}");
    // Without a freeze in force the wish to override means nothing.
    office.thaw(&made.json()).await;
    assert_ne!(start(Value::Null).await.json()["phase"], "awaiting_approval");
}

#[tokio::test]
async fn freezes_are_set_listed_and_removed_by_the_command_line() {
    let office = Office::new().await;
    let add =
        ["freeze", "add", "Weekends", "--risk", "high", "--weekday", "fri", "--start", "18:00", "--for", "62h", "--zone", "Asia/Shanghai"];
    office.cli(&office.admin, &add, "").fine();
    office
        .cli(
            &office.admin,
            &["freeze", "add", "Month end", "--month-day", "-1", "--start", "00:00", "--for", "24h", "--capability", "payout"],
            "",
        )
        .fine();
    let listed = office.cli(&office.operator, &["freeze", "list"], "").fine();
    for part in ["Weekends", "fri 18:00 Asia/Shanghai", "Month end", "payout", "-1 00:00 UTC"] {
        assert!(listed.contains(part), "{part}\n{listed}");
    }
    for (words, exit) in [
        (&["freeze", "add", "x", "--start", "25:00", "--for", "1h"][..], 2),
        (&["freeze", "add", "x", "--until", "2020-01-01T00:00:00Z"][..], 2),
        (&["freeze", "add", "x"][..], 2),
        (&["freeze", "add", "x", "--start", "18:00", "--for", "1h", "--capability", "none-such"][..], 1),
        (&["freeze", "remove", "frz_00000000000070008000000000000000", "--yes"][..], 6),
    ] {
        let said = office.cli(&office.admin, words, "");
        assert_eq!(said.code, exit, "{words:?} {said:?}");
    }
    assert_eq!(office.cli(&office.operator, &add, "").code, 5);
    for (body, pointer) in [
        (json!({ "name": " ", "window": year() }), "/name"),
        (json!({ "name": "a\u{202e}b", "window": year() }), "/name"),
        (json!({ "name": "x", "zone": "Mars/Olympus", "window": year() }), "/zone"),
        (json!({ "name": "x", "window": { "kind": "recurring", "start": "7:00", "minutes": 1 } }), "/window/start"),
        (json!({ "name": "x", "window": { "kind": "recurring", "start": "07:00", "minutes": 0 } }), "/window/minutes"),
    ] {
        let refused = office.admin.post("/api/v1/freezes", &body).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-FRZ-002".to_owned()), Some(pointer)),
            "{body}"
        );
    }
}
