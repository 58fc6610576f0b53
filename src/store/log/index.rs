//! The sparse index of a log: at which byte a frame begins, and which line it begins with.
//!
//! It holds a bounded number of entries: when it is full, every second one goes and the stride doubles, so a log of any
//! size is found by a look here and a walk over at most about one thousandth of it.

/// Bytes between two entries at first.
const STRIDE: u64 = 64 * 1024;
/// Entries at most.
const ENTRIES: usize = 1024;

/// A place where a frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Lines that begin before this frame.
    pub lines_before: u64,
    /// Offset of the frame's header.
    pub offset: u64,
}

/// Entries in rising order of both fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    entries: Vec<Entry>,
    stride: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self { entries: Vec::new(), stride: STRIDE }
    }
}

impl Index {
    /// Takes over entries read from a file.
    #[must_use]
    pub fn from_entries(entries: Vec<Entry>) -> Self {
        Self { entries, stride: STRIDE }
    }

    /// Notes that a frame begins here, if the last entry is far enough away.
    pub fn note(&mut self, entry: Entry) {
        if self.entries.last().is_some_and(|last| entry.offset < last.offset + self.stride) {
            return;
        }
        if self.entries.len() == ENTRIES {
            let mut keep = false;
            self.entries.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride *= 2;
        }
        self.entries.push(entry);
    }

    /// The last entry from which walking forward meets the beginning of the line after `lines_before` others.
    #[must_use]
    pub fn locate(&self, lines_before: u64) -> Option<Entry> {
        let at = self.entries.partition_point(|entry| entry.lines_before <= lines_before);
        at.checked_sub(1).and_then(|at| self.entries.get(at)).copied()
    }

    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_bounded_and_finds_the_nearest_entry() {
        let mut index = Index::default();
        for frame in 0..100_000_u64 {
            index.note(Entry { lines_before: frame * 10, offset: 8 + frame * 50_000 });
        }
        assert!(index.entries().len() <= ENTRIES && index.entries().len() > ENTRIES / 3);
        assert!(index.entries().is_sorted_by_key(|entry| entry.offset));
        for line in [0, 9, 10, 123_456, 999_999, 5_000_000] {
            let found = index.locate(line).expect("the first frame is always there");
            assert!(found.lines_before <= line);
            let limit = 100_000 * 50_000 / (ENTRIES as u64 / 4);
            let line_offset = 8 + line.min(999_990) / 10 * 50_000;
            assert!(line_offset - found.offset < limit, "line {line} is {} bytes away", line_offset - found.offset);
        }
    }
}
