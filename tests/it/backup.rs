//! Backups and the check of a whole ledger: made while it works, restored whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use execgov::base::clock::{Clock, SystemClock, Timestamp};
use execgov::store::backup::{self, BackupError, Plain};
use execgov::store::check::{Kind, check};
use execgov::store::{Commit, Ledger, Scan};
use redb::TableDefinition;

use super::appliance::Appliance;
use super::ledger::{Pet, event, open, options, pet};
use super::person::Person;
use super::raw;

fn fill(ledger: &Ledger, ids: std::ops::Range<u32>) {
    for ids in ids.collect::<Vec<_>>().chunks(50) {
        let mut commit = Commit::new();
        for id in ids {
            commit.insert(&pet(*id, &format!("pet {id}"), 1)).event(event(SystemClock.now(), "pet.add", &id.to_string()));
        }
        ledger.commit_blocking(commit).expect("applied");
    }
}

/// A data directory with a bit of everything.
fn data_dir(dir: &Path) -> (PathBuf, Ledger) {
    let data = dir.join("data");
    for (name, text) in [
        ("install-id", "abc\n"),
        ("setup-token", "secret"),
        ("lock", "1\n"),
        ("keys/log.pem", "key"),
        ("blobs/ab/cdef", "content"),
        ("blobs/tmp/put-1", "half"),
        ("logs/2026/run.log", "line\n"),
        ("packages/d1/main.py", "print()"),
    ] {
        let path = data.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
    let ledger = open(&data);
    fill(&ledger, 0..300);
    (data, ledger)
}

fn backed_up(dir: &Path) -> (Ledger, PathBuf) {
    let (data, ledger) = data_dir(dir);
    let file = dir.join("backup.egb");
    backup::create(&data, &ledger, &file, Timestamp::UNIX_EPOCH, &Plain).expect("made");
    (ledger, file)
}

#[test]
fn a_backup_of_a_working_ledger_restores() {
    let dir = tempfile::tempdir().expect("directory");
    let (data, ledger) = data_dir(dir.path());
    let file = dir.path().join("backup.egb");
    let made = std::thread::scope(|scope| {
        let busy = scope.spawn(|| (300..400).for_each(|id| fill(&ledger, id..id + 1)));
        let made = backup::create(&data, &ledger, &file, Timestamp::UNIX_EPOCH, &Plain).expect("made");
        busy.join().expect("no panic");
        made
    });
    assert!((300..=400).contains(&made.entries) && made.backup_bytes > 0, "{made:?}");
    assert!(matches!(backup::create(&data, &ledger, &file, Timestamp::UNIX_EPOCH, &Plain), Err(BackupError::Exists { .. })));
    let key = ledger.verifier().clone();
    assert_eq!(backup::verify(&file, Some(&key), &Plain).expect("sound"), made);
    let restored = dir.path().join("restored");
    assert_eq!(backup::restore(&file, &restored, Some(&key), &Plain).expect("restored"), made);
    let read = |name: &str| fs::read_to_string(restored.join(name)).ok();
    assert_eq!(read("keys/log.pem").as_deref(), Some("key"));
    assert_eq!(read("blobs/ab/cdef").as_deref(), Some("content"));
    assert_eq!(read("logs/2026/run.log").as_deref(), Some("line\n"));
    assert_eq!(read("install-id").as_deref(), Some("abc\n"));
    for left_out in ["setup-token", "lock", "blobs/tmp/put-1", "packages/d1/main.py", "manifest.json"] {
        assert_eq!(read(left_out), None, "{left_out}");
    }
    let again = Ledger::open(&restored, options(Arc::new(SystemClock))).expect("opens");
    let view = again.read().expect("a view");
    assert_eq!(view.count::<Pet>(&Scan::table(b"")).expect("readable"), made.entries);
    assert_eq!(view.checkpoint().expect("readable"), made.about.checkpoint);
    fill(&again, 1000..1001);
    let leftovers: Vec<_> = fs::read_dir(dir.path()).expect("readable").map(|entry| entry.expect("readable").file_name()).collect();
    assert_eq!(leftovers.len(), 3, "{leftovers:?}");
}

#[test]
fn a_bad_backup_restores_nothing() {
    let dir = tempfile::tempdir().expect("directory");
    let (_ledger, file) = backed_up(dir.path());
    let sound = fs::read(&file).expect("readable");
    let target = dir.path().join("restored");
    for sample in 0..60 {
        let mut bent = sound.clone();
        if sample % 3 == 0 {
            bent.truncate(sample * 104_729 % sound.len());
        } else {
            bent[sample * 104_729 % sound.len()] ^= 1 << (sample % 8);
        }
        fs::write(&file, bent).expect("written");
        let refused = backup::restore(&file, &target, None, &Plain);
        assert!(refused.is_err(), "sample {sample}");
        assert!(!target.exists(), "sample {sample} left something behind");
    }
    fs::write(&file, &sound).expect("written");
    fs::create_dir_all(target.join("x")).expect("made");
    assert!(matches!(backup::restore(&file, &target, None, &Plain), Err(BackupError::NotEmpty { .. })));
    fs::remove_dir(target.join("x")).expect("removed");
    let stranger = execgov::crypto::LogSigner::new("other", execgov::crypto::key::generate()).verifier();
    assert!(matches!(backup::restore(&file, &target, Some(&stranger), &Plain), Err(BackupError::Log(_))));
    backup::restore(&file, &target, None, &Plain).expect("an empty directory will do");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("evil");
    for name in ["../evil.txt", "/tmp/evil.txt", "a/../../evil.txt"] {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        header.as_gnu_mut().expect("gnu").name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, &b"x"[..]).expect("memory");
        fs::write(&file, zstd::bulk::compress(&tar.into_inner().expect("memory"), 1).expect("packed")).expect("written");
        let refused = backup::restore(&file, &dir.path().join("to"), None, &Plain).expect_err("hostile");
        assert!(refused.to_string().contains("has no place in a backup"), "{refused}");
    }
    assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 1);
}

