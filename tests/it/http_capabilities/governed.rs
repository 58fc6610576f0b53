//! The whole way through the appliance: resources, registration, dry run, run, approval, receipt, audit.

use reqwest::Method;
use serde_json::{Value, json};

use super::servers::{Reply, Server};
use crate::appliance::{Appliance, answer};
use crate::approvals::{Office, approve, code, request_of};
use crate::person::{Person, id_of, is_over};
use crate::vault::{PASSPHRASE, Safe};

const READ: &str = r#"
name = "orders"
title = "Orders of a month"
description = "Lists the orders."
kind = "http"
[http]
resource = "erp"
method = "GET"
path = "/orders/{month}"
[http.response]
extract = "/items"
artifact = "orders.json"
[inputs.month]
type = "string"
pattern = "^[0-9]{4}-[0-9]{2}$"
description = "Such as 2026-01"
[output]
type = "array"
"#;

const WRITE: &str = r#"
name = "order"
kind = "http"
risk = "critical"
[http]
resource = "erp"
method = "POST"
path = "/orders"
body = { json = { amount = "{amount}" } }
[inputs.amount]
type = "integer"
min = 1
"#;

async fn erp(admin: &Person, server: &Server, more: Value) {
    let mut settings = json!({ "url": server.url(), "private": ["127.0.0.1"], "health": { "path": "/ping" } });
    settings.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    let made = admin.post("/api/v1/resources", &json!({ "name": "erp", "purpose": "Orders", "settings": settings })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let granted = admin.post("/api/v1/resources/erp/grants", &json!({ "tenant": "default" })).await;
    assert_eq!(granted.status, 200, "{}", granted.text);
}

#[tokio::test]
async fn a_request_is_registered_planned_run_and_proven() {
    let appliance = Appliance::start();
    let person = Person::first(&appliance).await;
    let server = Server::plain(|seen| {
        if seen.path() == "/ping" { Reply::status(200) } else { Reply::json(&json!({ "items": [1, 2], "path": seen.target })) }
    })
    .await;
    person.publish("orders.toml", READ).await;
    let shown = person.get("/api/v1/capabilities/orders").await.json();
    assert_eq!((shown["kind"].as_str(), shown["risk"].as_str()), (Some("http"), Some("low")), "{shown}");
    // Before there is a resource, a run is refused and a plan says why.
    let early = person.start("orders", json!({ "month": "2026-01" })).await;
    assert_eq!(code(&early), (409, "EG-RES-003".to_owned()));
    erp(&person, &server, json!({})).await;
    let bad = person.start("orders", json!({ "month": "../x" })).await;
    assert_eq!(code(&bad).0, 422, "{}", bad.text);

    let plan = person.post("/api/v1/capabilities/orders/plan", &json!({ "inputs": { "month": "2026-01" } })).await.json();
    assert_eq!(
        (plan["request"]["url"].as_str(), plan["request"]["permitted"].as_bool()),
        (Some(format!("{}/orders/2026-01", server.url()).as_str()), Some(true)),
        "{plan}"
    );
    assert_eq!((plan["isolation"].as_str(), plan["start"].as_str()), (Some("no_code"), Some("direct")), "{plan}");
    assert_eq!(server.connections(), 0, "a dry run connects to nothing");

    let run = person.run("orders", json!({ "month": "2026-01" })).await;
    assert_eq!((run["phase"].as_str(), &run["result"]), (Some("succeeded"), &json!([1, 2])), "{run}");
    assert_eq!(run["attempts"][0]["reached"], json!([format!("{} (127.0.0.1)", server.address)]), "{run}");
    assert_eq!((run["resource"]["name"].as_str(), run["artifacts"][0]["name"].as_str()), (Some("erp"), Some("orders.json")), "{run}");
    let id = run["id"].as_str().expect("an id");
    let log = person.get(&format!("/api/v1/runs/{id}/log")).await;
    assert!(log.text.contains("/orders/2026-01") && log.text.contains("< 200"), "{}", log.text);
    let kept = person.get(&format!("/api/v1/runs/{id}/artifacts/orders.json")).await;
    assert!(kept.text.contains("\"items\""), "{}", kept.text);
    let receipt = person.get(&format!("/api/v1/runs/{id}/receipt")).await;
    assert_eq!(receipt.status, 200, "{}", receipt.text);
    let events = person.get(&format!("/api/v1/runs/{id}/events")).await;
    assert!(events.text.contains("\"reached\"") && events.text.contains("\"resource\""), "{}", events.text);

    let used = person.get("/api/v1/resources/erp/usage").await.json();
    assert_eq!((used["items"][0]["capability"].as_str(), used["items"][0]["current"].as_bool()), (Some("orders"), Some(true)), "{used}");
    let gone = answer(person.request(Method::DELETE, "/api/v1/resources/erp")).await;
    assert_eq!(code(&gone), (409, "EG-RES-004".to_owned()));
    let tested = person.post("/api/v1/resources/erp/test", &json!({})).await.json();
    assert_eq!((tested["status"].as_str(), server.last().path()), (Some("good"), "/ping"), "{tested}");
    let audit = person.get("/api/v1/audit/events?action=resource.&limit=50").await;
    for action in ["resource.add", "resource.grant", "resource.test", "resource.tested"] {
        assert!(audit.text.contains(&format!("\"{action}\"")), "{action}: {}", audit.text);
    }
}

/// The declared reading request is sent by those who may run the version, with the credential and without showing it; what
/// comes back is judged, nothing is kept, and both ends are in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_is_verified_by_its_own_reading_request() {
    let office = Office::new().await;
    let server = Server::plain(|seen| match seen.path() {
        "/ping" => Reply::json(&json!({ "ok": true, "you": seen.header("x-key") })),
        "/closed" => Reply::status(503),
        _ => Reply::json(&json!({ "ok": false })),
    })
    .await;
    erp(&office.admin, &server, json!({})).await;
    let source = |name: &str, verify: &str| {
        format!(
            "name = \"{name}\"\nkind = \"http\"\n[http]\nresource = \"erp\"\nmethod = \"GET\"\npath = \"/orders\"\nheaders = {{ X-Key = \"team\", X-Who = \"{{who}}\" }}\n{verify}[inputs.who]\ntype = \"string\"\n"
        )
    };
    office.publish("good.toml", &source("good", "[http.verify]\npath = \"/ping\"\ncheck = [{ at = \"/ok\", equals = true }]\n")).await;
    office.publish("shut.toml", &source("shut", "[http.verify]\nmethod = \"HEAD\"\npath = \"/closed\"\n")).await;
    office.publish("odd.toml", &source("odd", "[http.verify]\npath = \"/odd\"\ncheck = [{ at = \"/ok\", equals = true }]\n")).await;
    office.publish("none.toml", &source("none", "")).await;
    let verify = async |person: &Person, name: &str| person.post(&format!("/api/v1/capabilities/{name}/verify"), &json!({})).await;

    let good = verify(&office.operator, "good").await.json();
    assert_eq!(
        (good["good"].as_bool(), good["request"].as_str(), good["version"].as_i64()),
        (Some(true), Some("GET /ping"), Some(1)),
        "{good}"
    );
    let last = server.last();
    assert_eq!((last.path(), last.header("x-key"), last.header("x-who")), ("/ping", "team", ""), "only fixed headers go out");
    assert!(good["lines"].to_string().contains("< 200"), "{good}");
    let shut = verify(&office.operator, "shut").await.json();
    assert_eq!((shut["good"].as_bool(), shut["code"].as_str()), (Some(false), Some("EG-HTTP-004")), "{shut}");
    let odd = verify(&office.operator, "odd").await.json();
    assert!(odd["good"] == json!(false) && odd["code"].as_str().is_some(), "{odd}");
    let before = server.connections();
    assert_eq!(code(&verify(&office.operator, "none").await), (409, "EG-RES-009".to_owned()));
    assert_eq!(code(&verify(&office.approver, "good").await).0, 403, "those who may not run it");
    assert_eq!(code(&verify(&office.operator, "nothing").await).0, 404);
    assert_eq!(server.connections(), before, "a refusal connects to nothing");

    let said = office.cli(&office.operator, &["capability", "verify", "good"], "");
    assert!(said.out.contains("verified") && said.out.contains("GET /ping"), "{said:?}");
    assert_ne!(office.cli(&office.operator, &["capability", "verify", "shut"], "").code, 0);
    for (action, least) in [("capability.verify", 6), ("capability.verified", 5)] {
        let events = office.admin.get(&format!("/api/v1/audit/events?action={action}&limit=50")).await;
        assert!(events.json()["items"].as_array().is_some_and(|items| items.len() >= least), "{action}: {}", events.text);
    }
    for (verify, why) in [
        ("[http.verify]\nmethod = \"POST\"\npath = \"/ping\"\n", "only reads"),
        ("[http.verify]\npath = \"/ping/{who}\"\n", "takes no inputs"),
        ("[http.verify]\npath = \"/../x\"\n", "verify"),
        ("[http.verify]\npath = \"/ping\"\nsuccess = [\"fine\"]\n", "success"),
    ] {
        let refused = office.author.register("bad.toml", source("bad", verify)).await;
        assert!(refused.status >= 400 && refused.status < 500 && refused.text.contains(why), "{why}: {}", refused.text);
    }
}

