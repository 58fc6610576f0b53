//! A log as an export holds it, for the verifier: a directory, a tar or a compressed tar.
//!
//! Nothing is unpacked to disk under a name that the export chose.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::report::VerifyReport;
use super::verify::{Found, Source, verify};
use crate::crypto::merkle::Hash;
use crate::crypto::note::Verifier;
use crate::crypto::tiles::{self, WIDTH};

/// Largest file of an export, in bytes: 256 entries of the greatest length.
const FILE_MAX: u64 = WIDTH * (tiles::ENTRY_MAX as u64 + 2);
/// Members of a tar, at most: enough for more than 2 billion entries.
const MEMBERS_MAX: usize = 20_000_000;
/// What a zstd frame begins with (RFC 8878).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// An export that cannot be looked into at all.
#[derive(Debug, thiserror::Error)]
pub enum ExportReadError {
    #[error("open the export {path}: {source}")]
    Open { path: PathBuf, source: io::Error },
    #[error("{path} is not an export of an audit log: {why}")]
    Form { path: PathBuf, why: String },
}

/// Verifies an export: a directory, `.tar` or `.tar.zst`, told apart by their content.
///
/// # Errors
/// When there is no export to read. What is wrong inside is in the report.
pub fn verify_export(path: &Path, key: &Verifier, older: Option<&str>) -> Result<VerifyReport, ExportReadError> {
    let failed = |source| ExportReadError::Open { path: path.to_owned(), source };
    let found = fs::metadata(path).map_err(failed)?;
    let mut source = if found.is_dir() { Exported::Folder(path.to_owned()) } else { Exported::Packed(Packed::open(path)?) };
    if !matches!(source.read("checkpoint"), Reading::Bytes(_)) {
        return Err(ExportReadError::Form { path: path.to_owned(), why: "it has no file `checkpoint`".to_owned() });
    }
    Ok(verify(&mut source, key, older))
}

enum Exported {
    Folder(PathBuf),
    Packed(Packed),
}

/// A tar and where its members lie.
struct Packed {
    file: File,
    members: HashMap<String, (u64, u64)>,
}

enum Reading {
    Bytes(Vec<u8>),
    Cut(String),
    Absent,
}

impl Packed {
    fn open(path: &Path) -> Result<Self, ExportReadError> {
        let failed = |source| ExportReadError::Open { path: path.to_owned(), source };
        let form = |why: String| ExportReadError::Form { path: path.to_owned(), why };
        let mut file = File::open(path).map_err(failed)?;
        let mut magic = [0; 4];
        if file.read_exact(&mut magic).is_ok() && magic == ZSTD_MAGIC {
            let mut plain = tempfile::tempfile().map_err(failed)?;
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            let mut decoder = zstd::Decoder::new(BufReader::new(file)).map_err(failed)?;
            decoder.window_log_max(27).map_err(failed)?;
            io::copy(&mut decoder, &mut plain).map_err(|error| form(error.to_string()))?;
            file = plain;
        }
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut members = HashMap::new();
        let mut archive = tar::Archive::new(BufReader::new(&file));
        for member in archive.entries_with_seek().map_err(|error| form(error.to_string()))? {
            let member = member.map_err(|error| form(error.to_string()))?;
            let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
            let place = (member.raw_file_position(), member.size());
            if !member.header().entry_type().is_file() || members.len() == MEMBERS_MAX {
                return Err(form(format!("member `{name}` is not a plain file, or there are too many")));
            }
            if members.insert(name.clone(), place).is_some() {
                return Err(form(format!("it holds `{name}` twice")));
            }
        }
        drop(archive);
        Ok(Self { file, members })
    }
}

impl Exported {
    fn read(&self, name: &str) -> Reading {
        let bytes = match self {
            Self::Folder(root) => match File::open(root.join(name)) {
                Ok(file) => {
                    let mut bytes = Vec::new();
                    file.take(FILE_MAX + 1).read_to_end(&mut bytes).map(|_| bytes)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Reading::Absent,
                Err(error) => Err(error),
            },
            Self::Packed(packed) => {
                let Some((offset, len)) = packed.members.get(name) else { return Reading::Absent };
                let mut bytes = vec![0; usize::try_from((*len).min(FILE_MAX + 1)).unwrap_or(0)];
                packed.file.read_exact_at(&mut bytes, *offset).map(|()| bytes)
            }
        };
        match bytes {
            Ok(bytes) if bytes.len() as u64 > FILE_MAX => Reading::Cut(format!("`{name}` is too large")),
            Ok(bytes) => Reading::Bytes(bytes),
            Err(error) => Reading::Cut(format!("`{name}`: {error}")),
        }
    }

    fn text(&self, name: &str) -> Result<String, String> {
        match self.read(name) {
            Reading::Bytes(bytes) => String::from_utf8(bytes).map_err(|_| format!("`{name}` is not text")),
            Reading::Cut(why) => Err(why),
            Reading::Absent => Err(format!("`{name}` is missing")),
        }
    }
}

impl Source for Exported {
    fn checkpoint(&mut self) -> Result<String, String> {
        self.text("checkpoint")
    }

    fn past_checkpoints(&mut self) -> Result<Vec<String>, String> {
        let mut names: Vec<String> = match self {
            Self::Packed(packed) => packed.members.keys().filter(|name| name.starts_with("checkpoints/")).cloned().collect(),
            Self::Folder(root) => match fs::read_dir(root.join("checkpoints")) {
                Ok(found) => found.flatten().map(|entry| format!("checkpoints/{}", entry.file_name().to_string_lossy())).collect(),
                Err(_) => Vec::new(),
            },
        };
        names.sort_unstable();
        names.iter().map(|name| self.text(name)).collect()
    }

    fn entries(&mut self, bundle: u64, width: u64, into: &mut Vec<u8>) -> Found {
        match self.read(&tiles::entries_path(bundle, width)) {
            Reading::Bytes(bytes) => *into = bytes,
            Reading::Cut(why) => return Found::Cut(why),
            Reading::Absent => return Found::Absent,
        }
        Found::Whole
    }

    fn tile(&mut self, level: u32, tile: u64, width: u64, into: &mut Vec<Hash>) -> Found {
        match self.read(&tiles::tile_path(level, tile, width)) {
            Reading::Bytes(bytes) => {
                let (hashes, rest) = bytes.as_chunks::<32>();
                into.extend_from_slice(hashes);
                if rest.is_empty() { Found::Whole } else { Found::Cut("it is not a whole number of hashes".to_owned()) }
            }
            Reading::Cut(why) => Found::Cut(why),
            Reading::Absent => Found::Absent,
        }
    }

    fn goes_beyond(&mut self, size: u64) -> bool {
        let bundle = size / WIDTH;
        let width = size % WIDTH;
        let later = (width + 1..=WIDTH).any(|more| matches!(self.read(&tiles::entries_path(bundle, more)), Reading::Bytes(_)));
        later || matches!(self.read(&tiles::entries_path(bundle + 1, WIDTH)), Reading::Bytes(_))
    }
}
