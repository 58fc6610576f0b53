//! `execgov role`: what roles carry, and the tenant's own roles.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::table::{Column, column};
use crate::wire::access::{CustomRoleRequest, CustomRoleView};

#[derive(Debug, Subcommand)]
pub enum Role {
    /// List roles and what each carries
    #[command(after_help = "Examples:\n  execgov role list\n  execgov role list -o json")]
    List,
    /// Make a role of the tenant's own
    #[command(
        after_help = "Examples:\n  execgov role add runner --action capability.view --action capability.run --action run.view\n  execgov role list -o json | jq .grantable"
    )]
    Add(Define),
    /// Change a role of the tenant's own, for everybody who holds it
    #[command(after_help = "Examples:\n  execgov role update runner --action capability.view --action capability.run")]
    Update(Define),
    /// Remove a role of the tenant's own that nobody holds
    #[command(after_help = "Examples:\n  execgov role remove runner")]
    Remove {
        /// Name or id of the role
        role: String,
    },
}

#[derive(Debug, Args)]
pub struct Define {
    /// Name of the role
    name: String,
    /// An action that it carries; may be given several times
    #[arg(long = "action", value_name = "ACTION", required = true)]
    actions: Vec<String>,
    /// One line for people who give it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

impl Define {
    fn request(&self) -> CustomRoleRequest {
        CustomRoleRequest { name: self.name.clone(), description: self.description.clone(), actions: self.actions.clone() }
    }
}

/// One role, built in or not.
#[derive(Serialize)]
struct Row {
    name: String,
    kind: &'static str,
    actions: Vec<String>,
    description: String,
}

const COLUMNS: [Column<Row>; 4] = [
    column("ROLE", |row, _| row.name.clone().into()),
    column("KIND", |row, _| row.kind.into()),
    column("DESCRIPTION", |row, _| row.description.clone().into()),
    column("ACTIONS", |row, _| row.actions.join(" ").into()),
];

const OWN: [Column<CustomRoleView>; 3] = [
    column("ROLE", |row, _| row.name.clone().into()),
    column("GIVEN", |row, _| row.grants.to_string().into()),
    column("ACTIONS", |row, _| row.actions.join(" ").into()),
];

/// `role VERB`.
pub async fn role(invocation: &Invocation<'_>, args: &Role) -> Done {
    let client = invocation.client()?;
    match args {
        Role::List => {
            let all = client.roles().await?;
            if invocation.out.format.is_json() {
                invocation.out.json(&all)?;
                return Ok(Exit::Ok);
            }
            let built_in = all.items.into_iter().map(|role| Row {
                name: role.name.name().to_owned(),
                kind: "built in",
                actions: role.actions.into_iter().chain(role.own_only).collect(),
                description: role.description,
            });
            let own = all.custom.into_iter().map(|role| Row {
                name: role.name,
                kind: "own",
                actions: role.actions,
                description: role.description.unwrap_or_default(),
            });
            invocation.out.rows(&built_in.chain(own).collect::<Vec<_>>(), &COLUMNS)?;
        }
        Role::Add(define) => invocation.out.rows(&[client.add_role(&define.request()).await?], &OWN)?,
        Role::Update(define) => invocation.out.rows(&[client.change_role(&define.name, &define.request()).await?], &OWN)?,
        Role::Remove { role } => {
            invocation.confirm(&format!("Remove the role {role}?"))?;
            client.remove_role(role).await?;
        }
    }
    Ok(Exit::Ok)
}
