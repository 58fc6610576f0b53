//! `execgov runs`: look at runs and act on them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::artifacts::{self, Artifacts};
use super::capabilities::{Bound, note_more};
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::follow::{self, Printer, Waiting};
use super::invocation::{Done, Invocation};
use super::packs;
use super::run::{new_key, submit_and_wait};
use super::show;
use super::table::{Cell, Column, column, wide};
use crate::domain::ids::RunId;
use crate::domain::run::{Phase, WaitsFor};
use crate::wire::approval::ConfirmRequest;
use crate::wire::run::{CancelRequest, LogQuery, RunDetail, RunQuery, RunRequest, RunSummary};

#[derive(Debug, Subcommand)]
pub enum Runs {
    /// List runs, newest first
    #[command(
        after_help = "Examples:\n  execgov runs list\n  execgov runs list --capability report --phase failed,timed_out --since 7d\n  execgov runs list --label ticket=4711 -o jsonl"
    )]
    List(Box<Filter>),
    /// Show everything that was recorded of a run
    #[command(after_help = "Examples:\n  execgov runs show run_0198...\n  execgov runs show run_0198... -o json")]
    Show {
        /// Id of the run
        run: String,
    },
    /// Show the output of a run
    #[command(
        after_help = "Examples:\n  execgov runs logs run_0198...\n  execgov runs logs run_0198... --follow\n  execgov runs logs run_0198... --tail 100 --timestamps"
    )]
    Logs(Logs),
    /// Stop a run and everything it started
    #[command(after_help = "Examples:\n  execgov runs cancel run_0198... --reason 'wrong month'")]
    Cancel {
        /// Id of the run
        run: String,
        /// Why, for those who read the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Confirm a run of yours that waits for it
    #[command(after_help = "Examples:\n  execgov runs confirm run_0198...\n  execgov runs confirm run_0198... --yes")]
    Confirm {
        /// Id of the run
        run: String,
    },
    /// Say that a run of yours that waits for a confirmation shall not run
    #[command(after_help = "Examples:\n  execgov runs decline run_0198... --reason 'wrong month'")]
    Decline {
        /// Id of the run
        run: String,
        /// Why, for those who read the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Run again with the same inputs and the same version
    #[command(after_help = "Examples:\n  execgov runs rerun run_0198... --wait\n  execgov runs rerun run_0198... --current")]
    Rerun(Rerun),
    /// Files that a run left
    #[command(subcommand)]
    Artifacts(Artifacts),
    /// Print the signed receipt of a run
    #[command(after_help = "Examples:\n  execgov runs receipt run_0198... > receipt.json\n  execgov receipt verify receipt.json --server")]
    Receipt {
        /// Id of the run
        run: String,
    },
    /// Fetch the evidence of a run: one zip that can be verified without an appliance
    #[command(
        after_help = "Examples:\n  execgov runs evidence run_0198...\n  execgov runs evidence run_0198... --out case-42.zip\n  execgov receipt verify case-42.zip --key audit.key"
    )]
    Evidence {
        /// Id of the run
        run: String,
        /// File to write; RUN.evidence.zip unless given
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Replace the file if it exists
        #[arg(long)]
        force: bool,
    },
}

/// Which runs.
#[derive(Debug, Args)]
pub struct Filter {
    /// Only runs of this capability
    #[arg(long, value_name = "NAME")]
    capability: Option<String>,
    /// Only runs in these states, separated by commas
    #[arg(long, value_name = "STATES")]
    phase: Option<String>,
    /// Only runs asked for by this user
    #[arg(long, value_name = "USER")]
    requester: Option<String>,
    /// Only runs with this label
    #[arg(long, value_name = "KEY[=VALUE]")]
    label: Option<String>,
    /// Only runs created since then: a moment, or how long ago as 2h or 7d
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only runs created before then
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    #[command(flatten)]
    bound: Bound,
}

#[derive(Debug, Args)]
pub struct Logs {
    /// Id of the run
    run: String,
    /// Go on as the run writes more, until it ends
    #[arg(short, long)]
    follow: bool,
    /// Only the last N lines
    #[arg(long, value_name = "N")]
    tail: Option<usize>,
    /// Begin each line with its time
    #[arg(long)]
    timestamps: bool,
    /// The log of an earlier attempt, counted from 1
    #[arg(long, value_name = "N", conflicts_with = "follow")]
    attempt: Option<u32>,
}

