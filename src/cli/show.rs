//! Moments, durations, sizes and states as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::output::Output;
use super::table::{Cell, Tone};
use crate::domain::inspect::ChecklistState;
use crate::domain::run::Phase;
use crate::wire::capability::VersionState;
use crate::wire::system::DoctorState;

/// A moment in the zone of this machine with its offset, to the second: `2026-11-22T14:03:07+01:00`.
#[must_use]
pub fn time(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(|_| text.to_owned(), |at| zoned(at, TimeZone::system()))
}

#[must_use]
pub fn moment(at: Timestamp) -> String {
    zoned(at, TimeZone::system())
}

fn zoned(at: Timestamp, zone: TimeZone) -> String {
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A moment that may be missing.
#[must_use]
pub fn maybe_time(text: Option<&String>) -> Cell {
    text.map(|text| time(text)).unwrap_or_default().into()
}

/// `840 ms`, `3.2 s`, `2 min 05 s`, `1 h 02 min`, `3 d 04 h`.
#[must_use]
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        _ if ms < 1000 => format!("{ms} ms"),
        0..60 => format!("{}.{} s", seconds, ms % 1000 / 100),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// `512 B`, `1.5 KiB`, `64 MiB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut scale = 1_u64;
    while unit + 1 < UNITS.len() && count / scale >= 1024 {
        scale *= 1024;
        unit += 1;
    }
    let tenths = u128::from(count) * 10 / u128::from(scale);
    let name = UNITS.get(unit).unwrap_or(&"B");
    if tenths.is_multiple_of(10) { format!("{} {name}", tenths / 10) } else { format!("{}.{} {name}", tenths / 10, tenths % 10) }
}

/// The state of a run with its symbol.
#[must_use]
pub fn phase(phase: Phase, out: &Output) -> Cell {
    let (symbol, ascii, tone) = match phase {
        Phase::Succeeded => ("✓", "+", Tone::Good),
        Phase::Failed | Phase::TimedOut | Phase::Interrupted => ("✗", "x", Tone::Bad),
        Phase::Cancelled | Phase::Declined | Phase::Rejected | Phase::Expired => ("⊘", "-", Tone::Faint),
        Phase::Running => ("●", "*", Tone::Active),
        Phase::Queued | Phase::Requested => ("○", "o", Tone::Plain),
        Phase::AwaitingConfirmation | Phase::AwaitingApproval => ("◔", "?", Tone::Active),
    };
    Cell::toned(format!("{} {}", out.symbol(symbol, ascii), phase.word()), tone)
}

#[must_use]
pub fn version_state(state: VersionState, out: &Output) -> Cell {
    let (symbol, ascii, word, tone) = match state {
        VersionState::Draft => ("○", "o", "draft", Tone::Plain),
        VersionState::InReview => ("…", "~", "in review", Tone::Active),
        VersionState::Published => ("✓", "+", "published", Tone::Good),
        VersionState::Deprecated => ("⊘", "-", "deprecated", Tone::Faint),
        VersionState::Retired => ("⊘", "-", "retired", Tone::Faint),
    };
    Cell::toned(format!("{} {word}", out.symbol(symbol, ascii)), tone)
}

#[must_use]
pub fn checklist_state(state: ChecklistState, out: &Output) -> Cell {
    let (symbol, ascii, word, tone) = match state {
        ChecklistState::Done => ("✓", "+", "done", Tone::Good),
        ChecklistState::Missing => ("✗", "x", "missing", Tone::Bad),
        ChecklistState::Advice => ("○", "o", "advice", Tone::Faint),
    };
    Cell::toned(format!("{} {word}", out.symbol(symbol, ascii)), tone)
}

#[must_use]
pub fn doctor_state(state: DoctorState, out: &Output) -> Cell {
    let (symbol, ascii, word, tone) = match state {
        DoctorState::Ok => ("✓", "+", "ok", Tone::Good),
        DoctorState::Warning => ("!", "!", "warning", Tone::Active),
        DoctorState::Failed => ("✗", "x", "failed", Tone::Bad),
    };
    Cell::toned(format!("{} {word}", out.symbol(symbol, ascii)), tone)
}

/// The word by which a unit variant is known in JSON.
#[must_use]
pub fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// A JSON value on one line: texts without quotes.
#[must_use]
pub fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Reads a moment: RFC 3339, a date, or how long ago, such as `90s`, `15m`, `2h`, `7d`.
///
/// # Errors
/// When it is none of these.
pub fn parse_moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>()
        && let Ok(zoned) = date.to_zoned(TimeZone::system())
    {
        return Ok(zoned.timestamp());
    }
    let ago = parse_duration(text)
        .map_err(|_| format!("`{text}` is not a moment: write 2026-11-22, 2026-11-22T14:00:00Z, or how long ago as 90s, 15m, 2h, 7d"))?;
    let ago = jiff::SignedDuration::try_from(ago).map_err(|error| error.to_string())?;
    now.checked_sub(ago).map_err(|error| error.to_string())
}

/// Reads a duration: `90s`, `15m`, `2h`, `7d`, `500ms`; a bare number is seconds.
///
/// # Errors
/// When it is not one.
pub fn parse_duration(text: &str) -> Result<std::time::Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let wrong = || format!("`{text}` is not a duration: write 90s, 15m, 2h or 7d");
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit_ms = match &text[digits..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit_ms).filter(|ms| *ms < 1 << 50).map(std::time::Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_short() {
        for (ms, expected) in
            [(0, "0 ms"), (999, "999 ms"), (3_249, "3.2 s"), (125_000, "2 min 05 s"), (3_725_000, "1 h 02 min"), (273_600_000, "3 d 04 h")]
        {
            assert_eq!(duration(ms), expected);
        }
        for (count, expected) in [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (64 << 20, "64 MiB"), (u64::MAX, "16777215.9 TiB")] {
            assert_eq!(bytes(count), expected);
        }
    }

    #[test]
    fn moments_are_absolute_or_ago() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("time");
        for (text, expected) in [
            ("2026-11-22T10:00:00+01:00", Some("2026-11-22T09:00:00Z")),
            ("2h", Some("2026-11-22T10:00:00Z")),
            ("90s", Some("2026-11-22T11:58:30Z")),
            ("7d", Some("2026-11-15T12:00:00Z")),
            ("yesterday", None),
            ("", None),
            ("-5m", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(parse_moment(text, now).ok().map(|at| at.to_string()).as_deref(), expected, "{text}");
        }
        assert_eq!(zoned(now, TimeZone::fixed(jiff::tz::offset(8))), "2026-11-22T20:00:00+08:00");
    }
}
