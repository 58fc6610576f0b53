//! What a client on this machine knows: which appliances there are, with which token, and what the environment overrides.
//!
//! The file is `$XDG_CONFIG_HOME/execgov/contexts.toml`. It holds tokens, so it is written with mode 0600 and not
//! read when others could have read it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Environment;
use crate::base::fault::{Class, Code, Fault};
use crate::base::file::{PRIVATE_FILE, private_dir, write_atomic};
use crate::base::text::line_of;

/// The contexts file cannot be used.
pub const CONTEXTS_INVALID: Code = Code::new("EG-CLI-009", Class::User, "Contexts file cannot be used");

/// One appliance as this machine knows it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The user the token belongs to, for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Id of the token, so that signing out can revoke it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// SHA-256 of the one certificate that is trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// PEM file with the authorities that are trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("url", &self.url).field("user", &self.user).finish_non_exhaustive()
    }
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contexts {
    /// The one that is used unless another is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    #[serde(default, rename = "context", skip_serializing_if = "BTreeMap::is_empty")]
    pub contexts: BTreeMap<String, Context>,
}

/// Where the file is, or would be; nothing when the machine has no home directory for this user.
#[must_use]
pub fn contexts_path(environment: &Environment) -> Option<PathBuf> {
    let base = match environment.get("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(base) => base,
        None => PathBuf::from(environment.get("HOME")?).join(".config"),
    };
    Some(base.join("execgov").join("contexts.toml"))
}

impl Contexts {
    /// Reads the file; a missing one is empty.
    ///
    /// # Errors
    /// When it is not what this program writes, or others than its owner may read it.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let refuse = |why: String, hint: String| CONTEXTS_INVALID.fault(format!("{}: {why}", path.display())).hint(hint);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(refuse(format!("cannot be read: {error}"), "check the path and its mode".to_owned())),
        };
        let mode = std::fs::metadata(path).map_or(0, |about| about.permissions().mode());
        if mode & 0o077 != 0 {
            let why = format!("its mode {:03o} lets others read the tokens in it", mode & 0o777);
            return Err(refuse(why, format!("run `chmod 600 {}`, and sign in again if others use this machine", path.display())));
        }
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text.as_bytes(), span.start));
            refuse(format!("line {line}: {}", error.message()), "correct the line, or remove the file and sign in again".to_owned())
        })
    }

    /// Writes the file whole, readable for its owner alone.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Fault> {
        let fail = |why: String| {
            CONTEXTS_INVALID.fault(format!("{}: cannot be written: {why}", path.display())).hint("check the directory and its mode")
        };
        let text = toml::to_string_pretty(self).map_err(|error| fail(error.to_string()))?;
        if let Some(dir) = path.parent() {
            private_dir(dir).map_err(|error| fail(error.to_string()))?;
        }
        write_atomic(path, text.as_bytes(), PRIVATE_FILE).map_err(|error| fail(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_read_and_private() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("execgov/contexts.toml");
        let context = Context { url: "https://ops.example".to_owned(), token: Some("egt_x".to_owned()), ..Context::default() };
        let all = Contexts { current: Some("ops.example".to_owned()), contexts: [("ops.example".to_owned(), context)].into() };
        all.save(&path).expect("saved");
        assert_eq!(Contexts::load(&path).expect("read"), all);
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(!format!("{all:?}").contains("egt_x"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("mode");
        let refused = Contexts::load(&path).expect_err("others may read");
        assert!(refused.hint_text().is_some_and(|hint| hint.contains("chmod 600")));
    }

    #[test]
    fn mistakes_name_their_line() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("contexts.toml");
        write_atomic(&path, b"current = 'a'\ncolour = 'red'\n", PRIVATE_FILE).expect("written");
        let refused = Contexts::load(&path).expect_err("unknown key");
        assert!(refused.detail().contains("line 2") && refused.detail().contains("colour"), "{refused}");
        assert_eq!(Contexts::load(&dir.path().join("missing")).expect("empty"), Contexts::default());
    }

    #[test]
    fn the_place_follows_the_environment() {
        for (pairs, expected) in [
            ([("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")], Some("/x/execgov/contexts.toml")),
            ([("XDG_CONFIG_HOME", "relative"), ("HOME", "/h")], Some("/h/.config/execgov/contexts.toml")),
            ([("XDG_CONFIG_HOME", ""), ("HOME", "")], None),
        ] {
            assert_eq!(contexts_path(&Environment::from(pairs)), expected.map(PathBuf::from));
        }
    }
}
