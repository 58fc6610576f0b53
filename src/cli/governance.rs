//! `execgov governance`: whether one person may decide alone.

use clap::{Subcommand, ValueEnum};

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use crate::client::Changed;
use crate::domain::access::Mode;
use crate::wire::approval::{GovernanceRequest, GovernanceView};

#[derive(Debug, Subcommand)]
pub enum Governance {
    /// Show how the appliance is governed
    #[command(after_help = "Examples:\n  execgov governance show")]
    Show,
    /// Choose how the appliance is governed; giving up four eyes waits for the consent of others
    #[command(
        after_help = "Examples:\n  execgov governance set four-eyes\n  execgov governance set solo --reason 'one person is left in the team'"
    )]
    Set {
        /// Either solo or four-eyes
        #[arg(value_enum, hide_possible_values = true)]
        mode: Wanted,
        /// Why, for those who are asked to agree
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// How the appliance shall be governed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Wanted {
    Solo,
    FourEyes,
}

/// `governance VERB`.
pub async fn governance(invocation: &Invocation<'_>, args: &Governance) -> Done {
    let client = invocation.client()?;
    match args {
        Governance::Show => show(invocation, &client.governance().await?),
        Governance::Set { mode, reason } => {
            let mode = match mode {
                Wanted::Solo => Mode::Solo,
                Wanted::FourEyes => Mode::FourEyes,
            };
            match client.set_governance(&GovernanceRequest { mode, reason: reason.clone() }).await? {
                Changed::Done(view) => show(invocation, &view),
                Changed::Asked(asked) => invocation.asked(&asked),
            }
        }
    }
}

fn show(invocation: &Invocation<'_>, view: &GovernanceView) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(view)?;
        return Ok(Exit::Ok);
    }
    out.fields(&[
        ("governed by", view.mode.name().replace('_', "-").into()),
        ("waiting request", view.waiting.clone().unwrap_or_default().into()),
    ])?;
    Ok(Exit::Ok)
}
