//! What an upload was found to be: fields with where each came from, inputs, the onboarding checklist, notes.

use serde_json::{Map, Value};

use super::failure::Failure;
use super::output::Output;
use super::show;
use super::table::{Cell, Tone};
use crate::domain::inspect::ChecklistState;
use crate::wire::capability::InspectionReport;

/// Shows a report.
pub fn show_report(out: &Output, report: &InspectionReport) -> Result<(), Failure> {
    let manifest = &report.manifest;
    let writes = if manifest.write_boundary.writes.is_empty() { "read-only".to_owned() } else { manifest.write_boundary.writes.join(", ") };
    let found: Vec<(&str, String)> = vec![
        ("name", manifest.name.to_string()),
        ("title", manifest.title.clone()),
        ("description", manifest.description.lines().next().unwrap_or_default().to_owned()),
        ("kind", show::word(&manifest.kind)),
        ("entry", manifest.entry.clone()),
        ("binding", show::word(&manifest.binding)),
        ("risk", show::word(&manifest.risk)),
        ("write_boundary", writes),
        ("network", show::word(&manifest.network)),
        ("owner", manifest.owner.clone().unwrap_or_default()),
        ("limits", super::capabilities::limits(&manifest.limits)),
    ];
    let rows: Vec<Vec<Cell>> = found
        .into_iter()
        .map(|(field, value)| {
            let from = source(report, field);
            let missing = value.is_empty();
            let value = if missing { Cell::toned("missing", Tone::Faint) } else { value.into() };
            vec![field.replace('_', " ").into(), value, Cell::toned(if missing { String::new() } else { from }, Tone::Faint)]
        })
        .collect();
    out.grid(&["FIELD", "VALUE", "FROM"], &rows)?;
    out.line("")?;
    show_inputs(out, &manifest.inputs)?;
    out.line("")?;
    let rows: Vec<Vec<Cell>> = report
        .checklist
        .iter()
        .map(|item| vec![item.id.replace('_', " ").into(), show::checklist_state(item.state, out), item.detail.clone().into()])
        .collect();
    out.grid(&["CHECKLIST", "STATE", "DETAIL"], &rows)?;
    for note in &report.notes {
        let place = match (&note.file, note.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: "),
            (Some(file), None) => format!("{file}: "),
            _ => String::new(),
        };
        out.note(&format!("note: {place}{} ({})", note.text, note.code));
    }
    Ok(())
}

/// How many points of the checklist are done, of those that count.
#[must_use]
pub fn score(report: &InspectionReport) -> (usize, usize) {
    let counted = || report.checklist.iter().filter(|item| item.state != ChecklistState::Advice);
    (counted().filter(|item| item.state == ChecklistState::Done).count(), counted().count())
}

fn source(report: &InspectionReport, field: &str) -> String {
    let found = report.provenance.get(field).or_else(|| {
        let pointer = format!("/{field}");
        report.provenance.get(&pointer)
    });
    match found {
        None | Some(Value::Null) => "default".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(object)) => {
            let text = |key: &str| object.get(key).map(show::value).filter(|text| text != "null");
            let place = match (text("file"), text("line")) {
                (Some(file), Some(line)) => Some(format!("{file}:{line}")),
                (Some(file), None) => Some(file),
                (None, Some(line)) => Some(format!("line {line}")),
                (None, None) => None,
            };
            let kind = ["source", "kind", "from"].into_iter().find_map(text);
            [kind, place].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    }
}

/// The inputs of a capability as a table.
pub fn show_inputs(out: &Output, schema: &Map<String, Value>) -> Result<(), Failure> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty()) else {
        return out.line("no inputs");
    };
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let rows: Vec<Vec<Cell>> = properties
        .iter()
        .map(|(name, property)| {
            let default = property.get("default").map(show::value);
            let need = match default {
                Some(default) => format!("default {default}"),
                None if required.contains(&name.as_str()) => "required".to_owned(),
                None => "optional".to_owned(),
            };
            let about = property.get("description").or_else(|| property.get("title")).and_then(Value::as_str).unwrap_or_default();
            vec![name.clone().into(), kind(property).into(), need.into(), about.to_owned().into()]
        })
        .collect();
    out.grid(&["INPUT", "TYPE", "NEED", "ABOUT"], &rows)
}

/// The type of an input in a few words: `integer 1..10`, `one of a, b`, `list of text`, `file`.
#[must_use]
pub fn kind(property: &Value) -> String {
    if let Some(choices) = property.get("enum").and_then(Value::as_array) {
        return format!("one of {}", choices.iter().map(show::value).collect::<Vec<_>>().join(", "));
    }
    let branches = || ["anyOf", "oneOf"].into_iter().filter_map(|key| property.get(key)?.as_array()).flatten();
    if let Some(branch) = branches().find(|branch| branch.get("type").and_then(Value::as_str) != Some("null")) {
        return kind(branch);
    }
    let format = property.get("format").and_then(Value::as_str);
    let name = match property.get("type") {
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("any"),
        _ => "any",
    };
    let bound = |key: &str| property.get(key).map(show::value).unwrap_or_default();
    match (name, format) {
        ("string", Some(format)) => format.to_owned(),
        ("string", None) => "text".to_owned(),
        ("array", _) => format!("list of {}", property.get("items").map_or_else(|| "any".to_owned(), kind)),
        ("integer" | "number", _) if property.get("minimum").is_some() || property.get("maximum").is_some() => {
            format!("{name} {}..{}", bound("minimum"), bound("maximum"))
        }
        (name, _) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_said_in_a_few_words() {
        for (property, expected) in [
            (json!({"type": "integer", "minimum": 1, "maximum": 10}), "integer 1..10"),
            (json!({"enum": ["a", 2]}), "one of a, 2"),
            (json!({"type": "array", "items": {"type": "string"}}), "list of text"),
            (json!({"type": "string", "format": "file"}), "file"),
            (json!({"type": ["null", "boolean"]}), "boolean"),
            (json!({"anyOf": [{"type": "null"}, {"type": "number"}]}), "number"),
            (json!({}), "any"),
        ] {
            assert_eq!(kind(&property), expected, "{property}");
        }
    }
}
