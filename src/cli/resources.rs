//! `execgov resource`: what capabilities reach outside.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::capabilities::split_name;
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::resource::{HttpSettings, Kind, SecretSource};
use crate::wire::resource::{GrantRequest, ResourceRequest, ResourceStatus, ResourceUpdate, ResourceUse, ResourceView, SecretFrom};

#[derive(Debug, Subcommand)]
pub enum Resource {
    /// Add an HTTP service that capabilities may reach, or a source that secrets are read from
    #[command(
        after_help = "Examples:\n  execgov resource add erp --address https://erp.example.com/api --purpose 'Orders' --auth bearer:erp-token --health 'GET /ping'\n  execgov resource add stock --address https://10.1.2.3:8443 --purpose 'Stock' --private 10.1.2.3:8443 --authority ca.pem --write 'POST /orders'\n  execgov resource add crm --purpose 'Customers' --settings crm.toml\n  execgov resource add bao --kind secret-source --address https://bao.example.com:8200 --purpose 'Shared secrets' --auth approle:ROLE-ID:bao-secret-id --mount secret --path '{tenant}/**'\n\nLearn more: execgov help resources"
    )]
    Add(Box<Add>),
    /// Change what is configured of a resource
    #[command(
        after_help = "Examples:\n  execgov resource update erp --write 'POST /orders' --write 'DELETE /drafts/*'\n  execgov resource update erp --owner finance-it"
    )]
    Update(Box<Update>),
    /// Show a resource: purpose, hosts, write boundary, status, who uses it
    #[command(after_help = "Examples:\n  execgov resource show erp\n  execgov resource show erp -o json")]
    Show {
        /// Name of the resource
        name: String,
    },
    /// List the resources that may be used
    #[command(after_help = "Examples:\n  execgov resource list\n  execgov resource list -o wide")]
    List,
    /// Let a tenant, or some of its spaces, use a resource
    #[command(
        after_help = "Examples:\n  execgov resource grant erp --tenant default\n  execgov resource grant erp --tenant default --space team"
    )]
    Grant {
        /// Name of the resource
        name: String,
        /// Key of the tenant
        #[arg(long, value_name = "TENANT", default_value = "default")]
        tenant: String,
        /// Only this space; may be given several times
        #[arg(long = "space", value_name = "SPACE")]
        spaces: Vec<String>,
    },
    /// Take a tenant's grant away
    #[command(after_help = "Examples:\n  execgov resource revoke erp --tenant default")]
    Revoke {
        /// Name of the resource
        name: String,
        /// Key of the tenant
        #[arg(long, value_name = "TENANT", default_value = "default")]
        tenant: String,
    },
    /// List the capabilities that use a resource, or the secrets that are read from it
    #[command(after_help = "Examples:\n  execgov resource usage erp")]
    Usage {
        /// Name of the resource
        name: String,
    },
    /// Make the resource's own check, with its stored address and credential
    #[command(after_help = "Examples:\n  execgov resource test erp")]
    Test {
        /// Name of the resource
        name: String,
    },
    /// Remove a resource that nothing current uses
    #[command(after_help = "Examples:\n  execgov resource remove erp")]
    Remove {
        /// Name of the resource
        name: String,
    },
}

/// What is configured.
#[derive(Debug, Args)]
pub struct Wishes {
    /// All settings from a TOML or JSON file; other options win over it
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[arg(long, value_name = "URL", help = "Its address, such as https://erp.example.com/api")]
    address: Option<String>,
    /// How to sign in: none, basic:USER:SECRET, bearer:SECRET, header:NAME:SECRET, query:NAME:SECRET or approle:ROLE-ID:SECRET, where SECRET is the name of a secret in the vault
    #[arg(long, value_name = "STYLE")]
    auth: Option<String>,
    /// Certificates of a private authority, a PEM file
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// The secret with the client certificate
    #[arg(long, value_name = "SECRET", requires = "client_key")]
    client_certificate: Option<String>,
    /// The secret with the client's key
    #[arg(long, value_name = "SECRET", requires = "client_certificate")]
    client_key: Option<String>,
    /// SHA-256 of a certificate that the server may show; may be given several times
    #[arg(long = "pin", value_name = "SHA256")]
    pins: Vec<String>,
    /// A request that may write, such as 'POST /orders/*'; may be given several times
    #[arg(long = "write", value_name = "METHOD PATH")]
    writes: Vec<String>,
    /// An address that is not public and may be reached, such as 10.1.2.0/24 or 127.0.0.1:8080; may be given several times
    #[arg(long = "private", value_name = "ADDRESS")]
    private: Vec<String>,
    /// The request that tells whether it works, such as 'GET /ping'
    #[arg(long, value_name = "METHOD PATH")]
    health: Option<String>,
    /// Of a source of secrets: where its KV engine is mounted
    #[arg(long, value_name = "MOUNT")]
    mount: Option<String>,
    /// Of a source of secrets: entries that may be read below the mount, such as '{tenant}/**'; may be given several times
    #[arg(long = "path", value_name = "PATTERN")]
    paths: Vec<String>,
    /// Requests in a minute, at most
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    Http,
    SecretSource,
}

