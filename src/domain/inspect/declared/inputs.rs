//! `[inputs.NAME]`: what an author says of one input, merged over what the code says.

use serde_json::{Map, Value, json};

use super::tree::Tree;
use crate::domain::capability::manifest::ArgvStyle;
use crate::domain::inspect::fault::InspectError;
use crate::domain::schema::{FILE_FORMAT, nearest};

/// An input as declared; parts that are left out stay as inferred.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredInput {
    pub name: String,
    /// Keywords that replace the inferred ones.
    pub schema: Map<String, Value>,
    /// A type was given, so nothing of the inferred type remains.
    pub retyped: bool,
    pub required: Option<bool>,
    pub flag: Option<String>,
    pub positional: bool,
    pub style: Option<ArgvStyle>,
    pub line: Option<u32>,
}

const KEYS: [&str; 21] = [
    "type",
    "title",
    "description",
    "default",
    "enum",
    "choices",
    "min",
    "max",
    "min_length",
    "max_length",
    "pattern",
    "format",
    "items",
    "required",
    "flag",
    "positional",
    "style",
    "schema",
    "examples",
    "unique",
    "properties",
];

/// Reads the table of inputs.
pub fn read(tree: &Tree, at: &str, inputs: &Map<String, Value>) -> Result<Vec<DeclaredInput>, InspectError> {
    inputs.iter().map(|(name, value)| input(tree, &format!("{at}/{name}"), name, value)).collect()
}

