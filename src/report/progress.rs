//! When a wait is worth a line.

use std::time::Duration;

use super::{Event, Reporter};
use crate::protocol::Moment;

/// Says that we wait: at the start, at every change, after 15 s and 30 s, then every 60 s. Many platforms end what is
/// silent, and others show only the last hundred lines.
pub struct Progress {
    began: Moment,
    key: Option<String>,
    next: Duration,
}

impl Progress {
    /// A wait that begins now.
    pub fn new(began: Moment) -> Self {
        Self { began, key: None, next: Duration::ZERO }
    }

    /// Says the event if its turn has come; `key` is what counts as a change.
    pub fn show(&mut self, reporter: &Reporter, now: Moment, key: &str, event: &Event) {
        let waited = now.saturating_sub(self.began);
        if self.is_due(waited, key) {
            reporter.say(event);
        }
        if let Event::Waiting(waiting) = event {
            reporter.spin(waiting);
        }
    }

    fn is_due(&mut self, waited: Duration, key: &str) -> bool {
        let changed = self.key.as_deref() != Some(key);
        if !changed && waited < self.next {
            return false;
        }
        self.key = Some(key.to_owned());
        let minute = Duration::from_mins(1);
        self.next = match waited.as_secs() {
            0..15 => Duration::from_secs(15),
            15..30 => Duration::from_secs(30),
            _ => waited + minute,
        };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_at_the_start_at_changes_after_15_and_30_seconds_then_every_minute() {
        let mut progress = Progress::new(Duration::ZERO);
        let due: Vec<u64> = (0..=200)
            .filter(|second| progress.is_due(Duration::from_secs(*second), if *second < 100 { "one" } else { "two" }))
            .collect();
        assert_eq!(due, [0, 15, 30, 90, 100, 160]);
    }
}
