//! Compiled schemas of inputs and results.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

use super::shape::{self, SchemaError};
use super::{FILE_FORMAT, defaults, explain, is_file};
use crate::base::fault::FieldFault;
use crate::domain::ids::FileId;

/// Largest compiled pattern, in bytes.
const PATTERN_BYTES: usize = 1 << 20;
/// Most errors reported for one set of inputs.
const ERRORS: usize = 50;

/// The schema of a capability's inputs, ready to complete and check them.
#[derive(Debug)]
pub struct InputSchema {
    schema: Map<String, Value>,
    validator: Validator,
}

impl InputSchema {
    /// # Errors
    /// When the schema is not valid JSON Schema 2020-12 or breaks one of our restrictions.
    pub fn compile(schema: &Map<String, Value>) -> Result<Self, SchemaError> {
        shape::check_inputs(schema)?;
        Ok(Self { validator: build(schema)?, schema: schema.clone() })
    }

    /// Fills in defaults and checks the whole. Inputs come back in the order of the schema.
    ///
    /// # Errors
    /// Everything that is wrong, field by field; pointers are relative to the inputs (`/count`).
    pub fn complete(&self, inputs: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldFault>> {
        let completed = defaults::fill(&self.schema, inputs);
        let value = Value::Object(completed);
        let faults = check(&self.validator, &self.schema, &value);
        match value {
            Value::Object(completed) if faults.is_empty() => Ok(completed),
            _ => Err(faults),
        }
    }

    /// Names of the inputs that take files.
    pub fn file_fields(&self) -> impl Iterator<Item = &str> {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().filter(|(_, property)| is_file(property)).map(|(name, _)| name.as_str())
    }

    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.schema
    }
}

/// The schema of a capability's result.
#[derive(Debug)]
pub struct OutputSchema {
    schema: Map<String, Value>,
    validator: Validator,
}

impl OutputSchema {
    /// # Errors
    /// When the schema is not valid JSON Schema 2020-12 or breaks one of our restrictions.
    pub fn compile(schema: &Map<String, Value>) -> Result<Self, SchemaError> {
        Ok(Self { validator: build(schema)?, schema: schema.clone() })
    }

    /// # Errors
    /// Everything that is wrong; pointers are relative to the result.
    pub fn check(&self, result: &Value) -> Result<(), Vec<FieldFault>> {
        let faults = check(&self.validator, &self.schema, result);
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn build(schema: &Map<String, Value>) -> Result<Validator, SchemaError> {
    shape::check(schema)?;
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_format(FILE_FORMAT, |text: &str| text.parse::<FileId>().is_ok())
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES))
        .build(&Value::Object(schema.clone()))
        .map_err(|error| SchemaError::new(error.instance_path().as_str(), format!("is wrong: {}", explain::brief(&error.to_string()))))
}

