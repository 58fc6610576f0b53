//! The audit log under attack: whatever is done to its bytes, the verifier says so and names the first bad entry.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use execgov::base::clock::{ManualClock, Timestamp};
use execgov::crypto::checkpoint::Checkpoint;
use execgov::crypto::key::SigningKey;
use execgov::crypto::merkle::{Frontier, leaf_hash, perfect_root};
use execgov::crypto::note::Verifier;
use execgov::crypto::{LogSigner, proof, tiles};
use execgov::store::audit::{Problem, VerifyReport, export, export_ledger, verify_export, verify_ledger, verify_snapshot};
use execgov::store::{Commit, Ledger};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use super::ledger::{event, options};
use super::raw;

/// Two full bundles and a tail.
const ENTRIES: u64 = 600;
const ORIGIN: &str = "execgov.test/log";

fn signer() -> LogSigner {
    LogSigner::new(ORIGIN, SigningKey::from_bytes(&[7; 32]))
}

fn key() -> Verifier {
    signer().verifier()
}

/// A ledger with a log of some entries, written in commits of different sizes.
fn write_log(dir: &Path, entries: u64) -> Ledger {
    let ledger = Ledger::open(dir, options(Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH)))).expect("opens");
    let mut written = 0;
    for size in [1, 254, 3, 200, 90].into_iter().cycle() {
        let mut commit = Commit::new();
        let count = size.min(entries - written);
        (written..written + count).for_each(|n| drop_ref(commit.event(event(Timestamp::UNIX_EPOCH, "pet.feed", &format!("number {n}")))));
        written += count;
        ledger.commit_blocking(commit).expect("applied");
        if written == entries {
            return ledger;
        }
    }
    unreachable!("the cycle has no end")
}

fn drop_ref<T>(_: &mut T) {}

fn exported(dir: &Path, name: &str) -> PathBuf {
    let ledger = write_log(dir, ENTRIES);
    let path = dir.join(name);
    export(&ledger.read().expect("a view"), &key(), &path).expect("exported");
    path
}

fn check(path: &Path) -> VerifyReport {
    verify_export(path, &key(), None).expect("an export")
}

#[test]
fn a_sound_log_verifies_in_every_form() {
    for entries in [1, 255, 256, 257, ENTRIES] {
        let dir = tempfile::tempdir().expect("directory");
        let ledger = write_log(dir.path(), entries);
        let view = ledger.read().expect("a view");
        let report = verify_snapshot(&view, &key(), None, &mut |_| {});
        assert_eq!((report.ok, report.entries, report.sentence.as_deref()), (true, entries, None));
        for name in ["export", "export.tar", "export.tar.zst"] {
            let path = dir.path().join(name);
            let written = export(&view, &key(), &path).expect("exported");
            assert_eq!(written.entries, entries);
            assert_eq!(check(&path), report, "{name} of {entries}");
            assert!(export(&view, &key(), &path).is_err(), "an export is not overwritten");
        }
        drop(view);
        ledger.close();
        let file = dir.path().join("ledger.redb");
        assert_eq!(verify_ledger(&file, &key(), Some(&report.checkpoint)).expect("a ledger"), report);
    }
}

#[test]
fn a_running_ledger_is_not_opened_by_the_verifier() {
    let dir = tempfile::tempdir().expect("directory");
    let _ledger = write_log(dir.path(), 3);
    let refused = verify_ledger(&dir.path().join("ledger.redb"), &key(), None).expect_err("in use");
    assert!(refused.to_string().contains("another process"), "{refused}");
}

