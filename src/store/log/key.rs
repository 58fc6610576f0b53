//! Which log: one for each attempt of a run.

use std::fmt;

use crate::domain::ids::RunId;

/// Names a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKey {
    pub run: RunId,
    pub attempt: u32,
}

impl LogKey {
    /// The name of its file.
    #[must_use]
    pub fn file_name(self) -> String {
        format!("{}-{}.log", self.run, self.attempt)
    }

    /// Reads [`LogKey::file_name`] back.
    #[must_use]
    pub fn from_file_name(name: &str) -> Option<Self> {
        let (run, attempt) = name.strip_suffix(".log")?.split_once('-')?;
        let key = Self { run: run.parse().ok()?, attempt: attempt.parse().ok()? };
        (key.file_name() == name).then_some(key)
    }
}

impl fmt::Display for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} attempt {}", self.run, self.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Timestamp;

    #[test]
    fn names_round_trip_and_strange_files_are_not_logs() {
        let key = LogKey { run: RunId::new(Timestamp::UNIX_EPOCH), attempt: 12 };
        assert_eq!(LogKey::from_file_name(&key.file_name()), Some(key));
        for name in ["", "x.log", "core", &format!("{}-012.log", key.run), &format!("{}.log", key.run)] {
            assert_eq!(LogKey::from_file_name(name), None, "{name}");
        }
    }
}
