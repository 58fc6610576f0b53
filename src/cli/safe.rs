//! Text from elsewhere, made harmless for a terminal: what it does not show plainly is shown escaped.
//!
//! A terminal obeys control characters: they move the cursor, set the title, fill the clipboard, hide lines. Run output
//! and any text that came from a server can hold them, so none is passed on; log text keeps its colours when wanted.
//! When output goes to a file or a pipe nothing is changed: the reader there asked for the bytes.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::RangeInclusive;

/// What to do with colours (SGR sequences) in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// Show them escaped, as all else.
    Escape,
    /// Leave them out.
    Drop,
    /// Let them through, and end them with the text.
    Keep,
}

/// One line or paragraph without control characters; newlines and tabs stay.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    show(text, Colours::Escape)
}

/// Makes a text safe to write to a terminal.
#[must_use]
pub fn show(text: &str, colours: Colours) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut coloured = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if c == '\x1b' && colours != Colours::Escape { sgr(rest) } else { None };
        if let Some(length) = length {
            if colours == Colours::Keep {
                safe.push_str(&rest[..length]);
                coloured = true;
            }
            rest = &rest[length..];
            continue;
        }
        if is_harmful(c) {
            escape(c, &mut safe);
        } else {
            safe.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    if coloured {
        safe.push_str("\x1b[0m");
    }
    Cow::Owned(safe)
}

/// Control characters, and characters that reorder or hide their neighbours.
fn is_harmful(c: char) -> bool {
    const REORDERING: [RangeInclusive<char>; 4] =
        ['\u{061c}'..='\u{061c}', '\u{200e}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    const INVISIBLE: [RangeInclusive<char>; 7] = [
        '\u{200b}'..='\u{200b}',
        '\u{2028}'..='\u{2029}',
        '\u{2060}'..='\u{2064}',
        '\u{206a}'..='\u{206f}',
        '\u{feff}'..='\u{feff}',
        '\u{fff9}'..='\u{fffb}',
        '\u{e0000}'..='\u{e007f}',
    ];
    match c {
        '\n' | '\t' | ' '..='~' => false,
        _ if c.is_control() => true,
        _ => REORDERING.iter().chain(&INVISIBLE).any(|range| range.contains(&c)),
    }
}

fn escape(c: char, to: &mut String) {
    // Writing to a string cannot fail.
    let _always_fine = match c {
        '\r' => to.write_str("\\r"),
        _ if u32::from(c) < 0x80 => write!(to, "\\x{:02x}", u32::from(c)),
        _ => write!(to, "\\u{{{:x}}}", u32::from(c)),
    };
}

/// The length of the colour sequence (ECMA-48 SGR) that a text begins with, when it is one that only colours.
fn sgr(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\x1b[")?;
    let end = body.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
    if !body[end..].starts_with('m') || end > 64 {
        return None;
    }
    only_colours(&body[..end]).then_some("\x1b[".len() + end + 1)
}

/// Colour, weight and line attributes; not blinking and not concealing.
fn only_colours(parameters: &str) -> bool {
    let mut numbers = parameters.split([';', ':']).map(|number| if number.is_empty() { Some(0) } else { number.parse::<u16>().ok() });
    while let Some(number) = numbers.next() {
        let skip = match number {
            Some(38 | 48 | 58) => match numbers.next() {
                Some(Some(5)) => 1,
                Some(Some(2)) => 3,
                _ => return false,
            },
            Some(0..=4 | 7 | 9 | 21..=24 | 27 | 29..=37 | 39..=47 | 49 | 53 | 55 | 59 | 90..=97 | 100..=107) => 0,
            _ => return false,
        };
        for _ in 0..skip {
            if numbers.next().is_none_or(|number| number.is_none_or(|number| number > 255)) {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_terminal_obeys_remains() {
        for hostile in [
            "\x1b]8;;http://evil\x07click\x1b]8;;\x07",
            "\x1b]52;c;aGk=\x07",
            "\x1b]0;title\x1b\\",
            "\x1b[2J\x1b[1;1H",
            "\x1b[1A\x1b[2K",
            "\x1b[8mhidden",
            "\x1b[5mblink",
            "\x1b[38;5;8;8m",
            "\x1bP+q\x1b\\",
            "\x1bc",
            "\u{9b}2J",
            "fine\rover",
            "\u{8}\u{8}\u{7f}\0",
            "abc\u{202e}txt.exe",
            "\u{2066}x\u{2069}",
            "\x1b[",
            "\x1b",
        ] {
            for colours in [Colours::Escape, Colours::Drop, Colours::Keep] {
                let shown = show(hostile, colours);
                assert!(!shown.chars().any(is_harmful), "{hostile:?} -> {shown:?}");
            }
        }
    }

    #[test]
    fn colours_pass_where_they_may() {
        let check = |text: &str, colours: Colours, expected: &str| assert_eq!(show(text, colours), expected, "{text:?} {colours:?}");
        check("\x1b[1;31mred\x1b[m", Colours::Keep, "\x1b[1;31mred\x1b[m\x1b[0m");
        check("\x1b[38;5;8mgrey", Colours::Keep, "\x1b[38;5;8mgrey\x1b[0m");
        check("\x1b[38;2;1;2;3mtrue", Colours::Drop, "true");
        check("\x1b[31mred", Colours::Escape, "\\x1b[31mred");
        check("a\tb\nc 数据 ✓ 👩‍💻", Colours::Escape, "a\tb\nc 数据 ✓ 👩‍💻");
        check("x\u{202e}y", Colours::Keep, "x\\u{202e}y");
    }

    #[test]
    fn many_sequences_take_no_time_to_speak_of() {
        let text = "\x1b[31m".repeat(100_000);
        assert_eq!(show(&text, Colours::Drop), "");
        assert_eq!(show(&text, Colours::Keep).len(), text.len() + 4);
    }
}
