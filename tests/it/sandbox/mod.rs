//! Drives the real spawner with real programs: what runs get, what they cannot do, what is left of them.

mod attacks;
mod bindings;
mod ending;
mod limits;
mod unprivileged;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use execgov::base::clock::{Clock, SystemClock};
use execgov::domain::capability::Manifest;
use execgov::domain::ids::RunId;
use execgov::domain::run::StartMode;
use execgov::exec::{Exit, InputFile, LaunchSpec, Running, Spawner, SpawnerConfig, StartWish, start_spawner};
use serde_json::{Map, Value, json};

/// Longest a run of these tests may take before it counts as hung.
const PATIENCE: Duration = Duration::from_mins(1);

pub fn config() -> SpawnerConfig {
    SpawnerConfig { program: PathBuf::from(env!("CARGO_BIN_EXE_execgov")), ..SpawnerConfig::default() }
}

/// Runs an async test body with a spawner of its own.
pub fn with_spawner<F: Future<Output = ()>>(body: impl FnOnce(Spawner) -> F) {
    with_config(config(), body);
}

pub fn with_config<F: Future<Output = ()>>(config: SpawnerConfig, body: impl FnOnce(Spawner) -> F) {
    let seed = start_spawner(config).expect("spawner starts");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(async {
        let spawner = seed.connect().expect("connected");
        tokio::time::timeout(PATIENCE, body(spawner)).await.expect("the test ends in time");
    });
}

/// One run in the making.
pub struct Script {
    manifest: Value,
    files: Vec<(String, String)>,
    pub inputs: Map<String, Value>,
    pub input_files: Vec<(String, String)>,
    pub secrets: Vec<(String, Vec<u8>)>,
    pub start: StartWish,
}

/// What came of it.
#[derive(Debug)]
pub struct Ran {
    pub out: String,
    pub err: String,
    pub exit: Exit,
    pub start: StartMode,
}

impl Script {
    pub fn python(source: &str) -> Self {
        Self::new("python", "main.py", source)
    }

    pub fn shell(source: &str) -> Self {
        Self::new("shell", "main.sh", source)
    }

    fn new(kind: &str, entry: &str, source: &str) -> Self {
        let manifest = json!({"name": "test", "title": "Test", "kind": kind, "entry": entry, "binding": "argv", "inputs": {"type": "object"}, "risk": "low"});
        let files = vec![(entry.to_owned(), source.to_owned())];
        Self { manifest, files, inputs: Map::new(), input_files: Vec::new(), secrets: Vec::new(), start: StartWish::Cold }
    }

    pub fn is_python(&self) -> bool {
        self.manifest["kind"] == "python"
    }

    pub fn start(mut self, start: StartWish) -> Self {
        self.start = start;
        self
    }

    pub fn set(mut self, key: &str, value: Value) -> Self {
        self.manifest[key] = value;
        self
    }

    pub fn binding(self, binding: &str) -> Self {
        self.set("binding", json!(binding))
    }

    pub fn limits(self, limits: Value) -> Self {
        self.set("limits", limits)
    }

    pub fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    pub fn input(mut self, name: &str, value: Value) -> Self {
        self.inputs.insert(name.to_owned(), value);
        self
    }

    pub fn input_file(mut self, name: &str, text: &str) -> Self {
        self.input_files.push((name.to_owned(), text.to_owned()));
        self
    }

    pub fn secret(mut self, name: &str, text: &str) -> Self {
        self.secrets.push((name.to_owned(), text.as_bytes().to_vec()));
        self
    }

    /// Writes the package and inputs below `dir` and says what to launch.
    pub fn spec(&self, dir: &Path) -> LaunchSpec {
        // Some tests have a spawner of another user than the test; a server and its spawner have the same.
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).expect("mode");
        let package = dir.join("package");
        for (name, text) in &self.files {
            write_public(&package.join(name), text);
        }
        let input_files = self.input_files.iter().map(|(name, text)| {
            let path = dir.join("inputs").join(name);
            write_public(&path, text);
            InputFile { name: name.clone(), path }
        });
        let manifest: Manifest = serde_json::from_value(self.manifest.clone()).expect("a manifest");
        LaunchSpec {
            run: RunId::new(SystemClock.now()),
            attempt: 1,
            manifest,
            input_files: input_files.collect(),
            package_dir: package,
            inputs: self.inputs.clone(),
            start: self.start,
            env: Vec::new(),
            outside: None,
            secrets: self.secrets.iter().map(|(name, bytes)| (name.clone(), zeroize::Zeroizing::new(bytes.clone()))).collect(),
        }
    }

    pub async fn launch(&self, spawner: &Spawner) -> (Running, tempfile::TempDir) {
        let dir = tempfile::tempdir().expect("a directory");
        let running = spawner.launch(self.spec(dir.path())).await.expect("launched");
        (running, dir)
    }

    pub async fn run(&self, spawner: &Spawner) -> Ran {
        let (running, _dir) = self.launch(spawner).await;
        finish(running).await
    }
}

/// Runs something trivial until the interpreter is preloaded.
pub async fn warm_up(spawner: &Spawner) {
    while Script::python("pass").start(StartWish::Fastest).run(spawner).await.ok().start != StartMode::Warm {}
}

fn write_public(path: &Path, text: &str) {
    let parent = path.parent().expect("a parent");
    fs::create_dir_all(parent).expect("directories");
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("mode");
}

pub fn read_all(fd: OwnedFd) -> tokio::task::JoinHandle<String> {
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        fs::File::from(fd).read_to_end(&mut bytes).expect("readable");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Reads a running program to its end.
pub async fn finish(running: Running) -> Ran {
    let (out, err) = (read_all(running.stdout), read_all(running.stderr));
    let exit = running.exit.await;
    Ran { out: out.await.expect("read"), err: err.await.expect("read"), exit, start: running.start }
}

impl Ran {
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.exit.code, Some(0), "out: {}\nerr: {}\n{:?}", self.out, self.err, self.exit);
        self
    }

    pub fn result(&self) -> Option<Value> {
        let work = self.exit.work.as_ref()?;
        let bytes = execgov::exec::collect::read_result(work, 1 << 20).expect("a plain result")?;
        Some(serde_json::from_slice(&bytes).expect("JSON"))
    }

    pub fn outputs(&self) -> BTreeMap<String, String> {
        let bounds = execgov::exec::collect::OutputBounds { files: 100, file_bytes: 1 << 24, total_bytes: 1 << 24 };
        let found = execgov::exec::collect::outputs(self.exit.work.as_ref().expect("work"), bounds).expect("collected");
        found
            .files
            .into_iter()
            .map(|mut output| {
                let mut text = String::new();
                output.file.read_to_string(&mut text).expect("text");
                (output.name, text)
            })
            .collect()
    }
}
