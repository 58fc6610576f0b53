//! Places in texts, as people count them.

/// The line, from 1, of a byte offset; the last one for an offset behind the end.
#[must_use]
pub fn line_of(text: &[u8], at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text[..at.min(text.len())]).count()
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn lines_are_counted_from_one() {
        let text = b"a\nbc\n\nd";
        let check = |at: usize, line: usize| assert_eq!(line_of(text, at), line, "{at}");
        check(0, 1);
        check(1, 1);
        check(2, 2);
        check(5, 3);
        check(6, 4);
        check(99, 4);
    }
}
