//! Lays the sources of metadata over each other, strongest first, and makes the manifest of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::checklist::{self, Subject};
use super::declared::{self, Declaration, Tree};
use super::entry::{self, Entry};
use super::fault::InspectError;
use super::found::{Found, Input};
use super::report::{FileHint, Inspection, Note, Origin, Source};
use super::{python, request, risk, shell};
use crate::base::text::line_of;
use crate::domain::capability::manifest::{ArgvRule, ArgvStyle};
use crate::domain::capability::{Binding, Kind, Limits, Manifest, Name, Network, Package, Runtime, WriteBoundary};
use crate::domain::schema::InputSchema;

/// Python files of a package that are read for what they import, at most.
const READ_FILES: usize = 200;

/// Inspects a package without executing any of it.
///
/// # Errors
/// Sources that do not parse, wrong manifests, an unclear entry point; each with its place.
pub fn inspect(package: &Package, hint: &FileHint) -> Result<Inspection, InspectError> {
    // Sources are recursive structures: they are read where the stack suffices, whoever asks.
    python::on_deep_stack(|| read(package, hint)).unwrap_or_else(|| {
        let why = "the source could not be analysed".to_owned();
        Err(InspectError::TooComplex { file: hint.file_name.clone(), line: 1, why })
    })
}

fn read(package: &Package, hint: &FileHint) -> Result<Inspection, InspectError> {
    let manifest = match package.get("capability.toml") {
        Some(bytes) => Some(declared::read(&Tree::toml("capability.toml", utf8("capability.toml", bytes)?, 0)?, Source::Manifest)?),
        None => None,
    };
    if let Some(declared) = manifest.as_ref().filter(|declared| declared.kind == Some(Kind::Http) || declared.http.is_some()) {
        let (entry, found) = request::inspect(declared)?;
        let declarations = std::slice::from_ref(declared);
        return Builder { package, hint, entry: &entry, declarations, provenance: BTreeMap::new(), notes: Vec::new() }.build(found);
    }
    let entry = entry::find(package, manifest.as_ref(), hint)?;
    let file = entry.path.as_str();
    let bytes = package.get(file).unwrap_or_default();
    let mut declarations: Vec<Declaration> = manifest.into_iter().collect();
    let text = match entry.kind {
        Kind::Python => python::decode(file, bytes)?,
        Kind::Shell | Kind::Http => shell::decode(file, bytes)?,
    };
    // Both kinds of script can carry the block: it is a comment.
    declarations.extend(declared::inline(file, &text)?);
    declarations.extend(sidecar(package, &entry)?);
    let wanted = declarations.iter().find_map(|declared| declared.function.as_deref());
    let mut found = match entry.kind {
        Kind::Python => python::inspect(file, &text, wanted)?,
        Kind::Shell | Kind::Http => shell::inspect(file, &text),
    };
    if let Some(wanted) = wanted
        && found.function.as_deref() != Some(wanted)
        && entry.kind == Kind::Python
    {
        let owner = declarations.iter().find(|declared| declared.function.is_some());
        return Err(InspectError::Manifest {
            file: owner.map_or_else(String::new, |declared| declared.file.clone()),
            line: owner.and_then(|declared| declared.lines.get("function").copied()),
            why: format!("`function` names `{wanted}`, which {file} does not define"),
        });
    }
    siblings(package, &entry, &mut found);
    Builder { package, hint, entry: &entry, declarations: &declarations, provenance: BTreeMap::new(), notes: Vec::new() }.build(found)
}

fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, InspectError> {
    std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).map_err(|error| {
        let line = line_of(bytes, error.valid_up_to());
        InspectError::Manifest { file: file.to_owned(), line: u32::try_from(line).ok(), why: "is not UTF-8".to_owned() }
    })
}

/// `report.execgov.toml` or `.json` beside `report.py`.
fn sidecar(package: &Package, entry: &Entry) -> Result<Option<Declaration>, InspectError> {
    let base = entry.path.as_str().rsplit_once('.').map_or(entry.path.as_str(), |(base, _)| base);
    let (toml, json) = (format!("{base}.execgov.toml"), format!("{base}.execgov.json"));
    match (package.get(&toml), package.get(&json)) {
        (Some(_), Some(_)) => Err(InspectError::Manifest { file: json, line: None, why: format!("there is also `{toml}`: keep one") }),
        (Some(bytes), None) => declared::read(&Tree::toml(&toml, utf8(&toml, bytes)?, 0)?, Source::Sidecar).map(Some),
        (None, Some(bytes)) => declared::read(&Tree::json(&json, utf8(&json, bytes)?)?, Source::Sidecar).map(Some),
        (None, None) => Ok(None),
    }
}

