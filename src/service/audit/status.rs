//! How the log stands: verified when, witnessed where, removed how far, sent how far.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Audit, log_subject, whole};
use crate::base::clock::Timestamp;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::crypto::checkpoint::Checkpoint;
use crate::crypto::proof::verify_consistency;
use crate::domain::access::{Action, Caller};
use crate::domain::audit::{PLACE_CHARS, Verification, Witness};
use crate::service::{commit_fault, storage_fault};
use crate::store::record::audit::VERIFICATION_KEY;
use crate::store::{Commit, Scan, Snapshot, Stored};
use crate::wire::audit::{AuditStatus, ForwardViews, RemovedView, VerificationView, WitnessRequest, WitnessView, WitnessViews};

pub const BAD_WITNESS: Code = Code::new("EG-AUD-008", Class::User, "The checkpoint cannot be witnessed");

/// Witnessed checkpoints that a list shows.
const LISTED: usize = 200;

impl Audit {
    /// How the log stands.
    ///
    /// # Errors
    /// When the caller may not read the log.
    pub async fn status(&self, caller: &Caller) -> Result<AuditStatus, Fault> {
        let _permit = self.gate.allow(caller, Action::AuditView, &whole(caller)).await?;
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        let entries = snapshot.log_size().map_err(storage_fault)?;
        let verified: Option<Stored<Verification>> = snapshot.get(VERIFICATION_KEY).map_err(storage_fault)?;
        let witness = Self::last_witness(&snapshot)?;
        Ok(AuditStatus {
            entries,
            checkpoint: snapshot.checkpoint().map_err(storage_fault)?,
            key: self.verifier_key(),
            last_verified: verified.map(|found| VerificationView {
                at: found.record.at.to_string(),
                by: found.record.by,
                ok: found.record.ok,
                entries: found.record.entries,
                problem: found.record.problem,
            }),
            unwitnessed: entries.saturating_sub(witness.as_ref().map_or(0, |witness| witness.entries)),
            last_witnessed: witness.map(view),
            removed: Self::removed(&snapshot)?,
            retention_days: self.retention_days,
            forward: self.forwards_seen(&snapshot)?,
        })
    }

    /// Where events are sent, and how far that has come.
    ///
    /// # Errors
    /// When the caller may not read the log.
    pub async fn forward_status(&self, caller: &Caller) -> Result<ForwardViews, Fault> {
        let _permit = self.gate.allow(caller, Action::AuditView, &whole(caller)).await?;
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        Ok(ForwardViews { items: self.forwards_seen(&snapshot)? })
    }

    /// Checkpoints that are kept elsewhere, the latest first.
    ///
    /// # Errors
    /// When the caller may not read the log.
    pub async fn witnesses(&self, caller: &Caller) -> Result<WitnessViews, Fault> {
        let _permit = self.gate.allow(caller, Action::AuditView, &whole(caller)).await?;
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        let found: Vec<Stored<Witness>> = snapshot.scan(&Scan::table(&[]).reverse().limit(LISTED)).map_err(storage_fault)?;
        Ok(WitnessViews { items: found.into_iter().map(|witness| view(witness.record)).collect() })
    }

    /// Records that a checkpoint is kept elsewhere. It must be one of this log, signed by it, and the log must still
    /// begin with what it signs.
    ///
    /// # Errors
    /// [`BAD_WITNESS`] says what is wrong with it.
    pub async fn witness(&self, caller: &Caller, request: &WitnessRequest) -> Result<WitnessView, Fault> {
        let permit = self.gate.allow(caller, Action::AuditWitness, &whole(caller)).await?;
        let place = request.place.trim().to_owned();
        if place.is_empty() || place.chars().count() > PLACE_CHARS || place.chars().any(char::is_control) {
            return Err(bad("/place", format!("`place` has 1 to {PLACE_CHARS} characters and no control characters")));
        }
        let witness = {
            let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
            let note = match &request.checkpoint {
                Some(note) => note.clone(),
                None => snapshot.checkpoint().map_err(storage_fault)?,
            };
            let signed = self.open(&snapshot, &note);
            match signed {
                Ok(signed) => Witness {
                    at: self.gate.now(),
                    by: caller.actor(),
                    place,
                    entries: signed.size,
                    root_hash: STANDARD.encode(signed.root),
                    checkpoint: note,
                },
                Err(why) => {
                    drop(snapshot);
                    let fault = bad("/checkpoint", why);
                    self.gate.refuse(caller, Action::AuditWitness.name(), log_subject(), &fault).await;
                    return Err(fault);
                }
            }
        };
        let mut event = permit.note(self.gate.event(caller, Action::AuditWitness.name(), log_subject()));
        event.details.insert("place".to_owned(), json!(witness.place));
        event.details.insert("entries".to_owned(), json!(witness.entries));
        event.details.insert("root_hash".to_owned(), json!(witness.root_hash));
        let mut commit = Commit::new();
        commit.insert(&witness).event(event);
        self.evidence.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(view(witness))
    }

    /// A checkpoint that this log signed and still begins with; else what is wrong with it.
    fn open(&self, snapshot: &Snapshot, note: &str) -> Result<Checkpoint, String> {
        let signer = self.evidence.signer.verifier();
        let signed = Checkpoint::open(note, &signer).map_err(|error| format!("`checkpoint` is not signed by this log: {error}"))?;
        let text = |error: crate::store::StoreError| error.to_string();
        let head = Checkpoint::open(&snapshot.checkpoint().map_err(text)?, &signer).map_err(|error| error.to_string())?;
        let proof = snapshot.consistency_proof(signed.size).map_err(text)?;
        let proof =
            proof.ok_or_else(|| format!("`checkpoint` says {} entries, the log has {}: it was set back", signed.size, head.size))?;
        if signed.size > 0 && !verify_consistency(signed.size, &signed.root, head.size, &head.root, &proof.hashes) {
            return Err(format!("the log does not begin with the {} entries of `checkpoint`: its past was rewritten", signed.size));
        }
        Ok(signed)
    }

    pub(in crate::service) fn last_witness(snapshot: &Snapshot) -> Result<Option<Witness>, Fault> {
        let last: Vec<Stored<Witness>> = snapshot.scan(&Scan::table(&[]).reverse().limit(1)).map_err(storage_fault)?;
        Ok(last.into_iter().next().map(|witness| witness.record))
    }

    /// What retention removed, with the moment and the rule that the tombstone names.
    pub(super) fn removed(snapshot: &Snapshot) -> Result<Option<RemovedView>, Fault> {
        let Some(removed) = snapshot.removed().map_err(storage_fault)? else { return Ok(None) };
        let told = snapshot.events(removed.tombstone..removed.tombstone + 1).map_err(storage_fault)?.into_iter().next();
        let rule = told.as_ref().and_then(|told| told.event.details.get("rule")?.as_str().map(str::to_owned));
        Ok(Some(RemovedView {
            entries: removed.entries,
            tombstone: removed.tombstone,
            at: told.map_or(Timestamp::UNIX_EPOCH, |told| told.event.at).to_string(),
            rule: rule.unwrap_or_default(),
        }))
    }
}

fn view(witness: Witness) -> WitnessView {
    WitnessView {
        at: witness.at.to_string(),
        by: witness.by,
        place: witness.place,
        entries: witness.entries,
        root_hash: witness.root_hash,
        checkpoint: witness.checkpoint,
    }
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_WITNESS.fault(message).field(field).hint("`execgov audit checkpoint` prints the newest one.")
}
