//! Passwords in the clear, for as short a time as possible, and the rules for choosing one.
//!
//! Rules follow NIST SP 800-63B: length counts, composition does not, common ones are refused.

use std::fmt;

use serde::{Deserialize, Deserializer};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::username::Username;

/// Shortest password, in characters.
pub const PASSWORD_CHARS_LEAST: usize = 12;
/// Longest password, in characters.
pub const PASSWORD_CHARS_MOST: usize = 256;

/// A password in the clear. Never printed, never stored, wiped when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has at least {PASSWORD_CHARS_LEAST} characters")]
    TooShort,
    #[error("a password has at most {PASSWORD_CHARS_MOST} characters")]
    TooLong,
    #[error("the password is the user name, or the user name repeated")]
    IsName,
    #[error("the password is one of the most common ones, or a simple row of characters")]
    TooCommon,
}

impl Password {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for a client that must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The bytes that are hashed: the text in Unicode NFKC, so that it does not matter how it was typed.
    #[must_use]
    pub fn bytes(&self) -> Zeroizing<Vec<u8>> {
        // More than the longest password is never hashed, so that a long one cannot keep the appliance busy.
        Zeroizing::new(self.0.nfkc().take(PASSWORD_CHARS_MOST + 1).collect::<String>().into_bytes())
    }

    /// Whether a person of that name may choose it.
    ///
    /// # Errors
    /// With the rule that is broken.
    pub fn check(&self, name: &Username) -> Result<(), PasswordError> {
        let text = Zeroizing::new(self.0.nfkc().take(PASSWORD_CHARS_MOST + 1).collect::<String>());
        let chars = text.chars().count();
        if chars < PASSWORD_CHARS_LEAST {
            return Err(PasswordError::TooShort);
        }
        if chars > PASSWORD_CHARS_MOST {
            return Err(PasswordError::TooLong);
        }
        let lower = Zeroizing::new(text.to_lowercase());
        if is_repetition_of(&lower, &name.folded()) {
            return Err(PasswordError::IsName);
        }
        if is_common(&lower) || is_row(&lower) { Err(PasswordError::TooCommon) } else { Ok(()) }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

fn is_repetition_of(text: &str, part: &str) -> bool {
    !part.is_empty() && text.len().is_multiple_of(part.len()) && text.as_bytes().chunks(part.len()).all(|chunk| chunk == part.as_bytes())
}

/// A few characters over and over (`aaaaaaaaaaaa`, `121212121212`) or a straight row (`123456789012`, `abcdefghijkl`).
fn is_row(text: &str) -> bool {
    let mut distinct: Vec<char> = text.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let step = |(a, b): (char, char)| (u32::from(b).wrapping_sub(u32::from(a))).cast_signed();
    let steps = || text.chars().zip(text.chars().skip(1)).map(step);
    // A row of digits turns over from 9 to 0.
    let rises = steps().all(|step| step == 1 || step == -9);
    let falls = steps().all(|step| step == -1 || step == 9);
    distinct.len() <= 2 || rises || falls
}

fn is_common(text: &str) -> bool {
    let core = text.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let plain: String = core
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            other => other,
        })
        .collect();
    COMMON.contains(&text) || COMMON.iter().any(|common| plain == *common || is_repetition_of(&plain, common))
}

/// Common passwords and their stems; digits and punctuation at the end and usual replacements are seen through.
const COMMON: [&str; 44] = [
    "password",
    "passwort",
    "passw0rd",
    "passphrase",
    "qwerty",
    "qwertyuiop",
    "qwertyuiopasdfgh",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsx",
    "qazwsxedc",
    "iqaz2wsx",
    "iqazxsw2",
    "iq2w3eiraisty",
    "iqzwsx",
    "iloveyou",
    "letmein",
    "letmeinnow",
    "welcome",
    "welcometo",
    "admin",
    "administrator",
    "adminadmin",
    "root",
    "rootroot",
    "superuser",
    "superman",
    "batman",
    "dragon",
    "monkey",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "changeme",
    "changemenow",
    "default",
    "temporary",
    "secret",
    "mypassword",
    "execgov",
    "woaini",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_judged() {
        let name: Username = "zhang.san".parse().expect("name");
        let check = |text: &str, expected: Result<(), PasswordError>| {
            assert_eq!(Password::new(text.to_owned()).check(&name), expected, "{text}");
        };
        check("correct horse battery", Ok(()));
        check("三千里外觅封侯何处是归程", Ok(()));
        check("tr0ub4dor&3xyz", Ok(()));
        check("short", Err(PasswordError::TooShort));
        check("elevenchars", Err(PasswordError::TooShort));
        check(&"ab3".repeat(86), Err(PasswordError::TooLong));
        check("Zhang.SanZhang.San", Err(PasswordError::IsName));
        for common in [
            "Password1234",
            "P@ssw0rd2026!",
            "passwordpassword",
            "administrator",
            "Administrator1!",
            "Welcome12345!",
            "123456789012",
            "210987654321",
            "aaaaaaaaaaaa",
            "121212121212",
            "abcdefghijkl",
            "changeme1234",
            "ChangeMe2026!",
            "execgov12345",
        ] {
            check(common, Err(PasswordError::TooCommon));
        }
    }

    #[test]
    fn typing_does_not_matter_and_debug_hides() {
        let composed = Password::new("caf\u{e9} au lait ".to_owned());
        let decomposed = Password::new("cafe\u{301} au lait ".to_owned());
        assert_eq!(composed.bytes(), decomposed.bytes());
        assert!(!format!("{composed:?}").contains("caf"));
    }
}
