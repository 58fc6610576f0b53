//! Waiting for a run: its log as it grows, its state, how it ended. Ctrl-C ends the waiting, not the run.

use std::future::Future;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::exit::Exit;
use super::failure::{Failure, GARBLED, WAITED};
use super::invocation::Invocation;
use super::output::{Format, Output};
use super::show;
use super::table::Cell;
use crate::client::{Client, Event};
use crate::domain::run::{Isolation, LogSeal, Phase};
use crate::wire::run::{LogLine, LogPage, LogStream, RunChanged, RunDetail, RunSummary};

/// Whether and how long to wait.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct Waiting {
    /// Wait until the run is over; the exit code tells how it ended
    #[arg(long)]
    pub wait: bool,
    /// Do not wait: print the id of the run (this is the default)
    #[arg(long, conflicts_with_all = ["wait", "follow"])]
    pub detach: bool,
    /// Show the output as it comes, and wait
    #[arg(short, long)]
    pub follow: bool,
    /// Stop waiting after this time, such as 90s or 10m; the run goes on
    #[arg(long, value_name = "DURATION", value_parser = show::parse_duration)]
    pub timeout: Option<Duration>,
    /// End with the exit code of the script
    #[arg(long)]
    pub pass_exit_code: bool,
    /// Do not wait for approvals or confirmations: end with code 8
    #[arg(long)]
    pub no_approval_wait: bool,
}

impl Waiting {
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.wait || self.follow || self.pass_exit_code || self.timeout.is_some()
    }
}

/// Writes log lines.
pub struct Printer<'a> {
    out: &'a Output,
    timestamps: bool,
    /// What the script wrote to standard error goes to ours.
    split: bool,
    /// Everything goes to standard error: standard output carries an answer.
    aside: bool,
}

impl<'a> Printer<'a> {
    /// For a reader of logs: all lines in their order on standard output.
    #[must_use]
    pub fn new(out: &'a Output, timestamps: bool) -> Self {
        Self { out, timestamps, split: false, aside: false }
    }

    /// For the one who started the run: it looks as if the script ran here.
    #[must_use]
    pub fn live(out: &'a Output) -> Self {
        let aside = out.format.is_json();
        Self { out, timestamps: false, split: !aside, aside }
    }

    pub fn lines(&self, lines: &[LogLine]) -> Result<(), Failure> {
        if !self.aside && matches!(self.out.format, Format::Json | Format::Jsonl) {
            let compact = Output { format: Format::Jsonl, ..*self.out };
            return lines.iter().try_for_each(|line| compact.json(line));
        }
        let mut to = BufWriter::with_capacity(64 << 10, io::stdout().lock());
        for line in lines {
            let aside = self.aside || line.stream == LogStream::System || (self.split && line.stream == LogStream::Stderr);
            if aside {
                to.flush()?;
                self.out.say_log(&line.text);
                continue;
            }
            if self.timestamps {
                to.write_all(show::time(&line.at).as_bytes())?;
                to.write_all(b"  ")?;
            }
            to.write_all(self.out.shown_log(&line.text).as_bytes())?;
            to.write_all(b"\n")?;
        }
        Ok(to.flush()?)
    }
}

fn parse<T: serde::de::DeserializeOwned>(event: &Event) -> Result<T, Failure> {
    serde_json::from_str(&event.data).map_err(|error| {
        GARBLED.fault(format!("event `{}`: {error}", event.name)).hint("compare the versions with `execgov version`").into()
    })
}

/// Prints the log from a line on until it is sealed.
pub async fn log(client: &Client, id: &str, from: u64, printer: &Printer<'_>) -> Result<LogSeal, Failure> {
    let mut events = client.log_events(id, from);
    loop {
        let event = events.next().await?;
        match event.name.as_str() {
            "lines" => printer.lines(&parse::<LogPage>(&event)?.lines)?,
            "sealed" => return parse(&event),
            _ => {}
        }
    }
}

/// Waits until the run is over, or until it waits for a person and that shall not be waited for.
pub async fn until_over(invocation: &Invocation<'_>, client: &Client, id: &str, waiting: &Waiting) -> Result<RunDetail, Failure> {
    let spinner = Spinner::new(&invocation.out, waiting.follow);
    let mut events = client.run_events(id);
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), events.next()).await;
        let phase = match next {
            Ok(Ok(event)) if event.name == "run" => {
                let run = parse::<RunChanged>(&event)?.run;
                spinner.show(&run);
                run.phase
            }
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => return Err(error.into()),
            // Silence: look, in case the end of the stream was missed.
            Err(_) => {
                let run = client.run(id).await?;
                spinner.show(&run.summary);
                spinner.line(&run.summary);
                run.summary.phase
            }
        };
        let stuck = matches!(phase, Phase::AwaitingApproval | Phase::AwaitingConfirmation) && waiting.no_approval_wait;
        if phase.is_final() || stuck {
            drop(spinner);
            return Ok(client.run(id).await?);
        }
    }
}

