//! The installer in a staging directory: what it puts where, twice, over an older version, and what it leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    /// A program that says its version and gives out pages and completions, as the installer asks of it.
    fn program(&self, version: &str) -> PathBuf {
        let path = self.dir.path().join(format!("execgov-{version}"));
        let script = format!(
            "#!/bin/sh\ncase $1 in\n--version) echo execgov {version} ;;\n\
             man) for page in execgov execgov-run execgov-v{version}; do echo .TH $page >\"$2/$page.1\"; done ;;\n\
             completion) echo \"# $2\" ;;\nesac\n"
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn run(&self, words: &[&str]) -> (bool, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("installer/install.sh");
        let output = Command::new("sh").arg(script).args(words).arg("--root").arg(self.root()).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    }

    fn install(&self, version: &str) -> String {
        let (done, text) = self.run(&["install", "--binary", self.program(version).to_str().unwrap()]);
        assert!(done, "{text}");
        text
    }

    /// Every file, link and directory below the root, with its mode.
    fn found(&self) -> BTreeMap<String, u32> {
        let root = self.root();
        let (mut folders, mut found) = (vec![root.clone()], BTreeMap::new());
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                let meta = fs::symlink_metadata(&path).unwrap();
                let mode = if meta.is_symlink() { 0 } else { meta.permissions().mode() & 0o7777 };
                found.insert(path.strip_prefix(&root).unwrap().display().to_string(), mode);
                if meta.is_dir() {
                    folders.push(path);
                }
            }
        }
        found
    }
}

const INSTALLED: [(&str, u32); 31] = [
    ("etc", 0o755),
    ("etc/execgov", 0o755),
    ("etc/execgov/execgov.toml", 0o644),
    ("etc/systemd", 0o755),
    ("etc/systemd/system", 0o755),
    ("etc/systemd/system/execgov.service", 0o644),
    ("etc/systemd/system/execgov.socket", 0o644),
    ("usr/local/bin", 0o755),
    ("usr/local/bin/execgov", 0o755),
    ("usr/local/bin/execgov-cli", 0),
    ("usr/local/share", 0o755),
    ("usr/local/share/bash-completion", 0o755),
    ("usr/local/share/bash-completion/completions", 0o755),
    ("usr/local/share/bash-completion/completions/execgov", 0o644),
    ("usr/local/share/execgov", 0o755),
    ("usr/local/share/execgov/LICENSE-NOTICES", 0o644),
    ("usr/local/share/execgov/execgov.service", 0o644),
    ("usr/local/share/execgov/execgov.toml", 0o644),
    ("usr/local/share/fish", 0o755),
    ("usr/local/share/fish/vendor_completions.d", 0o755),
    ("usr/local/share/fish/vendor_completions.d/execgov.fish", 0o644),
    ("usr/local/share/man", 0o755),
    ("usr/local/share/man/man1", 0o755),
    ("usr/local/share/man/man1/execgov-run.1", 0o644),
    ("usr/local/share/man/man1/execgov-v1.1", 0o644),
    ("usr/local/share/man/man1/execgov.1", 0o644),
    ("usr/local/share/zsh", 0o755),
    ("usr/local/share/zsh/site-functions", 0o755),
    ("usr/local/share/zsh/site-functions/_execgov", 0o644),
    ("var/lib", 0o755),
    ("var/lib/execgov", 0o700),
];

#[test]
fn it_installs_exactly_this_and_can_be_repeated() {
    let stage = Stage::new();
    let text = stage.install("1");
    let mut expected: BTreeMap<String, u32> = INSTALLED.iter().map(|(path, mode)| ((*path).to_owned(), *mode)).collect();
    for parent in ["usr", "usr/local", "var"] {
        expected.insert(parent.to_owned(), 0o755);
    }
    assert_eq!(stage.found(), expected);
    for path in ["usr/local/bin/execgov\n", "etc/execgov/execgov.toml\n", "etc/systemd/system/execgov.service\n"] {
        assert!(text.contains(&format!("installed  {}/{path}", stage.root().display())), "{path}: {text}");
    }
    let again = stage.install("1");
    assert_eq!(stage.found(), expected);
    assert!(!again.contains("installed ") && !again.contains("made "), "{again}");
    let uid = |path: &str| std::os::unix::fs::MetadataExt::uid(&fs::metadata(stage.root().join(path)).unwrap());
    assert_eq!(uid("usr/local/bin/execgov"), rustix::process::getuid().as_raw());
}

#[test]
fn an_upgrade_keeps_the_previous_program_and_the_settings() {
    let stage = Stage::new();
    stage.install("1");
    let settings = stage.root().join("etc/execgov/execgov.toml");
    fs::write(&settings, "[drain]\ndeadline_s = 5\n").unwrap();
    stage.install("2");
    let read = |path: &str| fs::read_to_string(stage.root().join(path)).unwrap();
    assert!(read("usr/local/bin/execgov").contains("execgov 2"));
    assert!(read("usr/local/bin/execgov.previous").contains("execgov 1"));
    assert_eq!(read("etc/execgov/execgov.toml"), "[drain]\ndeadline_s = 5\n");
    assert!(read("usr/local/share/execgov/execgov.toml").contains("data_dir"));
    let pages: Vec<String> = stage.found().into_keys().filter(|path| path.contains("man1/")).collect();
    assert_eq!(
        pages,
        ["execgov-run.1", "execgov-v2.1", "execgov.1"].map(|page| format!("usr/local/share/man/man1/{page}")),
        "pages of commands that are gone go"
    );
}