#[test]
fn the_check_finds_what_does_not_fit() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    fill(&ledger, 0..300);
    let key = ledger.verifier().clone();
    let file = dir.path().join("ledger.redb");
    assert!(check(&file, &key, &[Kind::of::<Pet>()]).is_err(), "not while it is open");
    ledger.close();
    let report = check(&file, &key, &[Kind::of::<Pet>()]).expect("a ledger");
    assert_eq!((report.ok, report.problems.len(), report.schema), (true, 0, 3));
    let rows = |name: &str| report.tables.iter().find(|table| table.name == name).map(|table| table.rows);
    assert_eq!((rows("pet"), rows("pet.by_name"), rows("pet.by_kind")), (Some(300), Some(300), Some(300)));
    let unknown = check(&file, &key, &[]).expect("a ledger");
    assert!(unknown.problems.contains(&"table `pet` is not known to this program".to_owned()), "{:?}", unknown.problems);
    let id = 7_u32.to_be_bytes();
    let cases: [(&str, Vec<u8>, Option<&[u8]>, &str); 5] = [
        ("pet", id.to_vec(), Some(b"\x01\x02\x01{}"), "table `pet`, key 00000007"),
        ("pet", id.to_vec(), None, "index `pet.by_kind` has 300 rows, the records ask for 299"),
        ("pet.by_name", b"pet 7".to_vec(), None, "index `pet.by_name` does not lead to the record 00000007"),
        ("pet.by_name", b"pet 7".to_vec(), Some(b"\0\0\0\0\x08"), "index `pet.by_name` does not lead to the record 00000007"),
        ("pet.by_name", b"nobody".to_vec(), Some(b"\0\0\0\0\x07"), "index `pet.by_name` has 301 rows, the records ask for 300"),
    ];
    let bad = dir.path().join("bad.redb");
    for (table, key_bytes, value, expected) in cases {
        fs::copy(&file, &bad).expect("copied");
        let database = redb::Database::open(&bad).expect("opens");
        let write = database.begin_write().expect("a transaction");
        {
            let mut rows = write.open_table(TableDefinition::<&[u8], &[u8]>::new(table)).expect("there");
            match value {
                Some(value) => drop(rows.insert(key_bytes.as_slice(), value).expect("written")),
                None => drop(rows.remove(key_bytes.as_slice()).expect("removed")),
            }
        }
        write.commit().expect("committed");
        drop(database);
        let report = check(&bad, &key, &[Kind::of::<Pet>()]).expect("a ledger");
        assert!(!report.ok && report.problems.iter().any(|problem| problem.starts_with(expected)), "{table}: {:?}", report.problems);
    }
}