#[derive(Debug, Args)]
pub struct Add {
    /// Name of the resource
    name: String,
    /// What it is: http, or secret-source for HashiCorp Vault and OpenBao
    #[arg(long, value_name = "KIND", value_enum, default_value = "http", hide_possible_values = true)]
    kind: Sort,
    /// What it is for, in the words of those who use it
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// Who answers for it
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
    #[command(flatten)]
    wishes: Wishes,
}

#[derive(Debug, Args)]
pub struct Update {
    /// Name of the resource
    name: String,
    /// What it is for, in the words of those who use it
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
    #[command(flatten)]
    wishes: Wishes,
}

/// `resource VERB`.
pub async fn resource(invocation: &Invocation<'_>, args: &Resource) -> Done {
    let client = invocation.client()?;
    let out = &invocation.out;
    match args {
        Resource::Add(add) => {
            let settings = settings(&add.wishes, Map::new())?;
            let request = ResourceRequest {
                name: add.name.clone(),
                kind: if add.kind == Sort::SecretSource { Kind::SecretSource } else { Kind::Http },
                purpose: add.purpose.clone(),
                owner: add.owner.clone(),
                settings,
            };
            let made = client.add_resource(&request).await?;
            show_one(out, &made)?;
            out.note(&format!("next: execgov resource grant {}", made.name));
        }
        Resource::Update(update) => {
            let wished = is_wished(&update.wishes);
            let settings = if wished {
                let before = client.resource(&update.name).await?.settings;
                let before = before.and_then(|settings| serde_json::to_value(settings).ok()).and_then(|value| value.as_object().cloned());
                Some(settings(&update.wishes, before.unwrap_or_default())?)
            } else {
                None
            };
            let request = ResourceUpdate { purpose: update.purpose.clone(), owner: update.owner.clone(), settings };
            show_one(out, &client.update_resource(&update.name, &request).await?)?;
        }
        Resource::Show { name } => show_one(out, &client.resource(name).await?)?,
        Resource::List => {
            let all = client.resources().await?.items;
            if all.is_empty() {
                out.note("There are no resources that you may use.");
            }
            out.rows(&all, &COLUMNS)?;
        }
        Resource::Grant { name, tenant, spaces } => {
            let request = GrantRequest { tenant: tenant.clone(), spaces: spaces.clone() };
            show_one(out, &client.grant_resource(name, &request).await?)?;
        }
        Resource::Revoke { name, tenant } => {
            invocation.confirm(&format!("Take {name} away from {tenant}?"))?;
            show_one(out, &client.revoke_resource(name, tenant).await?)?;
        }
        Resource::Usage { name } => {
            let all = client.resource_uses(name).await?;
            if out.format.is_json() {
                out.json(&all)?;
            } else if !all.secrets.is_empty() {
                out.rows(&all.secrets, &READ)?;
            } else {
                if all.items.is_empty() {
                    out.note("Nothing uses it.");
                }
                out.rows(&all.items, &USES)?;
            }
        }
        Resource::Test { name } => {
            let tested = client.test_resource(name).await?;
            show_one(out, &tested)?;
            if !tested.test.as_ref().is_some_and(|test| test.good) {
                return Ok(Exit::Other);
            }
        }
        Resource::Remove { name } => {
            invocation.confirm(&format!("Remove {name}?"))?;
            client.remove_resource(name).await?;
        }
    }
    Ok(Exit::Ok)
}

fn is_wished(wishes: &Wishes) -> bool {
    let Wishes { settings, address, auth, authority, client_certificate, client_key: _, pins, writes, private, health, mount, paths, rate } =
        wishes;
    settings.is_some()
        || [address, auth, client_certificate, health, mount].iter().any(|text| text.is_some())
        || authority.is_some()
        || rate.is_some()
        || !(pins.is_empty() && writes.is_empty() && private.is_empty() && paths.is_empty())
}

