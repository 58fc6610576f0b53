//! Filling in what a schema says about values that were left out. Changes nothing that was given, except that a whole
//! number written with a fraction (`3.0`) becomes a plain integer where the schema asks for one.

use serde_json::{Map, Value};

/// The inputs with the defaults of their schema, in the order of the schema.
pub fn fill(schema: &Map<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let mut filled = Map::new();
    for (name, property) in properties {
        match given.get(name).or_else(|| property.get("default")) {
            Some(value) => filled.insert(name.clone(), settle(property, value)),
            None => continue,
        };
    }
    for (name, value) in given.iter().filter(|(name, _)| !properties.contains_key(*name)) {
        filled.insert(name.clone(), value.clone());
    }
    filled
}

fn settle(property: &Value, value: &Value) -> Value {
    match (property, value) {
        (Value::Object(schema), Value::Object(fields)) if schema.contains_key("properties") => Value::Object(fill(schema, fields)),
        (Value::Object(schema), Value::Array(items)) => match schema.get("items") {
            Some(inner) => Value::Array(items.iter().map(|item| settle(inner, item)).collect()),
            None => value.clone(),
        },
        (Value::Object(schema), Value::Number(number)) if wants_integer(schema) => {
            number.as_f64().filter(|_| number.is_f64()).and_then(whole).map_or_else(|| value.clone(), Value::from)
        }
        _ => value.clone(),
    }
}

fn wants_integer(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "integer",
        Some(Value::Array(names)) => names.iter().any(|name| name == "integer") && !names.iter().any(|name| name == "number"),
        _ => false,
    }
}

/// The integer that a float is, when it is one that a float holds exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and below 2^53")]
    let integer = number as i64;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(integer)
}
