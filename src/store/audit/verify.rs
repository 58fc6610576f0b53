//! Checking a log against its signed checkpoint, wherever its bytes lie, and naming the first entry that is wrong.
//!
//! Entries are streamed: each is hashed, compared with the hash that was kept for it, and added to the tree; tiles are
//! compared on the way up; the root is compared at the signed size and at every signed size of the past. Nothing is
//! trusted but signatures. A bundle without entries stands for its hashes when a later entry, a tombstone, says that
//! they were removed; without one, its entries are missing. Where an entry and all hashes above it were changed alike, only a root can tell, and the
//! report names the first entry after the last root that still agreed.

use super::diagnose::{Dispute, diagnose};
use super::report::{Problem, VerifyReport};
use crate::crypto::checkpoint::Checkpoint;
use crate::crypto::merkle::{self, Frontier, Hash};
use crate::crypto::note::Verifier;
use crate::crypto::tiles::{self, WIDTH};
use crate::domain::audit::{ActorKind, Event, Outcome, TOMBSTONE};

/// How much of something was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Whole,
    /// Only a beginning could be read, for this reason.
    Cut(String),
    Absent,
}

/// Where a log is read from.
pub trait Source {
    /// The signed head, as text.
    fn checkpoint(&mut self) -> Result<String, String>;

    /// Signed heads of the past, in any order.
    fn past_checkpoints(&mut self) -> Result<Vec<String>, String>;

    /// Puts the entries of a bundle, in the C2SP form, into an empty buffer.
    fn entries(&mut self, bundle: u64, width: u64, into: &mut Vec<u8>) -> Found;

    /// Puts the hashes of a tile into an empty buffer.
    fn tile(&mut self, level: u32, tile: u64, width: u64, into: &mut Vec<Hash>) -> Found;

    /// Whether there are entries from `size` on.
    fn goes_beyond(&mut self, size: u64) -> bool;
}

/// A root that somebody signed.
struct Mark {
    size: u64,
    root: Hash,
    held: bool,
}

/// Reads a whole log and compares it with what was signed with `key`; `older` is a checkpoint that the asker kept from
/// an earlier day.
pub fn verify(source: &mut dyn Source, key: &Verifier, older: Option<&str>) -> VerifyReport {
    let mut report = VerifyReport::begin(key);
    if let Err(problem) = check(source, key, older, &mut report) {
        report.fail(*problem);
    }
    report
}

type Verdict<T> = Result<T, Box<Problem>>;

fn check(source: &mut dyn Source, key: &Verifier, older: Option<&str>, report: &mut VerifyReport) -> Verdict<()> {
    let signed = |why: String| Box::new(Problem::Checkpoint { why });
    report.checkpoint = source.checkpoint().map_err(signed)?;
    let head = Checkpoint::open(&report.checkpoint, key).map_err(|error| signed(error.to_string()))?;
    report.signed(&head);
    let mut marks = vec![Mark { size: head.size, root: head.root, held: false }];
    for (note, held) in older.map(|note| (note.to_owned(), true)).into_iter().chain(past(source)?) {
        let found = Checkpoint::open(&note, key);
        match found {
            Ok(found) if found.size > head.size => return Err(Box::new(Problem::RolledBack { held: found.size, found: head.size })),
            Ok(found) => marks.push(Mark { size: found.size, root: found.root, held }),
            Err(error) if held => return Err(Box::new(Problem::OlderCheckpoint { why: error.to_string() })),
            Err(error) => return Err(Box::new(Problem::PastCheckpoint { why: error.to_string() })),
        }
    }
    marks.sort_by_key(|mark| (mark.size, !mark.held));
    let walk = Walk { source, marks, next_mark: 0, proven: 0, frontier: Frontier::default(), levels: Vec::new(), gone: Gone::default() };
    walk.run(head.size, report)
}

fn past(source: &mut dyn Source) -> Verdict<Vec<(String, bool)>> {
    let notes = source.past_checkpoints().map_err(|why| Box::new(Problem::PastCheckpoint { why }))?;
    Ok(notes.into_iter().map(|note| (note, false)).collect())
}

struct Walk<'s> {
    source: &'s mut dyn Source,
    marks: Vec<Mark>,
    next_mark: usize,
    /// Up to here a signed root agreed.
    proven: u64,
    frontier: Frontier,
    /// The hashes of the unfinished tile of each level above 0.
    levels: Vec<Vec<Hash>>,
    gone: Gone,
}

/// Entries that are not there, and what the log itself says about that.
#[derive(Default)]
struct Gone {
    /// The first entry that is not there.
    first: Option<u64>,
    /// The end of the last bundle without entries.
    end: u64,
    /// How many there are.
    entries: u64,
    /// What a tombstone speaks of ends here.
    said: u64,
}

impl Gone {
    fn without(&mut self, first: u64) {
        self.first.get_or_insert(first);
        self.end = first + WIDTH;
        self.entries += WIDTH;
    }

    /// Takes notice of an entry when it is a tombstone, which only the appliance itself writes.
    fn hear(&mut self, index: u64, entry: &[u8]) {
        // Canonical JSON begins with `action`, so that other entries need not be parsed.
        let begin = format!("{{\"action\":\"{TOMBSTONE}\"");
        if !entry.starts_with(begin.as_bytes()) {
            return;
        }
        let Ok(event) = serde_json::from_slice::<Event>(entry) else { return };
        let to = event.details.get("to").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if event.actor.kind == ActorKind::System && event.outcome == Outcome::Done && to <= index {
            self.said = self.said.max(to);
        }
    }
}

