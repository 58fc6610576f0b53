//! `execgov runtime`: the interpreters of the appliance.

use clap::Subcommand;

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::table::{Cell, Column, Tone, column, wide};
use crate::wire::system::RuntimeSummary;

#[derive(Debug, Subcommand)]
pub enum Runtime {
    /// List interpreters and whether they can be used
    #[command(after_help = "Examples:\n  execgov runtime list\n  execgov runtime list -o json")]
    List,
}

const COLUMNS: [Column<RuntimeSummary>; 5] = [
    column("PATH", |row, _| row.path.clone().into()),
    column("LANGUAGE", |row, _| row.language.clone().into()),
    column("VERSION", |row, _| row.version.clone().into()),
    column("STATE", |row, out| {
        if row.usable {
            Cell::toned(format!("{} {}", out.symbol("✓", "+"), if row.default { "default" } else { "usable" }), Tone::Good)
        } else {
            Cell::toned(format!("{} {}", out.symbol("✗", "x"), row.problem.as_deref().unwrap_or("not usable")), Tone::Bad)
        }
    }),
    wide("PROBLEM", |row, _| row.problem.clone().unwrap_or_default().into()),
];

/// `runtime VERB`.
pub async fn runtime(invocation: &Invocation<'_>, args: &Runtime) -> Done {
    match args {
        Runtime::List => list(invocation).await,
    }
}

/// Lists interpreters.
pub async fn list(invocation: &Invocation<'_>) -> Done {
    let (rows, _) = invocation.client()?.runtimes().collect(1000).await?;
    invocation.out.rows(&rows, &COLUMNS)?;
    Ok(Exit::Ok)
}
