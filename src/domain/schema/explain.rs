//! Says what is wrong with a value in words that name the field, the limit and what was found.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::{Map, Value};

use super::nearest::nearest;
use crate::base::fault::FieldFault;

/// Characters of a value that a message quotes.
const QUOTED_CHARS: usize = 60;

/// Turns one error of the validator into what a person reads; a few errors become several faults.
pub fn explain(error: &ValidationError<'_>, schema: &Map<String, Value>, faults: &mut Vec<FieldFault>) {
    let at = error.instance_path().as_str().to_owned();
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.push(fault(child(&at, name), "required", format!("`{}` is required", field(&child(&at, name))), &[]));
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                faults.push(unknown(&at, name, schema));
            }
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            if let Some(names) = exclusive_names(error, schema) {
                let text = format!("one of {} is required", list(&names));
                faults.push(fault(at, error.kind().keyword(), text, &[("fields", names.join(", "))]));
                return;
            }
            match best_branch(context) {
                Some(branch) => branch.iter().for_each(|inner| explain(inner, schema, faults)),
                None => {
                    faults.push(fault(
                        at.clone(),
                        error.kind().keyword(),
                        format!("`{}` fits none of the accepted forms", field(&at)),
                        &[],
                    ));
                }
            }
        }
        Kind::OneOfMultipleValid { .. } => {
            let text = match exclusive_names(error, schema) {
                Some(names) => format!("give only one of {}", list(&names)),
                None => format!("`{}` fits more than one of the accepted forms", field(&at)),
            };
            faults.push(fault(at, "oneOf", text, &[]));
        }
        Kind::Not { schema: refused } => {
            let mut names = Vec::new();
            required_names(refused, &mut names);
            let text = if names.len() > 1 {
                format!("{} exclude each other: give only one", list(&names))
            } else {
                format!("`{}` has a value that is not accepted", field(&at))
            };
            faults.push(fault(at, "not", text, &[("fields", names.join(", "))]));
        }
        kind => {
            let (text, params) = plain(kind, &field(&at), error.instance());
            faults.push(fault(at, kind.keyword(), text, &params));
        }
    }
}

/// The kinds that are one sentence about one value.
fn plain(kind: &Kind, name: &str, found: &Value) -> (String, Vec<(&'static str, String)>) {
    let shown = quote(found);
    let limited = |text: String, limit: String| (text, vec![("limit", limit), ("value", shown.clone())]);
    match kind {
        Kind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(several) => several.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
            };
            let text = format!("`{name}` must be of type {expected}, but is {}: {shown}", type_word(found));
            (text, vec![("expected", expected), ("found", type_word(found).to_owned()), ("value", shown)])
        }
        Kind::Enum { options } => {
            let choices = options.as_array().map(|all| all.iter().map(quote).collect::<Vec<_>>().join(", ")).unwrap_or_default();
            let near = found.as_str().and_then(|text| nearest(text, options.as_array().into_iter().flatten().filter_map(Value::as_str)));
            let tail = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            (format!("`{name}` must be one of {choices}, but is {shown}{tail}"), vec![("choices", choices), ("value", shown)])
        }
        Kind::Constant { expected_value } => {
            limited(format!("`{name}` must be {}, but is {shown}", quote(expected_value)), quote(expected_value))
        }
        Kind::Maximum { limit } => limited(format!("`{name}` must be at most {limit}, but is {shown}"), limit.to_string()),
        Kind::Minimum { limit } => limited(format!("`{name}` must be at least {limit}, but is {shown}"), limit.to_string()),
        Kind::ExclusiveMaximum { limit } => limited(format!("`{name}` must be less than {limit}, but is {shown}"), limit.to_string()),
        Kind::ExclusiveMinimum { limit } => limited(format!("`{name}` must be more than {limit}, but is {shown}"), limit.to_string()),
        Kind::MultipleOf { multiple_of } => {
            limited(format!("`{name}` must be a multiple of {multiple_of}, but is {shown}"), multiple_of.to_string())
        }
        Kind::MaxLength { limit } => limited(format!("`{name}` must have at most {limit} characters"), limit.to_string()),
        Kind::MinLength { limit } => limited(format!("`{name}` must have at least {limit} characters"), limit.to_string()),
        Kind::MaxItems { limit } => limited(format!("`{name}` must have at most {limit} items"), limit.to_string()),
        Kind::MinItems { limit } => limited(format!("`{name}` must have at least {limit} items"), limit.to_string()),
        Kind::MaxProperties { limit } => limited(format!("`{name}` must have at most {limit} fields"), limit.to_string()),
        Kind::MinProperties { limit } => limited(format!("`{name}` must have at least {limit} fields"), limit.to_string()),
        Kind::UniqueItems => limited(format!("`{name}` must not have equal items"), String::new()),
        Kind::Pattern { pattern } => limited(format!("`{name}` must match the pattern `{pattern}`, but is {shown}"), pattern.clone()),
        Kind::Format { format } if format == super::FILE_FORMAT => {
            limited(format!("`{name}` must be the id of an uploaded file (`fil_...`), but is {shown}"), format.clone())
        }
        Kind::Format { format } => limited(format!("`{name}` must be a {format}{}, but is {shown}", example(format)), format.clone()),
        Kind::FalseSchema => limited(format!("`{name}` is not accepted together with the other inputs given"), String::new()),
        _ => limited(format!("`{name}` is not accepted: {shown}"), String::new()),
    }
}

