//! `execgov doctor`: what is wrong with a host or an appliance, and what to do.

use clap::Args;

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Tone};
use crate::wire::system::{DoctorReport, DoctorState};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  execgov doctor\n  execgov doctor -o json")]
pub struct Doctor {}

/// Asks the appliance.
pub async fn doctor(invocation: &Invocation<'_>, _: &Doctor) -> Done {
    let report = invocation.client()?.doctor().await?;
    show_report(invocation, &report)
}

/// Shows a report; the exit code tells whether something failed.
pub fn show_report(invocation: &Invocation<'_>, report: &DoctorReport) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(report)?;
    } else {
        let rows: Vec<Vec<Cell>> = report
            .checks
            .iter()
            .map(|check| vec![show::doctor_state(check.state, out), check.title.clone().into(), check.detail.clone().into()])
            .collect();
        out.grid(&["STATE", "CHECK", "FOUND"], &rows)?;
        for check in report.checks.iter().filter(|check| !check.remedy.is_empty()) {
            out.line("")?;
            out.line(&out.painted(&out.shown(&check.title), Tone::Active))?;
            for line in check.remedy.lines() {
                out.line(&format!("  {}", out.shown(line)))?;
            }
        }
    }
    Ok(if report.worst == DoctorState::Failed { Exit::Other } else { Exit::Ok })
}
