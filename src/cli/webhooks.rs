//! `execgov webhook`: addresses at which another system starts runs.

use clap::{Args, Subcommand};
use serde_json::Map;

use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Column, column, wide};
use crate::wire::webhook::{RotateRequest, WebhookMade, WebhookRequest, WebhookView};

#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Make an address at which another system starts runs of a capability
    #[command(
        after_help = "Examples:\n  execgov webhook add shop --capability orders\n  execgov webhook add shop --capability orders --inputs-at /order --source 10.1.0.0/16 --rate 120"
    )]
    Add(Add),
    /// List webhooks
    #[command(after_help = "Examples:\n  execgov webhook list\n  execgov webhook list -o wide")]
    List,
    /// Make a new key; the one before ends, at once or after a grace
    #[command(after_help = "Examples:\n  execgov webhook rotate hok_0198...\n  execgov webhook rotate hok_0198... --grace 1h")]
    Rotate {
        /// Id of the webhook
        webhook: String,
        /// How long the key before stays good, such as 1h
        #[arg(long, value_name = "DURATION", value_parser = show::parse_duration)]
        grace: Option<std::time::Duration>,
    },
    /// Remove a webhook
    #[command(after_help = "Examples:\n  execgov webhook remove hok_0198...")]
    Remove {
        /// Id of the webhook
        webhook: String,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// What it is for
    name: String,
    /// Name of the capability whose runs it starts
    #[arg(long, value_name = "NAME")]
    capability: String,
    /// Where in the body the inputs are, such as /order; the body itself when left out
    #[arg(long, value_name = "POINTER")]
    inputs_at: Option<String>,
    /// An input that every run gets, as name=JSON; may be given several times
    #[arg(long = "fixed", value_name = "NAME=VALUE")]
    fixed: Vec<String>,
    /// An address or range that may deliver; may be given several times
    #[arg(long = "source", value_name = "ADDRESS")]
    sources: Vec<String>,
    /// Deliveries in a minute, at most
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
}

const COLUMNS: [Column<WebhookView>; 6] = [
    column("WEBHOOK", |row, _| row.id.clone().into()),
    column("NAME", |row, _| row.name.clone().into()),
    column("CAPABILITY", |row, _| row.capability.clone().into()),
    column("PATH", |row, _| row.path.clone().into()),
    wide("SOURCES", |row, _| if row.sources.is_empty() { "anywhere".into() } else { row.sources.join(" ").into() }),
    wide("BY", |row, _| row.created_by.name.clone().unwrap_or_default().into()),
];

/// `webhook VERB`.
pub async fn webhook(invocation: &Invocation<'_>, args: &Webhook) -> Done {
    let client = invocation.client()?;
    match args {
        Webhook::Add(add) => show_made(invocation, &client.add_webhook(&request(add)?).await?)?,
        Webhook::List => {
            let all = client.webhooks().await?.items;
            if all.is_empty() {
                invocation.out.note("There are no webhooks.");
            }
            invocation.out.rows(&all, &COLUMNS)?;
        }
        Webhook::Rotate { webhook, grace } => {
            invocation.confirm(&format!("Make a new key for {webhook}?"))?;
            let grace_s = grace.map(|grace| u32::try_from(grace.as_secs()).unwrap_or(u32::MAX));
            show_made(invocation, &client.rotate_webhook(webhook, &RotateRequest { grace_s }).await?)?;
        }
        Webhook::Remove { webhook } => {
            invocation.confirm(&format!("Remove {webhook}?"))?;
            client.remove_webhook(webhook).await?;
        }
    }
    Ok(Exit::Ok)
}

fn request(add: &Add) -> Result<WebhookRequest, Failure> {
    let mut fixed = Map::new();
    for text in &add.fixed {
        let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) =
            pair.ok_or_else(|| Failure::from(USAGE.fault(format!("`{text}` is not name=value")).hint("write --fixed mode='\"safe\"'")))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::String(value.to_owned()));
        fixed.insert(name.to_owned(), value);
    }
    Ok(WebhookRequest {
        name: add.name.clone(),
        capability: add.capability.clone(),
        inputs_at: add.inputs_at.clone(),
        fixed,
        sources: add.sources.clone(),
        rate_per_minute: add.rate,
    })
}

fn show_made(invocation: &Invocation<'_>, made: &WebhookMade) -> Result<(), Failure> {
    let out = &invocation.out;
    if out.format.is_json() {
        return out.json(made);
    }
    out.fields(&[
        ("webhook", made.webhook.id.clone().into()),
        ("capability", made.webhook.capability.clone().into()),
        ("path", made.webhook.path.clone().into()),
        ("key", made.key.clone().into()),
    ])?;
    out.note("The key is shown this once. Sign TIMESTAMP.BODY with HMAC-SHA256: headers X-Execgov-Timestamp and X-Execgov-Signature.");
    Ok(())
}
