//! Each exit code of the documented table, made to happen, and the error in its two forms.

use std::process::Stdio;

use super::{Desk, PASSWORD, Said};
use crate::appliance::{eventually, program};

const SCRIPT: &str = r#"
"""Ends as it is told."""
import sys, time
def main(code: int = 0, seconds: float = 0.0):
    print("begun", flush=True)
    time.sleep(seconds)
    sys.exit(code)
"#;

#[test]
fn each_code_of_the_table() {
    let desk = Desk::new();
    desk.publish("ends", SCRIPT);
    let check = |words: &[&str], code: i32, fragment: &str| {
        let said = desk.says(words);
        assert_eq!(said.code, code, "{words:?}: {said:?}");
        assert!(said.err.contains(fragment), "{words:?}: {said:?}");
    };
    check(&["run", "ends", "--wait"], 0, "");
    check(&["explain"], 2, "Usage:");
    check(&["run", "ends", "--wait", "--code", "7"], 3, "");
    check(&["run", "ends", "--pass-exit-code", "--code", "77"], 77, "");
    check(&["run", "ends", "--wait", "--seconds", "60", "--timeout", "300ms"], 9, "EG-CLI-007");
    check(&["run", "ends", "--code", "x"], 13, "must be a whole number");
    check(&["run", "ends", "--cod", "1"], 2, "did you mean `--code`");
    check(&["run", "edns"], 6, "did you mean `ends`");
    check(&["runs", "show", "run_01980000000070008000000000000000"], 6, "EG-");
    check(&["setup", "--username", "eve", "--stdin"], 7, "set up before");
    check(&["register", "/nowhere/x.py"], 1, "/nowhere/x.py");
    check(&["user", "disable", "ada"], 2, "EG-CLI-008");
    check(&["--url", "http://127.0.0.1:9", "list"], 4, "execgov login http://127.0.0.1:9");
    desk.typed(&["login", "--url", "http://127.0.0.1:9", "--token-stdin"], "egt_x").code_is(10);

    desk.typed(&["user", "create", "vera", "--role", "viewer", "--password-stdin"], PASSWORD).fine();
    desk.typed(&["user", "create", "vera", "--role", "viewer", "--password-stdin"], PASSWORD).code_is(7);
    // The first password must be replaced, which nobody does here: signing in needs an answer.
    desk.typed(&["login", "--username", "vera", "--password-stdin", "--name", "vera"], PASSWORD).code_is(2);
    desk.typed(&["login", "--username", "vera", "--password-stdin"], "not the password").code_is(4);

    let said = desk.says(&["-o", "json", "run", "edns"]);
    let error: serde_json::Value = serde_json::from_str(&said.err).unwrap_or_else(|error| panic!("{error}: {}", said.err));
    for key in ["code", "message", "hint", "request_id"] {
        assert!(error["error"][key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {error}");
    }
    assert_eq!((error["error"]["exit_code"].as_i64(), said.out.as_str()), (Some(6), ""));
}

impl Said {
    #[track_caller]
    fn code_is(self, code: i32) {
        assert_eq!(self.code, code, "{self:?}");
    }
}

#[test]
fn tokens_reach_only_what_they_may() {
    let desk = Desk::new();
    desk.publish("ends", SCRIPT);
    let token = desk.says(&["token", "create", "reader", "--scope", "read", "--days", "1"]).fine();
    let with = |token: &str, words: &[&str]| {
        let mut command = program(desk.0.dir());
        Said::of(&command.env("EXECGOV_URL", &desk.0.url).env("EXECGOV_TOKEN", token).args(words).output().expect("runs"))
    };
    assert!(with(token.trim(), &["list", "-o", "name"]).fine().contains("ends"));
    with(token.trim(), &["run", "ends"]).code_is(5);
    with("egt_nonsense", &["list"]).code_is(4);
    let id = desk.says(&["token", "list", "-o", "name"]).fine();
    desk.says(&["token", "revoke", id.trim(), "--yes"]).fine();
    with(token.trim(), &["list"]).code_is(4);
}

#[test]
fn ctrl_c_ends_the_waiting_and_not_the_run() {
    let desk = Desk::new();
    desk.publish("ends", SCRIPT);
    let mut command = program(desk.0.dir());
    command.env("EXECGOV_URL", &desk.0.url).args(["run", "ends", "--seconds", "120", "--follow"]);
    let output = desk.0.dir().join("followed");
    let file = std::fs::File::create(&output).expect("file");
    let child = command.stdout(file).stderr(Stdio::piped()).spawn().expect("the program runs");
    eventually("the first line", || std::fs::read_to_string(&output).ok().filter(|text| text.contains("begun")));
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("pid")).expect("pid");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("signal");
    let said = Said::of(&child.wait_with_output().expect("ends"));
    assert_eq!(said.code, 130, "{said:?}");
    assert!(said.err.contains("execgov runs cancel run_"), "{said:?}");
    let run = desk.says(&["runs", "list", "-o", "name"]).fine();
    let run = run.trim();
    assert_eq!(desk.says(&["runs", "show", run, "-o", "json"]).json()["phase"], "running");
    desk.says(&["runs", "cancel", run, "--yes"]).fine();
    let ended = || (desk.says(&["runs", "show", run, "-o", "json"]).json()["phase"] == "cancelled").then_some(());
    eventually("the cancelled run", ended);
}
