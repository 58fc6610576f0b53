//! From bytes to a syntax tree: encoding, nesting, syntax. Says where and why when it cannot be done.

use ruff_python_ast::ModModule;
use ruff_python_parser::{ParseError, Parsed, parse_module};
use ruff_source_file::LineIndex;
use ruff_text_size::TextSize;

use super::depth;
use crate::base::text::line_of;
use crate::domain::inspect::fault::InspectError;

/// Largest source file, in bytes.
pub const SOURCE_BYTES: usize = 2 << 20;
/// Characters of a source line that an error quotes.
const QUOTED_CHARS: usize = 160;

/// Decodes a Python source: UTF-8 with or without a mark, or what its first two lines declare (PEP 263).
///
/// # Errors
/// When the bytes are not text in the declared encoding, or the encoding is not one that is read here.
pub fn decode(file: &str, bytes: &[u8]) -> Result<String, InspectError> {
    if bytes.len() > SOURCE_BYTES {
        let why = format!("the source has {} bytes; at most {SOURCE_BYTES} are read", bytes.len());
        return Err(InspectError::TooComplex { file: file.to_owned(), line: 1, why });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let refuse = |at: usize, why: String, remedy| {
        let line = line_of(bytes, at);
        Err(InspectError::Encoding { file: file.to_owned(), line: u32::try_from(line).unwrap_or(u32::MAX), why, remedy })
    };
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return refuse(0, "the source is UTF-16".to_owned(), "Save it as UTF-8.");
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return refuse(at, "the source has a NUL byte, so it is not a text file".to_owned(), "Save it as UTF-8 text.");
    }
    let declared = declared_encoding(bytes);
    match declared.as_deref().map(normal_name).as_deref() {
        None | Some("utf-8" | "utf8" | "utf-8-sig" | "u8" | "utf" | "ascii" | "us-ascii") => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
                refuse(
                    error.valid_up_to(),
                    format!("the source is not UTF-8: byte 0x{byte:02x} begins no character"),
                    "Save it as UTF-8, or declare its encoding in the first line: `# -*- coding: latin-1 -*-`.",
                )
            }
        },
        Some("latin-1" | "iso-8859-1" | "iso8859-1" | "latin1" | "l1" | "8859") => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Some("cp1252" | "windows-1252" | "1252") => Ok(bytes.iter().map(|byte| windows_1252(*byte)).collect()),
        Some(other) => refuse(
            0,
            format!("the source declares the encoding `{other}`, which is not read here"),
            "Save it as UTF-8 and remove the declaration.",
        ),
    }
}

/// The encoding named in a comment of the first two lines, as PEP 263 defines it.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|byte| *byte == b'\n').take(2) {
        let text: String = line.iter().map(|byte| char::from(*byte)).collect();
        let Some(comment) = text.trim_start_matches([' ', '\t', '\u{c}']).strip_prefix('#') else {
            if text.trim().is_empty() {
                continue;
            }
            return None;
        };
        for (at, found) in comment.match_indices("coding") {
            let rest = &comment[at + found.len()..];
            if let Some(rest) = rest.strip_prefix([':', '=']) {
                let name: String = rest
                    .trim_start_matches([' ', '\t'])
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                    .collect();
                if !name.is_empty() {
                    return Some(name);
                }
            }
        }
    }
    None
}

fn normal_name(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    byte.checked_sub(0x80).and_then(|index| HIGH.get(usize::from(index))).copied().unwrap_or(char::from(byte))
}

/// Parses a module whose nesting was found bearable.
///
/// # Errors
/// The first syntax error with its place, or excessive nesting.
pub fn parse(file: &str, source: &str) -> Result<Parsed<ModModule>, InspectError> {
    if let Some((line, why)) = depth::too_deep(source) {
        return Err(InspectError::TooComplex { file: file.to_owned(), line, why: format!("the source {why}") });
    }
    parse_module(source).map_err(|error| syntax_error(file, source, &error))
}

fn syntax_error(file: &str, source: &str, error: &ParseError) -> InspectError {
    let index = LineIndex::from_source_text(source);
    let mut at = error.location.start();
    // An error at the line break or the end of the file is about the text before it.
    while at > TextSize::from(0)
        && source[at.to_usize()..].chars().next().is_none_or(|c| c == '\n')
        && source[..at.to_usize()].ends_with(['\n', '\r'])
    {
        at -= TextSize::from(1);
    }
    let place = index.line_column(at, source);
    let line = u32::try_from(place.line.get()).unwrap_or(u32::MAX);
    let column = u32::try_from(place.column.get()).unwrap_or(u32::MAX);
    let text: String = source.lines().nth(place.line.to_zero_indexed()).unwrap_or_default().trim().chars().take(QUOTED_CHARS).collect();
    let python2 = python2_sign(&text).or_else(|| source.lines().find_map(python2_sign));
    InspectError::Syntax { file: file.to_owned(), line, column, message: error.error.to_string(), text, python2 }
}

/// What shows that a line is Python 2.
fn python2_sign(line: &str) -> Option<&'static str> {
    let line = line.trim();
    let after = |word: &str| line.strip_prefix(word).filter(|rest| rest.starts_with([' ', '\t'])).map(str::trim_start);
    if after("print").is_some_and(|rest| rest.starts_with(['"', '\'', '>', '%']) || rest.starts_with(|c: char| c.is_alphanumeric())) {
        return Some("a print statement");
    }
    if after("except").is_some_and(|rest| rest.ends_with(':') && rest.contains(',') && !rest.contains(['(', ')'])) {
        return Some("`except Error, name`");
    }
    if after("raise").is_some_and(|rest| {
        rest.split_once(',').is_some_and(|(left, _)| left.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')))
    }) {
        return Some("`raise Error, text`");
    }
    if after("exec").is_some_and(|rest| rest.starts_with(['"', '\'']) || rest.starts_with(|c: char| c.is_alphabetic())) {
        return Some("an exec statement");
    }
    None
}
