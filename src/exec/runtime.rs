//! Interpreters on this host: where they are, which version they have, which one a capability gets.
//!
//! Each interpreter is asked for its version once, by a short call that reads no configuration and imports nothing.
//! Version managers' shims are left out: what they run depends on the directory they are started in.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::fault::ExecError;
use super::sandbox::socket;
use super::spawner::frame::Bytecode;

mod version;

pub use version::{Specifier, Version};

/// What an interpreter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    Python,
    Bash,
    Sh,
}

impl Language {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Bash => "bash",
            Self::Sh => "sh",
        }
    }
}

/// One interpreter.
#[derive(Debug, Clone)]
pub struct RuntimeInfo {
    pub language: Language,
    /// The file itself, links resolved.
    pub path: PathBuf,
    /// Such as `3.11.2`; empty when it could not be asked.
    pub version: String,
    /// The directory its library lies under (Python's `sys.base_prefix`).
    pub prefix: PathBuf,
    pub usable: bool,
    /// Why it cannot be used.
    pub problem: Option<String>,
    /// Used when a version asks for nothing else.
    pub default: bool,
    /// Our modules as this interpreter compiled them.
    pub(super) bytecode: Option<Arc<Bytecode>>,
}

/// Oldest Python that the bootstrap runs on.
const OLDEST_PYTHON: &str = ">=3.8";
/// How long an interpreter may take to say its version.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Longest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 1 << 20;
/// Candidates looked at, at most.
const CANDIDATES: usize = 64;
/// The module every Python run begins with, and the one that only the `function` binding needs.
pub const BOOTSTRAP: &str = include_str!("../../assets/runtime/_execgov_bootstrap.py");
pub const VALUES: &str = include_str!("../../assets/runtime/_execgov_values.py");
/// Asks for version and place, and to compile our modules: as `.pyc` files that are never compared with their source
/// (PEP 552), in hexadecimal.
const QUESTION: &str = r"
import sys, marshal
print('%d.%d.%d' % sys.version_info[:3])
print(sys.base_prefix)
print(sys.implementation.cache_tag)
try:
    from _frozen_importlib_external import MAGIC_NUMBER
    for text in sys.stdin.buffer.read().decode('utf-8').split('\0'):
        name, _, source = text.partition('\n')
        code = compile(source, '/opt/execgov/%s.py' % name, 'exec', dont_inherit=True)
        print(name + ' ' + (MAGIC_NUMBER + b'\1' + bytes(11) + marshal.dumps(code)).hex())
except Exception:
    pass
";

/// The interpreters of this host, looked for once.
#[derive(Debug, Clone, Default)]
pub struct Runtimes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Interpreters named in the configuration; the first usable one is the default.
    configured: Vec<PathBuf>,
    /// Directories to look in besides the usual ones.
    search: Vec<PathBuf>,
    found: OnceLock<Vec<RuntimeInfo>>,
}

/// Where a virtual environment lies and which interpreter it is made for.
#[derive(Debug, Clone)]
pub struct Venv {
    pub path: PathBuf,
    pub base: RuntimeInfo,
}

impl Runtimes {
    #[must_use]
    pub fn new(configured: Vec<PathBuf>, search: Vec<PathBuf>) -> Self {
        Self(Arc::new(Inner { configured, search, found: OnceLock::new() }))
    }

    /// All that were found. The first call takes some 20 ms for each interpreter.
    #[must_use]
    pub fn list(&self) -> &[RuntimeInfo] {
        self.0.found.get_or_init(|| discover(&self.0.configured, &self.0.search))
    }