#[test]
fn every_entry_can_be_proven() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = write_log(dir.path(), ENTRIES);
    let view = ledger.read().expect("a view");
    let head = Checkpoint::open(&view.checkpoint().expect("readable"), &key()).expect("signed");
    let events = view.events(0..ENTRIES + 5).expect("readable");
    assert_eq!(events.len() as u64, ENTRIES);
    for logged in events.iter().step_by(7) {
        let shown = view.inclusion_proof(logged.index).expect("readable").expect("in the log");
        assert_eq!((shown.leaf_hash, shown.size), (leaf_hash(&logged.raw), head.size));
        assert!(proof::verify_inclusion(&shown.leaf_hash, logged.index, head.size, &shown.hashes, &head.root), "{}", logged.index);
    }
    assert!(view.inclusion_proof(ENTRIES).expect("readable").is_none());
    let mut frontier = Frontier::default();
    for logged in events {
        frontier.push(leaf_hash(&logged.raw));
        if frontier.size() % 11 != 0 {
            continue;
        }
        let shown = view.consistency_proof(frontier.size()).expect("readable").expect("was that long");
        assert!(proof::verify_consistency(frontier.size(), &frontier.root(), head.size, &head.root, &shown.hashes), "{}", frontier.size());
    }
    assert_eq!(view.events(255..258).expect("readable").iter().map(|logged| logged.index).collect::<Vec<_>>(), [255, 256, 257]);
}

/// Every file of an export, with its bytes.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(root).expect("below").display().to_string(), fs::read(&path).expect("readable")));
            }
        }
    }
    found.sort();
    found
}

/// The first entry that a changed byte of an export makes bad.
fn expected_bad(name: &str, bytes: &[u8], offset: usize) -> Option<u64> {
    let number = |text: &str| text.split('.').next().and_then(|text| text.parse::<u64>().ok()).expect("a tile number");
    if let Some(bundle) = name.strip_prefix("tile/entries/") {
        let (mut at, mut index) = (0, 0);
        while at < bytes.len() {
            at += 2 + usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
            if offset < at {
                break;
            }
            index += 1;
        }
        return Some(number(bundle) * 256 + index);
    }
    let place = name.strip_prefix("tile/")?;
    let (level, tile) = place.split_once('/').expect("level and tile");
    Some((number(tile) * 256 + offset as u64 / 32) * if level == "0" { 1 } else { 256 })
}

/// G01: one flipped byte, at a thousand places.
#[test]
fn a_flipped_byte_is_found_and_named() {
    let dir = tempfile::tempdir().expect("directory");
    let root = exported(dir.path(), "export");
    let files: Vec<_> = files(&root).into_iter().filter(|(name, _)| name != "key").collect();
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut seen = std::collections::BTreeSet::new();
    for sample in 0..1_000_usize {
        // Every file is hit many times: half of the samples are spread over files, half over bytes.
        let spread = sample * 7_919;
        let (name, bytes, offset) = if sample % 2 == 0 {
            let (name, bytes) = &files[sample / 2 % files.len()];
            (name, bytes, spread % bytes.len())
        } else {
            let mut offset = spread * 104_729 % total;
            let at = files
                .iter()
                .position(|(_, bytes)| {
                    offset < bytes.len() || {
                        offset -= bytes.len();
                        false
                    }
                })
                .expect("inside");
            (&files[at].0, &files[at].1, offset)
        };
        let mut bent = bytes.clone();
        bent[offset] ^= 1 << (sample % 8);
        fs::write(root.join(name), &bent).expect("written");
        let report = check(&root);
        assert!(!report.ok, "{name} at {offset}");
        assert_eq!(report.first_bad, expected_bad(name, bytes, offset), "{name} at {offset}: {:?}", report.problem);
        fs::write(root.join(name), bytes).expect("written");
        seen.insert(name);
    }
    assert_eq!(seen.len(), files.len(), "every file was hit");
    assert!(check(&root).ok, "all is as it was");
}

/// The entries of a bundle of an export.
fn entries_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    tiles::entries(bytes).map(|entry| entry.expect("whole").to_vec()).collect()
}

fn bundle_of(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    entries.iter().for_each(|entry| assert!(tiles::push_entry(&mut bytes, entry)));
    bytes
}

