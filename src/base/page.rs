//! The pages in `assets/errors`: for each error code what happened and what to do, in English and Chinese.

use std::borrow::Cow;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets/errors/"]
struct Pages;

/// The languages in which a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

/// The page of an error code as Markdown, or nothing when there is no such code.
#[must_use]
pub fn error_page(code: &str, language: Language) -> Option<String> {
    let known = code.len() < 32 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
    let file = Pages::get(&format!("{}.md", known.then_some(code)?))?;
    let text = match file.data {
        Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).ok()?),
    };
    let (english, chinese) = text.split_once("\n---\n").unwrap_or((&text, &text));
    let part = match language {
        Language::English => english,
        Language::Chinese => chinese,
    };
    Some(format!("{}\n", part.trim()))
}

/// Every code that has a page, sorted.
#[must_use]
pub fn error_codes() -> Vec<String> {
    let mut codes: Vec<String> = Pages::iter().filter_map(|name| name.strip_suffix(".md").map(str::to_owned)).collect();
    codes.sort_unstable();
    codes
}

/// The first line of a page without its mark and the code.
#[must_use]
pub fn title(page: &str) -> &str {
    let line = page.lines().next().unwrap_or_default();
    line.split_once([':', '\u{ff1a}']).map_or(line, |(_, title)| title).trim()
}

/// What a page says is to be done, in one line: its second section, list items one after the other.
#[must_use]
pub fn advice(page: &str) -> Option<String> {
    let section = page.split("\n## ").nth(2)?;
    let lines = section.lines().skip(1).map(|line| line.trim().trim_start_matches("- ")).filter(|line| !line.is_empty());
    let advice = lines.collect::<Vec<_>>().join(" ");
    (!advice.is_empty()).then_some(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_title_and_advice_in_both_languages() {
        for code in error_codes() {
            for language in [Language::English, Language::Chinese] {
                let page = error_page(&code, language).expect("a page");
                let title = title(&page);
                assert!(!title.is_empty() && !title.contains("EG-"), "{code}: `{title}`");
                assert!(advice(&page).is_some_and(|advice| !advice.contains('\n')), "{code}: {page}");
            }
        }
    }
}
