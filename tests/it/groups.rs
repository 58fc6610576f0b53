//! Groups on the real server: who makes them, who is in them, and that their limit holds exactly.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, Appliance, answer};
use crate::cli::Said;
use crate::person::Person;

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

pub async fn put(person: &Person, path: &str, body: &Value) -> Answer {
    answer(person.request(Method::PUT, path).json(body)).await
}

pub async fn delete(person: &Person, path: &str) -> Answer {
    answer(person.request(Method::DELETE, path)).await
}

async fn office() -> (Appliance, Person, Person) {
    let appliance = Appliance::start();
    let admin = Person::founder(&appliance, "four_eyes").await;
    let ben = admin.another(&appliance, "ben", &["operator"]).await;
    (appliance, admin, ben)
}

#[tokio::test]
async fn a_group_is_made_filled_shown_and_removed() {
    let (_appliance, admin, ben) = office().await;
    let made = admin.post("/api/v1/groups", &json!({ "name": "finance", "description": "Closes the books" })).await;
    assert_eq!((made.status, made.json()["members"].as_u64()), (201, Some(0)), "{}", made.text);
    assert_eq!(code(&admin.post("/api/v1/groups", &json!({ "name": "finance" })).await), (409, "EG-GRP-002".to_owned()));
    assert_eq!(ben.post("/api/v1/groups", &json!({ "name": "mine" })).await.status, 403);

    let joined = put(&admin, "/api/v1/groups/finance/members/ben", &json!({})).await;
    assert_eq!((joined.status, joined.json()["people"][0]["name"].as_str()), (200, Some("ben")), "{}", joined.text);
    assert_eq!(joined.json()["members"], 1);
    let until = put(&admin, "/api/v1/groups/finance/members/ben", &json!({ "until": "2099-01-01T00:00:00Z" })).await;
    assert_eq!((until.json()["members"].as_u64(), until.json()["people"][0]["counts"].as_bool()), (Some(1), Some(true)), "{}", until.text);
    let past = put(&admin, "/api/v1/groups/finance/members/ben", &json!({ "until": "2020-01-01T00:00:00Z" })).await;
    assert_eq!((code(&past), past.json()["errors"][0]["pointer"].as_str()), ((400, "EG-GRP-001".to_owned()), Some("/until")));
    assert_eq!(ben.get("/api/v1/groups/finance").await.json()["people"][0]["name"], "ben", "members look");
    assert_eq!(ben.get("/api/v1/groups/none-such").await.status, 404);

    // Whoever is disabled is still in it but does not count.
    let off = answer(admin.request(Method::PATCH, "/api/v1/users/ben").json(&json!({ "state": "disabled" }))).await;
    assert_eq!(off.status, 200, "{}", off.text);
    assert_eq!(admin.get("/api/v1/groups/finance").await.json()["people"][0]["counts"], false);

    assert_eq!(delete(&admin, "/api/v1/groups/finance/members/ben").await.status, 204);
    assert_eq!(code(&delete(&admin, "/api/v1/groups/finance/members/ben").await), (404, "EG-GRP-004".to_owned()));
    assert_eq!(delete(&admin, "/api/v1/groups/finance").await.status, 204);
    assert_eq!(admin.get("/api/v1/groups").await.json()["items"], json!([]));
    let log = admin.get("/api/v1/audit/events?limit=200").await.json();
    let verbs: Vec<&str> = log["items"].as_array().expect("events").iter().filter_map(|event| event["action"].as_str()).collect();
    for verb in ["group.create", "group.add_member", "group.remove_member", "group.remove"] {
        assert!(verbs.contains(&verb), "{verb} {verbs:?}");
    }
}

