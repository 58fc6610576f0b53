//! Collects checked entries into a package: names, uniqueness, counts and sizes. Every reader goes through it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use unicode_normalization::UnicodeNormalization;

use super::fault::{BundleError, shown};
use crate::domain::capability::Package;
use crate::domain::capability::package::{PACKAGE_BYTES, PACKAGE_FILES, PackagePath, is_litter};

/// How much a package may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Files that are kept.
    pub files: usize,
    /// Entries of any kind, those that are passed over included.
    pub entries: usize,
    /// Bytes of all files together.
    pub bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes that one compressed byte may become, beyond [`Bounds::ratio_from`].
    pub ratio: u64,
    /// Decompressed bytes before the ratio is looked at.
    pub ratio_from: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            files: PACKAGE_FILES,
            entries: 4 * PACKAGE_FILES,
            bytes: PACKAGE_BYTES,
            file_bytes: 64 << 20,
            ratio: 100,
            ratio_from: 4 << 20,
        }
    }
}

/// A package in the making.
#[derive(Debug)]
pub struct Collector {
    bounds: Bounds,
    /// Parts of paths that are passed over.
    ignored: fn(&str) -> bool,
    files: BTreeMap<PackagePath, Vec<u8>>,
    /// Names as a file system that ignores case and composition would see them.
    folded: BTreeSet<String>,
    /// The same of every folder that holds a file.
    folders: BTreeSet<String>,
    entries: usize,
    bytes: u64,
}

impl Collector {
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, ignored: is_litter, files: BTreeMap::new(), folded: BTreeSet::new(), folders: BTreeSet::new(), entries: 0, bytes: 0 }
    }

    /// Passes over nothing.
    #[must_use]
    pub fn of_everything(bounds: Bounds) -> Self {
        Self { ignored: |_| false, ..Self::new(bounds) }
    }

    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Counts an entry of any kind.
    pub fn count(&mut self) -> Result<(), BundleError> {
        self.entries += 1;
        if self.entries > self.bounds.entries {
            return Err(BundleError::Limit { what: "the package has more entries than", limit: self.bounds.entries as u64, entry: None });
        }
        Ok(())
    }

    /// Checks a name. `None` when the entry is to be passed over.
    pub fn path(&self, name: &[u8]) -> Result<Option<PackagePath>, BundleError> {
        let text = std::str::from_utf8(name).map_err(|_| BundleError::entry(name, "is not valid UTF-8"))?;
        let text = text.strip_prefix("./").unwrap_or(text);
        let path = PackagePath::parse(text).map_err(|error| BundleError::entry(name, error.why))?;
        Ok((!path.as_str().split('/').any(self.ignored)).then_some(path))
    }

    /// Adds a file whose declared size is known beforehand.
    pub fn add(&mut self, path: PackagePath, declared: u64, content: &mut dyn Read) -> Result<(), BundleError> {
        let over = |what, limit| Err(BundleError::Limit { what, limit, entry: Some(shown(path.as_str().as_bytes())) });
        if self.files.len() >= self.bounds.files {
            return over("the package has more files than", self.bounds.files as u64);
        }
        if declared > self.bounds.file_bytes {
            return over("a file has more bytes than", self.bounds.file_bytes);
        }
        if self.bytes.saturating_add(declared) > self.bounds.bytes {
            return over("the files have more bytes together than", self.bounds.bytes);
        }
        self.reserve(&path)?;
        let mut bytes = Vec::with_capacity(usize::try_from(declared.min(1 << 20)).unwrap_or(0));
        content.take(declared + 1).read_to_end(&mut bytes).map_err(read_error)?;
        if bytes.len() as u64 != declared {
            let found = if bytes.len() as u64 > declared { "more".to_owned() } else { bytes.len().to_string() };
            return Err(BundleError::entry(path.as_str().as_bytes(), format!("declares {declared} bytes but has {found}")));
        }
        self.bytes += declared;
        self.files.insert(path, bytes);
        Ok(())
    }

    /// Takes the name, which must be free in every way a file system may compare names.
    fn reserve(&mut self, path: &PackagePath) -> Result<(), BundleError> {
        let folded = fold(path.as_str());
        let refuse = |rule: &str| Err(BundleError::entry(path.as_str().as_bytes(), rule));
        if self.folded.contains(&folded) {
            return refuse("occurs twice, if case and Unicode composition are ignored");
        }
        if self.folders.contains(&folded) {
            return refuse("is both a file and a folder");
        }
        for (at, _) in folded.match_indices('/') {
            if self.folded.contains(&folded[..at]) {
                return refuse("lies below a name that is a file");
            }
            self.folders.insert(folded[..at].to_owned());
        }
        self.folded.insert(folded);
        Ok(())
    }

    /// The package.
    pub fn finish(self) -> Result<Package, BundleError> {
        if self.files.is_empty() {
            return Err(BundleError::Unsupported { why: "the package has no files".to_owned() });
        }
        Ok(Package { files: self.files })
    }

    /// The package without the single folder that all of it lies in, as archives are often made. A folder that is a
    /// Python package keeps its name.
    pub fn finish_unwrapped(mut self) -> Result<Package, BundleError> {
        let first = self.files.keys().next().and_then(|path| path.as_str().split_once('/')).map(|(top, _)| format!("{top}/"));
        if let Some(top) = first
            && self.files.keys().all(|path| path.as_str().starts_with(&top))
            && !self.files.keys().any(|path| path.as_str() == format!("{top}__init__.py"))
        {
            let files = std::mem::take(&mut self.files);
            for (path, bytes) in files {
                let inner = path.as_str().strip_prefix(&top).unwrap_or(path.as_str());
                let inner = PackagePath::parse(inner).map_err(|error| BundleError::entry(path.as_str().as_bytes(), error.why))?;
                self.files.insert(inner, bytes);
            }
        }
        self.finish()
    }
}

fn fold(path: &str) -> String {
    path.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// A failed read as what it means: our own limits travel through readers as errors.
pub fn read_error(error: std::io::Error) -> BundleError {
    match error.downcast::<BundleError>() {
        Ok(ours) => ours,
        Err(error) => BundleError::damaged(error),
    }
}
