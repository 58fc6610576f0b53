//! Shell scripts: the interpreter line, the leading comment, `getopts` letters, positional parameters, environment
//! variables and `# @input` comments. The shell's grammar is not parsed beyond that; words are looked for line by line.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::commandline::{self, Argument, Command, Declared};
use super::fault::InspectError;
use super::found::{Effect, Found, Input, Signal};
use super::report::{Note, Origin, Source};
use super::{comment, effects};
use crate::base::text::line_of;
use crate::domain::capability::manifest::ArgvStyle;
use crate::domain::capability::{Binding, Kind};

/// Shells that can run a script.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ksh", "zsh", "ash"];
/// Variables that the shell or the system sets.
const AMBIENT: [&str; 22] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "LANG",
    "TZ",
    "PWD",
    "OLDPWD",
    "TMPDIR",
    "IFS",
    "OPTARG",
    "OPTIND",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "HOSTNAME",
    "UID",
    "EUID",
    "PPID",
    "BASH_SOURCE",
];

/// Decodes a shell script and refuses what no shell could start.
///
/// # Errors
/// NUL bytes, a carriage return in the interpreter line, an interpreter that is no shell.
pub fn decode(file: &str, bytes: &[u8]) -> Result<String, InspectError> {
    let refuse = |line: u32, why, remedy| Err(InspectError::Shell { file: file.to_owned(), line, why, remedy });
    let line_at = |at: usize| u32::try_from(line_of(bytes, at)).unwrap_or(u32::MAX);
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return refuse(line_at(at), "the script has a NUL byte", "Save it as plain text.");
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return refuse(1, "the script begins with a byte order mark, which hides its interpreter line", "Save it as UTF-8 without a mark.");
    }
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.starts_with(b"#!") && first.ends_with(b"\r") {
        return refuse(
            1,
            "the interpreter line ends with a carriage return, so no such interpreter is found",
            "Convert the line ends: `sed -i 's/\\r$//' FILE`, or `dos2unix FILE`.",
        );
    }
    if let Some(at) = bytes.windows(2).position(|pair| pair == b"\r\n") {
        return refuse(
            line_at(at),
            "lines end with carriage returns, which the shell takes as part of each command",
            "Convert the line ends: `sed -i 's/\\r$//' FILE`, or `dos2unix FILE`.",
        );
    }
    if bytes.len() > super::SHELL_BYTES {
        let why = format!("the script has {} bytes; at most {} are read", bytes.len(), super::SHELL_BYTES);
        return Err(InspectError::TooComplex { file: file.to_owned(), line: 1, why });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => refuse(line_at(error.valid_up_to()), "the script is not UTF-8", "Save it as UTF-8."),
    }
}

/// The shell that the interpreter line names; `None` when it names something else.
#[must_use]
pub fn interpreter(text: &str) -> Option<&str> {
    let line = text.lines().next()?.strip_prefix("#!")?.trim();
    let mut words = line.split_whitespace();
    let first = words.next()?.rsplit('/').next()?;
    let name = if first == "env" { words.find(|word| !word.starts_with('-'))? } else { first };
    SHELLS.into_iter().find(|shell| *shell == name)
}

