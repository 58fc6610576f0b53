//! The onboarding checklist: what a capability needs before others rely on it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::report::{ChecklistItem, ChecklistState, Origin, Source};
use super::risk::{self, Judgement};
use crate::domain::capability::{Kind, Manifest, Package};

/// What the checklist looks at.
pub struct Subject<'a> {
    pub package: &'a Package,
    pub manifest: &'a Manifest,
    pub provenance: &'a BTreeMap<String, Origin>,
    pub judgement: &'a Judgement,
    pub third_party: &'a [String],
}

/// Computes every point, in a fixed order.
#[must_use]
pub fn compute(subject: &Subject<'_>) -> Vec<ChecklistItem> {
    vec![
        description(subject),
        readme(subject),
        examples(subject),
        dependencies(subject),
        inputs(subject),
        risk_stated(subject),
        writes_stated(subject),
        timeouts(subject),
        owner(subject),
        test_case(subject),
    ]
}

fn item(id: &str, state: ChecklistState, detail: impl Into<String>) -> ChecklistItem {
    ChecklistItem { id: id.to_owned(), state, detail: detail.into() }
}

fn stated(subject: &Subject<'_>, field: &str) -> bool {
    subject
        .provenance
        .get(field)
        .is_some_and(|origin| matches!(origin.source, Source::Manifest | Source::Inline | Source::Sidecar | Source::Request))
}

fn description(subject: &Subject<'_>) -> ChecklistItem {
    if subject.manifest.description.trim().is_empty() {
        item("description", ChecklistState::Missing, "nothing says what it does: begin the script with a docstring or a comment")
    } else {
        item("description", ChecklistState::Done, format!("\"{}\"", subject.manifest.title))
    }
}

fn readme(subject: &Subject<'_>) -> ChecklistItem {
    match subject.package.files.keys().find(|path| is_readme(path.as_str())) {
        Some(path) => item("readme", ChecklistState::Done, format!("{path}")),
        None => item("readme", ChecklistState::Missing, "no README: register a folder with a README.md to give people more than one line"),
    }
}

/// Whether a path is the README of the package.
#[must_use]
pub fn is_readme(path: &str) -> bool {
    let lower = path.to_lowercase();
    matches!(lower.as_str(), "readme.md" | "readme" | "readme.txt" | "readme.rst")
}

fn examples(subject: &Subject<'_>) -> ChecklistItem {
    match subject.manifest.examples.len() {
        0 => item("examples", ChecklistState::Missing, "no examples: add [[examples]] with inputs to capability.toml"),
        1 => item("examples", ChecklistState::Done, "1 example"),
        count => item("examples", ChecklistState::Done, format!("{count} examples")),
    }
}

fn dependencies(subject: &Subject<'_>) -> ChecklistItem {
    match subject.manifest.kind {
        Kind::Shell => return item("dependencies", ChecklistState::Done, "a shell script: it uses the programs of the host"),
        Kind::Http => return item("dependencies", ChecklistState::Done, "a declared request: it runs no code"),
        Kind::Python => {}
    }
    if subject.third_party.is_empty() {
        return item("dependencies", ChecklistState::Done, "uses the standard library only");
    }
    let names = subject.third_party.join(", ");
    let declared = &subject.manifest.runtime.dependencies;
    let missing: Vec<&str> = subject
        .third_party
        .iter()
        .filter(|module| !declared.iter().any(|requirement| provides(requirement, module)))
        .map(String::as_str)
        .collect();
    if declared.is_empty() {
        return item(
            "dependencies",
            ChecklistState::Missing,
            format!("imports {names}, but declares no dependencies: add them to the `# /// script` block or to capability.toml"),
        );
    }
    if missing.is_empty() {
        return item("dependencies", ChecklistState::Done, declared.join(", "));
    }
    // A module may be called otherwise than the package that brings it.
    item("dependencies", ChecklistState::Advice, format!("declares {}; check that these bring {}", declared.join(", "), missing.join(", ")))
}

