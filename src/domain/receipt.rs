//! The receipt of a run: an in-toto statement (<https://in-toto.io/Statement/v1>) that says who ran what, when, with
//! which inputs, allowed by what, with what result. It is signed elsewhere, as a DSSE envelope.

use serde_json::{Value, json};

use crate::domain::capability::Version;
use crate::domain::run::Run;

/// The `predicateType` of a receipt.
pub const PREDICATE_TYPE: &str = "https://execgov.dev/attestation/run/v1";
/// The DSSE `payloadType` of every in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Where the log speaks of the run: what ties a receipt to the audit log.
#[derive(Debug, Clone)]
pub struct LogAnchor {
    /// Index of the event that ended the run.
    pub index: u64,
    /// A signed checkpoint that covers it.
    pub checkpoint: String,
    /// Base64 hashes of the inclusion proof, leaf to root.
    pub inclusion: Vec<String>,
    /// Base64 of the event's exact bytes.
    pub entry: String,
}

/// Makes the statement. Secrets are never part of a run's record, so none can be part of this.
#[must_use]
pub fn statement(run: &Run, version: &Version, install: &str, anchor: &LogAnchor) -> Value {
    let result_digest = run.result_digest.as_ref();
    let mut subjects = vec![
        json!({ "name": run.id, "digest": { "sha256": run.log.as_ref().map(|log| log.sha256.clone()).unwrap_or_default() }, "annotations": { "what": "log" } }),
    ];
    subjects.extend(run.artifacts.iter().map(|artifact| {
        json!({ "name": artifact.name, "digest": { "sha256": artifact.sha256 }, "annotations": { "what": "artifact", "bytes": artifact.bytes.to_string() } })
    }));
    if let Some(result) = result_digest {
        subjects.push(json!({ "name": "result", "digest": { "sha256": result }, "annotations": { "what": "result" } }));
    }
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "appliance": install,
            "run": {
                "id": run.id,
                "tenant": run.tenant,
                "phase": run.phase,
                "requester": run.requester,
                "trigger": run.trigger,
                "source": run.source,
                "reason": run.reason,
                "allowedBy": run.allowed_by,
                "ticket": run.ticket,
                "hold": run.hold,
                "createdAt": run.created_at,
                "queuedAt": run.queued_at,
                "finishedAt": run.finished_at,
                "resource": run.resource,
                "rerunOf": run.rerun_of,
                "cancelAskedBy": run.cancel_asked_by,
            },
            "capability": {
                "id": run.capability,
                "name": run.capability_name,
                "version": run.version,
                "versionDigest": run.version_digest,
                "contentDigest": version.content,
                "risk": version.manifest.risk,
            },
            "inputs": { "digest": run.inputs_digest, "values": run.inputs },
            "attempts": run.attempts,
            "result": { "digest": result_digest },
            "log": run.log,
            "artifacts": run.artifacts,
            "audit": {
                "index": anchor.index,
                "entry": anchor.entry,
                "inclusion": anchor.inclusion,
                "checkpoint": anchor.checkpoint,
            },
        },
    })
}