/// J06: one flipped bit anywhere. What the check accepts holds the same rows in every table as before, byte for byte;
/// nothing is misread, nothing panics.
#[test]
fn a_flipped_bit_in_any_page_is_found_or_harmless() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    fill(&ledger, 0..300);
    let key = ledger.verifier().clone();
    ledger.close();
    let (file, copy) = (dir.path().join("ledger.redb"), dir.path().join("copy.redb"));
    let sound = fs::read(&file).expect("readable");
    let before = check(&file, &key, &[Kind::of::<Pet>()]).expect("a ledger");
    let rows_of = |bytes: &[u8]| {
        fs::write(&copy, bytes).expect("written");
        raw::rows(&copy, |_| true)
    };
    let rows = rows_of(&sound).expect("readable");
    let used: Vec<usize> = (0..sound.len()).filter(|at| sound[*at] != 0).collect();
    let (mut found, mut harmless, mut changed) = (0, 0, 0);
    for sample in 0..400_usize {
        let at = used[sample * 104_729 % used.len()];
        let mut bent = sound.clone();
        bent[at] ^= 1 << (sample % 8);
        let touched = rows_of(&bent).as_ref() != Some(&rows);
        changed += usize::from(touched);
        fs::write(&file, bent).expect("written");
        match check(&file, &key, &[Kind::of::<Pet>()]) {
            Ok(report) if report.ok => {
                assert_eq!(report, before, "byte {at}");
                assert!(!touched, "byte {at}: changed rows were accepted");
                harmless += 1;
            }
            Ok(_) | Err(_) => found += 1,
        }
    }
    assert_eq!(found + harmless, 400);
    println!("{found} found, {harmless} harmless, {changed} changed a row");
    assert!(changed > 0 && found >= changed, "{found} found, {changed} changed a row");
}

/// The index by which the audit log is searched is held against the log: a row that is gone, bent or made up is named.
#[test]
fn an_index_of_the_log_that_misleads_is_found() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    fill(&ledger, 0..300);
    let key = ledger.verifier().clone();
    ledger.close();
    let (file, bad) = (dir.path().join("ledger.redb"), dir.path().join("bad.redb"));
    let bend = |work: &dyn Fn(&mut redb::Table<'_, &[u8], &[u8]>)| {
        fs::copy(&file, &bad).expect("copied");
        let database = redb::Database::open(&bad).expect("opens");
        let write = database.begin_write().expect("a transaction");
        work(&mut write.open_table(TableDefinition::<&[u8], &[u8]>::new("_log_term")).expect("there"));
        write.commit().expect("committed");
        drop(database);
        check(&bad, &key, &[Kind::of::<Pet>()]).expect("a ledger").problems
    };
    assert!(bend(&|_| ()).is_empty(), "as it was written");
    let removed = bend(&|rows| drop(rows.pop_first().expect("readable")));
    assert!(removed.iter().any(|problem| problem.contains("does not lead to the entries of bundle 0")), "{removed:?}");
    let bent = bend(&|rows| {
        let (first, _) =
            rows.pop_first().expect("readable").map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).expect("a row");
        rows.insert(first.as_slice(), [254_u8, 255].as_slice()).expect("written");
    });
    assert!(bent.iter().any(|problem| problem.contains("does not lead to the entries of bundle 0")), "{bent:?}");
    let made_up = bend(&|rows| drop(rows.insert([7_u8; 16].as_slice(), [1_u8].as_slice()).expect("written")));
    assert!(made_up.iter().any(|problem| problem.starts_with("index `_log_term` has")), "{made_up:?}");
}

#[test]
fn every_kind_of_record_is_checked() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/record");
    let texts = fs::read_dir(dir).expect("the folder").map(|entry| fs::read_to_string(entry.expect("readable").path()).expect("UTF-8"));
    let kinds: usize = texts.map(|text| text.matches("impl Record for ").count()).sum();
    assert_eq!(kinds, execgov::store::record::KINDS.len(), "each type that is stored stands in KINDS");
    let tables: std::collections::BTreeSet<&str> = execgov::store::record::KINDS.iter().map(|kind| kind.table).collect();
    assert_eq!(tables.len(), kinds, "each has a table of its own");
}

/// Nobody has to wait for a name: backups that are asked for at once all succeed, each a file of its own.
#[tokio::test]
async fn backups_of_the_same_moment_have_names_of_their_own() {
    let appliance = Appliance::start();
    let admin = Person::first(&appliance).await;
    let wish = serde_json::json!({});
    let ask = || admin.post("/api/v1/backups", &wish);
    let (first, second, third) = tokio::join!(ask(), ask(), ask());
    let mut names = Vec::new();
    for made in [first, second, third, ask().await] {
        assert_eq!(made.status, 201, "{}", made.text);
        let name = made.json()["name"].as_str().expect("a name").to_owned();
        let file = admin.request(reqwest::Method::GET, &format!("/api/v1/backups/{name}")).send().await.expect("an answer");
        let bytes = file.bytes().await.expect("a file");
        assert_eq!(made.json()["bytes"].as_u64(), Some(bytes.len() as u64), "{name}");
        names.push(name);
    }
    let asked = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), asked, "{names:?}");
}
