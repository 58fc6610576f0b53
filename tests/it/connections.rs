//! Connections that misbehave: too many, too slow, not encrypted where they must be.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::appliance::{Appliance, SOON, Setup, eventually, http};
use crate::person::Person;

const IMPATIENT: &str = "[limits]\nconnections = 16\nconnections_per_source = 8\nheader_timeout_s = 1\nidle_timeout_s = 1\nbody_stall_timeout_s = 1\nwrite_timeout_s = 1\nhandshake_timeout_s = 1\n";

fn dial(appliance: &Appliance) -> TcpStream {
    let stream = TcpStream::connect(appliance.address()).expect("connected");
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.set_write_timeout(Some(SOON)).unwrap();
    stream
}

/// What the server sends until it closes the connection; fails when it does not.
fn until_closed(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the connection stays open: {error}"),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_crowd_of_silent_and_slow_connections_keeps_nobody_out() {
    let appliance = Appliance::with_settings(IMPATIENT);
    let mut crowd: Vec<TcpStream> = (0..40).map(|_| dial(&appliance)).collect();
    for stream in crowd.iter_mut().step_by(2) {
        // Some are gone already: the server makes room.
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    }
    let asked = Instant::now();
    assert_eq!(appliance.get("/healthz").await.status, 200);
    assert!(asked.elapsed() < Duration::from_secs(10), "health answers in the crowd");
    for stream in &mut crowd {
        assert_eq!(until_closed(stream), "", "an unfinished head gets no answer");
    }
    let metrics = appliance.get("/metrics").await.text;
    let open: u32 = metrics.lines().find_map(|line| line.strip_prefix("execgov_http_connections ")).unwrap().parse().unwrap();
    assert!(open <= 2, "{open} connections are left");
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off_although_bytes_arrive() {
    let appliance = Appliance::with_settings(IMPATIENT);
    let mut stream = dial(&appliance);
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let began = Instant::now();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    loop {
        let mut byte = [0_u8];
        match stream.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => panic!("an answer to half a head"),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(_) => {}
        }
        if stream.write_all(b"a").is_err() {
            break;
        }
        assert!(began.elapsed() < SOON, "a trickling head stays for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let appliance = Appliance::with_settings(IMPATIENT);
    let mut stream = dial(&appliance);
    let request = "GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let began = Instant::now();
    while stream.write_all(request.as_bytes()).is_ok() {
        assert!(began.elapsed() < SOON, "the server never gives up");
    }
    let open = eventually("the end of the connection", || {
        let mut other = dial(&appliance);
        other.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let text = until_closed(&mut other);
        text.lines().find_map(|line| line.strip_prefix("execgov_http_connections ")?.parse::<u32>().ok()).filter(|open| *open == 1)
    });
    assert_eq!(open, 1);
}

#[tokio::test]
async fn nonsense_is_answered_or_cut_off_and_does_no_harm() {
    let appliance = Appliance::with_settings(IMPATIENT);
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Big: {}\r\n\r\n", "a".repeat(1 << 20));
    for bytes in [&b"\x00\x01\x02\x03"[..], b"HELO there\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", huge.as_bytes()] {
        let mut stream = dial(&appliance);
        let _ = stream.write_all(bytes);
        let text = until_closed(&mut stream);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    assert_eq!(appliance.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn an_address_others_can_reach_speaks_tls_only() {
    let appliance = Appliance::with(Setup { listen: Some("0.0.0.0:0".to_owned()), settings: IMPATIENT.to_owned(), ..Setup::default() });
    assert!(appliance.url.starts_with("https://127.0.0.1:"), "{}", appliance.url);
    let answer = appliance.get("/healthz").await;
    assert_eq!((answer.status, answer.header("strict-transport-security")), (200, "max-age=31536000"));
    assert!(appliance.stdout().contains(&format!("certificate SHA-256: {}\n", shown(&appliance).await)), "{}", appliance.stdout());

    let mut plain = dial(&appliance);
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let text = until_closed(&mut plain);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 400 "), "{text}");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{text}");
    assert!(body.contains("https://"), "{text}");

    let mut silent = dial(&appliance);
    assert_eq!(until_closed(&mut silent), "", "no handshake, no connection");
}

#[tokio::test]
async fn tls_can_be_had_on_loopback_too() {
    let appliance = Appliance::with_settings("[tls]\nmode = \"on\"\n");
    assert!(appliance.url.starts_with("https://127.0.0.1:"));
    assert_eq!(appliance.get("/healthz").await.status, 200);
}

/// The fingerprint of the certificate that a new connection is shown.
async fn shown(appliance: &Appliance) -> String {
    drop(http());
    let client = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).tls_info(true).build().unwrap();
    let response = client.get(format!("{}/healthz", appliance.url)).send().await.unwrap();
    let info = response.extensions().get::<reqwest::tls::TlsInfo>().unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(info.peer_certificate().unwrap());
    digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

#[tokio::test]
async fn a_new_certificate_comes_into_force_without_a_restart_and_a_bad_one_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        fs::write(dir.path().join("key.pem"), key.serialize_pem()).unwrap();
        fs::write(dir.path().join("certificate.pem"), certificate.pem()).unwrap();
    };
    write("one.example");
    let place = dir.path().display();
    let settings = format!("[tls]\ncertificate = \"{place}/certificate.pem\"\nkey = \"{place}/key.pem\"\n");
    let appliance = Appliance::with_settings(&settings);
    let first = shown(&appliance).await;

    fs::write(dir.path().join("key.pem"), "not a key").unwrap();
    appliance.signal(Signal::HUP);
    eventually("a complaint", || appliance.stderr().contains("the old certificate stays in force").then_some(()));
    assert_eq!(shown(&appliance).await, first);

    write("two.example");
    appliance.signal(Signal::HUP);
    eventually("a reload", || appliance.stderr().contains("a new certificate is in force").then_some(()));
    assert_ne!(shown(&appliance).await, first);
}

/// Sends a POST with a head for `length` bytes and `body`, and returns the answer's status line and code.
fn post_raw(appliance: &Appliance, kind: &str, length: usize, body: &[u8]) -> (String, String) {
    let mut stream = dial(appliance);
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The server may answer and close before everything is sent.
    let _ = stream.write_all(body);
    let text = until_closed(&mut stream);
    let code = text.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    (text.lines().next().unwrap_or_default().to_owned(), code)
}

#[tokio::test]
async fn bodies_that_are_wrong_late_or_large_get_a_clear_answer() {
    let appliance = Appliance::with_settings(&format!("{IMPATIENT}json_body_bytes = 65536\n"));
    let deep = format!("{{\"username\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let large = vec![b' '; 70_000];
    let json = "application/json";
    for (kind, length, body, status, code) in [
        (json, 100, &b"{\"user"[..], "400", "EG-REQ-006"),
        (json, large.len(), &large[..], "413", "EG-REQ-004"),
        ("text/plain", 2, b"{}", "415", "EG-REQ-005"),
        (json, 7, b"{\"a\":1}", "400", "EG-REQ-003"),
        (json, 2, b"{]", "400", "EG-REQ-003"),
        (json, deep.len(), deep.as_bytes(), "400", "EG-REQ-003"),
        (json, 3, b"\xff\xfe\x00", "400", "EG-REQ-003"),
    ] {
        let (line, found) = post_raw(&appliance, kind, length, body);
        assert!(line.starts_with(&format!("HTTP/1.1 {status} ")), "{status} for {code}: {line}");
        assert_eq!(found, code);
    }
    assert_eq!(appliance.get("/healthz").await.status, 200);
}

/// The answer comes while the body is still on its way: the client can send the rest and then read, and is not reset.
#[tokio::test]
async fn an_early_answer_reaches_a_client_that_is_still_sending() {
    const SIZE: usize = 24 << 20;
    let appliance = Appliance::start();
    let mut stream = dial(&appliance);
    let head = format!("POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {SIZE}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let piece = vec![b' '; SIZE / 8];
    for _ in 0..8 {
        stream.write_all(&piece).expect("the server still listens");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("closed in order");
    assert!(text.starts_with("HTTP/1.1 413 ") && text.contains("EG-REQ-004"), "{text}");
    // Who never ends is cut off all the same.
    let mut endless = dial(&appliance);
    endless.write_all(head.as_bytes()).unwrap();
    endless.write_all(&vec![b' '; SIZE / 3]).expect("more than is taken");
    let began = Instant::now();
    while endless.write_all(&[b' '; 1024]).is_ok() && began.elapsed() < SOON {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_request_under_way_is_answered_although_the_server_stops() {
    let mut appliance = Appliance::start();
    let mut stream = dial(&appliance);
    let body = b"{\"username\":\"nobody\",\"password\":\"none at all\"}";
    let head =
        format!("POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body[..10]).unwrap();
    // Once another request is answered, the head above has been read as well.
    assert_eq!(appliance.get("/healthz").await.status, 200);
    appliance.signal(Signal::TERM);
    eventually("the stop", || appliance.stderr().contains("stopping").then_some(()));
    eventually("a closed port", || TcpStream::connect(appliance.address()).is_err().then_some(()));
    stream.write_all(&body[10..]).unwrap();
    let text = until_closed(&mut stream);
    assert!(text.starts_with("HTTP/1.1 401 "), "{text}");
    assert!(appliance.wait_end().success());
}

/// What was asked for is done to its end when whoever asked goes away in the middle: no run stays "running" without being
/// executed, and its place is free for others.
#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_half_done() {
    let appliance = Appliance::start();
    let person = Person::first(&appliance).await;
    person.publish("quick.py", "def main() -> int:\n    return 1\n").await;
    let body = r#"{"capability":"quick"}"#;
    let head = format!(
        "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        person.token(),
        body.len()
    );
    for attempt in 0_u64..150 {
        let mut stream = dial(&appliance);
        stream.write_all(head.as_bytes()).expect("sent");
        tokio::time::sleep(Duration::from_micros(attempt % 50 * 150)).await;
        drop(stream);
    }
    let end = Instant::now() + SOON * 3;
    loop {
        let under_way = person.get("/api/v1/runs?phase=running,queued&limit=200").await.json();
        if under_way["items"].as_array().is_some_and(Vec::is_empty) {
            break;
        }
        assert!(Instant::now() < end, "runs without an end: {under_way}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(person.run("quick", serde_json::json!({})).await["phase"], "succeeded");
}
