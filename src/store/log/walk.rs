//! Walks over the lines of a log, forward from any line. Everything that reads a log is built on it.

use memchr::memchr;

use super::error::{Damage, LogError};
use super::form::MAGIC;
use super::frame::{HEADER, Header, Stream};
use super::source::Source;

/// Bytes read at once, unless one frame is larger.
const WINDOW: usize = 256 * 1024;

/// A line, or one piece of a line that was broken for its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The line's number, from 1; `None` for a later piece of a line whose beginning this walk did not meet.
    pub line: Option<u64>,
    /// A later piece of a line whose first piece came before.
    pub continues: bool,
    pub stream: Stream,
    /// Microseconds since the epoch.
    pub at: i64,
    /// Without the line feed.
    pub text: &'a [u8],
    pub end: PieceEnd,
}

/// What follows a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceEnd {
    LineFeed,
    /// Another piece of the same line.
    Broken,
    /// Nothing: the stream ended inside the line.
    Bare,
}

/// A walk. It moves on over bytes that are added to an open log after [`Source::refresh`].
#[derive(Debug)]
pub struct Walk {
    pub source: Source,
    window: Vec<u8>,
    window_at: u64,
    /// Offset of the next header.
    next_frame: u64,
    /// Lines begun before the next piece.
    lines_before: u64,
    frame: Option<Open>,
    /// The number of the broken line of each stream.
    broken: [Option<u64>; 3],
}

/// The frame the walk is in.
#[derive(Debug, Clone, Copy)]
struct Open {
    header: Header,
    /// Offset of the payload.
    at: u64,
    /// Bytes of it that are behind.
    done: usize,
}

impl Walk {
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, window: Vec::new(), window_at: 0, next_frame: MAGIC.len() as u64, lines_before: 0, frame: None, broken: [None; 3] }
    }

    /// Goes to a line (from 1), or to the end if there are fewer.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn seek(&mut self, line: u64) -> Result<(), LogError> {
        let before = line.saturating_sub(1).min(self.source.lines());
        let entry = self.source.locate(before);
        self.frame = None;
        self.broken = [None; 3];
        self.next_frame = entry.offset;
        self.lines_before = entry.lines_before;
        while let Some(header) = self.peek()? {
            if self.lines_before + u64::from(header.lines) > before {
                break;
            }
            self.next_frame += HEADER as u64 + u64::from(header.len);
            self.pass(header);
        }
        while self.lines_before < before && self.piece()?.is_some() {}
        Ok(())
    }

    /// Lines begun before the place where the walk is.
    #[must_use]
    pub fn lines_before(&self) -> u64 {
        self.lines_before
    }

    /// The next piece.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn piece(&mut self) -> Result<Option<Piece<'_>>, LogError> {
        if self.frame.is_none() && !self.enter()? {
            return Ok(None);
        }
        let Some(open) = self.frame else { return Ok(None) };
        let payload = self.payload(open)?;
        let rest = payload.get(open.done..).unwrap_or_default();
        let feed = memchr(b'\n', rest);
        let len = feed.unwrap_or(rest.len());
        let done = open.done + len + usize::from(feed.is_some());
        let finished = done >= open.header.len as usize;
        let continues = open.done == 0 && open.header.shape.continues;
        let Open { header, at, .. } = open;
        let place = header.stream.place();
        if !continues {
            self.lines_before += 1;
        }
        let line = if continues { self.broken[place] } else { Some(self.lines_before) };
        let end = match feed {
            Some(_) => PieceEnd::LineFeed,
            None if header.shape.broken => PieceEnd::Broken,
            None => PieceEnd::Bare,
        };
        self.broken[place] = if end == PieceEnd::Broken { line } else { None };
        self.frame = (!finished).then_some(Open { done, ..open });
        let time = if open.done == 0 { header.began } else { header.arrived };
        let from = usize::try_from(at - self.window_at).unwrap_or(usize::MAX).saturating_add(open.done);
        let text = self.window.get(from..from + len).unwrap_or_default();
        Ok(Some(Piece { line, continues, stream: header.stream, at: time, text, end }))
    }

    /// The whole payload of the next frame, if the walk stands between two frames and there is one more.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn whole_frame(&mut self) -> Result<Option<&[u8]>, LogError> {
        if self.frame.is_none() && !self.enter()? {
            return Ok(None);
        }
        match self.frame {
            Some(open) if open.done == 0 => self.payload(open).map(Some),
            _ => Ok(None),
        }
    }

    /// Passes over the frame that [`Walk::whole_frame`] showed.
    pub fn skip_frame(&mut self) {
        if let Some(open) = self.frame.take_if(|open| open.done == 0) {
            self.pass(open.header);
        }
    }

    /// Gives back the memory of the window, for a walk that will wait.
    pub fn rest(&mut self) {
        self.window = Vec::new();
    }

    fn payload(&mut self, open: Open) -> Result<&[u8], LogError> {
        let len = open.header.len as usize;
        self.fill(open.at, len)?;
        let from = usize::try_from(open.at - self.window_at).unwrap_or(usize::MAX);
        self.window.get(from..from.saturating_add(len)).ok_or(LogError::Damaged { at: open.at, damage: Damage::Torn })
    }

    /// Makes the next frame the current one.
    fn enter(&mut self) -> Result<bool, LogError> {
        let Some(header) = self.peek()? else { return Ok(false) };
        let at = self.next_frame + HEADER as u64;
        self.next_frame = at + u64::from(header.len);
        self.frame = Some(Open { header, at, done: 0 });
        Ok(true)
    }

    /// Counts the lines of a frame that is not looked into.
    fn pass(&mut self, header: Header) {
        self.lines_before += u64::from(header.lines);
        let broken = &mut self.broken[header.stream.place()];
        if !header.shape.broken {
            *broken = None;
        } else if header.lines > 0 {
            *broken = Some(self.lines_before);
        }
    }

    /// The header of the next frame.
    fn peek(&mut self) -> Result<Option<Header>, LogError> {
        if self.next_frame >= self.source.end() {
            return Ok(None);
        }
        let at = self.next_frame;
        let damaged = |damage| LogError::Damaged { at, damage };
        self.fill(at, HEADER)?;
        let from = usize::try_from(at - self.window_at).unwrap_or(usize::MAX);
        let bytes = self.window.get(from..).and_then(|bytes| bytes.first_chunk()).ok_or(damaged(Damage::Torn))?;
        Header::decode(bytes).map(Some).map_err(damaged)
    }

    /// Has these bytes in the window, if the log has them.
    fn fill(&mut self, at: u64, len: usize) -> Result<(), LogError> {
        let inside = at >= self.window_at && at + len as u64 <= self.window_at + self.window.len() as u64;
        if inside {
            return Ok(());
        }
        self.window_at = at;
        self.source.read(at, len.max(WINDOW), &mut self.window)
    }
}