/// B09: who may fill groups does not put themselves into one; it is refused and recorded.
#[tokio::test]
async fn nobody_puts_themselves_into_a_group() {
    let (_appliance, admin, ben) = office().await;
    assert_eq!(admin.post("/api/v1/groups", &json!({ "name": "approvers" })).await.status, 201);
    let refused = put(&admin, "/api/v1/groups/approvers/members/ada", &json!({})).await;
    assert_eq!(code(&refused), (403, "EG-AUTH-002".to_owned()), "{}", refused.text);
    assert!(refused.text.contains("Nobody puts themselves into a group"), "{}", refused.text);
    assert_eq!(put(&ben, "/api/v1/groups/approvers/members/ben", &json!({})).await.status, 403, "nor do others");
    let log = admin.get("/api/v1/audit/events?outcome=refused&action=group.update&limit=5").await;
    assert!(log.text.contains("nobody-puts-themselves-into-a-group"), "{}", log.text);
}

/// B08 and B10: unknown fields are refused, and no name is a pattern.
#[tokio::test]
async fn names_and_fields_are_checked() {
    let (_appliance, admin, _) = office().await;
    for name in ["*", "..", "", "Finance", "a/b", "a b", "admin\u{202e}", "\u{0430}dmin", &"x".repeat(10_000)] {
        let refused = admin.post("/api/v1/groups", &json!({ "name": name })).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-GRP-001".to_owned()), Some("/name")),
            "{name:?}"
        );
    }
    for field in ["id", "members", "role", "created_by", "tenant"] {
        let refused = admin.post("/api/v1/groups", &json!({ "name": "a", field: 1 })).await;
        assert_eq!(refused.status, 400, "{field}: {}", refused.text);
    }
    assert_eq!(admin.get("/api/v1/groups").await.json()["items"], json!([]));
}

/// H09: a hundred at once at the limit leave exactly as many as there may be.
#[tokio::test]
async fn the_limit_holds_under_a_race() {
    let (_appliance, admin, _) = office().await;
    let admin = &admin;
    let make = |number: usize| async move { admin.post("/api/v1/groups", &json!({ "name": format!("g{number}") })).await.status };
    for start in (0..450).step_by(50) {
        let made = futures::future::join_all((start..start + 50).map(make)).await;
        assert!(made.iter().all(|status| *status == 201), "{made:?}");
    }
    let raced = futures::future::join_all((450..550).map(make)).await;
    let count = |wanted: u16| raced.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(201), count(409)), (50, 50), "{raced:?}");
    assert_eq!(admin.get("/api/v1/groups").await.json()["items"].as_array().map(Vec::len), Some(500));
    assert_eq!(delete(admin, "/api/v1/groups/g0").await.status, 204);
    assert_eq!(make(999).await, 201, "a free place can be taken");
}

#[tokio::test]
async fn groups_by_the_command_line() {
    let (appliance, admin, ben) = office().await;
    let cli = |person: &Person, words: &[&str]| {
        let mut command = crate::appliance::program(appliance.dir());
        command.env("EXECGOV_URL", &appliance.url).env("EXECGOV_TOKEN", person.token()).args(words);
        Said::of(&command.output().expect("the program runs"))
    };
    cli(&admin, &["group", "add", "finance", "--description", "Closes the books"]).fine();
    assert!(cli(&admin, &["group", "member", "add", "finance", "ben", "--until", "2099-01-01T00:00:00Z"]).fine().contains("ben"));
    assert!(cli(&ben, &["group", "list"]).fine().contains("Closes the books"));
    assert!(cli(&ben, &["group", "show", "finance", "-o", "json"]).fine().contains("\"counts\": true"));
    for (words, exit) in [
        (&["group", "show", "none-such"][..], 6),
        (&["group", "add", "finance"][..], 7),
        (&["group", "add", "*"][..], 1),
        (&["group", "member", "remove", "finance", "ada", "--yes"][..], 6),
        (&["group", "member", "add", "finance", "ada"][..], 5),
    ] {
        let said = cli(&admin, words);
        assert_eq!(said.code, exit, "{words:?} {said:?}");
    }
    assert_eq!(cli(&ben, &["group", "remove", "finance", "--yes"]).code, 5);
    cli(&admin, &["group", "member", "remove", "finance", "ben", "--yes"]).fine();
    cli(&admin, &["group", "remove", "finance", "--yes"]).fine();
}
