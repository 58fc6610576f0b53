//! Roles on the real server: given for a place and a time, made by the tenant itself, and never more than one holds.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, Appliance};
use crate::cli::Said;
use crate::groups::{delete, put};
use crate::person::{CHOSEN, Person, id_of};

const UNIT: &str = "def main(n: int = 1) -> int:\n    return n\n";

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// The four-eyes office: `ada` runs it, `kim` is tenant-admin, `ben` holds nothing.
struct Office {
    appliance: Appliance,
    ada: Person,
    kim: Person,
    ben: Person,
}

impl Office {
    async fn new() -> Self {
        let appliance = Appliance::start();
        let ada = Person::founder(&appliance, "solo").await;
        let kim = ada.another(&appliance, "kim", &["tenant-admin"]).await;
        let ben = ada.another(&appliance, "ben", &[]).await;
        Self { appliance, ada, kim, ben }
    }

    async fn give(&self, by: &Person, body: Value) -> Answer {
        by.post("/api/v1/grants", &body).await
    }

    fn cli(&self, person: &Person, words: &[&str]) -> Said {
        let mut command = crate::appliance::program(self.appliance.dir());
        command.env("EXECGOV_URL", &self.appliance.url).env("EXECGOV_TOKEN", person.token()).args(words);
        Said::of(&command.output().expect("the program runs"))
    }
}

