//! New keys without stopping runs. A new data key seals at once; older values move to it in the background, a batch at a time, each
//! batch one commit: whatever moment the server dies at, both keys are still there and the next start goes on.

use std::sync::Arc;

use serde_json::{Value, json};

use super::keys::{under, wrap};
use super::{Vault, described, faults};
use crate::base::fault::Fault;
use crate::crypto::datakey::DataKey;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::vault::{Keyring, SealedValue, VaultHeader};
use crate::service::{commit_fault, storage_fault};
use crate::store::record::vault::BY_DATA_KEY;
use crate::store::{Commit, CommitError, Scan, Stored};
use crate::wire::vault::{Hidden, Rotate, RotateVault};

/// Values that move in one commit.
const BATCH: usize = 500;

impl Vault {
    /// Begins a rotation.
    ///
    /// # Errors
    /// While the vault is sealed or another rotation is under way, and as for setting it up.
    pub async fn rotate(&self, caller: &Caller, request: RotateVault) -> Result<(), Fault> {
        let permit = self.0.gate.allow(caller, Action::VaultUpdate, &Resource::Appliance).await?;
        let _turn = self.0.turn.lock().await;
        let turned = match request.what {
            Rotate::Data => self.next_data_key(),
            Rotate::Master => self.next_master(request).await,
        };
        let (stored, header, ring, details) = match turned {
            Ok(turned) => turned,
            Err(fault) => return self.refused(caller, "vault.rotate", fault).await,
        };
        let mut commit = Commit::new();
        commit.update(&stored, &header).event(self.event(caller, &permit, "vault.rotate", details));
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        self.set_ring(Some(ring));
        self.forget_older_masters(&header);
        Ok(())
    }

    fn next_data_key(&self) -> Result<Turned, Fault> {
        let stored = self.existing()?;
        let ring = self.ring()?;
        if stored.record.is_rotating() {
            return Err(faults::ROTATING
                .fault("values still move to the newest data key")
                .hint("Wait until `execgov vault status` says so."));
        }
        let (id, key, now) = (stored.record.next_key(), DataKey::random(), self.0.clock.now());
        let mut header = stored.record.clone();
        header.keys.push(wrap(id, &key, &header.master, &header.recovery, now)?);
        header.active = id;
        let details = json!({ "what": "data", "from": stored.record.active, "to": id });
        Ok((stored, header, Arc::new(ring.with(id, key)), details))
    }

    async fn next_master(&self, request: RotateVault) -> Result<Turned, Fault> {
        let stored = self.existing()?;
        let ring = self.ring()?;
        let method = request.method.unwrap_or(stored.record.method);
        let header = self.with_new_master(&stored.record, &ring, method, request.passphrase).await?;
        let mut details = described(&header);
        details["what"] = json!("master");
        Ok((stored, header, ring, details))
    }

    pub(super) async fn with_new_master(
        &self,
        header: &VaultHeader,
        ring: &Keyring,
        method: crate::domain::vault::Method,
        passphrase: Option<Hidden>,
    ) -> Result<VaultHeader, Fault> {
        let master = self.new_master(method, passphrase).await?;
        under(header, &master, ring, self.0.clock.now())
    }

    /// The key file held the older master key until the newer one was recorded. Failing is no harm: it is tried at the next start.
    pub(super) fn forget_older_masters(&self, header: &VaultHeader) {
        let settled = self.0.places.found(header.method).and_then(|keys| {
            let current = keys.iter().find(|key| key.recipient().to_string() == header.master);
            match current {
                Some(current) if keys.len() > 1 => self.0.places.settle(header.method, current),
                _ => Ok(()),
            }
        });
        if let Err(fault) = settled {
            tracing::warn!(code = fault.code().text, "older keys stay in the key file: {}", fault.detail());
        }
    }

    /// Moves what is left to the newest data key, and forgets the older ones. Does nothing when nothing is left, or while sealed.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; what was moved stays moved.
    pub async fn finish_rotation(&self) -> Result<(), Fault> {
        let Some(header) = self.header()?.map(|stored| stored.record) else { return Ok(()) };
        if self.is_open() {
            self.forget_older_masters(&header);
        }
        let mut moved = 0_u64;
        let began = self.0.clock.now();
        while let Some(ring) = self.open_ring() {
            let Some(header) = self.header()?.filter(|stored| stored.record.is_rotating()) else { return Ok(()) };
            let Some(old) = header.record.keys.iter().map(|key| key.id).find(|id| *id != header.record.active) else { return Ok(()) };
            let values = self.sealed_by(old, BATCH)?;
            if values.is_empty() {
                self.drop_key(old, moved, began).await?;
                continue;
            }
            let count = values.len() as u64;
            let work = tokio::task::spawn_blocking(move || reseal(&ring, &values)).await;
            let commit = work.map_err(|error| crate::base::fault::BUG.fault("values were not moved").cause(error))??;
            match self.0.ledger.commit(commit).await {
                Ok(_) => moved += count,
                // Somebody destroyed one of them meanwhile.
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Ok(())
    }

    fn sealed_by(&self, key: u32, most: usize) -> Result<Vec<Stored<SealedValue>>, Fault> {
        let snapshot = self.0.ledger.read().map_err(storage_fault)?;
        snapshot.scan(&Scan::index(BY_DATA_KEY, &key.to_be_bytes()).limit(most)).map_err(storage_fault)
    }

    /// Values that a data key still seals.
    pub(super) fn count_sealed_by(&self, key: u32) -> Result<u64, Fault> {
        let snapshot = self.0.ledger.read().map_err(storage_fault)?;
        snapshot.count::<SealedValue>(&Scan::index(BY_DATA_KEY, &key.to_be_bytes())).map_err(storage_fault)
    }

    async fn drop_key(&self, id: u32, moved: u64, began: crate::base::clock::Timestamp) -> Result<(), Fault> {
        let _turn = self.0.turn.lock().await;
        let stored = self.existing()?;
        // A value that was being set while the key was replaced may have come after the look; it is moved in the next round.
        if self.count_sealed_by(id)? > 0 {
            return Ok(());
        }
        let mut header = stored.record.clone();
        header.keys.retain(|key| key.id != id);
        let took = self.0.clock.now().as_millisecond() - began.as_millisecond();
        let mut commit = Commit::new();
        let details = json!({ "from": id, "to": header.active, "values": moved, "took_ms": took });
        commit.update(&stored, &header).event(self.system_event("vault.rotated", details));
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        if let Some(ring) = self.open_ring() {
            self.set_ring_quietly(Arc::new(ring.without(id)));
        }
        Ok(())
    }
}

/// What a turn of keys changes, and what the event says of it.
type Turned = (Stored<VaultHeader>, VaultHeader, Arc<Keyring>, Value);

fn reseal(ring: &Keyring, values: &[Stored<SealedValue>]) -> Result<Commit, Fault> {
    let mut commit = Commit::new();
    for stored in values {
        let value = ring.open(&stored.record).map_err(|error| faults::damaged().cause(error))?;
        let SealedValue { tenant, secret, version, .. } = &stored.record;
        let fresh = ring.seal(tenant, *secret, *version, &value).map_err(|error| faults::damaged().cause(error))?;
        commit.update(stored, &fresh);
    }
    Ok(commit)
}
