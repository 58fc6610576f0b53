//! Puts the settings together: defaults, then the file, then the environment, then flags; and remembers where each came from.

use crate::base::text::line_of;
use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::DeTable;
use toml::{Spanned, Table, Value};

use super::check;
use super::config::Config;
use super::environment::Environment;
use super::problem::{ConfigError, Problem};

/// The file that is read when none is named and it exists.
pub const SYSTEM_FILE: &str = "/etc/execgov/execgov.toml";

const PREFIX: &str = "EXECGOV_";

/// What the command line says about the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The file to read; it must then exist.
    pub config: Option<PathBuf>,
    pub listen: Option<String>,
    pub data_dir: Option<PathBuf>,
    /// Written once requests are answered: the address as a URL, and a newline.
    pub ready_file: Option<PathBuf>,
}

/// Where the value of a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File { path: PathBuf, line: usize },
    Environment { name: String },
    Flag { name: &'static str },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { name } => write!(f, "environment {name}"),
            Self::Flag { name } => write!(f, "flag {name}"),
        }
    }
}

/// One setting as it is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Dotted name, such as `listen.address`.
    pub key: String,
    pub value: Value,
    pub origin: Origin,
    /// The variable that overrides it.
    pub variable: String,
}

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// Every setting, in the order of the documented file.
    pub entries: Vec<Entry>,
    /// Sentences about things that look like mistakes and do no harm.
    pub warnings: Vec<String>,
}

/// Reads and checks the settings.
///
/// # Errors
/// All problems found, not only the first.
pub fn load(overrides: &Overrides, environment: &Environment) -> Result<Loaded, ConfigError> {
    let mut layers = Layers::new();
    let file = layers.read_file(overrides, environment);
    let warnings = layers.read_environment(environment);
    layers.read_flags(overrides);
    layers.finish(file, warnings)
}

struct Layers {
    /// Dotted key of every setting, in order, with its value so far.
    values: Vec<(String, Value)>,
    origins: BTreeMap<String, Origin>,
    problems: Vec<Problem>,
}

impl Layers {
    fn new() -> Self {
        let defaults = Table::try_from(Config::default()).unwrap_or_default();
        let mut values = Vec::new();
        flatten("", &defaults, &mut values);
        Self { values, origins: BTreeMap::new(), problems: Vec::new() }
    }

