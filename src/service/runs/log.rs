//! Reading logs: pages, search, downloads and live tails, for those who may see the run.
//!
//! The log store reads files, so its calls run on the blocking pool.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{Stream, StreamExt};

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::feed::Change;
use super::{RunError, Runs, show::output_of};
use crate::base::fault::{Class, Code, Fault};
use crate::domain::access::Caller;
use crate::domain::run::{LogSeal, Phase, Run};
use crate::store::log::{
    Case, ExportForm, Follow, LINE_BYTES, LineQuery, LogBody, LogError, LogKey, LogLine as Line, LogReader, SealedLog, Search,
    Stream as LogSource, Wanted,
};
use crate::wire::run::{LogHit, LogLine, LogPage, LogQuery, LogSearchPage, LogSearchQuery, LogStream, Progress};

pub const BAD_FORM: Code = Code::new("EG-LOG-101", Class::User, "Unknown log format");
pub const BAD_SEARCH: Code = Code::new("EG-LOG-102", Class::User, "The search cannot be understood");
pub const NO_ATTEMPT: Code = Code::new("EG-LOG-104", Class::NotFound, "The run has no such attempt");
pub const UNREADABLE: Code = Code::new("EG-LOG-103", Class::Integrity, "The log cannot be read");

/// Lines in one page, at most.
const LINES_MAX: usize = 10_000;
/// Lines in one page unless asked otherwise.
const LINES_DEFAULT: usize = 1_000;
/// Hits in one answer, at most.
const HITS_MAX: usize = 10_000;

/// How a log is downloaded.
#[derive(Debug, Clone, Copy)]
pub struct LogForm(ExportForm);

impl LogForm {
    /// Byte for byte what was sealed.
    pub const PLAIN: Self = Self(ExportForm::Plain);

    /// # Errors
    /// [`BAD_FORM`] when the word is not `text` or `jsonl`.
    pub fn parse(word: Option<&str>, timestamps: bool) -> Result<Self, Fault> {
        match word.unwrap_or("text") {
            "text" if timestamps => Ok(Self(ExportForm::Timed)),
            "text" => Ok(Self(ExportForm::Plain)),
            "jsonl" => Ok(Self(ExportForm::JsonLines)),
            other => {
                let shown: String = other.chars().take(40).collect();
                Err(BAD_FORM.fault(format!("`format` must be `text` or `jsonl`, not `{shown}`")).param("parameter", "format"))
            }
        }
    }

    /// The ending of a file name.
    #[must_use]
    pub fn ending(self) -> &'static str {
        if self.0 == ExportForm::JsonLines { "jsonl" } else { "log" }
    }

    #[must_use]
    pub fn media_type(self) -> &'static str {
        if self.0 == ExportForm::JsonLines { "application/x-ndjson" } else { "text/plain; charset=utf-8" }
    }
}

/// A log that the caller may read.
pub struct LogRead {
    pub run: Run,
    attempt: u32,
    reader: Option<LogReader>,
}

/// A live tail.
pub struct LogFollow {
    run: Run,
    follow: Option<Follow>,
    seal: Option<LogSeal>,
    over: bool,
    /// The run has no log yet: wait for it to change, then open the log from this line on.
    waiting: Option<(Runs, broadcast::Receiver<Change>, u64)>,
}

impl Runs {
    /// The log of an attempt; of the last one unless another is named.
    ///
    /// # Errors
    /// Not found, also when the caller may not see the run; [`NO_ATTEMPT`] when it has fewer attempts.
    pub async fn log(&self, caller: &Caller, id: &str, attempt: Option<u32>) -> Result<LogRead, Fault> {
        let run = self.seen(caller, id).await?;
        let begun = run.attempt_number();
        match attempt {
            None => self.open_log(run, begun).await,
            Some(attempt) if (1..=begun).contains(&attempt) => self.open_log(run, attempt).await,
            Some(attempt) => Err(NO_ATTEMPT
                .fault(format!("the run has {begun} attempts so far, and no attempt {attempt}"))
                .param("attempts", begun)
                .hint("Attempts are counted from 1.")),
        }
    }

