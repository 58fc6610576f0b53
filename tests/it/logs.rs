//! Logs end to end: real pipes in, followers and readers out.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread;

use execgov::base::clock::{Clock, SystemClock};
use execgov::domain::ids::RunId;
use execgov::store::log::{
    FollowEvent, LINE_BYTES, LineQuery, LogBody, LogKey, LogOptions, LogReader, LogStore, Pipes, Search, Stream, Wanted,
};
use tokio::runtime::{Builder, Runtime};

struct Place {
    dir: tempfile::TempDir,
    runtime: Runtime,
    store: LogStore,
    key: LogKey,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let store = LogStore::open(dir.path(), Arc::new(SystemClock)).unwrap();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    Place { dir, runtime, store, key: LogKey { run: RunId::new(SystemClock.now()), attempt: 1 } }
}

fn options(output_bytes: u64) -> LogOptions {
    LogOptions { output_bytes, filter: None }
}

/// A pipe whose writing end is fed by a thread, which gives back how much it wrote.
fn feed(write: impl FnOnce(&mut dyn Write) -> u64 + Send + 'static) -> (OwnedFd, thread::JoinHandle<u64>) {
    let (reading, mut writing) = std::io::pipe().unwrap();
    (reading.into(), thread::spawn(move || write(&mut writing)))
}

fn read_all(reader: &mut LogReader) -> Vec<(Stream, String)> {
    let (mut lines, mut next) = (Vec::new(), Some(1));
    while let Some(from) = next {
        let page = reader.lines(LineQuery { from, count: 5000, line_bytes: LINE_BYTES }).unwrap();
        lines.extend(page.lines.into_iter().map(|line| (line.stream, line.text)));
        next = page.next;
    }
    lines
}

#[test]
fn two_streams_are_pumped_whole_while_a_follower_sees_each_line_once() {
    let place = place();
    let print = |name: &'static str| {
        move |to: &mut dyn Write| {
            // Writes of odd sizes, so that blocks end anywhere.
            let text = (0..20_000).map(|n| format!("{name} {n}\n")).collect::<Vec<_>>().concat();
            text.as_bytes().chunks(977).for_each(|chunk| to.write_all(chunk).unwrap());
            text.len() as u64
        }
    };
    let ((stdout, out), (stderr, err)) = (feed(print("out")), feed(print("err")));
    let (store, key) = (place.store.clone(), place.key);
    let mut log = store.start(key, options(u64::MAX));
    let follower = store.read(key, None).unwrap().follow(1).unwrap();
    let (sealed, seen) = place.runtime.block_on(async {
        let follower = tokio::spawn(async move {
            let (mut follower, mut seen) = (follower, Vec::new());
            while let Some(event) = follower.next().await.unwrap() {
                match event {
                    FollowEvent::Lines { lines, .. } => seen.extend(lines.into_iter().map(|line| (line.stream, line.text))),
                    FollowEvent::Sealed(seal) => assert!(seal.is_some()),
                    FollowEvent::Lost => panic!("the writer is alive"),
                }
            }
            seen
        });
        let mut pipes = Pipes::new(stdout, stderr).unwrap();
        log.pump(&mut pipes).await.unwrap();
        (log.finish().await.unwrap(), follower.await.unwrap())
    });
    assert_eq!(sealed.seal.bytes, out.join().unwrap() + err.join().unwrap());
    assert_eq!((sealed.seal.lines, sealed.seal.dropped_bytes, &sealed.body), (40_000, 0, &LogBody::File));
    for (stream, name) in [(Stream::Stdout, "out"), (Stream::Stderr, "err")] {
        let of_stream: Vec<_> = seen.iter().filter(|line| line.0 == stream).map(|line| line.1.clone()).collect();
        assert_eq!(of_stream, (0..20_000).map(|n| format!("{name} {n}")).collect::<Vec<_>>());
    }
    place.runtime.block_on(store.settle(key, sealed.seal.clone())).unwrap();
    let mut packed = store.read(key, None).unwrap();
    assert_eq!(read_all(&mut packed), seen);
    assert_eq!(packed.digest().unwrap(), sealed.seal.sha256);
}

