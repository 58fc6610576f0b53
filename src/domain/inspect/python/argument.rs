//! What an argument takes: its type, whether it is a file, its default. Shared by argparse and click.

use ruff_python_ast::{Expr, Stmt};
use serde_json::{Map, Value, json};

use super::literal;
use super::module::Module;
use super::signature::set_default;
use super::uses::Uses;
use crate::domain::schema::FILE_FORMAT;

/// What a type function makes of the text of an argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Converter {
    Text,
    Schema(Map<String, Value>),
    /// A path: a file unless name, help or code say that it is a directory or is written.
    Path,
    /// A file that is opened for reading.
    ReadFile,
    /// A file that is written: a plain path for us.
    WriteFile,
    /// A function or class of which nothing is known.
    Unknown(String),
}

/// Reads the `type=` of an argument.
#[must_use]
pub fn converter(module: &Module<'_>, expr: &Expr) -> Converter {
    let schema = |value: Value| Converter::Schema(value.as_object().cloned().unwrap_or_default());
    if let Expr::Lambda(lambda) = expr {
        return match &*lambda.body {
            Expr::Call(call) => date_format(module, call).unwrap_or_else(|| Converter::Unknown("lambda".to_owned())),
            _ => Converter::Unknown("lambda".to_owned()),
        };
    }
    if let Expr::Call(call) = expr {
        let path = module.path(&call.func).unwrap_or_default();
        if path == "argparse.FileType" {
            let mode = call.arguments.find_argument_value("mode", 0).and_then(|mode| literal::text(module, mode)).unwrap_or_default();
            return if mode.contains(['w', 'a', 'x']) { Converter::WriteFile } else { Converter::ReadFile };
        }
        return Converter::Unknown(path);
    }
    let path = module.path(expr).unwrap_or_default();
    match path.as_str() {
        "str" | "ascii" | "str.lower" | "str.upper" | "str.strip" | "ipaddress.ip_address" => Converter::Text,
        "int" | "operator.index" => schema(json!({"type": "integer"})),
        "float" | "decimal.Decimal" | "Decimal" => schema(json!({"type": "number"})),
        "open" => Converter::ReadFile,
        "pathlib.Path" | "pathlib.PurePath" | "os.path.abspath" | "os.path.expanduser" | "os.path.realpath" => Converter::Path,
        "datetime.date.fromisoformat" => schema(json!({"type": "string", "format": "date"})),
        "json.loads" => schema(json!({"type": "object"})),
        "uuid.UUID" => schema(json!({"type": "string", "format": "uuid"})),
        "ipaddress.IPv4Address" => schema(json!({"type": "string", "format": "ipv4"})),
        other => match literal::enum_members(module, other) {
            Some(members) => Converter::Schema(super::annotation::choices(members.into_iter().map(|(_, value)| value).collect())),
            None => local_function(module, other),
        },
    }
}

/// A type function defined in the file, as far as its name and what it calls give it away.
fn local_function(module: &Module<'_>, name: &str) -> Converter {
    let Some(function) = module.functions.get(name) else { return Converter::Unknown(name.to_owned()) };
    let words: Vec<&str> = name.split('_').collect();
    let schema = |value: Value| Converter::Schema(value.as_object().cloned().unwrap_or_default());
    let returns = function.returns.as_ref().and_then(|hint| module.path(hint)).unwrap_or_default();
    if words.iter().any(|word| matches!(*word, "int" | "integer" | "port")) {
        let minimum = if words.contains(&"positive") {
            Some(1)
        } else {
            words.iter().any(|word| *word == "nonnegative" || *word == "natural").then_some(0)
        };
        let mut number = json!({"type": "integer"});
        if let (Some(minimum), Some(fields)) = (minimum, number.as_object_mut()) {
            fields.insert("minimum".to_owned(), json!(minimum));
        }
        return schema(number);
    }
    if words.contains(&"float") {
        return schema(json!({"type": "number"}));
    }
    if words.iter().any(|word| word.contains("date") || *word == "day") {
        let mut calls = Calls::default();
        calls.body(&function.body);
        if let Some(found) = calls.found.iter().find_map(|call| date_format(module, call)) {
            return found;
        }
    }
    if words.iter().any(|word| matches!(*word, "dir" | "directory" | "folder")) {
        return Converter::Text;
    }
    if returns == "pathlib.Path" || words.iter().any(|word| matches!(*word, "file" | "path")) {
        return Converter::Path;
    }
    Converter::Unknown(name.to_owned())
}

/// `datetime.strptime(text, "%Y-%m-%d")` and `date.fromisoformat(text)`.
fn date_format(module: &Module<'_>, call: &ruff_python_ast::ExprCall) -> Option<Converter> {
    let schema = |value: Value| Converter::Schema(value.as_object().cloned().unwrap_or_default());
    let Expr::Attribute(method) = &*call.func else { return None };
    match method.attr.as_str() {
        // `strptime(...).date()`
        "date" => match &*method.value {
            Expr::Call(inner) => date_format(module, inner),
            _ => None,
        },
        "strptime" => {
            let format = call.arguments.find_positional(1).and_then(|format| literal::text(module, format))?;
            Some(if format == "%Y-%m-%d" {
                schema(json!({"type": "string", "format": "date"}))
            } else {
                schema(json!({"type": "string", "description": format!("As {format}")}))
            })
        }
        "fromisoformat" => {
            let path = module.path(&method.value).unwrap_or_default();
            (path == "datetime.date").then(|| schema(json!({"type": "string", "format": "date"})))
        }
        _ => None,
    }
}

