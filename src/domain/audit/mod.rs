//! Events: who did what to which thing, with what outcome. Secrets, tokens and passwords have no place in them.

mod filter;
pub mod syslog;
pub mod view;
mod witness;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use filter::AuditFilter;
pub use view::AuditView;
pub use witness::{ForwardCursor, PLACE_CHARS, Verification, Witness};

use crate::base::clock::Timestamp;
use crate::domain::ids::TenantKey;

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    pub kind: ActorKind,
    /// The id in text form; absent for the system and for people who are not signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The token that was used, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Sorts of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    /// Nobody is signed in.
    Anonymous,
    /// The appliance itself.
    System,
    /// Someone with a shell on the host.
    Host,
}

/// What was acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Hash)]
pub struct Subject {
    /// The noun: `run`, `capability`, `user`, `token`, `session`, `appliance`, `audit`.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was allowed and done.
    Done,
    /// It was refused: no right, wrong state, wrong input.
    Refused,
    /// It was allowed and tried, and failed.
    Failed,
}

/// One entry of the audit log, before the log gives it its index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The tenant it belongs to, or the platform domain.
    #[schema(value_type = String)]
    pub tenant: TenantKey,
    /// The verb, such as `run.start`.
    pub action: String,
    pub outcome: Outcome,
    pub actor: Actor,
    pub subject: Subject,
    /// The error code or the policy that explains a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The address the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What else belongs to the story; never a secret.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

/// The action of the event that says that older entries were removed; verifiers of the log look for it.
pub const TOMBSTONE: &str = "audit.tombstone";

impl Event {
    /// Whether it is about the thing with this id or name: as its subject, or because a detail names its id.
    #[must_use]
    pub fn concerns(&self, thing: &str) -> bool {
        self.subject.id.as_deref() == Some(thing)
            || self.subject.name.as_deref() == Some(thing)
            || self.details.values().any(|detail| match detail {
                Value::String(text) => text == thing && is_id(text),
                Value::Array(items) => items.iter().any(|item| item.as_str().is_some_and(|text| text == thing && is_id(text))),
                _ => false,
            })
    }

    /// What it can be found by: each facet with its value. [`Event::concerns`] and the filters of lists hold exactly
    /// for events that have the facet that is asked for.
    pub fn facets(&self, found: &mut dyn FnMut(Facet, &str)) {
        let mut each = |facet: Facet, value: Option<&str>| {
            if let Some(value) = value {
                found(facet, value);
            }
        };
        each(Facet::Actor, self.actor.id.as_deref());
        each(Facet::Actor, self.actor.name.as_deref());
        each(Facet::Action, Some(&self.action));
        for (at, _) in self.action.match_indices('.') {
            each(Facet::Action, self.action.get(..=at));
        }
        each(Facet::Kind, Some(&self.subject.kind));
        each(Facet::Outcome, Some(self.outcome.word()));
        each(Facet::Tenant, Some(self.tenant.as_str()));
        each(Facet::Thing, self.subject.id.as_deref());
        each(Facet::Thing, self.subject.name.as_deref());
        for detail in self.details.values() {
            match detail {
                Value::String(text) if is_id(text) => each(Facet::Thing, Some(text)),
                Value::Array(items) => {
                    items.iter().filter_map(Value::as_str).filter(|text| is_id(text)).for_each(|id| each(Facet::Thing, Some(id)));
                }
                _ => {}
            }
        }
    }