#[derive(Debug, Args)]
pub struct Rerun {
    /// Id of the run
    run: String,
    /// Use the current version instead
    #[arg(long)]
    current: bool,
    /// Why, for those who read the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    waiting: Waiting,
}

/// `runs VERB`.
pub async fn runs(invocation: &Invocation<'_>, args: &Runs) -> Done {
    match args {
        Runs::List(filter) => {
            let query = query(invocation, filter)?;
            list(invocation, &query, &filter.bound).await
        }
        Runs::Show { run } => show_one(invocation, run_id(run)?).await,
        Runs::Logs(args) => logs(invocation, args).await,
        Runs::Cancel { run, reason } => cancel(invocation, run_id(run)?, reason.clone()).await,
        Runs::Confirm { run } => confirm(invocation, run_id(run)?).await,
        Runs::Decline { run, reason } => {
            let run = invocation.client()?.decline(run_id(run)?, &CancelRequest { reason: reason.clone() }).await?;
            state_of(invocation, &run)
        }
        Runs::Rerun(args) => Box::pin(rerun(invocation, args)).await,
        Runs::Artifacts(args) => artifacts::artifacts(invocation, args).await,
        Runs::Evidence { run, out, force } => {
            let id = run_id(run)?;
            let place = out.clone().unwrap_or_else(|| format!("{id}.evidence.zip").into());
            packs::fetch(invocation, id, &place, *force).await
        }
        Runs::Receipt { run } => {
            let receipt = invocation.client()?.receipt(run_id(run)?).await?;
            invocation.out.json(&receipt)?;
            Ok(Exit::Ok)
        }
    }
}

/// An id that may be sent; everything else is a mistake that is found here.
pub fn run_id(text: &str) -> Result<&str, Failure> {
    let known = text.parse::<RunId>().map(|_| text);
    known.map_err(|error| USAGE.fault(error.to_string()).hint("`execgov runs list` shows the ids of runs").into())
}

fn query(invocation: &Invocation<'_>, filter: &Filter) -> Result<RunQuery, Failure> {
    let now = invocation.clock.now();
    let moment = |text: &Option<String>| {
        let parsed = text.as_deref().map(|text| show::parse_moment(text, now)).transpose();
        parsed.map(|at| at.map(|at| at.to_string())).map_err(|error| Failure::from(USAGE.fault(error)))
    };
    for word in filter.phase.iter().flat_map(|phases| phases.split(',')) {
        if Phase::from_word(word.trim()).is_none() {
            let known: Vec<&str> = Phase::ALL.iter().map(|phase| phase.word()).collect();
            return Err(USAGE
                .fault(format!("`{word}` is not a state of a run"))
                .hint(format!("write one or more of {}", known.join(", ")))
                .into());
        }
    }
    Ok(RunQuery {
        capability: filter.capability.clone(),
        phase: filter.phase.clone(),
        requester: filter.requester.clone(),
        label: filter.label.clone(),
        from: moment(&filter.since)?,
        to: moment(&filter.until)?,
        ..RunQuery::default()
    })
}