fn wrong(what: String, hint: &'static str) -> Failure {
    Failure::from(USAGE.fault(what).hint(hint))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| LOCAL_FILE.fault(format!("{}: {error}", path.display())).hint("name a readable text file").into())
}

fn settings(wishes: &Wishes, before: Map<String, Value>) -> Result<HttpSettings, Failure> {
    let mut whole = before;
    if let Some(path) = &wishes.settings {
        let text = read(path)?;
        let parsed: Result<Map<String, Value>, String> = if path.extension().is_some_and(|end| end == "json") {
            serde_json::from_str(&text).map_err(|error| error.to_string())
        } else {
            toml::from_str(&text).map_err(|error| error.message().to_owned())
        };
        whole = parsed.map_err(|error| wrong(format!("{}: {error}", path.display()), "see `execgov help resources`"))?;
    }
    let mut set = |name: &str, value: Value| drop(whole.insert(name.to_owned(), value));
    if let Some(url) = &wishes.address {
        set("url", json!(url));
    }
    if let Some(text) = &wishes.auth {
        set("auth", auth(text)?);
    }
    if !wishes.writes.is_empty() {
        let rules: Result<Vec<Value>, Failure> = wishes.writes.iter().map(|text| request(text)).collect();
        set("writes", json!(rules?));
    }
    if !wishes.private.is_empty() {
        set("private", json!(wishes.private));
    }
    if let Some(text) = &wishes.health {
        set("health", request(text)?);
    }
    if let Some(rate) = wishes.rate {
        set("rate_per_minute", json!(rate));
    }
    if wishes.mount.is_some() || !wishes.paths.is_empty() {
        let mut source = whole.get("source").and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(mount) = &wishes.mount {
            source.insert("mount".to_owned(), json!(mount));
        }
        if !wishes.paths.is_empty() {
            source.insert("paths".to_owned(), json!(wishes.paths));
        }
        source.entry("mount").or_insert(json!("secret"));
        source.entry("paths").or_insert(json!([]));
        whole.insert("source".to_owned(), Value::Object(source));
    }
    let mut tls = whole.get("tls").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(path) = &wishes.authority {
        tls.insert("authority".to_owned(), json!(read(path)?));
    }
    if let (Some(certificate), Some(key)) = (&wishes.client_certificate, &wishes.client_key) {
        tls.insert("client_certificate".to_owned(), json!(certificate));
        tls.insert("client_key".to_owned(), json!(key));
    }
    if !wishes.pins.is_empty() {
        tls.insert("pins".to_owned(), json!(wishes.pins));
    }
    if !tls.is_empty() {
        whole.insert("tls".to_owned(), Value::Object(tls));
    }
    if !whole.contains_key("url") {
        return Err(wrong("the resource has no address".to_owned(), "add --address https://..., or --settings FILE"));
    }
    serde_json::from_value(Value::Object(whole)).map_err(|error| wrong(format!("the settings: {error}"), "see `execgov help resources`"))
}

/// `POST /orders`
fn request(text: &str) -> Result<Value, Failure> {
    let (method, path) =
        text.split_once(' ').ok_or_else(|| wrong(format!("`{text}` is not a method and a path"), "write 'POST /orders'"))?;
    Ok(json!({ "method": method, "path": path.trim() }))
}

/// `bearer:erp-token`
fn auth(text: &str) -> Result<Value, Failure> {
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    Ok(match parts.as_slice() {
        ["none"] => json!({ "kind": "none" }),
        ["basic", username, password] => json!({ "kind": "basic", "username": username, "password": password }),
        ["bearer", token] => json!({ "kind": "bearer", "token": token }),
        ["approle", role, secret] => json!({ "kind": "app_role", "role_id": role, "secret_id": secret }),
        [place @ ("header" | "query"), name, key] => json!({ "kind": "api_key", "place": place, "name": name, "key": key }),
        _ => {
            return Err(wrong(
                "that is not a style of signing in".to_owned(),
                "write none, basic:USER:SECRET, bearer:SECRET, header:NAME:SECRET, query:NAME:SECRET or approle:ROLE-ID:SECRET; OAuth 2 and HMAC go into a file, see --settings",
            ));
        }
    })
}

const COLUMNS: [Column<ResourceView>; 7] = [
    column("RESOURCE", |row, _| row.name.clone().into()),
    column("PURPOSE", |row, _| row.purpose.clone().into()),
    column("STATUS", |row, out| status(row.status, out)),
    column("HOSTS", |row, _| row.hosts.join(" ").into()),
    column("WRITES", |row, _| boundary(row).into()),
    wide("AUTH", |row, _| row.auth.clone().into()),
    wide("USED BY", |row, _| users(row).into()),
];

