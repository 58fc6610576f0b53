//! The marks that a script may print to say how far it is: `##[progress 42] text`, `##[group title]`, `##[endgroup]`.
//!
//! Marks stay in the log like any other line. Anything that is not exactly a mark is just text.

/// Longest text of a mark that is kept, in characters.
const TEXT_CHARS: usize = 200;
const OPENING: &[u8] = b"##[";

/// What one line announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    Progress(Progress),
    GroupBegin { title: String },
    GroupEnd,
}

/// How far a run says it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u8,
    pub text: String,
}

/// Reads the mark that a line is, if it is one. The line comes without its line feed.
#[must_use]
pub fn parse(line: &[u8]) -> Option<Mark> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let rest = std::str::from_utf8(line.strip_prefix(OPENING)?).ok()?;
    let (inside, after) = rest.split_once(']')?;
    let after = after.trim();
    if let Some(number) = inside.strip_prefix("progress ") {
        let percent = number.trim().trim_end_matches('%').parse().ok().filter(|percent| *percent <= 100)?;
        return Some(Mark::Progress(Progress { percent, text: short(after) }));
    }
    if inside == "endgroup" && after.is_empty() {
        return Some(Mark::GroupEnd);
    }
    let title = inside.strip_prefix("group ")?.trim();
    (!title.is_empty() && after.is_empty()).then(|| Mark::GroupBegin { title: short(title) })
}

/// The last progress that a block of whole lines announces.
#[must_use]
pub fn last_progress(lines: &[u8]) -> Option<Progress> {
    let mut end = lines.len();
    while let Some(at) = memchr::memmem::rfind(lines.get(..end)?, OPENING) {
        if at == 0 || lines.get(at - 1) == Some(&b'\n') {
            let line = lines.get(at..)?;
            let stop = memchr::memchr(b'\n', line).unwrap_or(line.len());
            if let Some(Mark::Progress(progress)) = line.get(..stop).and_then(parse) {
                return Some(progress);
            }
        }
        end = at;
    }
    None
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_text() {
        let progress = |percent, text: &str| Some(Mark::Progress(Progress { percent, text: text.to_owned() }));
        let group = |title: &str| Some(Mark::GroupBegin { title: title.to_owned() });
        for (line, expected) in [
            ("##[progress 42] copying", progress(42, "copying")),
            ("##[progress 100%]", progress(100, "")),
            ("##[progress 7]\r", progress(7, "")),
            ("##[progress 101] over", None),
            ("##[progress -1]", None),
            ("##[progress]", None),
            ("##[group Load data]", group("Load data")),
            ("##[group ]", None),
            ("##[endgroup]", Some(Mark::GroupEnd)),
            ("##[endgroup] x", None),
            (" ##[progress 1]", None),
            ("##[progress 1", None),
            ("##[progress 5] a\u{1b}[2Jb", progress(5, "a[2Jb")),
        ] {
            assert_eq!(parse(line.as_bytes()), expected, "{line:?}");
        }
        assert_eq!(parse(b"##[progress 1] \xff"), None);
    }

    #[test]
    fn the_last_progress_of_a_block_counts() {
        let check = |text: &str, expected: Option<u8>| assert_eq!(last_progress(text.as_bytes()).map(|p| p.percent), expected, "{text:?}");
        check("a\n##[progress 1] x\nb\n##[progress 2] y\nsay ##[progress 3]\n##[group g]\n", Some(2));
        check("##[progress 9]\n", Some(9));
        check("nothing ##[progress 9]\n", None);
        check("", None);
    }
}
