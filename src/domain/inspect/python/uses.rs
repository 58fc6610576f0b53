//! How a module uses names from outside: which it opens, writes or walks, which environment variables and positions of
//! `sys.argv` it reads, whether it reads standard input.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::Ranged;

use super::literal;
use super::module::{Module, dotted};

/// An environment variable that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvUse {
    pub line: u32,
    pub required: bool,
    pub default: Option<serde_json::Value>,
}

/// A position of `sys.argv` that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgvUse {
    pub line: u32,
    /// The variable it is stored in.
    pub name: Option<String>,
    /// `int` or `float`, when it is converted on the spot.
    pub number: Option<&'static str>,
}

/// Uses of names from outside.
#[derive(Debug, Default)]
pub struct Uses {
    /// Last parts of names that are opened for reading.
    pub read: BTreeSet<String>,
    /// Last parts of names that are opened for writing.
    pub written: BTreeSet<String>,
    /// Last parts of names that are listed as directories.
    pub walked: BTreeSet<String>,
    pub env: BTreeMap<String, EnvUse>,
    pub argv: BTreeMap<usize, ArgvUse>,
    /// `sys.argv[1:]` or `sys.argv` as a whole.
    pub argv_rest: Option<u32>,
    /// The line that reads standard input as JSON.
    pub stdin_json: Option<u32>,
    /// The line that reads standard input otherwise.
    pub stdin: Option<u32>,
    /// The line that asks a person: `input()` or `getpass`.
    pub asks: Option<u32>,
}

/// Finds the uses in a module.
#[must_use]
pub fn find(module: &Module<'_>) -> Uses {
    let mut finder = Finder { module, uses: Uses::default() };
    for statement in module.body {
        finder.visit_stmt(statement);
    }
    finder.uses
}

struct Finder<'m, 'a> {
    module: &'m Module<'a>,
    uses: Uses,
}

/// The last part of a name, seen through `Path(...)` and `str(...)`.
fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Call(call) if call.arguments.args.len() == 1 => {
            let func = dotted(&call.func)?;
            matches!(func.rsplit('.').next(), Some("Path" | "str" | "abspath" | "expanduser" | "realpath" | "fspath"))
                .then(|| last_name(&call.arguments.args[0]))?
        }
        other => Some(dotted(other)?.rsplit('.').next()?.to_owned()),
    }
}

impl Finder<'_, '_> {
    fn call(&mut self, call: &ExprCall) {
        let line = self.module.line(call.range().start());
        let path = self.module.path(&call.func).unwrap_or_default();
        match path.as_str() {
            "open" | "io.open" | "gzip.open" | "codecs.open" | "bz2.open" | "lzma.open" => self.opened(call, 0, 1),
            "os.walk" | "os.listdir" | "os.scandir" => {
                if let Some(name) = call.arguments.find_positional(0).and_then(last_name) {
                    self.uses.walked.insert(name);
                }
            }
            "os.getenv" | "os.environ.get" => self.env(call, line),
            "json.load" if is_stdin(self.module, call.arguments.find_positional(0)) => {
                self.uses.stdin_json = self.uses.stdin_json.or(Some(line));
            }
            "json.loads" if call.arguments.find_positional(0).is_some_and(|inner| reads_stdin(self.module, inner)) => {
                self.uses.stdin_json = self.uses.stdin_json.or(Some(line));
            }
            "input" | "raw_input" | "getpass.getpass" => self.uses.asks = self.uses.asks.or(Some(line)),
            _ => {}
        }
        if let Expr::Attribute(method) = &*call.func {
            let receiver = last_name(&method.value);
            match method.attr.as_str() {
                "read_text" | "read_bytes" => self.uses.read.extend(receiver),
                "write_text" | "write_bytes" | "mkdir" | "touch" => self.uses.written.extend(receiver),
                "iterdir" | "rglob" | "glob" | "walk" => self.uses.walked.extend(receiver),
                "open" if receiver.is_some() && path != "gzip.open" => self.opened_path(call, receiver),
                _ => {}
            }
        }
    }

