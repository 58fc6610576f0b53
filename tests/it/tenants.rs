//! Tenants: what is of one is for the people of another as if it were not there; suspended and brought back.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Appliance, SOON, answer};
use crate::coverage::{Body, Staff, ask, query, routes};
use crate::person::{CHOSEN, Person, id_of, is_over};

const ROLES: [&str; 6] = ["tenant-admin", "author", "reviewer", "operator", "approver", "viewer"];

/// Routes that say the same to everybody, or never end. This list may only shrink.
const ASIDE: [&str; 7] = ["stream_runs", "setup", "login", "logout", "change_password", "deliver_webhook", "create_user"];

/// What shows what one did oneself, refusals included. This list may only shrink.
const OWN_DEEDS: [&str; 3] = ["list_audit_events", "download_audit_events", "show_audit_event"];

/// Nobody is left outside: neither a suspension nor a demotion may take away the last administrator who can sign in.
#[tokio::test]
async fn the_last_administrator_who_can_sign_in_stays() {
    let appliance = Appliance::start();
    let ada = Person::founder(&appliance, "four_eyes").await;
    let set = async |person: &Person, path: &str, change: Value| answer(person.request(Method::PATCH, path).json(&change)).await;
    assert_eq!(ada.post("/api/v1/tenants", &json!({ "key": "acme" })).await.status, 201);
    let chief = ada.another_of(&appliance, Some("acme"), "chief", &["platform-admin"]).await;
    // While the other one's tenant rests, the founder is the last who can sign in.
    assert_eq!(set(&ada, "/api/v1/tenants/acme", json!({ "state": "suspended" })).await.status, 200);
    let refused = set(&ada, "/api/v1/users/ada", json!({ "state": "disabled" })).await;
    assert_eq!(refused.json()["code"], "EG-USER-004", "{}", refused.text);
    assert_eq!(set(&ada, "/api/v1/tenants/acme", json!({ "state": "active" })).await.status, 200);
    assert_eq!(chief.get("/api/v1/me").await.status, 200, "a token holds again when its tenant is back");
    // Alone, the other one cannot suspend the tenant they are of.
    assert_eq!(answer(chief.request(Method::DELETE, "/api/v1/users/ada")).await.status, 204);
    let refused = set(&chief, "/api/v1/tenants/acme", json!({ "state": "suspended" })).await;
    assert_eq!(refused.json()["code"], "EG-USER-004", "{}", refused.text);
    let shown = chief.get("/api/v1/tenants/acme").await.json();
    assert_eq!(shown["state"], "active", "{shown}");
}

/// What is granted or said to a tenant is granted or said to one that there is.
#[tokio::test]
async fn only_tenants_that_there_are_can_be_named() {
    let appliance = Appliance::start();
    let root = Person::first(&appliance).await;
    let settings = json!({ "url": "https://erp.example.com" });
    assert_eq!(root.post("/api/v1/resources", &json!({ "name": "erp", "purpose": "Orders", "settings": settings })).await.status, 201);
    root.publish("same.py", "def main() -> str:\n    return 'same'\n").await;
    let grant = json!({ "tenant": "acme" });
    let notice = json!({ "title": "x", "body": "y", "severity": "info", "tenants": ["default", "acme"] });
    let template = json!({ "capability": "same", "changelog": "x", "tenants": ["acme"] });
    let tries = [("/api/v1/resources/erp/grants", &grant), ("/api/v1/announcements", &notice), ("/api/v1/templates", &template)];
    for (path, wish) in tries {
        let refused = root.post(path, wish).await;
        assert!(refused.status == 400 && refused.text.contains("there is no tenant"), "{path}: {} {}", refused.status, refused.text);
    }
    assert_eq!(root.post("/api/v1/tenants", &json!({ "key": "acme" })).await.status, 201);
    for (path, wish) in tries {
        let done = root.post(path, wish).await;
        assert!(done.status < 300, "{path}: {}", done.text);
    }
}

