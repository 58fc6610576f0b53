//! The vault's keys: kept in three ways, changed while things run and through `kill -9`, recovered, proven; and the independent `age`
//! reads what we write.

use std::fs;
use std::process::{Command, Stdio};

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use execgov::crypto::envelope::{self, Identity, Key};

use super::{PASSPHRASE, Safe, code, until};
use crate::appliance::{Setup, program};
use crate::cli::Said;

pub fn identity_file(dir: &std::path::Path, name: &str) -> (Identity, String) {
    let key = Identity::generate();
    let path = dir.join(name);
    fs::write(&path, format!("# public key: {}\n{}\n", key.recipient(), key.expose().expose_secret())).expect("written");
    (key, path.display().to_string())
}

pub fn say(safe: &Safe, words: &[&str], typed: &str) -> Said {
    use std::io::Write as _;
    let mut command = program(safe.appliance.dir());
    command.env("EXECGOV_URL", &safe.appliance.url).env("EXECGOV_TOKEN", safe.ada.token()).args(words);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let _ = child.stdin.take().expect("standard input").write_all(typed.as_bytes());
    Said::of(&child.wait_with_output().expect("ends"))
}

const READS: &str = "def main() -> int:\n    return len(open('/run/secrets/s0').read())\n";

/// Data keys change while a server is killed again and again; every value opens afterwards.
#[tokio::test]
async fn a_rotation_survives_kill_9_anywhere() {
    let mut safe = Safe::new().await;
    for n in 0..40 {
        safe.set(&format!("s{n}"), &format!("value number {n:>6}")).await;
    }
    safe.publish("reads", &["s0"], READS).await;
    safe.grant("s0", "reads", "file").await;
    for round in 1..=6 {
        let turned = safe.ada.post("/api/v1/vault/rotate", &json!({})).await;
        assert!(turned.status == 200 || code(&turned).1 == "EG-VLT-012", "{}", turned.text);
        tokio::time::sleep(std::time::Duration::from_millis(round * 3)).await;
        safe.appliance.kill();
        safe.restart();
        assert_eq!(safe.unseal(PASSPHRASE).await.status, 200);
        let run = safe.ada.run("reads", json!({})).await;
        assert_eq!((run["phase"].as_str(), run["result"].as_i64()), (Some("succeeded"), Some(19)), "round {round}: {run}");
    }
    until("the end of the rotation", async || safe.status().await["rotation"] == Value::Null).await;
    let status = safe.status().await;
    assert!(status["data_key"].as_u64().is_some_and(|id| id >= 2), "{status}");
    assert!(!safe.events("vault.rotated").await.is_empty());
    assert!(safe.appliance.stop().success());
    safe.restart();
    assert_eq!(safe.unseal(PASSPHRASE).await.status, 200);
    assert_eq!(safe.ada.run("reads", json!({})).await["result"], 19);
}

#[tokio::test]
async fn a_key_file_opens_by_itself_and_changes_with_the_master_key() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("vault.key");
    let setup = Setup { settings: format!("[vault]\nkey_file = \"{}\"\n", path.display()), ..Setup::default() };
    let mut safe = Safe::with(setup, json!({ "method": "key_file" })).await;
    safe.set("s0", "value").await;
    let before = fs::read_to_string(&path).expect("a key file");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).expect("there").permissions()) & 0o777, 0o600);
    safe.appliance.kill();
    safe.restart();
    assert_eq!(safe.status().await["state"], "open");
    let turned = safe.ada.post("/api/v1/vault/rotate", &json!({ "what": "master" })).await;
    assert_eq!(turned.status, 200, "{}", turned.text);
    let after = fs::read_to_string(&path).expect("a key file");
    assert!(before != after && after.matches("AGE-SECRET-KEY-1").count() == 1, "the older key is gone");
    safe.appliance.kill();
    safe.restart();
    assert_eq!(safe.status().await["state"], "open");
    // A key that others can read, another key, no key: sealed, and said so; everything else works.
    safe.appliance.kill();
    let other = Identity::generate();
    for (text, mode) in [(Some(after.clone()), 0o644), (Some(format!("{}\n", other.expose().expose_secret())), 0o600), (None, 0o600)] {
        let _ = fs::remove_file(&path);
        if let Some(text) = text {
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("mode");
        }
        safe.restart();
        let status = safe.status().await;
        assert_eq!(status["state"], "sealed", "{status}");
        assert!(status["warnings"].to_string().contains("could not be opened"), "{status}");
        assert_eq!(code(&safe.ada.post("/api/v1/vault/unseal", &json!({})).await), (409, "EG-VLT-008".to_owned()));
        safe.appliance.kill();
    }
    fs::write(&path, after).expect("written");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("mode");
    safe.restart();
    let turned =
        safe.ada.post("/api/v1/vault/rotate", &json!({ "what": "master", "method": "passphrase", "passphrase": PASSPHRASE })).await;
    assert_eq!((turned.status, turned.json()["method"].as_str()), (200, Some("passphrase")), "{}", turned.text);
    safe.appliance.kill();
    safe.restart();
    assert_eq!(safe.status().await["state"], "sealed");
    assert_eq!(safe.unseal(PASSPHRASE).await.status, 200);
}

