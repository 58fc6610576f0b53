//! Spaces: where the capabilities of a tenant live, with folders in them. Each person has a space of their own as well,
//! which needs no record.
//!
//! A name is never used for another space again: what was granted there must not come back to life.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::domain::access::SpacePath;
use crate::domain::audit::{Actor, ActorKind};
use crate::domain::ids::TenantKey;

/// Spaces of one tenant, at most.
pub const SPACES_MOST: u64 = 200;
/// Folders of one space, at most.
pub const FOLDERS_MOST: usize = 200;

/// A space of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    pub tenant: TenantKey,
    pub name: SpacePath,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its folders, in alphabetical order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<SpacePath>,
    /// It is no more; the record keeps its name from being used again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

/// What cannot be done to a space.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    #[error("there is a folder `{0}` already")]
    Taken(SpacePath),
    #[error("`{0}` is not in a folder that exists")]
    NoParent(SpacePath),
    #[error("a space has at most {FOLDERS_MOST} folders")]
    Full,
    #[error("there is no folder `{0}`")]
    Absent(SpacePath),
    #[error("there are folders in `{0}`")]
    NotEmpty(SpacePath),
}

impl Space {
    /// The space that every tenant has, before anybody changed it.
    #[must_use]
    pub fn default_of(tenant: &TenantKey) -> Self {
        Self {
            tenant: tenant.clone(),
            name: SpacePath::of_default(),
            description: None,
            folders: Vec::new(),
            removed_at: None,
            created_at: Timestamp::UNIX_EPOCH,
            created_by: Actor { kind: ActorKind::System, id: None, name: None, token: None },
        }
    }

    /// Whether a path is the space itself or a folder in it.
    #[must_use]
    pub fn has(&self, path: &SpacePath) -> bool {
        self.name == *path || self.folders.binary_search(path).is_ok()
    }

    /// # Errors
    /// When it is there, what it would be in is not, or there are too many.
    pub fn add_folder(&mut self, path: SpacePath) -> Result<(), SpaceError> {
        if !path.parent().is_some_and(|parent| self.has(&parent)) {
            return Err(SpaceError::NoParent(path));
        }
        if self.folders.len() >= FOLDERS_MOST {
            return Err(SpaceError::Full);
        }
        match self.folders.binary_search(&path) {
            Ok(_) => Err(SpaceError::Taken(path)),
            Err(place) => {
                self.folders.insert(place, path);
                Ok(())
            }
        }
    }

    /// # Errors
    /// When it is not there or others are in it.
    pub fn remove_folder(&mut self, path: &SpacePath) -> Result<(), SpaceError> {
        let place = self.folders.binary_search(path).map_err(|_| SpaceError::Absent(path.clone()))?;
        if self.folders.iter().any(|other| other != path && path.covers(other.as_str())) {
            return Err(SpaceError::NotEmpty(path.clone()));
        }
        self.folders.remove(place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_and_go_from_the_outside_in() {
        let mut space = Space::default_of(&TenantKey::default_tenant());
        let path = |text: &str| text.parse::<SpacePath>().expect(text);
        assert_eq!(space.add_folder(path("team/a/b")), Err(SpaceError::NoParent(path("team/a/b"))));
        assert_eq!(space.add_folder(path("other/a")), Err(SpaceError::NoParent(path("other/a"))));
        assert_eq!(space.add_folder(path("team/a")), Ok(()));
        assert_eq!(space.add_folder(path("team/a/b")), Ok(()));
        assert_eq!(space.add_folder(path("team/a")), Err(SpaceError::Taken(path("team/a"))));
        assert_eq!(space.remove_folder(&path("team/a")), Err(SpaceError::NotEmpty(path("team/a"))));
        assert_eq!(space.remove_folder(&path("team/a/b")), Ok(()));
        assert_eq!(space.remove_folder(&path("team/a/b")), Err(SpaceError::Absent(path("team/a/b"))));
        assert!(space.has(&path("team/a")) && space.has(&path("team")) && !space.has(&path("team/a/b")));
    }
}
