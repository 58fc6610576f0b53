//! `execgov approval delegate`: who stands in for whom during an absence.

use clap::Subcommand;

use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::ids::DelegationId;
use crate::wire::approval::{DelegationRequest, DelegationView};

#[derive(Debug, Subcommand)]
pub enum Delegate {
    /// Let somebody decide what you may decide, until a moment
    #[command(
        after_help = "Examples:\n  execgov approval delegate add rosa --until 2026-12-31T17:00:00Z --reason 'on leave'\n  execgov approval delegate add rosa --from 2026-12-24T00:00:00Z --until 2027-01-04T00:00:00Z"
    )]
    Add {
        /// Name or id of who stands in
        user: String,
        /// From this moment on; from now on when left out
        #[arg(long, value_name = "WHEN")]
        from: Option<String>,
        /// Until this moment
        #[arg(long, value_name = "WHEN")]
        until: String,
        /// Why, for those who read the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// List your absences and those in which you stand in
    #[command(after_help = "Examples:\n  execgov approval delegate list")]
    List,
    /// End an absence before its time
    #[command(after_help = "Examples:\n  execgov approval delegate end dlg_0198...")]
    End {
        /// Id of the absence
        absence: String,
    },
}

/// `approval delegate VERB`.
pub async fn delegate(invocation: &Invocation<'_>, args: &Delegate) -> Done {
    let client = invocation.client()?;
    let all = match args {
        Delegate::Add { user, from, until, reason } => {
            let request = DelegationRequest { to: user.clone(), starts: from.clone(), ends: until.clone(), reason: reason.clone() };
            vec![client.delegate(&request).await?]
        }
        Delegate::List => client.delegations().await?.items,
        Delegate::End { absence } => {
            let known = absence.parse::<DelegationId>();
            known.map_err(|error| Failure::from(USAGE.fault(error.to_string()).hint("`execgov approval delegate list` shows the ids")))?;
            client.end_delegation(absence).await?;
            return Ok(Exit::Ok);
        }
    };
    if all.is_empty() {
        invocation.out.note("Nobody stands in for you, and you for nobody.");
    }
    invocation.out.rows(&all, &COLUMNS)?;
    Ok(Exit::Ok)
}

const COLUMNS: [Column<DelegationView>; 6] = [
    column("ABSENCE", |row, _| row.id.clone().into()),
    column("STATE", |row, _| if row.active { Cell::toned("active", Tone::Active) } else { Cell::toned("not now", Tone::Faint) }),
    column("AWAY", |row, _| row.from.clone().into()),
    column("STANDS IN", |row, _| row.to.clone().into()),
    column("DATES", |row, _| format!("{} to {}", show::time(&row.starts), show::time(&row.ends)).into()),
    wide("REASON", |row, _| row.reason.clone().unwrap_or_default().into()),
];
