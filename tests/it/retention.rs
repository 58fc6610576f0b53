//! Retention on the real server: old entries go, their hashes stay, and nothing but the tombstone makes that all right.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use execgov::base::clock::{Clock, SystemClock, Timestamp};
use execgov::crypto::{LogSigner, key};
use execgov::domain::audit::{Actor, ActorKind, TOMBSTONE};
use execgov::store::audit::{Problem, VerifyReport, export, verify_snapshot};
use execgov::store::{Commit, CommitError, Ledger, LedgerOptions};
use serde_json::{Value, json};

use super::ledger::event;
use crate::appliance::{Appliance, SOON};
use crate::approvals::code;
use crate::person::Person;

/// Adds entries of some age to the ledger of a stopped server.
fn add_entries(data: &Path, count: usize, days: i64) {
    let install = std::fs::read_to_string(data.join("install-id")).expect("an id");
    let signing = key::load_or_create(&data.join("keys/log.pem")).expect("a key");
    let signer = LogSigner::new(format!("execgov/{}", install.trim()), signing);
    let options = LedgerOptions { clock: Arc::new(SystemClock), signer, cache_bytes: 16 << 20, group_max: 8 };
    let ledger = Ledger::open(data, options).expect("opens");
    let at = SystemClock.now().checked_sub(jiff::SignedDuration::from_hours(24 * days)).expect("in range");
    let mut commit = Commit::new();
    for n in 0..count {
        commit.event(event(at, "pet.feed", &format!("number {n}")));
    }
    ledger.commit_blocking(commit).expect("applied");
    ledger.close();
}

