//! `execgov approval standing`: consents to every run of one version with inputs of one pattern, until a date.

use clap::Subcommand;

use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::approval::standing::{Holder, Pattern};
use crate::domain::ids::StandingId;
use crate::wire::approval::{StandingRequest, StandingView, WithdrawRequest};

#[derive(Debug, Subcommand)]
pub enum Standing {
    /// Ask for one; it holds once enough people agreed
    #[command(
        after_help = "Examples:\n  execgov approval standing ask payout --inputs '{\"amount\":{\"between\":{\"least\":1,\"most\":100}}}' --until 2027-03-31T00:00:00Z --reason 'monthly refunds'\n\nEach input is named with what it may be: {\"equals\": VALUE}, {\"one_of\": [..]}, {\"matches\": \"REGEX\"}, {\"between\": {\"least\": 1, \"most\": 9}} or \"any\"."
    )]
    Ask {
        /// NAME, or NAME@VERSION
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,
        /// What each input may be, as JSON
        #[arg(long, value_name = "JSON", default_value = "{}")]
        inputs: String,
        /// Until this moment
        #[arg(long, value_name = "WHEN")]
        until: String,
        /// Why nobody shall be asked each time
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// For runs of everybody who may run it, not only yours
        #[arg(long)]
        everybody: bool,
    },
    /// List standing approvals, and whether each holds
    #[command(after_help = "Examples:\n  execgov approval standing list")]
    List,
    /// Take one back; runs that wait in line under it do not start
    #[command(after_help = "Examples:\n  execgov approval standing revoke sta_0198... --comment 'the job moved'")]
    Revoke {
        /// Id of the standing approval
        standing: String,
        /// Why, for those who read the history
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
    },
}

/// `approval standing VERB`.
pub async fn standing(invocation: &Invocation<'_>, args: &Standing) -> Done {
    let client = invocation.client()?;
    match args {
        Standing::Ask { name, inputs, until, reason, everybody } => {
            let (capability, version) = super::capabilities::split_name(name)?;
            let inputs: Pattern = serde_json::from_str(inputs).map_err(|error| {
                let hint = "write {\"name\": {\"equals\": VALUE}, ...}; see `execgov approval standing ask --help`";
                Failure::from(USAGE.fault(format!("--inputs: {error}")).hint(hint))
            })?;
            let request = StandingRequest {
                capability: capability.to_owned(),
                version,
                inputs,
                holder: everybody.then_some(Holder::Everybody),
                until: until.clone(),
                reason: reason.clone(),
            };
            let asked = client.ask_standing(&request).await?;
            invocation.asked(&asked)
        }
        Standing::List => {
            let all = client.standing_approvals().await?.items;
            if all.is_empty() {
                invocation.out.note("There are no standing approvals.");
            }
            invocation.out.rows(&all, &COLUMNS)?;
            Ok(Exit::Ok)
        }
        Standing::Revoke { standing, comment } => {
            let known = standing.parse::<StandingId>();
            known.map_err(|error| Failure::from(USAGE.fault(error.to_string()).hint("`execgov approval standing list` shows the ids")))?;
            let view = client.revoke_standing(standing, &WithdrawRequest { comment: comment.clone() }).await?;
            invocation.out.rows(&[view], &COLUMNS)?;
            Ok(Exit::Ok)
        }
    }
}

const COLUMNS: [Column<StandingView>; 8] = [
    column("STANDING", |row, _| row.id.clone().into()),
    column("STATE", |row, _| match (&row.revoked, row.active) {
        (Some(_), _) => Cell::toned("taken back", Tone::Faint),
        (None, true) => Cell::toned("holds", Tone::Active),
        (None, false) => Cell::toned("does not hold", Tone::Bad),
    }),
    column("WHAT", |row, _| format!("{}@{}", row.capability, row.version).into()),
    column("FOR", |row, _| match row.holder {
        Holder::Requester => row.requester.name.clone().unwrap_or_default().into(),
        Holder::Everybody => "everybody".into(),
    }),
    column("INPUTS", |row, _| serde_json::to_string(&row.inputs).unwrap_or_default().into()),
    column("UNTIL", |row, _| show::time(&row.until).into()),
    wide("REQUEST", |row, _| row.approval.clone().into()),
    wide("REASON", |row, _| row.reason.clone().unwrap_or_default().into()),
];
