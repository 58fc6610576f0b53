//! Runs end to end on the real server: from a script to a finished, provable run, and every way it can go wrong.

use serde_json::{Value, json};

use crate::appliance::{Appliance, eventually};
use crate::person::{Person, id_of, is_over};

const GREET: &str = r#"
"""Greets somebody."""
import argparse
parser = argparse.ArgumentParser(description="Greets")
parser.add_argument("name", help="whom to greet")
parser.add_argument("--count", type=int, default=1, help="how often")
options = parser.parse_args()
for n in range(options.count):
    print("hello", options.name, n)
"#;

/// Sleeps for a while in grandchildren that try to get away.
const STUBBORN: &str = r#"
"""Leaves children that ignore every signal."""
import os, signal, sys, time
def main(seconds: int = 60):
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if os.fork() == 0:
                os.execv(sys.executable, [sys.executable, "-c", f"import time; MARK='stubborn-{os.environ['MARK']}'; time.sleep({seconds})"])
            time.sleep(seconds)
            os._exit(0)
    print("started", flush=True)
    time.sleep(seconds)
"#;

async fn fresh() -> (Appliance, Person) {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    (appliance, ada)
}

fn reason(run: &Value) -> &str {
    run["reason_code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_script_becomes_a_run_with_log_artifact_story_and_receipt() {
    let (_appliance, ada) = fresh().await;
    ada.publish("greet.py", &format!("{GREET}\nopen('outputs/note.txt', 'w').write('kept')\n")).await;
    let run = ada.run("greet", json!({ "name": "Bob", "count": 2 })).await;
    assert_eq!((run["phase"].as_str(), run["exit_code"].as_i64()), (Some("succeeded"), Some(0)), "{run}");
    assert_eq!(run["attempts"][0]["isolation"]["level"], "full", "{run}");
    let id = id_of(&run);
    assert_eq!(ada.log(&id).await, "hello Bob 0\nhello Bob 1");
    let note = ada.get(&format!("/api/v1/runs/{id}/artifacts/note.txt")).await;
    assert_eq!((note.status, note.text.as_str(), note.header("x-content-type-options")), (200, "kept", "nosniff"));
    assert!(note.header("content-disposition").starts_with("attachment"));
    let story = ada.get(&format!("/api/v1/runs/{id}/events")).await.json();
    let actions: Vec<_> = story["items"].as_array().expect("items").iter().map(|event| event["action"].clone()).collect();
    assert_eq!(actions, ["run.request", "run.start", "run.finish"]);
    let receipt = ada.get(&format!("/api/v1/runs/{id}/receipt")).await.json();
    assert_eq!(receipt["payloadType"], "application/vnd.in-toto+json");
    assert_eq!(receipt["signatures"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn wrong_inputs_are_refused_with_every_field_and_leave_an_event_but_no_run() {
    let (_appliance, ada) = fresh().await;
    ada.publish("greet.py", GREET).await;
    let refused = ada.start("greet", json!({ "count": "many", "nmae": "Bob" })).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let problem = refused.json();
    assert_eq!(problem["code"], "EG-RUN-003");
    let mut pointers: Vec<_> = problem["errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/inputs/count", "/inputs/name", "/inputs/nmae"]);
    assert_eq!(ada.get("/api/v1/runs").await.json()["total"], 0);
    let events = ada.get("/api/v1/audit/events?action=run.request&outcome=refused").await.json();
    assert_eq!(events["items"][0]["reason"], "EG-RUN-003", "{events}");
}

#[tokio::test]
async fn failures_say_why() {
    let (_appliance, ada) = fresh().await;
    let limits = |limits: &str, code: &str| format!("# /// script\n# [tool.execgov.limits]\n# {limits}\n# ///\n{code}\n");
    // What ends processes is judged a high risk, whose starts are confirmed; that is not what is tried here.
    let low = |code: &str| format!("# /// script\n# [tool.execgov]\n# risk = \"low\"\n# ///\n{code}");
    for (name, source, phase, code) in [
        ("exits", "import sys\nsys.exit(3)\n".to_owned(), "failed", "EG-RUN-020"),
        ("raises", "raise ValueError('no')\n".to_owned(), "failed", "EG-RUN-020"),
        ("dies", low("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"), "failed", "EG-RUN-021"),
        ("slow", limits("wall = \"1s\"", "import time\ntime.sleep(60)"), "timed_out", "EG-RUN-022"),
        ("greedy", limits("memory = \"48MiB\"", "x = bytearray(400 << 20)\nprint(len(x))"), "failed", "EG-RUN-024"),
    ] {
        ada.publish(&format!("{name}.py"), &source).await;
        let run = ada.run(name, json!({})).await;
        let greedy = name == "greedy" && reason(&run) == "EG-RUN-020"; // A bound on address space ends it as MemoryError.
        assert!((run["phase"].as_str(), reason(&run)) == (Some(phase), code) || greedy, "{name}: {run}");
    }
}

#[tokio::test]
async fn cancel_leaves_nobody_behind() {
    let (_appliance, ada) = fresh().await;
    let mark = format!("{:x}", rand::random::<u64>());
    ada.publish("stubborn.py", &STUBBORN.replace("os.environ['MARK']", &format!("'{mark}'"))).await;
    let id = id_of(&ada.start("stubborn", json!({})).await.json());
    ada.wait_for(&id, |phase| phase == "running").await;
    eventually("the children", || (survivors(&mark) > 0).then_some(()));
    let asked = ada.post(&format!("/api/v1/runs/{id}/cancel"), &json!({ "reason": "enough" })).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let run = ada.wait_for(&id, is_over).await;
    assert_eq!((run["phase"].as_str(), reason(&run)), (Some("cancelled"), "EG-RUN-027"), "{run}");
    eventually("the end of all children", || (survivors(&mark) == 0).then_some(()));
    let again = ada.post(&format!("/api/v1/runs/{id}/cancel"), &json!({})).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("EG-RUN-005")));
}

/// Processes whose command line has the mark.
fn survivors(mark: &str) -> usize {
    let all = std::fs::read_dir("/proc").expect("/proc");
    all.filter_map(Result::ok)
        .filter(|entry| std::fs::read(entry.path().join("cmdline")).is_ok_and(|text| String::from_utf8_lossy(&text).contains(mark)))
        .count()
}

#[tokio::test]
async fn a_killed_server_leaves_no_process_and_no_run_that_claims_to_run() {
    let mut appliance = Appliance::with_settings("[queue]\nrunning = 2\n");
    let mut ada = Person::first(&appliance).await;
    let mark = format!("{:x}", rand::random::<u64>());
    ada.publish("stubborn.py", &STUBBORN.replace("os.environ['MARK']", &format!("'{mark}'"))).await;
    ada.publish("greet.py", GREET).await;
    let running = [id_of(&ada.start("stubborn", json!({})).await.json()), id_of(&ada.start("stubborn", json!({})).await.json())];
    let queued = id_of(&ada.start("greet", json!({ "name": "Eve" })).await.json());
    for id in &running {
        ada.wait_for(id, |phase| phase == "running").await;
    }
    eventually("the children", || (survivors(&mark) >= 10).then_some(()));
    appliance.kill();
    eventually("the end of all children", || (survivors(&mark) == 0).then_some(()));
    appliance.start_again();
    ada.moved(&appliance);
    for id in &running {
        let run = ada.wait_for(id, is_over).await;
        assert_eq!((run["phase"].as_str(), reason(&run)), (Some("interrupted"), "EG-RUN-028"), "{run}");
        assert!(ada.log(id).await.starts_with("started"), "the log is kept");
    }
    let greeted = ada.wait_for(&queued, is_over).await;
    assert_eq!(greeted["phase"], "succeeded", "queued runs survive: {greeted}");
}

#[tokio::test]
async fn an_idempotency_key_starts_one_run() {
    let (_appliance, ada) = fresh().await;
    ada.publish("greet.py", GREET).await;
    let send = async |name: &str, key: &str| {
        let body = json!({ "capability": "greet", "inputs": { "name": name } });
        let answer =
            ada.request(reqwest::Method::POST, "/api/v1/runs").header("idempotency-key", key).json(&body).send().await.expect("sent");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let racing = futures::future::join_all((0..8).map(|_| send("Bob", "k-1"))).await;
    let ids: std::collections::BTreeSet<_> = racing.iter().map(|(_, run)| id_of(run)).collect();
    assert_eq!(ids.len(), 1, "{racing:?}");
    let (status, problem) = send("Eve", "k-1").await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("EG-RUN-007")));
    assert_eq!(ada.get("/api/v1/runs").await.json()["total"], 1);
}

