//! What readers share with the writer of a log that is still open: the file, how far it is valid, and a wake-up.
//!
//! Readers never see bytes beyond `end`, which moves only after a frame is wholly in the file.

use std::fs::File;
use std::sync::OnceLock;

use tokio::sync::watch;

use super::index::Index;
use super::marks::Progress;
use crate::domain::run::LogSeal;

/// The state of an open log.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Bytes of the file that are valid.
    pub end: u64,
    /// Lines begun up to there.
    pub lines: u64,
    pub index: Index,
    /// The last progress that the run announced.
    pub progress: Option<Progress>,
    pub ended: Option<Ended>,
}

/// Why nothing more comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Sealed(LogSeal),
    /// The writer went away without sealing: `recover` is due.
    Lost,
}

/// One open log.
#[derive(Debug)]
pub struct Live {
    pub state: watch::Sender<State>,
    /// Set once, when the first byte is written.
    pub file: OnceLock<File>,
}

impl Default for Live {
    fn default() -> Self {
        Self { state: watch::Sender::new(State::default()), file: OnceLock::new() }
    }
}
