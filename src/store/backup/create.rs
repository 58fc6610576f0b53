//! Making a backup of a working appliance.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::copy::copy_ledger;
use super::error::BackupError;
use super::manifest::{ABOUT, About, BackupReport, FORM, MANIFEST, Manifest, Member};
use super::seal::Seal;
use super::vault::VaultReport;
use crate::base::clock::Timestamp;
use crate::base::file::{PRIVATE_FILE, sync_dir};
use crate::crypto::checkpoint::Checkpoint;
use crate::crypto::digest::Digesting;
use crate::store::ledger::{FILE, Ledger};

/// Directories of the data directory that are copied, besides single files in it.
const FOLDERS: &[&str] = &["keys", "tls", "blobs", "logs"];
/// Files of the data directory that mean nothing elsewhere.
const LEFT_OUT: &[&str] = &[FILE, "lock", "setup-token"];

/// Backs the data directory up into a file that must not exist yet, with a private mode.
///
/// # Errors
/// When something cannot be read or written; no file is left then.
pub fn create(data_dir: &Path, ledger: &Ledger, out: &Path, now: Timestamp, seal: &dyn Seal) -> Result<BackupReport, BackupError> {
    let failed = |source: io::Error| BackupError::Write { path: out.to_owned(), source };
    if out.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { path: out.to_owned() });
    }
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let work = tempfile::Builder::new().prefix(".backup-").tempdir_in(folder).map_err(failed)?;
    let copy = work.path().join(FILE);
    let about = {
        let snapshot = ledger.read()?;
        copy_ledger(&snapshot, &copy)?;
        About {
            form: FORM,
            created_at: now.to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            schema: ledger.schema()?,
            log_key: ledger.verifier().to_string(),
            checkpoint: snapshot.checkpoint()?,
        }
    };
    let part = work.path().join("backup");
    let file = File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(&part).map_err(failed)?;
    let mut report = write(data_dir, &copy, &about, &file, seal)?;
    file.sync_all().map_err(failed)?;
    report.backup_bytes = file.metadata().map_err(failed)?.len();
    fs::hard_link(&part, out).map_err(|source| match source.kind() {
        // Another backup took the name while this one was written.
        io::ErrorKind::AlreadyExists => BackupError::Exists { path: out.to_owned() },
        _ => failed(source),
    })?;
    sync_dir(folder).map_err(failed)?;
    Ok(report)
}

fn write(data_dir: &Path, ledger_copy: &Path, about: &About, file: &File, seal: &dyn Seal) -> Result<BackupReport, BackupError> {
    let failed = |source: io::Error| BackupError::Write { path: PathBuf::from("the backup"), source };
    let sealed = seal.seal(Box::new(io::BufWriter::new(file))).map_err(failed)?;
    let mut packed = zstd::Encoder::new(sealed, 3).map_err(failed)?;
    // What lies between the members and behind the last one has no digest of its own.
    packed.include_checksum(true).map_err(failed)?;
    let mut pack = Pack { tar: tar::Builder::new(packed), members: Vec::new() };
    let text = serde_json::to_vec_pretty(about).map_err(|error| failed(error.into()))?;
    pack.add(ABOUT, text.len() as u64, text.as_slice()).map_err(failed)?;
    pack.add_file(ledger_copy, FILE)?;
    for (path, name) in files(data_dir)? {
        pack.add_file(&path, &name)?;
    }
    let manifest = Manifest { members: pack.members.clone() };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.into()))?;
    pack.add(MANIFEST, text.len() as u64, text.as_slice()).map_err(failed)?;
    let sealed = pack.tar.into_inner().and_then(zstd::Encoder::finish).map_err(failed)?;
    sealed.finish().map_err(failed)?;
    let entries = Checkpoint::parse(&first_lines(&about.checkpoint)).map_or(0, |checkpoint| checkpoint.size);
    let bytes = manifest.members.iter().map(|member| member.bytes).sum();
    Ok(BackupReport {
        about: about.clone(),
        files: manifest.members.len() as u64,
        bytes,
        backup_bytes: 0,
        entries,
        vault: VaultReport::default(),
    })
}

/// The text of a checkpoint without its signatures.
fn first_lines(note: &str) -> String {
    note.split_inclusive('\n').take(3).collect()
}

/// The tar being written, and what is in it.
struct Pack<W: io::Write> {
    tar: tar::Builder<W>,
    members: Vec<Member>,
}

impl<W: io::Write> Pack<W> {
    fn add(&mut self, name: &str, len: u64, bytes: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(len);
        header.set_mode(PRIVATE_FILE);
        let mut digesting = Digesting::new(bytes);
        self.tar.append_data(&mut header, name, &mut digesting)?;
        let (_, bytes, sha256) = digesting.finish();
        self.members.push(Member { path: name.to_owned(), bytes, sha256 });
        Ok(())
    }

    /// A file as long as it is now: one that still grows is cut there, one that is gone is left out.
    fn add_file(&mut self, path: &Path, name: &str) -> Result<(), BackupError> {
        let unread = |source| BackupError::Read { path: path.to_owned(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(unread(error)),
        };
        let len = file.metadata().map_err(unread)?.len();
        let padded = file.take(len).chain(io::repeat(0)).take(len);
        self.add(name, len, padded).map_err(|source| BackupError::Write { path: path.to_owned(), source })
    }
}

/// Every file that belongs to a backup besides the ledger, with its name in it.
fn files(data_dir: &Path) -> Result<Vec<(PathBuf, String)>, BackupError> {
    let mut found = Vec::new();
    for (path, name) in list(data_dir, "")? {
        let is_folder = path.is_dir();
        if is_folder && FOLDERS.contains(&name.as_str()) {
            walk(&path, &name, &mut found)?;
        } else if !is_folder && !LEFT_OUT.contains(&name.as_str()) {
            found.push((path, name));
        }
    }
    Ok(found)
}

fn walk(dir: &Path, name: &str, found: &mut Vec<(PathBuf, String)>) -> Result<(), BackupError> {
    for (path, name) in list(dir, &format!("{name}/"))? {
        if path.is_dir() {
            if !name.ends_with("/tmp") {
                walk(&path, &name, found)?;
            }
        } else {
            found.push((path, name));
        }
    }
    Ok(())
}

/// Plain files and directories, in the order of their names; hidden ones and everything else are passed over.
fn list(dir: &Path, prefix: &str) -> Result<Vec<(PathBuf, String)>, BackupError> {
    let unread = |source| BackupError::Read { path: dir.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let kind = entry.file_type().map_err(unread)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if (kind.is_file() || kind.is_dir()) && !name.starts_with('.') {
            found.push((entry.path(), format!("{prefix}{name}")));
        }
    }
    found.sort_unstable();
    Ok(found)
}
