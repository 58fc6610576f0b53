//! The ledger on a disk that fails: cut writes, failed syncs, a full disk, killed processes, half-done migrations.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use execgov::base::clock::{Clock, SystemClock};
use execgov::store::audit::{verify_ledger, verify_snapshot};
use execgov::store::medium::{Extent, Medium};
use execgov::store::migrate::{MIGRATIONS, Migration, Progress};
use execgov::store::{Commit, CommitError, Health, Ledger, Scan, StoreError, Stored};

use super::ledger::{BY_NAME, Pet, event, options, pet};

/// What one write or sync does besides what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The power goes: of the writes since the last sync only some reach the disk, and nothing works any more.
    PowerCut,
    /// A sync fails once, and the writes before it are gone.
    SyncFails,
    /// There is no more room, until somebody makes some.
    Full,
}

/// A disk in memory that keeps what was synced apart from what was only written.
#[derive(Debug, Default)]
struct Disk {
    synced: Vec<u8>,
    /// Writes and cuts since the last sync, in order.
    pending: Vec<Pending>,
    cached: Vec<u8>,
    dead: bool,
    room: Option<u64>,
}

#[derive(Debug, Clone)]
enum Pending {
    Write(u64, Vec<u8>),
    Len(u64),
}

/// A disk with a fault at a given operation.
#[derive(Clone)]
struct Shaky(Arc<Inner>);

struct Inner {
    disk: Mutex<Disk>,
    /// Operations until the fault: writes and syncs, or only syncs when it is they that fail.
    fuse: AtomicU64,
    fault: Fault,
    /// State of the chance that decides which writes get through.
    chance: AtomicU64,
}

impl std::fmt::Debug for Shaky {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shaky({:?})", self.0.fault)
    }
}

const NEVER: u64 = u64::MAX;

impl Shaky {
    fn new(fault: Fault, after: u64, seed: u64) -> Self {
        Self(Arc::new(Inner { disk: Mutex::default(), fuse: AtomicU64::new(after), fault, chance: AtomicU64::new(seed) }))
    }

    fn disk(&self) -> std::sync::MutexGuard<'_, Disk> {
        self.0.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): the same for the same seed.
    fn chance(&self) -> u64 {
        let state = self.0.chance.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Whether the fault happens at this operation.
    fn burns(&self) -> bool {
        let fuse = self.0.fuse.load(Ordering::SeqCst);
        if fuse == NEVER {
            return false;
        }
        self.0.fuse.store(if fuse == 0 { NEVER } else { fuse - 1 }, Ordering::SeqCst);
        fuse == 0
    }

    /// The disk as the next process finds it: some of the writes that were not synced got through, in any order, torn
    /// at sectors.
    fn after_power_cut(&self, next: Fault, after: u64) -> Self {
        let old = self.disk();
        let mut disk = old.synced.clone();
        for pending in &old.pending {
            match pending {
                Pending::Len(len) => disk.resize(usize::try_from(*len).expect("small"), 0),
                Pending::Write(at, bytes) => {
                    for (sector, bytes) in bytes.chunks(512).enumerate() {
                        let from = usize::try_from(*at).expect("small") + sector * 512;
                        if self.chance() % 2 == 0 && from + bytes.len() <= disk.len() {
                            disk[from..from + bytes.len()].copy_from_slice(bytes);
                        }
                    }
                }
            }
        }
        let fresh = Self::new(next, after, self.chance());
        *fresh.disk() = Disk { cached: disk.clone(), synced: disk, ..Disk::default() };
        fresh
    }
}

impl Medium for Shaky {
    fn open(&self) -> io::Result<Box<dyn Extent>> {
        Ok(Box::new(self.clone()))
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }

    fn name(&self) -> String {
        "a shaky disk".to_owned()
    }
}

