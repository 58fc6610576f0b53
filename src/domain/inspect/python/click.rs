//! `click` declarations: commands, groups, options and arguments given as decorators.

use std::collections::BTreeMap;

use ruff_python_ast::{Decorator, Expr, ExprCall, Stmt, StmtFunctionDef};
use serde_json::{Map, Value, json};

use super::argument::{self, Converter, Described};
use super::module::{Module, docstring, dotted};
use super::option::flag;
use super::uses::Uses;
use super::{annotation, literal};
use crate::domain::capability::manifest::ArgvStyle;
use crate::domain::inspect::commandline::{Argument, Below, Command};
use crate::domain::inspect::report::Note;
use crate::domain::schema::FILE_FORMAT;

/// Groups inside groups, at most.
const DEPTH: usize = 6;

/// A function that click turned into a command.
struct Declared<'a> {
    function: &'a StmtFunctionDef,
    /// The name on the command line.
    name: String,
    is_group: bool,
    /// The group it belongs to, by the name of its function.
    group: Option<String>,
}

/// The command line that a module declares with click, if it does.
pub fn read(module: &Module<'_>, uses: &Uses, notes: &mut Vec<Note>) -> Option<Command> {
    if !module.imports_module("click") && !module.imports_module("rich_click") {
        return None;
    }
    let mut declared: BTreeMap<&str, Declared<'_>> = BTreeMap::new();
    let mut order = Vec::new();
    for statement in module.body {
        let Stmt::FunctionDef(function) = statement else { continue };
        if let Some(found) = declaration(module, function, &declared) {
            order.push(function.name.as_str());
            declared.insert(function.name.as_str(), found);
        }
    }
    attached(module, &mut declared);
    let main = main_command(module, &declared, &order)?;
    let reader = Reader { module, uses, declared: &declared, order: &order };
    reader.command(main, DEPTH, notes)
}

fn declaration<'a>(module: &Module<'a>, function: &'a StmtFunctionDef, known: &BTreeMap<&str, Declared<'a>>) -> Option<Declared<'a>> {
    for decorator in &function.decorator_list {
        let (callee, call) = split(decorator);
        let written = dotted(callee)?;
        let path = module.path(callee).unwrap_or_default();
        let (owner, method) = written.rsplit_once('.').unwrap_or(("", &written));
        let is_click = path.starts_with("click.") || path.starts_with("rich_click.");
        let group = known.get(owner).filter(|owner| owner.is_group).map(|_| owner.to_owned());
        let last = path.rsplit('.').next().unwrap_or(method);
        if (!is_click && group.is_none()) || !matches!(last, "command" | "group") {
            continue;
        }
        let given = call.and_then(|call| call.arguments.find_argument_value("name", 0)).and_then(|name| literal::text(module, name));
        let name = given.unwrap_or_else(|| function.name.trim_start_matches('_').to_lowercase().replace('_', "-"));
        return Some(Declared { function, name, is_group: last == "group", group });
    }
    None
}

/// `group.add_command(function)` at the top level.
fn attached(module: &Module<'_>, declared: &mut BTreeMap<&str, Declared<'_>>) {
    for statement in module.body {
        let Stmt::Expr(expression) = statement else { continue };
        let Expr::Call(call) = &*expression.value else { continue };
        let Some(written) = dotted(&call.func) else { continue };
        let Some(group) = written.strip_suffix(".add_command") else { continue };
        if let Some(child) = call.arguments.find_positional(0).and_then(dotted)
            && let Some(child) = declared.get_mut(child.as_str())
        {
            child.group = Some(group.to_owned());
        }
    }
}