fn check(validator: &Validator, schema: &Map<String, Value>, value: &Value) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    for error in validator.iter_errors(value) {
        explain::explain(&error, schema, &mut faults);
        if faults.len() >= ERRORS {
            break;
        }
    }
    faults.truncate(ERRORS);
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            other => panic!("not an object: {other}"),
        }
    }

    fn sample() -> InputSchema {
        InputSchema::compile(&map(json!({
            "type": "object",
            "properties": {
                "count": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3},
                "level": {"enum": ["debug", "info"]},
                "day": {"type": "string", "format": "date"},
                "data": {"type": "string", "format": "file"},
                "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
                "ratio": {"anyOf": [{"type": "number", "maximum": 1}, {"type": "null"}]},
                "a": {"type": "string"}, "b": {"type": "string"}
            },
            "required": ["level"],
            "additionalProperties": false,
            "not": {"required": ["a", "b"]}
        })))
        .expect("a good schema")
    }

    #[test]
    fn every_fault_is_named() {
        let check = |inputs: Value, expected: &[(&str, &str, &str)]| {
            let faults = sample().complete(&map(inputs.clone())).expect_err("refused");
            let mut found: Vec<_> =
                faults.iter().map(|fault| (fault.pointer.as_str(), fault.rule.as_str(), fault.message.as_str())).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{inputs}");
        };
        check(json!({}), &[("/level", "required", "`level` is required")]);
        check(
            json!({"level": "inof", "count": 11, "coutn": 1}),
            &[
                ("/count", "maximum", "`count` must be at most 10, but is 11"),
                ("/coutn", "additionalProperties", "there is no input `coutn`; did you mean `count`?"),
                ("/level", "enum", "`level` must be one of \"debug\", \"info\", but is \"inof\"; did you mean `info`?"),
            ],
        );
        check(json!({"level": "info", "count": "3"}), &[("/count", "type", "`count` must be of type integer, but is string: \"3\"")]);
        check(
            json!({"level": "info", "day": "2026-13-01"}),
            &[("/day", "format", "`day` must be a date such as 2026-01-31, but is \"2026-13-01\"")],
        );
        check(
            json!({"level": "info", "data": "/etc/passwd"}),
            &[("/data", "format", "`data` must be the id of an uploaded file (`fil_...`), but is \"/etc/passwd\"")],
        );
        check(
            json!({"level": "info", "code": "abc"}),
            &[("/code", "pattern", "`code` must match the pattern `^[A-Z]{2}$`, but is \"abc\"")],
        );
        check(json!({"level": "info", "ratio": 2}), &[("/ratio", "maximum", "`ratio` must be at most 1, but is 2")]);
        check(json!({"level": "info", "a": "", "b": ""}), &[("", "not", "`a`, `b` exclude each other: give only one")]);
    }

    #[test]
    fn exclusive_groups_read_as_such() {
        let schema = InputSchema::compile(&map(json!({
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {"const": true}}}]
        })))
        .expect("a good schema");
        let message = |inputs: Value| schema.complete(&map(inputs)).expect_err("refused")[0].message.clone();
        assert_eq!(message(json!({})), "one of `a`, `b` is required");
        assert_eq!(message(json!({"a": "x", "b": true})), "give only one of `a`, `b`");
        assert!(schema.complete(&map(json!({"a": "x", "b": false}))).is_ok());
    }

    #[test]
    fn inputs_are_completed_in_the_order_of_the_schema() {
        let completed = sample().complete(&map(json!({"b": "x", "level": "info"}))).expect("accepted");
        assert_eq!(serde_json::to_string(&completed).expect("JSON"), r#"{"count":3,"level":"info","b":"x"}"#);
        let whole = sample().complete(&map(json!({"level": "info", "count": 4.0}))).expect("accepted");
        assert_eq!(whole["count"].to_string(), "4");
        assert_eq!(sample().file_fields().collect::<Vec<_>>(), ["data"]);
    }

    #[test]
    fn hostile_schemas_are_refused() {
        let check = |schema: Value, expected: &str| {
            let error = InputSchema::compile(&map(schema)).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(json!({"type": "array"}), "must be `object`");
        check(json!({"type": "object", "properties": {"a": {"$ref": "http://evil.example/x"}}}), "must point to `#/$defs/NAME`");
        check(json!({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}), "must point to `#/$defs/NAME`");
        check(json!({"type": "object", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}}), "recursive");
        check(json!({"type": "object", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}}}), "does not have");
        check(json!({"type": "object", "properties": {"a": {"type": "strin"}}}), "is wrong");
        check(json!({"type": "object", "properties": {"a": {"pattern": "(?=x)"}}}), "is wrong");
        check(json!({"type": "object", "properties": {"a": {"pattern": "(a{1000}){1000}"}}}), "is wrong");
        let mut deep = json!({"type": "string"});
        for _ in 0..40 {
            deep = json!({"items": deep});
        }
        check(json!({"type": "object", "properties": {"a": deep}}), "nested deeper");
        let mut defs = Map::new();
        defs.insert("n0".to_owned(), json!({"type": "string"}));
        for n in 1..40 {
            let below = format!("#/$defs/n{}", n - 1);
            defs.insert(format!("n{n}"), json!({"allOf": [{"$ref": below}, {"$ref": below}]}));
        }
        check(json!({"type": "object", "$defs": defs}), "grows too large");
        assert!(
            InputSchema::compile(&map(json!({"type": "object", "properties": {"$ref": {"type": "string"}}}))).is_ok(),
            "an input may be called $ref"
        );
    }

    #[test]
    fn patterns_cannot_explode() {
        let schema =
            InputSchema::compile(&map(json!({"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}}))).expect("linear engine");
        let text = format!("{}b", "a".repeat(100_000));
        assert!(schema.complete(&map(json!({ "a": text }))).is_err());
    }
}
