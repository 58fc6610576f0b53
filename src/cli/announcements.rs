//! `execgov announcement`: what the platform or a tenant tells its people.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::evidence::read;
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::access::Role;
use crate::domain::announcement::{Severity, State};
use crate::wire::announcement::{AnnouncementQuery, AnnouncementRequest, AnnouncementView, ReaderView};

#[derive(Debug, Subcommand)]
pub enum Announcement {
    /// List the announcements that are shown to you, or all that you keep
    #[command(after_help = "Examples:\n  execgov announcement list\n  execgov announcement list --all")]
    List {
        /// Drafts and old ones too, for those who keep them
        #[arg(long)]
        all: bool,
    },
    /// Write a draft
    #[command(
        after_help = "Examples:\n  execgov announcement draft 'Maintenance on Saturday' --text 'No runs from 20:00.' --severity warning --until 2026-12-05T22:00:00Z\n  execgov announcement draft 'New rules' --file rules.txt --role operator --acknowledge"
    )]
    Draft(Box<Draft>),
    /// Ask for a review of a draft
    #[command(after_help = "Examples:\n  execgov announcement submit ann_0198...")]
    Submit {
        /// Id of the announcement
        announcement: String,
    },
    /// Give an announcement in review back to its author
    #[command(after_help = "Examples:\n  execgov announcement return ann_0198...")]
    Return {
        /// Id of the announcement
        announcement: String,
    },
    /// Publish an announcement that was reviewed
    #[command(after_help = "Examples:\n  execgov announcement publish ann_0198...")]
    Publish {
        /// Id of the announcement
        announcement: String,
    },
    /// Take an announcement off the screens, or drop a draft
    #[command(after_help = "Examples:\n  execgov announcement withdraw ann_0198...")]
    Withdraw {
        /// Id of the announcement
        announcement: String,
    },
    /// Say that you have read an announcement
    #[command(after_help = "Examples:\n  execgov announcement acknowledge ann_0198...")]
    Acknowledge {
        /// Id of the announcement
        announcement: String,
    },
    /// Who has read an announcement, and who has not
    #[command(after_help = "Examples:\n  execgov announcement receipts ann_0198...")]
    Receipts {
        /// Id of the announcement
        announcement: String,
    },
}

#[derive(Debug, Args)]
pub struct Draft {
    /// What it is about, in one line
    title: String,
    /// What it says
    #[arg(long, value_name = "TEXT", required_unless_present = "file")]
    text: Option<String>,
    /// What it says, from a file
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// info, warning or critical
    #[arg(long, value_name = "SEVERITY", default_value = "info")]
    severity: String,
    /// Only for this tenant; may be given several times
    #[arg(long = "tenant", value_name = "TENANT")]
    tenants: Vec<String>,
    /// Only for people with this role; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Shown from this moment; from its publishing on when left out
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// Shown until this moment
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Ask each reader to say that they have read it
    #[arg(long)]
    acknowledge: bool,
}

const COLUMNS: [Column<AnnouncementView>; 8] = [
    column("ANNOUNCEMENT", |row, _| row.id.clone().into()),
    column("STATE", state),
    column("SEVERITY", |row, _| match row.severity {
        Severity::Info => "info".into(),
        Severity::Warning => Cell::toned("warning", Tone::Active),
        Severity::Critical => Cell::toned("critical", Tone::Bad),
    }),
    column("TITLE", |row, _| row.title.clone().into()),
    column("FOR", |row, _| audience(row).into()),
    column("READ", |row, _| match (row.acknowledged_at.as_ref(), row.acknowledge) {
        (Some(at), _) => show::time(at).into(),
        (None, true) if row.shown => Cell::toned("please acknowledge", Tone::Active),
        (None, _) => "".into(),
    }),
    column("UNTIL", |row, _| show::maybe_time(row.ends_at.as_ref())),
    wide("TEXT", |row, _| row.body.clone().into()),
];

const READERS: [Column<ReaderView>; 2] =
    [column("READER", |row, _| row.by.name.clone().unwrap_or_default().into()), column("AT", |row, _| show::time(&row.at).into())];

