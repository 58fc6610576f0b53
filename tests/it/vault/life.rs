//! A secret's life: set, granted, given to runs, replaced, expired, destroyed; and the wait while the vault is sealed.

use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSPHRASE, Safe, code, id, until};
use crate::appliance::{Setup, answer};
use crate::cli::Said;
use crate::person::{Person, is_over};

const SHOW: &str = "import os\ndef main() -> int:\n    return len(open('/run/secrets/db').read()) + len(os.environ.get('API', ''))\n";

#[tokio::test]
async fn a_run_gets_what_is_granted_and_says_which() {
    let safe = Safe::new().await;
    let source = format!(
        "# /// script\n# [tool.execgov]\n# [[tool.execgov.secrets]]\n# name = \"db\"\n# [[tool.execgov.secrets]]\n# name = \"api\"\n# env = \"API\"\n# ///\n{SHOW}"
    );
    safe.ada.publish("show.py", &source).await;
    assert_eq!(code(&safe.ada.start("show", json!({})).await), (409, "EG-SEC-006".to_owned()), "there is no such secret");
    safe.set("db", "hunter2hunter2").await;
    safe.set("api", "abcdefgh").await;
    assert_eq!(code(&safe.ada.start("show", json!({})).await), (409, "EG-SEC-003".to_owned()), "nothing is granted");
    safe.grant("db", "show", "file").await;
    safe.grant("api", "show", "file").await;
    let refused = safe.ada.start("show", json!({})).await;
    assert_eq!(code(&refused), (409, "EG-SEC-003".to_owned()), "a file is granted, a variable is asked for");
    assert!(refused.text.contains("environment variable"), "{}", refused.text);
    safe.grant("api", "show", "env").await;
    let run = safe.ada.run("show", json!({})).await;
    assert_eq!((run["phase"].as_str(), run["result"].as_i64()), (Some("succeeded"), Some(22)), "{run}");
    let used = &run["attempts"][0]["secrets"];
    assert_eq!(
        (used[0]["name"].as_str(), used[0]["version"].as_u64(), used[1]["delivery"].as_str()),
        (Some("db"), Some(1), Some("env")),
        "{used}"
    );
    let receipt = safe.ada.get(&format!("/api/v1/runs/{}/receipt", run["id"].as_str().unwrap())).await;
    let payload = base64(receipt.json()["payload"].as_str().expect("a payload"));
    assert!(payload.contains("\"sec_") && payload.contains("\"place\":\"API\"") && !payload.contains("hunter2"), "{payload}");
    let uses = safe.events("secret.use").await;
    assert!(
        uses.iter()
            .any(|event| event["subject"]["name"] == "db" && event["details"]["run"] == run["id"] && event["details"]["version"] == 1)
    );
    let facts = safe.ada.get("/api/v1/secrets/db").await.json()["facts"].clone();
    assert_eq!(facts["last_used_by"], run["id"], "{facts}");
    // Another value is used from the next run on; a version without a value is not.
    safe.set("db", "four").await;
    assert_eq!(safe.ada.run("show", json!({})).await["result"], 12);
    let gone = safe.ada.post("/api/v1/secrets/db/versions/2/destroy", &json!({})).await;
    assert_eq!((gone.status, gone.json()["facts"]["version"].as_u64()), (200, Some(1)), "{}", gone.text);
    assert_eq!(safe.ada.run("show", json!({})).await["result"], 22);
    let grants = safe.ada.get("/api/v1/secrets/db").await.json()["grants"].clone();
    let grant = format!("/api/v1/secrets/db/grants/{}", grants[0]["id"].as_str().expect("a grant"));
    assert_eq!(answer(safe.ada.request(Method::DELETE, &grant)).await.status, 200);
    assert_eq!(code(&safe.ada.start("show", json!({})).await), (409, "EG-SEC-003".to_owned()));
    assert_eq!(answer(safe.ada.request(Method::DELETE, "/api/v1/secrets/db")).await.status, 204);
    assert_eq!(code(&safe.ada.get("/api/v1/secrets/db").await).0, 404);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).expect("base64")).expect("UTF-8")
}