#[derive(Default)]
struct Calls<'a> {
    found: Vec<&'a ruff_python_ast::ExprCall>,
}

impl<'a> Calls<'a> {
    fn body(&mut self, body: &'a [Stmt]) {
        for statement in body {
            ruff_python_ast::visitor::Visitor::visit_stmt(self, statement);
        }
    }
}

impl<'a> ruff_python_ast::visitor::Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            self.found.push(call);
        }
        ruff_python_ast::visitor::walk_expr(self, expr);
    }
}

/// What is known of an argument when its schema is made.
#[derive(Debug)]
pub struct Described<'a> {
    pub name: &'a str,
    pub help: Option<&'a str>,
    pub metavar: Option<&'a str>,
    pub converter: Converter,
    pub choices: Option<Vec<Value>>,
}

/// The schema of one value of an argument.
#[must_use]
pub fn item_schema(described: &Described<'_>, uses: &Uses) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("string"));
    match &described.converter {
        Converter::Schema(known) => schema.clone_from(known),
        Converter::ReadFile => {
            schema.insert("format".to_owned(), json!(FILE_FORMAT));
        }
        Converter::Path if !is_directory(described, uses) && !is_output(described, uses) => {
            schema.insert("format".to_owned(), json!(FILE_FORMAT));
        }
        Converter::Text if reads_file(described, uses) => {
            schema.insert("format".to_owned(), json!(FILE_FORMAT));
        }
        Converter::Path | Converter::Text | Converter::WriteFile | Converter::Unknown(_) => {}
    }
    if let Some(choices) = &described.choices {
        restrict(&mut schema, choices);
    }
    schema
}

/// Narrows a schema to choices; a run of whole numbers becomes a range.
fn restrict(schema: &mut Map<String, Value>, choices: &[Value]) {
    let numbers: Option<Vec<i64>> = choices.iter().map(Value::as_i64).collect();
    if let Some(numbers) = numbers
        && numbers.len() > 12
        && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1)
        && let (Some(first), Some(last)) = (numbers.first(), numbers.last())
    {
        schema.insert("type".to_owned(), json!("integer"));
        schema.insert("minimum".to_owned(), json!(first));
        schema.insert("maximum".to_owned(), json!(last));
        return;
    }
    let restricted = super::annotation::choices(choices.to_vec());
    schema.remove("format");
    schema.extend(restricted);
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn says(text: Option<&str>, wanted: &[&str]) -> bool {
    text.is_some_and(|text| words(text).any(|word| wanted.contains(&word.as_str())))
}

fn is_directory(described: &Described<'_>, uses: &Uses) -> bool {
    const WORDS: [&str; 9] = ["dir", "directory", "directories", "dirs", "folder", "folders", "root", "dirname", "tree"];
    uses.walked.contains(described.name)
        || says(Some(described.name), &WORDS)
        || says(described.help, &WORDS)
        || says(described.metavar, &WORDS)
}

fn is_output(described: &Described<'_>, uses: &Uses) -> bool {
    const WORDS: [&str; 9] = ["out", "output", "outfile", "dest", "destination", "outputs", "outdir", "target", "save"];
    let helped = described.help.map(str::to_lowercase).unwrap_or_default();
    uses.written.contains(described.name)
        || says(Some(described.name), &WORDS)
        || says(described.metavar, &WORDS)
        || ["where to write", "write the", "write to", "write result", "output file", "file to write", "save to"]
            .iter()
            .any(|sign| helped.contains(sign))
}

/// Whether plain text names a file that the script reads.
fn reads_file(described: &Described<'_>, uses: &Uses) -> bool {
    if is_output(described, uses) || is_directory(described, uses) {
        return false;
    }
    if uses.read.contains(described.name) {
        return true;
    }
    let name = described.name.to_lowercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    let is_file = matches!(
        last,
        "file" | "files" | "filename" | "filenames" | "infile" | "infiles" | "csvfile" | "logfile" | "inputfile" | "filepath"
    );
    is_file
        || (matches!(name.as_str(), "input" | "inputs" | "path" | "paths" | "source" | "src" | "csv" | "log" | "logs" | "data")
            && says(described.help, &["file", "files", "csv", "json", "xml", "logfile"]))
}

/// Whether the argument is a file that the script writes, which deserves a word on where files are kept.
#[must_use]
pub fn writes_file(described: &Described<'_>, uses: &Uses) -> bool {
    match described.converter {
        Converter::WriteFile => true,
        Converter::Path | Converter::Text => is_output(described, uses),
        Converter::Schema(_) | Converter::ReadFile | Converter::Unknown(_) => false,
    }
}

/// Adds default and description. A default written as text is turned into the argument's type, as argparse does.
pub fn finish(schema: &mut Map<String, Value>, help: Option<&str>, default: Option<Value>) {
    if let Some(help) = help.map(str::trim).filter(|help| !help.is_empty()) {
        schema.insert("description".to_owned(), json!(help));
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let default = match (kind.as_str(), default) {
        ("integer", Some(Value::String(text))) => text.trim().parse::<i64>().ok().map(Value::from),
        ("number", Some(Value::String(text))) => text.trim().parse::<f64>().ok().map(Value::from),
        ("string", Some(Value::Number(number))) => Some(json!(number.to_string())),
        ("array", Some(one @ (Value::String(_) | Value::Number(_)))) => Some(json!([one])),
        ("string" | "integer" | "number", Some(Value::Bool(_) | Value::Array(_) | Value::Object(_))) => None,
        (_, default) => default,
    };
    set_default(schema, default, None);
}
