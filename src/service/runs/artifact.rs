//! Files that runs left behind, by name.

use std::fs::File;

use super::{Runs, faults};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::run::RunArtifact;
use crate::service::{blob_fault, resource};

/// An artifact, opened.
#[derive(Debug)]
pub struct ArtifactFile {
    pub artifact: RunArtifact,
    pub file: File,
}

impl Runs {
    /// # Errors
    /// Not found, also when the caller may not see the run; [`faults::NO_ARTIFACT`] when the run has no such file.
    pub async fn artifact(&self, caller: &Caller, id: &str, name: &str) -> Result<ArtifactFile, Fault> {
        let run = self.seen(caller, id).await?;
        let _permit = self.gate.allow(caller, Action::ArtifactDownload, &resource::run(&run)).await?;
        let artifact = run.artifacts.iter().find(|artifact| artifact.name == name).cloned().ok_or_else(|| {
            let shown: String = name.chars().take(120).collect();
            faults::NO_ARTIFACT
                .fault(format!("run {id} left no file `{shown}`"))
                .param("artifact", shown)
                .hint("`execgov runs artifacts` lists them.")
        })?;
        let file = self.blobs.get(crate::service::blob_id(&artifact.sha256)?).map_err(blob_fault)?;
        Ok(ArtifactFile { artifact, file })
    }
}
