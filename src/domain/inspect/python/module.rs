//! A parsed module with its names looked up: constants, functions, classes, imports.

use std::cell::Cell;
use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_source_file::LineIndex;
use ruff_text_size::TextSize;

/// Steps of one evaluation, at most.
const EVALUATION_STEPS: u32 = 20_000;
/// Parts of one type hint, at most.
const HINT_STEPS: u32 = 500;

/// One file of Python with an index of what its top level defines.
pub struct Module<'a> {
    pub file: &'a str,
    pub source: &'a str,
    pub body: &'a [Stmt],
    lines: LineIndex,
    /// Steps that the evaluation of one expression may still take.
    budget: Cell<u32>,
    hint_budget: Cell<u32>,
    /// Names assigned exactly once at the top level.
    constants: BTreeMap<&'a str, &'a Expr>,
    /// Local name to the dotted path it was imported as.
    imports: BTreeMap<String, String>,
    pub functions: BTreeMap<&'a str, &'a StmtFunctionDef>,
    pub classes: BTreeMap<&'a str, &'a StmtClassDef>,
    /// Top-level modules that are imported anywhere, with the line.
    pub imported: Vec<(String, u32)>,
}

impl<'a> Module<'a> {
    #[must_use]
    pub fn new(file: &'a str, source: &'a str, body: &'a [Stmt]) -> Self {
        let mut module = Self {
            file,
            source,
            body,
            lines: LineIndex::from_source_text(source),
            budget: Cell::new(0),
            hint_budget: Cell::new(0),
            constants: BTreeMap::new(),
            imports: BTreeMap::new(),
            functions: BTreeMap::new(),
            classes: BTreeMap::new(),
            imported: Vec::new(),
        };
        let mut imports = Imports::default();
        for statement in body {
            imports.visit_stmt(statement);
        }
        module.imports = imports.names;
        module.imported = imports.modules.into_iter().map(|(name, at)| (name, module.line(at))).collect();
        let mut reassigned = Vec::new();
        module.index(body, &mut reassigned);
        for name in reassigned {
            module.constants.remove(name);
        }
        module
    }

    fn index(&mut self, body: &'a [Stmt], reassigned: &mut Vec<&'a str>) {
        for statement in body {
            match statement {
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        if let Expr::Name(name) = target
                            && self.constants.insert(name.id.as_str(), &assign.value).is_some()
                        {
                            reassigned.push(name.id.as_str());
                        }
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let (Expr::Name(name), Some(value)) = (&*assign.target, &assign.value)
                        && self.constants.insert(name.id.as_str(), value).is_some()
                    {
                        reassigned.push(name.id.as_str());
                    }
                }
                Stmt::AugAssign(assign) => {
                    if let Expr::Name(name) = &*assign.target {
                        reassigned.push(name.id.as_str());
                    }
                }
                Stmt::TypeAlias(alias) => {
                    if let Expr::Name(name) = &*alias.name {
                        self.constants.insert(name.id.as_str(), &alias.value);
                    }
                }
                Stmt::FunctionDef(function) => {
                    self.functions.insert(function.name.as_str(), function);
                }
                Stmt::ClassDef(class) => {
                    self.classes.insert(class.name.as_str(), class);
                }
                Stmt::Try(block) => {
                    self.index(&block.body, reassigned);
                }
                _ => {}
            }
        }
    }

    /// The line of a place, from 1.
    #[must_use]
    pub fn line(&self, at: TextSize) -> u32 {
        u32::try_from(self.lines.line_index(at).get()).unwrap_or(u32::MAX)
    }

    /// Begins an evaluation: constants made of constants must not take forever.
    pub fn refill(&self) {
        self.budget.set(EVALUATION_STEPS);
    }

    /// Takes one step of an evaluation, if any is left.
    #[must_use]
    pub fn spend(&self) -> Option<()> {
        self.budget.set(self.budget.get().checked_sub(1)?);
        Some(())
    }

    /// The same for type hints, which evaluate literals on their way.
    pub fn refill_hint(&self) {
        self.hint_budget.set(HINT_STEPS);
    }

    #[must_use]
    pub fn spend_hint(&self) -> Option<()> {
        self.hint_budget.set(self.hint_budget.get().checked_sub(1)?);
        Some(())
    }

    #[must_use]
    pub fn constant(&self, name: &str) -> Option<&'a Expr> {
        self.constants.get(name).copied()
    }

    /// The dotted path that an expression names, with imports followed: `ap.ArgumentParser` is
    /// `argparse.ArgumentParser` after `import argparse as ap`.
    #[must_use]
    pub fn path(&self, expr: &Expr) -> Option<String> {
        let written = dotted(expr)?;
        let (first, rest) = written.split_once('.').map_or((written.as_str(), None), |(first, rest)| (first, Some(rest)));
        let Some(known) = self.imports.get(first) else { return Some(written) };
        Some(rest.map_or_else(|| known.clone(), |rest| format!("{known}.{rest}")))
    }

    /// Whether any import of the file is of this top-level module.
    #[must_use]
    pub fn imports_module(&self, name: &str) -> bool {
        self.imported.iter().any(|(module, _)| module == name)
    }

    /// The documentation string of the module.
    #[must_use]
    pub fn docstring(&self) -> Option<(String, u32)> {
        docstring(self.body).map(|(text, at)| (text, self.line(at)))
    }

    /// The statements under `if __name__ == "__main__":`.
    #[must_use]
    pub fn main_guard(&self) -> Option<&'a [Stmt]> {
        self.body.iter().find_map(|statement| match statement {
            Stmt::If(branch) if is_main_test(&branch.test) => Some(branch.body.as_slice()),
            _ => None,
        })
    }
}