/// The secret of a session: what keeps accounts safe needs the person.
async fn session(appliance: &Appliance, name: &str) -> String {
    let wish = json!({ "username": name, "password": CHOSEN, "deliver": "body" });
    let answer = appliance.post("/api/v1/session", &wish).await.json();
    answer["session_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn explain(person: &Person, user: &str, action: &str, resource: Value) -> Value {
    person.post("/api/v1/access/explain", &json!({ "user": user, "action": action, "resource": resource })).await.json()
}

#[tokio::test]
async fn a_role_is_given_counts_is_explained_and_is_taken_away() {
    let office = Office::new().await;
    office.ada.publish("backup.py", UNIT).await;
    assert_eq!(office.ben.get("/api/v1/capabilities/backup").await.status, 404, "ben holds nothing");
    let why = explain(&office.kim, "ben", "capability.run", json!({ "kind": "capability", "name": "backup" })).await;
    assert_eq!((&why["allowed"], &why["any_of"]), (&json!(false), &json!(["operator"])), "{why}");

    let given = office.give(&office.kim, json!({ "user": "ben", "role": "operator", "reason": "On call" })).await;
    assert_eq!((given.status, given.json()["holds"].as_bool()), (201, Some(true)), "{}", given.text);
    assert_eq!(code(&office.give(&office.kim, json!({ "user": "ben", "role": "operator" })).await), (409, "EG-ROLE-002".to_owned()));
    let run = office.ben.run("backup", json!({})).await;
    assert_eq!(run["phase"], "succeeded", "{run}");
    let why = explain(&office.kim, "ben", "capability.run", json!({ "kind": "capability", "name": "backup" })).await;
    assert_eq!((&why["allowed"], &why["policies"]), (&json!(true), &json!(["operator-runs"])), "{why}");
    assert_eq!((&why["grants"][0]["id"], &why["roles"]), (&given.json()["id"], &json!([])), "the grant that decided: {why}");
    // One sees one's own grants; those of others take a right.
    assert_eq!(office.ben.get("/api/v1/grants?user=ben").await.json()["items"][0]["role"], "operator");
    assert_eq!(office.ben.get("/api/v1/grants").await.status, 403);

    assert_eq!(delete(&office.kim, &format!("/api/v1/grants/{}", id_of(&given.json()))).await.status, 204);
    assert_eq!(office.ben.start("backup", json!({})).await.status, 404, "the very next request comes without it");
    assert_eq!(delete(&office.kim, &format!("/api/v1/grants/{}", id_of(&given.json()))).await.status, 404);
    let log = office.ada.get("/api/v1/audit/events?limit=200").await.text;
    for verb in ["grant.create", "grant.revoke"] {
        assert!(log.contains(&format!("\"{verb}\"")), "{verb}");
    }
}

#[tokio::test]
async fn what_is_given_for_a_time_ends_by_itself() {
    let office = Office::new().await;
    office.ada.publish("backup.py", UNIT).await;
    let soon = |seconds: i64| {
        use execgov::base::clock::{Clock, SystemClock};
        (SystemClock.now() + jiff::SignedDuration::from_secs(seconds)).to_string()
    };
    let given = office.give(&office.kim, json!({ "user": "ben", "role": "viewer", "until": soon(3) })).await;
    assert_eq!(given.status, 201, "{}", given.text);
    assert_eq!(office.ben.get("/api/v1/capabilities/backup").await.status, 200);
    let mut stream = office.ben.request(Method::GET, "/api/v1/runs/stream").send().await.expect("a stream");
    // The stream is cut when the time is over, and the next request comes without the role.
    let ended = tokio::time::timeout(std::time::Duration::from_secs(8), async { while let Ok(Some(_)) = stream.chunk().await {} }).await;
    assert!(ended.is_ok(), "the stream outlives the right");
    assert_eq!(office.ben.get("/api/v1/capabilities/backup").await.status, 404);
    let listed = office.kim.get("/api/v1/grants?user=ben").await.json();
    assert_eq!(listed["items"][0]["holds"], false, "it is shown as over: {listed}");
    assert_eq!(
        office.give(&office.kim, json!({ "user": "ben", "role": "viewer", "until": soon(60) })).await.status,
        201,
        "and can be given anew"
    );
    let past = office.give(&office.kim, json!({ "user": "ben", "role": "author", "until": "2020-01-01T00:00:00Z" })).await;
    assert_eq!((code(&past), &past.json()["errors"][0]["pointer"]), ((400, "EG-ROLE-001".to_owned()), &json!("/until")));
}

#[tokio::test]
async fn a_group_holds_roles_for_those_who_are_in_it() {
    let office = Office::new().await;
    office.ada.publish("backup.py", UNIT).await;
    assert_eq!(office.kim.post("/api/v1/groups", &json!({ "name": "on-call" })).await.status, 201);
    assert_eq!(office.give(&office.kim, json!({ "group": "on-call", "role": "operator" })).await.status, 201);
    assert_eq!(office.ben.start("backup", json!({})).await.status, 404);
    assert_eq!(put(&office.kim, "/api/v1/groups/on-call/members/ben", &json!({})).await.status, 200);
    assert_eq!(office.ben.run("backup", json!({})).await["phase"], "succeeded");
    let why = explain(&office.kim, "ben", "capability.run", json!({ "kind": "capability" })).await;
    assert_eq!(why["grants"][0]["group"], "on-call", "{why}");
    assert_eq!(delete(&office.kim, "/api/v1/groups/on-call/members/ben").await.status, 204);
    assert_eq!(office.ben.start("backup", json!({})).await.status, 404);
    // Group and grants go together: a new group of that name carries nothing.
    assert_eq!(delete(&office.kim, "/api/v1/groups/on-call").await.status, 204);
    assert_eq!(office.kim.post("/api/v1/groups", &json!({ "name": "on-call" })).await.status, 201);
    assert_eq!(put(&office.kim, "/api/v1/groups/on-call/members/ben", &json!({})).await.status, 200);
    assert_eq!(office.ben.start("backup", json!({})).await.status, 404);
}

/// B09: nobody makes themselves or others more than they are, whichever way they try.
#[tokio::test]
async fn nobody_gives_what_they_do_not_hold_nor_anything_to_themselves() {
    let office = Office::new().await;
    let wish = json!({ "name": "user-manager", "actions": ["user.view", "user.create", "user.grant_role", "group.view", "group.update", "grant.view", "run.view", "capability.view"] });
    assert_eq!(office.kim.post("/api/v1/roles", &wish).await.status, 201);
    let wish = json!({ "name": "watcher", "actions": ["run.view", "capability.view"] });
    assert_eq!(office.kim.post("/api/v1/roles", &wish).await.status, 201);
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "user-manager" })).await.status, 201);
    let eve = office.ada.another(&office.appliance, "eve", &[]).await;
    // The twin of ben: another account of the same person.
    let twin = office.ada.another(&office.appliance, "ben-2", &[]).await;
    for account in ["ben", "ben-2"] {
        let bound = crate::appliance::answer(
            office.ada.request(Method::PATCH, &format!("/api/v1/users/{account}")).json(&json!({ "person": "E-7" })),
        )
        .await;
        assert_eq!(bound.status, 200, "{}", bound.text);
    }
    for (body, policy) in [
        (json!({ "user": "ben", "role": "watcher" }), "no-self-elevation"),
        (json!({ "user": "ben-2", "role": "watcher" }), "no-self-elevation"),
        (json!({ "user": "eve", "role": "operator" }), "not-more-than-held"),
        (json!({ "user": "eve", "role": "tenant-admin" }), "not-more-than-held"),
        (json!({ "user": "eve", "role": "viewer", "place": "team" }), "not-more-than-held"),
        (json!({ "user": "eve", "role": "platform-admin" }), "not-more-than-held"),
    ] {
        let refused = office.give(&office.ben, body.clone()).await;
        assert_eq!(code(&refused), (403, "EG-AUTH-002".to_owned()), "{body} {}", refused.text);
        let log = office.ada.get("/api/v1/audit/events?outcome=refused&action=user.grant_role&limit=1").await;
        assert!(log.text.contains(policy), "{body}: {}", log.text);
    }
    let given = office.give(&office.ben, json!({ "user": "eve", "role": "watcher" })).await;
    assert_eq!(given.status, 201, "what one holds one gives: {}", given.text);
    assert_eq!(eve.get("/api/v1/runs").await.status, 200);
    // An account made with roles is a grant like any other.
    let made = |roles: Value| json!({ "username": "mallory", "password": "correct horse battery", "roles": roles });
    assert_eq!(office.ben.post("/api/v1/users", &made(json!(["operator"]))).await.status, 403);
    assert_eq!(office.ben.post("/api/v1/users", &made(json!([]))).await.status, 201);
    // Groups are no way around: neither with oneself nor with more than one holds.
    assert_eq!(office.kim.post("/api/v1/groups", &json!({ "name": "admins" })).await.status, 201);
    assert_eq!(put(&office.ben, "/api/v1/groups/admins/members/eve", &json!({})).await.status, 200, "an empty group gives nothing");
    assert_eq!(put(&office.ben, "/api/v1/groups/admins/members/ben-2", &json!({})).await.status, 403);
    assert_eq!(office.give(&office.kim, json!({ "group": "admins", "role": "tenant-admin" })).await.status, 201);
    assert_eq!(put(&office.ben, "/api/v1/groups/admins/members/mallory", &json!({})).await.status, 403);
    assert_eq!(put(&office.kim, "/api/v1/groups/admins/members/kim", &json!({})).await.status, 403, "nor an administrator themselves");
    // Whoever is in a group gives it nothing.
    assert_eq!(office.give(&eve, json!({ "group": "admins", "role": "watcher" })).await.status, 403);
    // A role that one holds is not made larger by oneself; what makes rights stays with the built-in roles.
    let wider = json!({ "name": "user-manager", "actions": ["user.view", "capability.run"] });
    assert_eq!(put(&office.ben, "/api/v1/roles/user-manager", &wider).await.status, 403);
    for action in ["role.update", "settings.update", "approval.decide", "user.reset_password", "secret.update"] {
        let refused = office.kim.post("/api/v1/roles", &json!({ "name": "more", "actions": [action] })).await;
        assert_eq!(code(&refused), (400, "EG-ROLE-005".to_owned()), "{action}: {}", refused.text);
    }
    // Platform roles belong to accounts, not to groups, places or times.
    let refused = office.give(&office.ada, json!({ "user": "eve", "role": "auditor", "until": "2099-01-01T00:00:00Z" })).await;
    assert_eq!(code(&refused), (400, "EG-ROLE-004".to_owned()), "{}", refused.text);
    drop(twin);
}