/// Reads a script.
#[must_use]
pub fn inspect(file: &str, text: &str) -> Found {
    let mut found = Found::new(Kind::Shell);
    if text.starts_with("#!") && interpreter(text).is_none() {
        let line = text.lines().next().unwrap_or_default();
        found.notes.push(Note::new("interpreter", file, Some(1), format!("`{line}` names no shell that is known here; `sh` is used")));
    }
    if let Some((text, line)) = comment::leading(text) {
        let origin = Origin::at(Source::Comment, file, Some(line));
        found.title = Some((super::python::summary(&text), origin.clone()));
        found.description = Some((text, origin));
    }
    let scan = Scan::read(text);
    let declared = Declared { source: Source::Code, file };
    let command = scan.command();
    let has_arguments = !command.arguments.is_empty();
    commandline::assemble(command, declared, &mut found);
    if scan.rest.is_some() && !has_arguments {
        let line = scan.rest;
        found.notes.push(Note::new("raw_argv", file, line, "the script reads all its arguments (`$@`): they are one list"));
    }
    if !has_arguments && !scan.env.is_empty() {
        found.binding = Binding::Env;
        for (name, variable) in &scan.env {
            let mut schema = object(json!({"type": "string"}));
            if let Some(default) = &variable.default {
                schema.insert("default".to_owned(), json!(default));
            }
            schema.insert("description".to_owned(), json!(format!("Environment variable {name}")));
            found.inputs.push(Input::new(name, schema, variable.required, Origin::at(Source::Code, file, Some(variable.line))));
        }
    } else if !scan.env.is_empty() {
        let names: Vec<&str> = scan.env.keys().map(String::as_str).collect();
        let line = scan.env.values().map(|variable| variable.line).min();
        found.notes.push(Note::new(
            "environment",
            file,
            line,
            format!("the script reads the environment variables {}; set them under `[env]` in `capability.toml`", names.join(", ")),
        ));
    }
    if let Some(line) = scan.reads {
        found.notes.push(Note::new("stdin", file, Some(line), "the script reads standard input, which is empty during a run"));
    }
    found.notes.push(Note::new(
        "shell_not_parsed",
        file,
        None,
        "shell syntax is not parsed: what is inferred comes from words and patterns, and errors show at run time",
    ));
    found.signals = signals(file, text);
    found
}

fn signals(file: &str, text: &str) -> Vec<Signal> {
    let mut signals: Vec<Signal> = Vec::new();
    for (line, content) in code_lines(text) {
        for part in content.split(['|', ';', '&', '(', '`']) {
            let words: Vec<String> = part
                .split_whitespace()
                .skip_while(|word| matches!(*word, "if" | "then" | "do" | "else" | "while" | "until" | "!" | "time" | "exec" | "{"))
                .map(str::to_owned)
                .collect();
            for (effect, what) in effects::of_command(&words) {
                let signal = Signal { effect, file: file.to_owned(), line, what };
                if !signals.contains(&signal) {
                    signals.push(signal);
                }
            }
        }
        if content.trim_start().starts_with("eval ") {
            signals.push(Signal { effect: Effect::Dynamic, file: file.to_owned(), line, what: "eval".to_owned() });
        }
    }
    signals
}

/// Lines with their numbers, without whole-line comments.
fn code_lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1_u32..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with('#'))
}

/// An environment variable that is read.
#[derive(Debug, Default, Clone)]
struct Variable {
    line: u32,
    required: bool,
    default: Option<String>,
}

#[derive(Debug, Default)]
struct Scan {
    positional: BTreeMap<usize, Variable>,
    names: BTreeMap<usize, String>,
    getopts: Option<(String, u32)>,
    env: BTreeMap<String, Variable>,
    rest: Option<u32>,
    reads: Option<u32>,
    declared: Vec<Argument>,
}