#[test]
fn output_beyond_the_limit_is_dropped_at_full_speed_with_a_mark_that_counts_it() {
    const LIMIT: u64 = 1 << 20;
    let place = place();
    let flood = |to: &mut dyn Write| {
        let block = vec![b'y'; 1 << 20];
        (0..256).for_each(|_| to.write_all(&block).unwrap());
        256 << 20
    };
    let ((stdout, out), (stderr, err)) = (feed(flood), feed(|_| 0));
    let mut log = place.store.start(place.key, options(LIMIT));
    let sealed = place.runtime.block_on(async {
        let mut pipes = Pipes::new(stdout, stderr).unwrap();
        log.pump(&mut pipes).await.unwrap();
        log.finish().await.unwrap()
    });
    let written = out.join().unwrap() + err.join().unwrap();
    assert_eq!((sealed.seal.bytes, sealed.seal.dropped_bytes, sealed.seal.lines), (LIMIT, written - LIMIT, 3));
    let mut reader = place.store.read(place.key, None).unwrap();
    let page = reader.lines(LineQuery { from: 1, count: 9, line_bytes: 100 }).unwrap();
    assert_eq!((page.lines[0].text.as_str(), page.lines[0].truncated), ("y".repeat(100).as_str(), true));
    assert_eq!(page.lines[2].text, format!("[execgov: output limit of {LIMIT} bytes reached; {} bytes dropped]", written - LIMIT));
    assert_eq!(page.lines[2].stream, Stream::Execgov);
    let size = std::fs::metadata(place.dir.path().join("open").join(place.key.file_name())).unwrap().len();
    assert!(size < LIMIT + 8192, "the file has {size} bytes");
}

#[test]
fn what_is_in_the_pipes_is_drained_when_the_processes_are_gone() {
    let place = place();
    let (out_reading, mut out_writing) = std::io::pipe().unwrap();
    let (err_reading, err_writing) = std::io::pipe().unwrap();
    out_writing.write_all(b"last words\nwithout end").unwrap();
    let mut log = place.store.start(place.key, options(u64::MAX));
    let sealed = place.runtime.block_on(async {
        let mut pipes = Pipes::new(out_reading.into(), err_reading.into()).unwrap();
        log.drain(&mut pipes).unwrap();
        assert!(!pipes.is_done(), "the writing ends are still held");
        log.finish().await.unwrap()
    });
    drop((out_writing, err_writing));
    let LogBody::Inline(bytes) = sealed.body else { panic!("a small log is inline") };
    place.store.discard(place.key).unwrap();
    assert_eq!(std::fs::read_dir(place.dir.path().join("open")).unwrap().count(), 0);
    let lines = read_all(&mut place.store.read(place.key, Some(bytes)).unwrap());
    assert_eq!(lines, [(Stream::Stdout, "last words".to_owned()), (Stream::Stdout, "without end".to_owned())]);
}

#[test]
fn only_pipes_are_taken() {
    let place = place();
    let _entered = place.runtime.enter();
    let file = || OwnedFd::from(File::open("/dev/null").unwrap());
    assert!(Pipes::new(file(), file()).is_err());
}

#[test]
fn a_killed_writer_leaves_a_log_up_to_its_last_whole_line() {
    let place = place();
    let mut log = place.store.start(place.key, options(u64::MAX));
    log.add(Stream::Stdout, b"whole line\nhalf a li");
    // What `kill -9` does to a process, seen from the disk: nothing more is written.
    std::mem::forget(log);
    let again = LogStore::open(place.dir.path(), Arc::new(SystemClock)).unwrap();
    assert_eq!(again.leftovers().unwrap(), [place.key]);
    let sealed = again.recover(place.key, "the server stopped while this run was running; the log ends here").unwrap();
    let LogBody::Inline(bytes) = sealed.body else { panic!("a small log is inline") };
    again.discard(place.key).unwrap();
    assert_eq!(again.leftovers().unwrap(), []);
    let lines = read_all(&mut again.read(place.key, Some(bytes)).unwrap());
    let remark = "[execgov: the server stopped while this run was running; the log ends here]";
    assert_eq!(lines, [(Stream::Stdout, "whole line".to_owned()), (Stream::Execgov, remark.to_owned())]);
}

#[test]
fn terminal_tricks_and_markup_stay_text() {
    let place = place();
    let nasty = "\u{1b}]8;;http://evil\u{7}link\u{1b}]8;;\u{7} <script>alert(1)</script> \u{1b}]52;c;AAAA\u{7}\n";
    let mut log = place.store.start(place.key, options(u64::MAX));
    log.add(Stream::Stdout, nasty.as_bytes());
    log.add(Stream::Stdout, b"invalid \xff\xfe utf-8\n");
    let sealed = place.runtime.block_on(log.finish()).unwrap();
    let LogBody::Inline(bytes) = sealed.body else { panic!("a small log is inline") };
    let mut reader = place.store.read(place.key, Some(bytes)).unwrap();
    let lines = read_all(&mut reader);
    assert_eq!(lines[0].1, nasty.trim_end_matches('\n'), "kept as it came: showing it safely is the viewer's part");
    assert_eq!(lines[1].1, "invalid \u{fffd}\u{fffd} utf-8");
    let search = Search::new(Wanted::Text("<script>"), execgov::store::log::Case::Exact).unwrap();
    assert_eq!(reader.search(&search, 1, 10).unwrap().hits.len(), 1);
}
