//! Runs, their logs, artifacts and receipts, and the files uploaded for them.

use std::path::Path;

use reqwest::{Method, StatusCode, multipart};
use serde_json::Value;

use super::{Client, ClientError, Events, Pages, Progress};
use crate::wire::page::CountedPage;
use crate::wire::run::{CancelRequest, LogPage, LogQuery, RunDetail, RunQuery, RunRequest, RunSummary, UploadedFile};

const ROOT: [&str; 3] = ["api", "v1", "runs"];

/// What became of a request for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    New(RunDetail),
    /// A run with the same idempotency key exists.
    Replayed(RunDetail),
}

fn below<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    ROOT.iter().copied().chain(rest.iter().copied()).collect()
}

impl Client {
    #[must_use]
    pub fn runs(&self, query: &RunQuery) -> Pages<CountedPage<RunSummary>> {
        Pages::new(self, &ROOT, query)
    }

    pub async fn run(&self, id: &str) -> Result<RunDetail, ClientError> {
        self.get(&below(&[id]), &()).await
    }

    /// Asks for a run. With a key, asking again does not start another one.
    pub async fn submit(&self, request: &RunRequest, idempotency_key: &str) -> Result<Submitted, ClientError> {
        let call = self.request(Method::POST, &ROOT, &()).header("idempotency-key", idempotency_key).json(request);
        let (status, run) = self.json_with_status(call).await?;
        Ok(if status == StatusCode::OK { Submitted::Replayed(run) } else { Submitted::New(run) })
    }

    pub async fn cancel(&self, id: &str, request: &CancelRequest) -> Result<RunDetail, ClientError> {
        self.post(&below(&[id, "cancel"]), request).await
    }

    pub async fn log(&self, id: &str, query: &LogQuery) -> Result<LogPage, ClientError> {
        self.get(&below(&[id, "log"]), query).await
    }

    /// The log as it grows, from a line on: `lines` events, then `sealed`.
    #[must_use]
    pub fn log_events(&self, id: &str, from: u64) -> Events {
        Events::new(self, &below(&[id, "log", "stream"]), &[("from", from.to_string())])
    }

    /// Changes of one run, as `run` events.
    #[must_use]
    pub fn run_events(&self, id: &str) -> Events {
        Events::new(self, &below(&[id, "stream"]), &[])
    }

    /// The path of an artifact, whose name may have folders.
    #[must_use]
    pub fn artifact_path<'a>(id: &'a str, name: &'a str) -> Vec<&'a str> {
        let mut path = below(&[id, "artifacts"]);
        path.extend(name.split('/'));
        path
    }

    /// The signed receipt: a DSSE envelope.
    pub async fn receipt(&self, id: &str) -> Result<Value, ClientError> {
        self.get(&below(&[id, "receipt"]), &()).await
    }

    /// The path of the evidence of a run: a zip.
    #[must_use]
    pub fn evidence_path(id: &str) -> Vec<&str> {
        below(&[id, "evidence"])
    }

    /// Uploads an input file.
    pub async fn upload_file(&self, path: &Path, progress: Progress) -> Result<UploadedFile, ClientError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let form = multipart::Form::new().part("file", Self::file_part(path, &name, progress).await?);
        self.json(self.upload(&["api", "v1", "files"], form)).await
    }
}
