//! TOML and JSON as one tree of JSON values that remembers on which line each key stands.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::base::text::line_of;
use crate::domain::inspect::fault::InspectError;

/// Largest manifest, in bytes.
const MANIFEST_BYTES: usize = 512 * 1024;

/// A parsed document.
#[derive(Debug, Clone)]
pub struct Tree {
    pub file: String,
    pub root: Map<String, Value>,
    /// Lines by JSON Pointer.
    lines: BTreeMap<String, u32>,
}

impl Tree {
    /// Parses TOML. `offset` is added to every line, for text that begins inside a file.
    ///
    /// # Errors
    /// When it is not TOML, with the line.
    pub fn toml(file: &str, text: &str, offset: u32) -> Result<Self, InspectError> {
        let line_at = |at: usize| u32::try_from(line_of(text.as_bytes(), at)).unwrap_or(u32::MAX).saturating_add(offset);
        let refuse = |line, why| Err(InspectError::Manifest { file: file.to_owned(), line, why });
        if text.len() > MANIFEST_BYTES {
            return refuse(None, format!("a manifest has at most {MANIFEST_BYTES} bytes"));
        }
        let parsed = match DeTable::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => return refuse(error.span().map(|span| line_at(span.start)), format!("not valid TOML: {}", error.message())),
        };
        let mut tree = Self { file: file.to_owned(), root: Map::new(), lines: BTreeMap::new() };
        tree.root = tree.table(parsed.get_ref(), "", &line_at)?;
        Ok(tree)
    }

    fn table(&mut self, table: &DeTable<'_>, at: &str, line_at: &impl Fn(usize) -> u32) -> Result<Map<String, Value>, InspectError> {
        let mut fields = Map::new();
        for (key, value) in table {
            let pointer = format!("{at}/{}", key.get_ref());
            self.lines.insert(pointer.clone(), line_at(key.span().start));
            let value = self.value(value, &pointer, line_at)?;
            fields.insert(key.get_ref().to_string(), value);
        }
        // A table remembers its keys sorted; authors wrote them in an order, which is that of the form.
        let mut ordered: Vec<(String, Value)> = fields.into_iter().collect();
        ordered.sort_by_key(|(key, _)| table.iter().find(|(known, _)| known.get_ref() == key).map(|(known, _)| known.span().start));
        Ok(ordered.into_iter().collect())
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, at: &str, line_at: &impl Fn(usize) -> u32) -> Result<Value, InspectError> {
        let refuse = |why: String| Err(InspectError::Manifest { file: self.file.clone(), line: Some(line_at(value.span().start)), why });
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(truth) => Value::Bool(*truth),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => Value::from(integer),
                Err(_) => return refuse(format!("`{}` is out of range", integer.as_str())),
            },
            DeValue::Float(float) => match float.as_str().parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
                Some(number) => Value::Number(number),
                None => return refuse(format!("`{}` is not a finite number", float.as_str())),
            },
            DeValue::Datetime(moment) => Value::String(moment.to_string()),
            DeValue::Array(items) => {
                let mut list = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let pointer = format!("{at}/{index}");
                    self.lines.insert(pointer.clone(), line_at(item.span().start));
                    list.push(self.value(item, &pointer, line_at)?);
                }
                Value::Array(list)
            }
            DeValue::Table(table) => Value::Object(self.table(table, at, line_at)?),
        })
    }

    /// Parses JSON. Lines are those where a key is first written.
    ///
    /// # Errors
    /// When it is not a JSON object, with the line.
    pub fn json(file: &str, text: &str) -> Result<Self, InspectError> {
        let refuse = |line, why| Err(InspectError::Manifest { file: file.to_owned(), line, why });
        if text.len() > MANIFEST_BYTES {
            return refuse(None, format!("a manifest has at most {MANIFEST_BYTES} bytes"));
        }
        let root = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(Value::Object(root)) => root,
            Ok(_) => return refuse(Some(1), "must be a JSON object".to_owned()),
            Err(error) => return refuse(u32::try_from(error.line()).ok(), format!("not valid JSON: {error}")),
        };
        let mut lines = BTreeMap::new();
        index_json(&root, "", text, &mut lines);
        Ok(Self { file: file.to_owned(), root, lines })
    }

    /// The part of the document below a table; `None` when there is none.
    ///
    /// # Errors
    /// When something else than a table stands there.
    pub fn below(&self, path: &[&str]) -> Result<Option<Self>, InspectError> {
        let mut at = String::new();
        let mut root = &self.root;
        for name in path {
            at = format!("{at}/{name}");
            match root.get(*name) {
                None => return Ok(None),
                Some(Value::Object(fields)) => root = fields,
                Some(_) => return Err(self.error(&at, format!("`{}` must be a table", path.join(".")))),
            }
        }
        let lines = self.lines.iter().filter_map(|(pointer, line)| Some((pointer.strip_prefix(&at)?.to_owned(), *line))).collect();
        Ok(Some(Self { file: self.file.clone(), root: root.clone(), lines }))
    }

    #[must_use]
    pub fn line(&self, pointer: &str) -> Option<u32> {
        self.lines.get(pointer).copied()
    }

    #[must_use]
    pub fn error(&self, pointer: &str, why: String) -> InspectError {
        InspectError::Manifest { file: self.file.clone(), line: self.line(pointer), why }
    }
}

fn index_json(fields: &Map<String, Value>, at: &str, text: &str, lines: &mut BTreeMap<String, u32>) {
    for (name, value) in fields {
        let pointer = format!("{at}/{name}");
        if let Some(position) = text.find(&format!("\"{name}\"")) {
            let line = line_of(text.as_bytes(), position);
            lines.insert(pointer.clone(), u32::try_from(line).unwrap_or(u32::MAX));
        }
        if let Value::Object(inner) = value
            && lines.len() < 2_000
        {
            index_json(inner, &pointer, text, lines);
        }
    }
}
