//! What a run left in `outputs/`, without the secrets it was given. A text is kept with marks in their place. What is no text
//! and holds one is not kept: a mark in the middle of it would break it.
//!
//! Looks at the bytes as they are: what is compressed or encrypted in a file is not found.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;

use crate::domain::masking::{Masker, Masking};
use crate::store::blob::{Blob, BlobError, BlobStore};

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;
/// How many times longer than what it stands for a mark can be: a text may outgrow its limit by being masked.
const GROWTH: u64 = 20;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    NoSecret,
    SecretInText,
    SecretInBytes,
}

/// Keeps a file; nothing when it holds a secret and is no text.
///
/// # Errors
/// When it cannot be read or kept.
pub(super) async fn keep(blobs: &BlobStore, masker: &Arc<Masker>, mut file: File, limit: u64) -> Result<Option<Blob>, BlobError> {
    if masker.is_idle() {
        return blobs.keep_file(file, limit).await.map(Some);
    }
    let (blobs, masker) = (blobs.clone(), Arc::clone(masker));
    let kept = tokio::task::spawn_blocking(move || {
        let content = look(&mut file, &masker).map_err(BlobError::Source)?;
        file.rewind().map_err(BlobError::Source)?;
        match content {
            Content::NoSecret => blobs.put_file(&mut file, limit).map(Some),
            Content::SecretInText => blobs.put(&mut Masked::new(file, masker), limit.saturating_mul(GROWTH)).map(Some),
            Content::SecretInBytes => Ok(None),
        }
    });
    kept.await.unwrap_or_else(|error| Err(BlobError::Source(io::Error::other(error))))
}

/// Reads a file through the masker and compares what comes out with what went in.
fn look(file: &mut impl Read, masker: &Arc<Masker>) -> io::Result<Content> {
    let mut masking = Masking::<1>::new(Arc::clone(masker));
    let (mut chunk, mut waiting, mut out) = (vec![0; CHUNK], Vec::new(), Vec::new());
    let (mut holds, mut text) = (false, Utf8::default());
    loop {
        let count = file.read(&mut chunk)?;
        let piece = &chunk[..count];
        text.take(piece);
        if !holds {
            waiting.extend_from_slice(piece);
            out.clear();
            if count == 0 {
                masking.finish(0, &mut out);
            } else {
                masking.pass(0, piece, &mut out);
            }
            holds = !waiting.starts_with(&out) || (count == 0 && waiting.len() != out.len());
            waiting.drain(..out.len().min(waiting.len()));
        }
        if count == 0 {
            return Ok(match (holds, text.is_text()) {
                (false, _) => Content::NoSecret,
                (true, true) => Content::SecretInText,
                (true, false) => Content::SecretInBytes,
            });
        }
    }
}

/// Whether what came so far is UTF-8 without zero bytes.
#[derive(Debug, Default)]
struct Utf8 {
    broken: bool,
    /// The beginning of a character that goes on in the next piece.
    open: Vec<u8>,
}

impl Utf8 {
    fn take(&mut self, piece: &[u8]) {
        if self.broken {
            return;
        }
        self.open.extend_from_slice(piece);
        self.broken = piece.contains(&0);
        match std::str::from_utf8(&self.open) {
            Ok(_) => self.open.clear(),
            Err(error) if error.error_len().is_none() => drop(self.open.drain(..error.valid_up_to())),
            Err(_) => self.broken = true,
        }
    }

    fn is_text(&self) -> bool {
        !self.broken && self.open.is_empty()
    }
}

/// A file as it may be kept.
struct Masked<R> {
    from: R,
    masking: Masking<1>,
    chunk: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    over: bool,
}

impl<R: Read> Masked<R> {
    fn new(from: R, masker: Arc<Masker>) -> Self {
        Self { from, masking: Masking::new(masker), chunk: vec![0; CHUNK], ready: Vec::new(), given: 0, over: false }
    }
}

impl<R: Read> Read for Masked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() && !self.over {
            self.ready.clear();
            self.given = 0;
            match self.from.read(&mut self.chunk)? {
                0 => {
                    self.masking.finish(0, &mut self.ready);
                    self.over = true;
                }
                count => self.masking.pass(0, &self.chunk[..count], &mut self.ready),
            }
        }
        let count = into.len().min(self.ready.len() - self.given);
        into[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(3).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn masker() -> Arc<Masker> {
        Arc::new(Masker::new([("db", b"hunter2hunter2".as_slice())]).expect("few"))
    }

    #[test]
    fn a_secret_is_found_in_texts_and_in_other_bytes() {
        let cases: [(&[u8], Content); 10] = [
            (b"nothing here", Content::NoSecret),
            (b"", Content::NoSecret),
            (b"hunter2hunter", Content::NoSecret),
            (b"\x00\xff binary", Content::NoSecret),
            (b"password: hunter2hunter2\n", Content::SecretInText),
            ("\u{5bc6}\u{7801}: hunter2hunter2".as_bytes(), Content::SecretInText),
            (b"aHVudGVyMmh1bnRlcjI=", Content::SecretInText),
            (b"hunter2hunter2\x00", Content::SecretInBytes),
            (b"\xff\xfe hunter2hunter2", Content::SecretInBytes),
            (b"hunter2hunter2 \xe5\xaf", Content::SecretInBytes),
        ];
        for (content, expected) in cases {
            assert_eq!(look(&mut &*content, &masker()).expect("read"), expected, "{content:?}");
            assert_eq!(look(&mut Slow(content), &masker()).expect("read"), expected, "{content:?}");
        }
    }

    #[test]
    fn a_text_is_given_out_with_marks() {
        for repeated in [1, 10_000] {
            let text = "user,hunter2hunter2,\u{5bc6}\n".repeat(repeated);
            let mut out = String::new();
            Masked::new(text.as_bytes(), masker()).read_to_string(&mut out).expect("read");
            assert_eq!(out, "user,[masked: db],\u{5bc6}\n".repeat(repeated));
        }
    }
}
