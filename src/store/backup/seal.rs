//! The seam for encryption: what a backup's bytes pass through on their way to the file and back.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use crate::crypto::envelope::{self, Key, Lock, SealingWriter};

/// A writer that must be told when everything was written.
pub trait Sealed: Write {
    /// # Errors
    /// When the end cannot be written.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Turns plain bytes into those of the file, and back.
pub trait Seal {
    /// # Errors
    /// When sealing cannot begin.
    fn seal<'w>(&self, out: Box<dyn Write + 'w>) -> io::Result<Box<dyn Sealed + 'w>>;

    /// # Errors
    /// When the bytes were not sealed so.
    fn open<'r>(&self, from: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>>;

    /// The key that opens, which may also open what is inside.
    fn key(&self) -> Option<&Key> {
        None
    }
}

/// No sealing: the file can be read by whoever gets hold of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

struct PlainWriter<'w>(Box<dyn Write + 'w>);

impl Write for PlainWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Sealed for PlainWriter<'_> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seal for Plain {
    fn seal<'w>(&self, out: Box<dyn Write + 'w>) -> io::Result<Box<dyn Sealed + 'w>> {
        Ok(Box::new(PlainWriter(out)))
    }

    fn open<'r>(&self, from: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Ok(from)
    }
}

/// Sealed as one age file. Opening takes plain files too, so that older backups can be restored.
#[derive(Debug, Clone, Default)]
pub struct Aged {
    lock: Option<Lock>,
    key: Option<Key>,
}

impl Aged {
    /// For making backups.
    #[must_use]
    pub fn sealing(lock: Lock) -> Self {
        Self { lock: Some(lock), key: None }
    }

    /// For checking and restoring them; without a key only plain ones.
    #[must_use]
    pub fn opening(key: Option<Key>) -> Self {
        Self { lock: None, key }
    }
}

struct AgedWriter<'w>(SealingWriter<Box<dyn Write + 'w>>);

impl Write for AgedWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Sealed for AgedWriter<'_> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.finish()?.flush()
    }
}

impl Seal for Aged {
    fn seal<'w>(&self, out: Box<dyn Write + 'w>) -> io::Result<Box<dyn Sealed + 'w>> {
        let lock = self.lock.as_ref().ok_or_else(|| io::Error::other("there is nobody to seal it for"))?;
        Ok(Box::new(AgedWriter(envelope::seal_to(lock, out).map_err(io::Error::other)?)))
    }

    fn open<'r>(&self, mut from: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        let mut beginning = Vec::new();
        from.by_ref().take(64).read_to_end(&mut beginning)?;
        let is_sealed = envelope::is_envelope(&beginning);
        let whole = Box::new(io::Cursor::new(beginning).chain(from));
        match (&self.key, is_sealed) {
            (_, false) => Ok(whole),
            (Some(key), true) => envelope::open_from(key, whole).map_err(io::Error::other),
            (None, true) => Err(io::Error::other("it is encrypted, and no key was given")),
        }
    }

    fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }
}

/// Whether a backup is sealed.
///
/// # Errors
/// When it cannot be read.
pub fn is_sealed(backup: &Path) -> io::Result<bool> {
    let mut beginning = Vec::new();
    File::open(backup)?.take(64).read_to_end(&mut beginning)?;
    Ok(envelope::is_envelope(&beginning))
}

/// Whether a sealed backup is opened by a passphrase.
///
/// # Errors
/// When it cannot be read or is not sealed.
pub fn wants_passphrase(backup: &Path) -> io::Result<bool> {
    envelope::wants_passphrase(BufReader::new(File::open(backup)?)).map_err(io::Error::other)
}