const USES: [Column<ResourceUse>; 4] = [
    column("CAPABILITY", |row, _| row.capability.clone().into()),
    column("VERSIONS", |row, _| row.versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ").into()),
    column("CURRENT", |row, _| if row.current { "yes" } else { "" }.into()),
    wide("TENANT", |row, _| row.tenant.clone().into()),
];

const READ: [Column<SecretFrom>; 2] =
    [column("SECRET", |row, _| row.secret.clone().into()), column("TENANT", |row, _| row.tenant.clone().into())];

fn status(status: ResourceStatus, out: &Output) -> Cell {
    match status {
        ResourceStatus::Untested => Cell::toned("untested", Tone::Faint),
        ResourceStatus::Good => Cell::toned(format!("{} good", out.symbol("✓", "+")), Tone::Good),
        ResourceStatus::Failing => Cell::toned(format!("{} failing", out.symbol("✗", "x")), Tone::Bad),
    }
}

fn boundary(row: &ResourceView) -> String {
    if row.source.is_some() {
        return "secrets only".to_owned();
    }
    if row.writes.is_empty() { "read-only".to_owned() } else { row.writes.join(", ") }
}

fn users(row: &ResourceView) -> String {
    let capabilities = row.used_by.iter().map(|one| one.capability.clone());
    let secrets = row.secrets.iter().map(|one| format!("secret {}", one.secret));
    capabilities.chain(secrets).collect::<Vec<_>>().join(" ")
}

fn show_one(out: &Output, row: &ResourceView) -> Result<(), Failure> {
    if out.format.is_json() {
        return out.json(row);
    }
    let grants = row.grants.iter().map(|grant| {
        if grant.spaces.is_empty() { grant.tenant.to_string() } else { format!("{}: {}", grant.tenant, grant.spaces.join(" ")) }
    });
    let private = row.settings.as_ref().map(|settings| settings.private.join(" ")).unwrap_or_default();
    out.fields(&[
        ("resource", row.name.clone().into()),
        ("id", row.id.clone().into()),
        ("purpose", row.purpose.clone().into()),
        ("owner", row.owner.clone().unwrap_or_default().into()),
        ("address", row.settings.as_ref().map(|settings| settings.url.clone()).unwrap_or_default().into()),
        ("hosts", row.hosts.join(" ").into()),
        ("signs in with", row.auth.clone().into()),
        ("writes", boundary(row).into()),
        ("secrets at", row.source.as_ref().map(source).unwrap_or_default().into()),
        ("private addresses", private.into()),
        ("status", status(row.status, out)),
        ("last test", row.test.as_ref().map(|test| format!("{}: {}", show::moment(test.at), test.detail)).unwrap_or_default().into()),
        ("granted to", grants.collect::<Vec<_>>().join(", ").into()),
        ("used by", users(row).into()),
        ("digest", row.digest.clone().into()),
    ])
}

/// `secret: {tenant}/** shared/*`
fn source(source: &SecretSource) -> String {
    format!("{}: {}", source.mount, source.paths.join(" "))
}

/// `capability verify`.
pub async fn verify(invocation: &Invocation<'_>, name: &str) -> Done {
    let (name, version) = split_name(name)?;
    let found = invocation.client()?.verify(name, version).await?;
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&found)?;
    } else {
        let verdict = if found.good { Cell::toned("verified", Tone::Good) } else { Cell::toned("failed", Tone::Bad) };
        let code = found.code.clone().unwrap_or_default();
        out.fields(&[
            ("state", verdict),
            ("capability", format!("{}@{}", found.capability, found.version).into()),
            ("resource", found.resource.clone().into()),
            ("request", found.request.clone().into()),
            ("took", format!("{} ms", found.duration_ms).into()),
            ("reached", found.reached.join(", ").into()),
            ("why", found.detail.clone().into()),
            ("code", code.into()),
        ])?;
        for line in &found.lines {
            out.note(line);
        }
    }
    Ok(if found.good { Exit::Ok } else { Exit::Other })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_and_requests_are_read() {
        assert_eq!(auth("basic:me:erp").expect("fine"), json!({ "kind": "basic", "username": "me", "password": "erp" }));
        assert_eq!(auth("header:X-Key:erp").expect("fine")["place"], "header");
        for bad in ["bearer", "basic:me", "magic:x", ""] {
            assert!(auth(bad).is_err(), "{bad}");
        }
        assert_eq!(request("POST /a").expect("fine"), json!({ "method": "POST", "path": "/a" }));
        assert!(request("POST").is_err());
    }
}
