//! `execgov policy`: policies of the tenant's own.

use std::path::PathBuf;

use clap::Subcommand;

use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::wire::policy::{PolicyRequest, PolicyVersionView, TrialChange, TryRequest};

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// List the versions of the tenant's own policies
    #[command(after_help = "Examples:\n  execgov policy list")]
    List,
    /// Print a version, the built-in policies, or the schema that all must fit
    #[command(after_help = "Examples:\n  execgov policy show 3\n  execgov policy show built-in\n  execgov policy show schema")]
    Show {
        /// Number of a version, `built-in` or `schema`
        #[arg(value_name = "NUMBER|built-in|schema")]
        which: String,
    },
    /// Keep a new version, once it fits the schema; it is not in force
    #[command(after_help = "Examples:\n  execgov policy add night.cedar --note 'No grave runs at night'")]
    Add {
        /// The policies, in the Cedar policy language
        file: PathBuf,
        /// One line that says what it is for
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Say what a version would have changed in the last days
    #[command(after_help = "Examples:\n  execgov policy try 3\n  execgov policy try 3 --days 7")]
    Try {
        /// Number of the version
        number: u32,
        /// 1 to 30
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
    },
    /// Put a version in force instead of the one that is: also how one goes back
    #[command(after_help = "Examples:\n  execgov policy activate 3")]
    Activate {
        /// Number of the version
        number: u32,
    },
    /// Leave the built-in policies alone in force
    #[command(after_help = "Examples:\n  execgov policy deactivate")]
    Deactivate,
}

const COLUMNS: [Column<PolicyVersionView>; 6] = [
    column("VERSION", |row, _| row.number.to_string().into()),
    column("STATE", state),
    column("NOTE", |row, _| row.note.clone().unwrap_or_default().into()),
    column("BY", |row, _| row.created_by.name.clone().unwrap_or_default().into()),
    wide("CREATED", |row, _| show::time(&row.created_at).into()),
    wide("TRIED", |row, _| show::maybe_time(row.tried_at.as_ref())),
];

const CHANGES: [Column<TrialChange>; 6] = [
    column("USER", |row, _| row.user.clone().into()),
    column("ACTION", |row, _| row.action.clone().into()),
    column("ON", |row, _| format!("{} {}", row.kind, row.name).into()),
    column("TIMES", |row, _| row.times.to_string().into()),
    column("WOULD BE", |row, _| if row.allowed_then { Cell::toned("allowed", Tone::Good) } else { Cell::toned("refused", Tone::Bad) }),
    column("BY", |row, _| row.policies.join(" ").into()),
];

fn state(row: &PolicyVersionView, out: &Output) -> Cell {
    if row.active {
        Cell::toned(format!("{} in force", out.symbol("●", "*")), Tone::Good)
    } else if row.tried_at.is_some() {
        Cell::toned("tried", Tone::Faint)
    } else {
        Cell::toned("new", Tone::Faint)
    }
}

/// `policy VERB`.
pub async fn policy(invocation: &Invocation<'_>, args: &Policy) -> Done {
    let client = invocation.client()?;
    let out = &invocation.out;
    match args {
        Policy::List => {
            let all = client.policies().await?;
            if all.items.is_empty() {
                out.note("Only the built-in policies are in force.");
            }
            out.rows(&all.items, &COLUMNS)?;
        }
        Policy::Show { which } => {
            let text = match which.parse::<u32>() {
                Ok(number) => client.policy(number).await?.text,
                Err(_) if which == "schema" => client.policies().await?.schema,
                Err(_) => client.policies().await?.built_in,
            };
            for line in text.lines() {
                out.line(&out.shown(line))?;
            }
        }
        Policy::Add { file, note } => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Failure::from(LOCAL_FILE.fault(format!("{}: {error}", file.display())).hint("name a text file that you may read"))
            })?;
            out.rows(&[client.add_policy(&PolicyRequest { text, note: note.clone() }).await?], &COLUMNS)?;
        }
        Policy::Try { number, days } => {
            let trial = client.try_policy(*number, &TryRequest { days: *days }).await?;
            if out.format.is_json() {
                out.json(&trial)?;
                return Ok(Exit::Ok);
            }
            out.rows(&trial.changes, &CHANGES)?;
            out.note(&format!(
                "{} of {} requests of the last {} days would be decided otherwise",
                trial.changed, trial.requests, trial.days
            ));
        }
        Policy::Activate { number } => {
            invocation.confirm(&format!("Put version {number} of the policies in force?"))?;
            out.rows(&[client.activate_policy(*number).await?], &COLUMNS)?;
        }
        Policy::Deactivate => {
            invocation.confirm("Leave the built-in policies alone in force?")?;
            client.deactivate_policy().await?;
        }
    }
    Ok(Exit::Ok)
}
