//! What the command line does without a server: backups, exports, verification, a look at a script.

use std::fs;

use super::{Desk, Said};
use crate::appliance::program;

const SCRIPT: &str = "\"\"\"Says hello.\"\"\"\ndef main(name: str = 'you'):\n    print('hello', name)\n";

/// A backup is made while the appliance works, and restored into another one that knows all of it.
#[test]
fn a_backup_is_restored_and_goes_on() {
    let mut desk = Desk::new();
    desk.publish("hello", SCRIPT);
    desk.says(&["run", "hello", "--wait"]).fine();
    let path = |name: &str| desk.0.dir().join(name).display().to_string();
    let (backup, key, restored) = (path("one.backup"), path("audit.key"), path("restored"));
    fs::write(&key, desk.says(&["audit", "key"]).fine()).expect("written");
    let made = desk.says(&["backup", "create", "--to", &backup, "-o", "json"]).json();
    let entries = made["entries"].as_u64().expect("a count");
    assert_eq!(desk.says(&["backup", "create", "--to", &backup]).code, 7, "nothing is replaced");
    assert_eq!(desk.says(&["backup", "verify", &backup, "--key", &key, "-o", "json"]).json()["entries"], entries);

    let stranger = desk.file("other.key", "execgov/other+1a2b3c4d+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh\n");
    for key in [stranger.as_str(), "nonsense"] {
        let refused = desk.says(&["backup", "restore", &backup, "--data", &restored, "--key", key]);
        assert!(refused.code != 0 && !std::path::Path::new(&restored).exists(), "{key}: {refused:?}");
    }
    let said = desk.says(&["backup", "restore", &backup, "--data", &restored, "--key", &key, "-o", "json"]).json();
    assert_eq!(said["entries"], entries);
    let again = desk.says(&["backup", "restore", &backup, "--data", &restored]);
    assert!(again.code == 11 && again.err.contains("EG-STORE-009"), "not over something: {again:?}");
    let verdict = desk.says(&["audit", "verify", "--data", &restored, "-o", "json"]).json();
    assert_eq!((verdict["ok"].as_bool(), verdict["entries"].as_u64()), (Some(true), Some(entries)));
    let sound = desk.says(&["store", "check", "--data", &restored, "-o", "json"]).json();
    assert_eq!(sound["ok"], true, "{sound}");

    let bent = path("bent.backup");
    let mut bytes = fs::read(&backup).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&bent, bytes).expect("written");
    let refused = desk.says(&["backup", "restore", &bent, "--data", &path("nowhere")]);
    assert!(refused.code == 11 && !desk.0.dir().join("nowhere").exists(), "{refused:?}");

    // The restored data in the place of the old: the same people, capabilities and runs, and a log that goes on.
    desk.0.stop();
    fs::remove_dir_all(desk.0.data()).expect("removed");
    fs::rename(&restored, desk.0.data()).expect("moved");
    start_again(&mut desk);
    assert_eq!(desk.says(&["list", "-o", "name"]).fine(), "hello\n");
    desk.says(&["run", "hello", "--wait"]).fine();
    assert_eq!(desk.says(&["runs", "list", "-o", "name"]).fine().lines().count(), 2);
    let verdict = desk.says(&["audit", "verify", "-o", "json"]).json();
    assert!(verdict["ok"] == true && verdict["entries"].as_u64() > Some(entries), "{verdict}");
    assert!(!desk.0.data().join("setup-token").exists(), "set-up stays done");
}

/// What a server works on is not called damaged: each command that reads the ledger by itself says who holds it.
#[test]
fn a_ledger_in_use_is_not_called_damaged() {
    let desk = Desk::new();
    let data = desk.0.data().display().to_string();
    let export = desk.0.dir().join("log.tar").display().to_string();
    for command in
        [&["store", "check", "--data", &data][..], &["audit", "verify", "--data", &data], &["audit", "export", "--data", &data, &export]]
    {
        let refused = desk.says(command);
        assert!(refused.code == 7 && refused.err.contains("EG-SYS-003"), "{command:?}: {refused:?}");
    }
    assert!(!std::path::Path::new(&export).exists(), "nothing is written");
}

