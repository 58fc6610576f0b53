//! `execgov access`: who may do what, and why.

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::failure::Failure;
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::table::{Cell, Column, Tone, column, wide};
use crate::base::fault::{Class, Code};
use crate::wire::access::{MatrixQuery, MatrixRow};
use crate::wire::identity::{ExplainRequest, ExplainResource, Explanation};

/// The thing that a question is about is written in an unknown way.
pub const BAD_RESOURCE: Code = Code::new("EG-CLI-015", Class::User, "The resource is written in an unknown way");

#[derive(Debug, Subcommand)]
pub enum Access {
    /// Say why somebody may or may not do something
    #[command(
        after_help = "Examples:\n  execgov access explain --user ben --action capability.run --resource capability:backup\n  execgov access explain --action capability.publish --resource capability:backup@3\n  execgov access explain --user ben --action capability.run --resource space:team/nightly\n\nA resource is appliance, tenant, audit, capability[:NAME[@VERSION]], run[:ID], space:PATH, user:NAME, session:NAME, token:NAME or grant:NAME/ROLE."
    )]
    Explain(Explain),
    /// Print who may do what
    #[command(
        after_help = "Examples:\n  execgov access matrix\n  execgov access matrix --place team/nightly\n  execgov access matrix --action capability.publish -o json"
    )]
    Matrix(Matrix),
}

#[derive(Debug, Args)]
pub struct Explain {
    /// Name or id of the account; oneself unless given
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Name of the action, such as capability.run
    #[arg(long, value_name = "ACTION")]
    action: String,
    /// What it is about, such as capability:backup
    #[arg(long, value_name = "RESOURCE")]
    resource: String,
}

#[derive(Debug, Args)]
pub struct Matrix {
    /// By the roles that count in this space or folder
    #[arg(long, value_name = "PATH")]
    place: Option<String>,
    /// Only this action, and only those who may do it
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
}

/// `access VERB`.
pub async fn access(invocation: &Invocation<'_>, args: &Access) -> Done {
    match args {
        Access::Explain(args) => {
            let request = ExplainRequest { user: args.user.clone(), action: args.action.clone(), resource: resource(&args.resource)? };
            explained(&invocation.out, &invocation.client()?.explain_access(&request).await?)
        }
        Access::Matrix(args) => matrix(invocation, args).await,
    }
}

fn resource(text: &str) -> Result<ExplainResource, Failure> {
    let bad = || {
        let text: String = text.chars().take(80).collect();
        Failure::from(BAD_RESOURCE.fault(format!("`{text}` is not a resource")).hint("See `execgov access explain --help`."))
    };
    let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest.to_owned())));
    Ok(match (kind, rest) {
        ("appliance", None) => ExplainResource::Appliance {},
        ("tenant", None) => ExplainResource::Tenant {},
        ("audit", None) => ExplainResource::Audit {},
        ("capability", None) => ExplainResource::Capability { name: None, version: None },
        ("capability", Some(rest)) => match rest.split_once('@') {
            None => ExplainResource::Capability { name: Some(rest), version: None },
            Some((name, number)) => {
                ExplainResource::Capability { name: Some(name.to_owned()), version: Some(number.parse().map_err(|_| bad())?) }
            }
        },
        ("run", id) => ExplainResource::Run { id },
        ("space", Some(path)) => ExplainResource::Space { path },
        ("user", Some(id)) => ExplainResource::User { id },
        ("session", Some(id)) => ExplainResource::Session { id },
        ("token", Some(id)) => ExplainResource::Token { id },
        ("grant", Some(rest)) => {
            let (id, role) = rest.split_once('/').ok_or_else(bad)?;
            ExplainResource::Grant { id: id.to_owned(), role: role.parse().map_err(|_| bad())? }
        }
        _ => return Err(bad()),
    })
}

fn explained(out: &Output, why: &Explanation) -> Done {
    if out.format.is_json() {
        out.json(why)?;
        return Ok(Exit::Ok);
    }
    let answer = if why.allowed {
        Cell::toned(format!("{} yes", out.symbol("✓", "+")), Tone::Good)
    } else {
        Cell::toned(format!("{} no", out.symbol("⊘", "-")), Tone::Bad)
    };
    let grants: Vec<String> = why
        .grants
        .iter()
        .map(|grant| {
            let place = grant.place.as_ref().map(|place| format!(" in {place}")).unwrap_or_default();
            let group = grant.group.as_ref().map(|group| format!(" through {group}")).unwrap_or_default();
            let until = grant.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
            format!("{}{place}{group}{until} ({})", grant.role, grant.id)
        })
        .collect();
    let words = |roles: &[crate::domain::access::Role]| roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
    let mut fields: Vec<(&str, Cell)> = vec![
        ("user", why.user.clone().into()),
        ("action", why.action.clone().into()),
        ("allowed", answer),
        ("policies", why.policies.join(", ").into()),
    ];
    if !why.roles.is_empty() {
        fields.push(("roles", words(&why.roles).into()));
    }
    if !grants.is_empty() {
        fields.push(("grants", grants.join("; ").into()));
    }
    if !why.any_of.is_empty() {
        fields.push(("needs one of", words(&why.any_of).into()));
    }
    if let Some(hint) = &why.hint {
        fields.push(("hint", hint.clone().into()));
    }
    out.fields(&fields)?;
    Ok(Exit::Ok)
}

async fn matrix(invocation: &Invocation<'_>, args: &Matrix) -> Done {
    const COLUMNS: [Column<MatrixRow>; 5] = [
        column("USER", |row, _| row.user.clone().into()),
        column("ROLES", |row, _| row.roles.join(" ").into()),
        column("MAY", |row, _| row.actions.join(" ").into()),
        column("OWN ONLY", |row, _| row.own_only.join(" ").into()),
        wide("ID", |row, _| row.id.clone().into()),
    ];
    let client = invocation.client()?;
    let mut rows = Vec::new();
    let mut cursor = None;
    loop {
        let query = MatrixQuery { place: args.place.clone(), action: args.action.clone(), cursor, limit: Some(200) };
        let page = client.access_matrix(&query).await?;
        rows.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    invocation.out.rows(&rows, &COLUMNS)?;
    Ok(Exit::Ok)
}
