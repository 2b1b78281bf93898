//! Watching a run's beats on one's own clock.

use std::time::Duration;

use super::Moment;
use super::run::Run;

/// Since when a run has shown the same number of beats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Watch {
    sight: Option<Sight>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Sight {
    run: i64,
    beats: i64,
    since: Moment,
}

impl Watch {
    /// Takes note of a run that was read; `now` is when the answer came. Returns for how long its beats have been seen
    /// to stand still, zero at first sight of a run or of a new beat.
    pub fn observe(&mut self, now: Moment, run: &Run) -> Duration {
        match &self.sight {
            Some(sight) if sight.run == run.id && sight.beats == run.beats => now.saturating_sub(sight.since),
            _ => {
                self.sight = Some(Sight { run: run.id, beats: run.beats, since: now });
                Duration::ZERO
            }
        }
    }
}
