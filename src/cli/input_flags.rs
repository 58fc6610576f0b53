//! The inputs of a capability as command-line options, made from its schema when the command is parsed.
//!
//! `month_end` becomes `--month-end` (`--month_end` works too); an input whose name is taken becomes `--input.NAME`, which
//! works for every input. A yes-or-no input is `--x` or `--no-x`; a list is given once for each item.

use std::collections::BTreeSet;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value};

use super::checklist;
use super::show;
use crate::base::fault::FieldFault;
use crate::domain::schema::{coerce, is_file};

/// The heading above the options in help.
pub const HEADING: &str = "Inputs of this capability";

/// One input and the options that stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flag {
    input: String,
    long: String,
    aliases: Vec<String>,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// With the option that says no, when its name is free.
    Switch {
        no: Option<String>,
    },
    One,
    Many,
}

/// The options for a schema.
#[derive(Debug, Clone)]
pub struct InputFlags {
    schema: Map<String, Value>,
    flags: Vec<Flag>,
}

fn id(input: &str) -> String {
    format!("input:{input}")
}

fn no_id(input: &str) -> String {
    format!("no:{input}")
}

/// Whether a name can follow two dashes.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('-') && !name.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control())
}

impl InputFlags {
    /// Finds a free name for each input; the names of the command's own options are taken.
    #[must_use]
    pub fn new(schema: &Map<String, Value>, command: &Command) -> Self {
        let own = command.get_arguments().flat_map(|argument| {
            let aliases = argument.get_all_aliases().unwrap_or_default();
            argument.get_long().into_iter().chain(aliases).map(str::to_owned).collect::<Vec<_>>()
        });
        let mut taken: BTreeSet<String> = own.chain(["help".to_owned(), "version".to_owned()]).collect();
        let properties = || schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let names = || properties().map(|(name, _)| name).filter(|name| is_plain(name));
        // Exact names first, so that the short form of one input never hides another.
        let exact: BTreeSet<String> = names().filter(|name| !taken.contains(*name)).cloned().collect();
        taken.extend(exact.iter().cloned());
        let mut flags = Vec::new();
        for name in names() {
            let dashed = name.replace('_', "-");
            let always = format!("input.{name}");
            let mut forms = Vec::new();
            if dashed != *name && taken.insert(dashed.clone()) {
                forms.push(dashed);
            }
            if exact.contains(name) {
                forms.push(name.clone());
            }
            forms.push(always);
            let long = forms.remove(0);
            flags.push(Flag { input: name.clone(), long, aliases: forms, shape: Shape::One });
        }
        for flag in &mut flags {
            let property = properties().find(|(name, _)| **name == flag.input).map_or(&Value::Null, |(_, property)| property);
            let kinds = kinds(property);
            if kinds == ["boolean"] {
                let no = format!("no-{}", flag.long);
                flag.shape = Shape::Switch { no: taken.insert(no.clone()).then_some(no) };
            } else if kinds == ["array"] {
                flag.shape = Shape::Many;
            }
        }
        Self { schema: schema.clone(), flags }
    }

    fn property(&self, input: &str) -> &Value {
        self.schema.get("properties").and_then(|all| all.get(input)).unwrap_or(&Value::Null)
    }

    /// Adds the options to a command.
    #[must_use]
    pub fn add_to(&self, command: Command) -> Command {
        let required: Vec<&str> =
            self.schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        self.flags.iter().fold(command, |command, flag| {
            let property = self.property(&flag.input);
            let argument = Arg::new(id(&flag.input))
                .long(flag.long.clone())
                .aliases(flag.aliases.clone())
                .help(help(property, required.contains(&flag.input.as_str())))
                .help_heading(HEADING);
            match &flag.shape {
                Shape::Switch { no } => {
                    let argument = argument
                        .num_args(0..=1)
                        .require_equals(true)
                        .default_missing_value("true")
                        .value_name("BOOL")
                        .hide_possible_values(true);
                    let command = command.arg(argument);
                    let Some(no) = no else { return command };
                    let no =
                        Arg::new(no_id(&flag.input)).long(no.clone()).action(ArgAction::SetTrue).conflicts_with(id(&flag.input)).hide(true);
                    command.arg(no)
                }
                Shape::One => command.arg(argument.value_name(value_name(property)).allow_hyphen_values(true)),
                Shape::Many => command.arg(argument.value_name(value_name(property)).allow_hyphen_values(true).action(ArgAction::Append)),
            }
        })
    }