fn is_main_test(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else { return false };
    let [other] = &*compare.comparators else { return false };
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == "__name__");
    let is_main = |expr: &Expr| matches!(expr, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    (is_name(&compare.left) && is_main(other)) || (is_main(&compare.left) && is_name(other))
}

/// The names and attributes of an expression joined by dots, when it is nothing else.
#[must_use]
pub fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr.as_str())),
        _ => None,
    }
}

/// The documentation string that a body begins with, cleaned of its indentation (PEP 257).
#[must_use]
pub fn docstring(body: &[Stmt]) -> Option<(String, TextSize)> {
    let Some(Stmt::Expr(first)) = body.first() else { return None };
    let Expr::StringLiteral(text) = &*first.value else { return None };
    let cleaned = dedent(text.value.to_str());
    (!cleaned.is_empty()).then_some((cleaned, text.range.start()))
}

/// Removes the indentation that all lines but the first share, and blank lines at both ends.
#[must_use]
pub fn dedent(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let expanded = text.replace('\t', "        ");
    let mut lines: Vec<&str> = expanded.lines().collect();
    let margin = lines.iter().skip(1).filter(|line| !line.trim().is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    for (index, line) in lines.iter_mut().enumerate() {
        let cut = if index == 0 { indent(line) } else { margin.min(indent(line)) };
        *line = line[cut..].trim_end();
    }
    lines.join("\n").trim_matches('\n').to_owned()
}

#[derive(Default)]
struct Imports {
    names: BTreeMap<String, String>,
    modules: Vec<(String, TextSize)>,
}

impl<'a> Visitor<'a> for Imports {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let path = alias.name.as_str();
                    let top = path.split('.').next().unwrap_or(path);
                    match &alias.asname {
                        Some(name) => self.names.insert(name.to_string(), path.to_owned()),
                        None => self.names.insert(top.to_owned(), top.to_owned()),
                    };
                    self.modules.push((top.to_owned(), import.range.start()));
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map(ruff_python_ast::Identifier::as_str).unwrap_or_default();
                if import.level == 0 {
                    let top = module.split('.').next().unwrap_or(module);
                    self.modules.push((top.to_owned(), import.range.start()));
                }
                for alias in &import.names {
                    let local = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
                    self.names.insert(local, format!("{module}.{}", alias.name.as_str()));
                }
            }
            _ => walk_stmt(self, statement),
        }
    }

    // Imports are statements: expressions need no visit.
    fn visit_expr(&mut self, _: &'a Expr) {}
}
