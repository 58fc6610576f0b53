//! Floods at full size: output without end, and connections by the ten thousand.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use crate::appliance::{Appliance, SOON};
use crate::person::{Person, id_of};

/// Memory the server may use on top of what it had, in KiB.
const GROWTH_KIB: u64 = 64 * 1024;

/// K04: 10 GiB at full speed as one line without an end. What is kept is bounded, counted and marked, the run is not held
/// up, and the server stays small and answers.
#[tokio::test]
async fn ten_gibibytes_of_one_line_are_capped_and_counted() {
    const GIB: u64 = 1 << 30;
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    let source = "# /// script\n# [tool.execgov.limits]\n# output = \"8MiB\"\n# cpu = \"10m\"\n# wall = \"10m\"\n# ///\nimport os\npiece = b'x' * (1 << 20)\nfor _ in range(10 * 1024):\n    left = piece\n    while left:\n        left = left[os.write(1, left):]\nopen(os.environ['EXECGOV_RESULT'], 'w').write('\"whole\"')\n";
    ada.publish("flood.py", source).await;
    ada.publish("small.py", "print('fine')\n").await;
    ada.run("small", json!({})).await;
    let calm = appliance.forget_peak();
    let began = Instant::now();
    let id = id_of(&ada.start("flood", json!({})).await.json());
    ada.wait_for(&id, |phase| phase == "running").await;
    let beside = ada.run("small", json!({})).await;
    assert_eq!(beside["phase"], "succeeded", "others are served meanwhile: {beside}");
    let asked = Instant::now();
    assert_eq!(appliance.get("/healthz").await.status, 200);
    assert!(asked.elapsed() < Duration::from_secs(2), "health answers in {:?}", asked.elapsed());
    let page = ada.get(&format!("/api/v1/runs/{id}/log?count=10")).await;
    assert!(page.status == 200 && page.text.len() < 1 << 20, "{} bytes of page", page.text.len());
    let run = ada.run_to_end(&id).await;
    println!("10 GiB in {:?}, memory +{} KiB", began.elapsed(), appliance.peak_kib().saturating_sub(calm));
    assert_eq!((run["phase"].as_str(), run["result"].as_str()), (Some("succeeded"), Some("whole")), "{run}");
    let (kept, dropped) = (run["log"]["bytes"].as_u64().unwrap(), run["log"]["dropped_bytes"].as_u64().unwrap());
    assert_eq!((kept, kept + dropped), (8 << 20, 10 * GIB), "{run}");
    let tail = ada.get(&format!("/api/v1/runs/{id}/log?tail=2")).await.json();
    assert!(tail["lines"][1]["text"].as_str().is_some_and(|text| text.contains(&format!("{dropped} bytes dropped"))), "{tail}");
    let grown = appliance.peak_kib().saturating_sub(calm);
    assert!(grown < GROWTH_KIB, "{grown} KiB");
}

/// K06: ten thousand connections from many addresses, silent, half-headed, half-bodied or deaf. Those who ask properly are
/// answered throughout, memory is bounded, and in the end the crowd is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_keep_nobody_out() {
    const CROWD: u32 = 10_000;
    let limits =
        "[limits]\nheader_timeout_s = 5\nidle_timeout_s = 5\nbody_stall_timeout_s = 5\nwrite_timeout_s = 5\nhandshake_timeout_s = 5\n";
    let appliance = Appliance::with_settings(limits);
    let ada = Person::first(&appliance).await;
    let target: SocketAddr = appliance.address().parse().expect("an address");
    let mut files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    files.current = files.maximum;
    rustix::process::setrlimit(rustix::process::Resource::Nofile, files).expect("enough descriptors");
    assert!(files.maximum.is_none_or(|most| most > u64::from(CROWD) + 100), "{files:?}");
    let calm = appliance.forget_peak();
    let mut crowd: Vec<TcpStream> = Vec::new();
    let mut slowest = Duration::ZERO;
    for n in 0..CROWD {
        let socket = TcpSocket::new_v4().expect("a socket");
        let [_, _, high, low] = (n % 200 + 2).to_be_bytes();
        socket.bind((Ipv4Addr::new(127, 0, high, low), 0).into()).expect("an address of this host");
        let Ok(Ok(mut stream)) = tokio::time::timeout(SOON, socket.connect(target)).await else { continue };
        let half: &[u8] = match n % 4 {
            0 => b"",
            1 => b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
            2 => b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
            _ => b"GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n",
        };
        let _ = stream.write_all(half).await;
        crowd.push(stream);
        if n % 500 == 499 {
            let asked = Instant::now();
            assert_eq!(appliance.get("/healthz").await.status, 200, "after {n}");
            assert_eq!(ada.get("/api/v1/me").await.status, 200, "after {n}");
            slowest = slowest.max(asked.elapsed());
        }
    }
    let grown = appliance.peak_kib().saturating_sub(calm);
    println!("{} connections, slowest answers {slowest:?}, memory +{grown} KiB", crowd.len());
    assert!(crowd.len() as u32 > CROWD * 9 / 10, "{} connections were made", crowd.len());
    assert!(slowest < Duration::from_secs(5), "two requests took {slowest:?}");
    assert!(grown < 2 * GROWTH_KIB, "{grown} KiB");
    let open = |text: &str| text.lines().find_map(|line| line.strip_prefix("execgov_http_connections ")?.parse::<u32>().ok());
    let end = Instant::now() + SOON;
    loop {
        let left = open(&appliance.get("/metrics").await.text).expect("a count");
        assert!(left <= 1_024, "{left} connections at one time");
        // The deaf ones have their answers in buffers of the kernel: they are idle, and go with the others.
        if left <= 4 {
            break;
        }
        assert!(Instant::now() < end, "{left} connections are left");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(crowd);
}