    /// The inputs that were given as options, and what is wrong with them.
    #[must_use]
    pub fn read(&self, matches: &ArgMatches) -> (Map<String, Value>, Vec<FieldFault>) {
        let mut inputs = Map::new();
        let mut faults = Vec::new();
        for flag in &self.flags {
            let no = matches!(&flag.shape, Shape::Switch { no: Some(_) }) && matches.get_flag(&no_id(&flag.input));
            if no {
                inputs.insert(flag.input.clone(), Value::Bool(false));
                continue;
            }
            let Some(texts) = matches.get_many::<String>(&id(&flag.input)) else { continue };
            let texts: Vec<&str> = texts.map(String::as_str).collect();
            match coerce(&self.schema, &flag.input, &texts) {
                Ok(value) => drop(inputs.insert(flag.input.clone(), value)),
                Err(fault) => faults.push(fault),
            }
        }
        (inputs, faults)
    }

    /// The option by which an input is given.
    #[must_use]
    pub fn option(&self, input: &str) -> Option<String> {
        self.flags.iter().find(|flag| flag.input == input).map(|flag| format!("--{}", flag.long))
    }

    /// A set of inputs as the words that give it.
    #[must_use]
    pub fn words(&self, inputs: &Map<String, Value>) -> String {
        let mut words = Vec::new();
        for (input, value) in inputs {
            let Some(option) = self.option(input) else { continue };
            let switch = self.flags.iter().find_map(|flag| match &flag.shape {
                Shape::Switch { no: Some(no) } if flag.input == *input => Some(no.clone()),
                _ => None,
            });
            match (value, switch) {
                (Value::Bool(true), _) => words.push(option),
                (Value::Bool(false), Some(no)) => words.push(format!("--{no}")),
                (Value::Array(items), _) => words.extend(items.iter().map(|item| format!("{option} {}", quoted(&show::value(item))))),
                (value, _) => words.push(format!("{option} {}", quoted(&show::value(value)))),
            }
        }
        words.join(" ")
    }
}

/// A word as a POSIX shell reads it.
fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./:@%+=,".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The JSON types of a property, `null` left out.
fn kinds(property: &Value) -> Vec<&str> {
    let mut found: Vec<&str> = match property.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for branch in ["anyOf", "oneOf"].into_iter().filter_map(|key| property.get(key)?.as_array()).flatten() {
        found.extend(kinds(branch));
    }
    found.retain(|kind| *kind != "null");
    found.sort_unstable();
    found.dedup();
    found
}

fn value_name(property: &Value) -> &'static str {
    if is_file(property) {
        return "FILE";
    }
    let item = property.get("items").filter(|_| kinds(property) == ["array"]).unwrap_or(property);
    match (kinds(item).as_slice(), item.get("format").and_then(Value::as_str)) {
        (["integer"], _) => "INTEGER",
        (["number" | "integer", ..], _) => "NUMBER",
        (["object"], _) => "JSON",
        (_, Some("date")) => "DATE",
        (_, Some("date-time")) => "TIME",
        _ => "TEXT",
    }
}

