//! Approvals on the real server: what starts need, who may decide, and every way around it that was thought of.

use std::io::Write;
use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, Appliance, answer, program};
use crate::cli::Said;
use crate::person::{CHOSEN, Person, id_of, is_over};

const PAYOUT: &str = "# /// script\n# [tool.execgov]\n# risk = \"critical\"\n# ///\n\ndef main(amount: int = 1) -> int:\n    print('paid', amount)\n    return amount\n";
const REBOOT: &str = "# /// script\n# [tool.execgov]\n# risk = \"high\"\n# ///\n\ndef main(host: str = 'a') -> str:\n    return host\n";

/// Five people with one job each, under four eyes, and what they run.
pub struct Office {
    pub appliance: Appliance,
    pub admin: Person,
    pub author: Person,
    pub reviewer: Person,
    pub operator: Person,
    pub approver: Person,
}

impl Office {
    pub async fn new() -> Self {
        Self::with("").await
    }

    pub async fn with(settings: &str) -> Self {
        let appliance = Appliance::with_settings(settings);
        let admin = Person::founder(&appliance, "four_eyes").await;
        let author = admin.another(&appliance, "author", &["author"]).await;
        let reviewer = admin.another(&appliance, "reviewer", &["reviewer"]).await;
        let operator = admin.another(&appliance, "operator", &["operator"]).await;
        let approver = admin.another(&appliance, "approver", &["approver"]).await;
        let office = Self { appliance, admin, author, reviewer, operator, approver };
        office.publish("payout.py", PAYOUT).await;
        office
    }

    pub async fn publish(&self, file: &str, source: &str) {
        let registered = self.author.register(file, source).await;
        assert!(registered.status < 300, "{}", registered.text);
        let (name, number) = (registered.json()["capability"]["name"].clone(), registered.json()["version"]["number"].clone());
        let version = format!("/api/v1/capabilities/{}/versions/{number}", name.as_str().expect("a name"));
        let submitted = self.author.post(&format!("{version}/submit"), &json!({ "changelog": "as asked for" })).await;
        assert_eq!(submitted.status, 200, "{}", submitted.text);
        let path = format!("{version}/publish");
        let published = self.reviewer.post(&path, &json!({ "password": CHOSEN })).await;
        assert_eq!(published.status, 200, "{}", published.text);
    }

    pub async fn another(&self, name: &str, roles: &[&str]) -> Person {
        self.admin.another(&self.appliance, name, roles).await
    }

    /// Sets a rule; one that asks for less is agreed to by the approver.
    pub async fn rule(&self, path: &str, rule: Value) {
        let set = put(&self.admin, path, &rule).await;
        self.agree(&set, 200).await;
    }

    /// A change that was made at once, or the consent to it.
    pub async fn agree(&self, changed: &Answer, at_once: u16) {
        if changed.status != at_once {
            assert_eq!(changed.status, 202, "{}", changed.text);
            let request = changed.json()["approval"].as_str().expect("a request").to_owned();
            let agreed = approve(&self.approver, &request).await;
            assert_eq!((agreed.status, agreed.json()["state"].as_str()), (200, Some("approved")), "{}", agreed.text);
        }
    }

    /// Removes a freeze, with the consent that this takes.
    pub async fn thaw(&self, freeze: &Value) {
        let path = format!("/api/v1/freezes/{}", freeze["id"].as_str().expect("a freeze"));
        let asked = answer(self.admin.request(Method::DELETE, &path)).await;
        assert_eq!(asked.status, 202, "four eyes: {}", asked.text);
        self.agree(&asked, 204).await;
    }

    pub async fn change(&self, user: &str, change: Value) {
        let changed = answer(self.admin.request(Method::PATCH, &format!("/api/v1/users/{user}")).json(&change)).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
    }

    /// Starts the capability as the operator; the id of the run and of the request.
    pub async fn ask(&self, inputs: Value) -> (String, String) {
        request_of(&self.operator.start("payout", inputs).await)
    }

    pub async fn approval(&self, id: &str) -> Value {
        self.approver.get(&format!("/api/v1/approvals/{id}")).await.json()
    }

    pub async fn run(&self, id: &str) -> Value {
        self.operator.get(&format!("/api/v1/runs/{id}")).await.json()
    }

