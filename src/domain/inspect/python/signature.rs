//! The parameters of `main()` as inputs.

use ruff_python_ast::{Expr, ParameterWithDefault, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;
use serde_json::{Map, Value, json};

use super::module::{Module, docstring};
use super::{annotation, docstring as docs, literal};
use crate::domain::inspect::found::{Found, Input};
use crate::domain::inspect::report::{Note, Origin, Source};
use crate::domain::schema::{FILE_FORMAT, is_file};

/// Whether a function takes inputs as parameters, rather than being handed `sys.argv` or nothing.
#[must_use]
pub fn takes_inputs(module: &Module<'_>, function: &StmtFunctionDef) -> bool {
    let parameters = &function.parameters;
    let named: Vec<&ParameterWithDefault> = parameters.iter_non_variadic_params().collect();
    match named.as_slice() {
        [] => parameters.kwarg.is_some(),
        [only] => !is_argv(module, only),
        _ => true,
    }
}

/// Whether a function without parameters is defined and never mentioned outside of definitions: run as a script, the file
/// would do nothing at all, so it is meant to be called.
#[must_use]
pub fn is_left_to_others(module: &Module<'_>, function: &StmtFunctionDef) -> bool {
    let parameters = &function.parameters;
    let takes_nothing = parameters.iter_non_variadic_params().next().is_none() && parameters.vararg.is_none();
    let runs = module.body.iter().filter(|statement| match statement {
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) => false,
        // A docstring may well speak of it.
        Stmt::Expr(expression) => !expression.value.is_string_literal_expr(),
        _ => true,
    });
    let mut words = runs
        .filter_map(|statement| module.source.get(statement.range().to_std_range()))
        .flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    takes_nothing && words.all(|word| word != function.name.as_str())
}

/// `main(argv=None)` is handed command-line arguments, not an input.
fn is_argv(module: &Module<'_>, parameter: &ParameterWithDefault) -> bool {
    let name = parameter.name().as_str();
    let hinted = parameter.annotation().map(|hint| annotation::read(module, hint).schema);
    let is_list = hinted.is_none_or(|schema| schema.is_empty() || schema.get("type").is_some_and(|kind| kind == "array"));
    matches!(name, "argv" | "args" | "arguments" | "sys_argv" | "cmdline" | "command_line_args") && is_list
}

/// Reads the parameters into inputs.
pub fn read(module: &Module<'_>, function: &StmtFunctionDef, found: &mut Found) {
    let doc = docstring(&function.body).map(|(text, at)| (docs::read(&text), module.line(at)));
    let line = module.line(function.name.range.start());
    if let Some((doc, at)) = &doc {
        let origin = Origin::at(Source::Docstring, module.file, Some(*at));
        if !doc.summary.is_empty() {
            found.title.get_or_insert((doc.summary.clone(), origin.clone()));
            found.description.get_or_insert((doc.description.clone(), origin));
        }
    }
    found.function = Some(function.name.to_string());
    for parameter in function.parameters.iter_non_variadic_params() {
        let described = doc.as_ref().and_then(|(doc, _)| doc.params.get(parameter.name().as_str()));
        let input = input(module, parameter, described, &mut found.notes);
        found.inputs.push(input);
    }
    for parameter in &function.parameters.posonlyargs {
        let text =
            format!("`{}` is positional-only, but inputs are passed by name: remove the `/` from the signature", parameter.name().as_str());
        found.notes.push(Note::new("positional_only", module.file, Some(line), text));
    }
    if function.parameters.vararg.is_some() {
        found.notes.push(Note::new("var_args", module.file, Some(line), "`*args` cannot be filled from named inputs and stays empty"));
    }
    if function.parameters.kwarg.is_some() {
        found.open = true;
        found.notes.push(Note::new(
            "var_kwargs",
            module.file,
            Some(line),
            "`**kwargs` accepts inputs that are not listed, so misspelt names are not noticed",
        ));
    }
}

fn input(module: &Module<'_>, parameter: &ParameterWithDefault, described: Option<&String>, notes: &mut Vec<Note>) -> Input {
    let name = parameter.name().to_string();
    let line = module.line(parameter.range().start());
    let hint = parameter.annotation().map(|hint| annotation::read(module, hint));
    let default = parameter.default().map(|expr| literal::value(module, expr));
    let mut schema = match &hint {
        Some(hint) => {
            if let Some(unknown) = &hint.unknown {
                let text = format!("the type `{unknown}` of `{name}` is not known here, so any value is accepted");
                notes.push(Note::new("unknown_type", module.file, Some(line), text));
            }
            annotation::with_null(hint.clone())
        }
        None => untyped(&name, default.as_ref(), module, line, notes),
    };
    if let Some(text) = described {
        schema.insert("description".to_owned(), Value::String(text.clone()));
    }
    set_default(&mut schema, default.flatten(), parameter.default());
    Input::new(name, schema, parameter.default().is_none(), Origin::at(Source::Signature, module.file, Some(line)))
}

/// A parameter without a hint: its default tells, or it is text.
fn untyped(name: &str, default: Option<&Option<Value>>, module: &Module<'_>, line: u32, notes: &mut Vec<Note>) -> Map<String, Value> {
    let schema = match default {
        Some(Some(Value::Bool(_))) => json!({"type": "boolean"}),
        Some(Some(Value::Number(number))) if number.is_f64() => json!({"type": "number"}),
        Some(Some(Value::Number(_))) => json!({"type": "integer"}),
        Some(Some(Value::String(_))) => json!({"type": "string"}),
        Some(Some(Value::Array(_))) => json!({"type": "array"}),
        Some(Some(Value::Object(_))) => json!({"type": "object"}),
        Some(Some(Value::Null) | None) => {
            notes.push(Note::new("untyped_input", module.file, Some(line), format!("`{name}` has no type hint, so any value is accepted")));
            json!({})
        }
        None => {
            notes.push(Note::new("untyped_input", module.file, Some(line), format!("`{name}` has no type hint and is taken as text")));
            json!({"type": "string"})
        }
    };
    schema.as_object().cloned().unwrap_or_default()
}

/// Puts a constant default into the schema. The default of a file stays with the script: it is no uploaded file.
pub fn set_default(schema: &mut Map<String, Value>, default: Option<Value>, written: Option<&Expr>) {
    match default {
        Some(Value::Null) | None => {}
        Some(value) if is_file(&Value::Object(schema.clone())) => {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            append_description(schema, &format!("Without a file the script uses `{shown}`."));
        }
        Some(value) => {
            schema.insert("default".to_owned(), value);
        }
    }
    if let Some(Expr::Call(_)) = written
        && !schema.contains_key("default")
        && schema.get("format").is_none_or(|format| format != FILE_FORMAT)
    {
        append_description(schema, "The default is computed by the script.");
    }
}

fn append_description(schema: &mut Map<String, Value>, more: &str) {
    let text = match schema.get("description").and_then(Value::as_str) {
        Some(text) if !text.is_empty() => format!("{} {more}", ended(text)),
        _ => more.to_owned(),
    };
    schema.insert("description".to_owned(), Value::String(text));
}

fn ended(text: &str) -> String {
    if text.ends_with(['.', '!', '?', ')']) { text.to_owned() } else { format!("{text}.") }
}
