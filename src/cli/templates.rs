//! `execgov template`: published versions that others make capabilities of their own from.

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::wire::template::{InstanceView, InstantiateRequest, PushItem, PushRequest, ReleaseView, TemplateRequest, TemplateView};

#[derive(Debug, Subcommand)]
pub enum Template {
    /// Publish a published version as a template, or as the next release of one
    #[command(
        after_help = "Examples:\n  execgov template publish backup --changelog 'first release'\n  execgov template publish backup@3 --name nightly-backup --changelog 'keeps seven days' --space team"
    )]
    Publish(Box<Publish>),
    /// List the templates that your tenant may use
    #[command(after_help = "Examples:\n  execgov template list\n  execgov template list -o wide")]
    List,
    /// Show a template: its releases and the inputs that may be set
    #[command(after_help = "Examples:\n  execgov template show nightly-backup")]
    Show {
        /// Name or id of the template
        template: String,
    },
    /// Make a capability from a template: a draft
    #[command(
        after_help = "Examples:\n  execgov template instantiate nightly-backup sales-backup --set host=db1 --set days=7\n  execgov template instantiate nightly-backup sales-backup --release 2"
    )]
    Instantiate(Box<Instantiate>),
    /// Who uses which release
    #[command(after_help = "Examples:\n  execgov template usage nightly-backup")]
    Usage {
        /// Name or id of the template
        template: String,
    },
    /// Propose the newest release to each capability made from it
    #[command(
        after_help = "Examples:\n  execgov template push nightly-backup --yes\n  execgov template push nightly-backup --capability sales-backup"
    )]
    Push {
        /// Name or id of the template
        template: String,
        /// Only to this capability
        #[arg(long, value_name = "NAME")]
        capability: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Publish {
    /// Name of the capability, with @VERSION for another than the current one
    capability: String,
    /// One line that says what is new
    #[arg(long, value_name = "TEXT")]
    changelog: String,
    /// Name of the template; that of the capability when left out
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What it is good for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Another tenant that may use it; may be given several times
    #[arg(long = "tenant", value_name = "TENANT")]
    tenants: Vec<String>,
    /// A space that instances may live in; may be given several times
    #[arg(long = "space", value_name = "SPACE")]
    spaces: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Instantiate {
    /// Name or id of the template
    template: String,
    /// Name of the new capability
    name: String,
    /// A default for an input, as INPUT=VALUE; the value is JSON, else text; may be given several times
    #[arg(long = "set", value_name = "INPUT=VALUE")]
    set: Vec<String>,
    /// The space it lives in
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    /// An older release
    #[arg(long, value_name = "N")]
    release: Option<u32>,
}

const COLUMNS: [Column<TemplateView>; 6] = [
    column("TEMPLATE", |row, _| row.name.clone().into()),
    column("RELEASE", |row, _| row.releases.last().map(|release| release.number.to_string()).unwrap_or_default().into()),
    column("RISK", |row, _| row.risk.clone().into()),
    column("DESCRIPTION", |row, _| row.description.clone().into()),
    column("FROM", |row, _| row.capability.clone().unwrap_or_else(|| row.tenant.clone()).into()),
    wide("ID", |row, _| row.id.clone().into()),
];

const RELEASES: [Column<ReleaseView>; 5] = [
    column("RELEASE", |row, _| row.number.to_string().into()),
    column("VERSION", |row, _| row.version.to_string().into()),
    column("AT", |row, _| show::time(&row.at).into()),
    column("CHANGES", |row, _| row.changelog.clone().into()),
    wide("DIGEST", |row, _| row.digest.clone().into()),
];

const INSTANCES: [Column<InstanceView>; 6] = [
    column("CAPABILITY", |row, _| row.capability.clone().into()),
    column("STANDING", standing),
    column("RELEASE", |row, _| row.release.map(|release| release.to_string()).unwrap_or_default().into()),
    column("VERSION", |row, _| row.current.map(|version| version.to_string()).unwrap_or_default().into()),
    column("SPACE", |row, _| row.space.clone().into()),
    column("BY", |row, _| row.created_by.name.clone().unwrap_or_default().into()),
];

const PUSHED: [Column<PushItem>; 3] = [
    column("CAPABILITY", |row, _| row.capability.clone().into()),
    column("IN REVIEW", |row, _| row.version.map(|version| format!("version {version}")).unwrap_or_default().into()),
    column("PASSED OVER", |row, _| row.why.clone().unwrap_or_default().into()),
];

fn standing(row: &InstanceView, _: &Output) -> Cell {
    let tone = match row.standing.as_str() {
        "current" => Tone::Good,
        "proposed" => Tone::Active,
        "behind" => Tone::Bad,
        _ => Tone::Plain,
    };
    Cell::toned(row.standing.clone(), tone)
}

/// `template VERB`.
pub async fn template(invocation: &Invocation<'_>, args: &Template) -> Done {
    let out = &invocation.out;
    match args {
        Template::Publish(args) => {
            let made = invocation.client()?.publish_template(&publishing(args)?).await?;
            out.rows(&[made], &COLUMNS)?;
        }
        Template::List => {
            let found = invocation.client()?.templates().await?.items;
            if found.is_empty() {
                out.note("There are no templates.");
            }
            out.rows(&found, &COLUMNS)?;
        }
        Template::Show { template } => show_one(out, &invocation.client()?.template(template).await?)?,
        Template::Instantiate(args) => {
            let request = InstantiateRequest {
                name: args.name.clone(),
                values: values(&args.set)?,
                space: args.space.clone(),
                release: args.release,
            };
            let made = invocation.client()?.instantiate_template(&args.template, &request).await?;
            out.note(&format!("{} is a draft: try it, then ask for a review.", made.capability));
            out.rows(&[made], &INSTANCES)?;
        }
        Template::Usage { template } => {
            let found = invocation.client()?.template_usage(template).await?.items;
            if found.is_empty() {
                out.note("Nobody uses it yet.");
            }
            out.rows(&found, &INSTANCES)?;
        }
        Template::Push { template, capability } => {
            invocation.confirm(&format!("Propose the newest release of {template}?"))?;
            let request = PushRequest { capability: capability.clone() };
            let done = invocation.client()?.push_template(template, &request).await?;
            if done.items.is_empty() {
                out.note("Nothing was made from it.");
            }
            out.rows(&done.items, &PUSHED)?;
        }
    }
    Ok(Exit::Ok)
}

fn publishing(args: &Publish) -> Result<TemplateRequest, Failure> {
    let (capability, version) = match args.capability.split_once('@') {
        Some((name, number)) => {
            let number = number.parse().map_err(|_| Failure::from(USAGE.fault(format!("`{number}` is not the number of a version"))))?;
            (name.to_owned(), Some(number))
        }
        None => (args.capability.clone(), None),
    };
    let given = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    Ok(TemplateRequest {
        capability,
        version,
        name: args.name.clone(),
        description: args.description.clone(),
        tenants: given(&args.tenants),
        spaces: given(&args.spaces),
        changelog: args.changelog.clone(),
    })
}

/// `INPUT=VALUE` pairs; a value is JSON when it parses as such.
fn values(set: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut values = Map::new();
    for pair in set {
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(USAGE.fault(format!("`{pair}` is not INPUT=VALUE")).hint("write --set days=7").into());
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        if values.insert(name.to_owned(), value).is_some() {
            return Err(USAGE.fault(format!("`{name}` is set twice")).into());
        }
    }
    Ok(values)
}

fn show_one(out: &Output, found: &TemplateView) -> Result<(), Failure> {
    if out.format.is_json() {
        return out.json(found);
    }
    out.fields(&[
        ("template", found.name.clone().into()),
        ("id", found.id.clone().into()),
        ("description", found.description.clone().into()),
        ("kept by", found.tenant.clone().into()),
        ("made from", found.capability.clone().unwrap_or_default().into()),
        ("risk", found.risk.clone().into()),
        ("tenants", found.tenants.join(" ").into()),
        ("spaces", found.spaces.join(" ").into()),
    ])?;
    let inputs: Vec<Vec<Cell>> = found
        .inputs
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, input)| {
            let text = |key: &str| input.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            vec![
                name.clone().into(),
                text("type").unwrap_or_default().into(),
                text("default").unwrap_or_default().into(),
                text("description").unwrap_or_default().into(),
            ]
        })
        .collect();
    if !inputs.is_empty() {
        out.line("")?;
        out.grid(&["INPUT", "TYPE", "DEFAULT", "DESCRIPTION"], &inputs)?;
    }
    out.line("")?;
    out.rows(&found.releases, &RELEASES)
}