#[test]
fn each_deed_is_named() {
    type Deed = fn(&mut Vec<Vec<u8>>);
    let deeds: [(Deed, Problem); 7] = [
        (|entries| entries[9] = b"{}".to_vec(), Problem::Changed { index: 265 }),
        (|entries| drop(entries.remove(9)), Problem::Missing { index: 265 }),
        (|entries| entries.insert(9, b"{}".to_vec()), Problem::Inserted { index: 265 }),
        (|entries| entries.swap(9, 99), Problem::Swapped { index: 265, with: 355 }),
        (|entries| entries.insert(9, entries[3].clone()), Problem::Duplicated { index: 265, of: 259 }),
        (|entries| entries.truncate(100), Problem::Missing { index: 356 }),
        (|entries| entries.rotate_left(1), Problem::Moved { index: 256 }),
    ];
    let dir = tempfile::tempdir().expect("directory");
    let root = exported(dir.path(), "export");
    let file = root.join("tile/entries/001");
    let sound = fs::read(&file).expect("readable");
    for (deed, expected) in deeds {
        let mut entries = entries_of(&sound);
        deed(&mut entries);
        fs::write(&file, bundle_of(&entries)).expect("written");
        let report = check(&root);
        assert_eq!((report.problem.as_ref(), report.first_bad), (Some(&expected), expected.first_bad()));
    }
    fs::remove_file(&file).expect("removed");
    assert_eq!(check(&root).problem, Some(Problem::Missing { index: 256 }));
    fs::write(&file, &sound).expect("written");
    fs::write(root.join("tile/entries/002.p/89"), bundle_of(&[b"{}".to_vec()])).expect("written");
    assert_eq!(check(&root).problem, Some(Problem::Unsigned { index: ENTRIES }));
}

/// Somebody who can write everything but the signature: entries and all hashes above them agree.
#[test]
fn recomputed_hashes_lead_to_the_last_root_that_was_signed() {
    let dir = tempfile::tempdir().expect("directory");
    let root = exported(dir.path(), "export");
    rewrite_entry(&root, 1, 100);
    let report = check(&root);
    let Some(Problem::Root { from, to }) = report.problem else { panic!("{:?}", report.problem) };
    assert!(from <= 356 && 356 < to && to <= ENTRIES, "{from}..{to} of signed sizes");
    assert!(from >= 256, "the first bundle is proven by a checkpoint of its own");
}

/// Changes one entry of an export and everything above it but the checkpoint.
fn rewrite_entry(root: &Path, bundle: usize, at: usize) {
    let file = root.join(format!("tile/entries/{bundle:03}"));
    let mut entries = entries_of(&fs::read(&file).expect("readable"));
    entries[at] = b"{\"forged\":true}".to_vec();
    fs::write(&file, bundle_of(&entries)).expect("written");
    let mut hashes: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    fs::write(root.join(format!("tile/0/{bundle:03}")), hashes.as_flattened()).expect("written");
    let above = root.join("tile/1/000.p/2");
    let mut tile = fs::read(&above).expect("readable");
    tile[32 * bundle..32 * (bundle + 1)].copy_from_slice(&perfect_root(&mut hashes));
    fs::write(&above, tile).expect("written");
}

/// Somebody who even has the key: only a checkpoint that was kept elsewhere tells.
#[test]
fn a_checkpoint_held_elsewhere_tells_of_rollback_and_rewriting() {
    let dir = tempfile::tempdir().expect("directory");
    let (early, late) = (dir.path().join("early"), dir.path().join("late"));
    let ledger = write_log(dir.path(), 300);
    export(&ledger.read().expect("a view"), &key(), &early).expect("exported");
    let older = ledger.read().expect("a view").checkpoint().expect("readable");
    drop(ledger);
    let ledger = write_log(dir.path(), 300);
    let newer = ledger.read().expect("a view").checkpoint().expect("readable");
    export(&ledger.read().expect("a view"), &key(), &late).expect("exported");
    assert!(check(&early).ok && verify_export(&late, &key(), Some(&older)).expect("an export").ok);
    let report = verify_export(&early, &key(), Some(&newer)).expect("an export");
    assert_eq!((report.first_bad, report.problem), (Some(300), Some(Problem::RolledBack { held: 600, found: 300 })));
    // A log of the same length with another past, signed with the right key.
    let forged = tempfile::tempdir().expect("directory");
    let other = Ledger::open(forged.path(), options(Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH)))).expect("opens");
    let mut commit = Commit::new();
    (0..700).for_each(|n| drop_ref(commit.event(event(Timestamp::UNIX_EPOCH, "forged", &n.to_string()))));
    other.commit_blocking(commit).expect("applied");
    let report = verify_snapshot(&other.read().expect("a view"), &key(), Some(&older), &mut |_| {});
    assert_eq!(report.problem, Some(Problem::Rewritten { from: 0, to: 300 }));
    for useless in ["", "nonsense", &older.replace("300", "301")] {
        let report = verify_export(&late, &key(), Some(useless)).expect("an export");
        assert!(matches!(report.problem, Some(Problem::OlderCheckpoint { .. })), "{useless}: {:?}", report.problem);
    }
    let stranger = LogSigner::new(ORIGIN, SigningKey::from_bytes(&[8; 32])).verifier();
    let report = verify_export(&late, &stranger, None).expect("an export");
    assert!(matches!(report.problem, Some(Problem::Checkpoint { .. })) && report.first_bad.is_none());
}

