//! `execgov audit`: read, export and verify the audit log; its keeping is in `audit_keeping`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::audit_keeping;
use super::capabilities::{Bound, note_more};
use super::evidence::{self, Verify};
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::audit::{Actor, Outcome, Subject};
use crate::wire::audit::{AuditEntry, AuditFileQuery, AuditQuery, AuditVerdict};

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List entries, newest first
    #[command(
        after_help = "Examples:\n  execgov audit list --since 1d\n  execgov audit list --action run. --outcome refused\n  execgov audit list --actor ada -o jsonl --all"
    )]
    List(Box<Filter>),
    /// Show one entry: what was done, and what it changed
    #[command(after_help = "Examples:\n  execgov audit show 1042\n  execgov audit show 1042 -o json")]
    Show {
        /// Index of the entry, as `audit list` shows it
        index: u64,
    },
    /// Write the entries that fit to a file: .csv for spreadsheets, else JSON lines
    #[command(
        after_help = "Examples:\n  execgov audit download refused.csv --since 30d --outcome refused\n  execgov audit download all.jsonl"
    )]
    Download(Box<Download>),
    /// How the log stands: verified, witnessed, removed, sent on
    #[command(after_help = "Examples:\n  execgov audit status")]
    Status,
    /// Record that a checkpoint is kept elsewhere
    #[command(
        after_help = "Examples:\n  execgov audit checkpoint > /mnt/safe/checkpoint.txt\n  execgov audit witness /mnt/safe/checkpoint.txt --place 'safe of the auditors'\n  execgov audit witness --list"
    )]
    Witness(audit_keeping::Witness),
    /// Filters that are kept under a name
    #[command(subcommand)]
    View(audit_keeping::View),
    /// How long entries are kept
    #[command(subcommand)]
    Retention(audit_keeping::Retention),
    /// Where events are sent beside staying in the log
    #[command(subcommand)]
    Forward(audit_keeping::Forward),
    /// Check that no entry was changed, removed, inserted or reordered
    #[command(
        after_help = "Examples:\n  execgov audit verify\n  execgov audit verify --data /var/lib/execgov\n  execgov audit verify --export audit.tar --key audit.key --checkpoint last-month.txt"
    )]
    Verify(Verify),
    /// Write the whole log with its key to a file, for another machine
    #[command(
        after_help = "Examples:\n  execgov audit export audit.tar\n  execgov audit export --data /var/lib/execgov --to audit.tar.zst"
    )]
    Export(Export),
    /// Print the newest signed checkpoint, to keep elsewhere
    #[command(after_help = "Examples:\n  execgov audit checkpoint > checkpoint-$(date +%F).txt")]
    Checkpoint,
    /// Print the verifier key of the log
    #[command(after_help = "Examples:\n  execgov audit key > audit.key")]
    Key,
}

/// What to export, and where to.
#[derive(Debug, Args)]
pub struct Export {
    /// File to write
    #[arg(value_name = "FILE", required_unless_present = "to")]
    file: Option<PathBuf>,
    /// The same, as an option
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    to: Option<PathBuf>,
    /// The ledger of a stopped appliance, by its data directory; asks no server
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Replace the file when it exists
    #[arg(long)]
    force: bool,
}

/// Which entries to write, and where to.
#[derive(Debug, Args)]
pub struct Download {
    /// File to write
    file: PathBuf,
    #[command(flatten)]
    facets: Facets,
    /// Words that must occur in the entry
    #[arg(long = "word", value_name = "WORD")]
    words: Vec<String>,
    /// Replace the file when it exists
    #[arg(long)]
    force: bool,
}

/// Which entries to list.
#[derive(Debug, Args)]
pub struct Filter {
    /// Words that must occur in the entry
    words: Vec<String>,
    #[command(flatten)]
    facets: Facets,
    #[command(flatten)]
    bound: Bound,
}

/// What an entry must have.
#[derive(Debug, Args)]
pub struct Facets {
    /// Only acts of this person
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only this action, or all that begin so: run.start, or run.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only this kind of subject: run, capability, user, token, session
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only this subject, by name or id
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Only what concerns this run, by its id
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Only what concerns this request for approval, by its id
    #[arg(long, value_name = "APPROVAL")]
    approval: Option<String>,
    /// Only with this outcome: done, refused or failed
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// Only since then: a moment, or how long ago as 2h or 7d
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only before then
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// The filters of a kept view, by name or id; options given here come first
    #[arg(long, value_name = "VIEW")]
    view: Option<String>,
}