impl Extent for Shaky {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk().cached.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.disk();
        let from = usize::try_from(offset).expect("small");
        out.copy_from_slice(disk.cached.get(from..from + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let burns = self.0.fault != Fault::SyncFails && self.burns();
        let mut disk = self.disk();
        disk.pending.push(Pending::Write(offset, bytes.to_vec()));
        if burns && self.0.fault == Fault::PowerCut {
            disk.dead = true;
        }
        if burns && self.0.fault == Fault::Full {
            disk.room = Some(0);
        }
        if disk.dead {
            return Err(io::Error::from_raw_os_error(5));
        }
        if disk.room == Some(0) {
            disk.pending.pop();
            return Err(io::ErrorKind::StorageFull.into());
        }
        let from = usize::try_from(offset).expect("small");
        disk.cached[from..from + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut disk = self.disk();
        if disk.dead {
            return Err(io::Error::from_raw_os_error(5));
        }
        disk.pending.push(Pending::Len(len));
        disk.cached.resize(usize::try_from(len).expect("small"), 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let burns = self.burns();
        let mut disk = self.disk();
        if disk.dead || (burns && self.0.fault == Fault::PowerCut) {
            disk.dead = true;
            return Err(io::Error::from_raw_os_error(5));
        }
        if burns && self.0.fault == Fault::SyncFails {
            disk.pending.clear();
            return Err(io::Error::from_raw_os_error(5));
        }
        let pending = std::mem::take(&mut disk.pending);
        for pending in pending {
            match pending {
                Pending::Len(len) => disk.synced.resize(usize::try_from(len).expect("small"), 0),
                Pending::Write(at, bytes) => {
                    let from = usize::try_from(at).expect("small");
                    disk.synced[from..from + bytes.len()].copy_from_slice(&bytes);
                }
            }
        }
        Ok(())
    }
}

fn open(disk: &Shaky) -> Result<Ledger, StoreError> {
    Ledger::open_on(Box::new(disk.clone()), options(Arc::new(SystemClock)), MIGRATIONS)
}

fn add(ledger: &Ledger, id: u32) -> Result<(), CommitError> {
    let mut commit = Commit::new();
    commit.insert(&pet(id, &format!("pet {id} {}", "x".repeat(200)), 1)).event(event(SystemClock.now(), "pet.add", &id.to_string()));
    ledger.commit_blocking(commit).map(|_| ())
}

fn ids(ledger: &Ledger) -> Vec<u32> {
    let view = ledger.read().expect("a view");
    let found: Vec<Stored<Pet>> = view.scan(&Scan::table(b"")).expect("readable");
    assert_eq!(view.count::<Pet>(&Scan::index(BY_NAME, b"")).expect("readable"), found.len() as u64, "index and records agree");
    found.iter().map(|stored| stored.record.id).collect()
}

/// Everything that was promised is there, nothing twice, and the log says exactly the same.
fn assert_sound(ledger: &Ledger, promised: &[u32], tried: u32) {
    let found = ids(ledger);
    assert!(promised.iter().all(|id| found.contains(id)), "lost: promised {promised:?}, found {found:?}");
    assert!(found.iter().all(|id| *id < tried), "nothing that nobody wrote");
    let view = ledger.read().expect("a view");
    let report = verify_snapshot(&view, ledger.verifier(), None, &mut |_| {});
    assert!(report.ok, "{:?}", report.sentence);
    let mut told: Vec<u32> = view
        .events(0..report.entries)
        .expect("readable")
        .iter()
        .filter(|logged| logged.event.action == "pet.add")
        .map(|logged| logged.event.subject.id.as_deref().and_then(|id| id.parse().ok()).expect("a number"))
        .collect();
    told.sort_unstable();
    assert_eq!(told, found, "each record has its event, once");
}

/// Writes until the disk fails; answers with what was promised and the next number.
fn write_until_failure(ledger: &Ledger, from: u32, most: u32) -> (Vec<u32>, u32) {
    let mut promised = Vec::new();
    for id in from..from + most {
        if add(ledger, id).is_err() {
            return (promised, id + 1);
        }
        promised.push(id);
    }
    (promised, from + most)
}

/// J01, J02: the power goes at each of many operations, also while the ledger recovers from the last time.
#[test]
fn no_power_cut_loses_what_was_promised() {
    let (mut cuts, mut cuts_in_recovery) = (0, 0);
    for after in 0..110 {
        let disk = Shaky::new(Fault::PowerCut, NEVER, after);
        open(&disk).expect("a new ledger").close();
        disk.0.fuse.store(after, Ordering::SeqCst);
        let mut disk = disk;
        let (mut promised, mut next) = (Vec::new(), 0);
        for round in 0..4_u64 {
            match open(&disk) {
                Ok(ledger) => {
                    assert_sound(&ledger, &promised, next);
                    let (more, upto) = write_until_failure(&ledger, next, 12);
                    promised.extend(more);
                    next = upto;
                }
                Err(_) => cuts_in_recovery += 1,
            }
            cuts += 1;
            disk = disk.after_power_cut(Fault::PowerCut, (after * 7 + round * 3) % 23);
        }
        let last = disk.after_power_cut(Fault::PowerCut, NEVER);
        let ledger = open(&last).expect("a sound disk opens");
        assert_sound(&ledger, &promised, next);
        add(&ledger, next).expect("and goes on");
    }
    assert!(cuts == 440 && cuts_in_recovery > 50, "{cuts_in_recovery} of {cuts} cuts hit the opening");
}

/// J03, G05: after a failed sync nothing is promised any more, reads go on, and a restart finds a sound ledger.
#[test]
fn a_failed_sync_ends_writing_until_restart() {
    let mut hit = 0;
    for after in 0..40 {
        let disk = Shaky::new(Fault::SyncFails, after, 1);
        let Ok(ledger) = open(&disk) else { continue };
        let (promised, next) = write_until_failure(&ledger, 0, 12);
        if promised.len() == 12 {
            continue;
        }
        hit += 1;
        assert!(matches!(ledger.health(), Health::Stopped(_)), "{:?}", ledger.health());
        for id in next..next + 3 {
            assert!(matches!(add(&ledger, id), Err(CommitError::Closed)), "the disk works again, the promise does not");
        }
        let seen = ids(&ledger);
        assert!(promised.iter().all(|id| seen.contains(id)), "reads go on");
        ledger.close();
        let ledger = open(&disk.after_power_cut(Fault::SyncFails, NEVER)).expect("a restart");
        assert_sound(&ledger, &promised, next);
        add(&ledger, 1_000).expect("writes again");
    }
    assert!(hit > 15, "{hit} of 40 failures hit a commit");
}

/// J04, G05: a full disk refuses, clearly and without a trace; when there is room again it works without a restart.
#[test]
fn a_full_disk_refuses_until_there_is_room() {
    let mut hit = 0;
    for after in 0..200 {
        let disk = Shaky::new(Fault::Full, after, 2);
        let Ok(ledger) = open(&disk) else { continue };
        let (mut promised, next) = write_until_failure(&ledger, 0, 16);
        if promised.len() == 16 {
            continue;
        }
        hit += 1;
        assert_eq!(ledger.health(), Health::Full);
        let refused = add(&ledger, next).expect_err("still full");
        assert!(refused.is_full(), "{refused}");
        let seen = ids(&ledger);
        assert!(promised.iter().all(|id| seen.contains(id)), "reads go on");
        disk.disk().room = None;
        add(&ledger, next).expect("there is room again");
        assert_eq!(ledger.health(), Health::Writable);
        promised.push(next);
        assert_sound(&ledger, &promised, next + 1);
        ledger.close();
        assert_sound(&open(&disk).expect("opens"), &promised, next + 1);
    }
    assert!(hit > 100, "{hit} of 200 hit a commit");
}

/// J09: a migration that is cut at any operation resumes, each row is changed once, and an older program refuses.
#[test]
fn a_migration_resumes_and_old_programs_refuse() {
    fn rename(rows: &mut execgov::store::migrate::Rows<'_>, cursor: &[u8]) -> Result<Progress, StoreError> {
        let found = rows.after("old", cursor, 3)?;
        for (key, value) in &found {
            rows.put("new", key, &[&value[..], b"+"].concat())?;
            rows.remove("old", key)?;
        }
        Ok(found.last().map_or(Progress::Done, |(key, _)| Progress::More(key.clone())))
    }
    fn fill(rows: &mut execgov::store::migrate::Rows<'_>, _: &[u8]) -> Result<Progress, StoreError> {
        (0..10_u8).try_for_each(|n| rows.put("old", &[n], &[n]))?;
        Ok(Progress::Done)
    }
    fn look(rows: &mut execgov::store::migrate::Rows<'_>, _: &[u8]) -> Result<Progress, StoreError> {
        let found = rows.after("new", b"", 100)?;
        let expected: Vec<_> = (0..10_u8).map(|n| (vec![n], vec![n, b'+'])).collect();
        if found == expected && rows.after("old", b"", 1)?.is_empty() {
            Ok(Progress::Done)
        } else {
            Err(StoreError::Damaged(format!("{found:?}")))
        }
    }
    let version = |steps: usize| -> Vec<Migration> {
        let more =
            [Migration { name: "fill", step: fill }, Migration { name: "rename", step: rename }, Migration { name: "look", step: look }];
        MIGRATIONS.iter().copied().chain(more).take(MIGRATIONS.len() + steps).collect()
    };
    let open = |disk: &Shaky, steps| Ledger::open_on(Box::new(disk.clone()), options(Arc::new(SystemClock)), &version(steps));
    let mut cut = 0;
    for after in 0..90 {
        let disk = Shaky::new(Fault::PowerCut, NEVER, 3);
        let ledger = open(&disk, 1).expect("version 1");
        add(&ledger, 1).expect("applied");
        ledger.close();
        disk.0.fuse.store(after, Ordering::SeqCst);
        let mut disk = disk;
        while open(&disk, 2).is_err() {
            cut += 1;
            disk = disk.after_power_cut(Fault::PowerCut, NEVER);
        }
        let ledger = open(&disk.after_power_cut(Fault::PowerCut, NEVER), 3).expect("version 3 finds what version 2 left");
        assert_sound(&ledger, &[1], 2);
        let known = u32::try_from(MIGRATIONS.len() + 1).expect("small");
        let disk = disk.after_power_cut(Fault::PowerCut, NEVER);
        drop(open(&disk, 3));
        let refused = open(&disk, 1).err().expect("an older program");
        assert!(matches!(refused, StoreError::Newer { found, known: ours } if found == known + 2 && ours == known), "{refused}");
    }
    assert!(cut > 20, "{cut} cuts hit the migration");
}

/// The helper that is killed: writes without end and says after each commit what was promised.
#[test]
fn helper_that_writes_until_it_is_killed() {
    let Ok(dir) = std::env::var("EXECGOV_TEST_KILLED_WRITER") else { return };
    let ledger = super::ledger::open(Path::new(&dir));
    let from = ids(&ledger).last().map_or(0, |id| id + 1);
    let next = Arc::new(AtomicU64::new(from.into()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let id = u32::try_from(next.fetch_add(1, Ordering::SeqCst)).expect("small");
                    add(&ledger, id).expect("applied");
                    let line = format!("promised {id}\n");
                    rustix::io::write(rustix::stdio::stdout(), line.as_bytes()).expect("a pipe");
                }
            });
        }
    });
}

