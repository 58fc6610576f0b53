//! `execgov capability` and `execgov list`.

use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret;

use super::differences::show_difference;
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::table::{Cell, Column, Tone, column, wide};
use super::{checklist, resources, reviews, runs, runtimes, show, tokens, users};
use crate::client::Client;
use crate::domain::capability::Risk;
use crate::domain::identity::Password;
use crate::domain::schema::nearest;
use crate::wire::capability::{
    AgreeRequest, CapabilityDetail, CapabilityQuery, CapabilitySummary, PublishRequest, RollbackRequest, SubmitRequest, VersionState,
    VersionSummary,
};
use crate::wire::identity::UserQuery;
use crate::wire::run::RunQuery;

/// Rows of a list unless asked otherwise.
pub const ROWS: usize = 50;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  execgov list\n  execgov list runs\n  execgov list -o name")]
pub struct ListAny {
    /// capabilities, runs, users, tokens or runtimes
    #[arg(value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    noun: Noun,
    #[command(flatten)]
    bound: Bound,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Noun {
    #[default]
    Capabilities,
    Runs,
    Users,
    Tokens,
    Runtimes,
}

/// How many rows.
#[derive(Debug, Clone, Args)]
pub struct Bound {
    /// Rows to show at most
    #[arg(long, value_name = "N", default_value_t = ROWS)]
    pub limit: usize,
    /// Show all rows
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
}

impl Bound {
    #[must_use]
    pub fn most(&self) -> usize {
        if self.all { usize::MAX } else { self.limit }
    }
}

#[derive(Debug, Subcommand)]
pub enum Capability {
    /// List capabilities
    #[command(after_help = "Examples:\n  execgov capability list\n  execgov capability list --tag finance report")]
    List(ListCapabilities),
    /// Show one capability: inputs, limits, risk, versions
    #[command(after_help = "Examples:\n  execgov capability show report\n  execgov capability show report@3 -o json")]
    Show {
        /// Name, or NAME@VERSION
        name: String,
    },
    /// List the versions of a capability
    #[command(after_help = "Examples:\n  execgov capability versions report")]
    Versions {
        /// Name of the capability
        name: String,
        #[command(flatten)]
        bound: Bound,
    },
    /// Show what changed between two versions
    #[command(after_help = "Examples:\n  execgov capability diff report\n  execgov capability diff report 3 5")]
    Diff {
        /// Name of the capability
        name: String,
        /// The older version; the current one unless given
        from: Option<u32>,
        /// The newer version; the latest unless given
        to: Option<u32>,
    },
    /// Ask for a review of a draft
    #[command(after_help = "Examples:\n  execgov capability submit report@4 --changelog 'totals by month'")]
    Submit {
        /// NAME@VERSION; the latest version when only the name is given
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,
        /// One line that says what is new, for those who run it
        #[arg(long, value_name = "TEXT")]
        changelog: String,
        /// Once agreed to, it becomes the current version at this moment
        #[arg(long, value_name = "WHEN")]
        publish_at: Option<String>,
    },
    /// Try a version: a dry run, and each example as a run in the sandbox
    #[command(after_help = "Examples:\n  execgov capability check report@4")]
    Check {
        /// NAME@VERSION; the latest version when only the name is given
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,
    },
    /// Verify a version that makes requests: its declared reading request goes out, and the answer is checked
    #[command(after_help = "Examples:\n  execgov capability verify orders\n  execgov capability verify orders@4 -o json")]
    Verify {
        /// NAME@VERSION; the current version when only the name is given
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,
    },
    /// Remark on a line of a version
    #[command(after_help = "Examples:\n  execgov capability remark report@4 report.py:12 'what if the list is empty?'")]
    Remark {
        /// NAME@VERSION; the latest version when only the name is given
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,
        /// A text file of the version and a line of it
        #[arg(value_name = "FILE:LINE")]
        place: String,
        /// What to say
        text: String,
    },
    /// List remarks on a version
    #[command(after_help = "Examples:\n  execgov capability remarks report@4\n  execgov capability remarks report@4 --settle rmk_0198...")]
    Remarks {
        /// NAME@VERSION; the latest version when only the name is given
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,
        /// Say that this remark was dealt with
        #[arg(long, value_name = "REMARK")]
        settle: Option<String>,
    },
    /// List what was the current version when, and who agreed to it
    #[command(after_help = "Examples:\n  execgov capability history report")]
    History {
        /// Name of the capability
        name: String,
    },
    /// Give a version that is in review back to its author
    #[command(after_help = "Examples:\n  execgov capability return report@4 --comment 'the totals need a test'")]
    Return(Decide),
    /// Make a version the current one
    #[command(
        after_help = "Examples:\n  execgov capability publish report@4 --comment 'new month format'\n  execgov capability publish report"
    )]
    Publish(Publish),
    /// Go back to an earlier version
    #[command(
        after_help = "Examples:\n  execgov capability rollback report\n  execgov capability rollback report --to 2 --comment 'totals were wrong'"
    )]
    Rollback {
        /// Name of the capability
        name: String,
        /// The version to go back to; the one before unless given
        #[arg(long, value_name = "VERSION")]
        to: Option<u32>,
        /// Why, for those who read the history
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
    },
    /// Mark a version as not to be used any more
    #[command(after_help = "Examples:\n  execgov capability deprecate report@2 --comment 'use version 3'")]
    Deprecate(Decide),
    /// Take a deprecated version or a draft out of use for good
    #[command(after_help = "Examples:\n  execgov capability retire report@2 --comment 'reads a table that is gone'")]
    Retire(Decide),
}

