//! Lays the files of a package out for runs: read-only, whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::fault::BundleError;
use crate::base::file::sync_dir;
use crate::domain::capability::Package;

/// Mode of files that runs read.
const FILE_MODE: u32 = 0o444;
/// Mode of folders that runs enter.
const FOLDER_MODE: u32 = 0o555;

/// Writes the files into a folder that does not exist yet; when it does, it was written before and stays. The folder
/// appears under its name only when it is complete and on disk.
///
/// # Errors
/// When the parent cannot be written; nothing is left behind then.
pub fn unpack_to(package: &Package, dir: &Path) -> Result<(), BundleError> {
    let local = |source| BundleError::Local { path: dir.to_owned(), source };
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().unwrap_or(Path::new("/"));
    let temp = tempfile::Builder::new().prefix(".new-").tempdir_in(parent).map_err(local)?;
    let written = fill(package, temp.path()).and_then(|()| match fs::rename(temp.path(), dir) {
        // Somebody else was faster with the same content.
        Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty) => Err(error),
        other => other,
    });
    match written {
        Ok(()) => {
            let _moved = temp.keep();
            sync_dir(parent).map_err(local)
        }
        Err(error) => {
            let failed = remove_unpacked(temp.path());
            let existed = matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty) && dir.is_dir();
            if existed { failed } else { Err(local(error)) }
        }
    }
}

fn fill(package: &Package, root: &Path) -> io::Result<()> {
    let mut folders = vec![root.to_owned()];
    for (path, bytes) in &package.files {
        let target = root.join(path.as_str());
        let mut missing = Vec::new();
        for above in target.ancestors().skip(1).take_while(|above| *above != root) {
            if folders.iter().any(|known| known == above) {
                break;
            }
            missing.push(above.to_owned());
        }
        for folder in missing.into_iter().rev() {
            DirBuilder::new().mode(0o700).create(&folder)?;
            folders.push(folder);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&target)?;
        file.write_all(bytes)?;
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
        file.sync_all()?;
    }
    for folder in folders.iter().rev() {
        sync_dir(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE))?;
    }
    Ok(())
}

/// Removes a folder that [`unpack_to`] made. Nothing happens when it does not exist.
///
/// # Errors
/// When the system refuses.
pub fn remove_unpacked(dir: &Path) -> Result<(), BundleError> {
    let local = |source| BundleError::Local { path: dir.to_owned(), source };
    match open_up(dir).and_then(|()| fs::remove_dir_all(dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(local(error)),
        _ => Ok(()),
    }
}

/// Makes the folders writable again, so that their entries can be removed by who is not root.
fn open_up(dir: &Path) -> io::Result<()> {
    fs::set_permissions(dir, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}
