//! Zip archives and compressed tar archives: what a compressed byte may become is bounded while it is read.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::collect::{Bounds, Collector, read_error};
use super::fault::BundleError;
use super::tape;

/// Largest window of a zstd stream, as a power of two: 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;
/// The end record of a zip archive without its comment, in bytes.
const ZIP_END_BYTES: usize = 22;

/// Reads a tar archive compressed with gzip.
pub fn read_gzip(bytes: &[u8], collector: &mut Collector) -> Result<(), BundleError> {
    let (counted, consumed) = Counted::new(bytes);
    let mut decoder = Bounded::new(MultiGzDecoder::new(counted), consumed, collector.bounds());
    read_tar(&mut decoder, "gzip", collector)
}

/// Reads a tar archive compressed with zstd.
pub fn read_zstd(bytes: &[u8], collector: &mut Collector) -> Result<(), BundleError> {
    let (counted, consumed) = Counted::new(bytes);
    let mut decoder = zstd::stream::read::Decoder::new(counted).map_err(BundleError::damaged)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(BundleError::damaged)?;
    let mut decoder = Bounded::new(decoder, consumed, collector.bounds());
    read_tar(&mut decoder, "zstd", collector)
}

/// Looks at the first block: what is inside must be a tar archive.
fn read_tar(decoder: &mut impl Read, outer: &str, collector: &mut Collector) -> Result<(), BundleError> {
    let mut first = Vec::new();
    decoder.by_ref().take(512).read_to_end(&mut first).map_err(read_error)?;
    if !is_tar(&first) {
        return Err(BundleError::Unsupported { why: format!("the {outer} file holds no tar archive") });
    }
    tape::read(Cursor::new(first).chain(decoder), collector)
}

/// Whether a block is a tar header: its checksum is right.
#[must_use]
pub fn is_tar(block: &[u8]) -> bool {
    let Some(block) = block.get(..512) else { return false };
    let Some(written) =
        std::str::from_utf8(&block[148..156]).ok().and_then(|text| u32::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok())
    else {
        return false;
    };
    let sum: u32 = block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum();
    written == sum && block[0] != 0
}

/// Reads a zip archive.
pub fn read_zip(bytes: &[u8], collector: &mut Collector) -> Result<(), BundleError> {
    let bounds = collector.bounds();
    check_end(bytes, bounds)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(zip_error)?;
    if archive.len() > bounds.entries {
        return Err(too_many(bounds));
    }
    let mut declared = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(zip_error)?;
        declared = declared.saturating_add(entry.size());
        let name = entry.name_raw().to_vec();
        if entry.size() > bounds.ratio_from && entry.size() > entry.compressed_size().saturating_mul(bounds.ratio) {
            return Err(ratio(bounds, Some(super::fault::shown(&name))));
        }
    }
    if declared > bounds.bytes {
        return Err(BundleError::Limit { what: "the files have more bytes together than", limit: bounds.bytes, entry: None });
    }
    archive.validate_header_consistency().map_err(zip_error)?;
    for index in 0..archive.len() {
        collector.count()?;
        let (name, size, is_folder) = {
            let entry = archive.by_index_raw(index).map_err(zip_error)?;
            let name = entry.name_raw().to_vec();
            let refuse = |rule: &str| Err(BundleError::entry(&name, rule));
            if entry.encrypted() {
                return refuse("is encrypted");
            }
            if let Some(rule) = entry.unix_mode().and_then(|mode| refused_kind(mode, &name)) {
                return refuse(rule);
            }
            if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
                return refuse("is compressed by a method other than deflate");
            }
            let is_folder = name.ends_with(b"/");
            if is_folder && entry.size() != 0 {
                return refuse("is a folder with content");
            }
            (name, entry.size(), is_folder)
        };
        let trimmed = name.strip_suffix(b"/").unwrap_or(&name);
        let Some(path) = collector.path(trimmed)? else { continue };
        if !is_folder {
            let mut entry = archive.by_index(index).map_err(zip_error)?;
            collector.add(path, size, &mut entry)?;
        }
    }
    Ok(())
}

