//! The end of an attempt that made requests: how it ended, its result, and the bodies that are kept.

use serde_json::Value;

use super::attempt::{Attempter, Stopped, check_result, ended_early};
use crate::base::fault::Code;
use crate::domain::run::{Ending, RunArtifact};
use crate::exec::http::{Ended, Kept};
use crate::service::capabilities::Loaded;
use crate::service::runs::{AttemptOutcome, faults};

/// Says how it ended, and keeps result and artifacts.
pub(super) async fn judge(attempter: &Attempter, loaded: &Loaded, ended: Ended, stopped: &Stopped, outcome: &mut AttemptOutcome) {
    let limits = &loaded.version.manifest.limits;
    outcome.reached = ended.reached;
    let kept = keep(attempter, loaded, ended.artifacts, outcome).await;
    let (ending, reason) = match (ended_early(stopped, limits), ended.outcome) {
        (Some((ending, reason)), _) => (ending, Some(reason)),
        (None, Err(problem)) => (Ending::Failed, Some((problem.code(), problem.to_string()))),
        (None, Ok(found)) => match kept.and_then(|()| keep_result(loaded, found.result, outcome)) {
            Ok(()) => (Ending::Succeeded, None),
            Err(reason) => (Ending::Failed, Some(reason)),
        },
    };
    outcome.ending = Some(ending);
    outcome.reason = reason;
}

async fn keep(attempter: &Attempter, loaded: &Loaded, found: Vec<Kept>, outcome: &mut AttemptOutcome) -> Result<(), (Code, String)> {
    let limits = &loaded.version.manifest.limits;
    let mut total = 0;
    for (at, artifact) in found.into_iter().enumerate() {
        let bytes = artifact.bytes.len() as u64;
        total += bytes;
        if at >= limits.artifacts as usize || bytes > limits.file_bytes || total > limits.disk_bytes {
            outcome.skipped.push(format!("{} is beyond the limits of the version", artifact.name));
            continue;
        }
        let lost = |error| (faults::EVIDENCE_LOST, format!("artifact `{}` could not be kept: {error}", artifact.name));
        let blob = attempter.blobs.put_bytes(artifact.bytes).await.map_err(lost)?;
        let (name, media_type) = (artifact.name.clone(), artifact.media_type.clone());
        outcome.artifacts.push(RunArtifact { name, bytes: blob.bytes, sha256: blob.id.to_string(), media_type });
    }
    Ok(())
}

fn keep_result(loaded: &Loaded, result: Option<Value>, outcome: &mut AttemptOutcome) -> Result<(), (Code, String)> {
    let bad = |detail: String| (faults::BAD_RESULT, detail);
    let Some(value) = result else {
        return match &loaded.output {
            Some(_) => Err(bad("the version declares a result and the answer has no JSON".to_owned())),
            None => Ok(()),
        };
    };
    let limit = loaded.version.manifest.limits.result_bytes;
    let bytes = serde_json::to_vec(&value).map_or(u64::MAX, |text| text.len() as u64);
    if bytes > limit {
        return Err(bad(format!(
            "the result has {bytes} bytes, and the limit is {limit}: extract less of the answer, or keep it as an artifact"
        )));
    }
    check_result(loaded, &value)?;
    outcome.result = Some(value);
    Ok(())
}