#[test]
fn what_is_no_export_is_refused_with_a_sentence() {
    let dir = tempfile::tempdir().expect("directory");
    let missing = verify_export(&dir.path().join("none"), &key(), None).expect_err("no such file");
    assert!(missing.to_string().starts_with("open the export"), "{missing}");
    let empty = verify_export(dir.path(), &key(), None).expect_err("an empty directory");
    assert!(empty.to_string().contains("no file `checkpoint`"), "{empty}");
    let junk = dir.path().join("junk.tar");
    fs::write(&junk, [7; 2_000]).expect("written");
    assert!(verify_export(&junk, &key(), None).is_err());
    let mut twice = tar::Builder::new(Vec::new());
    for text in ["a", "b"] {
        let mut header = tar::Header::new_ustar();
        header.set_size(1);
        twice.append_data(&mut header, "checkpoint", text.as_bytes()).expect("memory");
    }
    fs::write(&junk, twice.into_inner().expect("memory")).expect("written");
    assert!(verify_export(&junk, &key(), None).expect_err("ambiguous").to_string().contains("twice"));
}

/// Changes one row of a closed ledger file; the closure gets the value and answers with the new one.
fn tamper(file: &Path, table: &str, pick: impl Fn(&[u8]) -> bool, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) {
    let database = redb::Database::open(file).expect("opens");
    let definition = TableDefinition::<&[u8], &[u8]>::new(table);
    let (key, value) = {
        let read = database.begin_read().expect("a view");
        let rows = read.open_table(definition).expect("there");
        let row = rows.iter().expect("readable").map(|row| row.expect("readable")).find(|(key, _)| pick(key.value()));
        let (key, value) = row.expect("such a row");
        (key.value().to_vec(), value.value().to_vec())
    };
    let write = database.begin_write().expect("a transaction");
    {
        let mut rows = write.open_table(definition).expect("there");
        match change(value) {
            Some(value) => drop(rows.insert(key.as_slice(), value.as_slice()).expect("written")),
            None => drop(rows.remove(key.as_slice()).expect("removed")),
        }
    }
    write.commit().expect("committed");
}

fn is_index(index: u64) -> impl Fn(&[u8]) -> bool {
    move |key| key == index.to_be_bytes()
}

fn flip(at: usize) -> impl Fn(Vec<u8>) -> Option<Vec<u8>> {
    move |mut value| {
        let at = at.min(value.len() - 1);
        value[at] ^= 4;
        Some(value)
    }
}