#[tokio::test]
async fn runs_wait_while_the_vault_is_sealed() {
    let mut safe = Safe::new().await;
    safe.set("db", "hunter2hunter2").await;
    safe.publish("needs", &["db"], SHOW).await;
    safe.ada.publish("plain.py", "def main() -> int:\n    return 7\n").await;
    safe.grant("db", "needs", "file").await;
    assert_eq!(safe.ada.post("/api/v1/vault/seal", &json!({})).await.status, 200);
    let waiting = safe.ada.start("needs", json!({})).await;
    assert_eq!((waiting.status, waiting.json()["phase"].as_str()), (202, Some("queued")), "{}", waiting.text);
    assert_eq!(waiting.json()["waits_for"], "vault");
    let cancelled = id(&safe.ada.start("needs", json!({})).await);
    assert_eq!(safe.ada.run("plain", json!({})).await["result"], 7, "everything else works");
    assert_eq!(safe.status().await["waiting"], 2);
    assert!(safe.ada.post(&format!("/api/v1/runs/{cancelled}/cancel"), &json!({})).await.status < 300);
    assert_eq!(safe.ada.wait_for(&cancelled, is_over).await["phase"], "cancelled");
    let set = safe.ask(Method::PUT, "/api/v1/secrets/other", &json!({ "value": "x1x2x3x4" })).await;
    assert_eq!(code(&set), (409, "EG-VLT-002".to_owned()), "nothing is stored while it is sealed");
    assert_eq!(safe.ada.get("/api/v1/secrets/db").await.status, 200, "names and facts are no secret");
    // A restart keeps both: sealed, and waiting.
    safe.appliance.kill();
    safe.restart();
    assert_eq!((safe.status().await["state"].as_str(), safe.status().await["waiting"].as_u64()), (Some("sealed"), Some(1)));
    assert_eq!(safe.ada.get(&format!("/api/v1/runs/{}", id(&waiting))).await.json()["waits_for"], "vault");
    // Two administrators at once.
    let (one, two) = tokio::join!(safe.unseal(PASSPHRASE), safe.unseal(PASSPHRASE));
    assert_eq!((one.status, two.status), (200, 200), "{} {}", one.text, two.text);
    let done = safe.ada.wait_for(&id(&waiting), is_over).await;
    assert_eq!(
        (done["phase"].as_str(), done["result"].as_i64(), &done["waits_for"]),
        (Some("succeeded"), Some(14), &Value::Null),
        "{done}"
    );
}

#[tokio::test]
async fn a_run_in_line_waits_when_the_vault_is_sealed_meanwhile() {
    let setup = Setup { settings: "[queue]\nrunning = 1\n".to_owned(), ..Setup::default() };
    let safe = Safe::with(setup, json!({ "method": "passphrase", "passphrase": PASSPHRASE })).await;
    safe.set("db", "hunter2hunter2").await;
    safe.publish("needs", &["db"], SHOW).await;
    safe.grant("db", "needs", "file").await;
    safe.ada.publish("slow.py", "import time\ndef main() -> int:\n    time.sleep(600)\n    return 1\n").await;
    let slow = id(&safe.ada.start("slow", json!({})).await);
    safe.ada.wait_for(&slow, |phase| phase == "running").await;
    let needs = safe.ada.start("needs", json!({})).await.json();
    assert_eq!((needs["phase"].as_str(), &needs["waits_for"]), (Some("queued"), &Value::Null), "it stands in line: {needs}");
    let needs = needs["id"].as_str().expect("an id").to_owned();
    assert_eq!(safe.ada.post("/api/v1/vault/seal", &json!({})).await.status, 200);
    assert!(safe.ada.post(&format!("/api/v1/runs/{slow}/cancel"), &json!({})).await.status < 300);
    let path = format!("/api/v1/runs/{needs}");
    until("the wait for the vault", async || safe.ada.get(&path).await.json()["waits_for"] == "vault").await;
    let seen = safe.ada.get(&path).await.json();
    assert_eq!((seen["phase"].as_str(), seen["attempts"].as_array().map(Vec::len)), (Some("queued"), Some(0)), "{seen}");
    assert_eq!(safe.unseal(PASSPHRASE).await.status, 200);
    assert_eq!(safe.ada.wait_for(&needs, is_over).await["phase"], "succeeded");
}