#[tokio::test]
async fn own_roles_are_made_changed_and_removed() {
    let office = Office::new().await;
    office.ada.publish("backup.py", UNIT).await;
    let wish = json!({ "name": "runner", "actions": ["capability.view", "capability.run", "run.view"], "description": "Runs things" });
    let made = office.kim.post("/api/v1/roles", &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(code(&office.kim.post("/api/v1/roles", &wish).await), (409, "EG-ROLE-006".to_owned()));
    assert_eq!(office.ben.post("/api/v1/roles", &json!({ "name": "x", "actions": ["run.view"] })).await.status, 403);
    for (name, actions) in [("operator", json!(["run.view"])), ("x", json!([])), ("x", json!(["no.such"])), ("*", json!(["run.view"]))] {
        let refused = office.kim.post("/api/v1/roles", &json!({ "name": name, "actions": actions })).await;
        assert_eq!(code(&refused), (400, "EG-ROLE-005".to_owned()), "{name} {actions}");
    }
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "runner" })).await.status, 201);
    assert_eq!(office.ben.run("backup", json!({})).await["phase"], "succeeded");
    let me = office.ben.get("/api/v1/me").await.json();
    assert!(me["actions"].as_array().is_some_and(|all| all.contains(&json!("capability.run"))), "menus know it: {me}");
    assert_eq!(code(&delete(&office.kim, "/api/v1/roles/runner").await), (409, "EG-ROLE-007".to_owned()));
    let less = json!({ "name": "runner", "actions": ["capability.view"] });
    assert_eq!(put(&office.kim, "/api/v1/roles/runner", &less).await.json()["actions"], json!(["capability.view"]));
    assert_eq!(office.ben.start("backup", json!({})).await.status, 403, "it changed for everybody who holds it");
    let roles = office.ben.get("/api/v1/roles").await.json();
    assert_eq!((&roles["custom"][0]["name"], &roles["custom"][0]["grants"]), (&json!("runner"), &json!(1)));
}

#[tokio::test]
async fn the_matrix_says_who_may_do_what() {
    let office = Office::new().await;
    assert_eq!(office.ben.get("/api/v1/access/matrix").await.status, 403);
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "operator", "place": "team" })).await.status, 201);
    let row =
        |table: &Value, name: &str| table["rows"].as_array().unwrap().iter().find(|row| row["user"] == name).cloned().unwrap_or_default();
    let whole = office.kim.get("/api/v1/access/matrix").await.json();
    assert_eq!(row(&whole, "ben")["roles"], json!([]), "{whole}");
    let team = office.kim.get("/api/v1/access/matrix?place=team").await.json();
    assert_eq!(row(&team, "ben")["roles"], json!(["operator"]));
    assert!(row(&team, "ben")["actions"].as_array().unwrap().contains(&json!("capability.run")));
    let who = office.kim.get("/api/v1/access/matrix?place=team&action=capability.run").await.json();
    let names: Vec<&str> = who["rows"].as_array().unwrap().iter().filter_map(|row| row["user"].as_str()).collect();
    assert_eq!(names, ["ada", "ben"], "{who}");
}

