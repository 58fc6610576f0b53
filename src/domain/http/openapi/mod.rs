//! Operations of an OpenAPI 3 document as declared requests: parameters and bodies become inputs, answers become a schema.
//!
//! The document is data: nothing it points to is fetched, and only references into its own components are followed.

mod operation;
mod schema;

use serde_json::{Map, Value};

use super::call::Method;
use crate::domain::capability::Name;

pub use operation::Imported;

/// Largest document, in bytes.
pub const DOCUMENT_BYTES: usize = 8 << 20;
/// Lists, maps and values of one YAML document, at most.
const YAML_NODES: usize = 500_000;
/// Anchors of one YAML document, and places that point to them, at most.
const YAML_ALIASES: usize = 5_000;
/// Longest part of what a reader says, in characters.
const ERROR_CHARS: usize = 200;
/// Operations of one document, at most.
pub const OPERATIONS: usize = 2_000;

/// Why a document or an operation cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenApiError {
    #[error("the document is neither JSON nor YAML that can be read: {0}")]
    Unreadable(String),
    #[error("{0}")]
    Document(String),
    #[error("the document has no operation `{0}`")]
    NoOperation(String),
    #[error("operation `{operation}`: {why}")]
    Operation { operation: String, why: String },
}

/// One operation, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its `operationId`, or one made of method and path.
    pub id: String,
    pub method: Method,
    pub path: String,
    pub summary: String,
    pub deprecated: bool,
}

/// A document that was read.
#[derive(Debug)]
pub struct Document {
    root: Map<String, Value>,
}

/// Plain data from JSON, or from one YAML document whose aliases stay within bounds. Tags make nothing of it.
fn read(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_nodes: YAML_NODES,
            max_anchors: YAML_ALIASES,
            max_aliases: YAML_ALIASES,
            max_total_scalar_bytes: 2 * DOCUMENT_BYTES,
        },
        // YAML 1.2: `no` and `yes` are words.
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let said = error.to_string();
        said.lines().next().unwrap_or_default().chars().take(ERROR_CHARS).collect()
    })
}

impl Document {
    /// # Errors
    /// When the text is not an OpenAPI 3 document in JSON or YAML.
    pub fn parse(text: &str) -> Result<Self, OpenApiError> {
        if text.len() > DOCUMENT_BYTES {
            return Err(OpenApiError::Document(format!("the document has more than {DOCUMENT_BYTES} bytes")));
        }
        let Value::Object(root) = read(text.trim_start_matches('\u{feff}')).map_err(OpenApiError::Unreadable)? else {
            return Err(OpenApiError::Unreadable("it is no object".to_owned()));
        };
        let version = root.get("openapi").and_then(Value::as_str).unwrap_or_default();
        if !version.starts_with("3.") {
            let shown: String = version.chars().take(20).collect();
            return Err(OpenApiError::Document(format!("the document says openapi `{shown}`, and only 3.0 and 3.1 are read")));
        }
        let document = Self { root };
        match document.operations().len() {
            0 => Err(OpenApiError::Document("the document has no operations".to_owned())),
            count if count > OPERATIONS => Err(OpenApiError::Document(format!("the document has more than {OPERATIONS} operations"))),
            _ => Ok(document),
        }
    }

    /// Every operation, in the order of the document.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        let paths = self.root.get("paths").and_then(Value::as_object);
        let mut found = Vec::new();
        for (path, item) in paths.into_iter().flatten() {
            for (verb, operation) in item.as_object().into_iter().flatten() {
                let Ok(method) = verb.to_ascii_uppercase().parse::<Method>() else { continue };
                let text = |name: &str| operation.get(name).and_then(Value::as_str);
                let made = || Name::suggest(&format!("{verb} {path}")).map_or_else(String::new, |name| name.to_string());
                found.push(Operation {
                    id: text("operationId").map_or_else(made, |id| id.chars().take(200).collect()),
                    method,
                    path: path.clone(),
                    summary: text("summary")
                        .or(text("description"))
                        .unwrap_or_default()
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .chars()
                        .take(200)
                        .collect(),
                    deprecated: operation.get("deprecated").and_then(Value::as_bool).unwrap_or(false),
                });
            }
        }
        found
    }

    /// One operation as a manifest for a resource.
    ///
    /// # Errors
    /// When there is no such operation, or it asks for something that a declared request cannot be.
    pub fn import(&self, id: &str, resource: &str, prefix: &str) -> Result<Imported, OpenApiError> {
        let shown = || id.chars().take(80).collect::<String>();
        let operation =
            self.operations().into_iter().find(|operation| operation.id == id).ok_or_else(|| OpenApiError::NoOperation(shown()))?;
        operation::import(self, &operation, resource, prefix).map_err(|why| OpenApiError::Operation { operation: shown(), why })
    }

    /// What a reference into the components points to; anything else stands for itself.
    fn resolve<'a>(&'a self, value: &'a Value) -> Result<&'a Value, String> {
        let mut value = value;
        for _ in 0..8 {
            let Some(target) = value.get("$ref").and_then(Value::as_str) else { return Ok(value) };
            let below = target
                .strip_prefix("#/")
                .ok_or_else(|| format!("`{}` points out of the document", target.chars().take(80).collect::<String>()))?;
            let pointer = format!("/{below}");
            let root = self.root.get(below.split('/').next().unwrap_or_default());
            let rest = pointer.splitn(3, '/').nth(2).map(|rest| format!("/{rest}")).unwrap_or_default();
            value = root
                .and_then(|root| root.pointer(&rest))
                .ok_or_else(|| format!("`{}` points to nothing", target.chars().take(80).collect::<String>()))?;
        }
        Err("a reference leads to references without end".to_owned())
    }
}
