//! Tests of the whole against a simple model that keeps every byte in memory.

use std::fs;
use std::sync::Arc;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::base::clock::{ManualClock, Timestamp};
use crate::domain::ids::RunId;
use crate::domain::run::LogSeal;

/// One block of output.
#[derive(Debug, Clone)]
struct Block {
    stream: Stream,
    bytes: Vec<u8>,
}

/// A line by the model: its stream, the number of its first block, its bytes without line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ModelLine {
    stream: Stream,
    block: usize,
    bytes: Vec<u8>,
}

/// What the log must be, worked out byte by byte.
#[derive(Debug, Default)]
struct Model {
    lines: Vec<ModelLine>,
    /// Per stream: the place of its open line in `lines` once it is long enough to have one, else its bytes.
    open: [Option<(Option<usize>, ModelLine)>; 2],
    kept: u64,
    dropped: u64,
}

impl Model {
    fn run(blocks: &[Block], limit: u64) -> Self {
        let mut model = Self::default();
        for (number, block) in blocks.iter().enumerate() {
            let room = usize::try_from(limit - model.kept).unwrap().min(block.bytes.len());
            if model.dropped == 0 {
                model.block(number, block.stream, &block.bytes[..room]);
                model.kept += room as u64;
            }
            if room < block.bytes.len() {
                if model.dropped == 0 {
                    model.flush();
                    model.remark(number, &format!("output limit of {limit} bytes reached; what follows is dropped"));
                }
                model.dropped += (block.bytes.len() - room) as u64;
            }
        }
        model.flush();
        if model.dropped > 0 {
            let text = format!("output limit of {limit} bytes reached; {} bytes dropped", model.dropped);
            model.remark(blocks.len(), &text);
        }
        model
    }

    fn remark(&mut self, block: usize, text: &str) {
        self.lines.push(ModelLine { stream: Stream::Execgov, block, bytes: format!("[execgov: {text}]").into_bytes() });
    }

    fn block(&mut self, number: usize, stream: Stream, bytes: &[u8]) {
        let last_feed = bytes.iter().rposition(|byte| *byte == b'\n');
        for (at, byte) in bytes.iter().enumerate() {
            let open = &mut self.open[stream.place()];
            let (placed, line) = open.get_or_insert_with(|| (None, ModelLine { stream, block: number, bytes: Vec::new() }));
            if *byte == b'\n' {
                match placed {
                    Some(place) => self.lines[*place].bytes = std::mem::take(&mut line.bytes),
                    None => self.lines.push(line.clone()),
                }
                *open = None;
                continue;
            }
            line.bytes.push(*byte);
            // The tail of a block takes its place when it has become too long to wait.
            let tail = last_feed.is_none_or(|feed| at > feed) && at + 1 == bytes.len();
            if tail && placed.is_none() && line.bytes.len() > LONG_LINE {
                *placed = Some(self.lines.len());
                self.lines.push(line.clone());
            }
        }
    }

    fn flush(&mut self) {
        for open in &mut self.open {
            match open.take() {
                Some((Some(place), line)) => self.lines[place] = line,
                Some((None, line)) => self.lines.push(line),
                None => {}
            }
        }
    }

    /// The lines as a reader shows them.
    fn shown(&self, line_bytes: usize) -> Vec<(u64, Stream, usize, String, bool)> {
        let cut = |bytes: &[u8]| {
            let mut at = bytes.len().min(line_bytes);
            while at < bytes.len() && at > 0 && bytes[at] & 0xC0 == 0x80 {
                at -= 1;
            }
            let whole = bytes.len() <= line_bytes && bytes.len() <= LONG_LINE;
            let kept = if whole { bytes.strip_suffix(b"\r").unwrap_or(bytes) } else { &bytes[..at] };
            (String::from_utf8_lossy(kept).into_owned(), !whole)
        };
        let line = |(n, line): (u64, &ModelLine)| {
            let (text, truncated) = cut(&line.bytes);
            (n, line.stream, line.block, text, truncated)
        };
        (1..).zip(&self.lines).map(line).collect()
    }
}