#[derive(Debug, Args)]
pub struct ListCapabilities {
    /// Words that must occur in name, title, description or tags
    words: Vec<String>,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only those in this state: draft, in_review, published, deprecated or retired
    #[expect(clippy::doc_markdown, reason = "the help of the command line has no backticks")]
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[command(flatten)]
    bound: Bound,
}

#[derive(Debug, Args)]
pub struct Publish {
    #[command(flatten)]
    decide: Decide,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub struct Decide {
    /// NAME@VERSION; the latest version when only the name is given
    #[arg(value_name = "NAME[@VERSION]")]
    name: String,
    /// Why, for those who read the history
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

/// `list NOUN`.
pub async fn list_any(invocation: &Invocation<'_>, args: &ListAny) -> Done {
    match args.noun {
        Noun::Capabilities => list(invocation, &CapabilityQuery::default(), &args.bound).await,
        Noun::Runs => runs::list(invocation, &RunQuery::default(), &args.bound).await,
        Noun::Users => users::list(invocation, UserQuery::default(), &args.bound).await,
        Noun::Tokens => tokens::list(invocation, None, &args.bound).await,
        Noun::Runtimes => runtimes::list(invocation).await,
    }
}

/// `capability VERB`.
pub async fn capability(invocation: &Invocation<'_>, args: &Capability) -> Done {
    match args {
        Capability::List(args) => {
            let state = args.state.as_deref().map(parse_state).transpose()?;
            let q = (!args.words.is_empty()).then(|| args.words.join(" "));
            let query = CapabilityQuery { q, tag: args.tag.clone(), state, ..CapabilityQuery::default() };
            list(invocation, &query, &args.bound).await
        }
        Capability::Show { name } => show_one(invocation, name).await,
        Capability::Versions { name, bound } => versions(invocation, name, bound).await,
        Capability::Diff { name, from, to } => diff(invocation, name, *from, *to).await,
        Capability::Submit { name, changelog, publish_at } => submit(invocation, name, changelog, publish_at.clone()).await,
        Capability::Check { name } => reviews::check(invocation, name).await,
        Capability::Verify { name } => resources::verify(invocation, name).await,
        Capability::Remark { name, place, text } => reviews::remark(invocation, name, place, text).await,
        Capability::Remarks { name, settle } => reviews::remarks(invocation, name, settle.as_deref()).await,
        Capability::History { name } => reviews::history(invocation, name).await,
        Capability::Return(args) => give_back(invocation, args).await,
        Capability::Publish(args) => publish(invocation, args).await,
        Capability::Rollback { name, to, comment } => rollback(invocation, name, *to, comment.clone()).await,
        Capability::Deprecate(args) => deprecate(invocation, args).await,
        Capability::Retire(args) => retire(invocation, args).await,
    }
}

fn parse_state(text: &str) -> Result<VersionState, Failure> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| {
        USAGE.fault(format!("`{text}` is not a state")).hint("write draft, in_review, published, deprecated or retired").into()
    })
}

