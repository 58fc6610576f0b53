//! Hostile uploads and bodies against the real server: refused before anything is written, in bounded time and memory.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::appliance::{Appliance, answer};
use crate::person::Person;

/// Memory the server may use on top of what it had, in KiB, whatever is uploaded.
const UPLOAD_KIB: u64 = 64 * 1024;
/// The same for a JSON body.
const BODY_KIB: u64 = 32 * 1024;

/// A header block of a tar archive (POSIX ustar), with fields as hostile as wanted.
fn block(name: &[u8], kind: u8, size: u64) -> Vec<u8> {
    let mut block = vec![0_u8; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0006777\0");
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"77777777777\0");
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[157..168].copy_from_slice(b"/etc/passwd");
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = [block(name.as_bytes(), b'0', content.len() as u64), content.to_vec()].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
        writer.write_all(content).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

const MAIN: &[u8] = b"def main():\n    return 1\n";

/// A sound start and something that must not be there.
fn with(entry: &[u8]) -> Vec<u8> {
    [file("main.py", MAIN), entry.to_vec(), vec![0; 1024]].concat()
}

/// Every file of the data directory with its size, but for what grows by itself.
fn kept(data: &Path) -> BTreeMap<String, u64> {
    let (mut folders, mut found) = (vec![data.to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("ledger.redb") {
                found.insert(path.display().to_string(), entry.metadata().map_or(0, |about| about.len()));
            }
        }
    }
    found
}

/// C01, C02, C04, C07: names, links, kinds and counts; C03: bombs. All refused whole, and nothing is left behind.
#[tokio::test]
async fn hostile_archives_are_refused_before_anything_is_written() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    let warm = ada.register("warm.py", "def main():\n    return 0\n").await;
    assert_eq!(warm.status, 201, "{}", warm.text);
    let before = kept(&appliance.data());
    let zeros = gzip(&vec![0; 4 << 20]);
    let endless =
        |head: Vec<u8>| -> Vec<u8> { gzip(&head).into_iter().chain(zeros.iter().copied().cycle().take(zeros.len() * 2_560)).collect() };
    let folders = gzip(&(0..2_000).flat_map(|n| block(format!("d{n}/").as_bytes(), b'5', 0)).collect::<Vec<_>>());
    let mut swapped = zip(&[("aaaa.py", MAIN)]);
    while let Some(at) = swapped.windows(7).position(|window| window == b"aaaa.py") {
        swapped[at..at + 7].copy_from_slice(b"a\0aa.py");
    }
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("C01 up", with(&file("../x", b"x"))),
        ("C01 absolute", with(&file("/etc/x", b"x"))),
        ("C01 drive", with(&file("C:\\x", b"x"))),
        ("C01 up inside", with(&file("a/../../x", b"x"))),
        ("C01 up in a zip", zip(&[("main.py", MAIN), ("../x", b"x")])),
        ("C01 a NUL", swapped),
        ("C01 a dot at the end", with(&file("x.", b"x"))),
        ("C01 overlong UTF-8", with(&block(b"a\xc0\xafb", b'0', 0))),
        ("C02 a symbolic link", with(&block(b"x", b'2', 0))),
        ("C02 through a link", with(&[block(b"x", b'2', 0), file("x/y", b"x")].concat())),
        ("C02 a hard link", with(&block(b"x", b'1', 0))),
        ("C03 10 GiB of zeros", endless(block(b"zeros", b'0', 4 << 30))),
        ("C03 10 GiB as a name", endless(block(b"././@LongLink", b'L', 4 << 30))),
        ("C03 1:1000", gzip(&with(&[block(b"zeros.txt", b'0', 32 << 20), vec![0; 32 << 20]].concat()))),
        ("C03 1:1000 in a zip", zip(&[("main.py", MAIN), ("zeros.txt", &vec![0; 32 << 20])])),
        (
            "C03 1:1000 by zstd",
            zstd::bulk::compress(&with(&[block(b"zeros.txt", b'0', 32 << 20), vec![0; 32 << 20]].concat()), 19).expect("packed"),
        ),
        ("C04 a million folders", folders.iter().copied().cycle().take(folders.len() * 500).collect()),
        ("C04 deep", with(&file(&format!("{}x.py", "d/".repeat(40)), b"x"))),
        ("C04 a name of 4 kB", with(&[file("././@LongLink", "n".repeat(4_000).as_bytes()), file("n", b"x")].concat())),
        ("C04 the same but for case", with(&[file("a.py", b"1"), file("A.PY", b"2")].concat())),
        ("C04 the same but for composition", with(&[file("é.py", b"1"), file("e\u{301}.py", b"2")].concat())),
        ("C07 a character device", with(&block(b"x", b'3', 0))),
        ("C07 a block device", with(&block(b"x", b'4', 0))),
        ("C07 a pipe", with(&block(b"x", b'6', 0))),
        ("C07 sparse", with(&block(b"x", b'S', 0))),
    ];
    for (what, bytes) in cases {
        let calm = appliance.forget_peak();
        let asked = Instant::now();
        let refused = ada.register("hostile.bin", bytes).await;
        let (took, grown) = (asked.elapsed(), appliance.peak_kib().saturating_sub(calm));
        assert!((400..500).contains(&refused.status), "{what}: {} {}", refused.status, refused.text);
        assert!(refused.json()["code"].as_str().is_some_and(|code| code.starts_with("EG-")), "{what}: {}", refused.text);
        assert!(took < Duration::from_secs(2), "{what}: took {took:?}");
        assert!(grown < UPLOAD_KIB, "{what}: {grown} KiB");
        assert_eq!(kept(&appliance.data()), before, "{what} left something");
    }
    // A setuid mode and an owner are not taken along: the file becomes plain.
    let plain = ada.register("modes.tar", with(&file("data.txt", b"x"))).await;
    assert_eq!(plain.status, 201, "{}", plain.text);
    // An archive in an archive is data, and stays packed.
    let inner = gzip(&vec![0; 32 << 20]);
    let calm = appliance.forget_peak();
    let nested = ada.register("nested.zip", zip(&[("main.py", MAIN), ("inner.gz", &inner)])).await;
    assert!(nested.status < 300 && appliance.peak_kib().saturating_sub(calm) < UPLOAD_KIB, "{}", nested.text);
    let names = ada.get("/api/v1/capabilities").await.json();
    assert_eq!(names["items"].as_array().map(Vec::len), Some(3), "{names}");
}

