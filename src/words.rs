//! How single things are written for people.

use std::time::Duration;

/// A duration as people read it: two units at most, whole seconds from one second on.
pub fn span(duration: Duration) -> String {
    let rounded = if duration < Duration::from_secs(1) {
        Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(0))
    } else {
        Duration::from_secs(duration.as_secs())
    };
    let text = humantime::format_duration(rounded).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// A duration to be typed again: nothing of it is rounded away.
pub fn exactly(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// How long ago something was.
pub fn ago(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "at an unknown time".to_owned(), |duration| format!("{} ago", span(duration)))
}

/// Text that somebody else wrote, safe to show: control characters and those that turn the reading direction are
/// replaced.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect()
}

/// Whether a character could move the cursor, change colours or hide what stands beside it.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

/// So many migrations.
pub fn migrations(count: usize) -> String {
    format!("{count} migration{}", if count == 1 { "" } else { "s" })
}

/// The first ten of a list.
pub fn listed(items: &[String]) -> String {
    const SHOWN: usize = 10;
    let more = if items.len() > SHOWN { ", …" } else { "" };
    items[..items.len().min(SHOWN)].join(", ") + more
}

/// Milliseconds, as the JSON has durations.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        for (milliseconds, expected) in
            [(0, "0s"), (250, "250ms"), (1_999, "1s"), (61_000, "1m 1s"), (3_600_000, "1h"), (90_061_000, "1day 1h")]
        {
            assert_eq!(span(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn nothing_unsafe_is_shown() {
        assert_eq!(clean("a\x1b[31mb\u{9b}c\nd\u{202e}e"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd}e");
    }
}
