//! `execgov tenant`: organisations that share the appliance.

use clap::Subcommand;

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::tenant::TenantState;
use crate::wire::tenant::{TenantRequest, TenantUpdate, TenantView};

#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// List the tenants; one's own for who does not look after the appliance
    #[command(after_help = "Examples:\n  execgov tenant list")]
    List,
    /// Show one tenant
    #[command(after_help = "Examples:\n  execgov tenant show acme")]
    Show {
        /// Key of the tenant
        key: String,
    },
    /// Make a tenant; its first account is made with `user create --tenant`
    #[command(
        after_help = "Examples:\n  execgov tenant create acme --title 'Acme GmbH'\n  execgov user create ada --tenant acme --role tenant-admin"
    )]
    Create {
        /// 1 to 40 characters of a-z, 0-9 and '-', beginning with a letter; it stays
        key: String,
        /// What people call it
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
    },
    /// Give a tenant another title
    #[command(after_help = "Examples:\n  execgov tenant rename acme 'Acme Europe'")]
    Rename {
        /// Key of the tenant
        key: String,
        /// What people call it
        title: String,
    },
    /// Let nobody of a tenant in; what is queued waits, what runs ends normally
    #[command(after_help = "Examples:\n  execgov tenant suspend acme")]
    Suspend {
        /// Key of the tenant
        key: String,
    },
    /// Bring a suspended tenant back; what waited goes on
    #[command(after_help = "Examples:\n  execgov tenant resume acme")]
    Resume {
        /// Key of the tenant
        key: String,
    },
}

const COLUMNS: [Column<TenantView>; 5] = [
    column("TENANT", |row, _| row.key.clone().into()),
    column("TITLE", |row, _| row.title.clone().into()),
    column("STATE", state),
    wide("CREATED", |row, _| show::maybe_time(row.created_at.as_ref())),
    wide("BY", |row, _| row.created_by.as_ref().and_then(|by| by.name.clone()).unwrap_or_default().into()),
];

fn state(tenant: &TenantView, out: &Output) -> Cell {
    match tenant.state {
        TenantState::Active => Cell::toned(format!("{} active", out.symbol("✓", "+")), Tone::Good),
        TenantState::Suspended => Cell::toned(format!("{} suspended", out.symbol("⊘", "-")), Tone::Faint),
    }
}

/// `tenant VERB`.
pub async fn tenant(invocation: &Invocation<'_>, args: &Tenant) -> Done {
    let client = invocation.client()?;
    let changed = match args {
        Tenant::List => {
            invocation.out.rows(&client.tenants().await?.items, &COLUMNS)?;
            return Ok(Exit::Ok);
        }
        Tenant::Show { key } => client.tenant(key).await?,
        Tenant::Create { key, title } => client.add_tenant(&TenantRequest { key: key.clone(), title: title.clone() }).await?,
        Tenant::Rename { key, title } => client.update_tenant(key, &TenantUpdate { title: Some(title.clone()), state: None }).await?,
        Tenant::Suspend { key } => {
            invocation.confirm(&format!("Suspend the tenant {key} and end all sessions and tokens of its people?"))?;
            client.update_tenant(key, &TenantUpdate { title: None, state: Some(TenantState::Suspended) }).await?
        }
        Tenant::Resume { key } => client.update_tenant(key, &TenantUpdate { title: None, state: Some(TenantState::Active) }).await?,
    };
    if invocation.out.format.is_json() {
        invocation.out.json(&changed)?;
    } else {
        invocation.out.rows(&[changed], &COLUMNS)?;
    }
    Ok(Exit::Ok)
}
