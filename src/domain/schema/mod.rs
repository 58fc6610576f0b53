//! JSON Schema (2020-12) of inputs and results: what is accepted as a schema, and how values are completed and checked.
//!
//! The only place that names the `jsonschema` crate. Nothing is ever fetched: references stay inside the schema.

mod coerce;
mod compile;
mod defaults;
mod explain;
mod nearest;
mod shape;

pub use coerce::coerce;
pub use compile::{InputSchema, OutputSchema};
pub use nearest::nearest;
pub use shape::{BAD_SCHEMA, SchemaError};

/// The `format` of a string that stands for a file: in a request the id of an uploaded file (`fil_...`), for the script a
/// path below `inputs/`.
pub const FILE_FORMAT: &str = "file";

/// Whether a property takes files: a string of the file format, or a list of such.
#[must_use]
pub fn is_file(property: &serde_json::Value) -> bool {
    let direct = |schema: &serde_json::Value| schema.get("format").and_then(|format| format.as_str()) == Some(FILE_FORMAT);
    direct(property) || property.get("items").is_some_and(direct)
}