/// Whether a requirement looks like the one that brings a module.
fn provides(requirement: &str, module: &str) -> bool {
    const OTHERWISE: [(&str, &str); 12] = [
        ("yaml", "pyyaml"),
        ("pil", "pillow"),
        ("bs4", "beautifulsoup4"),
        ("cv2", "opencv-python"),
        ("sklearn", "scikit-learn"),
        ("dateutil", "python-dateutil"),
        ("dotenv", "python-dotenv"),
        ("mysqldb", "mysqlclient"),
        ("ldap", "python-ldap"),
        ("docx", "python-docx"),
        ("pptx", "python-pptx"),
        ("serial", "pyserial"),
    ];
    let name: String = requirement.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    let normal = |text: &str| text.to_lowercase().replace(['_', '.'], "-");
    let module = normal(module);
    let wanted = OTHERWISE.iter().find(|(known, _)| *known == module).map_or(module.as_str(), |(_, package)| package);
    normal(&name) == wanted
}

fn inputs(subject: &Subject<'_>) -> ChecklistItem {
    let properties = subject.manifest.inputs.get("properties").and_then(Value::as_object);
    let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
        return item("inputs_described", ChecklistState::Done, "takes no inputs");
    };
    let bare: Vec<&str> = properties
        .iter()
        .filter(|(_, property)| property.get("description").and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()))
        .map(|(name, _)| name.as_str())
        .collect();
    if bare.is_empty() {
        return item("inputs_described", ChecklistState::Done, format!("all {} inputs are described", properties.len()));
    }
    item("inputs_described", ChecklistState::Missing, format!("without a description: {}", bare.join(", ")))
}

fn risk_stated(subject: &Subject<'_>) -> ChecklistItem {
    let (declared, shown) = (subject.manifest.risk, subject.judgement.risk);
    let reasons = if subject.judgement.reasons.is_empty() {
        "nothing in the code reaches beyond its working directory".to_owned()
    } else {
        subject.judgement.reasons.join("; ")
    };
    if !stated(subject, "risk") {
        return item(
            "risk",
            ChecklistState::Missing,
            format!("{} was inferred: {reasons}; state it with risk = \"{}\"", risk::word(declared), risk::word(declared)),
        );
    }
    if declared < shown {
        return item(
            "risk",
            ChecklistState::Missing,
            format!("declared {}, but the code shows {}: {reasons}", risk::word(declared), risk::word(shown)),
        );
    }
    item("risk", ChecklistState::Done, format!("{} is declared; {reasons}", risk::word(declared)))
}

fn writes_stated(subject: &Subject<'_>) -> ChecklistItem {
    let writes = &subject.manifest.write_boundary.writes;
    let shown = if writes.is_empty() { "read-only".to_owned() } else { writes.join(", ") };
    if !stated(subject, "write_boundary") {
        return item("write_boundary", ChecklistState::Missing, format!("{shown} was inferred; state it with writes = [...]"));
    }
    if writes.is_empty() && !subject.judgement.writes.is_empty() {
        return item(
            "write_boundary",
            ChecklistState::Missing,
            format!("declared read-only, but the code may change {}", subject.judgement.writes.join(", ")),
        );
    }
    item("write_boundary", ChecklistState::Done, shown)
}

fn timeouts(subject: &Subject<'_>) -> ChecklistItem {
    let seconds = subject.manifest.limits.wall_ms / 1_000;
    if stated(subject, "limits/wall_ms") {
        item("timeouts", ChecklistState::Done, format!("ends after {seconds} s at the latest"))
    } else {
        item(
            "timeouts",
            ChecklistState::Missing,
            format!("the default of {seconds} s applies; state how long it may take with [limits] wall = \"...\""),
        )
    }
}

fn owner(subject: &Subject<'_>) -> ChecklistItem {
    match &subject.manifest.owner {
        Some(owner) => item("owner", ChecklistState::Done, owner.clone()),
        None => item("owner", ChecklistState::Missing, "nobody is named: add owner = \"...\""),
    }
}

fn test_case(subject: &Subject<'_>) -> ChecklistItem {
    if subject.manifest.examples.iter().any(|example| example.contains_key("expect")) {
        return item("test_case", ChecklistState::Done, "an example states what to expect");
    }
    let is_test =
        |path: &str| path.starts_with("tests/") || path.starts_with("test_") || path.contains("/test_") || path.ends_with("_test.py");
    match subject.package.files.keys().find(|path| is_test(path.as_str())) {
        Some(path) => item("test_case", ChecklistState::Done, format!("{path}")),
        None => item("test_case", ChecklistState::Advice, "no test: add a file under tests/, or `expect` to an example"),
    }
}
