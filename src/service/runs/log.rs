//! Reading logs: pages, search, downloads and live tails, for those who may see the run.
//!
//! The log store reads files, so its calls run on the blocking pool.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{RunError, Runs, faults, show::output_of};
use crate::base::fault::{Class, Code, Fault};
use crate::domain::access::Caller;
use crate::domain::run::{LogSeal, Phase, Run};
use crate::store::log::{Case, ExportForm, Follow, LineQuery, LogBody, LogError, LogKey, LogLine as Line, LogReader, SealedLog, Search, Stream, Wanted};
use crate::wire::run::{LogHit, LogLine, LogPage, LogQuery, LogSearchPage, LogSearchQuery, LogStream};

pub const NO_LOG: Code = Code::new("EG-LOG-001", Class::NotFound, "No log");
pub const BAD_SEARCH: Code = Code::new("EG-LOG-002", Class::User, "The search cannot be understood");
pub const UNREADABLE: Code = Code::new("EG-LOG-003", Class::Integrity, "The log cannot be read");

/// Lines in one page, at most.
const LINES_MAX: usize = 10_000;
/// Lines in one page unless asked otherwise.
const LINES_DEFAULT: usize = 1_000;
/// Hits in one answer, at most.
const HITS_MAX: usize = 10_000;

/// A log that the caller may read.
pub struct LogRead {
    pub run: Run,
    reader: Option<LogReader>,
}

/// A live tail.
pub struct LogFollow {
    follow: Option<Follow>,
    seal: Option<LogSeal>,
}

impl Runs {
    /// # Errors
    /// Not found, also when the caller may not see the run.
    pub async fn log(&self, caller: &Caller, id: &str) -> Result<LogRead, Fault> {
        let run = self.seen(caller, id).await?;
        self.open_log(run).await
    }

    async fn open_log(&self, run: Run) -> Result<LogRead, Fault> {
        let inline = {
            let snapshot = self.ledger.read().map_err(RunError::from)?;
            output_of(&snapshot, &run)?.log
        };
        let inline = inline.map(|text| STANDARD.decode(text)).transpose().map_err(|error| UNREADABLE.fault("the log of the run is damaged").cause(error))?;
        let key = LogKey { run: run.id, attempt: attempts(&run) };
        let logs = self.logs.clone();
        let opened = tokio::task::spawn_blocking(move || logs.read(key, inline)).await.map_err(|error| UNREADABLE.fault("the log could not be opened").cause(error))?;
        match opened {
            Ok(reader) => Ok(LogRead { run, reader: Some(reader) }),
            // A run that has not printed anything yet has no log, and one that never began never will.
            Err(LogError::Missing(_)) => Ok(LogRead { run, reader: None }),
            Err(error) => Err(unreadable(error)),
        }
    }
}

impl LogRead {
    /// A page of lines.
    ///
    /// # Errors
    /// When the log is damaged.
    pub async fn page(self, query: &LogQuery) -> Result<LogPage, Fault> {
        let sealed = self.run.phase.is_final();
        let Some(mut reader) = self.reader else { return Ok(LogPage { lines: Vec::new(), total: 0, sealed }) };
        let query = query.clone();
        blocking(move || {
            let page = match query.tail {
                Some(tail) => reader.tail(tail.min(LINES_MAX) as u64)?,
                None => reader.lines(LineQuery { from: query.from.unwrap_or(1).max(1), count: query.count.unwrap_or(LINES_DEFAULT).min(LINES_MAX) as u64 })?,
            };
            let stats = reader.stats();
            Ok(LogPage { lines: page.lines.into_iter().map(line).collect(), total: stats.lines, sealed: stats.sealed.is_some() || sealed })
        })
        .await
    }