    /// The command line as a person, with a password on standard input.
    pub fn cli(&self, who: &Person, words: &[&str], typed: &str) -> Said {
        let home = tempfile::tempdir().expect("home");
        let mut command = program(home.path());
        command.env("EXECGOV_URL", &self.appliance.url).env("EXECGOV_TOKEN", who.token()).args(words);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        // A command that refuses early does not read what was typed.
        let _ = child.stdin.take().expect("standard input").write_all(typed.as_bytes());
        Said::of(&child.wait_with_output().expect("ends"))
    }
}

pub async fn put(who: &Person, path: &str, body: &Value) -> Answer {
    answer(who.request(Method::PUT, path).json(body)).await
}

pub fn request_of(started: &Answer) -> (String, String) {
    assert_eq!(started.status, 202, "{}", started.text);
    let run = started.json();
    assert_eq!(run["phase"], "awaiting_approval", "{run}");
    (id_of(&run), run["hold"]["approval"].as_str().expect("a request").to_owned())
}

pub async fn decide(who: &Person, verb: &str, id: &str, body: Value) -> Answer {
    who.post(&format!("/api/v1/approvals/{id}/{verb}"), &body).await
}

/// Approves what the request says now, with the password.
pub async fn approve(who: &Person, id: &str) -> Answer {
    let seen = who.get(&format!("/api/v1/approvals/{id}")).await;
    let binding = serde_json::from_str::<Value>(&seen.text).map_or(json!(""), |seen| seen["binding"].clone());
    decide(who, "approve", id, json!({ "binding": binding.as_str().unwrap_or("x"), "password": CHOSEN })).await
}

pub fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_approved_run_runs_once_and_its_receipt_names_who_approved() {
    let office = Office::new().await;
    let plan = office.operator.post("/api/v1/capabilities/payout/plan", &json!({})).await.json();
    assert_eq!(
        (plan["verdict"].as_str(), plan["needs"]["rule"]["need"]["approvers"].as_u64()),
        (Some("needs_approval"), Some(1)),
        "{plan}"
    );
    let (run, request) = office.ask(json!({ "amount": 7 })).await;
    assert_eq!(office.approver.get("/api/v1/approvals/counts").await.json()["to_decide"], 1);
    assert_eq!(office.operator.get("/api/v1/approvals/counts").await.json()["mine"], 1);
    assert_eq!(office.approver.get("/api/v1/approvals?view=to_decide").await.json()["items"][0]["id"], request.as_str());
    let seen = office.approval(&request).await;
    assert_eq!((seen["inputs"]["amount"].as_i64(), seen["needs_password"].as_bool()), (Some(7), Some(true)), "{seen}");
    assert_eq!((seen["isolation"].is_string(), seen["limits"]["wall_ms"].is_u64()), (true, true), "{seen}");

    let done = approve(&office.approver, &request).await;
    assert_eq!((done.status, done.json()["state"].as_str()), (200, Some("approved")), "{}", done.text);
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!((over["phase"].as_str(), over["result"].as_i64()), (Some("succeeded"), Some(7)), "{over}");
    assert_eq!(over["hold"]["consents"][0]["by"]["name"], "approver", "{over}");

    let receipt = office.operator.get(&format!("/api/v1/runs/{run}/receipt")).await.json();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, receipt["payload"].as_str().expect("a payload"));
    let statement: Value = serde_json::from_slice(&payload.expect("base64")).expect("JSON");
    let hold = &statement["predicate"]["run"]["hold"];
    assert_eq!(
        (hold["approval"].as_str(), hold["consents"][0]["by"]["name"].as_str()),
        (Some(request.as_str()), Some("approver")),
        "{hold}"
    );
    assert_eq!(hold["binding"], seen["binding"]);

    let events = office.operator.get(&format!("/api/v1/runs/{run}/events")).await.json();
    let told: Vec<&str> = events["items"].as_array().expect("a list").iter().filter_map(|event| event["action"].as_str()).collect();
    assert_eq!(told, ["run.request", "run.queue", "run.start", "run.finish"], "each arrow is one event");
    // The next request shows what changed since this one.
    office.publish("payout.py", &PAYOUT.replace("'paid'", "'sent'")).await;
    let (_, next) = office.ask(json!({ "amount": 7 })).await;
    let seen = office.approval(&next).await;
    assert_eq!(seen["last_approved"]["version"], 1, "{seen}");
    assert!(seen["diff"]["files"][0]["unified"].as_str().is_some_and(|diff| diff.contains("+    print('sent'")), "{seen}");
    assert_eq!(seen["earlier"][0]["id"], run.as_str(), "how it went before");
}

