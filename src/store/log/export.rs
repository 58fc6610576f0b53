//! Downloads: a log, or a range of its lines, as text or as JSON lines, in chunks of bounded size.

use std::io::Write;
use std::ops::RangeInclusive;

use futures::Stream as Chunks;
use serde_json::json;

use super::canon::Joiner;
use super::error::LogError;
use super::reader::{LogReader, time};
use super::walk::{Piece, PieceEnd};

/// A chunk is given out when it has this many bytes.
const CHUNK: usize = 64 * 1024;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    /// The canonical form; of a whole log its SHA-256 is that of the seal.
    Plain,
    /// Each line after its time and stream: `2026-11-22T10:00:00.000001Z stdout text`.
    Timed,
    /// One object for each line: `{"n":1,"at":"...","stream":"stdout","text":"..."}`; a later piece of a line
    /// over 64 KiB has `"continues":true`.
    JsonLines,
}

/// A download in progress.
#[derive(Debug)]
pub struct Export {
    reader: LogReader,
    form: ExportForm,
    to: u64,
    joiner: Joiner,
    from: u64,
    done: bool,
}

impl LogReader {
    /// Begins a download of some lines, or of all that are there now with `1..=u64::MAX`.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn export(mut self, lines: RangeInclusive<u64>, form: ExportForm) -> Result<Export, LogError> {
        self.walk.source.refresh();
        let from = (*lines.start()).max(1);
        self.walk.seek(from)?;
        Ok(Export { reader: self, form, to: *lines.end(), joiner: Joiner::default(), from, done: false })
    }
}

impl Export {
    /// The next bytes of the download; `None` at its end.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn chunk(&mut self) -> Result<Option<Vec<u8>>, LogError> {
        let mut out = Vec::with_capacity(CHUNK + CHUNK / 4);
        while !self.done && out.len() < CHUNK {
            let Some(piece) = self.reader.walk.piece()? else {
                self.done = true;
                break;
            };
            if !piece.continues && piece.line > Some(self.to) {
                self.done = true;
            } else if piece.line.is_some_and(|line| (self.from..=self.to).contains(&line)) {
                write_piece(self.form, &mut self.joiner, &piece, &mut out);
            }
        }
        Ok((!out.is_empty()).then_some(out))
    }

    /// The chunks as a stream; each is read on a thread where waiting for the disk does no harm.
    pub fn into_stream(self) -> impl Chunks<Item = Result<Vec<u8>, LogError>> + Send + 'static {
        futures::stream::try_unfold(self, |mut export| async move {
            let step = tokio::task::spawn_blocking(move || export.chunk().map(|chunk| chunk.map(|chunk| (chunk, export))));
            step.await.map_err(|_| LogError::Cancelled)?
        })
    }
}

fn write_piece(form: ExportForm, joiner: &mut Joiner, piece: &Piece<'_>, out: &mut Vec<u8>) {
    let feed = piece.end == PieceEnd::LineFeed;
    if form == ExportForm::JsonLines {
        let mut object = json!({
            "n": piece.line,
            "at": time(piece.at),
            "stream": piece.stream.word(),
            "text": String::from_utf8_lossy(piece.text),
        });
        if piece.continues {
            object["continues"] = true.into();
        }
        out.extend_from_slice(object.to_string().as_bytes());
        out.push(b'\n');
        return;
    }
    let fresh = joiner.gap_before(piece.stream, piece.continues, feed);
    if fresh {
        out.push(b'\n');
    }
    if form == ExportForm::Timed && (!piece.continues || out.last().is_none_or(|last| *last == b'\n')) {
        // Writing to a vector does not fail.
        let _ = write!(out, "{:.6} {} ", time(piece.at), piece.stream.word());
    }
    out.extend_from_slice(piece.text);
    if feed {
        out.push(b'\n');
    }
}
