//! Files that people upload to use them as inputs.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::domain::ids::{FileId, TenantKey};

/// An uploaded input file. Its bytes lie in the blob store under `sha256`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    pub id: FileId,
    pub tenant: TenantKey,
    /// Id of the principal who uploaded it; only runs of that principal may use it.
    pub owner: String,
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    pub created_at: Timestamp,
}

/// Makes a safe file name out of what a client calls its file: the last path segment, no control characters,
/// no leading dots, at most 120 bytes; `file` when nothing is left.
#[must_use]
pub fn safe_name(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name = String::new();
    for c in last.trim().trim_start_matches('.').chars() {
        if name.len() + c.len_utf8() > 120 {
            break;
        }
        name.push(if c.is_control() || matches!(c, ':' | '"' | '<' | '>' | '|' | '?' | '*') || is_direction(c) { '_' } else { c });
    }
    let name = name.trim_end_matches(['.', ' ']).to_owned();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// Characters that change the direction of text and so can disguise an extension.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_is_dangerous() {
        let check = |text: &str, expected: &str| assert_eq!(safe_name(text), expected, "{text:?}");
        check("report.csv", "report.csv");
        check("../../etc/passwd", "passwd");
        check("C:\\temp\\a.txt", "a.txt");
        check("..", "file");
        check("", "file");
        check("a\r\nSet-Cookie: x", "a__Set-Cookie_ x");
        check("gpj.\u{202e}exe", "gpj._exe");
        check("数据.csv", "数据.csv");
    }
}