/// Lets work go on until it is done or Ctrl-C is pressed.
pub async fn until_interrupted<T>(
    invocation: &Invocation<'_>,
    id: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        pressed = tokio::signal::ctrl_c() => {
            pressed?;
            invocation.out.say(&format!(
                "\n{} {id}\n  execgov runs logs {id} --follow\n  execgov runs cancel {id}",
                invocation.out.language.pick("Interrupted here; the run goes on:", "已停止等待,运行仍在继续:")
            ));
            Err(Failure::silent(Exit::Interrupted))
        }
    }
}

/// Bounds a wait.
pub async fn within<T>(limit: Option<Duration>, id: &str, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let Some(limit) = limit else { return work.await };
    let waited = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    let late = |_| {
        Failure::from(
            WAITED
                .fault(format!("{id} is not over after {}; it goes on", show::duration(waited)))
                .hint(format!("execgov runs logs {id} --follow")),
        )
    };
    tokio::time::timeout(limit, work).await.map_err(late)?
}

/// Tells on a terminal what a run does while nothing else is shown.
struct Spinner<'a> {
    out: &'a Output,
    bar: Option<ProgressBar>,
    quiet: bool,
}

impl<'a> Spinner<'a> {
    fn new(out: &'a Output, follow: bool) -> Self {
        let quiet = follow || out.quiet;
        let bar = (!quiet && out.stderr.terminal).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(if out.ascii { style.tick_chars("-\\|/ ") } else { style });
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { out, bar, quiet }
    }

    fn show(&self, run: &RunSummary) {
        if let Some(bar) = &self.bar {
            bar.set_message(super::safe::plain(&text(run)).into_owned());
        }
    }

    /// For those without a terminal.
    fn line(&self, run: &RunSummary) {
        if self.bar.is_none() && !self.quiet {
            self.out.note(&format!("{}: {}", run.id, text(run)));
        }
    }
}

impl Drop for Spinner<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn text(run: &RunSummary) -> String {
    let progress = run.progress.as_ref().map(|progress| format!(" {:.0} % {}", progress.percent, progress.text)).unwrap_or_default();
    format!("{}{progress}", run.phase.word())
}

/// The isolation an attempt had, on one line.
#[must_use]
pub fn isolation(isolation: &Isolation) -> String {
    let missing = if isolation.missing.is_empty() { String::new() } else { format!(", without {}", isolation.missing.join(", ")) };
    format!("{} (memory by {}{missing})", show::word(&isolation.level), isolation.memory)
}

/// A sealed log, on one line.
#[must_use]
pub fn seal(seal: &LogSeal) -> String {
    let dropped = if seal.dropped_bytes == 0 { String::new() } else { format!(", {} dropped", show::bytes(seal.dropped_bytes)) };
    let lines = if seal.lines == 1 { "1 line".to_owned() } else { format!("{} lines", seal.lines) };
    format!("{lines}, {}{dropped}", show::bytes(seal.bytes))
}

/// How a run ended, in a few lines.
#[must_use]
pub fn summary(out: &Output, run: &RunDetail) -> Vec<(String, Cell)> {
    let word = |english: &str, chinese: &str| out.language.pick(english, chinese).to_owned();
    let about = &run.summary;
    let last = run.attempts.last();
    let took = about.wall_ms.map(show::duration).unwrap_or_default();
    let why = [about.reason_code.clone(), run.detail.clone()].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let used = last.map(|attempt| {
        let cpu = attempt.usage.cpu_user_ms + attempt.usage.cpu_system_ms;
        format!("{} cpu, {} memory", show::duration(cpu), show::bytes(attempt.usage.memory_peak_bytes))
    });
    let files: Vec<String> = run.artifacts.iter().take(5).map(|file| format!("{} ({})", file.name, show::bytes(file.bytes))).collect();
    let more = run.artifacts.len().saturating_sub(files.len());
    let files = if more > 0 { format!("{} +{more}", files.join(", ")) } else { files.join(", ") };
    let receipt = if about.phase.is_final() { format!("execgov runs receipt {}", about.id) } else { String::new() };
    let fields = [
        (word("state", "状态"), show::phase(about.phase, out)),
        (word("why", "原因"), why.into()),
        (word("run", "运行"), about.id.clone().into()),
        (word("capability", "能力"), format!("{}@{}", about.capability, about.version).into()),
        (word("took", "用时"), took.into()),
        (word("exit code", "退出码"), about.exit_code.map(|code| code.to_string()).unwrap_or_default().into()),
        (word("isolation", "隔离"), last.and_then(|attempt| attempt.isolation.as_ref()).map(isolation).unwrap_or_default().into()),
        (word("used", "消耗"), used.unwrap_or_default().into()),
        (word("result", "结果"), run.result.as_ref().map(show::value).unwrap_or_default().into()),
        (word("artifacts", "产物"), files.into()),
        (word("log", "日志"), run.log.as_ref().map(seal).unwrap_or_default().into()),
        (word("receipt", "凭证"), receipt.into()),
    ];
    fields.into_iter().filter(|(_, cell)| !cell.text.is_empty()).collect()
}
