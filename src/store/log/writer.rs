//! The writer of one run's log: filter, cap, lines, seal.

use std::path::PathBuf;
use std::sync::Arc;

use super::LogKey;
use super::assemble::{Assembler, Frame};
use super::disk::Disk;
use super::error::LogError;
use super::frame::{Shape, Stream};
use super::live::Live;
use crate::base::clock::Clock;
use crate::domain::run::LogSeal;

/// Changes output before it is stored, such as by masking secrets.
///
/// A secret may straddle two blocks, so a filter may keep the end of a block back and give it out with the next one.
pub trait Filter: Send {
    /// Takes a block and appends to `out` what may be stored now.
    fn pass(&mut self, stream: Stream, block: &[u8], out: &mut Vec<u8>);
    /// Appends what was kept back of a stream: nothing more comes on it.
    fn finish(&mut self, stream: Stream, out: &mut Vec<u8>);
}

/// How one log is kept.
pub struct LogOptions {
    /// Output kept, in bytes of both streams together; what follows is dropped.
    pub output_bytes: u64,
    pub filter: Option<Box<dyn Filter>>,
}

/// A log that nothing is added to any more.
#[derive(Debug)]
pub struct SealedLog {
    pub key: LogKey,
    pub seal: LogSeal,
    pub body: LogBody,
    /// Why the log is not whole or not durable, if the disk refused; the seal describes what is there.
    pub trouble: Option<LogError>,
}

/// Where the bytes of a sealed log are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogBody {
    /// These bytes, to be stored with the outcome of the run.
    Inline(Vec<u8>),
    /// In its file, which is synced.
    File,
}

/// Writes the log of one attempt. Dropped without [`LogWriter::finish`], the log stays open on disk for `recover`.
pub struct LogWriter {
    key: LogKey,
    clock: Arc<dyn Clock>,
    filter: Option<Box<dyn Filter>>,
    filtered: Vec<u8>,
    lines: Assembler,
    disk: Disk,
    limit: u64,
    kept: u64,
    dropped: u64,
}

impl LogWriter {
    pub(super) fn new(key: LogKey, live: Arc<Live>, path: PathBuf, clock: Arc<dyn Clock>, options: LogOptions) -> Self {
        Self {
            key,
            clock,
            filter: options.filter,
            filtered: Vec::new(),
            lines: Assembler::default(),
            disk: Disk::new(live, path),
            limit: options.output_bytes,
            kept: 0,
            dropped: 0,
        }
    }

    /// Takes over a recovered file, to add a last remark.
    pub(super) fn resume(key: LogKey, disk: Disk, clock: Arc<dyn Clock>, kept: u64) -> Self {
        Self { key, clock, filter: None, filtered: Vec::new(), lines: Assembler::default(), disk, limit: u64::MAX, kept, dropped: 0 }
    }

    /// Takes a block of output.
    pub fn add(&mut self, stream: Stream, block: &[u8]) {
        if self.dropped > 0 {
            self.dropped += block.len() as u64;
            return;
        }
        let Some(filter) = &mut self.filter else { return self.keep(stream, block) };
        let mut filtered = std::mem::take(&mut self.filtered);
        filter.pass(stream, block, &mut filtered);
        self.keep(stream, &filtered);
        filtered.clear();
        self.filtered = filtered;
    }

    fn keep(&mut self, stream: Stream, block: &[u8]) {
        let at = self.now();
        let room = usize::try_from(self.limit - self.kept).unwrap_or(usize::MAX);
        let (kept, dropped) = block.split_at(room.min(block.len()));
        self.kept += kept.len() as u64;
        self.lines.push(stream, at, kept, |frame| self.disk.append(&frame));
        if !dropped.is_empty() {
            self.dropped = dropped.len() as u64;
            self.lines.flush(at, |frame| self.disk.append(&frame));
            self.mark(&format!("output limit of {} bytes reached; what follows is dropped", self.limit));
        }
    }

    /// Adds a remark of the appliance as a line of its own: `[execgov: text]`.
    pub fn mark(&mut self, text: &str) {
        let at = self.now();
        let line = format!("[execgov: {}]\n", text.replace(['\n', '\r'], " "));
        if let Some(frame) = Frame::around(Stream::Execgov, Shape::default(), (at, at), [line.as_bytes(), b""]) {
            self.disk.append(&frame);
        }
    }

    /// Whether the limit was reached, so that what comes now is only counted.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        self.dropped > 0
    }

    fn now(&self) -> i64 {
        self.clock.now().as_microsecond()
    }

    /// Closes the last lines and seals the log. The file, if there is one, is durable when this returns without trouble.
    ///
    /// # Errors
    /// When the step on another thread was cancelled; the log then awaits `recover`.
    pub async fn finish(mut self) -> Result<SealedLog, LogError> {
        self.close();
        if self.disk.is_small() {
            return Ok(self.seal());
        }
        tokio::task::spawn_blocking(move || self.seal()).await.map_err(|_| LogError::Cancelled)
    }

    /// [`LogWriter::finish`] for callers outside the runtime.
    pub fn finish_blocking(mut self) -> SealedLog {
        self.close();
        self.seal()
    }

    fn close(&mut self) {
        if let Some(mut filter) = self.filter.take() {
            for stream in [Stream::Stdout, Stream::Stderr] {
                let mut held = Vec::new();
                filter.finish(stream, &mut held);
                if self.is_capped() {
                    self.dropped += held.len() as u64;
                } else {
                    self.keep(stream, &held);
                }
            }
        }
        let at = self.now();
        self.lines.flush(at, |frame| self.disk.append(&frame));
        if self.dropped > 0 {
            self.mark(&format!("output limit of {} bytes reached; {} bytes dropped", self.limit, self.dropped));
        }
    }

    fn seal(mut self) -> SealedLog {
        let refusal = self.disk.refusal().map(|(lost, why)| (lost, why.kind(), why.to_string()));
        let mut trouble = None;
        let (mut kept, mut dropped) = (self.kept, self.dropped);
        if let Some((lost, kind, why)) = refusal {
            self.disk.retry();
            self.mark(&format!("the log could not be written: {why}; {lost} bytes lost"));
            kept = kept.saturating_sub(lost);
            dropped += lost;
            trouble = Some(LogError::Io { action: "write", path: self.key.file_name().into(), source: std::io::Error::new(kind, why) });
        }
        let (seal, inline, durable) = self.disk.seal(kept, dropped);
        let body = inline.map_or(LogBody::File, LogBody::Inline);
        SealedLog { key: self.key, seal, body, trouble: trouble.or(durable.err()) }
    }
}