#[tokio::test]
async fn access_by_the_command_line() {
    let office = Office::new().await;
    office.ada.publish("backup.py", UNIT).await;
    let cli = |person: &Person, words: &[&str]| office.cli(person, words);
    cli(&office.kim, &["role", "add", "runner", "--action", "capability.view", "--action", "capability.run"]).fine();
    assert!(cli(&office.kim, &["role", "list"]).fine().contains("runner"));
    let given = cli(&office.kim, &["grant", "add", "runner", "--user", "ben", "--place", "team", "-o", "json"]).fine();
    let given: Value = serde_json::from_str(&given).expect("JSON");
    let id = given[0]["id"].as_str().or(given["id"].as_str()).expect("an id").to_owned();
    let why =
        cli(&office.kim, &["access", "explain", "--user", "ben", "--action", "capability.run", "--resource", "capability:backup"]).fine();
    assert!(why.contains("custom-role") && why.contains("runner in team") && why.contains("yes"), "{why}");
    let why =
        cli(&office.kim, &["access", "explain", "--user", "ben", "--action", "capability.publish", "--resource", "capability:backup@1"])
            .fine();
    assert!(why.contains("no") && why.contains("reviewer"), "{why}");
    let why = cli(&office.kim, &["access", "explain", "--user", "ben", "--action", "capability.run", "--resource", "space:team"]).fine();
    assert!(why.contains("yes"), "{why}");
    assert!(cli(&office.kim, &["access", "matrix", "--place", "team"]).fine().contains("ben"));
    assert!(cli(&office.kim, &["grant", "list", "--user", "ben"]).fine().contains("runner"));
    assert_eq!(cli(&office.kim, &["access", "explain", "--action", "capability.run", "--resource", "nonsense"]).code, 1);
    assert_eq!(cli(&office.ben, &["role", "add", "mine", "--action", "run.view"]).code, 5);
    cli(&office.kim, &["grant", "revoke", &id, "--yes"]).fine();
    cli(&office.kim, &["role", "remove", "runner", "--yes"]).fine();
    assert_eq!(cli(&office.kim, &["grant", "revoke", &id, "--yes"]).code, 6);
}

/// What is granted in a folder holds there and below, and nowhere else: for what is seen, run, made and decided.
#[tokio::test]
async fn a_role_at_a_place_holds_there_and_below() {
    let office = Office::new().await;
    for (space, folder) in [("finance", "nightly"), ("hr", "pay")] {
        assert_eq!(office.kim.post("/api/v1/spaces", &json!({ "name": space })).await.status, 201);
        let made = office.kim.post(&format!("/api/v1/spaces/{space}/folders"), &json!({ "path": folder })).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    for (name, space) in [("close", "finance"), ("report", "finance/nightly"), ("wages", "hr/pay")] {
        office.ada.publish(&format!("{name}.py"), UNIT).await;
        let moved = put(&office.ada, &format!("/api/v1/capabilities/{name}/space"), &json!({ "space": space })).await;
        assert_eq!((moved.status, moved.json()["space"].as_str()), (200, Some(space)), "{}", moved.text);
    }
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "operator", "place": "finance/nightly" })).await.status, 201);
    let names = |page: Value| -> Vec<String> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().or(row["capability"].as_str()).unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(office.ben.get("/api/v1/capabilities").await.json()), ["report"], "B02: what is not seen is not listed");
    assert_eq!(office.ben.run("report", json!({})).await["phase"], "succeeded");
    for hidden in ["close", "wages"] {
        assert_eq!(office.ben.start(hidden, json!({})).await.status, 404, "{hidden}");
        assert_eq!(office.ben.get(&format!("/api/v1/capabilities/{hidden}")).await.status, 404, "{hidden}");
    }
    // Runs of others are seen by who may see runs of that place.
    let (theirs, wages) = (office.ada.run("report", json!({})).await, office.ada.run("wages", json!({})).await);
    assert_eq!(office.ben.get(&format!("/api/v1/runs/{}", id_of(&theirs))).await.status, 404, "an operator sees their own");
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "viewer", "place": "finance" })).await.status, 201);
    let listed = office.ben.get("/api/v1/runs").await.json();
    assert!(names(listed.clone()).iter().all(|name| name == "report") && listed["items"].as_array().unwrap().len() == 2, "{listed}");
    assert_eq!(office.ben.get(&format!("/api/v1/runs/{}", id_of(&wages))).await.status, 404);
    assert_eq!(names(office.ben.get("/api/v1/capabilities?space=finance").await.json()), ["close", "report"]);
    // Spaces one has nothing to do with do not exist.
    let spaces: Vec<String> = names(office.ben.get("/api/v1/spaces").await.json());
    assert_eq!(spaces[1..], ["finance"], "{spaces:?}");
    let why = explain(&office.kim, "ben", "capability.run", json!({ "kind": "space", "path": "finance/nightly" })).await;
    assert_eq!((&why["allowed"], &why["grants"][0]["place"]), (&json!(true), &json!("finance/nightly")), "{why}");
    let why = explain(&office.kim, "ben", "capability.run", json!({ "kind": "space", "path": "hr/pay" })).await;
    assert_eq!((&why["allowed"], &why["any_of"]), (&json!(false), &json!(["operator"])), "{why}");

    // An author of one space registers there and nowhere else.
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "author", "place": "finance" })).await.status, 201);
    let upload = |space: Option<&str>| {
        let part = reqwest::multipart::Part::bytes(UNIT.as_bytes().to_vec()).file_name("mine.py");
        let mut form = reqwest::multipart::Form::new();
        if let Some(space) = space {
            form = form.text("space", space.to_owned());
        }
        crate::appliance::answer(office.ben.request(Method::POST, "/api/v1/capabilities").multipart(form.part("file", part)))
    };
    for (wrong, status) in [(None, 403), (Some("hr"), 404), (Some("team"), 403)] {
        assert_eq!(upload(wrong).await.status, status, "{wrong:?}");
    }
    let made = upload(Some("finance")).await;
    assert_eq!((made.status, made.json()["capability"]["space"].as_str()), (201, Some("finance")), "{}", made.text);
    assert_eq!(
        put(&office.ben, "/api/v1/capabilities/mine/space", &json!({ "space": "hr" })).await.status,
        404,
        "it takes the right in both"
    );
    assert_eq!(put(&office.ben, "/api/v1/capabilities/mine/space", &json!({ "space": "finance/nightly" })).await.status, 200);
    // A space administrator gives roles there and not elsewhere.
    let eve = office.ada.another(&office.appliance, "eve", &[]).await;
    assert_eq!(office.give(&office.kim, json!({ "user": "eve", "role": "tenant-admin", "place": "hr" })).await.status, 201);
    assert_eq!(eve.post("/api/v1/spaces/hr/folders", &json!({ "path": "more" })).await.status, 201);
    assert_eq!(eve.post("/api/v1/spaces/finance/folders", &json!({ "path": "more" })).await.status, 404);
    assert_eq!(eve.post("/api/v1/spaces", &json!({ "name": "mine" })).await.status, 404);
}