#[test]
fn a_ledger_file_that_was_changed_is_found_out() {
    type Pick = Box<dyn Fn(&[u8]) -> bool>;
    type Change = Box<dyn Fn(Vec<u8>) -> Option<Vec<u8>>>;
    let piece =
        |bundle: u64, piece: u16| -> Pick { Box::new(move |key| key == [&bundle.to_be_bytes()[..], &piece.to_be_bytes()].concat()) };
    let meta = |name: &'static str| -> Pick { Box::new(move |key| key == name.as_bytes()) };
    let cases: Vec<(&str, Pick, Change, std::ops::Range<u64>)> = vec![
        ("_log_tail", Box::new(is_index(530)), Box::new(flip(60)), 530..531),
        ("_log_tail", Box::new(is_index(530)), Box::new(flip(3)), 530..531),
        ("_log_tail", Box::new(is_index(530)), Box::new(|_| None), 530..531),
        ("_log_tail", Box::new(is_index(599)), Box::new(|_| None), 599..600),
        ("_log_bundle", piece(1, 0), Box::new(flip(2_000)), 256..512),
        ("_log_bundle", piece(1, 0), Box::new(flip(0)), 256..257),
        ("_log_bundle", piece(1, 1), Box::new(|_| None), 256..512),
        ("_log_bundle", piece(0, 0), Box::new(|_| None), 0..1),
        ("_log_tile", Box::new(|_| true), Box::new(flip(40)), 256..257),
        ("_log_tile", Box::new(|_| true), Box::new(|_| None), 0..1),
        ("_meta", meta("log.checkpoint"), Box::new(flip(30)), 0..0),
        ("_log_checkpoint", Box::new(|_| true), Box::new(flip(30)), 0..0),
    ];
    let dir = tempfile::tempdir().expect("directory");
    write_log(dir.path(), ENTRIES).close();
    let (sound, file) = (dir.path().join("ledger.redb"), dir.path().join("bad.redb"));
    for (at, (table, pick, change, expected)) in cases.into_iter().enumerate() {
        fs::copy(&sound, &file).expect("copied");
        tamper(&file, table, pick, change);
        let report = verify_ledger(&file, &key(), None).expect("a ledger");
        assert!(!report.ok, "case {at}");
        match report.first_bad {
            Some(bad) => assert!(expected.contains(&bad), "case {at}: {:?}", report.problem),
            None => assert!(expected.is_empty(), "case {at}: {:?}", report.problem),
        }
    }
    // A tail row that was changed together with its hash: only the signed root tells, and names the range.
    fs::copy(&sound, &file).expect("copied");
    tamper(&file, "_log_tail", is_index(530), |_| Some([&leaf_hash(b"{}")[..], b"{}"].concat()));
    let report = verify_ledger(&file, &key(), None).expect("a ledger");
    assert!(matches!(report.problem, Some(Problem::Root { from, to }) if (256..=530).contains(&from) && to > 530), "{:?}", report.problem);
}

/// G01: bytes of the file itself, also those of the database around the log. A file whose log is not what was signed is
/// never accepted: whatever verifies gives out the same log, byte for byte, and flips in rows of the log do not verify.
#[test]
fn flips_anywhere_in_the_file_never_mislead() {
    let dir = tempfile::tempdir().expect("directory");
    write_log(dir.path(), ENTRIES).close();
    let (file, copy, out) = (dir.path().join("ledger.redb"), dir.path().join("copy.redb"), dir.path().join("out.tar"));
    let sound = fs::read(&file).expect("readable");
    let before = verify_ledger(&file, &key(), None).expect("a ledger");
    let given_out = || {
        export_ledger(&file, &key(), &out).expect("exported");
        let bytes = fs::read(&out).expect("readable");
        fs::remove_file(&out).expect("removed");
        bytes
    };
    let log = given_out();
    let rows_of = |bytes: &[u8]| {
        fs::write(&copy, bytes).expect("written");
        // The index for the explorer says nothing by itself: what it finds is looked up in the log.
        raw::rows(&copy, |table| table.starts_with("_log") && table != "_log_term")
    };
    let rows = rows_of(&sound).expect("readable");
    let used: Vec<usize> = (0..sound.len()).filter(|at| sound[*at] != 0).collect();
    let (mut detected, mut harmless, mut changed) = (0, 0, 0);
    for sample in 0..400_usize {
        let at = used[sample * 104_729 % used.len()];
        let mut bent = sound.clone();
        bent[at] ^= 1 << (sample % 8);
        let touched = rows_of(&bent).as_ref() != Some(&rows);
        changed += usize::from(touched);
        fs::write(&file, bent).expect("written");
        match verify_ledger(&file, &key(), None) {
            Ok(report) if report.ok => {
                assert_eq!(report, before, "byte {at}");
                assert!(given_out() == log, "byte {at}: another log was accepted");
                harmless += 1;
            }
            Ok(_) | Err(_) => detected += 1,
        }
    }
    assert_eq!(detected + harmless, 400);
    println!("{detected} detected, {harmless} outside the log, {changed} in rows of the log");
    assert!(changed > 0 && detected >= changed, "{detected} detected, {changed} touched a row of the log");
}

