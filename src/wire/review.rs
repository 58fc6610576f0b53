//! Reviews of versions: what their tries showed, remarks on lines, and what became current when.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::audit::Actor;
use crate::domain::capability::review::{CaseVerdict, PublicationKind};

/// What one try showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckCase {
    /// `dry run`, or the name of the example.
    pub name: String,
    pub verdict: CaseVerdict,
    /// One sentence.
    pub detail: String,
    /// The run in the sandbox.
    pub run: Option<String>,
}

/// What the tries of a version showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckReport {
    pub at: String,
    pub by: Actor,
    /// Nothing failed.
    pub passed: bool,
    pub cases: Vec<CheckCase>,
    /// Points of the checklist that are missing.
    pub missing: Vec<String>,
}

/// A remark on a line of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RemarkView {
    pub id: String,
    pub path: String,
    /// From 1.
    pub line: u32,
    pub text: String,
    pub by: Actor,
    pub at: String,
    pub settled_by: Option<Actor>,
    pub settled_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RemarkViews {
    pub items: Vec<RemarkView>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemarkRequest {
    /// A text file of the version.
    pub path: String,
    /// From 1.
    pub line: u32,
    pub text: String,
}

/// What became current, or ceased to be, and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublicationView {
    pub at: String,
    pub kind: PublicationKind,
    pub version: u32,
    /// What was current before and is after.
    pub before: Option<u32>,
    pub after: Option<u32>,
    /// Who agreed, or did it.
    pub by: Vec<Actor>,
    /// The author agreed alone; only where the appliance is governed by one person.
    pub self_approved: bool,
    /// The request in which it was agreed to.
    pub approval: Option<String>,
    pub changelog: Option<String>,
    pub comment: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublicationViews {
    pub items: Vec<PublicationView>,
}