const COLUMNS: [Column<AuditEntry>; 8] = [
    column("ENTRY", |row, _| row.index.to_string().into()),
    column("AT", |row, _| show::moment(row.event.at).into()),
    column("ACTION", |row, _| row.event.action.clone().into()),
    column("OUTCOME", |row, out| match row.event.outcome {
        Outcome::Done => Cell::toned(format!("{} done", out.symbol("✓", "+")), Tone::Good),
        Outcome::Refused => Cell::toned(format!("{} refused", out.symbol("⊘", "-")), Tone::Bad),
        Outcome::Failed => Cell::toned(format!("{} failed", out.symbol("✗", "x")), Tone::Bad),
    }),
    column("ACTOR", |row, _| actor(&row.event.actor).into()),
    column("SUBJECT", |row, _| subject(&row.event.subject).into()),
    column("REASON", |row, _| row.event.reason.clone().unwrap_or_default().into()),
    wide("SOURCE", |row, _| row.event.source.clone().unwrap_or_default().into()),
];

fn actor(actor: &Actor) -> String {
    actor.name.clone().or_else(|| actor.id.clone()).unwrap_or_else(|| show::word(&actor.kind))
}

fn subject(subject: &Subject) -> String {
    let name = subject.name.as_deref().or(subject.id.as_deref()).unwrap_or_default();
    format!("{} {name}", subject.kind).trim_end().to_owned()
}

/// `audit VERB`.
pub async fn audit(invocation: &Invocation<'_>, args: &Audit) -> Done {
    match args {
        Audit::List(filter) => {
            let query = query(invocation, &filter.facets, &filter.words).await?;
            let (rows, more) = invocation.client()?.audit_events(&query).collect(filter.bound.most()).await?;
            invocation.out.rows(&rows, &COLUMNS)?;
            note_more(invocation, rows.len(), more);
            Ok(Exit::Ok)
        }
        Audit::Show { index } => show_entry(invocation, *index).await,
        Audit::Download(args) => download(invocation, args).await,
        Audit::Status => audit_keeping::status(invocation).await,
        Audit::Witness(args) => audit_keeping::witness(invocation, args).await,
        Audit::View(args) => audit_keeping::view(invocation, args).await,
        Audit::Retention(args) => audit_keeping::retention(invocation, args).await,
        Audit::Forward(args) => audit_keeping::forward(invocation, args).await,
        Audit::Verify(args) if args.data.is_some() || args.export.is_some() => evidence::verify(invocation, args),
        Audit::Verify(_) => show_verdict(invocation, &invocation.client()?.audit_verify().await?),
        Audit::Export(args) => export(invocation, args).await,
        Audit::Checkpoint => {
            let text = invocation.client()?.audit_checkpoint().await?;
            invocation.out.bytes(text.as_bytes())?;
            Ok(Exit::Ok)
        }
        Audit::Key => {
            let text = invocation.client()?.audit_key().await?;
            invocation.out.line(text.trim_end())?;
            Ok(Exit::Ok)
        }
    }
}

/// Filters in the words of the API.
pub async fn query(invocation: &Invocation<'_>, facets: &Facets, words: &[String]) -> Result<AuditQuery, Failure> {
    let now = invocation.clock.now();
    let moment = |text: &Option<String>| {
        let parsed = text.as_deref().map(|text| show::parse_moment(text, now)).transpose();
        parsed.map(|at| at.map(|at| at.to_string())).map_err(|error| Failure::from(USAGE.fault(error)))
    };
    let outcome = match facets.outcome.as_deref() {
        None => None,
        Some("done") => Some(Outcome::Done),
        Some("refused") => Some(Outcome::Refused),
        Some("failed") => Some(Outcome::Failed),
        Some(other) => return Err(USAGE.fault(format!("`{other}` is not an outcome")).hint("write done, refused or failed").into()),
    };
    let view = match &facets.view {
        Some(view) => Some(audit_keeping::view_id(invocation, view).await?),
        None => None,
    };
    Ok(AuditQuery {
        actor: facets.actor.clone(),
        action: facets.action.clone(),
        kind: facets.kind.clone(),
        subject: facets.subject.clone(),
        run: facets.run.clone(),
        approval: facets.approval.clone(),
        outcome,
        from: moment(&facets.since)?,
        to: moment(&facets.until)?,
        q: (!words.is_empty()).then(|| words.join(" ")),
        view,
        ..AuditQuery::default()
    })
}

