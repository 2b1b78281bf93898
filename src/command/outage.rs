//! What to do about a database that does not answer: ask again, more and more rarely, or give up.

use std::time::Duration;

use crate::clock;
use crate::protocol::Moment;
use crate::report::{Event, Reporter};
use crate::store::{Class, StoreError};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a refusal in the middle of a wait may be the rotation of a credential.
const ROTATION: Duration = Duration::from_secs(30);

/// Keeps account of failures and answers.
pub(super) struct Outage {
    shortest_pause: Duration,
    /// The last answer, or the beginning.
    last_answer: Moment,
    ever_answered: bool,
    failures: u32,
    told: Option<String>,
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
        Self { shortest_pause, last_answer: clock::now(), ever_answered: false, failures: 0, told: None }
    }

    /// For how long there has been no answer.
    pub(super) fn length(&self) -> Duration {
        clock::now().saturating_sub(self.last_answer)
    }

    /// The database answered.
    pub(super) fn answered(&mut self, reporter: &Reporter) {
        if self.told.take().is_some() {
            reporter.say(&Event::DatabaseAvailable);
        }
        self.failures = 0;
        self.ever_answered = true;
        self.last_answer = clock::now();
    }

    /// The database did not answer, or refused: tells it, when it is news, and says what to do.
    pub(super) fn failed(&mut self, reporter: &Reporter, error: &StoreError) -> Next {
        if error.class == Class::Refused && (!self.ever_answered || self.length() >= ROTATION) {
            return Next::GiveUp;
        }
        // Two writers that met are no outage.
        if error.class != Class::Contended {
            let reason = error.to_string();
            if self.told.as_ref() != Some(&reason) {
                reporter.say(&Event::DatabaseUnavailable { reason: reason.clone() });
                self.told = Some(reason);
            }
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
