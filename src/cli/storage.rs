//! `execgov store` and `execgov backup`: the data directory itself, on this machine.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::evidence::{not_looked_at, verifier, verifier_of};
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE};
use super::invocation::{Done, Invocation};
use super::login::new_password;
use super::show;
use super::table::{Cell, Tone};
use super::vault::identities;
use crate::base::fault::{Class, Code};
use crate::crypto::envelope::Key;
use crate::store::backup::{self, Aged, BackupReport};
use crate::store::check;
use crate::store::record;
use crate::wire::system::{BackupInfo, CreateBackup};
use crate::wire::vault::Hidden;

/// The ledger is not sound.
pub const UNSOUND: Code = Code::new("EG-STORE-008", Class::Integrity, "The ledger is not sound");
/// A backup cannot be used.
pub const BAD_BACKUP: Code = Code::new("EG-STORE-009", Class::Integrity, "The backup cannot be used");

#[derive(Debug, Subcommand)]
pub enum Store {
    /// Check every page, record, index and audit entry of a stopped appliance
    #[command(after_help = "Examples:\n  execgov store check --data /var/lib/execgov")]
    Check {
        /// The data directory
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum Backup {
    /// Make a backup while the appliance works
    #[command(
        after_help = "Examples:\n  execgov backup create\n  execgov backup create --to /mnt/backup/execgov.backup.age\n  execgov backup create --passphrase"
    )]
    Create {
        /// Also fetch it to this file
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// Encrypt it with a passphrase instead of for the recovery recipients of the vault
        #[arg(long)]
        passphrase: bool,
        /// Read that passphrase from standard input
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// Prove now that a backup can be restored: the appliance makes, opens, restores and checks one
    #[command(after_help = "Examples:\n  execgov backup drill")]
    Drill,
    /// Check a backup without restoring it
    #[command(
        after_help = "Examples:\n  execgov backup verify execgov.backup.age --identity recovery.key\n  execgov backup verify execgov.backup --key audit.key"
    )]
    Verify {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        opened: Opened,
        /// The verifier key of the installation it must be of, or a file that holds it
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
    /// Restore a backup into an empty directory
    #[command(
        after_help = "Examples:\n  execgov backup restore execgov.backup.age --identity recovery.key --data /var/lib/execgov\n  execgov backup restore execgov.backup --data /var/lib/execgov"
    )]
    Restore {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        opened: Opened,
        /// The directory, which must be empty or not exist
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The verifier key of the installation it must be of, or a file that holds it
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
}

/// What opens an encrypted backup.
#[derive(Debug, Args)]
pub struct Opened {
    /// The file with the recovery key
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Read the passphrase of the backup from standard input
    #[arg(long, conflicts_with = "identity")]
    passphrase_stdin: bool,
}

impl Opened {
    /// How a backup is opened: by the key that is named, or by the passphrase that is asked for when it wants one.
    fn seal(&self, invocation: &Invocation<'_>, file: &Path) -> Result<Aged, Failure> {
        let unread = |error: std::io::Error| Failure::from(BAD_BACKUP.fault(format!("{}: {error}", file.display())));
        if !backup::is_sealed(file).map_err(unread)? {
            return Ok(Aged::opening(None));
        }
        if let Some(identity) = &self.identity {
            return Ok(Aged::opening(Some(Key::Identities(identities(identity)?))));
        }
        if backup::wants_passphrase(file).map_err(unread)? {
            let label = invocation.out.language.pick("Passphrase of the backup", "备份口令");
            return Ok(Aged::opening(Some(Key::Passphrase(invocation.secret(label, self.passphrase_stdin)?))));
        }
        let fault = BAD_BACKUP.fault(format!("{} is encrypted for recovery keys", file.display()));
        Err(Failure::from(fault.hint("name the file with the key: --identity recovery.key")))
    }
}

/// `store VERB`.
pub fn store(invocation: &Invocation<'_>, args: &Store) -> Done {
    let Store::Check { data } = args;
    let key = verifier_of(data)?;
    let report = check::check(&data.join(crate::store::FILE), &key, record::KINDS)
        .map_err(|error| not_looked_at(&error, UNSOUND, data, "restore a backup, and keep the damaged directory for a look"))?;
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&report)?;
    } else {
        let verdict = if report.ok { Cell::toned("sound".to_owned(), Tone::Good) } else { Cell::toned("NOT SOUND".to_owned(), Tone::Bad) };
        let records: u64 = report.tables.iter().map(|table| table.rows).sum();
        out.fields(&[
            ("ledger", verdict),
            ("schema", report.schema.to_string().into()),
            ("tables", report.tables.len().to_string().into()),
            ("rows", records.to_string().into()),
            ("audit entries", report.log.entries.to_string().into()),
            ("problems", report.problem_count.to_string().into()),
        ])?;
        for problem in &report.problems {
            out.line(problem)?;
        }
    }
    Ok(if report.ok { Exit::Ok } else { Exit::Integrity })
}

