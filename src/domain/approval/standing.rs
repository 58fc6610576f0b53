//! Standing approvals: consent that is given once for every run of one version with inputs of one pattern, until a date.
//!
//! It is asked for and agreed to like any other request, seen by everybody who sees rules, and taken back at any moment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::request::Decision;
use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::capability::{Name, Risk};
use crate::domain::ids::{ApprovalId, CapabilityId, StandingId, TenantKey};

/// Longest life, in days.
pub const DAYS_MOST: i64 = 366;
/// Inputs that a pattern names, at most.
const FIELDS_MOST: usize = 100;
/// Values that one input may have, at most.
const VALUES_MOST: usize = 100;
/// Longest regular expression, in characters.
const PATTERN_CHARS: usize = 200;
/// Memory that a compiled expression may take, in bytes.
const PATTERN_BYTES: usize = 64 << 10;

/// Which values of one input are covered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Matcher {
    /// This value.
    Equals(Value),
    /// One of these values.
    OneOf(Vec<Value>),
    /// Text that fits this regular expression as a whole.
    Matches(String),
    /// A number between these two, both included.
    Between { least: f64, most: f64 },
    /// Whatever it is.
    Any,
}

/// A pattern that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("a pattern names at most {FIELDS_MOST} inputs")]
    Fields,
    #[error("`one_of` has 1 to {VALUES_MOST} values")]
    Values(String),
    #[error("`matches` has 1 to {PATTERN_CHARS} characters and must be a regular expression: {1}")]
    Expression(String, String),
    #[error("`least` must not be greater than `most`")]
    Range(String),
    #[error("the capability has no input of this name")]
    Unknown(String),
}

impl PatternError {
    /// JSON Pointer to the field within the pattern.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self {
            Self::Fields => String::new(),
            Self::Values(name) | Self::Expression(name, _) | Self::Range(name) | Self::Unknown(name) => {
                format!("/{}", name.replace('~', "~0").replace('/', "~1"))
            }
        }
    }
}

/// Which inputs are covered: every input of a run must be named, and fit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(pub BTreeMap<String, Matcher>);

impl Pattern {
    /// # Errors
    /// With the first input whose matcher makes no sense, or that the capability does not have.
    pub fn check(&self, known: &dyn Fn(&str) -> bool) -> Result<(), PatternError> {
        if self.0.len() > FIELDS_MOST {
            return Err(PatternError::Fields);
        }
        for (name, matcher) in &self.0 {
            let name = || name.clone();
            if !known(&name()) {
                return Err(PatternError::Unknown(name().chars().take(64).collect()));
            }
            match matcher {
                Matcher::OneOf(values) if values.is_empty() || values.len() > VALUES_MOST => return Err(PatternError::Values(name())),
                Matcher::Matches(text) if text.is_empty() || text.chars().count() > PATTERN_CHARS => {
                    return Err(PatternError::Expression(name(), "too short or too long".to_owned()));
                }
                Matcher::Matches(text) => {
                    compiled(text).map_err(|error| PatternError::Expression(name(), error.to_string()))?;
                }
                Matcher::Between { least, most } if least.partial_cmp(most).is_none_or(std::cmp::Ordering::is_gt) => {
                    return Err(PatternError::Range(name()));
                }
                Matcher::Equals(_) | Matcher::OneOf(_) | Matcher::Between { .. } | Matcher::Any => {}
            }
        }
        Ok(())
    }

    /// Whether inputs (with their defaults filled in) are covered: an input that nobody thought of is not.
    #[must_use]
    pub fn covers(&self, inputs: &Map<String, Value>) -> bool {
        inputs.iter().all(|(name, value)| self.0.get(name).is_some_and(|matcher| matcher.fits(value)))
            && self.0.iter().all(|(name, matcher)| inputs.contains_key(name) || matches!(matcher, Matcher::Any))
    }
}