    /// Whether the look-out has been made, so that asking takes no time.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.0.found.get().is_some()
    }

    /// The interpreter that runs Python code: the default one when it fits, else the newest that does.
    ///
    /// # Errors
    /// `NoRuntime` when none fits, naming those there are.
    pub fn python(&self, requires: Option<&str>) -> Result<&RuntimeInfo, ExecError> {
        let wanted = Specifier::parse(requires.unwrap_or_default());
        let fitting = |runtime: &&RuntimeInfo| {
            runtime.usable
                && Version::parse(&runtime.version).is_some_and(|version| wanted.as_ref().is_ok_and(|wanted| wanted.allows(&version)))
        };
        let pythons = || self.list().iter().filter(|runtime| runtime.language == Language::Python);
        let newest = || pythons().filter(fitting).max_by_key(|runtime| Version::parse(&runtime.version));
        pythons().filter(|runtime| runtime.default).find(fitting).or_else(newest).ok_or_else(|| ExecError::NoRuntime {
            language: "Python",
            wanted: requires.unwrap_or("any version").to_owned(),
            found: pythons().filter(|runtime| runtime.usable).map(|runtime| runtime.version.clone()).collect::<Vec<_>>().join(", "),
        })
    }

    /// The shell for a script that begins with this line: bash where bash is asked for or nothing is said, else sh.
    ///
    /// # Errors
    /// `NoRuntime` when there is none.
    pub fn shell(&self, first_line: &str) -> Result<&RuntimeInfo, ExecError> {
        let shebang =
            first_line.strip_prefix("#!").map(|line| line.split(|c: char| c.is_whitespace() || c == '/').any(|word| word == "bash"));
        let order = if shebang == Some(false) { [Language::Sh, Language::Bash] } else { [Language::Bash, Language::Sh] };
        order.iter().find_map(|language| self.list().iter().find(|runtime| runtime.language == *language && runtime.usable)).ok_or_else(
            || ExecError::NoRuntime { language: "shell", wanted: first_line.chars().take(80).collect(), found: "none".to_owned() },
        )
    }

    /// Reads a virtual environment.
    ///
    /// # Errors
    /// When it is none, or its base interpreter is gone or not usable.
    pub fn venv(&self, path: &str) -> Result<Venv, ExecError> {
        let bad = |why: &str| ExecError::BadVenv { path: path.to_owned(), why: why.to_owned() };
        let dir = Path::new(path);
        if !dir.is_absolute() || path.contains("/../") {
            return Err(bad("is not an absolute path"));
        }
        if !dir.join("pyvenv.cfg").is_file() {
            return Err(bad("has no pyvenv.cfg"));
        }
        let program = ["bin/python", "bin/python3"].iter().find_map(|name| std::fs::canonicalize(dir.join(name)).ok());
        let program = program.ok_or_else(|| bad("its interpreter does not exist any more"))?;
        let known = self.list().iter().find(|runtime| runtime.path == program).cloned();
        let base = known.unwrap_or_else(|| ask_python(&program));
        if !base.usable {
            return Err(bad(base.problem.as_deref().unwrap_or("its interpreter cannot be used")));
        }
        Ok(Venv { path: dir.to_path_buf(), base })
    }
}

/// Directories whose interpreters are looked at, besides the configured ones.
fn usual_directories() -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = ["/usr/bin", "/usr/local/bin", "/bin"].iter().map(PathBuf::from).collect();
    for parent in ["/opt", "/root/.pyenv/versions"] {
        directories.extend(sorted_entries(Path::new(parent)).into_iter().map(|dir| dir.join("bin")));
    }
    for home in sorted_entries(Path::new("/home")) {
        directories.extend(sorted_entries(&home.join(".pyenv/versions")).into_iter().map(|dir| dir.join("bin")));
    }
    directories
}

fn sorted_entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// `python3`, `python3.11`; not `python3-config`, `python3.11-gdb.py` or `pythonw`.
fn names_python(name: &str) -> bool {
    name.strip_prefix("python3").is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('.').is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()))
    })
}

fn discover(configured: &[PathBuf], search: &[PathBuf]) -> Vec<RuntimeInfo> {
    let mut candidates: Vec<PathBuf> = configured.to_vec();
    candidates.push(PathBuf::from("/usr/bin/python3"));
    for dir in search.iter().cloned().chain(usual_directories()).filter(|dir| !dir.ends_with("shims")) {
        let pythons =
            sorted_entries(&dir).into_iter().filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(names_python));
        candidates.extend(pythons);
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for candidate in candidates.into_iter().take(CANDIDATES * 4) {
        let Ok(path) = std::fs::canonicalize(&candidate) else {
            if configured.contains(&candidate) {
                found.push(unusable(Language::Python, candidate, "does not exist"));
            }
            continue;
        };
        if found.len() < CANDIDATES && seen.insert(path.clone()) {
            found.push(ask_python(&path));
        }
    }
    if let Some(default) = found.iter_mut().find(|runtime| runtime.usable) {
        default.default = true;
    }
    found.extend([(Language::Bash, "bash"), (Language::Sh, "sh")].into_iter().filter_map(|(language, name)| shell(language, name)));
    found
}

