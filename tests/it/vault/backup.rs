//! Backups of an appliance with a vault: one encrypted file that opens for the right key only, and drills that prove it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::keys::{identity_file, say};
use super::{PASSPHRASE, Safe};
use crate::appliance::{Setup, eventually};

const READS: &str = "def main() -> int:\n    return len(open('/run/secrets/s0').read())\n";

async fn made(safe: &Safe) -> (PathBuf, serde_json::Value) {
    let info = safe.ada.post("/api/v1/backups", &json!({})).await;
    assert_eq!(info.status, 201, "{}", info.text);
    let info = info.json();
    (safe.appliance.data().join("backups").join(info["name"].as_str().expect("a name")), info)
}

#[tokio::test]
async fn a_backup_opens_for_the_recovery_key_and_restores_whole() {
    let dir = tempfile::tempdir().expect("directory");
    let (key, file) = identity_file(dir.path(), "recovery.key");
    let (_, stranger) = identity_file(dir.path(), "stranger.key");
    let recipient = key.recipient().to_string();
    let init = json!({ "method": "passphrase", "passphrase": PASSPHRASE, "recovery": [recipient] });
    let mut safe = Safe::with(Setup::default(), init).await;
    safe.set("s0", "nineteen characters").await;
    safe.publish("reads", &["s0"], READS).await;
    safe.grant("s0", "reads", "file").await;
    safe.ada.run("reads", json!({})).await;
    let (backup, info) = made(&safe).await;
    assert_eq!(info["encrypted_for"], json!([recipient]));
    assert!(info["warnings"].to_string().contains("nobody has shown"), "an unproven key is said when the backup is made: {info}");
    let path = backup.to_str().expect("UTF-8");
    let bytes = fs::read(&backup).expect("read");
    assert!(bytes.starts_with(b"age-encryption.org/v1\n") && path.ends_with(".backup.age"));
    for words in [&["backup", "verify", path][..], &["backup", "verify", path, "--identity", &stranger]] {
        let said = say(&safe, words, "");
        assert!(said.code == 11 && said.err.contains("EG-STORE-009"), "{words:?} {said:?}");
    }
    let said = say(&safe, &["backup", "verify", path, "--identity", &file], "").fine();
    assert!(said.contains("sound") && said.contains("1, each of them opened"), "{said}");
    // The independent tool opens it, and finds what it should be.
    let opened = Command::new("age").args(["-d", "-i", &file, path]).output().expect("age runs");
    let plain = zstd::decode_all(opened.stdout.as_slice()).expect("zstd");
    assert!(plain.starts_with(b"about.json"));
    for (at, bit) in [(30, 1), (bytes.len() / 2, 0x80), (bytes.len() - 1, 1)] {
        let mut changed = bytes.clone();
        changed[at] ^= bit;
        let bad = dir.path().join("changed.age");
        fs::write(&bad, changed).expect("written");
        assert_eq!(say(&safe, &["backup", "verify", bad.to_str().unwrap(), "--identity", &file], "").code, 11, "byte {at}");
    }
    safe.appliance.kill();
    let kept = dir.path().join("kept.age");
    fs::copy(&backup, &kept).expect("copied");
    fs::rename(safe.appliance.data(), dir.path().join("lost")).expect("lost");
    let data = safe.appliance.data();
    say(&safe, &["backup", "restore", kept.to_str().unwrap(), "--identity", &file, "--data", data.to_str().unwrap()], "").fine();
    safe.restart();
    assert_eq!(safe.status().await["state"], "sealed");
    assert_eq!(safe.unseal(PASSPHRASE).await.status, 200);
    assert_eq!(safe.ada.run("reads", json!({})).await["result"], 19);
}

#[tokio::test]
async fn without_a_recipient_a_backup_is_plain_and_says_so() {
    let safe = Safe::new().await;
    let said = say(&safe, &["backup", "create"], "");
    assert!(said.code == 0 && said.out.contains("NO") && said.err.contains("not encrypted"), "{said:?}");
    let (_, info) = made(&safe).await;
    assert!(info["encrypted_for"] == json!([]) && info["warnings"].to_string().contains("not encrypted"), "{info}");
    let to = safe.appliance.dir().join("by-passphrase.age");
    let to = to.to_str().expect("UTF-8");
    let said = say(&safe, &["backup", "create", "--passphrase-stdin", "--to", to], "three green kettles sing");
    assert!(said.code == 0 && said.out.contains("for passphrase") && !said.err.contains("not encrypted"), "{said:?}");
    assert_eq!(say(&safe, &["backup", "verify", to, "--passphrase-stdin"], "three green kettles hum").code, 11);
    say(&safe, &["backup", "verify", to, "--passphrase-stdin"], "three green kettles sing").fine();
}

#[tokio::test]
async fn drills_are_held_on_request_and_when_due() {
    let mut safe = Safe::new().await;
    safe.set("s0", "value").await;
    let said = say(&safe, &["backup", "drill"], "").fine();
    assert!(said.contains("restores") && said.contains("1 sealed values opened"), "{said}");
    let status = safe.status().await;
    assert_eq!(status["drill"]["ok"], true, "{status}");
    let left: Vec<_> = fs::read_dir(safe.appliance.data().join("backups")).expect("folder").flatten().collect();
    assert!(left.is_empty(), "the scratch directory is gone: {left:?}");
    assert!(safe.appliance.stop().success());
    let table: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("drill");
    {
        let ledger = redb::Database::open(safe.appliance.data().join("ledger.redb")).expect("the ledger");
        let write = ledger.begin_write().expect("a transaction");
        let old = b"\x01\x01\x01{\"at\":\"2020-01-01T00:00:00Z\",\"ok\":true,\"detail\":\"long ago\",\"took_ms\":1}";
        write.open_table(table).expect("the table").insert(b"drill".as_slice(), old.as_slice()).expect("written");
        write.commit().expect("written");
    }
    safe.restart();
    // The vault is sealed: the drill says what it could not open.
    let held = eventually("a drill by itself", || {
        let said = say(&safe, &["vault", "status", "-o", "json"], "").json();
        (said["drill"]["detail"] != "long ago").then(|| said["drill"].clone())
    });
    assert!(held["ok"] == true && held["detail"].as_str().is_some_and(|text| text.contains("could not open")), "{held}");
    let events = safe.events("backup.drill").await;
    assert_eq!(events[0]["actor"]["kind"], "system", "{events:?}");
}