struct Bench {
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    store: LogStore,
    key: LogKey,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
        let store = LogStore::open(dir.path(), clock.clone()).unwrap();
        let key = LogKey { run: RunId::new(Timestamp::UNIX_EPOCH), attempt: 1 };
        Self { dir, clock, store, key }
    }

    /// Writes the blocks, block `n` at second `n`.
    fn add(&self, writer: &mut LogWriter, blocks: &[Block]) {
        for (number, block) in (0..).zip(blocks) {
            self.clock.set(Timestamp::from_second(number).unwrap());
            writer.add(block.stream, &block.bytes);
        }
        self.clock.set(Timestamp::from_second(i64::try_from(blocks.len()).unwrap()).unwrap());
    }

    fn write(&self, blocks: &[Block], limit: u64) -> SealedLog {
        let mut writer = self.store.start(self.key, LogOptions { output_bytes: limit, filter: None });
        self.add(&mut writer, blocks);
        let sealed = writer.finish_blocking();
        assert!(sealed.trouble.is_none());
        sealed
    }

    fn open_file(&self) -> std::path::PathBuf {
        self.dir.path().join("open").join(self.key.file_name())
    }
}

fn all_lines(reader: &mut LogReader, line_bytes: usize) -> Vec<(u64, Stream, usize, String, bool)> {
    let mut seen = Vec::new();
    let mut from = Some(1);
    while let Some(first) = from {
        let page = reader.lines(LineQuery { from: first, count: 700, line_bytes }).unwrap();
        seen.extend(page.lines.into_iter().map(plain));
        from = page.next;
    }
    seen
}

fn plain(line: LogLine) -> (u64, Stream, usize, String, bool) {
    (line.n, line.stream, usize::try_from(line.at.as_second()).unwrap(), line.text, line.truncated)
}

fn download(reader: LogReader, form: ExportForm) -> Vec<u8> {
    let mut export = reader.export(1..=u64::MAX, form).unwrap();
    std::iter::from_fn(|| export.chunk().unwrap()).flatten().collect()
}