impl Scan {
    fn read(text: &str) -> Self {
        let mut scan = Self::default();
        let mut assigned: Vec<String> = Vec::new();
        let mut in_function = false;
        for (line, content) in (1_u32..).zip(text.lines()) {
            let trimmed = content.trim();
            if let Some(declaration) = trimmed.strip_prefix('#').map(str::trim).and_then(|text| text.strip_prefix("@input ")) {
                scan.declared.extend(declared(declaration, line));
                continue;
            }
            if trimmed.starts_with('#') {
                continue;
            }
            // Positional parameters inside a function are those of the function.
            if is_function_head(trimmed) {
                in_function = !trimmed.ends_with('}');
            }
            if let Some(rest) = trimmed.strip_prefix("while ").unwrap_or(trimmed).strip_prefix("getopts ") {
                let letters: String = rest
                    .trim_start()
                    .trim_start_matches(['"', '\''])
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == ':')
                    .collect();
                scan.getopts = Some((letters, line));
            }
            if trimmed.starts_with("read ") || trimmed.contains("; read ") {
                scan.reads.get_or_insert(line);
            }
            if let Some((name, _)) =
                trimmed.trim_start_matches("export ").trim_start_matches("readonly ").trim_start_matches("local ").split_once('=')
                && is_variable(name)
            {
                if !in_function {
                    scan.name_position(name, trimmed);
                }
                // `NAME="${NAME:-x}"` still reads the variable from outside.
                if !trimmed.contains(&format!("${{{name}:")) && !trimmed.contains(&format!("${{{name}-")) {
                    assigned.push(name.to_owned());
                }
            }
            for word in trimmed.split_whitespace().skip_while(|word| *word != "for").skip(1).take(1) {
                assigned.push(word.to_owned());
            }
            scan.expansions(trimmed, line, in_function, &assigned);
            if in_function && content.starts_with('}') {
                in_function = false;
            }
        }
        scan
    }

    /// `name="$1"`: the position has a name.
    fn name_position(&mut self, name: &str, line: &str) {
        let Some((_, value)) = line.split_once('=') else { return };
        let value = value.trim().trim_matches(['"', '\'']);
        let digits: String = value.trim_start_matches("${").trim_start_matches('$').chars().take_while(char::is_ascii_digit).collect();
        if value.starts_with('$')
            && let Ok(position) = digits.parse::<usize>()
            && (1..=20).contains(&position)
        {
            self.names.insert(position, name.to_lowercase());
        }
    }

    fn expansions(&mut self, line: &str, number: u32, in_function: bool, assigned: &[String]) {
        for (at, _) in line.match_indices('$') {
            let rest = &line[at + 1..];
            let (name, modifier) = match rest.strip_prefix('{') {
                Some(inner) => {
                    let name: String = inner.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '@').collect();
                    let after = &inner[name.len()..];
                    (name, after.split('}').next().unwrap_or_default().to_owned())
                }
                None if rest.starts_with(|c: char| c.is_ascii_digit()) => (rest.chars().take(1).collect(), String::new()),
                None if rest.starts_with('@') || rest.starts_with('*') => ("@".to_owned(), String::new()),
                None => (rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect(), String::new()),
            };
            let required = modifier.starts_with(":?") || modifier.starts_with('?');
            let default = modifier
                .strip_prefix(":-")
                .or(modifier.strip_prefix('-'))
                .or(modifier.strip_prefix(":="))
                .map(|text| text.trim_matches(['"', '\'']).to_owned());
            let default = default.filter(|text| !text.contains('$'));
            let variable = Variable { line: number, required, default };
            if let Ok(position) = name.parse::<usize>() {
                if (1..=20).contains(&position) && !in_function {
                    // A plain `$1` is needed unless some place gives it a default.
                    let plain = modifier.is_empty();
                    let known = self.positional.entry(position).or_insert(Variable { required: plain, ..variable.clone() });
                    known.required = (known.required || required)
                        && variable.default.is_none()
                        && !(modifier.starts_with('-') || modifier.starts_with(":-"));
                    if known.default.is_none() {
                        known.default = variable.default;
                    }
                }
            } else if name == "@" {
                if !in_function {
                    self.rest.get_or_insert(number);
                }
            } else if !modifier.is_empty()
                && (modifier.starts_with([':', '?', '-']))
                && is_variable(&name)
                && name.chars().any(|c| c.is_ascii_uppercase())
                && !AMBIENT.contains(&name.as_str())
                && !name.starts_with("EXECGOV_")
                && !assigned.contains(&name)
            {
                let known = self.env.entry(name).or_insert_with(|| variable.clone());
                known.required |= variable.required;
                known.required &= known.default.is_none();
            }
        }
    }

    fn command(&self) -> Command {
        let mut arguments = self.declared.clone();
        if let Some((letters, line)) = &self.getopts {
            arguments.extend(getopts(letters, *line));
        }
        // After getopts, `$1` counts what is left, which a `shift` makes: positions still hold.
        if let Some(last) = self.positional.keys().next_back().filter(|_| self.declared.is_empty()) {
            for position in 1..=*last {
                let used = self.positional.get(&position).cloned().unwrap_or_default();
                let name = self.names.get(&position).cloned().unwrap_or_else(|| format!("arg{position}"));
                let mut schema = object(json!({"type": "string", "description": format!("Argument {position} of the command line")}));
                if looks_like_file(&name) {
                    schema.insert("format".to_owned(), json!(crate::domain::schema::FILE_FORMAT));
                }
                if let Some(default) = used.default.filter(|_| !schema.contains_key("format")) {
                    schema.insert("default".to_owned(), json!(default));
                }
                if !arguments.iter().any(|known| known.name == name) {
                    arguments.push(Argument {
                        name,
                        schema,
                        required: used.required,
                        flag: None,
                        style: ArgvStyle::Value,
                        line: used.line,
                    });
                }
            }
        } else if let Some(line) = self.rest.filter(|_| self.declared.is_empty() && self.getopts.is_none()) {
            let schema = object(json!({"type": "array", "items": {"type": "string"}, "description": "Arguments of the command line"}));
            arguments.push(Argument { name: "args".to_owned(), schema, required: false, flag: None, style: ArgvStyle::Many, line });
        }
        Command { arguments, ..Command::default() }
    }
}

