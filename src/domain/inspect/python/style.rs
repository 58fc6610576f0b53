//! Which way of taking inputs a script uses, and what it says of them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::module::Module;
use super::{argparse, click, docstring, reach, signature, source, stdlib, uses};
use crate::domain::capability::manifest::{ArgvRule, ArgvStyle};
use crate::domain::capability::{Binding, Kind};
use crate::domain::inspect::commandline::{self, Declared};
use crate::domain::inspect::fault::InspectError;
use crate::domain::inspect::found::{Found, Input};
use crate::domain::inspect::report::{Note, Origin, Source};

/// Reads a script.
///
/// # Errors
/// When the source does not parse or is nested too deeply.
pub fn inspect(file: &str, text: &str, wanted: Option<&str>) -> Result<Found, InspectError> {
    let parsed = source::parse(file, text)?;
    let module = Module::new(file, text, &parsed.syntax().body);
    let mut found = Found::new(Kind::Python);
    found.signals = reach::find(&module);
    let uses = uses::find(&module);
    style(&module, &uses, wanted, &mut found);
    describe(&module, &mut found);
    remarks(&module, &uses, &mut found);
    Ok(found)
}

fn style(module: &Module<'_>, uses: &uses::Uses, wanted: Option<&str>, found: &mut Found) {
    let function = module.functions.get(wanted.unwrap_or("main"));
    if let (Some(function), Some(_)) = (function, wanted) {
        found.binding = Binding::Function;
        signature::read(module, function, found);
        return;
    }
    if let Some(command) = argparse::read(module, uses, &mut found.notes) {
        return commandline::assemble(command, Declared { source: Source::Argparse, file: module.file }, found);
    }
    if let Some(command) = click::read(module, uses, &mut found.notes) {
        return commandline::assemble(command, Declared { source: Source::Click, file: module.file }, found);
    }
    let library = ["typer", "fire", "docopt", "absl", "optparse", "cyclopts", "plac", "configargparse"]
        .into_iter()
        .find(|name| module.imports_module(name));
    if let Some(library) = library {
        let line = module.imported.iter().find(|(name, _)| name == library).map(|(_, line)| *line);
        let text = format!("the command line is declared with `{library}`, which is not read: declare the inputs in `capability.toml`");
        found.notes.push(Note::new("unread_command_line", module.file, line, text));
        if library == "typer"
            && let Some(function) = function
        {
            typer_hint(module, function, found);
        }
        return;
    }
    if let Some(function) = function
        && (signature::takes_inputs(module, function) || signature::is_left_to_others(module, function))
    {
        found.binding = Binding::Function;
        return signature::read(module, function, found);
    }
    plain(module, uses, found);
}

/// Says which parameters a typer command has, without guessing how they become arguments.
fn typer_hint(module: &Module<'_>, function: &ruff_python_ast::StmtFunctionDef, found: &mut Found) {
    let names: Vec<String> = function.parameters.iter_non_variadic_params().map(|parameter| parameter.name().to_string()).collect();
    if !names.is_empty() {
        let text = format!("its parameters are {}", names.join(", "));
        found.notes.push(Note::new("unread_command_line", module.file, Some(module.line(function.name.range.start())), text));
    }
}

/// A script without declarations: positions of `sys.argv`, JSON on standard input, or environment variables.
fn plain(module: &Module<'_>, uses: &uses::Uses, found: &mut Found) {
    let origin = |line: u32| Origin::at(Source::Code, module.file, Some(line));
    if let Some(last) = uses.argv.keys().next_back() {
        for index in 1..=*last {
            let known = uses.argv.get(&index);
            let name = known.and_then(|known| known.name.clone()).unwrap_or_else(|| format!("arg{index}"));
            let kind = known.and_then(|known| known.number).unwrap_or("string");
            let mut schema = object(json!({"type": kind, "description": format!("Argument {index} of the command line")}));
            let described = super::argument::Described {
                name: &name,
                help: None,
                metavar: None,
                converter: super::argument::Converter::Text,
                choices: None,
            };
            if kind == "string" {
                schema.extend(super::argument::item_schema(&described, uses));
            }
            add_positional(found, &name, schema, ArgvStyle::Value, origin(known.map_or(1, |known| known.line)));
        }
        found.notes.push(Note::new(
            "raw_argv",
            module.file,
            None,
            "the script reads `sys.argv` itself: which arguments may be left out is not known, so none is required",
        ));
    } else if let Some(line) = uses.argv_rest {
        let schema = object(json!({"type": "array", "items": {"type": "string"}, "description": "Arguments of the command line"}));
        add_positional(found, "args", schema, ArgvStyle::Many, origin(line));
        found.notes.push(Note::new("raw_argv", module.file, Some(line), "the script reads `sys.argv` itself: its arguments are one list"));
    } else if let Some(line) = uses.stdin_json {
        found.binding = Binding::Stdin;
        found.open = true;
        found.notes.push(Note::new(
            "stdin_json",
            module.file,
            Some(line),
            "the script reads a JSON object from standard input; declare its fields to get a form",
        ));
    } else if !uses.env.is_empty() {
        environment(module, uses, found);
    }
}