    /// What changed, field by field, where the event says how it was and how it is.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let pair = |field: &str, before: &Value, after: &Value| Difference {
            field: field.to_owned(),
            before: before.clone(),
            after: after.clone(),
        };
        let mut pairs = Vec::new();
        match (self.details.get("before"), self.details.get("after")) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let fields: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                let value = |of: &'_ Map<String, Value>, field: &String| of.get(field).cloned().unwrap_or(Value::Null);
                pairs.extend(fields.into_iter().map(|field| pair(field, &value(old, field), &value(new, field))));
            }
            (Some(before), Some(after)) => pairs.push(pair("", before, after)),
            (None, _) | (_, None) => {}
        }
        // Two older spellings: `name: { from, to }`, and `name_before` beside `name_after`.
        for (name, detail) in &self.details {
            if let (Some(from), Some(to)) = (detail.get("from"), detail.get("to")) {
                pairs.push(pair(name, from, to));
            }
            let spelled = name.strip_suffix("_after").filter(|field| !pairs.iter().any(|pair: &Difference| pair.field == *field));
            if let Some(field) = spelled.filter(|field| !field.is_empty()) {
                pairs.push(pair(field, self.details.get(&format!("{field}_before")).unwrap_or(&Value::Null), detail));
            }
        }
        pairs.retain(|pair| pair.before != pair.after);
        pairs
    }
}

/// One field that an act changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// Name of the field; empty when the thing as a whole changed.
    pub field: String,
    pub before: Value,
    pub after: Value,
}

/// What an event is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facet {
    /// Id or name of who acted.
    Actor,
    /// The action, and each beginning of it that ends with a dot.
    Action,
    Kind,
    Outcome,
    Tenant,
    /// Id or name of the subject, or an id that a detail names.
    Thing,
}

impl Facet {
    /// A byte that keeps its values apart from those of other facets. Stored in indexes, so it never changes.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Actor => b'a',
            Self::Action => b'v',
            Self::Kind => b'k',
            Self::Outcome => b'o',
            Self::Tenant => b'n',
            Self::Thing => b't',
        }
    }
}

impl Outcome {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Whether a text has the form of an id: a short word, an underscore, and the 32 hexadecimal digits of a UUID.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(word, digits)| {
        (2..=8).contains(&word.len()) && digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(details: &Value) -> Event {
        serde_json::from_value(json!({
            "at": "2026-01-01T00:00:00Z", "tenant": "default", "action": "user.role.grant", "outcome": "done",
            "actor": { "kind": "user", "id": "usr_1", "name": "ada" }, "subject": { "kind": "user", "name": "bob" }, "details": details,
        }))
        .expect("an event")
    }

    #[test]
    fn an_event_has_every_facet_it_is_asked_for() {
        let run = "run_0198c1d2e3f40000800000000000000a";
        let event = event(&json!({ "run": run, "plain": "word", "list": [run, 7, "bob"], "deep": { "run": "x" } }));
        let mut found = Vec::new();
        event.facets(&mut |facet, value| found.push((facet, value.to_owned())));
        for expected in [
            (Facet::Actor, "usr_1"),
            (Facet::Actor, "ada"),
            (Facet::Action, "user."),
            (Facet::Action, "user.role."),
            (Facet::Action, "user.role.grant"),
            (Facet::Kind, "user"),
            (Facet::Outcome, "done"),
            (Facet::Thing, "bob"),
            (Facet::Thing, run),
        ] {
            assert!(found.contains(&(expected.0, expected.1.to_owned())), "{expected:?}");
        }
        assert!(event.concerns(run) && event.concerns("bob") && !event.concerns("word") && !event.concerns("x"));
        assert!(found.iter().all(|(facet, value)| *facet != Facet::Thing || event.concerns(value)), "both speak of the same things");
    }

    #[test]
    fn what_changed_is_told_field_by_field() {
        let told = |before: Value, after: Value| {
            let fields = event(&json!({ "before": before, "after": after })).differences();
            fields.into_iter().map(|field| field.field).collect::<Vec<_>>()
        };
        assert_eq!(told(json!({ "a": 1, "b": 2 }), json!({ "b": 3, "c": null, "a": 1 })), ["b"]);
        assert_eq!(told(json!({ "a": 1 }), json!({ "d": 4 })), ["a", "d"]);
        assert_eq!(told(json!("x"), json!("y")), [""]);
        let older = event(&json!({ "name": { "from": "a", "to": "b" }, "current_before": 1, "current_after": 2 })).differences();
        assert_eq!(older.iter().map(|pair| pair.field.as_str()).collect::<Vec<_>>(), ["name", "current"]);
        assert!(event(&json!({ "before": 1 })).differences().is_empty());
    }
}
