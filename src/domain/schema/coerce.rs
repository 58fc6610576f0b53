//! Values written as text, as on a command line, turned into what the schema asks for.
//!
//! Only the type is settled here; limits and patterns are checked with the whole set of inputs.

use serde_json::{Map, Value};

use super::explain::brief;
use super::nearest::nearest;
use crate::base::fault::FieldFault;

/// Turns the texts given for one input into its value. A list takes each text as an item, or one text that is a JSON array;
/// an object is written as JSON. A file stays what was written: uploading it is the caller's part.
///
/// # Errors
/// When there is no such input, or a text is not of its type.
pub fn coerce(schema: &Map<String, Value>, name: &str, texts: &[&str]) -> Result<Value, FieldFault> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let Some(property) = properties.and_then(|all| all.get(name)) else {
        let near = nearest(name, properties.into_iter().flatten().map(|(known, _)| known.as_str()));
        let tail = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let params = near.map(|near| ("suggestion".to_owned(), near.to_owned())).into_iter().collect();
        return Err(FieldFault {
            pointer: format!("/{name}"),
            rule: "additionalProperties".to_owned(),
            message: format!("there is no input `{name}`{tail}"),
            params,
        });
    };
    let property = resolve(schema, property);
    let kinds = types(property);
    if kinds.contains(&"array") && !(texts.len() == 1 && kinds.contains(&"string")) {
        return list(schema, name, property, texts);
    }
    match texts {
        [one] => single(name, property, &kinds, one),
        [] if kinds.contains(&"boolean") => Ok(Value::Bool(true)),
        _ => Err(wrong(name, "type", format!("`{name}` takes one value, but {} were given", texts.len()))),
    }
}

fn list(schema: &Map<String, Value>, name: &str, property: &Value, texts: &[&str]) -> Result<Value, FieldFault> {
    if let [one] = texts
        && one.trim_start().starts_with('[')
    {
        return match serde_json::from_str(one) {
            Ok(Value::Array(items)) => Ok(Value::Array(items)),
            _ => Err(wrong(name, "type", format!("`{name}` must be a JSON array, or be given once for each item"))),
        };
    }
    let items = property.get("items").map_or(&Value::Null, |items| resolve(schema, items));
    let kinds = types(items);
    texts.iter().map(|text| single(name, items, &kinds, text)).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn single(name: &str, property: &Value, kinds: &[&str], text: &str) -> Result<Value, FieldFault> {
    if let Some(choice) = property.get("enum").and_then(Value::as_array).into_iter().flatten().find(|choice| writes_as(choice, text)) {
        return Ok(choice.clone());
    }
    for kind in kinds {
        let found = match *kind {
            "null" if text == "null" => Some(Value::Null),
            "boolean" => boolean(text).map(Value::Bool),
            "integer" => text.trim().parse::<i64>().map(Value::from).or_else(|_| text.trim().parse::<u64>().map(Value::from)).ok(),
            "number" => number(text),
            "object" => serde_json::from_str(text).ok().filter(Value::is_object),
            "array" => serde_json::from_str(text).ok().filter(Value::is_array),
            "string" => Some(Value::String(text.to_owned())),
            _ => None,
        };
        if let Some(value) = found {
            return Ok(value);
        }
    }
    if kinds.is_empty() {
        return Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
    }
    let expected = kinds.iter().filter(|kind| **kind != "null").map(|kind| word(kind)).collect::<Vec<_>>().join(" or ");
    let mut fault = wrong(name, "type", format!("`{name}` must be {expected}, but is `{}`", brief(text)));
    fault.params = vec![("expected".to_owned(), kinds.join(" or ")), ("value".to_owned(), brief(text))];
    Err(fault)
}

/// The types a property accepts, the strictest first, so that `3` becomes a number where a number is welcome.
fn types(property: &Value) -> Vec<&str> {
    let mut found: Vec<&str> = match property.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for keyword in ["anyOf", "oneOf"] {
        for branch in property.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            found.extend(types(branch));
        }
    }
    for choice in property.get("enum").and_then(Value::as_array).into_iter().flatten() {
        if found.is_empty() && choice.is_string() {
            found.push("string");
        }
    }
    let order = ["null", "boolean", "integer", "number", "object", "array", "string"];
    found.sort_by_key(|kind| order.iter().position(|known| known == kind));
    found.dedup();
    found
}

fn resolve<'a>(schema: &'a Map<String, Value>, property: &'a Value) -> &'a Value {
    let name = property.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/$defs/"));
    name.and_then(|name| schema.get("$defs")?.get(name)).unwrap_or(property)
}

fn writes_as(choice: &Value, text: &str) -> bool {
    match choice {
        Value::String(word) => word == text,
        Value::Number(_) | Value::Bool(_) | Value::Null => {
            let written = choice.to_string();
            written == text
        }
        Value::Array(_) | Value::Object(_) => false,
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(integer) = text.trim().parse::<i64>() {
        return Some(Value::from(integer));
    }
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from)
}

fn word(kind: &str) -> &'static str {
    match kind {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "object" => "a JSON object",
        "array" => "a JSON array",
        _ => "text",
    }
}

fn wrong(name: &str, rule: &str, message: String) -> FieldFault {
    FieldFault { pointer: format!("/{name}"), rule: rule.to_owned(), message, params: Vec::new() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_become_typed_values() {
        let schema = json!({"properties": {
            "n": {"type": "integer"}, "x": {"type": "number"}, "on": {"type": "boolean"}, "s": {"type": "string"},
            "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "pick": {"enum": [1, "two"]},
            "tags": {"type": "array", "items": {"type": "string"}}, "ns": {"type": "array", "items": {"type": "integer"}},
            "o": {"type": "object"}, "any": {}
        }});
        let schema = schema.as_object().expect("object");
        let check = |name: &str, texts: &[&str], expected: Result<Value, &str>| {
            let found = coerce(schema, name, texts).map_err(|fault| fault.message);
            assert_eq!(found, expected.map_err(str::to_owned), "{name} {texts:?}");
        };
        check("n", &["3"], Ok(json!(3)));
        check("n", &["3x"], Err("`n` must be a whole number, but is `3x`"));
        check("n", &["1", "2"], Err("`n` takes one value, but 2 were given"));
        check("x", &["0.5"], Ok(json!(0.5)));
        check("x", &["nan"], Err("`x` must be a number, but is `nan`"));
        check("on", &[], Ok(json!(true)));
        check("on", &["No"], Ok(json!(false)));
        check("s", &["3"], Ok(json!("3")));
        check("s", &["--help"], Ok(json!("--help")));
        check("maybe", &["null"], Ok(Value::Null));
        check("maybe", &["7"], Ok(json!(7)));
        check("pick", &["1"], Ok(json!(1)));
        check("tags", &["a", "b,c"], Ok(json!(["a", "b,c"])));
        check("tags", &[r#"["a", "b"]"#], Ok(json!(["a", "b"])));
        check("ns", &["1", "x"], Err("`ns` must be a whole number, but is `x`"));
        check("o", &[r#"{"k": 1}"#], Ok(json!({"k": 1})));
        check("o", &["k=1"], Err("`o` must be a JSON object, but is `k=1`"));
        check("any", &["[1]"], Ok(json!([1])));
        check("tag", &["a"], Err("there is no input `tag`; did you mean `tags`?"));
    }
}
