//! One owner per data directory: an advisory lock on its file `lock`, with the owner's process number inside.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use super::error::StoreError;
use crate::base::file::PRIVATE_FILE;

/// The name of the file in the data directory.
const NAME: &str = "lock";

/// The data directory is ours until this is dropped.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// # Errors
    /// [`StoreError::Locked`] when another process, or another part of this one, holds it.
    pub fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(NAME);
        let failed = |error: io::Error| StoreError::Open { path: path.clone(), source: Arc::new(error.into()) };
        let file = File::options().read(true).write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { pid: holder(dir) }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The lock is what counts; the number is for the sentence that the next one reads.
        let _ = fs::write(&path, format!("{}\n", std::process::id()));
        Ok(Self { _file: file })
    }
}

/// The process that took the lock last, as far as its file says.
pub(super) fn holder(dir: &Path) -> String {
    let text = fs::read_to_string(dir.join(NAME)).unwrap_or_default();
    text.trim().parse::<u32>().map_or_else(|_| "unknown".to_owned(), |pid| pid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().expect("directory");
        let held = DataLock::take(dir.path()).expect("free");
        let refused = DataLock::take(dir.path()).expect_err("held");
        assert_eq!(refused.to_string(), format!("another process (pid {}) uses the data directory; stop it first", std::process::id()));
        drop(held);
        DataLock::take(dir.path()).expect("free again");
    }
}