/// B12: the largest JSON that is accepted to be read, in the shapes that cost most; B13: no form, no upload.
#[tokio::test]
async fn hostile_bodies_cost_little() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    let most = 2 << 20;
    let fill = |start: &str, part: &dyn Fn(usize) -> String, end: &str| {
        let mut text = start.to_owned();
        for n in 0.. {
            let part = part(n);
            if text.len() + part.len() + end.len() + 1 > most {
                break;
            }
            text.push_str(&part);
        }
        text + end
    };
    let bodies = [
        ("deep arrays", format!("{{\"name\":{}{}}}", "[".repeat(most / 2 - 20), "]".repeat(most / 2 - 20))),
        ("deep objects", format!("{{\"name\":{}1{}}}", "{\"a\":".repeat(300_000), "}".repeat(300_000))),
        ("many names", fill("{\"name\":{", &|n| format!("\"{n:x}\":1,"), "\"z\":1}}")),
        ("many values", fill("{\"name\":[", &|_| "1,".to_owned(), "1]}")),
        ("many empty objects", fill("{\"name\":[", &|_| "{},".to_owned(), "1]}")),
        ("one long text", format!("{{\"name\":\"{}\"}}", "x".repeat(most - 20))),
        ("escapes", format!("{{\"name\":\"{}\"}}", "\\u0061".repeat((most - 20) / 6))),
        ("one long number", format!("{{\"days\":{}}}", "9".repeat(most - 20))),
        ("a list as input of a run", fill("{\"capability\":\"x\",\"inputs\":{\"a\":[", &|_| "1,".to_owned(), "1]}}")),
        ("inputs of a run", fill("{\"capability\":\"x\",\"inputs\":{", &|n| format!("\"{n:x}\":{{}},"), "\"z\":1}}")),
    ];
    // The first request of a kind makes buffers that stay.
    for _ in 0..2 {
        ada.post("/api/v1/tokens", &json!({ "name": "a", "scopes": ["nonsense"] })).await;
    }
    for (what, body) in bodies {
        assert!(body.len() <= most, "{what}: {} bytes", body.len());
        let path = if what.ends_with("of a run") { "/api/v1/runs" } else { "/api/v1/tokens" };
        let calm = appliance.forget_peak();
        let asked = Instant::now();
        let request = ada.request(Method::POST, path).header("content-type", "application/json").body(body);
        let refused = answer(request).await;
        let (took, grown) = (asked.elapsed(), appliance.peak_kib().saturating_sub(calm));
        assert!((400..500).contains(&refused.status), "{what}: {} {}", refused.status, refused.text);
        assert!(refused.text.len() < 16 * 1024, "{what}: an answer of {} bytes", refused.text.len());
        assert!(grown < BODY_KIB && took < Duration::from_secs(5), "{what}: {grown} KiB in {took:?}");
    }
    let body = json!({ "files": { "path": "/etc/passwd" }, "file": "/etc/passwd" });
    for path in ["/api/v1/capabilities", "/api/v1/inspections", "/api/v1/files"] {
        let refused = ada.post(path, &body).await;
        assert_eq!(refused.status, 415, "{path}: {}", refused.text);
    }
    assert_eq!(appliance.get("/readyz").await.status, 200);
}

