//! Canonical JSON: one byte string for one value, so that digests of values can be compared.
//!
//! RFC 8785 with one restriction: members are sorted by UTF-16 code units and strings are escaped as it says; numbers
//! are written as `serde_json` prints them, which agrees with the RFC for integers up to 2^53 and for ordinary fractions,
//! but not for exponents. Integers beyond 2^53 keep all their digits. Both ends of every comparison are this program.

use serde::Serialize;
use serde_json::Value;

use super::digest::sha256_hex;

/// The canonical text.
#[must_use]
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// The canonical bytes of anything that serializes.
///
/// # Errors
/// When the value does not serialize to JSON, such as a map with keys that are not text.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    Ok(to_string(&serde_json::to_value(value)?).into_bytes())
}

/// Lower-case hexadecimal SHA-256 of the canonical text.
#[must_use]
pub fn sha256_of(value: &Value) -> String {
    sha256_hex(to_string(value).as_bytes())
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write(&members[name], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::String(text) => write_text(text, out),
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&number.to_string()),
    }
}

/// RFC 8785 section 3.2.2.2: two-character escapes where JSON has them, `\u00xx` in lower case for other controls.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control @ '\0'..='\u{1f}' => {
                out.push_str("\\u00");
                out.push_str(&hex::encode([u8::try_from(control).unwrap_or(0)]));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_and_nothing_is_added() {
        assert_eq!(to_string(&json!({"b": [1, {"z": null, "a": "é\n"}], "a": true})), r#"{"a":true,"b":[1,{"a":"é\n","z":null}]}"#);
        assert_eq!(sha256_of(&json!({"a": 1, "b": 2})), sha256_of(&json!({"b": 2, "a": 1})));
    }

    /// The sorting example of RFC 8785 section 3.2.3 and the string of section 3.2.2.
    #[test]
    fn rfc_8785_examples() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        let Value::Object(members) = serde_json::from_str(&to_string(&value)).expect("JSON") else { panic!("an object") };
        let order: Vec<&str> = members.values().filter_map(Value::as_str).collect();
        let expected = [
            "Carriage Return",
            "One",
            "Control",
            "Latin Small Letter O With Diaeresis",
            "Euro Sign",
            "Emoji: Grinning Face",
            "Hebrew Letter Dalet With Dagesh",
        ];
        assert_eq!(order, expected);
        assert_eq!(to_string(&json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/")), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    }

    proptest! {
        #[test]
        fn text_survives(text in any::<String>()) {
            let written = to_string(&Value::String(text.clone()));
            prop_assert_eq!(serde_json::from_str::<String>(&written).expect("JSON"), text);
        }
    }
}