const COLUMNS: [Column<CapabilitySummary>; 8] = [
    column("NAME", |row, _| row.name.clone().into()),
    column("VERSION", |row, _| row.current.map_or_else(|| format!("({})", row.latest), |current| current.to_string()).into()),
    column("STATE", |row, out| show::version_state(row.state, out)),
    column("RISK", |row, _| risk(row.risk)),
    column("LAST RUN", |row, out| row.last_run.as_ref().map(|last| show::phase(last.phase, out)).unwrap_or_default()),
    wide("KIND", |row, _| show::word(&row.kind).into()),
    wide("UPDATED", |row, _| show::time(&row.updated_at).into()),
    column("TITLE", |row, _| row.title.clone().into()),
];

fn risk(risk: crate::domain::capability::Risk) -> Cell {
    use crate::domain::capability::Risk;
    let tone = match risk {
        Risk::Low | Risk::Medium => Tone::Plain,
        Risk::High | Risk::Critical => Tone::Bad,
    };
    Cell::toned(show::word(&risk), tone)
}

async fn list(invocation: &Invocation<'_>, query: &CapabilityQuery, bound: &Bound) -> Done {
    let (rows, more) = invocation.client()?.capabilities(query).collect(bound.most()).await?;
    invocation.out.rows(&rows, &COLUMNS)?;
    if rows.is_empty() {
        invocation.out.note("No capabilities. `execgov register FILE` makes one of a script.");
    }
    note_more(invocation, rows.len(), more);
    Ok(Exit::Ok)
}

/// Says that a list goes on.
pub fn note_more(invocation: &Invocation<'_>, shown: usize, more: bool) {
    if more {
        invocation.out.note(&format!("The first {shown} are shown; --all shows the rest."));
    }
}

/// Splits `NAME@VERSION`.
pub fn split_name(text: &str) -> Result<(&str, Option<u32>), Failure> {
    let Some((name, version)) = text.split_once('@') else { return Ok((text, None)) };
    let wrong = |_| {
        Failure::from(
            USAGE.fault(format!("`{version}` is not a version number")).hint("write NAME@3, or NAME alone for the current version"),
        )
    };
    version.trim_start_matches('v').parse().map(|number| (name, Some(number))).map_err(wrong)
}

/// One capability; when there is none, the answer says which name is near.
pub async fn find(client: &Client, name: &str) -> Result<CapabilityDetail, Failure> {
    match client.capability(name).await {
        Ok(found) => Ok(found),
        Err(error) if error.status() == Some(404) => {
            let names = client.capabilities(&CapabilityQuery::default()).collect(1000).await.map(|(rows, _)| rows).unwrap_or_default();
            let near = nearest(name, names.iter().map(|row| row.name.as_str())).map(str::to_owned);
            let hint =
                near.map_or_else(|| "`execgov list` shows those that you may see".to_owned(), |near| format!("did you mean `{near}`?"));
            Err(Failure::from(error).hint(hint))
        }
        Err(error) => Err(error.into()),
    }
}

