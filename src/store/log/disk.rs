//! Appends frames to the file of an open log. The only place that writes one.
//!
//! Writes go to the page cache, so they are done where they arise; only the sync at the seal is worth another thread.
//! When the disk refuses, the frame that failed is taken back, the log stays as it was and the rest is counted as lost:
//! a run is never stopped or blocked by its log.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::INLINE_MAX;
use super::assemble::Frame;
use super::canon::Canon;
use super::error::LogError;
use super::form::{MAGIC, encode_tail};
use super::frame::Stream;
use super::index::Entry;
use super::live::{Ended, Live};
use super::marks;
use crate::base::file::PRIVATE_FILE;
use crate::domain::run::LogSeal;

/// The end of an open log at which frames are added.
#[derive(Debug)]
pub struct Disk {
    live: Arc<Live>,
    path: PathBuf,
    end: u64,
    lines: u64,
    canon: Canon,
    /// The whole log, as long as it may stay inline.
    small: Option<Vec<u8>>,
    refused: Option<io::Error>,
    /// Bytes of output that the disk refused.
    lost: u64,
}

impl Disk {
    pub fn new(live: Arc<Live>, path: PathBuf) -> Self {
        Self { live, path, end: 0, lines: 0, canon: Canon::default(), small: Some(Vec::new()), refused: None, lost: 0 }
    }

    /// Takes over a file that holds whole frames up to `end`.
    pub fn resume(live: Arc<Live>, path: PathBuf, canon: Canon, small: Option<Vec<u8>>) -> Self {
        let (end, lines) = {
            let state = live.state.borrow();
            (state.end, state.lines)
        };
        Self { live, path, end, lines, canon, small, refused: None, lost: 0 }
    }

    /// Adds one frame and tells the readers.
    pub fn append(&mut self, frame: &Frame<'_>) {
        if self.refused.is_none()
            && let Err(refused) = self.write(frame)
        {
            self.take_back();
            self.refused = Some(refused);
        }
        if self.refused.is_some() && frame.header.stream != Stream::Execgov {
            self.lost += u64::from(frame.header.len);
        }
    }

    fn write(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let magic: &[u8] = if self.end == 0 { MAGIC } else { b"" };
        let header = frame.header.encode();
        let [first, second] = frame.parts;
        let mut file = self.file()?;
        let parts = &mut [magic, &header, first, second].map(IoSlice::new)[usize::from(magic.is_empty())..];
        write_all(&mut file, parts)?;
        if let Some(small) = &mut self.small {
            for part in [magic, &header, first, second] {
                small.extend_from_slice(part);
            }
        }
        self.small.take_if(|small| small.len() > INLINE_MAX);
        self.canon.add(&frame.header, frame.parts);
        let entry = Entry { lines_before: self.lines, offset: self.end + magic.len() as u64 };
        self.lines += u64::from(frame.header.lines);
        self.end = entry.offset + header.len() as u64 + u64::from(frame.header.len);
        let progress = marks::last_progress(second).or_else(|| marks::last_progress(first));
        self.live.state.send_modify(|state| {
            state.index.note(entry);
            state.end = self.end;
            state.lines = self.lines;
            if progress.is_some() {
                state.progress = progress;
            }
        });
        Ok(())
    }

    fn file(&self) -> io::Result<&File> {
        if let Some(file) = self.live.file.get() {
            return Ok(file);
        }
        let file = OpenOptions::new().read(true).append(true).create_new(true).mode(PRIVATE_FILE).open(&self.path)?;
        Ok(self.live.file.get_or_init(|| file))
    }

    /// Cuts off what a failed write left behind; readers would not look at it, but recovery would.
    fn take_back(&self) {
        if let Some(file) = self.live.file.get()
            && let Err(error) = file.set_len(self.end)
        {
            tracing::warn!(path = %self.path.display(), %error, "a torn end of a log could not be cut off");
        }
    }

    /// Bytes of output that the disk refused, and why.
    pub fn refusal(&self) -> Option<(u64, &io::Error)> {
        self.refused.as_ref().map(|why| (self.lost, why))
    }

    /// Lets writing be tried again, for a last remark.
    pub fn retry(&mut self) {
        self.refused = None;
    }

    /// Writes the tail unless the log is inline, makes the file durable, and tells the readers that nothing more comes.
    pub fn seal(mut self, bytes: u64, dropped_bytes: u64) -> (LogSeal, Option<Vec<u8>>, Result<(), LogError>) {
        let seal = LogSeal { lines: self.lines, bytes, dropped_bytes, sha256: hex::encode(self.canon.sha256()) };
        let inline = self.small.take();
        let durable = if inline.is_some() { Ok(()) } else { self.write_tail(&seal) };
        self.live.state.send_modify(|state| state.ended = Some(Ended::Sealed(seal.clone())));
        (seal, inline, durable.map_err(LogError::io("seal", &self.path)))
    }

    /// Whether [`Disk::seal`] will wait for the disk.
    pub fn is_small(&self) -> bool {
        self.small.is_some()
    }

    fn write_tail(&self, seal: &LogSeal) -> io::Result<()> {
        let Some(mut file) = self.live.file.get() else { return Ok(()) };
        let tail = encode_tail(self.end, &self.live.state.borrow().index, &[], seal);
        if let Err(refused) = file.write_all(&tail) {
            self.take_back();
            return Err(refused);
        }
        file.sync_data()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.live.state.send_if_modified(|state| {
            let lost = state.ended.is_none();
            state.ended.get_or_insert(Ended::Lost);
            lost
        });
    }
}

/// `write_all_vectored`, which the standard library does not have in stable form.
fn write_all(to: &mut impl Write, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
    IoSlice::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        match to.write_vectored(parts) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut parts, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::log::frame::{Shape, Stream};

    fn line(stream: Stream, text: &[u8]) -> Frame<'_> {
        Frame::around(stream, Shape::default(), (1, 2), [text, b""]).expect("some bytes")
    }

    #[test]
    fn a_full_disk_loses_output_but_never_the_truth_about_it() {
        let live = Arc::new(Live::default());
        live.file.set(OpenOptions::new().read(true).write(true).open("/dev/full").unwrap()).unwrap();
        let mut disk = Disk::new(Arc::clone(&live), PathBuf::from("full"));
        disk.append(&line(Stream::Stdout, b"12345\n"));
        disk.append(&line(Stream::Stderr, b"678\n"));
        disk.append(&line(Stream::Execgov, b"[execgov: a remark is not output]\n"));
        let (lost, why) = disk.refusal().map(|(lost, why)| (lost, why.kind())).unwrap();
        assert_eq!((lost, why), (10, io::ErrorKind::StorageFull));
        let (seal, inline, durable) = disk.seal(0, 10);
        assert_eq!((seal.lines, seal.dropped_bytes, inline.as_deref()), (0, 10, Some(b"".as_slice())));
        assert!(durable.is_ok(), "an inline log waits for no disk");
        let state = live.state.borrow();
        assert_eq!((state.end, state.lines, &state.ended), (0, 0, &Some(Ended::Sealed(seal))));
    }

    #[test]
    fn a_writer_that_never_takes_all_at_once_gets_everything() {
        struct Sips(Vec<u8>);
        impl Write for Sips {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let count = bytes.len().min(3);
                self.0.extend_from_slice(&bytes[..count]);
                Ok(count)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut sips = Sips(Vec::new());
        write_all(&mut sips, &mut [b"".as_slice(), b"hello ", b"", b"world"].map(IoSlice::new)).unwrap();
        assert_eq!(sips.0, b"hello world");
    }
}