/// G10: anybody can check an export with what every machine has.
#[test]
fn python_comes_to_the_same_verdict() {
    let dir = tempfile::tempdir().expect("directory");
    let root = exported(dir.path(), "export");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify_export.py");
    let run = || {
        let done = std::process::Command::new("python3").arg(&script).arg(&root).arg(key().to_string()).output().expect("python3 runs");
        (done.status.success(), String::from_utf8_lossy(&done.stdout).trim().to_owned() + &String::from_utf8_lossy(&done.stderr))
    };
    let head = Checkpoint::open(&check(&root).checkpoint, &key()).expect("signed");
    assert_eq!(run(), (true, format!("ok {} {}", head.size, hex::encode(head.root))));
    let file = root.join("tile/entries/001");
    let sound = fs::read(&file).expect("readable");
    let mut entries = entries_of(&sound);
    entries[9] = b"{}".to_vec();
    fs::write(&file, bundle_of(&entries)).expect("written");
    assert_eq!(run(), (false, "entry 265 is wrong".to_owned()));
    fs::write(&file, &sound).expect("written");
    let checkpoint = fs::read_to_string(root.join("checkpoint")).expect("readable");
    fs::write(root.join("checkpoint"), checkpoint.replace("\n600\n", "\n599\n")).expect("written");
    assert_eq!(run(), (false, "the signature of the checkpoint is wrong".to_owned()));
}

/// How fast a log is verified, compared with only reading and hashing its bytes. Prints; `EXECGOV_TEST_EVENTS` sets the size.
#[test]
fn verification_keeps_up_with_hashing() {
    let events = std::env::var("EXECGOV_TEST_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000_u64);
    let dir = tempfile::tempdir().expect("directory");
    let ledger = Ledger::open(dir.path(), options(Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH)))).expect("opens");
    let padding = "x".repeat(100);
    for part in 0..events.div_ceil(5_000) {
        let mut commit = Commit::new();
        for n in part * 5_000..events.min((part + 1) * 5_000) {
            let digest = execgov::crypto::digest::sha256_hex(&n.to_be_bytes());
            commit.event(event(Timestamp::UNIX_EPOCH, "run.finish", &format!("{digest}{padding}")));
        }
        ledger.commit_blocking(commit).expect("applied");
    }
    let path = dir.path().join("export.tar");
    export(&ledger.read().expect("a view"), &key(), &path).expect("exported");
    ledger.close();
    let bytes: usize = fs::metadata(&path).expect("there").len().try_into().expect("small");
    let timed = |work: &mut dyn FnMut()| {
        (0..3)
            .map(|_| {
                let begun = std::time::Instant::now();
                work();
                begun.elapsed()
            })
            .min()
            .expect("three")
    };
    let hashing = timed(&mut || assert_ne!(execgov::crypto::digest::sha256(&fs::read(&path).expect("readable")), [0; 32]));
    let export = timed(&mut || assert!(check(&path).ok));
    let file = dir.path().join("ledger.redb");
    let kept = timed(&mut || assert!(verify_ledger(&file, &key(), None).expect("a ledger").ok));
    let ratio = |took: std::time::Duration| took.as_secs_f64() / hashing.as_secs_f64();
    println!("{events} events, {bytes} bytes: hashing {hashing:?}, export x{:.2}, ledger x{:.2}", ratio(export), ratio(kept));
    assert!(check(&path).entries == events);
}
