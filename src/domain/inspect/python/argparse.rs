//! `argparse` declarations: parsers, groups, subcommands and what each `add_argument` says.
//!
//! Calls are followed through variables, attributes and helper functions of the same file. What is built at run time
//! (names in loops, unpacked dictionaries that are not constant) is reported, not guessed.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Arguments, Expr, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextSize};
use serde_json::Value;

use super::literal;
use super::module::{Module, dotted};
use super::option;
use super::uses::Uses;
use crate::domain::inspect::commandline::{Argument, Below, Command, Exclusive};
use crate::domain::inspect::report::Note;

/// Parsers in one file, at most.
const PARSERS: usize = 200;
/// Parents of parents, at most.
const PARENTS: usize = 8;

/// What an expression of the argparse world is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Handle {
    Parser(usize),
    /// An argument group: its arguments belong to the parser.
    Group(usize),
    Exclusive(usize, usize),
    Below(usize),
}

#[derive(Debug, Default)]
struct Parser {
    command: Command,
    parents: Vec<usize>,
    is_below: bool,
    parses: bool,
    defaults: BTreeMap<String, Value>,
    /// The commands below: name and parser.
    children: Vec<(String, usize)>,
    has_below: Option<Below>,
}

/// A call on a parameter of a helper function, waiting for the helper's callers.
struct Deferred<'a> {
    function: String,
    parameter: usize,
    method: &'a str,
    call: &'a ExprCall,
}

struct Scan<'m, 'a> {
    module: &'m Module<'a>,
    uses: &'m Uses,
    parsers: Vec<Parser>,
    names: BTreeMap<String, Handle>,
    seen: BTreeMap<(TextSize, TextSize), Option<Handle>>,
    /// Enclosing functions: name and parameters.
    scopes: Vec<(String, Vec<String>)>,
    deferred: Vec<Deferred<'a>>,
    bindings: Vec<(String, usize, Handle)>,
    notes: Vec<Note>,
}

/// The command line that a module declares with argparse, if it does.
pub fn read(module: &Module<'_>, uses: &Uses, notes: &mut Vec<Note>) -> Option<Command> {
    let mut scan = Scan {
        module,
        uses,
        parsers: Vec::new(),
        names: BTreeMap::new(),
        seen: BTreeMap::new(),
        scopes: Vec::new(),
        deferred: Vec::new(),
        bindings: Vec::new(),
        notes: Vec::new(),
    };
    for statement in module.body {
        scan.visit_stmt(statement);
    }
    scan.settle();
    let main = scan.main()?;
    let command = scan.command(main, PARENTS);
    notes.append(&mut scan.notes);
    Some(command)
}

