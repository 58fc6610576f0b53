//! Checking a backup and putting it in place of nothing. Nothing is in place before everything was verified.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use super::error::BackupError;
use super::manifest::{ABOUT, About, BackupReport, FORM, MANIFEST, Manifest, Member};
use super::seal::Seal;
use super::vault::{Opener, inspect};
use crate::base::file::{PRIVATE_FILE, private_dir, sync_dir};
use crate::crypto::digest::Digesting;
use crate::crypto::note::Verifier;
use crate::store::audit::verify_ledger;
use crate::store::check::check;
use crate::store::ledger::FILE;
use crate::store::record;

/// Largest `about.json` and `manifest.json`, in bytes.
const TEXT_MAX: u64 = 256 << 20;

/// Checks a backup without restoring it: every digest, the ledger file, the audit log; with `key`, also that it is the
/// backup of that installation. Needs room for the ledger beside the backup.
///
/// # Errors
/// What is wrong with it.
pub fn verify(backup: &Path, key: Option<&Verifier>, seal: &dyn Seal) -> Result<BackupReport, BackupError> {
    let folder = backup.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let work = tempfile::Builder::new().prefix(".verify-").tempdir_in(folder);
    let work = work.map_err(|source| BackupError::Write { path: folder.to_owned(), source })?;
    unpack(backup, work.path(), Wanted::Ledger, key, seal)
}

/// Restores a backup into a directory that does not exist yet or is empty.
///
/// # Errors
/// When the directory is not empty, the backup does not verify, or there is no room; the directory is then as it was.
pub fn restore(backup: &Path, data_dir: &Path, key: Option<&Verifier>, seal: &dyn Seal) -> Result<BackupReport, BackupError> {
    let failed = |source| BackupError::Write { path: data_dir.to_owned(), source };
    if data_dir.symlink_metadata().is_ok() && fs::read_dir(data_dir).map_err(failed)?.next().is_some() {
        return Err(BackupError::NotEmpty { path: data_dir.to_owned() });
    }
    let parent = data_dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(failed)?;
    let staging = tempfile::Builder::new().prefix(".restore-").tempdir_in(parent).map_err(failed)?;
    let report = unpack(backup, staging.path(), Wanted::Everything, key, seal)?;
    let staged = staging.keep();
    let placed = fs::rename(&staged, data_dir).and_then(|()| sync_dir(parent));
    if let Err(source) = placed {
        let _ = fs::remove_dir_all(&staged);
        return Err(failed(source));
    }
    Ok(report)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Ledger,
    Everything,
}

/// Reads a backup through, writes the wanted files below `dir`, and checks everything.
fn unpack(backup: &Path, dir: &Path, wanted: Wanted, key: Option<&Verifier>, seal: &dyn Seal) -> Result<BackupReport, BackupError> {
    let form = |why: String| BackupError::Form { path: backup.to_owned(), why };
    let unread = |source: io::Error| BackupError::Read { path: backup.to_owned(), source };
    let file = File::open(backup).map_err(unread)?;
    let backup_bytes = file.metadata().map_err(unread)?.len();
    let opened = seal.open(Box::new(BufReader::new(file))).map_err(|error| form(error.to_string()))?;
    let plain = zstd::Decoder::new(opened).map_err(|error| form(error.to_string()))?;
    let mut archive = tar::Archive::new(plain);
    let (mut members, mut about, mut manifest) = (Vec::new(), None, None);
    let mut names = HashSet::new();
    for entry in archive.entries().map_err(|error| form(error.to_string()))? {
        let mut entry = entry.map_err(|error| form(error.to_string()))?;
        let name = safe_name(&entry).map_err(&form)?;
        if !names.insert(name.clone()) || manifest.is_some() {
            return Err(form(format!("`{name}` comes twice or behind the manifest")));
        }
        if name == MANIFEST {
            manifest = Some(read_json::<Manifest>(&mut entry).map_err(&form)?);
        } else if name == ABOUT {
            let (found, member) = read_about(&mut entry).map_err(&form)?;
            about = Some(found);
            members.push(member);
        } else {
            let to = (wanted == Wanted::Everything || name == FILE).then(|| dir.join(&name));
            members.push(take(&mut entry, &name, to.as_deref(), &form)?);
        }
    }
    // Read to its end, so that what stands behind the last member, and the sum of all, are looked at too.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|error| form(error.to_string()))?;
    let (Some(about), Some(manifest)) = (about, manifest) else { return Err(form("it ends too early".to_owned())) };
    compare(&members, &manifest).map_err(&form)?;
    let entries = check_log(dir, &about, key, &form)?;
    check_ledger(dir, &about)?;
    let vault = inspect(dir, seal.key().map_or(Opener::Nothing, Opener::Key))?;
    let bytes = members.iter().map(|member| member.bytes).sum();
    Ok(BackupReport { about, files: members.len() as u64, bytes, backup_bytes, entries, vault })
}

