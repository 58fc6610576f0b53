//! Paths: a template becomes one percent-encoded path, each value one segment (RFC 3986, section 3.3), and a path is
//! matched against patterns by its decoded segments.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::template::{self, Piece};

/// Everything but `unreserved` is encoded in a value, so that it cannot end its segment or be taken for an escape.
const IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Longest path, in bytes.
pub const PATH_BYTES: usize = 8 * 1024;

/// One value as one segment or one part of a query.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, IN_SEGMENT).to_string()
}

/// What may stand in a template between the placeholders: `pchar` without escapes.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c)
}

/// Checks a path template.
///
/// # Errors
/// When it does not begin with `/`, has `.` or `..` as a segment, or a character that a path does not have.
pub fn check(path: &str) -> Result<(), String> {
    let shown: String = path.chars().take(120).collect();
    if !path.starts_with('/') {
        return Err(format!("`{shown}` must begin with `/`"));
    }
    if path.len() > PATH_BYTES {
        return Err(format!("the path has more than {PATH_BYTES} bytes"));
    }
    for segment in path.split('/').skip(1) {
        let pieces = template::parse(segment)?;
        let strange = |piece: &Piece| matches!(piece, Piece::Text(text) if !text.chars().all(is_plain));
        if pieces.iter().any(strange) {
            return Err(format!("`{shown}` has a character that a path does not have: use a placeholder, or leave out `?`, `#` and `%`"));
        }
        if matches!(pieces.as_slice(), [Piece::Text(text)] if text == "." || text == "..") {
            return Err(format!("`{shown}` must not have `.` or `..` as a segment"));
        }
    }
    Ok(())
}

/// Fills a path template in.
///
/// # Errors
/// When an input is absent, or a segment would be empty, `.` or `..`.
pub fn fill(path: &str, inputs: &Map<String, Value>) -> Result<String, String> {
    let mut filled = String::new();
    for segment in path.split('/').skip(1) {
        filled.push('/');
        let mut whole = String::new();
        let mut fixed = true;
        for piece in template::parse(segment)? {
            match piece {
                Piece::Text(text) => {
                    whole.push_str(&text);
                    filled.push_str(&text);
                }
                Piece::Input(name) => {
                    fixed = false;
                    let value = inputs.get(&name).and_then(template::plain).ok_or_else(|| format!("the path needs the input `{name}`"))?;
                    filled.push_str(&encode(&value));
                    whole.push_str(&value);
                }
            }
        }
        if !fixed && (whole.is_empty() || whole == "." || whole == "..") {
            return Err(format!("a segment of the path `{path}` would be `{whole}`, which names another place"));
        }
        if whole.chars().any(char::is_control) {
            return Err(format!("a value for the path `{path}` has a control character"));
        }
    }
    if filled.len() > PATH_BYTES {
        return Err(format!("the path would have more than {PATH_BYTES} bytes"));
    }
    Ok(filled)
}

/// The segments of a path, each decoded once. `None` when one could be read in two ways: it holds a slash, a backslash, a
/// control character or an escape after decoding, or is not UTF-8.
#[must_use]
pub fn segments(path: &str) -> Option<Vec<String>> {
    let clear = |text: &String| !text.chars().any(|c| matches!(c, '/' | '\\' | '%' | ';') || c.is_control()) && text != ".." && text != ".";
    let decoded = path.strip_prefix('/')?.split('/').map(|segment| {
        let decoded = percent_decode_str(segment).decode_utf8().ok()?.into_owned();
        Some(decoded).filter(clear)
    });
    decoded.collect()
}

/// Whether a path fits a pattern: `*` is any one segment, `**` at the end is any number of them.
#[must_use]
pub fn fits(pattern: &str, path: &str) -> bool {
    let Some(found) = segments(path) else { return false };
    let wanted: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
    let (wanted, open) = match wanted.split_last() {
        Some((&"**", before)) => (before, true),
        _ => (wanted.as_slice(), false),
    };
    let lengths = if open { found.len() >= wanted.len() } else { found.len() == wanted.len() };
    lengths && wanted.iter().zip(&found).all(|(wanted, found)| if *wanted == "*" { !found.is_empty() } else { wanted == found })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_stays_in_its_segment() {
        let check = |value: &str, expected: Result<&str, ()>| {
            let inputs = json!({ "id": value });
            let found = fill("/users/{id}/orders", inputs.as_object().expect("object")).map_err(drop);
            assert_eq!(found.as_deref(), expected.as_ref().map(|text| *text), "{value}");
        };
        check("7", Ok("/users/7/orders"));
        check("../admin", Ok("/users/..%2Fadmin/orders"));
        check("%2e%2e/", Ok("/users/%252e%252e%2F/orders"));
        check("?x=1#", Ok("/users/%3Fx%3D1%23/orders"));
        check(";v=1", Ok("/users/%3Bv%3D1/orders"));
        check("..", Err(()));
        check(".", Err(()));
        check("", Err(()));
        check("a\r\nb", Err(()));
        check("\u{e4}", Ok("/users/%C3%A4/orders"));
        for bad in ["users", "/a/../b", "/a?b=1", "/a%2Fb", "/a b", "/./a", "/{", "/a#b"] {
            assert!(super::check(bad).is_err(), "{bad}");
        }
        assert!(super::check("/v1/users/{id}.json").is_ok());
    }

    #[test]
    fn patterns_match_what_is_meant_and_nothing_that_is_hidden() {
        let check = |pattern: &str, path: &str, expected: bool| assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        check("/orders", "/orders", true);
        check("/orders", "/orders/", false);
        check("/orders", "/Orders", false);
        check("/orders/*", "/orders/7", true);
        check("/orders/*", "/orders/7/lines", false);
        check("/orders/**", "/orders/7/lines", true);
        check("/orders/*", "/orders/", false);
        check("/orders/*", "/orders/..%2Fadmin", false);
        check("/orders/*", "/orders/%252e%252e", false);
        check("/orders/*", "/orders/a%5Cb", false);
        check("/orders/*", "/orders/a%3Bb", false);
        check("/%6frders", "/orders", false);
        check("/orders", "/%6frders", true);
    }
}
