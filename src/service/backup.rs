//! Backups made while the appliance works, encrypted for those who can recover the vault; and drills that prove they restore.
//!
//! A backup that nobody could open, or that anybody could read, is said to be so when it is made, not when it is needed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::{Class, Code, Fault};
use crate::base::file;
use crate::crypto::envelope::{Identity, Key, Lock, Recipient};
use crate::domain::access::{Action, Caller, Resource, Whence};
use crate::domain::audit::{Actor, ActorKind, Event, Outcome, Subject};
use crate::domain::ids::TenantKey;
use crate::domain::vault::{Drill, Keyring};
use crate::service::gate::Gate;
use crate::service::vault::{Vault, checked, drill_view};
use crate::service::{commit_fault, storage_fault};
use crate::store::backup::{self, Aged, BackupError, BackupReport, Opener, Plain, Seal};
use crate::store::record::vault::DRILL_KEY;
use crate::store::{Commit, Ledger, Stored};
use crate::wire::system::{BackupInfo, CreateBackup};
use crate::wire::vault::DrillView;

pub const FAILED: Code = Code::new("EG-STORE-006", Class::Unavailable, "The backup failed");
pub const NO_BACKUP: Code = Code::new("EG-STORE-007", Class::NotFound, "No such backup");

/// Names that are tried for a backup before it fails.
const MOST_AT_ONCE: u32 = 100;

/// The service of backups.
#[derive(Clone)]
pub struct Backups(Arc<BackupParts>);

/// What the service is made of.
pub struct BackupParts {
    pub ledger: Ledger,
    pub gate: Gate,
    pub clock: Arc<dyn Clock>,
    pub data_dir: PathBuf,
    /// Knows for whom backups are encrypted.
    pub vault: Vault,
    /// Hours between two restore drills; 0: none.
    pub drill_hours: u32,
}

/// How a backup is sealed, and in whose eyes.
struct Sealing {
    lock: Option<Lock>,
    encrypted_for: Vec<String>,
}

