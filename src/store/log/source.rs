//! The bytes of a log in its open form, whichever form they are stored in.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Damage, LogError};
use super::form::{FOOTER, Footer, MAGIC, PACK_BLOCK, PACKED, decode_tail};
use super::frame::{HEADER, Header};
use super::index::{Entry, Index};
use super::live::Live;
use crate::domain::run::LogSeal;

/// Bytes read at once in search of headers.
const SCAN_WINDOW: usize = 64 * 1024;

/// Random access to a log.
#[derive(Debug)]
pub struct Source {
    form: Form,
    path: PathBuf,
    /// Length of the open form: nothing beyond is read.
    end: u64,
    lines: u64,
    index: Index,
    seal: Option<LogSeal>,
}

#[derive(Debug)]
enum Form {
    Live(Arc<Live>),
    File(File),
    Packed(Packed),
    Inline(Vec<u8>),
}

#[derive(Debug)]
struct Packed {
    file: File,
    /// Where each block begins in the file, and where the last one ends.
    starts: Vec<u64>,
    /// The block decompressed last.
    block: Option<usize>,
    bytes: Vec<u8>,
}

impl Source {
    /// A log that is being written; see [`Source::refresh`].
    #[must_use]
    pub fn live(live: Arc<Live>) -> Self {
        let mut source = Self { form: Form::Live(live), path: PathBuf::new(), end: 0, lines: 0, index: Index::default(), seal: None };
        source.refresh();
        source
    }

    /// A small log from the ledger.
    ///
    /// # Errors
    /// When the bytes are not a log.
    pub fn inline(bytes: Vec<u8>) -> Result<Self, LogError> {
        let end = bytes.len() as u64;
        let mut source = Self { form: Form::Inline(bytes), path: PathBuf::new(), end, lines: 0, index: Index::default(), seal: None };
        source.scan()?;
        if source.end < end {
            return Err(LogError::Damaged { at: source.end, damage: Damage::Torn });
        }
        Ok(source)
    }

    /// A log from a file, finished or not. An unfinished one is read up to its last whole frame.
    ///
    /// # Errors
    /// When the file cannot be read or is not a log.
    pub fn file(file: File, path: &Path) -> Result<Self, LogError> {
        let failed = |error| LogError::io("read", path)(error);
        let size = file.metadata().map_err(failed)?.len();
        let footer = read_footer(&file, size).map_err(failed)?;
        let mut magic = [0; MAGIC.len()];
        file.read_exact_at(&mut magic, 0).or_else(|error| if size < magic.len() as u64 { Ok(()) } else { Err(error) }).map_err(failed)?;
        let damaged = |damage| LogError::Damaged { at: size, damage };
        let mut source =
            Self { form: Form::Inline(Vec::new()), path: path.to_owned(), end: 0, lines: 0, index: Index::default(), seal: None };
        match (&magic, footer) {
            (MAGIC, None) => {
                source.form = Form::File(file);
                source.end = size;
                source.scan()?;
            }
            (MAGIC | PACKED, Some(footer)) => {
                let tail_at = (size - FOOTER as u64).checked_sub(footer.tail_bytes()).ok_or(damaged(Damage::Form))?;
                let mut tail = vec![0; usize::try_from(footer.tail_bytes()).map_err(|_| damaged(Damage::Form))?];
                file.read_exact_at(&mut tail, tail_at).map_err(failed)?;
                let (blocks, index) = decode_tail(&footer, &tail).map_err(damaged)?;
                source.end = footer.end;
                source.lines = footer.seal.lines;
                source.index = index;
                source.seal = Some(footer.seal);
                source.form = if &magic == PACKED { Form::Packed(Packed::new(file, &blocks)) } else { Form::File(file) };
            }
            // A crash can come before the magic is written: an empty log.
            _ if size < MAGIC.len() as u64 => {}
            _ => return Err(LogError::Damaged { at: 0, damage: Damage::Form }),
        }
        Ok(source)
    }

    /// Takes in what the writer added since.
    pub fn refresh(&mut self) {
        if let Form::Live(live) = &self.form {
            let state = live.state.borrow();
            self.end = state.end;
            self.lines = state.lines;
        }
    }

    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The seal, where the file carries it.
    #[must_use]
    pub fn seal(&self) -> Option<&LogSeal> {
        self.seal.as_ref()
    }

    /// What the writer shares, if the log is open.
    #[must_use]
    pub fn shared(&self) -> Option<&Arc<Live>> {
        if let Form::Live(live) = &self.form { Some(live) } else { None }
    }

    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Where to begin walking to meet the line after `lines_before` others.
    #[must_use]
    pub fn locate(&self, lines_before: u64) -> Entry {
        let found = match &self.form {
            Form::Live(live) => live.state.borrow().index.locate(lines_before),
            _ => self.index.locate(lines_before),
        };
        found.unwrap_or(Entry { lines_before: 0, offset: MAGIC.len() as u64 })
    }