fn add_positional(found: &mut Found, name: &str, schema: Map<String, Value>, style: ArgvStyle, origin: Origin) {
    let rule = ArgvRule { input: name.to_owned(), flag: None, style };
    let mut input = Input::new(name, schema, false, origin);
    input.rule = Some(rule.clone());
    if !found.inputs.iter().any(|known| known.name == name) {
        found.inputs.push(input);
        found.argv.push(rule);
    }
}

/// Variables that the system sets rather than a requester.
const AMBIENT: [&str; 12] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TZ", "PWD", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV"];

fn environment(module: &Module<'_>, uses: &uses::Uses, found: &mut Found) {
    for (name, used) in &uses.env {
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name || AMBIENT.contains(&name.as_str()) || name.starts_with("EXECGOV_") || name.starts_with("LC_") {
            continue;
        }
        let mut schema = object(json!({"type": "string"}));
        if let Some(default) = used.default.as_ref().and_then(Value::as_str) {
            schema.insert("default".to_owned(), json!(default));
        }
        schema.insert("description".to_owned(), json!(format!("Environment variable {name}")));
        found.inputs.push(Input::new(name, schema, false, Origin::at(Source::Code, module.file, Some(used.line))));
        found.binding = Binding::Env;
    }
}

/// Title and description from the module's documentation string, or the comment it begins with.
fn describe(module: &Module<'_>, found: &mut Found) {
    if let Some((text, line)) = module.docstring() {
        let doc = docstring::read(&text);
        let origin = Origin::at(Source::Docstring, module.file, Some(line));
        if !doc.summary.is_empty() {
            found.title.get_or_insert((doc.summary, origin.clone()));
            found.description.get_or_insert((doc.description, origin));
        }
    }
    if let Some((text, line)) = crate::domain::inspect::comment::leading(module.source) {
        let origin = Origin::at(Source::Comment, module.file, Some(line));
        found.title.get_or_insert((docstring::summary(&text), origin.clone()));
        found.description.get_or_insert((text, origin));
    }
}

fn remarks(module: &Module<'_>, uses: &uses::Uses, found: &mut Found) {
    let mut note = |code: &str, line: Option<u32>, text: &str| found.notes.push(Note::new(code, module.file, line, text));
    if let Some(line) = uses.asks {
        note("prompt", Some(line), "the script asks a question, but nobody can answer during a run: standard input is empty");
    }
    if let Some(line) = uses.stdin
        && uses.stdin_json.is_none()
    {
        note("stdin", Some(line), "the script reads standard input, which is empty during a run unless the binding is `stdin`");
    }
    if found.binding != Binding::Env && !uses.env.is_empty() {
        let names: Vec<&str> = uses.env.keys().map(String::as_str).filter(|name| !AMBIENT.contains(name)).collect();
        if !names.is_empty() {
            let line = uses.env.values().map(|used| used.line).min();
            note(
                "environment",
                line,
                &format!("the script reads the environment variables {}; set them under `[env]` in `capability.toml`", names.join(", ")),
            );
        }
    }
    let third: BTreeSet<&str> =
        module.imported.iter().map(|(name, _)| name.as_str()).filter(|name| !stdlib::is_stdlib(name) && !name.is_empty()).collect();
    found.third_party = third.into_iter().map(str::to_owned).collect();
}

/// Whether a file has `if __name__ == "__main__":`; false when it does not parse.
#[must_use]
pub fn is_runnable(file: &str, text: &str) -> bool {
    source::parse(file, text).is_ok_and(|parsed| Module::new(file, text, &parsed.syntax().body).main_guard().is_some())
}

/// What another file of the package imports and can reach.
///
/// # Errors
/// When it does not parse.
pub fn imported_modules(file: &str, text: &str) -> Result<(Vec<String>, Vec<crate::domain::inspect::found::Signal>), InspectError> {
    let parsed = source::parse(file, text)?;
    let module = Module::new(file, text, &parsed.syntax().body);
    let names = module.imported.iter().map(|(name, _)| name.clone()).filter(|name| !stdlib::is_stdlib(name) && !name.is_empty()).collect();
    Ok((names, reach::find(&module)))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