/// J01: `kill -9` at 200 moments; nothing that was promised is lost, nothing is there twice, the log verifies.
#[test]
fn two_hundred_kills_lose_nothing() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().expect("directory");
    let kills = std::env::var("EXECGOV_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(200_u32);
    let mut promised: Vec<u32> = Vec::new();
    let mut slowest = Duration::ZERO;
    for kill in 0..kills {
        let mut child = std::process::Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "crash::helper_that_writes_until_it_is_killed", "--nocapture"])
            .env("EXECGOV_TEST_KILLED_WRITER", dir.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut seen = 0;
        for line in lines.map_while(Result::ok) {
            if let Some(id) = line.split("promised ").nth(1).and_then(|id| id.trim().parse().ok()) {
                promised.push(id);
                seen += 1;
            }
            // The moment differs: after some promises, and then a little later.
            if seen == 1 + kill % 5 {
                let until = Instant::now() + Duration::from_micros(u64::from(kill) * 37 % 4_000);
                while Instant::now() < until {
                    std::hint::spin_loop();
                }
                child.kill().expect("killed");
                seen += 1;
            }
        }
        child.wait().expect("reaped");
        assert!(seen > 0, "kill {kill}: the helper wrote nothing");
        if kill % 20 == 19 || kill + 1 == kills {
            let begun = Instant::now();
            let ledger = super::ledger::open(dir.path());
            slowest = slowest.max(begun.elapsed());
            assert_sound(&ledger, &promised, u32::MAX);
            let mut unique = promised.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), promised.len(), "no number was promised twice");
            let key = ledger.verifier().clone();
            drop(ledger);
            assert!(verify_ledger(&dir.path().join("ledger.redb"), &key, None).expect("a ledger").ok);
        }
    }
    assert!(promised.len() >= kills as usize && slowest < Duration::from_secs(5), "{} promises, opening took {slowest:?}", promised.len());
}
