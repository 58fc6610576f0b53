//! The ledger as its users see it: commits, conflicts, indexes, groups, time, and what a run costs on disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use execgov::base::clock::{Clock, ManualClock, SystemClock, Timestamp};
use execgov::crypto::{LogSigner, key};
use execgov::domain::audit::{Actor, ActorKind, Event, Outcome, Subject};
use execgov::domain::ids::TenantKey;
use execgov::store::{Commit, CommitError, Index, IndexRows, Ledger, LedgerOptions, Record, Scan, ShapeError, StoreError, Stored};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A record for tests: one unique index, one that is shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pet {
    pub id: u32,
    pub name: String,
    pub kind: u8,
    pub fed: u64,
}

pub const BY_NAME: Index = Index("by_name");
pub const BY_KIND: Index = Index("by_kind");

impl Record for Pet {
    const TABLE: &'static str = "pet";
    const SHAPE: u8 = 2;

    fn key(&self) -> Vec<u8> {
        self.id.to_be_bytes().to_vec()
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_NAME, self.name.as_bytes().to_vec());
        rows.add(BY_KIND, [&[self.kind][..], &self.id.to_be_bytes()].concat());
    }

    fn upgrade(shape: u8, mut value: Value) -> Result<Self, ShapeError> {
        value["fed"] = json!(0);
        if shape == 1 { serde_json::from_value(value).map_err(|_| ShapeError(shape)) } else { Err(ShapeError(shape)) }
    }
}

pub fn pet(id: u32, name: &str, kind: u8) -> Pet {
    Pet { id, name: name.to_owned(), kind, fed: 0 }
}

pub fn event(at: Timestamp, action: &str, subject: &str) -> Event {
    Event {
        at,
        tenant: TenantKey::default_tenant(),
        action: action.to_owned(),
        outcome: Outcome::Done,
        actor: Actor { kind: ActorKind::User, id: Some("usr_1".to_owned()), name: Some("mia".to_owned()), token: None },
        subject: Subject { kind: "pet".to_owned(), id: Some(subject.to_owned()), name: None },
        reason: None,
        source: Some("127.0.0.1".to_owned()),
        request: None,
        details: Map::new(),
    }
}

pub fn options(clock: Arc<dyn Clock>) -> LedgerOptions {
    let signer = LogSigner::new("execgov.test/log", key::SigningKey::from_bytes(&[7; 32]));
    LedgerOptions { clock, signer, cache_bytes: 4 << 20, group_max: 64 }
}

pub fn open(dir: &Path) -> Ledger {
    Ledger::open(dir, options(Arc::new(SystemClock))).expect("the ledger opens")
}

fn commit(build: impl FnOnce(&mut Commit) -> &mut Commit) -> Commit {
    let mut commit = Commit::new();
    build(&mut commit);
    commit
}

fn put(ledger: &Ledger, pet: &Pet) -> Result<(), CommitError> {
    ledger.commit_blocking(commit(|c| c.insert(pet).event(event(SystemClock.now(), "pet.add", &pet.name))))?;
    Ok(())
}

fn get(ledger: &Ledger, id: u32) -> Option<Stored<Pet>> {
    ledger.read().expect("a view").get(&id.to_be_bytes()).expect("readable")
}

#[test]
fn records_change_once_and_indexes_follow() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    let done = ledger.commit_blocking(commit(|c| {
        c.insert(&pet(1, "rex", 3)).insert(&pet(2, "tom", 3)).event(event(SystemClock.now(), "a", "1")).event(event(
            SystemClock.now(),
            "b",
            "2",
        ))
    }));
    let done = done.expect("applied");
    assert_eq!((done.first_event, done.events), (0, 2));
    let rex = get(&ledger, 1).expect("stored");
    assert_eq!(rex.version, 1);
    let renamed = Pet { name: "max".to_owned(), kind: 4, ..rex.record.clone() };
    let twice = || commit(|c| c.update(&rex, &renamed));
    ledger.commit_blocking(twice()).expect("applied");
    assert!(
        matches!(ledger.commit_blocking(twice()), Err(CommitError::Conflict { table, key }) if table == "pet" && key == 1_u32.to_be_bytes())
    );
    let view = ledger.read().expect("a view");
    assert!(view.find::<Pet>(BY_NAME, b"rex").expect("readable").is_none(), "the old name is free");
    assert_eq!(view.find::<Pet>(BY_NAME, b"max").expect("readable").expect("found").version, 2);
    assert_eq!(view.keys::<Pet>(&Scan::index(BY_KIND, &[3])).expect("readable"), [2_u32.to_be_bytes()]);
    ledger.commit_blocking(commit(|c| c.delete(&get(&ledger, 2).expect("stored")))).expect("applied");
    assert!(get(&ledger, 2).is_none());
    assert_eq!(view.scan::<Pet>(&Scan::table(b"")).expect("readable").len(), 2, "a view does not change");
    assert_eq!(ledger.read().expect("a view").count::<Pet>(&Scan::index(BY_KIND, b"")).expect("readable"), 1);
}