/// Everything that must hold of a reader, whichever form the log is in.
fn check(open: &dyn Fn() -> LogReader, model: &Model, seal: &LogSeal) {
    let line_bytes = 100;
    let expected = model.shown(line_bytes);
    assert_eq!(all_lines(&mut open(), line_bytes), expected);
    assert_eq!(all_lines(&mut open(), LONG_LINE), model.shown(LONG_LINE));
    assert_eq!(seal.lines, expected.len() as u64);
    assert_eq!((seal.bytes, seal.dropped_bytes), (model.kept, model.dropped));
    assert_eq!(open().digest().unwrap(), seal.sha256);
    assert_eq!(hex::encode(Sha256::digest(download(open(), ExportForm::Plain))), seal.sha256);
    let tail = open().tail(5).unwrap();
    assert_eq!(
        tail.lines.iter().map(|line| line.n).collect::<Vec<_>>(),
        expected.iter().rev().take(5).rev().map(|line| line.0).collect::<Vec<_>>()
    );
    let mut reader = open();
    for from in [2, 17, 400, seal.lines] {
        let page = reader.lines(LineQuery { from, count: 3, line_bytes }).unwrap();
        let wanted: Vec<_> = expected.iter().filter(|line| line.0 >= from.max(1)).take(3).cloned().collect();
        assert_eq!(page.lines.into_iter().map(plain).collect::<Vec<_>>(), wanted, "from {from}");
    }
    let json = download(open(), ExportForm::JsonLines);
    let objects: Vec<serde_json::Value> = serde_json::Deserializer::from_slice(&json).into_iter().map(Result::unwrap).collect();
    assert_eq!(objects.iter().filter(|object| object.get("continues").is_none()).count() as u64, seal.lines);
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let stream = prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr)];
    let text = prop_oneof![
        8 => proptest::collection::vec(prop_oneof![5 => Just(b'a'), 2 => Just(b'\n'), 1 => Just(b'\r'), 1 => any::<u8>()], 1..60),
        2 => (0_usize..600, Just("line of text\n")).prop_map(|(count, line)| line.repeat(count).into_bytes()),
        2 => (1_usize..BLOCK).prop_map(|len| vec![b'x'; len]),
        1 => "[中文😀é\n]{1,40}".prop_map(String::into_bytes),
    ];
    let block = (stream, text).prop_map(|(stream, bytes)| Block { stream, bytes });
    proptest::collection::vec(block.prop_filter("a pipe gives no empty blocks", |block| !block.bytes.is_empty()), 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_form_reads_as_the_model_says(blocks in blocks(), limit in prop_oneof![Just(u64::MAX), 1_u64..100_000]) {
        let bench = Bench::new();
        let model = Model::run(&blocks, limit);
        let sealed = bench.write(&blocks, limit);
        let from_store = |inline: Option<Vec<u8>>| bench.store.read(bench.key, inline).unwrap();
        check(&|| from_store(None), &model, &sealed.seal);
        match sealed.body {
            LogBody::Inline(bytes) => {
                bench.store.discard(bench.key).unwrap();
                prop_assert!(bytes.len() <= INLINE_MAX && !bench.open_file().exists());
                check(&|| from_store(Some(bytes.clone())), &model, &sealed.seal);
            }
            LogBody::File => {
                let again = LogStore::open(bench.dir.path(), bench.clock.clone()).unwrap();
                prop_assert_eq!(again.leftovers().unwrap(), vec![bench.key]);
                check(&|| again.read(bench.key, None).unwrap(), &model, &sealed.seal);
                let mut late = again.read(bench.key, None).unwrap();
                bench.store.settle_blocking(bench.key, &sealed.seal).unwrap();
                prop_assert!(!bench.open_file().exists());
                check(&|| from_store(None), &model, &sealed.seal);
                prop_assert_eq!(late.digest().unwrap(), sealed.seal.sha256.clone());
                prop_assert_eq!(from_store(None).stats().seal, Some(sealed.seal));
            }
        }
    }

    #[test]
    fn a_followed_log_has_no_gap_and_no_double(blocks in blocks(), from in 1_u64..50, limit in prop_oneof![Just(u64::MAX), 1_u64..100_000]) {
        let bench = Bench::new();
        let expected: Vec<_> = Model::run(&blocks, limit).shown(LINE_BYTES).into_iter().filter(|line| line.0 >= from).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let mut writer = bench.store.start(bench.key, LogOptions { output_bytes: limit, filter: None });
        let follow = bench.store.read(bench.key, None).unwrap().follow(from).unwrap();
        let follower = runtime.spawn(collect(follow));
        bench.add(&mut writer, &blocks);
        let sealed = writer.finish_blocking();
        let (seen, last) = runtime.block_on(follower).unwrap();
        prop_assert_eq!(seen, expected.clone());
        prop_assert_eq!(last, Some(FollowEvent::Sealed(Some(sealed.seal))));
        // The same from the finished log, resumed in the middle.
        let resume = from + expected.len() as u64 / 2;
        let follow = bench.store.read(bench.key, None).unwrap().follow(resume).unwrap();
        let (seen, _) = runtime.block_on(collect(follow));
        prop_assert_eq!(seen, expected.into_iter().filter(|line| line.0 >= resume).collect::<Vec<_>>());
    }
}

async fn collect(mut follow: Follow) -> (Vec<(u64, Stream, usize, String, bool)>, Option<FollowEvent>) {
    let (mut seen, mut last) = (Vec::new(), None);
    while let Some(event) = follow.next().await.unwrap() {
        match event {
            FollowEvent::Lines { lines, .. } => seen.extend(lines.into_iter().map(plain)),
            other => last = Some(other),
        }
    }
    (seen, last)
}

