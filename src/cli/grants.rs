//! `execgov grant`: roles given to people, service accounts and groups.

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::wire::access::{RoleGrantQuery, RoleGrantRequest, RoleGrantView};

#[derive(Debug, Subcommand)]
pub enum Grant {
    /// List who was given which role where
    #[command(after_help = "Examples:\n  execgov grant list\n  execgov grant list --user ben\n  execgov grant list --place team/nightly")]
    List(List),
    /// Give a role, in the whole tenant or in one space or folder, for good or for a time
    #[command(
        after_help = "Examples:\n  execgov grant add operator --user ben --place team/nightly\n  execgov grant add reviewer --group finance --until 2026-12-31T00:00:00Z --reason 'Year end'\n  execgov grant add runner --user nightly-bot"
    )]
    Add(Add),
    /// Take a role away
    #[command(after_help = "Examples:\n  execgov grant revoke rgr_01j9z3k4w5x6y7z8a9b0c1d2e3")]
    Revoke {
        /// Id of the grant
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct List {
    /// Given to this account
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Given to this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Those that count in this space or folder
    #[arg(long, value_name = "PATH")]
    place: Option<String>,
}

#[derive(Debug, Args)]
pub struct Add {
    /// Name of a built-in role or of one of the tenant's own
    role: String,
    /// To this account
    #[arg(long, value_name = "USER", required_unless_present = "group", conflicts_with = "group")]
    user: Option<String>,
    /// To this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Only in this space or folder
    #[arg(long, value_name = "PATH")]
    place: Option<String>,
    /// It counts until this moment
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Why, for those who review grants
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

const COLUMNS: [Column<RoleGrantView>; 9] = [
    column("ROLE", |row, _| row.role.clone().into()),
    column("HOLDER", |row, _| row.holder.name.clone().into()),
    column("KIND", |row, _| row.holder.kind.clone().into()),
    column("PLACE", |row, _| row.place.clone().unwrap_or_default().into()),
    column("UNTIL", |row, _| show::maybe_time(row.until.as_ref())),
    column("COUNTS", counts),
    column("ID", |row, _| row.id.clone().into()),
    wide("GIVEN", |row, _| show::time(&row.granted_at).into()),
    wide("BY", |row, _| row.granted_by.name.clone().unwrap_or_default().into()),
];

fn counts(row: &RoleGrantView, out: &Output) -> Cell {
    if row.holds {
        Cell::toned(format!("{} yes", out.symbol("✓", "+")), Tone::Good)
    } else {
        Cell::toned(format!("{} no", out.symbol("⊘", "-")), Tone::Faint)
    }
}

/// `grant VERB`.
pub async fn grant(invocation: &Invocation<'_>, args: &Grant) -> Done {
    match args {
        Grant::List(args) => {
            let query = RoleGrantQuery {
                user: args.user.clone(),
                group: args.group.clone(),
                place: args.place.clone(),
                ..RoleGrantQuery::default()
            };
            let mut pages = invocation.client()?.grants(&query);
            let mut all = Vec::new();
            while let Some(page) = pages.next().await? {
                all.extend(page);
            }
            if all.is_empty() {
                invocation.out.note("There are no grants besides the roles of accounts.");
            }
            invocation.out.rows(&all, &COLUMNS)?;
            Ok(Exit::Ok)
        }
        Grant::Add(args) => {
            let request = RoleGrantRequest {
                user: args.user.clone(),
                group: args.group.clone(),
                role: args.role.clone(),
                place: args.place.clone(),
                until: args.until.clone(),
                reason: args.reason.clone(),
            };
            let made = invocation.client()?.give_role(&request).await?;
            invocation.out.rows(&[made], &COLUMNS)?;
            Ok(Exit::Ok)
        }
        Grant::Revoke { id } => {
            invocation.confirm(&format!("Take the role of the grant {id} away?"))?;
            invocation.client()?.take_role(id).await?;
            Ok(Exit::Ok)
        }
    }
}
