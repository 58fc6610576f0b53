//! Versions unpacked on disk, ready to be shown to a sandbox read-only. Made on first use from the blob store.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::bundle;
use crate::store::blob::BlobStore;

/// Largest stored archive of a version, in bytes.
const ARCHIVE_MAX: u64 = crate::domain::capability::package::PACKAGE_BYTES + (16 << 20);

/// Why a version could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("read the version's files from the blob store")]
    Blob(#[from] crate::store::blob::BlobError),
    #[error("the stored archive of the version is not as it was written")]
    Archive(#[from] bundle::BundleError),
    #[error("unpack the version's files")]
    Io(#[from] std::io::Error),
}

/// The folder of unpacked versions.
#[derive(Debug, Clone)]
pub struct Packages {
    dir: PathBuf,
    blobs: BlobStore,
    ready: Arc<Mutex<HashSet<String>>>,
}

impl Packages {
    #[must_use]
    pub fn new(dir: &Path, blobs: BlobStore) -> Self {
        Self { dir: dir.to_owned(), blobs, ready: Arc::default() }
    }

    /// The folder that holds the files of this content digest.
    ///
    /// # Errors
    /// When the files cannot be read or written; a half-written folder never gets the final name.
    pub async fn dir_of(&self, content: &str) -> Result<PathBuf, PackageError> {
        let dir = self.dir.join(content);
        if self.lock().contains(content) {
            return Ok(dir);
        }
        let known = tokio::fs::try_exists(&dir).await?;
        if !known {
            let archive = self.blobs.read_whole(content.parse().map_err(std::io::Error::other)?, ARCHIVE_MAX).await?;
            let target = dir.clone();
            tokio::task::spawn_blocking(move || {
                let package = bundle::canonical::read(&archive)?;
                bundle::unpack_to(&package, &target)?;
                Ok::<_, PackageError>(())
            })
            .await
            .map_err(std::io::Error::other)??;
        }
        self.lock().insert(content.to_owned());
        Ok(dir)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
