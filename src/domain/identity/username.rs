//! The name with which a person signs in: compared without regard to case, and free of look-alikes.
//!
//! Letters are ASCII or Han only, so that no Cyrillic or Greek letter can pass for a Latin one.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Longest name, in characters.
pub const USERNAME_CHARS: usize = 64;

/// Names that stand for somebody else in the audit log.
const RESERVED: [&str; 4] = ["anonymous", "execgov", "host", "system"];

/// 1 to 64 ASCII letters, Han characters, digits, `.`, `-`, `_` and `@`, beginning with a letter or digit.
/// Kept as it was given, in Unicode NFC; equal when equal in lower case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

/// Text that cannot name a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    #[error("a user name has 1 to {USERNAME_CHARS} characters")]
    Length,
    #[error("a user name begins with a letter or digit")]
    Start,
    #[error("a user name has ASCII letters, Han characters, digits, '.', '-', '_' and '@' only")]
    Character,
    #[error("this user name stands for the appliance itself")]
    Reserved,
}

impl Username {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')
}

impl TryFrom<String> for Username {
    type Error = UsernameError;
    fn try_from(text: String) -> Result<Self, UsernameError> {
        // One more than is allowed is enough to know that it is too long.
        let name: String = text.nfc().take(USERNAME_CHARS + 1).collect();
        let first = name.chars().next().ok_or(UsernameError::Length)?;
        if name.chars().count() > USERNAME_CHARS {
            return Err(UsernameError::Length);
        }
        if !is_word(first) {
            return Err(UsernameError::Start);
        }
        if !name.chars().all(|c| is_word(c) || matches!(c, '.' | '-' | '_' | '@')) {
            return Err(UsernameError::Character);
        }
        let name = Self(name);
        if RESERVED.contains(&name.folded().as_str()) { Err(UsernameError::Reserved) } else { Ok(name) }
    }
}

impl std::str::FromStr for Username {
    type Err = UsernameError;
    fn from_str(text: &str) -> Result<Self, UsernameError> {
        Self::try_from(text.to_owned())
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Username {}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_accepted_or_refused() {
        let check = |text: &str, expected: Result<(), UsernameError>| {
            assert_eq!(text.parse::<Username>().map(|_| ()), expected, "{text:?}");
        };
        for good in ["a", "Li.Wei", "zhang_san@corp", "王芳", "王芳2", "0x", "admin", &"a".repeat(64)] {
            check(good, Ok(()));
        }
        check("", Err(UsernameError::Length));
        check(&"a".repeat(65), Err(UsernameError::Length));
        check(&"a".repeat(10_000), Err(UsernameError::Length));
        for bad in ["*", ".a", "..", "-a", " a", "@a", "\u{202e}a"] {
            check(bad, Err(UsernameError::Start));
        }
        for bad in ["a b", "a/b", "a*", "a\n", "a\u{0}", "admin\u{200b}", "a\u{202e}b", "рaul", "pаul", "a\u{301}", "é", "ａ", "<img>"]
        {
            assert!(bad.parse::<Username>().is_err(), "{bad:?}");
        }
        for reserved in ["host", "SYSTEM", "Anonymous"] {
            check(reserved, Err(UsernameError::Reserved));
        }
    }

    #[test]
    fn case_and_form_do_not_distinguish() {
        assert_eq!("Li.Wei".parse::<Username>(), "li.wei".parse());
        // U+F9BB is a compatibility ideograph that NFC writes as U+50DA.
        assert_eq!("\u{F9BB}".parse::<Username>().map(String::from), Ok("\u{50DA}".to_owned()));
    }
}
