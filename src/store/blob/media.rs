//! The media type of a file, guessed from its name. A label for people: nothing decides how content is treated by it.

/// What a name without a known ending gets.
pub const UNKNOWN: &str = "application/octet-stream";

/// Guesses by the ending of a name, such as `reports/may.csv`; texts are UTF-8.
#[must_use]
pub fn media_type(name: &str) -> String {
    let guess = mime_guess::from_path(name).first_raw().unwrap_or(UNKNOWN);
    // These are texts that a script writes under Linux.
    match (guess, name.rsplit_once('.').map(|(_, end)| end)) {
        (UNKNOWN, Some("log" | "jsonl" | "ndjson" | "yaml" | "yml" | "toml")) => "text/plain; charset=utf-8".to_owned(),
        (text, _) if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        (other, _) => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_decide() {
        for (name, expected) in [
            ("a/may.csv", "text/csv; charset=utf-8"),
            ("out.json", "application/json"),
            ("page.HTML", "text/html; charset=utf-8"),
            ("run.log", "text/plain; charset=utf-8"),
            ("data.jsonl", "text/plain; charset=utf-8"),
            ("book.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("noending", UNKNOWN),
            ("", UNKNOWN),
            ("x.\r\nevil", UNKNOWN),
        ] {
            assert_eq!(media_type(name), expected, "{name:?}");
        }
    }
}
