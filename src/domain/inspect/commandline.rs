//! A declared command line, whoever declares it (argparse, click, getopts), and the inputs it becomes.

use serde_json::{Map, Value, json};

use super::found::{Found, Input};
use super::report::{Note, Origin, Source};
use crate::domain::capability::manifest::{ArgvRule, ArgvStyle};

/// One option or positional argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub name: String,
    pub schema: Map<String, Value>,
    pub required: bool,
    /// None for a positional argument.
    pub flag: Option<String>,
    pub style: ArgvStyle,
    pub line: u32,
}

/// Options of which only one may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusive {
    pub required: bool,
    pub members: Vec<String>,
}

/// A command with its arguments and the commands below it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Command {
    pub description: Option<(String, u32)>,
    pub arguments: Vec<Argument>,
    pub exclusive: Vec<Exclusive>,
    pub below: Option<Below>,
}

/// The commands below a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Below {
    /// The input that chooses one.
    pub name: String,
    pub required: bool,
    pub commands: Vec<(String, Command)>,
    pub line: u32,
}

/// Where a command line is declared.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    pub source: Source,
    pub file: &'a str,
}

/// Turns a command line into inputs, argument rules and constraints.
pub fn assemble(command: Command, declared: Declared<'_>, found: &mut Found) {
    if let Some((text, line)) = command.description {
        let origin = Origin::at(declared.source, declared.file, Some(line));
        found.title.get_or_insert((super::python::summary(&text), origin.clone()));
        found.description.get_or_insert((text, origin));
    }
    let all = exclusive_rules(&command.exclusive, &command.arguments, false);
    let exclusive: Vec<String> = command.exclusive.iter().flat_map(|group| group.members.clone()).collect();
    let (options, positionals): (Vec<_>, Vec<_>) = command.arguments.iter().cloned().partition(|argument| argument.flag.is_some());
    for argument in command.arguments {
        let in_group = exclusive.contains(&argument.name);
        add(argument, in_group, declared, found);
    }
    found.argv.extend(options.iter().chain(&positionals).map(rule));
    let mut constraints = all;
    if let Some(below) = command.below {
        subcommands(&below, declared, found, &mut constraints);
    }
    if !constraints.is_empty() {
        found.constraints.insert("allOf".to_owned(), Value::Array(constraints));
    }
}

fn rule(argument: &Argument) -> ArgvRule {
    ArgvRule { input: argument.name.clone(), flag: argument.flag.clone(), style: argument.style }
}

fn add(mut argument: Argument, in_group: bool, declared: Declared<'_>, found: &mut Found) {
    let origin = Origin::at(declared.source, declared.file, Some(argument.line));
    if found.inputs.iter().any(|input| input.name == argument.name) {
        let text = format!("`{}` is declared twice; the first declaration is used", argument.name);
        found.notes.push(Note::new("duplicate_argument", declared.file, Some(argument.line), text));
        return;
    }
    if in_group && argument.schema.get("type").is_none_or(|kind| kind != "boolean") {
        // A default that is filled in would count as given, so the script keeps it to itself.
        argument.schema.remove("default");
    }
    let required = argument.required && !in_group;
    let rule = rule(&argument);
    let mut input = Input::new(argument.name, argument.schema, required, origin);
    input.rule = Some(rule);
    found.inputs.push(input);
}

/// What has to hold for an input to count as given.
fn is_given(name: &str, arguments: &[Argument]) -> Value {
    let style = arguments.iter().find(|argument| argument.name == name).map(|argument| argument.style);
    match style {
        Some(ArgvStyle::SwitchOn | ArgvStyle::SwitchPair) => json!({"required": [name], "properties": {name: {"const": true}}}),
        Some(ArgvStyle::SwitchOff) => json!({"required": [name], "properties": {name: {"const": false}}}),
        Some(ArgvStyle::Count) => json!({"required": [name], "properties": {name: {"minimum": 1}}}),
        _ => json!({"required": [name]}),
    }
}

fn exclusive_rules(groups: &[Exclusive], arguments: &[Argument], optional: bool) -> Vec<Value> {
    let mut rules = Vec::new();
    for group in groups {
        let given: Vec<Value> = group.members.iter().map(|name| is_given(name, arguments)).collect();
        if given.len() < 2 {
            continue;
        }
        if group.required && !optional {
            rules.push(json!({ "oneOf": given }));
        } else {
            for (at, left) in given.iter().enumerate() {
                for right in &given[at + 1..] {
                    rules.push(json!({"not": {"allOf": [left, right]}}));
                }
            }
        }
    }
    rules
}