/// Every bypass by which one person might decide what takes two, through the API and the command line alike.
#[tokio::test]
async fn nobody_decides_who_may_not() {
    let office = Office::new().await;
    // Who asks holds the role too, and has a second account that is bound to the same person.
    let both = office.another("both", &["operator", "approver"]).await;
    let twin = office.another("twin", &["approver"]).await;
    for user in ["both", "twin"] {
        office.change(user, json!({ "person": "E-1047" })).await;
    }
    let nobody = office.another("nobody", &[]).await;
    let (run, request) = request_of(&both.start("payout", json!({})).await);
    let narrow = Person::with_scopes(&office.appliance, "approver", CHOSEN, &["read", "run"]).await;
    let rows: [(&str, &Person, (u16, &str), i32); 7] = [
        ("self", &both, (403, "EG-AUTH-002"), 5),
        ("second account of the same person", &twin, (403, "EG-AUTH-002"), 5),
        ("operator without the role", &office.operator, (404, "EG-AUTH-009"), 6),
        ("reviewer without the role", &office.reviewer, (403, "EG-AUTH-002"), 5),
        ("administrator without the role", &office.admin, (403, "EG-AUTH-002"), 5),
        ("somebody without any role", &nobody, (404, "EG-AUTH-009"), 6),
        ("an approver's token without the scope", &narrow, (403, "EG-AUTH-002"), 5),
    ];
    for (what, who, expected, exit) in rows {
        let refused = approve(who, &request).await;
        assert_eq!(code(&refused), (expected.0, expected.1.to_owned()), "{what}: {}", refused.text);
        let said = office.cli(who, &["approval", "approve", &request, "--yes", "--password-stdin"], CHOSEN);
        assert_eq!(said.code, exit, "{what}: {said:?}");
    }
    assert_eq!(office.approval(&request).await["state"], "open");
    assert_eq!(office.run(&run).await["phase"].as_str(), None, "the operator does not see the run of somebody else");
    // Each refusal that went past the door is in the audit log, with the policy that decided.
    let log = office.admin.get("/api/v1/audit/events?action=approval.decide&limit=200").await;
    assert!(log.text.matches("\"never-the-requester\"").count() >= 4, "{}", log.text);
    // And the one who may does.
    assert_eq!(approve(&office.approver, &request).await.status, 200);
}

#[tokio::test]
async fn the_password_is_asked_for_and_a_rejection_says_why() {
    let office = Office::new().await;
    let (run, request) = office.ask(json!({})).await;
    let binding = office.approval(&request).await["binding"].clone();
    let bodies = [
        (json!({ "binding": binding }), (403, "EG-AUTH-012")),
        (json!({ "binding": binding, "password": "not the right one" }), (403, "EG-USER-010")),
        (json!({ "binding": "0".repeat(64), "password": CHOSEN }), (409, "EG-APR-002")),
        (json!({ "binding": binding, "password": CHOSEN, "state": "approved" }), (400, "EG-REQ-003")),
        (json!({ "password": CHOSEN }), (400, "EG-REQ-003")),
    ];
    for (body, expected) in bodies {
        let refused = decide(&office.approver, "approve", &request, body.clone()).await;
        assert_eq!(code(&refused), (expected.0, expected.1.to_owned()), "{body}");
    }
    let silent = decide(&office.approver, "reject", &request, json!({ "binding": binding, "password": CHOSEN })).await;
    assert_eq!(code(&silent), (400, "EG-APR-006".to_owned()));
    let comment = "no\nnot today \u{1b}[31m</script>\u{202e}";
    let body = json!({ "binding": binding, "password": CHOSEN, "comment": comment });
    let rejected = decide(&office.approver, "reject", &request, body).await;
    assert_eq!((rejected.status, rejected.json()["state"].as_str()), (200, Some("rejected")), "{}", rejected.text);
    let over = office.run(&run).await;
    assert_eq!((over["phase"].as_str(), over["reason_code"].as_str()), (Some("rejected"), Some("EG-APR-021")), "{over}");
    assert_eq!(over["detail"], comment, "kept as it was said");
    let shown = office.cli(&office.approver, &["approval", "show", &request, "-o", "json"], "").json();
    assert_eq!(shown["decisions"][0]["comment"], comment);
    let log = office.admin.get("/api/v1/audit/events?action=approval.reject&limit=5").await.json();
    let kept: Vec<&Value> =
        log["items"].as_array().expect("a list").iter().filter(|event| event["details"]["comment"] == comment).collect();
    assert_eq!(kept.len(), 1, "one record, whatever the text: {log}");
}