impl Matcher {
    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Equals(wanted) => value == wanted,
            Self::OneOf(wanted) => wanted.contains(value),
            Self::Matches(pattern) => value.as_str().is_some_and(|text| compiled(pattern).is_ok_and(|pattern| pattern.is_match(text))),
            Self::Between { least, most } => value.as_f64().is_some_and(|number| *least <= number && number <= *most),
            Self::Any => true,
        }
    }
}

fn compiled(pattern: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES).build()
}

/// Whose runs are covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// Those of the one who asked for it.
    Requester,
    /// Those of everybody who may run the capability.
    Everybody,
}

/// What was agreed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub id: StandingId,
    pub tenant: TenantKey,
    pub capability: CapabilityId,
    pub capability_name: Name,
    pub version: u32,
    pub version_digest: String,
    pub risk: Risk,
    pub inputs: Pattern,
    pub holder: Holder,
    pub requester: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub until: Timestamp,
    /// The request in which it was agreed to.
    pub approval: ApprovalId,
    pub decisions: Vec<Decision>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
}

/// It was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revoked {
    pub by: Actor,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Standing {
    /// Whether it is good for anything at a moment.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.revoked.is_none() && at < self.until
    }

    /// Whether it covers a run of a version, by somebody, with inputs that have their defaults.
    #[must_use]
    pub fn covers(&self, version_digest: &str, requester: &Actor, inputs: &Map<String, Value>) -> bool {
        let whose = match self.holder {
            Holder::Requester => requester.id.is_some() && requester.id == self.requester.id,
            Holder::Everybody => true,
        };
        whose && self.version_digest == version_digest && self.inputs.covers(inputs)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pattern(value: Value) -> Pattern {
        serde_json::from_value(value).expect("a pattern")
    }

    #[test]
    fn every_input_must_be_named_and_fit() {
        let rows = pattern(json!({ "amount": { "between": { "least": 1, "most": 100 } }, "to": { "matches": "ops-[a-z]+" },
            "mode": { "one_of": ["dry", "real"] }, "note": "any", "fixed": { "equals": [1, 2] } }));
        let good = json!({ "amount": 100, "to": "ops-a", "mode": "dry", "note": null, "fixed": [1, 2] });
        let check = |change: (&str, Value), expected: bool| {
            let mut inputs = good.as_object().expect("inputs").clone();
            inputs.insert(change.0.to_owned(), change.1.clone());
            assert_eq!(rows.covers(&inputs), expected, "{change:?}");
        };
        check(("amount", json!(1)), true);
        check(("amount", json!(100.5)), false);
        check(("amount", json!("50")), false);
        check(("to", json!("ops-a\nx")), false);
        check(("to", json!("xops-a")), false);
        check(("mode", json!("Dry")), false);
        check(("fixed", json!([2, 1])), false);
        check(("unheard_of", json!(1)), false);
        let mut without = good.as_object().expect("inputs").clone();
        without.remove("note");
        assert!(rows.covers(&without), "what may be anything may be missing");
        without.remove("to");
        assert!(!rows.covers(&without));
        assert!(Pattern::default().covers(&Map::new()));
    }

    #[test]
    fn senseless_patterns_are_refused_with_their_input() {
        let check = |value: Value, expected: Option<&str>| {
            let found = pattern(value.clone()).check(&|name| name.starts_with('a')).err().map(|error| error.pointer());
            assert_eq!(found.as_deref(), expected, "{value}");
        };
        check(json!({ "a": "any" }), None);
        check(json!({ "b": "any" }), Some("/b"));
        check(json!({ "a": { "one_of": [] } }), Some("/a"));
        check(json!({ "a/b": { "matches": "(" } }), Some("/a~1b"));
        check(json!({ "a": { "matches": "((a{50}){50}){50}" } }), Some("/a"));
        check(json!({ "a": { "between": { "least": 2, "most": 1 } } }), Some("/a"));
    }
}