impl Walk<'_> {
    fn run(mut self, size: u64, report: &mut VerifyReport) -> Verdict<()> {
        let (mut entries, mut computed, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        self.check_marks(&[])?;
        for bundle in 0..size.div_ceil(WIDTH) {
            let first = bundle * WIDTH;
            let width = WIDTH.min(size - first);
            entries.clear();
            let found = self.source.entries(bundle, width, &mut entries);
            computed.clear();
            for entry in tiles::entries(&entries) {
                let Some(entry) = entry else { break };
                self.gone.hear(first + computed.len() as u64, entry);
                computed.push(merkle::leaf_hash(entry));
                report.entry_bytes += entry.len() as u64;
            }
            report.entries += computed.len() as u64;
            kept.clear();
            let found_kept = self.source.tile(0, bundle, width, &mut kept);
            if found == Found::Absent && width == WIDTH && kept.len() as u64 == WIDTH {
                self.gone.without(first);
                computed.clone_from(&kept);
            }
            if computed != kept || computed.len() as u64 != width {
                let entries_are_right = computed.len() as u64 == width && self.agrees_above(bundle, &computed, size);
                return Err(Box::new(diagnose(Dispute {
                    first,
                    width,
                    computed: &computed,
                    kept: &kept,
                    entries_are_right,
                    entries: found,
                    hashes: found_kept,
                })));
            }
            self.check_marks(&computed)?;
            self.add(bundle, width, &mut computed, size)?;
        }
        self.check_tiles(size)?;
        match self.gone.first {
            Some(index) if self.gone.said < self.gone.end => return Err(Box::new(Problem::Missing { index: index.max(self.gone.said) })),
            Some(_) => report.removed = self.gone.entries,
            None => {}
        }
        if self.source.goes_beyond(size) {
            return Err(Box::new(Problem::Unsigned { index: size }));
        }
        Ok(())
    }

    /// Whether these leaves lead to what is kept above them: the level above for a full bundle, the signed root for the last.
    fn agrees_above(&mut self, bundle: u64, leaves: &[Hash], size: u64) -> bool {
        if (leaves.len() as u64) < WIDTH {
            let mut edge = self.frontier.clone();
            for leaf in leaves {
                edge.push(*leaf);
            }
            return self.marks.last().is_some_and(|head| head.root == edge.root());
        }
        let tile = bundle / WIDTH;
        let mut hashes = Vec::new();
        self.source.tile(1, tile, tiles::tile_width(1, tile, size), &mut hashes);
        let kept = usize::try_from(bundle % WIDTH).ok().and_then(|at| hashes.get(at));
        kept.is_some_and(|kept| *kept == merkle::perfect_root(&mut leaves.to_vec()))
    }

    /// Compares the root at every signed size that lies within or right behind these leaves.
    fn check_marks(&mut self, leaves: &[Hash]) -> Verdict<()> {
        let first = self.frontier.size();
        let end = first + leaves.len() as u64;
        let mut edge = self.frontier.clone();
        while let Some(mark) = self.marks.get(self.next_mark).filter(|mark| mark.size <= end) {
            for index in edge.size()..mark.size {
                edge.push(leaves[usize::try_from(index - first).unwrap_or(usize::MAX)]);
            }
            if edge.root() != mark.root {
                let (from, to) = (self.proven, mark.size);
                return Err(Box::new(if mark.held { Problem::Rewritten { from, to } } else { Problem::Root { from, to } }));
            }
            self.proven = mark.size;
            self.next_mark += 1;
        }
        Ok(())
    }

    /// Adds a bundle to the tree, and its root to the tiles above.
    fn add(&mut self, bundle: u64, width: u64, leaves: &mut [Hash], size: u64) -> Verdict<()> {
        if width < WIDTH {
            for leaf in &*leaves {
                self.frontier.push(*leaf);
            }
            return Ok(());
        }
        let mut root = merkle::perfect_root(leaves);
        self.frontier.push_perfect(tiles::HEIGHT, root);
        let mut index = bundle;
        for level in 1_u32.. {
            let at = level as usize - 1;
            if self.levels.len() == at {
                self.levels.push(Vec::new());
            }
            self.levels[at].push(root);
            index += 1;
            if !index.is_multiple_of(WIDTH) {
                break;
            }
            index = index / WIDTH - 1;
            let mut hashes = std::mem::take(&mut self.levels[at]);
            self.compare(level, index, &hashes, size)?;
            root = merkle::perfect_root(&mut hashes);
        }
        Ok(())
    }

    /// The unfinished tiles at the end.
    fn check_tiles(&mut self, size: u64) -> Verdict<()> {
        let levels = std::mem::take(&mut self.levels);
        for (level, hashes) in (1_u32..).zip(levels).filter(|(_, hashes)| !hashes.is_empty()) {
            let tile = (size >> (level * tiles::HEIGHT)) / WIDTH;
            self.compare(level, tile, &hashes, size)?;
        }
        Ok(())
    }

    fn compare(&mut self, level: u32, tile: u64, computed: &[Hash], size: u64) -> Verdict<()> {
        let mut kept = Vec::new();
        let found = self.source.tile(level, tile, computed.len() as u64, &mut kept);
        if kept == computed {
            return Ok(());
        }
        let at = computed.iter().zip(&kept).take_while(|(a, b)| a == b).count();
        let span = 1_u64.checked_shl(level * tiles::HEIGHT).unwrap_or(u64::MAX);
        let first = (tile * WIDTH + at as u64).saturating_mul(span).min(size);
        let why = if let Found::Cut(why) = found { why } else { "it does not match the entries below it".to_owned() };
        Err(Box::new(Problem::HashTile { level, tile, first, why }))
    }
}