fn some_blocks() -> Vec<Block> {
    let block = |stream, text: &str| Block { stream, bytes: text.as_bytes().to_vec() };
    vec![
        block(Stream::Stdout, "first\nsec"),
        block(Stream::Stderr, "oops\n"),
        block(Stream::Stdout, "ond\nthird\n"),
        block(Stream::Stderr, "tail\n"),
    ]
}

#[test]
fn a_log_torn_at_any_byte_recovers_to_its_last_whole_frame() {
    let whole = {
        let bench = Bench::new();
        bench.write(&some_blocks(), u64::MAX);
        fs::read(bench.open_file()).unwrap()
    };
    let all = ["first", "oops", "second", "third", "tail"];
    let mut most = 0;
    for len in 0..=whole.len() {
        let bench = Bench::new();
        fs::write(bench.open_file(), &whole[..len]).unwrap();
        let before = bench.store.read(bench.key, None).unwrap().lines(LineQuery { from: 1, count: 9, line_bytes: 99 }).unwrap();
        let sealed = bench.store.recover(bench.key, "the server stopped").unwrap();
        let LogBody::Inline(bytes) = sealed.body else { panic!("small logs are inline") };
        bench.store.discard(bench.key).unwrap();
        let mut reader = bench.store.read(bench.key, Some(bytes)).unwrap();
        let texts: Vec<_> = all_lines(&mut reader, 99).into_iter().map(|line| line.3).collect();
        let (remark, lines) = texts.split_last().unwrap();
        assert_eq!(remark, "[execgov: the server stopped]");
        assert_eq!(lines, &all[..lines.len()], "cut at {len}");
        assert_eq!(before.lines.len(), lines.len(), "readable before recovery too");
        assert_eq!(reader.digest().unwrap(), sealed.seal.sha256);
        assert_eq!(sealed.seal.lines, texts.len() as u64);
        assert!(lines.len() >= most, "more bytes never give fewer lines");
        most = lines.len();
    }
    assert_eq!(most, all.len());
}

#[test]
fn a_run_that_left_no_file_recovers_to_the_remark_alone() {
    let bench = Bench::new();
    let sealed = bench.store.recover(bench.key, "gone\nfor good").unwrap();
    let LogBody::Inline(bytes) = sealed.body else { panic!("inline") };
    let lines = all_lines(&mut bench.store.read(bench.key, Some(bytes)).unwrap(), 99);
    assert_eq!(lines.iter().map(|line| line.3.as_str()).collect::<Vec<_>>(), ["[execgov: gone for good]"]);
    assert_eq!((sealed.seal.lines, sealed.seal.bytes), (1, 0));
}

#[test]
fn a_sealed_file_is_recovered_as_it_is() {
    let bench = Bench::new();
    let blocks = [Block { stream: Stream::Stdout, bytes: "a line of some length\n".repeat(500).into_bytes() }];
    let sealed = bench.write(&blocks, u64::MAX);
    let again = LogStore::open(bench.dir.path(), bench.clock.clone()).unwrap();
    let recovered = again.recover(bench.key, "unwanted").unwrap();
    assert_eq!((recovered.seal, recovered.body), (sealed.seal, LogBody::File));
}

#[test]
fn a_packed_log_with_a_flipped_byte_never_reads_as_sound() {
    let bench = Bench::new();
    let text = (0..400).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    let sealed = bench.write(&[Block { stream: Stream::Stdout, bytes: text.into_bytes() }], u64::MAX);
    bench.store.settle_blocking(bench.key, &sealed.seal).unwrap();
    let path = bench.dir.path().join(format!("{:02x}", bench.key.run.bytes()[15])).join(bench.key.file_name());
    let sound = fs::read(&path).unwrap();
    let expected = all_lines(&mut bench.store.read(bench.key, None).unwrap(), 99);
    let mut noticed = 0;
    for at in 0..sound.len() {
        let mut bad = sound.clone();
        bad[at] ^= 0x10;
        fs::write(&path, &bad).unwrap();
        let read = bench.store.read(bench.key, None).and_then(|mut reader| {
            let page = reader.lines(LineQuery { from: 1, count: 1000, line_bytes: 99 })?;
            Ok((page.lines.into_iter().map(plain).collect::<Vec<_>>(), reader.digest()?, reader.stats().seal))
        });
        match read {
            Err(_) => noticed += 1,
            // A few bits of the compressed form mean nothing.
            Ok(read) => assert_eq!(read, (expected.clone(), sealed.seal.sha256.clone(), Some(sealed.seal.clone())), "byte {at}"),
        }
    }
    assert!(noticed + 8 > sound.len(), "{noticed} of {} flips were noticed", sound.len());
}

