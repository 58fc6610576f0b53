//! Follows a log from a line on: what is there, then what comes, then how it ended. No line is missed or given twice.
//!
//! A follower keeps a position, not lines: however slow it is, what it has not taken yet waits in the file. It is woken by
//! the writer and never polls.

use futures::Stream as Events;
use tokio::sync::watch;

use super::error::LogError;
use super::live::{Ended, State};
use super::marks::Progress;
use super::reader::{LINE_BYTES, LineQuery, LogLine, LogReader, next_lines};
use crate::domain::run::LogSeal;

/// Lines given at once.
const BATCH_LINES: u64 = 1_000;

/// What a follower is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowEvent {
    /// At least one line, in order, each once; and the last progress that the run announced by then.
    Lines { lines: Vec<LogLine>, progress: Option<Progress> },
    /// The log is complete. The seal is missing where only the record of the run has it.
    Sealed(Option<LogSeal>),
    /// The writer went away; what was given is all there is for now.
    Lost,
}

/// A follower.
#[derive(Debug)]
pub struct Follow {
    reader: LogReader,
    /// The first line wanted; it may not be there yet.
    from: u64,
    state: Option<watch::Receiver<State>>,
    over: bool,
}

impl LogReader {
    /// Follows from a line (from 1) on: to resume after line `n`, ask for `n + 1`.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn follow(mut self, from: u64) -> Result<Follow, LogError> {
        let state = self.walk.source.shared().map(|live| live.state.subscribe());
        self.walk.source.refresh();
        self.walk.seek(from)?;
        Ok(Follow { reader: self, from, state, over: false })
    }
}

impl Follow {
    /// The next event; `None` after the last one. Can be dropped while it waits.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn next(&mut self) -> Result<Option<FollowEvent>, LogError> {
        if self.over {
            return Ok(None);
        }
        loop {
            let (ended, progress) = self.observe();
            let lines = self.read()?;
            if !lines.is_empty() {
                return Ok(Some(FollowEvent::Lines { lines, progress }));
            }
            // The end was observed before the lines were read, so nothing can have come between.
            if let Some(ended) = ended {
                self.over = true;
                return Ok(Some(ended));
            }
            self.reader.walk.rest();
            let Some(state) = &mut self.state else { return Ok(None) };
            // The sender lives as long as this reader's source, so this cannot fail.
            if state.changed().await.is_err() {
                self.over = true;
                return Ok(Some(FollowEvent::Lost));
            }
        }
    }

    fn observe(&mut self) -> (Option<FollowEvent>, Option<Progress>) {
        let Some(receiver) = &mut self.state else {
            return (Some(FollowEvent::Sealed(self.reader.walk.source.seal().cloned())), None);
        };
        let state = receiver.borrow_and_update();
        let ended = state.ended.as_ref().map(|ended| match ended {
            Ended::Sealed(seal) => FollowEvent::Sealed(Some(seal.clone())),
            Ended::Lost => FollowEvent::Lost,
        });
        (ended, state.progress.clone())
    }

    fn read(&mut self) -> Result<Vec<LogLine>, LogError> {
        self.reader.walk.source.refresh();
        while self.reader.walk.lines_before() + 1 < self.from {
            if self.reader.walk.piece()?.is_none() {
                return Ok(Vec::new());
            }
        }
        next_lines(&mut self.reader.walk, LineQuery { from: 0, count: BATCH_LINES, line_bytes: LINE_BYTES })
    }

    /// The events as a stream.
    pub fn into_stream(self) -> impl Events<Item = Result<FollowEvent, LogError>> + Send + 'static {
        futures::stream::try_unfold(self, |mut follow| async move { Ok(follow.next().await?.map(|event| (event, follow))) })
    }
}
