//! Onboarding without running anything: from the files of a script to its manifest, where each part of it came from, the
//! checklist and remarks.
//!
//! `declared` reads what authors state, `python` and `shell` read what the code shows, `entry` finds the file that is
//! run, `assemble` lays the sources over each other, `risk` and `checklist` judge the outcome, `folder` describes a
//! directory after `register`.

mod assemble;
mod checklist;
mod commandline;
mod comment;
mod declared;
mod diff;
mod effects;
mod entry;
mod fault;
mod folder;
mod found;
mod python;
mod report;
mod request;
mod risk;
mod shell;

pub use assemble::inspect;
pub use diff::{FileChange, permissions, unified};
pub use fault::{BAD_MANIFEST, ENCODING, ENTRY, InspectError, NO_NAME, SHELL, SYNTAX, TOO_COMPLEX};
pub use folder::{FOLDER_MANIFEST, FolderManifest, FoundCapability, folder_manifest};
pub use report::{ChecklistItem, ChecklistState, FileHint, Inspection, Note, Origin, Source};

/// Largest shell script, in bytes.
const SHELL_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests;
