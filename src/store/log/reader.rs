//! Reads a log by line range, in any of its forms. Synchronous and bounded: a page never holds more than [`PAGE_BYTES`] of text.

use super::canon::Joiner;
use super::error::LogError;
use super::frame::Stream;
use super::live::Ended;
use super::source::Source;
use super::walk::{Piece, PieceEnd, Walk};
use super::{LONG_LINE, marks::Progress};
use crate::base::clock::Timestamp;
use crate::domain::run::LogSeal;

/// Lines in a page at most.
pub const PAGE_LINES: u64 = 5_000;
/// Text in a page at most, in bytes, but for the one line that crosses it.
pub const PAGE_BYTES: usize = 1 << 20;
/// Bytes of a line that are given unless more are asked for.
pub const LINE_BYTES: usize = 16 * 1024;

/// One line as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// From 1.
    pub n: u64,
    /// When its first byte arrived.
    pub at: Timestamp,
    pub stream: Stream,
    /// Without line feed; bytes that are not UTF-8 are shown as U+FFFD.
    pub text: String,
    /// The line is longer than what is given here.
    pub truncated: bool,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineQuery {
    /// The first line, from 1.
    pub from: u64,
    /// At most [`PAGE_LINES`].
    pub count: u64,
    /// Bytes of each line, at most [`LONG_LINE`].
    pub line_bytes: usize,
}

/// Some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePage {
    pub lines: Vec<LogLine>,
    /// The line to ask for next, if there is one now.
    pub next: Option<u64>,
    /// Lines in the whole log now.
    pub total: u64,
}

/// What is known of a log without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStats {
    pub lines: u64,
    /// Bytes it takes when not packed.
    pub stored_bytes: u64,
    /// It is still being written.
    pub open: bool,
    /// The seal, where the stored form carries it; the record of the run always does.
    pub seal: Option<LogSeal>,
    pub progress: Option<Progress>,
}

/// Reads one log.
#[derive(Debug)]
pub struct LogReader {
    pub(super) walk: Walk,
}

impl LogReader {
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { walk: Walk::new(source) }
    }

    /// The lines of a range; fewer when the page is full.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn lines(&mut self, query: LineQuery) -> Result<LinePage, LogError> {
        self.walk.source.refresh();
        let from = query.from.max(1);
        let total = self.walk.source.lines();
        let lines = if from > total {
            Vec::new()
        } else {
            self.walk.seek(from)?;
            next_lines(&mut self.walk, query)?
        };
        let next = lines.last().map_or(from, |last| last.n + 1);
        Ok(LinePage { lines, next: (next <= total).then_some(next), total })
    }

    /// The last lines.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn tail(&mut self, count: u64) -> Result<LinePage, LogError> {
        self.walk.source.refresh();
        let from = self.walk.source.lines().saturating_sub(count.min(PAGE_LINES)) + 1;
        self.lines(LineQuery { from, count, line_bytes: LINE_BYTES })
    }

    pub fn stats(&mut self) -> LogStats {
        self.walk.source.refresh();
        let source = &self.walk.source;
        let (mut seal, mut progress, mut open) = (source.seal().cloned(), None, false);
        if let Some(live) = source.shared() {
            let state = live.state.borrow();
            progress.clone_from(&state.progress);
            open = state.ended.is_none();
            if let Some(Ended::Sealed(sealed)) = &state.ended {
                seal = Some(sealed.clone());
            }
        }
        LogStats { lines: source.lines(), stored_bytes: source.end(), open, seal, progress }
    }

    /// Digests the canonical form anew, to be compared with the seal.
    ///
    /// # Errors
    /// When the log cannot be read or its structure is damaged.
    pub fn digest(&mut self) -> Result<String, LogError> {
        use sha2::{Digest, Sha256};
        self.walk.source.refresh();
        self.walk.seek(1)?;
        let (mut joiner, mut digest) = (Joiner::default(), Sha256::new());
        while let Some(piece) = self.walk.piece()? {
            let feed = piece.end == PieceEnd::LineFeed;
            if joiner.gap_before(piece.stream, piece.continues, feed) {
                digest.update(b"\n");
            }
            digest.update(piece.text);
            if feed {
                digest.update(b"\n");
            }
        }
        Ok(hex::encode(digest.finalize()))
    }
}

/// Collects lines from where the walk is.
pub(super) fn next_lines(walk: &mut Walk, query: LineQuery) -> Result<Vec<LogLine>, LogError> {
    let count = usize::try_from(query.count.min(PAGE_LINES)).unwrap_or(usize::MAX);
    let mut lines = Vec::with_capacity(count.min(256));
    let mut bytes = 0;
    while lines.len() < count && bytes < PAGE_BYTES {
        let Some(piece) = walk.piece()? else { break };
        if piece.continues {
            continue;
        }
        let line = LogLine::new(&piece, query.line_bytes.clamp(1, LONG_LINE));
        bytes += line.text.len();
        lines.push(line);
    }
    Ok(lines)
}

impl LogLine {
    fn new(piece: &Piece<'_>, line_bytes: usize) -> Self {
        let (kept, rest) = cut(piece.text, line_bytes);
        let whole = rest.is_empty() && piece.end != PieceEnd::Broken;
        let kept = if whole { kept.strip_suffix(b"\r").unwrap_or(kept) } else { kept };
        Self {
            n: piece.line.unwrap_or(0),
            at: time(piece.at),
            stream: piece.stream,
            text: String::from_utf8_lossy(kept).into_owned(),
            truncated: !whole,
        }
    }
}

/// The first bytes of a text, not more than `limit`, not ending inside a character.
fn cut(text: &[u8], limit: usize) -> (&[u8], &[u8]) {
    if text.len() <= limit {
        return (text, b"");
    }
    let begins_character = |at: &usize| text.get(*at).is_some_and(|byte| byte & 0xC0 != 0x80);
    let at = (limit.saturating_sub(3)..=limit).rev().find(begins_character).unwrap_or(limit);
    text.split_at(if at == 0 { limit } else { at })
}

pub(super) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_not_cut_inside_a_character() {
        for (text, limit, expected) in [("abcd", 4, "abcd"), ("abcd", 3, "abc"), ("a中b", 3, "a"), ("a中b", 4, "a中"), ("😀😀", 7, "😀")]
        {
            assert_eq!(cut(text.as_bytes(), limit).0, expected.as_bytes(), "{text} {limit}");
        }
        assert_eq!(cut(b"\x80\x80\x80\x80\x80\x80", 4).0.len(), 4);
    }
}
