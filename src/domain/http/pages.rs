//! From one page to the next.

use serde_json::Value;

use super::answer;
use super::call::Pages;

/// What the next request differs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This parameter of the query has this value.
    Param(String, String),
    /// This address, which is to be checked like a redirect.
    Link(String),
}

/// The parameter that the first request carries.
#[must_use]
pub fn first(pages: &Pages) -> Option<(String, String)> {
    match pages {
        Pages::Page { param, start, .. } => Some((param.clone(), start.to_string())),
        Pages::Offset { param, .. } => Some((param.clone(), "0".to_owned())),
        Pages::Cursor { .. } | Pages::Link { .. } => None,
    }
}

/// The items of a page, and how to ask for the one after it. `seen` pages were read before this one.
///
/// # Errors
/// When the answer has no list where the items should be.
pub fn step(pages: &Pages, seen: u32, answer: &Value, link: Option<&str>) -> Result<(Vec<Value>, Option<Next>), String> {
    let place = pages.items();
    let Some(Value::Array(items)) = answer::at(place, answer) else { return Err(format!("the answer has no list at `{place}`")) };
    let done = items.is_empty() || seen + 1 >= pages.max();
    let next = match pages {
        _ if done => None,
        Pages::Cursor { next, param, .. } => answer::at(next, answer)
            .and_then(|value| super::template::plain(&value))
            .filter(|text| !text.is_empty())
            .map(|text| Next::Param(param.clone(), text)),
        Pages::Page { param, start, .. } => Some(Next::Param(param.clone(), (start + u64::from(seen) + 1).to_string())),
        Pages::Offset { param, step, .. } => Some(Next::Param(param.clone(), (step * (u64::from(seen) + 1)).to_string())),
        Pages::Link { .. } => link.and_then(next_link).map(Next::Link),
    };
    Ok((items, next))
}

/// The address with `rel="next"` in a `Link` header (RFC 8288).
#[must_use]
pub fn next_link(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some(begin) = rest.find('<') {
        let end = begin + rest[begin..].find('>')?;
        let target = &rest[begin + 1..end];
        let after = &rest[end + 1..];
        let params = &after[..after.find(", <").or_else(|| after.find(",<")).unwrap_or(after.len())];
        let is_next = params.split(';').map(str::trim).any(|param| {
            let value = param.strip_prefix("rel=").map(|value| value.trim_matches('"'));
            value.is_some_and(|value| value.split(' ').any(|word| word.eq_ignore_ascii_case("next")))
        });
        if is_next {
            return Some(target.to_owned());
        }
        rest = &after[params.len()..];
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_lead_on_until_they_end() {
        let cursor = Pages::Cursor { next: "/next".to_owned(), param: "after".to_owned(), items: "/items".to_owned(), max: 3 };
        let page = json!({ "items": [1], "next": "x" });
        assert_eq!(step(&cursor, 0, &page, None), Ok((vec![json!(1)], Some(Next::Param("after".to_owned(), "x".to_owned())))));
        assert_eq!(step(&cursor, 2, &page, None), Ok((vec![json!(1)], None)), "the bound");
        assert_eq!(step(&cursor, 0, &json!({ "items": [1], "next": null }), None), Ok((vec![json!(1)], None)));
        assert!(step(&cursor, 0, &json!({}), None).is_err());
        let offset = Pages::Offset { param: "o".to_owned(), step: 50, items: String::new(), max: 9 };
        assert_eq!(step(&offset, 1, &json!([1]), None), Ok((vec![json!(1)], Some(Next::Param("o".to_owned(), "100".to_owned())))));
        assert_eq!(step(&offset, 1, &json!([]), None), Ok((vec![], None)));
        for (header, expected) in [
            ("<https://a/b?page=2>; rel=\"next\", <https://a/b?page=9>; rel=\"last\"", Some("https://a/b?page=2")),
            ("<https://a/b?page=1>; rel=prev,<https://a/b?page=3>; rel=next", Some("https://a/b?page=3")),
            ("<https://a/b>; rel=\"last\"", None),
            ("<broken", None),
            ("", None),
        ] {
            assert_eq!(next_link(header).as_deref(), expected, "{header}");
        }
    }
}
