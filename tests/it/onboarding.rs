//! Scripts as found in the wild become forms: each sample is inspected unmodified and compared with what
//! `tests/samples/expect` states, and the inputs of its runs are completed by its schema.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use execgov::bundle;
use execgov::domain::inspect::{ChecklistState, FileHint, Inspection, inspect};
use execgov::domain::schema::InputSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What is stated of one sample. The runs are for tests with a sandbox; here only their inputs are checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The file or folder below `tests/samples`.
    pub path: String,
    pub title: String,
    pub binding: String,
    pub risk: String,
    pub required: Vec<String>,
    /// The kind of every input, in the order of the form.
    pub inputs: toml::Table,
    #[serde(default)]
    pub defaults: Map<String, Value>,
    /// Files of a package.
    #[serde(default)]
    pub files: Vec<String>,
    #[serde(default)]
    pub run: Vec<ExpectedRun>,
    #[serde(default)]
    pub refused: Vec<Refused>,
}

/// A run of a sample: inputs, files by input and their content, and what comes out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRun {
    pub inputs: Map<String, Value>,
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    #[serde(default)]
    pub exit: i32,
    /// Fragments of standard output.
    #[serde(default)]
    pub stdout: Vec<String>,
    #[serde(default)]
    pub stderr: Vec<String>,
    /// Fields of the result.
    #[serde(default)]
    pub result: Map<String, Value>,
    /// Names of artifacts.
    #[serde(default)]
    pub artifacts: Vec<String>,
}

/// Inputs that do not fit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    pub inputs: Map<String, Value>,
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    pub message: String,
}

/// The folder of the samples.
pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}

/// Everything stated in `tests/samples/expect`.
pub fn expectations() -> Vec<Expect> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(samples().join("expect")).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| toml::from_str(&fs::read_to_string(path).expect("text")).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .collect()
}

fn inspected(expect: &Expect) -> Inspection {
    let package = bundle::read_path(&samples().join(&expect.path)).unwrap_or_else(|error| panic!("{}: {error}", expect.path));
    if !expect.files.is_empty() {
        assert_eq!(package.files.keys().map(ToString::to_string).collect::<Vec<_>>(), expect.files, "{}", expect.path);
    }
    inspect(&package, &FileHint::new(&expect.path)).unwrap_or_else(|error| panic!("{}: {error}", expect.path))
}

/// The kind of an input in one word.
fn kind(property: &Value) -> String {
    let text = |name: &str| property.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if property.get("enum").is_some() {
        return "enum".to_owned();
    }
    let kind = match property.get("type") {
        Some(Value::Array(kinds)) => kinds[0].as_str().unwrap_or_default().to_owned(),
        _ => text("type"),
    };
    match (kind.as_str(), text("format").as_str()) {
        ("array", _) => "list".to_owned(),
        ("string", "file") => "file".to_owned(),
        ("string", "date") => "date".to_owned(),
        _ => kind,
    }
}

#[test]
fn samples_become_the_forms_they_should() {
    let all = expectations();
    assert!(all.len() >= 10, "ten scripts at least");
    for expect in &all {
        let found = inspected(expect);
        let manifest = serde_json::to_value(&found.manifest).expect("JSON");
        let name = &expect.path;
        assert_eq!(manifest["title"], Value::from(expect.title.clone()), "{name}");
        assert_eq!(manifest["binding"], Value::from(expect.binding.clone()), "{name}");
        assert_eq!(manifest["risk"], Value::from(expect.risk.clone()), "{name}: {:?}", found.checklist);
        let properties = manifest["inputs"]["properties"].as_object().expect("properties");
        let kinds: BTreeMap<&str, String> = properties.iter().map(|(name, property)| (name.as_str(), kind(property))).collect();
        let wanted: BTreeMap<&str, String> =
            expect.inputs.iter().map(|(name, kind)| (name.as_str(), kind.as_str().unwrap_or_default().to_owned())).collect();
        assert_eq!(kinds, wanted, "{name}");
        let required: Vec<&str> = manifest["inputs"]["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(required, expect.required, "{name}");
        for (input, default) in &expect.defaults {
            assert_eq!(properties[input].get("default"), Some(default), "{name}: {input}");
        }
        for input in properties.keys() {
            assert!(found.provenance.contains_key(&format!("inputs/{input}")), "{name}: {input} comes from somewhere");
        }
        assert!(found.checklist.iter().any(|item| item.id == "description" && item.state == ChecklistState::Done), "{name} is described");
    }
}

#[test]
fn inputs_of_the_samples_fit_their_schemas() {
    for expect in expectations() {
        let found = inspected(&expect);
        let schema = InputSchema::compile(&found.manifest.inputs).expect("a schema");
        let complete = |inputs: &Map<String, Value>, files: &BTreeMap<String, String>| {
            let ids = files.keys().map(|name| (name.clone(), Value::from("fil_00000000000070008000000000000000")));
            schema.complete(&inputs.clone().into_iter().chain(ids).collect())
        };
        for run in &expect.run {
            let completed = complete(&run.inputs, &run.files).unwrap_or_else(|faults| panic!("{}: {faults:?}", expect.path));
            assert!(run.inputs.keys().all(|name| completed.contains_key(name)));
        }
        for refused in &expect.refused {
            let faults = complete(&refused.inputs, &refused.files).expect_err("refused");
            assert_eq!(faults.first().map(|fault| fault.message.as_str()), Some(refused.message.as_str()), "{}: {faults:?}", expect.path);
        }
    }
}
