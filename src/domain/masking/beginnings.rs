//! What spellings begin with: tells in a moment that a text holds none of them, which is so for nearly all output.

use std::collections::HashSet;

/// Bytes of a beginning. No spelling is shorter.
const BYTES: usize = 4;
/// Words of a table of 65,536 bits, which stays in the nearest cache.
const WORDS: usize = 1 << 10;

/// The beginnings of a set of spellings, from the coarsest to the exact.
pub struct Beginnings {
    /// A bit for each pair of first bytes.
    pairs: Box<[u64; WORDS]>,
    /// A bit for each digest of the first four bytes.
    digests: Box<[u64; WORDS]>,
    exact: HashSet<[u8; BYTES]>,
}

impl Beginnings {
    #[must_use]
    pub fn of(spellings: &[Vec<u8>]) -> Self {
        let (mut pairs, mut digests, mut exact) = (Box::new([0; WORDS]), Box::new([0; WORDS]), HashSet::new());
        for spelling in spellings {
            let Some(four) = spelling.first_chunk::<BYTES>() else { continue };
            set(&mut pairs, pair(four[0], four[1]));
            set(&mut digests, digest(*four));
            exact.insert(*four);
        }
        Self { pairs, digests, exact }
    }

    /// Whether a spelling may begin anywhere in a text and end in it.
    #[must_use]
    pub fn any_in(&self, text: &[u8]) -> bool {
        text.array_windows::<BYTES>()
            .any(|four| has(&self.pairs, pair(four[0], four[1])) && has(&self.digests, digest(*four)) && self.exact.contains(four))
    }

    /// Whether a spelling begins with these two bytes.
    #[must_use]
    pub fn has_pair(&self, first: u8, second: u8) -> bool {
        has(&self.pairs, pair(first, second))
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// The upper sixteen bits of a product with a large odd number.
fn digest(four: [u8; BYTES]) -> usize {
    (u32::from_le_bytes(four).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

fn set(table: &mut [u64; WORDS], bit: usize) {
    table[bit >> 6] |= 1 << (bit & 63);
}

fn has(table: &[u64; WORDS], bit: usize) -> bool {
    table[bit >> 6] >> (bit & 63) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_is_seen_and_nothing_else() {
        let it = Beginnings::of(&[b"hunter2".to_vec(), b"\xff\x00\x01\x02".to_vec()]);
        for (text, expected) in [("the hunt is on", true), ("the hun", false), ("", false), ("hunger", false), ("runt hunte", true)] {
            assert_eq!(it.any_in(text.as_bytes()), expected, "{text}");
        }
        assert!(it.any_in(b"..\xff\x00\x01\x02") && it.has_pair(0xff, 0) && !it.has_pair(0, 0xff));
    }
}
