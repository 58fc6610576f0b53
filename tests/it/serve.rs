//! The server as a process: what it answers, one per data directory, how it stops, what it leaves on disk.

use std::collections::HashMap;
use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::appliance::{Appliance, eventually, program};

#[tokio::test]
async fn it_is_alive_and_ready_and_counts() {
    let mut appliance = Appliance::start();
    assert_eq!(appliance.get("/healthz").await.json()["status"], "alive");
    let ready = appliance.get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    let metrics = appliance.get("/metrics").await.text;
    assert!(metrics.contains("execgov_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"2xx\"} 1"), "{metrics}");
    assert!(appliance.stdout().contains(&format!("ready at {}\n", appliance.url)));
    assert!(appliance.stop().success(), "{}", appliance.stderr());
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems() {
    let appliance = Appliance::start();
    let answer = appliance.get("/api/v1/nothing").await;
    assert_eq!((answer.status, answer.header("content-type")), (404, "application/problem+json"));
    assert_eq!(answer.json()["code"], "EG-REQ-001");
    assert_eq!(answer.json()["type"], "/help/errors/EG-REQ-001");
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
    let answer = appliance.post("/api/v1/errors/EG-REQ-001", &serde_json::json!({})).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"));
    assert_eq!(answer.json()["code"], "EG-REQ-002");
    let page = appliance.get("/api/v1/errors/EG-REQ-001").await;
    assert!(page.text.starts_with("# EG-REQ-001: No such address\n"), "{}", page.text);
    assert_eq!(appliance.get("/api/v1/errors/EG-NO-1").await.json()["code"], "EG-REQ-009");
}

/// Starts a server that must refuse, and returns what it says.
fn refused(home: &Path, words: &[&str], env: &[(&str, &str)]) -> String {
    let output = program(home).arg("serve").args(words).envs(env.iter().copied()).output().expect("runs");
    assert!(!output.status.success(), "{words:?} was not refused");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_with_a_sentence() {
    let mut appliance = Appliance::start();
    let data = appliance.data();
    let text = refused(appliance.dir(), &["--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()], &[]);
    assert!(text.contains(&format!("another server (process {}) works on", appliance.pid())), "{text}");
    assert_eq!(appliance.get("/healthz").await.status, 200, "the first one goes on");
    appliance.kill();
    appliance.start_again();
    assert_eq!(appliance.get("/healthz").await.status, 200, "a dead holder is no obstacle");
}

#[test]
fn mistakes_in_settings_are_told_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let data = data.to_str().unwrap();
    let file = home.path().join("bad.toml");
    fs::write(&file, "[listen]\nadress = \"127.0.0.1:0\"\n").unwrap();
    for (words, env, says) in [
        (
            vec!["--config", file.to_str().unwrap(), "--data-dir", data],
            vec![],
            "bad.toml:2: `listen.adress` is not a setting; did you mean `listen.address`?",
        ),
        (vec!["--listen", "localhost", "--data-dir", data], vec![], "flag --listen: `listen.address` cannot be used"),
        (vec!["--data-dir", data], vec![("EXECGOV_LISTEN_PORT", "1")], "environment EXECGOV_LISTEN_PORT: is not a setting"),
    ] {
        let text = refused(home.path(), &words, &env);
        assert!(text.contains(says), "{text}");
    }
    assert!(!Path::new(data).exists());
}

#[test]
fn a_taken_address_is_told_with_a_remedy() {
    let home = tempfile::tempdir().unwrap();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let text = refused(home.path(), &["--listen", &address, "--data-dir", home.path().join("data").to_str().unwrap()], &[]);
    assert!(text.contains(&address) && text.contains("port 0 takes a free one"), "{text}");
}

#[tokio::test]
async fn the_setup_token_is_on_the_console_and_in_a_private_file_and_new_at_each_start() {
    let mut appliance = Appliance::start();
    let shown = |appliance: &Appliance| {
        let text = appliance.stdout();
        let token = text.lines().find_map(|line| line.strip_prefix("setup token: ")).expect("a token").to_owned();
        let path = appliance.data().join("setup-token");
        assert_eq!(fs::read_to_string(&path).unwrap().trim(), token);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert!(!appliance.stderr().contains(&token), "the token is not in the operator's log");
        token
    };
    let first = shown(&appliance);
    assert!(appliance.stop().success());
    appliance.start_again();
    assert_ne!(shown(&appliance), first);
}

#[tokio::test]
async fn signals_have_defined_effects() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut appliance = Appliance::start();
        appliance.signal(Signal::HUP);
        appliance.signal(Signal::PIPE);
        assert_eq!(appliance.get("/healthz").await.status, 200, "HUP and PIPE do not end it");
        appliance.signal(signal);
        assert!(appliance.wait_end().success(), "{signal:?}: {}", appliance.stderr());
        assert!(appliance.stderr().contains("stopped"), "{signal:?}: {}", appliance.stderr());
    }
    let mut appliance = Appliance::start();
    appliance.signal(Signal::TERM);
    // The first may already have done its work when the second arrives; either way the end is in order.
    let _ = rustix::process::kill_process(rustix::process::Pid::from_raw(i32::try_from(appliance.pid()).unwrap()).unwrap(), Signal::TERM);
    assert!(appliance.wait_end().success(), "{}", appliance.stderr());
}

#[tokio::test]
async fn a_hangup_changes_the_log_level() {
    let appliance = Appliance::start();
    let settings = appliance.dir().join("execgov.toml");
    fs::write(&settings, "[log]\nlevel = \"debug\"\n").unwrap();
    appliance.signal(Signal::HUP);
    loop {
        appliance.get("/healthz").await;
        if appliance.stderr().contains("request answered") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    fs::write(&settings, "[log]\nlevel = 7\n").unwrap();
    appliance.signal(Signal::HUP);
    eventually("a complaint", || appliance.stderr().contains("execgov.toml:2: `log.level` must be a text").then_some(()));
    assert_eq!(appliance.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_socket_of_the_service_manager_is_used() {
    let home = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let ready = home.path().join("ready");
    let script = "exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$0\" serve --listen 127.0.0.1:1 --data-dir \"$1\" --ready-file \"$2\"";
    let mut child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_execgov")])
        .args([home.path().join("data"), ready.clone()])
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = eventually("a ready server", || fs::read_to_string(&ready).ok());
    assert_eq!(url.trim(), format!("http://{address}"));
    let answer = crate::appliance::answer(crate::appliance::http().get(format!("{}/healthz", url.trim()))).await;
    assert_eq!(answer.status, 200);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Every path below a directory, the directory itself included.
fn tree(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.to_path_buf()];
    let mut at = 0;
    while at < found.len() {
        if fs::symlink_metadata(&found[at]).unwrap().is_dir() {
            found.extend(fs::read_dir(&found[at]).unwrap().map(|entry| entry.unwrap().path()));
        }
        at += 1;
    }
    found
}

#[test]
fn everything_on_disk_is_private_even_under_an_open_umask() {
    let home = tempfile::tempdir().unwrap();
    let (data, ready) = (home.path().join("data"), home.path().join("ready"));
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    let mut child = Command::new("sh")
        .args([
            "-c",
            "umask 000; exec \"$0\" serve --listen 0.0.0.0:0 --data-dir \"$1\" --ready-file \"$2\"",
            env!("CARGO_BIN_EXE_execgov"),
        ])
        .args([&data, &ready])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("a ready server", || ready.exists().then_some(()));
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let core: Vec<&str> =
        limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().split_whitespace().skip(4).take(2).collect();
    assert_eq!(core, ["0", "0"], "no core dumps");
    let paths = tree(&data);
    assert!(paths.iter().any(|path| path.ends_with("tls/key.pem")), "{paths:?}");
    for path in paths.into_iter().chain([ready]) {
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.file_type().is_symlink() {
            continue;
        }
        let mode = meta.permissions().mode() & 0o7777;
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    }
}

#[test]
fn two_installs_share_no_secret() {
    let contents = |appliance: &Appliance| -> HashMap<Vec<u8>, PathBuf> {
        let small = |path: &PathBuf| fs::metadata(path).is_ok_and(|meta| meta.is_file() && (1..64 << 10).contains(&meta.len()));
        tree(&appliance.data()).into_iter().filter(small).map(|path| (fs::read(&path).unwrap(), path)).collect()
    };
    let listen = || crate::appliance::Setup { listen: Some("0.0.0.0:0".to_owned()), ..Default::default() };
    let (one, other) = (Appliance::with(listen()), Appliance::with(listen()));
    let (ours, theirs) = (contents(&one), contents(&other));
    assert!(ours.len() >= 4, "{:?}", ours.values());
    let same: Vec<&PathBuf> = ours.iter().filter(|(bytes, _)| theirs.contains_key(*bytes)).map(|(_, path)| path).collect();
    assert!(same.is_empty(), "equal in two installs: {same:?}");
}
