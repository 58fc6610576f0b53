//! The comment that a script begins with, as its description. Passes over the interpreter line, encoding and editor
//! marks, licence headers and the inline metadata block.

/// The text of the leading comment block and the line it begins at.
#[must_use]
pub fn leading(source: &str) -> Option<(String, u32)> {
    let mut block: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut in_metadata = false;
    for (index, line) in source.lines().enumerate().take(200) {
        let trimmed = line.trim();
        if index == 0 && trimmed.starts_with("#!") {
            continue;
        }
        let Some(comment) = trimmed.strip_prefix('#') else {
            if trimmed.is_empty() && block.is_empty() {
                continue;
            }
            break;
        };
        let text = comment.trim_start_matches('#').trim();
        if in_metadata || text.starts_with("/// ") {
            in_metadata = !(in_metadata && text == "///");
            continue;
        }
        let is_mark = text.contains("coding:")
            || text.contains("coding=")
            || text.starts_with("vim:")
            || text.starts_with("-*-")
            || text.starts_with("shellcheck ")
            || text.starts_with('@');
        if is_mark || (!text.is_empty() && text.chars().all(|c| matches!(c, '-' | '=' | '*' | '#' | '~'))) {
            continue;
        }
        if block.is_empty() {
            if text.is_empty() {
                continue;
            }
            start = index + 1;
        }
        block.push(text);
    }
    let text = block.join("\n").trim().to_owned();
    let lower = text.to_lowercase();
    let is_licence = ["copyright", "spdx-license", "licensed under", "all rights reserved"].iter().any(|sign| lower.contains(sign));
    if text.is_empty() || is_licence {
        return None;
    }
    Some((text, u32::try_from(start).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_passed_over() {
        let check = |source: &str, expected: Option<(&str, u32)>| {
            assert_eq!(leading(source).as_ref().map(|(text, line)| (text.as_str(), *line)), expected, "{source}");
        };
        check("#!/bin/sh\n#\n# Clean old logs.\n# Twice.\nset -e\n", Some(("Clean old logs.\nTwice.", 3)));
        check("# /// script\n# dependencies = []\n# ///\n# What it does\nimport os\n", Some(("What it does", 4)));
        check("# -*- coding: utf-8 -*-\n# ------\n# Report\n", Some(("Report", 3)));
        check("# Copyright 2020 Someone\nimport os\n", None);
        check("import os\n# not leading\n", None);
        check("", None);
    }
}