#[tokio::test]
async fn f07_wrong_passphrases_are_throttled() {
    let safe = Safe::new().await;
    assert_eq!(safe.ada.post("/api/v1/vault/seal", &json!({})).await.status, 200);
    let mut answers = Vec::new();
    for _ in 0..20 {
        let refused = safe.unseal("seven quiet lamps at night").await;
        answers.push((refused.status, refused.header("retry-after").to_owned()));
    }
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 0, "{answers:?}");
    assert!(answers.iter().filter(|(status, _)| *status == 403).count() < 15, "{answers:?}");
    assert!(answers.iter().any(|(status, after)| *status == 429 && !after.is_empty()), "{answers:?}");
    let events = safe.events("vault.unseal").await;
    assert!(events.iter().filter(|event| event["outcome"] == "refused").count() >= 20, "each is recorded");
    assert_eq!(safe.status().await["state"], "sealed");
    assert_eq!(code(&safe.unseal(PASSPHRASE).await), (429, "EG-VLT-005".to_owned()), "the right one waits too");
}

#[tokio::test]
async fn expiry_is_announced_once_and_then_enforced() {
    let mut safe = Safe::new().await;
    safe.publish("needs", &["db"], SHOW).await;
    let now = jiff::Timestamp::now();
    let soon = now + jiff::SignedDuration::from_hours(48);
    let body = json!({ "value": "hunter2hunter2", "expires_at": soon.to_string(), "owner": "db team" });
    let set = safe.ask(Method::PUT, "/api/v1/secrets/db", &body).await;
    assert_eq!((set.status, set.json()["facts"]["state"].as_str()), (200, Some("expiring")), "{}", set.text);
    safe.grant("db", "needs", "file").await;
    for _ in 0..2 {
        safe.appliance.stop();
        safe.restart();
        assert_eq!(safe.unseal(PASSPHRASE).await.status, 200);
    }
    until("a reminder", async || !safe.events("secret.expires").await.is_empty()).await;
    let reminders = safe.events("secret.expires").await;
    assert_eq!((reminders.len(), reminders[0]["details"]["owner"].as_str()), (1, Some("db team")), "{reminders:?}");
    assert_eq!(safe.status().await["expiring"], 1);
    assert_eq!(safe.ada.run("needs", json!({})).await["phase"], "succeeded", "it still is in force");
    let moment = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(2_500);
    let changed = safe.ask(Method::PATCH, "/api/v1/secrets/db", &json!({ "expires_at": moment.to_string() })).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    until("the expiry", async || safe.ada.get("/api/v1/secrets/db").await.json()["facts"]["state"] == "expired").await;
    assert_eq!(code(&safe.ada.start("needs", json!({})).await), (409, "EG-SEC-004".to_owned()));
}

#[tokio::test]
async fn who_may_do_what() {
    let safe = Safe::new().await;
    safe.set("db", "hunter2hunter2").await;
    let viewer = safe.ada.another(&safe.appliance, "vera", &["viewer"]).await;
    let auditor = safe.ada.another(&safe.appliance, "otto", &["auditor"]).await;
    let platform = safe.ada.another(&safe.appliance, "pia", &["platform-admin"]).await;
    let tenant = safe.ada.another(&safe.appliance, "tim", &["tenant-admin"]).await;
    let set = |who: &Person, path: &str| {
        let request = who.request(Method::PUT, path).json(&json!({ "value": "x1x2x3x4" }));
        async { answer(request).await.status }
    };
    let names = viewer.get("/api/v1/secrets").await.json();
    assert_eq!(names["items"], json!([{ "name": "db" }]), "names alone");
    assert_eq!(auditor.get("/api/v1/secrets").await.json()["items"][0]["facts"]["version"], 1);
    assert_eq!((set(&viewer, "/api/v1/secrets/x").await, set(&auditor, "/api/v1/secrets/x").await), (403, 403));
    assert_eq!((set(&platform, "/api/v1/secrets/x").await, set(&tenant, "/api/v1/secrets/x").await), (403, 200));
    assert_eq!(set(&platform, "/api/v1/secrets/x?domain=platform").await, 200);
    assert_eq!(set(&tenant, "/api/v1/secrets/y?domain=platform").await, 403);
    for (who, seal) in [(&viewer, 403), (&auditor, 403), (&tenant, 403), (&platform, 200)] {
        assert_eq!(who.post("/api/v1/vault/seal", &json!({})).await.status, seal);
    }
    assert_eq!(tenant.get("/api/v1/vault").await.json()["state"], "sealed");
    assert_eq!(viewer.get("/api/v1/vault").await.status, 403);
}