/// The command that the file calls when it is run, or its only one.
fn main_command<'a>(module: &Module<'a>, declared: &BTreeMap<&'a str, Declared<'a>>, order: &[&'a str]) -> Option<&'a str> {
    for statement in module.main_guard().unwrap_or_default().iter().chain(module.body) {
        let Stmt::Expr(expression) = statement else { continue };
        let Expr::Call(call) = &*expression.value else { continue };
        if let Some(called) = dotted(&call.func)
            && let Some((name, _)) = declared.get_key_value(called.as_str())
        {
            return Some(name);
        }
    }
    order.iter().copied().find(|name| declared.get(name).is_some_and(|declared| declared.group.is_none()))
}

fn split(decorator: &Decorator) -> (&Expr, Option<&ExprCall>) {
    match &decorator.expression {
        Expr::Call(call) => (&call.func, Some(call)),
        other => (other, None),
    }
}

struct Reader<'m, 'a> {
    module: &'m Module<'a>,
    uses: &'m Uses,
    declared: &'m BTreeMap<&'a str, Declared<'a>>,
    order: &'m [&'a str],
}

impl Reader<'_, '_> {
    fn command(&self, name: &str, depth: usize, notes: &mut Vec<Note>) -> Option<Command> {
        let depth = depth.checked_sub(1)?;
        let declared = self.declared.get(name)?;
        let mut command = Command {
            description: docstring(&declared.function.body)
                .map(|(text, at)| (text.replace('\u{8}', "").trim().to_owned(), self.module.line(at))),
            ..Command::default()
        };
        for decorator in &declared.function.decorator_list {
            let (callee, Some(call)) = split(decorator) else { continue };
            let path = self.module.path(callee).unwrap_or_default();
            let line = self.module.line(decorator.range.start());
            let read = match path.rsplit('.').next().unwrap_or_default() {
                "option" => self.option(call, line, notes),
                "argument" => self.argument(call, line, notes),
                "password_option" | "confirmation_option" => {
                    notes.push(Note::new(
                        "prompt",
                        self.module.file,
                        Some(line),
                        "the script asks a question, but nobody can answer during a run",
                    ));
                    continue;
                }
                _ => continue,
            };
            command.arguments.extend(read);
        }
        if declared.is_group {
            let line = self.module.line(declared.function.name.range.start());
            let mut below = Below { name: "command".to_owned(), required: true, commands: Vec::new(), line };
            for child in self.order {
                if self.declared.get(child).is_some_and(|child| child.group.as_deref() == Some(name))
                    && let (Some(command), Some(declared)) = (self.command(child, depth, notes), self.declared.get(child))
                {
                    below.commands.push((declared.name.clone(), command));
                }
            }
            command.below = Some(below);
        }
        Some(command)
    }

    fn names(&self, call: &ExprCall) -> Option<Vec<String>> {
        call.arguments.args.iter().map(|name| literal::text(self.module, name)).collect()
    }

