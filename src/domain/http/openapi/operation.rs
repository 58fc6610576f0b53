//! One operation as a manifest.

use serde_json::{Map, Value, json};

use super::schema::{Reader, Way};
use super::{Document, Operation};
use crate::domain::capability::Name;
use crate::domain::http::call::{Method, is_free_header};

/// Largest schema of an answer that is taken over, in bytes of JSON.
const ANSWER_SCHEMA_BYTES: usize = 32 * 1024;

/// What an operation became.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub name: Name,
    pub method: Method,
    /// Below the resource's address, with placeholders.
    pub path: String,
    /// The manifest, as `capability.toml` would say it.
    pub manifest: Map<String, Value>,
    /// What could not be taken over as it was.
    pub notes: Vec<String>,
}

/// What is gathered while an operation is read.
#[derive(Default)]
struct Draft {
    properties: Map<String, Value>,
    required: Vec<String>,
    query: Map<String, Value>,
    headers: Map<String, Value>,
    notes: Vec<String>,
}

impl Draft {
    fn input(&mut self, name: &str, schema: Value, required: bool) {
        self.properties.insert(name.to_owned(), schema);
        if required {
            self.required.push(name.to_owned());
        }
    }

    /// A name that no other input has.
    fn free(&self, name: &str, place: &str) -> String {
        if self.properties.contains_key(name) { format!("{name}_{place}") } else { name.to_owned() }
    }
}

