//! Files that arrive as forms (RFC 7578): one part `file`, and a few short text parts. Nothing in a form names a path on the server.

use std::collections::BTreeMap;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;

use super::Problem;
use super::state::AppState;
use crate::base::fault::{BUG, Class, Code, Fault, FieldFault};
use crate::service::files::TOO_LARGE;

pub const BAD_FORM: Code = Code::new("EG-REQ-012", Class::User, "The form is not valid");

/// The body says that it is something else than a form.
pub const NOT_FORM: Code = Code::new("EG-REQ-015", Class::Unsupported, "Request body is not a form");

/// A form that is about to be read.
pub struct Form(Multipart);

impl FromRequest<AppState> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let shown: String = kind.chars().take(60).collect();
        let form = Multipart::from_request(request, state).await.map_err(|_| {
            NOT_FORM.fault(format!("the body is `{shown}`")).hint("send multipart/form-data with a boundary and a part `file`")
        })?;
        Ok(Self(form))
    }
}

impl Form {
    /// The next part, if there is one.
    ///
    /// # Errors
    /// When the form breaks off or is none.
    pub async fn next_field(&mut self) -> Result<Option<Field<'_>>, Problem> {
        self.0.next_field().await.map_err(|error| broken(&error))
    }
}

/// Longest text part, in bytes.
const TEXT_BYTES: usize = 16 * 1024;

/// A form, read whole.
#[derive(Debug)]
pub struct Upload {
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub fields: BTreeMap<String, String>,
}

/// Reads a form with a file of bounded size.
///
/// # Errors
/// Names the part that is missing, unknown, repeated or too large.
pub async fn read(mut form: Form, texts: &[&str], limit: u64) -> Result<Upload, Problem> {
    let mut file: Option<(String, Vec<u8>)> = None;
    let mut fields = BTreeMap::new();
    while let Some(part) = form.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" && file.is_none() {
            let file_name = part.file_name().unwrap_or_default().to_owned();
            if file_name.is_empty() {
                return Err(bad("file", "the part `file` has no file name", "name").into());
            }
            file = Some((file_name, bytes_of(part, limit).await?));
        } else if texts.contains(&name.as_str()) && !fields.contains_key(&name) {
            let bytes = bytes_of(part, TEXT_BYTES as u64).await?;
            let text = String::from_utf8(bytes).map_err(|_| bad(&name, "the text is not UTF-8", "encoding"))?;
            if !text.is_empty() {
                fields.insert(name, text);
            }
        } else {
            let known = texts.join(", ");
            return Err(bad(&name, &format!("the form has one part `file` and at most one each of: {known}"), "unknown").into());
        }
    }
    let (file_name, bytes) = file.ok_or_else(|| bad("file", "the form has no part `file`", "required"))?;
    Ok(Upload { file_name, bytes, fields })
}

async fn bytes_of(mut part: Field<'_>, limit: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| broken(&error))? {
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Err(TOO_LARGE.fault(format!("the upload is larger than {limit} bytes")).param("limit", limit).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

pub(super) fn broken(error: &MultipartError) -> Problem {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return TOO_LARGE.fault("the upload is larger than what is accepted here").into();
    }
    BAD_FORM.fault(format!("the form cannot be read: {}", error.body_text())).hint("Send multipart/form-data with a part `file`.").into()
}

fn bad(field: &str, message: &str, rule: &str) -> Fault {
    let shown: String = field.chars().take(60).collect();
    BAD_FORM.fault(format!("`{shown}`: {message}")).field(FieldFault {
        pointer: format!("/{shown}"),
        rule: rule.to_owned(),
        message: message.to_owned(),
        params: Vec::new(),
    })
}

/// Runs work that takes long off the threads that serve requests.
///
/// # Errors
/// Those of the work.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, Fault> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(BUG.fault("reading the upload failed").cause(error).into()),
    }
}