impl<'a> Scan<'_, 'a> {
    /// What a call makes; its effect happens once, however often the call is looked at.
    fn call(&mut self, call: &'a ExprCall) -> Option<Handle> {
        let key = (call.range().start(), call.range().end());
        if let Some(known) = self.seen.get(&key) {
            return *known;
        }
        let handle = self.effect(call);
        self.seen.insert(key, handle);
        handle
    }

    fn effect(&mut self, call: &'a ExprCall) -> Option<Handle> {
        let path = self.module.path(&call.func).unwrap_or_default();
        if self.is_parser_class(&path) {
            return self.new_parser(call);
        }
        if let Expr::Name(function) = &*call.func {
            for (index, argument) in call.arguments.args.iter().enumerate() {
                if let Some(handle) = self.handle(argument) {
                    self.bindings.push((function.id.to_string(), index, handle));
                }
            }
        }
        let Expr::Attribute(method) = &*call.func else { return None };
        let name = method.attr.as_str();
        if let Some(receiver) = self.handle(&method.value) {
            self.method(receiver, name, call)
        } else {
            self.defer(&method.value, name, call);
            None
        }
    }

    fn is_parser_class(&self, path: &str) -> bool {
        if path == "argparse.ArgumentParser" {
            return true;
        }
        self.module
            .classes
            .get(path)
            .and_then(|class| class.arguments.as_ref())
            .is_some_and(|arguments| arguments.args.iter().any(|base| self.module.path(base).as_deref() == Some("argparse.ArgumentParser")))
    }

    fn handle(&mut self, expr: &'a Expr) -> Option<Handle> {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::Name(_) | Expr::Attribute(_) => self.names.get(&dotted(expr)?).copied(),
            _ => None,
        }
    }

    fn new_parser(&mut self, call: &'a ExprCall) -> Option<Handle> {
        if self.parsers.len() >= PARSERS {
            return None;
        }
        let line = self.module.line(call.range().start());
        let mut parser = Parser::default();
        parser.command.description = self.description(&call.arguments, line);
        if let Some(Expr::List(parents)) = call.arguments.find_keyword("parents").map(|keyword| &keyword.value) {
            for parent in &parents.elts {
                match self.handle(parent) {
                    Some(Handle::Parser(index)) => parser.parents.push(index),
                    _ => self.note(
                        "parser_parents",
                        line,
                        "a parent parser is not defined in this file, so its arguments are unknown".to_owned(),
                    ),
                }
            }
        }
        if let Some(prefix) = self.text(&call.arguments, "prefix_chars").filter(|prefix| !prefix.contains('-')) {
            self.note("prefix_chars", line, format!("options begin with `{prefix}` instead of `-`"));
        }
        if call.arguments.find_keyword("fromfile_prefix_chars").is_some() {
            self.note("fromfile_prefix", line, "`fromfile_prefix_chars` lets a value name a file of further arguments".to_owned());
        }
        self.parsers.push(parser);
        Some(Handle::Parser(self.parsers.len() - 1))
    }

    fn description(&self, arguments: &Arguments, line: u32) -> Option<(String, u32)> {
        let text = self.text(arguments, "description").or_else(|| self.text(arguments, "help"))?;
        let text = super::module::dedent(&text).trim().to_owned();
        (!text.is_empty()).then_some((text, line))
    }

    fn text(&self, arguments: &Arguments, keyword: &str) -> Option<String> {
        literal::text(self.module, &arguments.find_keyword(keyword)?.value)
    }

    fn note(&mut self, code: &str, line: u32, text: String) {
        self.notes.push(Note::new(code, self.module.file, Some(line), text));
    }

    fn method(&mut self, receiver: Handle, name: &str, call: &'a ExprCall) -> Option<Handle> {
        let line = self.module.line(call.range().start());
        let owner = match receiver {
            Handle::Parser(parser) | Handle::Group(parser) | Handle::Exclusive(parser, _) | Handle::Below(parser) => parser,
        };
        match (name, receiver) {
            ("add_argument", _) => {
                self.add_argument(owner, receiver, call, line);
                None
            }
            ("add_argument_group", _) => Some(Handle::Group(owner)),
            ("add_mutually_exclusive_group", _) => {
                let required = option::flag(self.module, &call.arguments, "required");
                let groups = &mut self.parsers[owner].command.exclusive;
                groups.push(Exclusive { required, members: Vec::new() });
                Some(Handle::Exclusive(owner, groups.len() - 1))
            }
            ("add_subparsers", Handle::Parser(_)) => {
                let dest = self.text(&call.arguments, "dest").unwrap_or_else(|| "command".to_owned());
                let required = option::flag(self.module, &call.arguments, "required");
                self.parsers[owner].has_below = Some(Below { name: dest, required, commands: Vec::new(), line });
                Some(Handle::Below(owner))
            }
            ("add_parser", Handle::Below(_)) => {
                let handle = self.new_parser(call)?;
                if let Handle::Parser(child) = handle {
                    self.parsers[child].is_below = true;
                    match call.arguments.find_positional(0).and_then(|name| literal::text(self.module, name)) {
                        Some(name) => self.parsers[owner].children.push((name, child)),
                        None => self.note("dynamic_argument", line, "a command whose name is computed cannot be read".to_owned()),
                    }
                }
                Some(handle)
            }
            ("set_defaults", _) => {
                for keyword in &call.arguments.keywords {
                    if let Some(name) = &keyword.arg
                        && let Some(value) = literal::value(self.module, &keyword.value)
                    {
                        self.parsers[owner].defaults.insert(name.to_string(), value);
                    }
                }
                None
            }
            ("parse_args" | "parse_known_args" | "parse_intermixed_args", Handle::Parser(_)) => {
                self.parsers[owner].parses = true;
                None
            }
            _ => None,
        }
    }

    fn add_argument(&mut self, owner: usize, receiver: Handle, call: &'a ExprCall, line: u32) {
        let taken: Vec<String> = self.parsers[owner].command.arguments.iter().map(|argument| argument.name.clone()).collect();
        if let Some(argument) = option::argparse(self.module, self.uses, &call.arguments, line, &taken, &mut self.notes) {
            if let Handle::Exclusive(_, group) = receiver {
                self.parsers[owner].command.exclusive[group].members.push(argument.name.clone());
            }
            self.parsers[owner].command.arguments.push(argument);
        }
    }

    fn defer(&mut self, receiver: &'a Expr, method: &'a str, call: &'a ExprCall) {
        if !matches!(method, "add_argument" | "add_argument_group" | "add_mutually_exclusive_group") {
            return;
        }
        let Expr::Name(name) = receiver else { return };
        let Some((function, parameters)) = self.scopes.last() else { return };
        if let Some(parameter) = parameters.iter().position(|parameter| parameter == name.id.as_str()) {
            self.deferred.push(Deferred { function: function.clone(), parameter, method, call });
        }
    }

    /// Hands deferred calls to the parsers that their helpers are called with.
    fn settle(&mut self) {
        let only: Vec<usize> = (0..self.parsers.len()).filter(|index| !self.parsers[*index].is_below).collect();
        for deferred in std::mem::take(&mut self.deferred) {
            if deferred.method != "add_argument" {
                let line = self.module.line(deferred.call.range().start());
                self.note("dynamic_argument", line, "a group made in a helper function is not followed".to_owned());
                continue;
            }
            let mut receivers: Vec<Handle> = self
                .bindings
                .iter()
                .filter(|(function, index, _)| *function == deferred.function && *index == deferred.parameter)
                .map(|(_, _, handle)| *handle)
                .collect();
            if let ([], [one]) = (receivers.as_slice(), only.as_slice()) {
                receivers.push(Handle::Parser(*one));
            }
            for receiver in receivers {
                self.method(receiver, "add_argument", deferred.call);
            }
        }
    }

    /// The parser that reads the command line: the one that parses, or the first that stands by itself.
    fn main(&self) -> Option<usize> {
        let parents: Vec<usize> = self.parsers.iter().flat_map(|parser| parser.parents.clone()).collect();
        let candidates = |index: &usize| !self.parsers[*index].is_below;
        let all = 0..self.parsers.len();
        all.clone()
            .filter(candidates)
            .find(|index| self.parsers[*index].parses)
            .or_else(|| all.filter(candidates).find(|index| !parents.contains(index)))
    }

    fn command(&mut self, index: usize, depth: usize) -> Command {
        let mut command = std::mem::take(&mut self.parsers[index].command);
        let parents = self.parsers[index].parents.clone();
        if depth > 0 {
            let mut inherited: Vec<Argument> = Vec::new();
            for parent in parents {
                let above = self.command(parent, depth - 1);
                self.parsers[parent].command = above.clone();
                inherited.extend(above.arguments);
                command.exclusive.extend(above.exclusive);
            }
            inherited.append(&mut command.arguments);
            command.arguments = inherited;
        }
        for (name, value) in std::mem::take(&mut self.parsers[index].defaults) {
            if let Some(argument) = command.arguments.iter_mut().find(|argument| argument.name == name) {
                super::argument::finish(&mut argument.schema, None, Some(value));
            }
        }
        if let Some(mut below) = self.parsers[index].has_below.take()
            && depth > 0
        {
            for (name, child) in std::mem::take(&mut self.parsers[index].children) {
                let command = self.command(child, depth - 1);
                below.commands.push((name, command));
            }
            command.below = Some(below);
        }
        command
    }
}

impl<'a> Visitor<'a> for Scan<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assign) => {
                if let Some(handle) = self.handle(&assign.value) {
                    for target in &assign.targets {
                        if let Some(name) = dotted(target) {
                            self.names.insert(name, handle);
                        }
                    }
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(handle) = assign.value.as_deref().and_then(|value| self.handle(value))
                    && let Some(name) = dotted(&assign.target)
                {
                    self.names.insert(name, handle);
                }
            }
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(handle) = self.handle(&item.context_expr)
                        && let Some(name) = item.optional_vars.as_deref().and_then(dotted)
                    {
                        self.names.insert(name, handle);
                    }
                }
            }
            Stmt::FunctionDef(function) => {
                let parameters =
                    function.parameters.iter_non_variadic_params().map(|parameter| parameter.name().to_string()).collect::<Vec<_>>();
                // A parameter hides an outer variable of the same name.
                let hidden: Vec<_> = parameters.iter().filter_map(|name| self.names.remove_entry(name)).collect();
                self.scopes.push((function.name.to_string(), parameters));
                walk_stmt(self, statement);
                self.scopes.pop();
                self.names.extend(hidden);
                return;
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            self.call(call);
        }
        walk_expr(self, expr);
    }
}
