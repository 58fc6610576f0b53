//! `execgov secret`: values go in from a prompt, standard input or a file, never as an option, and none comes out.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::capabilities::{Bound, note_more};
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::vault::{Delivery, SourceRead, VALUE_BYTES_MOST};
use crate::wire::secret::{
    Domain, GrantRequest, GrantView, InDomain, SecretDetail, SecretFacts, SecretFromRequest, SecretQuery, SecretState, SecretSummary,
    SecretVersionView, SetSecret,
};
use crate::wire::vault::Hidden;

#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Set a value; a secret that exists gets a new version
    #[command(
        after_help = "Examples:\n  execgov secret set db-password\n  pass show db | execgov secret set db-password --stdin --owner 'database team'\n  execgov secret set tls-key --file key.pem --expires 2027-06-30T00:00:00Z\n  execgov secret set db-password --from bao --path finance/database --field password"
    )]
    Set(Set),
    /// List secrets: everything but their values
    #[command(after_help = "Examples:\n  execgov secret list\n  execgov secret list db- -o wide\n  execgov secret list --platform")]
    List {
        /// Names that begin so
        prefix: Option<String>,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        bound: Bound,
    },
    /// Show what is known of a secret besides its value, and who may use it
    #[command(after_help = "Examples:\n  execgov secret show db-password")]
    Show {
        /// Name of the secret
        name: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// List the versions of a secret
    #[command(after_help = "Examples:\n  execgov secret history db-password")]
    History {
        /// Name of the secret
        name: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Let a capability or a resource use a secret
    #[command(
        after_help = "Examples:\n  execgov secret grant db-password --to nightly-report\n  execgov secret grant db-password --to legacy --delivery env"
    )]
    Grant(Grant),
    /// Take a grant back, or destroy the value of one version
    #[command(
        after_help = "Examples:\n  execgov secret revoke db-password --from nightly-report\n  execgov secret revoke db-password --version 2"
    )]
    Revoke(Revoke),
    /// Set a new value of a secret that exists; the next runs use it
    #[command(
        after_help = "Examples:\n  execgov secret rotate db-password\n  execgov secret rotate db-password --file new --destroy-older"
    )]
    Rotate(Rotate),
    /// Delete a secret with all its values and grants
    #[command(after_help = "Examples:\n  execgov secret delete db-password --yes")]
    Delete {
        /// Name of the secret
        name: String,
        #[command(flatten)]
        whose: Whose,
    },
}

/// Whose secrets are meant.
#[derive(Debug, Clone, Copy, Args)]
pub struct Whose {
    /// Secrets of the platform, for its resources
    #[arg(long)]
    platform: bool,
}

impl Whose {
    fn domain(self) -> InDomain {
        InDomain { domain: if self.platform { Domain::Platform } else { Domain::Tenant } }
    }
}

/// Where a value comes from; a prompt unless something else is named.
#[derive(Debug, Args)]
pub struct Value {
    /// Read the value from standard input; one line end at its end is not part of it
    #[arg(long, conflicts_with = "file")]
    stdin: bool,
    /// Read the value from a file, byte for byte
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read the value from this source of secrets for each use, in place of keeping one here
    #[arg(long, value_name = "RESOURCE", requires = "path", requires = "field", conflicts_with_all = ["stdin", "file"])]
    from: Option<String>,
    /// The entry in the source, below its mount
    #[arg(long, value_name = "PATH", requires = "from")]
    path: Option<String>,
    /// The field of the entry
    #[arg(long, value_name = "FIELD", requires = "from")]
    field: Option<String>,
    /// The entry's version; the newest unless given
    #[arg(long, value_name = "N", requires = "from")]
    at: Option<u64>,
    /// When the value expires, such as 2027-06-30T00:00:00Z
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    /// Store it although it has less than four bytes, so that logs cannot be cleaned of it
    #[arg(long)]
    force_short: bool,
}