#[tokio::test]
async fn writes_need_the_whitelist_and_an_approval_is_bound_to_the_resource() {
    let office = Office::new().await;
    let server = Server::plain(|seen| Reply::json(&json!({ "made": seen.text() }))).await;
    office.publish("order.toml", WRITE).await;
    erp(&office.admin, &server, json!({})).await;
    let plan = office.operator.post("/api/v1/capabilities/order/plan", &json!({ "inputs": { "amount": 5 } })).await.json();
    assert!(plan["request"]["problem"].as_str().is_some_and(|text| text.contains("POST /orders")), "{plan}");
    let said = office.cli(&office.operator, &["run", "order", "--amount", "5", "--dry-run"], "");
    assert!(said.out.contains("POST") && said.out.contains("write whitelist"), "{said:?}");

    let (run, request) = request_of(&office.operator.start("order", json!({ "amount": 5 })).await);
    assert_eq!(approve(&office.approver, &request).await.status, 200);
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!((over["phase"].as_str(), over["reason_code"].as_str()), (Some("failed"), Some("EG-HTTP-002")), "{over}");
    assert!(server.seen().is_empty(), "nothing was sent");

    // The settings change while a request waits: what was asked for is not what would happen.
    let (run, request) = request_of(&office.operator.start("order", json!({ "amount": 6 })).await);
    let list =
        json!({ "settings": { "url": server.url(), "private": ["127.0.0.1"], "writes": [{ "method": "POST", "path": "/orders" }] } });
    let changed = answer(office.admin.request(Method::PATCH, "/api/v1/resources/erp").json(&list)).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(approve(&office.approver, &request).await.status, 409);
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!(over["phase"], "expired", "{over}");
    let (run, request) = request_of(&office.operator.start("order", json!({ "amount": 7 })).await);
    assert_eq!(approve(&office.approver, &request).await.status, 200);
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!((over["phase"].as_str(), server.last().text()), (Some("succeeded"), r#"{"amount":7}"#.to_owned()), "{over}");
}

#[tokio::test]
async fn tenants_see_a_ledger_and_only_the_platform_configures() {
    let office = Office::new().await;
    let server = Server::plain(|_| Reply::status(200)).await;
    let hidden = json!({ "name": "hr", "purpose": "People", "settings": { "url": "https://hr.example.com", "auth": { "kind": "bearer", "token": "hr-token" } } });
    assert_eq!(office.admin.post("/api/v1/resources", &hidden).await.status, 201);
    erp(
        &office.admin,
        &server,
        json!({ "auth": { "kind": "bearer", "token": "erp-token" }, "writes": [{ "method": "POST", "path": "/orders" }] }),
    )
    .await;
    let list = office.operator.get("/api/v1/resources").await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    let row = &list["items"][0];
    assert_eq!((row["auth"].as_str(), &row["writes"], row.get("settings")), (Some("bearer"), &json!(["POST /orders"]), None), "{row}");
    assert!(!list.to_string().contains("erp-token"), "not even the name of the secret: {list}");
    assert_eq!(office.operator.get("/api/v1/resources/hr").await.status, 404);
    for (method, path, body) in [
        (Method::POST, "/api/v1/resources", hidden.clone()),
        (Method::PATCH, "/api/v1/resources/erp", json!({ "owner": "me" })),
        (Method::POST, "/api/v1/resources/erp/grants", json!({ "tenant": "default" })),
        (Method::POST, "/api/v1/resources/erp/test", json!({})),
        (Method::DELETE, "/api/v1/resources/erp", json!({})),
    ] {
        let refused = answer(office.operator.request(method.clone(), path).json(&body)).await;
        assert_eq!(refused.status, 403, "{method} {path} {}", refused.text);
    }
    for (settings, pointer) in [
        (json!({ "url": "file:///etc/passwd" }), "/settings/url"),
        (json!({ "url": "http://a@b" }), "/settings/url"),
        (json!({ "url": "http://a\\@b" }), "/settings/url"),
        (json!({ "url": "https://x", "writes": [{ "method": "GET", "path": "/" }] }), "/settings/writes/0/method"),
        (json!({ "url": "https://x", "private": ["all"] }), "/settings/private/0"),
    ] {
        let refused = office.admin.post("/api/v1/resources", &json!({ "name": "x", "purpose": "x", "settings": settings })).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-RES-001".to_owned()), Some(pointer)),
            "{settings}"
        );
    }
    assert_eq!(code(&office.admin.post("/api/v1/resources", &hidden).await), (409, "EG-RES-002".to_owned()));
    // A test uses the stored address and the stored credential; without the secret nothing is sent.
    let tested = office.admin.post("/api/v1/resources/erp/test", &json!({})).await.json();
    assert!(tested["status"] == "failing" && server.seen().is_empty(), "{tested}");
}

// The command line is waited for, while the server that it makes the appliance ask runs beside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_are_dealt_with_on_the_command_line() {
    let office = Office::new().await;
    let server = Server::plain(|_| Reply::status(200)).await;
    let add = [
        "resource",
        "add",
        "stock",
        "--address",
        &server.url(),
        "--purpose",
        "Stock",
        "--private",
        "127.0.0.1",
        "--health",
        "GET /ping",
        "--write",
        "POST /orders/*",
    ];
    office.cli(&office.admin, &add, "").fine();
    office.cli(&office.admin, &["resource", "grant", "stock"], "").fine();
    let shown = office.cli(&office.operator, &["resource", "show", "stock"], "").fine();
    for part in ["Stock", "POST /orders/*", "untested", &server.address.to_string()] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let tested = office.cli(&office.admin, &["resource", "test", "stock"], "").fine();
    assert!(tested.contains("good"), "{tested}");
    office.cli(&office.admin, &["resource", "update", "stock", "--owner", "it", "--rate", "60"], "").fine();
    assert!(office.cli(&office.admin, &["resource", "list"], "").fine().contains("stock"));
    assert_eq!(office.cli(&office.operator, &["resource", "remove", "stock", "--yes"], "").code, 5);
    office.cli(&office.admin, &["resource", "revoke", "stock", "--yes"], "").fine();
    assert_eq!(office.cli(&office.operator, &["resource", "show", "stock"], "").code, 6);
    office.cli(&office.admin, &["resource", "remove", "stock", "--yes"], "").fine();
    for (words, exit) in [
        (&["resource", "add", "x", "--purpose", "x"][..], 2),
        (&["resource", "add", "x", "--purpose", "x", "--address", "https://x", "--auth", "magic"][..], 2),
        (&["resource", "add", "x", "--purpose", "x", "--address", "ftp://x"][..], 1),
        (&["resource", "show", "none"][..], 6),
    ] {
        assert_eq!(office.cli(&office.admin, words, "").code, exit, "{words:?}");
    }
}

