//! Texts with placeholders: `{name}` stands for an input, `{{` and `}}` for the braces themselves.
//!
//! There is no logic and no nesting: what an input holds is never read as a template again.

use serde_json::{Map, Value};

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Input(String),
}

/// Splits a text.
///
/// # Errors
/// A brace without its partner, or an empty name.
pub fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => {
                rest.next();
                plain.push(c);
            }
            '{' => {
                let (mut name, mut closed) = (String::new(), false);
                for c in rest.by_ref() {
                    closed = c == '}';
                    if closed {
                        break;
                    }
                    name.push(c);
                }
                if !closed || name.is_empty() || name.contains(['{', '\n']) {
                    return Err(format!(
                        "`{{` in `{}` does not begin the name of an input; write `{{{{` for the brace itself",
                        shown(text)
                    ));
                }
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Input(name));
            }
            '}' => return Err(format!("`}}` in `{}` ends nothing; write `}}}}` for the brace itself", shown(text))),
            c => plain.push(c),
        }
    }
    if !plain.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The names that a template uses, anywhere in a value.
///
/// # Errors
/// As [`parse`].
pub fn names(value: &Value, found: &mut Vec<String>) -> Result<(), String> {
    match value {
        Value::String(text) => {
            for piece in parse(text)? {
                if let Piece::Input(name) = piece {
                    found.push(name);
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| names(item, found)),
        Value::Object(members) => members.values().try_for_each(|member| names(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// An input as text; `None` for what was not given.
#[must_use]
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The text with its placeholders filled in; `None` when one of the inputs was not given.
///
/// # Errors
/// As [`parse`], which registering a version rules out.
pub fn text(template: &str, inputs: &Map<String, Value>) -> Result<Option<String>, String> {
    let mut filled = String::new();
    for piece in parse(template)? {
        match piece {
            Piece::Text(text) => filled.push_str(&text),
            Piece::Input(name) => match inputs.get(&name).and_then(plain) {
                Some(value) => filled.push_str(&value),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(filled))
}

/// A JSON value with its placeholders filled in. A text that is one placeholder and nothing else becomes the input with
/// its type; members and items whose inputs were not given are left out.
///
/// # Errors
/// As [`parse`].
pub fn value(template: &Value, inputs: &Map<String, Value>) -> Result<Option<Value>, String> {
    Ok(match template {
        Value::String(line) => match parse(line)?.as_slice() {
            [Piece::Input(name)] => inputs.get(name).filter(|value| !value.is_null()).cloned(),
            _ => text(line, inputs)?.map(Value::String),
        },
        Value::Array(items) => {
            let filled: Result<Vec<_>, String> = items.iter().filter_map(|item| value(item, inputs).transpose()).collect();
            Some(Value::Array(filled?))
        }
        Value::Object(members) => {
            let mut filled = Map::new();
            for (name, member) in members {
                if let Some(member) = value(member, inputs)? {
                    filled.insert(name.clone(), member);
                }
            }
            Some(Value::Object(filled))
        }
        other => Some(other.clone()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_nothing_else_is_read() {
        let inputs = json!({ "id": 7, "text": "{id} {{7*7}}", "list": [1, 2], "none": null });
        let inputs = inputs.as_object().expect("object");
        let check = |template: &str, expected: Option<&str>| {
            assert_eq!(text(template, inputs), Ok(expected.map(str::to_owned)), "{template}");
        };
        check("a {id} b", Some("a 7 b"));
        check("{text}", Some("{id} {{7*7}}"));
        check("{{id}}", Some("{id}"));
        check("{none}", None);
        check("x{missing}", None);
        check("", Some(""));
        for bad in ["{", "{id", "}", "{}", "a}b", "{a{b}}", "}}{id"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let body =
            json!({ "n": "{id}", "s": "no {id}", "l": "{list}", "gone": "{missing}", "deep": [{ "x": "{missing}" }, "{none}", true] });
        assert_eq!(value(&body, inputs), Ok(Some(json!({ "n": 7, "s": "no 7", "l": [1, 2], "deep": [{}, true] }))));
        let mut found = Vec::new();
        names(&body, &mut found).expect("parses");
        assert_eq!(found, ["id", "id", "list", "missing", "missing", "none"]);
    }
}
