//! One `add_argument(...)` of argparse.

use ruff_python_ast::{Arguments, Expr};
use serde_json::{Map, Value, json};

use super::argument::{self, Converter, Described};
use super::literal;
use super::module::Module;
use super::uses::Uses;
use crate::domain::capability::manifest::ArgvStyle;
use crate::domain::inspect::commandline::Argument;
use crate::domain::inspect::report::Note;

/// Whether a keyword is the constant `True`.
pub fn flag(module: &Module<'_>, arguments: &Arguments, keyword: &str) -> bool {
    arguments.find_keyword(keyword).and_then(|keyword| literal::value(module, &keyword.value)) == Some(Value::Bool(true))
}

/// The flags of an option as written, or the name of a positional argument.
struct Names {
    flags: Vec<String>,
    name: String,
}

/// How many values an argument takes.
#[derive(Clone, Copy, PartialEq)]
enum Count {
    One,
    Optional,
    Any,
    Some,
    Exactly(u64),
}

/// Reads one declaration. `None` when it is no input (help, version, hidden) or cannot be read, which is noted.
pub fn argparse(
    module: &Module<'_>,
    uses: &Uses,
    arguments: &Arguments,
    line: u32,
    taken: &[String],
    notes: &mut Vec<Note>,
) -> Option<Argument> {
    let mut note = |code: &str, text: String| notes.push(Note::new(code, module.file, Some(line), text));
    let Some(mut names) = names(module, arguments) else {
        note("dynamic_argument", "an argument whose name is computed cannot be read".to_owned());
        return None;
    };
    if arguments.keywords.iter().any(|keyword| keyword.arg.is_none()) {
        note("dynamic_argument", format!("`{}` takes settings from a dictionary; only those written here are read", names.name));
    }
    let keyword = |name: &str| arguments.find_keyword(name).map(|keyword| &keyword.value);
    let text = |name: &str| keyword(name).and_then(|value| literal::text(module, value));
    if keyword("help").is_some_and(|help| module.path(help).as_deref() == Some("argparse.SUPPRESS")) {
        note("hidden_argument", format!("`{}` is hidden from the script's help and is left out here too", names.name));
        return None;
    }
    let action =
        keyword("action").map_or_else(|| Some("store".to_owned()), |action| literal::text(module, action).or_else(|| module.path(action)));
    let action = action.unwrap_or_default();
    if matches!(action.as_str(), "help" | "version") {
        return None;
    }
    // A second option with the same destination is an input of its own, named after its flag.
    if taken.contains(&names.name) || action == "append_const" {
        names.name = names.flags.first().map_or(names.name.clone(), |flag| flag.trim_start_matches('-').replace('-', "_"));
    }
    let default = keyword("default").and_then(|default| literal::value(module, default));
    let help = text("help").map(|help| expand_help(&help, default.as_ref()));
    let flag = names.flags.iter().find(|flag| flag.starts_with("--")).or(names.flags.first()).cloned();
    let is_option = flag.is_some();
    let mut schema;
    let style;
    let mut required = if is_option { self::flag(module, arguments, "required") } else { true };
    match action.as_str() {
        "store_true" | "store_const" | "append_const" => {
            style = ArgvStyle::SwitchOn;
            schema = object(json!({"type": "boolean"}));
            argument::finish(&mut schema, help.as_deref(), Some(json!(false)));
        }
        "store_false" => {
            style = ArgvStyle::SwitchOff;
            schema = object(json!({"type": "boolean"}));
            argument::finish(&mut schema, help.as_deref(), Some(json!(true)));
        }
        "argparse.BooleanOptionalAction" => {
            style = ArgvStyle::SwitchPair;
            schema = object(json!({"type": "boolean"}));
            argument::finish(&mut schema, help.as_deref(), default);
        }
        "count" => {
            style = ArgvStyle::Count;
            schema = object(json!({"type": "integer", "minimum": 0, "maximum": 20}));
            argument::finish(&mut schema, help.as_deref(), Some(json!(0)));
        }
        _ => {
            if !matches!(action.as_str(), "store" | "append" | "extend") {
                note("custom_action", format!("the action `{action}` of `{}` is not known and is taken as a plain value", names.name));
            }
            let item = item(module, uses, arguments, &names, help.as_deref(), &mut note);
            let count = count(module, keyword("nargs"), action.as_str());
            required = required && (is_option || !matches!(count, Count::Optional | Count::Any));
            let many = action == "append" || !matches!(count, Count::One | Count::Optional);
            schema = if many { list(&item, count, action == "append") } else { item };
            style = match (action.as_str(), many) {
                ("append", _) => ArgvStyle::Repeat,
                (_, true) => ArgvStyle::Many,
                (_, false) => ArgvStyle::Value,
            };
            // A list that argparse appends to keeps its default in the script: filling it in would double it.
            let default = default.filter(|_| action != "append" && action != "extend");
            argument::finish(&mut schema, help.as_deref(), default);
        }
    }
    Some(Argument { name: names.name, schema, required, flag, style, line })
}

