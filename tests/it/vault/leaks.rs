//! F01, F04, F05, F10, F11, G07: planted values are looked for everywhere that somebody could look.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use reqwest::Method;
use serde_json::json;

use super::{PASSPHRASE, Safe, code, until};
use crate::appliance::{answer, eventually};
use crate::person::is_over;

const PRINTS: &str = r#"
import base64, os, sys
def main() -> list:
    found = []
    for name in sorted(os.listdir('/run/secrets')):
        s = open('/run/secrets/' + name).read()
        print(name, s, s.encode().hex(), base64.b64encode(b'x' + s.encode()).decode())
        print(s, file=sys.stderr)
        os.write(1, s[:7].encode()); os.write(1, s[7:].encode() + b'\n')
        found.append(s)
    open('outputs/count.txt', 'w').write(str(len(found)))
    return found
"#;

/// Every file below a directory, unpacked as far as we pack things.
pub(super) fn contents(dir: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).expect("readable").flatten() {
        let path = entry.path();
        if entry.file_type().expect("a type").is_dir() {
            contents(&path, found);
        } else if let Ok(bytes) = fs::read(&path) {
            let name = path.display().to_string();
            // Frames of zstd anywhere in the file: records of the ledger, packed logs.
            for (at, _) in bytes.windows(4).enumerate().filter(|(_, four)| *four == [0x28, 0xb5, 0x2f, 0xfd]) {
                let mut plain = Vec::new();
                if let Ok(mut decoder) = zstd::Decoder::new(&bytes[at..]) {
                    let _ = std::io::Read::read_to_end(&mut std::io::Read::take(&mut decoder, 64 << 20), &mut plain);
                }
                found.push((format!("{name} at {at}"), plain));
            }
            found.push((name, bytes));
        }
    }
}

