//! Schemas of a document as schemas of inputs: self-contained, without recursion, in the words of JSON Schema 2020-12.

use serde_json::{Map, Value, json};

use super::Document;

/// Keywords that mean the same in both.
const KEPT: [&str; 22] = [
    "title",
    "description",
    "enum",
    "const",
    "default",
    "format",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "required",
    "minProperties",
    "maxProperties",
    "type",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "contentEncoding",
    "contentMediaType",
];
/// Deepest nesting that is kept; what lies deeper accepts anything.
const DEPTH: usize = 9;
/// Longest description that is kept, in characters.
const DESCRIPTION_CHARS: usize = 500;
/// Values that one schema may grow to; beyond that it accepts anything.
const SIZE: usize = 3_000;

/// Which way a schema is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// What is sent: properties that only answers have are left out.
    Request,
    /// What comes back: properties that only requests have are left out.
    Response,
}

/// Puts schemas into our words.
pub struct Reader<'a> {
    document: &'a Document,
    way: Way,
    open: Vec<String>,
    size: usize,
    /// Whether something was widened because it leads back to itself or is too deep.
    pub widened: bool,
}

impl<'a> Reader<'a> {
    pub fn new(document: &'a Document, way: Way) -> Self {
        Self { document, way, open: Vec::new(), size: 0, widened: false }
    }

    /// A schema with its references followed. What leads back to itself becomes a schema that accepts anything.
    pub fn read(&mut self, schema: &Value) -> Value {
        self.at(schema, 0)
    }

    fn anything(&mut self) -> Value {
        self.widened = true;
        json!({})
    }

    fn at(&mut self, schema: &Value, depth: usize) -> Value {
        self.size += 1;
        if depth > DEPTH || self.size > SIZE {
            return self.anything();
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).map(str::to_owned) {
            if self.open.contains(&target) {
                return self.anything();
            }
            let Ok(found) = self.document.resolve(schema) else { return self.anything() };
            let found = found.clone();
            self.open.push(target);
            let read = self.at(&found, depth + 1);
            self.open.pop();
            return read;
        }
        let Some(fields) = schema.as_object() else { return json!({}) };
        let mut read = Map::new();
        for (name, value) in fields {
            match name.as_str() {
                "description" => {
                    let text = value.as_str().unwrap_or_default().chars().take(DESCRIPTION_CHARS).collect::<String>();
                    read.insert(name.clone(), json!(text));
                }
                "pattern" => self.pattern(value, &mut read),
                "properties" => self.properties(value, &mut read, depth),
                "items" | "not" => drop(read.insert(name.clone(), self.at(value, depth + 1))),
                "additionalProperties" if value.is_boolean() => drop(read.insert(name.clone(), value.clone())),
                "additionalProperties" => drop(read.insert(name.clone(), self.at(value, depth + 1))),
                "allOf" | "anyOf" | "oneOf" => {
                    let branches: Vec<Value> = value.as_array().into_iter().flatten().map(|branch| self.at(branch, depth + 1)).collect();
                    if !branches.is_empty() {
                        read.insert(name.clone(), Value::Array(branches));
                    }
                }
                name if KEPT.contains(&name) && !value.is_null() => drop(read.insert(name.to_owned(), value.clone())),
                _ => {}
            }
        }
        tidy(&mut read, fields);
        Value::Object(read)
    }

    /// A pattern that our engine does not know would refuse everything.
    fn pattern(&mut self, value: &Value, read: &mut Map<String, Value>) {
        match value.as_str() {
            Some(text) if regex::Regex::new(text).is_ok() => drop(read.insert("pattern".to_owned(), json!(text))),
            _ => self.widened = true,
        }
    }

    fn properties(&mut self, value: &Value, read: &mut Map<String, Value>, depth: usize) {
        let hidden = match self.way {
            Way::Request => "readOnly",
            Way::Response => "writeOnly",
        };
        let mut kept = Map::new();
        for (name, property) in value.as_object().into_iter().flatten() {
            let seen = self.document.resolve(property).unwrap_or(property);
            if seen.get(hidden).and_then(Value::as_bool) != Some(true) {
                kept.insert(name.clone(), self.at(property, depth + 1));
            }
        }
        read.insert("properties".to_owned(), Value::Object(kept));
    }
}

/// What 3.0 says in words of its own: `nullable`, and bounds that are exclusive by a flag. TOML has no null, so that a null
/// among alternatives is said by the type.
fn tidy(read: &mut Map<String, Value>, fields: &Map<String, Value>) {
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(exclusive) = read.get(flag).and_then(Value::as_bool) {
            read.remove(flag);
            if exclusive && let Some(value) = read.remove(bound) {
                read.insert(flag.to_owned(), value);
            }
        }
    }
    let mut nullable = fields.get("nullable").and_then(Value::as_bool).unwrap_or(false);
    if let Some(Value::Array(choices)) = read.get_mut("enum") {
        let before = choices.len();
        choices.retain(|choice| !choice.is_null());
        nullable |= choices.len() < before;
        if nullable {
            // A list of choices refuses null whatever the type says.
            let choices = read.remove("enum").unwrap_or_default();
            let kind = read.remove("type");
            let mut some = Map::from_iter([("enum".to_owned(), choices)]);
            some.extend(kind.map(|kind| ("type".to_owned(), kind)));
            read.insert("anyOf".to_owned(), json!([some, { "type": "null" }]));
            return;
        }
    }
    if nullable && let Some(Value::String(kind)) = read.get("type").cloned() {
        read.insert("type".to_owned(), json!([kind, "null"]));
    }
    // What is required must still be there after properties were left out.
    let names: Option<Vec<String>> = read.get("properties").and_then(Value::as_object).map(|all| all.keys().cloned().collect());
    if let (Some(names), Some(Value::Array(required))) = (names, read.get_mut("required")) {
        required.retain(|name| name.as_str().is_some_and(|name| names.iter().any(|known| known == name)));
    }
}