#[tokio::test]
async fn spaces_come_and_go_and_their_names_stay() {
    let office = Office::new().await;
    office.ada.publish("backup.py", UNIT).await;
    assert_eq!(office.kim.post("/api/v1/spaces", &json!({ "name": "ops" })).await.status, 201);
    for name in ["ops", "team"] {
        assert_eq!(code(&office.kim.post("/api/v1/spaces", &json!({ "name": name })).await), (409, "EG-SPC-002".to_owned()), "{name}");
    }
    for name in ["a/b", "~me", "..", "*", "", "Ops"] {
        assert_eq!(code(&office.kim.post("/api/v1/spaces", &json!({ "name": name })).await), (400, "EG-SPC-001".to_owned()), "{name}");
    }
    assert_eq!(office.kim.post("/api/v1/spaces/ops/folders", &json!({ "path": "a" })).await.status, 201);
    assert_eq!(office.kim.post("/api/v1/spaces/ops/folders", &json!({ "path": "a/b" })).await.status, 201);
    assert_eq!(code(&delete(&office.kim, "/api/v1/spaces/ops/folders/a").await), (409, "EG-SPC-004".to_owned()));
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "operator", "place": "ops/a/b" })).await.status, 201);
    assert_eq!(put(&office.kim, "/api/v1/capabilities/backup/space", &json!({ "space": "ops/a/b" })).await.status, 200);
    assert_eq!(code(&delete(&office.kim, "/api/v1/spaces/ops").await), (409, "EG-SPC-004".to_owned()));
    assert_eq!(put(&office.kim, "/api/v1/capabilities/backup/space", &json!({ "space": "nowhere" })).await.status, 400);
    assert_eq!(put(&office.kim, "/api/v1/capabilities/backup/space", &json!({ "space": "team" })).await.status, 200);
    assert_eq!(delete(&office.kim, "/api/v1/spaces/ops/folders/a/b").await.status, 204);
    assert_eq!(office.kim.get("/api/v1/grants?user=ben").await.json()["items"], json!([]), "what was granted there is gone with it");
    assert_eq!(delete(&office.kim, "/api/v1/spaces/ops").await.status, 204);
    assert_eq!(code(&office.kim.post("/api/v1/spaces", &json!({ "name": "ops" })).await), (409, "EG-SPC-002".to_owned()), "never again");
    assert_eq!(delete(&office.kim, "/api/v1/spaces/team").await.status, 409, "the default one stays");
    // One's own space needs nothing to be made, and others do not look into it.
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "author" })).await.status, 201);
    let eve = office.ada.another(&office.appliance, "eve", &["author", "operator"]).await;
    assert!(office.ben.register("diary.py", UNIT).await.status < 300);
    assert_eq!(eve.get("/api/v1/capabilities/diary").await.status, 200);
    assert_eq!(put(&office.ben, "/api/v1/capabilities/diary/space", &json!({ "space": "personal" })).await.status, 200);
    assert_eq!(eve.get("/api/v1/capabilities/diary").await.status, 404, "it is ben's own");
    assert_eq!(office.ben.get("/api/v1/capabilities/diary").await.status, 200);
    let said = office.cli(&office.kim, &["space", "list"]).fine();
    assert!(said.contains("team") && said.contains("personal"), "{said}");
    office.cli(&office.kim, &["space", "add", "sales", "--description", "Sells"]).fine();
    office.cli(&office.kim, &["space", "add-folder", "sales", "eu"]).fine();
    office.cli(&office.kim, &["space", "move", "backup", "sales/eu"]).fine();
    assert_eq!(office.cli(&office.kim, &["space", "remove", "sales", "--yes"]).code, 7);
}