fn shell(language: Language, name: &str) -> Option<RuntimeInfo> {
    let path = ["/usr/bin", "/bin", "/usr/local/bin"].iter().map(|dir| Path::new(dir).join(name)).find(|path| path.is_file())?;
    let version = match language {
        Language::Bash => ask(&path, &["--norc", "--noprofile", "-c", "printf %s \"$BASH_VERSION\""], "").unwrap_or_default(),
        _ => String::new(),
    };
    Some(RuntimeInfo { language, path, version, prefix: PathBuf::from("/usr"), usable: true, problem: None, default: true, bytecode: None })
}

fn unusable(language: Language, path: PathBuf, why: &str) -> RuntimeInfo {
    RuntimeInfo {
        language,
        path,
        version: String::new(),
        prefix: PathBuf::new(),
        usable: false,
        problem: Some(why.to_owned()),
        default: false,
        bytecode: None,
    }
}

fn ask_python(path: &Path) -> RuntimeInfo {
    let modules = format!("_execgov_bootstrap\n{BOOTSTRAP}\0_execgov_values\n{VALUES}");
    let Some(answer) = ask(path, &["-I", "-S", "-c", QUESTION], &modules) else {
        return unusable(Language::Python, path.to_path_buf(), "does not answer when asked for its version");
    };
    let mut lines = answer.lines();
    let (version, prefix) = (lines.next().unwrap_or_default().to_owned(), PathBuf::from(lines.next().unwrap_or_default()));
    let tag = lines.next().unwrap_or_default().to_owned();
    let modules: Vec<_> =
        lines.filter_map(|line| line.split_once(' ')).filter_map(|(name, code)| Some((name.to_owned(), hex::decode(code).ok()?))).collect();
    let bytecode = (modules.len() == 2).then(|| Arc::new(Bytecode { tag, modules }));
    let recent =
        Version::parse(&version).is_some_and(|version| Specifier::parse(OLDEST_PYTHON).is_ok_and(|oldest| oldest.allows(&version)));
    let problem = match () {
        () if !recent => Some("is older than Python 3.8".to_owned()),
        () if !prefix.is_absolute() || prefix.components().count() < 2 => Some(format!("has its library at {}", prefix.display())),
        () => None,
    };
    RuntimeInfo {
        language: Language::Python,
        path: path.to_path_buf(),
        version,
        prefix,
        usable: problem.is_none(),
        problem,
        default: false,
        bytecode,
    }
}

/// Runs a program with an empty environment and gives what it printed; none when it fails or takes too long.
fn ask(path: &Path, arguments: &[&str], input: &str) -> Option<String> {
    // Files in memory rather than pipes: neither side can wait for the other.
    let answer = File::from(rustix::fs::memfd_create("answer", rustix::fs::MemfdFlags::CLOEXEC).ok()?);
    #[expect(clippy::disallowed_methods, reason = "exec is the home of starting processes")]
    let mut child = Command::new(path)
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(socket::memory_file(input.as_bytes()).ok()?))
        .stdout(Stdio::from(answer.try_clone().ok()?))
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let asked = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if asked.elapsed() < ANSWER_WITHIN => std::thread::sleep(Duration::from_millis(2)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut bytes = vec![0; usize::try_from(answer.metadata().ok()?.len().min(ANSWER_BYTES)).ok()?];
    answer.read_exact_at(&mut bytes, 0).ok()?;
    status.success().then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_told_from_their_neighbours() {
        for (name, expected) in [
            ("python3", true),
            ("python3.11", true),
            ("python3-config", false),
            ("python3.11-config", false),
            ("python", false),
            ("python3.", false),
            ("python30", false),
        ] {
            assert_eq!(names_python(name), expected, "{name}");
        }
    }

    #[test]
    fn this_host_has_python_and_a_shell() {
        let runtimes = Runtimes::default();
        let python = runtimes.python(None).expect("a Python");
        assert!(python.default && python.usable && python.bytecode.is_some(), "{python:?}");
        assert_eq!(runtimes.list().iter().filter(|one| one.language == Language::Python && one.default).count(), 1);
        assert!(matches!(runtimes.python(Some(">=4")), Err(ExecError::NoRuntime { .. })));
        assert_eq!(runtimes.shell("#!/bin/sh").expect("a shell").language, Language::Sh);
        assert!(runtimes.venv("/nonexistent").is_err());
    }
}
