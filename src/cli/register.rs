//! `execgov register`: a script or a folder becomes a version, and the onboarding checklist is shown.
//!
//! For a folder, what was found and what is missing is also written to `.execgov-manifest.json` in it. Registering again is
//! safe: an upload equal to the latest version stores nothing.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, from_value};

use super::checklist::{score, show_report};
use super::differences::show_difference;
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE};
use super::invocation::{Done, Invocation};
use super::openapi;
use super::packing::{Packed, pack_files, pack_folder};
use super::table::Tone;
use crate::base::fault::Fault;
use crate::base::file::write_atomic;
use crate::bundle;
use crate::client::{Client, UploadNotes};
use crate::conf::Config;
use crate::domain::inspect::{FOLDER_MANIFEST, FoundCapability, folder_manifest};
use crate::service::capabilities;
use crate::wire::capability::{AgreeRequest, InspectionReport};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  execgov register report.py\n  execgov register report.py --dry-run\n  execgov register ./cleanup --name log-cleanup --publish --comment 'first version'\n  execgov register --openapi erp.json\n  execgov register --openapi erp.json --resource erp --operation listOrders\n\nLearn more: execgov help onboarding"
)]
pub struct Register {
    /// A .py, .sh or .toml file, a folder, or an archive of one
    #[arg(value_name = "FILE|DIR", required_unless_present = "openapi", conflicts_with = "openapi")]
    path: Option<PathBuf>,
    /// Name of the capability; found in the source unless given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Show what it would become, and store nothing; works without an appliance too
    #[arg(long, conflicts_with_all = ["publish", "comment"])]
    dry_run: bool,
    /// Make the new version the current one
    #[arg(long)]
    publish: bool,
    /// What changed, for those who read the history
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// The space or folder where a new capability shall live; `personal` for one's own
    #[arg(long, value_name = "SPACE", conflicts_with = "openapi")]
    space: Option<String>,
    /// An OpenAPI 3 document in JSON: lists its operations, or registers those that are picked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "dry_run", "publish"])]
    openapi: Option<PathBuf>,
    /// The resource that the operations are requests of
    #[arg(long, value_name = "NAME", requires = "openapi")]
    resource: Option<String>,
    /// An operation to register, by its id; may be given several times
    #[arg(long = "operation", value_name = "ID", requires = "openapi")]
    operations: Vec<String>,
    /// Put before the names of the capabilities
    #[arg(long, value_name = "TEXT", requires = "openapi")]
    prefix: Option<String>,
}

impl Register {
    /// What goes along with the file.
    fn notes(&self) -> UploadNotes<'_> {
        UploadNotes { comment: self.comment.as_deref(), space: self.space.as_deref() }
    }
}

/// What is sent: the file itself, or an archive that lives as long as this.
struct Upload {
    path: PathBuf,
    _kept: Option<tempfile::TempDir>,
}

/// Registers.
pub async fn register(invocation: &Invocation<'_>, args: &Register) -> Done {
    if let Some(document) = &args.openapi {
        let wish = openapi::Wish {
            document,
            resource: args.resource.as_deref(),
            operations: &args.operations,
            prefix: args.prefix.as_deref(),
            comment: args.comment.as_deref(),
        };
        return openapi::import(invocation, &wish).await;
    }
    let path = args.path.as_deref().unwrap_or_else(|| Path::new("."));
    let about = std::fs::metadata(path).map_err(|error| {
        Failure::from(LOCAL_FILE.fault(format!("{}: {error}", path.display())).hint("name a .py or .sh file, or a folder"))
    })?;
    let upload = prepare(invocation, path, about.is_dir())?;
    let name = args.name.as_deref();
    if args.dry_run {
        return dry_run(invocation, &upload, name).await;
    }
    let client = invocation.client()?;
    let meter = invocation.out.meter("upload");
    let (created, registered) = client.register(&upload.path, name, &args.notes(), meter.progress.clone()).await?;
    drop(meter);
    if about.is_dir() {
        write_manifest(path, &registered.report)?;
    }
    let (name, number) = (registered.capability.name.clone(), registered.version.number);
    let published = if args.publish { Some(publish(&client, &name, number, args.comment.clone()).await) } else { None };
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&registered)?;
    } else {
        show_report(out, &registered.report)?;
        let (done, all) = score(&registered.report);
        let what = if created { "registered" } else { "unchanged:" };
        out.line("")?;
        out.line(&out.painted(&format!("{} {what} {name}@{number}, checklist {done} of {all}", out.symbol("✓", "ok:")), Tone::Good))?;
        if let Some(difference) = registered.report.diff.as_ref().filter(|_| created) {
            let changes = difference.files.len();
            out.note(&format!(
                "{changes} files differ from version {}: execgov capability diff {name} {} {number}",
                difference.from, difference.from
            ));
            for change in &difference.permissions {
                out.say(&format!("permission {}: {} -> {}", change.field, text(change.from.as_ref()), text(change.to.as_ref())));
            }
        }
        if !args.publish {
            out.note(&format!("next: execgov capability publish {name}@{number}"));
        }
    }
    if let Some(published) = published {
        published.map_err(|failure| {
            failure.or_hint(format!("the version is stored as a draft: `execgov capability publish {name}@{number}` tries again"))
        })?;
        out.note(&format!("published: execgov run {name} --help"));
    }
    Ok(Exit::Ok)
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), super::show::value)
}

