//! Headers under which foreign content is given out: files that runs or people left, and logs.
//!
//! Such content is always a download, never a page of ours: `attachment` with a harmless file name (RFC 6266, RFC 8187), no
//! guessing of types, and, should a browser show it all the same, a sandbox in which nothing runs. Pure: it sees neither
//! the content nor the request.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};

/// Longest file name offered, in characters.
const NAME_CHARS: usize = 150;
/// Longest ending kept when a name is shortened, with its dot.
const ENDING_CHARS: usize = 12;
const FALLBACK_NAME: &str = "download";
const FALLBACK_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The headers of a download of `name`, which may be a path and may be anything.
#[must_use]
pub fn download_headers(name: &str, media_type: &str) -> [(HeaderName, HeaderValue); 5] {
    [
        (CONTENT_DISPOSITION, content_disposition(name)),
        (CONTENT_TYPE, content_type(media_type)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ]
}

/// `attachment` with the name in two forms: plain for old clients, UTF-8 for all others.
#[must_use]
pub fn content_disposition(name: &str) -> HeaderValue {
    let name = file_name(name);
    let plain: String = name.chars().map(|c| if c.is_ascii() && c != '%' { c } else { '_' }).collect();
    let mut value = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        value.push_str("; filename*=UTF-8''");
        name.bytes().for_each(|byte| push_encoded(byte, &mut value));
    }
    // Every character that a header may not hold was replaced above.
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

/// The media type if it has the form of one, else bytes.
fn content_type(media_type: &str) -> HeaderValue {
    let token = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte));
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let sound = essence.split_once('/').is_some_and(|(kind, of)| token(kind) && token(of));
    if sound { HeaderValue::from_str(media_type).unwrap_or(FALLBACK_TYPE) } else { FALLBACK_TYPE }
}

/// The last part of a path, as a name that is harmless on every desktop and in every header.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or_default();
    let harmless: String = last.chars().filter(|c| !is_unseen(*c)).map(|c| if "\"'<>:|?*;`$".contains(c) { '_' } else { c }).collect();
    let trimmed = harmless.trim_matches([' ', '.']);
    let trimmed = trimmed.trim();
    if trimmed.is_empty() { FALLBACK_NAME.to_owned() } else { shorten(trimmed) }
}

/// Controls, and marks that make a name read otherwise than it is.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS {
        return name.to_owned();
    }
    let ending = name.rfind('.').and_then(|at| name.get(at..)).filter(|end| end.chars().count() <= ENDING_CHARS).unwrap_or_default();
    let room = NAME_CHARS - ending.chars().count();
    name.chars().take(room).chain(ending.chars()).collect()
}

/// RFC 8187 `value-chars`.
fn push_encoded(byte: u8, to: &mut String) {
    if byte.is_ascii_alphanumeric() || b"!#&+-.^_|~".contains(&byte) {
        to.push(char::from(byte));
    } else {
        const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
        to.extend(['%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_harmless() {
        for (name, expected) in [
            ("report.csv", r#"attachment; filename="report.csv""#),
            ("out/2026/report.csv", r#"attachment; filename="report.csv""#),
            ("\"\r\nSet-Cookie: x", r#"attachment; filename="_Set-Cookie_ x""#),
            ("../../x", r#"attachment; filename="x""#),
            ("..\\..\\x.exe", r#"attachment; filename="x.exe""#),
            ("<img src=x onerror=alert(1)>", r#"attachment; filename="_img src=x onerror=alert(1)_""#),
            ("a\";filename=b.exe", r#"attachment; filename="a__filename=b.exe""#),
            (".bashrc", r#"attachment; filename="bashrc""#),
            ("", r#"attachment; filename="download""#),
            ("..", r#"attachment; filename="download""#),
            ("a/", r#"attachment; filename="a""#),
            ("\u{0}\u{7f}\u{85}", r#"attachment; filename="download""#),
            ("50%.txt", r#"attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt"#),
            ("报表 5.csv", r#"attachment; filename="__ 5.csv"; filename*=UTF-8''%E6%8A%A5%E8%A1%A8%205.csv"#),
            ("photo\u{202e}gpj.exe", r#"attachment; filename="photogpj.exe""#),
        ] {
            assert_eq!(content_disposition(name), expected, "{name:?}");
        }
    }

    #[test]
    fn long_names_keep_their_ending() {
        let value = content_disposition(&format!("{}.tar", "n".repeat(5000)));
        assert_eq!(value, format!("attachment; filename=\"{}.tar\"", "n".repeat(NAME_CHARS - 4)));
    }

    #[test]
    fn types_that_are_none_become_bytes() {
        for (given, expected) in [
            ("text/csv; charset=utf-8", "text/csv; charset=utf-8"),
            ("image/svg+xml", "image/svg+xml"),
            ("", "application/octet-stream"),
            ("text", "application/octet-stream"),
            ("text/html\r\nX: y", "application/octet-stream"),
            ("text/<b>", "application/octet-stream"),
        ] {
            assert_eq!(content_type(given), expected, "{given:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_name_gives_one_sound_header(name in ".{0,200}") {
            let value = content_disposition(&name);
            let text = value.to_str().expect("visible ASCII");
            proptest::prop_assert!(text.starts_with("attachment; filename=\"") && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            proptest::prop_assert_eq!(text.matches('"').count(), 2);
            proptest::prop_assert!(!text.contains(['/', '\\', '<', '>']));
        }
    }
}