/// Links and special files, by the Unix mode that an entry carries.
fn refused_kind(mode: u32, name: &[u8]) -> Option<&'static str> {
    match mode & 0o170_000 {
        0o120_000 => Some("is a symbolic link; links of any kind are refused"),
        0o020_000 | 0o060_000 => Some("is a device"),
        0o010_000 => Some("is a named pipe"),
        0o140_000 => Some("is a socket"),
        0o040_000 if !name.ends_with(b"/") => Some("is a folder with the name of a file"),
        _ => None,
    }
}

/// Checks the end record before the directory is read, because a directory is held in memory whole.
fn check_end(bytes: &[u8], bounds: Bounds) -> Result<(), BundleError> {
    let from = bytes.len().saturating_sub(ZIP_END_BYTES + usize::from(u16::MAX));
    let tail = &bytes[from..];
    let Some(at) = tail.windows(4).rposition(|window| window == b"PK\x05\x06") else {
        return Err(BundleError::damaged("it has no end record"));
    };
    let end = &tail[at..];
    let field = |at: usize| end.get(at..at + 2).map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]])));
    let (Some(here), Some(total), Some(comment)) = (field(8), field(10), field(20)) else {
        return Err(BundleError::damaged("its end record is cut off"));
    };
    if end.len() != ZIP_END_BYTES + comment {
        return Err(BundleError::damaged("bytes follow its end record"));
    }
    if at >= 20 && tail[at - 20..].starts_with(b"PK\x06\x07") {
        return Err(BundleError::Unsupported { why: "the archive is in zip64 form, which packages do not need".to_owned() });
    }
    if here != total {
        return Err(BundleError::Unsupported { why: "the archive is split over several files".to_owned() });
    }
    if total > bounds.entries {
        return Err(too_many(bounds));
    }
    Ok(())
}

fn too_many(bounds: Bounds) -> BundleError {
    BundleError::Limit { what: "the package has more entries than", limit: bounds.entries as u64, entry: None }
}

fn ratio(bounds: Bounds, entry: Option<String>) -> BundleError {
    BundleError::Limit { what: "the archive unpacks to more than this many times its size:", limit: bounds.ratio, entry }
}

fn zip_error(error: zip::result::ZipError) -> BundleError {
    match error {
        zip::result::ZipError::Io(error) => read_error(error),
        other => BundleError::damaged(other),
    }
}

/// Counts what was read from the compressed side.
struct Counted<'a> {
    bytes: &'a [u8],
    consumed: Rc<Cell<u64>>,
}

impl<'a> Counted<'a> {
    fn new(bytes: &'a [u8]) -> (Self, Rc<Cell<u64>>) {
        let consumed = Rc::new(Cell::new(0));
        (Self { bytes, consumed: Rc::clone(&consumed) }, consumed)
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(into)?;
        self.consumed.set(self.consumed.get() + read as u64);
        Ok(read)
    }
}

/// Stops when far more comes out than went in, or when no package could be that large.
struct Bounded<R> {
    inner: R,
    consumed: Rc<Cell<u64>>,
    produced: u64,
    bounds: Bounds,
}

impl<R> Bounded<R> {
    fn new(inner: R, consumed: Rc<Cell<u64>>, bounds: Bounds) -> Self {
        Self { inner, consumed, produced: 0, bounds }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.produced += read as u64;
        if self.produced > self.bounds.ratio_from && self.produced > self.consumed.get().saturating_mul(self.bounds.ratio) {
            return Err(io::Error::other(ratio(self.bounds, None)));
        }
        // Headers and padding of every entry come on top of the files.
        let most = self.bounds.bytes + self.bounds.entries as u64 * 2_048;
        if self.produced > most {
            let what = "the archive unpacks to more bytes than";
            return Err(io::Error::other(BundleError::Limit { what, limit: most, entry: None }));
        }
        Ok(read)
    }
}
