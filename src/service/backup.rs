//! Backups made while the appliance works. Encryption comes with the vault; until then a backup is as secret as its file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::{Class, Code, Fault};
use crate::base::file;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::Subject;
use crate::service::commit_fault;
use crate::service::gate::Gate;
use crate::store::backup::{self, BackupError, BackupReport, Plain};
use crate::store::{Commit, Ledger};
use crate::wire::system::BackupInfo;

pub const FAILED: Code = Code::new("EG-STORE-006", Class::Unavailable, "The backup failed");
pub const NO_BACKUP: Code = Code::new("EG-STORE-007", Class::NotFound, "No such backup");

/// Names that are tried for a backup before it fails.
const MOST_AT_ONCE: u32 = 100;

/// The service of backups.
#[derive(Clone)]
pub struct Backups {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    data_dir: PathBuf,
}

impl Backups {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, clock: Arc<dyn Clock>, data_dir: PathBuf) -> Self {
        Self { ledger, gate, clock, data_dir }
    }

    /// Makes a backup below `backups` in the data directory. The wish is recorded before, the outcome after.
    ///
    /// # Errors
    /// [`FAILED`] when it cannot be written; nothing is left then.
    pub async fn create(&self, caller: &Caller) -> Result<BackupInfo, Fault> {
        let permit = self.gate.allow(caller, Action::BackupCreate, &Resource::Appliance).await?;
        let now = self.clock.now();
        let (dir, ledger, data_dir) = (self.data_dir.join("backups"), self.ledger.clone(), self.data_dir.clone());
        let made = tokio::task::spawn_blocking(move || {
            file::private_dir(&dir).map_err(|error| error.to_string())?;
            create_named(&data_dir, &ledger, &dir, now).map_err(|error| error.to_string())
        })
        .await;
        let subject = |name: String| Subject { kind: "backup".to_owned(), id: None, name: Some(name) };
        let (name, report) = match made {
            Ok(Ok(report)) => report,
            failed => {
                let detail = failed.map_or_else(|error| error.to_string(), |done| done.err().unwrap_or_default());
                let fault = FAILED.fault(format!("the backup could not be made: {detail}")).hint("Look for a full or failing disk.");
                self.gate.refuse(caller, Action::BackupCreate.name(), subject(name_of(now, 1)), &fault).await;
                return Err(fault);
            }
        };
        let mut event = permit.note(self.gate.event(caller, Action::BackupCreate.name(), subject(name.clone())));
        event.details.insert("bytes".to_owned(), report.backup_bytes.into());
        event.details.insert("entries".to_owned(), report.entries.into());
        let mut commit = Commit::new();
        commit.event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(BackupInfo { name, bytes: report.backup_bytes, files: report.files, entries: report.entries, created_at: now.to_string() })
    }

    /// Opens a backup for download.
    ///
    /// # Errors
    /// [`NO_BACKUP`] when there is none of that name.
    pub async fn open(&self, caller: &Caller, name: &str) -> Result<File, Fault> {
        let _permit = self.gate.allow(caller, Action::BackupCreate, &Resource::Appliance).await?;
        let sound = name.starts_with("execgov-")
            && name.ends_with(".backup")
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let missing = || NO_BACKUP.fault(format!("there is no backup `{}`", name.chars().take(80).collect::<String>()));
        if !sound {
            return Err(missing());
        }
        File::open(self.data_dir.join("backups").join(name)).map_err(|_| missing())
    }
}

/// The name of a backup: when it was made, and a number from the second of the same millisecond on.
fn name_of(now: Timestamp, nth: u32) -> String {
    let made = now.strftime("%Y%m%dT%H%M%S%3fZ");
    if nth == 1 { format!("execgov-{made}.backup") } else { format!("execgov-{made}-{nth}.backup") }
}

/// Makes a backup under the first name that is free: two may be asked for at once.
fn create_named(data_dir: &Path, ledger: &Ledger, dir: &Path, now: Timestamp) -> Result<(String, BackupReport), BackupError> {
    for nth in 1..MOST_AT_ONCE {
        let name = name_of(now, nth);
        match backup::create(data_dir, ledger, &dir.join(&name), now, &Plain) {
            Err(BackupError::Exists { .. }) => {}
            made => return made.map(|report| (name, report)),
        }
    }
    let name = name_of(now, MOST_AT_ONCE);
    backup::create(data_dir, ledger, &dir.join(&name), now, &Plain).map(|report| (name, report))
}
