//! The log as files that anybody can check without us: a directory or a tar in the C2SP tlog-tiles layout.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::kept::{KeptLog, with_kept_log};
use super::verify::{Found, Source};
use crate::crypto::checkpoint::Checkpoint;
use crate::crypto::note::Verifier;
use crate::crypto::tiles::{self, WIDTH};
use crate::store::error::StoreError;
use crate::store::snapshot::Snapshot;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    pub entries: u64,
    /// Of these, entries that were removed under retention: only their hashes are written.
    pub removed: u64,
    pub files: u64,
    /// Bytes of all files together, before any packing.
    pub bytes: u64,
    pub checkpoint: String,
}

/// An export that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{path} exists already")]
    Exists { path: PathBuf },
    #[error("write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("write the export: {0}")]
    Stream(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the log cannot be exported: {0}")]
    Log(String),
}

/// Exports to a path that must not exist: a tar when it ends with `.tar`, a compressed one for `.tar.zst`, else a directory.
///
/// # Errors
/// When the path exists or cannot be written, or the log cannot be read. What was written so far is removed again.
pub fn export(snapshot: &Snapshot, key: &Verifier, path: &Path) -> Result<ExportReport, ExportError> {
    export_log(&mut KeptLog::new(snapshot.transaction()), key, path)
}

/// [`export`] of the ledger file of a stopped appliance, which is not changed.
///
/// # Errors
/// [`StoreError::Locked`] when the appliance runs; else as [`export`].
pub fn export_ledger(file: &Path, key: &Verifier, path: &Path) -> Result<ExportReport, ExportError> {
    with_kept_log(file, |log| Ok(export_log(log, key, path)))?
}

fn export_log(log: &mut KeptLog<'_>, key: &Verifier, path: &Path) -> Result<ExportReport, ExportError> {
    if path.symlink_metadata().is_ok() {
        return Err(ExportError::Exists { path: path.to_owned() });
    }
    let failed = |source| ExportError::Write { path: path.to_owned(), source };
    let has_end = |path: &Path, end: &str| path.extension().is_some_and(|found| found == end);
    let packed = has_end(path, "zst") && path.file_stem().is_some_and(|stem| has_end(Path::new(stem), "tar"));
    let done = if packed || has_end(path, "tar") {
        File::create_new(path).map_err(failed).and_then(|file| {
            let out = BufWriter::new(&file);
            let report = if packed {
                let out = zstd::Encoder::new(out, 3).map_err(failed)?.auto_finish();
                write_tar(log, key, out)
            } else {
                write_tar(log, key, out)
            }?;
            file.sync_all().map_err(failed)?;
            Ok(report)
        })
    } else {
        fs::create_dir(path).map_err(failed).and_then(|()| write(log, key, &mut Folder(path.to_owned())))
    };
    if done.is_err() {
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
    done
}

/// Exports as a tar to a stream.
///
/// # Errors
/// When the stream fails or the log cannot be read.
pub fn export_tar(snapshot: &Snapshot, key: &Verifier, out: impl Write) -> Result<ExportReport, ExportError> {
    write_tar(&mut KeptLog::new(snapshot.transaction()), key, out)
}

fn write_tar(log: &mut KeptLog<'_>, key: &Verifier, out: impl Write) -> Result<ExportReport, ExportError> {
    let mut tar = Tar(tar::Builder::new(out));
    let report = write(log, key, &mut tar)?;
    tar.0.into_inner()?.flush()?;
    Ok(report)
}

/// Takes files one after the other.
trait Sink {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;
}

struct Folder(PathBuf);

impl Sink for Folder {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&self.0))?;
        fs::write(path, bytes)
    }
}

struct Tar<W: Write>(tar::Builder<W>);

impl<W: Write> Sink for Tar<W> {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        self.0.append_data(&mut header, path, bytes)
    }
}

fn write(log: &mut KeptLog<'_>, key: &Verifier, sink: &mut dyn Sink) -> Result<ExportReport, ExportError> {
    let checkpoint = log.checkpoint().map_err(ExportError::Log)?;
    let head = Checkpoint::open(&checkpoint, key).map_err(|error| ExportError::Log(error.to_string()))?;
    let size = head.size;
    let mut report = ExportReport { entries: size, removed: 0, files: 0, bytes: 0, checkpoint: checkpoint.clone() };
    let mut put = |path: &str, bytes: &[u8]| {
        report.files += 1;
        report.bytes += bytes.len() as u64;
        sink.put(path, bytes)
    };
    put("checkpoint", checkpoint.as_bytes())?;
    put("key", format!("{key}\n").as_bytes())?;
    for past in log.past_checkpoints().map_err(ExportError::Log)? {
        if let Ok(found) = Checkpoint::open(&past, key) {
            put(&format!("checkpoints/{}", found.size), past.as_bytes())?;
        }
    }
    let gone = log.removed().map_err(ExportError::Log)?;
    let removed = gone.map_or(0, |gone| gone.entries);
    if let Some(gone) = gone {
        let told = serde_json::json!({ "from": 0, "to": gone.entries, "tombstone": gone.tombstone });
        put("removed", format!("{told}\n").as_bytes())?;
    }
    let (mut entries, mut hashes) = (Vec::new(), Vec::new());
    for bundle in 0..size.div_ceil(WIDTH) {
        let width = tiles::tile_width(0, bundle, size);
        entries.clear();
        if bundle * WIDTH < removed {
            continue;
        }
        whole(log.entries(bundle, width, &mut entries), || format!("entries of bundle {bundle}"))?;
        put(&tiles::entries_path(bundle, width), &entries)?;
    }
    for level in 0..8 {
        let tiles_in_level = (size.checked_shr(level * tiles::HEIGHT).unwrap_or(0)).div_ceil(WIDTH);
        for tile in 0..tiles_in_level {
            let width = tiles::tile_width(level, tile, size);
            hashes.clear();
            whole(log.tile(level, tile, width, &mut hashes), || format!("tile {tile} of level {level}"))?;
            put(&tiles::tile_path(level, tile, width), hashes.as_flattened())?;
        }
    }
    report.removed = removed;
    Ok(report)
}

fn whole(found: Found, what: impl FnOnce() -> String) -> Result<(), ExportError> {
    match found {
        Found::Whole => Ok(()),
        Found::Absent => Err(ExportError::Log(format!("{} are missing", what()))),
        Found::Cut(why) => Err(ExportError::Log(format!("{}: {why}", what()))),
    }
}
