//! Operations of OpenAPI documents, and what becomes of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A document to look into.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenApiDocument {
    /// An OpenAPI 3 document, as JSON or YAML text.
    pub document: String,
}

/// One operation of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenApiOperation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub deprecated: bool,
    /// Whether its method writes.
    pub writes: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OpenApiOperations {
    pub items: Vec<OpenApiOperation>,
}

/// Operations to be registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationsRequest {
    /// An OpenAPI 3 document, as JSON or YAML text.
    pub document: String,
    /// The resource that the requests are made of.
    pub resource: String,
    /// Ids of the operations.
    pub operations: Vec<String>,
    /// Put before the name of each capability.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Why, for the people who read the history.
    #[serde(default)]
    pub comment: Option<String>,
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedOperation {
    pub operation: String,
    pub capability: String,
    pub version: u32,
    /// Whether a new version was stored.
    pub created: bool,
    pub method: String,
    pub path: String,
    /// Whether the resource lets it pass as it is; writes must be listed first.
    pub permitted: bool,
    /// What could not be taken over as it was.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportedOperations {
    pub items: Vec<ImportedOperation>,
}
