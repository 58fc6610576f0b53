//! One frame of a log file: a header of 28 bytes and the bytes of one stream that it speaks of.
//!
//! All numbers are little-endian. A frame holds whole lines of one stream, with their line feeds, as they came; its first
//! piece may go on with a line that an earlier frame began, and its last line may lack its line feed (see [`Header::shape`]).
//!
//! ```text
//!  0  u8   0xE6
//!  1  u8   stream: 0 stdout, 1 stderr, 2 execgov itself
//!  2  u8   shape: bit 0 the first piece goes on with a line begun earlier, bit 1 the last line goes on in a later frame
//!  3  u8   0
//!  4  u32  payload length in bytes
//!  8  u32  lines that begin in the payload
//! 12  i64  arrival, in microseconds since 1970-01-01T00:00:00Z
//! 20  i64  the same for the first line, which may have begun to arrive earlier
//! 28       payload
//! ```

use super::error::Damage;

/// Length of a header in bytes.
pub const HEADER: usize = 28;
/// Longest payload that a reader accepts, in bytes; writers stay below [`super::BLOCK`] + [`super::LONG_LINE`].
pub const PAYLOAD_MAX: usize = 1 << 20;

const FIRST_BYTE: u8 = 0xE6;
const CONTINUES: u8 = 1;
const BROKEN: u8 = 2;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    Stdout,
    Stderr,
    /// A remark of the appliance about the log, such as that a limit was reached. No run can write it.
    Execgov,
}

impl Stream {
    /// The word used in exports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Execgov => "execgov",
        }
    }

    /// A small number, for arrays that have one place for each stream.
    #[must_use]
    pub const fn place(self) -> usize {
        match self {
            Self::Stdout => 0,
            Self::Stderr => 1,
            Self::Execgov => 2,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Stdout),
            1 => Some(Self::Stderr),
            2 => Some(Self::Execgov),
            _ => None,
        }
    }
}

/// How the payload's ends relate to other frames of the same stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// The bytes up to the first line feed belong to a line that an earlier frame began.
    pub continues: bool,
    /// The bytes after the last line feed go on in a later frame.
    pub broken: bool,
}

/// What a frame says about its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub stream: Stream,
    pub shape: Shape,
    /// Payload length in bytes.
    pub len: u32,
    /// Lines that begin in the payload.
    pub lines: u32,
    /// When the payload arrived, in microseconds since the epoch.
    pub arrived: i64,
    /// When the first line began to arrive, in microseconds since the epoch.
    pub began: i64,
}

impl Header {
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[0] = FIRST_BYTE;
        out[1] = u8::try_from(self.stream.place()).unwrap_or(u8::MAX);
        out[2] = if self.shape.continues { CONTINUES } else { 0 } | if self.shape.broken { BROKEN } else { 0 };
        out[4..8].copy_from_slice(&self.len.to_le_bytes());
        out[8..12].copy_from_slice(&self.lines.to_le_bytes());
        out[12..20].copy_from_slice(&self.arrived.to_le_bytes());
        out[20..28].copy_from_slice(&self.began.to_le_bytes());
        out
    }

    /// # Errors
    /// When the bytes are not a header.
    pub fn decode(bytes: &[u8; HEADER]) -> Result<Self, Damage> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let long = |at: usize| (u64::from(word(at + 4)) << 32 | u64::from(word(at))).cast_signed();
        let stream = Stream::from_byte(bytes[1]).ok_or(Damage::Header)?;
        let header = Self {
            stream,
            shape: Shape { continues: bytes[2] & CONTINUES != 0, broken: bytes[2] & BROKEN != 0 },
            len: word(4),
            lines: word(8),
            arrived: long(12),
            began: long(20),
        };
        let sound = bytes[0] == FIRST_BYTE
            && bytes[2] <= (CONTINUES | BROKEN)
            && bytes[3] == 0
            && header.len > 0
            && header.len as usize <= PAYLOAD_MAX;
        if sound { Ok(header) } else { Err(Damage::Header) }
    }
}

/// Counts the lines that begin in a payload of this shape.
#[must_use]
pub fn lines_begun(parts: [&[u8]; 2], shape: Shape) -> u32 {
    let feeds: usize = parts.iter().map(|part| memchr::memchr_iter(b'\n', part).count()).sum();
    let last = parts.iter().rev().find_map(|part| part.last());
    let open = usize::from(last.is_some_and(|last| *last != b'\n'));
    u32::try_from((feeds + open).saturating_sub(usize::from(shape.continues))).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_round_trip_and_noise_is_refused() {
        let header = Header {
            stream: Stream::Stderr,
            shape: Shape { continues: true, broken: false },
            len: 77,
            lines: 3,
            arrived: 1_700_000_000_000_001,
            began: -5,
        };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Ok(header));
        assert_eq!(Header::decode(&[0; HEADER]), Err(Damage::Header));
        for (at, value) in [(0, 0), (1, 3), (2, 4), (3, 1), (7, 0x7f)] {
            let mut bad = bytes;
            bad[at] = value;
            assert_eq!(Header::decode(&bad), Err(Damage::Header), "byte {at}");
        }
    }

    #[test]
    fn lines_are_counted_where_they_begin() {
        let check = |text: &str, continues, broken, expected| {
            assert_eq!(lines_begun([b"", text.as_bytes()], Shape { continues, broken }), expected, "{text:?}");
        };
        check("a\nb\n", false, false, 2);
        check("a\nb", false, false, 2);
        check("\n\n", false, false, 2);
        check("rest\nb\n", true, false, 1);
        check("rest", true, true, 0);
        check("start", false, true, 1);
    }
}