/// Adds what the other Python files of the package import and can reach; takes away imports of the package's own files.
fn siblings(package: &Package, entry: &Entry, found: &mut Found) {
    let mut own: Vec<String> = vec!["execgov".to_owned()];
    let mut imported: Vec<String> = std::mem::take(&mut found.third_party);
    for (path, bytes) in package.files.iter().take(READ_FILES) {
        let name = path.as_str();
        let first = name.split('/').next().unwrap_or(name);
        own.push(first.strip_suffix(".py").unwrap_or(first).to_owned());
        if path.extension() == Some("py") {
            own.push(path.file_name().trim_end_matches(".py").to_owned());
        }
        if path.extension() != Some("py") || *path == entry.path || name.starts_with("tests/") || path.file_name().starts_with("test_") {
            continue;
        }
        let read = python::decode(name, bytes).and_then(|text| python::imported_modules(name, &text));
        match read {
            Ok((modules, signals)) => {
                imported.extend(modules);
                found.signals.extend(signals);
            }
            Err(error) => found.notes.push(Note::new("module_not_read", name, None, error.to_string())),
        }
    }
    imported.retain(|module| !own.contains(module));
    imported.sort();
    imported.dedup();
    found.third_party = imported;
}

struct Builder<'a> {
    package: &'a Package,
    hint: &'a FileHint,
    entry: &'a Entry,
    declarations: &'a [Declaration],
    provenance: BTreeMap<String, Origin>,
    notes: Vec<Note>,
}