const NIGHT: &str = "@id(\"no-runs-in-vault\")\n@hint(\"Nothing is started here.\")\nforbid (principal is User, action == Action::\"capability.run\", resource is Capability) when { resource.space == \"closed\" };\n";

/// Policies of the tenant's own: checked, tried, activated by a second person, explained, taken back; and walls stay walls.
#[tokio::test]
async fn own_policies_are_tried_activated_and_taken_back() {
    let appliance = Appliance::start();
    let ada = Person::founder(&appliance, "four_eyes").await;
    let kim = ada.another(&appliance, "kim", &["tenant-admin"]).await;
    let lea = ada.another(&appliance, "lea", &["tenant-admin"]).await;
    let mut people = Vec::new();
    for role in ["author", "reviewer", "operator"] {
        people.push(ada.another(&appliance, role, &[role]).await);
    }
    let [author, reviewer, operator] = <[Person; 3]>::try_from(people).unwrap_or_else(|_| panic!("three"));
    assert!(author.register("backup.py", UNIT).await.status < 300);
    assert_eq!(author.post("/api/v1/capabilities/backup/versions/1/submit", &json!({ "changelog": "first" })).await.status, 200);
    assert_eq!(reviewer.post("/api/v1/capabilities/backup/versions/1/publish", &json!({})).await.status, 200);
    assert_eq!(kim.post("/api/v1/spaces", &json!({ "name": "closed" })).await.status, 201);
    assert_eq!(put(&kim, "/api/v1/capabilities/backup/space", &json!({ "space": "closed" })).await.status, 200);
    assert_eq!(operator.run("backup", json!({})).await["phase"], "succeeded");

    for (bad, why) in [
        ("permit (principal, action, resource);", "@id"),
        ("@id(\"a\") permit (principal, action == Action::\"fly\", resource);", "do not fit"),
        ("@id(\"a\") @mark(\"self_approved\") permit (principal is User, action == Action::\"run.view\", resource is Run);", "@mark"),
        ("nonsense", "parse"),
        ("", "no policy"),
    ] {
        let refused = kim.post("/api/v1/policies", &json!({ "text": bad })).await;
        assert_eq!(code(&refused), (400, "EG-POL-001".to_owned()), "{bad}");
        assert!(refused.text.contains(why), "{bad}: {}", refused.text);
    }
    assert_eq!(operator.post("/api/v1/policies", &json!({ "text": NIGHT })).await.status, 403);
    assert_eq!(kim.post("/api/v1/policies", &json!({ "text": NIGHT, "note": "Closed" })).await.status, 201);
    assert_eq!(code(&lea.post("/api/v1/policies/1/activate", &json!({})).await), (409, "EG-POL-002".to_owned()), "not before it was tried");
    let trial = kim.post("/api/v1/policies/1/try", &json!({})).await.json();
    let change = &trial["changes"][0];
    assert_eq!(
        (trial["changed"].as_u64(), change["user"].as_str(), change["action"].as_str()),
        (Some(1), Some("operator"), Some("capability.run")),
        "{trial}"
    );
    assert_eq!(
        (change["allowed_now"].as_bool(), change["allowed_then"].as_bool(), &change["policies"]),
        (Some(true), Some(false), &json!(["own/no-runs-in-vault"]))
    );
    assert_eq!(kim.post("/api/v1/policies/1/activate", &json!({})).await.status, 403, "who wrote it does not activate it");
    assert_eq!(operator.run("backup", json!({})).await["phase"], "succeeded", "a try changes nothing");
    assert_eq!(lea.post("/api/v1/policies/1/activate", &json!({})).await.json()["active"], true);
    let refused = operator.start("backup", json!({})).await;
    assert!(refused.status == 403 && refused.text.contains("Nothing is started here"), "{}", refused.text);
    let why = explain(&kim, "operator", "capability.run", json!({ "kind": "capability", "name": "backup" })).await;
    assert_eq!((&why["allowed"], &why["policies"]), (&json!(false), &json!(["own/no-runs-in-vault"])), "{why}");

    // Permits open what roles do not, but no wall: not one's own version, not what makes rights, not another's decision.
    let wide = "@id(\"all\") permit (principal is User, action, resource);";
    assert_eq!(kim.post("/api/v1/policies", &json!({ "text": wide })).await.status, 201);
    assert_eq!(kim.post("/api/v1/policies/2/try", &json!({})).await.status, 200);
    assert_eq!(lea.post("/api/v1/policies/2/activate", &json!({})).await.status, 200);
    assert_eq!(operator.run("backup", json!({})).await["phase"], "succeeded", "the first version is in force no more");
    assert!(author.register("backup.py", format!("{UNIT}# more\n")).await.status < 300);
    assert_eq!(author.post("/api/v1/capabilities/backup/versions/2/submit", &json!({ "changelog": "more" })).await.status, 200);
    assert_eq!(author.post("/api/v1/capabilities/backup/versions/2/publish", &json!({})).await.status, 403, "four eyes");
    assert_eq!(
        operator.post("/api/v1/grants", &json!({ "user": "operator", "role": "tenant-admin" })).await.status,
        403,
        "no self-elevation"
    );
    assert_eq!(operator.post("/api/v1/roles", &json!({ "name": "x", "actions": ["run.view"] })).await.status, 403, "roles stay");
    assert_eq!(operator.post("/api/v1/policies", &json!({ "text": wide })).await.status, 403, "policies stay");
    assert_eq!(operator.post("/api/v1/backups", &json!({})).await.status, 403, "the installation stays");
    assert_eq!(operator.get("/api/v1/capabilities/backup/versions/1/files/backup.py").await.status / 100, 2, "what it may open it opens");

    // Nobody is locked out of taking them back, whatever they forbid.
    let shut = "@id(\"none\") forbid (principal, action, resource);";
    assert_eq!(kim.post("/api/v1/policies", &json!({ "text": shut })).await.status, 201);
    assert_eq!(kim.post("/api/v1/policies/3/try", &json!({})).await.status, 200);
    assert_eq!(lea.post("/api/v1/policies/3/activate", &json!({})).await.status, 200);
    assert_eq!(kim.get("/api/v1/runs").await.json()["items"], json!([]));
    assert_eq!(delete(&kim, "/api/v1/policies/active").await.status, 204);
    assert_eq!(code(&delete(&kim, "/api/v1/policies/active").await), (409, "EG-POL-004".to_owned()));
    assert_eq!(operator.run("backup", json!({})).await["phase"], "succeeded");
    let log = ada.get("/api/v1/audit/events?limit=200&action=policy.").await.text;
    for verb in ["policy.create", "policy.try", "policy.activate", "policy.deactivate"] {
        assert!(log.contains(&format!("\"{verb}\"")), "{verb}");
    }
    // The same by the command line.
    let cli = |person: &Person, words: &[&str]| {
        let mut command = crate::appliance::program(appliance.dir());
        command.env("EXECGOV_URL", &appliance.url).env("EXECGOV_TOKEN", person.token()).args(words);
        Said::of(&command.output().expect("the program runs"))
    };
    let file = appliance.dir().join("own.cedar");
    std::fs::write(&file, NIGHT).expect("written");
    cli(&kim, &["policy", "add", file.to_str().expect("UTF-8"), "--note", "again"]).fine();
    assert!(cli(&kim, &["policy", "try", "4"]).fine().contains("operator"));
    cli(&lea, &["policy", "activate", "4", "--yes"]).fine();
    assert!(cli(&kim, &["policy", "list"]).fine().contains("in force"));
    assert!(cli(&kim, &["policy", "show", "4"]).fine().contains("no-runs-in-vault"));
    assert!(cli(&kim, &["policy", "show", "schema"]).fine().contains("entity Space"));
    cli(&kim, &["policy", "deactivate", "--yes"]).fine();
}

