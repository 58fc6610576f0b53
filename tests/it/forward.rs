//! Forwarding of audit events to real listeners: whatever breaks in between, every event arrives at least once, and runs
//! go on meanwhile.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::appliance::{Appliance, SOON};
use crate::person::Person;

const UNIT: &str = "def main(n: int = 1) -> int:\n    return n\n";

/// A syslog server that remembers what it got.
struct Receiver {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Value>>>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    fn on(address: SocketAddr, tls: Option<TlsAcceptor>, seen: Arc<Mutex<Vec<Value>>>) -> Self {
        let listener = StdListener::bind(address).expect("the port");
        listener.set_nonblocking(true).expect("non-blocking");
        let address = listener.local_addr().expect("an address");
        let listener = TcpListener::from_std(listener).expect("a listener");
        let stop = CancellationToken::new();
        let (ends, into) = (stop.clone(), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = ends.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                let (stream, _) = accepted.expect("a connection");
                let (tls, into, ends) = (tls.clone(), Arc::clone(&into), ends.clone());
                tokio::spawn(async move {
                    let reading = async {
                        match tls {
                            Some(tls) => match tls.accept(stream).await {
                                Ok(stream) => read_frames(stream, &into).await,
                                Err(_) => None,
                            },
                            None => read_frames(stream, &into).await,
                        }
                    };
                    tokio::select! {
                        () = ends.cancelled() => {}
                        _ = reading => {}
                    }
                });
            }
        });
        Self { address, seen, stop, task }
    }

    /// Closes the port and every connection at once.
    async fn go_away(self) -> Arc<Mutex<Vec<Value>>> {
        self.stop.cancel();
        self.task.await.expect("ended");
        self.seen
    }
}

