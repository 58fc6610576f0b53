//! A folder as one archive: the same bytes each time, without what no capability needs, without links, without secrets.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::failure::{Failure, LOCAL_FILE};

use crate::domain::capability::package::{PACKAGE_BYTES, PACKAGE_FILES, PackagePath, is_litter};

/// A folder, packed.
#[derive(Debug)]
pub struct Packed {
    pub archive: Vec<u8>,
    /// Paths inside, sorted.
    pub files: Vec<String>,
    /// What was left out, and why.
    pub skipped: Vec<String>,
}

/// Packs a folder.
///
/// # Errors
/// When a file cannot be read, has a name that no package can have, or the folder is too large.
pub fn pack_folder(dir: &Path) -> Result<Packed, Failure> {
    let mut skipped = Vec::new();
    let mut files = Vec::new();
    walk(dir, dir, &mut files, &mut skipped)?;
    files.sort();
    if files.is_empty() {
        return Err(LOCAL_FILE.fault(format!("{} has no files", dir.display())).hint("name a folder with a script").into());
    }
    if files.len() > PACKAGE_FILES {
        let detail = format!("{} has {} files, {PACKAGE_FILES} at most", dir.display(), files.len());
        return Err(LOCAL_FILE.fault(detail).hint("move data that is not part of the program elsewhere").into());
    }
    pack(files, skipped)
}

/// Packs a few files under names of their own.
pub fn pack_files(files: Vec<(String, PathBuf)>) -> Result<Packed, Failure> {
    pack(files, Vec::new())
}

fn pack(files: Vec<(String, PathBuf)>, skipped: Vec<String>) -> Result<Packed, Failure> {
    let wrong = |error: zip::result::ZipError| Failure::from(LOCAL_FILE.fault(format!("the archive cannot be made: {error}")));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut total = 0;
    for (name, path) in &files {
        let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
        total += bytes.len() as u64;
        if total > PACKAGE_BYTES {
            return Err(LOCAL_FILE
                .fault(format!("the folder is larger than {PACKAGE_BYTES} bytes"))
                .hint("move data elsewhere and pass it as a file input")
                .into());
        }
        archive.start_file(name.as_str(), options).map_err(wrong)?;
        archive.write_all(&bytes).map_err(Failure::from)?;
    }
    let archive = archive.finish().map_err(wrong)?.into_inner();
    Ok(Packed { archive, files: files.into_iter().map(|(name, _)| name).collect(), skipped })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    LOCAL_FILE.fault(format!("{}: {error}", path.display())).hint("check the path and its mode").into()
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<(String, PathBuf)>, skipped: &mut Vec<String>) -> Result<(), Failure> {
    let mut entries: Vec<_> = fs::read_dir(dir).and_then(Iterator::collect).map_err(|error| unreadable(dir, &error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let inside = path.strip_prefix(root).unwrap_or(&path);
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        if let Some(why) = unwanted(&entry.file_name().to_string_lossy(), kind) {
            if !why.is_empty() {
                skipped.push(format!("{}: {why}", inside.display()));
            }
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, files, skipped)?;
            continue;
        }
        let Some(text) = inside.to_str() else {
            return Err(LOCAL_FILE.fault(format!("{}: its name is not UTF-8", inside.display())).hint("rename the file").into());
        };
        let name = PackagePath::parse(text).map_err(|error| Failure::from(LOCAL_FILE.fault(error.to_string()).hint("rename the file")))?;
        files.push((name.as_str().to_owned(), path));
    }
    Ok(())
}

/// Why something is left out; an empty reason is not worth a word.
fn unwanted(name: &str, kind: fs::FileType) -> Option<&'static str> {
    if kind.is_symlink() {
        return Some("links are not packed");
    }
    if is_litter(name) {
        return Some("");
    }
    if kind.is_dir() {
        return None;
    }
    if !kind.is_file() {
        return Some("not a regular file");
    }
    if name == ".env" || name.starts_with(".env.") {
        return Some("may hold secrets: it is never uploaded");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("directory");
        for (name, text) in [
            ("main.py", "print(1)"),
            ("lib/b.py", "b"),
            ("lib/a.py", "a"),
            (".git/config", "x"),
            ("__pycache__/main.pyc", "x"),
            (".env", "PASSWORD=x"),
            (crate::domain::inspect::FOLDER_MANIFEST, "{}"),
        ] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link")).expect("link");
        dir
    }

    #[test]
    fn the_same_folder_is_the_same_archive_without_what_must_not_travel() {
        let dir = sample();
        let packed = pack_folder(dir.path()).expect("packed");
        assert_eq!(packed.files, ["lib/a.py", "lib/b.py", "main.py"]);
        assert_eq!(packed.skipped.len(), 2, "{:?}", packed.skipped);
        let again = pack_folder(sample().path()).expect("packed");
        assert_eq!(packed.archive, again.archive);
        fs::write(dir.path().join("main.py"), "print(2)").expect("written");
        assert_ne!(pack_folder(dir.path()).expect("packed").archive, again.archive);
    }

    #[test]
    fn an_empty_folder_is_refused() {
        assert!(pack_folder(tempfile::tempdir().expect("directory").path()).is_err());
    }
}
