//! `execgov service`: accounts for programs, used through tokens only.

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::wire::identity::{CreateService, CreateToken, UserDetail, UserQuery};

#[derive(Debug, Subcommand)]
pub enum Service {
    /// List service accounts
    #[command(after_help = "Examples:\n  execgov service list")]
    List,
    /// Make a service account; a person answers for it
    #[command(
        after_help = "Examples:\n  execgov service add nightly-bot --owner ada --role operator\n  execgov grant add operator --user nightly-bot --place team/nightly"
    )]
    Add(Add),
    /// Make a token for a service account and print it
    #[command(after_help = "Examples:\n  execgov service token nightly-bot --name cron --scope run --days 30")]
    Token(MakeToken),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Name of the account
    name: String,
    /// The person who answers for it; oneself unless given
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Name to show
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// A role; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
}

#[derive(Debug, Args)]
pub struct MakeToken {
    /// Name or id of the service account
    account: String,
    /// Name of the token
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it may do; may be given several times
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    scopes: Vec<String>,
    /// Life in days
    #[arg(long, value_name = "N")]
    days: Option<u32>,
}

const COLUMNS: [Column<UserDetail>; 5] = [
    column("NAME", |row, _| row.name.clone().into()),
    column("STATE", |row, out| {
        if row.rests {
            Cell::toned(format!("{} rests: its owner is disabled", out.symbol("⊘", "-")), Tone::Bad)
        } else {
            show::word(&row.state).into()
        }
    }),
    column("OWNER", |row, _| row.service_of.clone().unwrap_or_default().into()),
    column("ROLES", |row, _| row.roles.iter().map(show::word).collect::<Vec<_>>().join(" ").into()),
    wide("ID", |row, _| row.id.clone().into()),
];

/// `service VERB`.
pub async fn service(invocation: &Invocation<'_>, args: &Service) -> Done {
    let client = invocation.client()?;
    let out = &invocation.out;
    match args {
        Service::List => {
            let mut pages = client.users(&UserQuery::default());
            let mut all = Vec::new();
            while let Some(page) = pages.next().await? {
                all.extend(page.into_iter().filter(|user| user.service_of.is_some()));
            }
            if all.is_empty() {
                out.note("There are no service accounts.");
            }
            out.rows(&all, &COLUMNS)?;
        }
        Service::Add(args) => {
            let roles = super::users::parse_roles(&args.roles)?;
            let request =
                CreateService { name: args.name.clone(), display_name: args.display_name.clone(), owner: args.owner.clone(), roles };
            out.rows(&[client.create_service(&request).await?], &COLUMNS)?;
        }
        Service::Token(args) => {
            let request = CreateToken { name: args.name.clone(), scopes: args.scopes.clone(), days: args.days };
            let created = client.create_service_token(&args.account, &request).await?;
            if out.format.is_json() {
                out.json(&created)?;
            } else {
                out.line(&created.token)?;
                out.note(&format!("{} lives until {}. It is shown only now.", created.summary.id, show::time(&created.summary.expires_at)));
            }
        }
    }
    Ok(Exit::Ok)
}