    fn option(&self, call: &ExprCall, line: u32, notes: &mut Vec<Note>) -> Option<Argument> {
        let mut note = |code: &str, text: String| notes.push(Note::new(code, self.module.file, Some(line), text));
        let Some(written) = self.names(call) else {
            note("dynamic_argument", "an option whose name is computed cannot be read".to_owned());
            return None;
        };
        let module = self.module;
        let keyword = |name: &str| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
        let pair = written.iter().find(|name| name.starts_with("--") && name.contains('/')).cloned();
        let on: Vec<String> = written
            .iter()
            .filter(|name| name.starts_with('-'))
            .map(|name| name.split('/').next().unwrap_or(name).trim().to_owned())
            .collect();
        let main = on.iter().find(|name| name.starts_with("--")).or(on.first())?.clone();
        let explicit = written.iter().find(|name| !name.starts_with('-')).cloned();
        let name = explicit.unwrap_or_else(|| main.trim_start_matches('-').replace('-', "_").to_lowercase());
        if flag(module, &call.arguments, "hidden") {
            note("hidden_argument", format!("`{name}` is hidden from the script's help and is left out here too"));
            return None;
        }
        let default = keyword("default").and_then(|default| literal::value(module, default));
        let help = keyword("help").and_then(|help| literal::text(module, help));
        if keyword("prompt").is_some_and(|prompt| literal::value(module, prompt) != Some(Value::Bool(false))) {
            note(
                "prompt",
                format!("the script asks for `{name}` when it is left out, but nobody can answer during a run: it is required here"),
            );
        }
        if keyword("envvar").is_some() {
            note("envvar", format!("`{name}` can also come from an environment variable of the script; here it comes from the input"));
        }
        let prompted = keyword("prompt").is_some() && default.is_none();
        let required = (flag(module, &call.arguments, "required") || prompted) && default.is_none();
        if let Some(pair) = &pair {
            let mut schema = object(json!({"type": "boolean"}));
            argument::finish(&mut schema, help.as_deref(), default.or(Some(json!(false))));
            let off = pair.split('/').nth(1).unwrap_or_default().trim();
            let regular = off == format!("--no-{}", main.trim_start_matches('-'));
            let style = if regular { ArgvStyle::SwitchPair } else { ArgvStyle::SwitchOn };
            if !regular {
                note("switch_pair", format!("only `{main}` of the pair `{pair}` is used"));
            }
            return Some(Argument { name, schema, required, flag: Some(main), style, line });
        }
        let is_flag = flag(module, &call.arguments, "is_flag")
            || keyword("flag_value").is_some()
            || (matches!(default, Some(Value::Bool(_))) && keyword("type").is_none());
        if is_flag {
            let mut schema = object(json!({"type": "boolean"}));
            argument::finish(&mut schema, help.as_deref(), Some(json!(false)));
            return Some(Argument { name, schema, required: false, flag: Some(main), style: ArgvStyle::SwitchOn, line });
        }
        if flag(module, &call.arguments, "count") {
            let mut schema = object(json!({"type": "integer", "minimum": 0, "maximum": 20}));
            argument::finish(&mut schema, help.as_deref(), Some(json!(0)));
            return Some(Argument { name, schema, required: false, flag: Some(main), style: ArgvStyle::Count, line });
        }
        let item = self.item(&name, help.as_deref(), call, default.as_ref(), &mut note);
        let several = keyword("nargs").and_then(|nargs| literal::value(module, nargs)?.as_u64()).filter(|count| *count > 1);
        let (mut schema, style) = match several {
            Some(count) => (object(json!({"type": "array", "items": item, "minItems": count, "maxItems": count})), ArgvStyle::Many),
            None if flag(module, &call.arguments, "multiple") => (object(json!({"type": "array", "items": item})), ArgvStyle::Repeat),
            None => (item, ArgvStyle::Value),
        };
        argument::finish(&mut schema, help.as_deref(), default);
        Some(Argument { name, schema, required, flag: Some(main), style, line })
    }

    fn argument(&self, call: &ExprCall, line: u32, notes: &mut Vec<Note>) -> Option<Argument> {
        let mut note = |code: &str, text: String| notes.push(Note::new(code, self.module.file, Some(line), text));
        let Some(written) = self.names(call) else {
            note("dynamic_argument", "an argument whose name is computed cannot be read".to_owned());
            return None;
        };
        let module = self.module;
        let keyword = |name: &str| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
        let name = written.first()?.replace('-', "_").to_lowercase();
        let default = keyword("default").and_then(|default| literal::value(module, default));
        let item = self.item(&name, None, call, default.as_ref(), &mut note);
        let nargs = keyword("nargs").and_then(|nargs| literal::value(module, nargs)?.as_i64());
        let stated = keyword("required").and_then(|required| literal::value(module, required)?.as_bool());
        let required = stated.unwrap_or(default.is_none() && nargs != Some(-1));
        let (mut schema, style) = match nargs {
            Some(-1) => {
                let mut schema = object(json!({"type": "array", "items": item}));
                if required {
                    schema.insert("minItems".to_owned(), json!(1));
                }
                (schema, ArgvStyle::Many)
            }
            Some(count) if count > 1 => {
                (object(json!({"type": "array", "items": item, "minItems": count, "maxItems": count})), ArgvStyle::Many)
            }
            _ => (item, ArgvStyle::Value),
        };
        argument::finish(&mut schema, None, default);
        Some(Argument { name, schema, required, flag: None, style, line })
    }

