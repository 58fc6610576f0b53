//! One verification of the whole audit log: allowed first, then carried out with others looking on, then recorded and signed.

use tokio::sync::watch;

use super::{Audit, log_subject, whole};
use crate::base::fault::{BUG, Fault};
use crate::crypto::tiles::WIDTH;
use crate::domain::access::{Action, Caller};
use crate::service::gate::Permit;
use crate::service::storage_fault;
use crate::store::StoreError;
use crate::store::audit::verify_snapshot;
use crate::wire::audit::{AuditProgress, AuditVerdict};

/// The DSSE payload type of a signed verdict.
const VERDICT_TYPE: &str = "application/vnd.execgov.audit-verdict+json";

/// How far it is, is told after so many entries: a multiple of a bundle.
const STEP: u64 = 16 * WIDTH;

/// A verification that was allowed and not yet carried out.
pub struct PendingVerification {
    audit: Audit,
    caller: Caller,
    permit: Permit,
    progress: watch::Sender<AuditProgress>,
}

impl Audit {
    /// Prepares to verify the whole log.
    ///
    /// # Errors
    /// When the caller may not.
    pub async fn begin_verification(&self, caller: &Caller) -> Result<PendingVerification, Fault> {
        let permit = self.gate.allow(caller, Action::AuditVerify, &whole(caller)).await?;
        Ok(PendingVerification { audit: self.clone(), caller: caller.clone(), permit, progress: watch::Sender::default() })
    }
}

impl PendingVerification {
    /// How far it is, from now on.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<AuditProgress> {
        self.progress.subscribe()
    }

    /// Verifies the log, records that somebody did, and signs what was found.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn finish(self) -> Result<AuditVerdict, Fault> {
        let Self { audit, caller, permit, progress } = self;
        let began = std::time::Instant::now();
        let evidence = audit.evidence().clone();
        let held = Audit::last_witness(&evidence.ledger.read().map_err(storage_fault)?)?.map(|witness| witness.checkpoint);
        let verified = tokio::task::spawn_blocking(move || {
            let snapshot = evidence.ledger.read()?;
            let of = snapshot.log_size()?;
            let mut tell = |checked: u64| {
                if checked.is_multiple_of(STEP) {
                    progress.send_replace(AuditProgress { checked, of });
                }
            };
            Ok::<_, StoreError>(verify_snapshot(&snapshot, &evidence.signer.verifier(), held.as_deref(), &mut tell))
        });
        let report = verified.await.map_err(|error| BUG.fault("the verification broke off").cause(error))?.map_err(storage_fault)?;
        let mut verdict = AuditVerdict {
            ok: report.ok,
            entries: report.entries,
            removed: report.removed,
            first_bad: report.first_bad,
            problem: report.sentence,
            root_hash: report.root_hash,
            checkpoint: report.checkpoint,
            key: report.key,
            duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            statement: None,
        };
        let mut event = permit.note(audit.gate.event(&caller, Action::AuditVerify.name(), log_subject()));
        event.details.insert("ok".to_owned(), verdict.ok.into());
        event.details.insert("entries".to_owned(), verdict.entries.into());
        let (said_at, said_by) = (event.at, event.actor.clone());
        audit.remember(&verdict, event).await?;
        let statement = serde_json::json!({ "appliance": audit.evidence().install_id(), "verified_at": said_at, "verified_by": said_by, "verdict": verdict });
        verdict.statement = Some(audit.evidence().sign(VERDICT_TYPE, statement.to_string().as_bytes()));
        Ok(verdict)
    }
}