/// C17: whatever an artifact is called, it is a download with a harmless name, and nothing of it runs in a browser.
#[tokio::test]
async fn odd_artifacts_are_harmless_downloads() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    let script = r#"
import os
os.makedirs("outputs/sub", exist_ok=True)
names = ["<img src=x onerror=alert(1)>.html", "page.html", "vector.svg", "sub/..%2f..%2fx", "quote\".txt", "naïve 数据.csv", "-rf", "a;b.js"]
for name in names:
    open("outputs/" + name, "w").write("<script>alert(1)</script>")
for bad in ["line\r\nSet-Cookie: x", "esc\x1b[2J"]:
    open("outputs/" + bad, "w").write("x")
"#;
    ada.publish("leaves.py", script).await;
    let run = ada.run("leaves", json!({})).await;
    let id = crate::person::id_of(&run);
    let artifacts = run["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 8, "names with control characters are not taken: {run}");
    for artifact in artifacts {
        let name = artifact["name"].as_str().unwrap();
        let mut path = reqwest::Url::parse(&appliance.url).unwrap();
        path.path_segments_mut().unwrap().extend(["api", "v1", "runs", &id, "artifacts"]).extend(name.split('/'));
        let got = ada.get(path.path()).await;
        assert_eq!((got.status, got.text.as_str()), (200, "<script>alert(1)</script>"), "{name}");
        let disposition = got.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\""), "{name}: {disposition}");
        assert!(
            !disposition[22..].trim_end_matches('"').split("\"; filename*=").next().unwrap().contains(['"', '<', '/', '\\']),
            "{disposition}"
        );
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{name}");
        assert!(got.header("content-security-policy").starts_with("sandbox; default-src 'none'"), "{name}");
        assert_eq!(got.header("set-cookie"), "", "{name}");
    }
    for gone in ["../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%00", "sub"] {
        assert_eq!(ada.get(&format!("/api/v1/runs/{id}/artifacts/{gone}")).await.status, 404, "{gone}");
    }
}
