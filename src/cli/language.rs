//! The language of help and messages, and the translation of the command tree.
//!
//! English is written beside the commands; Chinese is `assets/help/zh/commands.toml`, keyed by command path and argument.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::OnceLock;

use clap::{Arg, ArgAction, Command};

use crate::conf::Environment;

/// A language that this program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    #[value(name = "en")]
    English,
    #[value(name = "zh")]
    Chinese,
}

impl Language {
    /// The one of two wordings.
    #[must_use]
    pub const fn pick<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// What `--lang` or the environment asks for. Needed before the command line is parsed, because help is part of parsing.
    #[must_use]
    pub fn wanted(arguments: &[OsString], environment: &Environment) -> Self {
        let words: Vec<&str> = arguments.iter().map_while(|word| word.to_str()).take_while(|word| *word != "--").collect();
        let flag = words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--lang")? {
            "" => words.get(at + 1).copied(),
            rest => rest.strip_prefix('='),
        });
        let said = flag.or_else(|| environment.get("EXECGOV_LANG"));
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| environment.get(name));
        match said.or(locale) {
            Some(text) if text.to_ascii_lowercase().starts_with("zh") => Self::Chinese,
            _ => Self::English,
        }
    }
}

const CHINESE: &str = include_str!("../../assets/help/zh/commands.toml");

/// Texts of the command tree: key is `run`, `run --wait`, `cap show NAME`; `.` is the program itself.
fn chinese() -> &'static BTreeMap<String, String> {
    static TEXTS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    TEXTS.get_or_init(|| toml::from_str(CHINESE).unwrap_or_default())
}

/// The key of an argument in the translation: its long flag, or its value name.
fn argument_key(path: &str, argument: &Arg) -> String {
    let name = argument.get_long().map_or_else(|| argument.get_id().as_str().to_ascii_uppercase(), |long| format!("--{long}"));
    format!("{path} {name}").trim_start_matches(". ").to_owned()
}

/// The keys under which the text of an argument may be, the most particular first.
fn argument_keys(path: &str, argument: &Arg) -> [String; 3] {
    [path, "*", "."].map(|path| argument_key(path, argument))
}

const HELP_TEMPLATE: &str = "{before-help}{about-with-newline}\n用法: {usage}\n\n{all-args}{after-help}";

/// Puts a command tree into a language.
#[must_use]
pub fn localise(command: Command, language: Language) -> Command {
    match language {
        Language::English => command,
        Language::Chinese => translate(command, "."),
    }
}

fn translate(mut command: Command, path: &str) -> Command {
    let texts = chinese();
    if let Some(text) = texts.get(path) {
        command = command.about(text.as_str());
    }
    command = command.help_template(HELP_TEMPLATE).subcommand_help_heading("命令").subcommand_value_name("命令");
    if let Some(after) = command.get_after_help() {
        let after = after.to_string().replacen("Examples:", "示例:", 1).replacen("Learn more:", "更多:", 1);
        command = command.after_help(after);
    }
    if command.get_arguments().all(|argument| argument.get_id() != "help") {
        let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("打印帮助");
        command = command.disable_help_flag(true).arg(help);
    }
    if path == "." {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).help("打印版本");
        command = command.disable_version_flag(true).arg(version);
    }
    let path = path.to_owned();
    command = command.mut_args(|argument| {
        let text = argument_keys(&path, &argument).iter().find_map(|key| texts.get(key));
        let argument = match text {
            Some(text) => argument.help(text.as_str()),
            None => argument,
        };
        let heading = match argument.get_help_heading() {
            Some("Global options") => "全局选项",
            Some("Inputs of this capability") => "此能力的输入",
            Some(_) | None if argument.is_positional() => "参数",
            Some(_) | None => "选项",
        };
        argument.help_heading(heading)
    });
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let below = if path == "." { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(&name, |sub| translate(sub, &below));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_the_environment() {
        let check = |words: &[&str], pairs: [(&str, &str); 2], expected: Language| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(Language::wanted(&words, &Environment::from(pairs)), expected, "{words:?} {pairs:?}");
        };
        let none = [("LANG", ""), ("LC_ALL", "")];
        let zh = [("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")];
        check(&["execgov"], none, Language::English);
        check(&["execgov"], zh, Language::Chinese);
        check(&["execgov"], [("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C.UTF-8")], Language::English);
        check(&["execgov", "--lang", "en"], zh, Language::English);
        check(&["execgov", "list", "--lang=zh"], none, Language::Chinese);
        check(&["execgov", "run", "x", "--", "--lang=zh"], none, Language::English);
        check(&["execgov"], [("LANG", "zh"), ("EXECGOV_LANG", "en")], Language::English);
    }

    /// For every text of the tree the keys of which one must be there.
    fn wanted(command: &Command, path: &str, found: &mut Vec<Vec<String>>) {
        found.push(vec![path.to_owned()]);
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            found.push(argument_keys(path, argument).to_vec());
        }
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let below = if path == "." { sub.get_name().to_owned() } else { format!("{path} {}", sub.get_name()) };
            wanted(sub, &below, found);
        }
    }

    #[test]
    fn the_translation_is_complete_and_nothing_in_it_is_stale() {
        let mut all = Vec::new();
        wanted(&super::super::arguments::command(), ".", &mut all);
        assert!(all.len() > 100, "the walk finds the commands");
        let texts = chinese();
        let missing: Vec<_> = all.iter().filter(|keys| !keys.iter().any(|key| texts.contains_key(key))).map(|keys| &keys[0]).collect();
        let stale: Vec<_> = texts.keys().filter(|key| !all.iter().any(|keys| keys.contains(key))).collect();
        assert!(missing.is_empty() && stale.is_empty(), "missing: {missing:#?}\nstale: {stale:#?}");
    }
}