/// What help says about an input: its description, then type, choices, default or need.
fn help(property: &Value, required: bool) -> String {
    let about = property.get("description").or_else(|| property.get("title")).and_then(Value::as_str).unwrap_or_default();
    let about: String = super::safe::plain(about.lines().next().unwrap_or_default()).trim_end_matches('.').to_owned();
    let mut marks = vec![checklist::kind(property)];
    match property.get("default") {
        Some(Value::Null) | None if required => marks.push("required".to_owned()),
        Some(Value::Null) | None => {}
        Some(default) => marks.push(format!("default: {}", show::value(default))),
    }
    let marks = super::safe::plain(&marks.join("; ")).into_owned();
    if about.is_empty() { format!("[{marks}]") } else { format!("{about} [{marks}]") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Map<String, Value> {
        let schema = json!({
            "type": "object",
            "required": ["month_end", "data"],
            "properties": {
                "month_end": {"type": "string", "description": "Last day."},
                "count": {"type": "integer", "minimum": 1, "default": 3},
                "dry_run": {"type": "boolean"},
                "wait": {"type": "string"},
                "full": {"type": "boolean", "default": true},
                "tags": {"type": "array", "items": {"type": "string"}},
                "mode": {"enum": ["fast", "slow"]},
                "data": {"type": "string", "format": "file"},
                "a-b": {"type": "string"},
                "a_b": {"type": "string"},
                "has space": {"type": "string"},
                "数据": {"type": "string"}
            }
        });
        schema.as_object().expect("object").clone()
    }

    fn base() -> Command {
        Command::new("run")
            .arg(Arg::new("wait").long("wait").action(ArgAction::SetTrue))
            .arg(Arg::new("dry").long("dry-run").action(ArgAction::SetTrue))
    }

    fn parse(words: &[&str]) -> Result<(Map<String, Value>, Vec<String>), clap::Error> {
        let flags = InputFlags::new(&schema(), &base());
        let command = flags.add_to(base());
        command.clone().debug_assert();
        let matches = command.try_get_matches_from(["run"].iter().chain(words))?;
        let (inputs, faults) = flags.read(&matches);
        Ok((inputs, faults.into_iter().map(|fault| fault.message).collect()))
    }

    #[test]
    fn options_become_typed_inputs() {
        let check = |words: &[&str], expected: Value| {
            let (inputs, faults) = parse(words).expect("parsed");
            assert_eq!((Value::Object(inputs), faults), (expected, Vec::new()), "{words:?}");
        };
        check(&["--month-end", "2026-10-31", "--count", "5"], json!({"month_end": "2026-10-31", "count": 5}));
        check(&["--month_end=x", "--input.count=-1"], json!({"month_end": "x", "count": -1}));
        check(&["--full"], json!({"full": true}));
        check(&["--no-full"], json!({"full": false}));
        check(&["--full=false"], json!({"full": false}));
        check(&["--wait", "--input.wait", "text", "--input.dry_run"], json!({"wait": "text", "dry_run": true}));
        check(&["--tags", "a", "--tags=b"], json!({"tags": ["a", "b"]}));
        check(&["--a-b", "1", "--a_b", "2"], json!({"a-b": "1", "a_b": "2"}));
        check(&["--数据", "x"], json!({"数据": "x"}));
        check(&[], json!({}));
    }

    #[test]
    fn hostile_values_are_only_values() {
        for value in ["--help", "-c", "; rm -rf /", "$(id)", "a\nb", "`id`", "--wait"] {
            let (inputs, _) = parse(&["--month-end", value]).expect("parsed");
            assert_eq!(inputs["month_end"], value);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let (_, faults) = parse(&["--count", "many", "--mode", "fast"]).expect("parsed");
        assert_eq!(faults, ["`count` must be a whole number, but is `many`"]);
        assert!(parse(&["--cuont", "1"]).expect_err("unknown").to_string().contains("--count"));
        assert!(parse(&["--full", "--no-full"]).is_err());
    }

    #[test]
    fn help_shows_need_default_and_choices() {
        let flags = InputFlags::new(&schema(), &base());
        let help = flags.add_to(base()).render_help().to_string();
        for line in [
            "--month-end <TEXT>   Last day [text; required]",
            "--count <INTEGER>    [integer 1..; default: 3]",
            "--mode <TEXT>        [one of fast, slow]",
            "--data <FILE>        [file; required]",
            "--input.wait <TEXT>",
        ] {
            assert!(help.contains(line), "{line}\n{help}");
        }
        let inputs = json!({"month_end": "it's", "full": false, "tags": ["a", "b c"]});
        assert_eq!(flags.words(inputs.as_object().expect("object")), r"--month-end 'it'\''s' --no-full --tags a --tags 'b c'");
    }
}
