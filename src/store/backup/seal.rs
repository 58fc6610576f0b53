//! The seam for encryption: what a backup's bytes pass through on their way to the file and back.

use std::io::{self, Read, Write};

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