pub(super) fn import(document: &Document, operation: &Operation, resource: &str, prefix: &str) -> Result<Imported, String> {
    let item = document.root.get("paths").and_then(|paths| paths.get(&operation.path)).ok_or("its path is gone")?;
    let own = item.get(operation.method.word().to_ascii_lowercase()).ok_or("its method is gone")?;
    let name = Name::suggest(&format!("{prefix}{}", dashed(&operation.id))).ok_or("no name can be made of its id")?;
    let mut draft = Draft::default();
    let mut path = operation.path.clone();
    // What the operation says of a parameter wins over what the path says.
    let listed = |value: &Value| value.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut parameters: Vec<Value> = Vec::new();
    for parameter in listed(own).iter().chain(&listed(item)) {
        let parameter = document.resolve(parameter)?.clone();
        let same = |known: &Value| known.get("name") == parameter.get("name") && known.get("in") == parameter.get("in");
        if !parameters.iter().any(same) {
            parameters.push(parameter);
        }
    }
    for parameter in &parameters {
        take(document, &mut draft, &mut path, parameter)?;
    }
    let body = match own.get("requestBody") {
        Some(body) if !matches!(operation.method, Method::Get | Method::Head) => self::body(document, &mut draft, document.resolve(body)?)?,
        _ => None,
    };
    let mut http = Map::new();
    http.insert("resource".to_owned(), json!(resource));
    http.insert("method".to_owned(), json!(operation.method.word()));
    http.insert("path".to_owned(), json!(path));
    for (key, fields) in [("query", draft.query.clone()), ("headers", draft.headers.clone())] {
        if !fields.is_empty() {
            http.insert(key.to_owned(), Value::Object(fields));
        }
    }
    if let Some(body) = body {
        http.insert("body".to_owned(), body);
    }
    if let Some(schema) = answer(document, &mut draft, own) {
        http.insert("response".to_owned(), json!({ "schema": schema }));
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(draft.properties));
    schema.insert("required".to_owned(), json!(draft.required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    let mut manifest = Map::new();
    manifest.insert("name".to_owned(), json!(name));
    let title = if operation.summary.trim().is_empty() { operation.id.as_str() } else { operation.summary.trim() };
    manifest.insert("title".to_owned(), json!(title));
    if let Some(text) = own.get("description").and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()) {
        manifest.insert("description".to_owned(), json!(text.chars().take(5_000).collect::<String>()));
    }
    manifest.insert("kind".to_owned(), json!("http"));
    if !operation.method.is_safe() {
        manifest.insert("writes".to_owned(), json!([format!("{} {path} at {resource}", operation.method.word())]));
    }
    manifest.insert("http".to_owned(), Value::Object(http));
    manifest.insert("schema".to_owned(), Value::Object(schema));
    Ok(Imported { name, method: operation.method, path, manifest, notes: draft.notes })
}

/// `listOrders` as `list-orders`.
fn dashed(id: &str) -> String {
    let mut text = String::new();
    let mut lower = false;
    for c in id.chars() {
        if c.is_uppercase() && lower {
            text.push('-');
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
        text.push(c);
    }
    text
}

/// A placeholder for an input, whatever braces its name has.
fn placeholder(name: &str) -> Result<String, String> {
    if name.contains(['{', '}']) || name.is_empty() || name.len() > 100 || name.chars().any(char::is_control) {
        return Err(format!("a parameter has the name `{}`, which no input can have", name.chars().take(80).collect::<String>()));
    }
    Ok(format!("{{{name}}}"))
}

fn take(document: &Document, draft: &mut Draft, path: &mut String, parameter: &Value) -> Result<(), String> {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, place) = (text("name"), text("in"));
    let content = parameter.get("content").and_then(Value::as_object).and_then(|content| content.values().next());
    let wanted = parameter
        .get("schema")
        .or_else(|| content.and_then(|content| content.get("schema")))
        .cloned()
        .unwrap_or_else(|| json!({ "type": "string" }));
    let mut reader = Reader::new(document, Way::Request);
    let mut schema = reader.read(&wanted);
    if reader.widened {
        draft.notes.push(format!("parameter `{name}`: a part of its schema was widened"));
    }
    if let (Some(fields), description) = (schema.as_object_mut(), text("description"))
        && !description.is_empty()
    {
        fields.insert("description".to_owned(), json!(description.chars().take(500).collect::<String>()));
    }
    let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
    let input = draft.free(name, place);
    match place {
        "path" => {
            let written = format!("{{{name}}}");
            if !path.contains(&written) {
                return Ok(());
            }
            *path = path.replace(&written, &placeholder(&input)?);
            draft.input(&input, schema, true);
        }
        "query" => {
            draft.query.insert(name.to_owned(), json!(placeholder(&input)?));
            draft.input(&input, schema, required);
        }
        "header" if is_free_header(name) => {
            draft.headers.insert(name.to_owned(), json!(placeholder(&input)?));
            draft.input(&input, schema, required);
        }
        "header" => draft.notes.push(format!("header `{name}` is set by the appliance or the resource's credential")),
        _ => draft.notes.push(format!("`{name}` in {place} was left out")),
    }
    Ok(())
}

fn body(document: &Document, draft: &mut Draft, body: &Value) -> Result<Option<Value>, String> {
    let required = body.get("required").and_then(Value::as_bool).unwrap_or(false);
    let Some(content) = body.get("content").and_then(Value::as_object) else { return Ok(None) };
    let find = |essence: &str| {
        content.iter().find(|(kind, _)| {
            kind.split(';').next().is_some_and(|kind| kind.trim() == essence || (essence == "+json" && kind.ends_with("+json")))
        })
    };
    for (essence, kind) in [
        ("application/json", "json"),
        ("+json", "json"),
        ("application/x-www-form-urlencoded", "form"),
        ("multipart/form-data", "multipart"),
    ] {
        let Some((_, media)) = find(essence) else { continue };
        let wanted = media.get("schema").cloned().unwrap_or_else(|| json!({}));
        let mut reader = Reader::new(document, Way::Request);
        let schema = merged(reader.read(&wanted));
        if reader.widened {
            draft.notes.push("the body: a part of its schema was widened".to_owned());
        }
        return fields(draft, kind, schema, required).map(Some);
    }
    let Some((kind, _)) = content.iter().next() else { return Ok(None) };
    let input = draft.free("body", "text");
    draft.input(&input, json!({ "type": "string", "description": format!("The body, {kind}") }), required);
    Ok(Some(json!({ "raw": { "text": placeholder(&input)?, "content_type": kind } })))
}

/// An object made of several by `allOf` as one, when they are plain objects.
fn merged(schema: Value) -> Value {
    let plain = |part: &Value| part.get("properties").is_some() || part.get("required").is_some();
    let Some(parts) = schema.get("allOf").and_then(Value::as_array).filter(|parts| parts.iter().all(plain)) else { return schema };
    let mut whole = json!({ "type": "object", "properties": {}, "required": [] });
    for part in parts.iter().chain([&schema]) {
        if let (Some(into), Some(from)) = (whole["properties"].as_object_mut(), part.get("properties").and_then(Value::as_object)) {
            into.extend(from.clone());
        }
        if let (Some(into), Some(from)) = (whole["required"].as_array_mut(), part.get("required").and_then(Value::as_array)) {
            into.extend(from.clone());
        }
    }
    whole
}

fn fields(draft: &mut Draft, kind: &str, schema: Value, required: bool) -> Result<Value, String> {
    let properties = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty() && all.len() <= 100).cloned();
    let simple = ["allOf", "anyOf", "oneOf"].iter().all(|key| schema.get(key).is_none());
    let Some(properties) = properties.filter(|_| simple) else {
        if kind != "json" {
            return Err(format!("its {kind} body is no plain object"));
        }
        let input = draft.free("body", "json");
        draft.input(&input, schema, required);
        return Ok(json!({ "json": placeholder(&input)? }));
    };
    let needed: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut template = Map::new();
    for (name, mut property) in properties {
        // A file of a form is an input that takes a file.
        let binary = |property: &Value| {
            property.get("format").and_then(Value::as_str) == Some("binary") || property.get("contentMediaType").is_some()
        };
        if kind == "multipart" && binary(&property) {
            property = json!({ "type": "string", "format": "file" });
        }
        let input = draft.free(&name, "body");
        template.insert(name.clone(), json!(placeholder(&input)?));
        draft.input(&input, property, required && needed.contains(&name.as_str()));
    }
    Ok(Value::Object(Map::from_iter([(kind.to_owned(), Value::Object(template))])))
}

/// The schema of the first answer that is a success and JSON.
fn answer(document: &Document, draft: &mut Draft, own: &Value) -> Option<Value> {
    let answers = own.get("responses").and_then(Value::as_object)?;
    let (_, good) = answers.iter().find(|(status, _)| status.starts_with('2'))?;
    let content = document.resolve(good).ok()?.get("content").and_then(Value::as_object)?;
    let (_, media) = content.iter().find(|(kind, _)| kind.starts_with("application/json") || kind.ends_with("+json"))?;
    let mut reader = Reader::new(document, Way::Response);
    let schema = reader.read(media.get("schema")?);
    let bytes = serde_json::to_vec(&schema).map_or(usize::MAX, |text| text.len());
    if bytes > ANSWER_SCHEMA_BYTES {
        draft.notes.push("the schema of the answer is too large and was left out".to_owned());
        return None;
    }
    Some(schema).filter(|schema| schema.as_object().is_some_and(|fields| !fields.is_empty()))
}
