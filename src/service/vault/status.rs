//! How the vault stands: for people, for backups, for the doctor.

use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::vault::{Drill, Method, Secret, VaultHeader};
use crate::service::storage_fault;
use crate::store::record::vault::{BY_EXPIRY, DRILL_KEY};
use crate::store::{Scan, Snapshot};
use crate::wire::vault::{DrillView, RecoveryView, RotationView, VaultState, VaultStatus};

use super::{Vault, lock};

/// A proof older than this is worth a remark.
const PROOF_DAYS: i64 = 365;
/// Secrets counted, at most.
const COUNTED: usize = 100_000;

/// Counts the runs that wait for the vault.
pub type Waiting<'a> = &'a (dyn Fn() -> u64 + Send + Sync);

impl Vault {
    /// # Errors
    /// When the caller may not see it.
    pub async fn status(&self, caller: &Caller, waiting: Waiting<'_>) -> Result<VaultStatus, Fault> {
        let _permit = self.0.gate.allow(caller, Action::VaultView, &Resource::Appliance).await?;
        let header = self.header()?.map(|stored| stored.record);
        let now = self.0.clock.now();
        let snapshot = self.0.ledger.read().map_err(storage_fault)?;
        let actions = [Action::VaultView, Action::VaultUpdate, Action::VaultUnseal];
        let rotation = match header.as_ref().filter(|header| header.is_rotating()) {
            Some(header) => Some(self.rotation(header)?),
            None => None,
        };
        let active = header.as_ref().and_then(|header| header.keys.iter().find(|key| key.id == header.active));
        Ok(VaultStatus {
            state: match (&header, self.is_open()) {
                (None, _) => VaultState::Absent,
                (Some(_), false) => VaultState::Sealed,
                (Some(_), true) => VaultState::Open,
            },
            method: header.as_ref().map(|header| header.method),
            master: header.as_ref().map(|header| header.master.clone()),
            master_since: header.as_ref().map(|header| header.master_since.to_string()),
            recovery: header.iter().flat_map(|header| &header.recovery).map(recovery_view).collect(),
            data_key: active.map(|key| key.id),
            data_key_since: active.map(|key| key.created_at.to_string()),
            rotation,
            secrets: snapshot.count::<Secret>(&Scan::table(&[]).limit(COUNTED)).map_err(storage_fault)?,
            expiring: self.expiring(&snapshot, now)?,
            waiting: waiting(),
            warnings: self.warnings(header.as_ref(), now),
            drill: snapshot.get::<Drill>(DRILL_KEY).map_err(storage_fault)?.map(|stored| drill_view(&stored.record)),
            actions: self.0.gate.actions_on(caller, &actions, &Resource::Appliance),
        })
    }

    fn rotation(&self, header: &VaultHeader) -> Result<RotationView, Fault> {
        let from: Vec<u32> = header.keys.iter().map(|key| key.id).filter(|id| *id != header.active).collect();
        let mut left = 0;
        for id in &from {
            left += self.count_sealed_by(*id)?;
        }
        Ok(RotationView { from, to: header.active, left })
    }

    fn expiring(&self, snapshot: &Snapshot, now: Timestamp) -> Result<u64, Fault> {
        let until = u64::try_from(self.reminds_until(now).as_millisecond()).unwrap_or(u64::MAX).to_be_bytes();
        let keys = snapshot.index_keys::<Secret>(&Scan::index(BY_EXPIRY, &[]).limit(COUNTED)).map_err(storage_fault)?;
        Ok(keys.iter().take_while(|key| key.as_slice() <= until.as_slice()).count() as u64)
    }

    /// How it stands, for the doctor.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn condition(&self) -> Result<Condition, Fault> {
        let header = self.header()?.map(|stored| stored.record);
        let now = self.0.clock.now();
        let snapshot = self.0.ledger.read().map_err(storage_fault)?;
        let drill: Option<Drill> = snapshot.get(DRILL_KEY).map_err(storage_fault)?.map(|stored| stored.record);
        Ok(Condition {
            state: match (&header, self.is_open()) {
                (None, _) => VaultState::Absent,
                (Some(_), false) => VaultState::Sealed,
                (Some(_), true) => VaultState::Open,
            },
            warnings: self.warnings(header.as_ref(), now),
            expiring: self.expiring(&snapshot, now)?,
            drill: drill.as_ref().map(drill_view),
        })
    }

    /// Recipients for whom backups are encrypted.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn backup_recipients(&self) -> Result<Vec<String>, Fault> {
        Ok(self.header()?.into_iter().flat_map(|stored| stored.record.recovery).map(|one| one.recipient).collect())
    }

    /// What a backup made now could not be opened or used with, in words.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn backup_warnings(&self) -> Result<Vec<String>, Fault> {
        let header = self.header()?.map(|stored| stored.record);
        Ok(self.warnings(header.as_ref(), self.0.clock.now()))
    }

    fn warnings(&self, header: Option<&VaultHeader>, now: Timestamp) -> Vec<String> {
        let mut warnings: Vec<String> = lock(&self.0.trouble).iter().map(|why| format!("the vault could not be opened: {why}")).collect();
        let Some(header) = header else {
            warnings.push("backups are not encrypted: there is no vault and so no recovery recipient".to_owned());
            return warnings;
        };
        if header.recovery.is_empty() {
            warnings.push("backups are not encrypted, and a lost master key loses every secret: there is no recovery recipient".to_owned());
        }
        let since = now.checked_sub(jiff::SignedDuration::from_hours(24 * PROOF_DAYS)).unwrap_or(Timestamp::MIN);
        for one in &header.recovery {
            match one.proven_at {
                None => {
                    warnings.push(format!("nobody has shown yet that they hold the key of {}: run `execgov vault prove`", one.recipient));
                }
                Some(at) if at < since => {
                    warnings.push(format!("the key of {} was last shown on {at}: run `execgov vault prove`", one.recipient));
                }
                Some(_) => {}
            }
        }
        if header.method != Method::Passphrase
            && let Err(fault) = self.found_ring(header)
        {
            warnings.push(format!("the master key is not where it should be: {}", fault.detail()));
        }
        warnings
    }
}

/// How the vault and the last restore drill stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub state: VaultState,
    pub warnings: Vec<String>,
    /// Secrets whose value expires soon or has expired.
    pub expiring: u64,
    pub drill: Option<DrillView>,
}

/// A drill as the API shows it.
#[must_use]
pub fn drill_view(drill: &Drill) -> DrillView {
    DrillView { at: drill.at.to_string(), ok: drill.ok, detail: drill.detail.clone(), took_ms: drill.took_ms }
}

fn recovery_view(one: &crate::domain::vault::Recovery) -> RecoveryView {
    RecoveryView { recipient: one.recipient.clone(), added_at: one.added_at.to_string(), proven_at: one.proven_at.map(|at| at.to_string()) }
}
