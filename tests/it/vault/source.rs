//! Values that are kept in another vault: read for each use, bounded by grants and paths, recorded, masked, and kept nowhere.
//!
//! The stand-in speaks what OpenBao and HashiCorp Vault document of the `AppRole` method and of the KV engine, version 2.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::leaks::contents;
use super::{Safe, code, id, until};
use crate::appliance::{Answer, answer};
use crate::http_capabilities::servers::{Authority, Reply, Seen, Server};
use crate::person::is_over;

const SECRET_ID: &str = "canary-secret-id-5c1f";
const PRINTS: &str = r"
def main() -> str:
    value = open('/run/secrets/db').read()
    print('connecting with', value)
    return value
";

/// What the stand-in holds and what it was asked.
#[derive(Default)]
struct Held {
    /// Versions of each entry, oldest first; none where one was deleted.
    entries: BTreeMap<String, Vec<Option<Value>>>,
    /// The token that is good now.
    token: String,
    logins: u32,
    /// Answers nothing for so long.
    pause: Duration,
}

#[derive(Clone, Default)]
struct Bao(Arc<Mutex<Held>>);

impl Bao {
    fn put(&self, path: &str, data: Value) {
        self.0.lock().expect("lock").entries.entry(path.to_owned()).or_default().push(Some(data));
    }

    fn delete_newest(&self, path: &str) {
        *self.0.lock().expect("lock").entries.get_mut(path).and_then(|versions| versions.last_mut()).expect("an entry") = None;
    }

    /// The token that was given ends before its time.
    fn revoke_token(&self) {
        self.0.lock().expect("lock").token = "revoked".to_owned();
    }

    fn logins(&self) -> u32 {
        self.0.lock().expect("lock").logins
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let mut held = self.0.lock().expect("lock");
        let failed = |status: u16, why: &str| {
            Reply::Plain(status, vec![("content-type", "application/json".to_owned())], json!({ "errors": [why] }).to_string().into_bytes())
        };
        if seen.path() == "/v1/auth/approle/login" {
            let wish: Value = serde_json::from_str(&seen.text()).expect("JSON");
            if seen.method != "POST" || wish != json!({ "role_id": "execgov", "secret_id": SECRET_ID }) {
                return failed(400, "invalid role or secret ID");
            }
            held.logins += 1;
            held.token = format!("canary-token-{}", held.logins);
            return Reply::json(&json!({ "auth": { "client_token": held.token, "lease_duration": 3600, "renewable": true } }));
        }
        if seen.method != "GET" || seen.header("x-vault-token") != held.token {
            return failed(403, "permission denied");
        }
        if seen.path() == "/v1/auth/token/lookup-self" {
            return Reply::json(&json!({ "data": { "display_name": "approle" } }));
        }
        let Some(path) = seen.path().strip_prefix("/v1/secret/data/") else { return failed(404, "no handler for route") };
        if path.starts_with("default/locked/") {
            return failed(403, "permission denied");
        }
        let asked = seen.target.split_once("?version=").map(|(_, number)| number.parse::<usize>().expect("a number"));
        let versions = held.entries.get(path).cloned().unwrap_or_default();
        let number = asked.unwrap_or(versions.len());
        match number.checked_sub(1).and_then(|at| versions.get(at)) {
            None => failed(404, ""),
            Some(None) => Reply::Plain(
                404,
                vec![("content-type", "application/json".to_owned())],
                json!({ "data": { "data": null, "metadata": { "version": number, "deletion_time": "2026-01-01T00:00:00Z" } } })
                    .to_string()
                    .into_bytes(),
            ),
            Some(Some(data)) => {
                let pause = held.pause;
                drop(held);
                if !pause.is_zero() {
                    return Reply::Endless(Vec::new(), Vec::new(), u64::try_from(pause.as_millis()).expect("short"));
                }
                Reply::json(
                    &json!({ "data": { "data": data, "metadata": { "version": number, "destroyed": false, "deletion_time": "" } } }),
                )
            }
        }
    }

    async fn serve(&self) -> Server {
        let bao = self.clone();
        Server::plain(move |seen| bao.answer(seen)).await
    }
}

