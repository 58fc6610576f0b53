//! J07: told to stop in full work, the server takes nothing new, ends what it has by the deadline, and records all of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::appliance::{Appliance, SOON, eventually};
use crate::person::{Person, id_of};
use crate::streams::Live;

const DEADLINE: Duration = Duration::from_secs(4);

/// An upload of which only the first half was sent.
fn half_an_upload(appliance: &Appliance, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(appliance.address()).expect("connected");
    stream.set_read_timeout(Some(SOON)).expect("set");
    let head = format!(
        "POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 2000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.bin\"\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    stream.write_all(&vec![b'x'; 1_000_000]).expect("sent");
    stream
}

#[tokio::test]
async fn a_stop_in_full_work_is_orderly() {
    let settings = format!("[drain]\ndeadline_s = {}\n[queue]\nrunning = 20\n[limits]\nstreams_per_principal = 64\n", DEADLINE.as_secs());
    let mut appliance = Appliance::with_settings(&settings);
    let mut ada = Person::first(&appliance).await;
    ada.publish("short.py", "import time\nprint('begun', flush=True)\ntime.sleep(2)\nprint('done')\n").await;
    ada.publish("long.py", "import time\nprint('begun', flush=True)\ntime.sleep(300)\n").await;
    let mut runs = Vec::new();
    for n in 0..20 {
        let name = if n % 2 == 0 { "short" } else { "long" };
        runs.push((name, id_of(&ada.start(name, json!({})).await.json())));
    }
    let queued = id_of(&ada.start("short", json!({})).await.json());
    for (_, id) in &runs {
        ada.wait_for(id, |phase| phase != "queued").await;
    }
    let mut streams: Vec<Live> = (0..50)
        .map(|n| {
            let (_, id) = &runs[n % runs.len()];
            let path = ["/api/v1/runs/stream".to_owned(), format!("/api/v1/runs/{id}/log/stream"), format!("/api/v1/runs/{id}/stream")];
            Live::open(&appliance, ada.token(), &path[n % 3])
        })
        .collect();
    let mut uploads: Vec<TcpStream> = (0..5).map(|_| half_an_upload(&appliance, ada.token())).collect();
    assert_eq!(appliance.get("/readyz").await.status, 200);

    let told = Instant::now();
    appliance.signal(Signal::TERM);
    eventually("the stop", || appliance.stderr().contains("stopping").then_some(()));
    let late = ada.start("short", json!({})).await;
    assert_eq!((late.status, late.json()["code"].as_str()), (503, Some("EG-QUEUE-003")), "no new work: {}", late.text);
    assert!(late.header("retry-after").parse::<u64>().is_ok(), "{:?}", late.headers);
    assert_eq!(appliance.get("/readyz").await.status, 503, "no longer ready");
    assert_eq!(appliance.get("/healthz").await.status, 200, "still alive");

    let status = appliance.wait_end();
    let took = told.elapsed();
    println!("stopped after {took:?}");
    assert!(status.success(), "{status}: {}", appliance.stderr());
    // The deadline, the grace of runs that are told to end, the closing of connections; TimeoutStopSec is longer.
    assert!(took >= Duration::from_secs(1) && took < DEADLINE + Duration::from_secs(15), "{took:?}");
    for stream in &mut streams {
        stream.until_end();
    }
    for upload in &mut uploads {
        let mut rest = Vec::new();
        // Cut off or answered with an error: the end of the connection either way.
        let _ = upload.read_to_end(&mut rest);
        let text = String::from_utf8_lossy(&rest);
        assert!(text.is_empty() || !text.starts_with("HTTP/1.1 2"), "{text}");
    }

    appliance.start_again();
    ada.moved(&appliance);
    for (name, id) in &runs {
        let run = ada.get(&format!("/api/v1/runs/{id}")).await.json();
        let ending = (run["phase"].as_str().unwrap_or_default(), run["reason_code"].as_str());
        match *name {
            "short" => assert_eq!(ending, ("succeeded", None), "{run}"),
            _ => assert_eq!(ending, ("interrupted", Some("EG-RUN-029")), "{run}"),
        }
        assert!(ada.log(id).await.starts_with("begun"), "{run}");
    }
    let waited = ada.run_to_end(&queued).await;
    assert_eq!(waited["phase"], "succeeded", "what waited is done after the restart: {waited}");
    let half = std::fs::read_dir(appliance.data().join("blobs/tmp")).map_or(0, Iterator::count);
    assert_eq!(half, 0, "nothing of the uploads is left");
}
