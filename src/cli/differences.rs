//! What changed between two versions, for reading.

use super::failure::Failure;
use super::output::Output;
use super::show;
use super::table::{Cell, Tone};
use crate::wire::capability::{ChangeKind, FieldChange, VersionDiff};

/// Shows permissions first: they matter most.
pub fn show_difference(out: &Output, difference: &VersionDiff) -> Result<(), Failure> {
    let to = difference.to.map_or_else(|| "this upload".to_owned(), |to| format!("version {to}"));
    out.line(&format!("version {} -> {to}", difference.from))?;
    let parts = [("permissions", &difference.permissions), ("inputs", &difference.inputs), ("manifest", &difference.manifest)];
    for (title, changes) in parts {
        if changes.is_empty() {
            continue;
        }
        out.line(&format!("\n{title}"))?;
        let rows: Vec<Vec<Cell>> = changes.iter().map(|change| row(out, change)).collect();
        out.grid(&[], &rows)?;
    }
    for file in &difference.files {
        let (word, tone) = kind(file.change);
        out.line("")?;
        out.line(&out.painted(&out.shown(&format!("{word} {}", file.path)), tone))?;
        for line in file.unified.as_deref().unwrap_or_default().lines() {
            let tone = match line.as_bytes().first() {
                Some(b'+') => Tone::Good,
                Some(b'-') => Tone::Bad,
                Some(b'@') => Tone::Active,
                _ => Tone::Plain,
            };
            out.line(&out.painted(&out.shown(line), tone))?;
        }
    }
    if difference.files.is_empty() && parts.iter().all(|(_, changes)| changes.is_empty()) {
        out.line("no differences")?;
    }
    Ok(())
}

const fn kind(change: ChangeKind) -> (&'static str, Tone) {
    match change {
        ChangeKind::Added => ("added", Tone::Good),
        ChangeKind::Removed => ("removed", Tone::Bad),
        ChangeKind::Changed => ("changed", Tone::Active),
    }
}

fn row(out: &Output, change: &FieldChange) -> Vec<Cell> {
    let (word, tone) = kind(change.change);
    let side = |value: &Option<serde_json::Value>| value.as_ref().map(show::value).unwrap_or_default();
    let arrow = if change.from.is_some() && change.to.is_some() { out.symbol(" → ", " -> ") } else { "" };
    let values = format!("{}{arrow}{}", side(&change.from), side(&change.to));
    vec![format!("  {}", change.field).into(), Cell::toned(word, tone), values.into()]
}
