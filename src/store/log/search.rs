//! Searches a log for text or a pattern, in bounded steps that can be continued.
//!
//! The engine is linear in pattern times text (no backtracking), so a bound on the bytes looked at bounds the time.
//! Of a line longer than [`super::LONG_LINE`] only its first piece is looked at.

use regex::bytes::{Regex, RegexBuilder};

use super::error::LogError;
use super::reader::LogReader;
use super::walk::Walk;

/// Longest pattern or text, in bytes.
pub const PATTERN_BYTES: usize = 1_000;
/// Hits in one answer, but for further ones in the line that crosses the limit.
pub const HITS: usize = 1_000;
/// Hits given of one line.
const LINE_HITS: usize = 100;
/// Compiled size of a pattern, in bytes.
const PROGRAM_BYTES: usize = 1 << 20;
/// Bytes looked at in one step, unless a search says otherwise.
const STEP_BYTES: u64 = 32 << 20;

/// What a search is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    Text(&'a str),
    /// The syntax of the `regex` crate, matched within one line.
    Pattern(&'a str),
}

/// Whether `A` finds `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Exact,
    Ignore,
}

/// A search that is ready to run.
#[derive(Debug, Clone)]
pub struct Search {
    pattern: Regex,
    /// A match can be looked for in many lines at once, as it cannot contain a line feed.
    within_line: bool,
    step_bytes: u64,
}

/// A place where something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// From 1.
    pub line: u64,
    /// Characters before it in the line as shown, plus 1.
    pub column: u64,
    /// Characters it has.
    pub length: u64,
}

/// What one step of a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitPage {
    pub hits: Vec<Hit>,
    /// The line from which to continue; `None` when the end of the log was reached.
    pub next: Option<u64>,
    /// Lines in the log now.
    pub total_lines: u64,
}

impl Search {
    /// # Errors
    /// `Pattern` when it is empty, too long, contains a line feed or is not a pattern.
    pub fn new(wanted: Wanted<'_>, case: Case) -> Result<Self, LogError> {
        let (text, pattern, within_line) = match wanted {
            Wanted::Text(text) => (text, regex::escape(text), true),
            Wanted::Pattern(text) => (text, text.to_owned(), false),
        };
        let refuse = |why: &str| Err(LogError::Pattern(why.to_owned()));
        if text.is_empty() {
            return refuse("it is empty");
        }
        if text.len() > PATTERN_BYTES {
            return refuse("it is longer than 1000 bytes");
        }
        if within_line && text.contains('\n') {
            return refuse("it contains a line feed, and lines are searched one by one");
        }
        let pattern = RegexBuilder::new(&pattern)
            .case_insensitive(case == Case::Ignore)
            .size_limit(PROGRAM_BYTES)
            .dfa_size_limit(PROGRAM_BYTES)
            .build()
            .map_err(|error| LogError::Pattern(error.to_string()))?;
        Ok(Self { pattern, within_line, step_bytes: STEP_BYTES })
    }

    /// Looks at this many bytes in a step.
    #[must_use]
    pub fn step_bytes(mut self, bytes: u64) -> Self {
        self.step_bytes = bytes;
        self
    }

    fn hits_in_line(&self, line: u64, text: &[u8], hits: &mut Vec<Hit>) {
        let mut shown = Shown { text, at: 0, characters: 0 };
        for found in self.pattern.find_iter(text).filter(|found| !found.is_empty()).take(LINE_HITS) {
            let column = shown.characters_before(found.start()) + 1;
            let length = shown.characters_before(found.end()) + 1 - column;
            hits.push(Hit { line, column, length });
        }
    }
}

/// Counts characters of the lossy form while going forward in the bytes.
struct Shown<'a> {
    text: &'a [u8],
    at: usize,
    characters: u64,
}

impl Shown<'_> {
    fn characters_before(&mut self, to: usize) -> u64 {
        let passed = self.text.get(self.at..to).unwrap_or_default();
        self.characters += String::from_utf8_lossy(passed).chars().count() as u64;
        self.at = to;
        self.characters
    }
}

impl LogReader {
    /// Searches from a line on, until the limit of hits, the bound of work or the end is reached.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn search(&mut self, search: &Search, from: u64, limit: usize) -> Result<HitPage, LogError> {
        self.walk.source.refresh();
        let total_lines = self.walk.source.lines();
        let limit = limit.clamp(1, HITS);
        let mut hits = Vec::new();
        let mut looked_at = 0;
        self.walk.seek(from.max(1))?;
        while hits.len() < limit && looked_at < search.step_bytes {
            match step(&mut self.walk, search, &mut hits)? {
                Some(bytes) => looked_at += bytes,
                None => return Ok(HitPage { hits, next: None, total_lines }),
            }
        }
        let next = self.walk.lines_before() + 1;
        Ok(HitPage { hits, next: (next <= total_lines).then_some(next), total_lines })
    }
}

/// Looks at one line, or at a whole frame where that is enough to see that it has no hit; gives the bytes looked at.
fn step(walk: &mut Walk, search: &Search, hits: &mut Vec<Hit>) -> Result<Option<u64>, LogError> {
    if search.within_line
        && let Some(frame) = walk.whole_frame()?
        && !search.pattern.is_match(frame)
    {
        let bytes = frame.len() as u64;
        walk.skip_frame();
        return Ok(Some(bytes));
    }
    let Some(piece) = walk.piece()? else { return Ok(None) };
    if let Some(line) = piece.line.filter(|_| !piece.continues) {
        let text = piece.text.get(..super::LONG_LINE).unwrap_or_else(|| piece.text.strip_suffix(b"\r").unwrap_or(piece.text));
        search.hits_in_line(line, text, hits);
    }
    Ok(Some(piece.text.len() as u64 + 1))
}
