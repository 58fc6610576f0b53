//! The canonical form of a log: the plain text that `.log` downloads carry, and its digest.
//!
//! It is the payloads of all frames in order, and nothing else, but for one rule: where a payload ends without a line feed
//! and the next one does not go on with that same line, a line feed is put between. So for a run that wrote to one
//! stream only it is byte for byte what the run wrote, and `sha256sum` of a downloaded log gives the sealed digest.

use sha2::{Digest, Sha256};

use super::frame::{Header, Stream};

/// Decides where a line feed has to be put between payloads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Joiner {
    /// The stream of the last piece, if that piece had no line feed at its end.
    open: Option<Stream>,
}

impl Joiner {
    /// Takes the next piece and says whether a line feed goes before it.
    pub fn gap_before(&mut self, stream: Stream, continues: bool, ends_with_feed: bool) -> bool {
        let gap = self.open.is_some_and(|open| !(continues && open == stream));
        self.open = (!ends_with_feed).then_some(stream);
        gap
    }
}

/// Digests the canonical form as it grows.
#[derive(Debug, Clone, Default)]
pub struct Canon {
    joiner: Joiner,
    digest: Sha256,
}

impl Canon {
    /// Adds one frame.
    pub fn add(&mut self, header: &Header, parts: [&[u8]; 2]) {
        let last = parts.iter().rev().find_map(|part| part.last());
        if self.joiner.gap_before(header.stream, header.shape.continues, last == Some(&b'\n')) {
            self.digest.update(b"\n");
        }
        for part in parts {
            self.digest.update(part);
        }
    }

    /// The SHA-256 of everything added so far.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }
}
