//! Inputs as command-line arguments, by the rules of the manifest. Pure, so that a plan can show the exact command.
//!
//! No shell is ever involved: each value is one argument, or part of one, whatever characters it holds.

use serde_json::{Map, Value};

use super::fault::ExecError;
use crate::domain::capability::manifest::{ArgvRule, ArgvStyle};

/// Longest single argument the kernel takes (`MAX_ARG_STRLEN`), less its final zero byte.
pub const ARGUMENT_BYTES: usize = 128 * 1024 - 1;
/// Most repetitions of a counting flag.
const COUNT_MOST: u64 = 100;

/// Renders the arguments: options first, in the order of the rules, then positional ones. Inputs that are absent or
/// null are left out.
///
/// # Errors
/// When a value holds a zero byte or is of a shape its rule cannot write.
pub fn render(rules: &[ArgvRule], inputs: &Map<String, Value>) -> Result<Vec<String>, ExecError> {
    let end = rules.iter().position(|rule| rule.style == ArgvStyle::Command).map_or(rules.len(), |at| at + 1);
    let (own, below) = rules.split_at(end);
    let mut arguments = part(own, inputs)?;
    if !below.is_empty() {
        arguments.extend(render(below, inputs)?);
    }
    Ok(arguments)
}

/// The arguments of one command, up to the name of the command below it.
fn part(rules: &[ArgvRule], inputs: &Map<String, Value>) -> Result<Vec<String>, ExecError> {
    let mut options = Vec::new();
    let mut positional = Vec::new();
    let mut open_ended = false;
    for rule in rules {
        let Some(value) = inputs.get(&rule.input).filter(|value| !value.is_null()) else { continue };
        match &rule.flag {
            Some(flag) => {
                open_ended |= rule.style == ArgvStyle::Many;
                option(rule, flag, value, &mut options)?;
            }
            None => positional.extend(texts(rule, value)?),
        }
    }
    if !positional.is_empty() && (open_ended || positional.iter().any(|text| text.starts_with('-'))) {
        options.push("--".to_owned());
    }
    options.extend(positional);
    Ok(options)
}

fn option(rule: &ArgvRule, flag: &str, value: &Value, out: &mut Vec<String>) -> Result<(), ExecError> {
    let (on, off) = pair(flag);
    match rule.style {
        ArgvStyle::Value | ArgvStyle::Command => out.extend(with_value(on, text(rule, value)?)),
        ArgvStyle::SwitchOn => out.extend(boolean(rule, value)?.then(|| on.to_owned())),
        ArgvStyle::SwitchOff => out.extend((!boolean(rule, value)?).then(|| on.to_owned())),
        ArgvStyle::SwitchPair => out.push(if boolean(rule, value)? { on.to_owned() } else { off }),
        ArgvStyle::Many => {
            let items = texts(rule, value)?;
            if let ([only], true) = (items.as_slice(), items.iter().any(|item| item.starts_with('-'))) {
                out.extend(with_value(on, only.clone()));
            } else {
                out.push(on.to_owned());
                out.extend(items);
            }
        }
        ArgvStyle::Repeat => out.extend(texts(rule, value)?.into_iter().flat_map(|item| with_value(on, item))),
        ArgvStyle::Count => {
            let times = value.as_u64().filter(|times| *times <= COUNT_MOST);
            let times = times.ok_or_else(|| refuse(rule, format!("must be a whole number from 0 to {COUNT_MOST}")))?;
            out.extend((0..times).map(|_| on.to_owned()));
        }
    }
    Ok(())
}

/// The texts that turn a flag on and off: `--a/--no-a` as click writes it, or `--a` and `--no-a`.
fn pair(flag: &str) -> (&str, String) {
    match flag.split_once('/') {
        Some((on, off)) => (on.trim(), off.trim().to_owned()),
        None => (flag, format!("--no-{}", flag.trim_start_matches('-'))),
    }
}

fn with_value(flag: &str, value: String) -> Vec<String> {
    if flag.starts_with("--") {
        vec![format!("{flag}={value}")]
    } else if value.starts_with('-') {
        // `-f -5` would be taken for two options.
        vec![format!("{flag}{value}")]
    } else {
        vec![flag.to_owned(), value]
    }
}

fn refuse(rule: &ArgvRule, why: impl Into<String>) -> ExecError {
    ExecError::Unpassable { input: rule.input.clone(), why: why.into() }
}

fn boolean(rule: &ArgvRule, value: &Value) -> Result<bool, ExecError> {
    value.as_bool().ok_or_else(|| refuse(rule, "must be true or false"))
}

