//! What a run wrote cannot control the terminal of who looks at it; a pipe gets the bytes.

use std::fs::File;
use std::io::Read;
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

/// Runs a command with a terminal as its standard input and output and gives what the terminal received.
fn on_a_terminal(desk: &Desk, words: &str) -> Said {
    let (mut terminal, inside) = open_terminal();
    let mut command = program(desk.0.dir());
    command.env("EXECGOV_URL", &desk.0.url).env("TERM", "xterm").env("LANG", "C.UTF-8").args(words.split_whitespace());
    command.stdin(inside.try_clone().expect("a terminal")).stdout(inside).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    // The command holds the other end: without it, the reading below ends when the program does.
    drop(command);
    let mut out = Vec::new();
    // The last reader of a terminal is told of its end by an error (EIO).
    let ended = terminal.read_to_end(&mut out).expect_err("the end of a terminal");
    assert_eq!(ended.raw_os_error(), Some(rustix::io::Errno::IO.raw_os_error()), "{ended}");
    let mut err = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("UTF-8");
    let code = child.wait().expect("ends").code().unwrap_or(-1);
    Said { code, out: String::from_utf8(out).expect("UTF-8"), err }
}

/// Both ends of a new terminal of 200 columns, that a line of this test never wraps.
fn open_terminal() -> (File, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let outside = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
    grantpt(&outside).expect("ours");
    unlockpt(&outside).expect("unlocked");
    let name = ptsname(&outside, Vec::new()).expect("its name").into_string().expect("UTF-8");
    let inside = File::options().read(true).write(true).open(name).expect("the other end");
    let size = rustix::termios::Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&inside, size).expect("sized");
    (outside.into(), inside)
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
        let said = on_a_terminal(&desk, &words);
        assert!(said.code == 0 && !said.out.is_empty(), "{words}: {said:?}");
        let shown = said.out;
        for (at, _) in shown.match_indices('\x1b') {
            let rest = &shown[at + 1..];
            let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
            assert!(rest.starts_with('[') && rest[end..].starts_with('m'), "{words}: {:?}", &rest[..rest.len().min(20)]);
        }
        assert!(!shown.contains(['\x07', '\u{202e}', '\u{9b}']), "{words}: {shown:?}");
    }
    let raw = desk.says(&["runs", "logs", id]).fine();
    assert!(raw.contains("\x1b]0;owned\x07title\n") && raw.contains("abc\u{202e}txt.exe\n"), "a pipe gets the bytes: {raw:?}");
    let colourless = on_a_terminal(&desk, &format!("--color never runs logs {id}")).out;
    assert!(colourless.contains("red and ") && !colourless.contains('\x1b'), "{colourless:?}");
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