/// The server and everything it started.
fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let parent = |of: &str| {
        let stat = fs::read_to_string(format!("/proc/{of}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let mut grown = true;
    while grown {
        grown = false;
        for entry in fs::read_dir("/proc").expect("proc").flatten() {
            let name = entry.file_name().into_string().unwrap_or_default();
            if let (Ok(child), Some(parent)) = (name.parse::<u32>(), parent(&name))
                && all.contains(&parent)
                && !all.contains(&child)
            {
                all.push(child);
                grown = true;
            }
        }
    }
    all
}

#[tokio::test]
async fn f01_a_hundred_planted_values_are_found_nowhere() {
    let mut safe = Safe::new().await;
    let canary = |n: usize| format!("kanarie/{n:03}+{}", hex::encode(rand::random::<[u8; 9]>()));
    let values: Vec<String> = (0..100).map(canary).collect();
    for unit in 0..4 {
        let names: Vec<String> = (unit * 25..unit * 25 + 25).map(|n| format!("canary-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        safe.publish(&format!("unit{unit}"), &names, PRINTS).await;
    }
    for (n, value) in values.iter().enumerate() {
        safe.set(&format!("canary-{n}"), value).await;
        safe.grant(&format!("canary-{n}"), &format!("unit{}", n / 25), "file").await;
    }
    let mut runs = Vec::new();
    for unit in 0..4 {
        let run = safe.ada.run(&format!("unit{unit}"), json!({})).await;
        assert_eq!(run["phase"], "succeeded", "{run}");
        assert_eq!(run["result"].as_array().map(Vec::len), Some(25));
        runs.push(run["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!(safe.ada.post("/api/v1/vault/rotate", &json!({})).await.status, 200);
    let backup = safe.ada.post("/api/v1/backups", &json!({})).await.json();
    let mut texts: Vec<(String, Vec<u8>)> = Vec::new();
    for path in ["/api/v1/secrets?limit=200", "/api/v1/vault", "/api/v1/audit/events?limit=200", "/api/v1/audit/export", "/metrics"] {
        texts.push((path.to_owned(), safe.ada.get(path).await.text.into_bytes()));
    }
    for run in &runs {
        for part in ["", "/log?count=10000", "/events", "/receipt"] {
            let path = format!("/api/v1/runs/{run}{part}");
            texts.push((path.clone(), safe.ada.get(&path).await.text.into_bytes()));
        }
    }
    for pid in family(safe.appliance.pid()) {
        for part in ["environ", "cmdline"] {
            texts.push((format!("/proc/{pid}/{part}"), fs::read(format!("/proc/{pid}/{part}")).unwrap_or_default()));
        }
    }
    assert!(safe.appliance.stop().success());
    let backup = safe.appliance.data().join("backups").join(backup["name"].as_str().expect("a name"));
    let restored = safe.appliance.dir().join("restored");
    let said = safe.appliance.cli(&["backup", "restore", backup.to_str().unwrap(), "--data", restored.to_str().unwrap()]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    contents(safe.appliance.dir(), &mut texts);
    assert!(texts.len() > 50 && texts.iter().any(|(_, text)| text.windows(13).any(|part| part == b"[masked: cana")), "the walk sees logs");
    let mut hits = BTreeSet::new();
    for (place, text) in &texts {
        let text = String::from_utf8_lossy(text);
        for value in &values {
            let spellings = [value.clone(), hex::encode(value), value[9..].to_owned()];
            if spellings.iter().any(|spelling| text.contains(spelling)) {
                hits.insert(place.clone());
            }
        }
    }
    assert!(hits.is_empty(), "{hits:?}");
}

#[tokio::test]
async fn f04_g07_no_answer_and_no_event_repeats_a_value() {
    let safe = Safe::new().await;
    let value = "kanarie-9374-6251-8802";
    let path = "/api/v1/secrets/db";
    let mut answers = Vec::new();
    for body in [
        json!({ "value": value }),
        json!({ "value": value, "value_base64": value }),
        json!({ "value_base64": value }),
        json!({ "value": value, "expires_at": value }),
        json!({ "value": value, "extra": value }),
        json!({ "value": 937_462_518_802_u64 }),
        json!({ "value": -937_462_518_802_i64 }),
        json!({ "value": 937_462.518_802 }),
        json!({ "value": [value] }),
        json!({ "value": { "a": value } }),
        json!({ "value": value, "expires_at": "2001-01-01T00:00:00Z" }),
        json!({ "value": value.repeat(2_000) }),
    ] {
        answers.push(safe.ask(Method::PUT, path, &body).await);
    }
    answers.push(safe.ask(Method::PUT, &format!("/api/v1/secrets/{}", value.to_uppercase()), &json!({ "value": "x1x2x3x4" })).await);
    answers.push(safe.ada.get(&format!("/api/v1/secrets/{}", value.to_uppercase())).await);
    answers.push(
        answer(safe.ada.request(Method::PUT, path).header("content-type", "application/json").body(format!("{{\"value\":\"{value}\"")))
            .await,
    );
    for wish in
        [json!({ "identity": value, "method": "passphrase", "passphrase": value }), json!({ "method": "credential", "passphrase": value })]
    {
        answers.push(safe.ada.post("/api/v1/vault/recover", &wish).await);
        answers.push(
            safe.ada
                .post("/api/v1/vault/rotate", &json!({ "what": "master", "method": "passphrase", "passphrase": 937_462_518_802_u64 }))
                .await,
        );
        answers.push(safe.ada.post("/api/v1/vault/init", &wish).await);
    }
    safe.ada.post("/api/v1/vault/seal", &json!({})).await;
    answers.push(safe.unseal(value).await);
    answers.push(safe.unseal(PASSPHRASE).await);
    for path in
        ["/api/v1/secrets", path, "/api/v1/vault", "/api/v1/audit/events?limit=200", "/api/v1/audit/export", "/api/v1/search?q=kanarie"]
    {
        answers.push(safe.ada.get(path).await);
    }
    for given in &answers {
        assert!(given.status < 500, "{}", given.text);
        for part in ["kanarie-9374", "KANARIE", "937462", "quiet lamps"] {
            assert!(!given.text.contains(part), "{part}: {} {}", given.status, given.text);
        }
    }
    assert!(!safe.appliance.stderr().contains("kanarie") && !safe.appliance.stderr().contains("937462"));
    assert!(!safe.events("secret.set").await.is_empty());
}

#[tokio::test]
async fn f05_a_value_in_another_row_is_refused() {
    let mut safe = Safe::new().await;
    safe.set("one", "first-value-aaaa").await;
    safe.set("two", "other-value-bbbb").await;
    let body = "def main() -> str:\n    return open('/run/secrets/one').read()[::-1]\n";
    safe.publish("reads", &["one"], body).await;
    safe.grant("one", "reads", "file").await;
    assert_eq!(safe.ada.run("reads", json!({})).await["result"], "aaaa-eulav-tsrif");
    assert!(safe.appliance.stop().success());
    let table: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("secret_value");
    {
        let ledger = redb::Database::open(safe.appliance.data().join("ledger.redb")).expect("the ledger");
        let write = ledger.begin_write().expect("a transaction");
        {
            let mut rows = write.open_table(table).expect("the table");
            let all: Vec<(Vec<u8>, Vec<u8>)> = redb::ReadableTable::iter(&rows)
                .expect("rows")
                .map(|row| row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).expect("a row"))
                .collect();
            assert_eq!(all.len(), 2);
            rows.insert(all[0].0.as_slice(), all[1].1.as_slice()).expect("swapped");
            rows.insert(all[1].0.as_slice(), all[0].1.as_slice()).expect("swapped");
        }
        write.commit().expect("written");
    }
    safe.restart();
    assert_eq!(safe.unseal(PASSPHRASE).await.status, 200);
    let run = safe.ada.start("reads", json!({})).await.json();
    let run = safe.ada.wait_for(run["id"].as_str().unwrap(), is_over).await;
    assert_eq!((run["phase"].as_str(), run["reason_code"].as_str()), (Some("failed"), Some("EG-VLT-009")), "{run}");
    assert!(!run.to_string().contains("bbbb") && !run.to_string().contains("eulav"), "{run}");
    let finished = safe.events("run.finish").await;
    assert!(finished.iter().any(|event| event["details"]["reason"] == "EG-VLT-009"), "it is in the audit log");
}

#[tokio::test]
async fn f06_without_keys_nothing_is_stored() {
    let appliance = crate::appliance::Appliance::start();
    let ada = crate::person::Person::first(&appliance).await;
    let set = answer(ada.request(Method::PUT, "/api/v1/secrets/db").json(&json!({ "value": "hunter2hunter2" }))).await;
    assert_eq!(code(&set), (409, "EG-VLT-001".to_owned()));
    assert_eq!(ada.get("/api/v1/secrets").await.json()["total"], 0);
    for (wish, expected) in [
        (json!({ "method": "passphrase" }), "EG-VLT-006"),
        (json!({ "method": "passphrase", "passphrase": "short" }), "EG-VLT-011"),
        (json!({ "method": "key_file" }), "EG-VLT-006"),
        (json!({ "method": "credential" }), "EG-VLT-006"),
        (json!({ "method": "passphrase", "passphrase": PASSPHRASE, "recovery": ["age1nonsense"] }), "EG-VLT-007"),
    ] {
        assert_eq!(code(&ada.post("/api/v1/vault/init", &wish).await), (400, expected.to_owned()), "{wish}");
    }
    assert_eq!(ada.get("/api/v1/vault").await.json()["state"], "absent");
}

#[tokio::test]
async fn f10_f11_nothing_is_left_in_the_process_or_its_core() {
    let mut safe = Safe::new().await;
    let value = "kanarie-in-memory-5518";
    safe.set("db", value).await;
    let body = "import time\ndef main() -> int:\n    open('outputs/up', 'w').write('1')\n    print('up', flush=True)\n    time.sleep(30)\n    return 1\n";
    safe.publish("sleeps", &["db"], body).await;
    safe.grant("db", "sleeps", "file").await;
    let run = safe.ada.start("sleeps", json!({})).await.json();
    let run = run["id"].as_str().expect("an id").to_owned();
    let log = format!("/api/v1/runs/{run}/log?count=10");
    until("the first line", async || safe.ada.get(&log).await.text.contains("\"up\"")).await;
    for pid in family(safe.appliance.pid()) {
        for part in ["environ", "cmdline"] {
            let text = fs::read(format!("/proc/{pid}/{part}")).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&text).contains(value), "/proc/{pid}/{part}");
        }
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", safe.appliance.pid())).expect("limits");
    let core: Vec<&str> = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line").split_whitespace().collect();
    assert_eq!((core[4], core[5]), ("0", "0"));
    safe.appliance.signal(rustix::process::Signal::ABORT);
    let end = safe.appliance.wait_end();
    assert!(end.signal().is_some() && !end.core_dumped(), "{end:?}");
    // The run died with the server, and its memory with it.
    eventually("the end of the run's processes", || {
        let mine = format!("EXECGOV_RUN_ID={run}");
        let left = fs::read_dir("/proc")
            .expect("proc")
            .flatten()
            .any(|entry| fs::read(entry.path().join("environ")).is_ok_and(|text| String::from_utf8_lossy(&text).contains(&mine)));
        (!left).then_some(())
    });
    let mut texts = Vec::new();
    contents(safe.appliance.dir(), &mut texts);
    let hits: Vec<&String> =
        texts.iter().filter(|(_, text)| String::from_utf8_lossy(text).contains(value)).map(|(place, _)| place).collect();
    assert!(hits.is_empty(), "{hits:?}");
}