#[tokio::test]
async fn a_credential_comes_from_the_vault_for_each_run_and_runs_wait_while_it_is_sealed() {
    let safe = Safe::new().await;
    let canary = "canary-51b2-token";
    let server = Server::plain(|seen| Reply::json(&json!({ "saw": seen.header("authorization") }))).await;
    let set = safe.ask(Method::PUT, "/api/v1/secrets/erp-token?domain=platform", &json!({ "value": canary })).await;
    assert_eq!(set.status, 200, "{}", set.text);
    erp(&safe.ada, &server, json!({ "auth": { "kind": "bearer", "token": "erp-token" } })).await;
    safe.ada.publish("who.toml", "name = \"who\"\nkind = \"http\"\n[http]\nresource = \"erp\"\nmethod = \"GET\"\npath = \"/\"\n").await;
    // The secret must be granted to the resource, whoever configured it.
    let run = safe.ada.run("who", json!({})).await;
    assert_eq!((run["phase"].as_str(), server.connections()), (Some("failed"), 0), "{run}");
    let resource = safe.ada.get("/api/v1/resources/erp").await.json()["id"].clone();
    let wish = json!({ "resource": resource, "delivery": "file" });
    let granted = safe.ada.post("/api/v1/secrets/erp-token/grants?domain=platform", &wish).await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    let run = safe.ada.run("who", json!({})).await;
    assert_eq!((run["phase"].as_str(), run["result"]["saw"].as_str()), (Some("succeeded"), Some("Bearer [masked: erp-token]")), "{run}");
    assert_eq!(server.last().header("authorization"), format!("Bearer {canary}"));
    assert_eq!(run["attempts"][0]["secrets"][0]["name"], "erp-token", "{run}");
    let used = safe.events("secret.use").await;
    assert!(used.iter().any(|event| event["details"]["run"] == run["id"] && event["details"]["resource_name"] == "erp"), "{used:?}");
    let tested = safe.ada.post("/api/v1/resources/erp/test", &json!({})).await.json();
    assert_eq!(tested["status"], "good", "{tested}");
    // A test and a plan show nothing of it.
    let plan = safe.ada.post("/api/v1/capabilities/who/plan", &json!({})).await;
    assert!(plan.text.contains("Bearer ***") && !plan.text.contains(canary), "{}", plan.text);

    assert_eq!(safe.ada.post("/api/v1/vault/seal", &json!({})).await.status, 200);
    let asked = server.seen().len();
    let waiting = safe.ada.start("who", json!({})).await.json();
    assert_eq!((waiting["phase"].as_str(), waiting["waits_for"].as_str()), (Some("queued"), Some("vault")), "{waiting}");
    assert_eq!(server.seen().len(), asked, "nothing is sent while it waits");
    assert_eq!(safe.unseal(PASSPHRASE).await.status, 200);
    let over = safe.ada.wait_for(&id_of(&waiting), is_over).await;
    assert_eq!(over["phase"], "succeeded", "{over}");

    let found = std::process::Command::new("grep").args(["-rl", canary]).arg(safe.appliance.data()).output().expect("grep runs");
    assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
}

