//! Takes up a log whose writer went away: what is whole stays, a torn end is cut off, a remark says so, and it is sealed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::INLINE_MAX;
use super::canon::Canon;
use super::disk::Disk;
use super::error::LogError;
use super::form::MAGIC;
use super::frame::{HEADER, Header, Stream, lines_begun};
use super::index::Entry;
use super::live::Live;

/// What was found in a file.
#[derive(Debug)]
pub struct Found {
    pub disk: Disk,
    /// Bytes of output in it.
    pub kept: u64,
}

/// Opens the file, if there is one, for adding to what is whole in it. The new state is shared through `live`.
///
/// # Errors
/// When the file cannot be read or cut.
pub fn take_up(live: Arc<Live>, path: &Path) -> Result<Found, LogError> {
    let failed = |error| LogError::io("recover", path)(error);
    let file = match OpenOptions::new().read(true).append(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found { disk: Disk::new(live, path.to_owned()), kept: 0 }),
        Err(error) => return Err(failed(error)),
    };
    let whole = read_whole(&file, &live).map_err(failed)?;
    file.set_len(whole.end).map_err(failed)?;
    // Nobody else has set it: this `Live` is new.
    let _ = live.file.set(file);
    let disk = Disk::resume(live, path.to_owned(), whole.canon, whole.small);
    Ok(Found { disk, kept: whole.kept })
}

struct Whole {
    end: u64,
    kept: u64,
    canon: Canon,
    small: Option<Vec<u8>>,
}

fn read_whole(file: &File, live: &Live) -> io::Result<Whole> {
    let mut whole = Whole { end: 0, kept: 0, canon: Canon::default(), small: Some(Vec::new()) };
    let mut reader = io::BufReader::with_capacity(256 * 1024, file);
    let mut magic = [0; MAGIC.len()];
    if !filled(&mut reader, &mut magic)? || &magic != MAGIC {
        return Ok(whole);
    }
    whole.end = MAGIC.len() as u64;
    whole.remember(&magic);
    let (mut header, mut payload, mut lines) = ([0; HEADER], Vec::new(), 0);
    while filled(&mut reader, &mut header)? {
        let Ok(head) = Header::decode(&header) else { break };
        payload.resize(head.len as usize, 0);
        if !filled(&mut reader, &mut payload)? || lines_begun([&payload, b""], head.shape) != head.lines {
            break;
        }
        let entry = Entry { lines_before: lines, offset: whole.end };
        lines += u64::from(head.lines);
        whole.end += HEADER as u64 + payload.len() as u64;
        whole.kept += if head.stream == Stream::Execgov { 0 } else { payload.len() as u64 };
        whole.canon.add(&head, [&payload, b""]);
        whole.remember(&header);
        whole.remember(&payload);
        live.state.send_modify(|state| {
            state.index.note(entry);
            (state.end, state.lines) = (whole.end, lines);
        });
    }
    if whole.end == MAGIC.len() as u64 {
        whole.end = 0;
        whole.small = Some(Vec::new());
    }
    Ok(whole)
}

impl Whole {
    fn remember(&mut self, bytes: &[u8]) {
        if let Some(small) = &mut self.small {
            small.extend_from_slice(bytes);
        }
        self.small.take_if(|small| small.len() > INLINE_MAX);
    }
}

/// Whether there were enough bytes left.
fn filled(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