/// Shows what a verification found; anything but "all is well" is an integrity failure.
pub fn show_verdict(invocation: &Invocation<'_>, verdict: &AuditVerdict) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(verdict)?;
    } else {
        let word = if verdict.ok {
            Cell::toned(format!("{} intact", out.symbol("✓", "+")), Tone::Good)
        } else {
            Cell::toned(format!("{} NOT INTACT", out.symbol("✗", "x")), Tone::Bad)
        };
        out.fields(&[
            ("audit log", word),
            ("entries", verdict.entries.to_string().into()),
            ("removed", if verdict.removed == 0 { String::new() } else { format!("{} under retention", verdict.removed) }.into()),
            ("first bad entry", verdict.first_bad.map(|index| index.to_string()).unwrap_or_default().into()),
            ("problem", verdict.problem.clone().unwrap_or_default().into()),
            ("root hash", verdict.root_hash.clone().into()),
            ("key", verdict.key.clone().into()),
            ("took", show::duration(verdict.duration_ms).into()),
        ])?;
    }
    Ok(if verdict.ok { Exit::Ok } else { Exit::Integrity })
}

async fn show_entry(invocation: &Invocation<'_>, index: u64) -> Done {
    let found = invocation.client()?.audit_proof(index).await?;
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&found)?;
        return Ok(Exit::Ok);
    }
    let event = &found.entry.event;
    let plain = |text: &Option<String>| Cell::from(text.clone().unwrap_or_default());
    out.fields(&[
        ("entry", index.to_string().into()),
        ("at", show::moment(event.at).into()),
        ("action", event.action.clone().into()),
        ("outcome", event.outcome.word().into()),
        ("actor", actor(&event.actor).into()),
        ("token", plain(&event.actor.token)),
        ("subject", subject(&event.subject).into()),
        ("subject id", plain(&event.subject.id)),
        ("reason", plain(&event.reason)),
        ("source", plain(&event.source)),
        ("request", plain(&event.request)),
    ])?;
    if !found.changes.is_empty() {
        out.line("")?;
        let cell = |value: &serde_json::Value| Cell::from(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let rows: Vec<Vec<Cell>> =
            found.changes.iter().map(|change| vec![change.field.clone().into(), cell(&change.before), cell(&change.after)]).collect();
        out.grid(&["FIELD", "BEFORE", "AFTER"], &rows)?;
    }
    let rest: Vec<Vec<Cell>> = event
        .details
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "before" | "after"))
        .map(|(name, value)| vec![name.clone().into(), value.to_string().into()])
        .collect();
    if !rest.is_empty() {
        out.line("")?;
        out.grid(&["DETAIL", "VALUE"], &rest)?;
    }
    Ok(Exit::Ok)
}

async fn download(invocation: &Invocation<'_>, args: &Download) -> Done {
    let query = query(invocation, &args.facets, &args.words).await?;
    let table = args.file.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    let query = AuditFileQuery {
        format: if table { "csv" } else { "jsonl" }.to_owned(),
        actor: query.actor,
        action: query.action,
        kind: query.kind,
        subject: query.subject,
        outcome: query.outcome,
        from: query.from,
        to: query.to,
        run: query.run,
        approval: query.approval,
        q: query.q,
        view: query.view,
    };
    fetch(invocation, &["api", "v1", "audit", "events", "download"], &query, &args.file, args.force).await
}

/// Downloads to a file that appears whole or not at all.
async fn fetch(invocation: &Invocation<'_>, path: &[&str], query: &(impl serde::Serialize + Sync), file: &Path, force: bool) -> Done {
    let fail = |error: std::io::Error| {
        Failure::from(LOCAL_FILE.fault(format!("{}: {error}", file.display())).hint("name another file; --force replaces one"))
    };
    if !force && file.symlink_metadata().is_ok() {
        return Err(fail(std::io::ErrorKind::AlreadyExists.into()).exit(Exit::Conflict));
    }
    let client = invocation.client()?;
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::Builder::new().prefix(".execgov-").tempfile_in(dir).map_err(fail)?;
    let meter = invocation.out.meter("audit log");
    let got = client.download(path, query, temp.as_file_mut(), &meter.progress).await?;
    drop(meter);
    temp.persist(file).map_err(|error| fail(error.error))?;
    invocation.out.line(&format!("{}  {}  sha256 {}", file.display(), show::bytes(got.bytes), got.sha256))?;
    Ok(Exit::Ok)
}

async fn export(invocation: &Invocation<'_>, args: &Export) -> Done {
    let file = args.file.as_deref().or(args.to.as_deref()).unwrap_or(Path::new("audit.tar"));
    if let Some(data) = &args.data {
        let exists = || LOCAL_FILE.fault(format!("{}: file exists", file.display())).hint("name another file; --force replaces one");
        if !args.force && file.symlink_metadata().is_ok() {
            return Err(Failure::from(exists()).exit(Exit::Conflict));
        }
        return evidence::export(invocation, data, file);
    }
    let done = fetch(invocation, &["api", "v1", "audit", "export"], &(), file, args.force).await?;
    invocation.out.note("Keep the key elsewhere: `execgov audit key` prints it.");
    Ok(done)
}