/// Edits, replays and stale looks: what was decided is what runs, once.
#[tokio::test]
async fn a_consent_is_used_once_and_for_nothing_else() {
    let office = Office::new().await;
    let second = office.another("second", &["approver"]).await;
    let ask = |inputs: Value, key: &'static str| {
        let body = json!({ "capability": "payout", "inputs": inputs });
        answer(office.operator.request(Method::POST, "/api/v1/runs").header("idempotency-key", key).json(&body))
    };
    let (run, request) = request_of(&ask(json!({ "amount": 1 }), "k").await);
    // Other inputs under the same key; the request itself has no way to be edited; nor can its decision be brought along.
    assert_eq!(code(&ask(json!({ "amount": 1_000_000 }), "k").await), (409, "EG-RUN-007".to_owned()));
    for method in [Method::PATCH, Method::PUT, Method::DELETE] {
        for path in [format!("/api/v1/runs/{run}"), format!("/api/v1/approvals/{request}")] {
            let refused = answer(office.operator.request(method.clone(), &path).json(&json!({ "inputs": { "amount": 9 } }))).await;
            assert_eq!(refused.status, 405, "{method} {path}");
        }
    }
    for field in ["hold", "approval", "approved", "phase", "requester", "binding", "id"] {
        let body = json!({ "capability": "payout", field: request });
        assert_eq!(code(&office.operator.post("/api/v1/runs", &body).await), (400, "EG-REQ-003".to_owned()), "{field}");
    }
    let binding = office.approval(&request).await["binding"].clone();
    let confirmed = office.operator.post(&format!("/api/v1/runs/{run}/confirm"), &json!({ "binding": binding })).await;
    assert_eq!(code(&confirmed), (409, "EG-APR-008".to_owned()), "approval is not the requester's to give");
    // The digest of one request says nothing about another.
    let (other_run, other) = office.ask(json!({ "amount": 2 })).await;
    let wrong = decide(&office.approver, "approve", &other, json!({ "binding": binding, "password": CHOSEN })).await;
    assert_eq!(code(&wrong), (409, "EG-APR-002".to_owned()));

    assert_eq!(approve(&office.approver, &request).await.status, 200);
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!((over["result"].as_i64(), over["attempts"].as_array().map(Vec::len)), (Some(1), Some(1)));
    // The same decision again is the same answer; another one comes too late; the same key finds the run that was.
    let body = json!({ "binding": binding, "password": CHOSEN });
    assert_eq!(decide(&office.approver, "approve", &request, body.clone()).await.status, 200);
    assert_eq!(code(&decide(&second, "approve", &request, body).await), (409, "EG-APR-001".to_owned()));
    let replayed = ask(json!({ "amount": 1 }), "k").await;
    assert_eq!((replayed.status, replayed.json()["id"].as_str()), (200, Some(run.as_str())));
    assert_eq!(office.run(&run).await["attempts"].as_array().map(Vec::len), Some(1), "it ran once");

    // A changed rule voids what waits, and so does the end of the requester's right.
    office.rule("/api/v1/rules/capability/payout", json!({ "need": { "kind": "approve", "approvers": 2, "role": "approver" } })).await;
    let void = approve(&office.approver, &other).await;
    assert_eq!(code(&void), (409, "EG-APR-024".to_owned()), "{}", void.text);
    assert_eq!(office.approval(&other).await["state"], "voided");
    assert_eq!(office.run(&other_run).await["phase"], "expired");
    let (third_run, third) = office.ask(json!({})).await;
    office.change("operator", json!({ "roles": ["viewer"] })).await;
    assert_eq!(code(&approve(&office.approver, &third).await), (409, "EG-APR-025".to_owned()));
    let run = office.approver.get(&format!("/api/v1/runs/{third_run}")).await.json();
    assert_eq!((run["phase"].as_str(), run["reason_code"].as_str()), (Some("expired"), Some("EG-APR-025")), "{run}");
}

