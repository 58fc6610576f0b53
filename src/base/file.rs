//! Small files written whole or not at all, with tight modes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Mode of directories that only the appliance may enter.
pub const PRIVATE_DIR: u32 = 0o700;
/// Mode of files that only the appliance may read.
pub const PRIVATE_FILE: u32 = 0o600;

/// Writes a file so that a reader sees the old bytes or the new ones, never a mixture, also after a power cut.
///
/// # Errors
/// When the directory cannot be written; the old file is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::Builder::new().prefix(".new-").permissions(fs::Permissions::from_mode(mode)).tempfile_in(dir)?;
    temp.write_all(bytes)?;
    temp.as_file().sync_all()?;
    temp.persist(path).map_err(|refused| refused.error)?;
    sync_dir(dir)
}

/// Creates a file that must not exist yet.
///
/// # Errors
/// `AlreadyExists` when it does.
pub fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// Makes a private directory (and its parents); tightens the mode of one that exists.
///
/// # Errors
/// When it cannot be made or its mode cannot be set.
pub fn private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(PRIVATE_DIR).create(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE_DIR))
}

/// Makes a rename or a new name in this directory survive a power cut.
///
/// # Errors
/// When the directory cannot be opened or synced.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
