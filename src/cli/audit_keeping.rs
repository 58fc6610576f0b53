//! `execgov audit status|witness|view|retention|forward`: how the log is kept.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::audit::{Facets, query};
use super::evidence::read;
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::wire::audit::{AuditViewItem, AuditViewRequest, ForwardView, WitnessRequest, WitnessView};

#[derive(Debug, Args)]
pub struct Witness {
    /// The checkpoint that is kept; the newest one when left out
    #[arg(value_name = "FILE", conflicts_with = "list")]
    file: Option<PathBuf>,
    /// Where it is kept, or who took note of it
    #[arg(long, value_name = "TEXT", required_unless_present = "list")]
    place: Option<String>,
    /// List the checkpoints that were witnessed
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Subcommand)]
pub enum View {
    /// List your views and those that others share
    #[command(after_help = "Examples:\n  execgov audit view list")]
    List,
    /// Keep filters under a name
    #[command(
        after_help = "Examples:\n  execgov audit view save 'Refused starts' --action run. --outcome refused --shared\n  execgov audit list --view 'Refused starts' --since 1d"
    )]
    Save(Box<Save>),
    /// Remove one of your views
    #[command(after_help = "Examples:\n  execgov audit view remove 'Refused starts'")]
    Remove {
        /// Name or id of the view
        view: String,
    },
}

#[derive(Debug, Args)]
pub struct Save {
    /// Name of the view
    name: String,
    #[command(flatten)]
    facets: Facets,
    /// Words that must occur in the entry
    #[arg(long = "word", value_name = "WORD")]
    words: Vec<String>,
    /// Let others in the tenant use it
    #[arg(long)]
    shared: bool,
}

#[derive(Debug, Subcommand)]
pub enum Retention {
    /// Remove now what is older than the settings keep it
    #[command(after_help = "Examples:\n  execgov audit retention apply --yes")]
    Apply,
}

#[derive(Debug, Subcommand)]
pub enum Forward {
    /// How far each target has come
    #[command(after_help = "Examples:\n  execgov audit forward status\n  execgov audit forward status -o json")]
    Status,
}

const FORWARDS: [Column<ForwardView>; 7] = [
    column("TARGET", |row, _| row.target.clone().into()),
    column("STATE", |row, out| match row.problem {
        Some(_) => Cell::toned(format!("{} {}", out.symbol("✗", "x"), row.state), Tone::Bad),
        None => Cell::toned(format!("{} {}", out.symbol("✓", "+"), row.state), Tone::Good),
    }),
    column("TO", |row, _| row.to.clone().into()),
    column("DELIVERED", |row, _| row.delivered.to_string().into()),
    column("LAG", |row, _| row.lag.to_string().into()),
    column("PROBLEM", |row, _| row.problem.clone().unwrap_or_default().into()),
    wide("LAST", |row, _| show::maybe_time(row.last_delivered_at.as_ref())),
];

const WITNESSES: [Column<WitnessView>; 5] = [
    column("AT", |row, _| show::time(&row.at).into()),
    column("ENTRIES", |row, _| row.entries.to_string().into()),
    column("PLACE", |row, _| row.place.clone().into()),
    column("BY", |row, _| row.by.name.clone().unwrap_or_default().into()),
    wide("ROOT", |row, _| row.root_hash.clone().into()),
];

const VIEWS: [Column<AuditViewItem>; 5] = [
    column("VIEW", |row, _| row.id.clone().into()),
    column("NAME", |row, _| row.name.clone().into()),
    column("FILTERS", |row, _| filters(row).into()),
    column("OWNER", |row, _| if row.own { String::new() } else { row.owner.name.clone().unwrap_or_default() }.into()),
    column("SHARED", |row, _| if row.shared { "shared" } else { "" }.into()),
];

fn filters(row: &AuditViewItem) -> String {
    let serde_json::Value::Object(members) = serde_json::json!(row.filter) else { return String::new() };
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(" ")
}

