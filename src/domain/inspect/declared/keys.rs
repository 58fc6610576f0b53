//! The keys of a manifest, each checked where it stands.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::inputs::{self, DeclaredInput};
use super::tree::Tree;
use super::units;
use crate::domain::capability::manifest::Concurrency;
use crate::domain::capability::{Binding, Kind, Limits, Name, Network, Retry, Risk};
use crate::domain::http::HttpCall;
use crate::domain::inspect::fault::InspectError;
use crate::domain::inspect::report::Source;
use crate::domain::schema::nearest;
use crate::domain::vault::SecretNeed;

/// Longest wall-clock limit: seven days.
const WALL_MS: u64 = 7 * 86_400_000;

/// What one document declares; everything is optional.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub source: Source,
    pub file: String,
    pub name: Option<Name>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub entry: Option<String>,
    pub function: Option<String>,
    pub kind: Option<Kind>,
    pub http: Option<HttpCall>,
    pub binding: Option<Binding>,
    pub owner: Option<String>,
    pub tags: Option<Vec<String>>,
    pub risk: Option<Risk>,
    pub writes: Option<Vec<String>>,
    pub network: Option<Network>,
    pub requires_python: Option<String>,
    pub venv: Option<String>,
    pub dependencies: Option<Vec<String>>,
    pub inputs: Vec<DeclaredInput>,
    pub schema: Option<Map<String, Value>>,
    pub output: Option<Map<String, Value>>,
    /// Limits by their name in [`Limits`].
    pub limits: BTreeMap<&'static str, u64>,
    pub retry: Option<Retry>,
    pub concurrency: Option<Concurrency>,
    pub env: Option<BTreeMap<String, String>>,
    pub secrets: Option<Vec<SecretNeed>>,
    pub examples: Option<Vec<Map<String, Value>>>,
    /// Lines of the keys.
    pub lines: BTreeMap<String, u32>,
}

const KEYS: [&str; 26] = [
    "name",
    "title",
    "description",
    "entry",
    "function",
    "binding",
    "owner",
    "tags",
    "risk",
    "writes",
    "network",
    "requires_python",
    "venv",
    "dependencies",
    "inputs",
    "schema",
    "output",
    "limits",
    "retry",
    "concurrency",
    "env",
    "secrets",
    "examples",
    "timeout",
    "kind",
    "http",
];

impl Declaration {
    pub fn new(source: Source, file: &str) -> Self {
        Self {
            source,
            file: file.to_owned(),
            name: None,
            title: None,
            description: None,
            entry: None,
            function: None,
            kind: None,
            http: None,
            binding: None,
            owner: None,
            tags: None,
            risk: None,
            writes: None,
            network: None,
            requires_python: None,
            venv: None,
            dependencies: None,
            inputs: Vec::new(),
            schema: None,
            output: None,
            limits: BTreeMap::new(),
            retry: None,
            concurrency: None,
            env: None,
            secrets: None,
            examples: None,
            lines: BTreeMap::new(),
        }
    }

    /// # Errors
    /// When the text is not a version specifier by its looks.
    pub fn set_requires_python(&mut self, text: &str, tree: &Tree, at: &str) -> Result<(), InspectError> {
        let fits = !text.trim().is_empty()
            && text.split(',').all(|part| {
                let version = part.trim().trim_start_matches(['<', '>', '=', '!', '~']).trim();
                !version.is_empty()
                    && version.len() < part.trim().len()
                    && version.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'*' | b'+'))
            });
        if !fits {
            return Err(tree.error(at, format!("`{text}` is not a version specifier such as \">=3.10\" or \">=3.9,<3.13\"")));
        }
        self.requires_python = Some(text.trim().to_owned());
        Ok(())
    }

    /// # Errors
    /// When it is not a list of texts.
    pub fn set_dependencies(&mut self, value: &Value, tree: &Tree, at: &str) -> Result<(), InspectError> {
        self.dependencies = Some(
            texts(value)
                .ok_or_else(|| tree.error(at, "`dependencies` must be a list of requirements such as [\"requests>=2\"]".to_owned()))?,
        );
        Ok(())
    }

    /// Lays the declared limits over others.
    pub fn apply_limits(&self, limits: &mut Limits) {
        let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        for (name, value) in &self.limits {
            match *name {
                "wall_ms" => limits.wall_ms = *value,
                "cpu_ms" => limits.cpu_ms = *value,
                "memory_bytes" => limits.memory_bytes = *value,
                "processes" => limits.processes = small(*value),
                "file_bytes" => limits.file_bytes = *value,
                "disk_bytes" => limits.disk_bytes = *value,
                "disk_entries" => limits.disk_entries = small(*value),
                "output_bytes" => limits.output_bytes = *value,
                "artifacts" => limits.artifacts = small(*value),
                _ => limits.result_bytes = *value,
            }
        }
    }
}