const COLUMNS: [Column<RunSummary>; 9] = [
    column("RUN", |row, _| row.id.clone().into()),
    column("STATE", |row, out| show::phase(row.phase, out)),
    column("CAPABILITY", |row, _| format!("{}@{}", row.capability, row.version).into()),
    column("BY", |row, _| row.requester.name.clone().unwrap_or_default().into()),
    column("CREATED", |row, _| show::time(&row.created_at).into()),
    column("TOOK", |row, _| row.wall_ms.map(show::duration).unwrap_or_default().into()),
    wide("EXIT", |row, _| row.exit_code.map(|code| code.to_string()).unwrap_or_default().into()),
    wide("REASON", |row, _| row.reason_code.clone().unwrap_or_default().into()),
    wide("LABELS", |row, _| row.labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ").into()),
];

/// Lists runs.
pub async fn list(invocation: &Invocation<'_>, query: &RunQuery, bound: &Bound) -> Done {
    let (rows, more) = invocation.client()?.runs(query).collect(bound.most()).await?;
    invocation.out.rows(&rows, &COLUMNS)?;
    if rows.is_empty() {
        invocation.out.note("No runs match. `execgov run NAME` starts one.");
    }
    note_more(invocation, rows.len(), more);
    Ok(Exit::Ok)
}

async fn show_one(invocation: &Invocation<'_>, id: &str) -> Done {
    let run = invocation.client()?.run(id).await?;
    if invocation.out.format.is_json() {
        invocation.out.json(&run)?;
        return Ok(Exit::Ok);
    }
    invocation.out.fields(&fields(invocation, &run))?;
    if run.attempts.len() > 1 {
        invocation.out.line("")?;
        show_attempts(invocation, &run)?;
    }
    if !run.artifacts.is_empty() {
        invocation.out.line("")?;
        artifacts::show_list(&invocation.out, &run.artifacts)?;
    }
    Ok(Exit::Ok)
}

/// What became of each attempt; `runs logs --attempt N` shows what it wrote.
fn show_attempts(invocation: &Invocation<'_>, run: &RunDetail) -> Result<(), Failure> {
    let last = run.attempts.len();
    let rows: Vec<Vec<Cell>> = (1..)
        .zip(&run.attempts)
        .map(|(number, attempt)| {
            let log = attempt.log.as_ref().or(run.log.as_ref().filter(|_| number == last));
            let why = [attempt.reason.clone(), attempt.detail.clone()].into_iter().flatten().collect::<Vec<_>>().join(": ");
            let exit = attempt.exit_code.map(|code| code.to_string()).unwrap_or_default();
            let started = show::time(&attempt.started_at.to_string());
            vec![number.to_string().into(), started.into(), exit.into(), log.map(follow::seal).unwrap_or_default().into(), why.into()]
        })
        .collect();
    invocation.out.grid(&["ATTEMPT", "STARTED", "EXIT", "LOG", "WHY"], &rows)
}

fn fields(invocation: &Invocation<'_>, run: &RunDetail) -> Vec<(&'static str, Cell)> {
    let out = &invocation.out;
    let about = &run.summary;
    let last = run.attempts.last();
    let labels: Vec<String> = about.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let isolation = last.and_then(|attempt| attempt.isolation.as_ref()).map(follow::isolation).unwrap_or_default();
    let why = [about.reason_code.clone(), run.detail.clone()].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let requester = about.requester.name.clone().or_else(|| about.requester.id.clone()).unwrap_or_default();
    vec![
        ("run", about.id.clone().into()),
        ("state", show::phase(about.phase, out)),
        ("why", why.into()),
        ("waits for", about.waits_for.map(waits_for).unwrap_or_default().to_owned().into()),
        ("capability", format!("{}@{}", about.capability, about.version).into()),
        ("version digest", run.version_digest.clone().into()),
        ("requester", requester.into()),
        ("trigger", show::word(&about.trigger).into()),
        ("source", run.source.clone().unwrap_or_default().into()),
        ("reason", run.reason.clone().unwrap_or_default().into()),
        ("ticket", run.ticket.clone().unwrap_or_default().into()),
        ("needed", run.hold.as_ref().map(|hold| super::rules::need(hold.need)).unwrap_or_default().into()),
        ("approval", run.hold.as_ref().and_then(|hold| hold.approval.clone()).unwrap_or_default().into()),
        ("approved by", approvers(run).into()),
        ("binding", run.hold.as_ref().map(|hold| hold.binding.clone()).unwrap_or_default().into()),
        ("allowed by", run.allowed_by.join(", ").into()),
        ("labels", labels.join(" ").into()),
        ("created", show::time(&about.created_at).into()),
        ("started", show::maybe_time(about.started_at.as_ref())),
        ("finished", show::maybe_time(about.finished_at.as_ref())),
        ("took", about.wall_ms.map(show::duration).unwrap_or_default().into()),
        ("attempts", run.attempts.len().to_string().into()),
        ("exit code", about.exit_code.map(|code| code.to_string()).unwrap_or_default().into()),
        ("isolation", isolation.into()),
        ("secrets", secrets(run).into()),
        ("interpreter", last.and_then(|attempt| attempt.interpreter.clone()).unwrap_or_default().into()),
        ("resource", run.resource.as_ref().map(|resource| resource.name.clone()).unwrap_or_default().into()),
        ("reached", last.map(|attempt| attempt.reached.join(", ")).unwrap_or_default().into()),
        ("cancelled by", run.cancel_asked_by.as_ref().and_then(|actor| actor.name.clone()).unwrap_or_default().into()),
        ("rerun of", run.rerun_of.clone().unwrap_or_default().into()),
        ("inputs", serde_json::to_string(&run.inputs).unwrap_or_default().into()),
        ("inputs digest", run.inputs_digest.clone().into()),
        ("result", run.result.as_ref().map(show::value).unwrap_or_default().into()),
        ("log", run.log.as_ref().map(follow::seal).unwrap_or_default().into()),
    ]
}

/// Which secrets the last attempt was given, and in which versions.
fn secrets(run: &RunDetail) -> String {
    let given = run.attempts.last().into_iter().flat_map(|attempt| &attempt.secrets);
    given.map(|used| format!("{} version {}", used.name, used.version)).collect::<Vec<_>>().join(", ")
}

fn approvers(run: &RunDetail) -> String {
    let names = run.hold.iter().flat_map(|hold| &hold.consents).map(|consent| {
        let own = if consent.self_approved { " (own request)" } else { "" };
        format!("{}{own}", consent.by.name.clone().unwrap_or_default())
    });
    names.collect::<Vec<_>>().join(", ")
}

async fn logs(invocation: &Invocation<'_>, args: &Logs) -> Done {
    let id = run_id(&args.run)?;
    let client = invocation.client()?;
    let printer = Printer::new(&invocation.out, args.timestamps);
    let mut next = 1;
    if let Some(tail) = args.tail {
        let page = client.log(id, &LogQuery { tail: Some(tail.min(10_000)), attempt: args.attempt, ..LogQuery::default() }).await?;
        printer.lines(&page.lines)?;
        next = page.total + 1;
        if page.sealed || !args.follow {
            return Ok(Exit::Ok);
        }
    }
    if args.follow {
        let following = follow::log(&client, id, next, &printer);
        return follow::until_interrupted(invocation, id, following).await.map(|_| Exit::Ok);
    }
    loop {
        let page = client.log(id, &LogQuery { from: Some(next), count: Some(10_000), tail: None, attempt: args.attempt }).await?;
        printer.lines(&page.lines)?;
        let Some(last) = page.lines.last() else { return Ok(Exit::Ok) };
        next = last.n + 1;
        if next > page.total {
            return Ok(Exit::Ok);
        }
    }
}

async fn cancel(invocation: &Invocation<'_>, id: &str, reason: Option<String>) -> Done {
    let client = invocation.client()?;
    invocation.confirm(&format!("Stop {id} and everything it started?"))?;
    let run = client.cancel(id, &CancelRequest { reason }).await?;
    state_of(invocation, &run)
}

fn state_of(invocation: &Invocation<'_>, run: &RunDetail) -> Done {
    if invocation.out.format.is_json() {
        invocation.out.json(run)?;
    } else {
        invocation.out.line(&format!("{}: {}", run.summary.id, show::phase(run.summary.phase, &invocation.out).text))?;
    }
    Ok(Exit::Ok)
}

async fn confirm(invocation: &Invocation<'_>, id: &str) -> Done {
    let client = invocation.client()?;
    let run = client.run(id).await?;
    let inputs = serde_json::to_string(&run.inputs).unwrap_or_default();
    invocation.confirm(&format!("Run {}@{} with inputs {inputs}?", run.summary.capability, run.summary.version))?;
    // Without a digest to name there is nothing to confirm, which is for the appliance to say.
    let binding = run.hold.map(|hold| hold.binding).unwrap_or_default();
    state_of(invocation, &client.confirm(id, &ConfirmRequest { binding }).await?)
}

async fn rerun(invocation: &Invocation<'_>, args: &Rerun) -> Done {
    let client = invocation.client()?;
    let before = client.run(run_id(&args.run)?).await?;
    let request = RunRequest {
        capability: before.summary.capability.clone(),
        version: (!args.current).then_some(before.summary.version),
        inputs: before.inputs,
        labels: before.summary.labels,
        reason: args.reason.clone(),
        ticket: before.ticket,
        override_freeze: false,
        break_glass: false,
        priority: Some(before.priority),
        rerun_of: Some(before.summary.id),
    };
    Box::pin(submit_and_wait(invocation, &client, &request, &new_key(invocation), &args.waiting)).await
}

/// What keeps a run in the queue, in words.
const fn waits_for(what: WaitsFor) -> &'static str {
    match what {
        WaitsFor::Vault => "the vault to be unsealed",
        WaitsFor::Requester => "its requester's account to be enabled",
    }
}
