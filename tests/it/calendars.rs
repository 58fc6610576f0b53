//! Calendars on the real server: made, imported, and gone by by freezes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::answer;
use crate::approvals::{Office, approve, code, put};

const PLAIN: &str = "def main(n: int = 1) -> int:\n    return n\n";
const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:New Year\r\nDTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:work day\r\nDTSTART;VALUE=DATE:20270102\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn always() -> Value {
    json!([{ "from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z", "name": "long" }])
}

#[tokio::test]
async fn a_freeze_goes_by_a_calendar_and_its_change_takes_consent() {
    let office = Office::new().await;
    office.publish("plain.py", PLAIN).await;
    let made = office.admin.post("/api/v1/calendars", &json!({ "name": "quiet", "spans": always() })).await;
    assert_eq!((made.status, made.json()["inside"].as_bool()), (201, Some(true)), "{}", made.text);
    assert_eq!(office.operator.post("/api/v1/calendars", &json!({ "name": "mine" })).await.status, 403);
    let calendar = made.json()["id"].as_str().expect("an id").to_owned();
    // Nothing goes by it yet: a change is made at once.
    let same = json!({ "name": "quiet", "spans": always() });
    assert_eq!(put(&office.admin, "/api/v1/calendars/quiet", &same).await.status, 200);
    let window = json!({ "kind": "calendar", "calendar": calendar, "when": "inside" });
    let wish = json!({ "name": "Quiet time", "capabilities": ["plain"], "spaces": ["team"], "window": window });
    let freeze = office.admin.post("/api/v1/freezes", &wish).await;
    assert_eq!((freeze.status, freeze.json()["calendar"].as_str()), (201, Some("quiet")), "{}", freeze.text);
    let refused = office.operator.start("plain", json!({})).await;
    assert!(code(&refused) == (409, "EG-FRZ-001".to_owned()) && refused.text.contains("Quiet time"), "{}", refused.text);
    let plan = office.operator.post("/api/v1/capabilities/plain/plan", &json!({})).await.json();
    assert_eq!((plan["verdict"].as_str(), plan["freezes"][0]["name"].as_str()), (Some("frozen"), Some("Quiet time")), "{plan}");
    let elsewhere = json!({ "name": "Elsewhere", "spaces": ["finance"], "window": { "kind": "once", "from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z" } });
    assert_eq!(office.admin.post("/api/v1/freezes", &elsewhere).await.status, 201);

    let gone = answer(office.admin.request(Method::DELETE, "/api/v1/calendars/quiet")).await;
    assert!(code(&gone) == (409, "EG-CAL-003".to_owned()) && gone.text.contains("Quiet time"), "{}", gone.text);
    let emptied = put(&office.admin, "/api/v1/calendars/quiet?reason=over", &json!({ "name": "quiet" })).await;
    assert_eq!(emptied.status, 202, "{}", emptied.text);
    assert_eq!(code(&office.operator.start("plain", json!({})).await), (409, "EG-FRZ-001".to_owned()), "nothing has changed yet");
    let request = emptied.json()["approval"].as_str().expect("a request").to_owned();
    assert_eq!(approve(&office.approver, &request).await.json()["state"], "approved");
    assert_eq!(
        office.operator.run("plain", json!({})).await["result"],
        1,
        "the calendar marks nothing any more, and the other space is another"
    );
    let ahead =
        json!({ "name": "Soon", "capabilities": ["plain"], "window": { "kind": "once", "from": soon(), "until": "2099-01-01T00:00:00Z" } });
    assert_eq!(office.admin.post("/api/v1/freezes", &ahead).await.status, 201);
    let plan = office.operator.post("/api/v1/capabilities/plain/plan", &json!({})).await.json();
    assert_eq!((plan["verdict"].as_str(), plan["freezes_ahead"][0]["name"].as_str()), (Some("allowed"), Some("Soon")), "{plan}");
    let periods = office.operator.get("/api/v1/freezes/periods?from=2098-01-01T00:00:00Z&until=2098-02-01T00:00:00Z").await.json();
    let names: Vec<&str> = periods["items"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["Elsewhere", "Soon"], "{periods}");
}

fn soon() -> String {
    crate::coverage::tomorrow()
}

#[tokio::test]
async fn files_are_imported_and_what_makes_no_sense_is_refused() {
    let office = Office::new().await;
    let set = ["calendar", "set", "holidays", "--zone", "Asia/Shanghai", "--weekday", "sat", "--weekday", "sun"];
    let said = office.cli(&office.admin, &set, "");
    assert!(said.code == 0 && said.out.contains("holidays"), "{said:?}");
    let file = office.appliance.dir().join("china.ics");
    std::fs::write(&file, ICS).expect("written");
    let words = ["calendar", "import", "holidays", file.to_str().expect("a path"), "--except", "work day", "-o", "json"];
    let shown = office.cli(&office.admin, &words, "").json();
    let shown = if shown.is_array() { shown[0].clone() } else { shown };
    assert_eq!((shown["imported"]["events"].as_u64(), shown["except"][0].as_str()), (Some(2), Some("2027-01-02")), "{shown}");
    assert!(shown["days"].as_array().is_some_and(|days| days.len() >= 3 && days[0] == "2026-01-01"), "{shown}");
    // The first of January 2027 is a Friday, the second a Saturday that is worked, the third a Sunday.
    let path = "/api/v1/calendars/holidays/periods?from=2026-12-31T00:00:00Z&until=2027-01-05T00:00:00Z";
    let periods = office.operator.get(path).await.json();
    let spans: Vec<(&str, &str)> = periods["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["from"].as_str().unwrap_or_default(), one["until"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(spans, [("2026-12-31T16:00:00Z", "2027-01-01T16:00:00Z"), ("2027-01-02T16:00:00Z", "2027-01-03T16:00:00Z")], "{periods}");
    for (path, body, expected, pointer) in [
        ("", json!({ "name": " " }), "EG-CAL-001", Some("/name")),
        ("", json!({ "name": "holidays" }), "EG-CAL-001", Some("/name")),
        ("", json!({ "name": "x", "zone": "Mars/Olympus" }), "EG-CAL-001", Some("/zone")),
        ("", json!({ "name": "x", "rules": [{}] }), "EG-CAL-001", Some("/rules/0")),
        ("", json!({ "name": "x", "days": ["2027-02-30"] }), "EG-REQ-003", None),
        ("", json!({ "name": "x", "id": "cal_1" }), "EG-REQ-003", None),
        ("/holidays/import", json!({ "ics": ICS, "years": 99 }), "EG-CAL-001", Some("/years")),
        ("/holidays/import", json!({ "ics": ICS.replace("20260101", "20269999") }), "EG-CAL-004", None),
        ("/holidays/import", json!({ "ics": ICS.replace("YEARLY", "SOMETIMES") }), "EG-CAL-004", None),
    ] {
        let refused = office.admin.post(&format!("/api/v1/calendars{path}"), &body).await;
        assert_eq!(code(&refused), (400, expected.to_owned()), "{body}: {}", refused.text);
        if let Some(pointer) = pointer {
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}");
        }
    }
    for query in ["", "?from=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "?from=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z"] {
        assert_eq!(office.operator.get(&format!("/api/v1/calendars/holidays/periods{query}")).await.status, 400, "{query}");
    }
    assert_eq!(office.cli(&office.admin, &["calendar", "remove", "holidays", "--yes"], "").code, 0);
    assert_eq!(office.cli(&office.admin, &["calendar", "remove", "holidays", "--yes"], "").code, 6);
}
