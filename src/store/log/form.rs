//! The file forms: how a log lies on disk while it is written, after its seal, and packed.
//!
//! ```text
//! open     MAGIC frame*                                  grows; after a crash the last frame may be torn
//! sealed   MAGIC frame* tail                             in `open/` until the outcome of the run is committed
//! packed   PACKED zstd-frame* tail                       in `<last byte of the run id>/`; each zstd frame is one block of the open form
//! inline   MAGIC frame*                                  at most INLINE_MAX bytes, in the ledger; an empty log is no bytes at all
//!
//! tail     u32 x blocks      packed length of each block (none in the sealed form)
//!          (u64 u64) x n     index: lines before, offset in the open form
//!          footer            104 bytes, see `Footer`
//! ```
//! Offsets are always those of the open form, so one index serves all forms; a packed block holds [`PACK_BLOCK`] bytes of it.

use super::error::Damage;
use super::index::{Entry, Index};
use crate::domain::run::LogSeal;

/// First bytes of the open and the sealed form.
pub const MAGIC: &[u8; 8] = b"EGLOG\x001\n";
/// First bytes of the packed form.
pub const PACKED: &[u8; 8] = b"EGLOG\x00Z\n";
/// Bytes of the open form in one packed block.
pub const PACK_BLOCK: usize = 256 * 1024;
/// Length of the footer in bytes.
pub const FOOTER: usize = 104;

const END: &[u8; 8] = b"EGLOGEND";

/// The last bytes of a sealed or packed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// Length of the open form: where its last frame ends.
    pub end: u64,
    pub index_entries: u32,
    /// Packed blocks; 0 in the sealed form.
    pub blocks: u32,
    pub seal: LogSeal,
    /// First bytes of the SHA-256 of the block lengths and the index.
    pub tail_check: [u8; 8],
}

impl Footer {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FOOTER);
        for number in [self.end, self.seal.lines, self.seal.bytes, self.seal.dropped_bytes] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.index_entries, self.blocks] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let mut digest = [0; 32];
        if hex::decode_to_slice(&self.seal.sha256, &mut digest).is_err() {
            digest.fill(0);
        }
        out.extend_from_slice(&digest);
        out.extend_from_slice(&self.tail_check);
        // Covers the footer itself, so that a damaged one is not taken for one.
        out.extend_from_slice(&check::<16>(&out));
        out.extend_from_slice(END);
        out
    }

    /// # Errors
    /// When these are not the last bytes of a finished file.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        let long = |at: usize| bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes).ok_or(Damage::Form);
        let word = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes).ok_or(Damage::Form);
        if bytes.len() != FOOTER
            || !bytes.ends_with(END)
            || bytes.get(80..96) != Some(check::<16>(bytes.get(..80).ok_or(Damage::Form)?).as_slice())
        {
            return Err(Damage::Form);
        }
        let seal = LogSeal {
            lines: long(8)?,
            bytes: long(16)?,
            dropped_bytes: long(24)?,
            sha256: hex::encode(bytes.get(40..72).ok_or(Damage::Form)?),
        };
        Ok(Self { end: long(0)?, index_entries: word(32)?, blocks: word(36)?, seal, tail_check: long(72)?.to_le_bytes() })
    }

    /// Bytes before the footer that belong to the tail.
    #[must_use]
    pub fn tail_bytes(&self) -> u64 {
        u64::from(self.blocks) * 4 + u64::from(self.index_entries) * 16
    }
}

fn check<const N: usize>(bytes: &[u8]) -> [u8; N] {
    use sha2::Digest;
    let digest: [u8; 32] = sha2::Sha256::digest(bytes).into();
    digest.first_chunk().copied().unwrap_or([0; N])
}

/// The tail of a finished file: block lengths, index, footer.
#[must_use]
pub fn encode_tail(end: u64, index: &Index, blocks: &[u32], seal: &LogSeal) -> Vec<u8> {
    let mut out = Vec::with_capacity(blocks.len() * 4 + index.entries().len() * 16 + FOOTER);
    for block in blocks {
        out.extend_from_slice(&block.to_le_bytes());
    }
    for entry in index.entries() {
        out.extend_from_slice(&entry.lines_before.to_le_bytes());
        out.extend_from_slice(&entry.offset.to_le_bytes());
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (index_entries, blocks) = (count(index.entries().len()), count(blocks.len()));
    let footer = Footer { end, index_entries, blocks, seal: seal.clone(), tail_check: check(&out) };
    out.extend_from_slice(&footer.encode());
    out
}

/// Reads what lies between the frames and the footer: block lengths and index.
///
/// # Errors
/// When the bytes are not as many as the footer says or the index does not rise.
pub fn decode_tail(footer: &Footer, bytes: &[u8]) -> Result<(Vec<u32>, Index), Damage> {
    if bytes.len() as u64 != footer.tail_bytes() || check(bytes) != footer.tail_check {
        return Err(Damage::Form);
    }
    let (blocks, index) = bytes.split_at(footer.blocks as usize * 4);
    let blocks = blocks.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let longs: Vec<u64> = index.as_chunks::<8>().0.iter().map(|long| u64::from_le_bytes(*long)).collect();
    let entries: Vec<Entry> =
        longs.as_chunks::<2>().0.iter().map(|[lines_before, offset]| Entry { lines_before: *lines_before, offset: *offset }).collect();
    let rising = entries.is_sorted_by(|a, b| a.offset < b.offset && a.lines_before <= b.lines_before);
    let inside = entries.last().is_none_or(|last| last.offset < footer.end && last.lines_before <= footer.seal.lines);
    if rising && inside { Ok((blocks, Index::from_entries(entries))) } else { Err(Damage::Form) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Index, LogSeal) {
        let mut index = Index::default();
        index.note(Entry { lines_before: 0, offset: 8 });
        index.note(Entry { lines_before: 40, offset: 70_000 });
        (index, LogSeal { lines: 50, bytes: 80_000, dropped_bytes: 3, sha256: "ab".repeat(32) })
    }

    #[test]
    fn tails_round_trip_and_any_changed_footer_byte_is_noticed() {
        let (index, seal) = sample();
        let tail = encode_tail(90_000, &index, &[7, 9], &seal);
        let (rest, footer) = tail.split_at(tail.len() - FOOTER);
        let read = Footer::decode(footer).expect("a footer");
        assert_eq!((read.end, &read.seal), (90_000, &seal));
        let (blocks, found) = decode_tail(&read, rest).expect("a tail");
        assert_eq!((blocks, found.entries()), (vec![7, 9], index.entries()));
        for at in 0..FOOTER {
            let mut bad = footer.to_vec();
            bad[at] ^= 1;
            assert_eq!(Footer::decode(&bad), Err(Damage::Form), "byte {at}");
        }
        assert_eq!(decode_tail(&read, &rest[1..]).err(), Some(Damage::Form));
        let mut bad = rest.to_vec();
        bad[3] ^= 1;
        assert_eq!(decode_tail(&read, &bad).err(), Some(Damage::Form));
    }
}