fn input(tree: &Tree, at: &str, name: &str, value: &Value) -> Result<DeclaredInput, InspectError> {
    let Value::Object(fields) = value else { return Err(tree.error(at, format!("`inputs.{name}` must be a table"))) };
    let mut declared = DeclaredInput {
        name: name.to_owned(),
        schema: Map::new(),
        retyped: false,
        required: None,
        flag: None,
        positional: false,
        style: None,
        line: tree.line(at),
    };
    for (key, value) in fields {
        let place = format!("{at}/{key}");
        let key = key.replace('-', "_");
        let wrong = |expected: &str| tree.error(&place, format!("`inputs.{name}.{key}` must be {expected}"));
        let text = || value.as_str().map(str::to_owned).ok_or_else(|| wrong("text"));
        let truth = || value.as_bool().ok_or_else(|| wrong("true or false"));
        let number = || if value.is_number() { Ok(value.clone()) } else { Err(wrong("a number")) };
        match key.as_str() {
            "type" => {
                declared.retyped = true;
                declared.schema.extend(
                    of_type(&text()?)
                        .ok_or_else(|| wrong("string, integer, number, boolean, array, object, file, date, date-time or time"))?,
                );
            }
            "items" => {
                let items = match value {
                    Value::String(kind) => Value::Object(of_type(kind).ok_or_else(|| wrong("a type or a schema"))?),
                    Value::Object(_) => value.clone(),
                    _ => return Err(wrong("a type or a schema")),
                };
                declared.schema.insert("items".to_owned(), items);
            }
            "title" | "description" | "pattern" | "format" => {
                declared.schema.insert(key.clone(), json!(text()?));
            }
            "default" => {
                declared.schema.insert("default".to_owned(), value.clone());
            }
            "enum" | "choices" => {
                let choices = value.as_array().filter(|choices| !choices.is_empty()).ok_or_else(|| wrong("a list of values"))?;
                declared.schema.insert("enum".to_owned(), json!(choices));
            }
            "examples" => {
                value.as_array().ok_or_else(|| wrong("a list of values"))?;
                declared.schema.insert("examples".to_owned(), value.clone());
            }
            "properties" => {
                value.as_object().ok_or_else(|| wrong("a table of schemas"))?;
                declared.schema.insert("properties".to_owned(), value.clone());
            }
            "min" | "max" => {
                let rule = if key == "min" { "minimum" } else { "maximum" };
                declared.schema.insert(rule.to_owned(), number()?);
            }
            "min_length" | "max_length" => {
                value.as_u64().ok_or_else(|| wrong("a whole number"))?;
                // Lists count items, text counts characters; which one is settled when the type is known.
                declared.schema.insert(key.clone(), value.clone());
            }
            "unique" => {
                declared.schema.insert("uniqueItems".to_owned(), json!(truth()?));
            }
            "required" => declared.required = Some(truth()?),
            "positional" => declared.positional = truth()?,
            "flag" => {
                let flag = text()?;
                let fits =
                    flag.len() > 1 && flag.starts_with('-') && !flag.contains(|c: char| c.is_whitespace() || c == '=' || c.is_control());
                declared.flag = Some(if fits { flag } else { return Err(wrong("an option such as \"--count\"")) });
            }
            "style" => {
                let style = serde_json::from_value(value.clone());
                declared.style = Some(style.map_err(|_| wrong("value, switch_on, switch_off, switch_pair, many, repeat or count"))?);
            }
            "schema" => {
                let schema = value.as_object().ok_or_else(|| wrong("a JSON Schema"))?;
                declared.retyped = true;
                declared.schema.extend(schema.clone());
            }
            _ => {
                let near = nearest(&key, KEYS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                return Err(tree.error(&place, format!("`inputs.{name}` has no key `{key}`{near}")));
            }
        }
    }
    if declared.flag.is_some() && declared.positional {
        return Err(tree.error(at, format!("`inputs.{name}` is either positional or has a flag")));
    }
    Ok(declared)
}

/// The schema of a type by its short name.
fn of_type(name: &str) -> Option<Map<String, Value>> {
    let schema = match name {
        "string" | "integer" | "number" | "boolean" | "array" | "object" => json!({ "type": name }),
        "text" | "str" => json!({"type": "string"}),
        "int" => json!({"type": "integer"}),
        "float" => json!({"type": "number"}),
        "bool" => json!({"type": "boolean"}),
        "list" => json!({"type": "array"}),
        "file" | "path" => json!({"type": "string", "format": FILE_FORMAT}),
        "files" => json!({"type": "array", "items": {"type": "string", "format": FILE_FORMAT}}),
        "date" | "time" | "date-time" | "email" | "uri" | "uuid" => json!({"type": "string", "format": name}),
        "datetime" => json!({"type": "string", "format": "date-time"}),
        _ => return None,
    };
    schema.as_object().cloned()
}

/// Lays what is declared over what was inferred.
pub fn merge(inferred: &Map<String, Value>, declared: &DeclaredInput) -> Map<String, Value> {
    let mut merged = inferred.clone();
    if declared.retyped {
        let (title, description) = (merged.remove("title"), merged.remove("description"));
        merged = Map::new();
        for (key, kept) in [("title", title), ("description", description)] {
            if let Some(kept) = kept {
                merged.insert(key.to_owned(), kept);
            }
        }
    }
    for (key, value) in &declared.schema {
        merged.insert(key.clone(), value.clone());
    }
    if merged.contains_key("enum") && declared.schema.contains_key("enum") && !declared.retyped {
        let choices = merged.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        let restricted = crate::domain::inspect::python::choices(choices);
        merged.remove("type");
        merged.extend(restricted);
    }
    if !merged.contains_key("type")
        && !["enum", "anyOf", "oneOf", "allOf", "$ref", "const"].iter().any(|keyword| merged.contains_key(*keyword))
    {
        let guessed = match merged.get("default") {
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(number)) if number.is_f64() => "number",
            Some(Value::Number(_)) => "integer",
            Some(Value::Array(_)) => "array",
            Some(Value::Object(_)) => "object",
            _ if merged.contains_key("minimum") || merged.contains_key("maximum") => "number",
            _ => "string",
        };
        merged.insert("type".to_owned(), json!(guessed));
    }
    let is_list = merged.get("type").is_some_and(|kind| kind == "array");
    for (short, list, text) in [("min_length", "minItems", "minLength"), ("max_length", "maxItems", "maxLength")] {
        if let Some(limit) = merged.remove(short) {
            merged.insert(if is_list { list } else { text }.to_owned(), limit);
        }
    }
    merged
}