#[test]
fn searches_find_every_hit_in_bounded_steps() {
    let bench = Bench::new();
    let text =
        (1..=500).map(|n| format!("row {n} {}\n", if n % 100 == 7 { "中 ERROR and error" } else { "fine" })).collect::<Vec<_>>().concat();
    bench.write(&[Block { stream: Stream::Stdout, bytes: text.into_bytes() }], u64::MAX);
    let mut reader = bench.store.read(bench.key, None).unwrap();
    let mut find = |wanted, case, step, limit| {
        let search = Search::new(wanted, case).unwrap().step_bytes(step);
        let (mut found, mut from, mut steps) = (Vec::new(), Some(1), 0);
        while let Some(first) = from {
            let page = reader.search(&search, first, limit).unwrap();
            found.extend(page.hits.iter().map(|hit| (hit.line, hit.column, hit.length)));
            from = page.next;
            steps += 1;
        }
        (found, steps)
    };
    let exact = [(7, 9, 5), (107, 11, 5), (207, 11, 5), (307, 11, 5), (407, 11, 5)];
    for (step, limit) in [(u64::MAX, 100), (1, 100), (500, 1), (u64::MAX, 1)] {
        assert_eq!(find(Wanted::Text("ERROR"), Case::Exact, step, limit).0, exact, "step {step} limit {limit}");
        assert_eq!(find(Wanted::Pattern("ERR[A-Z]+"), Case::Exact, step, limit).0, exact);
    }
    assert_eq!(find(Wanted::Text("error"), Case::Ignore, 500, 100).0.len(), 10);
    assert_eq!(find(Wanted::Pattern(r"^row 500 fine$"), Case::Exact, u64::MAX, 100).0, [(500, 1, 12)]);
    assert_eq!(find(Wanted::Pattern(r"fine\nrow"), Case::Exact, u64::MAX, 100).0, []);
    assert!(find(Wanted::Text("ERROR"), Case::Exact, 1, 100).1 > 1, "a small step is continued");
    for bad in
        [Wanted::Text(""), Wanted::Text("a\nb"), Wanted::Pattern("("), Wanted::Pattern("(a{500}){500}"), Wanted::Text(&"x".repeat(1001))]
    {
        assert!(matches!(Search::new(bad, Case::Exact), Err(LogError::Pattern(_))), "{bad:?}");
    }
}

/// Masks `secret`, which may come in pieces, by keeping back what could be its beginning.
#[derive(Default)]
struct Mask([Vec<u8>; 2]);

impl Filter for Mask {
    fn pass(&mut self, stream: Stream, block: &[u8], out: &mut Vec<u8>) {
        let held = &mut self.0[stream.place()];
        held.extend_from_slice(block);
        let text = String::from_utf8(std::mem::take(held)).unwrap().replace("secret", "[masked]");
        let back = (1..6).rev().find(|len| text.ends_with(&"secret"[..*len])).unwrap_or(0);
        let (now, later) = text.split_at(text.len() - back);
        out.extend_from_slice(now.as_bytes());
        held.extend_from_slice(later.as_bytes());
    }

    fn finish(&mut self, stream: Stream, out: &mut Vec<u8>) {
        out.append(&mut self.0[stream.place()]);
    }
}