#[test]
fn what_conflicts_leaves_no_trace() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    put(&ledger, &pet(1, "rex", 1)).expect("applied");
    let rex = get(&ledger, 1).expect("stored");
    let changed = Pet { fed: 1, ..rex.record.clone() };
    ledger.commit_blocking(commit(|c| c.update(&rex, &changed))).expect("applied");
    let now = SystemClock.now();
    let refused: Vec<(&str, Commit)> = vec![
        ("exists", commit(|c| c.insert(&pet(1, "new", 1)).event(event(now, "x", "x")))),
        ("name taken", commit(|c| c.insert(&pet(2, "a", 1)).insert(&pet(3, "rex", 1)).event(event(now, "x", "x")))),
        ("name taken within", commit(|c| c.insert(&pet(2, "a", 1)).insert(&pet(3, "a", 1)))),
        ("key twice", commit(|c| c.insert(&pet(2, "a", 1)).insert(&pet(2, "b", 1)))),
        ("stale", commit(|c| c.insert(&pet(2, "a", 1)).update(&rex, &changed))),
        ("stale delete", commit(|c| c.insert(&pet(2, "a", 1)).delete(&rex))),
        ("stale look", commit(|c| c.insert(&pet(2, "a", 1)).expect(&rex))),
        ("not absent", commit(|c| c.insert(&pet(2, "a", 1)).expect_absent::<Pet>(&1_u32.to_be_bytes()))),
    ];
    for (why, commit) in refused {
        assert!(matches!(ledger.commit_blocking(commit), Err(CommitError::Conflict { .. })), "{why}");
    }
    let view = ledger.read().expect("a view");
    assert_eq!(view.scan::<Pet>(&Scan::table(b"")).expect("readable"), [Stored { record: changed, version: 2 }]);
    assert_eq!(view.log_size().expect("readable"), 1);
}

#[test]
fn a_name_may_move_within_a_commit() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    put(&ledger, &pet(1, "rex", 1)).expect("applied");
    put(&ledger, &pet(2, "tom", 1)).expect("applied");
    let (one, two) = (get(&ledger, 1).expect("stored"), get(&ledger, 2).expect("stored"));
    let (tom, rex) = (pet(1, "tom", 1), pet(2, "rex", 1));
    ledger.commit_blocking(commit(|c| c.update(&one, &tom).update(&two, &rex))).expect("they swap names");
    let view = ledger.read().expect("a view");
    assert_eq!(view.find::<Pet>(BY_NAME, b"tom").expect("readable").expect("found").record.id, 1);
    assert_eq!(view.find::<Pet>(BY_NAME, b"rex").expect("readable").expect("found").record.id, 2);
}