    /// A live tail from a line on. A run that has not begun is waited for.
    ///
    /// # Errors
    /// Not found, also when the caller may not see the run.
    pub async fn follow_log(&self, caller: &Caller, id: &str, from: u64) -> Result<LogFollow, Fault> {
        let changes = self.feed.listen();
        let read = self.log(caller, id, None).await?;
        let waiting = read.reader.is_none() && !read.run.phase.is_final();
        let follow = read.follow(from)?;
        Ok(if waiting { follow.waiting(self.clone(), changes, from) } else { follow })
    }

    async fn open_log(&self, run: Run, attempt: u32) -> Result<LogRead, Fault> {
        let inline = {
            let snapshot = self.ledger.read().map_err(RunError::from)?;
            output_of(&snapshot, &run)?.log_of(&run, attempt).cloned()
        };
        let inline = inline
            .map(|text| STANDARD.decode(text))
            .transpose()
            .map_err(|error| UNREADABLE.fault("the log of the run is damaged").cause(error))?;
        let key = LogKey { run: run.id, attempt };
        let logs = self.logs.clone();
        let opened = tokio::task::spawn_blocking(move || logs.read(key, inline))
            .await
            .map_err(|error| UNREADABLE.fault("the log could not be opened").cause(error))?;
        match opened {
            Ok(reader) => Ok(LogRead { run, attempt, reader: Some(reader) }),
            // A run that has not printed anything yet has no log, and one that never began never will.
            Err(LogError::Missing(_)) => Ok(LogRead { run, attempt, reader: None }),
            Err(error) => Err(unreadable(error)),
        }
    }
}

impl LogRead {
    /// Whether nothing is added any more: the run is over, or another attempt has begun.
    fn is_over(&self) -> bool {
        self.run.phase.is_final() || self.attempt < self.run.attempt_number()
    }

    /// A page of lines.
    ///
    /// # Errors
    /// When the log is damaged.
    pub async fn page(self, query: &LogQuery) -> Result<LogPage, Fault> {
        let sealed = self.is_over();
        let Some(mut reader) = self.reader else { return Ok(LogPage { lines: Vec::new(), total: 0, sealed }) };
        let query = query.clone();
        blocking(move || {
            let page = match query.tail {
                Some(tail) => reader.tail(tail.min(LINES_MAX) as u64)?,
                None => reader.lines(LineQuery {
                    from: query.from.unwrap_or(1).max(1),
                    count: query.count.unwrap_or(LINES_DEFAULT).min(LINES_MAX) as u64,
                    line_bytes: LINE_BYTES,
                })?,
            };
            let stats = reader.stats();
            Ok(LogPage { lines: page.lines.into_iter().map(line).collect(), total: stats.lines, sealed: sealed && !stats.open })
        })
        .await
    }

    /// Where a text or pattern occurs.
    ///
    /// # Errors
    /// [`BAD_SEARCH`] when the pattern is not one.
    pub async fn search(self, query: &LogSearchQuery) -> Result<LogSearchPage, Fault> {
        let wanted = if query.regex { Wanted::Pattern(&query.q) } else { Wanted::Text(&query.q) };
        let case = if query.case { Case::Exact } else { Case::Ignore };
        let search = Search::new(wanted, case).map_err(|error| BAD_SEARCH.fault(format!("{error}")))?;
        let Some(mut reader) = self.reader else { return Ok(LogSearchPage { hits: Vec::new(), next: None, total: 0 }) };
        let (from, limit) = (query.from.unwrap_or(1).max(1), query.limit.unwrap_or(HITS_MAX).clamp(1, HITS_MAX));
        blocking(move || {
            let page = reader.search(&search, from, limit)?;
            let hits: Vec<LogHit> =
                page.hits.into_iter().map(|hit| LogHit { line: hit.line, column: hit.column, length: hit.length }).collect();
            Ok(LogSearchPage { total: hits.len() as u64, hits, next: page.next })
        })
        .await
    }