async fn show_one(invocation: &Invocation<'_>, text: &str) -> Done {
    let client = invocation.client()?;
    let out = &invocation.out;
    let (name, number) = split_name(text)?;
    let found = find(&client, name).await?;
    let number = number.unwrap_or(found.version);
    let version = client.version(name, number).await?;
    if out.format.is_json() {
        if text.contains('@') {
            out.json(&version)?;
        } else {
            out.json(&found)?;
        }
        return Ok(Exit::Ok);
    }
    let manifest = &version.manifest;
    let about = &found.summary;
    let current = about.current.map_or_else(|| "none published".to_owned(), |current| format!("{current} of {}", about.latest));
    let writes = if manifest.write_boundary.writes.is_empty() { "read-only".to_owned() } else { manifest.write_boundary.writes.join(", ") };
    out.fields(&[
        ("name", about.name.clone().into()),
        ("title", manifest.title.clone().into()),
        ("about", manifest.description.clone().into()),
        ("version", number.to_string().into()),
        ("state", show::version_state(version.summary.state, out)),
        ("current", current.into()),
        ("kind", show::word(&manifest.kind).into()),
        ("entry", manifest.entry.clone().into()),
        ("risk", risk(manifest.risk)),
        ("writes", writes.into()),
        ("network", show::word(&manifest.network).into()),
        ("limits", limits(&manifest.limits).into()),
        ("owner", manifest.owner.clone().unwrap_or_default().into()),
        ("tags", manifest.tags.join(", ").into()),
        ("digest", version.summary.digest.clone().into()),
        ("created", format!("{} by {}", show::time(&version.summary.created_at), version.summary.created_by).into()),
    ])?;
    out.line("")?;
    checklist::show_inputs(out, &manifest.inputs)?;
    Ok(Exit::Ok)
}

/// The bounds of one attempt on one line.
#[must_use]
pub fn limits(limits: &crate::domain::capability::Limits) -> String {
    format!(
        "{} wall, {} cpu, {} memory, {} processes",
        show::duration(limits.wall_ms),
        show::duration(limits.cpu_ms),
        show::bytes(limits.memory_bytes),
        limits.processes
    )
}

const VERSION_COLUMNS: [Column<VersionSummary>; 8] = [
    column("VERSION", |row, _| row.number.to_string().into()),
    column("STATE", |row, out| show::version_state(row.state, out)),
    column("CURRENT", |row, out| if row.current { out.symbol("●", "*").into() } else { "".into() }),
    column("CREATED", |row, _| show::time(&row.created_at).into()),
    column("BY", |row, _| row.created_by.clone().into()),
    wide("DIGEST", |row, _| row.digest.clone().into()),
    column("CHANGELOG", |row, _| row.changelog.clone().unwrap_or_default().into()),
    column("COMMENT", |row, _| row.comment.clone().unwrap_or_default().into()),
];

async fn versions(invocation: &Invocation<'_>, name: &str, bound: &Bound) -> Done {
    let client = invocation.client()?;
    find(&client, name).await?;
    let (rows, more) = client.versions(name).collect(bound.most()).await?;
    invocation.out.rows(&rows, &VERSION_COLUMNS)?;
    note_more(invocation, rows.len(), more);
    Ok(Exit::Ok)
}

async fn diff(invocation: &Invocation<'_>, name: &str, from: Option<u32>, to: Option<u32>) -> Done {
    let client = invocation.client()?;
    let found = find(&client, name).await?.summary;
    let to = to.unwrap_or(found.latest);
    let before = found.current.filter(|current| *current < to).unwrap_or_else(|| to.saturating_sub(1).max(1));
    let difference = client.diff(name, from.unwrap_or(before), to).await?;
    if invocation.out.format.is_json() {
        invocation.out.json(&difference)?;
    } else {
        show_difference(&invocation.out, &difference)?;
    }
    Ok(Exit::Ok)
}

/// The named version, or the latest.
async fn decided(client: &Client, args: &Decide) -> Result<(String, u32), Failure> {
    let (name, number) = split_name(&args.name)?;
    let number = match number {
        Some(number) => number,
        None => find(client, name).await?.summary.latest,
    };
    Ok((name.to_owned(), number))
}

