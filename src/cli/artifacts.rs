//! `execgov runs artifacts`: files that a run left, listed and fetched. Every fetched file is compared with its recorded digest.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::runs::run_id;
use super::show;
use super::table::{Column, column, wide};
use crate::base::fault::{Class, Code};
use crate::client::Client;
use crate::domain::capability::package::PackagePath;
use crate::domain::run::RunArtifact;
use crate::domain::schema::nearest;

/// What arrived is not what was recorded.
pub const ALTERED: Code = Code::new("EG-CLI-011", Class::Integrity, "Artifact does not match its digest");
/// The run has no such file.
pub const NO_ARTIFACT: Code = Code::new("EG-CLI-014", Class::NotFound, "No such artifact");

#[derive(Debug, Subcommand)]
pub enum Artifacts {
    /// List the files of a run
    #[command(after_help = "Examples:\n  execgov runs artifacts list run_0198...")]
    List {
        /// Id of the run
        run: String,
    },
    /// Fetch files of a run
    #[command(
        after_help = "Examples:\n  execgov runs artifacts get run_0198...\n  execgov runs artifacts get run_0198... report.csv --dir out\n  execgov runs artifacts get run_0198... report.csv --stdout | head"
    )]
    Get {
        /// Id of the run
        run: String,
        /// Files to fetch; all unless named
        #[arg(value_name = "FILE")]
        names: Vec<String>,
        /// Folder to write into
        #[arg(long, value_name = "DIR", default_value = ".")]
        dir: PathBuf,
        /// Replace files that exist
        #[arg(long)]
        force: bool,
        /// Write one file to standard output
        #[arg(long, requires = "names", conflicts_with_all = ["dir", "force"])]
        stdout: bool,
    },
}

const COLUMNS: [Column<RunArtifact>; 4] = [
    column("FILE", |row, _| row.name.clone().into()),
    column("SIZE", |row, _| show::bytes(row.bytes).into()),
    column("TYPE", |row, _| row.media_type.clone().into()),
    wide("SHA256", |row, _| row.sha256.clone().into()),
];