fn unknown(at: &str, name: &str, schema: &Map<String, Value>) -> FieldFault {
    let known = if at.is_empty() { schema.get("properties").and_then(Value::as_object) } else { None };
    let near = nearest(name, known.into_iter().flatten().map(|(known, _)| known.as_str()));
    let shown: String = name.chars().take(QUOTED_CHARS).collect();
    let tail = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let text = format!("there is no input `{shown}`{tail}");
    let mut params = vec![("name", shown)];
    params.extend(near.map(|near| ("suggestion", near.to_owned())));
    fault(child(at, name), "additionalProperties", text, &params)
}

/// The names in a `oneOf` whose branches each only ask for fields to be present, as exclusive groups are written.
fn exclusive_names(error: &ValidationError<'_>, schema: &Map<String, Value>) -> Option<Vec<String>> {
    let root = Value::Object(schema.clone());
    let branches = root.pointer(error.schema_path().as_str())?.as_array()?;
    let mut names = Vec::new();
    for branch in branches {
        let before = names.len();
        required_names(branch, &mut names);
        if names.len() == before {
            return None;
        }
    }
    Some(names)
}

fn required_names(schema: &Value, names: &mut Vec<String>) {
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        names.extend(required.as_str().map(str::to_owned));
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        required_names(part, names);
    }
}

/// The branch that the value was probably meant for: the one with the fewest complaints, none of them about its type.
fn best_branch<'a, 'e>(context: &'a [Vec<ValidationError<'e>>]) -> Option<&'a [ValidationError<'e>]> {
    let mismatched = |branch: &[ValidationError<'_>]| {
        branch.iter().any(|error| matches!(error.kind(), Kind::Type { .. }) && error.instance_path().is_empty())
    };
    let fitting = context.iter().filter(|branch| !branch.is_empty() && !mismatched(branch)).min_by_key(|branch| branch.len());
    fitting.or_else(|| context.iter().find(|branch| !branch.is_empty())).map(Vec::as_slice)
}

fn fault(pointer: String, rule: &str, message: String, params: &[(&'static str, String)]) -> FieldFault {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    FieldFault { pointer, rule: rule.to_owned(), message, params }
}

fn child(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// How a message names the place: `count`, or `items/3/name`.
fn field(pointer: &str) -> String {
    if pointer.is_empty() { "inputs".to_owned() } else { pointer[1..].replace("~1", "/").replace("~0", "~") }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A value as a message shows it, cut short.
fn quote(value: &Value) -> String {
    brief(&value.to_string())
}

/// Text cut to what a message can carry.
pub fn brief(text: &str) -> String {
    if text.chars().count() <= QUOTED_CHARS { text.to_owned() } else { text.chars().take(QUOTED_CHARS).chain(['…']).collect() }
}

fn type_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn example(format: &str) -> &'static str {
    match format {
        "date" => " such as 2026-01-31",
        "date-time" => " such as 2026-01-31T08:00:00Z",
        "time" => " such as 08:00:00Z",
        _ => "",
    }
}