async fn publish(client: &Client, name: &str, number: u32, comment: Option<String>) -> Result<(), Failure> {
    Ok(client.publish(name, number, &AgreeRequest { comment, password: None }).await.map(drop)?)
}

/// A folder is packed; a script takes the sidecar beside it along.
fn prepare(invocation: &Invocation<'_>, path: &Path, is_dir: bool) -> Result<Upload, Failure> {
    let full = path.canonicalize().map_err(Failure::from)?;
    let stem = full.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let packed = if is_dir {
        pack_folder(path)?
    } else {
        let sidecar =
            ["toml", "json"].into_iter().map(|end| full.with_file_name(format!("{stem}.execgov.{end}"))).find(|place| place.is_file());
        let Some(sidecar) = sidecar else { return Ok(Upload { path: path.to_owned(), _kept: None }) };
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        invocation.out.note(&format!("with {}", name(&sidecar)));
        pack_files(vec![(name(&full), full.clone()), (name(&sidecar), sidecar)])?
    };
    report_packed(invocation, &packed);
    let dir = tempfile::tempdir().map_err(Failure::from)?;
    let folder = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let place = dir.path().join(format!("{}.zip", if is_dir { &folder } else { &stem }));
    std::fs::write(&place, &packed.archive).map_err(Failure::from)?;
    Ok(Upload { path: place, _kept: Some(dir) })
}

fn report_packed(invocation: &Invocation<'_>, packed: &Packed) {
    for line in &packed.skipped {
        invocation.out.note(&format!("left out {line}"));
    }
    if invocation.out.verbose > 0 {
        for file in &packed.files {
            invocation.out.note(&format!("packed {file}"));
        }
    }
}

/// Asks the appliance, which also knows what there is already. Without one, this program looks for itself: nothing is
/// stored either way, and the findings are the same.
async fn dry_run(invocation: &Invocation<'_>, upload: &Upload, name: Option<&str>) -> Done {
    let asked = async {
        let client = invocation.client()?;
        let meter = invocation.out.meter("upload");
        Ok::<_, Failure>(client.inspect(&upload.path, name, meter.progress.clone()).await?)
    };
    match asked.await {
        Ok(report) => show_dry_run(invocation, &report),
        Err(failure) if matches!(failure.exit_code(), Exit::NotSignedIn | Exit::Unreachable) => {
            let report = look_here(&upload.path, name)?;
            invocation.out.note("no appliance was asked: not compared with what is registered there");
            show_dry_run(invocation, &report)
        }
        Err(failure) => Err(failure),
    }
}

/// What this program finds by itself, under the limits of an appliance without settings.
fn look_here(path: &Path, name: Option<&str>) -> Result<InspectionReport, Failure> {
    let unreadable = |error: std::io::Error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", path.display())));
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let package = bundle::read_upload(&file_name, &bytes).map_err(Fault::from)?;
    let upload = capabilities::Upload { package, file_name, name: name.map(str::to_owned), comment: None, space: None };
    Ok(capabilities::preview(&upload, Config::default().run.maximum)?)
}

fn show_dry_run(invocation: &Invocation<'_>, report: &InspectionReport) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(report)?;
        return Ok(Exit::Ok);
    }
    show_report(out, report)?;
    out.line("")?;
    match &report.existing {
        None => out.line(&format!("would become version 1 of a new capability `{}`; nothing was stored", report.manifest.name))?,
        Some(existing) if existing.unchanged => out.line(&format!("equal to version {}; nothing would be stored", existing.latest))?,
        Some(existing) => {
            out.line(&format!("would become version {} of `{}`; nothing was stored", existing.latest + 1, report.manifest.name))?;
            if let Some(difference) = &report.diff {
                out.line("")?;
                show_difference(out, difference)?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// The file that tells what was found and what is missing. Equal sources give equal bytes.
fn write_manifest(dir: &Path, report: &InspectionReport) -> Result<(), Failure> {
    let provenance = report.provenance.iter().filter_map(|(field, origin)| Some((field.clone(), from_value(origin.clone()).ok()?)));
    let findings = (report.checklist.as_slice(), report.notes.as_slice());
    let found = FoundCapability::new(".", &report.digest, report.manifest.clone(), provenance.collect(), findings);
    let place = dir.join(FOLDER_MANIFEST);
    let text = serde_json::to_string_pretty(&folder_manifest(vec![found])).map_err(std::io::Error::other)? + "\n";
    let fail = |error: std::io::Error| {
        Failure::from(LOCAL_FILE.fault(format!("{}: {error}", place.display())).hint("the version is stored; the file is for you"))
    };
    write_atomic(&place, text.as_bytes(), 0o644).map_err(fail)
}
