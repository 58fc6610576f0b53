//! The name by which people and programs call a capability.

/// 1 to 64 characters of `a-z`, `0-9`, `-`, `_` and `.`, beginning with a letter or digit; never `.` at the end, never `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Text that cannot name a capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a capability name has 1 to 64 characters of a-z, 0-9, '-', '_' and '.', begins with a letter or digit, does not end with '.' and has no '..'"
)]
pub struct NameError;

/// Longest name, in characters.
pub const NAME_CHARS: usize = 64;

impl Name {
    /// Makes a name out of any text: lower case, everything else to `-`. `None` when nothing is left.
    #[must_use]
    pub fn suggest(text: &str) -> Option<Self> {
        let mut name = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() || (c == '_' && !name.is_empty()) {
                name.push(c);
            } else if !name.is_empty() && !name.ends_with('-') {
                name.push('-');
            }
            if name.len() == NAME_CHARS {
                break;
            }
        }
        Self::try_from(name.trim_end_matches(['-', '_']).to_owned()).ok()
    }

    /// A name that stands for no capability in particular.
    #[must_use]
    pub fn any() -> Self {
        Self("any".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.len() <= NAME_CHARS
            && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'))
            && !text.ends_with('.')
            && !text.contains("..");
        if fits { Ok(Self(text)) } else { Err(NameError) }
    }
}

impl std::str::FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_are_names() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Name::suggest(text).as_ref().map(Name::as_str), expected, "{text}");
        };
        check("Clean Up Logs!.py", Some("clean-up-logs-py"));
        check("__init__", Some("init"));
        check("数据 report", Some("report"));
        check("数据", None);
        check("", None);
    }

    #[test]
    fn hostile_names_are_refused() {
        for bad in ["", "*", "..", "a..b", "A", "a/b", "a b", "-a", "a.", "аdmin", &"a".repeat(65)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }
}
