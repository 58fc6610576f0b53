//! What changed between two versions of a package: files as unified diffs, and the fields that widen or narrow what a
//! run may do.

use similar::TextDiff;

use crate::domain::capability::Package;

/// How a file differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChange {
    Added,
    Removed,
    Changed,
}

/// Largest file that is compared line by line, in bytes.
const DIFF_BYTES: usize = 512 * 1024;
/// Longest diff kept, in bytes.
const UNIFIED_BYTES: usize = 256 * 1024;

/// Every file that differs: its path, how, and a unified diff with three lines of context when both sides are text.
#[must_use]
pub fn unified(from: &Package, to: &Package) -> Vec<(String, FileChange, Option<String>)> {
    let mut changes = Vec::new();
    for (path, old) in &from.files {
        match to.files.get(path) {
            None => changes.push((path.to_string(), FileChange::Removed, text_diff(path.as_str(), Some(old), None))),
            Some(new) if new != old => {
                changes.push((path.to_string(), FileChange::Changed, text_diff(path.as_str(), Some(old), Some(new))));
            }
            Some(_) => {}
        }
    }
    for (path, new) in to.files.iter().filter(|(path, _)| !from.files.contains_key(*path)) {
        changes.push((path.to_string(), FileChange::Added, text_diff(path.as_str(), None, Some(new))));
    }
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    changes
}

fn text_diff(path: &str, old: Option<&Vec<u8>>, new: Option<&Vec<u8>>) -> Option<String> {
    let text = |bytes: Option<&Vec<u8>>| match bytes {
        None => Some(String::new()),
        Some(bytes) if bytes.len() > DIFF_BYTES || bytes.contains(&0) => None,
        Some(bytes) => String::from_utf8(bytes.clone()).ok(),
    };
    let (before, after) = (text(old)?, text(new)?);
    let name = |side: &str, present: bool| if present { format!("{side}/{path}") } else { "/dev/null".to_owned() };
    let diff = TextDiff::configure().timeout(std::time::Duration::from_millis(500)).diff_lines(&before, &after);
    let mut text = diff.unified_diff().context_radius(3).header(&name("a", old.is_some()), &name("b", new.is_some())).to_string();
    if text.len() > UNIFIED_BYTES {
        let cut = (0..=UNIFIED_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
        text.push_str("\n... (the rest of the difference is not shown)\n");
    }
    Some(text)
}

/// The fields of a manifest that decide what a run may do, as JSON Pointers.
#[must_use]
pub fn permissions(field: &str) -> bool {
    const FIELDS: [&str; 10] =
        ["/risk", "/network", "/write_boundary", "/limits", "/env", "/secrets", "/runtime", "/retry", "/concurrency", "/entry"];
    FIELDS.iter().any(|known| field == *known || field.strip_prefix(known).is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capability::package::PackagePath;

    fn package(files: &[(&str, &[u8])]) -> Package {
        Package { files: files.iter().map(|(path, bytes)| (PackagePath::parse(path).expect("a good path"), bytes.to_vec())).collect() }
    }

    #[test]
    fn files_are_compared_by_path() {
        let from = package(&[("a.py", b"x = 1\ny = 2\n"), ("gone.txt", b"bye\n"), ("same", b"s"), ("data.bin", b"\0\x01")]);
        let to = package(&[("a.py", b"x = 1\ny = 3\n"), ("new.txt", b"hi\n"), ("same", b"s"), ("data.bin", b"\0\x02")]);
        let changes = unified(&from, &to);
        assert_eq!(
            changes,
            [
                (
                    "a.py".to_owned(),
                    FileChange::Changed,
                    Some("--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n x = 1\n-y = 2\n+y = 3\n".to_owned())
                ),
                ("data.bin".to_owned(), FileChange::Changed, None),
                ("gone.txt".to_owned(), FileChange::Removed, Some("--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\n".to_owned())),
                ("new.txt".to_owned(), FileChange::Added, Some("--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+hi\n".to_owned())),
            ]
        );
        assert!(unified(&from, &from).is_empty());
    }

    #[test]
    fn permissions_are_known_by_their_pointer() {
        assert!(permissions("/limits/wall_ms") && permissions("/risk") && permissions("/env/A"));
        assert!(!permissions("/title") && !permissions("/riskier"));
    }
}
