//! `execgov store` and `execgov backup`: the data directory itself, on this machine.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use super::evidence::{not_looked_at, verifier, verifier_of};
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Tone};
use crate::base::fault::{Class, Code};
use crate::store::backup::{self, BackupReport, Plain};
use crate::store::check;
use crate::store::record;

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
    #[command(after_help = "Examples:\n  execgov backup create\n  execgov backup create --to /mnt/backup/execgov.backup")]
    Create {
        /// Also fetch it to this file
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Check a backup without restoring it
    #[command(after_help = "Examples:\n  execgov backup verify execgov.backup --key audit.key")]
    Verify {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The verifier key of the installation it must be of, or a file that holds it
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
    /// Restore a backup into an empty directory
    #[command(after_help = "Examples:\n  execgov backup restore execgov.backup --data /var/lib/execgov")]
    Restore {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The directory, which must be empty or not exist
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The verifier key of the installation it must be of, or a file that holds it
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
}

/// `store VERB`.
pub fn store(invocation: &Invocation<'_>, args: &Store) -> Done {
    let Store::Check { data } = args;
    let key = verifier_of(data)?;
    let report = check::check(&data.join(crate::store::FILE), &key, &record::kinds())
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
        Backup::Create { to } => create(invocation, to.as_deref()).await,
        Backup::Verify { file, key: wanted } => {
            let report = backup::verify(file, key(wanted)?.as_ref(), &Plain).map_err(unusable)?;
            show_report(invocation, "sound", &report)
        }
        Backup::Restore { file, data, key: wanted } => {
            let report = backup::restore(file, data, key(wanted)?.as_ref(), &Plain).map_err(unusable)?;
            show_report(invocation, "restored", &report)
        }
    }
}

async fn create(invocation: &Invocation<'_>, to: Option<&Path>) -> Done {
    if let Some(to) = to.filter(|to| to.symlink_metadata().is_ok()) {
        return Err(
            Failure::from(LOCAL_FILE.fault(format!("{} exists already", to.display())).hint("name another file")).exit(Exit::Conflict)
        );
    }
    let client = invocation.client()?;
    let made = client.create_backup().await?;
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
        ],
    )?;
    out.note("A backup is not encrypted yet: keep it where only you can read it. Check it with `execgov backup verify`.");
    Ok(Exit::Ok)
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
        ],
    )?;
    Ok(Exit::Ok)
}

fn show_fields(invocation: &Invocation<'_>, value: &impl Serialize, fields: &[(&str, Cell)]) -> Result<(), Failure> {
    if invocation.out.format.is_json() { invocation.out.json(value) } else { invocation.out.fields(fields) }
}