    /// The whole log as it is now, in chunks.
    ///
    /// # Errors
    /// When the log is damaged.
    pub fn download(self, form: LogForm) -> Result<impl Stream<Item = Result<Vec<u8>, std::io::Error>> + Send + 'static, Fault> {
        let export = self.reader.map(|reader| reader.export(1..=u64::MAX, form.0)).transpose().map_err(unreadable)?;
        let chunks = export.map(|export| export.into_stream().map(|chunk| chunk.map_err(std::io::Error::other)));
        Ok(futures::stream::iter(chunks).flatten())
    }

    /// A tail from this line on, which ends after the seal.
    ///
    /// # Errors
    /// When the log is damaged.
    pub fn follow(self, from: u64) -> Result<LogFollow, Fault> {
        let seal = self.run.seal_of(self.attempt).filter(|_| self.is_over()).cloned();
        let follow = self.reader.map(|reader| reader.follow(from.max(1))).transpose().map_err(unreadable)?;
        Ok(LogFollow { run: self.run, follow, seal, over: false, waiting: None })
    }
}

/// What a live tail tells.
pub enum TailEvent {
    /// New lines, and how far the script says it is.
    Lines(LogPage, Option<Progress>),
    Sealed(Option<LogSeal>),
    /// The writer went away: open the log again for what a recovery adds.
    Lost,
}

impl LogFollow {
    fn waiting(mut self, runs: Runs, changes: broadcast::Receiver<Change>, from: u64) -> Self {
        self.waiting = Some((runs, changes, from));
        self
    }

    /// The last word about a run without a log to follow; `None` once it was said.
    fn ended(&mut self) -> Option<TailEvent> {
        let said = std::mem::replace(&mut self.over, true);
        (!said && self.run.phase.is_final()).then(|| TailEvent::Sealed(self.seal.take()))
    }

    /// Waits until the run has a log or is over.
    async fn wait(&mut self) -> Result<(), Fault> {
        while let Some((runs, changes, from)) = self.waiting.as_mut() {
            match changes.recv().await {
                Ok(change) if change.run != self.run.id => continue,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            }
            let Some(run) = runs.reread(&self.run)? else { return Ok(()) };
            let over = run.phase.is_final();
            if run.phase != Phase::Running && !over {
                continue;
            }
            let (runs, from) = (runs.clone(), *from);
            let attempt = run.attempt_number();
            let opened = runs.open_log(run, attempt).await?;
            if opened.reader.is_some() || over {
                let LogFollow { run, follow, seal, .. } = opened.follow(from)?;
                (self.run, self.follow, self.seal, self.waiting) = (run, follow, seal, None);
            }
        }
        Ok(())
    }

    /// The next lines, or the seal; `None` after the seal.
    ///
    /// # Errors
    /// When the log is damaged.
    pub async fn next(&mut self) -> Result<Option<TailEvent>, Fault> {
        use crate::store::log::FollowEvent;
        self.wait().await?;
        let Some(follow) = self.follow.as_mut() else { return Ok(self.ended()) };
        Ok(match follow.next().await.map_err(unreadable)? {
            Some(FollowEvent::Lines { lines, progress }) => {
                let lines: Vec<LogLine> = lines.into_iter().map(line).collect();
                let total = lines.last().map_or(0, |line| line.n);
                Some(TailEvent::Lines(LogPage { lines, total, sealed: false }, progress.map(super::show::progress)))
            }
            Some(FollowEvent::Sealed(seal)) => Some(TailEvent::Sealed(seal.or_else(|| self.seal.take()))),
            Some(FollowEvent::Lost) => Some(TailEvent::Lost),
            None => None,
        })
    }
}

fn line(line: Line) -> LogLine {
    LogLine {
        n: line.n,
        at: line.at.to_string(),
        stream: match line.stream {
            LogSource::Stdout => LogStream::Stdout,
            LogSource::Stderr => LogStream::Stderr,
            LogSource::Execgov => LogStream::System,
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
pub(super) fn sealed_parts(sealed: SealedLog) -> (Option<LogSeal>, Option<String>) {
    match sealed.body {
        LogBody::Inline(bytes) => (Some(sealed.seal), Some(STANDARD.encode(bytes))),
        LogBody::File => (Some(sealed.seal), None),
    }
}
