//! Importing operations of an OpenAPI document: each becomes a manifest, and that is registered like any other upload.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Capabilities, Upload};
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::crypto::digest::sha256_hex;
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::Subject;
use crate::domain::capability::Package;
use crate::domain::capability::package::PackagePath;
use crate::domain::http::openapi::{Document, Imported, OpenApiError};
use crate::service::{commit_fault, resources, storage_fault};
use crate::store::Commit;
use crate::wire::openapi::{
    ImportedOperation, ImportedOperations, OpenApiDocument, OpenApiOperation, OpenApiOperations, OperationsRequest,
};

pub const BAD_DOCUMENT: Code = Code::new("EG-OAS-001", Class::User, "The OpenAPI document cannot be imported");

/// Operations of one import, at most.
const PICKED: usize = 500;
/// Longest prefix of the names, in characters.
const PREFIX_CHARS: usize = 40;

fn bad(error: &OpenApiError) -> Fault {
    let pointer = match error {
        OpenApiError::Unreadable(_) | OpenApiError::Document(_) => "/document",
        OpenApiError::NoOperation(_) | OpenApiError::Operation { .. } => "/operations",
    };
    field(pointer, error.to_string())
}

fn field(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "openapi".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_DOCUMENT.fault(message).field(field).hint("`execgov register --openapi FILE` lists the operations of a document.")
}

impl Capabilities {
    /// The operations of a document. Stores nothing but that it was read.
    ///
    /// # Errors
    /// [`BAD_DOCUMENT`] when it cannot be read.
    pub async fn openapi_operations(&self, caller: &Caller, request: &OpenApiDocument) -> Result<OpenApiOperations, Fault> {
        let permit = self.gate.allow(caller, Action::CapabilityRegister, &Resource::Tenant(caller.tenant.clone())).await?;
        let document = Document::parse(&request.document).map_err(|error| bad(&error))?;
        let subject = Subject { kind: "capability".to_owned(), id: None, name: None };
        let mut event = permit.note(self.gate.event(caller, "openapi.read", subject));
        event.details.insert("document".to_owned(), json!(sha256_hex(request.document.as_bytes())));
        let mut commit = Commit::new();
        commit.event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        let items = document.operations().into_iter().map(|operation| OpenApiOperation {
            id: operation.id,
            method: operation.method.word().to_owned(),
            path: operation.path,
            summary: operation.summary,
            deprecated: operation.deprecated,
            writes: !operation.method.is_safe(),
        });
        Ok(OpenApiOperations { items: items.collect() })
    }

    /// Registers the operations that were picked, each as a capability on the resource. What writes is not on any
    /// whitelist by that.
    ///
    /// # Errors
    /// [`BAD_DOCUMENT`]; what the resource or registering says. Nothing is stored unless every operation can be read.
    pub async fn import_openapi(&self, caller: &Caller, request: OperationsRequest) -> Result<ImportedOperations, Fault> {
        let _permit = self.gate.allow(caller, Action::CapabilityRegister, &Resource::Tenant(caller.tenant.clone())).await?;
        let read = match self.read_operations(caller, &request) {
            Ok(read) => read,
            Err(fault) => {
                let name = Some(request.resource.chars().take(80).collect());
                let subject = Subject { kind: "capability".to_owned(), id: None, name };
                self.gate.refuse(caller, Action::CapabilityRegister.name(), subject, &fault).await;
                return Err(fault);
            }
        };
        let mut items = Vec::new();
        for (operation, imported, package, permitted) in read {
            let upload =
                Upload { package, file_name: format!("{}.toml", imported.name), name: None, comment: request.comment.clone(), space: None };
            let registered = self.register(caller, upload).await?;
            items.push(ImportedOperation {
                operation,
                capability: registered.capability.name,
                version: registered.version.number,
                created: registered.created,
                method: imported.method.word().to_owned(),
                path: imported.path,
                permitted,
                notes: imported.notes,
            });
        }
        Ok(ImportedOperations { items })
    }

    fn read_operations(&self, caller: &Caller, request: &OperationsRequest) -> Result<Vec<(String, Imported, Package, bool)>, Fault> {
        if request.operations.is_empty() || request.operations.len() > PICKED {
            return Err(field("/operations", format!("`operations` names 1 to {PICKED} operations of the document")));
        }
        let prefix = request.prefix.clone().unwrap_or_default();
        if prefix.chars().count() > PREFIX_CHARS {
            return Err(field("/prefix", format!("`prefix` has at most {PREFIX_CHARS} characters")));
        }
        let document = Document::parse(&request.document).map_err(|error| bad(&error))?;
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let mut read = Vec::new();
        for id in &request.operations {
            let imported = document.import(id, &request.resource, &prefix).map_err(|error| bad(&error))?;
            let permitted = resources::permits(&snapshot, &caller.tenant, &request.resource, imported.method, &imported.path)?;
            let package = package(&imported.manifest).map_err(|why| field("/operations", format!("operation `{id}`: {why}")))?;
            read.push((id.clone(), imported, package, permitted));
        }
        Ok(read)
    }
}

/// The manifest as the one file of a package.
fn package(manifest: &serde_json::Map<String, Value>) -> Result<Package, String> {
    let text = toml::to_string_pretty(manifest).map_err(|error| error.to_string())?;
    let path = PackagePath::parse("capability.toml").map_err(|error| error.to_string())?;
    Ok(Package { files: BTreeMap::from([(path, text.into_bytes())]) })
}
