//! What a start finds of an earlier server: runs that were under way, runs that wait, logs that were not put away.

use super::attempt::AttemptOutcome;
use super::show::output_of;
use super::{RunError, Runs, faults};
use crate::base::fault::Fault;
use crate::domain::ids::TenantKey;
use crate::domain::run::{Ending, LogSeal, Phase, Run};
use crate::service::tenants;
use crate::store::log::{LogKey, SealedLog};
use crate::store::record::run::phase_prefix;
use crate::store::{Scan, Stored};

/// What a restart found.
#[derive(Debug, Default, Clone, Copy)]
pub struct Recovered {
    pub queued: usize,
    pub interrupted: usize,
    pub retried: usize,
    /// Logs that were put away late.
    pub logs: usize,
}

impl Runs {
    /// After a start: lines up what was queued and gives every run that was under way a truthful end.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn recover(&self) -> Result<Recovered, Fault> {
        let tenants = self.tenants()?;
        Ok(self.recover_in(&tenants).await?)
    }

    /// In which tenants there may be runs.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn tenants(&self) -> Result<Vec<TenantKey>, Fault> {
        tenants::keys(&self.ledger)
    }

    async fn recover_in(&self, tenants: &[TenantKey]) -> Result<Recovered, RunError> {
        let mut found = Recovered::default();
        for tenant in tenants {
            for run in self.in_phase(tenant, Phase::Running)? {
                let outcome = self.interrupted_outcome(&run.record).await;
                let key = LogKey { run: run.record.id, attempt: run.record.attempt_number() };
                let policy = self.capabilities.retry_policy(tenant, run.record.capability, run.record.version).unwrap_or_default();
                match self.record_outcome(tenant, run.record.id, &policy, &outcome).await? {
                    Some(run) if run.phase == Phase::Queued => found.retried += 1,
                    _ => found.interrupted += 1,
                }
                self.put_away(key, outcome.log.as_ref(), outcome.inline_log.is_some()).await;
            }
            for run in self.in_phase(tenant, Phase::Queued)? {
                self.line_up(&run.record);
                found.queued += 1;
            }
        }
        found.logs = self.put_leftovers_away(tenants).await?;
        Ok(found)
    }

    /// After an outcome is committed: a log that stands in the record needs its file no more, any other is packed.
    ///
    /// Failing is no harm: the log stays readable as it is, and the next start tries again.
    pub async fn put_away(&self, key: LogKey, seal: Option<&LogSeal>, inline: bool) {
        let done = match seal {
            _ if inline => self.logs.discard(key),
            Some(seal) => self.logs.settle(key, seal.clone()).await,
            None => return,
        };
        if let Err(error) = done {
            tracing::warn!(log = %key, %error, "a log could not be put away; it stays as it is");
        }
    }

    /// Logs of attempts whose outcome was committed, but which an earlier server had no time to put away.
    async fn put_leftovers_away(&self, tenants: &[TenantKey]) -> Result<usize, RunError> {
        let keys = match self.logs.leftovers() {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!(%error, "logs of an earlier server cannot be looked for");
                return Ok(0);
            }
        };
        let mut done = 0;
        for key in keys {
            let mut owner = None;
            for tenant in tenants {
                owner = owner.or(self.stored(tenant, key.run)?.map(|stored| stored.record));
            }
            let Some(run) = owner else {
                tracing::warn!(log = %key, "a log belongs to no run; it stays where it is");
                continue;
            };
            let inline = output_of(&self.ledger.read()?, &run)?.log_of(&run, key.attempt).is_some();
            if let Some(seal) = run.seal_of(key.attempt).cloned() {
                self.put_away(key, Some(&seal), inline).await;
            } else {
                // No seal was recorded: what there is gets one of its own, so that it can be read whole.
                let Some(sealed) = self.seal_interrupted(key).await else { continue };
                let (seal, _) = super::log::sealed_parts(sealed);
                self.put_away(key, seal.as_ref(), false).await;
            }
            done += 1;
        }
        Ok(done)
    }

    async fn interrupted_outcome(&self, run: &Run) -> AttemptOutcome {
        let key = LogKey { run: run.id, attempt: run.attempt_number() };
        let (log, inline_log) = self.seal_interrupted(key).await.map(super::log::sealed_parts).unwrap_or_default();
        AttemptOutcome {
            ending: Some(Ending::Interrupted),
            reason: Some((
                faults::INTERRUPTED,
                "the server ended while the run was under way; the log is kept up to its last flushed line".to_owned(),
            )),
            log,
            inline_log,
            ..AttemptOutcome::default()
        }
    }

    /// Seals the log of an attempt that nobody writes any more.
    async fn seal_interrupted(&self, key: LogKey) -> Option<SealedLog> {
        let logs = self.logs.clone();
        let remark = format!("the server ended while the run was under way ({})", faults::INTERRUPTED.text);
        match tokio::task::spawn_blocking(move || logs.recover(key, &remark)).await {
            Ok(Ok(sealed)) => {
                if let Some(error) = &sealed.trouble {
                    tracing::error!(log = %key, %error, "the log of an interrupted run is not whole");
                }
                Some(sealed)
            }
            Ok(Err(error)) => {
                tracing::error!(log = %key, %error, "the log of an interrupted run could not be sealed");
                None
            }
            Err(_) => None,
        }
    }

    fn in_phase(&self, tenant: &TenantKey, phase: Phase) -> Result<Vec<Stored<Run>>, RunError> {
        let snapshot = self.ledger.read()?;
        Ok(snapshot.scan(&Scan::index(crate::store::record::run::BY_PHASE, &phase_prefix(tenant, phase)))?)
    }
}