#[test]
fn scans_page_in_both_directions() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    ledger.commit_blocking(commit(|c| (1..=5).fold(c, |c, id| c.insert(&pet(id, &format!("p{id}"), 7))))).expect("applied");
    let view = ledger.read().expect("a view");
    let ids = |scan: Scan| -> Vec<u32> { view.scan::<Pet>(&scan).expect("readable").iter().map(|pet| pet.record.id).collect() };
    let key = |id: u32| id.to_be_bytes();
    assert_eq!(ids(Scan::table(b"").limit(2)), [1, 2]);
    assert_eq!(ids(Scan::table(b"").after(&key(2)).limit(2)), [3, 4]);
    assert_eq!(ids(Scan::table(b"").reverse().after(&key(4))), [3, 2, 1]);
    assert_eq!(ids(Scan::index(BY_KIND, &[7]).reverse().after_suffix(&key(3))), [2, 1]);
    assert_eq!(ids(Scan::index(BY_KIND, &[7]).after_suffix(&key(3))), [4, 5]);
    for (scan, expected) in [
        (Scan::index(BY_KIND, &[7]).after(&[9]), 0),
        (Scan::index(BY_KIND, &[7]).after(&[1]), 5),
        (Scan::index(BY_KIND, &[7]).reverse().after(&[1]), 0),
        (Scan::index(BY_KIND, &[7]).reverse().after(&[9]), 5),
        (Scan::index(BY_KIND, &[7]).reverse().after(&[7]), 0),
        (Scan::index(Index("never"), &[7]), 0),
        (Scan::index(BY_KIND, &[255, 255]).reverse(), 0),
    ] {
        assert_eq!(view.keys::<Pet>(&scan).expect("a strange cursor does no harm").len(), expected, "{scan:?}");
    }
}

#[test]
fn a_group_sees_itself_and_everything_is_answered() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let mut news = ledger.subscribe();
    let done: Vec<bool> = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..300_u32 {
            let ledger = ledger.clone();
            // Three tasks want each name: the first to arrive gets it.
            let pet = pet(n, &format!("name{}", n / 3), 0);
            tasks.spawn(async move { ledger.commit(commit(|c| c.insert(&pet).event(event(SystemClock.now(), "a", "b")))).await.is_ok() });
        }
        tasks.join_all().await
    });
    assert_eq!(done.iter().filter(|done| **done).count(), 100);
    let view = ledger.read().expect("a view");
    assert_eq!(view.count::<Pet>(&Scan::table(b"")).expect("readable"), 100);
    assert_eq!(view.log_size().expect("readable"), 100);
    assert!(news.has_changed().expect("open") && *news.borrow_and_update() == 100);
}

#[test]
fn reopening_goes_on_where_it_ended_and_two_cannot_open() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    for id in 0..3 {
        put(&ledger, &pet(id, &format!("p{id}"), 0)).expect("applied");
    }
    let refused = Ledger::open(dir.path(), options(Arc::new(SystemClock))).err().expect("one at a time");
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused}");
    let before = ledger.read().expect("a view").checkpoint().expect("readable");
    let clone = ledger.clone();
    ledger.close();
    assert!(matches!(clone.read(), Err(StoreError::Closed)));
    assert!(matches!(put(&clone, &pet(9, "late", 0)), Err(CommitError::Closed)));
    let again = open(dir.path());
    assert_eq!(again.read().expect("a view").checkpoint().expect("readable"), before);
    put(&again, &pet(3, "p3", 0)).expect("applied");
    assert_eq!(again.read().expect("a view").events(0..10).expect("readable").len(), 4);
    drop(again);
    let other = LedgerOptions { signer: LogSigner::new("execgov.test/log", key::generate()), ..options(Arc::new(SystemClock)) };
    let refused = Ledger::open(dir.path(), other).err().expect("another key would break the log");
    assert!(refused.to_string().contains("not signed with this installation's key"), "{refused}");
}

/// A pet as a program wrote it that knew another shape of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Foreign<const SHAPE: u8>(Value);

impl<const SHAPE: u8> Record for Foreign<SHAPE> {
    const TABLE: &'static str = Pet::TABLE;
    const SHAPE: u8 = SHAPE;

    fn key(&self) -> Vec<u8> {
        u32::from(SHAPE).to_be_bytes().to_vec()
    }
}

#[test]
fn older_shapes_open_and_unknown_ones_are_named() {
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    let old = json!({"id": 1, "name": "rex", "kind": 3});
    ledger.commit_blocking(commit(|c| c.insert(&Foreign::<1>(old.clone())).insert(&Foreign::<9>(old)))).expect("applied");
    assert_eq!(get(&ledger, 1).expect("stored").record, pet(1, "rex", 3));
    let refused = ledger.read().expect("a view").get::<Pet>(&9_u32.to_be_bytes()).expect_err("from the future");
    assert_eq!(refused.to_string(), "a record of table `pet` cannot be decoded: shape 9 is not known");
}

