//! What was done to a bundle whose entries and kept hashes disagree: which entry is the first bad one, and how.

use super::report::Problem;
use super::verify::Found;
use crate::crypto::merkle::Hash;

/// A bundle whose entries and kept hashes disagree.
pub struct Dispute<'d> {
    /// Index of the bundle's first entry.
    pub first: u64,
    /// Entries that it should have.
    pub width: u64,
    /// The hashes of the entries as they are.
    pub computed: &'d [Hash],
    /// The hashes that were kept for them.
    pub kept: &'d [Hash],
    /// Hashes further up, or the signed root, agree with the entries.
    pub entries_are_right: bool,
    /// How much of the entries could be read.
    pub entries: Found,
    /// How much of the hashes could be read.
    pub hashes: Found,
}

/// Names the first bad entry of a bundle and what was done to it.
pub fn diagnose(dispute: Dispute<'_>) -> Problem {
    let Dispute { first, computed, kept, entries, hashes, .. } = dispute;
    let width = usize::try_from(dispute.width).unwrap_or(usize::MAX);
    let at = computed.iter().zip(kept).take_while(|(a, b)| a == b).count();
    let index = first + at as u64;
    let hashes_are_missing = kept.len() < width && at == kept.len() && computed.len() == width;
    if dispute.entries_are_right || hashes_are_missing {
        let why = if let Found::Cut(why) = hashes { why } else { "it does not match the entry".to_owned() };
        return Problem::HashTile { level: 0, tile: first / 256, first: index, why };
    }
    if at == computed.len() && at < width {
        return match entries {
            Found::Cut(why) => Problem::Unreadable { index, why },
            Found::Absent | Found::Whole => Problem::Missing { index },
        };
    }
    let (Some(is), Some(was)) = (computed.get(at), kept.get(at)) else {
        return Problem::Inserted { index };
    };
    let elsewhere = |hashes: &[Hash], hash: &Hash| hashes.iter().position(|other| other == hash);
    match (elsewhere(kept, is), elsewhere(computed, was)) {
        (Some(theirs), Some(ours)) if theirs == ours && theirs > at => Problem::Swapped { index, with: first + theirs as u64 },
        (Some(theirs), _) if theirs < at => Problem::Duplicated { index, of: first + theirs as u64 },
        (Some(_), None) => Problem::Missing { index },
        (None, Some(ours)) if ours > at => Problem::Inserted { index },
        (Some(_), Some(_)) => Problem::Moved { index },
        _ => Problem::Changed { index },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<Hash> {
        text.bytes().map(|byte| [byte; 32]).collect()
    }

    fn find(computed: &str, kept: &str, entries_are_right: bool) -> Problem {
        let (computed, kept) = (hashes(computed), hashes(kept));
        let whole = || Found::Whole;
        diagnose(Dispute { first: 256, width: 6, computed: &computed, kept: &kept, entries_are_right, entries: whole(), hashes: whole() })
    }

    #[test]
    fn each_deed_has_its_name() {
        for (computed, expected) in [
            ("abXdef", Problem::Changed { index: 258 }),
            ("abdef", Problem::Missing { index: 258 }),
            ("abdefX", Problem::Missing { index: 258 }),
            ("abcde", Problem::Missing { index: 261 }),
            ("", Problem::Missing { index: 256 }),
            ("abXcde", Problem::Inserted { index: 258 }),
            ("abcdefX", Problem::Inserted { index: 262 }),
            ("abbcde", Problem::Duplicated { index: 258, of: 257 }),
            ("adcbef", Problem::Swapped { index: 257, with: 259 }),
            ("acdbef", Problem::Moved { index: 257 }),
        ] {
            assert_eq!(find(computed, "abcdef", false), expected, "{computed}");
        }
    }

    #[test]
    fn hashes_can_be_the_liars() {
        assert!(matches!(find("abcdef", "abcXef", true), Problem::HashTile { level: 0, tile: 1, first: 259, .. }));
        assert!(matches!(find("abcdef", "", false), Problem::HashTile { level: 0, tile: 1, first: 256, .. }));
        assert_eq!(find("abcYef", "abcXef", false), Problem::Changed { index: 259 });
    }
}
