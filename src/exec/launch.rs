//! What the rest of the server says to this part: a launch, a running program, its end.
//!
//! Turns a version and its inputs into a program: interpreter, arguments, environment, mounts.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::argv;
use super::fault::ExecError;
use super::http::Opened;
use super::runtime::{RuntimeInfo, Runtimes};
use super::sandbox::order::Program;
use super::spawner::frame::{Mount, ZygoteWish};
pub use super::spawner::{Exit, KillHandle};
use crate::domain::capability::manifest::{Binding, Kind, Manifest, Network, Risk};
use crate::domain::ids::RunId;
use crate::domain::run::{Isolation, StartMode};

/// Input files of one run, at most: each is a mount, and one message carries so many descriptors.
pub const INPUT_FILES: usize = 200;
/// Top-level entries of a package that are linked into the working directory, at most.
const LINKS: usize = 500;
/// Where a run finds things.
const RESULT: &str = "/run/execgov/result.json";
const INPUTS: &str = "/run/execgov/inputs.json";
/// What a new interpreter executes: the bootstrap, as a module so that its compiled form is used.
const START: &str =
    "import sys; sys.path.insert(0, '/opt/execgov'); import _execgov_bootstrap; del sys.path[0]; _execgov_bootstrap.start()";
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A file that the run finds as `inputs/<name>`, read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// One path segment.
    pub name: String,
    /// On the host; everyone may read the file itself (it can lie below a private directory).
    pub path: PathBuf,
}

/// How a run may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartWish {
    /// From a preloaded interpreter when there is one and the risk is below critical.
    #[default]
    Fastest,
    /// Always a new interpreter.
    Cold,
}

/// One attempt to execute. Holds secrets, so it does not print what is in it.
#[derive(Clone)]
pub struct LaunchSpec {
    pub run: RunId,
    pub attempt: u32,
    pub manifest: Manifest,
    /// The unpacked package: seen at `/app`, read-only. Its files and directories are readable by everyone (0644,
    /// 0755) below a private directory, because a run of a privileged server has a host user of its own.
    pub package_dir: PathBuf,
    pub inputs: Map<String, Value>,
    pub input_files: Vec<InputFile>,
    pub start: StartWish,
    /// Variables besides those of the manifest; they win over it.
    pub env: Vec<(String, String)>,
    /// Files in `/run/secrets`: name and content.
    pub secrets: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// The resource that the version names, opened for this attempt.
    pub outside: Option<Arc<Opened>>,
}

impl std::fmt::Debug for LaunchSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LaunchSpec({} attempt {})", self.run, self.attempt)
    }
}

/// A program that runs.
#[derive(Debug)]
pub struct Running {
    /// The reading ends of two pipes. Both end when every process of the run is dead.
    pub stdout: std::os::fd::OwnedFd,
    pub stderr: std::os::fd::OwnedFd,
    pub isolation: Isolation,
    pub start: StartMode,
    /// Path and version.
    pub interpreter: String,
    pub kill: KillHandle,
    pub exit: ExitFuture,
}

/// Resolves when everything in the sandbox is dead.
#[derive(Debug)]
pub struct ExitFuture(pub(super) oneshot::Receiver<Exit>);

impl Future for ExitFuture {
    type Output = Exit;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Exit> {
        Pin::new(&mut self.0).poll(context).map(|received| received.unwrap_or_else(|_| Exit::spawner_lost()))
    }
}

/// A launch in the spawner's terms.
pub struct Prepared {
    pub program: Program,
    pub mounts: Vec<Mount>,
    pub stdin: Option<Vec<u8>>,
    pub interpreter: String,
    /// The interpreter a warm start would fork from.
    pub zygote: Option<ZygoteWish>,
    pub host_network: bool,
}

/// Works out the program of a launch.
///
/// # Errors
/// When no interpreter fits, or an input cannot be passed.
pub fn prepare(spec: &LaunchSpec, runtimes: &Runtimes) -> Result<Prepared, ExecError> {
    let manifest = &spec.manifest;
    let inputs_json = serde_json::to_string(&spec.inputs).unwrap_or_else(|_| "{}".to_owned());
    let mut program = Program { secrets: secrets(spec)?, links: links(&spec.package_dir, &manifest.entry), ..Program::default() };
    program.env = environment(spec)?;
    let mut mounts = vec![mount(&spec.package_dir, "/app")];
    input_mounts(spec, &mut mounts)?;
    if manifest.network == Network::Host && Path::new("/etc/resolv.conf").exists() {
        mounts.push(mount(Path::new("/etc/resolv.conf"), "/etc/resolv.conf"));
    }
    let (info, zygote) = match manifest.kind {
        Kind::Python => python(spec, runtimes, &mut program, &mut mounts)?,
        Kind::Shell | Kind::Http => (shell(spec, runtimes, &mut program)?, None),
    };
    let interpreter = format!("{} {}", info.path.display(), info.version).trim_end().to_owned();
    let warm = spec.start == StartWish::Fastest && manifest.risk < Risk::Critical && manifest.network == Network::None;
    let stdin = (manifest.binding == Binding::Stdin).then(|| inputs_json.clone().into_bytes());
    program.inputs = inputs_json;
    Ok(Prepared { program, mounts, stdin, interpreter, zygote: zygote.filter(|_| warm), host_network: manifest.network == Network::Host })
}

