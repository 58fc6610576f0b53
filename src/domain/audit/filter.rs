//! Which entries of the audit log are meant: filters that all have to hold. Words are looked for in the bytes of an entry
//! and are not judged here.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Event, Facet, Outcome};

/// Filters of the audit log, as a view keeps them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

impl AuditFilter {
    /// These filters, and those of another where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            actor: self.actor.or(other.actor),
            action: self.action.or(other.action),
            kind: self.kind.or(other.kind),
            subject: self.subject.or(other.subject),
            outcome: self.outcome.or(other.outcome),
            from: self.from.or(other.from),
            to: self.to.or(other.to),
            run: self.run.or(other.run),
            approval: self.approval.or(other.approval),
            q: self.q.or(other.q),
        }
    }

    /// The facets that an event must have. Empty texts mean "whatever".
    #[must_use]
    pub fn facets(&self) -> Vec<(Facet, &str)> {
        let texts = [
            (Facet::Actor, &self.actor),
            (Facet::Action, &self.action),
            (Facet::Kind, &self.kind),
            (Facet::Thing, &self.subject),
            (Facet::Thing, &self.run),
            (Facet::Thing, &self.approval),
        ];
        let given = texts.into_iter().filter_map(|(facet, text)| text.as_deref().filter(|text| !text.is_empty()).map(|text| (facet, text)));
        given.chain(self.outcome.map(|outcome| (Facet::Outcome, outcome.word()))).collect()
    }

    /// Whether an event has all of them; moments and words aside.
    #[must_use]
    pub fn holds(&self, event: &Event) -> bool {
        self.facets().into_iter().all(|(facet, text)| match facet {
            Facet::Actor => event.actor.id.as_deref() == Some(text) || event.actor.name.as_deref() == Some(text),
            Facet::Action => event.action == text || (text.ends_with('.') && event.action.starts_with(text)),
            Facet::Kind => event.subject.kind == text,
            Facet::Outcome => event.outcome.word() == text,
            Facet::Thing => event.concerns(text),
            Facet::Tenant => event.tenant.as_str() == text,
        })
    }

    /// Words of the free text, in lower case.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.q.iter().flat_map(|q| q.split_whitespace()).map(str::to_lowercase).collect()
    }
}
