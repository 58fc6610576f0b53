//! Differences between two JSON values, field by field.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// How a field differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// JSON Pointer (RFC 6901).
    pub field: String,
    pub change: ChangeKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

/// Every leaf that differs, in the order of the left value and then of the right. Lists are compared as wholes.
#[must_use]
pub fn values(from: &Value, to: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    collect(String::new(), from, to, &mut changes);
    changes
}

fn collect(pointer: String, from: &Value, to: &Value, changes: &mut Vec<FieldChange>) {
    match (from, to) {
        _ if from == to => {}
        (Value::Object(left), Value::Object(right)) => {
            for (name, value) in left {
                let inner = format!("{pointer}/{}", escape(name));
                match right.get(name) {
                    Some(other) => collect(inner, value, other, changes),
                    None => changes.push(FieldChange { field: inner, change: ChangeKind::Removed, from: Some(value.clone()), to: None }),
                }
            }
            for (name, value) in right.iter().filter(|(name, _)| !left.contains_key(*name)) {
                let inner = format!("{pointer}/{}", escape(name));
                changes.push(FieldChange { field: inner, change: ChangeKind::Added, from: None, to: Some(value.clone()) });
            }
        }
        _ => changes.push(FieldChange { field: pointer, change: ChangeKind::Changed, from: Some(from.clone()), to: Some(to.clone()) }),
    }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_are_named_by_pointer() {
        let changes =
            values(&json!({"a": 1, "b": {"c/d": [1], "e": 2}, "gone": 1}), &json!({"a": 1, "b": {"c/d": [2], "e": 2}, "new": null}));
        let fields: Vec<_> = changes.iter().map(|change| (change.field.as_str(), change.change)).collect();
        assert_eq!(fields, [("/b/c~1d", ChangeKind::Changed), ("/gone", ChangeKind::Removed), ("/new", ChangeKind::Added)]);
        assert!(values(&json!([1]), &json!([1])).is_empty());
    }
}
