//! `execgov doctor`: what is wrong with a host or an appliance, and what to do.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Tone};
use crate::base::fault::{BUG, Fault};
use crate::conf::{Overrides, load};
use crate::exec::{SpawnerConfig, start_spawner};
use crate::service::system::host_report;
use crate::wire::system::{DoctorReport, DoctorState};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  execgov doctor\n  execgov doctor --local\n  execgov doctor --data-dir /var/lib/execgov --config /etc/execgov/execgov.toml"
)]
pub struct Doctor {
    /// Look at this machine, without a server
    #[arg(long)]
    local: bool,
    /// Look at this machine and this data directory, without a server
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Settings to read; /etc/execgov/execgov.toml when it exists
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Doctor {
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local || self.data_dir.is_some() || self.config.is_some()
    }
}

/// Asks the appliance.
pub async fn remote(invocation: &Invocation<'_>, _: &Doctor) -> Done {
    let client = invocation.client().map_err(|failure| failure.or_hint("`execgov doctor --local` looks at this machine"))?;
    show_report(invocation, &client.doctor().await?)
}

/// Looks at this machine as a server started here would.
pub fn local(invocation: &Invocation<'_>, args: &Doctor) -> Done {
    let overrides = Overrides { config: args.config.clone(), data_dir: args.data_dir.clone(), ..Overrides::default() };
    let settings = load(&overrides, invocation.environment).map_err(Fault::from)?;
    let no_spawner = |error: std::io::Error| Failure::from(LOCAL_FILE.fault(format!("the spawner cannot be started: {error}")));
    let seed =
        start_spawner(SpawnerConfig { pythons: settings.config.run.python.clone(), ..SpawnerConfig::default() }).map_err(no_spawner)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::from(BUG.fault(format!("no runtime: {error}"))))?;
    let report = runtime.block_on(async {
        let spawner = seed.connect()?;
        Ok(host_report(&settings, &settings.config.data_dir, &spawner, invocation.clock.now()))
    });
    show_report(invocation, &report.map_err(no_spawner)?)
}

/// Shows a report; the exit code tells whether something failed.
fn show_report(invocation: &Invocation<'_>, report: &DoctorReport) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(report)?;
    } else {
        let rows: Vec<Vec<Cell>> = report
            .checks
            .iter()
            .map(|check| vec![check.title.clone().into(), show::doctor_state(check.state, out), check.detail.clone().into()])
            .collect();
        out.grid(&["CHECK", "STATE", "FOUND"], &rows)?;
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
