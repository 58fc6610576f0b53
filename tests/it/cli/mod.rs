//! The command line against the real server, as a person and a script use it.

mod exit_codes;
mod golden;
mod journey;
mod offline;
mod terminal;
mod tls;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use crate::appliance::{Appliance, Setup, program};

pub const PASSWORD: &str = "correct horse battery 9";

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Standard output, when the command ended well.
    #[track_caller]
    pub fn fine(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let text = self.fine();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// An appliance with its first administrator `ada` signed in.
pub struct Desk(pub Appliance);

impl Desk {
    pub fn new() -> Self {
        Self::with(Setup::default())
    }

    pub fn with(setup: Setup) -> Self {
        let desk = Self(Appliance::with(setup));
        let token = fs::read_to_string(desk.0.data().join("setup-token")).expect("set-up token");
        desk.typed(&["setup", "--username", "ada", "--stdin"], &format!("{}\n{PASSWORD}\n", token.trim())).fine();
        desk
    }

    pub fn says(&self, words: &[&str]) -> Said {
        Said::of(&self.0.cli(words))
    }

    /// With text on standard input.
    pub fn typed(&self, words: &[&str], text: &str) -> Said {
        let mut command = program(self.0.dir());
        command.env("EXECGOV_URL", &self.0.url).args(words);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        child.stdin.take().expect("standard input").write_all(text.as_bytes()).expect("written");
        Said::of(&child.wait_with_output().expect("ends"))
    }

    /// Writes a file of the test's own.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.0.dir().join(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    /// Registers and publishes a script.
    pub fn publish(&self, name: &str, source: &str) {
        let path = self.file(&format!("{name}.py"), source);
        self.says(&["register", &path, "--publish"]).fine();
    }
}