#[test]
fn a_filter_sees_every_byte_before_it_is_stored() {
    let bench = Bench::new();
    let options = LogOptions { output_bytes: u64::MAX, filter: Some(Box::new(Mask::default())) };
    let mut writer = bench.store.start(bench.key, options);
    for (stream, text) in [(Stream::Stdout, "a sec"), (Stream::Stderr, "ret s"), (Stream::Stdout, "ret b\nsecre")] {
        writer.add(stream, text.as_bytes());
    }
    writer.finish_blocking();
    let stored = fs::read(bench.open_file()).unwrap();
    assert!(!stored.windows(6).any(|window| window == b"secret"));
    let lines = all_lines(&mut bench.store.read(bench.key, None).unwrap(), 99);
    let texts: Vec<_> = lines.iter().map(|line| line.3.as_str()).collect();
    assert_eq!(texts, ["a [masked] b", "secre", "ret s"]);
}

#[test]
fn exports_carry_times_streams_and_ranges() {
    let bench = Bench::new();
    bench.write(&some_blocks(), u64::MAX);
    let export = |range, form| {
        let mut export = bench.store.read(bench.key, None).unwrap().export(range, form).unwrap();
        String::from_utf8(std::iter::from_fn(|| export.chunk().unwrap()).flatten().collect()).unwrap()
    };
    assert_eq!(export(2..=3, ExportForm::Plain), "oops\nsecond\n");
    let timed = "1970-01-01T00:00:01.000000Z stderr oops\n1970-01-01T00:00:00.000000Z stdout second\n";
    assert_eq!(export(2..=3, ExportForm::Timed), timed);
    assert_eq!(
        export(4..=4, ExportForm::JsonLines),
        "{\"n\":4,\"at\":\"1970-01-01T00:00:02Z\",\"stream\":\"stdout\",\"text\":\"third\"}\n"
    );
    assert_eq!(export(9..=12, ExportForm::Plain), "");
}

#[test]
fn progress_and_loss_are_told_to_followers() {
    let bench = Bench::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut writer = bench.store.start(bench.key, LogOptions { output_bytes: u64::MAX, filter: None });
    let mut follow = bench.store.read(bench.key, None).unwrap().follow(1).unwrap();
    writer.add(Stream::Stdout, b"##[progress 30] reading\n");
    let event = runtime.block_on(follow.next()).unwrap();
    let Some(FollowEvent::Lines { progress: Some(progress), .. }) = event else { panic!("{event:?}") };
    assert_eq!((progress.percent, progress.text.as_str()), (30, "reading"));
    assert_eq!(bench.store.read(bench.key, None).unwrap().stats().progress, Some(progress));
    drop(writer);
    assert_eq!(runtime.block_on(follow.next()).unwrap(), Some(FollowEvent::Lost));
    assert_eq!(runtime.block_on(follow.next()).unwrap(), None);
}

#[test]
fn missing_logs_are_said_to_be_missing() {
    let bench = Bench::new();
    assert!(matches!(bench.store.read(bench.key, None), Err(LogError::Missing(_))));
    bench.write(&some_blocks(), u64::MAX);
    bench.store.delete(bench.key).unwrap();
    assert!(matches!(bench.store.read(bench.key, None), Err(LogError::Missing(_))));
    bench.store.delete(bench.key).unwrap();
}

#[test]
fn a_run_goes_on_when_its_log_cannot_be_written() {
    let bench = Bench::new();
    fs::remove_dir(bench.dir.path().join("open")).unwrap();
    let mut writer = bench.store.start(bench.key, LogOptions { output_bytes: 1000, filter: None });
    bench.add(&mut writer, &some_blocks());
    let sealed = writer.finish_blocking();
    let output: usize = some_blocks().iter().map(|block| block.bytes.len()).sum();
    assert_eq!((sealed.seal.lines, sealed.seal.bytes, sealed.seal.dropped_bytes), (0, 0, output as u64));
    assert!(matches!(sealed.trouble, Some(LogError::Io { action: "write", .. })), "{:?}", sealed.trouble);
}