impl Backups {
    #[must_use]
    pub fn new(parts: BackupParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Makes a backup below `backups` in the data directory: encrypted for the recovery recipients of the vault, or by a passphrase.
    /// Without either it is plain, and says so.
    ///
    /// # Errors
    /// [`FAILED`] when it cannot be written; nothing is left then.
    pub async fn create(&self, caller: &Caller, request: CreateBackup) -> Result<BackupInfo, Fault> {
        let permit = self.0.gate.allow(caller, Action::BackupCreate, &Resource::Appliance).await?;
        let now = self.0.clock.now();
        let subject = |name: String| Subject { kind: "backup".to_owned(), id: None, name: Some(name) };
        let (sealing, warnings) = match self.sealing(&request).and_then(|sealing| Ok((sealing, self.0.vault.backup_warnings()?))) {
            Ok(found) => found,
            Err(fault) => {
                self.0.gate.refuse(caller, Action::BackupCreate.name(), subject(name_of(now, 1, Form::Plain)), &fault).await;
                return Err(fault);
            }
        };
        let form = if sealing.lock.is_some() { Form::Sealed } else { Form::Plain };
        let parts = Arc::clone(&self.0);
        let made = tokio::task::spawn_blocking(move || {
            let dir = parts.data_dir.join("backups");
            file::private_dir(&dir).map_err(|error| error.to_string())?;
            create_named(&parts, &dir, now, sealing.lock).map_err(|error| error.to_string())
        })
        .await;
        let (name, report) = match made {
            Ok(Ok(report)) => report,
            failed => {
                let detail = failed.map_or_else(|error| error.to_string(), |done| done.err().unwrap_or_default());
                let fault = FAILED.fault(format!("the backup could not be made: {detail}")).hint("Look for a full or failing disk.");
                self.0.gate.refuse(caller, Action::BackupCreate.name(), subject(name_of(now, 1, form)), &fault).await;
                return Err(fault);
            }
        };
        if sealing.encrypted_for.is_empty() {
            tracing::warn!(name, "a backup was made that is not encrypted: name recovery recipients with `execgov vault recovery`");
        }
        let mut event = permit.note(self.0.gate.event(caller, Action::BackupCreate.name(), subject(name.clone())));
        event.details.insert("bytes".to_owned(), report.backup_bytes.into());
        event.details.insert("entries".to_owned(), report.entries.into());
        event.details.insert("encrypted_for".to_owned(), json!(sealing.encrypted_for));
        let mut commit = Commit::new();
        commit.event(event);
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        // Who chose a passphrase needs no recipient.
        let beside = |warning: &String| !(request.passphrase.is_some() && warning.starts_with("backups are not encrypted"));
        Ok(BackupInfo {
            name,
            bytes: report.backup_bytes,
            files: report.files,
            entries: report.entries,
            created_at: now.to_string(),
            encrypted_for: sealing.encrypted_for,
            warnings: warnings.into_iter().filter(beside).collect(),
        })
    }

    fn sealing(&self, request: &CreateBackup) -> Result<Sealing, Fault> {
        if let Some(passphrase) = &request.passphrase {
            let lock = Lock::Passphrase(checked(passphrase)?);
            return Ok(Sealing { lock: Some(lock), encrypted_for: vec!["passphrase".to_owned()] });
        }
        let encrypted_for = self.0.vault.backup_recipients()?;
        let recipients = recipients(&encrypted_for)?;
        Ok(Sealing { lock: (!recipients.is_empty()).then_some(Lock::Recipients(recipients)), encrypted_for })
    }

    /// Opens a backup for download.
    ///
    /// # Errors
    /// [`NO_BACKUP`] when there is none of that name.
    pub async fn open(&self, caller: &Caller, name: &str) -> Result<File, Fault> {
        let _permit = self.0.gate.allow(caller, Action::BackupCreate, &Resource::Appliance).await?;
        let sound = name.starts_with("execgov-")
            && [Form::Plain, Form::Sealed].iter().any(|form| name.ends_with(form.end()))
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let missing = || NO_BACKUP.fault(format!("there is no backup `{}`", name.chars().take(80).collect::<String>()));
        if !sound {
            return Err(missing());
        }
        File::open(self.0.data_dir.join("backups").join(name)).map_err(|_| missing())
    }

    /// Holds a restore drill because somebody asks.
    ///
    /// # Errors
    /// When it cannot be recorded. That the drill failed is an answer.
    pub async fn drill_for(&self, caller: &Caller) -> Result<DrillView, Fault> {
        let permit = self.0.gate.allow(caller, Action::BackupCreate, &Resource::Appliance).await?;
        let drill = self.held().await;
        let event = permit.note(self.0.gate.event(caller, "backup.drill", drill_subject()));
        self.record(&drill, event).await?;
        Ok(drill_view(&drill))
    }

    /// Holds a drill when the last one is longer ago than the settings say; without any, when the appliance is that old.
    pub async fn drill_when_due(&self) {
        match self.is_due() {
            Ok(false) => {}
            Ok(true) => {
                let drill = self.held().await;
                if drill.ok {
                    tracing::info!(took_ms = drill.took_ms, "restore drill: {}", drill.detail);
                } else {
                    tracing::error!("restore drill failed: {}", drill.detail);
                }
                let actor = Actor { kind: ActorKind::System, id: None, name: None, token: None };
                let event = self.0.gate.event_by(actor, &TenantKey::platform(), &Whence::default(), "backup.drill", drill_subject());
                if let Err(fault) = self.record(&drill, event).await {
                    tracing::error!(code = fault.code().text, "a restore drill could not be recorded: {}", fault.detail());
                }
            }
            Err(fault) => tracing::error!(code = fault.code().text, "restore drills cannot be planned: {}", fault.detail()),
        }
    }

    fn is_due(&self) -> Result<bool, Fault> {
        if self.0.drill_hours == 0 {
            return Ok(false);
        }
        let snapshot = self.0.ledger.read().map_err(storage_fault)?;
        let last: Option<Stored<Drill>> = snapshot.get(DRILL_KEY).map_err(storage_fault)?;
        let since = match last {
            Some(last) => Some(last.record.at),
            None => snapshot.events(0..1).map_err(storage_fault)?.first().map(|first| first.event.at),
        };
        let patience = jiff::SignedDuration::from_hours(i64::from(self.0.drill_hours));
        Ok(since.and_then(|since| since.checked_add(patience).ok()).is_some_and(|due| due <= self.0.clock.now()))
    }

    /// Makes a backup, opens it, restores it into a scratch directory, and checks ledger, audit log and vault there.
    async fn held(&self) -> Drill {
        let (at, began) = (self.0.clock.now(), Instant::now());
        let (parts, ring) = (Arc::clone(&self.0), self.0.vault.open_ring());
        let recipients = self.0.vault.backup_recipients();
        let held = tokio::task::spawn_blocking(move || {
            let recipients = recipients.map_err(|fault| fault.detail().to_owned())?;
            restore_into_scratch(&parts, at, &recipients, ring.as_deref())
        });
        let held = held.await.unwrap_or_else(|error| Err(error.to_string()));
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match held {
            Ok(detail) => Drill { at, ok: true, detail, took_ms },
            Err(detail) => Drill { at, ok: false, detail, took_ms },
        }
    }

    async fn record(&self, drill: &Drill, mut event: Event) -> Result<(), Fault> {
        event.outcome = if drill.ok { Outcome::Done } else { Outcome::Failed };
        event.details.insert("detail".to_owned(), json!(drill.detail));
        event.details.insert("took_ms".to_owned(), json!(drill.took_ms));
        let mut commit = Commit::new();
        match self.0.ledger.read().map_err(storage_fault)?.get::<Drill>(DRILL_KEY).map_err(storage_fault)? {
            Some(last) => drop(commit.update(&last, drill)),
            None => drop(commit.insert(drill)),
        }
        commit.event(event);
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(())
    }
}

fn drill_subject() -> Subject {
    Subject { kind: "backup".to_owned(), id: None, name: None }
}

fn recipients(texts: &[String]) -> Result<Vec<Recipient>, Fault> {
    let bad = |error| {
        FAILED.fault("a recovery recipient of the vault cannot be used").cause(error).hint("Name them again: execgov vault recovery")
    };
    texts.iter().map(|text| text.parse()).collect::<Result<_, _>>().map_err(bad)
}

/// The drill itself. It is sealed for everybody as a real backup would be, and for a key that lives as long as the drill.
fn restore_into_scratch(parts: &BackupParts, now: Timestamp, texts: &[String], ring: Option<&Keyring>) -> Result<String, String> {
    let text = |error: BackupError| error.to_string();
    let folder = parts.data_dir.join("backups");
    file::private_dir(&folder).map_err(|error| error.to_string())?;
    let scratch = tempfile::Builder::new().prefix(".drill-").tempdir_in(&folder).map_err(|error| error.to_string())?;
    let mine = Identity::generate();
    let mut all = recipients(texts).map_err(|fault| fault.detail().to_owned())?;
    all.push(mine.recipient());
    let made = scratch.path().join("backup");
    backup::create(&parts.data_dir, &parts.ledger, &made, now, &Aged::sealing(Lock::Recipients(all))).map_err(text)?;
    let restored = scratch.path().join("restored");
    let opener = Aged::opening(Some(Key::Identities(vec![mine])));
    let report = backup::restore(&made, &restored, Some(parts.ledger.verifier()), &opener).map_err(text)?;
    let vault = backup::inspect(&restored, ring.map_or(Opener::Nothing, Opener::Ring)).map_err(text)?;
    let secrets = match vault.opened {
        Some(opened) => format!("{opened} sealed values opened"),
        None if vault.values == 0 => "no sealed values".to_owned(),
        None => format!("{} sealed values, which the sealed vault could not open", vault.values),
    };
    Ok(format!("{} files and {} audit entries restored and verified, {secrets}", report.files, report.entries))
}

/// Whether a backup is sealed, as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Sealed,
}