fn state(row: &AnnouncementView, out: &Output) -> Cell {
    match row.state {
        State::Published if row.shown => Cell::toned(format!("{} shown", out.symbol("✓", "+")), Tone::Good),
        State::Published => Cell::toned("published", Tone::Plain),
        State::InReview => Cell::toned("in review", Tone::Active),
        State::Draft => "draft".into(),
        State::Withdrawn => Cell::toned("withdrawn", Tone::Faint),
    }
}

fn audience(row: &AnnouncementView) -> String {
    let roles: Vec<&str> = row.roles.iter().map(|role| role.name()).collect();
    let all: Vec<&str> = row.tenants.iter().map(String::as_str).chain(roles).collect();
    if all.is_empty() { "everybody".to_owned() } else { all.join(" ") }
}

/// `announcement VERB`.
pub async fn announcement(invocation: &Invocation<'_>, args: &Announcement) -> Done {
    let client = || invocation.client();
    let made = match args {
        Announcement::List { all } => {
            let query = AnnouncementQuery { view: all.then(|| "all".to_owned()) };
            let found = client()?.announcements(&query).await?.items;
            if found.is_empty() {
                invocation.out.note("There are no announcements.");
            }
            invocation.out.rows(&found, &COLUMNS)?;
            return Ok(Exit::Ok);
        }
        Announcement::Receipts { announcement } => return receipts(invocation, announcement).await,
        Announcement::Draft(args) => client()?.draft_announcement(&request(invocation, args)?).await?,
        Announcement::Submit { announcement } => client()?.announcement_step(announcement, "submit").await?,
        Announcement::Return { announcement } => client()?.announcement_step(announcement, "return").await?,
        Announcement::Publish { announcement } => client()?.announcement_step(announcement, "publish").await?,
        Announcement::Acknowledge { announcement } => client()?.announcement_step(announcement, "acknowledge").await?,
        Announcement::Withdraw { announcement } => {
            invocation.confirm(&format!("Withdraw {announcement}?"))?;
            client()?.announcement_step(announcement, "withdraw").await?
        }
    };
    invocation.out.rows(&[made], &COLUMNS)?;
    Ok(Exit::Ok)
}

fn request(invocation: &Invocation<'_>, args: &Draft) -> Result<AnnouncementRequest, Failure> {
    let wrong = |what: String, hint: &'static str| Failure::from(USAGE.fault(what).hint(hint));
    let severity = match args.severity.as_str() {
        "info" => Severity::Info,
        "warning" => Severity::Warning,
        "critical" => Severity::Critical,
        other => return Err(wrong(format!("`{other}` is not a severity"), "write info, warning or critical")),
    };
    let role = |word: &String| {
        let found = Role::ALL.into_iter().find(|role| role.name() == word);
        found.ok_or_else(|| wrong(format!("`{word}` is not a role"), "write operator, author, reviewer, approver, viewer and so on"))
    };
    let now = invocation.clock.now();
    let moment = |text: &Option<String>| {
        let parsed = text.as_deref().map(|text| show::parse_moment(text, now)).transpose();
        parsed.map(|at| at.map(|at| at.to_string())).map_err(|error| wrong(error, "write 2026-12-24T00:00:00Z"))
    };
    let body = match (&args.text, &args.file) {
        (Some(text), _) => text.clone(),
        (None, Some(file)) => read(file)?,
        (None, None) => String::new(),
    };
    Ok(AnnouncementRequest {
        title: args.title.clone(),
        body,
        severity,
        tenants: args.tenants.clone(),
        roles: args.roles.iter().map(role).collect::<Result<_, _>>()?,
        starts_at: moment(&args.from)?,
        ends_at: moment(&args.until)?,
        acknowledge: args.acknowledge,
    })
}

async fn receipts(invocation: &Invocation<'_>, id: &str) -> Done {
    let found = invocation.client()?.announcement_receipts(id).await?;
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&found)?;
        return Ok(Exit::Ok);
    }
    out.fields(&[
        ("read by", found.acknowledged.to_string().into()),
        ("not yet", found.pending.to_string().into()),
        ("missing", found.missing.join(" ").into()),
    ])?;
    if !found.readers.is_empty() {
        out.line("")?;
        out.rows(&found.readers, &READERS)?;
    }
    Ok(Exit::Ok)
}