    fn read_file(&mut self, overrides: &Overrides, environment: &Environment) -> Option<PathBuf> {
        let named = overrides.config.clone().or_else(|| environment.get("EXECGOV_CONFIG").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| PathBuf::from(SYSTEM_FILE));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => return None,
            Err(error) => {
                self.complain(path.display().to_string(), "", format!("cannot be read: {error}"), "check the path and its mode");
                return None;
            }
        };
        match (DeTable::parse(&text), text.parse::<Table>()) {
            (Ok(spans), Ok(table)) => self.take_table(&Source { path: &path, text: &text }, "", spans.get_ref(), &table),
            (Err(error), _) | (_, Err(error)) => {
                let line = error.span().map_or(1, |span| line_of(text.as_bytes(), span.start));
                let place = format!("{}:{line}", path.display());
                self.complain(place, "", format!("is not TOML: {}", error.message()), "correct this line");
            }
        }
        Some(path)
    }

    fn take_table(&mut self, source: &Source<'_>, prefix: &str, spans: &DeTable<'_>, table: &Table) {
        for (name, value) in table {
            let key = join(prefix, name);
            let line = spans
                .iter()
                .find(|(found, _)| found.get_ref() == name)
                .map_or(1, |(found, _)| line_of(source.text.as_bytes(), found.span().start));
            let place = format!("{}:{line}", source.path.display());
            if self.is_section(&key) {
                match (value, spans.get(name.as_str()).map(Spanned::get_ref)) {
                    (Value::Table(inner), Some(toml::de::DeValue::Table(inner_spans))) => self.take_table(source, &key, inner_spans, inner),
                    _ => self.complain(place, &key, "is a section, not a value", &format!("write [{key}] and its keys below")),
                }
            } else if let Some(wanted) = self.value(&key) {
                if wanted.same_type(value) {
                    self.set(&key, value.clone(), Origin::File { path: source.path.to_owned(), line });
                } else {
                    let message = format!("must be {}, not {}", kind(wanted), kind(value));
                    let remedy = format!("for example {} = {wanted}", last(&key));
                    self.complain(place, &key, message, &remedy);
                }
            } else {
                let remedy = self.suggest(&key);
                self.complain(place, &key, "is not a setting", &remedy);
            }
        }
    }

    /// Returns warnings about variables that look as if they were meant as settings.
    fn read_environment(&mut self, environment: &Environment) -> Vec<String> {
        let keys: BTreeMap<String, String> = self.values.iter().map(|(key, _)| (variable(key), key.clone())).collect();
        let sections: Vec<String> =
            self.values.iter().filter_map(|(key, _)| key.split_once('.')).map(|(section, _)| format!("{}_", variable(section))).collect();
        let mut warnings = Vec::new();
        for (name, text) in environment.with_prefix(PREFIX) {
            let place = format!("environment {name}");
            if let Some(key) = keys.get(name) {
                match self.value(key).map(|wanted| parse(wanted, text)) {
                    Some(Ok(value)) => self.set(key, value, Origin::Environment { name: name.to_owned() }),
                    Some(Err(message)) => self.complain(place, key, message, "correct or unset the variable"),
                    None => {}
                }
            } else if sections.iter().any(|section| name.starts_with(section)) {
                let remedy = nearest(name, keys.keys().map(String::as_str)).map_or_else(
                    || "unset it; `execgov config list` shows all settings".to_owned(),
                    |found| format!("did you mean {found}?"),
                );
                self.complain(place, "", "is not a setting", &remedy);
            } else if let Some(found) = nearest(name, keys.keys().map(String::as_str)) {
                warnings.push(format!("environment {name} is not a setting; did you mean {found}?"));
            }
        }
        warnings
    }

    fn read_flags(&mut self, overrides: &Overrides) {
        if let Some(address) = &overrides.listen {
            self.set("listen.address", Value::String(address.clone()), Origin::Flag { name: "--listen" });
        }
        if let Some(dir) = &overrides.data_dir {
            self.set("data_dir", Value::String(dir.to_string_lossy().into_owned()), Origin::Flag { name: "--data-dir" });
        }
    }

    fn finish(mut self, file: Option<PathBuf>, warnings: Vec<String>) -> Result<Loaded, ConfigError> {
        self.drop_values_of_wrong_shape();
        let config = Config::deserialize(unflatten(&self.values)).unwrap_or_default();
        for (key, message, remedy) in check::rules(&config) {
            let place = self.origin(key).to_string();
            self.complain(place, key, message, remedy);
        }
        if !self.problems.is_empty() {
            return Err(ConfigError { problems: self.problems });
        }
        let entries = self
            .values
            .iter()
            .map(|(key, value)| Entry { key: key.clone(), value: value.clone(), origin: self.origin(key), variable: variable(key) })
            .collect();
        Ok(Loaded { config, file, entries, warnings })
    }

    /// Tries each value that was set on its own, so that a refusal names its key.
    fn drop_values_of_wrong_shape(&mut self) {
        let defaults = Self::new().values;
        for at in 0..self.values.len() {
            let (key, value) = self.values[at].clone();
            let mut alone = defaults.clone();
            alone[at].1 = value;
            let Err(error) = Config::deserialize(unflatten(&alone)) else { continue };
            let place = self.origin(&key).to_string();
            let message = error.message().trim_end().replace('\n', " ");
            self.complain(place, &key, format!("cannot be used: {message}"), &format!("the default is {}", defaults[at].1));
            self.values[at].1 = defaults[at].1.clone();
        }
    }

    fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }

    fn is_section(&self, key: &str) -> bool {
        self.values.iter().any(|(found, _)| found.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|(found, _)| found == key).map(|(_, value)| value)
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) {
        if let Some(entry) = self.values.iter_mut().find(|(found, _)| found == key) {
            entry.1 = value;
            self.origins.insert(key.to_owned(), origin);
        }
    }

    fn suggest(&self, key: &str) -> String {
        let sections = self.values.iter().filter_map(|(found, _)| found.rsplit_once('.')).map(|(section, _)| section);
        let keys = self.values.iter().map(|(found, _)| found.as_str());
        nearest(key, keys.chain(sections))
            .map_or_else(|| "remove it; config/execgov.toml documents all settings".to_owned(), |found| format!("did you mean `{found}`?"))
    }

    fn complain(&mut self, place: String, key: &str, message: impl Into<String>, remedy: &str) {
        self.problems.push(Problem { place, key: key.to_owned(), message: message.into(), remedy: remedy.to_owned() });
    }
}

struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

fn flatten(prefix: &str, table: &Table, into: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let key = join(prefix, name);
        match value {
            Value::Table(inner) => flatten(&key, inner, into),
            _ => into.push((key, value.clone())),
        }
    }
}

fn unflatten(values: &[(String, Value)]) -> Table {
    let mut root = Table::new();
    for (key, value) in values {
        let mut at = &mut root;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                at.insert(part.to_owned(), value.clone());
                break;
            }
            let Value::Table(inner) = at.entry(part).or_insert_with(|| Value::Table(Table::new())) else { break };
            at = inner;
        }
    }
    root
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The variable that overrides a key: `listen.address` is `EXECGOV_LISTEN_ADDRESS`.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}

/// Reads a variable as the type that the setting has. A list is TOML, or plain texts between commas.
fn parse(wanted: &Value, text: &str) -> Result<Value, String> {
    match wanted {
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| format!("must be a whole number, not `{text}`")),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).map_err(|_| format!("must be true or false, not `{text}`")),
        Value::Array(_) if text.trim_start().starts_with('[') => format!("list = {text}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("list"))
            .ok_or_else(|| "is not a TOML list".to_owned()),
        Value::Array(_) => Ok(Value::Array(
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| Value::String(part.to_owned())).collect(),
        )),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// The known name that is at most a few slips of the keyboard away.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.trim_start_matches(PREFIX).len() / 4).clamp(1, 3);
    known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