/// What systemd lays down for `LoadCredentialEncrypted=`: a file that only the service reads.
#[tokio::test]
async fn a_credential_opens_by_itself() {
    let dir = tempfile::tempdir().expect("directory");
    let (key, path) = identity_file(dir.path(), "execgov-vault-key");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o400)).expect("mode");
    let setup = Setup { env: vec![("EXECGOV_VAULT_CREDENTIAL".to_owned(), path)], ..Setup::default() };
    let mut safe = Safe::with(setup, json!({ "method": "credential" })).await;
    assert_eq!(safe.status().await["master"], key.recipient().to_string());
    safe.set("s0", "value").await;
    safe.appliance.kill();
    safe.restart();
    let status = safe.status().await;
    assert_eq!((status["state"].as_str(), status["method"].as_str()), (Some("open"), Some("credential")), "{status}");
}

#[tokio::test]
async fn a_recovery_key_opens_what_a_lost_passphrase_does_not() {
    let dir = tempfile::tempdir().expect("directory");
    let (key, file) = identity_file(dir.path(), "recovery.key");
    let (_, stranger) = identity_file(dir.path(), "stranger.key");
    let init = json!({ "method": "passphrase", "passphrase": PASSPHRASE, "recovery": [key.recipient().to_string()] });
    let mut safe = Safe::with(Setup::default(), init).await;
    safe.set("s0", "value").await;
    assert!(safe.status().await["warnings"].to_string().contains("nobody has shown"));
    assert_ne!(say(&safe, &["vault", "prove", "--identity", &stranger], "").code, 0);
    say(&safe, &["vault", "prove", "--identity", &file], "").fine();
    assert_eq!(safe.status().await["warnings"], json!([]));
    let wrong = json!({ "recipient": key.recipient().to_string(), "answer": "00" });
    assert_eq!(code(&safe.ada.post("/api/v1/vault/prove", &wrong).await), (403, "EG-VLT-010".to_owned()));
    safe.appliance.kill();
    safe.restart();
    let refused = say(&safe, &["vault", "recover", "--identity", &stranger, "--passphrase-stdin"], "another seven lamps at noon");
    assert!(refused.code != 0 && refused.err.contains("EG-VLT-010"), "{refused:?}");
    say(&safe, &["vault", "recover", "--identity", &file, "--passphrase-stdin"], "another seven lamps at noon").fine();
    assert_eq!(safe.status().await["state"], "open");
    safe.appliance.kill();
    safe.restart();
    assert_eq!(code(&safe.unseal(PASSPHRASE).await), (403, "EG-VLT-004".to_owned()), "the lost one is out of force");
    assert_eq!(safe.unseal("another seven lamps at noon").await.status, 200);
    // Who can recover is changed, and the keys with it.
    say(&safe, &["vault", "recovery", "--none", "--yes"], "").fine();
    let gone = json!({ "identity": key.expose().expose_secret(), "method": "passphrase", "passphrase": PASSPHRASE });
    assert_eq!(code(&safe.ada.post("/api/v1/vault/recover", &gone).await), (403, "EG-VLT-010".to_owned()));
}

/// Both directions with the independent implementation: for a recipient, and by passphrase.
#[test]
fn the_independent_age_tool_reads_what_we_write() {
    let found = Command::new("age").arg("--version").output();
    assert!(found.is_ok_and(|done| done.status.success()), "`age` is missing: apt-get install age");
    let dir = tempfile::tempdir().expect("directory");
    let (key, file) = identity_file(dir.path(), "key");
    let plain = "every byte of it\n".repeat(9_000);
    let mut sealed = envelope::seal_to(&envelope::Lock::Recipients(vec![key.recipient()]), Vec::new()).expect("begun");
    std::io::Write::write_all(&mut sealed, plain.as_bytes()).expect("written");
    fs::write(dir.path().join("ours.age"), sealed.finish().expect("finished")).expect("written");
    fs::write(
        dir.path().join("armored.age"),
        envelope::seal(&envelope::Lock::Recipients(vec![key.recipient()]), plain.as_bytes()).expect("sealed"),
    )
    .expect("written");
    for name in ["ours.age", "armored.age"] {
        let opened = Command::new("age").args(["-d", "-i", &file]).arg(dir.path().join(name)).output().expect("age runs");
        assert_eq!(String::from_utf8_lossy(&opened.stdout), plain, "{name}: {}", String::from_utf8_lossy(&opened.stderr));
    }
    fs::write(dir.path().join("plain"), &plain).expect("written");
    let theirs = dir.path().join("theirs.age");
    for armor in [&[][..], &["-a"]] {
        let done = Command::new("age")
            .args(armor)
            .args(["-r", &key.recipient().to_string(), "-o"])
            .arg(&theirs)
            .arg(dir.path().join("plain"))
            .status();
        assert!(done.expect("age runs").success());
        let mut text = String::new();
        let from = Box::new(fs::File::open(&theirs).expect("there"));
        std::io::Read::read_to_string(&mut envelope::open_from(&Key::Identities(vec![key.clone()]), from).expect("opens"), &mut text)
            .expect("read");
        assert_eq!(text, plain);
    }
    // Cut anywhere, it does not open as a whole.
    let bytes = fs::read(dir.path().join("ours.age")).expect("read");
    for cut in [10, bytes.len() / 2, bytes.len() - 1] {
        let mut text = Vec::new();
        let opened = envelope::open_from(&Key::Identities(vec![key.clone()]), Box::new(&bytes[..cut]));
        assert!(opened.and_then(|mut from| Ok(std::io::Read::read_to_end(&mut from, &mut text)?)).is_err(), "{cut}");
    }
}