impl Form {
    const fn end(self) -> &'static str {
        match self {
            Self::Plain => ".backup",
            Self::Sealed => ".backup.age",
        }
    }
}

/// The name of a backup: when it was made, and a number from the second of the same millisecond on.
fn name_of(now: Timestamp, nth: u32, form: Form) -> String {
    let (made, end) = (now.strftime("%Y%m%dT%H%M%S%3fZ"), form.end());
    if nth == 1 { format!("execgov-{made}{end}") } else { format!("execgov-{made}-{nth}{end}") }
}

/// Makes a backup under the first name that is free: two may be asked for at once.
fn create_named(parts: &BackupParts, dir: &Path, now: Timestamp, lock: Option<Lock>) -> Result<(String, BackupReport), BackupError> {
    let (form, seal): (Form, Box<dyn Seal>) = match lock {
        Some(lock) => (Form::Sealed, Box::new(Aged::sealing(lock))),
        None => (Form::Plain, Box::new(Plain)),
    };
    let make = |name: &str| backup::create(&parts.data_dir, &parts.ledger, &dir.join(name), now, seal.as_ref());
    for nth in 1..MOST_AT_ONCE {
        let name = name_of(now, nth, form);
        match make(&name) {
            Err(BackupError::Exists { .. }) => {}
            made => return made.map(|report| (name, report)),
        }
    }
    let name = name_of(now, MOST_AT_ONCE, form);
    make(&name).map(|report| (name, report))
}
