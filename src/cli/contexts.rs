//! `execgov context`: the appliances that this machine knows.

use clap::Subcommand;
use serde::Serialize;

use super::exit::Exit;
use super::invocation::{Done, Invocation, unknown_context};
use super::table::column;

#[derive(Debug, Subcommand)]
pub enum Context {
    /// List the appliances that are known
    #[command(after_help = "Examples:\n  execgov context list")]
    List,
    /// Make one the current one
    #[command(after_help = "Examples:\n  execgov context use ops.example:7443")]
    Use {
        /// Name of the context
        name: String,
    },
    /// Forget one, its token included
    #[command(after_help = "Examples:\n  execgov context remove old.example:7443")]
    Remove {
        /// Name of the context
        name: String,
    },
}

#[derive(Serialize)]
struct Known {
    name: String,
    url: String,
    user: Option<String>,
    current: bool,
    signed_in: bool,
}

/// Does what is asked for with the contexts file.
pub fn context(invocation: &Invocation<'_>, args: &Context) -> Done {
    let path = invocation.contexts_path()?;
    let mut contexts = invocation.contexts()?;
    match args {
        Context::List => {
            let current = contexts.current.clone();
            let known: Vec<Known> = contexts
                .contexts
                .into_iter()
                .map(|(name, context)| Known {
                    current: current.as_ref() == Some(&name),
                    signed_in: context.token.is_some(),
                    name,
                    url: context.url,
                    user: context.user,
                })
                .collect();
            let columns = [
                column::<Known>("NAME", |known, _| known.name.clone().into()),
                column("CURRENT", |known, out| if known.current { out.symbol("●", "*").into() } else { "".into() }),
                column("USER", |known, _| known.user.clone().unwrap_or_default().into()),
                column("SIGNED IN", |known, _| if known.signed_in { "yes".into() } else { "no".into() }),
                column("URL", |known, _| known.url.clone().into()),
            ];
            invocation.out.rows(&known, &columns)?;
            if known.is_empty() {
                invocation.out.note("No appliance is known: `execgov login URL` adds one.");
            }
        }
        Context::Use { name } => {
            if !contexts.contexts.contains_key(name) {
                return Err(unknown_context(name, &contexts));
            }
            contexts.current = Some(name.clone());
            contexts.save(&path)?;
            invocation.out.note(&format!("Commands now go to {name}."));
        }
        Context::Remove { name } => {
            if contexts.contexts.remove(name).is_none() {
                return Err(unknown_context(name, &contexts));
            }
            contexts.current = contexts.current.filter(|current| current != name);
            contexts.save(&path)?;
            invocation.out.note(&format!("{name} is forgotten. Its token still works: revoke it with `execgov token revoke`."));
        }
    }
    Ok(Exit::Ok)
}
