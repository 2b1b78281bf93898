//! Durations as users write them.

use std::time::Duration;

/// Longer is a slip of the pen, and would not fit every clock.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// Reads a duration such as `55m`, `1h 30m` or `250ms`. The error says what is wrong with it and how to write it.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    if trimmed.starts_with('-') {
        return Err("a duration can't be negative; write for example `30s`".into());
    }
    if trimmed.parse::<f64>().is_ok() {
        return Err(format!("a number needs a unit; write `{trimmed}s` for seconds or `{trimmed}m` for minutes"));
    }
    if trimmed.contains('M') {
        return Err(format!("`M` is a month; write `{}` for minutes", trimmed.replace('M', "m")));
    }
    let duration = humantime::parse_duration(trimmed)
        .map_err(|error| format!("{error}; write for example `55m`, `1h 30m` or `250ms`"))?;
    if duration > LONGEST { Err("it is longer than a year".into()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_humantimes() {
        for (text, milliseconds) in
            [("55m", 3_300_000), ("1h 30m", 5_400_000), ("250ms", 250), ("0s", 0), (" 2s ", 2000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn slips_are_refused_with_the_fix() {
        for (text, part) in [
            ("30", "`30s`"),
            ("0", "`0s`"),
            ("1.5", "`1.5s`"),
            ("-5s", "negative"),
            ("5M", "`5m`"),
            ("1M30s", "month"),
            ("soon", "`55m`"),
            ("99y", "year"),
            ("", "`55m`"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