#[tokio::test]
async fn a_full_queue_says_when_to_come_back() {
    let appliance = Appliance::with_settings("[queue]\nrunning = 1\nwaiting = 2\nwaiting_per_principal = 2\n");
    let ada = Person::first(&appliance).await;
    ada.publish("naps.py", "import time\ntime.sleep(30)\n").await;
    let mut refused = None;
    for _ in 0..6 {
        let answer = ada.start("naps", json!({})).await;
        if answer.status >= 400 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the queue has an end");
    assert!(refused.status == 503 || refused.status == 429, "{}", refused.text);
    assert!(refused.header("retry-after").parse::<u64>().is_ok(), "{:?}", refused.headers);
}

#[tokio::test]
async fn runs_keep_their_version_while_current_moves() {
    let (_appliance, ada) = fresh().await;
    let version = |n: u32| format!("import time\ntime.sleep(1)\nprint('version {n}')\n");
    ada.publish("moves.py", &version(1)).await;
    let old = id_of(&ada.start("moves", json!({})).await.json());
    ada.publish("moves.py", &version(2)).await;
    let new = ada.run("moves", json!({})).await;
    assert_eq!((ada.log(&id_of(&new)).await.as_str(), new["version"].as_u64()), ("version 2", Some(2)));
    ada.wait_for(&old, is_over).await;
    assert_eq!(ada.log(&old).await, "version 1");
    let back = ada.post("/api/v1/capabilities/moves/rollback", &json!({})).await;
    assert_eq!((back.status, back.json()["current"].as_u64()), (200, Some(1)), "{}", back.text);
    let diff = ada.get("/api/v1/capabilities/moves/diff?from=1&to=2").await.json();
    assert!(diff["files"][0]["unified"].as_str().is_some_and(|text| text.contains("+print('version 2')")), "{diff}");
    let deprecated = ada.post("/api/v1/capabilities/moves/versions/2/deprecate", &json!({ "comment": "old" })).await;
    assert_eq!(deprecated.status, 200, "{}", deprecated.text);
}

#[tokio::test]
async fn output_beyond_the_cap_is_counted_and_does_not_hold_the_run() {
    let (_appliance, ada) = fresh().await;
    let source = "# /// script\n# [tool.execgov.limits]\n# output = \"64KiB\"\n# ///\nfor n in range(200_000):\n    print('x' * 80)\n";
    ada.publish("loud.py", source).await;
    let run = ada.run("loud", json!({})).await;
    assert_eq!(run["phase"], "succeeded", "{run}");
    let log = &run["log"];
    assert!(log["bytes"].as_u64().is_some_and(|bytes| bytes <= 65_536), "{log}");
    assert_eq!(log["bytes"].as_u64().unwrap_or(0) + log["dropped_bytes"].as_u64().unwrap_or(0), 200_000 * 81, "{log}");
}

#[tokio::test]
async fn results_are_json_and_fit_what_was_declared() {
    let (_appliance, ada) = fresh().await;
    ada.publish("adds.py", "def main(a: int, b: int = 2) -> dict:\n    return {'sum': a + b}\n").await;
    let run = ada.run("adds", json!({ "a": 40 })).await;
    assert_eq!(run["result"], json!({ "sum": 42 }), "{run}");
    let forged = "import os\nprint('{\"result\": 1}')\nopen(os.environ['EXECGOV_RESULT'], 'wb').write(b'\\xff{')\n";
    ada.publish("forged.py", forged).await;
    let run = ada.run("forged", json!({})).await;
    assert_eq!((run["phase"].as_str(), reason(&run)), (Some("failed"), "EG-RUN-025"), "{run}");
}

#[tokio::test]
async fn strangers_see_nothing_and_cannot_tell() {
    let (appliance, ada) = fresh().await;
    ada.publish("greet.py", GREET).await;
    let run = id_of(&ada.run("greet", json!({ "name": "Bob" })).await);
    let nobody = ada.another(&appliance, "nobody", &[]).await;
    let mut other = run.clone();
    other.replace_range(other.len() - 4.., if other.ends_with("0000") { "1111" } else { "0000" });
    for path in ["", "/log", "/log/raw", "/log/stream", "/artifacts/x", "/receipt", "/events", "/stream"] {
        let hidden = nobody.get(&format!("/api/v1/runs/{run}{path}")).await;
        let absent = nobody.get(&format!("/api/v1/runs/{other}{path}")).await;
        let strip = |text: &str| {
            let mut value: Value = serde_json::from_str(text).unwrap_or_default();
            value.as_object_mut().map(|problem| problem.remove("request_id"));
            value
        };
        assert_eq!((hidden.status, strip(&hidden.text)), (404, strip(&absent.text)), "{path}");
    }
    let list = nobody.get("/api/v1/runs").await.json();
    assert_eq!((list["total"].as_u64(), list["items"].as_array().map(Vec::len)), (Some(0), Some(0)));
    assert_eq!(nobody.get("/api/v1/capabilities").await.json()["items"], json!([]));
}

#[tokio::test]
async fn retries_follow_the_declared_policy_and_a_cancel_wins() {
    let (_appliance, ada) = fresh().await;
    let source =
        "# /// script\n# [tool.execgov.retry]\n# attempts = 3\n# backoff = \"10ms\"\n# ///\nimport sys\nprint('try')\nsys.exit(1)\n";
    ada.publish("tries.py", source).await;
    let run = ada.run("tries", json!({})).await;
    assert_eq!((run["phase"].as_str(), run["attempts"].as_array().map(Vec::len)), (Some("failed"), Some(3)), "{run}");
}

#[tokio::test]
async fn uploaded_files_reach_the_script_and_only_their_owner_may_use_them() {
    let (appliance, ada) = fresh().await;
    ada.publish(
        "counts.py",
        "from pathlib import Path\ndef main(data: Path) -> int:\n    return len(Path(data).read_text().splitlines())\n",
    )
    .await;
    let part = reqwest::multipart::Part::bytes(b"a\nb\nc\n".to_vec()).file_name("data.csv");
    let form = reqwest::multipart::Form::new().part("file", part);
    let file: Value =
        ada.request(reqwest::Method::POST, "/api/v1/files").multipart(form).send().await.expect("sent").json().await.expect("JSON");
    let run = ada.run("counts", json!({ "data": file["id"] })).await;
    assert_eq!(run["result"], 3, "{run}");
    let bob = ada.another(&appliance, "bob", &["operator"]).await;
    let refused = bob.start("counts", json!({ "data": file["id"] })).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (400, Some("EG-REQ-011")), "{}", refused.text);
}

#[tokio::test]
async fn a_stop_lets_runs_end_and_records_those_that_do_not() {
    let mut appliance = Appliance::with_settings("[drain]\ndeadline_s = 3\n");
    let mut ada = Person::first(&appliance).await;
    ada.publish("short.py", "import time\ntime.sleep(1)\nprint('done')\n").await;
    ada.publish("long.py", "import time\ntime.sleep(300)\n").await;
    let (short, long) = (id_of(&ada.start("short", json!({})).await.json()), id_of(&ada.start("long", json!({})).await.json()));
    for id in [&short, &long] {
        ada.wait_for(id, |phase| phase == "running").await;
    }
    assert!(appliance.stop().success());
    appliance.start_again();
    ada.moved(&appliance);
    assert_eq!(ada.get(&format!("/api/v1/runs/{short}")).await.json()["phase"], "succeeded");
    let long = ada.get(&format!("/api/v1/runs/{long}")).await.json();
    assert_eq!((long["phase"].as_str(), reason(&long)), (Some("interrupted"), "EG-RUN-029"), "{long}");
}
