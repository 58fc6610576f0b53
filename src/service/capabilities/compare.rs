//! Differences between two versions, or between a version and an upload: files, manifest, inputs, permissions.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::{Capabilities, version_of};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::capability::diff::{self, ChangeKind, FieldChange};
use crate::domain::capability::package::PackagePath;
use crate::domain::capability::{Manifest, Package, Version};
use crate::service::storage_fault;
use crate::wire::capability::{FileDiff, VersionDiff};

/// Largest file that is compared line by line, in bytes.
const DIFF_BYTES: usize = 512 * 1024;
/// Longest that one comparison may take; what comes out after that is coarser.
const DIFF_TIME: Duration = Duration::from_millis(500);
/// Manifest fields whose change widens or narrows what a run may do.
const PERMISSIONS: [&str; 10] =
    ["/risk", "/write_boundary", "/network", "/limits", "/env", "/secrets", "/runtime", "/kind", "/retry", "/concurrency"];

impl Capabilities {
    /// # Errors
    /// Not found, also when the caller may not read the source.
    pub async fn diff(&self, caller: &Caller, name: &str, from: u32, to: u32) -> Result<VersionDiff, Fault> {
        let newer = self.seen(caller, Action::CapabilityViewSource, name, Some(to)).await?;
        let older = {
            let snapshot = self.ledger.read().map_err(storage_fault)?;
            version_of(&snapshot, &newer.capability, from)?.ok_or_else(|| super::no_version(&newer.capability.name, from))?
        };
        let (left, right) = (self.package(&older).await?, self.package(&newer.version).await?);
        Ok(difference((&older.manifest, &left, from), (&newer.version.manifest, &right, Some(to))))
    }

    pub(super) async fn compare_with_upload(&self, latest: &Version, manifest: &Manifest, package: &Package) -> Result<VersionDiff, Fault> {
        let stored = self.package(latest).await?;
        Ok(difference((&latest.manifest, &stored, latest.number), (manifest, package, None)))
    }
}

/// The changes that widen or narrow what a run may do.
pub(super) fn permission_delta(from: &Manifest, to: &Manifest) -> Vec<FieldChange> {
    let value = |manifest: &Manifest| serde_json::to_value(manifest).unwrap_or(Value::Null);
    let is_in = |change: &FieldChange, root: &str| change.field == root || change.field.starts_with(&format!("{root}/"));
    diff::values(&value(from), &value(to)).into_iter().filter(|change| PERMISSIONS.iter().any(|root| is_in(change, root))).collect()
}

fn difference(
    (from, left, from_number): (&Manifest, &Package, u32),
    (to, right, to_number): (&Manifest, &Package, Option<u32>),
) -> VersionDiff {
    let value = |manifest: &Manifest| serde_json::to_value(manifest).unwrap_or(Value::Null);
    let changes = diff::values(&value(from), &value(to));
    let is_in = |change: &FieldChange, root: &str| change.field == root || change.field.starts_with(&format!("{root}/"));
    let (inputs, manifest): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| is_in(change, "/inputs"));
    let permissions = manifest.iter().filter(|change| PERMISSIONS.iter().any(|root| is_in(change, root))).cloned().collect();
    VersionDiff { from: from_number, to: to_number, files: files(left, right), manifest, inputs, permissions }
}

fn files(left: &Package, right: &Package) -> Vec<FileDiff> {
    let paths: BTreeSet<_> = left.files.keys().chain(right.files.keys()).collect();
    let diff = |path: &PackagePath| {
        let (old, new) = (left.files.get(path), right.files.get(path));
        let change = match (old, new) {
            (Some(old), Some(new)) if old == new => return None,
            (Some(_), Some(_)) => ChangeKind::Changed,
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
        };
        Some(FileDiff { path: path.to_string(), change, unified: unified(path.as_str(), old, new) })
    };
    paths.into_iter().filter_map(diff).collect()
}

/// `None` for files that are not text or too large to compare line by line.
fn unified(path: &str, old: Option<&Vec<u8>>, new: Option<&Vec<u8>>) -> Option<String> {
    let text = |bytes: Option<&Vec<u8>>| match bytes {
        None => Some(String::new()),
        Some(bytes) if bytes.len() > DIFF_BYTES || bytes.contains(&0) => None,
        Some(bytes) => String::from_utf8(bytes.clone()).ok(),
    };
    let name = |side: &str, bytes: Option<&Vec<u8>>| bytes.map_or_else(|| "/dev/null".to_owned(), |_| format!("{side}/{path}"));
    let (before, after) = (text(old)?, text(new)?);
    let diff = similar::TextDiff::configure().timeout(DIFF_TIME).diff_lines(&before, &after);
    Some(diff.unified_diff().context_radius(3).header(&name("a", old), &name("b", new)).to_string())
}
