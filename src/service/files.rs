//! Files that people upload as inputs: kept by content, usable only in runs of the one who uploaded them.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::base::clock::Clock;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::Subject;
use crate::domain::file::{InputFile, safe_name};
use crate::domain::ids::{FileId, TenantKey};
use crate::domain::run::Run;
use crate::domain::schema::InputSchema;
use crate::service::gate::Gate;
use crate::service::runs::file_ids;
use crate::service::{blob_fault, commit_fault, storage_fault};
use crate::store::blob::{BlobError, BlobStore, BlobWriter};
use crate::store::record::scoped;
use crate::store::{Commit, Ledger, Stored};
use crate::wire::run::UploadedFile;

pub const NO_FILE: Code = Code::new("EG-REQ-011", Class::User, "No such uploaded file");

pub const TOO_LARGE: Code = Code::new("EG-REQ-013", Class::TooLarge, "The file is too large");

/// An upload under way. Dropped before it is kept, it leaves nothing.
pub struct Keeping(BlobWriter);

impl Keeping {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`TOO_LARGE`] beyond the limit.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.0.write(bytes).map_err(upload_fault)
    }
}

fn upload_fault(error: BlobError) -> Fault {
    match error {
        BlobError::TooLarge { limit } => TOO_LARGE.fault(format!("the file is larger than {limit} bytes")).param("limit", limit),
        other => blob_fault(other),
    }
}

/// The service of uploaded files.
#[derive(Clone)]
pub struct Files {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    blobs: BlobStore,
}

impl Files {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, clock: Arc<dyn Clock>, blobs: BlobStore) -> Self {
        Self { ledger, gate, clock, blobs }
    }

    /// Asks before the bytes are read.
    ///
    /// # Errors
    /// When the caller may not upload.
    pub async fn may_upload(&self, caller: &Caller) -> Result<(), Fault> {
        let _permit = self.gate.allow(caller, Action::FileUpload, &Resource::Tenant(caller.tenant.clone())).await?;
        Ok(())
    }

    /// Begins an upload of at most so many bytes.
    ///
    /// # Errors
    /// When the data directory cannot be written.
    pub fn begin(&self, limit: u64) -> Result<Keeping, Fault> {
        Ok(Keeping(self.blobs.writer(limit).map_err(upload_fault)?))
    }

    /// Ends an upload and records it.
    ///
    /// # Errors
    /// When the caller may not upload or the ledger cannot be written.
    pub async fn keep(&self, caller: &Caller, name: &str, keeping: Keeping) -> Result<UploadedFile, Fault> {
        let permit = self.gate.allow(caller, Action::FileUpload, &Resource::Tenant(caller.tenant.clone())).await?;
        let kept = keeping.0.finish().await.map_err(upload_fault)?;
        let now = self.clock.now();
        let file = InputFile {
            id: FileId::new(now),
            tenant: caller.tenant.clone(),
            owner: caller.actor().id.unwrap_or_default(),
            name: safe_name(name),
            bytes: kept.bytes,
            sha256: kept.id.to_string(),
            created_at: now,
        };
        let subject = Subject { kind: "file".to_owned(), id: Some(file.id.to_string()), name: Some(file.name.clone()) };
        let mut event = permit.note(self.gate.event(caller, Action::FileUpload.name(), subject));
        event.details.insert("sha256".to_owned(), file.sha256.clone().into());
        event.details.insert("bytes".to_owned(), file.bytes.into());
        let mut commit = Commit::new();
        commit.insert(&file).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(UploadedFile { id: file.id.to_string(), name: file.name, bytes: file.bytes, sha256: file.sha256 })
    }

    /// A file that this caller uploaded.
    ///
    /// # Errors
    /// [`NO_FILE`] naming the field, when it does not exist or belongs to somebody else.
    pub fn of_caller(&self, caller: &Caller, id: &str, pointer: &str) -> Result<InputFile, Fault> {
        let owner = caller.actor().id.unwrap_or_default();
        self.get(&caller.tenant, id)?.filter(|file| file.owner == owner).ok_or_else(|| missing(id, pointer))
    }

    fn get(&self, tenant: &TenantKey, id: &str) -> Result<Option<InputFile>, Fault> {
        let Ok(id) = id.parse::<FileId>() else { return Ok(None) };
        let stored: Option<Stored<InputFile>> =
            self.ledger.read().map_err(storage_fault)?.get(&scoped(tenant, &[id.bytes()])).map_err(storage_fault)?;
        Ok(stored.map(|stored| stored.record))
    }

    /// The inputs as the script sees them, with ids of files replaced by paths below `inputs/`, and the files to lay there.
    ///
    /// # Errors
    /// When a file has gone meanwhile.
    pub fn for_launch(&self, run: &Run, schema: &InputSchema) -> Result<(Map<String, Value>, Vec<crate::exec::InputFile>), Fault> {
        let mut inputs = run.inputs.clone();
        let mut laid: Vec<crate::exec::InputFile> = Vec::new();
        for field in schema.file_fields() {
            let Some(value) = inputs.get_mut(field) else { continue };
            let mut paths = Vec::new();
            for id in file_ids(value) {
                let file = self.get(&run.tenant, &id)?.ok_or_else(|| missing(&id, &format!("/inputs/{field}")))?;
                let name = free_name(&laid, &file.name);
                paths.push(Value::String(format!("inputs/{name}")));
                laid.push(crate::exec::InputFile {
                    name,
                    path: self.blobs.lay_out(crate::service::blob_id(&file.sha256)?).map_err(blob_fault)?,
                });
            }
            match value {
                Value::Array(items) => *items = paths,
                other => {
                    if let Some(path) = paths.pop() {
                        *other = path;
                    }
                }
            }
        }
        Ok((inputs, laid))
    }
}

/// Two uploads of one name become `data.csv` and `2-data.csv`.
fn free_name(laid: &[crate::exec::InputFile], name: &str) -> String {
    let taken = |candidate: &str| laid.iter().any(|file| file.name == candidate);
    if !taken(name) {
        return name.to_owned();
    }
    (2..).map(|n| format!("{n}-{name}")).find(|candidate| !taken(candidate)).unwrap_or_else(|| name.to_owned())
}

fn missing(id: &str, pointer: &str) -> Fault {
    let shown: String = id.chars().take(64).collect();
    let message = format!("`{shown}` is not a file that you uploaded");
    NO_FILE.fault(message.clone()).hint("Upload the file first (POST /api/v1/files) and use the id of the answer.").field(FieldFault {
        pointer: pointer.to_owned(),
        rule: "file".to_owned(),
        message,
        params: vec![("file".to_owned(), shown)],
    })
}