#[tokio::test]
async fn two_of_three_count_only_while_they_hold_the_role() {
    let office = Office::new().await;
    let (second, third) = (office.another("second", &["approver"]).await, office.another("third", &["approver"]).await);
    office.rule("/api/v1/rules/risk/critical", json!({ "need": { "kind": "approve", "approvers": 2, "role": "approver" } })).await;
    let (run, request) = office.ask(json!({})).await;
    // The same approver many times at once counts once.
    let twice = futures::future::join_all((0..6).map(|_| approve(&office.approver, &request))).await;
    assert!(twice.iter().all(|answer| answer.status == 200), "{:?}", twice.iter().map(code_or_state).collect::<Vec<_>>());
    let seen = office.approval(&request).await;
    assert_eq!((seen["state"].as_str(), seen["decisions"].as_array().map(Vec::len)), (Some("open"), Some(1)), "{seen}");
    // Who agreed and loses the role does not count when the second one agrees.
    office.change("approver", json!({ "roles": ["viewer"] })).await;
    assert_eq!(approve(&second, &request).await.json()["state"], "open");
    let seen = second.get(&format!("/api/v1/approvals/{request}")).await.json();
    assert_eq!((seen["decisions"][0]["counts"].as_bool(), seen["decisions"][1]["counts"].as_bool()), (Some(false), Some(true)), "{seen}");
    assert_eq!(office.run(&run).await["phase"], "awaiting_approval");
    assert_eq!(approve(&third, &request).await.json()["state"], "approved");
    let over = office.operator.wait_for(&run, is_over).await;
    let names: Vec<&str> =
        over["hold"]["consents"].as_array().expect("a list").iter().filter_map(|one| one["by"]["name"].as_str()).collect();
    assert_eq!(names, ["second", "third"], "{over}");
}