/// A source `bao` that signs in with a role, granted to the tenant. Answers its id.
async fn source(safe: &Safe, url: &str, more: &Value) -> String {
    let set = safe.ask(Method::PUT, "/api/v1/secrets/bao-secret-id?domain=platform", &json!({ "value": SECRET_ID })).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let mut settings = json!({
        "url": url,
        "private": ["127.0.0.1", "::1"],
        "auth": { "kind": "app_role", "role_id": "execgov", "secret_id": "bao-secret-id" },
        "source": { "mount": "secret", "paths": ["{tenant}/**", "shared/*"] },
    });
    settings.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    let wish = json!({ "name": "bao", "kind": "secret_source", "purpose": "Shared secrets", "settings": settings });
    let made = safe.ada.post("/api/v1/resources", &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let resource = id(&made);
    for role in ["/auth/secret_id", "/tls/client_certificate", "/tls/client_key"] {
        if let Some(name) = settings.pointer(role).and_then(Value::as_str) {
            let granted = safe.ada.post(&format!("/api/v1/secrets/{name}/grants?domain=platform"), &json!({ "resource": resource })).await;
            assert_eq!(granted.status, 201, "{}", granted.text);
        }
    }
    let granted = safe.ada.post("/api/v1/resources/bao/grants", &json!({ "tenant": "default" })).await;
    assert_eq!(granted.status, 200, "{}", granted.text);
    resource
}

async fn link(safe: &Safe, name: &str, path: &str, field: &str) -> Answer {
    let from = json!({ "resource": "bao", "path": path, "field": field });
    safe.ask(Method::PUT, &format!("/api/v1/secrets/{name}"), &json!({ "from": from })).await
}

#[tokio::test]
async fn a_value_is_read_for_each_use_over_mutual_tls_and_kept_nowhere() {
    let mut safe = Safe::new().await;
    let (bao, authority) = (Bao::default(), Authority::new());
    bao.put("default/finance/db", json!({ "password": "canary-first-value", "user": "reports" }));
    let answers = bao.clone();
    let server = Server::tls(Arc::clone(&authority.server), move |seen| answers.answer(seen)).await;
    for (name, value) in [("bao-chain", &authority.client_chain), ("bao-key", &authority.client_key)] {
        let set = safe.ask(Method::PUT, &format!("/api/v1/secrets/{name}?domain=platform"), &json!({ "value": value })).await;
        assert_eq!(set.status, 200, "{}", set.text);
    }
    let tls = json!({ "authority": authority.pem, "client_certificate": "bao-chain", "client_key": "bao-key" });
    source(&safe, &server.secure_url(), &json!({ "tls": tls })).await;
    // Without a check of its own, a source is tested by what its token says of itself.
    let tested = safe.ada.post("/api/v1/resources/bao/test", &json!({})).await.json();
    assert_eq!((tested["test"]["good"].as_bool(), tested["source"]["mount"].as_str()), (Some(true), Some("secret")), "{tested}");

    let set = link(&safe, "db", "default/finance/db", "password").await;
    assert_eq!(set.status, 200, "{}", set.text);
    let place = json!({ "resource": "bao", "entry": "default/finance/db#password", "version": null });
    assert_eq!((&set.json()["facts"]["source"], &set.json()["versions"][0]["source"]), (&place, &place), "{}", set.text);
    safe.publish("report", &["db"], PRINTS).await;
    safe.grant("db", "report", "file").await;
    let first = safe.ada.run("report", json!({})).await;
    assert_eq!((first["phase"].as_str(), first["result"].as_str()), (Some("succeeded"), Some("[masked: db]")), "{first}");
    let used = &first["attempts"][0]["secrets"];
    assert_eq!(used.as_array().map(Vec::len), Some(1), "{first}");
    assert_eq!((&used[0]["source"]["version"], &used[0]["source"]["entry"]), (&json!(1), &place["entry"]), "{first}");

    // Another value there is what the next run gets, without anybody touching anything here; and it is masked too.
    bao.put("default/finance/db", json!({ "password": "canary-second-value" }));
    let second = safe.ada.run("report", json!({})).await;
    assert_eq!((second["result"].as_str(), &second["attempts"][0]["secrets"][0]["source"]["version"]), (Some("[masked: db]"), &json!(2)));
    assert_eq!(bao.logins(), 1, "a token is kept while it is good");
    bao.revoke_token();
    let third = safe.ada.run("report", json!({})).await;
    assert_eq!((third["phase"].as_str(), bao.logins()), (Some("succeeded"), 2), "{third}");

    // Who read what, for which run, is recorded: the reading itself, and the credential that it took.
    let reads = safe.events("secret.read").await;
    let runs: Vec<&Value> = reads.iter().map(|event| &event["details"]["run"]).collect();
    assert_eq!(runs, [&third["id"], &second["id"], &first["id"], &Value::Null], "{reads:?}");
    assert_eq!(reads[1]["details"]["source"], json!({ "resource": "bao", "entry": "default/finance/db#password", "version": 2 }));
    let uses = safe.events("secret.use").await;
    let of =
        |name: &str, run: &Value| uses.iter().filter(|event| event["subject"]["name"] == name && event["details"]["run"] == *run).count();
    assert_eq!((of("db", &first["id"]), of("bao-secret-id", &first["id"])), (1, 1), "{uses:?}");
    let receipt = safe.ada.get(&format!("/api/v1/runs/{}/receipt", second["id"].as_str().expect("an id"))).await;
    let signed = STANDARD.decode(receipt.json()["payload"].as_str().expect("a payload")).expect("base64");
    let signed: Value = serde_json::from_slice(&signed).expect("JSON");
    assert_eq!(signed["predicate"]["attempts"][0]["secrets"][0]["source"]["version"], json!(2), "{signed}");

    // Nothing of it is anywhere, and a backup of a vault with it is whole.
    let backup = safe.ada.post("/api/v1/backups", &json!({})).await;
    assert_eq!(backup.status, 201, "{}", backup.text);
    assert!(safe.appliance.stop().success());
    let mut found = Vec::new();
    contents(safe.appliance.dir(), &mut found);
    assert!(found.iter().any(|(_, text)| text.windows(10).any(|part| part == b"[masked: d")), "the walk sees logs");
    for (place, text) in &found {
        for canary in ["canary-first", "canary-second", "canary-token", "canary-secret-id"] {
            assert!(!text.windows(canary.len()).any(|part| part == canary.as_bytes()), "{canary} in {place}");
        }
    }
}

#[tokio::test]
async fn what_may_be_read_is_bounded_when_it_is_set_and_when_it_is_used() {
    let safe = Safe::new().await;
    let bao = Bao::default();
    for path in ["default/db", "shared/smtp", "sales/db", "default/gone", "default/odd"] {
        bao.put(path, json!({ "password": "a good long value", "pin": "123", "list": ["x"] }));
    }
    bao.delete_newest("default/gone");
    let server = bao.serve().await;
    source(&safe, &server.url(), &json!({})).await;
    let plain = json!({ "name": "erp", "purpose": "Orders", "settings": { "url": server.url(), "private": ["127.0.0.1"] } });
    assert_eq!(safe.ada.post("/api/v1/resources", &plain).await.status, 201);
    assert_eq!(safe.ada.post("/api/v1/resources/erp/grants", &json!({ "tenant": "default" })).await.status, 200);

    assert_eq!(link(&safe, "db", "default/db", "password").await.status, 200);
    assert_eq!(link(&safe, "smtp", "shared/smtp", "password").await.status, 200);
    let before = server.seen().len();
    let field = |answer: &Answer| answer.json()["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
    for (from, pointer) in [
        (json!({ "resource": "bao", "path": "sales/db", "field": "password" }), "/from/path"),
        (json!({ "resource": "bao", "path": "shared/a/b", "field": "password" }), "/from/path"),
        (json!({ "resource": "bao", "path": "default/../sales/db", "field": "password" }), "/from/path"),
        (json!({ "resource": "bao", "path": "default%2f..%2fsales", "field": "password" }), "/from/path"),
        (json!({ "resource": "bao", "path": "/default/db", "field": "password" }), "/from/path"),
        (json!({ "resource": "bao", "path": "default/db", "field": "" }), "/from/field"),
        (json!({ "resource": "bao", "path": "default/db", "field": "password", "version": 0 }), "/from/version"),
        (json!({ "resource": "erp", "path": "default/db", "field": "password" }), "/from/resource"),
        (json!({ "resource": "nothing", "path": "default/db", "field": "password" }), "/from/resource"),
        (json!({ "resource": "*", "path": "default/db", "field": "password" }), "/from/resource"),
    ] {
        let refused = safe.ask(Method::PUT, "/api/v1/secrets/other", &json!({ "from": from })).await;
        assert_eq!((code(&refused), field(&refused).as_str()), ((400, "EG-SEC-001".to_owned()), pointer), "{from}: {}", refused.text);
    }
    assert_eq!(server.seen().len(), before, "nothing was asked for what may not be read");
    for (wish, expected) in [
        (json!({ "value": "long enough", "from": { "resource": "bao", "path": "default/db", "field": "password" } }), (400, "EG-SEC-001")),
        (json!({ "from": { "resource": "bao", "path": "default/none", "field": "password" } }), (409, "EG-SEC-006")),
        (json!({ "from": { "resource": "bao", "path": "default/gone", "field": "password" } }), (409, "EG-SEC-006")),
        (json!({ "from": { "resource": "bao", "path": "default/locked/db", "field": "password" } }), (503, "EG-SEC-008")),
        (json!({ "from": { "resource": "bao", "path": "default/db", "field": "none" } }), (503, "EG-SEC-008")),
        (json!({ "from": { "resource": "bao", "path": "default/db", "field": "list" } }), (503, "EG-SEC-008")),
        (json!({ "from": { "resource": "bao", "path": "default/db", "field": "pin" } }), (400, "EG-SEC-002")),
        (json!({ "from": { "resource": "bao", "path": "default/db", "field": "password", "tenant": "sales" } }), (400, "EG-REQ-003")),
    ] {
        let refused = safe.ask(Method::PUT, "/api/v1/secrets/other", &wish).await;
        assert_eq!(code(&refused), (expected.0, expected.1.to_owned()), "{wish}: {}", refused.text);
        assert!(!refused.text.contains("good long"), "{}", refused.text);
    }
    assert_eq!(safe.ada.get("/api/v1/secrets/other").await.status, 404, "nothing was kept");

    // No capability reaches a source: what it answers would be values.
    let call = "name = \"peek\"\nkind = \"http\"\n[http]\nresource = \"bao\"\nmethod = \"GET\"\npath = \"/v1/secret/data/default/db\"\n";
    safe.ada.publish("peek.toml", call).await;
    let refused = safe.ada.start("peek", json!({})).await;
    assert_eq!(code(&refused), (409, "EG-RES-003".to_owned()), "{}", refused.text);
    // Kinds have their own settings.
    for (wish, pointer) in [
        (json!({ "name": "x", "kind": "secret_source", "purpose": "X", "settings": { "url": server.url() } }), "/settings/source"),
        (
            json!({ "name": "x", "purpose": "X", "settings": { "url": server.url(), "source": { "mount": "secret", "paths": ["a"] } } }),
            "/settings/source",
        ),
    ] {
        let refused = safe.ada.post("/api/v1/resources", &wish).await;
        assert_eq!(field(&refused), pointer, "{}", refused.text);
    }

    // What is narrowed or taken away later counts for the next use.
    safe.publish("report", &["db"], PRINTS).await;
    safe.grant("db", "report", "file").await;
    assert_eq!(safe.ada.run("report", json!({})).await["phase"], "succeeded");
    let removed = safe.ask(Method::DELETE, "/api/v1/resources/bao", &json!({})).await;
    assert_eq!(code(&removed), (409, "EG-RES-004".to_owned()), "{}", removed.text);
    assert!(removed.text.contains("default/db") && removed.text.contains("default/smtp"), "{}", removed.text);
    let usage = safe.ada.get("/api/v1/resources/bao/usage").await.json();
    assert_eq!(usage["secrets"], json!([{ "tenant": "default", "secret": "db" }, { "tenant": "default", "secret": "smtp" }]), "{usage}");
    let mut settings = safe.ada.get("/api/v1/resources/bao").await.json()["settings"].clone();
    settings["source"]["paths"] = json!(["shared/*"]);
    let narrowed = safe.ask(Method::PATCH, "/api/v1/resources/bao", &json!({ "settings": settings })).await;
    assert_eq!(narrowed.status, 200, "{}", narrowed.text);
    let run = safe.ada.run("report", json!({})).await;
    assert_eq!((run["phase"].as_str(), run["attempts"][0]["reason"].as_str()), (Some("failed"), Some("EG-SEC-008")), "{run}");
    let revoked = safe.ask(Method::DELETE, "/api/v1/resources/bao/grants/default", &json!({})).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    let run = safe.ada.run("report", json!({})).await;
    assert!(run["attempts"][0]["detail"].as_str().is_some_and(|why| why.contains("not granted")), "{run}");
}

#[tokio::test]
async fn a_source_that_fails_fails_the_run_and_a_slow_one_can_be_left() {
    let safe = Safe::new().await;
    let bao = Bao::default();
    bao.put("default/db", json!({ "password": "a good long value" }));
    let server = bao.serve().await;
    source(&safe, &server.url(), &json!({ "timeout_ms": 20_000 })).await;
    assert_eq!(link(&safe, "db", "default/db", "password").await.status, 200);
    safe.publish("report", &["db"], PRINTS).await;
    safe.grant("db", "report", "file").await;

    // While the vault is sealed there is no credential to read with: the run waits.
    assert_eq!(safe.ada.post("/api/v1/vault/seal", &json!({})).await.status, 200);
    let waiting = safe.ada.start("report", json!({})).await;
    let path = format!("/api/v1/runs/{}", id(&waiting));
    until("the wait", async || safe.ada.get(&path).await.json()["waits_for"] == "vault").await;
    assert_eq!(safe.unseal(super::PASSPHRASE).await.status, 200);
    until("the run", async || is_over(safe.ada.get(&path).await.json()["phase"].as_str().unwrap_or_default())).await;
    assert_eq!(safe.ada.get(&path).await.json()["phase"], "succeeded");

    // An answer that never comes does not hold a run that somebody cancels.
    bao.0.lock().expect("lock").pause = Duration::from_secs(1);
    let slow = safe.ada.start("report", json!({})).await;
    let path = format!("/api/v1/runs/{}", id(&slow));
    until("the start", async || safe.ada.get(&path).await.json()["phase"] == "running").await;
    let began = Instant::now();
    let cancelled = safe.ada.post(&format!("{path}/cancel"), &json!({})).await;
    assert!(cancelled.status < 300, "{}", cancelled.text);
    until("the end", async || is_over(safe.ada.get(&path).await.json()["phase"].as_str().unwrap_or_default())).await;
    assert_eq!(safe.ada.get(&path).await.json()["phase"], "cancelled");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());

    // Nobody there: the run fails with a code of its own, and the source's address is not a riddle.
    drop(server);
    let run = safe.ada.run("report", json!({})).await;
    let attempt = &run["attempts"][0];
    assert_eq!((run["phase"].as_str(), attempt["reason"].as_str()), (Some("failed"), Some("EG-SEC-008")), "{run}");
    assert!(attempt["detail"].as_str().is_some_and(|why| why.contains("bao") && why.contains("default/db#password")), "{run}");
}

#[tokio::test]
async fn a_credential_of_a_resource_can_be_kept_elsewhere_but_not_that_of_a_source() {
    let safe = Safe::new().await;
    let bao = Bao::default();
    bao.put("public/erp", json!({ "token": "canary-erp-token-1" }));
    let (server, erp) = (bao.serve().await, Server::plain(|seen| Reply::json(&json!({ "saw": seen.header("authorization") }))).await);
    source(&safe, &server.url(), &json!({ "source": { "mount": "secret", "paths": ["public/*"] } })).await;
    let from = json!({ "from": { "resource": "bao", "path": "public/erp", "field": "token" } });
    let set = safe.ask(Method::PUT, "/api/v1/secrets/erp-token?domain=platform", &from).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let settings = json!({ "url": erp.url(), "private": ["127.0.0.1"], "auth": { "kind": "bearer", "token": "erp-token" } });
    let made = safe.ada.post("/api/v1/resources", &json!({ "name": "erp", "purpose": "Orders", "settings": settings })).await;
    let granted = safe.ada.post("/api/v1/secrets/erp-token/grants?domain=platform", &json!({ "resource": id(&made) })).await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    assert_eq!(safe.ada.post("/api/v1/resources/erp/grants", &json!({ "tenant": "default" })).await.status, 200);
    safe.ada.publish("ask.toml", "name = \"ask\"\nkind = \"http\"\n[http]\nresource = \"erp\"\nmethod = \"GET\"\npath = \"/\"\n").await;
    for (token, version) in [("canary-erp-token-1", 1), ("canary-erp-token-2", 2)] {
        if version == 2 {
            bao.put("public/erp", json!({ "token": token }));
        }
        let run = safe.ada.run("ask", json!({})).await;
        assert_eq!(run["result"], json!({ "saw": "Bearer [masked: erp-token]" }), "{run}");
        assert_eq!(run["attempts"][0]["secrets"][0]["source"]["version"], json!(version), "{run}");
        assert_eq!(erp.last().header("authorization"), format!("Bearer {token}"));
    }
    // The credential by which a source is read is kept here: otherwise nobody could say where it ends.
    let own = safe.ask(Method::PUT, "/api/v1/secrets/bao-secret-id?domain=platform", &from).await;
    assert_eq!(own.status, 200, "{}", own.text);
    let tested = answer(safe.ada.request(Method::POST, "/api/v1/resources/bao/test").json(&json!({}))).await.json();
    assert_eq!(tested["test"]["good"], json!(false), "{tested}");
    assert!(tested["test"]["detail"].as_str().is_some_and(|why| why.contains("itself kept elsewhere")), "{tested}");
}
