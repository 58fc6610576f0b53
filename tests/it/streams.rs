//! A05 over real live streams: what ends a session or a token ends the streams that were opened with it, within a second.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::appliance::{Appliance, SOON, answer};
use crate::person::{Person, id_of};

/// An open live stream: its head was read, its body may still come.
pub struct Live {
    stream: TcpStream,
    seen: Vec<u8>,
}

impl Live {
    pub fn open(appliance: &Appliance, token: &str, path: &str) -> Self {
        Self::ask(appliance, token, "GET", path, "")
    }

    /// Asks with another method, and with further header fields.
    fn ask(appliance: &Appliance, token: &str, method: &str, path: &str, fields: &str) -> Self {
        let mut stream = TcpStream::connect(appliance.address()).expect("connected");
        stream.set_read_timeout(Some(SOON)).expect("set");
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n{fields}\r\n", appliance.address());
        stream.write_all(head.as_bytes()).expect("sent");
        let mut live = Self { stream, seen: Vec::new() };
        while !live.text().contains("\r\n\r\n") {
            assert!(live.more() > 0, "{path}: {}", live.text());
        }
        assert!(live.text().starts_with("HTTP/1.1 200 ") && live.text().contains("text/event-stream"), "{path}: {}", live.text());
        live
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    fn more(&mut self) -> usize {
        let mut piece = [0; 4_096];
        let count = self.stream.read(&mut piece).expect("read in time");
        self.seen.extend_from_slice(&piece[..count]);
        count
    }

    /// Reads until the body ends: the last chunk (RFC 9112) or the end of the connection. Answers with the moment.
    pub fn until_end(&mut self) -> Instant {
        while !self.seen.ends_with(b"\r\n0\r\n\r\n") {
            if self.more() == 0 {
                break;
            }
        }
        Instant::now()
    }

    /// Whether nothing has ended it so far.
    pub fn goes_on(&mut self) -> bool {
        self.stream.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
        let mut piece = [0; 4_096];
        let open = match self.stream.read(&mut piece) {
            Ok(count) => {
                self.seen.extend_from_slice(&piece[..count]);
                count > 0 && !self.seen.ends_with(b"\r\n0\r\n\r\n")
            }
            Err(_) => true,
        };
        self.stream.set_read_timeout(Some(SOON)).expect("set");
        open
    }
}

async fn session(appliance: &Appliance, name: &str, password: &str) -> String {
    let wish = json!({ "username": name, "password": password, "deliver": "body" });
    let made = appliance.post("/api/v1/session", &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["session_token"].as_str().expect("a session").to_owned()
}

/// A long verification must not look like one that hangs; what it finds at last is what it finds when nobody looks on.
#[tokio::test]
async fn a_verification_says_how_far_it_is_and_ends_with_its_verdict() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    let path = "/api/v1/audit/verify";
    let mut live = Live::ask(&appliance, ada.token(), "POST", path, "Accept: text/event-stream\r\nContent-Length: 0\r\n");
    live.until_end();
    let text = live.text();
    let data = |name: &str| {
        let after = text.split(&format!("event: {name}\n")).nth(1).unwrap_or_else(|| panic!("no {name}: {text}"));
        let line = after.lines().next().and_then(|line| line.strip_prefix("data: ")).expect("data");
        serde_json::from_str::<serde_json::Value>(line).expect("JSON")
    };
    let (progress, verdict) = (data("progress"), data("verdict"));
    assert_eq!((&verdict["ok"], &progress["checked"]), (&json!(true), &json!(0)), "{text}");
    assert_eq!(progress["of"], verdict["entries"], "{text}");
    assert!(text.find("event: progress") < text.find("event: verdict"), "{text}");
    let plain = ada.post(path, &json!({})).await.json();
    assert_eq!(plain["entries"].as_u64(), verdict["entries"].as_u64().map(|entries| entries + 1), "each was recorded once: {plain}");
}

/// The five ways in which an account loses what it is signed in with.
#[tokio::test]
async fn what_ends_a_session_ends_its_live_streams() {
    const FIRST: &str = "staple of the nine hills";
    const CHOSEN: &str = "a quite different password";
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    ada.publish("naps.py", "import time\nprint('begun', flush=True)\ntime.sleep(120)\n").await;
    let mut others = Live::open(&appliance, ada.token(), "/api/v1/runs/stream");
    for way in ["sign out", "reset", "new roles", "disable", "revoke"] {
        let name = way.replace(' ', "-");
        let made = ada.post("/api/v1/users", &json!({ "username": name, "password": FIRST, "roles": ["operator"] })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let early = session(&appliance, &name, FIRST).await;
        let as_user = |proof: &str, method: Method, path: &str| appliance.request(method, path).bearer_auth(proof);
        let change = as_user(&early, Method::POST, "/api/v1/me/password").json(&json!({ "current": FIRST, "new": CHOSEN }));
        let own = answer(change).await.json()["session_token"].as_str().expect("a session").to_owned();
        let made = as_user(&own, Method::POST, "/api/v1/tokens").json(&json!({ "name": "ci", "scopes": ["run"], "days": 1 }));
        let made = answer(made).await.json();
        let (token, token_id) = (made["token"].as_str().expect("a token").to_owned(), made["id"].as_str().unwrap_or_default().to_owned());
        let begun = answer(as_user(&own, Method::POST, "/api/v1/runs").json(&json!({ "capability": "naps" }))).await;
        let run = id_of(&begun.json());
        let proof = if way == "revoke" { &token } else { &own };
        let mut streams = [
            Live::open(&appliance, proof, "/api/v1/runs/stream"),
            Live::open(&appliance, proof, &format!("/api/v1/runs/{run}/stream")),
            Live::open(&appliance, proof, &format!("/api/v1/runs/{run}/log/stream")),
        ];
        assert!(streams.iter_mut().all(Live::goes_on), "{way}");
        let tag = ada.get(&format!("/api/v1/users/{name}")).await.header("etag").to_owned();
        let patch = |body| ada.request(Method::PATCH, &format!("/api/v1/users/{name}")).header("if-match", tag.clone()).json(&body);
        let done = match way {
            "sign out" => answer(as_user(&own, Method::DELETE, "/api/v1/session")).await,
            "reset" => ada.post(&format!("/api/v1/users/{name}/password"), &json!({ "password": FIRST })).await,
            "new roles" => answer(patch(json!({ "roles": ["viewer"] }))).await,
            "disable" => answer(patch(json!({ "state": "disabled" }))).await,
            _ => answer(as_user(&own, Method::DELETE, &format!("/api/v1/tokens/{token_id}"))).await,
        };
        let asked = Instant::now();
        assert!(done.status < 300, "{way}: {} {}", done.status, done.text);
        for stream in &mut streams {
            let ended = stream.until_end();
            assert!(ended.duration_since(asked) < Duration::from_secs(1), "{way}: {:?}", ended.duration_since(asked));
        }
        assert_eq!(answer(as_user(proof, Method::GET, "/api/v1/me")).await.status, 401, "{way}");
        assert!(others.goes_on(), "{way}: the stream of somebody else goes on");
        ada.post(&format!("/api/v1/runs/{run}/cancel"), &json!({})).await;
    }
}