fn code_or_state(answer: &Answer) -> String {
    let body = answer.json();
    body["code"].as_str().or(body["state"].as_str()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn two_approvers_at_once_start_one_run() {
    let office = Office::new().await;
    let second = office.another("second", &["approver"]).await;
    office.rule("/api/v1/rules/risk/critical", json!({ "need": { "kind": "approve", "approvers": 2, "role": "approver" } })).await;
    for round in 0..4 {
        let (run, request) = office.ask(json!({ "amount": round })).await;
        let (one, other) = tokio::join!(approve(&office.approver, &request), approve(&second, &request));
        assert_eq!((one.status, other.status), (200, 200), "{} {}", one.text, other.text);
        let over = office.operator.wait_for(&run, is_over).await;
        assert_eq!(over["attempts"].as_array().map(Vec::len), Some(1), "{over}");
        assert_eq!(over["hold"]["consents"].as_array().map(Vec::len), Some(2), "{over}");
        let events = office.operator.get(&format!("/api/v1/runs/{run}/events")).await.json();
        let queued = events["items"].as_array().expect("a list").iter().filter(|event| event["action"] == "run.queue").count();
        assert_eq!(queued, 1);
    }
}

#[tokio::test]
async fn an_approver_who_loses_the_role_before_the_run_begins_does_not_count() {
    let office = Office::with("[queue]\nrunning = 1\n").await;
    let slow = "import time\ntime.sleep(300)\n";
    office.publish("slow.py", slow).await;
    let busy = id_of(&office.operator.start("slow", json!({})).await.json());
    office.operator.wait_for(&busy, |phase| phase == "running").await;
    let (run, request) = office.ask(json!({})).await;
    assert_eq!(approve(&office.approver, &request).await.json()["run_phase"], "queued");
    office.change("approver", json!({ "roles": [] })).await;
    assert_eq!(office.operator.post(&format!("/api/v1/runs/{busy}/cancel"), &json!({})).await.status, 202);
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!((over["phase"].as_str(), over["reason_code"].as_str()), (Some("expired"), Some("EG-APR-026")), "{over}");
    assert_eq!(over["attempts"], json!([]), "it never began");
}

#[tokio::test]
async fn waits_end_by_themselves_by_withdrawal_and_by_cancel() {
    let office = Office::new().await;
    let (run, request) = office.ask(json!({})).await;
    assert_eq!(code(&decide(&office.approver, "withdraw", &request, json!({})).await), (403, "EG-AUTH-002".to_owned()));
    assert_eq!(decide(&office.operator, "withdraw", &request, json!({ "comment": "wrong month" })).await.json()["state"], "withdrawn");
    let over = office.run(&run).await;
    assert_eq!((over["phase"].as_str(), over["reason_code"].as_str()), (Some("cancelled"), Some("EG-APR-023")), "{over}");
    assert_eq!(code(&approve(&office.approver, &request).await), (409, "EG-APR-001".to_owned()));

    let (run, request) = office.ask(json!({})).await;
    assert_eq!(office.operator.post(&format!("/api/v1/runs/{run}/cancel"), &json!({})).await.status, 202);
    assert_eq!(office.approval(&request).await["state"], "withdrawn");

    office
        .rule(
            "/api/v1/rules/capability/payout",
            json!({ "need": { "kind": "approve", "approvers": 1, "role": "approver" }, "expires_s": 1 }),
        )
        .await;
    let (run, request) = office.ask(json!({})).await;
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!((over["phase"].as_str(), over["reason_code"].as_str()), (Some("expired"), Some("EG-APR-022")), "{over}");
    assert_eq!(code(&approve(&office.approver, &request).await), (409, "EG-APR-001".to_owned()));
    assert_eq!(office.approver.get("/api/v1/approvals/counts").await.json()["to_decide"], 0);
}

#[tokio::test]
async fn high_risk_is_confirmed_by_the_one_who_asks() {
    let office = Office::new().await;
    office.publish("reboot.py", REBOOT).await;
    let started = office.operator.start("reboot", json!({ "host": "b" })).await;
    assert_eq!((started.status, started.json()["phase"].as_str()), (202, Some("awaiting_confirmation")), "{}", started.text);
    let (run, binding) = (id_of(&started.json()), started.json()["hold"]["binding"].clone());
    let confirm = |who, binding| {
        let who: &Person = who;
        let path = format!("/api/v1/runs/{run}/confirm");
        async move { who.post(&path, &json!({ "binding": binding })).await }
    };
    assert_eq!(code(&confirm(&office.operator, json!("0".repeat(64))).await), (409, "EG-APR-002".to_owned()));
    assert_eq!(confirm(&office.reviewer, binding.clone()).await.status, 403, "it is not theirs");
    assert_eq!(office.operator.get("/api/v1/approvals/counts").await.json()["to_confirm"], 1);
    assert_eq!(confirm(&office.operator, binding.clone()).await.status, 202);
    assert_eq!(confirm(&office.operator, binding).await.status, 202, "twice is once");
    let over = office.operator.wait_for(&run, is_over).await;
    assert_eq!((over["phase"].as_str(), over["attempts"].as_array().map(Vec::len)), (Some("succeeded"), Some(1)), "{over}");

    let declined = id_of(&office.operator.start("reboot", json!({})).await.json());
    let path = format!("/api/v1/runs/{declined}/decline");
    assert_eq!(office.operator.post(&path, &json!({ "reason": "wrong host" })).await.json()["phase"], "declined");
    assert_eq!(office.run(&declined).await["reason_code"], "EG-APR-020");

    let said = office.cli(&office.operator, &["run", "reboot", "--wait", "--no-approval-wait"], "");
    assert_eq!(said.code, 8, "{said:?}");
    let said = office.cli(&office.operator, &["run", "reboot", "--yes", "--wait", "-o", "json"], "");
    assert_eq!(said.json()["phase"], "succeeded");
}

#[tokio::test]
async fn rules_ask_for_reasons_and_tickets_and_say_when_they_relax() {
    let office = Office::new().await;
    let rule = json!({ "need": { "kind": "none" }, "reason_required": true, "ticket_pattern": "CHG-[0-9]{4}" });
    assert_eq!(put(&office.approver, "/api/v1/rules/risk/critical", &rule).await.status, 403);
    let bad =
        put(&office.admin, "/api/v1/rules/risk/critical", &json!({ "need": { "kind": "approve", "approvers": 9, "role": "approver" } }))
            .await;
    assert_eq!(
        (code(&bad), bad.json()["errors"][0]["pointer"].as_str()),
        ((400, "EG-APR-007".to_owned()), Some("/need/approvers")),
        "{}",
        bad.text
    );
    assert_eq!(put(&office.admin, "/api/v1/rules/risk/*", &rule).await.status, 404);
    assert_eq!(put(&office.admin, "/api/v1/rules/capability/..", &rule).await.status, 404);
    assert_eq!(put(&office.admin, "/api/v1/rules/capability/*", &rule).await.status, 404);
    office.rule("/api/v1/rules/capability/payout", rule).await;
    let start = |reason: Value, ticket: Value| {
        let body = json!({ "capability": "payout", "reason": reason, "ticket": ticket });
        let request = office.operator.request(Method::POST, "/api/v1/runs").json(&body);
        async { answer(request).await.json() }
    };
    assert_eq!(start(Value::Null, json!("CHG-1234")).await["code"], "EG-APR-003");
    assert_eq!(start(json!("because"), json!("CHG-12345")).await["code"], "EG-APR-004");
    assert_eq!(start(json!("because"), json!("CHG-1234")).await["ticket"], "CHG-1234");
    let text = office.cli(&office.admin, &["rule", "list"], "").fine();
    assert!(text.contains("payout") && text.contains("CHG-[0-9]{4}"), "{text}");
    let asked = office.cli(&office.admin, &["rule", "reset", "--capability", "payout", "--reason", "tickets are gone"], "");
    assert_eq!(asked.code, 8, "it asks for less, so others must agree: {asked:?}");
    let request = asked.out.trim().to_owned();
    let seen = office.approval(&request).await;
    let (change, reason) = (&seen["change"], seen["reason"].as_str());
    assert_eq!((change["setting"].as_str(), change["before"]["ticket_pattern"].as_str()), (Some("rule"), Some("CHG-[0-9]{4}")), "{seen}");
    assert_eq!((seen["matter"].as_str(), reason), (Some("setting"), Some("tickets are gone")), "{seen}");
    let still = start(Value::Null, Value::Null).await;
    assert_eq!(still["code"], "EG-APR-003", "until then the rule is what it was");
    assert_eq!(approve(&office.approver, &request).await.json()["state"], "approved");
    assert_eq!(start(Value::Null, Value::Null).await["phase"], "awaiting_approval");
    let said =
        office.cli(&office.admin, &["rule", "set", "--risk", "low", "--need", "approve", "--approvers", "2", "--expires", "30m"], "");
    assert!(said.out.contains("2 x approver"), "{said:?}");
    let log = office.admin.get("/api/v1/audit/events?action=rule.update&limit=50").await;
    assert!(log.text.contains("\"relaxes\":true") && log.text.contains("\"relaxes\":false"), "{}", log.text);
}

#[tokio::test]
async fn who_governs_alone_may_approve_alone_and_it_is_marked() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    ada.publish("payout.py", PAYOUT).await;
    let (run, request) = request_of(&ada.start("payout", json!({ "amount": 3 })).await);
    let binding = ada.get(&format!("/api/v1/approvals/{request}")).await.json()["binding"].clone();
    let done = decide(&ada, "approve", &request, json!({ "binding": binding, "password": "correct horse battery" })).await;
    assert_eq!(done.json()["decisions"][0]["self_approved"], true, "{}", done.text);
    let over = ada.wait_for(&run, is_over).await;
    assert_eq!((over["phase"].as_str(), over["hold"]["consents"][0]["self_approved"].as_bool()), (Some("succeeded"), Some(true)), "{over}");
}

#[tokio::test]
async fn nobody_binds_their_own_account_and_waits_survive_a_restart() {
    let mut office = Office::new().await;
    let own = answer(office.admin.request(Method::PATCH, "/api/v1/users/ada").json(&json!({ "person": "E-1" }))).await;
    assert_eq!(code(&own), (403, "EG-USER-011".to_owned()));
    let (run, request) = office.ask(json!({ "amount": 5 })).await;
    office.appliance.kill();
    office.appliance.start_again();
    for person in [&mut office.operator, &mut office.approver] {
        person.moved(&office.appliance);
    }
    assert_eq!(approve(&office.approver, &request).await.json()["state"], "approved");
    assert_eq!(office.operator.wait_for(&run, is_over).await["result"], 5);
}
