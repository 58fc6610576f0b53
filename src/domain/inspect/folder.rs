//! `.execgov-manifest.json`: what `register` found in a folder, for the people who keep it. Written by the command line,
//! ignored when the folder is read again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::report::{ChecklistItem, ChecklistState, Note, Origin};
use crate::domain::capability::Manifest;

/// The name of the file.
pub const FOLDER_MANIFEST: &str = ".execgov-manifest.json";
/// The number of its present shape.
const SHAPE: u32 = 1;

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FolderManifest {
    /// Number of this shape.
    pub shape: u32,
    pub capabilities: Vec<FoundCapability>,
}

/// One capability that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundCapability {
    /// The file or folder that was registered, relative to the folder.
    pub path: String,
    /// Digest of what was inspected: files and manifest, as the version has it.
    pub content: String,
    pub manifest: Manifest,
    pub provenance: BTreeMap<String, Origin>,
    /// Points of the checklist that are not done: what is missing, and advice.
    pub missing: Vec<ChecklistItem>,
    pub notes: Vec<Note>,
}

impl FoundCapability {
    /// Of what an inspection says, keep what the people who own the folder can act on.
    #[must_use]
    pub fn new(
        path: &str,
        content: &str,
        manifest: Manifest,
        provenance: BTreeMap<String, Origin>,
        (checklist, notes): (&[ChecklistItem], &[Note]),
    ) -> Self {
        let missing = checklist.iter().filter(|item| item.state != ChecklistState::Done).cloned().collect();
        Self { path: path.to_owned(), content: content.to_owned(), manifest, provenance, missing, notes: notes.to_vec() }
    }
}

/// Describes what was found; the same folder gives the same bytes.
#[must_use]
pub fn folder_manifest(mut capabilities: Vec<FoundCapability>) -> FolderManifest {
    capabilities.sort_by(|a, b| a.path.cmp(&b.path));
    FolderManifest { shape: SHAPE, capabilities }
}