fn mount(source: &Path, target: impl Into<String>) -> Mount {
    Mount { source: source.to_string_lossy().into_owned(), target: target.into() }
}

/// One safe path segment.
fn is_segment(name: &str) -> bool {
    !name.is_empty() && name.len() <= 240 && name != "." && name != ".." && !name.chars().any(|c| c == '/' || c.is_control())
}

fn input_mounts(spec: &LaunchSpec, mounts: &mut Vec<Mount>) -> Result<(), ExecError> {
    if spec.input_files.len() > INPUT_FILES {
        let why = format!("is one of {} files; a run takes {INPUT_FILES} at most", spec.input_files.len());
        return Err(ExecError::Unpassable { input: spec.input_files[INPUT_FILES].name.clone(), why });
    }
    for file in &spec.input_files {
        if !is_segment(&file.name) {
            return Err(ExecError::Unpassable { input: file.name.clone(), why: "is not a plain file name".to_owned() });
        }
        mounts.push(mount(&file.path, format!("work/inputs/{}", file.name)));
    }
    Ok(())
}

fn secrets(spec: &LaunchSpec) -> Result<Vec<(String, String)>, ExecError> {
    use base64::Engine as _;
    let encode = |(name, bytes): &(String, Zeroizing<Vec<u8>>)| {
        if is_segment(name) {
            Ok((name.clone(), base64::engine::general_purpose::STANDARD.encode(bytes.as_slice())))
        } else {
            Err(ExecError::Unpassable { input: name.clone(), why: "is not a plain secret name".to_owned() })
        }
    };
    spec.secrets.iter().map(encode).collect()
}

/// The package's own files, so that `open("data.csv")` finds what lies beside the script. Private directories win.
fn links(package: &Path, entry: &str) -> Vec<String> {
    let names = std::fs::read_dir(package).into_iter().flatten().flatten().filter_map(|found| found.file_name().into_string().ok());
    names.filter(|name| name != entry && is_segment(name) && !matches!(name.as_str(), "inputs" | "outputs")).take(LINKS).collect()
}

/// Variables no input may set: they would change what the interpreter or the loader does.
fn is_reserved(name: &str) -> bool {
    ["LD_", "PYTHON", "EXECGOV_", "BASH_", "GCONV_", "GLIBC_"].iter().any(|start| name.starts_with(start))
        || ["PATH", "IFS", "ENV", "HOME", "SHELLOPTS", "BASHOPTS", "PS4", "TMPDIR"].contains(&name)
}

fn environment(spec: &LaunchSpec) -> Result<Vec<(String, String)>, ExecError> {
    let mut env: Vec<(String, String)> = Vec::new();
    let mut set = |name: &str, value: String| {
        env.retain(|(known, _)| known != name);
        env.push((name.to_owned(), value));
    };
    for (name, value) in [
        ("PATH", PATH),
        ("HOME", "/work"),
        ("PWD", "/work"),
        ("TMPDIR", "/tmp"),
        ("LANG", "C.UTF-8"),
        ("USER", "runner"),
        ("LOGNAME", "runner"),
    ] {
        set(name, value.to_owned());
    }
    for (name, value) in &spec.manifest.env {
        set(name, value.clone());
    }
    if spec.manifest.binding == Binding::Env {
        for (name, value) in spec.inputs.iter().filter(|(_, value)| !value.is_null()) {
            if is_reserved(name)
                || name.is_empty()
                || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                || name.as_bytes()[0].is_ascii_digit()
            {
                return Err(ExecError::Unpassable {
                    input: name.clone(),
                    why: "cannot be the name of an environment variable here".to_owned(),
                });
            }
            set(name, argv::plain(value));
        }
    }
    for (name, value) in &spec.env {
        set(name, value.clone());
    }
    for (name, value) in [
        ("EXECGOV_RUN_ID", spec.run.to_string()),
        ("EXECGOV_ATTEMPT", spec.attempt.to_string()),
        ("EXECGOV_RESULT", RESULT.to_owned()),
        ("EXECGOV_INPUTS", INPUTS.to_owned()),
        ("EXECGOV_INPUTS_DIR", "/work/inputs".to_owned()),
        ("EXECGOV_OUTPUTS_DIR", "/work/outputs".to_owned()),
    ] {
        set(name, value);
    }
    match env
        .iter()
        .find(|(name, value)| name.contains(['\0', '=']) || value.contains('\0') || name.len() + value.len() + 1 > argv::ARGUMENT_BYTES)
    {
        Some((name, _)) => Err(ExecError::Unpassable {
            input: name.clone(),
            why: "holds a zero byte or is longer than 128 KiB, which no environment variable can".to_owned(),
        }),
        None => Ok(env),
    }
}