/// Reads octet-counted messages and keeps the JSON of each.
async fn read_frames(mut stream: impl AsyncRead + Unpin, into: &Mutex<Vec<Value>>) -> Option<()> {
    loop {
        let mut length = 0_usize;
        loop {
            match stream.read_u8().await.ok()? {
                b' ' => break,
                digit => length = length * 10 + usize::from(digit.checked_sub(b'0').expect("a length in digits")),
            }
        }
        let mut message = vec![0; length];
        stream.read_exact(&mut message).await.ok()?;
        let message = String::from_utf8(message).expect("ASCII");
        assert!(message.starts_with('<') && message.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{message}");
        let (_, body) = message.split_once("\"] ").expect("structured data");
        into.lock().expect("unpoisoned").push(serde_json::from_str(body).expect("JSON"));
    }
}

fn indexes(events: &[Value]) -> BTreeSet<u64> {
    events.iter().map(|event| event["index"].as_u64().expect("an index")).collect()
}

/// The size of the log.
async fn size(person: &Person) -> u64 {
    person.get("/api/v1/audit/status").await.json()["entries"].as_u64().expect("a number")
}

async fn target(person: &Person, name: &str) -> Value {
    let all = person.get("/api/v1/audit/forward").await.json();
    all["items"].as_array().expect("a list").iter().find(|item| item["target"] == name).unwrap_or_else(|| panic!("{all}")).clone()
}

/// Waits until something holds of a target.
async fn until_target(person: &Person, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + SOON;
    loop {
        let found = target(person, name).await;
        if fits(&found) {
            return found;
        }
        assert!(Instant::now() < end, "{found}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until every entry of the log is known to be delivered, and compares with what arrived.
async fn all_arrived(person: &Person, seen: &Mutex<Vec<Value>>) {
    let wanted = size(person).await;
    until_target(person, "syslog", |target| target["delivered"].as_u64().is_some_and(|delivered| delivered >= wanted)).await;
    let got = indexes(&seen.lock().expect("unpoisoned"));
    let missing: Vec<u64> = (0..wanted).filter(|index| !got.contains(index)).collect();
    assert!(missing.is_empty(), "of {wanted} entries these never arrived: {missing:?}");
}

fn settings(syslog: &str, more: &str) -> String {
    format!("[forward]\nsyslog = \"{syslog}\"\nconfirm_s = 1\n{more}")
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[tokio::test]
async fn no_event_is_lost_however_often_the_server_and_the_receiver_go_away() {
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("events.jsonl");
    let receiver = Receiver::on(([127, 0, 0, 1], 0).into(), None, Arc::default());
    let address = receiver.address;
    let mut appliance = Appliance::with_settings(&settings(&format!("tcp://{address}"), &format!("file = \"{}\"\n", file.display())));
    let mut ada = Person::first(&appliance).await;
    ada.publish("unit.py", UNIT).await;
    ada.run("unit", json!({})).await;
    all_arrived(&ada, &receiver.seen).await;

    // Nobody listens: runs go on, and the trouble is shown.
    let seen = receiver.go_away().await;
    ada.run("unit", json!({ "n": 2 })).await;
    let failing = until_target(&ada, "syslog", |target| target["state"] == "failing" && target["lag"] != 0).await;
    assert!(failing["problem"].as_str().is_some_and(|problem| problem.contains("connect")), "{failing}");
    let doctor = ada.get("/api/v1/doctor").await.json();
    let check = doctor["checks"].as_array().expect("checks").iter().find(|check| check["id"] == "forward.syslog").expect("a finding");
    assert_eq!(check["state"], "warning", "{check}");
    let metrics = ada.get("/metrics").await.text;
    assert!(metrics.contains("execgov_audit_forward_failing{target=\"syslog\"} 1"), "{metrics}");

    // Killed in the middle, twice: once while nobody listens, once right after something was sent.
    for round in 0..2 {
        appliance.kill();
        let receiver = (round > 0).then(|| Receiver::on(address, None, Arc::clone(&seen)));
        appliance.start_again();
        ada.moved(&appliance);
        ada.run("unit", json!({ "n": round })).await;
        if let Some(receiver) = receiver {
            appliance.kill();
            receiver.go_away().await;
        }
    }
    let receiver = Receiver::on(address, None, Arc::clone(&seen));
    appliance.start_again();
    ada.moved(&appliance);
    ada.run("unit", json!({ "n": 9 })).await;
    all_arrived(&ada, &receiver.seen).await;

    let status = appliance.cli(&["audit", "forward", "status", "-o", "json"]);
    assert_ne!(status.status.code(), Some(0), "who is not signed in sees nothing");
    let wanted = size(&ada).await;
    until_target(&ada, "file", |target| target["delivered"].as_u64().is_some_and(|delivered| delivered >= wanted)).await;
    let written = lines(&file);
    let got = indexes(&written);
    assert!((0..wanted).all(|index| got.contains(&index)), "the file has every event");
    // What both got is what the log says.
    let page = ada.get("/api/v1/audit/events?limit=200").await.json();
    let entry = &page["items"][page["items"].as_array().expect("items").len() - 1];
    let find = |events: &[Value]| events.iter().find(|event| event["index"] == entry["index"]).cloned();
    assert_eq!(find(&written).as_ref(), Some(entry));
    assert_eq!(find(&receiver.seen.lock().expect("unpoisoned")).as_ref(), Some(entry));
    receiver.go_away().await;
}

/// An authority, and a certificate of it for 127.0.0.1.
fn authority(dir: &Path, name: &str) -> (TlsAcceptor, std::path::PathBuf) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let ca = dir.join(format!("{name}.pem"));
    std::fs::write(&ca, issuer.pem()).expect("written");
    let private = rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a configuration");
    (TlsAcceptor::from(Arc::new(config)), ca)
}

#[tokio::test]
async fn tls_trusts_the_named_authority_only() {
    let dir = tempfile::tempdir().expect("directory");
    let ((stranger, _), (known, ca)) = (authority(dir.path(), "stranger"), authority(dir.path(), "known"));
    let receiver = Receiver::on(([127, 0, 0, 1], 0).into(), Some(stranger), Arc::default());
    let address = receiver.address;
    let appliance = Appliance::with_settings(&settings(&format!("tls://{address}"), &format!("ca = \"{}\"\n", ca.display())));
    let ada = Person::first(&appliance).await;
    let failing = until_target(&ada, "syslog", |target| target["state"] == "failing").await;
    assert!(failing["problem"].as_str().is_some_and(|problem| problem.starts_with("TLS")), "{failing}");
    let seen = receiver.go_away().await;
    assert!(seen.lock().expect("unpoisoned").is_empty(), "a stranger is told nothing");
    let receiver = Receiver::on(address, Some(known), seen);
    all_arrived(&ada, &receiver.seen).await;
    receiver.go_away().await;
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let dir = tempfile::tempdir().expect("directory");
    for (text, key) in [
        ("[forward]\nsyslog = \"udp://x:514\"\n", "forward.syslog"),
        ("[forward]\nsyslog = \"tcp://x\"\n", "forward.syslog"),
        ("[forward]\nsyslog = \"tcp://x:0\"\n", "forward.syslog"),
        ("[forward]\nsyslog = \"tls://x:6514\"\n", "forward.ca"),
        ("[forward]\nfile = \"events\"\n", "forward.file"),
        ("[forward]\nkey = \"/k\"\n", "forward.certificate"),
        ("[forward]\nconfirm_s = 0\n", "forward.confirm_s"),
        ("[audit]\nretention_days = 7\n", "audit.retention_days"),
    ] {
        let file = dir.path().join("execgov.toml");
        std::fs::write(&file, text).expect("written");
        let said = crate::appliance::program(dir.path()).args(["config", "check", "--config"]).arg(&file).output().expect("runs");
        let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        assert!(!said.status.success() && text.contains(key), "{key}: {text}");
    }
}