    /// Replaces `out` by the bytes from `offset`, as many as asked or there are.
    ///
    /// # Errors
    /// When the disk refuses or a packed block is damaged.
    pub fn read(&mut self, offset: u64, len: usize, out: &mut Vec<u8>) -> Result<(), LogError> {
        out.clear();
        let len = usize::try_from(self.end.saturating_sub(offset)).map_or(len, |left| left.min(len));
        let failed = |error| LogError::io("read", self.path.as_path())(error);
        match &mut self.form {
            Form::Live(live) => live.file.get().map_or(Ok(()), |file| read_file(file, offset, len, out)).map_err(failed),
            Form::File(file) => read_file(file, offset, len, out).map_err(failed),
            Form::Packed(packed) => {
                packed.read(offset, len, out).map_err(failed)?.map_err(|damage| LogError::Damaged { at: offset, damage })
            }
            Form::Inline(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                out.extend_from_slice(bytes.get(from..from + len.min(bytes.len() - from)).unwrap_or_default());
                Ok(())
            }
        }
    }

    /// Walks over all frames to find the last whole one; sets end, lines and index.
    fn scan(&mut self) -> Result<(), LogError> {
        let limit = self.end;
        let mut at = Entry { lines_before: 0, offset: limit.min(MAGIC.len() as u64) };
        let mut window = Vec::new();
        let mut window_at = 0;
        loop {
            let inside = |window: &Vec<u8>, window_at: u64| {
                usize::try_from(at.offset - window_at).ok().and_then(|from| window.get(from..)?.first_chunk::<HEADER>().copied())
            };
            let mut bytes = inside(&window, window_at);
            if bytes.is_none() {
                window_at = at.offset;
                self.read(at.offset, SCAN_WINDOW, &mut window)?;
                bytes = inside(&window, window_at);
            }
            let Some(Ok(header)) = bytes.as_ref().map(Header::decode) else { break };
            let next = at.offset + HEADER as u64 + u64::from(header.len);
            if next > limit {
                break;
            }
            self.index.note(at);
            at = Entry { lines_before: at.lines_before + u64::from(header.lines), offset: next };
        }
        self.end = at.offset;
        self.lines = at.lines_before;
        Ok(())
    }
}

fn read_footer(file: &File, size: u64) -> io::Result<Option<Footer>> {
    let mut bytes = [0; FOOTER];
    let Some(at) = size.checked_sub(FOOTER as u64) else { return Ok(None) };
    file.read_exact_at(&mut bytes, at)?;
    Ok(Footer::decode(&bytes).ok())
}

fn read_file(file: &File, offset: u64, len: usize, out: &mut Vec<u8>) -> io::Result<()> {
    out.resize(len, 0);
    file.read_exact_at(out, offset)
}

impl Packed {
    fn new(file: File, blocks: &[u32]) -> Self {
        let mut end = PACKED.len() as u64;
        let mut starts = vec![end];
        starts.extend(blocks.iter().map(|len| {
            end += u64::from(*len);
            end
        }));
        Self { file, starts, block: None, bytes: Vec::new() }
    }

    fn read(&mut self, offset: u64, len: usize, out: &mut Vec<u8>) -> io::Result<Result<(), Damage>> {
        while out.len() < len {
            let at = offset + out.len() as u64;
            let place = usize::try_from(at / PACK_BLOCK as u64).unwrap_or(usize::MAX);
            if let Err(damage) = self.load(place)? {
                return Ok(Err(damage));
            }
            let inside = usize::try_from(at % PACK_BLOCK as u64).unwrap_or(usize::MAX);
            let Some(rest) = self.bytes.get(inside..).filter(|rest| !rest.is_empty()) else { return Ok(Err(Damage::Block)) };
            out.extend_from_slice(rest.get(..len - out.len()).unwrap_or(rest));
        }
        Ok(Ok(()))
    }

    fn load(&mut self, place: usize) -> io::Result<Result<(), Damage>> {
        if self.block == Some(place) {
            return Ok(Ok(()));
        }
        let (Some(start), Some(end)) = (self.starts.get(place), self.starts.get(place.saturating_add(1))) else {
            return Ok(Err(Damage::Block));
        };
        let Some(len) = usize::try_from(end - start).ok().filter(|len| *len <= zstd::zstd_safe::compress_bound(PACK_BLOCK)) else {
            return Ok(Err(Damage::Block));
        };
        let mut packed = vec![0; len];
        self.file.read_exact_at(&mut packed, *start)?;
        self.block = None;
        let Ok(bytes) = zstd::bulk::decompress(&packed, PACK_BLOCK) else { return Ok(Err(Damage::Block)) };
        self.bytes = bytes;
        self.block = Some(place);
        Ok(Ok(()))
    }
}
