//! Sees to it that `assets/ui/dist`, which `api::console` embeds, is the console of these sources.
//!
//! npm builds it only when its sources changed: a hash of them is kept in `assets/ui/dist/.stamp`. `EXECGOV_UI=skip` embeds
//! `assets/ui/placeholder` instead and never looks at npm; `EXECGOV_UI_DIST=DIR` takes a console that is already built.
//! It compiles nothing else and generates no code.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a build script speaks to cargo by its output and starts npm")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What the console is made of, relative to the package.
const SOURCES: &[&str] = &[
    "assets/ui/package.json",
    "assets/ui/package-lock.json",
    "assets/ui/index.html",
    "assets/ui/tsconfig.json",
    "assets/ui/vite.config.ts",
    "assets/ui/src",
    "assets/ui/plugins",
    "assets/ui/scripts",
    "assets/errors",
    "assets/help",
    "docs",
    "LICENSE-NOTICES",
    "tests/golden/openapi.json",
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(execgov_placeholder)");
    println!("cargo::rerun-if-env-changed=EXECGOV_UI");
    println!("cargo::rerun-if-env-changed=EXECGOV_UI_DIST");
    match provide() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            println!("cargo::error={sentence}");
            ExitCode::FAILURE
        }
    }
}

fn provide() -> Result<(), String> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    if std::env::var("EXECGOV_UI").is_ok_and(|value| value == "skip") {
        println!("cargo::rustc-cfg=execgov_placeholder");
        return Ok(());
    }
    let ui = root.join("assets/ui");
    let dist = ui.join("dist");
    let stamp = dist.join(".stamp");
    if let Some(given) = std::env::var_os("EXECGOV_UI_DIST").map(PathBuf::from) {
        println!("cargo::rerun-if-changed={}", given.display());
        return copy_dist(&given, &dist);
    }
    let mut hash = Hash::new();
    for source in SOURCES {
        let path = root.join(source);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
            hash.add_tree(&path, source)?;
        }
    }
    let wanted = hash.text();
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    install(&ui)?;
    npm(&ui, &["run", "build"])?;
    fs::write(&stamp, wanted).map_err(|e| format!("cannot write {}: {e}", stamp.display()))
}

/// `npm ci`, unless `node_modules` was made from this very lock file.
fn install(ui: &Path) -> Result<(), String> {
    let mut hash = Hash::new();
    hash.add_tree(&ui.join("package-lock.json"), "package-lock.json")?;
    let wanted = hash.text();
    let stamp = ui.join("node_modules/.execgov-lock");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    npm(ui, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    fs::write(&stamp, wanted).map_err(|e| format!("cannot write {}: {e}", stamp.display()))
}

fn npm(ui: &Path, arguments: &[&str]) -> Result<(), String> {
    let asked = arguments.join(" ");
    let output = Command::new("npm").args(arguments).current_dir(ui).output().map_err(|e| {
        format!(
            "the web console needs npm (Node.js 20.19 or newer) and it cannot be started: {e}. \
             Install it, or set EXECGOV_UI=skip to build without the console, or EXECGOV_UI_DIST to a console built elsewhere"
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    for line in String::from_utf8_lossy(&output.stdout).lines().chain(String::from_utf8_lossy(&output.stderr).lines()) {
        println!("cargo::warning={line}");
    }
    Err(format!("`npm {asked}` in assets/ui failed; its words are above. EXECGOV_UI=skip builds without the console"))
}

fn copy_dist(dist: &Path, target: &Path) -> Result<(), String> {
    if !dist.join("index.html").is_file() {
        return Err(format!("{} holds no built console: index.html is missing", dist.display()));
    }
    empty(target)?;
    for (path, name) in files(dist, "")? {
        if name.starts_with('.') {
            continue;
        }
        let to = target.join(&name);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|e| format!("cannot create {}: {e}", parent.display()))?;
        }
        fs::copy(&path, &to).map_err(|e| format!("cannot copy {} to {}: {e}", path.display(), to.display()))?;
    }
    Ok(())
}

fn empty(target: &Path) -> Result<(), String> {
    if target.exists() {
        fs::remove_dir_all(target).map_err(|e| format!("cannot empty {}: {e}", target.display()))?;
    }
    fs::create_dir_all(target).map_err(|e| format!("cannot create {}: {e}", target.display()))
}

/// Every file below `dir` with its name relative to it, in the order of the names.
fn files(dir: &Path, prefix: &str) -> Result<Vec<(PathBuf, String)>, String> {
    let mut found = Vec::new();
    let entries = fs::read_dir(dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    for entry in entries {
        let entry = entry.map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, &format!("{name}/"))?);
        } else {
            found.push((path, name));
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set: run this by cargo"))
}

/// FNV-1a, 128 bits: it tells a change from no change, nothing more.
struct Hash(u128);

impl Hash {
    const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    fn add_tree(&mut self, path: &Path, name: &str) -> Result<(), String> {
        let all = if path.is_dir() { files(path, &format!("{name}/"))? } else { vec![(path.to_owned(), name.to_owned())] };
        for (path, name) in all {
            let body = fs::read(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            self.add(name.as_bytes());
            self.add(&(body.len() as u64).to_le_bytes());
            self.add(&body);
        }
        Ok(())
    }

    fn text(&self) -> String {
        format!("{:032x}", self.0)
    }
}
