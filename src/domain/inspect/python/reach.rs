//! What the code can reach beyond its working directory, as far as imports and calls show. A script that hides its
//! intent is not found out here: the sandbox is what holds it.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::literal;
use super::module::Module;
use crate::domain::inspect::found::{Effect, Signal};

/// Effects that follow from importing a module.
const MODULES: &[(&str, Effect)] = &[
    ("socket", Effect::Network),
    ("ssl", Effect::Network),
    ("ftplib", Effect::Network),
    ("telnetlib", Effect::Network),
    ("xmlrpc", Effect::Network),
    ("socketserver", Effect::Network),
    ("imaplib", Effect::Network),
    ("poplib", Effect::Network),
    ("nntplib", Effect::Network),
    ("requests", Effect::Network),
    ("httpx", Effect::Network),
    ("aiohttp", Effect::Network),
    ("urllib3", Effect::Network),
    ("websocket", Effect::Network),
    ("websockets", Effect::Network),
    ("smtplib", Effect::Mail),
    ("psycopg", Effect::Database),
    ("psycopg2", Effect::Database),
    ("pymysql", Effect::Database),
    ("MySQLdb", Effect::Database),
    ("mysql", Effect::Database),
    ("oracledb", Effect::Database),
    ("cx_Oracle", Effect::Database),
    ("pyodbc", Effect::Database),
    ("pymongo", Effect::Database),
    ("redis", Effect::Database),
    ("sqlalchemy", Effect::Database),
    ("ldap3", Effect::Remote),
    ("paramiko", Effect::Remote),
    ("fabric", Effect::Remote),
    ("netmiko", Effect::Remote),
    ("ansible_runner", Effect::Remote),
    ("boto3", Effect::Remote),
    ("kubernetes", Effect::Remote),
    ("docker", Effect::Remote),
    ("winrm", Effect::Remote),
    ("ctypes", Effect::Privileged),
    ("cffi", Effect::Privileged),
    ("pexpect", Effect::Exec),
    ("pty", Effect::Exec),
];

/// Effects of calling a function, by its path or the start of its path.
const CALLS: &[(&str, Effect)] = &[
    ("subprocess.", Effect::Exec),
    ("os.system", Effect::Exec),
    ("os.popen", Effect::Exec),
    ("os.exec", Effect::Exec),
    ("os.spawn", Effect::Exec),
    ("os.posix_spawn", Effect::Exec),
    ("asyncio.create_subprocess_", Effect::Exec),
    ("shutil.rmtree", Effect::DeleteTree),
    ("os.removedirs", Effect::DeleteTree),
    ("os.remove", Effect::Delete),
    ("os.unlink", Effect::Delete),
    ("os.rmdir", Effect::Delete),
    ("os.truncate", Effect::Delete),
    ("urllib.request.", Effect::Network),
    ("http.client.", Effect::Network),
    ("http.server.", Effect::Network),
    ("asyncio.open_connection", Effect::Network),
    ("asyncio.start_server", Effect::Network),
    ("eval", Effect::Dynamic),
    ("exec", Effect::Dynamic),
    ("__import__", Effect::Dynamic),
    ("importlib.import_module", Effect::Dynamic),
    ("pickle.load", Effect::Dynamic),
    ("pickle.loads", Effect::Dynamic),
    ("marshal.load", Effect::Dynamic),
    ("marshal.loads", Effect::Dynamic),
    ("os.setuid", Effect::Privileged),
    ("os.seteuid", Effect::Privileged),
    ("os.kill", Effect::Privileged),
    ("os.chroot", Effect::Privileged),
];

/// Standard library modules that count only when one of their functions is called.
const BY_CALL: [&str; 2] = ["urllib", "http"];

/// Finds the effects that a module shows.
#[must_use]
pub fn find(module: &Module<'_>) -> Vec<Signal> {
    let mut signals: Vec<Signal> = Vec::new();
    for (name, line) in &module.imported {
        if let Some((_, effect)) = MODULES.iter().find(|(known, _)| known == name && !BY_CALL.contains(known)) {
            signals.push(Signal { effect: *effect, file: module.file.to_owned(), line: *line, what: format!("import {name}") });
        }
    }
    let mut finder = Finder { module, signals };
    for statement in module.body {
        finder.visit_stmt(statement);
    }
    finder.signals.sort_by_key(|signal| (signal.line, signal.effect));
    finder.signals.dedup();
    finder.signals
}

struct Finder<'m, 'a> {
    module: &'m Module<'a>,
    signals: Vec<Signal>,
}

impl Finder<'_, '_> {
    fn found(&mut self, effect: Effect, expr: &Expr, what: &str) {
        let line = self.module.line(expr.range().start());
        self.signals.push(Signal { effect, file: self.module.file.to_owned(), line, what: what.to_owned() });
    }

    /// Programs with an effect of their own, when they are started with a constant command.
    fn command(&mut self, expr: &Expr, argument: &Expr) {
        let words: Vec<String> = match literal::value(self.module, argument) {
            Some(serde_json::Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            Some(serde_json::Value::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => match argument {
                // A command with variable arguments still begins with a constant program.
                Expr::List(list) => list.elts.iter().map_while(|item| literal::text(self.module, item)).collect(),
                _ => return,
            },
        };
        for (effect, what) in crate::domain::inspect::effects::of_command(&words) {
            self.found(effect, expr, &what);
        }
    }
}

impl<'a> Visitor<'a> for Finder<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            let path = self.module.path(&call.func).unwrap_or_default();
            let hit = CALLS.iter().find(|(known, _)| {
                if known.ends_with(['.', '_']) {
                    path.starts_with(known)
                } else {
                    path == *known || (known.starts_with("os.") && known.len() > 6 && path.starts_with(known))
                }
            });
            if let Some((_, effect)) = hit {
                self.found(*effect, expr, &path);
                if *effect == Effect::Exec
                    && let Some(argument) = call.arguments.find_argument_value("args", 0)
                {
                    self.command(expr, argument);
                }
            } else if let Expr::Attribute(method) = &*call.func {
                match method.attr.as_str() {
                    "unlink" | "rmdir" if !path.starts_with("os.") => {
                        self.found(Effect::Delete, expr, &format!(".{}()", method.attr.as_str()));
                    }
                    "rmtree" => self.found(Effect::DeleteTree, expr, ".rmtree()"),
                    _ => {}
                }
            }
        }
        walk_expr(self, expr);
    }
}