    fn opened(&mut self, call: &ExprCall, file: usize, mode: usize) {
        let Some(name) = call.arguments.find_argument_value("file", file).and_then(last_name) else { return };
        let mode = call.arguments.find_argument_value("mode", mode).and_then(|mode| literal::text(self.module, mode)).unwrap_or_default();
        if mode.contains(['w', 'a', 'x']) {
            self.uses.written.insert(name)
        } else {
            self.uses.read.insert(name)
        };
    }

    fn opened_path(&mut self, call: &ExprCall, receiver: Option<String>) {
        let mode = call.arguments.find_argument_value("mode", 0).and_then(|mode| literal::text(self.module, mode)).unwrap_or_default();
        if mode.contains(['w', 'a', 'x']) {
            self.uses.written.extend(receiver);
        } else {
            self.uses.read.extend(receiver);
        }
    }

    fn env(&mut self, call: &ExprCall, line: u32) {
        let Some(name) = call.arguments.find_positional(0).and_then(|name| literal::text(self.module, name)) else { return };
        let default = call.arguments.find_argument_value("default", 1).and_then(|default| literal::value(self.module, default));
        self.add_env(name, EnvUse { line, required: false, default });
    }

    fn add_env(&mut self, name: String, found: EnvUse) {
        let known = self.uses.env.entry(name).or_insert_with(|| found.clone());
        known.required |= found.required;
        if known.default.is_none() {
            known.default = found.default;
        }
    }

    fn argv_index(&self, expr: &Expr) -> Option<usize> {
        let Expr::Subscript(subscript) = expr else { return None };
        if self.module.path(&subscript.value).as_deref() != Some("sys.argv") {
            return None;
        }
        literal::value(self.module, &subscript.slice)?
            .as_u64()
            .and_then(|index| usize::try_from(index).ok())
            .filter(|index| (1..=20).contains(index))
    }

    fn named_argv(&mut self, target: &Expr, value: &Expr) {
        let (inner, number) = match value {
            Expr::Call(call) if call.arguments.args.len() == 1 => {
                let number = match dotted(&call.func).as_deref() {
                    Some("int") => Some("integer"),
                    Some("float") => Some("number"),
                    _ => None,
                };
                (&call.arguments.args[0], number)
            }
            // `sys.argv[2] if len(sys.argv) > 2 else "x"`
            Expr::If(choice) => (&*choice.body, None),
            other => (other, None),
        };
        if let (Some(index), Expr::Name(name)) = (self.argv_index(inner), target) {
            let line = self.module.line(value.range().start());
            self.uses.argv.insert(index, ArgvUse { line, name: Some(name.id.to_string()), number });
        }
    }
}

fn is_stdin(module: &Module<'_>, expr: Option<&Expr>) -> bool {
    expr.and_then(|expr| module.path(expr)).is_some_and(|path| path == "sys.stdin" || path == "sys.stdin.buffer")
}

fn reads_stdin(module: &Module<'_>, expr: &Expr) -> bool {
    let Expr::Call(call) = expr else { return false };
    matches!(&*call.func, Expr::Attribute(method) if method.attr.as_str() == "read" && is_stdin(module, Some(&method.value)))
}

impl<'a> Visitor<'a> for Finder<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assign) => {
                if let [target] = assign.targets.as_slice() {
                    self.named_argv(target, &assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.named_argv(&assign.target, value);
                }
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::Subscript(subscript) => {
                let line = self.module.line(subscript.range.start());
                if self.module.path(&subscript.value).as_deref() == Some("os.environ")
                    && let Some(name) = literal::text(self.module, &subscript.slice)
                {
                    self.add_env(name, EnvUse { line, required: true, default: None });
                }
                if let Some(index) = self.argv_index(expr) {
                    self.uses.argv.entry(index).or_insert(ArgvUse { line, name: None, number: None });
                } else if self.module.path(&subscript.value).as_deref() == Some("sys.argv") && matches!(&*subscript.slice, Expr::Slice(_)) {
                    self.uses.argv_rest.get_or_insert(line);
                }
            }
            Expr::Attribute(_) if self.module.path(expr).as_deref() == Some("sys.stdin") => {
                let line = self.module.line(expr.range().start());
                self.uses.stdin.get_or_insert(line);
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}
