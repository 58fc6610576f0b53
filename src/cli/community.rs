//! `execgov community`: what colleagues share with each other.

use clap::Subcommand;

use super::exit::Exit;
use super::failure::Failure;
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column};
use crate::wire::community::{CopyDone, CopyRequest, HideRequest, RateRequest, RatingView, ShareRequest, SharedDetail, SharedView};

#[derive(Debug, Subcommand)]
pub enum Community {
    /// Show a published capability to colleagues, or describe it anew
    #[command(after_help = "Examples:\n  execgov community share backup --description 'Backs a database up before maintenance.'")]
    Share {
        /// Name of the capability
        capability: String,
        /// What it is good for
        #[arg(long, value_name = "TEXT")]
        description: String,
    },
    /// List what is shared, the best liked first
    #[command(after_help = "Examples:\n  execgov community list")]
    List,
    /// Show one capability with what colleagues think of it
    #[command(after_help = "Examples:\n  execgov community show backup")]
    Show {
        /// Name of the capability
        capability: String,
    },
    /// Say what you think of it, in 1 to 5 stars
    #[command(after_help = "Examples:\n  execgov community rate backup 5 --comment 'saved my weekend'")]
    Rate {
        /// Name of the capability
        capability: String,
        /// 1 to 5
        stars: u8,
        /// What you think of it
        #[arg(long, value_name = "TEXT", default_value = "")]
        comment: String,
    },
    /// Copy it into your own space, as a draft
    #[command(after_help = "Examples:\n  execgov community copy backup\n  execgov community copy backup --name my-backup")]
    Copy {
        /// Name of the capability
        capability: String,
        /// Name of the copy
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Take it off the page, or put it on the page again
    #[command(
        after_help = "Examples:\n  execgov community hide backup --reason 'prints a password' --yes\n  execgov community hide backup --undo"
    )]
    Hide {
        /// Name of the capability
        capability: String,
        /// Why, for its owner
        #[arg(long, value_name = "TEXT", required_unless_present = "undo")]
        reason: Option<String>,
        /// Put it on the page again
        #[arg(long, conflicts_with = "reason")]
        undo: bool,
    },
}

const COLUMNS: [Column<SharedView>; 6] = [
    column("CAPABILITY", |row, _| row.capability.clone().into()),
    column("STARS", stars),
    column("COPIES", |row, _| row.copies.to_string().into()),
    column("RISK", |row, _| row.risk.clone().unwrap_or_default().into()),
    column("BY", |row, _| row.shared_by.name.clone().unwrap_or_default().into()),
    column("DESCRIPTION", |row, _| match &row.hidden {
        Some(hidden) => Cell::toned(format!("hidden: {}", hidden.reason), Tone::Bad),
        None => row.description.clone().into(),
    }),
];

const SAID: [Column<RatingView>; 4] = [
    column("STARS", |row, _| row.stars.to_string().into()),
    column("BY", |row, _| row.by.name.clone().unwrap_or_default().into()),
    column("AT", |row, _| show::time(&row.at).into()),
    column("COMMENT", |row, _| row.comment.clone().into()),
];

const COPIES: [Column<CopyDone>; 3] = [
    column("CAPABILITY", |row, _| row.capability.clone().into()),
    column("VERSION", |row, _| row.version.to_string().into()),
    column("SPACE", |row, _| row.space.clone().into()),
];

fn stars(row: &SharedView, _: &Output) -> Cell {
    row.mean_tenths.map(|mean| format!("{}.{} ({})", mean / 10, mean % 10, row.ratings)).unwrap_or_default().into()
}

/// `community VERB`.
pub async fn community(invocation: &Invocation<'_>, args: &Community) -> Done {
    let client = || invocation.client();
    let out = &invocation.out;
    let one = match args {
        Community::List => {
            let found = client()?.community().await?.items;
            if found.is_empty() {
                out.note("Nothing is shared yet.");
            }
            out.rows(&found, &COLUMNS)?;
            return Ok(Exit::Ok);
        }
        Community::Copy { capability, name } => {
            let made = client()?.copy_shared(capability, &CopyRequest { name: name.clone() }).await?;
            out.rows(&[made], &COPIES)?;
            return Ok(Exit::Ok);
        }
        Community::Share { capability, description } => {
            client()?.share(&ShareRequest { capability: capability.clone(), description: description.clone() }).await?
        }
        Community::Show { capability } => client()?.shared(capability).await?,
        Community::Rate { capability, stars, comment } => {
            client()?.rate_shared(capability, &RateRequest { stars: *stars, comment: comment.clone() }).await?
        }
        Community::Hide { capability, undo: true, .. } => client()?.unhide_shared(capability).await?,
        Community::Hide { capability, reason, undo: false } => {
            invocation.confirm(&format!("Take {capability} off the page?"))?;
            client()?.hide_shared(capability, &HideRequest { reason: reason.clone().unwrap_or_default() }).await?
        }
    };
    show_one(out, &one)?;
    Ok(Exit::Ok)
}

fn show_one(out: &Output, found: &SharedDetail) -> Result<(), Failure> {
    if out.format.is_json() {
        return out.json(found);
    }
    let shared = &found.shared;
    out.fields(&[
        ("capability", shared.capability.clone().into()),
        ("description", shared.description.clone().into()),
        ("shared by", shared.shared_by.name.clone().unwrap_or_default().into()),
        ("stars", stars(shared, out)),
        ("copies", shared.copies.to_string().into()),
        ("risk", shared.risk.clone().unwrap_or_default().into()),
        ("hidden", shared.hidden.as_ref().map(|hidden| hidden.reason.clone()).unwrap_or_default().into()),
    ])?;
    if !found.said.is_empty() {
        out.line("")?;
        out.rows(&found.said, &SAID)?;
    }
    Ok(())
}
