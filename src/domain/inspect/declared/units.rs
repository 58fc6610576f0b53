//! Durations and sizes written with a unit: `90s`, `10m`, `1.5h`, `512MiB`, `64 kB`.

/// Milliseconds in a text such as `10m`.
pub fn duration_ms(text: &str) -> Result<u64, &'static str> {
    const EXPECTED: &str = "must be a duration with a unit: ms, s, m, h or d, such as \"10m\"";
    let factor = |unit: &str| match unit {
        "ms" => Some(1),
        "s" | "sec" | "seconds" => Some(1_000),
        "m" | "min" | "minutes" => Some(60_000),
        "h" | "hours" => Some(3_600_000),
        "d" | "days" => Some(86_400_000),
        _ => None,
    };
    scaled(text, factor).ok_or(EXPECTED)
}

/// Bytes in a text such as `512MiB`.
pub fn bytes(text: &str) -> Result<u64, &'static str> {
    const EXPECTED: &str = "must be a size with a unit: B, kB, MB, GB, KiB, MiB or GiB, such as \"512MiB\"";
    let factor = |unit: &str| match unit {
        "B" => Some(1),
        "kB" | "KB" => Some(1_000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        "KiB" | "K" | "k" => Some(1 << 10),
        "MiB" | "M" => Some(1 << 20),
        "GiB" | "G" => Some(1 << 30),
        _ => None,
    };
    scaled(text, factor).ok_or(EXPECTED)
}

fn scaled(text: &str, factor: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let factor = factor(text[end..].trim())?;
    if let Ok(whole) = text[..end].parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let number: f64 = text[..end].parse().ok()?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded below, and a fraction is rounded on purpose"
    )]
    let value = (number * factor as f64).round() as u64;
    (number.is_finite() && value <= 1 << 50).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_needed_and_known() {
        let durations = |text: &str, expected: Option<u64>| assert_eq!(duration_ms(text).ok(), expected, "{text}");
        durations("10m", Some(600_000));
        durations("1.5 h", Some(5_400_000));
        durations("250ms", Some(250));
        durations("10", None);
        durations("-1s", None);
        durations("1.2.3s", None);
        durations("99999999999999999999d", None);
        let sizes = |text: &str, expected: Option<u64>| assert_eq!(bytes(text).ok(), expected, "{text}");
        sizes("512MiB", Some(512 << 20));
        sizes("64 kB", Some(64_000));
        sizes("0.5GiB", Some(1 << 29));
        sizes("512", None);
        sizes("1TB", None);
    }
}