/// Directories every sandbox has anyway.
fn is_system(path: &Path) -> bool {
    ["/usr", "/bin", "/lib", "/lib64", "/nix/store"].iter().any(|system| path.starts_with(system))
}

fn python(
    spec: &LaunchSpec,
    runtimes: &Runtimes,
    program: &mut Program,
    mounts: &mut Vec<Mount>,
) -> Result<(RuntimeInfo, Option<ZygoteWish>), ExecError> {
    let manifest = &spec.manifest;
    let venv = manifest.runtime.venv.as_deref().map(|path| runtimes.venv(path)).transpose()?;
    let info = match &venv {
        Some(venv) => venv.base.clone(),
        None => runtimes.python(manifest.runtime.requires_python.as_deref())?.clone(),
    };
    let needed = [Some(info.prefix.as_path()), info.path.parent(), venv.as_ref().map(|venv| venv.path.as_path())];
    for dir in needed.into_iter().flatten().filter(|dir| !is_system(dir)) {
        if !mounts.iter().any(|mount| dir.starts_with(&mount.target)) {
            mounts.push(mount(dir, dir.to_string_lossy()));
        }
    }
    if let Some(venv) = &venv {
        program.env.push(("VIRTUAL_ENV".to_owned(), venv.path.to_string_lossy().into_owned()));
        if let Some((_, path)) = program.env.iter_mut().find(|(name, _)| name == "PATH") {
            *path = format!("{}/bin:{path}", venv.path.display());
        }
    }
    let arguments = if manifest.binding == Binding::Argv { argv::render(&manifest.argv, &spec.inputs)? } else { Vec::new() };
    let orders = json!({
        "entry": format!("/app/{}", manifest.entry),
        "binding": manifest.binding,
        "function": manifest.function,
        "inputs": if manifest.binding == Binding::Function { Value::Object(spec.inputs.clone()) } else { Value::Null },
        "argv": arguments,
        "venv": venv.as_ref().map(|venv| venv.path.to_string_lossy()),
        "result": RESULT,
    });
    program.spec = Some(orders.to_string());
    program.path = info.path.to_string_lossy().into_owned();
    program.argv = [program.path.as_str(), "-I", "-S", "-c", START].map(str::to_owned).to_vec();
    let base = [info.prefix.as_path()].into_iter().chain(info.path.parent()).map(|dir| dir.to_string_lossy().into_owned());
    let base: Vec<_> = base.collect();
    let zygote = ZygoteWish {
        interpreter: program.path.clone(),
        mounts: mounts.iter().filter(|mount| base.contains(&mount.target)).cloned().collect(),
    };
    Ok((info, Some(zygote)))
}

fn shell(spec: &LaunchSpec, runtimes: &Runtimes, program: &mut Program) -> Result<RuntimeInfo, ExecError> {
    let manifest = &spec.manifest;
    let first_line = first_line(&spec.package_dir.join(&manifest.entry));
    let info = runtimes.shell(&first_line)?.clone();
    program.path = info.path.to_string_lossy().into_owned();
    program.argv = vec![program.path.clone()];
    // `#!/bin/bash -eu`: options are kept, `env bash` is not an option.
    program.argv.extend(
        first_line
            .split_whitespace()
            .skip(1)
            .filter(|word| word.starts_with('-') && word.len() > 1 && word[1..].bytes().all(|b| b.is_ascii_alphabetic()))
            .map(str::to_owned),
    );
    program.argv.push(format!("/app/{}", manifest.entry));
    if manifest.binding == Binding::Argv {
        program.argv.extend(argv::render(&manifest.argv, &spec.inputs)?);
    }
    match program.argv.iter().find(|argument| argument.len() > argv::ARGUMENT_BYTES) {
        Some(long) => Err(ExecError::Unpassable {
            input: long.chars().take(40).collect(),
            why: "is longer than 128 KiB, which no argument of a shell script can be".to_owned(),
        }),
        None => Ok(info),
    }
}

fn first_line(path: &Path) -> String {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(path) {
        let _ = file.take(256).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(bytes.split(|b| *b == b'\n').next().unwrap_or_default()).into_owned()
}
