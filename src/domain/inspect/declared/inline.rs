//! The inline metadata of a script: `# /// script` (Python packaging specification "Inline script metadata").
//!
//! The specification's regular expression is
//! `(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$`; this reads the same language line by line.

use super::keys::{Declaration, read as read_keys};
use super::tree::Tree;
use crate::domain::inspect::fault::InspectError;
use crate::domain::inspect::report::Source;

/// A block as found: its content without the comment marks, and the line its content begins at.
struct Block {
    content: String,
    line: u32,
}

/// Reads the metadata of a script, when it has any.
///
/// # Errors
/// More than one block, content that is not TOML, or wrong keys under `[tool.execgov]`.
pub fn read(file: &str, source: &str) -> Result<Option<Declaration>, InspectError> {
    let mut blocks = blocks(source).into_iter();
    let Some(block) = blocks.next() else { return Ok(None) };
    if let Some(second) = blocks.next() {
        let why = "a script has one `# /// script` block at most".to_owned();
        return Err(InspectError::Manifest { file: file.to_owned(), line: Some(second.line.saturating_sub(1)), why });
    }
    let tree = Tree::toml(file, &block.content, block.line - 1)?;
    let mut declaration = match tree.below(&["tool", "execgov"])? {
        Some(own) => read_keys(&own, Source::Inline)?,
        None => Declaration::new(Source::Inline, file),
    };
    standard_keys(&tree, &mut declaration)?;
    Ok(Some(declaration))
}

/// `requires-python` and `dependencies`, which the standard defines.
fn standard_keys(tree: &Tree, declaration: &mut Declaration) -> Result<(), InspectError> {
    if let Some(value) = tree.root.get("requires-python") {
        let text =
            value.as_str().ok_or_else(|| tree.error("/requires-python", "`requires-python` must be text such as \">=3.10\"".to_owned()))?;
        declaration.set_requires_python(text, tree, "/requires-python")?;
    }
    if let Some(value) = tree.root.get("dependencies") {
        declaration.set_dependencies(value, tree, "/dependencies")?;
    }
    Ok(())
}

fn blocks(source: &str) -> Vec<Block> {
    let lines: Vec<&str> = source.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at] != "# /// script" {
            at += 1;
            continue;
        }
        let end =
            lines[at + 1..].iter().position(|line| *line != "#" && !line.starts_with("# ")).map_or(lines.len(), |offset| at + 1 + offset);
        // The last closing line of the run of comments ends the block.
        let Some(close) = (at + 1..end).rev().find(|index| lines[*index] == "# ///").filter(|close| *close > at + 1) else {
            at += 1;
            continue;
        };
        let content: String = lines[at + 1..close].iter().flat_map(|line| [line.strip_prefix("# ").unwrap_or(""), "\n"]).collect();
        blocks.push(Block { content, line: u32::try_from(at + 2).unwrap_or(u32::MAX) });
        at = close + 1;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_as_specified() {
        let check = |source: &str, expected: &[(&str, u32)]| {
            let found = blocks(source);
            assert_eq!(found.iter().map(|block| (block.content.as_str(), block.line)).collect::<Vec<_>>(), expected, "{source:?}");
        };
        check("#!/usr/bin/env python3\n# /// script\n# a = 1\n#\n# b = 2\n# ///\nimport os\n", &[("a = 1\n\nb = 2\n", 3)]);
        check("# /// script\r\n# a = 1\r\n# ///\r\n", &[("a = 1\n", 2)]);
        check("# /// script\n# a = '''\n# ///\n# '''\n# ///\n", &[("a = '''\n///\n'''\n", 2)]);
        check("# /// script\n# a = 1\nimport os\n# ///\n", &[]);
        check("# /// script\n# ///\n", &[]);
        check("# /// other\n# a = 1\n# ///\n", &[]);
        check(" # /// script\n# a = 1\n# ///\n", &[]);
        check("# /// script\n#a = 1\n# ///\n", &[]);
        check("# /// script\n# a = 1\n# ///\n\n# /// script\n# a = 2\n# ///\n", &[("a = 1\n", 2), ("a = 2\n", 6)]);
    }
}
