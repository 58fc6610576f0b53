//! Turns blocks of output into frames that hold whole lines of one stream. Pure: no file, no clock.
//!
//! A block is cut after its last line feed; what follows waits, per stream, for the rest of its line. So stdout and
//! stderr never share a line, and a line takes its place in the log when its line feed arrives (or the stream ends).
//! What waits is bounded: a line that grows beyond [`LONG_LINE`] takes its place then, as a broken line whose further pieces
//! follow in later frames. Nothing is copied but the waiting bytes.

use super::LONG_LINE;
use super::frame::{Header, Shape, Stream, lines_begun};

/// A frame ready to be written: its payload is the two parts one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub header: Header,
    pub parts: [&'a [u8]; 2],
}

impl<'a> Frame<'a> {
    /// A frame around these bytes, or none when there are none.
    pub fn around(stream: Stream, shape: Shape, (began, arrived): (i64, i64), parts: [&'a [u8]; 2]) -> Option<Self> {
        let len = parts[0].len() + parts[1].len();
        let header = Header { stream, shape, len: u32::try_from(len).ok()?, lines: lines_begun(parts, shape), arrived, began };
        (len > 0).then_some(Self { header, parts })
    }
}

/// The unfinished line of one stream.
#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    began: i64,
    /// The beginning of this line is already in the log.
    inside: bool,
}

/// The unfinished lines of a run.
#[derive(Debug, Default)]
pub struct Assembler {
    waiting: [Waiting; 2],
}

impl Assembler {
    /// Takes a block that arrived on a stream and gives the frames that are complete with it to `emit`, in order.
    pub fn push(&mut self, stream: Stream, at: i64, block: &[u8], mut emit: impl FnMut(Frame<'_>)) {
        let Some(waiting) = self.waiting.get_mut(stream.place()) else { return };
        let whole = memchr::memrchr(b'\n', block).map_or(0, |last| last + 1);
        let (lines, rest) = block.split_at(whole);
        if !lines.is_empty() {
            waiting.emit(stream, at, lines, false, &mut emit);
        }
        if waiting.bytes.len() + rest.len() <= LONG_LINE {
            waiting.hold(at, rest);
        } else if let Some((last, most)) = rest.split_last() {
            // One byte stays behind, so that a broken line always has another piece.
            waiting.emit(stream, at, most, true, &mut emit);
            waiting.hold(at, &[*last]);
        }
    }

    /// Gives away the unfinished lines: nothing more comes.
    pub fn flush(&mut self, at: i64, mut emit: impl FnMut(Frame<'_>)) {
        for (waiting, stream) in self.waiting.iter_mut().zip([Stream::Stdout, Stream::Stderr]) {
            waiting.emit(stream, at, &[], false, &mut emit);
        }
    }
}

impl Waiting {
    fn hold(&mut self, at: i64, rest: &[u8]) {
        if rest.is_empty() {
            return;
        }
        if self.bytes.is_empty() {
            self.began = at;
        }
        self.bytes.extend_from_slice(rest);
    }

    fn emit(&mut self, stream: Stream, at: i64, more: &[u8], broken: bool, emit: &mut impl FnMut(Frame<'_>)) {
        let began = if self.bytes.is_empty() { at } else { self.began };
        let shape = Shape { continues: self.inside, broken };
        if let Some(frame) = Frame::around(stream, shape, (began, at), [&self.bytes, more]) {
            emit(frame);
        }
        self.inside = broken;
        self.bytes.clear();
        self.bytes.shrink_to(1024);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = (Stream, bool, bool, i64, usize, String);

    fn frames(blocks: &[(Stream, &str)]) -> Vec<Seen> {
        let mut seen = Vec::new();
        let mut note = |frame: Frame<'_>| {
            let text = String::from_utf8(frame.parts.concat()).expect("test text");
            let short = text.chars().take(12).collect();
            seen.push((
                frame.header.stream,
                frame.header.shape.continues,
                frame.header.shape.broken,
                frame.header.began,
                text.len(),
                short,
            ));
        };
        let mut assembler = Assembler::default();
        for (at, (stream, block)) in (0_i64..).zip(blocks) {
            assembler.push(*stream, at, block.as_bytes(), &mut note);
        }
        assembler.flush(99, &mut note);
        seen
    }

    #[test]
    fn partial_lines_wait_for_their_end_without_mixing() {
        use Stream::{Stderr, Stdout};
        let seen = frames(&[(Stdout, "one\ntw"), (Stderr, "err"), (Stdout, "o\nthree"), (Stderr, "or\n")]);
        let expected = [
            (Stdout, false, false, 0, 4, "one\n"),
            (Stdout, false, false, 0, 4, "two\n"),
            (Stderr, false, false, 1, 6, "error\n"),
            (Stdout, false, false, 2, 5, "three"),
        ];
        assert_eq!(seen, expected.map(|(a, b, c, d, e, text)| (a, b, c, d, e, text.to_owned())));
    }

    #[test]
    fn a_long_line_is_broken_and_its_end_is_marked() {
        use Stream::Stdout;
        let big = "x".repeat(LONG_LINE);
        let seen = frames(&[(Stdout, &big), (Stdout, "yz"), (Stdout, &big), (Stdout, "end\nnext\n")]);
        let shapes: Vec<_> = seen.iter().map(|(_, continues, broken, _, len, _)| (*continues, *broken, *len)).collect();
        assert_eq!(shapes, [(false, true, LONG_LINE + 1), (true, true, LONG_LINE), (true, false, 1 + 4 + 5)]);
    }
}