/// `runs artifacts VERB`.
pub async fn artifacts(invocation: &Invocation<'_>, args: &Artifacts) -> Done {
    let client = invocation.client()?;
    match args {
        Artifacts::List { run } => {
            let found = client.run(run_id(run)?).await?;
            show_list(&invocation.out, &found.artifacts)?;
            if found.artifacts.is_empty() {
                invocation.out.note("The run left no files.");
            }
        }
        Artifacts::Get { run, names, dir, force, stdout } => {
            let id = run_id(run)?;
            let all = client.run(id).await?.artifacts;
            let wanted = choose(&all, names)?;
            if *stdout {
                for artifact in wanted {
                    to_stdout(invocation, &client, id, artifact).await?;
                }
                return Ok(Exit::Ok);
            }
            for artifact in wanted {
                let place = place(dir, artifact, *force)?;
                fetch(invocation, &client, id, artifact, &place).await?;
                invocation.out.line(&invocation.out.shown(&place.display().to_string()))?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// Lists artifacts.
pub fn show_list(out: &Output, artifacts: &[RunArtifact]) -> Result<(), Failure> {
    out.rows(artifacts, &COLUMNS)
}

fn choose<'a>(all: &'a [RunArtifact], names: &[String]) -> Result<Vec<&'a RunArtifact>, Failure> {
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    let find = |name: &String| {
        all.iter().find(|artifact| artifact.name == *name).ok_or_else(|| {
            let near = nearest(name, all.iter().map(|artifact| artifact.name.as_str()));
            let hint =
                near.map_or_else(|| "`execgov runs artifacts list` shows the files".to_owned(), |near| format!("did you mean `{near}`?"));
            Failure::from(NO_ARTIFACT.fault(format!("the run left no file `{name}`")).hint(hint))
        })
    };
    names.iter().map(find).collect()
}

/// Where a file goes. Its name came from a run: it must stay below the folder.
fn place(dir: &Path, artifact: &RunArtifact, force: bool) -> Result<PathBuf, Failure> {
    let refuse = |why: String| Failure::from(LOCAL_FILE.fault(why).hint("use --stdout, or another --dir; --force replaces files"));
    let name = PackagePath::parse(&artifact.name).map_err(|error| refuse(error.to_string()))?;
    let place = dir.join(name.as_str());
    let below = place.parent().unwrap_or(dir);
    std::fs::create_dir_all(below).map_err(|error| refuse(format!("{}: {error}", below.display())))?;
    let (root, parent) = (dir.canonicalize(), below.canonicalize());
    if !matches!((&root, &parent), (Ok(root), Ok(parent)) if parent.starts_with(root)) {
        return Err(refuse(format!("{} leads out of {}", place.display(), dir.display())));
    }
    if !force && place.symlink_metadata().is_ok() {
        return Err(refuse(format!("{} exists", place.display())).exit(Exit::Conflict));
    }
    Ok(place)
}

async fn fetch(invocation: &Invocation<'_>, client: &Client, id: &str, artifact: &RunArtifact, place: &Path) -> Result<(), Failure> {
    let fail = |error: std::io::Error| {
        Failure::from(LOCAL_FILE.fault(format!("{}: {error}", place.display())).hint("check the folder and the space on the disk"))
    };
    let dir = place.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::Builder::new().prefix(".execgov-").tempfile_in(dir).map_err(fail)?;
    let meter = invocation.out.meter(&artifact.name);
    let got = client.download(&Client::artifact_path(id, &artifact.name), &(), temp.as_file_mut(), &meter.progress).await?;
    drop(meter);
    check(artifact, &got.sha256)?;
    temp.persist(place).map_err(|error| fail(error.error))?;
    Ok(())
}

async fn to_stdout(invocation: &Invocation<'_>, client: &Client, id: &str, artifact: &RunArtifact) -> Result<(), Failure> {
    let mut bytes = tempfile::tempfile().map_err(Failure::from)?;
    let meter = invocation.out.meter(&artifact.name);
    let got = client.download(&Client::artifact_path(id, &artifact.name), &(), &mut bytes, &meter.progress).await?;
    drop(meter);
    check(artifact, &got.sha256)?;
    std::io::Seek::rewind(&mut bytes)?;
    invocation.out.copy(&mut bytes)
}

fn check(artifact: &RunArtifact, sha256: &str) -> Result<(), Failure> {
    if artifact.sha256 == sha256 {
        return Ok(());
    }
    let detail = format!("{}: recorded {}, received {sha256}", artifact.name, artifact.sha256);
    Err(ALTERED.fault(detail).hint("nothing was kept; fetch it again, and tell the operator when it happens again").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str) -> RunArtifact {
        RunArtifact { name: name.to_owned(), bytes: 1, sha256: "00".repeat(32), media_type: "text/plain".to_owned() }
    }

    #[test]
    fn files_stay_below_the_folder_and_replace_nothing() {
        let dir = tempfile::tempdir().expect("directory");
        let fine = place(dir.path(), &artifact("a/b.txt"), false).expect("fine");
        assert_eq!(fine, dir.path().join("a/b.txt"));
        std::fs::write(&fine, "x").expect("written");
        assert_eq!(place(dir.path(), &artifact("a/b.txt"), false).expect_err("exists").exit_code(), Exit::Conflict);
        assert!(place(dir.path(), &artifact("a/b.txt"), true).is_ok());
        std::os::unix::fs::symlink("/tmp", dir.path().join("link")).expect("link");
        for bad in ["../x", "/etc/passwd", "a/../../x", "", "link/x"] {
            assert!(place(dir.path(), &artifact(bad), true).is_err(), "{bad}");
        }
    }

    #[test]
    fn altered_files_are_an_integrity_failure() {
        assert!(check(&artifact("a"), &"00".repeat(32)).is_ok());
        assert_eq!(check(&artifact("a"), &"01".repeat(32)).expect_err("altered").exit_code(), Exit::Integrity);
    }
}