fn looks_like_file(name: &str) -> bool {
    matches!(name.rsplit('_').next().unwrap_or_default(), "file" | "infile" | "logfile" | "csv" | "input") && !name.contains("out")
}

fn getopts(letters: &str, line: u32) -> Vec<Argument> {
    let letters: Vec<char> = letters.trim_start_matches(':').chars().collect();
    let mut arguments = Vec::new();
    for (at, letter) in letters.iter().enumerate().filter(|(_, letter)| **letter != ':') {
        let takes_value = letters.get(at + 1) == Some(&':');
        if *letter == 'h' && !takes_value {
            continue;
        }
        let flag = Some(format!("-{letter}"));
        let (schema, style) = if takes_value {
            (json!({"type": "string", "description": format!("Option -{letter}")}), ArgvStyle::Value)
        } else {
            (json!({"type": "boolean", "default": false, "description": format!("Option -{letter}")}), ArgvStyle::SwitchOn)
        };
        arguments.push(Argument { name: format!("opt_{letter}"), schema: object(schema), required: false, flag, style, line });
    }
    arguments
}

/// `# @input name type description`: a positional argument in the order of the comments; `name?` may be left out.
fn declared(text: &str, line: u32) -> Option<Argument> {
    let mut words = text.trim().splitn(3, char::is_whitespace);
    let (name, kind, description) = (words.next()?, words.next().unwrap_or("string"), words.next().unwrap_or_default().trim());
    let required = !name.ends_with('?');
    let name = name.trim_end_matches('?').to_owned();
    let mut schema = match kind.trim() {
        "int" | "integer" => object(json!({"type": "integer"})),
        "float" | "number" => object(json!({"type": "number"})),
        "file" => object(json!({"type": "string", "format": crate::domain::schema::FILE_FORMAT})),
        "date" => object(json!({"type": "string", "format": "date"})),
        kind if kind.contains('|') => super::python::choices(kind.split('|').map(|choice| json!(choice)).collect()),
        _ => object(json!({"type": "string"})),
    };
    if !description.is_empty() {
        schema.insert("description".to_owned(), json!(description));
    }
    (!name.is_empty()).then_some(Argument { name, schema, required, flag: None, style: ArgvStyle::Value, line })
}

fn is_function_head(line: &str) -> bool {
    let line = line.trim_end_matches('{').trim_end();
    line.starts_with("function ")
        || line
            .strip_suffix("()")
            .or(line.split("()").next().filter(|_| line.contains("()")))
            .is_some_and(|name| is_variable(&name.trim().replace('-', "_")))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