/// Merges the commands below into one set of inputs: the choice is an enumeration, and each choice says by a rule which
/// inputs it needs and which it does not know.
fn subcommands(below: &Below, declared: Declared<'_>, found: &mut Found, constraints: &mut Vec<Value>) {
    let names: Vec<String> = below.commands.iter().map(|(name, _)| name.clone()).collect();
    found.notes.push(Note::new(
        "subcommands",
        declared.file,
        Some(below.line),
        format!("the script has the commands {}", names.join(", ")),
    ));
    if let Some(why) = cannot_merge(below) {
        let text = format!("the commands cannot become one form: {why}; declare the inputs in `capability.toml`");
        found.notes.push(Note::new("subcommands_not_merged", declared.file, Some(below.line), text));
        return;
    }
    let mut choice = json!({"type": "string", "enum": names, "description": "The command to run"}).as_object().cloned().unwrap_or_default();
    if !below.required {
        choice.insert("description".to_owned(), json!("The command to run; none when left out"));
    }
    let argument = Argument {
        name: below.name.clone(),
        schema: choice,
        required: below.required,
        flag: None,
        style: ArgvStyle::Command,
        line: below.line,
    };
    found.argv.push(rule(&argument));
    add(argument, false, declared, found);
    let mut merged: Vec<Argument> = Vec::new();
    for (_, command) in &below.commands {
        for argument in &command.arguments {
            if !merged.iter().any(|known| known.name == argument.name) {
                merged.push(argument.clone());
            }
        }
    }
    for (name, command) in &below.commands {
        let mut then = Map::new();
        let needed: Vec<&str> =
            command.arguments.iter().filter(|argument| argument.required).map(|argument| argument.name.as_str()).collect();
        if !needed.is_empty() {
            then.insert("required".to_owned(), json!(needed));
        }
        let foreign = merged.iter().filter(|argument| !command.arguments.iter().any(|own| own.name == argument.name));
        let foreign: Map<String, Value> = foreign.map(|argument| (argument.name.clone(), Value::Bool(false))).collect();
        if !foreign.is_empty() {
            then.insert("properties".to_owned(), Value::Object(foreign));
        }
        let exclusive = exclusive_rules(&command.exclusive, &command.arguments, false);
        if !exclusive.is_empty() {
            then.insert("allOf".to_owned(), Value::Array(exclusive));
        }
        if !then.is_empty() {
            let condition = json!({"required": [below.name], "properties": {below.name.as_str(): {"const": name}}});
            constraints.push(json!({"if": condition, "then": then}));
        }
    }
    let (options, positionals): (Vec<_>, Vec<_>) = merged.iter().partition(|argument| argument.flag.is_some());
    found.argv.extend(options.into_iter().chain(positionals).map(rule));
    for mut argument in merged {
        argument.required = false;
        if let Some(default) = argument.schema.remove("default")
            && default != Value::Bool(false)
            && !argument.schema.contains_key("description")
        {
            argument.schema.insert("description".to_owned(), json!(format!("Default: {default}")));
        }
        add(argument, false, declared, found);
    }
}

fn cannot_merge(below: &Below) -> Option<String> {
    let mut seen: Vec<&Argument> = Vec::new();
    for (name, command) in &below.commands {
        if command.below.is_some() {
            return Some(format!("`{name}` has commands of its own"));
        }
        for argument in &command.arguments {
            if argument.name == below.name {
                return Some(format!("`{}` is both the choice and an argument", argument.name));
            }
            match seen.iter().find(|known| known.name == argument.name) {
                Some(known)
                    if known.flag != argument.flag
                        || known.style != argument.style
                        || known.schema.get("type") != argument.schema.get("type") =>
                {
                    return Some(format!("`{}` means different things in different commands", argument.name));
                }
                Some(_) => {}
                None => seen.push(argument),
            }
        }
        // Positional arguments of different commands can share one order only when each command uses a part of it.
        let order: Vec<usize> = command
            .arguments
            .iter()
            .filter(|argument| argument.flag.is_none())
            .filter_map(|argument| seen.iter().position(|known| known.name == argument.name))
            .collect();
        if !order.is_sorted() {
            return Some("positional arguments come in different orders".to_owned());
        }
    }
    if below.commands.is_empty() { Some("none of them is written literally".to_owned()) } else { None }
}