/// What an answer says, without what differs between any two of them.
fn said(status: u16, text: &str, from: &[String], to: &[String]) -> (u16, Value) {
    let mut text = text.to_owned();
    for (from, to) in from.iter().zip(to) {
        text = text.replace(from.as_str(), to);
    }
    let mut value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if let Some(object) = value.as_object_mut() {
        for key in ["request", "request_id", "instance"] {
            object.remove(key);
        }
    }
    (status, value)
}

#[tokio::test]
async fn things_of_another_tenant_are_as_if_they_were_not_there() {
    let staff = Staff::new().await;
    staff.admin.another(&staff.appliance, "owner", &["operator"]).await;
    let (_, session) = staff.session("owner").await;
    let there = staff.things("there", &session).await;
    let nowhere = there.nowhere();
    let (words, others) = (there.words(), nowhere.words());
    let made = staff.admin.post("/api/v1/tenants", &json!({ "key": "acme", "title": "Acme" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let mut asked = 0;
    for role in ROLES {
        let person = staff.admin.another_of(&staff.appliance, Some("acme"), &format!("acme-{role}"), &[role]).await;
        for (method, path, operation) in routes() {
            if ASIDE.contains(&operation.as_str()) {
                continue;
            }
            let mut answers = Vec::new();
            for things in [&there, &nowhere] {
                let (params, body) = ask(&operation, things).expect("a line");
                let filled = params.iter().fold(path.clone(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
                let mut request = person.request(method.clone(), &format!("{filled}{}", query(&operation, things)));
                request = match body {
                    Body::None if method == Method::POST => request.json(&json!({})),
                    Body::None => request,
                    Body::Json(value) => request.json(&value),
                    // An upload names nothing that is there already.
                    Body::File => continue,
                };
                let got = answer(request).await;
                assert!(got.status < 500, "{operation} as {role}: {}", got.text);
                answers.push((got, filled));
            }
            let [(one, path), (other, _)] = answers.as_slice() else { continue };
            asked += 1;
            if one.status < 300 && method == Method::GET && !OWN_DEEDS.contains(&operation.as_str()) {
                let seen: Vec<&String> =
                    words.iter().filter(|word| !path.contains(word.as_str()) && one.text.contains(&format!("\"{word}\""))).collect();
                assert!(seen.is_empty(), "{operation} as {role} shows {seen:?}: {}", one.text);
            }
            if one.status >= 400 || other.status >= 400 {
                let (one, other) = (said(one.status, &one.text, &words, &others), said(other.status, &other.text, &words, &others));
                assert_eq!(one, other, "{operation} as {role}");
            }
        }
        // What somebody did elsewhere is not in one's own part of the log either.
        let log = person.get("/api/v1/audit/events?limit=200").await;
        assert_ne!(person.get("/api/v1/audit/events/3").await.status, 200, "an entry of another tenant");
        for event in log.json()["items"].as_array().into_iter().flatten() {
            let own = event["actor"]["name"] == format!("acme-{role}");
            assert!(event["tenant"] == "acme" || own, "{event}");
        }
        let own = person.get("/api/v1/tenants").await.json();
        assert_eq!((own["items"].as_array().map(Vec::len), own["items"][0]["title"].as_str()), (Some(1), Some("Acme")), "{own}");
    }
    assert!(asked > 800, "the walk asks for everything: {asked}");
    // The platform and the auditor see that there are two.
    for person in [&staff.admin, &staff.auditor] {
        let all = person.get("/api/v1/tenants").await.json();
        assert!(all["items"].as_array().is_some_and(|items| items.len() >= 2), "{all}");
    }
}

#[tokio::test]
async fn a_tenant_works_by_itself_and_can_be_suspended() {
    let mut appliance = Appliance::start();
    let mut root = Person::first(&appliance).await;
    let make = |key: &str| json!({ "key": key });
    for (key, code) in
        [("", "EG-TEN-001"), ("public", "EG-TEN-001"), ("Acme", "EG-TEN-001"), ("../x", "EG-TEN-001"), ("default", "EG-TEN-002")]
    {
        let refused = root.post("/api/v1/tenants", &make(key)).await;
        assert_eq!(refused.json()["code"], code, "{key}: {}", refused.text);
    }
    assert_eq!(root.post("/api/v1/tenants", &make("acme")).await.status, 201);
    assert_eq!(root.post("/api/v1/tenants", &make("acme")).await.json()["code"], "EG-TEN-002");
    let nobody = root.post("/api/v1/users", &json!({ "username": "x", "password": "correct horse battery", "tenant": "nowhere" })).await;
    assert_eq!(nobody.status, 404, "{}", nobody.text);
    let mut chief = root.another_of(&appliance, Some("acme"), "chief", &["tenant-admin", "author", "reviewer", "operator"]).await;
    // Its administrator makes people of it, and of nothing else.
    let elsewhere = json!({ "username": "y", "password": "correct horse battery", "tenant": "default" });
    assert_eq!(chief.post("/api/v1/users", &elsewhere).await.status, 404);
    assert_eq!(chief.post("/api/v1/tenants", &make("other")).await.status, 403);
    let mut worker = chief.another(&appliance, "worker", &["operator"]).await;
    assert_eq!(root.get("/api/v1/users/worker").await.json()["tenant"], "acme");
    assert_eq!(root.get("/api/v1/users?tenant=acme").await.json()["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(chief.get("/api/v1/users").await.json()["items"].as_array().map(Vec::len), Some(2));
    // A role in one tenant is not given to somebody of another.
    let grant = json!({ "user": "worker", "role": "operator" });
    assert_eq!(root.post("/api/v1/grants", &grant).await.status, 404);
    let group = root.post("/api/v1/groups", &json!({ "name": "ours" })).await;
    assert_eq!(group.status, 201, "{}", group.text);
    // The same name, twice.
    for person in [&root, &chief] {
        person.publish("same.py", "def main() -> str:\n    return 'same'\n").await;
    }
    let run = worker.run("same", json!({})).await;
    assert_eq!(run["phase"], "succeeded", "{run}");
    assert_eq!(root.get(&format!("/api/v1/runs/{}", id_of(&run))).await.status, 404);
    let receipt = worker.get(&format!("/api/v1/runs/{}/receipt", id_of(&run))).await;
    assert_eq!(receipt.status, 200, "{}", receipt.text);

    // One place to run at: what waits for it goes on waiting while its tenant is suspended, over a restart too.
    chief.publish("slow.py", "# /// script\n# [tool.execgov]\n# concurrency = { limit = 1 }\n# ///\nimport time\n\ndef main(s: float = 0.0) -> float:\n    time.sleep(s)\n    return s\n").await;
    let first = id_of(&worker.start("slow", json!({ "s": 2.0 })).await.json());
    let second = id_of(&worker.start("slow", json!({ "s": 0.0 })).await.json());
    let mut stream = worker.request(Method::GET, "/api/v1/runs/stream").send().await.expect("a stream");
    let suspended = answer(root.request(Method::PATCH, "/api/v1/tenants/acme").json(&json!({ "state": "suspended" }))).await;
    assert_eq!(suspended.json()["state"], "suspended", "{}", suspended.text);
    let since = Instant::now();
    let over = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(2), over).await.expect("streams end");
    assert!(since.elapsed() < Duration::from_millis(1500), "{:?}", since.elapsed());
    for path in ["/api/v1/me", "/api/v1/runs"] {
        assert_eq!(worker.get(path).await.status, 401, "{path}");
    }
    let login = appliance.post("/api/v1/session", &json!({ "username": "chief", "password": "correct horse battery anew" })).await;
    assert_eq!(login.status, 401, "{}", login.text);
    let first_tenant = answer(root.request(Method::PATCH, "/api/v1/tenants/default").json(&json!({ "state": "suspended" }))).await;
    assert_eq!(first_tenant.json()["code"], "EG-TEN-004", "{}", first_tenant.text);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(appliance.stop().success());
    appliance.start_again();
    for person in [&mut root, &mut chief, &mut worker] {
        person.moved(&appliance);
    }
    let resumed = answer(root.request(Method::PATCH, "/api/v1/tenants/acme").json(&json!({ "state": "active", "title": "Acme" }))).await;
    assert_eq!((resumed.json()["state"].as_str(), resumed.json()["title"].as_str()), (Some("active"), Some("Acme")), "{}", resumed.text);
    let ended = worker.wait_for(&first, is_over).await;
    assert_eq!(ended["phase"], "succeeded", "what ran when it was suspended ended normally: {ended}");
    let ended = worker.wait_for(&second, is_over).await;
    assert_eq!(ended["phase"], "succeeded", "{ended}");
    let waited = worker.get(&format!("/api/v1/runs/{second}/events")).await;
    assert!(waited.text.contains("run.wait"), "{}", waited.text);
    let log = root.get("/api/v1/audit/events?action=tenant.&limit=50").await;
    for action in ["tenant.create", "tenant.suspend", "tenant.resume"] {
        assert!(log.text.contains(&format!("\"{action}\"")), "{action}: {}", log.text);
    }
    assert!(log.text.contains("\"refused\""), "{}", log.text);
}

#[tokio::test]
async fn an_account_is_deleted_for_good() {
    let appliance = Appliance::start();
    let root = Person::founder(&appliance, "four_eyes").await;
    let keeper = root.another(&appliance, "keeper", &["tenant-admin"]).await;
    let gone = root.another(&appliance, "gone", &["author", "operator"]).await;
    let reviewer = root.another(&appliance, "reviewer", &["reviewer"]).await;
    let bot = json!({ "name": "bot", "owner": "gone", "roles": ["viewer"] });
    assert_eq!(keeper.post("/api/v1/service-accounts", &bot).await.status, 201);
    let signed_in = appliance.post("/api/v1/session", &json!({ "username": "keeper", "password": CHOSEN, "deliver": "body" })).await.json();
    let session = signed_in["session_token"].as_str().unwrap_or_else(|| panic!("{signed_in}")).to_owned();
    let wish = json!({ "name": "t", "scopes": ["read"], "days": 1 });
    let token = appliance.request(Method::POST, "/api/v1/service-accounts/bot/tokens").bearer_auth(session).json(&wish);
    let token = answer(token).await.json();
    let token = token["token"].as_str().unwrap_or_else(|| panic!("{token}")).to_owned();
    assert_eq!(keeper.post("/api/v1/groups", &json!({ "name": "crew" })).await.status, 201);
    let member = answer(keeper.request(Method::PUT, "/api/v1/groups/crew/members/gone").json(&json!({}))).await;
    assert!(member.status < 300, "{}", member.text);
    let granted = keeper.post("/api/v1/grants", &json!({ "user": "gone", "role": "viewer", "place": "team" })).await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    // Something that is queued as this person, and something of theirs.
    let source = "# /// script\n# [tool.execgov]\n# concurrency = { limit = 1 }\n# ///\nimport time\n\ndef main(s: float = 0.0) -> float:\n    time.sleep(s)\n    return s\n";
    assert!(gone.register("slow.py", source).await.status < 300);
    assert_eq!(gone.post("/api/v1/capabilities/slow/versions/1/submit", &json!({ "changelog": "first" })).await.status, 200);
    assert_eq!(reviewer.post("/api/v1/capabilities/slow/versions/1/publish", &json!({})).await.status, 200);
    let running = id_of(&gone.start("slow", json!({ "s": 2.0 })).await.json());
    let queued = id_of(&gone.start("slow", json!({ "s": 0.0 })).await.json());

    let delete = async |person: &Person, who: &str| answer(person.request(Method::DELETE, &format!("/api/v1/users/{who}"))).await;
    assert_eq!(delete(&gone, "gone").await.status, 403, "not oneself, nor as anybody");
    assert_eq!(delete(&root, "ada").await.status, 403, "nobody deletes themselves");
    assert_eq!(delete(&keeper, "ada").await.status, 403, "a platform administrator is guarded");
    assert_eq!(delete(&keeper, "nobody").await.status, 404);
    let stale = answer(keeper.request(Method::DELETE, "/api/v1/users/gone").header("if-match", "\"999\"")).await;
    assert_eq!(stale.json()["code"], "EG-USER-006", "{}", stale.text);
    let done = delete(&keeper, "gone").await;
    assert_eq!(done.status, 204, "{}", done.text);

    assert_eq!(gone.get("/api/v1/me").await.status, 401);
    let as_bot = crate::appliance::http().get(format!("{}/api/v1/me", appliance.url)).bearer_auth(&token).send().await.expect("sent");
    assert_eq!(as_bot.status(), 401, "what somebody answers for rests with them");
    let login = appliance.post("/api/v1/session", &json!({ "username": "gone", "password": "correct horse battery anew" })).await;
    assert_eq!(login.status, 401, "{}", login.text);
    assert!(!keeper.get("/api/v1/users").await.text.contains("\"gone\""));
    let listed = keeper.get("/api/v1/users?state=deleted").await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    let shown = keeper.get("/api/v1/users/gone").await.json();
    assert_eq!((shown["state"].as_str(), shown["roles"].as_array().map(Vec::len)), (Some("deleted"), Some(0)), "{shown}");
    let crew = keeper.get("/api/v1/groups/crew").await.json();
    assert_eq!((crew["people"].as_array().map(Vec::len), crew["members"].as_u64()), (Some(0), Some(0)), "{crew}");
    assert!(!keeper.get("/api/v1/grants").await.text.contains("\"gone\""));
    // No way back, and nobody else under the name.
    let back = answer(keeper.request(Method::PATCH, "/api/v1/users/gone").json(&json!({ "state": "active" }))).await;
    assert_eq!(back.json()["code"], "EG-USER-013", "{}", back.text);
    let sneaked = answer(keeper.request(Method::PATCH, "/api/v1/users/reviewer").json(&json!({ "state": "deleted" }))).await;
    assert_eq!(sneaked.json()["code"], "EG-USER-007", "{}", sneaked.text);
    let again = keeper.post("/api/v1/users", &json!({ "username": "Gone", "password": "correct horse battery" })).await;
    assert_eq!(again.json()["code"], "EG-USER-002", "{}", again.text);
    for (path, wish) in [
        ("/api/v1/grants", json!({ "user": "gone", "role": "viewer" })),
        ("/api/v1/users/gone/password", json!({ "password": "another horse battery" })),
    ] {
        let refused = keeper.post(path, &wish).await;
        assert!((400..500).contains(&refused.status), "{path}: {}", refused.text);
    }
    // What ran ends; what was queued waits where everybody sees it, and can be called off.
    let end = Instant::now() + SOON;
    loop {
        let run = keeper.get(&format!("/api/v1/runs/{queued}")).await.json();
        if run["waits_for"] == "requester" {
            assert_eq!(run["phase"], "queued", "{run}");
            break;
        }
        assert!(Instant::now() < end, "{run}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(keeper.wait_for(&running, is_over).await["phase"], "succeeded");
    let cancelled = keeper.post(&format!("/api/v1/runs/{queued}/cancel"), &json!({})).await;
    assert!(cancelled.status < 300, "{}", cancelled.text);
    let log = keeper.get("/api/v1/audit/events?action=user.delete&limit=10").await.json();
    let outcomes: Vec<&str> = log["items"].as_array().into_iter().flatten().filter_map(|event| event["outcome"].as_str()).collect();
    assert!(outcomes.contains(&"refused") && outcomes.iter().any(|outcome| *outcome != "refused"), "{log}");
}