#[tokio::test]
async fn the_command_line_keeps_values_out_of_sight() {
    let safe = Safe::new().await;
    safe.publish("needs", &["db"], SHOW).await;
    let cli = |words: &[&str], typed: &str| {
        use std::io::Write as _;
        let mut command = crate::appliance::program(safe.appliance.dir());
        command.env("EXECGOV_URL", &safe.appliance.url).env("EXECGOV_TOKEN", safe.ada.token()).args(words);
        let pipe = std::process::Stdio::piped;
        let mut child = command.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().expect("the program runs");
        let _ = child.stdin.take().expect("standard input").write_all(typed.as_bytes());
        Said::of(&child.wait_with_output().expect("ends"))
    };
    cli(&["secret", "set", "db", "--stdin", "--owner", "db team"], "hunter2hunter2\n").fine();
    cli(&["secret", "grant", "db", "--to", "needs"], "").fine();
    assert_eq!(safe.ada.run("needs", json!({})).await["result"], 14, "the line end is not part of it");
    let file = safe.appliance.dir().join("value");
    std::fs::write(&file, b"\xff\xfe\x00binary").expect("written");
    cli(&["secret", "rotate", "db", "--file", file.to_str().unwrap(), "--destroy-older"], "").fine();
    let history = cli(&["secret", "history", "db"], "").fine();
    assert!(history.contains("destroyed") && history.contains("current"), "{history}");
    assert_eq!(cli(&["secret", "rotate", "nothing", "--stdin"], "x1x2x3x4").code, 7);
    let shown = cli(&["secret", "show", "db"], "").fine();
    for part in ["db team", "needs (file)", "good"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(cli(&["secret", "list"], "").fine().contains("db"));
    let short = cli(&["secret", "set", "pin", "--stdin"], "123");
    assert!(short.code != 0 && short.err.contains("EG-SEC-002"), "{short:?}");
    cli(&["secret", "set", "pin", "--stdin", "--force-short"], "123").fine();
    assert!(cli(&["secret", "show", "pin"], "").fine().contains("not maskable"));
    assert_eq!(cli(&["secret", "revoke", "db", "--from", "elsewhere"], "").code, 6);
    cli(&["secret", "revoke", "db", "--from", "needs"], "").fine();
    cli(&["secret", "delete", "db", "--yes"], "").fine();
    assert!(cli(&["vault", "status"], "").fine().contains("open"));
    cli(&["vault", "seal", "--yes"], "").fine();
    let wrong = cli(&["vault", "unseal", "--passphrase-stdin"], "seven quiet lamps at night");
    assert!(wrong.code == 5 && wrong.err.contains("EG-VLT-004") && !wrong.err.contains("lamps"), "{wrong:?}");
    assert!(cli(&["vault", "unseal", "--passphrase-stdin"], PASSPHRASE).fine().contains("open"));
}

#[tokio::test]
async fn a_new_value_voids_an_approval() {
    let office = crate::approvals::Office::new().await;
    let made = office.admin.post("/api/v1/vault/init", &json!({ "method": "passphrase", "passphrase": PASSPHRASE })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let set = |value: &str| {
        let request = office.admin.request(Method::PUT, "/api/v1/secrets/db").json(&json!({ "value": value }));
        async { assert_eq!(answer(request).await.status, 200) }
    };
    set("hunter2hunter2").await;
    let source = format!("# /// script\n# [tool.execgov]\n# risk = \"critical\"\n# secrets = [\"db\"]\n# ///\n{SHOW}");
    office.publish("grave.py", &source).await;
    let granted = office.admin.post("/api/v1/secrets/db/grants", &json!({ "capability": "grave" })).await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    let (_, first) = crate::approvals::request_of(&office.operator.start("grave", json!({})).await);
    set("another value").await;
    let refused = crate::approvals::approve(&office.approver, &first).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let (run, second) = crate::approvals::request_of(&office.operator.start("grave", json!({})).await);
    assert_eq!(crate::approvals::approve(&office.approver, &second).await.status, 200);
    let done = office.operator.wait_for(&run, is_over).await;
    assert_eq!((done["phase"].as_str(), done["attempts"][0]["secrets"][0]["version"].as_u64()), (Some("succeeded"), Some(2)), "{done}");
}