/// `backup VERB`.
pub async fn backup(invocation: &Invocation<'_>, args: &Backup) -> Done {
    let unusable = |error: backup::BackupError| Failure::from(BAD_BACKUP.fault(error.to_string()).hint("take another backup"));
    let key = |key: &Option<String>| key.as_deref().map(verifier).transpose();
    match args {
        Backup::Create { to, passphrase, passphrase_stdin } => {
            let chosen = match (passphrase, passphrase_stdin) {
                (_, true) => Some(invocation.secret("passphrase", true)?),
                (true, false) => Some(new_password(invocation)?),
                (false, false) => None,
            };
            let passphrase = chosen.map(|text| Hidden::new(text.expose_secret().to_owned()));
            create(invocation, to.as_deref(), &CreateBackup { passphrase }).await
        }
        Backup::Drill => drill(invocation).await,
        Backup::Verify { file, opened, key: wanted } => {
            let seal = opened.seal(invocation, file)?;
            let report = backup::verify(file, key(wanted)?.as_ref(), &seal).map_err(unusable)?;
            show_report(invocation, "sound", &report)
        }
        Backup::Restore { file, opened, data, key: wanted } => {
            let seal = opened.seal(invocation, file)?;
            let report = backup::restore(file, data, key(wanted)?.as_ref(), &seal).map_err(unusable)?;
            show_report(invocation, "restored", &report)
        }
    }
}

async fn drill(invocation: &Invocation<'_>) -> Done {
    let held = invocation.client()?.drill_backup().await?;
    let verdict =
        if held.ok { Cell::toned("restores".to_owned(), Tone::Good) } else { Cell::toned("DOES NOT RESTORE".to_owned(), Tone::Bad) };
    show_fields(
        invocation,
        &held,
        &[("backup", verdict), ("detail", held.detail.clone().into()), ("took", show::duration(held.took_ms).into())],
    )?;
    Ok(if held.ok { Exit::Ok } else { Exit::Integrity })
}

async fn create(invocation: &Invocation<'_>, to: Option<&Path>, request: &CreateBackup) -> Done {
    if let Some(to) = to.filter(|to| to.symlink_metadata().is_ok()) {
        return Err(
            Failure::from(LOCAL_FILE.fault(format!("{} exists already", to.display())).hint("name another file")).exit(Exit::Conflict)
        );
    }
    let client = invocation.client()?;
    let made = client.create_backup(request).await?;
    let out = &invocation.out;
    if let Some(to) = to {
        let fail = |error: std::io::Error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", to.display())));
        let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut temp = tempfile::Builder::new().prefix(".execgov-").tempfile_in(dir).map_err(fail)?;
        let meter = out.meter("backup");
        client.download(&["api", "v1", "backups", &made.name], &(), temp.as_file_mut(), &meter.progress).await?;
        drop(meter);
        temp.persist_noclobber(to).map_err(|error| fail(error.error))?;
    }
    show_fields(
        invocation,
        &made,
        &[
            ("backup", made.name.clone().into()),
            ("size", show::bytes(made.bytes).into()),
            ("files", made.files.to_string().into()),
            ("audit entries", made.entries.to_string().into()),
            ("encrypted", encrypted(&made)),
        ],
    )?;
    for warning in &made.warnings {
        out.note(&format!("Warning: {warning}"));
    }
    if made.encrypted_for.is_empty() {
        out.note(
            "Whoever gets hold of this file can read everything in it but sealed secrets. Encrypt backups: execgov vault recovery age1...",
        );
    }
    Ok(Exit::Ok)
}

fn encrypted(made: &BackupInfo) -> Cell {
    if made.encrypted_for.is_empty() {
        return Cell::toned("NO".to_owned(), Tone::Bad);
    }
    Cell::toned(format!("for {}", made.encrypted_for.join(", ")), Tone::Good)
}

fn sealed_values(report: &BackupReport) -> Cell {
    match report.vault.opened {
        Some(opened) => Cell::toned(format!("{opened}, each of them opened"), Tone::Good),
        None => report.vault.values.to_string().into(),
    }
}

fn show_report(invocation: &Invocation<'_>, word: &str, report: &BackupReport) -> Done {
    show_fields(
        invocation,
        report,
        &[
            ("backup", Cell::toned(word.to_owned(), Tone::Good)),
            ("files", report.files.to_string().into()),
            ("size", show::bytes(report.bytes).into()),
            ("audit entries", report.entries.to_string().into()),
            ("sealed values", sealed_values(report)),
        ],
    )?;
    Ok(Exit::Ok)
}

fn show_fields(invocation: &Invocation<'_>, value: &impl Serialize, fields: &[(&str, Cell)]) -> Result<(), Failure> {
    if invocation.out.format.is_json() { invocation.out.json(value) } else { invocation.out.fields(fields) }
}
