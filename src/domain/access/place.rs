//! Where things live within a tenant: in a space, or in a folder of one. What is granted at a place holds in everything
//! below it.
//!
//! The first part of a path names the space, each further part a folder. Names are checked, never reused for another space,
//! and compared part by part, so `ops` does not cover `ops-2`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::handle::{Handle, HandleError};
use crate::domain::ids::UserId;

/// Folders within folders, the space itself included, at most.
pub const PATH_DEPTH: usize = 6;

/// A space (`team`), a folder in one (`team/nightly`), or somebody's own space (`~usr_...`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpacePath(String);

/// Text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error(transparent)]
    Name(#[from] HandleError),
    #[error("a path has at most {PATH_DEPTH} parts")]
    Deep,
}

impl SpacePath {
    /// The space that every tenant has.
    #[must_use]
    pub fn of_default() -> Self {
        Self(super::resource::DEFAULT_SPACE.to_owned())
    }

    /// Somebody's own space.
    #[must_use]
    pub fn personal(user: UserId) -> Self {
        Self(format!("~{user}"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the space.
    #[must_use]
    pub fn space(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// Whether it is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.0.contains('/')
    }

    /// The place that it is in; `None` for a space.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Whose own space it lies in.
    #[must_use]
    pub fn keeper(&self) -> Option<UserId> {
        keeper(&self.0)
    }

    /// Whether a place, as it is written in a record, is this one or lies in it.
    #[must_use]
    pub fn covers(&self, place: &str) -> bool {
        covers(&self.0, place)
    }
}

/// Whether one place is another or lies in it.
#[must_use]
pub fn covers(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whose own space a place lies in.
#[must_use]
pub fn keeper(place: &str) -> Option<UserId> {
    place.split('/').next()?.strip_prefix('~')?.parse().ok()
}

impl TryFrom<String> for SpacePath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        let folders = match text.split_once('/') {
            _ if keeper(&text).is_none() => Some(text.as_str()),
            Some((_, folders)) => Some(folders),
            None => None,
        };
        if text.split('/').take(PATH_DEPTH + 1).count() > PATH_DEPTH {
            return Err(PathError::Deep);
        }
        for part in folders.into_iter().flat_map(|folders| folders.split('/')) {
            part.parse::<Handle>()?;
        }
        Ok(Self(text))
    }
}

impl std::str::FromStr for SpacePath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        // Longer than any path can be is not worth a copy.
        if text.len() > 1_000 { Err(PathError::Deep) } else { Self::try_from(text.to_owned()) }
    }
}

impl From<SpacePath> for String {
    fn from(path: SpacePath) -> Self {
        path.0
    }
}

impl fmt::Display for SpacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_covers_itself_and_what_is_in_it() {
        let check = |outer: &str, inner: &str, expected: bool| {
            assert_eq!(outer.parse::<SpacePath>().expect(outer).covers(inner), expected, "{outer} {inner}");
        };
        check("team", "team", true);
        check("team", "team/ops", true);
        check("team", "team/ops/nightly", true);
        check("team/ops", "team/ops/nightly", true);
        check("team", "team-2", false);
        check("team/op", "team/ops", false);
        check("team/ops", "team", false);
        check("team", "", false);
    }

    #[test]
    fn paths_are_names_and_nothing_else() {
        let me = SpacePath::personal(UserId::from_bytes([7; 16]));
        for good in ["team", "team/ops", "团队/夜间", "a/b/c/d/e/f", me.as_str(), &format!("{me}/drafts")] {
            assert!(good.parse::<SpacePath>().is_ok(), "{good}");
        }
        for bad in ["", "/", "team/", "/ops", "a//b", "..", "a/..", "~", "~me", "team/*", "a/b/c/d/e/f/g", "Team", &"x/".repeat(4_000)] {
            assert!(bad.parse::<SpacePath>().is_err(), "{bad:?}");
        }
        assert_eq!(me.keeper(), Some(UserId::from_bytes([7; 16])));
        assert_eq!("team/ops".parse::<SpacePath>().ok().and_then(|path| path.parent()).as_ref().map(SpacePath::as_str), Some("team"));
    }
}