    fn item(
        &self,
        name: &str,
        help: Option<&str>,
        call: &ExprCall,
        default: Option<&Value>,
        note: &mut impl FnMut(&str, String),
    ) -> Map<String, Value> {
        let module = self.module;
        let Some(kind) = call.arguments.find_keyword("type").map(|keyword| &keyword.value) else {
            return match default {
                Some(Value::Number(number)) if number.is_f64() => object(json!({"type": "number"})),
                Some(Value::Number(_)) => object(json!({"type": "integer"})),
                _ => argument::item_schema(&Described { name, help, metavar: None, converter: Converter::Text, choices: None }, self.uses),
            };
        };
        let (callee, arguments) = match kind {
            Expr::Call(call) => (&*call.func, Some(&call.arguments)),
            other => (other, None),
        };
        let path = module.path(callee).unwrap_or_default();
        let given = |keyword: &str, position: usize| {
            arguments.and_then(|arguments| arguments.find_argument_value(keyword, position)).and_then(|value| literal::value(module, value))
        };
        let converter = match path.strip_prefix("click.").unwrap_or(&path) {
            "STRING" | "UNPROCESSED" => Converter::Text,
            "INT" => Converter::Schema(object(json!({"type": "integer"}))),
            "FLOAT" => Converter::Schema(object(json!({"type": "number"}))),
            "BOOL" => Converter::Schema(object(json!({"type": "boolean"}))),
            "UUID" => Converter::Schema(object(json!({"type": "string", "format": "uuid"}))),
            "Choice" => {
                let choices = arguments
                    .and_then(|arguments| arguments.find_argument_value("choices", 0))
                    .and_then(|choices| literal::choices(module, choices));
                if let Some(choices) = choices {
                    Converter::Schema(annotation::choices(choices))
                } else {
                    note("dynamic_choices", format!("the choices of `{name}` are computed and cannot be read"));
                    Converter::Text
                }
            }
            range @ ("IntRange" | "FloatRange") => {
                let mut schema = object(json!({"type": if range == "IntRange" { "integer" } else { "number" }}));
                let open = |keyword: &str| arguments.is_some_and(|arguments| flag(module, arguments, keyword));
                for (keyword, position, rule, exclusive) in [
                    ("min", 0, "minimum", open("min_open").then_some("exclusiveMinimum")),
                    ("max", 1, "maximum", open("max_open").then_some("exclusiveMaximum")),
                ] {
                    if let Some(limit) = given(keyword, position).filter(Value::is_number) {
                        schema.insert(exclusive.unwrap_or(rule).to_owned(), limit);
                    }
                }
                Converter::Schema(schema)
            }
            "DateTime" => {
                let formats = arguments
                    .and_then(|arguments| arguments.find_argument_value("formats", 0))
                    .and_then(|formats| literal::value(module, formats));
                match formats.as_ref().and_then(Value::as_array).map(Vec::as_slice) {
                    Some([only]) if only == "%Y-%m-%d" => Converter::Schema(object(json!({"type": "string", "format": "date"}))),
                    _ => Converter::Text,
                }
            }
            "File" => match given("mode", 0).and_then(|mode| mode.as_str().map(|mode| mode.contains(['w', 'a']))) {
                Some(true) => Converter::WriteFile,
                _ => Converter::ReadFile,
            },
            "Path" => {
                let no_directory =
                    arguments.is_some_and(|arguments| arguments.find_keyword("dir_okay").is_some() && !flag(module, arguments, "dir_okay"));
                let no_file = arguments
                    .is_some_and(|arguments| arguments.find_keyword("file_okay").is_some() && !flag(module, arguments, "file_okay"));
                let exists = arguments.is_some_and(|arguments| flag(module, arguments, "exists"));
                match (no_file, no_directory && exists) {
                    (true, _) => Converter::Text,
                    (_, true) => Converter::Schema(object(json!({"type": "string", "format": FILE_FORMAT}))),
                    _ => Converter::Path,
                }
            }
            _ => argument::converter(module, kind),
        };
        if let Converter::Unknown(function) = &converter {
            note("unknown_type", format!("what `{function}` accepts for `{name}` is not known, so it is taken as text"));
        }
        let described = Described { name, help, metavar: None, converter, choices: None };
        if argument::writes_file(&described, self.uses) {
            note("output_path", format!("`{name}` is a path that the script writes: files below `outputs/` are kept as artifacts"));
        }
        argument::item_schema(&described, self.uses)
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
