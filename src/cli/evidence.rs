//! Verifying and exporting the audit log without a server: exported logs, ledgers of stopped appliances.

use std::path::{Path, PathBuf};

use clap::Args;

use super::audit::show_verdict;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::show;
use crate::base::fault::{Class, Code};
use crate::crypto::key;
use crate::crypto::note::{LogSigner, Verifier};
use crate::service::HELD;
use crate::store::StoreError;
use crate::store::audit::{ExportError, VerifyReport, export_ledger, verify_export, verify_ledger};
use crate::wire::audit::AuditVerdict;

/// The log is not what was signed.
pub const BAD_LOG: Code = Code::new("EG-AUD-003", Class::Integrity, "The audit log does not verify");

/// Where a log to be verified is.
#[derive(Debug, Args)]
pub struct Verify {
    /// The ledger of a stopped appliance, by its data directory
    #[arg(long, value_name = "DIR", conflicts_with = "export")]
    pub data: Option<PathBuf>,
    /// An exported log: a folder, a .tar or a .tar.zst
    #[arg(long, value_name = "PATH", requires = "key")]
    pub export: Option<PathBuf>,
    /// The verifier key of the log, or a file that holds it
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// A checkpoint that was kept elsewhere: finds a log that was set back
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

/// Reads a verifier key given as text or as the name of a file.
pub fn verifier(text: &str) -> Result<Verifier, Failure> {
    let stored = if Path::new(text).is_file() { read(Path::new(text))? } else { text.to_owned() };
    stored.trim().parse().map_err(|_| {
        Failure::from(
            USAGE.fault("the key is not a verifier key such as execgov/0198+1a2b3c4d+AbCd...").hint("`execgov audit key` prints it"),
        )
    })
}

/// The verifier key of a data directory on this machine.
pub fn verifier_of(data: &Path) -> Result<Verifier, Failure> {
    let install = read(&data.join("install-id"))?;
    let path = data.join("keys").join("log.pem");
    let signing = key::load(&path).map_err(|error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", path.display()))))?;
    Ok(LogSigner::new(format!("execgov/{}", install.trim()), signing).verifier())
}

pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", path.display()))))
}

/// Why a ledger on this host could not be looked at. One that a server works on is not a damaged one.
pub fn not_looked_at(error: &StoreError, damaged: Code, data: &Path, hint: &'static str) -> Failure {
    match error {
        StoreError::Locked { pid } => Failure::from(
            HELD.fault(format!("a server (process {pid}) works on {}", data.display()))
                .hint("ask that server instead (leave out --data), or stop it first"),
        ),
        error => Failure::from(damaged.fault(error.to_string()).hint(hint)),
    }
}

/// Verifies without a server.
pub fn verify(invocation: &Invocation<'_>, args: &Verify) -> Done {
    let older = args.checkpoint.as_deref().map(read).transpose()?;
    let began = std::time::Instant::now();
    let report = if let Some(data) = &args.data {
        let key = match &args.key {
            Some(key) => verifier(key)?,
            None => verifier_of(data)?,
        };
        verify_ledger(&data.join(crate::store::FILE), &key, older.as_deref())
            .map_err(|error| not_looked_at(&error, BAD_LOG, data, "restore a backup, and keep the damaged directory for a look"))?
    } else {
        let export = args.export.as_deref().unwrap_or(Path::new("."));
        let key = verifier(args.key.as_deref().unwrap_or_default())?;
        verify_export(export, &key, older.as_deref()).map_err(|error| Failure::from(BAD_LOG.fault(error.to_string())))?
    };
    show_verdict(invocation, &verdict(report, began.elapsed()))
}

/// Exports the log of a stopped appliance: to a folder, a `.tar` or a `.tar.zst`.
///
/// Written beside the wanted name first, so that a name only ever stands for a whole export.
pub fn export(invocation: &Invocation<'_>, data: &Path, to: &Path) -> Done {
    let unwritten = |error: String| Failure::from(LOCAL_FILE.fault(error).hint("check the data directory and where the export goes"));
    let key = verifier_of(data)?;
    let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temp =
        tempfile::Builder::new().prefix(".execgov-").tempdir_in(dir).map_err(|error| unwritten(format!("{}: {error}", dir.display())))?;
    let name = to.file_name().ok_or_else(|| unwritten(format!("{} names no file", to.display())))?;
    let made = temp.path().join(name);
    let report = export_ledger(&data.join(crate::store::FILE), &key, &made).map_err(|error| match error {
        ExportError::Store(error) => not_looked_at(&error, BAD_LOG, data, "restore a backup, and keep the damaged directory for a look"),
        error => unwritten(error.to_string()),
    })?;
    std::fs::rename(&made, to).map_err(|error| unwritten(format!("{}: {error}", to.display())))?;
    if invocation.out.format.is_json() {
        invocation.out.json(&report)?;
    } else {
        invocation.out.line(&format!("{}  {} entries  {}", to.display(), report.entries, show::bytes(report.bytes)))?;
        invocation.out.note(&format!("Verify it with: execgov audit verify --export {} --key '{key}'", to.display()));
    }
    Ok(super::exit::Exit::Ok)
}

fn verdict(report: VerifyReport, took: std::time::Duration) -> AuditVerdict {
    AuditVerdict {
        ok: report.ok,
        entries: report.entries,
        removed: report.removed,
        first_bad: report.first_bad,
        problem: report.sentence,
        root_hash: report.root_hash,
        checkpoint: report.checkpoint,
        key: report.key,
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        statement: None,
    }
}