/// G09: sequence order stays, and the log says that time went backwards.
#[test]
fn a_clock_that_goes_back_is_noted_once() {
    let dir = tempfile::tempdir().expect("directory");
    let start = "2026-11-22T12:00:00Z".parse::<Timestamp>().expect("a moment");
    let clock = Arc::new(ManualClock::at(start));
    let ledger = Ledger::open(dir.path(), options(Arc::clone(&clock) as Arc<dyn Clock>)).expect("opens");
    let write = |action: &str, at: Timestamp| {
        ledger.commit_blocking(commit(|c| c.event(event(at, action, "x")).event(event(at, action, "y")))).expect("applied")
    };
    write("first", clock.now());
    write("a little late", clock.now() - Duration::from_secs(20));
    clock.set(start - Duration::from_secs(86_400));
    let done = write("after", clock.now());
    assert_eq!((done.first_event, done.events), (5, 2));
    for _ in 0..9 {
        write("after", clock.now());
    }
    clock.advance(Duration::from_secs(7200));
    write("forged", clock.now() - Duration::from_secs(3600 * 9));
    let events = ledger.read().expect("a view").events(0..100).expect("readable");
    let anomalies: Vec<u64> = events.iter().filter(|logged| logged.event.action == "clock.anomaly").map(|logged| logged.index).collect();
    assert_eq!(anomalies, [4, 25]);
    assert_eq!(events[4].event.details["previous"], json!("2026-11-22T11:59:40Z"));
    assert_eq!(events[4].event.details["next"], json!("2026-11-21T12:00:00Z"));
    assert!(events.iter().zip(0..).all(|(logged, index)| logged.index == index));
}

/// A commit as the model understands it.
#[derive(Debug, Clone)]
enum Act {
    Insert(u32, u8, u8),
    Update(u32, u8, u8),
    StaleUpdate(u32),
    Delete(u32),
}

impl Act {
    fn id(&self) -> u32 {
        let (Self::Insert(id, ..) | Self::Update(id, ..) | Self::StaleUpdate(id) | Self::Delete(id)) = self;
        *id
    }
}

fn act() -> impl Strategy<Value = Act> {
    let (id, name, kind) = (0_u32..8, 0_u8..6, 0_u8..3);
    prop_oneof![
        (id.clone(), name.clone(), kind.clone()).prop_map(|(id, name, kind)| Act::Insert(id, name, kind)),
        (id.clone(), name, kind).prop_map(|(id, name, kind)| Act::Update(id, name, kind)),
        id.clone().prop_map(Act::StaleUpdate),
        id.prop_map(Act::Delete),
    ]
}

/// What the ledger must hold: the record and its version by id.
type Model = BTreeMap<u32, (Pet, u64)>;