#[tokio::test]
async fn old_entries_leave_a_log_that_still_verifies() {
    let mut appliance = Appliance::with_settings("[audit]\nretention_days = 30\n");
    let mut ada = Person::first(&appliance).await;
    assert!(appliance.stop().success());
    add_entries(&appliance.data(), 600, 100);
    add_entries(&appliance.data(), 300, 0);
    appliance.start_again();
    ada.moved(&appliance);
    let end = Instant::now() + SOON;
    let status = loop {
        let status = ada.get("/api/v1/audit/status").await.json();
        if !status["removed"].is_null() {
            break status;
        }
        assert!(Instant::now() < end, "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((status["removed"]["entries"].as_u64(), status["removed"]["rule"].as_str()), (Some(512), Some("audit.retention_days = 30")));
    let tombstone = status["removed"]["tombstone"].as_u64().expect("an index");
    let shown = ada.get(&format!("/api/v1/audit/events/{tombstone}")).await.json();
    assert_eq!(shown["entry"]["action"], TOMBSTONE);
    assert_eq!((shown["entry"]["details"]["from"].as_u64(), shown["entry"]["details"]["to"].as_u64()), (Some(0), Some(512)));
    assert_eq!(code(&ada.get("/api/v1/audit/events/3").await), (404, "EG-AUD-005".to_owned()));
    assert_eq!(code(&ada.get("/api/v1/audit/events/100000").await), (404, "EG-AUD-002".to_owned()));

    // Lists end where the entries do, whatever they look for.
    let count = async |query: &str| {
        let mut found = 0;
        let mut cursor = String::new();
        loop {
            let page = ada.get(&format!("/api/v1/audit/events?limit=200&{query}&cursor={cursor}")).await.json();
            for item in page["items"].as_array().unwrap_or_else(|| panic!("{page}")) {
                assert!(item["index"].as_u64() >= Some(512), "{item}");
                found += 1;
            }
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return found,
            }
        }
    };
    let entries = ada.get("/api/v1/audit/status").await.json()["entries"].as_u64().expect("a number");
    assert_eq!(count("").await, entries - 512);
    assert_eq!(count("action=setup.").await, 0, "the first entries are gone");
    assert_eq!(count("action=pet.feed&to=2030-01-01T00:00:00Z&from=2020-01-01T00:00:00Z").await, count("action=pet.").await);
    let verdict = ada.post("/api/v1/audit/verify", &json!({})).await.json();
    assert_eq!((verdict["ok"].as_bool(), verdict["removed"].as_u64()), (Some(true), Some(512)), "{verdict}");
    let applied = ada.post("/api/v1/audit/retention", &json!({})).await.json();
    assert_eq!(applied["entries"], 0, "nothing more is due: {applied}");

    let key = ada.get("/api/v1/audit/key").await.text;
    // The ledger of the stopped server says the same, and so does an export of it.
    assert!(appliance.stop().success());
    elsewhere(&appliance, key.trim());
    let data = appliance.data();
    let said = appliance.cli(&["audit", "verify", "--data", data.to_str().expect("UTF-8"), "-o", "json"]);
    let report: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!((report["ok"].as_bool(), report["removed"].as_u64()), (Some(true), Some(512)), "{report}");
}

/// What an export says on another machine: with the tombstone all is well, and no other gap is.
fn elsewhere(appliance: &Appliance, key: &str) {
    let dir = tempfile::tempdir().expect("directory");
    let root = dir.path().join("export");
    let view = {
        // A copy of the file is what another machine would look at.
        std::fs::copy(appliance.data().join("ledger.redb"), dir.path().join("ledger.redb")).expect("copied");
        let install = std::fs::read_to_string(appliance.data().join("install-id")).expect("an id");
        let signing = key::load_or_create(&appliance.data().join("keys/log.pem")).expect("a key");
        let signer = LogSigner::new(format!("execgov/{}", install.trim()), signing);
        Ledger::open(dir.path(), LedgerOptions { clock: Arc::new(SystemClock), signer, cache_bytes: 16 << 20, group_max: 8 })
            .expect("opens")
    };
    let written = export(&view.read().expect("a view"), view.verifier(), &root).expect("exported");
    assert_eq!(written.removed, 512);
    let told: Value = serde_json::from_slice(&std::fs::read(root.join("removed")).expect("said")).expect("JSON");
    assert_eq!(told["to"], 512);
    assert!(!root.join("tile/entries/000").exists() && root.join("tile/0/000").exists());
    let verify = |expected: bool| {
        let said = appliance.cli(&["audit", "verify", "--export", root.to_str().expect("UTF-8"), "--key", key, "-o", "json"]);
        let report: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"));
        assert_eq!(report["ok"], expected, "{report}");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verify_export.py");
        let python = std::process::Command::new("python3").arg(script).arg(&root).arg(key).output().expect("python runs");
        assert_eq!(python.status.success(), expected, "{python:?}");
    };
    verify(true);
    let third = root.join("tile/entries/002");
    let kept = std::fs::read(&third).expect("a full bundle that was not removed");
    std::fs::remove_file(&third).expect("removed");
    verify(false);
    std::fs::write(&third, kept).expect("written");
    verify(true);
}

fn system() -> Actor {
    Actor { kind: ActorKind::System, id: None, name: None, token: None }
}

/// A ledger of 600 entries whose first bundles were removed with a tombstone that says `to`.
fn removed(dir: &Path, actor: Actor, to: u64, bundles: std::ops::Range<u64>) -> VerifyReport {
    let signer = || LogSigner::new("execgov.test/log", execgov::crypto::key::SigningKey::from_bytes(&[7; 32]));
    let options = LedgerOptions { clock: Arc::new(SystemClock), signer: signer(), cache_bytes: 16 << 20, group_max: 8 };
    let ledger = Ledger::open(dir, options).expect("opens");
    let now = Timestamp::UNIX_EPOCH;
    let mut commit = Commit::new();
    for n in 0..600 {
        commit.event(event(now, "pet.feed", &n.to_string()));
    }
    ledger.commit_blocking(commit).expect("applied");
    let mut tombstone = event(now, TOMBSTONE, "log");
    tombstone.actor = actor;
    tombstone.details.insert("to".to_owned(), json!(to));
    let mut commit = Commit::new();
    commit.event(tombstone).remove_entries(bundles);
    ledger.commit_blocking(commit).expect("applied");
    verify_snapshot(&ledger.read().expect("a view"), &signer().verifier(), None, &mut |_| {})
}

#[test]
fn a_gap_without_a_tombstone_of_the_appliance_is_a_gap() {
    let user = Actor { kind: ActorKind::User, id: None, name: Some("eve".to_owned()), token: None };
    for (actor, to, bundles, expected) in [
        (system(), 512, 0..2, None),
        (system(), 512, 0..1, None),
        (system(), 256, 0..2, Some(Problem::Missing { index: 256 })),
        (user, 512, 0..2, Some(Problem::Missing { index: 0 })),
        (system(), 9_999, 0..2, Some(Problem::Missing { index: 0 })),
    ] {
        let dir = tempfile::tempdir().expect("directory");
        let report = removed(dir.path(), actor, to, bundles.clone());
        assert_eq!(report.problem, expected, "{to} {bundles:?}");
        assert_eq!(report.removed, if expected.is_none() { bundles.end * 256 } else { 0 });
    }
}

#[test]
fn only_the_oldest_full_bundles_can_be_removed_and_never_in_silence() {
    let dir = tempfile::tempdir().expect("directory");
    let options = super::ledger::options(Arc::new(SystemClock));
    let ledger = Ledger::open(dir.path(), options).expect("opens");
    let mut commit = Commit::new();
    for n in 0..600 {
        commit.event(event(Timestamp::UNIX_EPOCH, "pet.feed", &n.to_string()));
    }
    ledger.commit_blocking(commit).expect("applied");
    for bundles in [1..2, 0..3, 0..0] {
        let mut commit = Commit::new();
        commit.event(event(Timestamp::UNIX_EPOCH, TOMBSTONE, "log")).remove_entries(bundles.clone());
        assert!(matches!(ledger.commit_blocking(commit), Err(CommitError::Conflict { .. })), "{bundles:?}");
    }
    let mut commit = Commit::new();
    commit.remove_entries(0..1);
    assert!(ledger.commit_blocking(commit).is_err());
    let view = ledger.read().expect("a view");
    assert_eq!((view.log_size().expect("a size"), view.removed().expect("readable")), (600, None), "nothing has happened");
}
