//! The signed receipt of a finished run.

use serde_json::Value;

use super::{RunError, Runs, faults};
use crate::base::fault::Fault;
use crate::domain::access::Caller;
use crate::domain::receipt::{self, PAYLOAD_TYPE};
use crate::service::audit::Evidence;

impl Runs {
    /// A DSSE envelope around the run's statement, signed with the log's key.
    ///
    /// # Errors
    /// Not found, also when the caller may not see the run; [`faults::NOT_FINISHED`] while it is not over.
    pub async fn receipt(&self, caller: &Caller, id: &str, evidence: &Evidence) -> Result<Value, Fault> {
        let run = self.seen(caller, id).await?;
        if !run.phase.is_final() {
            return Err(faults::NOT_FINISHED
                .fault(format!("run {id} is {} and has no receipt yet", run.phase.word()))
                .param("phase", run.phase.word())
                .hint("Wait for the run to end: execgov runs logs -f ID"));
        }
        let loaded = self.capabilities.loaded(&run.tenant, run.capability, run.version)?;
        let anchor = evidence.anchor(&run.id.to_string(), run.finished_at.unwrap_or(run.created_at))?;
        let statement = receipt::statement(&run, &loaded.version, evidence.install_id(), &anchor);
        let payload = serde_json::to_vec(&statement).map_err(RunError::from)?;
        Ok(evidence.sign(PAYLOAD_TYPE, &payload))
    }
}
