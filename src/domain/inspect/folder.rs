//! `.execgov-manifest.json`: what `register` found in a folder, for the people who keep it. Written by the command line,
//! ignored when the folder is read again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::report::{ChecklistItem, ChecklistState, Inspection, Note, Origin};
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
    /// Digest of the content that was inspected.
    pub content: String,
    pub manifest: Manifest,
    pub provenance: BTreeMap<String, Origin>,
    /// Points of the checklist that are not done.
    pub missing: Vec<ChecklistItem>,
    pub notes: Vec<Note>,
}

/// Describes what was found; the same folder gives the same bytes.
#[must_use]
pub fn folder_manifest<'a>(found: impl IntoIterator<Item = (&'a str, &'a str, &'a Inspection)>) -> FolderManifest {
    let mut capabilities: Vec<FoundCapability> = found
        .into_iter()
        .map(|(path, content, inspection)| FoundCapability {
            path: path.to_owned(),
            content: content.to_owned(),
            manifest: inspection.manifest.clone(),
            provenance: inspection.provenance.clone(),
            missing: inspection.checklist.iter().filter(|item| item.state != ChecklistState::Done).cloned().collect(),
            notes: inspection.notes.clone(),
        })
        .collect();
    capabilities.sort_by(|a, b| a.path.cmp(&b.path));
    FolderManifest { shape: SHAPE, capabilities }
}
