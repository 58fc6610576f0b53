//! What is made of an answer: whether it is a success, and which part of it is the result.
//!
//! A place is a JSON Pointer (RFC 6901) when it is empty or begins with `/`, and a `JSONPath` (RFC 9535) when it begins with `$`.

use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::call::{Extract, Response};

/// Longest place, in bytes.
const PLACE_BYTES: usize = 1_000;

/// # Errors
/// When it is neither a pointer nor a path.
pub fn check_place(place: &str) -> Result<(), String> {
    let shown: String = place.chars().take(80).collect();
    match place.chars().next() {
        _ if place.len() > PLACE_BYTES => Err(format!("a place has at most {PLACE_BYTES} bytes")),
        None | Some('/') => Ok(()),
        Some('$') => JsonPath::parse(place).map(drop).map_err(|error| format!("`{shown}` is not a JSONPath: {error}")),
        Some(_) => Err(format!("`{shown}` must be a JSON Pointer (`/items`) or a JSONPath (`$.items[*]`)")),
    }
}

/// What is at a place. A path that can name several things gives a list.
#[must_use]
pub fn at(place: &str, value: &Value) -> Option<Value> {
    if !place.starts_with('$') {
        return value.pointer(place).cloned();
    }
    let found = JsonPath::parse(place).ok()?.query(value).all();
    let single = !place.contains(['*', '?', ':', ',']) && !place.contains("..");
    if single { found.first().map(|value| (*value).clone()) } else { Some(Value::Array(found.into_iter().cloned().collect())) }
}

/// # Errors
/// The first value that is not what it must be.
pub fn check(response: &Response, value: &Value) -> Result<(), String> {
    for check in &response.check {
        let found = at(&check.at, value).unwrap_or(Value::Null);
        if found != check.equals {
            let text = |value: &Value| value.to_string().chars().take(120).collect::<String>();
            return Err(format!("`{}` of the answer is {}, and a success has {}", check.at, text(&found), text(&check.equals)));
        }
    }
    Ok(())
}

/// The result that an answer gives.
///
/// # Errors
/// When a place that must be there is not.
pub fn extract(response: &Response, value: Value) -> Result<Value, String> {
    let missing = |place: &str| format!("the answer has nothing at `{place}`");
    match &response.extract {
        None => Ok(value),
        Some(Extract::One(place)) => at(place, &value).ok_or_else(|| missing(place)),
        Some(Extract::Named(places)) => {
            let mut found = Map::new();
            for (name, place) in places {
                found.insert(name.clone(), at(place, &value).ok_or_else(|| missing(place))?);
            }
            Ok(Value::Object(found))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_pointers_or_paths() {
        let value = json!({ "ok": true, "items": [{ "id": 1, "n": "a" }, { "id": 2, "n": "b" }], "a/b": 3 });
        let check = |place: &str, expected: Option<Value>| assert_eq!(at(place, &value), expected, "{place}");
        check("/items/0/id", Some(json!(1)));
        check("/a~1b", Some(json!(3)));
        check("/none", None);
        check("$.items[*].id", Some(json!([1, 2])));
        check("$.items[0].n", Some(json!("a")));
        check("$.items[?@.id == 2].n", Some(json!(["b"])));
        check("$.none", None);
        check("", Some(value.clone()));
        for bad in ["items", "$.[", "$x"] {
            assert!(check_place(bad).is_err(), "{bad}");
        }
    }
}
