//! A file may name only layers below its own; folders on one row never see each other.

use std::fs;
use std::path::{Path, PathBuf};

/// The order, lowest row first. A new dependency between parts is a visible change here.
const ROWS: &[&[&str]] = &[
    &["base"],
    &["crypto"],
    &["domain"],
    &["conf", "wire", "store", "exec", "bundle"],
    &["service", "client"],
    &["engine", "agent"],
    &["api", "mcp"],
    &["cli"],
    &["app"],
];

/// Layers that a folder may not name although they lie below it.
const NEVER: &[(&str, &[&str])] = &[("api", &["store", "exec", "bundle", "crypto"]), ("mcp", &["store", "exec", "bundle", "crypto"])];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("readable source folder") {
        let path = entry.expect("readable entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn row(layer: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&layer))
}

/// Every `crate::layer` that a text names, comments included: a comment that points upwards is a smell too.
fn named(text: &str) -> Vec<String> {
    text.match_indices("crate::")
        .map(|(at, found)| text[at + found.len()..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .collect()
}

fn allowed(from: &str, to: &str) -> bool {
    let (Some(from_row), Some(to_row)) = (row(from), row(to)) else { return row(to).is_none() };
    from == to || (to_row < from_row && !NEVER.iter().any(|(layer, never)| *layer == from && never.contains(&to)))
}

#[test]
fn files_name_only_layers_below_their_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    assert!(found.len() > 10, "the walk finds the sources");
    let mut broken = Vec::new();
    for path in found {
        let inside = path.strip_prefix(&root).expect("below src");
        let Some(layer) = inside.iter().next().and_then(|first| first.to_str()).filter(|_| inside.components().count() > 1) else {
            continue;
        };
        assert!(row(layer).is_some(), "src/{layer} has no place in the order");
        let text = fs::read_to_string(&path).expect("UTF-8 source");
        broken.extend(named(&text).iter().filter(|to| !allowed(layer, to)).map(|to| format!("src/{} names crate::{to}", inside.display())));
    }
    assert!(broken.is_empty(), "broken order:\n{}", broken.join("\n"));
}

#[test]
fn the_order_would_notice() {
    for (from, to) in [("domain", "store"), ("store", "exec"), ("api", "store"), ("service", "api"), ("base", "crypto")] {
        assert!(!allowed(from, to), "{from} may not name {to}");
    }
    assert!(allowed("service", "store") && allowed("cli", "client") && allowed("store", "store"));
}