/// The program itself gives out pages and completions that shells and `man` understand; removal takes them along.
#[test]
fn the_real_program_brings_its_manual_and_completions() {
    let stage = Stage::new();
    let (done, text) = stage.run(&["--binary", env!("CARGO_BIN_EXE_execgov")]);
    assert!(done, "{text}");
    let share = stage.root().join("usr/local/share");
    let pages = fs::read_dir(share.join("man/man1")).unwrap().count();
    assert!(pages > 40, "{pages} pages");
    let page = fs::read_to_string(share.join("man/man1/execgov-run.1")).unwrap();
    assert!(page.contains(".SH SYNOPSIS") && page.contains("execgov run"), "{page}");
    let words = share.join("bash-completion/completions/execgov");
    let script = "set -e; . \"$1\"; complete -p execgov; COMP_WORDS=(execgov capab); COMP_CWORD=1; _execgov execgov capab execgov; echo \"${COMPREPLY[@]}\"";
    let shown = Command::new("bash").args(["-c", script, "bash"]).arg(&words).output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned() + &String::from_utf8_lossy(&shown.stderr);
    assert!(shown.contains("_execgov") && shown.ends_with("capability\n"), "{shown}");
    assert!(fs::read_to_string(share.join("zsh/site-functions/_execgov")).unwrap().starts_with("#compdef execgov"));
    assert!(fs::read_to_string(share.join("fish/vendor_completions.d/execgov.fish")).unwrap().contains("complete -c execgov"));
    let (done, text) = stage.run(&["uninstall"]);
    assert!(done, "{text}");
    let left: Vec<String> = stage.found().into_keys().filter(|path| path.contains("share/") && stage.root().join(path).is_file()).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn removal_keeps_settings_and_data_unless_told() {
    let stage = Stage::new();
    stage.install("1");
    stage.install("2");
    fs::write(stage.root().join("var/lib/execgov/ledger.redb"), "precious").unwrap();
    let (done, text) = stage.run(&["uninstall"]);
    assert!(done, "{text}");
    let files: Vec<String> = stage.found().into_keys().filter(|path| stage.root().join(path).is_file()).collect();
    assert_eq!(files, ["etc/execgov/execgov.toml", "var/lib/execgov/ledger.redb"]);
    let (done, text) = stage.run(&["uninstall", "--purge"]);
    assert!(done, "{text}");
    assert!(!stage.found().keys().any(|path| path.contains("execgov")), "{:?}", stage.found());
}

#[test]
fn the_unit_names_the_prefix() {
    let stage = Stage::new();
    let (done, text) = stage.run(&["--prefix", "/opt/execgov", "--binary", stage.program("1").to_str().unwrap()]);
    assert!(done, "{text}");
    let unit = fs::read_to_string(stage.root().join("etc/systemd/system/execgov.service")).unwrap();
    assert!(unit.contains("\nExecStart=/opt/execgov/bin/execgov serve "), "{unit}");
}

#[test]
fn bad_calls_change_nothing_and_say_what_is_wrong() {
    let stage = Stage::new();
    let broken = stage.dir.path().join("broken");
    fs::write(&broken, "no program").unwrap();
    for (words, says) in [
        (vec!["--binary", "/nonexistent"], "no program to install"),
        (vec!["--binary", broken.to_str().unwrap()], "does not run on this host"),
        (vec!["install", "--purge"], "--purge belongs to uninstall"),
        (vec!["--prefix", "here"], "must be an absolute path"),
        (vec!["--force"], "unknown word: --force"),
    ] {
        let (done, text) = stage.run(&words);
        assert!(!done && text.contains(says), "{words:?}: {text}");
        assert!(!stage.root().exists(), "{words:?}");
    }
}

/// The most that `systemd-analyze security` may find, in tenths.
const EXPOSURE: u32 = 31;

#[test]
fn the_unit_is_hardened() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/execgov.service");
    let Ok(output) = Command::new("systemd-analyze").args(["security", "--offline=true", "--no-pager"]).arg(&unit).output() else {
        eprintln!("systemd-analyze is not here; the unit is not rated");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let verdict = text.lines().find_map(|line| line.split_once("exposure level for execgov.service: ")).expect("a verdict").1;
    let (whole, tenth) = verdict.split(' ').next().unwrap().split_once('.').unwrap();
    let found = whole.parse::<u32>().unwrap() * 10 + tenth.parse::<u32>().unwrap();
    assert!(found <= EXPOSURE, "exposure {found} tenths\n{text}");
}
