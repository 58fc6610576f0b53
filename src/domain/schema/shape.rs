//! Which schemas are accepted: bounded in size and depth, self-contained, without recursion.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::base::fault::{Class, Code, Fault};

/// Largest schema, in bytes of JSON.
pub const SCHEMA_BYTES: usize = 128 * 1024;
/// Deepest nesting of a schema.
pub const SCHEMA_DEPTH: usize = 24;
/// Inputs of one capability, at most.
pub const INPUTS: usize = 200;
/// Subschemas visited when every reference is followed, at most.
const EXPANDED: u64 = 20_000;
/// Longest name of an input, in bytes.
const NAME_BYTES: usize = 100;

pub const BAD_SCHEMA: Code = Code::new("EG-CAP-104", Class::User, "The input or output schema cannot be used");

/// Why a schema is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("schema{at}: {why}")]
pub struct SchemaError {
    /// JSON Pointer into the schema, empty for the whole.
    pub at: String,
    pub why: String,
}

impl SchemaError {
    pub(super) fn new(at: impl Into<String>, why: impl Into<String>) -> Self {
        Self { at: at.into(), why: why.into() }
    }
}

impl From<SchemaError> for Fault {
    fn from(error: SchemaError) -> Self {
        let place = if error.at.is_empty() { "the schema".to_owned() } else { format!("the schema at `{}`", error.at) };
        BAD_SCHEMA.fault(format!("{place} {}", error.why)).param("at", error.at).hint(
            "Schemas are JSON Schema 2020-12, self-contained (`$ref` only to `#/$defs/...`, not recursive) and at most 128 KiB; see `execgov explain EG-CAP-104`.",
        )
    }
}

/// Checks the restrictions that hold for every schema.
pub(super) fn check(schema: &Map<String, Value>) -> Result<(), SchemaError> {
    if depth(&Value::Object(schema.clone()), 0) > SCHEMA_DEPTH {
        return Err(SchemaError::new("", format!("is nested deeper than {SCHEMA_DEPTH}")));
    }
    let bytes = serde_json::to_vec(schema).map_or(usize::MAX, |text| text.len());
    if bytes > SCHEMA_BYTES {
        return Err(SchemaError::new("", format!("is larger than {SCHEMA_BYTES} bytes")));
    }
    if let Some(dialect) = schema.get("$schema")
        && dialect.as_str().map(|text| text.trim_end_matches('#')) != Some("https://json-schema.org/draft/2020-12/schema")
    {
        return Err(SchemaError::new("/$schema", "must be JSON Schema 2020-12"));
    }
    let mut references = References { root: schema, known: BTreeMap::new(), open: Vec::new() };
    let expanded = references.count(&Value::Object(schema.clone()), "", Place::Schema)?;
    if expanded > EXPANDED {
        return Err(SchemaError::new("", "grows too large when its references are followed"));
    }
    Ok(())
}

/// Checks what holds for the schema of inputs besides: an object with named inputs.
pub(super) fn check_inputs(schema: &Map<String, Value>) -> Result<(), SchemaError> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err(SchemaError::new("/type", "must be `object`: a capability takes named inputs"));
    }
    let Some(properties) = schema.get("properties") else { return Ok(()) };
    let Some(properties) = properties.as_object() else { return Err(SchemaError::new("/properties", "must be an object")) };
    if properties.len() > INPUTS {
        return Err(SchemaError::new("/properties", format!("has more than {INPUTS} inputs")));
    }
    for name in properties.keys() {
        if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
            return Err(SchemaError::new("/properties", format!("has an input whose name is not 1 to {NAME_BYTES} printable bytes")));
        }
    }
    Ok(())
}

fn depth(value: &Value, above: usize) -> usize {
    if above > SCHEMA_DEPTH {
        return above;
    }
    match value {
        Value::Array(items) => items.iter().map(|item| depth(item, above + 1)).max().unwrap_or(above),
        Value::Object(fields) => fields.values().map(|field| depth(field, above + 1)).max().unwrap_or(above),
        _ => above,
    }
}

/// Whether an object is a schema or a table of schemas by name, where keywords mean nothing.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Schema,
    Table,
    Plain,
}

fn place_below(place: Place, keyword: &str) -> Place {
    match (place, keyword) {
        (Place::Plain, _) | (Place::Schema, "const" | "enum" | "default" | "examples" | "required" | "dependentRequired") => Place::Plain,
        (Place::Schema, "properties" | "patternProperties" | "$defs" | "dependentSchemas") => Place::Table,
        (Place::Table | Place::Schema, _) => Place::Schema,
    }
}

/// Follows references, refusing those that leave the schema or come back to themselves.
struct References<'a> {
    root: &'a Map<String, Value>,
    known: BTreeMap<String, u64>,
    open: Vec<String>,
}

impl References<'_> {
    /// How many values a validator may visit.
    fn count(&mut self, value: &Value, at: &str, place: Place) -> Result<u64, SchemaError> {
        let mut total = 1_u64;
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    total = total.saturating_add(self.count(item, &format!("{at}/{index}"), place)?);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    let inner = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                    if place == Place::Schema {
                        match name.as_str() {
                            "$ref" => total = total.saturating_add(self.follow(field, &inner)?),
                            "$id" | "$anchor" | "$dynamicRef" | "$dynamicAnchor" | "$recursiveRef" | "$vocabulary" => {
                                return Err(SchemaError::new(inner, "uses a keyword that is not supported here"));
                            }
                            _ => {}
                        }
                    }
                    total = total.saturating_add(self.count(field, &inner, place_below(place, name))?);
                }
            }
            _ => {}
        }
        Ok(total)
    }

    fn follow(&mut self, target: &Value, at: &str) -> Result<u64, SchemaError> {
        let name = target.as_str().and_then(|text| text.strip_prefix("#/$defs/")).filter(|name| !name.contains(['/', '~', '%']));
        let Some(name) = name else { return Err(SchemaError::new(at, "must point to `#/$defs/NAME`")) };
        if let Some(size) = self.known.get(name) {
            return Ok(*size);
        }
        if self.open.iter().any(|open| open == name) {
            return Err(SchemaError::new(at, format!("leads back to `{name}`: recursive schemas are not supported")));
        }
        let Some(found) = self.root.get("$defs").and_then(|defs| defs.get(name)) else {
            return Err(SchemaError::new(at, format!("points to `{name}`, which `$defs` does not have")));
        };
        self.open.push(name.to_owned());
        let size = self.count(&found.clone(), &format!("/$defs/{name}"), Place::Schema)?;
        self.open.pop();
        self.known.insert(name.to_owned(), size);
        Ok(size)
    }
}