/// The model after one commit of several acts; `None` when one of them conflicts.
fn predict(model: &Model, acts: &[Act]) -> Option<Model> {
    let mut next = model.clone();
    let mut written = Vec::new();
    for act in acts {
        let id = &act.id();
        match (act, model.get(id)) {
            (Act::Insert(_, name, kind), None) => drop(next.insert(*id, (pet(*id, &name.to_string(), *kind), 1))),
            (Act::Update(_, name, kind), Some((_, version))) => drop(next.insert(*id, (pet(*id, &name.to_string(), *kind), version + 1))),
            (Act::Delete(_), Some(_)) => drop(next.remove(id)),
            (Act::Insert(..), Some(_)) | (Act::StaleUpdate(_), Some(_)) => return None,
            // Nothing to change: the commit leaves it out.
            (_, None) => continue,
        }
        if written.contains(id) {
            return None;
        }
        written.push(*id);
    }
    let mut names: Vec<&str> = next.values().map(|(pet, _)| pet.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    (names.len() == next.len()).then_some(next)
}

fn as_commit(model: &Model, acts: &[Act]) -> Commit {
    let seen = |id: u32| model.get(&id).map(|(record, version)| Stored { record: record.clone(), version: *version });
    let mut commit = Commit::new();
    for act in acts {
        match (act, seen(act.id())) {
            (Act::Insert(id, name, kind), _) => commit.insert(&pet(*id, &name.to_string(), *kind)),
            (Act::Update(id, name, kind), Some(old)) => commit.update(&old, &pet(*id, &name.to_string(), *kind)),
            (Act::StaleUpdate(_), Some(old)) => commit.update(&Stored { version: old.version + 1, ..old.clone() }, &old.record),
            (Act::Delete(_), Some(old)) => commit.delete(&old),
            (_, None) => &mut commit,
        };
    }
    commit.event(event(Timestamp::UNIX_EPOCH, "acts", &acts.len().to_string()));
    commit
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The ledger against a map: conflicts, versions, and indexes that agree with the records both ways.
    #[test]
    fn the_ledger_is_a_map_with_versions(commits in prop::collection::vec(prop::collection::vec(act(), 1..4), 1..25)) {
        let dir = tempfile::tempdir().expect("directory");
        let ledger = Ledger::open(dir.path(), options(Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH)))).expect("opens");
        let (mut model, mut events) = (Model::new(), 0);
        for acts in &commits {
            let answer = ledger.commit_blocking(as_commit(&model, acts));
            match predict(&model, acts) {
                Some(next) => {
                    prop_assert_eq!(answer.expect("the model says yes").first_event, events);
                    model = next;
                    events += 1;
                }
                None => prop_assert!(matches!(answer, Err(CommitError::Conflict { .. })), "the model says no to {acts:?}"),
            }
        }
        ledger.close();
        let ledger = open(dir.path());
        let view = ledger.read().expect("a view");
        let stored: Model = view.scan::<Pet>(&Scan::table(b"")).expect("readable").into_iter().map(|s| (s.record.id, (s.record, s.version))).collect();
        prop_assert_eq!(&stored, &model);
        let by_name: Vec<u32> = view.scan::<Pet>(&Scan::index(BY_NAME, b"")).expect("readable").iter().map(|s| s.record.id).collect();
        let mut expected: Vec<(&str, u32)> = model.values().map(|(pet, _)| (pet.name.as_str(), pet.id)).collect();
        expected.sort_unstable();
        prop_assert_eq!(by_name, expected.iter().map(|(_, id)| *id).collect::<Vec<_>>());
        let by_kind = view.count::<Pet>(&Scan::index(BY_KIND, b"")).expect("readable");
        prop_assert_eq!(by_kind, model.len() as u64);
        prop_assert_eq!(view.log_size().expect("readable"), events);
    }
}

/// A run as it is stored: about 1 kB of JSON, three index rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct RunLike {
    id: String,
    n: u32,
    phase: u8,
    rest: Value,
}

impl RunLike {
    fn scoped(&self, parts: &[&[u8]]) -> Vec<u8> {
        let id = hex::decode(&self.id[4..]).expect("hex");
        [&b"default\0"[..], &parts.concat(), &id].concat()
    }
}

impl Record for RunLike {
    const TABLE: &'static str = "run";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        self.scoped(&[])
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.add(Index("by_phase"), self.scoped(&[&[self.phase]]));
        rows.add(Index("by_capability"), self.scoped(&[&[9; 16], &[self.phase]]));
        rows.add(Index("by_requester"), self.scoped(&[b"usr_0198f0c8e2b97c3e8f9a0b1c2d3e4f50\0", &[self.phase]]));
    }
}

/// What a run leaves beside its record, under the run's key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OutputLike {
    run: String,
    tenant: String,
    result: Value,
    log: String,
}

impl Record for OutputLike {
    const TABLE: &'static str = "run_output";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        [&b"default\0"[..], &hex::decode(&self.run[4..]).expect("hex")].concat()
    }
}

fn run_like(n: u32) -> RunLike {
    let digest = |what: &str| execgov::crypto::digest::sha256_hex(format!("{what}{n}").as_bytes());
    let id = format!("run_0198f0c8e2b9{n:08x}{}", &digest("id")[..12]);
    let at = |micros: u32| format!("2026-11-22T12:{:02}:{:02}.{:06}Z", n / 3000 % 60, n / 50 % 60, (n * 20_011 + micros) % 1_000_000);
    let rest = json!({
        "tenant": "default", "capability": "cap_0198f0c8e2b97c3e8f9a0b1c2d3e4f50", "capability_name": "disk-report", "version": 3,
        "version_digest": digest(""), "requester": {"kind": "user", "id": "usr_0198f0c8e2b97c3e8f9a0b1c2d3e4f50", "name": "mia"},
        "trigger": "api", "source": "127.0.0.1", "inputs": {"host": format!("host-{n}"), "count": n}, "inputs_digest": digest("in"), "priority": 5,
        "allowed_by": ["operator-runs"], "created_at": at(1), "queued_at": at(2)
    });
    RunLike { id, n, phase: b'Q', rest }
}