    /// Where a text or pattern occurs.
    ///
    /// # Errors
    /// [`BAD_SEARCH`] when the pattern is not one.
    pub async fn search(self, query: &LogSearchQuery) -> Result<LogSearchPage, Fault> {
        let wanted = if query.regex { Wanted::Pattern(&query.q) } else { Wanted::Text(&query.q) };
        let case = if query.case { Case::Sensitive } else { Case::Insensitive };
        let search = Search::new(wanted, case).map_err(|error| BAD_SEARCH.fault(format!("{error}")))?;
        let Some(mut reader) = self.reader else { return Ok(LogSearchPage { hits: Vec::new(), next: None, total: 0 }) };
        let (from, limit) = (query.from.unwrap_or(1).max(1), query.limit.unwrap_or(HITS_MAX).clamp(1, HITS_MAX));
        blocking(move || {
            let page = reader.search(&search, from, limit)?;
            let hits: Vec<LogHit> = page.hits.into_iter().map(|hit| LogHit { line: hit.line, column: hit.column, length: hit.length }).collect();
            Ok(LogSearchPage { total: hits.len() as u64, hits, next: page.next })
        })
        .await
    }

    /// The whole log in chunks.
    ///
    /// # Errors
    /// When the log is damaged.
    pub fn export(self, form: ExportForm) -> Result<Option<crate::store::log::Export>, Fault> {
        self.reader.map(|reader| reader.export(1..=u64::MAX, form)).transpose().map_err(unreadable)
    }

    /// A tail from this line on, which ends after the seal.
    ///
    /// # Errors
    /// When the log is damaged.
    pub fn follow(self, from: u64) -> Result<LogFollow, Fault> {
        let seal = self.run.log.clone();
        let follow = self.reader.map(|reader| reader.follow(from.max(1))).transpose().map_err(unreadable)?;
        Ok(LogFollow { follow, seal })
    }
}

/// What a live tail tells.
pub enum TailEvent {
    Lines(LogPage),
    Sealed(Option<LogSeal>),
}

impl LogFollow {
    /// Whether there is something to follow.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.follow.is_none()
    }

    /// The next lines, or the seal; `None` after the seal.
    ///
    /// # Errors
    /// When the log is damaged.
    pub async fn next(&mut self) -> Result<Option<TailEvent>, Fault> {
        use crate::store::log::FollowEvent;
        let Some(follow) = self.follow.as_mut() else { return Ok(None) };
        Ok(match follow.next().await.map_err(unreadable)? {
            Some(FollowEvent::Lines(lines)) => {
                let lines: Vec<LogLine> = lines.into_iter().map(line).collect();
                let total = lines.last().map_or(0, |line| line.n);
                Some(TailEvent::Lines(LogPage { lines, total, sealed: false }))
            }
            Some(FollowEvent::Sealed(seal)) => Some(TailEvent::Sealed(Some(seal))),
            None => {
                self.follow = None;
                self.seal.take().map(|seal| TailEvent::Sealed(Some(seal)))
            }
        })
    }
}

fn attempts(run: &Run) -> u32 {
    // A queued retry has not begun its next log yet.
    let begun = run.attempts.len();
    u32::try_from(if run.phase == Phase::Queued { begun.max(1) } else { begun }).unwrap_or(u32::MAX)
}

fn line(line: Line) -> LogLine {
    LogLine {
        n: line.n,
        at: line.at.to_string(),
        stream: match line.stream {
            Stream::Stdout => LogStream::Stdout,
            Stream::Stderr => LogStream::Stderr,
            Stream::System => LogStream::System,
        },
        text: line.text,
        truncated: line.truncated,
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, LogError> + Send + 'static) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(unreadable(error)),
        Err(error) => Err(UNREADABLE.fault("reading the log failed").cause(error)),
    }
}

fn unreadable(error: LogError) -> Fault {
    UNREADABLE.fault("the log of the run cannot be read").hint("Run `execgov doctor`; the operator's log has the cause.").cause(error)
}

/// What of a sealed log goes into the record: the seal, and the bytes when they are few.
pub(super) fn sealed_parts(sealed: Result<SealedLog, LogError>) -> (Option<LogSeal>, Option<String>) {
    match sealed {
        Ok(SealedLog { seal, body: LogBody::Inline(bytes), .. }) => (Some(seal), Some(STANDARD.encode(bytes))),
        Ok(SealedLog { seal, .. }) => (Some(seal), None),
        Err(_) => (None, None),
    }
}

/// Said in the place of a log that is not there.
#[must_use]
pub fn no_log(id: &str) -> Fault {
    NO_LOG.fault(format!("run {id} has no log")).hint(faults::NOT_FINISHED.title)
}
