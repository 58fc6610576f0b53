//! Which file of a package is run.

use super::declared::Declaration;
use super::fault::InspectError;
use super::report::FileHint;
use super::{python, shell};
use crate::domain::capability::package::PackagePath;
use crate::domain::capability::{Kind, Package};

/// The file that is run and what runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: PackagePath,
    pub kind: Kind,
}

/// Candidates named in an error, at most.
const NAMED: usize = 12;

/// Finds the entry point: the one declared, `__main__.py`, `main.py` or `main.sh`, the only script, the only one with
/// `if __name__ == "__main__"`, or the one named like the folder.
///
/// # Errors
/// When there is none, or several are equally likely.
pub fn find(package: &Package, declared: Option<&Declaration>, hint: &FileHint) -> Result<Entry, InspectError> {
    if let Some((declared, name)) = declared.and_then(|declared| declared.entry.as_ref().map(|entry| (declared, entry))) {
        let found = package.files.keys().find(|path| path.as_str() == name);
        let refuse = |why: String| InspectError::Manifest { file: declared.file.clone(), line: declared.lines.get("entry").copied(), why };
        let path = found.ok_or_else(|| refuse(format!("`entry` names `{name}`, which is not in the package")))?;
        let kind = kind_of(package, path).ok_or_else(|| refuse(format!("`entry` names `{name}`, which is neither Python nor shell")))?;
        return Ok(Entry { path: path.clone(), kind });
    }
    let scripts: Vec<Entry> =
        package.files.keys().filter_map(|path| Some(Entry { path: path.clone(), kind: kind_of(package, path)? })).collect();
    let top: Vec<&Entry> =
        scripts.iter().filter(|entry| !entry.path.as_str().contains('/') && !is_support(entry.path.file_name())).collect();
    for wanted in ["__main__.py", "main.py", "main.sh", "run.sh"] {
        if let Some(found) = top.iter().find(|entry| entry.path.as_str() == wanted) {
            return Ok((*found).clone());
        }
    }
    if let [only] = top.as_slice() {
        return Ok((*only).clone());
    }
    let runnable: Vec<&&Entry> = top.iter().filter(|entry| entry.kind == Kind::Python && is_runnable(package, &entry.path)).collect();
    if let [only] = runnable.as_slice() {
        return Ok((**only).clone());
    }
    let folder = stem(&hint.file_name).to_lowercase().replace('-', "_");
    if let Some(found) = top.iter().find(|entry| stem(entry.path.file_name()).to_lowercase().replace('-', "_") == folder) {
        return Ok((*found).clone());
    }
    // `tool/__main__.py` of a single Python package.
    let mains: Vec<&Entry> = scripts.iter().filter(|entry| entry.path.file_name() == "__main__.py").collect();
    if let ([], [only]) = (top.as_slice(), mains.as_slice()) {
        return Ok((*only).clone());
    }
    let candidates: Vec<String> = if runnable.is_empty() {
        top.iter().map(|entry| entry.path.to_string()).take(NAMED).collect()
    } else {
        runnable.iter().map(|entry| entry.path.to_string()).take(NAMED).collect()
    };
    let why = if candidates.is_empty() {
        "there is no Python or shell script at the top of the package".to_owned()
    } else {
        format!("several scripts could be the entry point: {}", candidates.join(", "))
    };
    Err(InspectError::Entry { why, candidates })
}

/// Files that belong to development rather than to the run.
fn is_support(name: &str) -> bool {
    matches!(name, "setup.py" | "conftest.py" | "noxfile.py" | "tasks.py" | "__init__.py")
        || name.starts_with("test_")
        || name.ends_with("_test.py")
}

fn kind_of(package: &Package, path: &PackagePath) -> Option<Kind> {
    match path.extension() {
        Some("py") => Some(Kind::Python),
        Some("sh" | "bash") => Some(Kind::Shell),
        None => {
            let first = package.files.get(path)?.split(|byte| *byte == b'\n').next()?;
            let line = std::str::from_utf8(first).ok()?;
            if shell::interpreter(line).is_some() {
                Some(Kind::Shell)
            } else if line.starts_with("#!") && line.contains("python") {
                Some(Kind::Python)
            } else {
                None
            }
        }
        Some(_) => None,
    }
}

fn is_runnable(package: &Package, path: &PackagePath) -> bool {
    let text = package.files.get(path).and_then(|bytes| python::decode(path.as_str(), bytes).ok());
    text.is_some_and(|text| python::is_runnable(path.as_str(), &text))
}

/// A file name without folders and endings.
pub fn stem(name: &str) -> &str {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let mut stem = name;
    for end in [".tar.gz", ".tar.zst", ".tar.xz", ".tgz", ".tar", ".zip", ".py", ".sh", ".bash", ".toml"] {
        if let Some(short) = stem.strip_suffix(end).filter(|short| !short.is_empty()) {
            stem = short;
            break;
        }
    }
    stem
}