/// A service account acts through tokens, and rests while the one who answers for it is disabled; what it queued waits.
#[tokio::test]
async fn service_accounts_rest_with_their_owner() {
    let office = Office::new().await;
    office.ada.publish("backup.py", UNIT).await;
    let made = office.kim.post("/api/v1/service-accounts", &json!({ "name": "bot", "owner": "ben", "roles": ["operator"] })).await;
    assert_eq!((made.status, made.json()["service_of"].as_str().is_some()), (201, true), "{}", made.text);
    let own = office.kim.post("/api/v1/service-accounts", &json!({ "name": "mine", "roles": ["operator"] })).await;
    assert_eq!(own.status, 403, "nobody gives roles to an account that they answer for: {}", own.text);
    let wish = json!({ "name": "cron", "scopes": ["run"], "days": 1 });
    let eve = office.ada.another(&office.appliance, "eve", &["operator"]).await;
    assert_eq!(eve.post("/api/v1/service-accounts/bot/tokens", &wish).await.status, 404, "others know nothing of it");
    assert_eq!(office.kim.post("/api/v1/service-accounts/ben/tokens", &wish).await.status, 404, "a person is no service account");
    assert_eq!(office.ben.post("/api/v1/service-accounts/bot/tokens", &wish).await.status, 403, "a token makes no tokens");
    let ben = session(&office.appliance, "ben").await;
    let path = format!("{}/api/v1/service-accounts/bot/tokens", office.appliance.url);
    let token = crate::appliance::answer(crate::appliance::http().post(path).bearer_auth(&ben).json(&wish)).await;
    assert_eq!(token.status, 201, "{}", token.text);
    let token = token.json()["token"].as_str().expect("a secret").to_owned();
    let as_bot = |path: &'static str| {
        let request = crate::appliance::http().get(format!("{}{path}", office.appliance.url)).bearer_auth(&token);
        async move { request.send().await.expect("an answer").status().as_u16() }
    };
    assert_eq!(as_bot("/api/v1/capabilities/backup").await, 200);
    let login = office.appliance.post("/api/v1/session", &json!({ "username": "bot", "password": "correct horse battery" })).await;
    assert_eq!(login.status, 401);
    let reset = office.ada.post("/api/v1/users/bot/password", &json!({ "password": "correct horse battery" })).await;
    assert_eq!(code(&reset), (409, "EG-USER-012".to_owned()), "{}", reset.text);
    let off = |state: &'static str| {
        crate::appliance::answer(office.ada.request(Method::PATCH, "/api/v1/users/ben").json(&json!({ "state": state })))
    };
    assert_eq!(off("disabled").await.status, 200);
    assert_eq!(as_bot("/api/v1/capabilities/backup").await, 401);
    assert_eq!(office.ada.get("/api/v1/users/bot").await.json()["rests"], true, "it says why");
    assert_eq!(off("active").await.status, 200);
    assert_eq!(as_bot("/api/v1/capabilities/backup").await, 200);
    let said = office.cli(&office.kim, &["service", "list"]).fine();
    assert!(said.contains("bot"), "{said}");
    office.cli(&office.kim, &["service", "add", "other", "--owner", "ben"]).fine();
    let kim = session(&office.appliance, "kim").await;
    let mut command = crate::appliance::program(office.appliance.dir());
    command.env("EXECGOV_URL", &office.appliance.url).env("EXECGOV_TOKEN", kim);
    command.args(["service", "token", "other", "--name", "t", "--scope", "read"]);
    assert!(Said::of(&command.output().expect("the program runs")).fine().starts_with("egt_"));
}

