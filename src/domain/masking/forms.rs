//! The spellings of a value that programs produce without meaning harm: encoded, escaped, quoted, line by line.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::domain::vault::MASKABLE_BYTES;

/// How a spelling was made, as far as that matters for what is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Plain,
    /// The characters next to it hold bits of the value too.
    Base64,
}

/// Longest value that is looked for in every spelling as a whole; a longer one is looked for as it is, line by line, and encoded.
const EVERY_SPELLING: usize = 4_096;
/// Widths at which the usual tools break base64 and hexadecimal.
const WIDTHS: [usize; 3] = [60, 64, 76];

/// Every spelling of a value that is long enough to be told from ordinary text.
#[must_use]
pub fn of(value: &[u8]) -> BTreeSet<(Vec<u8>, Kind)> {
    let mut found = BTreeSet::new();
    whole(value, &mut found);
    // A file usually ends with a line feed that is not printed with the value.
    let trimmed = value.trim_ascii();
    if trimmed.len() != value.len() {
        whole(trimmed, &mut found);
    }
    if trimmed.contains(&b'\n') {
        for line in trimmed.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            add(&mut found, line.to_vec());
            if let Ok(text) = std::str::from_utf8(line) {
                escapes(text, &mut found);
            }
        }
    }
    found
}

fn add(found: &mut BTreeSet<(Vec<u8>, Kind)>, spelling: impl Into<Vec<u8>>) {
    let spelling = spelling.into();
    if spelling.len() >= MASKABLE_BYTES {
        found.insert((spelling, Kind::Plain));
    }
}

fn whole(value: &[u8], found: &mut BTreeSet<(Vec<u8>, Kind)>) {
    add(found, value);
    base64(value, found);
    let hex = hex::encode(value);
    broken(&hex, found);
    add(found, hex.to_uppercase());
    add(found, hex);
    if value.len() > EVERY_SPELLING {
        return;
    }
    if let Ok(text) = std::str::from_utf8(value) {
        escapes(text, found);
    }
    urls(value, found);
}

/// Base64 of a text in which the value begins at each of the three places of a group. Only characters that are the value's
/// alone are looked for; those at its ends, which it shares with its neighbours, are replaced with them.
fn base64(value: &[u8], found: &mut BTreeSet<(Vec<u8>, Kind)>) {
    for before in 0..3_usize {
        let padded = [&[0_u8; 2][..before], value].concat();
        let (from, to) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            if let Some(own) = text.get(from..to).filter(|own| own.len() >= MASKABLE_BYTES) {
                found.insert((own.as_bytes().to_vec(), Kind::Base64));
            }
            if before == 0 {
                broken(&text, found);
            }
        }
    }
}

/// A long text as tools break it into lines.
fn broken(text: &str, found: &mut BTreeSet<(Vec<u8>, Kind)>) {
    for width in WIDTHS.into_iter().filter(|width| text.len() > *width) {
        for line in text.as_bytes().chunks(width).filter(|line| line.len() >= MASKABLE_BYTES) {
            found.insert((line.to_vec(), Kind::Base64));
        }
    }
}

/// The text as string literals, markup and shells write it.
fn escapes(text: &str, found: &mut BTreeSet<(Vec<u8>, Kind)>) {
    let json = |escape: &dyn Fn(char) -> Option<String>| {
        let mut out = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            match (escape(c), c) {
                (Some(special), _) => out.push_str(&special),
                (None, '"') => out.push_str("\\\""),
                (None, '\\') => out.push_str("\\\\"),
                (None, '\n') => out.push_str("\\n"),
                (None, '\r') => out.push_str("\\r"),
                (None, '\t') => out.push_str("\\t"),
                (None, c) if u32::from(c) < 0x20 => out.push_str(&utf16(c)),
                (None, c) => out.push(c),
            }
        }
        out
    };
    add(found, json(&|_| None));
    add(found, json(&|c| (c == '/').then(|| "\\/".to_owned())));
    add(found, json(&|c| (!c.is_ascii()).then(|| utf16(c))));
    // A repr in single quotes, and one in which double quotes need no escape.
    add(
        found,
        json(&|c| match c {
            '\'' => Some("\\'".to_owned()),
            '"' => Some("\"".to_owned()),
            _ => None,
        }),
    );
    add(found, json(&|c| (c == '"').then(|| "\"".to_owned())));
    add(found, json(&|c| matches!(c, '<' | '>' | '&' | '\'').then(|| utf16(c))));
    add(found, text.replace('\'', "'\\''"));
    add(found, text.replace('\'', "'\"'\"'"));
    let backslashed = |special: &dyn Fn(char) -> bool| {
        text.chars().fold(String::new(), |mut out, c| {
            if special(c) {
                out.push('\\');
            }
            out.push(c);
            out
        })
    };
    add(found, backslashed(&|c| c.is_ascii() && !c.is_ascii_alphanumeric() && !"_-./:=@%+,\n".contains(c)));
    add(found, backslashed(&|c| c.is_ascii() && !c.is_ascii_alphanumeric() && !"_-./:=@%+\n".contains(c)));
    // Within double quotes.
    add(found, backslashed(&|c| "\"\\$`".contains(c)));
    add(found, backslashed(&|c| "\"\\$`!".contains(c)));
    let markup = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    add(found, markup.replace('"', "&quot;").replace('\'', "&#x27;"));
    add(found, markup.replace('"', "&quot;").replace('\'', "&#39;"));
    add(found, markup.replace('"', "&#34;").replace('\'', "&#39;"));
    add(found, markup.replace('"', "&quot;"));
    add(found, markup);
    add(found, text.replace('\n', "\r\n"));
}

fn utf16(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |out, unit| out + &format!("\\u{unit:04x}"))
}

fn percent(byte: u8, upper: bool) -> String {
    if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") }
}

/// Percent-encodings, as the usual libraries differ in what they leave alone.
fn urls(value: &[u8], found: &mut BTreeSet<(Vec<u8>, Kind)>) {
    for kept in ["-._~", "-._~/", "-_.!~*'()", "*-._", "-._~!$&'()*+,;=:@/?", "-._~:/?#[]@!$&'()*+,;="] {
        for plus in [false, true] {
            for upper in [true, false] {
                let mut text = String::with_capacity(value.len() * 3);
                for byte in value {
                    match char::from(*byte) {
                        c if c.is_ascii_alphanumeric() || (byte.is_ascii() && kept.contains(c)) => text.push(c),
                        ' ' if plus => text.push('+'),
                        _ => text.push_str(&percent(*byte, upper)),
                    }
                }
                add(found, text);
            }
        }
    }
}
