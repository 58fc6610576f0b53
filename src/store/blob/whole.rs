//! Small contents as whole byte strings, off the runtime's threads.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::{Blob, BlobError, BlobId, BlobStore};

impl BlobStore {
    /// Puts bytes.
    ///
    /// # Errors
    /// As [`BlobStore::put`].
    pub async fn put_bytes(&self, bytes: Vec<u8>) -> Result<Blob, BlobError> {
        let store = self.clone();
        let limit = bytes.len() as u64;
        off_thread(move || store.put(&mut bytes.as_slice(), limit)).await
    }

    /// Reads a content whole, at most `limit` bytes of it.
    ///
    /// # Errors
    /// `Missing` when it is not there, `TooLarge` when it is larger.
    pub async fn read_whole(&self, id: BlobId, limit: u64) -> Result<Vec<u8>, BlobError> {
        let store = self.clone();
        off_thread(move || {
            let mut bytes = Vec::new();
            store.get(id)?.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(BlobError::Source)?;
            if bytes.len() as u64 > limit { Err(BlobError::TooLarge { limit }) } else { Ok(bytes) }
        })
        .await
    }

    /// Puts a file from where it stands, off the runtime's threads.
    ///
    /// # Errors
    /// As [`BlobStore::put_file`].
    pub async fn keep_file(&self, mut file: std::fs::File, limit: u64) -> Result<Blob, BlobError> {
        let store = self.clone();
        off_thread(move || store.put_file(&mut file, limit)).await
    }

    /// Where the bytes lie, for laying them read-only into a sandbox, whose user is another one: the file itself may be
    /// read by everyone then, below directories that only the server may enter.
    ///
    /// # Errors
    /// `Missing` when it is not there.
    pub fn lay_out(&self, id: BlobId) -> Result<PathBuf, BlobError> {
        let path = self.path(id);
        fs::set_permissions(&path, Permissions::from_mode(0o444)).map_err(BlobError::io("lay out", &path))?;
        Ok(path)
    }
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, BlobError> + Send + 'static) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(BlobError::Source(std::io::Error::other(error))))
}
