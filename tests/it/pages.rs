//! Every error code of the sources has a page in both languages, and every page a code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use execgov::base::page::{Language, error_codes, error_page};

/// Codes declared in the sources, with their titles.
fn declared() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable").map(|entry| entry.expect("entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&entry).expect("UTF-8");
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                for (at, _) in text.match_indices("Code::new(") {
                    let texts: Vec<&str> = text[at..].split('"').skip(1).step_by(2).take(2).collect();
                    if let [code, title] = texts[..] {
                        assert!(
                            found.insert(code.to_owned(), title.to_owned()).is_none(),
                            "{code} is declared twice ({})",
                            entry.display()
                        );
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let declared = declared();
    assert!(declared.len() > 10, "the walk finds the codes");
    let codes: Vec<String> = declared.keys().cloned().collect();
    let pages = error_codes();
    let without: Vec<&String> = codes.iter().filter(|code| !pages.contains(code)).collect();
    assert!(without.is_empty(), "codes without a page in assets/errors: {without:?}");
    let orphans: Vec<&String> = pages.iter().filter(|page| !codes.contains(page)).collect();
    assert!(orphans.is_empty(), "pages without a code in src: {orphans:?}");
}

#[test]
fn pages_have_their_sections_in_both_languages() {
    for (code, title) in declared() {
        let english = error_page(&code, Language::English).expect(&code);
        assert!(
            english.starts_with(&format!("# {code}: {title}\n")),
            "{code}: the English title is not `{title}`: {}",
            english.lines().next().unwrap_or("")
        );
        for section in ["## What happened\n", "## What to do\n"] {
            assert!(english.contains(section), "{code}: {section}");
        }
        let chinese = error_page(&code, Language::Chinese).expect(&code);
        assert!(chinese.starts_with(&format!("# {code}:")), "{code}: {}", chinese.lines().next().unwrap_or(""));
        for section in ["## 发生了什么\n", "## 怎么办\n"] {
            assert!(chinese.contains(section), "{code}: {section}");
        }
    }
}