/// A credential is granted for where a resource is: who points it elsewhere gets nothing until it is granted anew.
#[tokio::test]
async fn a_resource_that_moves_loses_its_credential() {
    let safe = Safe::new().await;
    let home = Server::plain(|_| Reply::json(&json!(1))).await;
    let trap = Server::plain(|_| Reply::json(&json!(2))).await;
    let set = safe.ask(Method::PUT, "/api/v1/secrets/erp-token?domain=platform", &json!({ "value": "canary-77aa-token" })).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let auth = json!({ "kind": "bearer", "token": "erp-token" });
    erp(&safe.ada, &home, json!({ "auth": auth })).await;
    safe.ada.publish("who.toml", "name = \"who\"\nkind = \"http\"\n[http]\nresource = \"erp\"\nmethod = \"GET\"\npath = \"/\"\n").await;
    let resource = safe.ada.get("/api/v1/resources/erp").await.json()["id"].clone();
    let grants = "/api/v1/secrets/erp-token/grants?domain=platform";
    let granted = safe.ada.post(grants, &json!({ "resource": resource, "delivery": "file" })).await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    let change = async |settings: Value| {
        let changed = safe.ask(Method::PATCH, "/api/v1/resources/erp", &json!({ "settings": settings })).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
    };
    let of = |url: String, more: Value| {
        let mut settings = json!({ "url": url, "private": ["127.0.0.1"], "health": { "path": "/ping" }, "auth": auth });
        settings.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        settings
    };
    // What changes nothing of where it is leaves the grant.
    change(of(format!("{}/v2", home.url()), json!({ "timeout_ms": 5000, "writes": [{ "method": "POST", "path": "/a" }] }))).await;
    assert_eq!(safe.ada.run("who", json!({})).await["phase"], "succeeded");

    change(of(trap.url(), json!({}))).await;
    let run = safe.ada.run("who", json!({})).await;
    assert_eq!((run["phase"].as_str(), run["reason_code"].as_str()), (Some("failed"), Some("EG-SEC-003")), "{run}");
    let tested = safe.ada.post("/api/v1/resources/erp/test", &json!({})).await.json();
    assert_eq!(tested["status"], "failing", "{tested}");
    assert_eq!(trap.connections(), 0, "nothing was sent there");
    let secret = safe.ada.get("/api/v1/secrets/erp-token?domain=platform").await.json();
    assert_eq!(secret["grants"], json!([]), "{secret}");
    let revoked = safe.events("secret.revoke").await;
    assert_eq!((&revoked[0]["details"]["why"], revoked.len()), (&json!("the resource moved"), 1), "{revoked:?}");
    let updated = safe.events("resource.update").await;
    assert_eq!(updated[0]["details"]["credentials_revoked"], json!(["erp-token"]), "{updated:?}");

    // Back where it was it has no credential either; a grant that is given anew holds.
    change(of(home.url(), json!({}))).await;
    assert_eq!(safe.ada.run("who", json!({})).await["phase"], "failed");
    assert_eq!(safe.ada.post(grants, &json!({ "resource": resource, "delivery": "file" })).await.status, 201);
    assert_eq!(safe.ada.run("who", json!({})).await["phase"], "succeeded");
    // A proxy on the way sees what is sent, and is a change of where it goes.
    change(of(home.url(), json!({ "proxy": trap.url() }))).await;
    assert_eq!(safe.ada.run("who", json!({})).await["phase"], "failed");
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn requests_and_scripts_do_not_hold_each_other_up() {
    let appliance = Appliance::with_settings("[queue]\nrunning = 1\nrequests = 2\n");
    let person = Person::first(&appliance).await;
    let slow = Server::plain(|_| Reply::Endless(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec(), b" ".to_vec(), 50)).await;
    person.publish("orders.toml", READ).await;
    erp(&person, &slow, json!({})).await;
    person.publish("quick.py", "def main() -> int:\n    return 1\n").await;
    person.publish("nap.py", "import time\ndef main() -> int:\n    time.sleep(60)\n    return 1\n").await;
    let begun = async |capability: &str, inputs: Value| {
        let id = id_of(&person.start(capability, inputs).await.json());
        person.wait_for(&id, |phase| phase == "running").await;
        id
    };
    // Both places for requests are taken, and a third waits; a script runs past all of them.
    let month = || json!({ "month": "2026-01" });
    let asking = [begun("orders", month()).await, begun("orders", month()).await];
    let third = person.start("orders", month()).await.json();
    assert_eq!(third["phase"], "queued", "{third}");
    assert_eq!(person.run("quick", json!({})).await["phase"], "succeeded");
    // The only place for scripts is taken: a request that gets a place begins all the same.
    let nap = begun("nap", json!({})).await;
    assert_eq!(person.start("quick", json!({})).await.json()["phase"], "queued");
    let third = id_of(&third);
    assert!(person.post(&format!("/api/v1/runs/{}/cancel", asking[0]), &json!({})).await.status < 300);
    person.wait_for(&third, |phase| phase == "running").await;
    for id in [&asking[1], &third, &nap] {
        assert!(person.post(&format!("/api/v1/runs/{id}/cancel"), &json!({})).await.status < 300);
    }
    for id in [&asking[0], &asking[1], &third, &nap] {
        assert_eq!(person.wait_for(id, is_over).await["phase"], "cancelled");
    }
}
