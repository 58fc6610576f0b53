//! Those who can open the vault when its master key is lost, and the proof that they still can.

use serde_json::json;

use super::keys::{recipients, rewrap, unwrap};
use super::{Vault, described, faults, lock};
use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Fault};
use crate::crypto::envelope::{self, Identity, Lock, Recipient};
use crate::crypto::secret::{equal, random_hex};
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::vault::VaultHeader;
use crate::service::commit_fault;
use crate::store::Commit;
use crate::wire::vault::{ProveRecovery, RecoverVault, RecoveryProof, SetRecovery};

/// How long a challenge can be answered.
const CHALLENGE_S: i64 = 600;
/// Challenges open at one time.
const CHALLENGES: usize = 16;

/// Something that only the holder of a recovery key can read.
pub(super) struct Challenge {
    recipient: String,
    answer: String,
    expires_at: Timestamp,
}

impl Vault {
    /// Says who can recover from now on. Every data key is wrapped anew.
    ///
    /// # Errors
    /// While the vault is sealed, or when a text is no recipient.
    pub async fn set_recovery(&self, caller: &Caller, request: &SetRecovery) -> Result<(), Fault> {
        let permit = self.0.gate.allow(caller, Action::VaultUpdate, &Resource::Appliance).await?;
        let _turn = self.0.turn.lock().await;
        let changed = self.ring().and_then(|ring| {
            let stored = self.existing()?;
            let recovery = recipients(&request.recovery, &stored.record.recovery, self.0.clock.now())?;
            let header = rewrap(&VaultHeader { recovery, ..stored.record.clone() }, &ring)?;
            Ok((stored, header))
        });
        let (stored, header) = match changed {
            Ok(changed) => changed,
            Err(fault) => return self.refused(caller, "vault.recovery", fault).await,
        };
        let mut commit = Commit::new();
        commit.update(&stored, &header).event(self.event(caller, &permit, "vault.recovery", described(&header)));
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(())
    }

    /// Opens the vault with a recovery key and gives it a new master key. It is open afterwards.
    ///
    /// # Errors
    /// When the key does not open it, and as for setting it up.
    pub async fn recover(&self, caller: &Caller, request: RecoverVault) -> Result<(), Fault> {
        let permit = self.0.gate.allow(caller, Action::VaultUpdate, &Resource::Appliance).await?;
        let _turn = self.0.turn.lock().await;
        let recovered = self.recovered(caller, request).await;
        let (stored, header, ring) = match recovered {
            Ok(recovered) => recovered,
            Err(fault) => return self.refused(caller, "vault.recover", fault).await,
        };
        let mut commit = Commit::new();
        commit.update(&stored, &header).event(self.event(caller, &permit, "vault.recover", described(&header)));
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        self.set_ring(Some(ring));
        self.forget_older_masters(&header);
        Ok(())
    }

    async fn recovered(
        &self,
        caller: &Caller,
        request: RecoverVault,
    ) -> Result<(crate::store::Stored<VaultHeader>, VaultHeader, std::sync::Arc<crate::domain::vault::Keyring>), Fault> {
        let stored = self.existing()?;
        self.begin_attempt(caller)?;
        let wrong = || {
            faults::WRONG_RECOVERY
                .fault("the recovery key does not open the vault")
                .hint("`execgov vault status` shows for whom it can be recovered; give the identity that belongs to one of them.")
        };
        let identity: Identity = request.identity.expose().parse().map_err(|_| wrong())?;
        let ring = unwrap(&stored.record, &[identity]).map_err(|error| wrong().cause(error))?;
        self.attempt_succeeded(caller);
        let header = self.with_new_master(&stored.record, &ring, request.method, request.passphrase).await?;
        Ok((stored, header, ring))
    }

    /// Gives out a challenge that only the holder of a recovery key can read, or takes the answer and remembers the proof.
    ///
    /// # Errors
    /// When the recipient is not one of the vault's, or the answer is wrong or late.
    pub async fn prove(&self, caller: &Caller, request: &ProveRecovery) -> Result<RecoveryProof, Fault> {
        let permit = self.0.gate.allow(caller, Action::VaultUpdate, &Resource::Appliance).await?;
        let _turn = self.0.turn.lock().await;
        let now = self.0.clock.now();
        let (mut commit, proof) = match self.proof(request, now) {
            Ok(done) => done,
            Err(fault) => return self.refused(caller, "vault.prove", fault).await,
        };
        let details = json!({ "recipient": request.recipient, "proven": proof.proven_at.is_some() });
        commit.event(self.event(caller, &permit, "vault.prove", details));
        self.0.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(proof)
    }

    fn proof(&self, request: &ProveRecovery, now: Timestamp) -> Result<(Commit, RecoveryProof), Fault> {
        let stored = self.existing()?;
        let mut header = stored.record.clone();
        let Some(known) = header.recovery.iter_mut().find(|one| one.recipient == request.recipient.trim()) else {
            return Err(faults::BAD_RECIPIENT
                .fault("the recipient is not one of those who can recover this vault")
                .hint("See them: execgov vault status"));
        };
        let mut commit = Commit::new();
        let mut open = lock(&self.0.challenges);
        open.retain(|one| one.expires_at > now && one.recipient != known.recipient || request.answer.is_some());
        let Some(answer) = &request.answer else {
            let answer = random_hex::<32>();
            let recipient: Recipient =
                known.recipient.parse().map_err(|error| BUG.fault("a stored recipient cannot be read").cause(error))?;
            let sealed = envelope::seal(&Lock::Recipients(vec![recipient]), answer.as_bytes())
                .map_err(|error| BUG.fault("the challenge could not be made").cause(error))?;
            if open.len() >= CHALLENGES {
                open.remove(0);
            }
            let expires_at = now.checked_add(jiff::SignedDuration::from_secs(CHALLENGE_S)).unwrap_or(Timestamp::MAX);
            open.push(Challenge { recipient: known.recipient.clone(), answer, expires_at });
            return Ok((commit, RecoveryProof { challenge: Some(sealed), proven_at: known.proven_at.map(|at| at.to_string()) }));
        };
        let fits = |one: &Challenge| one.recipient == known.recipient && one.expires_at > now;
        let right =
            open.iter().position(fits).map(|at| open.remove(at)).is_some_and(|one| equal(one.answer.as_bytes(), answer.trim().as_bytes()));
        if !right {
            return Err(faults::WRONG_RECOVERY
                .fault("the answer is not what the challenge holds, or it came too late")
                .hint("Begin again: execgov vault prove --identity FILE"));
        }
        known.proven_at = Some(now);
        commit.update(&stored, &header);
        Ok((commit, RecoveryProof { challenge: None, proven_at: Some(now.to_string()) }))
    }
}
