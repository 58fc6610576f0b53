//! Putting a content: copied to a temporary file, digested on the way, synced, named by its digest.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use rustix::fs::copy_file_range;
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::BlobId;
use super::error::BlobError;
use super::shelf::{Blob, BlobStore};

/// Bytes moved at once.
const CHUNK: usize = 128 * 1024;
/// From this size on the kernel is asked to copy, which some file systems do without moving a byte.
const KERNEL_COPY: u64 = 1 << 20;

/// A content that is being put. Dropped before [`BlobWriter::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct BlobWriter {
    store: BlobStore,
    temp: NamedTempFile,
    digest: Sha256,
    bytes: u64,
    limit: u64,
}

impl BlobStore {
    /// Begins to put a content of at most `limit` bytes.
    ///
    /// # Errors
    /// When no file can be made.
    pub fn writer(&self, limit: u64) -> Result<BlobWriter, BlobError> {
        let dir = self.temp_dir();
        let temp = tempfile::Builder::new().prefix("put-").tempfile_in(&dir).map_err(BlobError::io("create", dir))?;
        Ok(BlobWriter { store: self.clone(), temp, digest: Sha256::new(), bytes: 0, limit })
    }

    /// Puts what a reader gives.
    ///
    /// # Errors
    /// `TooLarge`, `Full`, `Source` when the reader fails, or `Io`.
    pub fn put(&self, from: &mut impl Read, limit: u64) -> Result<Blob, BlobError> {
        let mut writer = self.writer(limit)?;
        writer.copy_from(from)?;
        writer.finish_blocking()
    }

    /// Puts what an asynchronous reader gives; the runtime's threads do not wait for the disk to sync.
    ///
    /// # Errors
    /// As [`BlobStore::put`].
    pub async fn put_stream(&self, from: &mut (impl AsyncRead + Unpin), limit: u64) -> Result<Blob, BlobError> {
        let mut writer = self.writer(limit)?;
        let mut chunk = vec![0; CHUNK];
        loop {
            match from.read(&mut chunk).await.map_err(BlobError::Source)? {
                0 => return writer.finish().await,
                count => writer.write(chunk.get(..count).unwrap_or_default())?,
            }
        }
    }

    /// Puts a file from where it stands. What counts is the copy: a source that changes meanwhile gives a sound content all the same.
    ///
    /// # Errors
    /// As [`BlobStore::put`]; a file that is larger than the limit is not read at all.
    pub fn put_file(&self, from: &mut File, limit: u64) -> Result<Blob, BlobError> {
        let size = from.metadata().map_err(BlobError::Source)?.len();
        let behind = from.stream_position().map_err(BlobError::Source)?;
        let left = size.saturating_sub(behind);
        if left > limit {
            return Err(BlobError::TooLarge { limit });
        }
        if left < KERNEL_COPY {
            return self.put(from, limit);
        }
        let mut writer = self.writer(limit)?;
        if !writer.copy_by_kernel(from)? {
            writer.copy_from(from)?;
        }
        writer.finish_blocking()
    }
}

impl BlobWriter {
    /// Adds bytes.
    ///
    /// # Errors
    /// `TooLarge` beyond the limit, `Full`, or `Io`.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.count(bytes.len() as u64)?;
        self.digest.update(bytes);
        let path = self.temp.path();
        self.temp.as_file().write_all(bytes).map_err(BlobError::io("write", path))
    }

    fn count(&mut self, more: u64) -> Result<(), BlobError> {
        self.bytes += more;
        if self.bytes > self.limit { Err(BlobError::TooLarge { limit: self.limit }) } else { Ok(()) }
    }

    fn copy_from(&mut self, from: &mut impl Read) -> Result<(), BlobError> {
        let mut chunk = vec![0; CHUNK];
        loop {
            match from.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(count) => self.write(chunk.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(BlobError::Source(error)),
            }
        }
    }

    /// Lets the kernel copy, then digests the copy; `false` when the kernel cannot, and then nothing has happened.
    fn copy_by_kernel(&mut self, from: &File) -> Result<bool, BlobError> {
        let mut to = self.temp.as_file();
        loop {
            let room = usize::try_from(self.limit - self.bytes).unwrap_or(usize::MAX).saturating_add(1).min(1 << 30);
            match copy_file_range(from, None, to, None, room) {
                Ok(0) => break,
                Ok(count) => {
                    self.bytes += count as u64;
                    if self.bytes > self.limit {
                        return Err(BlobError::TooLarge { limit: self.limit });
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) if self.bytes == 0 => return Ok(false),
                Err(error) => return Err(BlobError::io("write", self.temp.path())(error.into())),
            }
        }
        let failed = |error| BlobError::io("read", self.temp.path())(error);
        to.rewind().map_err(failed)?;
        let (digest, _) = digest_of(&mut to).map_err(failed)?;
        self.digest = digest;
        Ok(true)
    }

    /// Makes the content durable under its name.
    ///
    /// # Errors
    /// `Full` or `Io`.
    pub async fn finish(self) -> Result<Blob, BlobError> {
        tokio::task::spawn_blocking(move || self.finish_blocking()).await.map_err(|_| BlobError::Cancelled)?
    }

    /// [`BlobWriter::finish`] for callers outside the runtime.
    ///
    /// # Errors
    /// The same.
    pub fn finish_blocking(self) -> Result<Blob, BlobError> {
        let id = BlobId::from_bytes(self.digest.finalize().into());
        let blob = Blob { id, bytes: self.bytes };
        self.store.admit(&blob, self.temp)?;
        Ok(blob)
    }
}

/// Digests all that a reader gives.
pub(super) fn digest_of(from: &mut impl Read) -> io::Result<(Sha256, u64)> {
    let (mut digest, mut chunk, mut bytes) = (Sha256::new(), vec![0; CHUNK], 0);
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok((digest, bytes)),
            Ok(count) => {
                digest.update(chunk.get(..count).unwrap_or_default());
                bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Where a writer that is being dropped would leave a file, for tests.
#[cfg(test)]
impl BlobWriter {
    pub(super) fn temp_path(&self) -> std::path::PathBuf {
        self.temp.path().to_owned()
    }
}