#[derive(Debug, Args)]
pub struct Set {
    /// Name of the secret
    name: String,
    #[command(flatten)]
    value: Value,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
pub struct Rotate {
    /// Name of the secret
    name: String,
    #[command(flatten)]
    value: Value,
    /// Destroy the values of older versions
    #[arg(long)]
    destroy_older: bool,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum How {
    File,
    Env,
}

#[derive(Debug, Args)]
pub struct Grant {
    /// Name of the secret
    name: String,
    /// The capability that may use it
    #[arg(long, value_name = "CAPABILITY", required_unless_present = "resource", conflicts_with = "resource")]
    to: Option<String>,
    /// The resource that may use it, by id
    #[arg(long, value_name = "RESOURCE")]
    resource: Option<String>,
    /// As a file, or also as an environment variable where a version declares it: file or env
    #[arg(long, value_name = "HOW", value_enum, default_value = "file", hide_possible_values = true)]
    delivery: How,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// Name of the secret
    name: String,
    /// The capability or resource that may no longer use it, by name or id of the grant
    #[arg(long, value_name = "WHO", required_unless_present = "version", conflicts_with = "version")]
    from: Option<String>,
    /// The version whose value is destroyed for good
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    #[command(flatten)]
    whose: Whose,
}

/// `secret VERB`.
pub async fn secret(invocation: &Invocation<'_>, args: &Secret) -> Done {
    match args {
        Secret::Set(args) => {
            let request = request(invocation, &args.value)?;
            let request = SetSecret { description: args.description.clone(), owner: args.owner.clone(), ..request };
            let set = invocation.client()?.set_secret(&args.name, &args.whose.domain(), &request).await?;
            show_one(invocation, &set)
        }
        Secret::Rotate(args) => rotate(invocation, args).await,
        Secret::List { prefix, whose, bound } => {
            let query = SecretQuery { domain: whose.domain().domain, prefix: prefix.clone(), ..SecretQuery::default() };
            let (rows, more) = invocation.client()?.secrets(&query).collect(bound.most()).await?;
            invocation.out.rows(&rows, &COLUMNS)?;
            note_more(invocation, rows.len(), more);
            Ok(Exit::Ok)
        }
        Secret::Show { name, whose } => show_one(invocation, &invocation.client()?.secret(name, &whose.domain()).await?),
        Secret::History { name, whose } => {
            let found = invocation.client()?.secret(name, &whose.domain()).await?;
            invocation.out.rows(&found.versions, &VERSIONS)?;
            Ok(Exit::Ok)
        }
        Secret::Grant(args) => {
            let delivery = if args.delivery == How::Env { Delivery::Env } else { Delivery::File };
            let request = GrantRequest { capability: args.to.clone(), resource: args.resource.clone(), delivery };
            let granted = invocation.client()?.grant_secret(&args.name, &args.whose.domain(), &request).await?;
            invocation.out.rows(&granted.grants, &GRANTS)?;
            Ok(Exit::Ok)
        }
        Secret::Revoke(args) => revoke(invocation, args).await,
        Secret::Delete { name, whose } => {
            invocation.confirm(&format!("Delete {name} with all its values? Capabilities that need it can no longer run"))?;
            invocation.client()?.delete_secret(name, &whose.domain()).await?;
            Ok(Exit::Ok)
        }
    }
}

async fn rotate(invocation: &Invocation<'_>, args: &Rotate) -> Done {
    let domain = args.whose.domain();
    let request = SetSecret { must_exist: true, ..request(invocation, &args.value)? };
    let client = invocation.client()?;
    let mut set = client.set_secret(&args.name, &domain, &request).await?;
    if args.destroy_older {
        let older: Vec<u32> = set
            .versions
            .iter()
            .filter(|version| !version.current && version.destroyed_at.is_none())
            .map(|version| version.number)
            .collect();
        for number in older {
            set = client.destroy_secret_version(&args.name, number, &domain).await?;
        }
    }
    show_one(invocation, &set)
}

async fn revoke(invocation: &Invocation<'_>, args: &Revoke) -> Done {
    let (client, domain) = (invocation.client()?, args.whose.domain());
    if let Some(number) = args.version {
        invocation.confirm(&format!("Destroy the value of version {number} of {} for good?", args.name))?;
        return show_one(invocation, &client.destroy_secret_version(&args.name, number, &domain).await?);
    }
    let from = args.from.as_deref().unwrap_or_default();
    let found = client.secret(&args.name, &domain).await?;
    let Some(grant) = found.grants.iter().find(|grant| grant.to == from || grant.id == from) else {
        let known: Vec<&str> = found.grants.iter().map(|grant| grant.to.as_str()).collect();
        let hint = if known.is_empty() { "it has no grant".to_owned() } else { format!("it is granted to {}", known.join(", ")) };
        return Err(Failure::from(USAGE.fault(format!("{} is not granted to `{from}`", args.name)).hint(hint)).exit(Exit::NotFound));
    };
    let left = client.revoke_secret(&args.name, &grant.id, &domain).await?;
    invocation.out.rows(&left.grants, &GRANTS)?;
    Ok(Exit::Ok)
}

fn request(invocation: &Invocation<'_>, value: &Value) -> Result<SetSecret, Failure> {
    let now = invocation.clock.now();
    let expires = value
        .expires
        .as_deref()
        .map(|text| show::parse_moment(text, now).map_err(|error| USAGE.fault(error).hint("write 2027-06-30T00:00:00Z")));
    let whole = SetSecret {
        value: None,
        value_base64: None,
        from: None,
        description: None,
        owner: None,
        expires_at: expires.transpose()?.map(|at| at.to_string()),
        force_short: value.force_short,
        must_exist: false,
    };
    if let (Some(resource), Some(path), Some(field)) = (&value.from, &value.path, &value.field) {
        let from = SecretFromRequest { resource: resource.clone(), path: path.clone(), field: field.clone(), version: value.at };
        return Ok(SetSecret { from: Some(from), ..whole });
    }
    let bytes = read(invocation, value)?;
    if bytes.is_empty() || bytes.len() > VALUE_BYTES_MOST {
        let fault = USAGE.fault(format!("the value has {} bytes", bytes.len()));
        return Err(fault.hint(format!("a value has 1 to {VALUE_BYTES_MOST} bytes")).into());
    }
    let text = std::str::from_utf8(&bytes).ok().map(|text| Hidden::new(text.to_owned()));
    let base64 = if text.is_none() { Some(Hidden::new(STANDARD.encode(bytes.as_slice()))) } else { None };
    Ok(SetSecret { value: text, value_base64: base64, ..whole })
}

fn read(invocation: &Invocation<'_>, from: &Value) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let most = VALUE_BYTES_MOST as u64 + 2;
    let mut bytes = Zeroizing::new(Vec::with_capacity(VALUE_BYTES_MOST + 2));
    let fail = |place: &Path, error: std::io::Error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", place.display())));
    match &from.file {
        Some(path) => {
            let file = std::fs::File::open(path).map_err(|error| fail(path, error))?;
            file.take(most).read_to_end(&mut bytes).map_err(|error| fail(path, error))?;
        }
        None if from.stdin => {
            std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(|error| fail(Path::new("standard input"), error))?;
            for end in [b'\n', b'\r'] {
                if bytes.last() == Some(&end) {
                    bytes.pop();
                }
            }
        }
        None => {
            let label = invocation.out.language.pick("Value (not shown)", "值（不显示）");
            bytes.extend_from_slice(invocation.secret(label, false)?.expose_secret().as_bytes());
        }
    }
    Ok(bytes)
}

const COLUMNS: [Column<SecretSummary>; 9] = [
    column("NAME", |row, _| row.name.clone().into()),
    column("STATE", |row, out| row.facts.as_ref().map_or_else(Cell::default, |facts| state(facts, out))),
    column("VERSION", |row, _| fact(row, |facts| facts.version.map(|number| number.to_string()).unwrap_or_default())),
    column("EXPIRES", |row, _| row.facts.as_ref().map_or_else(Cell::default, |facts| show::maybe_time(facts.expires_at.as_ref()))),
    column("GRANTS", |row, _| fact(row, |facts| facts.grants.to_string())),
    column("LAST USED", |row, _| row.facts.as_ref().map_or_else(Cell::default, |facts| show::maybe_time(facts.last_used_at.as_ref()))),
    wide("READ FROM", |row, _| fact(row, |facts| facts.source.as_ref().map(source).unwrap_or_default())),
    wide("OWNER", |row, _| fact(row, |facts| facts.owner.clone())),
    wide("DESCRIPTION", |row, _| fact(row, |facts| facts.description.clone())),
];

fn fact(row: &SecretSummary, of: impl Fn(&SecretFacts) -> String) -> Cell {
    row.facts.as_ref().map(of).unwrap_or_default().into()
}

/// `bao finance/database#password version 7`
pub(super) fn source(read: &SourceRead) -> String {
    let version = read.version.map(|number| format!(" version {number}")).unwrap_or_default();
    format!("{} {}{version}", read.resource, read.entry)
}

fn state(facts: &SecretFacts, out: &Output) -> Cell {
    match facts.state {
        SecretState::Good if facts.unmaskable => Cell::toned("good, not maskable".to_owned(), Tone::Bad),
        SecretState::Good => Cell::toned(format!("{} good", out.symbol("✓", "+")), Tone::Good),
        SecretState::Expiring => Cell::toned("expires soon".to_owned(), Tone::Bad),
        SecretState::Expired => Cell::toned("expired".to_owned(), Tone::Bad),
        SecretState::Empty => Cell::toned("no value".to_owned(), Tone::Faint),
    }
}

const VERSIONS: [Column<SecretVersionView>; 7] = [
    column("VERSION", |row, _| row.number.to_string().into()),
    column("STATE", |row, _| {
        if row.current {
            "current"
        } else if row.destroyed_at.is_some() {
            "destroyed"
        } else {
            "kept"
        }
        .to_owned()
        .into()
    }),
    column("SET", |row, _| show::time(&row.created_at).into()),
    column("BY", |row, _| row.created_by.name.clone().unwrap_or_default().into()),
    column("EXPIRES", |row, _| show::maybe_time(row.expires_at.as_ref())),
    wide("READ FROM", |row, _| row.source.as_ref().map(source).unwrap_or_default().into()),
    wide("DESTROYED", |row, _| show::maybe_time(row.destroyed_at.as_ref())),
];

const GRANTS: [Column<GrantView>; 6] = [
    column("TO", |row, _| row.to.clone().into()),
    column("KIND", |row, _| row.kind.clone().into()),
    column("DELIVERY", |row, _| row.delivery.word().to_owned().into()),
    column("SINCE", |row, _| show::time(&row.granted_at).into()),
    column("BY", |row, _| row.granted_by.name.clone().unwrap_or_default().into()),
    wide("GRANT", |row, _| row.id.clone().into()),
];

fn show_one(invocation: &Invocation<'_>, secret: &SecretDetail) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(secret)?;
        return Ok(Exit::Ok);
    }
    let facts = &secret.facts;
    let grants: Vec<String> = secret.grants.iter().map(|grant| format!("{} ({})", grant.to, grant.delivery.word())).collect();
    out.fields(&[
        ("secret", secret.name.clone().into()),
        ("state", state(facts, out)),
        ("version", facts.version.map(|number| number.to_string()).unwrap_or_default().into()),
        ("read from", facts.source.as_ref().map(source).unwrap_or_default().into()),
        ("expires", show::maybe_time(facts.expires_at.as_ref())),
        ("description", facts.description.clone().into()),
        ("owner", facts.owner.clone().into()),
        ("granted to", grants.join(", ").into()),
        ("last used", show::maybe_time(facts.last_used_at.as_ref())),
        ("by run", facts.last_used_by.clone().unwrap_or_default().into()),
        ("id", facts.id.clone().into()),
    ])?;
    Ok(Exit::Ok)
}