/// `audit status`.
pub async fn status(invocation: &Invocation<'_>) -> Done {
    let found = invocation.client()?.audit_status().await?;
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&found)?;
        return Ok(Exit::Ok);
    }
    let verified = match &found.last_verified {
        None => Cell::toned("never", Tone::Bad),
        Some(last) if last.ok => Cell::toned(format!("intact, {} entries, {}", last.entries, show::time(&last.at)), Tone::Good),
        Some(last) => Cell::toned(format!("NOT INTACT, {}: {}", show::time(&last.at), last.problem.clone().unwrap_or_default()), Tone::Bad),
    };
    let witnessed = match &found.last_witnessed {
        None => Cell::toned("never: keep a checkpoint elsewhere, then `execgov audit witness`", Tone::Bad),
        Some(last) => format!("{} entries, {}, {}", last.entries, show::time(&last.at), last.place).into(),
    };
    let removed = found
        .removed
        .as_ref()
        .map(|gone| format!("entries before {}, {}, {}; see entry {}", gone.entries, show::time(&gone.at), gone.rule, gone.tombstone));
    let kept = if found.retention_days == 0 { "forever".to_owned() } else { format!("{} days", found.retention_days) };
    out.fields(&[
        ("entries", found.entries.to_string().into()),
        ("verified", verified),
        ("witnessed", witnessed),
        ("since then", format!("{} entries", found.unwitnessed).into()),
        ("kept", kept.into()),
        ("removed", removed.unwrap_or_default().into()),
    ])?;
    if !found.forward.is_empty() {
        out.line("")?;
        out.rows(&found.forward, &FORWARDS)?;
    }
    Ok(Exit::Ok)
}

/// `audit witness`.
pub async fn witness(invocation: &Invocation<'_>, args: &Witness) -> Done {
    let client = invocation.client()?;
    if args.list {
        let found = client.audit_witnesses().await?.items;
        if found.is_empty() {
            invocation.out.note("No checkpoint was witnessed.");
        }
        invocation.out.rows(&found, &WITNESSES)?;
        return Ok(Exit::Ok);
    }
    let checkpoint = args.file.as_deref().map(read).transpose()?;
    let request = WitnessRequest { checkpoint, place: args.place.clone().unwrap_or_default() };
    let made = client.audit_witness(&request).await?;
    invocation.out.rows(&[made], &WITNESSES)?;
    Ok(Exit::Ok)
}

/// `audit view VERB`.
pub async fn view(invocation: &Invocation<'_>, args: &View) -> Done {
    match args {
        View::List => {
            let found = invocation.client()?.audit_views().await?.items;
            if found.is_empty() {
                invocation.out.note("There are no views.");
            }
            invocation.out.rows(&found, &VIEWS)?;
        }
        View::Save(args) => {
            let filter = query(invocation, &args.facets, &args.words).await?.filter();
            let request = AuditViewRequest { name: args.name.clone(), filter, shared: args.shared };
            let made = invocation.client()?.keep_audit_view(&request).await?;
            invocation.out.rows(&[made], &VIEWS)?;
        }
        View::Remove { view } => {
            let id = view_id(invocation, view).await?;
            invocation.confirm(&format!("Remove the view {view}?"))?;
            invocation.client()?.remove_audit_view(&id).await?;
        }
    }
    Ok(Exit::Ok)
}

/// The id of a view that is named by its id or its name.
pub async fn view_id(invocation: &Invocation<'_>, view: &str) -> Result<String, Failure> {
    if view.starts_with("avw_") {
        return Ok(view.to_owned());
    }
    let found = invocation.client()?.audit_views().await?.items;
    let mut named = found.into_iter().filter(|item| item.name == view);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one.id),
        (Some(_), Some(_)) => Err(USAGE.fault(format!("several views are called `{view}`")).hint("name it by its id").into()),
        (None, _) => Err(Failure::from(USAGE.fault(format!("no view is called `{view}`")).hint("`execgov audit view list` shows them"))),
    }
}

/// `audit retention VERB`.
pub async fn retention(invocation: &Invocation<'_>, args: &Retention) -> Done {
    match args {
        Retention::Apply => {
            invocation.confirm("Remove entries that are older than the settings keep them? Their hashes stay.")?;
            let done = invocation.client()?.audit_retention().await?;
            if invocation.out.format.is_json() {
                invocation.out.json(&done)?;
            } else {
                invocation.out.line(&format!("{} entries removed", done.entries))?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// `audit forward VERB`.
pub async fn forward(invocation: &Invocation<'_>, args: &Forward) -> Done {
    match args {
        Forward::Status => {
            let found = invocation.client()?.audit_forwards().await?.items;
            if found.is_empty() {
                invocation.out.note("Events are sent nowhere; see forward.syslog and forward.file in the settings.");
            }
            invocation.out.rows(&found, &FORWARDS)?;
        }
    }
    Ok(Exit::Ok)
}