fn show_current(invocation: &Invocation<'_>, detail: &CapabilityDetail, did: &str) -> Done {
    if invocation.out.format.is_json() {
        invocation.out.json(detail)?;
    } else {
        let current = detail.summary.current.map_or_else(|| "no version".to_owned(), |current| format!("version {current}"));
        invocation.out.line(&format!("{} {did}: {current} of {} is current", invocation.out.symbol("✓", "ok:"), detail.summary.name))?;
    }
    Ok(Exit::Ok)
}

/// The named version, or the latest, of a text such as `report@3`.
pub async fn meant(client: &Client, text: &str) -> Result<(String, u32), Failure> {
    decided(client, &Decide { name: text.to_owned(), comment: None }).await
}

async fn submit(invocation: &Invocation<'_>, text: &str, changelog: &str, publish_at: Option<String>) -> Done {
    let client = invocation.client()?;
    let (name, number) = meant(&client, text).await?;
    let detail = client.submit_version(&name, number, &SubmitRequest { changelog: changelog.to_owned(), publish_at }).await?;
    show_current(invocation, &detail, &format!("submitted {name}@{number} for review"))
}

async fn give_back(invocation: &Invocation<'_>, args: &Decide) -> Done {
    let client = invocation.client()?;
    let (name, number) = decided(&client, args).await?;
    let detail = client.return_version(&name, number, &PublishRequest { comment: args.comment.clone() }).await?;
    show_current(invocation, &detail, &format!("gave {name}@{number} back"))
}

async fn publish(invocation: &Invocation<'_>, args: &Publish) -> Done {
    let client = invocation.client()?;
    let (name, number) = decided(&client, &args.decide).await?;
    let version = client.version(&name, number).await?;
    // Agreeing to a review of high or critical risk takes the password.
    let password = if version.summary.review.is_some() && version.manifest.risk >= Risk::High {
        let secret = invocation.secret("your password", args.password_stdin)?;
        Some(Password::new(secret.expose_secret().to_owned()))
    } else {
        None
    };
    let detail = client.publish(&name, number, &AgreeRequest { comment: args.decide.comment.clone(), password }).await?;
    let did = if detail.summary.current == Some(number) { "published" } else { "agreed to" };
    show_current(invocation, &detail, &format!("{did} {name}@{number}"))
}

async fn deprecate(invocation: &Invocation<'_>, args: &Decide) -> Done {
    let client = invocation.client()?;
    let (name, number) = decided(&client, args).await?;
    invocation.confirm(&format!("Mark {name}@{number} as deprecated?"))?;
    let detail = client.deprecate(&name, number, &PublishRequest { comment: args.comment.clone() }).await?;
    show_current(invocation, &detail, &format!("deprecated {name}@{number}"))
}

async fn retire(invocation: &Invocation<'_>, args: &Decide) -> Done {
    let client = invocation.client()?;
    let (name, number) = decided(&client, args).await?;
    invocation.confirm(&format!("Retire {name}@{number} for good? It cannot be run or published again."))?;
    let detail = client.retire(&name, number, &PublishRequest { comment: args.comment.clone() }).await?;
    show_current(invocation, &detail, &format!("retired {name}@{number}"))
}

async fn rollback(invocation: &Invocation<'_>, name: &str, to: Option<u32>, comment: Option<String>) -> Done {
    let client = invocation.client()?;
    find(&client, name).await?;
    let detail = client.rollback(name, &RollbackRequest { to, comment }).await?;
    show_current(invocation, &detail, "rolled back")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_follow_an_at_sign() {
        assert_eq!(split_name("report").expect("fine"), ("report", None));
        assert_eq!(split_name("report@3").expect("fine"), ("report", Some(3)));
        assert_eq!(split_name("report@v3").expect("fine"), ("report", Some(3)));
        for bad in ["report@", "report@x", "report@-1", "report@1@2"] {
            assert_eq!(split_name(bad).expect_err("refused").exit_code(), Exit::Usage, "{bad}");
        }
    }
}
