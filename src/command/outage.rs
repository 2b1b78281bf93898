//! What to do about a database that does not answer: ask again, more and more rarely, or give up.
//!
//! Reads and writes have an account each: a database that is read well can still refuse every write.

use std::time::Duration;

use crate::clock;
use crate::protocol::Moment;
use crate::report::{Event, Progress, Reporter};
use crate::store::{Class, StoreError};
use crate::words::milliseconds;

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a refusal in the middle of a wait may be the rotation of a credential.
const ROTATION: Duration = Duration::from_secs(30);
/// Two writers that meet are no outage, until they have been meeting for so long.
const MEETING: Duration = Duration::from_secs(2);

/// Keeps account of failures and answers.
pub(super) struct Outage {
    shortest_pause: Duration,
    ever_answered: bool,
    /// Since when it refuses, if it does.
    refused_since: Option<Moment>,
    failures: u32,
    /// When the first failure since the last answer was.
    since: Option<Moment>,
    told: Option<Progress>,
}

/// What to do after a failure.
pub(super) enum Next {
    /// Ask again after this pause.
    Retry(Duration),
    /// Waiting makes it no better.
    GiveUp,
}

impl Outage {
    pub(super) fn new(shortest_pause: Duration) -> Self {
        Self { shortest_pause, ever_answered: false, refused_since: None, failures: 0, since: None, told: None }
    }

    /// For how long there have been only failures.
    pub(super) fn length(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| clock::now().saturating_sub(since))
    }

    /// The database answered.
    pub(super) fn answered(&mut self, reporter: &Reporter) {
        if self.told.take().is_some() {
            reporter.say(&Event::DatabaseAvailable);
        }
        self.failures = 0;
        self.refused_since = None;
        self.ever_answered = true;
        self.since = None;
    }

    /// The database did not answer, or refused: tells it, when it is news or the outage is long, and says what to do.
    pub(super) fn failed(&mut self, reporter: &Reporter, error: &StoreError) -> Next {
        let now = clock::now();
        let since = *self.since.get_or_insert(now);
        if error.class == Class::Refused {
            // Not since the last answer: a server that was down for long may refuse for a moment when it is back.
            let refused_for = now.saturating_sub(*self.refused_since.get_or_insert(now));
            if !self.ever_answered || refused_for >= ROTATION {
                return Next::GiveUp;
            }
        }
        if error.class != Class::Contended || self.length() >= MEETING {
            let reason = error.to_string();
            let lasting_ms = milliseconds(self.length());
            let event = Event::DatabaseUnavailable { reason: reason.clone(), lasting_ms };
            self.told.get_or_insert_with(|| Progress::new(since)).show(reporter, now, &reason, &event);
        }
        let pause = self.shortest_pause.saturating_mul(1 << self.failures.min(10));
        self.failures += 1;
        Next::Retry(jittered(pause).min(LONGEST_PAUSE))
    }
}

/// A pause that differs by up to a fifth, so that fifty processes don't ask in step.
pub(super) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}
