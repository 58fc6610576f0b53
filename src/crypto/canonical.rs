//! Canonical JSON: one byte string for one value, so that digests of values can be compared.
//!
//! RFC 8785 with one restriction: members are sorted by UTF-16 code units and strings are escaped as it says; numbers
//! are written as `serde_json` prints them, which agrees with the RFC for integers and for the shortest form of
//! ordinary fractions, but not for exponents. Both ends of every comparison are this program.

use serde_json::Value;

use super::digest::sha256_hex;

/// The canonical text.
#[must_use]
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
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
                out.push_str(&Value::String(name.clone()).to_string());
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
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_and_nothing_is_added() {
        assert_eq!(to_string(&json!({"b": [1, {"z": null, "a": "é\n"}], "a": true})), r#"{"a":true,"b":[1,{"a":"é\n","z":null}]}"#);
        assert_eq!(sha256_of(&json!({"a": 1, "b": 2})), sha256_of(&json!({"b": 2, "a": 1})));
    }
}