impl<'a> Builder<'a> {
    /// The strongest declaration of a field, noted as its origin.
    fn declared<T>(&mut self, field: &str, key: &str, pick: impl Fn(&'a Declaration) -> Option<T>) -> Option<T> {
        let (declared, value) = self.declarations.iter().find_map(|declared| Some((declared, pick(declared)?)))?;
        self.from(field, Origin::at(declared.source, &declared.file, declared.lines.get(key).copied()));
        Some(value)
    }

    fn from(&mut self, field: &str, origin: Origin) {
        self.provenance.insert(field.to_owned(), origin);
    }

    fn build(mut self, mut found: Found) -> Result<Inspection, InspectError> {
        self.notes.append(&mut found.notes);
        let judgement = risk::judge(&found.signals);
        let name = self.name()?;
        let (title, description) = self.words(&found, &name);
        let (inputs, argv) = self.inputs(&found)?;
        let binding = self.binding(&found, &argv);
        let network = self.network(&found);
        let declared_risk = self.declared("risk", "risk", |declared| declared.risk);
        let risk = declared_risk.unwrap_or_else(|| {
            self.provenance
                .insert("risk".to_owned(), Origin::of(if judgement.reasons.is_empty() { Source::Default } else { Source::Code }));
            judgement.risk
        });
        if declared_risk.is_some_and(|declared| declared < judgement.risk) {
            let text = format!(
                "declared {}, but the code shows {}: {}",
                risk::word(risk),
                risk::word(judgement.risk),
                judgement.reasons.join("; ")
            );
            self.notes.push(Note { code: "risk_understated".to_owned(), file: None, line: None, text });
        }
        let writes = self.declared("write_boundary", "writes", |declared| declared.writes.clone()).unwrap_or_else(|| {
            self.provenance
                .insert("write_boundary".to_owned(), Origin::of(if judgement.writes.is_empty() { Source::Default } else { Source::Code }));
            judgement.writes.clone()
        });
        let manifest = Manifest {
            name,
            title,
            description,
            kind: found.kind,
            entry: self.entry.path.to_string(),
            function: if binding == Binding::Function { found.function.clone() } else { None },
            binding,
            http: self.declared("http", "http", |declared| declared.http.clone()).map(Box::new),
            inputs,
            output: self.declared("output", "output", |declared| declared.output.clone()),
            argv: if binding == Binding::Argv { argv } else { Vec::new() },
            owner: self.declared("owner", "owner", |declared| declared.owner.clone()),
            tags: self.declared("tags", "tags", |declared| declared.tags.clone()).unwrap_or_default(),
            risk,
            write_boundary: WriteBoundary { writes },
            network,
            limits: self.limits(),
            retry: self.declared("retry", "retry", |declared| declared.retry).unwrap_or_default(),
            runtime: Runtime {
                requires_python: self.declared("runtime/requires_python", "requires_python", |declared| declared.requires_python.clone()),
                venv: self.declared("runtime/venv", "venv", |declared| declared.venv.clone()),
                dependencies: self
                    .declared("runtime/dependencies", "dependencies", |declared| declared.dependencies.clone())
                    .unwrap_or_default(),
            },
            concurrency: self.declared("concurrency", "concurrency", |declared| declared.concurrency.clone()).unwrap_or_default(),
            env: self.declared("env", "env", |declared| declared.env.clone()).unwrap_or_default(),
            secrets: self.declared("secrets", "secrets", |declared| declared.secrets.clone()).unwrap_or_default(),
            examples: self.declared("examples", "examples", |declared| declared.examples.clone()).unwrap_or_default(),
        };
        self.check(&manifest)?;
        let subject = Subject {
            package: self.package,
            manifest: &manifest,
            provenance: &self.provenance,
            judgement: &judgement,
            third_party: &found.third_party,
        };
        let checklist = checklist::compute(&subject);
        Ok(Inspection { manifest, provenance: self.provenance, checklist, notes: self.notes })
    }

    fn name(&mut self) -> Result<Name, InspectError> {
        if let Some(name) = &self.hint.name {
            self.from("name", Origin::of(Source::Request));
            return Ok(name.clone());
        }
        if let Some(name) = self.declared("name", "name", |declared| declared.name.clone()) {
            return Ok(name);
        }
        let upload = entry::stem(&self.hint.file_name);
        let script = entry::stem(self.entry.path.file_name());
        let generic = matches!(script, "main" | "__main__" | "run" | "app" | "script");
        let texts = if self.package.files.len() > 1 || generic { [upload, script] } else { [script, upload] };
        self.from("name", Origin::of(Source::FileName));
        texts.into_iter().find_map(Name::suggest).ok_or_else(|| InspectError::Name { text: self.hint.file_name.clone() })
    }

    fn words(&mut self, found: &Found, name: &Name) -> (String, String) {
        let readme = self.readme();
        let title = self.declared("title", "title", |declared| declared.title.clone());
        let title = title.or_else(|| self.inferred("title", found.title.as_ref())).or_else(|| {
            let title = readme.as_ref().map(|(title, _, path)| (title.clone(), Origin::at(Source::Readme, path, Some(1))));
            self.inferred("title", title.as_ref())
        });
        let description = self.declared("description", "description", |declared| declared.description.clone());
        let description = description.or_else(|| self.inferred("description", found.description.as_ref())).or_else(|| {
            let text = readme.map(|(_, text, path)| (text, Origin::at(Source::Readme, &path, None)));
            self.inferred("description", text.as_ref())
        });
        let title = title.unwrap_or_else(|| {
            self.from("title", Origin::of(Source::FileName));
            let words = name.as_str().replace(['-', '_', '.'], " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        });
        (title.chars().take(200).collect(), description.unwrap_or_default().chars().take(20_000).collect())
    }

    fn inferred(&mut self, field: &str, value: Option<&(String, Origin)>) -> Option<String> {
        let (text, origin) = value.filter(|(text, _)| !text.trim().is_empty())?;
        self.from(field, origin.clone());
        Some(text.clone())
    }

    /// Heading, first paragraph and path of the README.
    fn readme(&self) -> Option<(String, String, String)> {
        let (path, bytes) = self.package.files.iter().find(|(path, _)| checklist::is_readme(path.as_str()))?;
        let text = std::str::from_utf8(bytes).ok()?;
        let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default().trim().to_owned();
        let body = text.split("\n\n").map(str::trim).find(|part| !part.is_empty() && !part.starts_with(['#', '=', '[', '!', '<', '`']))?;
        Some((title, body.split_whitespace().collect::<Vec<_>>().join(" "), path.to_string()))
    }

    fn binding(&mut self, found: &Found, argv: &[ArgvRule]) -> Binding {
        let declared = self.declared("binding", "binding", |declared| declared.binding);
        let implied = self.declarations.iter().any(|declared| declared.function.is_some()).then_some(Binding::Function);
        let binding = declared.or(implied).unwrap_or(found.binding);
        if declared.is_none() {
            let source = match binding {
                Binding::Function => Source::Signature,
                Binding::Argv if argv.is_empty() => Source::Default,
                Binding::Argv | Binding::Env | Binding::Stdin | Binding::Request => Source::Code,
            };
            self.from("binding", Origin::of(source));
        }
        binding
    }

    fn network(&mut self, found: &Found) -> Network {
        let network = self.declared("network", "network", |declared| declared.network);
        if network.is_none() {
            self.from("network", Origin::of(Source::Default));
        }
        let network = network.unwrap_or_default();
        if network == Network::None
            && let Some(signal) = found.signals.iter().find(|signal| risk::needs_network(signal.effect))
        {
            let text =
                format!("`{}` needs the network, which a run does not have: declare network = \"host\" if it is meant to", signal.what);
            self.notes.push(Note::new("network_blocked", &signal.file, Some(signal.line), text));
        }
        network
    }

    fn limits(&mut self) -> Limits {
        let mut limits = Limits::default();
        for declared in self.declarations.iter().rev() {
            declared.apply_limits(&mut limits);
            for name in declared.limits.keys() {
                let line = declared.lines.get("limits").or(declared.lines.get("timeout")).copied();
                self.provenance.insert(format!("limits/{name}"), Origin::at(declared.source, &declared.file, line));
            }
        }
        limits
    }

    #[expect(clippy::unnecessary_wraps, reason = "its siblings can fail, and so may this one when schemas are checked here")]
    fn inputs(&mut self, found: &Found) -> Result<(Map<String, Value>, Vec<ArgvRule>), InspectError> {
        if let Some(schema) = self.declared("inputs", "schema", |declared| declared.schema.clone()) {
            let names: Vec<String> =
                schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect();
            let mut rules: Vec<ArgvRule> = found.argv.iter().filter(|rule| names.contains(&rule.input)).cloned().collect();
            for name in &names {
                let property = schema.get("properties").and_then(|all| all.get(name)).unwrap_or(&Value::Null);
                if !rules.iter().any(|rule| rule.input == *name) {
                    rules.push(ArgvRule { input: name.clone(), flag: Some(flag_of(name)), style: style_of(property) });
                }
            }
            return Ok((schema, order(rules)));
        }
        let mut inputs: Vec<Input> = found.inputs.clone();
        let mut rules = found.argv.clone();
        for input in &inputs {
            self.provenance.insert(format!("inputs/{}", input.name), input.origin.clone());
        }
        for declared in self.declarations.iter().rev() {
            for wanted in &declared.inputs {
                let origin = Origin::at(declared.source, &declared.file, wanted.line);
                let at = inputs.iter().position(|input| input.name == wanted.name);
                let known = at.map(|at| inputs[at].clone());
                let schema = declared::merge_input(&known.as_ref().map(|input| input.schema.clone()).unwrap_or_default(), wanted);
                let has_default = schema.contains_key("default");
                let required =
                    wanted.required.unwrap_or_else(|| known.as_ref().map_or(!has_default, |input| input.required && !has_default));
                let input = Input::new(&wanted.name, schema, required, origin.clone());
                rule_for(wanted, &input, &mut rules);
                self.provenance.insert(format!("inputs/{}", wanted.name), origin);
                match at {
                    Some(at) => inputs[at] = input,
                    None => inputs.push(input),
                }
            }
        }
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        let required: Vec<Value> = inputs.iter().filter(|input| input.required).map(|input| json!(input.name)).collect();
        schema.insert(
            "properties".to_owned(),
            Value::Object(inputs.into_iter().map(|input| (input.name, Value::Object(input.schema))).collect()),
        );
        if !required.is_empty() {
            schema.insert("required".to_owned(), Value::Array(required));
        }
        schema.extend(found.constraints.clone());
        schema.insert("additionalProperties".to_owned(), Value::Bool(found.open));
        Ok((schema, rules))
    }

    /// What has to hold of the whole.
    fn check(&self, manifest: &Manifest) -> Result<(), InspectError> {
        let file = self.declarations.first().map_or_else(|| manifest.entry.clone(), |declared| declared.file.clone());
        let refuse = |key: &str, why: String| {
            let line = self.declarations.iter().find_map(|declared| declared.lines.get(key).copied());
            Err(InspectError::Manifest { file: file.clone(), line, why })
        };
        let compiled = InputSchema::compile(&manifest.inputs).map_err(|error| InspectError::Schema { file: file.clone(), error })?;
        if let Some(output) = &manifest.output {
            crate::domain::schema::OutputSchema::compile(output).map_err(|error| InspectError::Schema { file: file.clone(), error })?;
        }
        let properties = manifest.inputs.get("properties").and_then(Value::as_object);
        let exists = |name: &str| properties.is_some_and(|all| all.contains_key(name));
        if let Some(key) = manifest.concurrency.key.as_deref().filter(|key| !exists(key)) {
            return refuse("concurrency", format!("`concurrency.key` names the input `{key}`, which does not exist"));
        }
        request::check(manifest).or_else(|why| refuse("http", why))?;
        if manifest.binding == Binding::Function && manifest.kind == Kind::Shell {
            return refuse("binding", "a shell script has no functions: use argv, env or stdin".to_owned());
        }
        if manifest.binding == Binding::Function && manifest.function.is_none() {
            return refuse("binding", format!("the binding is `function`, but {} has no function `main`", manifest.entry));
        }
        if manifest.binding == Binding::Env
            && let Some(name) = properties
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
                .find(|name| !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        {
            return refuse("inputs", format!("`{name}` cannot be an environment variable"));
        }
        for (index, example) in manifest.examples.iter().enumerate() {
            let Some(inputs) = example.get("inputs").and_then(Value::as_object) else { continue };
            let files: Vec<String> = compiled.file_fields().map(|name| format!("/{name}")).collect();
            // An example cannot know the id of an uploaded file.
            let is_file = |pointer: &str| files.iter().any(|file| pointer == file || pointer.starts_with(&format!("{file}/")));
            let fault = compiled.complete(inputs).err().into_iter().flatten().find(|fault| !is_file(&fault.pointer));
            if let Some(fault) = fault {
                return refuse("examples", format!("example {} does not fit the inputs: {}", index + 1, fault.message));
            }
        }
        Ok(())
    }
}

/// Settles how a declared input becomes arguments.
fn rule_for(wanted: &declared::DeclaredInput, input: &Input, rules: &mut Vec<ArgvRule>) {
    let style = wanted.style.unwrap_or_else(|| style_of(&Value::Object(input.schema.clone())));
    if let Some(rule) = rules.iter_mut().find(|rule| rule.input == wanted.name) {
        if wanted.flag.is_some() || wanted.positional {
            rule.flag.clone_from(&wanted.flag);
            rule.style = style;
        }
        rule.style = wanted.style.unwrap_or(rule.style);
    } else {
        let flag = if wanted.positional { None } else { Some(wanted.flag.clone().unwrap_or_else(|| flag_of(&wanted.name))) };
        // A flag without a value cannot be positional.
        let style = if flag.is_none() && !matches!(style, ArgvStyle::Many | ArgvStyle::Value) { ArgvStyle::Value } else { style };
        let rule = ArgvRule { input: wanted.name.clone(), flag, style };
        // Options before positional arguments.
        let at = if rule.flag.is_some() { rules.iter().position(|known| known.flag.is_none()).unwrap_or(rules.len()) } else { rules.len() };
        rules.insert(at, rule);
    }
}

fn order(rules: Vec<ArgvRule>) -> Vec<ArgvRule> {
    let (options, positionals): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.flag.is_some());
    options.into_iter().chain(positionals).collect()
}

fn flag_of(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

fn style_of(property: &Value) -> ArgvStyle {
    match property.get("type").and_then(Value::as_str) {
        Some("boolean") => ArgvStyle::SwitchOn,
        Some("array") => ArgvStyle::Many,
        _ => ArgvStyle::Value,
    }
}
