//! The name by which people call a group, a role of their own, a space or a folder: short, free of look-alikes, and never
//! a pattern.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest handle, in characters.
pub const HANDLE_CHARS: usize = 40;

/// 1 to 40 lower-case ASCII letters, Han characters, digits, `-` and `_`, beginning with a letter or digit.
///
/// Letters are ASCII or Han only, so that no Cyrillic or Greek letter can pass for a Latin one; without `.` and `/` no
/// handle leads anywhere in a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(String);

/// Text that is not a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {HANDLE_CHARS} lower-case ASCII letters, Han characters, digits, '-' and '_', and begins with a letter or digit")]
pub struct HandleError;

impl Handle {
    /// A name that stands for no particular one.
    #[must_use]
    pub fn any() -> Self {
        Self("any".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')
}

impl TryFrom<String> for Handle {
    type Error = HandleError;
    fn try_from(text: String) -> Result<Self, HandleError> {
        let begins = text.chars().next().is_some_and(is_word);
        let fits = begins && text.chars().take(HANDLE_CHARS + 1).all(|c| is_word(c) || matches!(c, '-' | '_'));
        // A text that is too long in bytes is not counted to its end.
        if fits && text.len() <= HANDLE_CHARS * 3 && text.chars().count() <= HANDLE_CHARS { Ok(Self(text)) } else { Err(HandleError) }
    }
}

impl std::str::FromStr for Handle {
    type Err = HandleError;
    fn from_str(text: &str) -> Result<Self, HandleError> {
        // Longer than any handle can be is not worth a copy.
        if text.len() > HANDLE_CHARS * 3 { Err(HandleError) } else { Self::try_from(text.to_owned()) }
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> Self {
        handle.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_pass_for_something_else_is_refused() {
        for good in ["a", "finance", "on-call_2", "财务部", "0x", &"a".repeat(40)] {
            assert!(good.parse::<Handle>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "*",
            "..",
            ".",
            "a/b",
            "a.b",
            "-a",
            "Admin",
            "a b",
            "аdmin",
            "a\u{202e}b",
            "a\n",
            "~me",
            "a*",
            &"a".repeat(41),
            &"x".repeat(10_000),
        ] {
            assert!(bad.parse::<Handle>().is_err(), "{bad:?}");
        }
    }
}
