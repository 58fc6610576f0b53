//! Files to and from an appliance, in pieces, with a callback that hears how far it is.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use reqwest::{Body, Method, multipart};
use sha2::{Digest, Sha256};
use tokio_util::io::ReaderStream;

use super::{Client, ClientError};

/// Waiting for a transfer as a whole.
const TRANSFER_LIMIT: Duration = Duration::from_hours(1);

/// Hears the bytes moved so far and, when known, the bytes in all.
pub type Progress = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// What a download brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transferred {
    pub bytes: u64,
    /// Lower-case hexadecimal SHA-256 of the bytes.
    pub sha256: String,
}

impl Client {
    /// A multipart part that streams a file.
    pub(super) async fn file_part(path: &Path, name: &str, progress: Progress) -> Result<multipart::Part, ClientError> {
        let fail = |source| ClientError::File { what: "read", path: path.to_owned(), source };
        let file = tokio::fs::File::open(path).await.map_err(fail)?;
        let about = file.metadata().await.map_err(fail)?;
        if about.is_dir() {
            return Err(fail(std::io::ErrorKind::IsADirectory.into()));
        }
        let total = about.len();
        let mut sent = 0;
        let stream = ReaderStream::with_capacity(file, 64 << 10).inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                sent += chunk.len() as u64;
                progress(sent, Some(total));
            }
        });
        Ok(multipart::Part::stream_with_length(Body::wrap_stream(stream), total).file_name(name.to_owned()))
    }

    /// Posts a form whose parts may be large.
    pub(super) fn upload(&self, path: &[&str], form: multipart::Form) -> reqwest::RequestBuilder {
        self.request(Method::POST, path, &()).timeout(TRANSFER_LIMIT).multipart(form)
    }

    /// Writes an answer's bytes as they come.
    ///
    /// # Errors
    /// When the call fails or the destination cannot be written.
    pub async fn download(
        &self,
        path: &[&str],
        query: &(impl serde::Serialize + Sync),
        to: &mut (impl Write + Send),
        progress: &Progress,
    ) -> Result<Transferred, ClientError> {
        let request = self.request(Method::GET, path, query).timeout(TRANSFER_LIMIT);
        let mut answer = self.answer(request).await?;
        let total = answer.content_length();
        let mut digest = Sha256::new();
        let mut bytes = 0;
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.transport(&error))? {
            to.write_all(&chunk).map_err(|source| ClientError::File { what: "write", path: "the destination".into(), source })?;
            digest.update(&chunk);
            bytes += chunk.len() as u64;
            progress(bytes, total);
        }
        to.flush().map_err(|source| ClientError::File { what: "write", path: "the destination".into(), source })?;
        Ok(Transferred { bytes, sha256: hex::encode(digest.finalize()) })
    }
}