/// Disabling somebody keeps what they queued in the queue, saying so; enabling lets it go on.
#[tokio::test]
async fn queued_runs_wait_for_whoever_asked_for_them() {
    let office = Office::new().await;
    let slow = "# /// script\n# [tool.execgov.concurrency]\n# limit = 1\n# ///\nimport time\ndef main(seconds: float = 0.0) -> int:\n    time.sleep(seconds)\n    return 1\n";
    office.ada.publish("slow.py", slow).await;
    assert_eq!(office.give(&office.kim, json!({ "user": "ben", "role": "operator" })).await.status, 201);
    let first = id_of(&office.ada.start("slow", json!({ "seconds": 3.0 })).await.json());
    let queued = id_of(&office.ben.start("slow", json!({})).await.json());
    assert_eq!(office.ada.get(&format!("/api/v1/runs/{queued}")).await.json()["phase"], "queued");
    let off = |state: &'static str| {
        crate::appliance::answer(office.ada.request(Method::PATCH, "/api/v1/users/ben").json(&json!({ "state": state })))
    };
    assert_eq!(off("disabled").await.status, 200);
    office.ada.run_to_end(&first).await;
    let end = std::time::Instant::now() + crate::appliance::SOON;
    loop {
        let run = office.ada.get(&format!("/api/v1/runs/{queued}")).await.json();
        assert_eq!(run["phase"], "queued", "it does not start: {run}");
        if run["waits_for"] == "requester" {
            break;
        }
        assert!(std::time::Instant::now() < end, "it does not say that it waits: {run}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(off("active").await.status, 200);
    assert_eq!(office.ada.run_to_end(&queued).await["phase"], "succeeded");
}

/// The last active platform administrator stays; and who owns the data directory lets a new one in.
#[tokio::test]
async fn the_host_lets_an_administrator_in() {
    let mut office = Office::new().await;
    for change in [json!({ "state": "disabled" }), json!({ "roles": ["viewer"] })] {
        let refused = crate::appliance::answer(office.ada.request(Method::PATCH, "/api/v1/users/ada").json(&change)).await;
        assert!([403, 409].contains(&refused.status), "{change}: {}", refused.text);
    }
    let data = office.appliance.data().to_string_lossy().into_owned();
    let home = office.appliance.dir().to_owned();
    let recover = |name: &str| {
        let mut command = crate::appliance::program(&home);
        command.args(["user", "recover", name, "--data", &data, "--password-stdin", "--yes"]).stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        std::io::Write::write_all(child.stdin.as_mut().expect("piped"), b"a new horse battery\n").expect("written");
        Said::of(&child.wait_with_output().expect("ended"))
    };
    let said = recover("ben");
    assert!(said.code != 0 && said.err.contains("EG-SYS-003"), "not while the server runs: {said:?}");
    office.appliance.stop();
    let said = recover("ben");
    assert_eq!(said.code, 0, "{said:?}");
    office.appliance.start_again();
    let signed_in = office.appliance.post("/api/v1/session", &json!({ "username": "ben", "password": "a new horse battery" })).await;
    assert_eq!((signed_in.status, signed_in.json()["password_expired"].as_bool()), (201, Some(true)), "{}", signed_in.text);
    assert_eq!(signed_in.json()["roles"], json!(["platform-admin"]));
    office.ada.moved(&office.appliance);
    let log = office.ada.get("/api/v1/audit/events?action=user.recover&limit=1").await.json();
    assert_eq!(
        (&log["items"][0]["actor"]["kind"], &log["items"][0]["details"]["allowed_by"]),
        (&json!("host"), &json!(["host-break-glass"])),
        "{log}"
    );
}