fn texts(rule: &ArgvRule, value: &Value) -> Result<Vec<String>, ExecError> {
    match value {
        Value::Array(items) => items.iter().map(|item| text(rule, item)).collect(),
        one => Ok(vec![text(rule, one)?]),
    }
}

fn text(rule: &ArgvRule, value: &Value) -> Result<String, ExecError> {
    let text = plain(value);
    if text.contains('\0') { Err(refuse(rule, "holds a zero byte, which no argument can")) } else { Ok(text) }
}

/// A value as one text: strings as they are, everything else as JSON.
#[must_use]
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(input: &str, flag: Option<&str>, style: ArgvStyle) -> ArgvRule {
        ArgvRule { input: input.to_owned(), flag: flag.map(str::to_owned), style }
    }

    #[test]
    fn values_become_arguments() {
        use ArgvStyle::{Count, Many, Repeat, SwitchOff, SwitchOn, SwitchPair, Value as V};
        for (flag, style, value, expected) in [
            (Some("--n"), V, json!(3), &["--n=3"][..]),
            (Some("--n"), V, json!(""), &["--n="]),
            (Some("-n"), V, json!("a b"), &["-n", "a b"]),
            (Some("-n"), V, json!(-5), &["-n-5"]),
            (Some("--n"), V, json!("--help"), &["--n=--help"]),
            (Some("--n"), V, json!("; rm -rf $(id)\n"), &["--n=; rm -rf $(id)\n"]),
            (Some("--n"), V, json!(null), &[]),
            (None, V, json!("file"), &["file"]),
            (None, V, json!("-c"), &["--", "-c"]),
            (None, Many, json!(["a", "b"]), &["a", "b"]),
            (Some("--v"), SwitchOn, json!(true), &["--v"]),
            (Some("--v"), SwitchOn, json!(false), &[]),
            (Some("--quiet"), SwitchOff, json!(false), &["--quiet"]),
            (Some("--v"), SwitchPair, json!(false), &["--no-v"]),
            (Some("--on/--off"), SwitchPair, json!(false), &["--off"]),
            (Some("--on/--off"), SwitchPair, json!(true), &["--on"]),
            (Some("--m"), Many, json!(["a", "b"]), &["--m", "a", "b"]),
            (Some("--m"), Many, json!(["-a"]), &["--m=-a"]),
            (Some("--m"), Repeat, json!(["a", "b"]), &["--m=a", "--m=b"]),
            (Some("-v"), Count, json!(2), &["-v", "-v"]),
        ] {
            let inputs = Map::from_iter([("x".to_owned(), value.clone())]);
            let got = render(&[rule("x", flag, style)], &inputs);
            assert_eq!(got.expect("renders"), expected, "{flag:?} {style:?} {value}");
        }
    }

    #[test]
    fn positional_arguments_follow_a_separator_after_open_ended_options() {
        let rules = [rule("file", None, ArgvStyle::Value), rule("tags", Some("--tags"), ArgvStyle::Many)];
        let inputs = Map::from_iter([("file".to_owned(), json!("f")), ("tags".to_owned(), json!(["a", "b"]))]);
        assert_eq!(render(&rules, &inputs).expect("renders"), ["--tags", "a", "b", "--", "f"]);
    }

    #[test]
    fn options_of_a_subcommand_follow_its_name() {
        let rules = [
            rule("verbose", Some("--verbose"), ArgvStyle::SwitchOn),
            rule("command", None, ArgvStyle::Command),
            rule("force", Some("--force"), ArgvStyle::SwitchOn),
            rule("name", None, ArgvStyle::Value),
        ];
        let inputs = [("verbose", json!(true)), ("command", json!("add")), ("force", json!(true)), ("name", json!("-x"))];
        let inputs = inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(render(&rules, &inputs).expect("renders"), ["--verbose", "add", "--force", "--", "-x"]);
    }

    #[test]
    fn what_cannot_be_passed_is_refused() {
        for (style, value) in [
            (ArgvStyle::Value, json!("a\0b")),
            (ArgvStyle::SwitchOn, json!("yes")),
            (ArgvStyle::Count, json!(-1)),
            (ArgvStyle::Count, json!(101)),
        ] {
            let refused = render(&[rule("x", Some("--x"), style)], &Map::from_iter([("x".to_owned(), value)]));
            assert!(matches!(refused, Err(ExecError::Unpassable { ref input, .. }) if input == "x"), "{refused:?}");
        }
    }
}