/// The same run when it is over.
fn finished(run: &RunLike) -> (RunLike, OutputLike) {
    let digest = execgov::crypto::digest::sha256_hex(format!("out{}", run.n).as_bytes());
    let mut done = RunLike { phase: b'S', ..run.clone() };
    done.rest["finished_at"] = done.rest["created_at"].clone();
    done.rest["attempts"] = json!([{
        "started_at": done.rest["queued_at"], "finished_at": done.rest["queued_at"], "start": "warm", "isolation": {"level": "full", "memory": "cgroup2"},
        "interpreter": "/usr/bin/python3.13 (3.13.5)", "exit_code": 0, "usage": {"wall_ms": 12, "cpu_user_ms": run.n % 9, "cpu_system_ms": 3, "memory_peak_bytes": 9_437_184 + run.n * 4096}
    }]);
    done.rest["result_digest"] = json!(digest);
    done.rest["log"] = json!({"lines": 2, "bytes": 100, "dropped_bytes": 0, "sha256": &digest});
    let log = format!("{}{}", &digest, &digest[..40]);
    (done, OutputLike { run: run.id.clone(), tenant: "default".to_owned(), result: json!({"ok": true, "free_bytes": run.n}), log })
}

fn run_event(run: &RunLike, action: &str) -> Event {
    let mut event =
        event(Timestamp::from_microsecond(1_795_000_000_000_000 + i64::from(run.n) * 20_011).expect("in range"), action, &run.id);
    event.subject.kind = "run".to_owned();
    event.subject.name = Some("disk-report".to_owned());
    event.request = Some(format!("req_{}", &run.rest["inputs_digest"].as_str().expect("text")[..32]));
    for detail in ["capability", "version", "version_digest", "inputs_digest", "allowed_by"] {
        event.details.insert(detail.to_owned(), run.rest[detail].clone());
    }
    if action == "run.finish" {
        for detail in ["result_digest", "log"] {
            event.details.insert(detail.to_owned(), run.rest[detail].clone());
        }
    }
    event
}

/// Writes `runs` runs as the appliance does, two commits each, from several threads.
fn simulate(ledger: &Ledger, runs: u32, threads: u32) {
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for n in (thread..runs).step_by(threads as usize) {
                    let run = run_like(n);
                    ledger.commit_blocking(commit(|c| c.insert(&run).event(run_event(&run, "run.start")))).expect("applied");
                    let (done, output) = finished(&run);
                    let begun = run_event(&run, "run.begin");
                    let ended = run_event(&done, "run.finish");
                    let old = Stored { record: run, version: 1 };
                    ledger.commit_blocking(commit(|c| c.update(&old, &done).insert(&output).event(begun).event(ended))).expect("applied");
                }
            });
        }
    });
}

/// Disk a run: at most 3 kB all in, of which the ledger may take 2.6.
#[test]
fn a_run_costs_little_disk() {
    use std::os::unix::fs::MetadataExt;
    let runs = std::env::var("EXECGOV_TEST_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000_u32);
    let dir = tempfile::tempdir().expect("directory");
    let ledger = open(dir.path());
    let begun = std::time::Instant::now();
    simulate(&ledger, runs, 32);
    let spent = begun.elapsed();
    let size = |what: &str| {
        let found = std::fs::metadata(dir.path().join("ledger.redb")).expect("the file");
        println!("{what}: {} bytes a run on disk, {} in length", found.blocks() * 512 / u64::from(runs), found.len() / u64::from(runs));
        found.blocks() * 512 / u64::from(runs)
    };
    size("open");
    ledger.close();
    println!("{runs} runs in {spent:?}");
    assert!(size("closed") <= 2_600);
}
