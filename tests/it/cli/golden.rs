//! Help, the manual page and a completion script are what they were; a change shows in the diff of the golden file.

use std::fmt::Write;

use super::Said;
use crate::appliance::program;
use crate::openapi::golden;

fn says(words: &[&str]) -> String {
    let home = tempfile::tempdir().expect("home");
    Said::of(&program(home.path()).args(words).output().expect("the program runs")).fine()
}

/// The commands below a path, read from its help.
fn below(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| !matches!(*line, "Commands:" | "命令:")).skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

fn all_help(language: &str) -> String {
    fn walk(path: &[String], language: &str, text: &mut String) {
        let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
        words.extend(["--help", "--lang", language]);
        let help = says(&words);
        writeln!(text, "==== execgov {}\n{help}", path.join(" ")).expect("written");
        for name in below(&help) {
            walk(&[path, &[name]].concat(), language, text);
        }
    }
    let mut text = String::new();
    walk(&[], language, &mut text);
    text
}

#[test]
fn help_of_each_command() {
    let help = all_help("en");
    assert!(help.matches("\n==== execgov ").count() > 60, "the walk finds the commands");
    golden("cli/help.en.txt", &help);
}

#[test]
fn help_of_each_command_in_chinese() {
    let help = all_help("zh");
    assert_eq!(help.matches("\n用法: execgov").count(), help.matches("==== execgov").count());
    golden("cli/help.zh.txt", &help);
}

#[test]
fn manual_page_and_completions() {
    golden("cli/execgov.1", &says(&["man"]));
    golden("cli/execgov.bash", &says(&["completion", "bash"]));
    let dir = tempfile::tempdir().expect("folder");
    says(&["man", &dir.path().display().to_string()]);
    assert!(dir.path().join("execgov-capability-publish.1").is_file());
}

#[test]
fn each_topic_and_each_error_is_told_in_both_languages() {
    for language in ["en", "zh"] {
        for topic in says(&["help", "topics", "--lang", language]).lines().skip(1) {
            let name = topic.split('\t').next().expect("a name");
            assert!(says(&["help", name, "--lang", language]).starts_with("# "), "{name}");
        }
        for code in says(&["explain", "--list", "--lang", language]).lines().skip(1) {
            let code = code.split('\t').next().expect("a code");
            assert!(says(&["explain", code, "--lang", language]).starts_with(&format!("# {code}")), "{code}");
        }
    }
}

#[test]
fn it_answers_to_its_other_name() {
    let home = tempfile::tempdir().expect("home");
    let link = home.path().join("execgov-cli");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_execgov"), &link).expect("link");
    let output = std::process::Command::new(&link).env_clear().env("HOME", home.path()).arg("--help").output().expect("runs");
    assert!(Said::of(&output).fine().contains("Usage: execgov-cli [OPTIONS] <COMMAND>"));
}
