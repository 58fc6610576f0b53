//! Capabilities and their versions.

use std::path::Path;

use reqwest::{StatusCode, multipart};

use super::{Client, ClientError, Pages, Progress};
use crate::wire::capability::{
    AgreeRequest, CapabilityDetail, CapabilityQuery, CapabilitySummary, InspectionReport, Plan, PlanRequest, PublishRequest, Registered,
    RollbackRequest, SubmitRequest, VersionDetail, VersionDiff, VersionSummary,
};
use crate::wire::page::Page;
use crate::wire::resource::{CapabilityVerification, VerifyRequest};

const ROOT: [&str; 3] = ["api", "v1", "capabilities"];

fn below<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    ROOT.iter().copied().chain(rest.iter().copied()).collect()
}

/// What goes along with an upload.
#[derive(Debug, Clone, Copy, Default)]
pub struct UploadNotes<'a> {
    pub comment: Option<&'a str>,
    /// Where a new capability shall live.
    pub space: Option<&'a str>,
}

impl Client {
    #[must_use]
    pub fn capabilities(&self, query: &CapabilityQuery) -> Pages<Page<CapabilitySummary>> {
        Pages::new(self, &ROOT, query)
    }

    pub async fn capability(&self, name: &str) -> Result<CapabilityDetail, ClientError> {
        self.get(&below(&[name]), &()).await
    }

    #[must_use]
    pub fn versions(&self, name: &str) -> Pages<Page<VersionSummary>> {
        Pages::new(self, &below(&[name, "versions"]), &())
    }

    pub async fn version(&self, name: &str, number: u32) -> Result<VersionDetail, ClientError> {
        self.get(&below(&[name, "versions", &number.to_string()]), &()).await
    }

    pub async fn diff(&self, name: &str, from: u32, to: u32) -> Result<VersionDiff, ClientError> {
        self.get(&below(&[name, "diff"]), &serde_json::json!({ "from": from, "to": to })).await
    }

    pub async fn submit_version(&self, name: &str, number: u32, request: &SubmitRequest) -> Result<CapabilityDetail, ClientError> {
        self.post(&below(&[name, "versions", &number.to_string(), "submit"]), request).await
    }

    pub async fn return_version(&self, name: &str, number: u32, request: &PublishRequest) -> Result<CapabilityDetail, ClientError> {
        self.post(&below(&[name, "versions", &number.to_string(), "return"]), request).await
    }

    pub async fn publish(&self, name: &str, number: u32, request: &AgreeRequest) -> Result<CapabilityDetail, ClientError> {
        self.post(&below(&[name, "versions", &number.to_string(), "publish"]), request).await
    }

    pub async fn deprecate(&self, name: &str, number: u32, request: &PublishRequest) -> Result<CapabilityDetail, ClientError> {
        self.post(&below(&[name, "versions", &number.to_string(), "deprecate"]), request).await
    }

    pub async fn retire(&self, name: &str, number: u32, request: &PublishRequest) -> Result<CapabilityDetail, ClientError> {
        self.post(&below(&[name, "versions", &number.to_string(), "retire"]), request).await
    }

    pub async fn rollback(&self, name: &str, request: &RollbackRequest) -> Result<CapabilityDetail, ClientError> {
        self.post(&below(&[name, "rollback"]), request).await
    }

    /// Makes the declared reading request of a version; the current one unless another is named.
    pub async fn verify(&self, name: &str, version: Option<u32>) -> Result<CapabilityVerification, ClientError> {
        self.post(&below(&[name, "verify"]), &VerifyRequest { version }).await
    }

    /// What would happen if a run were started now.
    pub async fn plan(&self, name: &str, request: &PlanRequest) -> Result<Plan, ClientError> {
        self.post(&below(&[name, "plan"]), request).await
    }

    /// What an upload would become; stores nothing.
    pub async fn inspect(&self, file: &Path, name: Option<&str>, progress: Progress) -> Result<InspectionReport, ClientError> {
        let form = package_form(file, name, &UploadNotes::default(), progress).await?;
        self.json(self.upload(&["api", "v1", "inspections"], form)).await
    }

    /// Uploads a script or an archive as a new version; the flag is false when it was equal to the latest.
    pub async fn register(
        &self,
        file: &Path,
        name: Option<&str>,
        notes: &UploadNotes<'_>,
        progress: Progress,
    ) -> Result<(bool, Registered), ClientError> {
        let form = package_form(file, name, notes, progress).await?;
        let (status, registered) = self.json_with_status(self.upload(&ROOT, form)).await?;
        Ok((status == StatusCode::CREATED, registered))
    }
}

async fn package_form(
    file: &Path,
    name: Option<&str>,
    notes: &UploadNotes<'_>,
    progress: Progress,
) -> Result<multipart::Form, ClientError> {
    let shown = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut form = multipart::Form::new();
    // Text first: a server that reads parts in order then knows the name before the bytes.
    for (key, value) in [("name", name), ("comment", notes.comment), ("space", notes.space)] {
        if let Some(value) = value {
            form = form.text(key, value.to_owned());
        }
    }
    Ok(form.part("file", Client::file_part(file, &shown, progress).await?))
}
