//! An audit event as a syslog message (RFC 5424), framed by octet counting (RFC 6587, RFC 5425).
//!
//! The message is one line of JSON in ASCII: everything else is escaped, so that a receiver that shows it as it comes is
//! not led astray by what people wrote into names and reasons.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Event, Outcome};

/// Facility "log audit".
const FACILITY: u8 = 13;
/// Longest MSGID.
const MESSAGE_ID_CHARS: usize = 32;
/// The largest `sequenceId` of RFC 5424, section 7.3.1.
const SEQUENCE_MOST: u64 = 2_147_483_647;

/// An event with its place in the log as one line of JSON, without the line end.
#[must_use]
pub fn line(index: u64, event: &Event) -> String {
    let mut value = json!(event);
    if let Value::Object(members) = &mut value {
        members.insert("index".to_owned(), json!(index));
    }
    ascii(&value.to_string())
}

/// One framed message.
#[must_use]
pub fn frame(index: u64, event: &Event, host: &str) -> Vec<u8> {
    let severity = match event.outcome {
        Outcome::Done => 6,
        Outcome::Refused => 4,
        Outcome::Failed => 3,
    };
    let graphic = |text: &str, most: usize| {
        let kept: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
        if kept.is_empty() { "-".to_owned() } else { kept }
    };
    let message = format!(
        "<{}>1 {:.6} {} execgov - {} [meta sequenceId=\"{}\"] {}",
        FACILITY * 8 + severity,
        event.at,
        graphic(host, 255),
        graphic(&event.action, MESSAGE_ID_CHARS),
        index % SEQUENCE_MOST + 1,
        line(index, event),
    );
    format!("{} {message}", message.len()).into_bytes()
}

/// JSON whose strings have no character beyond printable ASCII. Outside of strings JSON has none anyway.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        if c.is_ascii() && !c.is_ascii_control() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _always_fine = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str) -> Event {
        serde_json::from_value(json!({
            "at": "2026-11-25T20:15:30.123456789Z", "tenant": "default", "action": "run.request", "outcome": "refused",
            "actor": { "kind": "user", "name": name }, "subject": { "kind": "run" },
        }))
        .expect("an event")
    }

    #[test]
    fn a_message_is_framed_and_shows_nothing_but_ascii() {
        let hostile = "a\nb\u{1b}[2J \u{202e}x </script> 数据 😀 \u{2028}";
        let frame = String::from_utf8(frame(41, &event(hostile), "ins 1")).expect("ASCII");
        let (length, message) = frame.split_once(' ').expect("a length");
        assert_eq!(length.parse(), Ok(message.len()));
        assert!(
            message.starts_with("<108>1 2026-11-25T20:15:30.123456Z ins1 execgov - run.request [meta sequenceId=\"42\"] {"),
            "{message}"
        );
        assert!(message.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{message}");
        let (_, body) = message.split_once("] ").expect("a body");
        let back: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((back["index"].as_u64(), back["actor"]["name"].as_str()), (Some(41), Some(hostile)));
    }

    #[test]
    fn a_sequence_stays_within_its_bounds() {
        for (index, expected) in [(0, 1), (SEQUENCE_MOST - 1, SEQUENCE_MOST), (SEQUENCE_MOST, 1)] {
            let frame = String::from_utf8(frame(index, &event("x"), "")).expect("ASCII");
            assert!(frame.contains(&format!(" - execgov - run.request [meta sequenceId=\"{expected}\"]")), "{frame}");
        }
    }
}
