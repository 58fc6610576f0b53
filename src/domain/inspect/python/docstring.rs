//! Documentation strings: the summary, and what they say of each parameter in Google, `NumPy` and reST style.

use std::collections::BTreeMap;

/// A documentation string taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doc {
    /// The first line or sentence, without its full stop.
    pub summary: String,
    /// Everything before the first section.
    pub description: String,
    pub params: BTreeMap<String, String>,
}

/// Longest description kept, in characters.
const DESCRIPTION_CHARS: usize = 4_000;

/// Takes a cleaned documentation string apart.
#[must_use]
pub fn read(text: &str) -> Doc {
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.iter().enumerate().position(|(at, _)| is_section(&lines, at)).unwrap_or(lines.len());
    let prose = lines[..end].join("\n").trim().to_owned();
    let mut params = BTreeMap::new();
    read_rest(&lines, &mut params);
    read_google(&lines, &mut params);
    read_numpy(&lines, &mut params);
    Doc { summary: summary(&prose), description: prose.chars().take(DESCRIPTION_CHARS).collect(), params }
}

/// The first paragraph as one line, up to its first full stop when it is long.
#[must_use]
pub fn summary(text: &str) -> String {
    let first = text.trim().split("\n\n").next().unwrap_or_default().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let sentence = first.find(". ").map_or(first.as_str(), |at| &first[..at]);
    let sentence = if sentence.chars().count() > 100 { first.lines().next().unwrap_or_default() } else { sentence };
    sentence.chars().take(100).collect::<String>().trim().trim_end_matches('.').to_owned()
}

const GOOGLE: [&str; 16] = [
    "args",
    "arguments",
    "parameters",
    "params",
    "returns",
    "return",
    "yields",
    "raises",
    "example",
    "examples",
    "note",
    "notes",
    "keyword args",
    "keyword arguments",
    "attributes",
    "todo",
];

fn google_header(line: &str) -> Option<String> {
    let name = line.trim().strip_suffix(':')?.to_lowercase();
    GOOGLE.contains(&name.as_str()).then_some(name)
}

fn is_underline(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && (line.bytes().all(|b| b == b'-') || line.bytes().all(|b| b == b'='))
}

fn is_section(lines: &[&str], at: usize) -> bool {
    let line = lines[at];
    google_header(line).is_some()
        || is_field(line.trim()).is_some()
        || (lines.get(at + 1).is_some_and(|next| is_underline(next)) && GOOGLE.contains(&line.trim().to_lowercase().as_str()))
}

/// A reST field list item: its head and its body, such as `param int count` and `how many`.
fn is_field(line: &str) -> Option<(&str, &str)> {
    let (head, body) = line.strip_prefix(':')?.split_once(':')?;
    let word = head.split_whitespace().next()?;
    let known = matches!(
        word,
        "param" | "parameter" | "arg" | "argument" | "key" | "keyword" | "type" | "return" | "returns" | "rtype" | "raises" | "raise"
    );
    known.then(|| (head, body.trim()))
}

fn read_rest(lines: &[&str], params: &mut BTreeMap<String, String>) {
    let mut at = 0;
    while at < lines.len() {
        if let Some((head, body)) = is_field(lines[at].trim()) {
            let mut words = head.split_whitespace();
            let is_param = matches!(words.next(), Some("param" | "parameter" | "arg" | "argument" | "key" | "keyword"));
            if let Some(name) = words.next_back().filter(|_| is_param) {
                let (text, next) = continued(lines, at, body);
                insert(params, name, text);
                at = next;
                continue;
            }
        }
        at += 1;
    }
}

fn read_google(lines: &[&str], params: &mut BTreeMap<String, String>) {
    let Some(start) = lines.iter().position(|line| google_header(line).is_some_and(|name| is_parameters(&name))) else { return };
    let base = indent(lines[start]);
    let mut at = start + 1;
    let mut inner = None;
    while at < lines.len() {
        let line = lines[at];
        if line.trim().is_empty() {
            at += 1;
            continue;
        }
        if indent(line) <= base {
            break;
        }
        let depth = *inner.get_or_insert(indent(line));
        if indent(line) == depth
            && let Some((head, body)) = line.trim().split_once(':')
        {
            let name = head.split(['(', ' ']).next().unwrap_or_default().trim_start_matches('*');
            let (text, next) = continued(lines, at, body.trim());
            insert(params, name, text);
            at = next;
        } else {
            at += 1;
        }
    }
}

fn read_numpy(lines: &[&str], params: &mut BTreeMap<String, String>) {
    let header = |at: usize| lines.get(at + 1).is_some_and(|next| is_underline(next));
    let Some(start) = (0..lines.len()).find(|at| header(*at) && is_parameters(&lines[*at].trim().to_lowercase())) else { return };
    let base = indent(lines[start]);
    let mut at = start + 2;
    while at < lines.len() && !header(at) {
        let line = lines[at];
        if line.trim().is_empty() || indent(line) > base {
            at += 1;
            continue;
        }
        let names = line.split(':').next().unwrap_or_default();
        let (text, next) = continued(lines, at, "");
        for name in names.split(',') {
            insert(params, name.trim().trim_start_matches('*'), text.clone());
        }
        at = next;
    }
}

fn is_parameters(name: &str) -> bool {
    matches!(name, "args" | "arguments" | "parameters" | "params" | "keyword args" | "keyword arguments")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Text that goes on over more deeply indented lines, and the line after it.
fn continued(lines: &[&str], at: usize, first: &str) -> (String, usize) {
    let base = indent(lines[at]);
    let mut text = first.to_owned();
    let mut next = at + 1;
    while let Some(line) = lines.get(next).filter(|line| !line.trim().is_empty() && indent(line) > base) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(line.trim());
        next += 1;
    }
    (text, next)
}

fn insert(params: &mut BTreeMap<String, String>, name: &str, text: String) {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name && !text.is_empty() {
        params.entry(name.to_owned()).or_insert(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_styles_say_the_same() {
        let check = |text: &str| {
            let doc = read(text);
            assert_eq!(doc.summary, "Copy rows", "{text}");
            assert_eq!(doc.description, "Copy rows.\n\nMore about it.", "{text}");
            let params: Vec<_> = doc.params.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            assert_eq!(params, [("count", "how many rows, at most"), ("path", "the file")], "{text}");
        };
        check(
            "Copy rows.\n\nMore about it.\n\nArgs:\n    path (str): the file\n    count: how many rows,\n        at most\n\nReturns:\n    int: copied: rows",
        );
        check(
            "Copy rows.\n\nMore about it.\n\nParameters\n----------\npath : str\n    the file\ncount : int, optional\n    how many rows,\n    at most\n\nReturns\n-------\nint\n    copied rows",
        );
        check(
            "Copy rows.\n\nMore about it.\n\n:param str path: the file\n:param count: how many rows,\n    at most\n:type count: int\n:returns: copied rows",
        );
    }
}
