//! `execgov space`: spaces, their folders, and what lives where.

use clap::Subcommand;

use super::exit::Exit;
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Column, column, wide};
use crate::wire::space::{FolderRequest, MoveRequest, SpaceRequest, SpaceView};

#[derive(Debug, Subcommand)]
pub enum Space {
    /// List one's own space and the spaces and folders that one may see
    #[command(after_help = "Examples:\n  execgov space list")]
    List,
    /// Make a space of a team
    #[command(after_help = "Examples:\n  execgov space add finance --description 'Closes the books'")]
    Add {
        /// Name of the space
        name: String,
        /// One line for people who look for it
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Remove a space that nothing lives in; its name is not used again
    #[command(after_help = "Examples:\n  execgov space remove finance")]
    Remove {
        /// Name of the space
        name: String,
    },
    /// Make a folder in a space
    #[command(after_help = "Examples:\n  execgov space add-folder team nightly\n  execgov space add-folder team nightly/eu")]
    AddFolder {
        /// Name of the space
        space: String,
        /// Path within the space
        path: String,
    },
    /// Remove a folder that nothing lives in
    #[command(after_help = "Examples:\n  execgov space remove-folder team nightly/eu")]
    RemoveFolder {
        /// Name of the space
        space: String,
        /// Path within the space
        path: String,
    },
    /// Take a capability to another space or folder
    #[command(after_help = "Examples:\n  execgov space move backup team/nightly\n  execgov space move backup personal")]
    Move {
        /// Name of the capability
        capability: String,
        /// Where it shall live
        space: String,
    },
}

const COLUMNS: [Column<SpaceView>; 5] = [
    column("SPACE", |row, _| row.name.clone().into()),
    column("KIND", |row, _| show::word(&row.kind).into()),
    column("FOLDERS", |row, _| row.folders.join(" ").into()),
    column("DESCRIPTION", |row, _| row.description.clone().unwrap_or_default().into()),
    wide("CREATED", |row, _| show::maybe_time(row.created_at.as_ref())),
];

/// `space VERB`.
pub async fn space(invocation: &Invocation<'_>, args: &Space) -> Done {
    let client = invocation.client()?;
    match args {
        Space::List => invocation.out.rows(&client.spaces().await?.items, &COLUMNS)?,
        Space::Add { name, description } => {
            let request = SpaceRequest { name: name.clone(), description: description.clone() };
            invocation.out.rows(&[client.add_space(&request).await?], &COLUMNS)?;
        }
        Space::Remove { name } => {
            invocation.confirm(&format!("Remove the space {name} and everything that was granted in it?"))?;
            client.remove_space(name).await?;
        }
        Space::AddFolder { space, path } => {
            invocation.out.rows(&[client.add_folder(space, &FolderRequest { path: path.clone() }).await?], &COLUMNS)?;
        }
        Space::RemoveFolder { space, path } => {
            invocation.confirm(&format!("Remove the folder {space}/{path} and everything that was granted in it?"))?;
            client.remove_folder(space, path).await?;
        }
        Space::Move { capability, space } => {
            let moved = client.move_capability(capability, &MoveRequest { space: space.clone() }).await?;
            invocation.out.note(&format!("{} lives in {}", moved.summary.name, moved.summary.space));
        }
    }
    Ok(Exit::Ok)
}