/// Reads a document.
///
/// # Errors
/// An unknown key, or a value of the wrong shape, with its line.
pub fn read(tree: &Tree, source: Source) -> Result<Declaration, InspectError> {
    let mut declared = Declaration::new(source, &tree.file);
    for (written, value) in &tree.root {
        let at = format!("/{written}");
        let key = written.replace('-', "_");
        if let Some(line) = tree.line(&at) {
            declared.lines.insert(key.clone(), line);
        }
        one(&mut declared, tree, &at, &key, value)?;
    }
    Ok(declared)
}

fn one(declared: &mut Declaration, tree: &Tree, at: &str, key: &str, value: &Value) -> Result<(), InspectError> {
    let wrong = |expected: &str| tree.error(at, format!("`{key}` must be {expected}"));
    let text = |limit: usize| match value.as_str() {
        Some(text) if text.chars().count() <= limit && !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Some(_) => Err(wrong(&format!("1 to {limit} characters"))),
        None => Err(wrong("text")),
    };
    let table = || value.as_object().cloned().ok_or_else(|| wrong("a table"));
    match key {
        "name" => declared.name = Some(text(64)?.parse().map_err(|error| tree.error(at, format!("`name`: {error}")))?),
        "title" => declared.title = Some(text(200)?),
        "description" => declared.description = Some(text(20_000)?),
        "entry" => declared.entry = Some(text(240)?),
        "function" => {
            let name = text(100)?;
            let fits = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
            declared.function = Some(if fits { name } else { return Err(wrong("the name of a function")) });
        }
        "kind" => {
            declared.kind = Some(serde_json::from_value(value.clone()).map_err(|_| wrong("python, shell or http"))?);
        }
        "http" => {
            let call: HttpCall =
                serde_json::from_value(Value::Object(table()?)).map_err(|error| tree.error(at, format!("`http`: {error}")))?;
            call.check().map_err(|(field, why)| tree.error(&format!("{at}/{field}"), format!("`http.{field}`: {why}")))?;
            declared.http = Some(call);
        }
        "binding" => {
            declared.binding = Some(serde_json::from_value(value.clone()).map_err(|_| wrong("function, argv, env, stdin or request"))?);
        }
        "owner" => declared.owner = Some(text(200)?),
        "tags" => {
            declared.tags = Some(
                texts(value)
                    .filter(|tags| tags.len() <= 20 && tags.iter().all(|tag| tag.chars().count() <= 40))
                    .ok_or_else(|| wrong("a list of up to 20 short texts"))?,
            );
        }
        "risk" => declared.risk = Some(serde_json::from_value(value.clone()).map_err(|_| wrong("low, medium, high or critical"))?),
        "writes" => declared.writes = Some(texts(value).ok_or_else(|| wrong("a list of texts; [] means read-only"))?),
        "network" => declared.network = Some(serde_json::from_value(value.clone()).map_err(|_| wrong("none or host"))?),
        "requires_python" => declared.set_requires_python(&text(100)?, tree, at)?,
        "venv" => {
            let path = text(4_000)?;
            let fits = path.starts_with('/') && !path.split('/').any(|part| part == ".." || part == ".");
            declared.venv = Some(if fits { path } else { return Err(wrong("an absolute path without `.` and `..`")) });
        }
        "dependencies" => declared.set_dependencies(value, tree, at)?,
        "inputs" => declared.inputs = inputs::read(tree, at, &table()?)?,
        "schema" => declared.schema = Some(table()?),
        "output" => declared.output = Some(table()?),
        "timeout" => {
            declared.limits.insert("wall_ms", limit(tree, at, "wall", value)?.1);
        }
        "limits" => {
            for (name, value) in &table()? {
                let (name, value) = limit(tree, &format!("{at}/{name}"), name, value)?;
                declared.limits.insert(name, value);
            }
        }
        "retry" => declared.retry = Some(retry(tree, at, &table()?)?),
        "concurrency" => {
            let table = table()?;
            known(tree, at, "concurrency", &table, &["limit", "key"])?;
            declared.concurrency =
                Some(serde_json::from_value(Value::Object(table)).map_err(|error| tree.error(at, format!("`concurrency`: {error}")))?);
        }
        "env" => declared.env = Some(env(tree, at, &table()?)?),
        "secrets" => declared.secrets = Some(secrets(tree, at, value)?),
        "examples" => declared.examples = Some(examples(tree, at, value)?),
        _ => {
            let near = nearest(key, KEYS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(tree.error(at, format!("there is no key `{key}`{near}")));
        }
    }
    Ok(())
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?;
    items.iter().map(|item| item.as_str().map(str::trim).filter(|text| !text.is_empty() && text.len() <= 500).map(str::to_owned)).collect()
}

/// A limit by its name in [`Limits`], from its short name with a unit or its full name with a number.
fn limit(tree: &Tree, at: &str, written: &str, value: &Value) -> Result<(&'static str, u64), InspectError> {
    const NAMES: [(&str, &str, u64); 10] = [
        ("wall", "wall_ms", WALL_MS),
        ("cpu", "cpu_ms", WALL_MS),
        ("memory", "memory_bytes", 1 << 40),
        ("processes", "processes", 10_000),
        ("file", "file_bytes", 1 << 40),
        ("disk", "disk_bytes", 1 << 40),
        ("disk_entries", "disk_entries", 1_000_000),
        ("output", "output_bytes", 1 << 34),
        ("artifacts", "artifacts", 10_000),
        ("result", "result_bytes", 64 << 20),
    ];
    let key = written.replace('-', "_");
    let key = if key == "timeout" { "wall".to_owned() } else { key };
    let Some((short, full, most)) = NAMES.into_iter().find(|(short, full, _)| *short == key || *full == key) else {
        let near =
            nearest(&key, NAMES.iter().map(|(short, ..)| *short)).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(tree.error(at, format!("there is no limit `{written}`{near}")));
    };
    let refuse = |why: &str| tree.error(at, format!("the limit `{written}` {why}"));
    let amount = match value {
        Value::String(text) if full.ends_with("_ms") => units::duration_ms(text).map_err(refuse)?,
        Value::String(text) if full.ends_with("_bytes") => units::bytes(text).map_err(refuse)?,
        Value::Number(number) if key == full => number.as_u64().ok_or_else(|| refuse("must be a whole number"))?,
        _ if full.ends_with("_ms") => return Err(refuse("must be a duration with a unit, such as \"10m\"")),
        _ if full.ends_with("_bytes") => return Err(refuse("must be a size with a unit, such as \"512MiB\"")),
        _ => return Err(refuse("must be a whole number")),
    };
    if amount == 0 || amount > most {
        return Err(refuse(&format!(
            "must be from 1 to {most}{}",
            if full == short { "" } else { full.trim_start_matches(short).trim_start_matches('_') }
        )));
    }
    Ok((full, amount))
}

fn known(tree: &Tree, at: &str, table: &str, fields: &Map<String, Value>, keys: &[&'static str]) -> Result<(), InspectError> {
    for name in fields.keys() {
        if !keys.contains(&name.as_str()) {
            let near = nearest(name, keys.iter().copied()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(tree.error(&format!("{at}/{name}"), format!("`{table}` has no key `{name}`{near}")));
        }
    }
    Ok(())
}

fn retry(tree: &Tree, at: &str, table: &Map<String, Value>) -> Result<Retry, InspectError> {
    known(tree, at, "retry", table, &["attempts", "backoff", "backoff_ms", "after_interruption"])?;
    let mut retry = Retry::default();
    if let Some(value) = table.get("attempts") {
        let attempts = value
            .as_u64()
            .filter(|attempts| (1..=10).contains(attempts))
            .ok_or_else(|| tree.error(&format!("{at}/attempts"), "`retry.attempts` must be from 1 to 10".to_owned()))?;
        retry.attempts = u32::try_from(attempts).unwrap_or(1);
    }
    if let Some(value) = table.get("backoff") {
        let parsed = value.as_str().ok_or("must be a duration with a unit, such as \"5s\"").and_then(units::duration_ms);
        retry.backoff_ms = parsed.map_err(|why| tree.error(&format!("{at}/backoff"), format!("`retry.backoff` {why}")))?;
    }
    if let Some(value) = table.get("backoff_ms") {
        retry.backoff_ms = value
            .as_u64()
            .ok_or_else(|| tree.error(&format!("{at}/backoff_ms"), "`retry.backoff_ms` must be a whole number".to_owned()))?;
    }
    if let Some(value) = table.get("after_interruption") {
        retry.after_interruption = value.as_bool().ok_or_else(|| {
            tree.error(&format!("{at}/after_interruption"), "`retry.after_interruption` must be true or false".to_owned())
        })?;
    }
    if retry.backoff_ms > 3_600_000 {
        return Err(tree.error(&format!("{at}/backoff"), "`retry.backoff` must be at most one hour".to_owned()));
    }
    Ok(retry)
}

/// Variables that decide what is executed, which only the appliance sets.
const RESERVED: [&str; 9] = ["PATH", "HOME", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "BASH_ENV", "ENV", "SHELLOPTS", "IFS"];

fn env(tree: &Tree, at: &str, table: &Map<String, Value>) -> Result<BTreeMap<String, String>, InspectError> {
    let mut variables = BTreeMap::new();
    for (name, value) in table {
        let place = format!("{at}/{name}");
        let fits = !name.is_empty()
            && name.len() <= 100
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !fits {
            return Err(tree.error(&place, format!("`{name}` is not the name of an environment variable")));
        }
        if RESERVED.contains(&name.as_str()) || name.starts_with("LD_") || name.starts_with("EXECGOV_") {
            return Err(tree.error(&place, format!("`{name}` is set by the appliance")));
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(tree.error(&place, format!("`env.{name}` must be text"))),
        };
        if text.len() > 32_768 || text.contains('\0') {
            return Err(tree.error(&place, format!("`env.{name}` must have at most 32768 bytes and no NUL")));
        }
        variables.insert(name.clone(), text);
    }
    Ok(variables)
}

/// Secrets of one version, at most.
const SECRETS: usize = 50;

/// Secrets: names, or tables that also say as which file or environment variable.
fn secrets(tree: &Tree, at: &str, value: &Value) -> Result<Vec<SecretNeed>, InspectError> {
    let items = value.as_array().filter(|items| items.len() <= SECRETS);
    let items = items.ok_or_else(|| tree.error(at, format!("`secrets` must be a list of up to {SECRETS} names or tables")))?;
    let mut needs: Vec<SecretNeed> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("{at}/{index}");
        let wrong = |why: String| tree.error(&place, why);
        let fields = match item {
            Value::String(name) => Map::from_iter([("name".to_owned(), json!(name))]),
            Value::Object(fields) => fields.clone(),
            _ => return Err(wrong("a secret is its name, or a table with `name` and `file` or `env`".to_owned())),
        };
        known(tree, &place, "secrets", &fields, &["name", "file", "env"])?;
        let text = |key: &str| match fields.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(format!("`{key}` of a secret must be text"))),
        };
        let name = text("name")?.ok_or_else(|| wrong("a secret needs a `name`".to_owned()))?;
        let name = name.parse().map_err(|error| wrong(format!("{error}")))?;
        let need = SecretNeed { name, file: text("file")?, env: text("env")? };
        if need.file.is_some() && need.env.is_some() {
            return Err(wrong("a secret comes as a `file` or in `env`, not both".to_owned()));
        }
        if let Some(variable) = &need.env {
            env(tree, &place, &Map::from_iter([(variable.clone(), json!(""))]))?;
        }
        let plain =
            |name: &str| !name.is_empty() && name.len() <= 100 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if need.file.as_deref().is_some_and(|file| !plain(file) || file.starts_with('.')) {
            return Err(wrong("`file` has 1 to 100 characters of a-z, A-Z, 0-9, '-', '_' and '.', and does not begin with '.'".to_owned()));
        }
        if needs.iter().any(|other| other.name == need.name || (other.delivery() == need.delivery() && other.place() == need.place())) {
            return Err(wrong(format!("`{}` comes twice", need.place())));
        }
        needs.push(need);
    }
    Ok(needs)
}

/// Examples: `{ title, description, inputs, expect }`, or the inputs themselves.
fn examples(tree: &Tree, at: &str, value: &Value) -> Result<Vec<Map<String, Value>>, InspectError> {
    let items = value
        .as_array()
        .filter(|items| items.len() <= 50)
        .ok_or_else(|| tree.error(at, "`examples` must be a list of up to 50 tables".to_owned()))?;
    let mut examples = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("{at}/{index}");
        let Value::Object(fields) = item else { return Err(tree.error(&place, "an example must be a table".to_owned())) };
        if fields.get("inputs").is_some_and(Value::is_object) {
            known(tree, &place, "examples", fields, &["name", "title", "description", "inputs", "expect"])?;
            examples.push(fields.clone());
        } else {
            examples.push(Map::from_iter([("inputs".to_owned(), json!(fields))]));
        }
    }
    Ok(examples)
}
