//! Records of comma-separated values (RFC 4180) that spreadsheets show as they are.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@` or a control character as a formula; such a cell gets an
//! apostrophe in front, which spreadsheets take as "this is text". Plain numbers stay numbers.

/// One record, without the line end.
#[must_use]
pub fn record<S: AsRef<str>>(cells: &[S]) -> String {
    cells.iter().map(|cell| quoted(cell.as_ref())).collect::<Vec<_>>().join(",")
}

fn quoted(cell: &str) -> String {
    // Spaces before the sign do not keep a spreadsheet from seeing a formula.
    let sign = cell.trim_start_matches([' ', '\u{a0}', '\u{feff}']).chars().next();
    let formula = sign.is_some_and(|first| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
    let text = if formula && cell.parse::<f64>().is_err() { format!("'{cell}") } else { cell.to_owned() };
    if text.contains([',', '"', '\n', '\r', '\t', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_run() {
        for (cells, expected) in [
            (&["a", "b c"][..], "a,b c"),
            (&["a,b", "say \"x\"", "two\nlines", ""], "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\","),
            (&["=1+1", "+1+1", "-1+1", "@SUM(A1)"], "'=1+1,'+1+1,'-1+1,'@SUM(A1)"),
            (&["\t=1", " =1", "\r=1", "＝1"], "\"'\t=1\",' =1,\"'\r=1\",'＝1"),
            (&["-5", "+3.5", "-1e3", "-0.0"], "-5,+3.5,-1e3,-0.0"),
            (&["=HYPERLINK(\"http://x\",\"y\")"], "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
        ] {
            assert_eq!(record(cells), expected);
        }
    }
}
