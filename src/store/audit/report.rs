//! What a verification found, for people and for programs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::crypto::checkpoint::Checkpoint;
use crate::crypto::note::Verifier;

/// The outcome for one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    pub ok: bool,
    /// Entries that were read.
    pub entries: u64,
    /// Entries that the checkpoint signs.
    pub signed_entries: u64,
    /// Bytes of the entries that were read.
    pub entry_bytes: u64,
    /// Entries that were removed under retention: their hashes are in the log, and a later entry says so.
    pub removed: u64,
    /// Base64 of the signed root.
    pub root_hash: String,
    /// The signed head, as text.
    pub checkpoint: String,
    /// The verifier key it was checked with.
    pub key: String,
    /// The first entry that is wrong, where one can be named.
    pub first_bad: Option<u64>,
    pub problem: Option<Problem>,
    /// The problem as a sentence.
    pub sentence: Option<String>,
}

impl VerifyReport {
    pub(super) fn begin(key: &Verifier) -> Self {
        Self {
            ok: true,
            entries: 0,
            signed_entries: 0,
            entry_bytes: 0,
            removed: 0,
            root_hash: String::new(),
            checkpoint: String::new(),
            key: key.to_string(),
            first_bad: None,
            problem: None,
            sentence: None,
        }
    }

    pub(super) fn signed(&mut self, head: &Checkpoint) {
        self.signed_entries = head.size;
        self.root_hash = STANDARD.encode(head.root);
    }

    pub(super) fn fail(&mut self, problem: Problem) {
        self.ok = false;
        self.first_bad = problem.first_bad();
        self.sentence = Some(problem.to_string());
        self.problem = Some(problem);
    }
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    #[error("the checkpoint cannot be trusted: {why}")]
    Checkpoint { why: String },
    #[error("the older checkpoint cannot be used: {why}")]
    OlderCheckpoint { why: String },
    #[error("a checkpoint of the past was changed: {why}")]
    PastCheckpoint { why: String },
    #[error("the log was rolled back or cut: a signed checkpoint says {held} entries, this log ends after {found}")]
    RolledBack { held: u64, found: u64 },
    #[error(
        "the past was rewritten: the first {to} entries are not those of the older checkpoint; the first bad one is entry {from} or a later one"
    )]
    Rewritten { from: u64, to: u64 },
    #[error("the root of the first {to} entries is not the signed one; the first bad entry is entry {from} or a later one")]
    Root { from: u64, to: u64 },
    #[error("entry {index} was changed")]
    Changed { index: u64 },
    #[error("entry {index} is missing")]
    Missing { index: u64 },
    #[error("entry {index} was inserted")]
    Inserted { index: u64 },
    #[error("entry {index} is a duplicate of entry {of}")]
    Duplicated { index: u64, of: u64 },
    #[error("entries {index} and {with} were swapped")]
    Swapped { index: u64, with: u64 },
    #[error("entry {index} is not at its place: entries were put into another order")]
    Moved { index: u64 },
    #[error("entry {index} cannot be read: {why}")]
    Unreadable { index: u64, why: String },
    #[error("hash tile {tile} of level {level} is wrong from entry {first} on: {why}")]
    HashTile { level: u32, tile: u64, first: u64, why: String },
    #[error("entry {index} and those after it are not covered by the signed checkpoint")]
    Unsigned { index: u64 },
}

impl Problem {
    /// The first entry that is wrong, where one can be named.
    #[must_use]
    pub fn first_bad(&self) -> Option<u64> {
        match self {
            Self::Checkpoint { .. } | Self::OlderCheckpoint { .. } | Self::PastCheckpoint { .. } => None,
            Self::RolledBack { found: index, .. }
            | Self::Rewritten { from: index, .. }
            | Self::Root { from: index, .. }
            | Self::Changed { index }
            | Self::Missing { index }
            | Self::Inserted { index }
            | Self::Duplicated { index, .. }
            | Self::Swapped { index, .. }
            | Self::Moved { index }
            | Self::Unreadable { index, .. }
            | Self::HashTile { first: index, .. }
            | Self::Unsigned { index } => Some(*index),
        }
    }
}