fn names(module: &Module<'_>, arguments: &Arguments) -> Option<Names> {
    let written: Option<Vec<String>> = arguments.args.iter().map(|name| literal::text(module, name)).collect();
    let written = written?;
    let dest = arguments.find_keyword("dest").and_then(|dest| literal::text(module, &dest.value));
    match written.as_slice() {
        [] => dest.map(|name| Names { flags: Vec::new(), name }),
        [name] if !name.starts_with('-') => Some(Names { flags: Vec::new(), name: name.clone() }),
        flags => {
            if flags.iter().any(|flag| !flag.starts_with('-') || flag.len() < 2) {
                return None;
            }
            let long = flags.iter().find(|flag| flag.starts_with("--")).or(flags.first())?;
            let name = dest.unwrap_or_else(|| long.trim_start_matches('-').replace('-', "_"));
            (!name.is_empty()).then(|| Names { flags: flags.to_vec(), name })
        }
    }
}

fn item(
    module: &Module<'_>,
    uses: &Uses,
    arguments: &Arguments,
    names: &Names,
    help: Option<&str>,
    note: &mut impl FnMut(&str, String),
) -> Map<String, Value> {
    let keyword = |name: &str| arguments.find_keyword(name).map(|keyword| &keyword.value);
    let converter = keyword("type").map_or(Converter::Text, |kind| argument::converter(module, kind));
    if let Converter::Unknown(function) = &converter {
        let text = if function == "bool" {
            format!("`type=bool` makes any text but an empty one true, so `{}` is taken as text", names.name)
        } else {
            format!("what `{function}` accepts for `{}` is not known, so it is taken as text", names.name)
        };
        note("unknown_type", text);
    }
    let choices = keyword("choices").and_then(|choices| {
        let read = literal::choices(module, choices);
        if read.is_none() {
            note("dynamic_choices", format!("the choices of `{}` are computed and cannot be read", names.name));
        }
        read
    });
    let metavar = keyword("metavar").and_then(|metavar| literal::text(module, metavar));
    let described = Described { name: &names.name, help, metavar: metavar.as_deref(), converter, choices };
    if argument::writes_file(&described, uses) {
        note("output_path", format!("`{}` is a path that the script writes: files below `outputs/` are kept as artifacts", names.name));
    }
    argument::item_schema(&described, uses)
}

fn count(module: &Module<'_>, nargs: Option<&Expr>, action: &str) -> Count {
    let Some(nargs) = nargs else { return if action == "extend" { Count::Some } else { Count::One } };
    match literal::value(module, nargs) {
        Some(Value::String(text)) => match text.as_str() {
            "?" => Count::Optional,
            "+" => Count::Some,
            _ => Count::Any,
        },
        Some(Value::Number(number)) => number.as_u64().map_or(Count::One, Count::Exactly),
        // `argparse.REMAINDER`
        _ => Count::Any,
    }
}

fn list(item: &Map<String, Value>, count: Count, append: bool) -> Map<String, Value> {
    let mut schema = object(json!({"type": "array", "items": item}));
    match count {
        Count::Some if !append => {
            schema.insert("minItems".to_owned(), json!(1));
        }
        Count::Exactly(number) if !append => {
            schema.insert("minItems".to_owned(), json!(number));
            schema.insert("maxItems".to_owned(), json!(number));
        }
        _ => {}
    }
    schema
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Help text as argparse prints it, as far as constants go.
fn expand_help(help: &str, default: Option<&Value>) -> String {
    let shown = default.map_or_else(String::new, |default| default.as_str().map_or_else(|| default.to_string(), str::to_owned));
    let text = help.replace("%(default)s", &shown).replace("%(default)r", &shown).replace("%(default)d", &shown);
    text.replace("%%", "%").split_whitespace().collect::<Vec<_>>().join(" ")
}
