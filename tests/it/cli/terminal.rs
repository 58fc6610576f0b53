//! What a run wrote cannot control the terminal of who looks at it; a pipe gets the bytes.

use std::process::Stdio;

use super::{Desk, Said};
use crate::appliance::program;

const HOSTILE: &str = r#"
"""Writes what a terminal obeys. \x1b]0;owned\x07"""
def main():
    print("\x1b]0;owned\x07title")
    print("\x1b]8;;http://evil\x07link\x1b]8;;\x07")
    print("\x1b]52;c;aGk=\x07clipboard")
    print("\x1b[2J\x1b[1;1Herased \x1b[1A\x1b[2K")
    print("\x1b[31mred\x1b[0m and \x1b[8mhidden")
    print("abc\u202etxt.exe")
    return "\x1b[2Jresult"
"#;

/// Runs a command with a terminal as its standard output and gives what the terminal received.
fn on_a_terminal(desk: &Desk, words: &str) -> Said {
    const SPAWN: &str = "import os,pty,sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut command = std::process::Command::new("python3");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", desk.0.dir());
    command.env("EXECGOV_URL", &desk.0.url).env("TERM", "xterm").env("LANG", "C.UTF-8");
    command.args(["-c", SPAWN, env!("CARGO_BIN_EXE_execgov")]).args(words.split_whitespace()).stdin(Stdio::null());
    Said::of(&command.output().expect("python3 runs"))
}

#[test]
fn run_output_cannot_control_a_terminal() {
    let desk = Desk::new();
    desk.publish("hostile", HOSTILE);
    let mut run = program(desk.0.dir());
    let run =
        Said::of(&run.env("EXECGOV_URL", &desk.0.url).args(["run", "hostile", "--wait", "-o", "json"]).output().expect("runs")).json();
    let id = run["id"].as_str().expect("an id");

    let shown = on_a_terminal(&desk, &format!("runs logs {id}"));
    for part in
        ["\\x1b]0;owned\\x07title", "\\x1b]8;;http://evil", "\\x1b]52;c;", "\\x1b[2J\\x1b[1;1Herased", "\\x1b[8mhidden", "abc\\u{202e}txt"]
    {
        assert!(shown.out.contains(part), "{part}: {shown:?}");
    }
    assert!(shown.out.contains("\x1b[31mred\x1b[0m"), "colours stay: {shown:?}");
    for words in [
        format!("runs logs {id}"),
        format!("runs show {id}"),
        format!("runs show {id} -o json"),
        "list".to_owned(),
        "cap show hostile".to_owned(),
    ] {
        let shown = on_a_terminal(&desk, &words).out;
        for (at, _) in shown.match_indices('\x1b') {
            let rest = &shown[at + 1..];
            let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
            assert!(rest.starts_with('[') && rest[end..].starts_with('m'), "{words}: {:?}", &rest[..rest.len().min(20)]);
        }
        assert!(!shown.contains(['\x07', '\u{202e}', '\u{9b}']), "{words}: {shown:?}");
    }
    let raw = desk.says(&["runs", "logs", id]).fine();
    assert!(raw.contains("\x1b]0;owned\x07title\n") && raw.contains("abc\u{202e}txt.exe\n"), "a pipe gets the bytes: {raw:?}");
    assert!(!on_a_terminal(&desk, &format!("--color never runs logs {id}")).out.contains('\x1b'));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = tempfile::tempdir().expect("home");
    let mut command = program(home.path());
    let mut child = command.args(["completion", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    drop(child.stdout.take());
    let said = Said::of(&child.wait_with_output().expect("ends"));
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}
