//! A value that is kept elsewhere: a field of an entry in an external source, read anew for each use and never stored.

use serde::{Deserialize, Serialize};

use super::need::SourceRead;
use crate::domain::ids::ResourceId;

/// Longest path of an entry, in bytes.
pub const PATH_BYTES: usize = 512;
/// Longest name of a field, in bytes.
pub const FIELD_BYTES: usize = 200;

/// Where a value is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The resource of kind `secret_source`.
    pub resource: ResourceId,
    /// Its name when this was set. Names of resources do not change.
    pub name: String,
    /// Below the source's mount, such as `team-a/database`.
    pub path: String,
    pub field: String,
    /// The newest unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A path or a field that cannot name a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    #[error(
        "`path` has 1 to {PATH_BYTES} bytes: segments joined by `/`, none of them empty, `.` or `..`, without control characters and `%`, `\\`, `;`, `#`"
    )]
    Path,
    #[error("`field` has 1 to {FIELD_BYTES} bytes and no control characters")]
    Field,
    #[error("`version` counts from 1")]
    Version,
}

impl OriginError {
    /// The field of a request that is wrong.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Path => "/from/path",
            Self::Field => "/from/field",
            Self::Version => "/from/version",
        }
    }
}

impl Origin {
    /// # Errors
    /// The first part that names nothing.
    pub fn check(&self) -> Result<(), OriginError> {
        let segment =
            |text: &str| !text.is_empty() && text != "." && text != ".." && !text.chars().any(|c| c.is_control() || "%\\;#".contains(c));
        if self.path.len() > PATH_BYTES || !self.path.split('/').all(segment) {
            return Err(OriginError::Path);
        }
        if self.field.is_empty() || self.field.len() > FIELD_BYTES || self.field.chars().any(char::is_control) {
            return Err(OriginError::Field);
        }
        if self.version == Some(0) { Err(OriginError::Version) } else { Ok(()) }
    }

    /// Path and field in one text.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("{}#{}", self.path, self.field)
    }

    /// What the record of a run says of it.
    #[must_use]
    pub fn read(&self, version: Option<u64>) -> SourceRead {
        SourceRead { resource: self.name.clone(), entry: self.entry(), version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Timestamp;

    #[test]
    fn only_plain_places_are_named() {
        let origin = |path: &str, field: &str| Origin {
            resource: ResourceId::new(Timestamp::UNIX_EPOCH),
            name: "bao".to_owned(),
            path: path.to_owned(),
            field: field.to_owned(),
            version: None,
        };
        for good in ["db", "team-a/database", "team a/Датабаза", "a.b/c_d"] {
            assert_eq!(origin(good, "password").check(), Ok(()), "{good}");
        }
        for bad in ["", "/db", "db/", "a//b", "../x", "a/./b", "a/..", "a%2fb", "a\\b", "a;b", "a#b", "a\nb", &"x".repeat(600)] {
            assert_eq!(origin(bad, "password").check(), Err(OriginError::Path), "{bad}");
        }
        assert_eq!(origin("db", "").check(), Err(OriginError::Field));
        assert_eq!(Origin { version: Some(0), ..origin("db", "x") }.check(), Err(OriginError::Version));
    }
}
