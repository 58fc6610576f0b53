//! `execgov group`: people under a name.

use clap::Subcommand;

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::wire::group::{GroupDetail, GroupRequest, GroupView, MemberRequest, MemberView};

#[derive(Debug, Subcommand)]
pub enum Group {
    /// List groups
    #[command(after_help = "Examples:\n  execgov group list")]
    List,
    /// Make a group
    #[command(after_help = "Examples:\n  execgov group add finance --description 'Closes the books'")]
    Add {
        /// Name of the group
        name: String,
        /// One line for people who look for it
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Remove a group, and with it what was given to it
    #[command(after_help = "Examples:\n  execgov group remove finance")]
    Remove {
        /// Name or id of the group
        group: String,
    },
    /// Show a group and who is in it
    #[command(after_help = "Examples:\n  execgov group show finance")]
    Show {
        /// Name or id of the group
        group: String,
    },
    /// Who is in a group
    #[command(subcommand)]
    Member(Member),
}

#[derive(Debug, Subcommand)]
pub enum Member {
    /// Put a person into a group
    #[command(
        after_help = "Examples:\n  execgov group member add finance ada\n  execgov group member add on-call ada --until 2026-12-31T00:00:00Z"
    )]
    Add {
        /// Name or id of the group
        group: String,
        /// Name or id of the person
        user: String,
        /// They are in it until this moment
        #[arg(long, value_name = "WHEN")]
        until: Option<String>,
    },
    /// Take a person out of a group
    #[command(after_help = "Examples:\n  execgov group member remove finance ada")]
    Remove {
        /// Name or id of the group
        group: String,
        /// Name or id of the person
        user: String,
    },
}

/// `group VERB`.
pub async fn group(invocation: &Invocation<'_>, args: &Group) -> Done {
    match args {
        Group::List => {
            let all = invocation.client()?.groups().await?.items;
            if all.is_empty() {
                invocation.out.note("There are no groups.");
            }
            show_all(&invocation.out, &all)
        }
        Group::Add { name, description } => {
            let request = GroupRequest { name: name.clone(), description: description.clone() };
            let made = invocation.client()?.add_group(&request).await?;
            show_all(&invocation.out, &[made])
        }
        Group::Remove { group } => {
            invocation.confirm(&format!("Remove the group {group} and everything that was given to it?"))?;
            invocation.client()?.remove_group(group).await?;
            Ok(Exit::Ok)
        }
        Group::Show { group } => show_one(&invocation.out, &invocation.client()?.group(group).await?),
        Group::Member(Member::Add { group, user, until }) => {
            let request = MemberRequest { until: until.clone() };
            show_one(&invocation.out, &invocation.client()?.add_member(group, user, &request).await?)
        }
        Group::Member(Member::Remove { group, user }) => {
            invocation.confirm(&format!("Take {user} out of the group {group}?"))?;
            invocation.client()?.remove_member(group, user).await?;
            Ok(Exit::Ok)
        }
    }
}

const COLUMNS: [Column<GroupView>; 6] = [
    column("GROUP", |row, _| row.name.clone().into()),
    column("MEMBERS", |row, _| row.members.to_string().into()),
    column("DESCRIPTION", |row, _| row.description.clone().unwrap_or_default().into()),
    wide("CREATED", |row, _| show::time(&row.created_at).into()),
    wide("BY", |row, _| row.created_by.name.clone().unwrap_or_default().into()),
    wide("ID", |row, _| row.id.clone().into()),
];

const PEOPLE: [Column<MemberView>; 5] = [
    column("NAME", |row, _| row.name.clone().into()),
    column("COUNTS", counts),
    column("UNTIL", |row, _| show::maybe_time(row.until.as_ref())),
    wide("ADDED", |row, _| show::time(&row.added_at).into()),
    wide("BY", |row, _| row.added_by.name.clone().unwrap_or_default().into()),
];

fn counts(row: &MemberView, out: &Output) -> Cell {
    if row.counts {
        Cell::toned(format!("{} yes", out.symbol("✓", "+")), Tone::Good)
    } else {
        Cell::toned(format!("{} no", out.symbol("⊘", "-")), Tone::Faint)
    }
}

fn show_all(out: &Output, all: &[GroupView]) -> Done {
    out.rows(all, &COLUMNS)?;
    Ok(Exit::Ok)
}

fn show_one(out: &Output, detail: &GroupDetail) -> Done {
    if out.format.is_json() {
        out.json(detail)?;
        return Ok(Exit::Ok);
    }
    out.rows(&detail.people, &PEOPLE)?;
    if detail.people.is_empty() {
        out.note("Nobody is in it.");
    }
    Ok(Exit::Ok)
}
