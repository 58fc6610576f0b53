//! What an inspection says: the manifest, where each part of it came from, what is missing, what was noticed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::capability::{Manifest, Name};

/// What is known of an upload besides its files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileHint {
    /// The name of the uploaded file, archive or folder.
    pub file_name: String,
    /// The name that the requester asks for; it wins over every other source.
    pub name: Option<Name>,
}

impl FileHint {
    #[must_use]
    pub fn new(file_name: impl Into<String>) -> Self {
        Self { file_name: file_name.into(), name: None }
    }
}

/// A source of metadata, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Said with the request.
    Request,
    /// `capability.toml`.
    Manifest,
    /// `[tool.execgov]` in the inline metadata of the script.
    Inline,
    /// `NAME.execgov.toml` or `.json` beside the script.
    Sidecar,
    /// Parameters of `main()`.
    Signature,
    Argparse,
    Click,
    /// What the code reads or does: `sys.argv[1]`, `$1`, an environment variable, an import.
    Code,
    Docstring,
    Comment,
    Readme,
    FileName,
    Default,
}

/// Where one field of the manifest came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Origin {
    #[must_use]
    pub fn of(source: Source) -> Self {
        Self { source, file: None, line: None }
    }

    #[must_use]
    pub fn at(source: Source, file: &str, line: Option<u32>) -> Self {
        Self { source, file: Some(file.to_owned()), line }
    }
}

/// Whether one point of the onboarding checklist is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChecklistState {
    Done,
    Missing,
    /// Not needed, but better.
    Advice,
}

/// One point of the onboarding checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChecklistItem {
    /// Stable name, such as `readme` or `inputs_described`.
    pub id: String,
    pub state: ChecklistState,
    /// What is there or missing, in English; the console words it by `id`.
    pub detail: String,
}

/// Something noticed in the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = InspectionNote)]
pub struct Note {
    /// Stable name, such as `network_blocked`.
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    pub text: String,
}

impl Note {
    #[must_use]
    pub fn new(code: &str, file: &str, line: Option<u32>, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), file: Some(file.to_owned()), line, text: text.into() }
    }
}

/// The outcome of an inspection.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    pub manifest: Manifest,
    /// By field of the manifest: `title`, `risk`, `inputs/count`.
    pub provenance: BTreeMap<String, Origin>,
    pub checklist: Vec<ChecklistItem>,
    pub notes: Vec<Note>,
}
