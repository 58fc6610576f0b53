//! The files of a version, held in memory: checked names, bounded sizes, no links, no modes.

use std::collections::BTreeMap;

/// A path inside a package: relative, `/`-separated, valid UTF-8, no empty, `.` or `..` segment, at most 240 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackagePath(String);

/// Why a name cannot be a path inside a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {why}")]
pub struct PackagePathError {
    pub path: String,
    pub why: &'static str,
}

/// Longest path, in bytes.
pub const PATH_BYTES: usize = 240;
/// Deepest nesting of directories.
pub const PATH_DEPTH: usize = 16;
/// Files in one package, at most.
pub const PACKAGE_FILES: usize = 2_000;
/// Size of all files of one package together, in bytes, at most.
pub const PACKAGE_BYTES: u64 = 256 << 20;

/// Names that tools and systems leave behind: never part of a package, at any depth.
const LITTER: [&str; 18] = [
    ".git",
    ".hg",
    ".svn",
    ".gitignore",
    "__pycache__",
    ".venv",
    "venv",
    "node_modules",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
    ".idea",
    ".vscode",
    "__MACOSX",
    ".DS_Store",
    "Thumbs.db",
    crate::domain::inspect::FOLDER_MANIFEST,
];

/// Whether a segment of a path is passed over wherever a package is made or read.
#[must_use]
pub fn is_litter(segment: &str) -> bool {
    let ends = |end: &str| segment.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(end));
    LITTER.contains(&segment) || segment.starts_with("._") || ends("pyc") || ends("pyo") || ends("swp")
}

impl PackagePath {
    /// # Errors
    /// When the text breaks one of the rules in the type's documentation.
    pub fn parse(text: &str) -> Result<Self, PackagePathError> {
        let refuse = |why| Err(PackagePathError { path: text.chars().take(120).collect(), why });
        if text.is_empty() {
            return refuse("is empty");
        }
        if text.len() > PATH_BYTES {
            return refuse("is longer than 240 bytes");
        }
        if text.starts_with('/') {
            return refuse("is absolute");
        }
        if text.chars().any(|c| c.is_control() || c == '\\' || c == ':') {
            return refuse("has a control character, a backslash or a colon");
        }
        if text.split('/').count() > PATH_DEPTH {
            return refuse("is nested deeper than 16 directories");
        }
        for segment in text.split('/') {
            if segment.is_empty() || segment == "." || segment == ".." {
                return refuse("has an empty, `.` or `..` segment");
            }
            if segment.ends_with('.') || segment.ends_with(' ') || segment.starts_with(' ') {
                return refuse("has a segment that begins or ends with a space or ends with a dot");
            }
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The text after the last dot of the file name, if any.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.file_name().rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, end)| end)
    }
}

impl std::fmt::Display for PackagePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The files of one version by path, in the order of their paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Package {
    pub files: BTreeMap<PackagePath, Vec<u8>>,
}

impl Package {
    /// A package of one file.
    #[must_use]
    pub fn single(path: PackagePath, bytes: Vec<u8>) -> Self {
        Self { files: BTreeMap::from([(path, bytes)]) }
    }

    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(&PackagePath(path.to_owned())).map(Vec::as_slice)
    }

    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.len() as u64).sum()
    }
}