/// The audit log of the unpacked ledger; answers with its size.
fn check_log(dir: &Path, about: &About, key: Option<&Verifier>, form: &dyn Fn(String) -> BackupError) -> Result<u64, BackupError> {
    if about.form != FORM {
        return Err(form(format!("its form is {}, this program reads {FORM}", about.form)));
    }
    let theirs: Verifier = about.log_key.parse().map_err(|error| form(format!("{error}")))?;
    if key.is_some_and(|key| *key != theirs) {
        return Err(BackupError::Log(format!("it was signed with the key of `{}`, not with the one given", theirs.name())));
    }
    let report = verify_ledger(&dir.join(FILE), &theirs, None)?;
    if let Some(sentence) = report.sentence {
        return Err(BackupError::Log(sentence));
    }
    if report.checkpoint != about.checkpoint {
        return Err(form("the ledger in it is of another moment than it says".to_owned()));
    }
    Ok(report.entries)
}

/// Pages, records and indexes. A table of another program version is no reason to refuse a backup.
fn check_ledger(dir: &Path, about: &About) -> Result<(), BackupError> {
    let theirs: Verifier = about.log_key.parse().map_err(|error| BackupError::Ledger(format!("{error}")))?;
    let report = check(&dir.join(FILE), &theirs, record::KINDS)?;
    let strange = |name: &str| record::KINDS.iter().all(|kind| kind.table != name.split('.').next().unwrap_or_default());
    let named = |problem: &str| problem.split('`').nth(1).is_some_and(strange);
    let of_others = |problem: &String| (problem.starts_with("table `") || problem.starts_with("index `")) && named(problem);
    match report.problems.into_iter().find(|problem| !of_others(problem)) {
        Some(problem) => Err(BackupError::Ledger(problem)),
        None => Ok(()),
    }
}

/// A relative path of plain names, of a plain file.
fn safe_name<R: Read>(entry: &tar::Entry<'_, R>) -> Result<String, String> {
    let name = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| "a name in it is not UTF-8".to_owned())?;
    let plain = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
    let file = entry.header().entry_type().is_file();
    if plain && file && !name.is_empty() && !name.contains('\0') { Ok(name) } else { Err(format!("`{name}` has no place in a backup")) }
}

fn read_json<T: serde::de::DeserializeOwned>(from: &mut impl Read) -> Result<T, String> {
    let mut bytes = Vec::new();
    from.take(TEXT_MAX).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

fn read_about(from: &mut impl Read) -> Result<(About, Member), String> {
    let mut digesting = Digesting::new(from.take(TEXT_MAX));
    let about = read_json(&mut digesting)?;
    let (_, bytes, sha256) = digesting.finish();
    Ok((about, Member { path: ABOUT.to_owned(), bytes, sha256 }))
}

/// Digests a member and, when it has a place, writes it there.
fn take(from: &mut impl Read, name: &str, to: Option<&Path>, form: &dyn Fn(String) -> BackupError) -> Result<Member, BackupError> {
    let mut digesting = Digesting::new(from);
    match to {
        None => {
            io::copy(&mut digesting, &mut io::sink()).map_err(|error| form(error.to_string()))?;
        }
        Some(path) => {
            let failed = |source| BackupError::Write { path: path.to_owned(), source };
            private_dir(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
            let mut file = File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(path).map_err(failed)?;
            copy_out(&mut digesting, &mut file, path, form)?;
            file.sync_all().map_err(failed)?;
        }
    }
    let (_, bytes, sha256) = digesting.finish();
    Ok(Member { path: name.to_owned(), bytes, sha256 })
}

/// Copies, telling a bad backup from a full disk.
fn copy_out(from: &mut impl Read, to: &mut File, path: &Path, form: &dyn Fn(String) -> BackupError) -> Result<(), BackupError> {
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = from.read(&mut buffer).map_err(|error| form(error.to_string()))?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..count]).map_err(|source| BackupError::Write { path: PathBuf::from(path), source })?;
    }
}

fn compare(found: &[Member], manifest: &Manifest) -> Result<(), String> {
    let mut found: HashMap<&str, &Member> = found.iter().map(|member| (member.path.as_str(), member)).collect();
    for member in &manifest.members {
        match found.remove(member.path.as_str()) {
            None => return Err(format!("`{}` is missing", member.path)),
            Some(other) if other != member => return Err(format!("`{}` was changed", member.path)),
            Some(_) => {}
        }
    }
    match found.keys().next() {
        Some(extra) => Err(format!("`{extra}` is not in its manifest")),
        None => Ok(()),
    }
}
