//! `execgov token`: API tokens. The secret of a new one is printed once, alone on standard output.

use clap::{Args, Subcommand};

use super::capabilities::{Bound, note_more};
use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::identity::TokenState;
use crate::wire::identity::{CreateToken, TokenQuery, TokenSummary};

#[derive(Debug, Subcommand)]
pub enum Token {
    /// List tokens
    #[command(after_help = "Examples:\n  execgov token list\n  execgov token list --user ada")]
    List {
        /// Tokens of this person instead, for administrators
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        #[command(flatten)]
        bound: Bound,
    },
    /// Create a token and print its secret, this once
    #[command(
        after_help = "Examples:\n  execgov token create nightly --scope run --days 30\n  execgov token create ci --scope read --scope author > token\n\nScopes: read, run, author, admin, or names of actions.\nLearn more: execgov help security"
    )]
    Create(Create),
    /// End a token
    #[command(after_help = "Examples:\n  execgov token revoke tok_0198...")]
    Revoke {
        /// Id of the token
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// What it is for
    name: String,
    /// What it may do; may be given several times
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    scopes: Vec<String>,
    /// Life in days
    #[arg(long, value_name = "N")]
    days: Option<u32>,
}

const COLUMNS: [Column<TokenSummary>; 8] = [
    column("ID", |row, _| row.id.clone().into()),
    column("NAME", |row, _| row.name.clone().into()),
    column("STATE", |row, out| match row.state {
        TokenState::Live => Cell::toned(format!("{} live", out.symbol("✓", "+")), Tone::Good),
        TokenState::Expired => Cell::toned(format!("{} expired", out.symbol("⊘", "-")), Tone::Faint),
        TokenState::Revoked => Cell::toned(format!("{} revoked", out.symbol("⊘", "-")), Tone::Faint),
    }),
    column("SCOPES", |row, _| row.scopes.join(" ").into()),
    column("EXPIRES", |row, _| show::time(&row.expires_at).into()),
    column("LAST USED", |row, _| show::maybe_time(row.last_used_at.as_ref())),
    wide("USER", |row, _| row.user.clone().into()),
    wide("CREATED", |row, _| show::time(&row.created_at).into()),
];

/// `token VERB`.
pub async fn token(invocation: &Invocation<'_>, args: &Token) -> Done {
    match args {
        Token::List { user, bound } => list(invocation, user.clone(), bound).await,
        Token::Create(args) => create(invocation, args).await,
        Token::Revoke { id } => {
            invocation.confirm(&format!("End the token {id}?"))?;
            invocation.client()?.revoke_token(id).await?;
            invocation.out.note(&format!("{id} is revoked."));
            Ok(Exit::Ok)
        }
    }
}

/// Lists tokens.
pub async fn list(invocation: &Invocation<'_>, user: Option<String>, bound: &Bound) -> Done {
    let query = TokenQuery { user, ..TokenQuery::default() };
    let (rows, more) = invocation.client()?.tokens(&query).collect(bound.most()).await?;
    invocation.out.rows(&rows, &COLUMNS)?;
    note_more(invocation, rows.len(), more);
    Ok(Exit::Ok)
}

async fn create(invocation: &Invocation<'_>, args: &Create) -> Done {
    let request = CreateToken { name: args.name.clone(), scopes: args.scopes.clone(), days: args.days };
    let created = invocation.client()?.create_token(&request).await?;
    if invocation.out.format.is_json() {
        invocation.out.json(&created)?;
        return Ok(Exit::Ok);
    }
    invocation.out.line(&created.token)?;
    invocation.out.note(&format!(
        "{} lives until {}. It is shown only now: keep it in a secret store, or pipe it to `execgov login --token-stdin`.",
        created.summary.id,
        show::time(&created.summary.expires_at)
    ));
    Ok(Exit::Ok)
}
