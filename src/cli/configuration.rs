//! `execgov config`: the settings of an appliance on this machine, checked and shown with where each came from.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{column, wide};
use crate::conf::{Loaded, Overrides, SYSTEM_FILE, load};

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Check the settings and name every mistake
    #[command(after_help = "Examples:\n  execgov config check\n  execgov config check --config ./execgov.toml")]
    Check(From),
    /// Show every setting and where its value comes from
    #[command(visible_alias = "list", after_help = "Examples:\n  execgov config show\n  execgov config show listen -o json")]
    Show {
        #[command(flatten)]
        from: From,
        /// Only settings whose name contains this
        #[arg(value_name = "PART")]
        part: Option<String>,
    },
    /// Show which files are read
    #[command(after_help = "Examples:\n  execgov config path")]
    Path(From),
}

/// Where the settings are.
#[derive(Debug, Args)]
pub struct From {
    /// Settings to read; /etc/execgov/execgov.toml when it exists
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Serialize)]
struct Setting {
    key: String,
    value: serde_json::Value,
    origin: String,
    variable: String,
}

fn settings(invocation: &Invocation<'_>, from: &From) -> Result<Loaded, super::failure::Failure> {
    let overrides = Overrides { config: from.config.clone(), ..Overrides::default() };
    load(&overrides, invocation.environment).map_err(|error| crate::base::fault::Fault::from(error).into())
}

/// Reads the settings as a server would.
pub fn config(invocation: &Invocation<'_>, args: &Config) -> Done {
    let out = &invocation.out;
    match args {
        Config::Check(from) => {
            let loaded = settings(invocation, from)?;
            for warning in &loaded.warnings {
                out.say(&format!("warning: {warning}"));
            }
            let file = loaded.file.as_ref().map(|path| path.display().to_string());
            if out.format.is_json() {
                out.json(&json!({ "ok": true, "file": file, "settings": loaded.entries.len(), "warnings": loaded.warnings }))?;
            } else {
                let file = file.unwrap_or_else(|| "no file: defaults and environment".to_owned());
                out.line(&format!("{} {} settings are fine ({file})", out.symbol("✓", "ok:"), loaded.entries.len()))?;
            }
        }
        Config::Show { from, part } => {
            let wanted = part.as_deref().unwrap_or_default();
            let rows: Vec<Setting> = settings(invocation, from)?
                .entries
                .into_iter()
                .filter(|entry| entry.key.contains(wanted))
                .map(|entry| Setting {
                    value: serde_json::to_value(&entry.value).unwrap_or_default(),
                    origin: entry.origin.to_string(),
                    key: entry.key,
                    variable: entry.variable,
                })
                .collect();
            let columns = [
                column::<Setting>("KEY", |row, _| row.key.clone().into()),
                column("VALUE", |row, _| show::value(&row.value).into()),
                column("FROM", |row, _| row.origin.clone().into()),
                wide("VARIABLE", |row, _| row.variable.clone().into()),
            ];
            out.rows(&rows, &columns)?;
        }
        Config::Path(from) => {
            let loaded = settings(invocation, from)?;
            let server = loaded.file.map_or_else(|| format!("{SYSTEM_FILE} (missing)"), |path| path.display().to_string());
            let client = invocation.contexts_path().map(|path| path.display().to_string()).unwrap_or_default();
            let appliance = invocation.choose().map(|chosen| chosen.context.url).unwrap_or_default();
            if out.format.is_json() {
                out.json(&json!({ "server": server, "contexts": client, "appliance": appliance }))?;
            } else {
                out.fields(&[("server", server.into()), ("contexts", client.into()), ("appliance", appliance.into())])?;
            }
        }
    }
    Ok(Exit::Ok)
}
