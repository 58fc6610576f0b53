//! SHA-256 (FIPS 180-4) as bytes and as lower-case hexadecimal, of bytes in memory and of streams.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The first eight bytes, to tell values apart without keeping them.
#[must_use]
pub fn sha256_start(bytes: &[u8]) -> u64 {
    sha256(bytes).first_chunk().map_or(0, |start| u64::from_be_bytes(*start))
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

/// Passes bytes on and digests them on the way, for both reading and writing.
pub struct Digesting<T> {
    inner: T,
    state: Sha256,
    bytes: u64,
}

impl<T> Digesting<T> {
    #[must_use]
    pub fn new(inner: T) -> Self {
        Self { inner, state: Sha256::new(), bytes: 0 }
    }

    /// What was passed on so far, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The inner stream, the number of bytes that passed and their digest in hexadecimal.
    #[must_use]
    pub fn finish(self) -> (T, u64, String) {
        (self.inner, self.bytes, hex::encode(self.state.finalize()))
    }

    fn note(&mut self, passed: &[u8]) {
        self.state.update(passed);
        self.bytes += passed.len() as u64;
    }
}

impl<T: Read> Read for Digesting<T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.note(&out[..count]);
        Ok(count)
    }
}

impl<T: Write> Write for Digesting<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.note(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 examples, from the NIST "SHA-256 examples" sheet.
    #[test]
    fn known_answers() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let mut through = Digesting::new(&b"abc"[..]);
        io::copy(&mut through, &mut io::sink()).expect("memory");
        assert_eq!(through.finish().2, sha256_hex(b"abc"));
    }
}