/// A checkpoint that was kept elsewhere tells of a log that was set back, which nothing in it does; and a stopped
/// appliance's log is exported and verified with nothing but files.
#[test]
fn a_log_is_exported_and_verified_with_files_alone() {
    let mut desk = Desk::new();
    let path = |desk: &Desk, name: &str| desk.0.dir().join(name).display().to_string();
    desk.publish("hello", SCRIPT);
    let older = desk.file("older.txt", &desk.says(&["audit", "checkpoint"]).fine());
    let key = desk.file("audit.key", &desk.says(&["audit", "key"]).fine());
    let early = path(&desk, "early");
    desk.0.stop();
    copy(&desk.0.data(), std::path::Path::new(&early));
    start_again(&mut desk);
    desk.says(&["run", "hello", "--wait"]).fine();
    let newer = desk.file("newer.txt", &desk.says(&["audit", "checkpoint"]).fine());
    let data = desk.0.data().display().to_string();
    let verify = |desk: &Desk, words: &[&str]| desk.says(&[&["audit", "verify", "-o", "json"][..], words].concat());
    let busy = desk.says(&["audit", "export", "--data", &data, "--to", &path(&desk, "busy.tar")]);
    assert!(busy.code != 0 && busy.err.contains("stop it first"), "{busy:?}");
    desk.0.stop();

    verify(&desk, &["--data", &data, "--checkpoint", &older]).fine();
    verify(&desk, &["--data", &data, "--checkpoint", &newer]).fine();
    let set_back = verify(&desk, &["--data", &early, "--checkpoint", &newer]);
    assert_eq!(set_back.code, 11, "{set_back:?}");
    let verdict: serde_json::Value = serde_json::from_str(&set_back.out).expect("JSON");
    assert!(verdict["ok"] == false && verdict["first_bad"].is_u64(), "{verdict}");
    verify(&desk, &["--data", &early]).fine();

    for name in ["log.tar", "log.tar.zst", "log"] {
        let export = path(&desk, name);
        let made = desk.says(&["audit", "export", "--data", &data, "--to", &export, "-o", "json"]).json();
        let verdict = verify(&desk, &["--export", &export, "--key", &key, "--checkpoint", &older]).json();
        assert_eq!((verdict["ok"].as_bool(), &verdict["entries"]), (Some(true), &made["entries"]), "{name}");
        assert_eq!(desk.says(&["audit", "export", "--data", &data, "--to", &export]).code, 7, "{name} is not replaced");
    }
    let early_export = path(&desk, "early.tar");
    desk.says(&["audit", "export", &early_export, "--data", &early]).fine();
    let set_back = verify(&desk, &["--export", &early_export, "--key", &key, "--checkpoint", &newer]);
    assert_eq!(set_back.code, 11, "{set_back:?}");
    let missing = desk.says(&["audit", "export", "--data", &path(&desk, "none"), "--to", &path(&desk, "x.tar")]);
    assert!(missing.code == 1 && missing.err.contains("EG-CLI-005") && !desk.0.dir().join("x.tar").exists(), "{missing:?}");
    let leftovers: Vec<_> = fs::read_dir(desk.0.dir()).expect("listed").map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(leftovers.iter().all(|name| !name.to_string_lossy().starts_with(".execgov-")), "{leftovers:?}");
}

/// Starts at another port, where the token of before is not sent to by itself.
fn start_again(desk: &mut Desk) {
    desk.0.start_again();
    desk.typed(&["login", "--username", "ada", "--password-stdin"], super::PASSWORD).fine();
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("listed").map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).expect("copied");
        }
    }
}

/// The checklist of a script, with no server anywhere.
#[test]
fn a_dry_run_needs_no_server() {
    let home = tempfile::tempdir().expect("home");
    let says = |words: &[&str]| Said::of(&program(home.path()).args(words).output().expect("runs"));
    let script = home.path().join("hello.py");
    fs::write(&script, SCRIPT).expect("written");
    let path = script.display().to_string();
    let said = says(&["register", &path, "--dry-run"]);
    assert!(said.err.contains("no appliance was asked"), "{said:?}");
    let shown = said.fine();
    for part in ["CHECKLIST", "readme", "INPUT", "name", "would become version 1 of a new capability `hello`"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let report = says(&["register", &path, "--dry-run", "-o", "json"]).json();
    assert_eq!((report["manifest"]["binding"].as_str(), report["existing"].is_null()), (Some("function"), true), "{report}");
    // A folder, and a server that is not there.
    let folder = home.path().display().to_string();
    let report = says(&["--url", "http://127.0.0.1:9", "register", &folder, "--dry-run", "--name", "greeter", "-o", "json"]).json();
    assert_eq!(report["manifest"]["name"], "greeter");
    assert!(!home.path().join(".execgov-manifest.json").exists(), "a dry run writes nothing");
    fs::write(&script, "def main(:\n").expect("written");
    let broken = says(&["register", &path, "--dry-run"]);
    assert!(broken.code != 0 && broken.err.contains("hello.py:1:10"), "{broken:?}");
    assert_eq!(says(&["register", &path]).code, 4, "registering needs a server");
}

/// A folder's manifest has one shape, whoever writes it.
#[test]
fn the_manifest_of_a_folder_is_read_back() {
    let desk = Desk::new();
    desk.file("job/main.py", SCRIPT);
    let folder = desk.0.dir().join("job");
    desk.says(&["register", &folder.display().to_string(), "--name", "hello"]).fine();
    let text = fs::read_to_string(folder.join(".execgov-manifest.json")).expect("written");
    let manifest: execgov::domain::inspect::FolderManifest = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!((manifest.shape, manifest.capabilities.len()), (1, 1));
    let found = &manifest.capabilities[0];
    assert_eq!((found.manifest.name.to_string().as_str(), found.path.as_str()), ("hello", "."));
    assert!(found.missing.iter().any(|item| item.id == "readme") && found.provenance.contains_key("name"), "{text}");
}

#[test]
fn a_version_is_retired_for_good() {
    let desk = Desk::new();
    desk.publish("hello", SCRIPT);
    let refused = desk.says(&["capability", "retire", "hello@1", "--yes"]);
    assert!(refused.code == 7 && refused.err.contains("is published, so it cannot be retired"), "{refused:?}");
    desk.says(&["capability", "deprecate", "hello@1", "--yes"]).fine();
    desk.says(&["run", "hello@1", "--wait"]).fine();
    assert!(desk.says(&["capability", "retire", "hello@1"]).code != 0, "it asks first");
    desk.says(&["capability", "retire", "hello@1", "--yes", "--comment", "over"]).fine();
    assert_eq!(desk.says(&["run", "hello@1", "--wait"]).code, 7);
    assert_eq!(desk.says(&["capability", "publish", "hello@1"]).code, 7);
    let versions = desk.says(&["capability", "versions", "hello", "-o", "csv"]).fine();
    assert!(versions.lines().nth(1).is_some_and(|line| line.starts_with("1,") && line.contains("retired")), "{versions}");
    for (outcome, count) in [("done", 1), ("refused", 1)] {
        let events = desk.says(&["audit", "list", "--action", "capability.retire", "--outcome", outcome, "-o", "jsonl"]).fine();
        assert_eq!(events.lines().count(), count, "{events}");
    }
}
