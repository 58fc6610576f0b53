//! What a review of a version rests on and leaves behind: tries in the sandbox, remarks on lines, and the history of what was
//! current when.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::ids::{ApprovalId, CapabilityId, RemarkId, RunId, TenantKey};

/// Examples of a version that are tried, at most.
pub const CASES_MOST: usize = 20;
/// Longest remark, in characters.
pub const REMARK_CHARS: usize = 2_000;
/// Remarks on one version, at most.
pub const REMARKS_MOST: usize = 500;

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseVerdict {
    Passed,
    Failed,
    /// It was not tried: it needs what a try does not have.
    Skipped,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub name: String,
    pub verdict: CaseVerdict,
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// The tries of one version. Bound to its digest: another state of the version needs other tries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub at: Timestamp,
    pub by: Actor,
    pub digest: String,
    pub cases: Vec<Case>,
    /// Points of the checklist that are missing.
    pub missing: Vec<String>,
}

impl Check {
    /// Nothing that was tried failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| case.verdict != CaseVerdict::Failed)
    }
}

/// An example of a manifest as a test case: the inputs, and what is expected of the result.
#[derive(Debug, Clone, PartialEq)]
pub struct Example<'a> {
    pub name: String,
    pub inputs: Map<String, Value>,
    /// What the result must be, or contain: every field that is named here must be there with this value.
    pub expect: Option<&'a Value>,
}

impl<'a> Example<'a> {
    /// Reads the examples of a manifest: `name` and `expect` are about the example, `inputs` or everything else are the inputs.
    #[must_use]
    pub fn all(examples: &'a [Map<String, Value>]) -> Vec<Self> {
        let one = |(place, example): (usize, &'a Map<String, Value>)| {
            let named = ["name", "title"].into_iter().find_map(|key| example.get(key)).and_then(Value::as_str).map(str::to_owned);
            let inputs = example.get("inputs").and_then(Value::as_object).cloned().unwrap_or_else(|| {
                example.iter().filter(|(key, _)| !matches!(key.as_str(), "name" | "expect")).map(|(k, v)| (k.clone(), v.clone())).collect()
            });
            Self { name: named.unwrap_or_else(|| format!("example {}", place + 1)), inputs, expect: example.get("expect") }
        };
        examples.iter().enumerate().map(one).collect()
    }

    /// Whether a result is what is expected.
    #[must_use]
    pub fn fits(&self, result: &Value) -> bool {
        self.expect.is_none_or(|expected| contains(result, expected))
    }
}

/// Whether a value has everything that another one names.
fn contains(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| contains(found, value)))
        }
        (Value::Number(one), Value::Number(two)) => one == two || one.as_f64() == two.as_f64(),
        _ => found == expected,
    }
}

/// A remark on a line of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    pub id: RemarkId,
    pub tenant: TenantKey,
    pub capability: CapabilityId,
    pub version: u32,
    pub path: String,
    /// From 1.
    pub line: u32,
    pub text: String,
    pub by: Actor,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// Who settled a remark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    pub by: Actor,
    pub at: Timestamp,
}

/// What happened to what is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublicationKind {
    Published,
    RolledBack,
    Deprecated,
    Retired,
}

/// One entry of the history of what was current.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    pub tenant: TenantKey,
    pub capability: CapabilityId,
    pub at: Timestamp,
    pub kind: PublicationKind,
    pub version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    pub by: Vec<Actor>,
    #[serde(default)]
    pub self_approved: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn examples_are_read_in_both_forms_and_expect_what_they_name() {
        let examples: Vec<Map<String, Value>> = serde_json::from_value(
            json!([{ "n": 2, "expect": 4 }, { "name": "zero", "inputs": { "n": 0 }, "expect": { "sum": 0.0 } }, { "n": 1 }]),
        )
        .expect("examples");
        let all = Example::all(&examples);
        assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["example 1", "zero", "example 3"]);
        assert_eq!(all[0].inputs, json!({ "n": 2 }).as_object().expect("inputs").clone());
        let check = |place: usize, result: Value, expected: bool| assert_eq!(all[place].fits(&result), expected, "{place} {result}");
        check(0, json!(4), true);
        check(0, json!(4.0), true);
        check(0, json!("4"), false);
        check(1, json!({ "sum": 0, "more": 1 }), true);
        check(1, json!({ "more": 1 }), false);
        check(2, json!(null), true);
    }
}
